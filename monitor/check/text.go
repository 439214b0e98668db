package check

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// Said is a text that somebody or something wrote at a moment, such as an error that a gateway met at a node.
type Said struct {
	ID         string // names the text for ever; "" lets all its fields do so
	At         time.Time
	Address    string // of the node
	Wallet     string
	ServiceURL string
	ChainID    string // the service's name
	Message    string
}

// A TextSource has texts.
type TextSource interface {
	// Texts yields those since a moment, that moment included, oldest first. One that comes in late may come late. An error is yielded last.
	Texts(ctx context.Context, since time.Time) iter.Seq2[Said, error]
}

// A TextRule tells of texts that match.
type TextRule struct {
	Name string // its results are called custom.NAME; small letters, digits, _ and -
	Find string // a regular expression as package regexp knows them, looked for anywhere in a message: "timeout of", "OUT OF SYNC"
	// NotifySingle is what to say of one text, NotifyMany of several that came since the last look. Fields: {address}, {wallet}, {service_url},
	// {message}, {chain_id} and {time}, all of the first; of one also {time_formatted}, of several {count}, {begintime_formatted} and
	// {endtime_formatted}. {{ and }} are braces.
	NotifySingle string
	NotifyMany   string           // "" is NotifySingle
	MaxAge       time.Duration    // older texts are not told of; 0 is a day
	Severity     monitor.Severity // 0 leaves it to the monitor's rule
}

// TextsConfig says how [Texts] look. Its zero value takes the defaults that the fields name.
type TextsConfig struct {
	Zone   *time.Location // of formatted times; nil is UTC
	Layout string         // of formatted times, as of package time; "" is 02/01/2006 15:04:05 -0700
	Late   time.Duration  // how late a text may come in and still be found; 0 is 10 minutes
	Clock  func() time.Time
	Chain  string // the chain's id, for labels
}

// Texts looks for texts by rules, as the first PoktBot did with the errors of nodes.
//
// Each rule has one result, called custom.NAME without a subject: an occurrence for what matched since the last look, be it one text or
// many. Facts: text (as its template has it), count, begin, end, and of the first match address, wallet, service_url, chain_id and message.
// What was seen is kept in a [Memory]; an occurrence is reported for a day, so that none is lost. At most 64 KiB of a message are
// looked at, in a time that grows with its length only.
type Texts struct {
	source TextSource
	rules  []textRule
	memory Memory
	config TextsConfig
	state  *textState
}

type textRule struct {
	TextRule
	find         *regexp.Regexp
	single, many textTemplate
}

// A textState is how far the texts were read, and what was found.
type textState struct {
	Newest time.Time            `json:"newest"` // of all that were seen
	Seen   map[string]time.Time `json:"seen"`   // those that may come again
	Found  []textFound          `json:"found"`  // oldest first
}

// textFound is what a look found by one rule.
type textFound struct {
	Rule  string    `json:"rule"`
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	First Said      `json:"first"`
	Begin time.Time `json:"begin"`
	End   time.Time `json:"end"`
	Count int64     `json:"count"`
}

const (
	longestMessage = 64 << 10
	mostFound      = 100    // that are reported again
	mostSeen       = 20_000 // that are known again when they come late
)

