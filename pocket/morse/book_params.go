package morse

import (
	"context"
	"fmt"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// chainParams are the parameters as of after a block.
type chainParams struct {
	nodes    NodeParams
	pocket   PocketParams
	fees     Fees
	features Features

	once    sync.Once
	formula *Formula
	err     error
}

// reward returns the formula of p.
func (p *chainParams) reward() (*Formula, error) {
	p.once.Do(func() { p.formula, p.err = NewFormula(p.nodes.Reward(p.features, p.fees)) })
	return p.formula, p.err
}

func (p *chainParams) same(q *chainParams) bool {
	return p.features == q.features && p.nodes.same(q.nodes) && p.pocket.same(q.pocket) && p.fees.same(q.fees)
}

// changed returns p after changes of parameters; p itself when there are none.
func (p *chainParams) changed(changes []ChangeParam) (*chainParams, error) {
	if len(changes) == 0 {
		return p, nil
	}
	q := &chainParams{nodes: p.nodes, pocket: p.pocket, fees: p.fees, features: p.features}
	for _, m := range changes {
		if err := q.nodes.change(&q.fees, m); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// sessionOf returns the session that begins at start.
func (p *chainParams) sessionOf(start pocket.Height) pocket.Session {
	b := p.nodes.BlocksPerSession
	return pocket.Session{Number: 1 + int64(start-1)/b, Start: start, End: start + pocket.Height(b) - 1}
}

// A paramBook knows the parameters of the past.
type paramBook struct {
	c      *Client
	points *cache[pocket.Height, *chainParams]

	mu    sync.Mutex
	owner pocket.Address
}

func (b *paramBook) init(c *Client) {
	b.c, b.points = c, newCache[pocket.Height, *chainParams](512)
}

// at returns the parameters as of after block h.
func (b *paramBook) at(ctx context.Context, h pocket.Height) (p *chainParams, err error) {
	err = b.c.within(ctx, h, cellBlocks, func(low, high pocket.Height) (err error) {
		p, err = steady(h, low, high, func(h pocket.Height) (*chainParams, error) { return b.point(ctx, h) }, (*chainParams).same,
			func(_ *chainParams, low, high pocket.Height) (bool, error) { return b.quiet(ctx, low, high) })
		return err
	})
	return p, err
}

// quiet reports whether nobody governed between two heights.
func (b *paramBook) quiet(ctx context.Context, low, high pocket.Height) (bool, error) {
	b.mu.Lock()
	owner := b.owner
	b.mu.Unlock()
	if owner.IsZero() {
		var err error
		if owner, err = b.c.DAOOwner(ctx); err != nil {
			return false, err
		}
		b.mu.Lock()
		b.owner = owner
		b.mu.Unlock()
	}
	txs, err := b.c.accounts.between(ctx, owner, low+1, high)
	for _, tx := range txs {
		switch tx.Message.(type) {
		case ChangeParam, ChangeUpgrade:
			return false, err
		}
	}
	return true, err
}

// point asks for the parameters as of after block h.
func (b *paramBook) point(ctx context.Context, h pocket.Height) (*chainParams, error) {
	return b.points.get(ctx, h, func() (*chainParams, error) {
		var p chainParams
		var err error
		if p.nodes, err = b.c.NodeParams(ctx, h); err != nil {
			return nil, of(err, "parameters at", h)
		}
		if p.pocket, err = b.c.PocketParams(ctx, h); err != nil {
			return nil, of(err, "parameters at", h)
		}
		if p.fees, err = b.c.Fees(ctx, h); err != nil {
			return nil, of(err, "fees at", h)
		}
		upgrade, err := b.c.Upgrade(ctx, h)
		if err != nil {
			return nil, of(err, "upgrade at", h)
		}
		p.features = upgrade.Rewards()
		p.features.OutputPaidUntil, p.features.OutputPaidFrom = b.c.outputPaidUntil, b.c.outputPaidFrom
		return &p, nil
	})
}

// running returns the parameters that the transactions of block h begin with: those after the block before. What a feature brings that
// becomes active with h is there only after it.
func (b *paramBook) running(ctx context.Context, h pocket.Height) (*chainParams, error) {
	before, err := b.at(ctx, max(h-1, 1))
	if err != nil {
		return nil, err
	}
	if active(before.features.StakeWeight, h) && before.nodes.StakeFloor == 0 {
		return b.at(ctx, h)
	}
	return before, nil
}

// SharedParams returns the parameters that were in force at height h in pocket's words. Sessions and the windows of claims are Morse's own;
// a claim is paid with its proof, which may come any time until ProofClose, reckoned for a claim that was made as soon as it could be. How
// long unbonding takes is a time on Morse ([NodeParams.UnstakingTime]) and no number of sessions: SupplierUnbonding is 0.
func (c *Client) SharedParams(ctx context.Context, h pocket.Height) (pocket.SharedParams, error) {
	if h < 1 {
		return pocket.SharedParams{}, fmt.Errorf("parameters at height %d: heights count from 1: %w", h, pocket.ErrInvalid)
	}
	p, err := c.params.at(ctx, h)
	if err != nil {
		return pocket.SharedParams{}, err
	}
	blocks := p.nodes.BlocksPerSession
	open := (p.pocket.ClaimSubmissionWindow - 1) * blocks
	return pocket.SharedParams{
		BlocksPerSession: blocks, ClaimCloseOffset: open, ProofOpenOffset: 1, ProofCloseOffset: p.pocket.ClaimExpiration*blocks - open - 2,
	}, nil
}
