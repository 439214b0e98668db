package check

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A Source is where chain data comes from: a full node, an indexer, a local index. Its questions are those of clients and indexes, such as
// Block and Supplier of *shannon.Client.
type Source struct {
	Name string // the subject of its results
	Host string // for labels; may be ""

	// Tip returns its newest block. Wanted.
	Tip func(ctx context.Context) (pocket.Block, error)
	// Block returns the block at a height, at least its hash. nil where it cannot be asked.
	Block func(ctx context.Context, h pocket.Height) (pocket.Block, error)
	// Supplier returns a supplier as it is staked now. nil where it cannot be asked.
	Supplier func(ctx context.Context, operator pocket.Address) (pocket.Supplier, error)
}

// SourcesConfig says how [Sources] look. Its zero value takes the defaults that the fields name.
type SourcesConfig struct {
	Chain   string        // the chain's id, for labels
	Timeout time.Duration // for one question; 0 is 15 seconds
	MaxLag  int64         // how many blocks a source may be behind the others; 0 is 10
	Stakes  int           // how many suppliers' stakes are compared; 0 is 5, below 0 none. The choice changes each day
	Depth   int64         // how many blocks below the lowest tip hashes are compared; 0 is 2
	Clock   func() time.Time
}

// Sources compares the sources that rewards and alerts are made of, so that none is trusted alone. The first is taken for right where two
// differ and there is no majority: put the operator's own node there.
//
// Results, of each source: [monitor.SourceDegraded]: it answers with errors, or is blocks behind the others; and
// [monitor.SourceDisagree], whose part is "block": its block at a height is another than others have, or its tip is blocks ahead of all
// others, who agree; or "stake": it tells another stake of a supplier. Facts: source, reason, height, tip, lag, hash, others,
// operator, stake, other. What too few sources tell is unknown.
type Sources struct {
	sources   []Source
	operators Operators
	config    SourcesConfig
	agreed    map[pocket.Address]agreement // on stakes
}

// An agreement is what sources tell of a supplier's stake, and at which tip that was first told.
type agreement struct {
	stake string
	since pocket.Height
}

// NewSources returns a check that compares sources, and their word on the stakes of operators, which may be nil.
func NewSources(sources []Source, operators Operators, c SourcesConfig) (*Sources, error) {
	names := map[string]bool{}
	for _, s := range sources {
		if s.Name == "" || s.Tip == nil || names[s.Name] {
			return nil, fmt.Errorf("source %q: want a name of its own, and a way to ask for the tip: %w", s.Name, pocket.ErrInvalid)
		}
		names[s.Name] = true
	}
	c.Timeout, c.MaxLag, c.Stakes = cmp.Or(c.Timeout, 15*time.Second), cmp.Or(c.MaxLag, 10), cmp.Or(c.Stakes, 5)
	c.Depth, c.Clock = cmp.Or(c.Depth, 2), clockOr(c.Clock)
	if operators == nil {
		operators = Fixed()
	}
	return &Sources{sources: slices.Clone(sources), operators: operators, config: c, agreed: map[pocket.Address]agreement{}}, nil
}

// A word is what a source says to a question, or why it says nothing.
type word[T any] struct {
	value T
	err   error
}

// errNotAsked is why a source says nothing that it cannot be asked for.
var errNotAsked = errors.New("it cannot be asked for this")

// askEach asks all sources at once. Those for which question returns nil are not asked.
func askEach[T any](ctx context.Context, s *Sources, question func(Source) func(context.Context) (T, error)) []word[T] {
	words := make([]word[T], len(s.sources))
	for i := range words {
		words[i].err = errUnfinished
	}
	parallel(ctx, len(words), len(words), func(i int) {
		ask := question(s.sources[i])
		if ask == nil {
			words[i].err = errNotAsked
			return
		}
		words[i].value, words[i].err = asked(ctx, s.config.Timeout, ask)
	})
	return words
}

// Look implements [monitor.Check]. It is not to be called again before it has returned.
func (s *Sources) Look(ctx context.Context) ([]monitor.Result, error) {
	tips := askEach(ctx, s, func(one Source) func(context.Context) (pocket.Block, error) { return one.Tip })
	results := make([]monitor.Result, 0, 3*len(tips))
	for i := range tips {
		results = append(results, s.degraded(tips, i))
	}
	results = append(results, s.compareBlocks(ctx, tips)...)
	stakes, err := s.compareStakes(ctx, tips)
	if err != nil {
		return nil, err
	}
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	return append(results, stakes...), nil
}

