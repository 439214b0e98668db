package shannon

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/poktbot/poktbot/pocket"
)

// maxTransfers is how many transfers one transaction may make. A real one of that many would not fit into a block.
const maxTransfers = 1 << 16

// A txResult is a transaction's result while it is read.
type txResult struct {
	pocket.Transaction
	wanted    bool // the selection has transactions
	mentioned bool // one of the events so far mentions a wanted address
	known     string
}

// hash returns the hash of the signed bytes, "" when they are not there. It is computed when first needed.
func (t *txResult) hash(txs [][]byte) string {
	if t.known == "" && t.Position < len(txs) {
		sum := sha256.Sum256(txs[t.Position])
		t.known = strings.ToUpper(hex.EncodeToString(sum[:]))
	}
	return t.known
}

// transaction reads one element of txs_results: the events in it, then the transaction itself.
func (d *blockDecoder) transaction() error {
	tx := &txResult{wanted: d.choose.wantsKind(pocket.KindTransaction), mentioned: d.choose.mentions == nil}
	tx.Position = d.txs
	if d.block.Txs != nil && tx.Position >= len(d.block.Txs) {
		return d.malformed(fmt.Sprintf("the block has only %d transactions", len(d.block.Txs)))
	}
	d.tx = tx
	d.txs++
	events := false
	err := d.scan.object(func(name []byte) error {
		if string(name) == "events" {
			if events {
				return d.malformed("a second list of events")
			}
			events = true
			return d.scan.array(d.event)
		}
		if !tx.wanted {
			return d.skip()
		}
		return d.txField(name)
	})
	if err != nil {
		return err
	}
	index := d.index
	d.index++
	if tx.wanted && tx.mentioned {
		tx.At = d.at(index)
		tx.readBody(d.block.Txs)
		if !d.yield(tx.Transaction, nil) {
			return errStopped
		}
	}
	d.tx = nil
	return nil
}

// txField reads a field of the result that is not its events.
func (d *blockDecoder) txField(name []byte) error {
	field := string(name)
	raw, err := d.scan.value()
	if err != nil {
		return err
	}
	number, isNumber := int64(0), true
	switch field {
	case "code", "gas_wanted", "gas_used":
		number, isNumber = plainInt(raw)
	case "codespace", "log":
		if string(raw) == "null" {
			return nil
		}
		if raw[0] != '"' {
			return d.malformed(fmt.Sprintf("%s of a transaction is not text", field))
		}
		raw = raw[1 : len(raw)-1]
	}
	switch field {
	case "code":
		isNumber = isNumber && number >= 0 && number <= math.MaxUint32
		d.tx.Code = uint32(number)
	case "gas_wanted":
		d.tx.GasWanted = number
	case "gas_used":
		d.tx.GasUsed = number
	case "codespace":
		d.tx.Codespace = prose(unescape(nil, raw))
	case "log":
		d.tx.Log = prose(unescape(nil, raw))
	}
	if !isNumber {
		return d.malformed(fmt.Sprintf("%s of a transaction is %.40q", field, raw))
	}
	return nil
}

// isTxPart reports whether the events of that type tell something of the transaction itself.
func isTxPart(name []byte) bool { return string(name) == "tx" || string(name) == "transfer" }

// collect takes from one of the transaction's events what belongs to the transaction.
func (t *txResult) collect(f *eventFields, name string) {
	if name == "tx" {
		if fee, ok := f.coins("fee"); ok {
			t.Fee = fee
		}
		if f.has("fee_payer") {
			t.FeePayer = f.optionalAddress("fee_payer")
		}
		return
	}
	if amount, ok := f.coins("amount"); ok {
		if len(t.Transfers) == maxTransfers {
			f.fail("amount", fmt.Errorf("the transaction has more than %d transfers: %w", maxTransfers, pocket.ErrTooLarge))
			return
		}
		t.Transfers = append(t.Transfers, pocket.Transfer{
			From:   f.optionalAddress("sender"), // a send from many to many does not tell
			To:     f.address("recipient"),
			Amount: amount,
		})
	}
}

// readBody takes the memo and the messages from the signed bytes. A block may hold bytes that are no transaction, which fail: they
// have neither.
func (t *txResult) readBody(txs [][]byte) {
	t.MemoAbsent = true
	if t.Position >= len(txs) {
		return
	}
	// TxRaw: body_bytes = 1. TxBody: messages = 1, memo = 2. Any: type_url = 1.
	var messages []string
	memo := ""
	sound := eachBytes(txs[t.Position], func(number protowire.Number, body []byte) bool {
		if number != 1 {
			return true
		}
		return eachBytes(body, func(number protowire.Number, value []byte) bool {
			switch number {
			case 1:
				url := ""
				ok := eachBytes(value, func(number protowire.Number, value []byte) bool {
					if number == 1 {
						url = prose(value)
					}
					return true
				})
				messages = append(messages, url)
				return ok
			case 2:
				memo = prose(value)
			}
			return true
		})
	})
	if sound {
		t.Memo, t.Messages, t.MemoAbsent = memo, slices.Clip(messages), false
	}
}

// eachBytes calls visit for each field of a protobuf message that holds bytes, and passes over the others. It reports whether the
// message is sound.
func eachBytes(message []byte, visit func(protowire.Number, []byte) bool) bool {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return false
		}
		message = message[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
				return false
			}
		} else {
			var value []byte
			if value, n = protowire.ConsumeBytes(message); n < 0 || !visit(number, value) {
				return false
			}
		}
		message = message[n:]
	}
	return true
}

// prose returns a stranger's text as valid UTF-8.
func prose(text []byte) string { return strings.ToValidUTF8(string(text), "\uFFFD") }
