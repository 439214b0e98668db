package morse

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// Search yields the blocks from a height to another, both inclusive, in which an address is mentioned, oldest first, with nothing but their
// heights: those with a transaction that it signed or by which it received coins, those whose proofs pay it, those in which a claim of it
// expires, and those in which its stake, or that of a node that pays it, changes or comes back. It is found in the transactions of the
// accounts concerned, so that no other block need be read.
//
// What an address did not sign and is not paid for is not found: claims and proofs that concern it as an application, and a stake that was
// changed and changed back within a day or so. A wallet's nodes are those that pay it at the ends of every ten days or so, and those whose
// stake it signed. An error is yielded last.
func (c *Client) Search(ctx context.Context, about pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		heights, err := c.search(ctx, about, from, to)
		if err != nil {
			yield(pocket.Block{}, fmt.Errorf("search for %s: %w", about, err))
			return
		}
		for _, h := range heights {
			if !yield(pocket.Block{Height: h}, nil) {
				return
			}
		}
	}
}

// A finder gathers the heights of a search.
type finder struct {
	c        *Client
	ctx      context.Context // of the one call that it serves
	from, to pocket.Height
	found    map[pocket.Height]bool
}

func (f *finder) add(h pocket.Height) {
	if f.from <= h && h <= f.to {
		f.found[h] = true
	}
}

func (c *Client) search(ctx context.Context, about pocket.Address, from, to pocket.Height) ([]pocket.Height, error) {
	if from < 1 || to < from {
		return nil, fmt.Errorf("heights from %d to %d: want two heights from 1 on, the lower one first: %w", from, to, pocket.ErrInvalid)
	}
	if about.Kind() != pocket.MorseAddress {
		return nil, nil // nothing on this chain mentions it
	}
	if err := c.reached(ctx, to); err != nil {
		return nil, err
	}
	f := &finder{c: c, ctx: ctx, from: from, to: to, found: map[pocket.Height]bool{}}
	if err := f.signed(about); err != nil {
		return nil, err
	}
	if err := f.received(about); err != nil {
		return nil, err
	}
	if err := f.changed(about); err != nil {
		return nil, err
	}
	paying, err := c.nodes.payers(ctx, []pocket.Address{about}, from, to)
	if err != nil {
		return nil, err
	}
	for _, node := range sortedKeys(paying) {
		if err := f.paid(node); err != nil {
			return nil, err
		}
		if err := f.changed(node); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(f.found)), nil
}

// signed finds what an address signed, and when those of its claims that it did not prove expire.
func (f *finder) signed(a pocket.Address) error {
	since, err := f.oldestClaim()
	if err != nil {
		return err
	}
	open := map[ClaimKey]madeClaim{}
	for tx, err := range f.c.AccountTxs(f.ctx, TxQuery{Account: a, From: since}) {
		if err != nil {
			return err
		}
		if tx.Height > f.to {
			break
		}
		f.add(tx.Height)
		open = tx.settle(open, tx.Height)
	}
	for _, m := range open {
		params, err := f.c.params.at(f.ctx, m.SessionHeight)
		if errors.Is(err, pocket.ErrPruned) {
			params, err = f.c.params.at(f.ctx, f.from)
		}
		if err != nil {
			return err
		}
		f.add(m.height + pocket.Height(params.pocket.ClaimExpiration*params.nodes.BlocksPerSession))
	}
	return nil
}

// oldestClaim returns from where on claims are looked at, so that none is missed that expires within the span.
func (f *finder) oldestClaim() (pocket.Height, error) {
	params, err := f.c.params.at(f.ctx, f.from)
	if err != nil {
		return 0, err
	}
	age := pocket.Height(params.pocket.ClaimExpiration * params.nodes.BlocksPerSession)
	old, err := f.c.params.at(f.ctx, max(1, f.from-age-2*cellBlocks))
	switch {
	case err == nil:
		age = max(age, pocket.Height(old.pocket.ClaimExpiration*old.nodes.BlocksPerSession))
	case !errors.Is(err, pocket.ErrPruned):
		return 0, err
	}
	return max(1, f.from-age), nil
}

// received finds where an address got coins by a Send.
func (f *finder) received(a pocket.Address) error {
	for tx, err := range f.c.AccountTxs(f.ctx, TxQuery{Account: a, Received: true, From: f.from}) {
		if err != nil {
			return err
		}
		if tx.Height > f.to {
			return nil
		}
		f.add(tx.Height)
	}
	return nil
}

// paid finds the proofs of a node, and its stakes.
func (f *finder) paid(node pocket.Address) error {
	for tx, err := range f.c.AccountTxs(f.ctx, TxQuery{Account: node, From: f.from}) {
		if err != nil {
			return err
		}
		if tx.Height > f.to {
			return nil
		}
		switch tx.Message.(type) {
		case ProveWork, Stake, BeginUnstake, Unjail, nil:
			f.add(tx.Height)
		}
	}
	return nil
}

// changed finds the blocks after which a node's record was another than before: cell by cell, and in those whose ends differ half by half.
func (f *finder) changed(node pocket.Address) error {
	low := max(1, f.from-1)
	before, err := f.c.nodes.exactly(f.ctx, node, low)
	if errors.Is(err, pocket.ErrPruned) && low < f.from {
		low = f.from
		before, err = f.c.nodes.exactly(f.ctx, node, low)
	}
	if err != nil {
		return err
	}
	for low < f.to {
		high := min(low-low%cellBlocks+cellBlocks, f.to)
		after, err := f.c.nodes.exactly(f.ctx, node, high)
		if err != nil {
			return err
		}
		if err := f.halve(node, low, before, high, after); err != nil {
			return err
		}
		low, before = high, after
	}
	return nil
}

func (f *finder) halve(node pocket.Address, low pocket.Height, before *Node, high pocket.Height, after *Node) error {
	if before.same(after) {
		return nil
	}
	if high-low == 1 {
		f.add(high)
		return nil
	}
	middle := low + (high-low)/2
	between, err := f.c.nodes.exactly(f.ctx, node, middle)
	if err != nil {
		return err
	}
	if err := f.halve(node, low, before, middle, between); err != nil {
		return err
	}
	return f.halve(node, middle, between, high, after)
}
