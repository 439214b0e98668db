package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// A scene is a check whose results a test sets.
type scene struct {
	mu      sync.Mutex
	results map[monitor.Key]monitor.Result
	fault   error
	looks   int
}

func newScene() *scene { return &scene{results: map[monitor.Key]monitor.Result{}} }

func (s *scene) Look(context.Context) ([]monitor.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	var list []monitor.Result
	for _, r := range s.results {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b monitor.Result) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	return list, s.fault
}

func (s *scene) set(results ...monitor.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range results {
		s.results[r.Key] = r
	}
}

func (s *scene) drop(k monitor.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.results, k)
}

func (s *scene) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

func key(name monitor.Name, subject string) monitor.Key {
	return monitor.Key{Name: name, Subject: subject}
}

func failing(k monitor.Key, causes ...monitor.Key) monitor.Result {
	return monitor.Result{Key: k, Health: monitor.Failing, Causes: causes}
}

func healthy(k monitor.Key) monitor.Result { return monitor.Result{Key: k, Health: monitor.Healthy} }

func blind(k monitor.Key) monitor.Result {
	return monitor.Result{Key: k, Err: errors.New("no answer")}
}

func occurrence(k monitor.Key, name string) monitor.Result {
	return monitor.Result{Key: k, Health: monitor.Failing, Occurrence: name}
}

// simple are rules without waiting, so that tests of other things need not wait.
func simple(t testing.TB, more ...monitor.Override) monitor.Option {
	t.Helper()
	all := append([]monitor.Override{
		{Change: func(r *monitor.Rule) { r.For, r.Confirmations, r.Remind, r.Escalate = 0, 0, 0, 0 }},
		{Match: monitor.Match{Name: "monitor.offline"}, Change: func(r *monitor.Rule) { r.For = time.Minute }},
	}, more...)
	rules, err := monitor.NewRules(all...)
	require.NoError(t, err)
	return monitor.WithRules(rules)
}

// bubble runs a test in simulated time with a watcher that looks at a scene every ten seconds.
func bubble(t *testing.T, test func(t *testing.T, s *scene, b *monitortest.Bench), opts ...func(t testing.TB) monitor.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		options := []monitor.Option{simple(t), monitor.Every("scene", s, 10*time.Second)}
		for _, o := range opts {
			options = append(options, o(t))
		}
		test(t, s, monitortest.Start(t, options...))
	})
}

var (
	down   = key(monitor.NodeUnreachable, "node1")
	lag    = key(monitor.NodeOutOfSync, "node1")
	stall  = key(monitor.ChainStalled, "pocket")
	proof  = key(monitor.ProofMissing, "pokt1a")
	slash  = key(monitor.SupplierSlashed, "pokt1a")
	expiry = key(monitor.TLSExpiring, "relay.example:443")
)

func TestAnAlertIsToldWhenItFiresAndWhenItResolves(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(healthy(down))
		b.Pass(time.Minute)
		assert.Empty(t, b.Lines())
		s.set(failing(down))
		b.Pass(time.Minute)
		assert.Equal(t, []string{"fired critical node.unreachable node1"}, b.Lines())
		alerts, err := b.Alerts(t.Context())
		require.NoError(t, err)
		require.Len(t, alerts, 1)
		assert.Equal(t, down, alerts[0].Key)
		s.set(healthy(down))
		b.Pass(time.Minute)
		events := b.Told()
		require.Len(t, events, 1)
		assert.Equal(t, monitor.Resolved, events[0].Kind)
		assert.InDelta(t, time.Minute, events[0].Alert.Duration(time.Now()), float64(15*time.Second))
		alerts, err = b.Alerts(t.Context())
		require.NoError(t, err)
		assert.Empty(t, alerts)
	})
}

func TestWhatACheckDoesNotSpeakOfAnyMoreIsWithdrawn(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down), failing(proof), occurrence(slash, "1"))
		b.Pass(15 * time.Second)
		b.Told()
		s.drop(down)
		s.drop(slash)
		b.Pass(15 * time.Second)
		assert.Equal(t, []string{"withdrawn critical node.unreachable node1"}, b.Lines(), "an occurrence passes by itself")
		s.fail(errors.New("nothing to be seen"))
		s.drop(proof)
		b.Pass(time.Hour)
		assert.NotContains(t, strings.Join(b.Lines(), "\n"), "withdrawn", "who cannot look at all lets go of nothing")
	})
}