func (s *Sources) result(i int, name monitor.Name, part string) monitor.Result {
	one := s.sources[i]
	return monitor.Result{
		Key: monitor.Key{Name: name, Subject: one.Name, Part: part}, Health: monitor.Healthy, Labels: Labels{Chain: s.config.Chain, Host: one.Host}.Map(),
	}
}

func failSource(r monitor.Result, facts ...monitor.Fact) monitor.Result {
	r.Health, r.Facts = monitor.Failing, append(monitor.Facts{monitor.Text("source", r.Subject)}, facts...)
	return r
}

func unknownSource(r monitor.Result, why string) monitor.Result {
	r.Health, r.Err = monitor.Unknown, fmt.Errorf("source %s: %s", r.Subject, why)
	return r
}

// others returns the tips of all but the i-th, highest first.
func others(tips []word[pocket.Block], i int) []pocket.Height {
	var list []pocket.Height
	for j, t := range tips {
		if j != i && t.err == nil {
			list = append(list, t.value.Height)
		}
	}
	slices.SortFunc(list, func(a, b pocket.Height) int { return cmp.Compare(b, a) })
	return list
}

// degraded says whether a source answers, and as freshly as the others.
func (s *Sources) degraded(tips []word[pocket.Block], i int) monitor.Result {
	r := s.result(i, monitor.SourceDegraded, "")
	if err := tips[i].err; err != nil {
		reason, verdict := faultOf(err)
		if verdict == blind && !errors.Is(err, pocket.ErrRateLimited) {
			return unknownSource(r, reason)
		}
		return failSource(r, monitor.Text("reason", reason))
	}
	list := others(tips, i)
	if len(list) == 0 {
		return r // nobody to be behind of
	}
	tip := list[min(1, len(list)-1)] // one that is wrong makes nobody late
	if lag := int64(tip - tips[i].value.Height); lag > s.config.MaxLag {
		return failSource(r, monitor.Text("reason", "it is behind others"), monitor.Height("height", tips[i].value.Height), monitor.Height("tip", tip), monitor.Count("lag", lag))
	}
	return r
}

// compareBlocks compares the hash of a block that all those have who answer and are not late.
func (s *Sources) compareBlocks(ctx context.Context, tips []word[pocket.Block]) []monitor.Result {
	at := pocket.Height(0)
	for i, t := range tips {
		late := t.err == nil && int64(front(tips)-t.value.Height) > s.config.MaxLag
		if t.err == nil && !late && s.sources[i].Block != nil && (at == 0 || t.value.Height < at) {
			at = t.value.Height
		}
	}
	at -= pocket.Height(s.config.Depth)
	blocks := askEach(ctx, s, func(one Source) func(context.Context) (pocket.Block, error) {
		if one.Block == nil || at < 1 {
			return nil
		}
		return func(ctx context.Context) (pocket.Block, error) { return one.Block(ctx, at) }
	})
	agreed, votes := majority(blocks, func(b pocket.Block) string { return strings.ToUpper(b.Hash) })
	var results []monitor.Result
	for i := range s.sources {
		r := s.result(i, monitor.SourceDisagree, "block")
		r.Causes = []monitor.Key{s.result(i, monitor.SourceDegraded, "").Key}
		switch b := blocks[i]; {
		case tips[i].err == nil && s.ahead(tips, i):
			r = failSource(r, monitor.Text("reason", "it is ahead of all others, who agree"), monitor.Height("height", tips[i].value.Height),
				monitor.Height("tip", others(tips, i)[0]))
		case errors.Is(b.err, errNotAsked), votes < 2 && b.err == nil:
			// there is nothing to compare
		case b.err != nil:
			reason, _ := faultOf(b.err)
			r = unknownSource(r, reason)
		case strings.ToUpper(b.value.Hash) != agreed:
			r = failSource(r, monitor.Text("reason", "its block is another than others have"), monitor.Height("height", at),
				monitor.Text("hash", cleaned(b.value.Hash, 80)), monitor.Text("others", cleaned(agreed, 80)))
		}
		results = append(results, r)
	}
	return results
}

// front is how far the chain is: the second of several tips, so that one that is wrong leads nobody astray.
func front(tips []word[pocket.Block]) pocket.Height {
	list := others(tips, -1)
	switch len(list) {
	case 0:
		return 0
	case 1, 2:
		return list[0]
	}
	return list[1]
}

