package rewards

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// Memory is a [Source] of events and stays that it is given: for tests, examples and what fits in memory. It is safe for concurrent use.
type Memory struct {
	events []pocket.Event // oldest first
	stays  []Stay
}

// NewMemory returns a source of copies of events and stays, in any order.
func NewMemory(events []pocket.Event, stays []Stay) *Memory {
	m := &Memory{slices.Clone(events), slices.Clone(stays)}
	slices.SortStableFunc(m.events, func(a, b pocket.Event) int {
		x, y := a.Where(), b.Where()
		return cmp.Or(cmp.Compare(x.Height, y.Height), cmp.Compare(x.Index, y.Index))
	})
	slices.SortStableFunc(m.stays, func(a, b Stay) int {
		return cmp.Or(a.Supplier.Compare(b.Supplier), a.From.Compare(b.From))
	})
	return m
}

// Events yields the events that match q.
func (m *Memory) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		if err := cmp.Or(q.Check(), ctx.Err()); err != nil {
			yield(nil, err)
			return
		}
		events, found := slices.All(m.events), 0
		if q.Newest {
			events = slices.Backward(m.events)
		}
		for _, event := range events {
			if !q.Match(event) {
				continue
			}
			if found++; !yield(event, nil) || found == q.Limit {
				return
			}
		}
	}
}

// Sums aggregates the events that match q.
func (m *Memory) Sums(ctx context.Context, q Query) ([]Row, error) {
	return Aggregate(q, m.Events(ctx, pocket.EventQuery{}))
}

// Stays returns the stays of suppliers, of all when none are named.
func (m *Memory) Stays(ctx context.Context, suppliers []pocket.Address) ([]Stay, error) {
	wanted := newSet(suppliers)
	return slices.DeleteFunc(slices.Clone(m.stays), func(s Stay) bool { return !wanted.allows(s.Supplier) }), ctx.Err()
}
