package morse

import (
	"context"
	"errors"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// State changes seldom, and asking for it of every block would take longer than the blocks. So it is asked for at both ends of a cell of
// blocks: where both say the same, and no transaction in between may have changed it there and back, it was the same all along. Any other
// cell is halved, up to the height itself.

// cellBlocks is how long a cell is: about a day on mainnet.
const cellBlocks = 96

// cell returns the ends of the cell of a size that h lies in, as far as the nodes have kept and made it.
func (c *Client) cell(ctx context.Context, h, size pocket.Height) (low, high pocket.Height, err error) {
	head, err := c.known(ctx)
	if err != nil {
		return 0, 0, err
	}
	c.mu.Lock()
	earliest := c.earliest
	c.mu.Unlock()
	low, high = h-h%size, h-h%size+size
	if h < earliest {
		return 0, 0, &pocket.APIError{Reason: pocket.ErrPruned, Call: "state", Message: fmt.Sprintf("height %d", h), Lowest: earliest}
	}
	// The newest block is left out, for its transactions may not be indexed yet.
	return min(max(low, earliest, 1), h), max(min(high, head-1), h), nil
}

// within calls read with the ends of the cell that h lies in. When the lower end turns out to be pruned away it looks for the first height
// that is not, and calls once more.
func (c *Client) within(ctx context.Context, h, size pocket.Height, read func(low, high pocket.Height) error) error {
	low, high, err := c.cell(ctx, h, size)
	if err != nil {
		return err
	}
	if err = read(low, high); !errors.Is(err, pocket.ErrPruned) || low == h {
		return err
	}
	head, err := c.known(ctx)
	if err != nil {
		return err
	}
	if _, err := c.first(ctx, max(head, h)); err != nil {
		return err
	}
	if low, high, err = c.cell(ctx, h, size); err != nil {
		return err
	}
	return read(low, high)
}

// steady returns what at says of h, asking for as few heights between low and high as it can. quiet tells whether nothing can have changed
// what it is told between two heights and back again.
func steady[V any](h, low, high pocket.Height, at func(pocket.Height) (V, error), same func(V, V) bool,
	quiet func(first V, low, high pocket.Height) (bool, error),
) (V, error) {
	var none V
	if h == low || h == high {
		return at(h)
	}
	first, err := at(low)
	if err != nil {
		return none, err
	}
	last, err := at(high)
	if err != nil {
		return none, err
	}
	for h != low && h != high {
		if same(first, last) {
			unchanged, err := quiet(first, low, high)
			if err != nil {
				return none, err
			}
			if unchanged {
				return first, nil
			}
		}
		middle := low + (high-low)/2
		between, err := at(middle)
		if err != nil {
			return none, err
		}
		if h <= middle {
			high, last = middle, between
		} else {
			low, first = middle, between
		}
	}
	if h == low {
		return first, nil
	}
	return last, nil
}