func TestOccurrencesAreEachToldOnceAndPassInSilence(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(occurrence(slash, "1"))
		b.Pass(time.Minute)
		s.set(occurrence(slash, "2"))
		b.Pass(time.Minute)
		assert.Equal(t, []string{"fired critical supplier.slashed pokt1a", "changed critical supplier.slashed pokt1a"}, b.Lines())
		b.Pass(48 * time.Hour)
		assert.Empty(t, b.Lines())
		alerts, err := b.Alerts(t.Context())
		require.NoError(t, err)
		assert.Empty(t, alerts)
		events := collect(t, b.Events(t.Context(), monitor.EventQuery{}))
		require.Equal(t, monitor.Resolved, events[0].Kind)
		assert.True(t, events[0].Silent, "history knows")
	})
}

func TestACauseHidesItsSymptoms(t *testing.T) {
	t.Run("found in one look, only the cause is told, and the symptom never when it goes with it", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(lag, down), failing(down, stall), failing(stall))
			b.Pass(time.Hour)
			assert.Equal(t, []string{"fired critical chain.stalled pocket"}, b.Lines())
			s.set(healthy(lag), healthy(down), healthy(stall))
			b.Pass(time.Hour)
			assert.Equal(t, []string{"resolved critical chain.stalled pocket"}, b.Lines())
		})
	})
	t.Run("what still fails afterwards is told then, since when it really fails", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(lag, down), failing(down))
			b.Pass(10 * time.Minute)
			require.Len(t, b.Told(), 1)
			s.set(healthy(down))
			b.Pass(time.Minute)
			events := b.Told()
			require.Len(t, events, 2)
			assert.Equal(t, []monitor.EventKind{monitor.Fired, monitor.Resolved}, []monitor.EventKind{events[0].Kind, events[1].Kind}, "what is critical comes first")
			assert.Greater(t, events[0].At.Sub(events[0].Alert.Since), 9*time.Minute)
		})
	})
	t.Run("a symptom that was told first is not resolved falsely", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(lag, down), healthy(down))
			b.Pass(time.Minute)
			s.set(blind(lag), failing(down))
			b.Pass(time.Minute)
			assert.Equal(t, []string{"fired critical node.out_of_sync node1", "fired critical node.unreachable node1"}, b.Lines())
			s.set(failing(lag, down), healthy(down))
			b.Pass(time.Hour)
			assert.Equal(t, []string{"resolved critical node.unreachable node1"}, b.Lines())
			s.set(healthy(lag))
			b.Pass(time.Minute)
			assert.Equal(t, []string{"resolved critical node.out_of_sync node1"}, b.Lines())
		})
	})
	t.Run("of two that explain each other one speaks", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(lag, down), failing(down, lag))
			b.Pass(time.Hour)
			assert.Len(t, b.Lines(), 1)
		})
	})
	t.Run("nothing explains itself", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(down, down))
			b.Pass(time.Minute)
			assert.Len(t, b.Lines(), 1)
		})
	})
	t.Run("what waits to be sure explains already, so that the symptom does not come first", func(t *testing.T) {
		slow := func(t testing.TB) monitor.Option {
			return simple(t, monitor.Override{Match: monitor.Match{Name: "node.unreachable"}, Change: func(r *monitor.Rule) { r.For = 90 * time.Second }})
		}
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(lag, down), failing(down))
			b.Pass(80 * time.Second)
			assert.Empty(t, b.Lines())
			b.Pass(80 * time.Second)
			assert.Equal(t, []string{"fired critical node.unreachable node1"}, b.Lines())
		}, slow)
	})
	t.Run("a cause of another check counts as well", func(t *testing.T) {
		other := newScene()
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			other.set(failing(stall))
			b.Pass(20 * time.Second)
			b.Told()
			s.set(failing(lag, stall))
			b.Pass(time.Hour)
			assert.Empty(t, b.Lines())
			b.Restart()
			b.Pass(time.Hour)
			assert.Empty(t, b.Lines(), "also after a restart")
			other.set(healthy(stall))
			b.Pass(2 * time.Minute)
			assert.Equal(t, []string{"resolved critical chain.stalled pocket", "fired critical node.out_of_sync node1"}, b.Lines())
		}, func(testing.TB) monitor.Option { return monitor.Every("other", other, 10*time.Second) })
	})
}

