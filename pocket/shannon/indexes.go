package shannon

import (
	"context"
	"errors"
	"fmt"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// Indexes reports whether what happened in block h can be searched for, all of it. A node's operator may switch its index on late, so that
// older blocks are not in it, or restrict it to some events (index-events in app.toml); searches then find less and do not say so.
// Both are seen here: the block must be found by its height, and every attribute of its events be marked as indexed, as it is where nothing is
// restricted. It is told of one block. Ask for the first and last of a range and some between before trusting a search of it.
//
// It reads the block's results whole: prefer a height at which no claims settle. Errors are those of [Client.SearchBlocks], but a node
// without any index is false and no error.
func (c *Client) Indexes(ctx context.Context, h pocket.Height) (bool, error) {
	if h < 1 {
		return false, fmt.Errorf("index of block %d: heights count from 1: %w", h, pocket.ErrInvalid)
	}
	query := fmt.Sprintf("block.height=%d", h)
	params := []rpcParam{text("query", query), number64("page", 1), number64("per_page", 1), text("order_by", "asc")}
	found, err := askRPC[wireFoundBlocks](ctx, c.nodes, "/block_search", params, nil)
	switch {
	case errors.Is(err, pocket.ErrNotIndexed):
		return false, nil
	case err != nil:
		return false, err
	case found.Total == 0:
		return false, nil
	}
	results, err := askRPC(ctx, c.nodes, "/block_results", []rpcParam{number64("height", h)},
		func(a *rest.Answer, w *wireMarks) error {
			if pocket.Height(w.Height) != h {
				return a.Fail(pocket.ErrMalformed, fmt.Sprintf("these are the results of height %d", w.Height))
			}
			return nil
		})
	if err != nil {
		return false, err
	}
	marked := allMarked(results.Ends)
	for _, tx := range results.Txs {
		marked = marked && allMarked(tx.Events)
	}
	return marked, nil
}

// wireMarks are a block's results, without all but the marks.
type wireMarks struct {
	Height number `json:"height"`
	Txs    []struct {
		Events []wireMarkedEvent `json:"events"`
	} `json:"txs_results"`
	Ends []wireMarkedEvent `json:"finalize_block_events"`
}

type wireMarkedEvent struct {
	Attributes []struct {
		Index bool `json:"index"`
	} `json:"attributes"`
}

func allMarked(events []wireMarkedEvent) bool {
	for _, e := range events {
		for _, a := range e.Attributes {
			if !a.Index {
				return false
			}
		}
	}
	return true
}
