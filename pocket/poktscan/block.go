package poktscan

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

var (
	blockQuery     = load("block")
	latestQuery    = load("latest_block")
	blockFromQuery = load("block_from")
)

func wireHeight(h pocket.Height) string { return strconv.FormatInt(int64(h), 10) }

func (c *Client) block(w *wireBlock) (pocket.Block, error) {
	if w.ID < 1 || w.Timestamp.IsZero() {
		return pocket.Block{}, fmt.Errorf("block %d without its height or time", w.ID)
	}
	return pocket.Block{
		Height: pocket.Height(w.ID), Time: w.Timestamp.Time, Hash: w.Hash, ChainID: c.ChainID(), Proposer: w.Proposer,
	}, nil
}

// Block returns the header of the block at height h. Its time is cut to the millisecond, which is what the service keeps.
// [pocket.ErrFutureHeight] means that the indexer is not there yet.
func (c *Client) Block(ctx context.Context, h pocket.Height) (pocket.Block, error) {
	if h < 1 {
		return pocket.Block{}, fmt.Errorf("block %d: want a height from 1 on: %w", h, pocket.ErrInvalid)
	}
	data, _, err := ask[struct {
		header
		Block *wireBlock `json:"block"`
	}](ctx, c, blockQuery, map[string]any{"height": wireHeight(h)}, need{upTo: h})
	if err != nil {
		return pocket.Block{}, fmt.Errorf("block %d: %w", h, err)
	}
	if data.Block == nil {
		return pocket.Block{}, fmt.Errorf("block %d: %w", h, malformed(blockQuery, errors.New("a block that is indexed is null")))
	}
	b, err := c.block(data.Block)
	if err == nil && b.Height != h {
		err = fmt.Errorf("asked for block %d, got %d", h, b.Height)
	}
	if err != nil {
		return pocket.Block{}, malformed(blockQuery, err)
	}
	return b, nil
}

// LatestBlock returns the header of the newest block that the service has. Not all that it did need be indexed yet: see [Client.Tip].
func (c *Client) LatestBlock(ctx context.Context) (pocket.Block, error) {
	b, found, err := c.oneBlock(ctx, latestQuery, nil)
	if err == nil && !found {
		err = fmt.Errorf("the indexer has no block yet: %w", pocket.ErrUnavailable)
	}
	return b, err
}

// BlockFrom returns the header of the first block at or after t. [pocket.ErrFutureHeight] means that the indexer has none so late.
func (c *Client) BlockFrom(ctx context.Context, t time.Time) (pocket.Block, error) {
	b, found, err := c.oneBlock(ctx, blockFromQuery, map[string]any{"time": wireTime(t)})
	if err == nil && !found {
		err = fmt.Errorf("block from %s on: %w", t.UTC().Format(time.RFC3339), pocket.ErrFutureHeight)
	}
	return b, err
}

func (c *Client) oneBlock(ctx context.Context, q query, variables map[string]any) (pocket.Block, bool, error) {
	data, _, err := ask[struct {
		header
		Blocks *wireBlocks `json:"blocks"`
	}](ctx, c, q, variables, need{})
	if err != nil {
		return pocket.Block{}, false, err
	}
	if data.Blocks == nil || len(data.Blocks.Nodes) == 0 {
		return pocket.Block{}, false, nil
	}
	b, err := c.block(&data.Blocks.Nodes[0])
	if err != nil {
		return pocket.Block{}, false, malformed(q, err)
	}
	return b, true, nil
}

// Tip returns the newest block up to which the service tells everything: that of the last height that the indexer has whole.
// [pocket.ErrUnavailable] means that it does not say.
func (c *Client) Tip(ctx context.Context) (pocket.Block, error) {
	s, err := c.Status(ctx)
	switch {
	case err != nil:
		return pocket.Block{}, err
	case s.Height == 0:
		return pocket.Block{}, fmt.Errorf("the indexer does not say which block it has whole: %w", pocket.ErrUnavailable)
	case s.Tip.Height == s.Height:
		return s.Tip, nil
	default: // the block's own row is written before the rest of it
		return c.Block(ctx, s.Height)
	}
}

// heights returns the heights of the blocks in span that the service has whole, both inclusive. There are none when the first is beyond the
// last.
func (c *Client) heights(ctx context.Context, span pocket.Span) (from, to pocket.Height, err error) {
	tip, err := c.Tip(ctx)
	if err != nil {
		return 0, 0, err
	}
	from, to = 1, tip.Height
	if !span.From.IsZero() {
		if span.From.After(tip.Time) {
			return 1, 0, nil
		}
		if from, err = c.firstFrom(ctx, span.From); err != nil {
			return 0, 0, err
		}
	}
	if span.To.IsZero() || span.To.After(tip.Time) {
		return from, to, nil
	}
	after, err := c.firstFrom(ctx, span.To)
	return from, min(to, after-1), err
}

// firstFrom returns the height of the first block at or after t, which is not after the tip. Blocks do not change, so it is asked once.
func (c *Client) firstFrom(ctx context.Context, t time.Time) (pocket.Height, error) {
	key := wireTime(t)
	c.mu.Lock()
	h, ok := c.times[key]
	c.mu.Unlock()
	if ok {
		return h, nil
	}
	b, err := c.BlockFrom(ctx, t)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.times) >= 1<<12 {
		clear(c.times)
	}
	c.times[key] = b.Height
	return b.Height, nil
}