func TestWhoCannotLookForLongSaysSo(t *testing.T) {
	t.Run("when some things cannot be looked at", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(proof), healthy(down), healthy(lag))
			b.Pass(time.Minute)
			require.Len(t, b.Told(), 1)
			s.set(blind(proof), blind(down))
			b.Pass(14 * time.Minute)
			assert.Empty(t, b.Lines())
			b.Pass(2 * time.Minute)
			events := b.Told()
			require.Len(t, events, 1)
			assert.Equal(t, key(monitor.MonitorBlind, "scene"), events[0].Alert.Key)
			subjects, _ := events[0].Alert.Facts.Get("unknown_keys")
			assert.Equal(t, "node.unreachable node1, proof.missing pokt1a", subjects.Value)
			s.set(failing(proof), healthy(down))
			b.Pass(time.Minute)
			assert.Equal(t, []string{"resolved warning monitor.blind scene"}, b.Lines(), "and what was wrong still is")
		})
	})
	t.Run("when nothing at all can", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.fail(errors.New("no route"))
			b.Pass(14 * time.Minute)
			assert.Empty(t, b.Lines())
			b.Pass(2 * time.Minute)
			events := b.Told()
			require.Len(t, events, 1)
			fault, _ := events[0].Alert.Facts.Get("error")
			assert.Equal(t, "no route", fault.Value)
			s.fail(nil)
			b.Pass(time.Minute)
			assert.Equal(t, []string{"resolved warning monitor.blind scene"}, b.Lines())
		})
	})
	t.Run("when a look does not end", func(t *testing.T) {
		hang := monitortest.CheckFunc(func(ctx context.Context) ([]monitor.Result, error) {
			time.Sleep(time.Hour) // heeds nothing
			return nil, nil
		})
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			b.Pass(5 * time.Minute)
			assert.Equal(t, []string{"fired warning monitor.blind hangs"}, b.Lines())
			require.ErrorContains(t, b.Healthy(), "check hangs has not looked")
			b.Pass(time.Hour)
		}, func(testing.TB) monitor.Option { return monitor.Every("hangs", hang, time.Minute) })
	})
	t.Run("when a check panics", func(t *testing.T) {
		panics := monitortest.CheckFunc(func(ctx context.Context) ([]monitor.Result, error) { panic("oh") })
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			b.Pass(20 * time.Minute)
			events := b.Told()
			require.Len(t, events, 1)
			fault, _ := events[0].Alert.Facts.Get("error")
			assert.Equal(t, "the check panicked: oh", fault.Value)
		}, func(testing.TB) monitor.Option { return monitor.Every("panics", panics, time.Minute) })
	})
}

func TestTheOwnNetworkIsAGate(t *testing.T) {
	var mu sync.Mutex
	var closed error
	gate := func(err error) { mu.Lock(); defer mu.Unlock(); closed = err }
	option := func(testing.TB) monitor.Option {
		return monitor.WithGate(func(context.Context) error { mu.Lock(); defer mu.Unlock(); return closed })
	}
	local := newScene()
	withLocal := func(testing.TB) monitor.Option { return monitor.Every("local", local, 10*time.Second, monitor.Local()) }
	t.Run("while it is closed nothing out there fails, and its return is told", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(healthy(down), healthy(lag), failing(proof))
			b.Pass(time.Minute)
			require.Len(t, b.Told(), 1)
			gate(errors.New("unreachable"))
			s.set(failing(down), blind(lag), healthy(proof))
			b.Pass(30 * time.Minute)
			assert.Equal(t, []string{"resolved critical proof.missing pokt1a"}, b.Lines(), "what is healthy is healthy")
			local.set(failing(key("custom.disk", "sda")))
			b.Pass(20 * time.Second)
			assert.Equal(t, []string{"fired warning custom.disk sda"}, b.Lines(), "what needs no network is believed")
			b.Restart()
			b.Pass(5 * time.Minute)
			assert.Empty(t, b.Lines())
			gate(nil)
			b.Pass(4 * time.Second)
			s.set(healthy(down), healthy(lag))
			b.Pass(time.Minute)
			events := b.Told()
			require.Len(t, events, 1)
			assert.Equal(t, monitor.Key{Name: monitor.MonitorOffline}, events[0].Alert.Key)
			facts := events[0].Alert.Facts
			duration, _ := facts.Get("duration")
			assert.Contains(t, duration.Value, "35m")
			for _, name := range []string{"from", "to", "waiting"} {
				_, ok := facts.Get(name)
				assert.True(t, ok, name)
			}
		}, option, withLocal)
	})
	t.Run("what really fails is told once it is open", func(t *testing.T) {
		gate(nil)
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(healthy(down))
			b.Pass(time.Minute)
			gate(errors.New("unreachable"))
			s.set(failing(down))
			b.Pass(30 * time.Second)
			gate(nil)
			b.Pass(time.Minute)
			assert.Equal(t, []string{"fired critical node.unreachable node1"}, b.Lines(), "and half a minute offline is not worth a word")
		}, option)
	})
}

