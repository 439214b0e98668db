package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// nodes are keys of one name and many subjects.
func nodes(name monitor.Name, n int) []monitor.Key {
	keys := make([]monitor.Key, n)
	for i := range keys {
		keys[i] = key(name, fmt.Sprintf("node%03d", i))
	}
	return keys
}

func to(d monitor.Destination) func(testing.TB) monitor.Option {
	return func(testing.TB) monitor.Option { return monitor.To(d) }
}

func TestAMessageThatDoesNotArriveIsSentAgainUnchangedUntilItDoes(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		var attempts []monitor.Message
		var at []time.Time
		b.Recorder.Answer(func(m monitor.Message) error {
			attempts, at = append(attempts, m), append(at, time.Now())
			if len(attempts) < 8 {
				return errors.New("no answer")
			}
			return nil
		})
		s.set(failing(down))
		b.Pass(30 * time.Minute)
		require.Len(t, attempts, 8)
		for i, m := range attempts {
			assert.Equal(t, i+1, m.Attempt)
			assert.Equal(t, attempts[0].ID, m.ID)
			assert.Equal(t, attempts[0].Sequence, m.Sequence)
			assert.Equal(t, attempts[0].Events, m.Events)
			if i > 0 {
				full := time.Second << (i - 1)
				pause := at[i].Sub(at[i-1])
				assert.GreaterOrEqual(t, pause, full/2)
				assert.LessOrEqual(t, pause, full)
			}
		}
		deliveries := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{}))
		require.Len(t, deliveries, 1)
		assert.Equal(t, monitor.Delivered, deliveries[0].State)
		assert.Equal(t, 8, deliveries[0].Attempts)
		assert.Equal(t, attempts[0].ID, deliveries[0].ID)
	})
}

func TestARestartDoesNotChangeAMessage(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		var attempts []monitor.Message
		b.Recorder.Answer(func(m monitor.Message) error {
			attempts = append(attempts, m)
			return errors.New("no answer")
		})
		s.set(failing(down))
		b.Pass(20 * time.Second)
		s.set(failing(proof)) // waits behind it
		b.Pass(20 * time.Second)
		before := len(attempts)
		b.Restart()
		b.Pass(20 * time.Second)
		require.Greater(t, len(attempts), before)
		assert.Equal(t, attempts[0].ID, attempts[before].ID)
		assert.Equal(t, asJSON(t, attempts[0].Events), asJSON(t, attempts[before].Events))
		assert.Equal(t, before+1, attempts[before].Attempt)
		b.Recorder.Up()
		b.Pass(time.Minute)
		messages := b.Recorder.Messages()
		require.Len(t, messages, 2)
		assert.Less(t, messages[0].Sequence, messages[1].Sequence)
		assert.NotEqual(t, messages[0].ID, messages[1].ID)
	})
}

func TestADestinationThatAsksForTimeGetsIt(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		var at []time.Time
		b.Recorder.Answer(func(monitor.Message) error {
			at = append(at, time.Now())
			if len(at) == 1 {
				return &monitor.DeliveryError{RetryAfter: 7 * time.Minute, Err: errors.New("too many")}
			}
			return nil
		})
		s.set(failing(down))
		b.Pass(20 * time.Minute)
		require.Len(t, at, 2)
		assert.GreaterOrEqual(t, at[1].Sub(at[0]), 7*time.Minute)
		assert.Less(t, at[1].Sub(at[0]), 7*time.Minute+2*time.Second)
	})
}

func TestANotifierThatPanicsOrHangsOnlyFails(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		calls := 0
		b.Recorder.Answer(func(monitor.Message) error {
			if calls++; calls == 1 {
				panic("oh")
			}
			return nil
		})
		s.set(failing(down))
		b.Pass(time.Minute)
		assert.Len(t, b.Lines(), 1)
	})
	hang := notifierFunc(func(ctx context.Context, _ monitor.Message) error {
		<-ctx.Done()
		return ctx.Err()
	})
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down))
		b.Pass(time.Minute)
		deliveries := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{Destination: "hangs"}))
		require.Len(t, deliveries, 1)
		assert.Greater(t, deliveries[0].Attempts, 3)
		assert.Equal(t, context.DeadlineExceeded.Error(), deliveries[0].Error)
	}, to(monitor.Destination{Name: "hangs", Notifier: hang, Timeout: 5 * time.Second}))
}

type notifierFunc func(context.Context, monitor.Message) error

