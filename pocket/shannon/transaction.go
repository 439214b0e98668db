package shannon

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// txsAtOnce is how many transactions are asked for in one answer: the most that a node gives.
const txsAtOnce = 100

// wireTx is a transaction as /tx and /tx_search write it.
type wireTx struct {
	Hash   string          `json:"hash"`
	Height number          `json:"height"`
	Index  number          `json:"index"`
	Result json.RawMessage `json:"tx_result"`
	Raw    []byte          `json:"tx"`
}

// noIndex is the At.Index of a transaction that was found by itself: which number it has among all events of its block, only the block's
// results tell.
const noIndex = -1

// transaction decodes w by the decoder of block results, as the only transaction of a block. Its time is not in it.
func (w wireTx) transaction() (pocket.Transaction, error) {
	var none pocket.Transaction
	hash := strings.ToUpper(w.Hash)
	if w.Height < 1 || w.Index < 0 || !hash64.MatchString(hash) || len(w.Raw) == 0 {
		return none, fmt.Errorf("a transaction %.80q of height %d, number %d, with %d bytes", w.Hash, w.Height, w.Index, len(w.Raw))
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, `{"height":"%d","txs_results":[`, w.Height)
	body.Write(w.Result)
	body.WriteString("]}")
	block := pocket.Block{Height: pocket.Height(w.Height), Txs: [][]byte{w.Raw}}
	for event, err := range DecodeBlock(&body, block, pocket.Selection{Kinds: []pocket.Kind{pocket.KindTransaction}}) {
		if err != nil {
			return none, err
		}
		tx, ok := event.(pocket.Transaction)
		if !ok {
			continue
		}
		if tx.TxHash != hash {
			return none, fmt.Errorf("transaction %s has bytes of the hash %s", hash, tx.TxHash)
		}
		tx.Index, tx.Position = noIndex, int(w.Index)
		return tx, nil
	}
	return none, errors.New("a transaction without a result")
}

var txDigits = regexp.MustCompile(`^(0x|0X)?([0-9a-fA-F]{64})$`)

// Transaction returns the transaction of that hash: 64 hexadecimal digits, in either case, with or without 0x. Its At.Index is -1, since
// only its block's results tell that. [pocket.ErrNotFound] means that no node asked has it in a block; [pocket.ErrNotIndexed] that they
// keep no index. When the block itself is pruned away, At.Time is zero.
func (c *Client) Transaction(ctx context.Context, hash string) (pocket.Transaction, error) {
	m := txDigits.FindStringSubmatch(strings.TrimSpace(hash))
	if m == nil {
		return pocket.Transaction{}, fmt.Errorf("transaction %.80q: want 64 hexadecimal digits: %w", hash, pocket.ErrInvalid)
	}
	want := strings.ToUpper(m[2])
	var tx pocket.Transaction
	_, err := askRPC(ctx, c.nodes, "/tx", []rpcParam{{"hash", "0x" + want}}, func(a *rest.Answer, w *wireTx) error {
		made, err := w.transaction()
		if err == nil && made.TxHash != want {
			err = fmt.Errorf("asked for transaction %s, got %s", want, made.TxHash)
		}
		if err != nil {
			return a.Fail(pocket.ErrMalformed, err.Error())
		}
		tx = made
		return nil
	})
	if err != nil {
		return pocket.Transaction{}, of(err, "transaction", want)
	}
	err = newClock(c).set(ctx, &tx)
	return tx, err
}

type wireFoundTxs struct {
	Txs   []wireTx `json:"txs"`
	Total number   `json:"total_count"`
}

// SearchTransactions yields the transactions that q chooses, failed ones too, oldest first unless q.Newest. Each has its block's time,
// and At.Index -1: only its block's results tell that. Nodes know transactions of pruned blocks: those have no time. A node that indexes
// only some events finds fewer, without saying so. An error is yielded last.
func (c *Client) SearchTransactions(ctx context.Context, q TxQuery) iter.Seq2[pocket.Transaction, error] {
	return func(yield func(pocket.Transaction, error) bool) {
		if err := c.searchTransactions(ctx, q, newClock(c), func(tx pocket.Transaction) bool { return yield(tx, nil) }); err != nil {
			yield(pocket.Transaction{}, err)
		}
	}
}

func (c *Client) searchTransactions(ctx context.Context, q TxQuery, clock *clock, yield func(pocket.Transaction) bool) error {
	if q.Newest && q.To == 0 { // without an upper end, transactions of new blocks would move the pages on
		status, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if q.To = status.Latest; q.To < q.From {
			return nil
		}
	}
	query, err := q.text()
	if err != nil {
		return err
	}
	var last *pocket.Transaction
	for page := 1; ; page++ {
		txs, total, err := c.searchTxs(ctx, query, page, q)
		if err != nil {
			return err
		}
		for i := range txs {
			tx := &txs[i]
			if last != nil && compareTx(last, tx, q.Newest) >= 0 {
				continue
			}
			last = tx
			if err := clock.set(ctx, tx); err != nil {
				return err
			}
			if !yield(*tx) {
				return nil
			}
		}
		if total <= int64(page*txsAtOnce) {
			return nil
		}
	}
}

