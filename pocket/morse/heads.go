package morse

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Heads yields every block after the given height, each once, oldest first and without gaps, and goes on with new ones as the chain makes
// them until ctx ends. after = 0 starts with the newest block. A block comes once its state can be read. It looks for new ones as often as
// [WithPollInterval] says.
//
// Faults that may pass are logged and tried again, for as long as it takes. One that will not pass is yielded last: [pocket.ErrPruned],
// [pocket.ErrWrongChain], [pocket.ErrInvalid]. When ctx ends the sequence ends without an error.
func (c *Client) Heads(ctx context.Context, after pocket.Height) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		if after < 0 {
			yield(pocket.Block{}, fmt.Errorf("heads after %d: want a height of at least 0: %w", after, pocket.ErrInvalid))
			return
		}
		next, faults := after+1, 0
		if after == 0 {
			next = 0 // the newest, once it is known
		}
		for ctx.Err() == nil {
			err := c.heads(ctx, &next, &faults, yield)
			switch {
			case ctx.Err() != nil || errors.Is(err, errLeft):
				return
			case errors.Is(err, pocket.ErrPruned), errors.Is(err, pocket.ErrWrongChain), errors.Is(err, pocket.ErrInvalid):
				yield(pocket.Block{}, err)
				return
			case err != nil:
				faults++
				c.log.Warn("heads are waiting", "next", next, "faults", faults, "error", err)
			}
			c.pause(ctx, faults)
		}
	}
}

// errLeft says that a loop was left.
var errLeft = errors.New("the loop was left")

// heads yields the blocks from next up to the newest.
func (c *Client) heads(ctx context.Context, next *pocket.Height, faults *int, yield func(pocket.Block, error) bool) error {
	newest, err := c.committed(ctx)
	if err != nil {
		return err
	}
	if *next == 0 {
		*next = newest
	}
	for *next <= newest {
		block, err := c.Block(ctx, *next)
		if err != nil {
			return err
		}
		*next, *faults = block.Height+1, 0
		if !yield(block, nil) {
			return errLeft
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	*faults = 0
	return nil
}

// pause waits until it is time to look again.
func (c *Client) pause(ctx context.Context, faults int) {
	length := c.poll
	if faults > 0 {
		length = min(min(c.poll, 30*time.Second), time.Second<<min(faults-1, 5))
		length -= rand.N(length/2 + 1)
	}
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
