package monitor_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
)

var t0 = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// A step is something that happens to a state at a time after t0, and what is told of it.
type step struct {
	at   time.Duration
	do   func(r monitor.Rule, s monitor.State, now time.Time) (monitor.State, monitor.EventKind)
	want monitor.EventKind
}

type doing = func(r monitor.Rule, s monitor.State, now time.Time) (monitor.State, monitor.EventKind)

func result(res monitor.Result) doing {
	return func(r monitor.Rule, s monitor.State, now time.Time) (monitor.State, monitor.EventKind) {
		return r.Next(s, res, now)
	}
}

func reads(value string) doing {
	return result(monitor.Result{Reading: decimal.NewNullDecimal(decimal.RequireFromString(value))})
}

func occurs(name string, severity monitor.Severity) doing {
	return result(monitor.Result{Health: monitor.Failing, Occurrence: name, Severity: severity})
}

func changes(f func(monitor.State, time.Time) monitor.State) doing {
	return func(_ monitor.Rule, s monitor.State, now time.Time) (monitor.State, monitor.EventKind) {
		return f(s, now), ""
	}
}

var (
	fails   = result(monitor.Result{Health: monitor.Failing})
	passes  = result(monitor.Result{Health: monitor.Healthy})
	unknown = result(monitor.Result{Err: errors.New("no answer")})
	worse   = result(monitor.Result{Health: monitor.Failing, Severity: monitor.Critical})
	milder  = result(monitor.Result{Health: monitor.Failing, Severity: monitor.Info})
	tick    = func(r monitor.Rule, s monitor.State, now time.Time) (monitor.State, monitor.EventKind) {
		return r.Tick(s, now)
	}
	ack    = changes(func(s monitor.State, now time.Time) monitor.State { return s.Acknowledged("ada", now) })
	unack  = changes(func(s monitor.State, now time.Time) monitor.State { return s.Unacknowledged(now) })
	mute   = changes(func(s monitor.State, now time.Time) monitor.State { return s.Quieted(true, now) })
	unmute = changes(func(s monitor.State, now time.Time) monitor.State { return s.Quieted(false, now) })
	hold   = changes(func(s monitor.State, now time.Time) monitor.State { return s.Explained(true, now) })
	free   = changes(func(s monitor.State, now time.Time) monitor.State { return s.Explained(false, now) })
	leave  = func(_ monitor.Rule, s monitor.State, now time.Time) (monitor.State, monitor.EventKind) {
		return s.Withdrawn(now)
	}
)

const (
	none      = monitor.EventKind("")
	fired     = monitor.Fired
	resolved  = monitor.Resolved
	changed   = monitor.Changed
	reminded  = monitor.Reminded
	escalated = monitor.Escalated
	withdrawn = monitor.Withdrawn
)

func band(at, clear string, severity monitor.Severity) monitor.Band {
	b := monitor.Band{At: decimal.RequireFromString(at), Severity: severity}
	if clear != "" {
		b.Clear = decimal.NewNullDecimal(decimal.RequireFromString(clear))
	}
	return b
}

