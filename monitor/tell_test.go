package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
)

// heardBy returns what a recorder was told since this was last asked, one short line for each event.
func heardBy(r *monitortest.Recorder) (lines []string) {
	for _, m := range r.Told() {
		for _, e := range m.Events {
			lines = append(lines, string(e.Kind)+" "+e.Alert.Key.String())
		}
	}
	return lines
}

// chat is a destination with a recorder of its own.
func chat(name string, change ...func(*monitor.Destination)) (monitor.Destination, *monitortest.Recorder) {
	r := &monitortest.Recorder{}
	d := monitor.Destination{Name: name, Notifier: r, PerMinute: -1}
	for _, c := range change {
		c(&d)
	}
	return d, r
}

func catchingUp(d *monitor.Destination) { d.CatchUp = true }

func only(name string) func(*monitor.Destination) {
	return func(d *monitor.Destination) { d.Filter.Match = []monitor.Match{{Name: name}} }
}

func TestADestinationAddedWhileAlertsFireHearsOfWhatFiresFromThenOn(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down), healthy(proof))
		b.Pass(20 * time.Second)
		ana, heard := chat("ana")
		require.NoError(t, b.Tell(t.Context(), ana))
		s.set(failing(proof))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"fired proof.missing pokt1a"}, heardBy(heard))
		s.set(healthy(proof), healthy(down))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"resolved proof.missing pokt1a"}, heardBy(heard), "nobody hears resolved who did not hear fired")
	})
}

func TestADestinationThatCatchesUpIsToldOnceWhatFiresAlready(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down), failing(proof), failing(key("custom.mild", "a")))
		b.Pass(20 * time.Second)
		ana, heard := chat("ana", catchingUp, func(d *monitor.Destination) { d.Filter.Severity = monitor.Critical })
		require.NoError(t, b.Tell(t.Context(), ana))
		synctest.Wait()
		messages := heard.Messages()
		assert.ElementsMatch(t, []string{"caught_up node.unreachable node1", "caught_up proof.missing pokt1a"}, heardBy(heard))
		require.NotEmpty(t, messages)
		assert.Zero(t, messages[0].Late, "it was not there to be told earlier")
		assert.NotContains(t, strings.Join(b.Lines(), "\n"), "caught_up", "the others have heard of it")

		require.NoError(t, b.Tell(t.Context(), ana))
		b.Restart(monitor.To(ana))
		b.Pass(time.Minute)
		assert.Empty(t, heardBy(heard), "once, also over a restart")
		s.set(healthy(down))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"resolved node.unreachable node1"}, heardBy(heard), "who was told that it fires hears that it is over")
	})
}

func TestADestinationOfTheNextStartCatchesUpToo(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down))
		b.Pass(20 * time.Second)
		ana, heard := chat("ana", catchingUp)
		b.Restart(monitor.To(ana))
		assert.Equal(t, []string{"caught_up node.unreachable node1"}, heardBy(heard))
	})
}

func TestWhatIsQuietIsCaughtUpWithWhenItIsNotQuietAnyMore(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(lag), failing(proof), healthy(down))
		b.Pass(20 * time.Second)
		muted, err := b.Mute(t.Context(), monitor.Mute{Match: monitor.MatchKey(proof)})
		require.NoError(t, err)
		s.set(failing(down), failing(lag, down))
		b.Pass(20 * time.Second)
		ana, heard := chat("ana", catchingUp)
		require.NoError(t, b.Tell(t.Context(), ana))
		b.Pass(time.Minute)
		assert.Equal(t, []string{"caught_up node.unreachable node1"}, heardBy(heard), "a cause hides its symptoms, a mute what it matches")
		require.NoError(t, b.Unmute(t.Context(), muted.ID, "", ""))
		b.Pass(time.Second)
		assert.Equal(t, []string{"unmuted proof.missing pokt1a"}, heardBy(heard))
		s.set(healthy(down), failing(lag))
		b.Pass(5 * time.Minute)
		assert.Equal(t, []string{"resolved node.unreachable node1", "caught_up node.out_of_sync node1"}, heardBy(heard))
		b.Pass(5 * time.Minute)
		s.set(healthy(lag))
		b.Pass(time.Minute)
		assert.Equal(t, []string{"resolved node.out_of_sync node1"}, heardBy(heard))
	})
}

