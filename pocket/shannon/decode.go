package shannon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

// DecodeBlock reads the answer of a full node to /block_results from r and yields what the block did: each event of a kind that
// package pocket knows, in the body's order, transactions first. It takes the JSON-RPC envelope as well as the bare result, and the
// events of the protocol's versions from the chain's start up to v0.1.35, under their older names too.
//
// block is the block that the body belongs to. Its Height and Time go into each event. Height may be 0: then it is the body's, which
// must come before the events, as nodes send it. If it is not 0 and the body is of another height, that is an error. Txs, when not
// nil, must hold as many transactions as the body has results: events then carry the hash of their transaction, and a
// [pocket.Transaction] its memo and messages.
//
// An event's At.Index counts from 0 through all events of the body, known or not, chosen or not. Each transaction takes one number
// more, behind its own events, for its [pocket.Transaction].
//
// sel chooses by kind and by mention. An event mentions an address when the address occurs in the value of one of its
// attributes. A transaction mentions what its events mention. What is not chosen is passed over without being decoded.
//
// An error comes last, with a nil event. It is a [pocket.APIError] with the height, the byte and the event that could not be read:
// because of [pocket.ErrMalformed] when the body is cut off, is not JSON or not block results, or holds an event without a
// legible amount or address; [pocket.ErrTooLarge] when one value takes more than 4 MiB; [pocket.ErrUnavailable] when r fails.
// When the node answers with an error of its own instead of results, that is the error: [pocket.ErrPruned], [pocket.ErrFutureHeight],
// [pocket.ErrNotIndexed] or what else its words mean.
//
// The whole body is held to the grammar of JSON, nested no deeper than 256, and read to its end: DecodeBlock ends without an error
// only when [encoding/json.Valid] is true of it, height, transactions and block events are there once each, transactions first, and
// each event is an object with a type. What events hold that are not chosen is not checked any further.
//
// Memory does not grow with the body. r is read from a single goroutine and only while the loop runs; the sequence can be ranged over
// once. What it yields stays valid.
func DecodeBlock(r io.Reader, block pocket.Block, sel pocket.Selection) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		d := newBlockDecoder(r, block, sel, yield)
		if err := d.body(); err != nil && !errors.Is(err, errStopped) {
			yield(nil, d.explain(err))
		}
	}
}

// errStopped says that the loop over the events was left.
var errStopped = errors.New("stopped")

// An envelopeError is a node's own error in a JSON-RPC envelope.
type envelopeError struct {
	Code    int
	Message string
	Data    string
}

func (e envelopeError) Error() string {
	return fmt.Sprintf("the node answers with error %d: %s: %s", e.Code, e.Message, e.Data)
}

// typed says what the node's words mean.
func (e envelopeError) typed() *pocket.APIError {
	words := e.Data
	if words == "" {
		words = e.Message
	}
	meaning := classify(words)
	if meaning.Reason == nil {
		meaning.Reason = pocket.ErrUnavailable
	}
	return &pocket.APIError{
		Reason: meaning.Reason, Call: "/block_results", Code: e.Code, Message: words,
		Lowest: meaning.Lowest, Latest: meaning.Latest, Cause: e,
	}
}

// A blockDecoder walks over one body.
type blockDecoder struct {
	scan   *bodyScanner
	block  pocket.Block
	choose *chooser
	fields eventFields
	yield  func(pocket.Event, error) bool

	height  pocket.Height   // as the body says
	index   int             // the number of the next event
	section string          // the list being read
	item    int             // and which of its elements
	seen    map[string]bool // the fields met in the result
	tx      *txResult       // the transaction whose events are being read
	txs     int             // how many transactions have been read
}

func newBlockDecoder(r io.Reader, block pocket.Block, sel pocket.Selection, yield func(pocket.Event, error) bool) *blockDecoder {
	return &blockDecoder{
		scan: newBodyScanner(r), block: block, choose: newChooser(sel), yield: yield,
		fields: eventFields{names: newInterner()}, seen: map[string]bool{}, section: "the answer",
	}
}