func TestPolicy(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	disk := monitor.Rule{Bands: []monitor.Band{band("85", "80", monitor.Warning), band("95", "90", monitor.Critical)}}
	days := monitor.Rule{Below: true, Bands: []monitor.Band{
		band("21", "22", monitor.Info), band("14", "15", monitor.Warning), band("7", "8", monitor.Warning), band("3", "4", monitor.Critical)}}
	critical := monitor.Rule{Severity: monitor.Critical, Remind: 4 * h, Escalate: 30 * m}

	for _, test := range []struct {
		name  string
		rule  monitor.Rule
		steps []step
	}{
		{"the zero rule fires at the first failure, resolves at the first health, and never reminds", monitor.Rule{},
			[]step{{0, fails, fired}, {s, fails, none}, {100 * h, tick, none}, {101 * h, passes, resolved}, {102 * h, passes, none}}},
		{"a failure waits for its time", monitor.Rule{For: 5 * m},
			[]step{{0, fails, none}, {m, fails, none}, {5 * m, fails, fired}}},
		{"a failure that lasts fires by time alone", monitor.Rule{For: 5 * m},
			[]step{{0, fails, none}, {5*m - s, tick, none}, {5 * m, tick, fired}, {6 * m, tick, none}}},
		{"a failure that began before it was seen has waited already", monitor.Rule{For: 5 * m},
			[]step{{10 * m, result(monitor.Result{Health: monitor.Failing, At: t0}), fired}}},
		{"a failure from the future began now", monitor.Rule{For: 5 * m},
			[]step{{0, result(monitor.Result{Health: monitor.Failing, At: t0.Add(h)}), none}, {5 * m, tick, fired}}},
		{"a blip that never fired ends in silence", monitor.Rule{For: 5 * m},
			[]step{{0, fails, none}, {4 * m, passes, none}, {5 * m, tick, none}, {5*m + s, fails, none}, {9 * m, fails, none}, {10*m + s, fails, fired}}},
		{"a failure wants to be confirmed, however long it lasts", monitor.Rule{For: m, Confirmations: 3},
			[]step{{0, fails, none}, {2 * m, tick, none}, {3 * m, fails, none}, {4 * m, fails, fired}}},
		{"confirmed too early it still waits for its time", monitor.Rule{For: m, Confirmations: 2},
			[]step{{0, fails, none}, {s, fails, none}, {m, tick, fired}}},
		{"not knowing keeps an alert where it is", monitor.Rule{},
			[]step{{0, fails, fired}, {m, unknown, none}, {h, unknown, none}, {2 * h, tick, none}, {3 * h, passes, resolved}}},
		{"not knowing does not begin anything", monitor.Rule{},
			[]step{{0, unknown, none}, {h, unknown, none}, {h, tick, none}}},
		{"what fails and then cannot be looked at does not fire by time alone", monitor.Rule{For: 5 * m},
			[]step{{0, fails, none}, {m, unknown, none}, {h, tick, none}, {h + s, fails, fired}}},
		{"not knowing in between does not undo a confirmation", monitor.Rule{Confirmations: 2},
			[]step{{0, fails, none}, {s, unknown, none}, {2 * s, fails, fired}}},
		{"health has to last before an alert resolves", monitor.Rule{Recover: 5 * m},
			[]step{{0, fails, fired}, {m, passes, none}, {6*m - s, tick, none}, {6 * m, tick, resolved}}},
		{"health that does not last resolves nothing", monitor.Rule{Recover: 5 * m},
			[]step{{0, fails, fired}, {m, passes, none}, {2 * m, fails, none}, {6 * m, passes, none}, {10 * m, passes, none}, {11 * m, passes, resolved}}},
		{"health has to be confirmed before an alert resolves", monitor.Rule{Recoveries: 3},
			[]step{{0, fails, fired}, {m, passes, none}, {2 * m, passes, none}, {3 * m, tick, none}, {3 * m, passes, resolved}}},
		{"health that cannot be looked at any more does not resolve by time alone", monitor.Rule{Recover: 5 * m},
			[]step{{0, fails, fired}, {m, passes, none}, {2 * m, unknown, none}, {h, tick, none}, {h, passes, resolved}}},

		{"people are reminded while it lasts", monitor.Rule{Remind: h},
			[]step{{0, fails, fired}, {h - s, tick, none}, {h, tick, reminded}, {h, tick, none}, {2 * h, tick, reminded}, {2*h + s, passes, resolved}, {9 * h, tick, none}}},
		{"who took it is not reminded", monitor.Rule{Remind: h},
			[]step{{0, fails, fired}, {m, ack, none}, {9 * h, tick, none}, {9 * h, unack, none}, {10 * h, tick, reminded}}},
		{"nobody is reminded of what is healthy and only waits to be sure", monitor.Rule{Remind: h, Recover: 3 * h},
			[]step{{0, fails, fired}, {m, passes, none}, {2 * h, tick, none}, {4 * h, tick, resolved}}},
		{"a critical alert escalates when nobody takes it, again and again", critical,
			[]step{{0, fails, fired}, {30*m - s, tick, none}, {30 * m, tick, escalated}, {h, tick, escalated}, {h + m, ack, none}, {9 * h, tick, none}}},
		{"one that is not critical does not escalate", monitor.Rule{Escalate: m},
			[]step{{0, fails, fired}, {h, tick, none}}},
		{"it escalates from when it became critical", monitor.Rule{Escalate: 30 * m},
			[]step{{0, fails, fired}, {h, worse, changed}, {h + 29*m, tick, none}, {h + 30*m, tick, escalated}, {2 * h, milder, changed}, {9 * h, tick, none}}},
		{"taken and given back it escalates anew", critical,
			[]step{{0, fails, fired}, {m, ack, none}, {h, unack, none}, {h + 30*m, tick, escalated}}},
		{"worse than when it was taken, it is nobody's again", monitor.Rule{Escalate: 30 * m},
			[]step{{0, fails, fired}, {m, ack, none}, {2 * m, worse, changed}, {32 * m, tick, escalated}}},
		{"better and as bad as before it is still taken", critical,
			[]step{{0, fails, fired}, {m, ack, none}, {2 * m, milder, changed}, {3 * m, worse, changed}, {9 * h, tick, none}}},
		{"a new alert is nobody's", critical,
			[]step{{0, fails, fired}, {m, ack, none}, {2 * m, passes, resolved}, {3 * m, fails, fired}, {33 * m, tick, escalated}}},

		{"worse and better are told", monitor.Rule{},
			[]step{{0, fails, fired}, {s, worse, changed}, {2 * s, worse, none}, {3 * s, milder, changed}, {4 * s, milder, none}}},
		{"a reading is judged by bands that are left later than they are entered", disk,
			[]step{{0, reads("84.9"), none}, {m, reads("85"), fired}, {2 * m, reads("81"), none}, {3 * m, reads("80"), none}, {4 * m, reads("79.9"), resolved}, {5 * m, reads("84"), none}}},
		{"a reading that wavers around one number is told once", disk,
			[]step{{0, reads("85"), fired}, {s, reads("84.9"), none}, {2 * s, reads("85.1"), none}, {3 * s, reads("84.8"), none}, {4 * s, reads("85"), none}}},
		{"a worse band is told, and a better one only beyond its edge", disk,
			[]step{{0, reads("86"), fired}, {m, reads("95"), changed}, {2 * m, reads("91"), none}, {3 * m, reads("89"), changed}, {4 * m, reads("94"), none}, {5 * m, reads("50"), resolved}}},
		{"a reading may enter the worst band at once", disk, []step{{0, reads("99"), fired}, {m, reads("10"), resolved}}},
		{"days that run out are told band by band, also within one severity", days,
			[]step{{0, reads("30"), none}, {1 * h, reads("21"), fired}, {2 * h, reads("20.5"), none}, {3 * h, reads("14"), changed}, {4 * h, reads("7"), changed},
				{5 * h, reads("3"), changed}, {6 * h, reads("3.9"), none}, {7 * h, reads("89"), resolved}}},
		{"days that are more again in the same severity are no news", days,
			[]step{{0, reads("6"), fired}, {h, reads("10"), none}, {2 * h, reads("6"), none}}},
		{"a reading that could not be taken keeps its band", disk,
			[]step{{0, reads("96"), fired}, {m, unknown, none}, {2 * m, reads("91"), none}}},
		{"a reading without bands goes by its health", monitor.Rule{},
			[]step{{0, result(monitor.Result{Health: monitor.Failing, Reading: decimal.NewNullDecimal(decimal.NewFromInt(5))}), fired},
				{m, reads("5"), none}, {2 * m, result(monitor.Result{Health: monitor.Healthy, Reading: decimal.NewNullDecimal(decimal.NewFromInt(9))}), resolved}}},
		{"a failure that says why is still a failure", monitor.Rule{},
			[]step{{0, result(monitor.Result{Health: monitor.Failing, Err: errors.New("refused")}), fired}}},

		{"an occurrence fires at once, whatever the rule waits for, and passes", monitor.Rule{For: h, Confirmations: 5},
			[]step{{0, occurs("1", 0), fired}, {24*h - s, tick, none}, {24 * h, tick, resolved}, {25 * h, tick, none}}},
		{"health does not undo an occurrence", monitor.Rule{},
			[]step{{0, occurs("1", 0), fired}, {m, passes, none}, {2 * m, tick, none}}},
		{"an occurrence that is found twice is told once", monitor.Rule{},
			[]step{{0, occurs("1", 0), fired}, {m, occurs("1", 0), none}, {23 * h, occurs("1", 0), none}, {24 * h, tick, resolved}, {25 * h, occurs("1", 0), none}}},
		{"every new occurrence is told, and makes it last longer", monitor.Rule{Lasts: h},
			[]step{{0, occurs("1", 0), fired}, {50 * m, occurs("2", 0), changed}, {51 * m, occurs("3", 0), changed}, {h, tick, none}, {h + 51*m, tick, resolved}}},
		{"an occurrence on a taken alert is told and leaves it taken", critical,
			[]step{{0, occurs("1", 0), fired}, {m, ack, none}, {2 * m, occurs("2", 0), changed}, {3 * h, tick, none}}},
		{"a critical occurrence that nobody took escalates, though milder ones follow", monitor.Rule{Escalate: 30 * m},
			[]step{{0, occurs("1", monitor.Critical), fired}, {m, occurs("2", monitor.Info), changed}, {31 * m, tick, escalated}}},

		{"what comes and goes takes longer and longer to resolve", monitor.Rule{Recover: m},
			[]step{{0, fails, fired}, {s, passes, none}, {61 * s, passes, resolved},
				{2 * m, fails, fired}, {2*m + s, passes, none}, {3*m + s, tick, resolved},
				{4 * m, fails, fired}, {4*m + s, passes, none}, {5*m + s, tick, resolved},
				{6 * m, fails, fired}, {6*m + s, passes, none}, {7*m + s, tick, none}, {8*m + s, tick, resolved}, // twice as long
				{9 * m, fails, fired}, {9*m + s, passes, none}, {12 * m, tick, none}, {12 * m, fails, none}, {12*m + s, passes, none}, // held
				{16 * m, tick, none}, {16*m + s, tick, resolved}, // four times
				{80 * m, tick, none}, {81 * m, fails, fired}, {81*m + s, passes, none}, {82*m + s, tick, resolved}}}, // forgiven
		{"a rule may not care about flapping", monitor.Rule{FlapCount: -1},
			[]step{{0, fails, fired}, {s, passes, resolved}, {2 * s, fails, fired}, {3 * s, passes, resolved}, {4 * s, fails, fired}, {5 * s, passes, resolved},
				{6 * s, fails, fired}, {7 * s, passes, resolved}, {8 * s, fails, fired}, {9 * s, passes, resolved}}},

		{"what is explained stays silent, and ends in silence", monitor.Rule{},
			[]step{{0, hold, none}, {0, fails, none}, {h, tick, none}, {2 * h, fails, none}, {3 * h, passes, none}, {4 * h, tick, none}}},
		{"what still fails when its explanation is over fires at the next look", monitor.Rule{},
			[]step{{0, hold, none}, {0, fails, none}, {h, free, none}, {h + s, tick, none}, {h + 2*s, fails, fired}}},
		{"what still fails and is not looked at fires a minute after its explanation is over", monitor.Rule{},
			[]step{{0, hold, none}, {0, fails, none}, {h, free, none}, {h + 59*s, tick, none}, {h + m, tick, fired}}},
		{"what recovers right after its explanation is over was never told", monitor.Rule{},
			[]step{{0, hold, none}, {0, fails, none}, {h, free, none}, {h + s, passes, none}, {2 * h, tick, none}}},
		{"a rule's time begins anew when the explanation is over", monitor.Rule{For: 5 * m},
			[]step{{0, hold, none}, {0, fails, none}, {h, free, none}, {h + 4*m, fails, none}, {h + 5*m, fails, fired}}},
		{"what fired before it was explained is neither resolved nor spoken of", monitor.Rule{Severity: monitor.Critical, Remind: m, Escalate: m},
			[]step{{0, fails, fired}, {s, hold, none}, {h, tick, none}, {h, unknown, none}, {2 * h, free, none}, {2*h + s, fails, none}, {2*h + m, tick, escalated}}},
		{"what got worse while it was explained is told afterwards", monitor.Rule{},
			[]step{{0, fails, fired}, {s, hold, none}, {m, worse, none}, {h, tick, none}, {2 * h, free, none}, {2*h + s, tick, none}, {2*h + 2*s, worse, changed}}},
		{"occurrences that were explained are told afterwards", monitor.Rule{},
			[]step{{0, hold, none}, {0, occurs("1", 0), none}, {m, free, none}, {m, tick, fired}}},
		{"what was healthy while it was explained resolves as ever", monitor.Rule{},
			[]step{{0, fails, fired}, {s, hold, none}, {m, passes, resolved}}},

		{"a mute lets things happen, but for reminders and escalation, which begin anew after it", critical,
			[]step{{0, fails, fired}, {s, mute, none}, {9 * h, tick, none}, {9 * h, unmute, none}, {9*h + 30*m, tick, escalated}, {9*h + 31*m, mute, none}, {9*h + 32*m, passes, resolved}}},

		{"what is not watched any more is withdrawn if people knew of it", monitor.Rule{}, []step{{0, fails, fired}, {m, leave, withdrawn}, {2 * m, leave, none}}},
		{"and let go in silence otherwise", monitor.Rule{For: h}, []step{{0, fails, none}, {m, leave, none}, {2 * h, tick, none}}},
		{"a rule that is switched off looks at nothing", monitor.Rule{Disabled: true}, []step{{0, fails, none}, {m, worse, none}, {2 * m, occurs("1", 0), none}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, test.rule.Validate())
			var state monitor.State
			for i, step := range test.steps {
				now := t0.Add(step.at)
				before := asJSON(t, state)
				next, kind := step.do(test.rule, state, now)
				require.Equal(t, step.want, kind, "step %d at %v", i+1, step.at)
				require.Equal(t, before, asJSON(t, state), "the old state is as it was")
				state = stored(t, next)
			}
		})
	}
}

