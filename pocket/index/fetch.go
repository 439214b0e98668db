package index

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// A reading is a block as read from a chain, with the events that were wanted and the states of suppliers that they do not tell.
type reading struct {
	block  pocket.Block
	events []pocket.Event
	seen   []sighting
}

// A sighting is a supplier after a block; nil when it was gone.
type sighting struct {
	operator pocket.Address
	supplier *pocket.Supplier
}

// fetch reads one block and what of it is wanted. It holds those events in memory, all others only pass through.
func fetch(ctx context.Context, chain Chain, block pocket.Block, l look) (reading, error) {
	if block.Txs == nil || block.Time.IsZero() {
		whole, err := chain.Block(ctx, block.Height)
		if err != nil {
			return reading{}, fmt.Errorf("block %d: %w", block.Height, err)
		}
		if block.Hash != "" && whole.Hash != block.Hash {
			return reading{}, fmt.Errorf("block %d has hash %s in its header and %s itself: %w", block.Height, block.Hash, whole.Hash, ErrConflict)
		}
		block = whole
	}
	r := reading{block: block}
	if l.nothing {
		return r, nil
	}
	for event, err := range chain.Events(ctx, block, l.selection) {
		if err != nil {
			return reading{}, fmt.Errorf("events of block %d: %w", block.Height, err)
		}
		r.events = append(r.events, event)
	}
	if l.blind {
		return r, nil
	}
	return r, r.see(ctx, chain, l)
}

// see asks for the suppliers that staked or changed their stake in a way that the events do not tell. A node that has
// dropped that state cannot be helped: the history then says that the stake is not known.
func (r *reading) see(ctx context.Context, chain Chain, l look) error {
	asked := map[pocket.Address]bool{}
	for _, event := range r.events {
		operator, wanted := unclear(event)
		if !wanted || asked[operator] || l.mentions != nil && !l.mentions[operator] {
			continue
		}
		asked[operator] = true
		s, err := chain.SupplierAt(ctx, operator, r.block.Height)
		switch {
		case err == nil:
			r.seen = append(r.seen, sighting{operator, &s})
		case errors.Is(err, pocket.ErrNotFound):
			r.seen = append(r.seen, sighting{operator, nil})
		case errors.Is(err, pocket.ErrPruned):
		default:
			return fmt.Errorf("supplier %s after block %d: %w", operator, r.block.Height, err)
		}
	}
	return nil
}

// unclear returns the supplier whose state e changes without telling it.
func unclear(e pocket.Event) (pocket.Address, bool) {
	switch e := e.(type) {
	case pocket.SupplierStake:
		return e.Supplier, e.Config == nil && !e.Supplier.IsZero()
	case pocket.ServiceActivation:
		return e.Supplier, !e.Supplier.IsZero()
	case pocket.Unbonding:
		return e.Supplier.Operator, e.Phase == pocket.UnbondingCanceled && !e.Supplier.Operator.IsZero()
	}
	return pocket.Address{}, false
}

// fetchAll reads blocks ahead, some at once, and yields them in the order of blocks. An error is yielded last. The loop may be left at
// any time.
func fetchAll(ctx context.Context, chain Chain, blocks iter.Seq[pocket.Block], l look, ahead int) iter.Seq2[reading, error] {
	return func(yield func(reading, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		type result struct {
			reading
			err error
		}
		queue := make(chan chan result, max(ahead-1, 0))
		wg.Go(func() {
			defer close(queue)
			for block := range blocks {
				done := make(chan result, 1)
				select {
				case queue <- done:
				case <-ctx.Done():
					return
				}
				wg.Go(func() {
					r, err := fetch(ctx, chain, block, l)
					done <- result{r, err}
				})
			}
		})
		for done := range queue {
			r := <-done
			if !yield(r.reading, r.err) || r.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(reading{}, err)
		}
	}
}

// putReading stores a reading.
func (w *writer) putReading(r reading) (int, error) {
	stored, err := w.putBlock(r.block, r.events)
	if err != nil {
		return 0, err
	}
	for _, s := range r.seen {
		if err := w.putSupplier(s.operator, s.supplier, int64(r.block.Height), micros(r.block.Time)); err != nil {
			return 0, err
		}
	}
	return stored, nil
}

// heights yields the blocks of a range with nothing but their heights.
func (r Range) heights() iter.Seq[pocket.Block] {
	return func(yield func(pocket.Block) bool) {
		for h := r.From; h <= r.To; h++ {
			if !yield(pocket.Block{Height: h}) {
				return
			}
		}
	}
}
