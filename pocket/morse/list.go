package morse

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// mostPerPage is how many items a node gives at most in one answer. Of more it silently gives so many.
const mostPerPage = 10_000

// failing yields an error.
func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// A statePage is a page of a list of state. Its total_pages is computed from what the page holds, so that a short last page tells too many;
// past the end there is no result.
type statePage[W any] struct {
	Result []W    `json:"result"`
	Pages  number `json:"total_pages"`
}

// listState yields a list of the state after block h, which comes in pages by address. All pages are of one height, so that none is missed
// or told twice while the chain goes on.
func listState[W, T any](ctx context.Context, c *Client, path string, h pocket.Height,
	body func(h pocket.Height, page, perPage int) any, convert func(W) (T, error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := checkHeight(h); err != nil {
			yield(none, err)
			return
		}
		if h == 0 {
			var err error
			if h, err = c.committed(ctx); err != nil {
				yield(none, err)
				return
			}
		}
		size := min(2*c.pageSize, mostPerPage)
		for page := 1; ; page++ {
			var items []T
			answer, err := ask(ctx, c, path, body(h, page, size), func(a *rest.Answer, w *statePage[W]) error {
				if len(w.Result) > size {
					return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for %d entries, got %d", size, len(w.Result)))
				}
				var err error
				items, err = convertAll(w.Result, convert)
				return err
			})
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if len(answer.Result) < size {
				return
			}
		}
	}
}

func convertAll[W, T any](wires []W, convert func(W) (T, error)) ([]T, error) {
	items := make([]T, 0, len(wires))
	for _, w := range wires {
		item, err := convert(w)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// A txPage is a page of a list of transactions. Its page_count counts the transactions on it.
type txPage struct {
	Total number   `json:"total_txs"`
	Txs   []wireTx `json:"txs"`
}

// The order is named the wrong way round: asc gives the newest first, and anything else the oldest.
const (
	newestFirst = "asc"
	oldestFirst = "desc"
)

// listTxs yields transactions page by page. New ones go behind the oldest first, so that pages keep their places; before the newest first,
// where they push others onto the next page: each is told once.
func listTxs(ctx context.Context, c *Client, path string, body func(page, perPage int) any) iter.Seq2[Tx, error] {
	return func(yield func(Tx, error) bool) {
		seen := map[string]bool{}
		for page, passed := 1, 0; ; page++ {
			txs, total, err := c.txPage(ctx, path, body(page, c.pageSize), page)
			if err != nil {
				yield(Tx{}, err)
				return
			}
			before := len(seen)
			for _, tx := range txs {
				if seen[tx.Hash] {
					continue
				}
				seen[tx.Hash] = true
				if !yield(tx, nil) {
					return
				}
			}
			passed += len(txs)
			if passed >= total || len(seen) == before {
				return
			}
		}
	}
}

// txPage returns a page of transactions and how many there are on all. Beyond the last page there are none.
func (c *Client) txPage(ctx context.Context, path string, body any, page int) (txs []Tx, total int, err error) {
	answer, err := ask(ctx, c, path, body, func(a *rest.Answer, w *txPage) (err error) {
		if len(w.Txs) > c.pageSize {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for %d transactions, got %d", c.pageSize, len(w.Txs)))
		}
		txs, err = convertAll(w.Txs, wireTx.tx)
		return err
	})
	if pastTheEnd(err, page) {
		return nil, 0, nil
	}
	return txs, int(answer.Total), err
}

// pastTheEnd tells of nodes that complain about a page beyond the last, where others give an empty one.
func pastTheEnd(err error, page int) bool {
	return page > 1 && err != nil && errors.Is(err, pocket.ErrInvalid)
}