func asJSON(t require.TestingT, v any) string {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

// stored returns s as it comes back from a store, so that every test is one of restarts, too.
func stored(t require.TestingT, s monitor.State) monitor.State {
	var back monitor.State
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, s)), &back))
	require.Equal(t, asJSON(t, s), asJSON(t, back))
	return back
}

func TestAChangeOfDetailKeepsWhenItBegan(t *testing.T) {
	rule := monitor.Rule{Severity: monitor.Warning}
	behind := func(n int64) monitor.Result {
		return monitor.Result{Health: monitor.Failing, Facts: monitor.Facts{monitor.Count("behind", n)}, Height: 100}
	}
	s, kind := rule.Next(monitor.State{}, behind(5), t0)
	require.Equal(t, fired, kind)
	s, kind = rule.Next(s, behind(9), t0.Add(time.Minute))
	require.Equal(t, none, kind)
	assert.Equal(t, t0, s.Alert.Since)
	assert.Equal(t, t0, s.Alert.Fired)
	assert.Equal(t, int64(2), s.Alert.Count)
	assert.Equal(t, behind(9).Facts, s.Alert.Facts)
	assert.Equal(t, int64(100), s.Alert.Height)
}

func TestAnAlertResolvedWhenItBecameHealthyNotWhenThatWasSure(t *testing.T) {
	rule := monitor.Rule{Recover: 10 * time.Minute}
	s, _ := rule.Next(monitor.State{}, monitor.Result{Health: monitor.Failing}, t0)
	s, _ = rule.Next(s, monitor.Result{Health: monitor.Healthy}, t0.Add(time.Hour))
	s, kind := rule.Tick(s, t0.Add(70*time.Minute))
	require.Equal(t, resolved, kind)
	assert.Equal(t, t0.Add(time.Hour), s.Alert.Resolved)
	assert.Equal(t, time.Hour, s.Alert.Duration(t0.Add(99*time.Hour)))
}