// body reads all of it: an envelope or a bare result.
func (d *blockDecoder) body() error {
	bare, enveloped := false, false
	err := d.scan.object(func(name []byte) error {
		switch string(name) {
		case "jsonrpc", "id":
			return d.skip()
		case "error":
			return d.nodeError()
		case "result":
			if enveloped {
				return d.malformed("a second result")
			}
			if c, err := d.scan.peek(); err != nil {
				return err
			} else if c == 'n' {
				return d.skip() // null, beside an error
			}
			enveloped = true
			return d.scan.object(d.resultField)
		case "height", "txs_results", "begin_block_events", "end_block_events", "finalize_block_events":
			bare = true
			return d.resultField(name)
		default:
			return d.skip()
		}
	})
	if err != nil {
		return err
	}
	if bare && enveloped {
		return d.malformed("fields of a result beside the result")
	}
	d.section = "the answer"
	blockEvents := d.seen["finalize_block_events"] || d.seen["begin_block_events"] && d.seen["end_block_events"]
	switch {
	case !d.seen["height"] || !d.seen["txs_results"] || !blockEvents: // nodes write null where there are none
		return d.malformed("there are no whole block results in it")
	case d.block.Txs != nil && len(d.block.Txs) != d.txs:
		return d.malformed(fmt.Sprintf("it has the results of %d transactions, the block has %d", d.txs, len(d.block.Txs)))
	}
	return d.scan.finish()
}

// nodeError reads the error of an envelope; null is none.
func (d *blockDecoder) nodeError() error {
	raw, err := d.scan.value()
	if err != nil {
		return err
	}
	var answer *struct {
		Code    int
		Message string
		Data    any
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return d.malformed("the error cannot be read: " + err.Error())
	}
	if answer == nil {
		return nil
	}
	e := envelopeError{Code: answer.Code, Message: answer.Message}
	if answer.Data != nil {
		e.Data = fmt.Sprint(answer.Data)
	}
	return e
}

// The lists of events in the order in which they must come, so that an event's number is always the same.
var eventLists = []string{"txs_results", "begin_block_events", "end_block_events", "finalize_block_events"}

// resultField reads one field of the result.
func (d *blockDecoder) resultField(name []byte) error {
	switch string(name) {
	case "height":
		return d.readHeight()
	case "txs_results":
		if err := d.list("txs_results"); err != nil {
			return err
		}
		return d.each(d.transaction)
	case "begin_block_events", "end_block_events", "finalize_block_events": // the first two before CometBFT 0.38
		if err := d.list(string(name)); err != nil {
			return err
		}
		return d.each(d.event)
	default:
		d.section = "the results"
		return d.skip()
	}
}

// list begins the list of events called name.
func (d *blockDecoder) list(name string) error {
	d.section, d.item = name, 0
	behind := false
	for _, other := range eventLists {
		behind = behind || other == name
		if behind && d.seen[other] {
			return d.malformed(name + " comes twice or behind " + other)
		}
	}
	d.seen[name] = true
	return nil
}

// each calls visit for each element of the list, and counts.
func (d *blockDecoder) each(visit func() error) error {
	err := d.scan.array(func() error {
		if d.block.Height == 0 && d.height == 0 {
			return d.malformed("events before the height, and no height was given")
		}
		if err := visit(); err != nil {
			return err
		}
		d.item++
		return nil
	})
	if err == nil {
		d.section = "the results"
	}
	return err
}