func TestAChangedFilterTakesEffectFromThenOn(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		ana, heard := chat("ana", only("node.*"))
		require.NoError(t, b.Tell(t.Context(), ana))
		s.set(failing(down), failing(proof))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"fired node.unreachable node1"}, heardBy(heard))
		only("proof.*")(&ana)
		require.NoError(t, b.Tell(t.Context(), ana))
		other := key(monitor.ProofMissing, "pokt1b")
		s.set(healthy(down), failing(other), failing(lag))
		b.Pass(20 * time.Second)
		assert.ElementsMatch(t, []string{"fired proof.missing pokt1b", "resolved node.unreachable node1"}, heardBy(heard),
			"how that ends which it has heard of it hears all the same")
		ana.CatchUp = true
		require.NoError(t, b.Tell(t.Context(), ana))
		b.Pass(time.Second)
		assert.Equal(t, []string{"caught_up proof.missing pokt1a"}, heardBy(heard))
	})
}

func TestANewNotifierDeliversWhatTheOldOneCouldNot(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		ana, heard := chat("ana")
		heard.Down()
		require.NoError(t, b.Tell(t.Context(), ana))
		s.set(failing(down))
		b.Pass(3 * time.Minute)
		second := &monitortest.Recorder{}
		ana.Notifier = second
		require.NoError(t, b.Tell(t.Context(), ana))
		synctest.Wait()
		assert.Equal(t, []string{"fired node.unreachable node1"}, heardBy(second), "at once, and it stays in the outbox until then")
		assert.Empty(t, heard.Messages())
	})
}

func TestWhatANotifierSaysThatWasReplacedMeanwhileDoesNotCountAgainstTheNewOne(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		begun, answer := make(chan struct{}, 1), make(chan struct{})
		slow := notifierFunc(func(context.Context, monitor.Message) error {
			begun <- struct{}{}
			<-answer
			return &monitor.DeliveryError{Permanent: true, Err: errors.New("blocked")}
		})
		require.NoError(t, b.Tell(t.Context(), monitor.Destination{Name: "ana", Notifier: slow}))
		s.set(failing(down))
		<-begun
		ana, heard := chat("ana")
		require.NoError(t, b.Tell(t.Context(), ana))
		close(answer)
		b.Pass(time.Second)
		assert.Equal(t, []string{"fired node.unreachable node1"}, heardBy(heard))
	})
}

func TestWhatWaitsForARemovedDestinationIsWithdrawn(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		ana, heard := chat("ana")
		heard.Down()
		require.NoError(t, b.Tell(t.Context(), ana))
		s.set(failing(down))
		b.Pass(20 * time.Second)
		s.set(failing(proof))
		b.Pass(11 * time.Minute)
		assert.Contains(t, b.Lines(), "fired critical monitor.delivery_failed ana")
		require.NoError(t, b.Untell(t.Context(), "ana"))
		synctest.Wait()
		assert.Equal(t, []string{"withdrawn critical monitor.delivery_failed ana"}, b.Lines())
		dead := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{Destination: "ana"}))
		require.Len(t, dead, 2, "what was on its way, and what waited behind it")
		for _, d := range dead {
			assert.Equal(t, monitor.Dead, d.State)
			assert.Equal(t, "the destination was removed", d.Error)
		}
		assert.NotContains(t, exposed(b.Watcher), `destination="ana"`)
		heard.Up()
		require.ErrorIs(t, b.Untell(t.Context(), "ana"), monitor.ErrNoDestination)
		require.NoError(t, b.Tell(t.Context(), ana))
		s.set(healthy(down), healthy(proof))
		b.Pass(time.Minute)
		assert.Empty(t, heardBy(heard), "added again it is a new one, which has heard of nothing")
	})
}

func TestADestinationMayBeRemovedByItsOwnNotifier(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		leaves := notifierFunc(func(ctx context.Context, _ monitor.Message) error {
			assert.NoError(t, b.Untell(ctx, "ana"))
			return errors.New("the chat is gone")
		})
		require.NoError(t, b.Tell(t.Context(), monitor.Destination{Name: "ana", Notifier: leaves}))
		s.set(failing(down))
		b.Pass(20 * time.Minute)
		assert.Equal(t, []string{"fired critical node.unreachable node1"}, b.Lines(), "nothing has failed: it is not there any more")
	})
}