func TestAFlappingAlertSaysSo(t *testing.T) {
	var s monitor.State
	rule := monitor.Rule{FlapCount: 2}
	for i, want := range []int{0, 0, 3} {
		s, _ = rule.Next(s, monitor.Result{Health: monitor.Failing}, t0.Add(time.Duration(i)*time.Minute))
		assert.Equal(t, want, s.Alert.Flaps)
		s, _ = rule.Next(s, monitor.Result{Health: monitor.Healthy}, t0.Add(time.Duration(i)*time.Minute+time.Second))
	}
}

func TestAnOccurrenceHasItsOwnSeverityAndLeavesTheAlertAsSevereAsItWas(t *testing.T) {
	rule := monitor.Rule{Severity: monitor.Info}
	s, _ := rule.Next(monitor.State{}, monitor.Result{Occurrence: "1", Severity: monitor.Critical}, t0)
	s, kind := rule.Next(s, monitor.Result{Occurrence: "2"}, t0)
	require.Equal(t, changed, kind)
	assert.Equal(t, monitor.Critical, s.Alert.Severity)
	assert.Equal(t, monitor.Info, s.Latest)
}

func TestAChangedRule(t *testing.T) {
	failing := func(r monitor.Rule, res monitor.Result) monitor.State {
		res.Health = monitor.Failing
		s, kind := r.Next(monitor.State{}, res, t0)
		require.Equal(t, fired, kind)
		return s
	}
	reading := monitor.Result{Reading: decimal.NewNullDecimal(decimal.NewFromInt(88))}
	at := func(n string) monitor.Rule {
		return monitor.Rule{Bands: []monitor.Band{band(n, "", monitor.Warning), band("95", "", monitor.Critical)}}
	}
	for _, test := range []struct {
		name  string
		state monitor.State
		rule  monitor.Rule
		want  monitor.EventKind
	}{
		{"that would not have raised the alert withdraws it", failing(at("85"), reading), at("90"), withdrawn},
		{"that would have leaves it", failing(at("85"), reading), at("80"), none},
		{"that makes it worse says so", failing(at("85"), reading),
			monitor.Rule{Bands: []monitor.Band{band("80", "", monitor.Critical)}}, changed},
		{"that is switched off withdraws it", failing(monitor.Rule{}, monitor.Result{}), monitor.Rule{Disabled: true}, withdrawn},
		{"that is more severe says so", failing(monitor.Rule{}, monitor.Result{}), monitor.Rule{Severity: monitor.Critical}, changed},
		{"does not overrule a check that knows better", failing(monitor.Rule{}, monitor.Result{Severity: monitor.Info}),
			monitor.Rule{Severity: monitor.Critical}, none},
		{"that waits longer does not take back what was told", failing(monitor.Rule{}, monitor.Result{}), monitor.Rule{For: time.Hour}, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, kind := test.rule.Rejudged(test.state, t0.Add(time.Minute))
			require.Equal(t, test.want, kind)
			if kind != withdrawn {
				assert.True(t, s.Firing())
			}
		})
	}
	t.Run("that makes something worse than what waits does not say so yet", func(t *testing.T) {
		s, _ := monitor.Rule{For: time.Hour}.Next(monitor.State{}, monitor.Result{Health: monitor.Failing}, t0)
		s, kind := monitor.Rule{For: time.Hour, Severity: monitor.Critical}.Rejudged(s, t0)
		assert.Equal(t, none, kind)
		assert.Equal(t, monitor.Critical, s.Alert.Severity)
	})
}
