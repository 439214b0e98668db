package monitor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/monitor"
)

func TestPatterns(t *testing.T) {
	labels := map[string]string{"host": "one", "env": "live"}
	k := monitor.Key{Name: monitor.TLSExpiring, Subject: "relay.example:443", Part: "eth"}
	for _, test := range []struct {
		name  string
		match monitor.Match
		want  bool
	}{
		{"the zero match picks all", monitor.Match{}, true},
		{"a name", monitor.Match{Name: "tls.expiring"}, true},
		{"a part of a name does not", monitor.Match{Name: "tls"}, false},
		{"a family", monitor.Match{Name: "tls.*"}, true},
		{"another family", monitor.Match{Name: "node.*"}, false},
		{"a subject with wild ends", monitor.Match{Subject: "*.example:*"}, true},
		{"one character", monitor.Match{Subject: "relay.example:44?"}, true},
		{"one character too many", monitor.Match{Subject: "relay.example:443?"}, false},
		{"a star for nothing", monitor.Match{Subject: "relay.example:443*"}, true},
		{"a part", monitor.Match{Part: "eth"}, true},
		{"all have to fit", monitor.Match{Name: "tls.*", Part: "btc"}, false},
		{"labels", monitor.Match{Labels: map[string]string{"host": "o*", "env": "live"}}, true},
		{"a label that differs", monitor.Match{Labels: map[string]string{"host": "two"}}, false},
		{"a label that lacks", monitor.Match{Labels: map[string]string{"zone": ""}}, true},
		{"a label that lacks and should not", monitor.Match{Labels: map[string]string{"zone": "?*"}}, false},
		{"a key", monitor.MatchKey(k), true},
		{"another key", monitor.MatchKey(monitor.Key{Name: k.Name, Subject: k.Subject, Part: "btc"}), false},
	} {
		assert.Equal(t, test.want, test.match.Matches(k, labels), test.name)
	}
	odd := monitor.Key{Name: "custom.x", Subject: `a*b?c\d`}
	assert.True(t, monitor.MatchKey(odd).Matches(odd, nil))
	assert.False(t, monitor.MatchKey(odd).Matches(monitor.Key{Name: "custom.x", Subject: `aXbYc\d`}, nil), "what is wild in a pattern is not in a key")
	assert.True(t, monitor.Match{Subject: "n?de"}.Matches(monitor.Key{Subject: "nöde"}, nil), "a character is one, however many bytes it has")
	assert.Equal(t, "tls.* * eth host=one", monitor.Match{Name: "tls.*", Part: "eth", Labels: map[string]string{"host": "one"}}.String())
	require.Error(t, monitor.Match{Subject: `a\`}.Validate())
	require.NoError(t, monitor.Match{Subject: `a\\`}.Validate())
	require.Error(t, monitor.Match{Labels: map[string]string{"x": "\xff"}}.Validate())
}

func TestAPatternMatchesAsOneThatTriesEverything(t *testing.T) {
	var slow func(pattern, text string) bool
	slow = func(pattern, text string) bool {
		switch {
		case pattern == "":
			return text == ""
		case pattern[0] == '*':
			return slow(pattern[1:], text) || text != "" && slow(pattern, text[1:])
		case text == "":
			return false
		case pattern[0] == '?':
			return slow(pattern[1:], text[1:])
		case pattern[0] == '\\' && len(pattern) > 1:
			return pattern[1] == text[0] && slow(pattern[2:], text[1:])
		}
		return pattern[0] == text[0] && slow(pattern[1:], text[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune(`ab*?\`)), 1, 10, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.SampledFrom([]rune(`ab*?\`)), 0, 10, -1).Draw(t, "text")
		require.Equal(t, slow(pattern, text), monitor.Match{Subject: pattern}.Matches(monitor.Key{Subject: text}, nil))
	})
}

func TestNoPatternTakesLong(t *testing.T) {
	match := monitor.Match{Subject: strings.Repeat("*a", 200) + "b"}
	assert.False(t, match.Matches(monitor.Key{Subject: strings.Repeat("a", 20_000)}, nil))
}

func TestRules(t *testing.T) {
	rules, err := monitor.NewRules(
		monitor.Override{Match: monitor.Match{Name: "tls.*"}, Change: func(r *monitor.Rule) { r.Remind = time.Hour }},
		monitor.Override{Match: monitor.Match{Name: "tls.expiring", Subject: "*.test:443"}, Change: func(r *monitor.Rule) { r.Disabled = true }},
		monitor.Override{Match: monitor.Match{Labels: map[string]string{"env": "test"}}, Change: func(r *monitor.Rule) { r.Severity, r.For = monitor.Info, time.Hour }},
		monitor.Override{Match: monitor.Match{Name: "tls.expiring"}, Change: func(r *monitor.Rule) { r.Bands[0].Severity = monitor.Critical }},
	)
	require.NoError(t, err)
	defaults := monitor.DefaultRules()
	of := func(name monitor.Name, subject string, labels map[string]string) monitor.Rule {
		return rules.For(monitor.Key{Name: name, Subject: subject}, labels)
	}
	assert.Equal(t, defaults[monitor.NodeFrozen], of(monitor.NodeFrozen, "n", nil))
	assert.Equal(t, time.Hour, of(monitor.TLSExpired, "a.example:443", nil).Remind)
	assert.False(t, of(monitor.TLSExpiring, "a.example:443", nil).Disabled)
	assert.True(t, of(monitor.TLSExpiring, "a.test:443", nil).Disabled)
	assert.Equal(t, monitor.Info, of(monitor.ProofMissing, "x", map[string]string{"env": "test"}).Severity)
	assert.Equal(t, time.Hour, of("custom.own", "x", map[string]string{"env": "test"}).For, "a name without a default, too")
	assert.Equal(t, monitor.Critical, of(monitor.TLSExpiring, "a", nil).Bands[0].Severity)
	assert.Equal(t, monitor.Info, monitor.DefaultRules()[monitor.TLSExpiring].Bands[0].Severity, "the defaults stay what they are")
	of(monitor.TLSExpiring, "a", nil).Bands[0].Severity = 0
	assert.Equal(t, monitor.Critical, of(monitor.TLSExpiring, "a", nil).Bands[0].Severity, "what was returned is the caller's")
}

func TestWrongRulesAreRefusedByName(t *testing.T) {
	for _, test := range []struct {
		want   string
		match  monitor.Match
		change func(*monitor.Rule)
	}{
		{"rule 1 for tls.*: tls.expired: for is below 0", monitor.Match{Name: "tls.*"}, func(r *monitor.Rule) { r.For = -1 }},
		{"rule 1 for custom.x: severity 9: want info, warning or critical", monitor.Match{Name: "custom.x"}, func(r *monitor.Rule) { r.Severity = 9 }},
		{"rule 1 for custom.x changes nothing", monitor.Match{Name: "custom.x"}, nil},
		{"is followed by a character", monitor.Match{Name: `\`}, func(*monitor.Rule) {}},
		{"band 2 at 5 does not come after band 1 at 7: bands go from the mildest to the worst", monitor.Match{Name: "custom.x"},
			func(r *monitor.Rule) { r.Bands = []monitor.Band{band("7", "", 0), band("5", "", 0)} }},
		{"band 1: it is entered at 7 and left only at 8, which is worse", monitor.Match{Name: "custom.x"},
			func(r *monitor.Rule) { r.Bands = []monitor.Band{band("7", "8", 0)} }},
		{"band 2 is left at 3, which is milder than 6 where band 1 is", monitor.Match{Name: "custom.x"},
			func(r *monitor.Rule) { r.Bands = []monitor.Band{band("7", "6", 0), band("9", "3", 0)} }},
		{"band 1: it is entered at 7 and left only at 6, which is worse", monitor.Match{Name: "custom.x"},
			func(r *monitor.Rule) { r.Below, r.Bands = true, []monitor.Band{band("7", "6", 0)} }},
		{"band 2 at 14 does not come after band 1 at 21", monitor.Match{Name: "tls.expiring"}, func(r *monitor.Rule) { r.Below = false }},
	} {
		_, err := monitor.NewRules(monitor.Override{Match: test.match, Change: test.change})
		assert.ErrorContains(t, err, test.want)
	}
}

func TestEveryNameHasARuleThatHolds(t *testing.T) {
	for name, rule := range monitor.DefaultRules() {
		require.NoError(t, rule.Validate(), name)
		assert.NotZero(t, rule.Severity, name)
		assert.Contains(t, string(name), ".")
	}
	for _, name := range namesInSource(t) {
		assert.Contains(t, monitor.DefaultRules(), name)
	}
	days := monitor.DefaultRules()[monitor.TLSExpiring]
	for reading, want := range map[string]monitor.Severity{"22": 0, "21": monitor.Info, "14": monitor.Warning, "7": monitor.Warning, "3": monitor.Critical, "0": monitor.Critical} {
		s, _ := days.Next(monitor.State{}, monitor.Result{Reading: decimal.NewNullDecimal(decimal.RequireFromString(reading))}, t0)
		assert.Equal(t, want, s.Alert.Severity, reading)
	}
}