func (f notifierFunc) Notify(ctx context.Context, m monitor.Message) error { return f(ctx, m) }

func TestADeadMessageIsToldToTheOthersAndTheNextGoesOn(t *testing.T) {
	picky := &monitortest.Recorder{}
	picky.Answer(func(monitor.Message) error {
		return &monitor.DeliveryError{Refused: true, Err: errors.New("it is too long")}
	})
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down))
		b.Pass(20 * time.Second)
		events := b.Told()
		require.Len(t, events, 2)
		assert.Equal(t, key(monitor.MonitorDeliveryFailed, "chat"), events[1].Alert.Key)
		fault, _ := events[1].Alert.Facts.Get("error")
		assert.Equal(t, "it is too long", fault.Value)
		dead := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{State: monitor.Dead}))
		require.Len(t, dead, 1)
		assert.Equal(t, 1, dead[0].Attempts)

		picky.Up()
		s.set(healthy(down), failing(proof))
		b.Pass(20 * time.Second)
		var told []string
		for _, m := range picky.Messages() {
			for _, e := range m.Events {
				told = append(told, string(e.Kind)+" "+e.Alert.Key.String())
			}
		}
		assert.Equal(t, []string{"fired proof.missing pokt1a"}, told, "nobody hears resolved who did not hear fired")
		assert.Contains(t, b.Lines(), "resolved critical monitor.delivery_failed chat")
	}, to(monitor.Destination{Name: "chat", Notifier: picky}))
}

func TestAMessageMayBecomeTooOld(t *testing.T) {
	deaf := &monitortest.Recorder{}
	deaf.Down()
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down))
		b.Pass(4 * time.Minute)
		assert.Len(t, b.Lines(), 1)
		b.Pass(6 * time.Minute)
		assert.Equal(t, []string{"fired critical monitor.delivery_failed deaf"}, b.Lines(), "the others hear of it long before")
		b.Pass(time.Hour)
		dead := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{State: monitor.Dead, Destination: "deaf"}))
		require.Len(t, dead, 1)
		assert.InDelta(t, time.Hour, dead[0].Done.Sub(dead[0].Created), float64(time.Second))
		require.NoError(t, b.Healthy(), "another destination works")
	}, to(monitor.Destination{Name: "deaf", Notifier: deaf, GiveUp: time.Hour, AlarmAfter: 5 * time.Minute}))
}

func TestTheEndOfWhatCouldNotBeToldIsToldTogetherWithIt(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(healthy(down), failing(proof))
		b.Pass(20 * time.Second)
		b.Recorder.Told()
		b.Recorder.Down()
		s.set(failing(down))
		began := time.Now()
		b.Pass(14 * time.Minute)
		s.set(healthy(down))
		b.Pass(10 * time.Second)
		s.set(healthy(proof))
		b.Pass(20 * time.Second)
		b.Recorder.Up()
		b.Pass(10 * time.Minute)
		messages := b.Recorder.Told()
		require.NotEmpty(t, messages)
		var events []monitor.Event
		for _, m := range messages {
			events = append(events, m.Events...)
		}
		require.Len(t, events, 2)
		e := events[0]
		assert.Equal(t, down, e.Alert.Key)
		assert.Equal(t, monitor.Resolved, e.Kind)
		assert.True(t, e.Untold)
		assert.WithinDuration(t, began, e.Alert.Since, 11*time.Second)
		assert.Greater(t, messages[0].Late, 13*time.Minute)
		assert.Equal(t, proof, events[1].Alert.Key)
		assert.False(t, events[1].Untold, "that it fired was told long ago")
		merged := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{State: monitor.Merged}))
		require.Len(t, merged, 1)
		all := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{Event: merged[0].Events[0]}))
		require.Len(t, all, 2, "the message that was sent in vain, and the one that told its event after all")
		assert.Equal(t, merged[0].Events, all[0].Merged)
	})
}

func TestTheEndOfWhatCouldNotBeToldMayWaitBehindSomethingUrgent(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		b.Recorder.Down()
		mild := key("custom.a", "1")
		s.set(failing(mild), healthy(proof))
		b.Pass(2 * time.Minute)
		s.set(healthy(mild), failing(proof))
		b.Pass(time.Minute)
		b.Restart()
		b.Recorder.Up()
		b.Pass(10 * time.Minute)
		events := b.Told()
		require.Len(t, events, 2)
		assert.Equal(t, proof, events[0].Alert.Key)
		assert.Equal(t, mild, events[1].Alert.Key)
		assert.True(t, events[1].Untold)
	})
}

func TestALateMessageSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		b.Recorder.Down()
		s.set(failing(down))
		b.Pass(time.Minute)
		b.Recorder.Up()
		b.Pass(time.Minute)
		b.Recorder.Down()
		s.set(failing(proof))
		b.Pass(10 * time.Minute)
		b.Recorder.Up()
		b.Pass(10 * time.Minute)
		messages := b.Recorder.Messages()
		require.Len(t, messages, 2)
		assert.Zero(t, messages[0].Late, "a minute is not worth saying")
		assert.Greater(t, messages[1].Late, 9*time.Minute)
	})
}

func TestDestinationsHearWhatTheyWantAndHowThatGoesOn(t *testing.T) {
	criticals, tls := &monitortest.Recorder{}, &monitortest.Recorder{}
	heard := func(r *monitortest.Recorder) (lines []string) {
		for _, m := range r.Told() {
			for _, e := range m.Events {
				lines = append(lines, string(e.Kind)+" "+e.Severity.String()+" "+string(e.Alert.Name))
			}
		}
		return lines
	}
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		of := func(k monitor.Key, severity monitor.Severity) monitor.Result {
			r := failing(k)
			r.Severity = severity
			r.Labels = map[string]string{"env": "live"}
			return r
		}
		s.set(of(down, monitor.Warning), of(key(monitor.TLSInvalid, "a"), monitor.Warning))
		b.Pass(20 * time.Second)
		assert.Empty(t, heard(criticals))
		assert.Equal(t, []string{"fired warning tls.invalid"}, heard(tls))
		s.set(of(down, monitor.Critical))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"changed critical node.unreachable"}, heard(criticals))
		s.set(of(down, monitor.Info))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"changed info node.unreachable"}, heard(criticals), "who heard that it was critical hears that it is not")
		s.set(healthy(down), healthy(key(monitor.TLSInvalid, "a")))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"resolved info node.unreachable"}, heard(criticals))
		assert.Equal(t, []string{"resolved warning tls.invalid"}, heard(tls))
		odd := of(key(monitor.TLSInvalid, "b"), 0)
		odd.Labels = map[string]string{"env": "test"}
		s.set(odd)
		b.Pass(20 * time.Second)
		assert.Empty(t, heard(tls))
	}, to(monitor.Destination{Name: "criticals", Notifier: criticals, Filter: monitor.Filter{Severity: monitor.Critical}}),
		to(monitor.Destination{Name: "tls", Notifier: tls, Filter: monitor.Filter{
			Match: []monitor.Match{{Name: "tls.*"}}, Except: []monitor.Match{{Labels: map[string]string{"env": "test"}}}}}))
}

func TestDestinationsComeAndGo(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		gone, added := &monitortest.Recorder{}, &monitortest.Recorder{}
		gone.Down()
		b.Restart(monitor.To(monitor.Destination{Name: "gone", Notifier: gone}))
		s.set(failing(down))
		b.Pass(20 * time.Second)
		s.set(failing(proof))
		b.Pass(11 * time.Minute)
		assert.Contains(t, b.Lines(), "fired critical monitor.delivery_failed gone")
		b.Restart(monitor.To(monitor.Destination{Name: "added", Notifier: added}))
		assert.Equal(t, []string{"withdrawn critical monitor.delivery_failed gone"}, b.Lines())
		assert.Empty(t, added.Messages(), "what happened before is not told")
		dead := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{Destination: "gone"}))
		require.Len(t, dead, 2)
		for _, d := range dead {
			assert.Equal(t, monitor.Dead, d.State)
			assert.Equal(t, "the destination was removed", d.Error)
		}
		s.set(healthy(down), failing(lag))
		b.Pass(20 * time.Second)
		require.Len(t, added.Messages(), 1, "nor how it ended")
		assert.Equal(t, lag, added.Messages()[0].Events[0].Alert.Key)
	})
}

func TestWhatHappensAtOnceIsOneMessage(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		many := nodes(monitor.NodeUnreachable, 100)
		for _, k := range many {
			s.set(failing(k))
		}
		s.set(failing(proof))
		b.Pass(20 * time.Second)
		messages := b.Recorder.Told()
		require.Len(t, messages, 2)
		assert.Len(t, messages[0].Events, 100)
		for _, k := range many {
			s.set(healthy(k))
		}
		b.Pass(20 * time.Second)
		messages = b.Recorder.Told()
		require.Len(t, messages, 1)
		assert.Len(t, messages[0].Events, 100)
	})
}