func TestDestinationsAreAddedAndRemovedBeforeRun(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		ctx := t.Context()
		begin := func(destinations ...monitor.Destination) (w *monitor.Watcher, stop func()) {
			w, err := monitor.New(open(), simple(t), monitor.Every("scene", alwaysFailing, 10*time.Millisecond))
			require.NoError(t, err)
			for _, d := range destinations {
				require.NoError(t, w.Tell(ctx, d))
			}
			require.ErrorIs(t, w.Untell(ctx, "nobody"), monitor.ErrNoDestination)
			gone, _ := chat("gone")
			require.NoError(t, w.Tell(ctx, gone))
			require.NoError(t, w.Untell(ctx, "gone"))
			running, cancel := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() { done <- w.Run(running) }()
			return w, func() { cancel(); require.ErrorIs(t, <-done, context.Canceled) }
		}
		ana, heard := chat("ana")
		heard.Down()
		_, stop := begin(ana)
		require.Eventually(t, func() bool { return heard.Attempts() > 0 }, time.Minute, 5*time.Millisecond)
		stop()
		heard.Up()
		w, stop := begin(ana)
		require.Eventually(t, func() bool { return len(heard.Messages()) == 1 }, time.Minute, 5*time.Millisecond,
			"what waited for a destination of the run before is told to it")
		ben, later := chat("ben", catchingUp)
		require.NoError(t, w.Tell(ctx, ben))
		require.Eventually(t, func() bool { return len(later.Messages()) == 1 }, time.Minute, 5*time.Millisecond)
		require.NoError(t, w.Untell(ctx, "ana"))
		stop()
		ana.CatchUp = true
		w, stop = begin(ben, ana)
		require.Eventually(t, func() bool { return len(heard.Messages()) == 2 }, time.Minute, 5*time.Millisecond, "it was removed, and so is new")
		_, err := w.Test(ctx, "ana")
		require.NoError(t, err)
		stop()
		require.Len(t, later.Messages(), 2, "the alert and the test")
		require.ErrorIs(t, w.Tell(ctx, ana), monitor.ErrEnded)
		require.ErrorIs(t, w.Untell(ctx, "ana"), monitor.ErrEnded)
	})
}

// alwaysFailing finds one node down.
var alwaysFailing = monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
	return []monitor.Result{failing(down)}, nil
})

func TestADestinationWantsAName(t *testing.T) {
	w, err := monitor.New(monitor.NewMemory())
	require.NoError(t, err)
	for _, d := range []monitor.Destination{{}, {Name: "x"}, {Name: "x\x00", Notifier: &monitortest.Recorder{}}, {Notifier: &monitortest.Recorder{}}} {
		require.Error(t, w.Tell(t.Context(), d))
	}
}

func TestEscalationsCatchUpWithWhatNobodyTook(t *testing.T) {
	escalate := func(t testing.TB) monitor.Option {
		return simple(t, monitor.Override{Match: monitor.Match{Name: "node.*"}, Change: func(r *monitor.Rule) { r.Escalate = 10 * time.Minute }})
	}
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down), failing(proof))
		b.Pass(9 * time.Minute)
		boss, heard := chat("boss", catchingUp, func(d *monitor.Destination) { d.Escalation = true })
		require.NoError(t, b.Tell(t.Context(), boss))
		b.Pass(time.Second)
		assert.Empty(t, heardBy(heard), "nothing has escalated yet")
		b.Pass(2 * time.Minute)
		assert.Equal(t, []string{"escalated node.unreachable node1"}, heardBy(heard))
		second, late := chat("second", catchingUp, func(d *monitor.Destination) { d.Escalation = true })
		require.NoError(t, b.Tell(t.Context(), second))
		b.Pass(time.Second)
		assert.Equal(t, []string{"caught_up node.unreachable node1"}, heardBy(late))
		s.set(healthy(down))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"resolved node.unreachable node1"}, heardBy(late))
	}, escalate)
}

func TestManyChatsComeAndGoAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		n := 0
		var mu sync.Mutex
		check := monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			n++
			return []monitor.Result{failing(down), failing(key(monitor.ProofMissing, fmt.Sprint(n)))}, nil
		})
		w, err := monitor.New(open(), simple(t), monitor.Every("busy", check, 5*time.Millisecond))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		var wg sync.WaitGroup
		heard := make([]*monitortest.Recorder, 12)
		for i := range heard {
			d, r := chat(fmt.Sprint("chat", i), catchingUp)
			heard[i] = r
			wg.Go(func() {
				for range 5 {
					assert.NoError(t, w.Tell(t.Context(), d))
					assert.NoError(t, w.Untell(t.Context(), d.Name))
				}
				assert.NoError(t, w.Tell(t.Context(), d))
			})
		}
		wg.Wait()
		for _, r := range heard {
			require.Eventually(t, func() bool { return len(r.Messages()) > 0 }, time.Minute, 5*time.Millisecond)
			assert.NotEqual(t, monitor.Resolved, r.Messages()[0].Events[0].Kind)
		}
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestADestinationThatTakesNothingAnyMoreIsLeftAloneUntilItIsAddedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		ana, heard := chat("ana")
		heard.Down()
		require.NoError(t, b.Tell(t.Context(), ana))
		s.set(failing(down))
		b.Pass(20 * time.Second)
		s.set(failing(proof)) // waits behind it
		b.Pass(10 * time.Second)
		b.Told()
		heard.Answer(func(monitor.Message) error {
			return &monitor.DeliveryError{Permanent: true, Err: errors.New("the user blocked the bot")}
		})
		b.Pass(time.Minute)
		assert.Equal(t, []string{"fired critical monitor.delivery_failed ana"}, b.Lines())
		dead := collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{Destination: "ana"}))
		require.Len(t, dead, 2)
		for _, d := range dead {
			assert.Equal(t, monitor.Dead, d.State)
			assert.Equal(t, "the user blocked the bot", d.Error)
		}
		attempts := heard.Attempts()
		s.set(failing(lag), healthy(down))
		b.Pass(30 * time.Minute)
		assert.Equal(t, attempts, heard.Attempts(), "nothing is sent there")
		assert.Len(t, collect(t, b.Deliveries(t.Context(), monitor.DeliveryQuery{Destination: "ana"})), 2)
		assert.NotContains(t, b.Lines(), "fired critical monitor.delivery_failed ana", "the others hear of it once")
		assert.Contains(t, exposed(b.Watcher), `poktbot_monitor_destination_stopped{destination="ana"} 1`)

		heard.Up()
		require.NoError(t, b.Tell(t.Context(), ana))
		b.Pass(time.Second)
		assert.Empty(t, heardBy(heard), "what was dropped stays dropped")
		s.set(healthy(proof), healthy(lag), failing(key(monitor.TLSInvalid, "a")))
		b.Pass(20 * time.Second)
		assert.Equal(t, []string{"fired tls.invalid a"}, heardBy(heard), "nobody hears resolved who did not hear fired")
		assert.Contains(t, b.Lines(), "resolved critical monitor.delivery_failed ana")
	})
}

func TestATestThatArrivesShowsThatADestinationTakesMessagesAgain(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		ana, heard := chat("ana")
		heard.Answer(func(monitor.Message) error {
			return &monitor.DeliveryError{Permanent: true, Err: errors.New("the user blocked the bot")}
		})
		require.NoError(t, b.Tell(t.Context(), ana))
		s.set(failing(down))
		b.Pass(20 * time.Second)
		_, err := b.Test(t.Context(), "ben")
		require.NoError(t, err)
		s.set(failing(lag))
		b.Pass(time.Minute)
		assert.Equal(t, 2, heard.Attempts(), "the alert, and the test")
		heard.Up()
		_, err = b.Test(t.Context(), "ben")
		require.NoError(t, err)
		s.set(failing(proof))
		b.Pass(time.Minute)
		assert.Equal(t, []string{"fired monitor.test ben", "fired proof.missing pokt1a"}, withoutParts(heardBy(heard)))
	})
}

// withoutParts returns lines without what stands after the third word.
func withoutParts(lines []string) []string {
	for i, line := range lines {
		if words := strings.Fields(line); len(words) > 3 {
			lines[i] = strings.Join(words[:3], " ")
		}
	}
	return lines
}
