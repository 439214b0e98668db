package poktscan

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

var _ rewards.Source = (*Client)(nil)

// Events yields the events that match q, in the query's order, up to the tip: see [Client.Tip]. Of the kinds that [Kinds] does not name there
// are none; to ask for such a one by name is [pocket.ErrNotIndexed]. As everywhere an event that does not tell what the filter asks for,
// such as the owner of a slash, does not match. Of At.Index see [Client.Told]. An error is yielded last, with a nil event.
func (c *Client) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		err := q.Check()
		if err == nil {
			err = checkKinds(q.Kinds)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		kinds := setOf(q.Kinds, true)
		if len(kinds) == 0 {
			kinds = setOf(knownKinds, false)
		}
		found := 0
		for event, err := range c.events(ctx, q.Span, scopesOf(q.Filter, nil), kinds, q.Newest) {
			switch {
			case err != nil:
				yield(nil, err)
				return
			case !q.Match(event):
			case !yield(event, nil):
				return
			default:
				if found++; found == q.Limit {
					return
				}
			}
		}
	}
}

func (c *Client) events(ctx context.Context, span pocket.Span, scopes []scope, kinds map[pocket.Kind]bool, newest bool) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		from, to, err := c.heights(ctx, span)
		if err != nil {
			yield(nil, err)
			return
		}
		for rows, err := range c.blocks(ctx, scopes, kinds, from, to, newest) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if !yield(rows[i].event, nil) {
					return
				}
			}
		}
	}
}

// Settlements yields the settlements that match q, whose Kinds are not looked at, as [Client.Events] does. An error is yielded last, with a
// zero Settlement.
func (c *Client) Settlements(ctx context.Context, q pocket.SettlementQuery) iter.Seq2[pocket.Settlement, error] {
	return func(yield func(pocket.Settlement, error) bool) {
		q.Kinds = []pocket.Kind{pocket.KindSettlement}
		for event, err := range c.Events(ctx, q) {
			s, _ := event.(pocket.Settlement)
			if !yield(s, err) {
				return
			}
		}
	}
}

// summed are the kinds of events that sums are made of, but for discarded claims.
var summed = []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash}

// Sums returns what [rewards.Aggregate] makes of the events, which it reads up to the tip: see [Client.Tip]. Discarded claims are not among
// them. A span that is years long of many suppliers takes a while; an index answers at once.
func (c *Client) Sums(ctx context.Context, q rewards.Query) ([]rewards.Row, error) {
	adder, err := rewards.NewAdder(q)
	if err != nil {
		return nil, err
	}
	var owned []pocket.Address
	for supplier, owner := range q.OwnerOf {
		if slices.Contains(q.Owners, owner) {
			owned = append(owned, supplier)
		}
	}
	for event, err := range c.events(ctx, q.Span, scopesOf(q.Filter, owned), setOf(summed, true), false) {
		if err == nil {
			err = adder.Add(event)
		}
		if err != nil {
			return nil, fmt.Errorf("sums: %w", err)
		}
	}
	return adder.Rows()
}
