package morse

import (
	"context"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// SupplierAt returns a node as of after block h in pocket's words; 0 is now. Its owner is the output address, or itself when it has none; its
// services are its chains; its rev shares are its delegators and the owner. While it unstakes it has no services, and UnstakeSessionEnd is
// the block with which it began to, which is looked for. [pocket.ErrNotFound]: there was no such node then.
func (c *Client) SupplierAt(ctx context.Context, operator pocket.Address, h pocket.Height) (pocket.Supplier, error) {
	if h == 0 {
		var err error
		if h, err = c.committed(ctx); err != nil {
			return pocket.Supplier{}, err
		}
	}
	n, err := c.Node(ctx, operator, h)
	if err != nil {
		return pocket.Supplier{}, err
	}
	s := n.supplier()
	if n.Status == Unstaking {
		if s.UnstakeSessionEnd, err = c.unstakingSince(ctx, n, h); err != nil {
			return pocket.Supplier{}, fmt.Errorf("unstaking of %s: %w", operator, err)
		}
	}
	return s, nil
}

// unstakingSince returns the block after which a node that unstakes at h first did: it never ceases to.
func (c *Client) unstakingSince(ctx context.Context, n Node, h pocket.Height) (pocket.Height, error) {
	unstaking := func(at pocket.Height) (bool, error) {
		r, err := c.nodes.exactly(ctx, n.Address, at)
		return r != nil && r.Status == Unstaking && r.UnstakingTime.Equal(n.UnstakingTime), err
	}
	high, low := h, h
	for step := pocket.Height(1); ; step *= 2 {
		low = max(h-step, 0)
		if low == 0 {
			break
		}
		is, err := unstaking(low)
		if err != nil {
			return 0, err
		}
		if !is {
			break
		}
		high = low
	}
	for high-low > 1 { // it is at high, and is not at low
		middle := low + (high-low)/2
		is, err := unstaking(middle)
		if err != nil {
			return 0, err
		}
		if is {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}
