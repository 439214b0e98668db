package shannon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// Events yields what the block did, as far as sel chooses it, in the order in which it happened. It reads the block's results as a stream,
// in constant memory; see [DecodeBlock] for the events and their numbers. Give it a block from [Client.Block] or [Client.SearchBlocks]: one
// without its transactions, as from [Client.Headers], leaves hashes, memos and messages unknown.
//
// An error is yielded last, with a nil event. Another node, or the same once more, is asked only while no event has been yielded: after
// that a break is [pocket.ErrUnavailable] or [pocket.ErrMalformed], and the events so far are not the whole block. Other errors:
// [pocket.ErrPruned], [pocket.ErrFutureHeight], [pocket.ErrNotIndexed] when the nodes keep no results, [pocket.ErrTooLarge].
func (c *Client) Events(ctx context.Context, block pocket.Block, sel pocket.Selection) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		stopped := false
		err := c.streamEvents(ctx, block, sel, func(event pocket.Event) bool {
			stopped = !yield(event, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

func (c *Client) streamEvents(ctx context.Context, block pocket.Block, sel pocket.Selection, yield func(pocket.Event) bool) error {
	switch {
	case c.rpc == nil:
		return fmt.Errorf("/block_results: the client has no RPC URL: %w", pocket.ErrInvalid)
	case block.Height < 1:
		return fmt.Errorf("events of block %d: heights count from 1: %w", block.Height, pocket.ErrInvalid)
	}
	params := []rpcParam{number64("height", block.Height)}
	return c.rpc.Do(ctx, rest.Call{Path: "/block_results", Query: encodeParams(params), Stream: true, Read: func(a *rest.Answer) error {
		if a.Status != http.StatusOK || !isJSON(a) {
			return refusal(a)
		}
		for event, err := range DecodeBlock(a.Stream, block, sel) {
			if err != nil {
				return resultsFailure(a, err)
			}
			a.Commit()
			if !yield(event) {
				return nil
			}
		}
		return nil
	}})
}

func isJSON(a *rest.Answer) bool {
	return !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html")
}

// refusal reads an answer that holds no results, which is short.
func refusal(a *rest.Answer) error {
	const most = 1 << 20
	var err error
	if a.Body, err = io.ReadAll(io.LimitReader(a.Stream, most)); err != nil {
		return err
	}
	var nothing struct{}
	if err := readRPC(a, &nothing); err != nil {
		return err
	}
	return a.Odd("an answer without results")
}

// resultsFailure gives an error of the decoder its type: a node's own error comes in the same envelope as results, over some proxies
// with status 200.
func resultsFailure(a *rest.Answer, err error) error {
	if e, ok := errors.AsType[envelopeError](err); ok {
		return nodeFailure(a, e)
	}
	return err
}