func TestAMuteKeepsQuietWhatHappensAndTellsWhatIsLeft(t *testing.T) {
	match := monitor.Match{Name: "node.*"}
	t.Run("what was told, what fires meanwhile, and what is left", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(down), healthy(lag), healthy(proof))
			b.Pass(20 * time.Second)
			b.Told()
			until := time.Now().Add(time.Hour)
			m, err := b.Mute(t.Context(), monitor.Mute{Match: match, Until: until, By: "ada", Comment: "moving"})
			require.NoError(t, err)
			synctest.Wait()
			events := b.Told()
			require.Len(t, events, 1)
			assert.Equal(t, monitor.Muted, events[0].Kind)
			assert.Equal(t, "ada moving", events[0].By+" "+events[0].Note)
			assert.True(t, events[0].Until.Equal(until))
			s.set(failing(lag), failing(proof))
			b.Pass(10 * time.Minute)
			assert.Equal(t, []string{"fired critical proof.missing pokt1a"}, b.Lines(), "what is not muted")
			mutes, err := b.Mutes(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []monitor.Mute{m}, mutes)
			b.Restart()
			b.Pass(40 * time.Minute)
			assert.Empty(t, b.Lines(), "also after a restart")
			b.Pass(10 * time.Minute)
			assert.ElementsMatch(t, []string{"unmuted critical node.unreachable node1", "unmuted critical node.out_of_sync node1"}, b.Lines())
			mutes, err = b.Mutes(t.Context())
			require.NoError(t, err)
			assert.Empty(t, mutes)
			s.set(healthy(lag))
			b.Pass(20 * time.Second)
			assert.Equal(t, []string{"resolved critical node.out_of_sync node1"}, b.Lines())
		})
	})
	t.Run("who was told that it fires is told that it is over", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(down), healthy(lag))
			b.Pass(20 * time.Second)
			_, err := b.Mute(t.Context(), monitor.Mute{Match: match, By: "ada"})
			require.NoError(t, err)
			s.set(healthy(down), failing(lag))
			b.Pass(20 * time.Second)
			s.set(healthy(lag))
			b.Pass(20 * time.Second)
			assert.Equal(t, []string{"fired critical node.unreachable node1", "muted critical node.unreachable node1", "resolved critical node.unreachable node1"}, b.Lines())
			events := collect(t, b.Events(t.Context(), monitor.EventQuery{Match: monitor.MatchKey(lag), Kinds: []monitor.EventKind{monitor.Fired}}))
			require.Len(t, events, 1)
			assert.True(t, events[0].Silent)
			assert.True(t, events[0].Alert.Muted)
		})
	})
	t.Run("until it is fixed", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			_, err := b.Mute(t.Context(), monitor.Mute{Match: match, UntilFixed: true})
			require.ErrorIs(t, err, monitor.ErrNotFiring)
			s.set(failing(down))
			b.Pass(20 * time.Second)
			_, err = b.Mute(t.Context(), monitor.Mute{Match: match, UntilFixed: true})
			require.NoError(t, err)
			synctest.Wait()
			b.Told()
			s.set(healthy(down))
			b.Pass(12 * time.Second)
			s.set(failing(down))
			b.Pass(20 * time.Second)
			assert.Equal(t, []string{"resolved critical node.unreachable node1", "fired critical node.unreachable node1"}, b.Lines())
			mutes, err := b.Mutes(t.Context())
			require.NoError(t, err)
			assert.Empty(t, mutes)
		})
	})
	t.Run("ended by hand", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(failing(down))
			m, err := b.Mute(t.Context(), monitor.Mute{Match: monitor.Match{Subject: "node?"}})
			require.NoError(t, err)
			b.Pass(20 * time.Second)
			assert.Empty(t, b.Lines())
			require.ErrorIs(t, b.Unmute(t.Context(), "nothing", "bob", ""), monitor.ErrNoMute)
			require.NoError(t, b.Unmute(t.Context(), m.ID, "bob", "done"))
			synctest.Wait()
			events := b.Told()
			require.Len(t, events, 1)
			assert.Equal(t, monitor.Unmuted, events[0].Kind)
			assert.Equal(t, "bob done", events[0].By+" "+events[0].Note)
		})
	})
	t.Run("maintenance comes and goes without a word, but for what is left after it", func(t *testing.T) {
		window, err := monitor.ParseWindow("daily 02:00-04:00 UTC") // a bubble begins at midnight
		require.NoError(t, err)
		bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
			s.set(healthy(down), healthy(lag))
			_, err := b.Mute(t.Context(), monitor.Mute{Windows: []monitor.Window{window}})
			require.NoError(t, err)
			b.Pass(2*time.Hour + time.Second)
			s.set(failing(down), failing(lag))
			b.Pass(time.Hour)
			s.set(healthy(down))
			assert.Empty(t, b.Lines())
			b.Pass(time.Hour)
			assert.Equal(t, []string{"unmuted critical node.out_of_sync node1"}, b.Lines())
			s.set(failing(down))
			b.Pass(time.Minute)
			assert.Equal(t, []string{"fired critical node.unreachable node1"}, b.Lines())
			b.Pass(22 * time.Hour)
			assert.Empty(t, b.Lines())
			b.Pass(2 * time.Hour)
			assert.Len(t, b.Lines(), 2, "the next night's, too")
		})
	})
}

