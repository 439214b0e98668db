package poktscan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

var (
	transactionQuery  = load("transaction")
	transactionsQuery = load("transactions")
	transfersQuery    = load("transfers")
)

// wireTransaction is a signed transaction. Messages are told by type and number, without their order.
type wireTransaction struct {
	inBlock
	Position  number          `json:"idx"`
	Code      number          `json:"code"`
	Codespace string          `json:"codespace"`
	Log       string          `json:"log"`
	Memo      string          `json:"memo"`
	Signer    string          `json:"signerAddress"` // the first one; of several a multisig's
	GasUsed   number          `json:"gasUsed"`
	GasWanted number          `json:"gasWanted"`
	Fees      json.RawMessage `json:"fees"`
	Messages  json.RawMessage `json:"amountOfMessages"`
}

// mostMessages is far more than fit into a block.
const mostMessages = 1 << 16

func (c *Client) transaction(w *wireTransaction) (pocket.Transaction, error) {
	f := fields{names: c.names}
	t := pocket.Transaction{
		At: w.at(&f), Position: int(w.Position), Codespace: w.Codespace, Log: w.Log, Memo: w.Memo,
		GasWanted: int64(w.GasWanted), GasUsed: int64(w.GasUsed), FeePayer: f.optionalAddress("signerAddress", w.Signer),
	}
	t.TxHash = w.ID
	if w.Code < 0 || w.Code > 1<<32-1 {
		f.fail("code", fmt.Errorf("%d is no code", w.Code))
	}
	t.Code = uint32(w.Code)
	t.Fee = f.coins("fees", w.Fees)
	var messages []struct {
		Type  string `json:"type"`
		Count number `json:"amount"`
	}
	if err := embedded(orNull(w.Messages), &messages); err != nil {
		f.fail("amountOfMessages", err)
	}
	for _, m := range messages {
		if m.Count < 0 || int(m.Count) > mostMessages-len(t.Messages) {
			f.fail("amountOfMessages", fmt.Errorf("%d messages", m.Count))
			break
		}
		for range m.Count {
			t.Messages = append(t.Messages, m.Type)
		}
	}
	if f.err != nil {
		return t, fmt.Errorf("transaction %.80q: %w", w.ID, f.err)
	}
	return t, nil
}

// coins adds up the upokt of a list of coins.
func (f *fields) coins(name string, raw json.RawMessage) pocket.Upokt {
	var coins []wireCoin
	if err := embedded(orNull(raw), &coins); err != nil {
		f.fail(name, err)
	}
	var sum pocket.Upokt
	for _, coin := range coins {
		if coin.Denom != "upokt" {
			continue
		}
		var err error
		if sum, err = sum.Add(pocket.Upokt(coin.Amount)); err != nil {
			f.fail(name, err)
		}
	}
	return sum
}

var txHash = regexp.MustCompile(`^[0-9A-F]{64}$`)

// Transaction returns the transaction of that hash, in 64 hexadecimal digits; [pocket.ErrNotFound] when the indexer has none. Its messages
// are in no order, its transfers are not told, and neither is its At.Index.
func (c *Client) Transaction(ctx context.Context, hash string) (pocket.Transaction, error) {
	id := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(hash)), "0X") // ids are matched as they are written
	if !txHash.MatchString(id) {
		return pocket.Transaction{}, fmt.Errorf("transaction %.80q: want 64 hexadecimal digits: %w", hash, pocket.ErrInvalid)
	}
	data, _, err := ask[struct {
		header
		Transaction *wireTransaction `json:"transaction"`
	}](ctx, c, transactionQuery, map[string]any{"id": id}, need{})
	switch {
	case err != nil:
	case data.Transaction == nil:
		err = pocket.ErrNotFound
	case data.Transaction.ID != id:
		err = malformed(transactionQuery, errors.New("asked for one transaction, got another"))
	default:
		t, wrong := c.transaction(data.Transaction)
		if wrong == nil {
			return t, nil
		}
		err = malformed(transactionQuery, wrong)
	}
	return pocket.Transaction{}, fmt.Errorf("transaction %s: %w", id, err)
}

