package monitor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/monitor"
)

func someDuration(t *rapid.T, name string, longest time.Duration) time.Duration {
	return rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, 7 * time.Minute, longest}).Draw(t, name)
}

func someRule(t *rapid.T) monitor.Rule {
	r := monitor.Rule{
		Severity:      monitor.Severity(rapid.IntRange(0, 3).Draw(t, "severity")),
		For:           someDuration(t, "for", time.Hour),
		Confirmations: rapid.IntRange(0, 3).Draw(t, "confirmations"),
		Recover:       someDuration(t, "recover", time.Hour),
		Recoveries:    rapid.IntRange(0, 3).Draw(t, "recoveries"),
		Lasts:         someDuration(t, "lasts", 2*time.Hour),
		Remind:        someDuration(t, "remind", 3*time.Hour),
		Escalate:      someDuration(t, "escalate", time.Hour),
		FlapCount:     rapid.IntRange(-1, 4).Draw(t, "flap count"),
	}
	if rapid.Bool().Draw(t, "with bands") {
		r.Bands = []monitor.Band{band("10", "8", monitor.Info), band("20", "15", monitor.Warning), band("30", "", monitor.Critical)}
	}
	require.NoError(t, r.Validate())
	return r
}

// someStep is anything that may happen to a state.
func someStep(t *rapid.T) (string, doing) {
	kind := rapid.SampledFrom([]string{"result", "result", "result", "result", "reading", "occurrence", "tick", "ack", "unack", "mute", "unmute", "hold", "free",
		"leave"}).Draw(t, "step")
	switch kind {
	case "result":
		health := monitor.Health(rapid.IntRange(0, 2).Draw(t, "health"))
		res := monitor.Result{Health: health, Severity: monitor.Severity(rapid.IntRange(0, 3).Draw(t, "own severity"))}
		if health == monitor.Unknown {
			res.Err = errors.New("could not look")
		}
		return fmt.Sprint(health), result(res)
	case "reading":
		reading := decimal.NewNullDecimal(decimal.NewFromInt(rapid.Int64Range(0, 40).Draw(t, "reading")))
		return kind, result(monitor.Result{Reading: reading, Health: monitor.Failing})
	case "occurrence":
		return kind, occurs(fmt.Sprint(rapid.IntRange(1, 5).Draw(t, "occurrence")), monitor.Severity(rapid.IntRange(0, 3).Draw(t, "own severity")))
	}
	return kind, map[string]doing{"tick": tick, "ack": ack, "unack": unack, "mute": mute, "unmute": unmute, "hold": hold, "free": free, "leave": leave}[kind]
}

// TestWhateverHappensAnAlertIsToldOfInOrder draws rules and lives.
func TestWhateverHappensAnAlertIsToldOfInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := someRule(t)
		var s monitor.State
		now, firing := t0, false
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 30 * time.Second, 5 * time.Minute, 2 * time.Hour}).Draw(t, "pause"))
			name, do := someStep(t)
			acts := name == "ack" || name == "unack" || name == "mute" || name == "unmute" || name == "hold" || name == "free"
			if (name == "ack" || name == "unack") && !s.Firing() {
				continue
			}
			before := asJSON(t, s)
			next, kind := do(rule, s, now)
			require.Equal(t, before, asJSON(t, s), "the old state is as it was")
			require.Equal(t, asJSON(t, next), asJSON(t, stored(t, next)))
			next2, kind2 := do(rule, stored(t, s), now)
			require.Equal(t, asJSON(t, next), asJSON(t, next2), "the same makes the same, also after a restart")
			require.Equal(t, kind, kind2)

			a := next.Alert
			switch kind {
			case none:
				require.Equal(t, firing, next.Firing(), "it begins and ends only with a word")
			case fired:
				require.False(t, firing, "fires once")
				require.True(t, next.Firing())
				require.Equal(t, now, a.Fired)
				require.False(t, a.Held, "what is explained does not fire")
				require.Greater(t, a.Severity, monitor.Severity(0))
				if a.Occurrence == "" {
					require.GreaterOrEqual(t, now.Sub(a.Since), rule.For)
					require.GreaterOrEqual(t, next.Bad, rule.Confirmations)
				}
			case resolved, withdrawn:
				require.True(t, firing, "what did not fire does not end")
				require.False(t, a.Resolved.IsZero())
				require.False(t, a.Resolved.Before(a.Since))
				require.False(t, a.Resolved.After(now))
				if kind == resolved && a.Occurrence == "" {
					require.GreaterOrEqual(t, now.Sub(a.Resolved), rule.Recover)
				}
			case changed, reminded, escalated:
				require.True(t, firing)
				require.True(t, next.Firing())
				require.False(t, a.Held, "what is explained is silent")
				if kind != changed {
					require.True(t, a.AckedAt.IsZero(), "who took it is left alone")
					require.False(t, a.Muted)
				}
			}
			require.False(t, acts && kind != none)
			require.False(t, a.Since.After(now))
			firing, s = next.Firing(), stored(t, next)
			if s.Alert.Resolved.IsZero() {
				s = settled(t, rule, s, now)
				firing = s.Firing()
			}
		}
	})
}

// settled lets time do to s what is due, and checks that Due and Tick agree.
func settled(t *rapid.T, rule monitor.Rule, s monitor.State, now time.Time) monitor.State {
	for range 10 {
		due := rule.Due(s)
		next, kind := rule.Tick(s, now)
		if due.IsZero() || due.After(now) {
			require.Equal(t, none, kind, "nothing is due before %v", due)
			if !due.IsZero() {
				later, kind := rule.Tick(s, due)
				require.True(t, kind != none || asJSON(t, later) != asJSON(t, s), "something is due at %v", due)
				early, kind := rule.Tick(s, due.Add(-1))
				require.Equal(t, none, kind)
				require.Equal(t, asJSON(t, s), asJSON(t, early))
			}
			return s
		}
		require.True(t, kind != none || asJSON(t, next) != asJSON(t, s), "something is due since %v", due)
		s = stored(t, next)
		if !s.Alert.Resolved.IsZero() {
			return s
		}
	}
	require.Fail(t, "time never comes to an end")
	return s
}