func TestAcknowledging(t *testing.T) {
	rule := func(t testing.TB) monitor.Option {
		return simple(t, monitor.Override{Change: func(r *monitor.Rule) { r.Remind, r.Escalate = time.Hour, 30*time.Minute }})
	}
	phone := &monitortest.Recorder{}
	escalation := func(testing.TB) monitor.Option {
		return monitor.To(monitor.Destination{Name: "phone", Notifier: phone, Escalation: true})
	}
	kinds := func(messages []monitor.Message) (kinds []monitor.EventKind) {
		for _, m := range messages {
			for _, e := range m.Events {
				kinds = append(kinds, e.Kind)
			}
		}
		return kinds
	}
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		require.ErrorIs(t, b.Ack(t.Context(), down, "ada", ""), monitor.ErrNotFiring)
		require.ErrorIs(t, b.Ack(t.Context(), down, "ada", ""), pocket.ErrNotFound)
		s.set(failing(down))
		b.Pass(20 * time.Second)
		assert.Equal(t, []monitor.EventKind{monitor.Fired}, kinds(b.Recorder.Told()))
		assert.Empty(t, phone.Told())
		b.Pass(31 * time.Minute)
		assert.Empty(t, kinds(b.Recorder.Told()))
		assert.Equal(t, []monitor.EventKind{monitor.Escalated}, kinds(phone.Told()))
		require.NoError(t, b.Ack(t.Context(), down, "ada", "on it"))
		b.Restart()
		b.Pass(10 * time.Hour)
		for _, told := range [][]monitor.Message{b.Recorder.Told(), phone.Told()} {
			require.Equal(t, []monitor.EventKind{monitor.Acknowledged}, kinds(told), "and nobody is reminded")
			assert.Equal(t, "ada on it", told[0].Events[0].By+" "+told[0].Events[0].Note)
			assert.Equal(t, "ada", told[0].Events[0].Alert.AckedBy)
		}
		require.NoError(t, b.Unack(t.Context(), down, "ada", ""))
		require.ErrorIs(t, b.Unack(t.Context(), down, "ada", ""), monitor.ErrNotFiring)
		b.Pass(91 * time.Minute)
		assert.Contains(t, kinds(phone.Told()), monitor.Escalated)
		b.Recorder.Told()
		s.set(healthy(down))
		b.Pass(20 * time.Second)
		assert.Equal(t, []monitor.EventKind{monitor.Resolved}, kinds(b.Recorder.Told()))
		assert.Equal(t, []monitor.EventKind{monitor.Resolved}, kinds(phone.Told()))
	}, rule, escalation)
}

