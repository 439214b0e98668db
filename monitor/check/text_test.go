package check

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// sayings are a source of texts.
type sayings struct {
	mu    sync.Mutex
	list  []Said
	err   error
	since time.Time // of the last question
}

func (s *sayings) Texts(_ context.Context, since time.Time) iter.Seq2[Said, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = since
	said := slices.Clone(s.list)
	return func(yield func(Said, error) bool) {
		list := slices.SortedStableFunc(slices.Values(said), func(a, b Said) int { return a.At.Compare(b.At) })
		for _, said := range list {
			if !said.At.Before(since) && !yield(said, nil) {
				return
			}
		}
		if s.err != nil {
			yield(Said{}, s.err)
		}
	}
}

func (s *sayings) say(at time.Time, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, Said{At: at, Address: "abc", Wallet: "w1", ServiceURL: "https://relay.example:443", ChainID: "eth", Message: message})
}

var timeouts = TextRule{
	Name: "timeout", Find: `timeout of`,
	NotifySingle: "{{!}} {address} {wallet} {service_url} {message} {chain_id} {time} {time_formatted}",
	NotifyMany:   "{count} of {address}: {message} from {begintime_formatted} to {endtime_formatted}",
}

func TestTexts(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	type bench struct {
		*sayings
		now   time.Time
		check *Texts
	}
	start := func(t *testing.T, memory Memory, s *sayings, rules ...TextRule) *bench {
		b := &bench{sayings: s, now: testNow}
		check, err := NewTexts(s, rules, memory, TextsConfig{Zone: madrid, Clock: func() time.Time { return b.now }, Chain: "pocket"})
		require.NoError(t, err)
		b.check = check
		return b
	}
	look := func(t *testing.T, b *bench) []monitor.Result {
		t.Helper()
		results, err := b.check.Look(t.Context())
		require.NoError(t, err)
		return results
	}
	newest := func(results []monitor.Result) monitor.Result { return results[len(results)-1] }

	t.Run("one text is told by the template of one", func(t *testing.T) {
		b := start(t, NewMemory(), &sayings{}, timeouts)
		results := look(t, b)
		require.Len(t, results, 1)
		assert.Equal(t, monitor.Key{Name: "custom.timeout"}, results[0].Key)
		assert.Equal(t, monitor.Healthy, results[0].Health)
		assert.Equal(t, testNow.Add(-24*time.Hour), b.since, "the first look goes back as far as texts may be old")
		b.say(testNow.Add(-time.Hour), "a timeout of 10 s\nwas met")
		b.say(testNow.Add(-time.Hour), "all is well")
		b.say(testNow.Add(-25*time.Hour), "a timeout of long ago")
		r := newest(look(t, b))
		assert.NotEmpty(t, r.Occurrence)
		assert.Equal(t, "{!} abc w1 https://relay.example:443 a timeout of 10 s was met eth 2026-07-10T11:00:00Z 10/07/2026 13:00:00 +0200", fact(r, "text"))
		assert.Equal(t, "1", fact(r, "count"))
		assert.Equal(t, "abc", fact(r, "address"))
		assert.Equal(t, testNow.Add(-time.Hour), r.At)
		assert.Equal(t, r.Occurrence, newest(look(t, b)).Occurrence, "and by the same occurrence again")
	})
	t.Run("several are told at once by the template of many, the oldest first", func(t *testing.T) {
		b := start(t, NewMemory(), &sayings{}, timeouts)
		b.say(testNow.Add(-time.Minute), "timeout of 2")
		b.say(testNow.Add(-time.Hour), "timeout of 1")
		r := newest(look(t, b))
		assert.Equal(t, "2 of abc: timeout of 1 from 10/07/2026 13:00:00 +0200 to 10/07/2026 13:59:00 +0200", fact(r, "text"))
		b.now = testNow.Add(5 * time.Minute)
		b.say(b.now, "timeout of 3")
		results := look(t, b)
		require.Len(t, results, 2, "what was found before is reported still")
		assert.NotEqual(t, results[0].Occurrence, results[1].Occurrence)
		assert.Equal(t, "1", fact(results[1], "count"))
		b.now = b.now.Add(24 * time.Hour)
		results = look(t, b)
		require.Len(t, results, 1)
		assert.Empty(t, results[0].Occurrence)
	})
	t.Run("a text that comes late is found, and none twice, over restarts too", func(t *testing.T) {
		memory, s := NewMemory(), &sayings{}
		b := start(t, memory, s, timeouts)
		b.say(testNow, "timeout of 1")
		first := newest(look(t, b)).Occurrence
		b = start(t, memory, s, timeouts)
		b.now = testNow.Add(time.Minute)
		assert.Equal(t, first, newest(look(t, b)).Occurrence)
		b.say(testNow.Add(-9*time.Minute), "timeout of 2")
		b.say(testNow.Add(-11*time.Minute), "timeout of 3")
		r := newest(look(t, b))
		assert.Equal(t, "1", fact(r, "count"))
		assert.Equal(t, "timeout of 2", fact(r, "message"), "what comes later than ten minutes is not asked for any more")
		assert.Len(t, look(t, b), 2)
	})
	t.Run("a clock that is ahead does not end the reading", func(t *testing.T) {
		b := start(t, NewMemory(), &sayings{}, timeouts)
		b.say(testNow.Add(100*time.Hour), "timeout of the future")
		look(t, b)
		b.say(testNow, "timeout of now")
		assert.Equal(t, "timeout of now", fact(newest(look(t, b)), "message"))
	})
	t.Run("what could not be read is read the next time", func(t *testing.T) {
		b := start(t, NewMemory(), &sayings{}, timeouts)
		b.say(testNow, "timeout of 1")
		b.err = pocket.ErrUnavailable
		_, err := b.check.Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		b.err = nil
		assert.Equal(t, "1", fact(newest(look(t, b)), "count"))
	})
	t.Run("what a stranger wrote cannot be seen as anything else", func(t *testing.T) {
		rule := TextRule{Name: "any", Find: "x", NotifySingle: "{message}{address}", Severity: monitor.Critical}
		b := start(t, NewMemory(), &sayings{}, rule)
		b.list = append(b.list, Said{At: testNow, Message: "x{count}\u202e" + strings.Repeat("y", 1000), Address: "{wallet}\x00"})
		r := newest(look(t, b))
		assert.Equal(t, "x{count}"+strings.Repeat("y", 492)+"…{wallet}", fact(r, "text"))
		assert.Equal(t, monitor.Critical, r.Severity)
	})
	t.Run("many texts do not fill the memory", func(t *testing.T) {
		b := start(t, NewMemory(), &sayings{}, timeouts)
		for i := range mostSeen + 10 {
			b.say(testNow, fmt.Sprint("timeout of ", i))
		}
		assert.Equal(t, fmt.Sprint(mostSeen+10), fact(newest(look(t, b)), "count"))
		assert.Len(t, b.check.state.Seen, mostSeen)
	})
}

