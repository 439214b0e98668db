package poktscan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

var firstSettledQuery = load("first_settled")

// Stays returns when suppliers were staked, by supplier and time; of all there ever were when none are named.
//
// A stay begins with a stake message, or with the first claim that settled if that was before: suppliers that came from Morse were staked
// without one. It ends with the session in which the supplier, or its owner, asked to leave, up to which it serves; to stake again before
// resumes the stay, and after begins another. Being slashed below the minimum ends nothing. What is still to come is reckoned by the time
// that blocks took lately. It takes four small questions a supplier.
func (c *Client) Stays(ctx context.Context, suppliers []pocket.Address) ([]rewards.Stay, error) {
	if err := needAll(suppliers, "suppliers"); err != nil {
		return nil, err
	}
	tip, err := c.Tip(ctx)
	if err != nil {
		return nil, err
	}
	if len(suppliers) == 0 {
		if suppliers, err = c.operators(ctx, nil, tip.Height); err != nil {
			return nil, err
		}
	}
	suppliers = unique(slices.Clone(suppliers))
	lives := make([][]rewards.Stay, len(suppliers))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(c.inFlight)
	for i, supplier := range suppliers {
		group.Go(func() (err error) {
			lives[i], err = c.staysOf(inner, supplier, tip)
			if err != nil {
				return fmt.Errorf("stays of %s: %w", supplier, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(lives...), nil
}

// A turn is something that happened to a supplier's stake.
type turn struct {
	height     pocket.Height
	at         time.Time
	kind       pocket.Kind
	forced     bool
	sessionEnd pocket.Height
}

func (c *Client) staysOf(ctx context.Context, supplier pocket.Address, tip pocket.Block) ([]rewards.Stay, error) {
	kinds := []pocket.Kind{pocket.KindSupplierStake, pocket.KindUnbondingBegin, pocket.KindUnbondingEnd}
	s := scope{subjects: subjects{suppliers: []pocket.Address{supplier}}}
	var turns []turn
	for _, t := range tables {
		if !slices.Contains(kinds, t.kind) {
			continue
		}
		filter, _ := s.filter(t)
		rows, err := t.fetch(ctx, c.past(), t.query, between(filter, 1, tip.Height), need{upTo: tip.Height})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			next := turn{height: r.block.Height, at: r.block.Time, kind: t.kind}
			if u, ok := r.event.(pocket.Unbonding); ok {
				next.forced, next.sessionEnd = u.Forced, u.SessionEnd
			}
			turns = append(turns, next)
		}
	}
	first, err := c.firstSettled(ctx, supplier, tip.Height)
	if err != nil {
		return nil, err
	}
	if first.height > 0 {
		turns = append(turns, first)
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(a.height, b.height) })
	return c.live(ctx, supplier, turns, tip)
}

// firstSettled returns when a claim of a supplier first settled, as a turn of kind settlement; a zero height when none has.
func (c *Client) firstSettled(ctx context.Context, supplier pocket.Address, upTo pocket.Height) (turn, error) {
	data, _, err := ask[list[inBlock]](ctx, c, firstSettledQuery, map[string]any{"supplier": supplier}, need{upTo: upTo})
	if err != nil || data.List == nil || len(data.List.Nodes) == 0 {
		return turn{}, err
	}
	f := fields{names: c.names}
	at := data.List.Nodes[0].at(&f)
	if f.err != nil {
		return turn{}, malformed(firstSettledQuery, f.err)
	}
	return turn{height: at.Height, at: at.Time, kind: pocket.KindSettlement}, nil
}

// live makes stays of what happened, in order.
func (c *Client) live(ctx context.Context, supplier pocket.Address, turns []turn, tip pocket.Block) ([]rewards.Stay, error) {
	var stays []rewards.Stay
	left := true // it is not there, or has left for good
	begin := func(at time.Time) {
		n := len(stays)
		if n > 0 && (stays[n-1].To.IsZero() || !at.After(stays[n-1].To)) {
			stays[n-1].To = time.Time{} // it is still there
		} else {
			stays = append(stays, rewards.Stay{Supplier: supplier, From: at})
		}
		left = false
	}
	end := func(at time.Time) {
		if n := len(stays); n > 0 && stays[n-1].To.IsZero() {
			stays[n-1].To = at
		}
	}
	for _, t := range turns {
		switch {
		case t.kind == pocket.KindSupplierStake:
			begin(t.at)
		case left && len(stays) == 0: // it was staked before, nobody knows since when
			begin(t.at)
		}
		switch {
		case t.kind == pocket.KindUnbondingBegin && !t.forced:
			at, err := c.timeOf(ctx, t.sessionEnd, tip)
			if err != nil {
				return nil, err
			}
			end(at)
		case t.kind == pocket.KindUnbondingEnd:
			end(t.at)
			left = true
		}
	}
	return slices.DeleteFunc(stays, func(s rewards.Stay) bool { return !s.To.IsZero() && !s.To.After(s.From) }), nil
}

// sample is over how many blocks the time that one takes is measured.
const sample = 1000

// timeOf returns when the block at h was, or will be at the pace of late.
func (c *Client) timeOf(ctx context.Context, h pocket.Height, tip pocket.Block) (time.Time, error) {
	if h <= tip.Height {
		b, err := c.Block(ctx, max(1, h))
		return b.Time, err
	}
	before, err := c.Block(ctx, max(1, tip.Height-sample))
	if err != nil {
		return time.Time{}, err
	}
	if before.Height == tip.Height {
		return tip.Time, nil
	}
	pace := tip.Time.Sub(before.Time) / time.Duration(tip.Height-before.Height)
	return tip.Time.Add(pace * time.Duration(h-tip.Height)), nil
}