func TestAReadingIsToldBandByBand(t *testing.T) {
	days := func(n string) monitor.Result {
		return monitor.Result{Key: expiry, Reading: decimal.NewNullDecimal(decimal.RequireFromString(n))}
	}
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		for _, n := range []string{"90", "20.9", "13.9", "6.9", "2.9", "0.9", "89.9"} {
			s.set(days(n))
			b.Pass(20 * time.Second)
		}
		assert.Equal(t, []string{
			"fired info tls.expiring relay.example:443", "changed warning tls.expiring relay.example:443", "changed warning tls.expiring relay.example:443",
			"changed critical tls.expiring relay.example:443", "changed critical tls.expiring relay.example:443", "resolved critical tls.expiring relay.example:443",
		}, b.Lines())
	})
}

func head(h pocket.Height) monitor.Head {
	return monitor.Head{Block: pocket.Block{Height: h, Time: t0.Add(time.Duration(h) * time.Minute)}, CaughtUp: true}
}

func TestBlocksAreJudgedEachOnceAndNoneIsSkipped(t *testing.T) {
	var judged []pocket.Height
	var missing atomic.Bool
	check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
		judged = append(judged, h.Height)
		if missing.Load() {
			return nil, errors.New("an answer was missing")
		}
		if h.Height%2 == 0 {
			name := fmt.Sprint(h.Height)
			return []monitor.Result{occurrence(slash, name), occurrence(slash, name)}, nil // the same one twice
		}
		return nil, nil
	})
	synctest.Test(t, func(t *testing.T) {
		b := monitortest.Start(t, simple(t), monitor.OnBlock("slashes", check))
		b.Feed(head(10), head(11), head(12))
		assert.Equal(t, []pocket.Height{10, 11, 12}, judged)
		assert.Equal(t, []string{"fired critical supplier.slashed pokt1a", "changed critical supplier.slashed pokt1a"}, b.Lines())
		b.Restart()
		b.Feed(head(13))
		assert.Equal(t, []pocket.Height{10, 11, 12, 13}, judged, "it goes on where it was")
		missing.Store(true)
		b.Feed(head(14), head(15))
		b.Pass(20 * time.Minute)
		assert.Equal(t, []string{"fired warning monitor.blind slashes"}, b.Lines())
		missing.Store(false)
		b.Pass(time.Minute)
		assert.Equal(t, []pocket.Height{14, 15}, judged[len(judged)-2:])
		assert.Equal(t, []string{"changed critical supplier.slashed pokt1a", "resolved warning monitor.blind slashes"}, b.Lines())
		b.Blocks.Fail(errors.New("the index is gone"))
		b.Pass(time.Minute)
		b.Blocks.Fail(nil)
		b.Feed(head(16))
		b.Pass(time.Minute)
		assert.Equal(t, []string{"changed critical supplier.slashed pokt1a"}, b.Lines())
		b.Feed(head(18))
		b.Pass(20 * time.Minute)
		assert.Equal(t, []string{"fired warning monitor.blind slashes"}, b.Lines(), "a hole is not jumped over")
	})
}

func TestABlockCheckThatFailsKeepsNoOtherFromTheNextBlock(t *testing.T) {
	bad := monitortest.BlockCheckFunc(func(context.Context, monitor.Head) ([]monitor.Result, error) { panic("oh") })
	good := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
		return []monitor.Result{occurrence(slash, fmt.Sprint(h.Height))}, nil
	})
	synctest.Test(t, func(t *testing.T) {
		b := monitortest.Start(t, monitor.OnBlock("bad", bad), monitor.OnBlock("good", good))
		b.Feed(head(1), head(2), head(3))
		assert.Len(t, b.Lines(), 3)
	})
}

func TestAWatcherThatBeginsIsNotToldOfThePast(t *testing.T) {
	var judged []pocket.Height
	check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
		judged = append(judged, h.Height)
		return nil, nil
	})
	synctest.Test(t, func(t *testing.T) {
		b := monitortest.Start(t)
		b.Feed(head(1), head(2))
		b.Restart(monitor.OnBlock("new", check))
		b.Feed(head(3))
		assert.Equal(t, []pocket.Height{3}, judged)
	})
}