func TestTheFirstOfAStormGoesAtOnceAndTheRestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
			results := []monitor.Result{failing(key(monitor.ClaimMissing, fmt.Sprint("pokt1", h.Height)))}
			if h.Height == 15 {
				results = append(results, failing(proof))
			}
			return results, nil
		})
		b := monitortest.Start(t, simple(t), monitor.OnBlock("claims", check))
		var sizes []int
		for h := range 20 {
			b.Feed(head(pocket.Height(h + 1)))
			if h+1 == 15 {
				last := b.Recorder.Messages()[len(b.Recorder.Messages())-1]
				assert.Equal(t, proof, last.Events[0].Alert.Key, "a storm of one kind does not hold up another")
			}
			b.Pass(time.Second)
		}
		b.Pass(time.Minute)
		for _, m := range b.Recorder.Messages() {
			if m.Events[0].Alert.Name == monitor.ClaimMissing {
				sizes = append(sizes, len(m.Events))
			}
		}
		assert.Equal(t, []int{1, 1, 1, 17}, sizes)
	})
}

func TestWithMoreToSayThanMayBeSaidMessagesAreMergedAndNothingIsDropped(t *testing.T) {
	slow := &monitortest.Recorder{}
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		names := []monitor.Name{"custom.a", "custom.b", "custom.c", "custom.d", "custom.e", "custom.f", "custom.g", "custom.h", "custom.i"}
		for round := range 10 {
			for i, name := range names {
				r := failing(key(name, fmt.Sprint(round)))
				if i == 8 {
					r.Severity = monitor.Critical
				}
				s.set(r)
			}
			b.Pass(10 * time.Second)
		}
		b.Pass(10 * time.Minute)
		told := map[monitor.Key]int{}
		for _, m := range slow.Messages() {
			for _, e := range m.Events {
				told[e.Alert.Key]++
			}
		}
		assert.Len(t, told, 90)
		for k, n := range told {
			assert.Equal(t, 1, n, k)
		}
		assert.Less(t, len(slow.Messages()), 30)
	}, to(monitor.Destination{Name: "slow", Notifier: slow, PerMinute: 4}))
}

func TestWhatIsCriticalComesBeforeWhatEndedAndThatBeforeReminders(t *testing.T) {
	remind := func(t testing.TB) monitor.Option {
		return simple(t, monitor.Override{Match: monitor.Match{Name: "custom.*"}, Change: func(r *monitor.Rule) { r.Remind = 5 * time.Minute }})
	}
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(key("custom.a", "1")), failing(down), healthy(proof), failing(key("custom.b", "1")))
		b.Pass(20 * time.Second)
		b.Told()
		b.Recorder.Down()
		s.set(failing(key("custom.c", "1"))) // is under way and does not arrive
		b.Pass(5 * time.Minute)
		s.set(healthy(down))
		b.Pass(10 * time.Second)
		s.set(failing(key("custom.d", "1")))
		b.Pass(10 * time.Second)
		s.set(failing(proof))
		b.Pass(10 * time.Second)
		b.Recorder.Up()
		b.Pass(10 * time.Minute)
		lines := b.Lines()
		require.GreaterOrEqual(t, len(lines), 6)
		assert.Equal(t, []string{
			"fired warning custom.c 1", "fired critical proof.missing pokt1a", "fired warning custom.d 1", "resolved critical node.unreachable node1",
		}, lines[:4])
		for _, line := range lines[4:] {
			assert.Contains(t, line, "reminded")
		}
	}, remind)
}

func TestMessagesOfADestinationArriveInTheOrderOfTheirSequence(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		calls := 0
		b.Recorder.Answer(func(monitor.Message) error {
			if calls++; calls%3 != 0 {
				return errors.New("now and then")
			}
			return nil
		})
		for i := range 50 {
			k := key(monitor.Name(fmt.Sprint("custom.", i%10)), "x")
			if i/10%2 == 0 {
				s.set(failing(k))
			} else {
				s.set(healthy(k))
			}
			b.Pass(10 * time.Second)
		}
		b.Recorder.Up()
		b.Pass(10 * time.Minute)
		messages := b.Recorder.Messages()
		require.Greater(t, len(messages), 10)
		assert.True(t, slices.IsSortedFunc(messages, func(a, b monitor.Message) int { return int(a.Sequence - b.Sequence) }))
	})
}