func (d *blockDecoder) readHeight() error {
	d.section = "height"
	if d.seen["height"] {
		return d.malformed("a second height")
	}
	d.seen["height"] = true
	raw, err := d.scan.value()
	if err != nil {
		return err
	}
	height, ok := plainInt(raw)
	if !ok || height < 1 {
		return d.malformed(fmt.Sprintf("height is %.40q", raw))
	}
	d.height = pocket.Height(height)
	if d.block.Height != 0 && d.block.Height != d.height {
		return d.malformed(fmt.Sprintf("these are the results of height %d", height))
	}
	d.block.Height = d.height
	return nil
}

// plainInt reads an integer as JSON holds it, in quotes or bare.
func plainInt(raw []byte) (int64, bool) {
	if len(raw) >= 2 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil
}

func (d *blockDecoder) skip() error {
	_, err := d.scan.value()
	return err
}

// event reads one event and yields it when it is chosen.
func (d *blockDecoder) event() error {
	if c, err := d.scan.peek(); err != nil {
		return err
	} else if c != '{' {
		return d.scan.unexpected("an event in { }")
	}
	start := d.scan.offset()
	raw, err := d.scan.event(&d.fields)
	if err != nil {
		return err
	}
	if len(d.fields.kind) == 0 {
		return &scanFault{reason: pocket.ErrMalformed, at: start, what: "an event without a type"}
	}
	name := d.fields.kind
	index := d.index
	d.index++

	kind := eventKinds[string(name)] // no allocation
	wanted := kind.build != nil && d.choose.wantsKind(kind.kind)
	// A chosen transaction wants the fee and the transfers of its events, and to know whom they mention.
	ofTx := d.tx != nil && d.tx.wanted && (!d.tx.mentioned || isTxPart(name))
	if !wanted && !ofTx {
		return nil
	}
	mentioned := d.choose.mayMention(raw, d.fields.hidden)
	if !mentioned && !(ofTx && isTxPart(name)) {
		return nil
	}
	if !d.fields.complete(raw) {
		return &scanFault{reason: pocket.ErrMalformed, at: start, what: "an event whose attributes are not a list of names and values"}
	}
	mentioned = mentioned && d.choose.mentioned(d.fields.list)
	if ofTx {
		d.tx.mentioned = d.tx.mentioned || mentioned
		if isTxPart(name) {
			d.tx.collect(&d.fields, string(name))
		}
	}
	var event pocket.Event
	if wanted && mentioned && d.fields.err == nil {
		event = kind.build(&d.fields, d.at(index))
	}
	if d.fields.err != nil {
		reason := pocket.ErrMalformed
		if errors.Is(d.fields.err, pocket.ErrTooLarge) {
			reason = pocket.ErrTooLarge
		}
		return &scanFault{reason: reason, at: start, cause: d.fields.err, what: fmt.Sprintf("event %d %.100q", index, name)}
	}
	if event != nil && !d.yield(event, nil) {
		return errStopped
	}
	return nil
}

// at says where the event with that number stands.
func (d *blockDecoder) at(index int) pocket.At {
	at := pocket.At{Height: d.block.Height, Time: d.block.Time, Index: index}
	if d.tx != nil {
		at.TxHash = d.tx.hash(d.block.Txs)
	}
	return at
}

func (d *blockDecoder) malformed(what string) error {
	return d.scan.fault(pocket.ErrMalformed, 0, what, nil)
}

// explain adds to err which block it is of, and where.
func (d *blockDecoder) explain(err error) error {
	if refusal, ok := errors.AsType[envelopeError](err); ok {
		return refusal.typed()
	}
	fault, ok := errors.AsType[*scanFault](err)
	if !ok {
		return err
	}
	what := ""
	if d.block.Height != 0 {
		what = fmt.Sprintf("height %d, ", d.block.Height)
	}
	what += fmt.Sprintf("byte %d, in %s", fault.at, d.section)
	if slices.Contains(eventLists, d.section) {
		what += fmt.Sprintf("[%d]", d.item)
	}
	return &pocket.APIError{Reason: fault.reason, Call: "/block_results", Message: what + ": " + fault.what, Cause: fault.cause}
}