func TestConfiguredAnewItLeavesNoStaleAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := newScene(), newScene()
		s.set(failing(down), failing(proof), monitor.Result{Key: expiry, Reading: decimal.NewNullDecimal(decimal.NewFromInt(10))})
		other.set(failing(lag))
		store := monitor.NewMemory()
		b := monitortest.StartIn(t, store, simple(t), monitor.Every("scene", s, 10*time.Second), monitor.Every("other", other, 10*time.Second))
		b.Pass(20 * time.Second)
		require.Len(t, b.Told(), 4)
		b.Stop()

		b = monitortest.StartIn(t, store, monitor.Every("scene", s, 10*time.Second), simple(t,
			monitor.Override{Match: monitor.Match{Name: "node.unreachable"}, Change: func(r *monitor.Rule) { r.Disabled = true }},
			monitor.Override{Match: monitor.Match{Name: "proof.*", Subject: "pokt1?"}, Change: func(r *monitor.Rule) { r.Severity = monitor.Warning }},
			monitor.Override{Match: monitor.Match{Name: "tls.expiring"}, Change: func(r *monitor.Rule) { r.Bands = r.Bands[3:] }},
		))
		b.Pass(time.Minute)
		assert.ElementsMatch(t, []string{
			"withdrawn critical node.unreachable node1", "withdrawn critical node.out_of_sync node1", "changed warning proof.missing pokt1a",
			"withdrawn warning tls.expiring relay.example:443",
		}, b.Lines())
	})
}

func TestAlertsOfASubjectThatIsGoneAreWithdrawn(t *testing.T) {
	check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
		return []monitor.Result{failing(proof), failing(key(monitor.ProofMissing, "pokt1b"))}, nil
	})
	synctest.Test(t, func(t *testing.T) {
		b := monitortest.Start(t, monitor.OnBlock("proofs", check))
		b.Feed(head(1))
		b.Told()
		n, err := b.Withdraw(t.Context(), monitor.Match{Subject: "pokt1b"}, "ada", "sold")
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		synctest.Wait()
		assert.Equal(t, []string{"withdrawn critical proof.missing pokt1b"}, b.Lines())
	})
}

func TestAStoreThatWasTakenOverEndsTheWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		store := monitor.NewMemory()
		w, err := monitor.New(store, simple(t), monitor.Every("scene", s, 10*time.Second))
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() { done <- w.Run(t.Context()) }()
		synctest.Wait()
		require.ErrorIs(t, w.Run(t.Context()), monitor.ErrRunning)
		b := monitortest.StartIn(t, store, simple(t), monitor.Every("scene", s, 10*time.Second))
		s.set(failing(down))
		b.Pass(time.Minute)
		require.ErrorIs(t, <-done, monitor.ErrTaken)
		assert.Len(t, b.Lines(), 1)
		require.ErrorIs(t, w.Ack(t.Context(), down, "", ""), monitor.ErrEnded)
		require.ErrorIs(t, w.Healthy(), monitor.ErrEnded)
	})
}

func TestWrongConfigurationsAreRefused(t *testing.T) {
	s, r := newScene(), &monitortest.Recorder{}
	block := monitortest.BlockCheckFunc(func(context.Context, monitor.Head) ([]monitor.Result, error) { return nil, nil })
	for want, opts := range map[string][]monitor.Option{
		`check "": want a name`:               {monitor.Every("", s, time.Minute)},
		`check "a": want a name of its own`:   {monitor.Every("a", s, time.Minute), monitor.Every("a", s, time.Minute)},
		`check "monitor": want a name`:        {monitor.Every("monitor", s, time.Minute)},
		`interval and a timeout above 0`:      {monitor.Every("a", s, 0)},
		`want a check`:                        {monitor.Every("a", nil, time.Minute)},
		`want a source of blocks`:             {monitor.OnBlock("a", block)},
		`want a name and a notifier`:          {monitor.To(monitor.Destination{Name: "x"})},
		`destination "x": want a name of its`: {monitor.To(monitor.Destination{Name: "x", Notifier: r}), monitor.To(monitor.Destination{Name: "x", Notifier: r})},
		`a limit of time is below 0`:          {monitor.To(monitor.Destination{Name: "x", Notifier: r, GiveUp: -1})},
		`destination x: name "\\"`:            {monitor.To(monitor.Destination{Name: "x", Notifier: r, Filter: monitor.Filter{Match: []monitor.Match{{Name: `\`}}}})},
		`want a URL that begins with http`:    {monitor.WithHeartbeat("secret.example/key", time.Minute, nil)},
		`want at least one check at once`:     {monitor.AtOnce(0)},
	} {
		_, err := monitor.New(monitor.NewMemory(), opts...)
		assert.ErrorContains(t, err, want)
	}
	_, err := monitor.New(nil)
	assert.ErrorContains(t, err, "want a store")
}
