package index

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A ChainSource reads what a [Chain] did as a [rewards.Source] that keeps nothing: to compare another source with the chain itself
// ([rewards.Verify]). Every question reads each block of its span from the chain, so it suits hours and days, not years, and it knows no
// stays. It is safe for concurrent use if the chain is.
type ChainSource struct {
	chain Chain
	ahead int
}

var _ rewards.Source = (*ChainSource)(nil)

// NewChainSource returns a source of what chain did, that reads so many blocks at once; 0 is 4.
func NewChainSource(chain Chain, ahead int) *ChainSource {
	if ahead < 1 {
		ahead = 4
	}
	return &ChainSource{chain, ahead}
}

// Tip returns the chain's newest block.
func (s *ChainSource) Tip(ctx context.Context) (pocket.Block, error) {
	status, err := s.chain.Status(ctx)
	if err != nil {
		return pocket.Block{}, err
	}
	return s.chain.Block(ctx, status.Latest)
}

// Events yields the events that match q, of the blocks that the chain still has; where q's span begins before those it is [pocket.ErrPruned].
func (s *ChainSource) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		if err := s.yieldEvents(ctx, q, func(e pocket.Event) bool { return yield(e, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

func (s *ChainSource) yieldEvents(ctx context.Context, q pocket.EventQuery, yield func(pocket.Event) bool) error {
	if err := q.Check(); err != nil {
		return err
	}
	r, err := s.heights(ctx, q.Span)
	if err != nil || r.To < r.From {
		return err
	}
	blocks := r.heights()
	if q.Newest {
		blocks = r.backward()
	}
	found := 0
	for reading, err := range fetchAll(ctx, s.chain, blocks, look{selection: selectionFor(q), blind: true}, s.ahead) {
		if err != nil {
			return err
		}
		if q.Newest {
			slices.Reverse(reading.events)
		}
		for _, e := range reading.events {
			if !q.Match(e) {
				continue
			}
			if found++; !yield(e) || found == q.Limit {
				return nil
			}
		}
	}
	return nil
}

// selectionFor chooses no less than q does: an event that q's filter lets through mentions one of the addresses of each of its fields.
func selectionFor(q pocket.EventQuery) pocket.Selection {
	sel := pocket.Selection{Kinds: q.Kinds}
	for _, addresses := range [][]pocket.Address{q.Suppliers, q.Owners, q.Recipients, q.Applications} {
		if len(addresses) > 0 {
			sel.Mentions = addresses
			break
		}
	}
	return sel
}

func (r Range) backward() iter.Seq[pocket.Block] {
	return func(yield func(pocket.Block) bool) {
		for h := r.To; h >= r.From; h-- {
			if !yield(pocket.Block{Height: h}) {
				return
			}
		}
	}
}

// heights finds the blocks of a span, in some twenty looks.
func (s *ChainSource) heights(ctx context.Context, span pocket.Span) (Range, error) {
	status, err := s.chain.Status(ctx)
	if err != nil {
		return Range{}, err
	}
	all := Range{max(status.Earliest, 1), status.Latest}
	r := all
	if !span.From.IsZero() {
		if r.From, err = s.firstFrom(ctx, all, span.From); err != nil {
			return r, err
		}
		if r.From == all.From && all.From > 1 {
			return r, fmt.Errorf("blocks from %s on: the first that the chain's node has is %d: %w", span.From.Format(time.RFC3339), all.From, pocket.ErrPruned)
		}
	}
	if !span.To.IsZero() {
		end, err := s.firstFrom(ctx, all, span.To)
		if err != nil {
			return r, err
		}
		r.To = end - 1
	}
	return r, nil
}

// firstFrom returns the first height of r whose block is not before t; the one after r when all are before.
func (s *ChainSource) firstFrom(ctx context.Context, r Range, t time.Time) (pocket.Height, error) {
	var failed error
	low, high := r.From, r.To+1
	for low < high {
		middle := low + (high-low)/2
		block, err := s.chain.Block(ctx, middle)
		if err != nil {
			failed = fmt.Errorf("block %d: %w", middle, err)
			break
		}
		if block.Time.Before(t) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, failed
}

// summed are the kinds of events that sums are made of.
var summed = []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash}

// Sums aggregates the events that match q.
func (s *ChainSource) Sums(ctx context.Context, q rewards.Query) ([]rewards.Row, error) {
	events := pocket.EventQuery{Span: q.Span, Kinds: summed}
	if len(q.Suppliers) > 0 { // of other fields q may know more than an event tells
		events.Suppliers = q.Suppliers
	}
	return rewards.Aggregate(q, s.Events(ctx, events))
}

// Stays is [pocket.ErrNotIndexed]: a chain does not tell when suppliers were staked. An index does.
func (s *ChainSource) Stays(context.Context, []pocket.Address) ([]rewards.Stay, error) {
	return nil, fmt.Errorf("when suppliers were staked can be told by an index only: %w", pocket.ErrNotIndexed)
}