// fresh keeps the words of sources that are at the front, all of them where there are only two.
func fresh[T any](words []word[T], tips []word[pocket.Block]) []word[T] {
	list := slices.Clone(words)
	if len(others(tips, -1)) < 3 {
		return list
	}
	for i := range list {
		if tips[i].err != nil || tips[i].value.Height < front(tips)-1 {
			list[i] = word[T]{err: errUnfinished}
		}
	}
	return list
}

// ahead reports whether a tip is beyond what at least two others agree on.
func (s *Sources) ahead(tips []word[pocket.Block], i int) bool {
	list := others(tips, i)
	return len(list) >= 2 && int64(list[0]-list[len(list)-1]) <= s.config.MaxLag && int64(tips[i].value.Height-list[0]) > s.config.MaxLag
}

// majority returns what most words say, the one that was said first where there is a tie, and how many words there are.
func majority[T any](words []word[T], text func(T) string) (agreed string, votes int) {
	count := map[string]int{}
	for _, w := range words {
		if w.err == nil {
			count[text(w.value)]++
			votes++
		}
	}
	for _, w := range words {
		if w.err == nil && count[text(w.value)] > count[agreed] {
			agreed = text(w.value)
		}
	}
	return agreed, votes
}

// compareStakes compares what sources tell of some suppliers. One that has not come to where the others first told a stake may tell the one
// before, which is no disagreement.
func (s *Sources) compareStakes(ctx context.Context, tips []word[pocket.Block]) ([]monitor.Result, error) {
	operators, err := s.operators(ctx)
	if err != nil {
		return nil, fmt.Errorf("watched suppliers: %w", err)
	}
	chosen := s.choose(operators)
	results := make([]monitor.Result, len(s.sources))
	for i := range results {
		results[i] = s.result(i, monitor.SourceDisagree, "stake")
		results[i].Causes = []monitor.Key{s.result(i, monitor.SourceDegraded, "").Key}
	}
	maps.DeleteFunc(s.agreed, func(operator pocket.Address, _ agreement) bool { return !slices.Contains(chosen, operator) })
	for _, operator := range chosen {
		stakes := askEach(ctx, s, func(one Source) func(context.Context) (pocket.Supplier, error) {
			if one.Supplier == nil {
				return nil
			}
			return func(ctx context.Context) (pocket.Supplier, error) { return one.Supplier(ctx, operator) }
		})
		for i := range stakes {
			if errors.Is(stakes[i].err, pocket.ErrNotFound) { // which is a word as well
				stakes[i] = word[pocket.Supplier]{}
			}
		}
		agreed, votes := majority(fresh(stakes, tips), stakeText)
		if s.agreed[operator].stake != agreed && votes > 0 {
			s.agreed[operator] = agreement{agreed, front(tips)}
		}
		for i, w := range stakes {
			r := &results[i]
			if w.err == nil && (tips[i].err != nil || tips[i].value.Height < s.agreed[operator].since) {
				continue
			}
			switch {
			case errors.Is(w.err, errNotAsked):
			case w.err != nil && r.Err == nil && r.Health != monitor.Failing:
				reason, _ := faultOf(w.err)
				*r = unknownSource(*r, "stake of "+operator.Short()+": "+reason)
			case w.err == nil && votes > 0 && stakeText(w.value) != agreed && r.Health != monitor.Failing:
				*r = failSource(*r, monitor.Text("reason", "it tells another stake than others"), monitor.Address("operator", operator),
					monitor.Text("stake", stakeText(w.value)), monitor.Text("others", agreed))
				r.Err = nil
			}
		}
	}
	return results, nil
}

func stakeText(s pocket.Supplier) string {
	if s.Operator.IsZero() {
		return "not staked"
	}
	return s.Stake.String()
}

// choose returns some of the operators, the same ones for a day, so that what was found is looked at again.
func (s *Sources) choose(operators []pocket.Address) []pocket.Address {
	if s.config.Stakes < 0 {
		return nil
	}
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], uint64(s.config.Clock().Unix()/86_400))
	lot := func(a pocket.Address) string {
		sum := sha256.Sum256(append(slices.Clone(seed[:]), a.String()...))
		return string(sum[:])
	}
	list := slices.Clone(operators)
	slices.SortFunc(list, func(a, b pocket.Address) int { return cmp.Compare(lot(a), lot(b)) })
	list = slices.Compact(list)
	return list[:min(s.config.Stakes, len(list))]
}