// TransactionsOf yields the transactions that an address signed first, in blocks from one height to another, both inclusive, newest first, with
// what [Client.Transaction] tells of each. A to of 0 is the newest. An error is yielded last.
func (c *Client) TransactionsOf(ctx context.Context, signer pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Transaction, error] {
	return func(yield func(pocket.Transaction, error) bool) {
		filter := map[string]any{"signerAddress": map[string]any{"equalTo": signer}, "blockId": heightRange(from, to)}
		if err := needs(signer, "a signer"); err != nil {
			yield(pocket.Transaction{}, err)
			return
		}
		for t, err := range rows(ctx, c.past(), transactionsQuery, map[string]any{"filter": filter}, need{upTo: to}, c.transaction) {
			if !yield(t, err) {
				return
			}
		}
	}
}

func heightRange(from, to pocket.Height) map[string]any {
	r := map[string]any{"greaterThanOrEqualTo": wireHeight(max(1, from))}
	if to > 0 {
		r["lessThanOrEqualTo"] = wireHeight(to)
	}
	return r
}

// A Transfer is coins that one account sent another by a message of its own. Rewards, stakes and coins moved by other messages are none.
type Transfer struct {
	pocket.At
	pocket.Transfer
	Code uint32 // of the transaction: not 0 when nothing was moved
	Memo string
	// DirectionDoubtful: the indexer swapped sender and recipient in rows that it wrote before the end of June 2026, and whether it wrote them
	// anew nobody knows. Where it matters ask the chain.
	DirectionDoubtful bool
}

// Failed reports whether nothing was moved.
func (t Transfer) Failed() bool { return t.Code != 0 }

type wireTransfer struct {
	inBlock
	Sender      string          `json:"senderId"`
	Recipient   string          `json:"recipientId"`
	Amounts     json.RawMessage `json:"amounts"`
	Status      string          `json:"status"`
	Tx          string          `json:"transactionId"`
	Transaction *struct {
		Code number `json:"code"`
		Memo string `json:"memo"`
	} `json:"transaction"`
}

// swapFixed is when the indexer stopped swapping, with a day to spare.
var swapFixed = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

func (c *Client) transfer(w *wireTransfer) (Transfer, error) {
	f := fields{names: c.names}
	t := Transfer{
		At: w.at(&f),
		Transfer: pocket.Transfer{
			From: f.address("senderId", w.Sender), To: f.address("recipientId", w.Recipient), Amount: f.coins("amounts", w.Amounts),
		},
	}
	t.TxHash, t.DirectionDoubtful = w.Tx, t.Time.Before(swapFixed)
	switch {
	case w.Transaction != nil && w.Transaction.Code >= 0 && w.Transaction.Code <= 1<<32-1:
		t.Code, t.Memo = uint32(w.Transaction.Code), w.Transaction.Memo
	case w.Status == "Success" || w.Status == "Error":
	default:
		f.fail("status", errMissing)
	}
	if w.Status == "Error" && t.Code == 0 {
		t.Code = 1 // which one is not told
	}
	if f.err != nil {
		return t, fmt.Errorf("transfer %.80q: %w", w.ID, f.err)
	}
	return t, nil
}

// Transfers yields the transfers of upokt that an address sent or got, in blocks from one height to another, both inclusive, newest first,
// also those that failed. A to of 0 is the newest. An error is yielded last.
func (c *Client) Transfers(ctx context.Context, address pocket.Address, from, to pocket.Height) iter.Seq2[Transfer, error] {
	return func(yield func(Transfer, error) bool) {
		if err := needs(address, "an account"); err != nil {
			yield(Transfer{}, err)
			return
		}
		equal := map[string]any{"equalTo": address}
		filter := map[string]any{"or": []any{map[string]any{"senderId": equal}, map[string]any{"recipientId": equal}}, "blockId": heightRange(from, to)}
		for t, err := range rows(ctx, c.past(), transfersQuery, map[string]any{"filter": filter}, need{upTo: to}, c.transfer) {
			if err == nil && t.Amount == 0 {
				continue // of another coin
			}
			if !yield(t, err) {
				return
			}
		}
	}
}