var ruleName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,49}$`)

// NewTexts returns a check of texts. The error names everything that is wrong with the rules.
func NewTexts(source TextSource, rules []TextRule, memory Memory, c TextsConfig) (*Texts, error) {
	c.Layout, c.Late, c.Clock = cmp.Or(c.Layout, "02/01/2006 15:04:05 -0700"), cmp.Or(c.Late, 10*time.Minute), clockOr(c.Clock)
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	t := &Texts{source: source, memory: memory, config: c}
	var errs []error
	names := map[string]bool{}
	for i, r := range rules {
		ready, err := r.prepare()
		if err == nil && names[r.Name] {
			err = fmt.Errorf("there is another of that name: %w", pocket.ErrInvalid)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("text rule %d (%s): %w", i+1, cleaned(r.Name, 50), err))
		}
		names[r.Name] = true
		t.rules = append(t.rules, ready)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

func (r TextRule) prepare() (textRule, error) {
	ready := textRule{TextRule: r}
	if !ruleName.MatchString(r.Name) {
		return ready, fmt.Errorf("name: want small letters, digits, _ and -, at most 50: %w", pocket.ErrInvalid)
	}
	var err error
	if ready.find, err = regexp.Compile(r.Find); err != nil || r.Find == "" {
		return ready, fmt.Errorf("find %q: want a regular expression, without looking ahead or behind (%v): %w", cleaned(r.Find, 100), err, pocket.ErrInvalid)
	}
	if r.NotifySingle == "" {
		return ready, fmt.Errorf("notify_single: want a text: %w", pocket.ErrInvalid)
	}
	if r.MaxAge < 0 {
		return ready, fmt.Errorf("max age %v: want 0 or more: %w", r.MaxAge, pocket.ErrInvalid)
	}
	ready.MaxAge = cmp.Or(r.MaxAge, 24*time.Hour)
	if ready.single, err = parseTemplate(r.NotifySingle, singleFields); err != nil {
		return ready, fmt.Errorf("notify_single: %w", err)
	}
	if r.NotifyMany == "" {
		ready.many = ready.single
		return ready, nil
	}
	if ready.many, err = parseTemplate(r.NotifyMany, manyFields); err != nil {
		return ready, fmt.Errorf("notify_many: %w", err)
	}
	return ready, nil
}

// id names a text for ever.
func (s Said) id() string {
	name := s.ID
	if name == "" {
		name = fmt.Sprintf("%q", []string{s.At.UTC().Format(time.RFC3339Nano), s.Address, s.Wallet, s.ServiceURL, s.ChainID, s.Message})
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// Look implements [monitor.Check]. It is not to be called again before it has returned.
func (t *Texts) Look(ctx context.Context) ([]monitor.Result, error) {
	if t.state == nil {
		state, _, err := recall[textState](ctx, t.memory, "texts")
		if err != nil {
			return nil, err
		}
		t.state = &state
	}
	now := t.config.Clock().UTC()
	next, err := t.read(ctx, now)
	if err != nil {
		return nil, err
	}
	if err := keep(ctx, t.memory, "texts", next); err != nil {
		return nil, err
	}
	t.state = next
	return t.results(now), nil
}

// since is from when on texts are asked for.
func (t *Texts) since(now time.Time) time.Time {
	oldest := now
	for _, r := range t.rules {
		oldest = minTime(oldest, now.Add(-r.MaxAge))
	}
	if t.state.Newest.IsZero() {
		return oldest
	}
	return maxTime(oldest, t.state.Newest.Add(-t.config.Late))
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// read reads the new texts and returns what is known then.
func (t *Texts) read(ctx context.Context, now time.Time) (*textState, error) {
	next := &textState{Newest: t.state.Newest, Seen: maps.Clone(t.state.Seen)}
	if next.Seen == nil {
		next.Seen = map[string]time.Time{}
	}
	found := make([]textFound, len(t.rules))
	for said, err := range t.source.Texts(ctx, t.since(now)) {
		if err != nil {
			return nil, fmt.Errorf("texts: %w", err)
		}
		id := said.id()
		if _, seen := next.Seen[id]; seen {
			continue
		}
		next.Seen[id] = said.At.UTC()
		if !said.At.After(now) { // a clock that is ahead must not end the reading
			next.Newest = maxTime(next.Newest, said.At.UTC())
		}
		for i, r := range t.rules {
			if now.Sub(said.At) <= r.MaxAge && r.find.MatchString(said.Message[:min(len(said.Message), longestMessage)]) {
				found[i].add(said, id)
			}
		}
	}
	next.forget(t.config.Late)
	for _, f := range t.state.Found {
		if now.Sub(f.At) < retold {
			next.Found = append(next.Found, f)
		}
	}
	for i, f := range found {
		if f.Count > 0 {
			f.Rule, f.At = t.rules[i].Name, now
			next.Found = append(next.Found, f)
		}
	}
	next.Found = next.Found[max(0, len(next.Found)-mostFound):]
	return next, nil
}

// add takes in a match.
func (f *textFound) add(s Said, id string) {
	if f.Count == 0 || s.At.Before(f.Begin) {
		s.Message = cleaned(s.Message, 500)
		s.Address, s.Wallet, s.ServiceURL, s.ChainID = cleaned(s.Address, 100), cleaned(s.Wallet, 100), cleaned(s.ServiceURL, 200), cleaned(s.ChainID, 50)
		s.At = s.At.UTC()
		f.First, f.Begin = s, s.At
	}
	f.End = maxTime(f.End, s.At.UTC())
	f.Count++
	sum := sha256.Sum256([]byte(f.ID + id))
	f.ID = hex.EncodeToString(sum[:8])
}

// forget drops the texts that will not come again: those that are older than what is asked for.
func (s *textState) forget(late time.Duration) {
	maps.DeleteFunc(s.Seen, func(_ string, at time.Time) bool { return at.Before(s.Newest.Add(-late)) })
	if len(s.Seen) <= mostSeen {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(s.Seen), func(a, b string) int { return cmp.Or(s.Seen[a].Compare(s.Seen[b]), cmp.Compare(a, b)) })
	for _, id := range oldest[:len(oldest)-mostSeen] {
		delete(s.Seen, id)
	}
}

// results are the occurrences of each rule, and a healthy result of one that found nothing lately.
func (t *Texts) results(now time.Time) []monitor.Result {
	var results []monitor.Result
	for _, rule := range t.rules {
		healthy := monitor.Result{
			Key: monitor.Key{Name: monitor.Custom + "." + monitor.Name(rule.Name)}, Health: monitor.Healthy, Labels: Labels{Chain: t.config.Chain}.Map(),
		}
		before := len(results)
		for _, f := range t.state.Found {
			if f.Rule == rule.Name {
				results = append(results, t.occurrence(healthy, rule, f))
			}
		}
		if len(results) == before {
			results = append(results, healthy)
		}
	}
	return results
}

func (t *Texts) occurrence(r monitor.Result, rule textRule, f textFound) monitor.Result {
	format := func(at time.Time) string { return at.In(t.config.Zone).Format(t.config.Layout) }
	values := map[string]string{
		"address": f.First.Address, "wallet": f.First.Wallet, "service_url": f.First.ServiceURL, "message": f.First.Message, "chain_id": f.First.ChainID,
		"time": f.First.At.Format(time.RFC3339),
	}
	filled := maps.Clone(values)
	filled["time_formatted"], filled["count"] = format(f.Begin), strconv.FormatInt(f.Count, 10)
	filled["begintime_formatted"], filled["endtime_formatted"] = format(f.Begin), format(f.End)
	text := rule.single.render(filled)
	if f.Count > 1 {
		text = rule.many.render(filled)
	}
	r.Health, r.Occurrence, r.At, r.Severity = monitor.Failing, f.ID, f.End, rule.Severity
	r.Facts = monitor.Facts{monitor.Text("text", text), monitor.Count("count", f.Count), monitor.Instant("begin", f.Begin), monitor.Instant("end", f.End)}
	for _, name := range []string{"address", "wallet", "service_url", "chain_id", "message"} {
		if values[name] != "" {
			r.Facts = append(r.Facts, monitor.Text(name, values[name]))
		}
	}
	return r
}