// compareTx orders transactions by their place on the chain, or the other way round.
func compareTx(a, b *pocket.Transaction, newest bool) int {
	if newest {
		a, b = b, a
	}
	return cmp.Or(cmp.Compare(a.Height, b.Height), cmp.Compare(a.Position, b.Position))
}

func (c *Client) searchTxs(ctx context.Context, query string, page int, q TxQuery) (txs []pocket.Transaction, total int64, err error) {
	order := "asc"
	if q.Newest {
		order = "desc"
	}
	params := []rpcParam{
		text("query", query), number64("page", int64(page)), number64("per_page", int64(txsAtOnce)), text("order_by", order),
	}
	found, err := askRPC(ctx, c.nodes, "/tx_search", params, func(a *rest.Answer, w *wireFoundTxs) error {
		txs = nil
		for _, found := range w.Txs {
			tx, err := found.transaction()
			if err == nil && (tx.Height < q.From || q.To != 0 && tx.Height > q.To) {
				err = fmt.Errorf("a transaction of height %d was not asked for", tx.Height)
			}
			if err == nil && len(txs) > 0 && compareTx(&txs[len(txs)-1], &tx, q.Newest) >= 0 {
				err = errors.New("the transactions are not in order")
			}
			if err != nil {
				return a.Fail(pocket.ErrMalformed, err.Error())
			}
			txs = append(txs, tx)
		}
		if want := onPage(int64(w.Total), page, txsAtOnce); int64(len(txs)) != want {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("%d transactions on a page that should have %d", len(txs), want))
		}
		return nil
	})
	return txs, int64(found.Total), err
}

// TransactionsOf yields the transactions that concern an address, each once and failed ones too: those it signed or paid the fee of, and
// those that moved coins from it or to it. from and to are heights, both inclusive; 0 is open. Oldest first; see
// [Client.SearchTransactions] for times and numbers. Rewards are not among them, since no transaction pays them: see
// [Client.SearchBlocks]. An error is yielded last.
func (c *Client) TransactionsOf(ctx context.Context, address pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Transaction, error] {
	return func(yield func(pocket.Transaction, error) bool) {
		if err := needs(address, pocket.AccountAddress, "an account"); err != nil {
			yield(pocket.Transaction{}, err)
			return
		}
		if to == 0 { // the same end for the three searches, or they could disagree about the newest blocks
			status, err := c.Status(ctx)
			if err != nil {
				yield(pocket.Transaction{}, err)
				return
			}
			if to = max(1, status.Latest); to < from {
				return
			}
		}
		clock := newClock(c)
		var lists []*following
		for _, q := range []TxQuery{{Sender: address}, {Recipient: address}, {Signer: address}} {
			q.From, q.To = from, to
			list := follow(func(yield func(pocket.Transaction, error) bool) {
				if err := c.searchTransactions(ctx, q, clock, func(tx pocket.Transaction) bool { return yield(tx, nil) }); err != nil {
					yield(pocket.Transaction{}, err)
				}
			})
			defer list.stop()
			lists = append(lists, list)
		}
		merge(lists, yield)
	}
}

// A following is a list read one by one.
type following struct {
	next func() (pocket.Transaction, error, bool)
	stop func()
	tx   pocket.Transaction
	err  error
	more bool
}

func follow(list iter.Seq2[pocket.Transaction, error]) *following {
	f := &following{}
	f.next, f.stop = iter.Pull2(list)
	f.advance()
	return f
}

func (f *following) advance() { f.tx, f.err, f.more = f.next() }

// merge yields what several lists hold, each transaction once, oldest first.
func merge(lists []*following, yield func(pocket.Transaction, error) bool) {
	for {
		var first *following
		for _, list := range lists {
			if !list.more {
				continue
			}
			if list.err != nil {
				yield(pocket.Transaction{}, list.err)
				return
			}
			if first == nil || compareTx(&list.tx, &first.tx, false) < 0 {
				first = list
			}
		}
		if first == nil {
			return
		}
		tx := first.tx
		if !yield(tx, nil) {
			return
		}
		for _, list := range lists {
			for list.more && list.err == nil && compareTx(&list.tx, &tx, false) <= 0 {
				list.advance()
			}
		}
	}
}

// A clock tells the time of blocks, asking for each once.
type clock struct {
	client *Client
	times  map[pocket.Height]time.Time
}

func newClock(c *Client) *clock { return &clock{client: c, times: map[pocket.Height]time.Time{}} }

// set sets the time of tx to that of its block, and leaves it zero when the block is pruned.
func (k *clock) set(ctx context.Context, tx *pocket.Transaction) error {
	at, known := k.times[tx.Height]
	if !known {
		header, err := k.client.header(ctx, tx.Height)
		if err != nil && !errors.Is(err, pocket.ErrPruned) {
			return err
		}
		at = header.Time
		k.times[tx.Height] = at
	}
	tx.Time = at
	return nil
}

// header returns one header.
func (c *Client) header(ctx context.Context, h pocket.Height) (pocket.Block, error) {
	run, err := c.headers(ctx, h, h, "")
	if err != nil {
		return pocket.Block{}, err
	}
	return run.blocks[0], nil
}
