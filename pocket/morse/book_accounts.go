package morse

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// An accountBook knows the transactions that accounts signed, a window of heights at a time: a page of an account's transactions answers
// for many blocks.
type accountBook struct {
	c        *Client
	accounts *cache[pocket.Address, *accountWindows]
}

// What is remembered at most.
const (
	mostAccounts = 512
	mostWindows  = 3 // of one account: where blocks are read, where their claims were made, and one to spare
)

// headStart is how many blocks earlier a window begins than it is asked for: several blocks are read at once, and not quite in order.
const headStart = 32

func (b *accountBook) init(c *Client) {
	b.c, b.accounts = c, newCache[pocket.Address, *accountWindows](mostAccounts)
}

type accountWindows struct {
	mu   sync.Mutex
	list []*window // the last used last
}

// A window is all that an account signed from a height to another.
type window struct {
	from, to pocket.Height
	txs      []Tx // by height and position, without their bytes
}

// between returns what an account signed from a height to another, both inclusive, in the chain's order. The chain must have reached them.
func (b *accountBook) between(ctx context.Context, a pocket.Address, from, to pocket.Height) ([]Tx, error) {
	if to < from {
		return nil, nil
	}
	known, err := b.accounts.get(ctx, a, func() (*accountWindows, error) { return &accountWindows{}, nil })
	if err != nil {
		return nil, err
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	for i, w := range known.list {
		if w.from <= from && to <= w.to {
			known.list = append(slices.Delete(known.list, i, i+1), w)
			return w.between(from, to), nil
		}
	}
	w, safe, err := b.read(ctx, a, max(1, from-headStart), to)
	if err != nil {
		return nil, err
	}
	found := w.between(from, to)
	if safe >= from {
		w.txs, w.to = w.between(w.from, safe), safe
		if len(known.list) == mostWindows {
			known.list = slices.Delete(known.list, 0, 1)
		}
		known.list = append(known.list, w)
	}
	return found, nil
}

func (w *window) between(from, to pocket.Height) []Tx {
	low, _ := slices.BinarySearchFunc(w.txs, from, func(t Tx, h pocket.Height) int { return cmp.Compare(t.Height, h) })
	high, _ := slices.BinarySearchFunc(w.txs, to+1, func(t Tx, h pocket.Height) int { return cmp.Compare(t.Height, h) })
	return w.txs[low:high:high]
}

// read asks for an account's transactions from a height on, page by page, until all up to another are there. What the last page holds of
// later heights is kept, too. safe is up to which height that will stay so: a node indexes the transactions of its newest block a moment
// after it has it.
func (b *accountBook) read(ctx context.Context, a pocket.Address, from, to pocket.Height) (w *window, safe pocket.Height, err error) {
	head, err := b.c.known(ctx)
	if err != nil {
		return nil, 0, err
	}
	w = &window{from: from, to: max(head, to)}
	safe = head - 1
	seen := map[string]bool{}
	for page, passed := 1, 0; ; page++ {
		txs, total, err := b.c.accountPage(ctx, TxQuery{Account: a, From: from}, page)
		if err != nil {
			return nil, 0, of(err, "transactions of", a)
		}
		for _, tx := range txs {
			if !seen[tx.Hash] {
				seen[tx.Hash] = true
				tx.Raw = nil
				w.txs = append(w.txs, tx)
			}
		}
		if passed += len(txs); len(txs) == 0 || passed >= total {
			break
		}
		// The last block of a page may go on with the next.
		if last := txs[len(txs)-1].Height; last > to {
			w.to = last - 1
			safe = min(safe, w.to)
			break
		}
	}
	slices.SortStableFunc(w.txs, func(x, y Tx) int { return cmp.Or(cmp.Compare(x.Height, y.Height), cmp.Compare(x.Position, y.Position)) })
	return w, safe, nil
}
