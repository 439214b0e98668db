package morse

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// A Tx is a transaction that a block holds, and what became of it.
type Tx struct {
	Hash      string // 64 upper-case hexadecimal digits
	Height    pocket.Height
	Position  int    // its place among the block's transactions, from 0
	Code      uint32 // 0 when it succeeded. Nothing else tells: look at it first
	Codespace string // whose Code it is, such as pocketcore
	Kind      string // such as claim, proof, send, stake_validator
	Signer    pocket.Address
	Recipient pocket.Address // of a send
	Fee       pocket.Upokt
	Memo      string  // free text of its signer
	Message   Message // nil when neither the node nor this package can decode it
	Raw       []byte  // as signed
	// Events are what it did. They are nil unless the node was started to give them (disable_tx_events: false).
	Events []TxEvent
}

// Failed reports whether the transaction had no effect beyond its fee.
func (t Tx) Failed() bool { return t.Code != 0 }

// A TxEvent is a part of what a transaction did, in the chain's words.
type TxEvent struct {
	Type       string
	Attributes []Attribute
}

// An Attribute is a word on an event.
type Attribute struct{ Key, Value string }

// Get returns the first attribute of that key, "" when there is none.
func (e TxEvent) Get(key string) string {
	for _, a := range e.Attributes {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}

// wireTx is a transaction as the RPC writes it.
type wireTx struct {
	Hash     string     `json:"hash"`
	Height   number     `json:"height"`
	Position number     `json:"index"`
	Raw      []byte     `json:"tx"`
	Std      wireStdTx  `json:"stdTx"`
	Result   wireResult `json:"tx_result"`
	Kind     string     `json:"message_type"` // of one that waits
}

// wireStdTx is what was signed. Its entropy went through a float, so that encoding it again does not give what was signed.
type wireStdTx struct {
	Message   *wireMessage `json:"msg"`
	Fee       coins        `json:"fee"`
	Memo      string       `json:"memo"`
	Signature struct {
		Key string `json:"pub_key"`
	} `json:"signature"`
}

type wireResult struct {
	Code      uint32         `json:"code"`
	Codespace string         `json:"codespace"`
	Events    []wireEvent    `json:"events"`
	Kind      string         `json:"message_type"`
	Signer    pocket.Address `json:"signer"`
	Recipient pocket.Address `json:"recipient"`
}

type wireEvent struct {
	Type       string `json:"type"`
	Attributes []struct {
		Key   []byte `json:"key"`
		Value []byte `json:"value"`
	} `json:"attributes"`
}

func (w wireEvent) event() TxEvent {
	e := TxEvent{Type: w.Type}
	for _, a := range w.Attributes {
		e.Attributes = append(e.Attributes, Attribute{string(a.Key), string(a.Value)})
	}
	return e
}

func events(wires []wireEvent) []TxEvent {
	var list []TxEvent
	for _, w := range wires {
		list = append(list, w.event())
	}
	return list
}

var hash64 = regexp.MustCompile(`^[0-9A-F]{64}$`)

// tx checks and decodes a transaction. A message that the node could not decode is read from the bytes.
func (w wireTx) tx() (Tx, error) {
	t := Tx{
		Hash: strings.ToUpper(w.Hash), Height: pocket.Height(w.Height), Position: int(w.Position), Code: w.Result.Code,
		Codespace: w.Result.Codespace, Kind: w.Result.Kind, Signer: w.Result.Signer, Recipient: w.Result.Recipient,
		Fee: w.Std.Fee.upokt(), Memo: w.Std.Memo, Raw: w.Raw, Events: events(w.Result.Events),
	}
	switch {
	case !hash64.MatchString(t.Hash):
		return Tx{}, fmt.Errorf("a transaction with the hash %.80q", w.Hash)
	case t.Height < 1 || t.Position < 0 || t.Position > mostPositions:
		return Tx{}, fmt.Errorf("transaction %s is number %d of block %d", t.Hash, t.Position, t.Height)
	}
	if w.Std.Message != nil {
		var err error
		t.Message, err = w.Std.Message.typed()
		if err != nil {
			return Tx{}, fmt.Errorf("transaction %s: %w", t.Hash, err)
		}
		return t, nil
	}
	t.readBytes()
	return t, nil
}

// readBytes fills in from the bytes what the node left out. What they do not tell stays unknown.
func (t *Tx) readBytes() {
	signed, err := decodeTx(t.Raw)
	if err != nil {
		return
	}
	t.Message, t.Fee, t.Memo = signed.message, signed.fee, signed.memo
	if t.Signer.IsZero() {
		t.Signer = signed.signer
	}
}

// A PendingTx is a transaction that waits to get into a block.
type PendingTx struct {
	Hash    string
	Kind    string // such as claim
	Fee     pocket.Upokt
	Memo    string
	Signer  pocket.Address
	Message Message
}

func (w wireTx) pending() (PendingTx, error) {
	t := PendingTx{Hash: strings.ToUpper(w.Hash), Kind: w.Kind, Fee: w.Std.Fee.upokt(), Memo: w.Std.Memo}
	t.Signer, _ = addressOfKey(w.Std.Signature.Key)
	if w.Std.Message == nil {
		return t, nil
	}
	var err error
	t.Message, err = w.Std.Message.typed()
	return t, err
}

// Tx returns the transaction of that hash, 64 hexadecimal digits in either case. [pocket.ErrNotFound]: no block holds it, or its fee,
// signature or memo was refused, for those are not indexed.
func (c *Client) Tx(ctx context.Context, hash string) (Tx, error) {
	hash = strings.ToUpper(strings.TrimSpace(hash))
	if !hash64.MatchString(hash) {
		return Tx{}, fmt.Errorf("transaction %.80q: want 64 hexadecimal digits: %w", hash, pocket.ErrInvalid)
	}
	var t Tx
	_, err := ask(ctx, c, "/query/tx", struct {
		Hash string `json:"hash"`
	}{hash}, func(a *rest.Answer, w *wireTx) (err error) {
		if t, err = w.tx(); err == nil && t.Hash != hash {
			err = a.Fail(pocket.ErrMalformed, "asked for transaction "+hash+", got "+t.Hash)
		}
		return err
	})
	return t, err
}

type pageOf struct {
	Height  pocket.Height `json:"height"`
	Page    int           `json:"page"`
	PerPage int           `json:"per_page"`
	Order   string        `json:"order"`
}

// BlockTxs yields the transactions of a block, in the block's order: all but those whose fee, signature or memo was refused. Of a height
// that the chain has not reached there are none. An error is yielded last, with a zero Tx.
func (c *Client) BlockTxs(ctx context.Context, h pocket.Height) iter.Seq2[Tx, error] {
	return c.blockTxs(ctx, "/query/blocktxs", h)
}

// AllBlockTxs is [Client.BlockTxs] with those that were refused. The node must have been started with --allblocktxs, and answers
// [pocket.ErrMalformed] or [pocket.ErrInvalid] otherwise.
func (c *Client) AllBlockTxs(ctx context.Context, h pocket.Height) iter.Seq2[Tx, error] {
	return c.blockTxs(ctx, "/query/allblocktxs", h)
}

func (c *Client) blockTxs(ctx context.Context, path string, h pocket.Height) iter.Seq2[Tx, error] {
	if h < 1 {
		return failing[Tx](fmt.Errorf("transactions of block %d: heights count from 1: %w", h, pocket.ErrInvalid))
	}
	return func(yield func(Tx, error) bool) {
		for tx, err := range listTxs(ctx, c, path, func(page, perPage int) any { return pageOf{h, page, perPage, oldestFirst} }) {
			if err == nil && tx.Height != h {
				err = &pocket.APIError{Reason: pocket.ErrMalformed, Call: path, Message: fmt.Sprintf("asked for block %d, got %d", h, tx.Height)}
				tx = Tx{}
			}
			if !yield(tx, err) || err != nil {
				return
			}
		}
	}
}

// A TxQuery chooses transactions of an account.
type TxQuery struct {
	Account pocket.Address
	// Received asks for those that sent it coins by a Send, instead of those that it signed. Rewards are no transactions.
	Received bool
	From     pocket.Height // the first height; 0 is the beginning
	Newest   bool          // newest first; oldest first otherwise
}

// AccountTxs yields the transactions that q chooses. A node's stake may be signed by its output address: then it is among that one's. An
// address that was never seen has none. An error is yielded last, with a zero Tx.
func (c *Client) AccountTxs(ctx context.Context, q TxQuery) iter.Seq2[Tx, error] {
	if err := needs(q.Account, "an account"); err != nil {
		return failing[Tx](err)
	}
	if err := checkHeight(q.From); err != nil {
		return failing[Tx](err)
	}
	return listTxs(ctx, c, accountTxsPath, q.body)
}

const accountTxsPath = "/query/accounttxs"

func (q TxQuery) body(page, perPage int) any {
	order := oldestFirst
	if q.Newest {
		order = newestFirst
	}
	return struct {
		Address  pocket.Address `json:"address"`
		Received bool           `json:"received,omitempty"`
		pageOf
	}{q.Account, q.Received, pageOf{q.From, page, perPage, order}}
}

// accountPage is a page of what q chooses.
func (c *Client) accountPage(ctx context.Context, q TxQuery, page int) (txs []Tx, total int, err error) {
	return c.txPage(ctx, accountTxsPath, q.body(page, c.pageSize), page)
}

// PendingTxs yields the transactions that wait to get into a block, as this one node knows them. An error is yielded last, with a zero
// PendingTx.
func (c *Client) PendingTxs(ctx context.Context) iter.Seq2[PendingTx, error] {
	return func(yield func(PendingTx, error) bool) {
		seen := map[string]bool{}
		for page, passed := 1, 0; ; page++ {
			var txs []PendingTx
			answer, err := ask(ctx, c, "/query/unconfirmedtxs", struct {
				Page    int `json:"page"`
				PerPage int `json:"per_page"`
			}{page, c.pageSize}, func(a *rest.Answer, w *txPage) (err error) {
				txs, err = convertAll(w.Txs, wireTx.pending)
				return err
			})
			if pastTheEnd(err, page) {
				return
			}
			if err != nil {
				yield(PendingTx{}, err)
				return
			}
			fresh := false
			for _, tx := range txs {
				if seen[tx.Hash] {
					continue
				}
				seen[tx.Hash], fresh = true, true
				if !yield(tx, nil) {
					return
				}
			}
			if passed += len(txs); !fresh || passed >= int(answer.Total) {
				return
			}
		}
	}
}

// PendingTx returns a transaction that waits; [pocket.ErrNotFound] when it does not, or does no longer.
func (c *Client) PendingTx(ctx context.Context, hash string) (PendingTx, error) {
	hash = strings.ToUpper(strings.TrimSpace(hash))
	if !hash64.MatchString(hash) {
		return PendingTx{}, fmt.Errorf("transaction %.80q: want 64 hexadecimal digits: %w", hash, pocket.ErrInvalid)
	}
	var t PendingTx
	_, err := ask(ctx, c, "/query/unconfirmedtx", struct {
		Hash string `json:"hash"`
	}{hash}, func(a *rest.Answer, raw *json.RawMessage) (err error) {
		if isNull(*raw) {
			return a.Fail(pocket.ErrNotFound, "it does not wait")
		}
		var w wireTx
		if err := json.Unmarshal(*raw, &w); err != nil {
			return err
		}
		t, err = w.pending()
		return err
	})
	return t, err
}
