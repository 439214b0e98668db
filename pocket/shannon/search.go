package shannon

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// blocksAtOnce is how many found blocks are asked for in one answer. They come whole, and a busy one takes 10 MB; where that is too much
// they are asked for one by one.
const blocksAtOnce = 5

type wireFoundBlocks struct {
	Blocks []wireBlock `json:"blocks"`
	Total  number      `json:"total_count"`
}

// SearchBlocks yields the blocks that q chooses, whole with their transactions, oldest first. The node needs a search index
// ([pocket.ErrNotIndexed]), and one whose operator indexes only some events finds fewer blocks, or none, without saying so: only reading
// each block's events is complete. Blocks found but pruned away are [pocket.ErrPruned], with the first height kept; set q.From to that to
// go on from there. An error is yielded last.
func (c *Client) SearchBlocks(ctx context.Context, q BlockQuery) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		query, err := q.text()
		var last pocket.Height
		for size, passed := blocksAtOnce, 0; err == nil; {
			var blocks []pocket.Block
			var total int64
			blocks, total, err = c.searchBlocks(ctx, query, passed/size+1, size, q)
			if size > 1 && errors.Is(err, pocket.ErrTooLarge) {
				size, err = 1, nil
				continue
			}
			for _, b := range blocks {
				if b.Height <= last {
					continue
				}
				last = b.Height
				if !yield(b, nil) {
					return
				}
			}
			if passed += size; err == nil && total <= int64(passed) {
				return
			}
		}
		yield(pocket.Block{}, c.withLowest(ctx, err))
	}
}

// searchBlocks reads one page. The index outlives pruned blocks: they are counted and left out.
func (c *Client) searchBlocks(ctx context.Context, query string, page, size int, q BlockQuery) (blocks []pocket.Block, total int64, err error) {
	params := []rpcParam{
		text("query", query), number64("page", int64(page)), number64("per_page", int64(size)), text("order_by", "asc"),
	}
	found, err := askRPC(ctx, c.nodes, "/block_search", params, func(a *rest.Answer, w *wireFoundBlocks) error {
		blocks = nil
		if len(w.Blocks) > size {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for %d blocks, got %d", size, len(w.Blocks)))
		}
		for _, found := range w.Blocks {
			b, err := found.block(c.nodes, a)
			if err != nil {
				return err
			}
			out := b.Height < q.From || q.To != 0 && b.Height > q.To
			if out || len(blocks) > 0 && b.Height <= blocks[len(blocks)-1].Height {
				return a.Fail(pocket.ErrMalformed, fmt.Sprintf("block %d was not asked for, or is out of order", b.Height))
			}
			blocks = append(blocks, b)
		}
		if want := onPage(int64(w.Total), page, size); int64(len(w.Blocks)) < want {
			return a.Fail(pocket.ErrPruned, fmt.Sprintf("%d of %d blocks that match are not there any more", want-int64(len(w.Blocks)), want))
		}
		return nil
	})
	return blocks, int64(found.Total), err
}

// onPage tells how many of total items stand on a page.
func onPage(total int64, page, size int) int64 {
	return min(int64(size), max(0, total-int64(page-1)*int64(size)))
}

// withLowest adds to an error of pruned blocks the first height that is kept, when the node did not tell.
func (c *Client) withLowest(ctx context.Context, err error) error {
	var e *pocket.APIError
	if !errors.As(err, &e) || !errors.Is(e.Reason, pocket.ErrPruned) || e.Lowest != 0 {
		return err
	}
	status, failed := c.Status(ctx)
	if failed != nil {
		return err
	}
	whole := *e
	whole.Lowest = status.Earliest
	return &whole
}