func TestTextRulesAreCheckedFromTheBeginning(t *testing.T) {
	for why, change := range map[string]func(*TextRule){
		"name: want small letters":                                func(r *TextRule) { r.Name = "Out of sync" },
		"find \"(\": want a regular expression":                   func(r *TextRule) { r.Find = "(" },
		"find \"\": want":                                         func(r *TextRule) { r.Find = "" },
		"without looking ahead":                                   func(r *TextRule) { r.Find = "(?=a)b" },
		"notify_single: want a text":                              func(r *TextRule) { r.NotifySingle = "" },
		"there is no field {node} here, only {address}, {wallet}": func(r *TextRule) { r.NotifySingle = "{node}" },
		"no field {count}":                                        func(r *TextRule) { r.NotifySingle = "{count}" },
		"no field {time_formatted}":                               func(r *TextRule) { r.NotifyMany = "{time_formatted}" },
		"no field {}":                                             func(r *TextRule) { r.NotifySingle = "{}" },
		"no field {time:%d}":                                      func(r *TextRule) { r.NotifySingle = "{time:%d}" },
		"a single '}'":                                            func(r *TextRule) { r.NotifySingle = "a } b" },
		"a single '{'":                                            func(r *TextRule) { r.NotifyMany = "a { b" },
		"max age -1ns":                                            func(r *TextRule) { r.MaxAge = -1 },
	} {
		rule := timeouts
		change(&rule)
		_, err := NewTexts(&sayings{}, []TextRule{rule}, NewMemory(), TextsConfig{})
		require.ErrorIs(t, err, pocket.ErrInvalid, why)
		assert.ErrorContains(t, err, why)
		assert.ErrorContains(t, err, "text rule 1")
	}
	_, err := NewTexts(&sayings{}, []TextRule{timeouts, timeouts, {}}, NewMemory(), TextsConfig{})
	assert.ErrorContains(t, err, "text rule 2 (timeout): there is another of that name")
	assert.ErrorContains(t, err, "text rule 3", "all that is wrong is told at once")
	single := TextRule{Name: "a", Find: "b", NotifySingle: "{time_formatted}"}
	_, err = NewTexts(&sayings{}, []TextRule{single}, NewMemory(), TextsConfig{})
	assert.NoError(t, err, "where there is none of many, that of one is used")
}

func TestTextsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sayings{}
		check, err := NewTexts(s, []TextRule{timeouts}, NewMemory(), TextsConfig{})
		require.NoError(t, err)
		b := monitortest.Start(t, monitor.Every("texts", check, time.Minute))
		b.Pass(5 * time.Minute)
		require.Empty(t, b.Lines())
		s.say(time.Now(), "timeout of 10 s")
		b.Pass(2 * time.Minute)
		told := b.Told()
		require.Len(t, told, 1)
		assert.Equal(t, monitor.Fired, told[0].Kind)
		text, _ := told[0].Alert.Facts.Get("text")
		assert.Contains(t, text.Value, "timeout of 10 s")
		s.say(time.Now(), "timeout of 20 s")
		b.Pass(2 * time.Minute)
		assert.Equal(t, []string{"changed warning custom.timeout"}, b.Lines())
		b.Pass(26 * time.Hour)
		passed(t, b)
	})
}

func FuzzTextRule(f *testing.F) {
	f.Add("timeout of", "{address} {message}", "{count}", "a timeout of 10 s")
	f.Add("(a+)+$", "{{}}", "{", strings.Repeat("a", 100)+"!")
	f.Add(`\p{L}{1,3}|^$`, "}", "{begintime_formatted}{{", "\xff\x00")
	f.Fuzz(func(t *testing.T, find, single, many, message string) {
		s := &sayings{}
		s.say(testNow, message)
		check, err := NewTexts(s, []TextRule{{Name: "fuzz", Find: find, NotifySingle: single, NotifyMany: many}}, NewMemory(), TextsConfig{
			Clock: func() time.Time { return testNow },
		})
		if err != nil {
			require.ErrorIs(t, err, pocket.ErrInvalid)
			return
		}
		results, err := check.Look(t.Context())
		require.NoError(t, err)
		require.Equal(t, regexp.MustCompile(find).MatchString(message), results[0].Occurrence != "")
		if results[0].Occurrence != "" && !strings.ContainsAny(single, "{}") {
			require.Equal(t, single, fact(results[0], "text"))
		}
	})
}
