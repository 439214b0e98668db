package pockettest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// A store is where a node's blocks come from: a simulated chain, or a recording.
type store interface {
	chainID() string
	head() pocket.Height
	changed() <-chan struct{} // closed when head moves
	// block returns the parts of block h, which must exist.
	block(h pocket.Height) (storedBlock, error)
	// commit returns what the validators signed of block h.
	commit(h pocket.Height) (json.RawMessage, error)
	// writeResults writes the result of /block_results.
	writeResults(w io.Writer, h pocket.Height) error
	// results returns what happened in block h, to be searched.
	results(h pocket.Height) (storedResults, error)
}

// A storedBlock is a block in CometBFT's JSON, in its parts.
type storedBlock struct {
	ID    json.RawMessage `json:"block_id"`
	Block struct {
		Header json.RawMessage `json:"header"`
		Data   struct {
			Txs [][]byte `json:"txs"`
		} `json:"data"`
		Evidence   json.RawMessage `json:"evidence"`
		LastCommit json.RawMessage `json:"last_commit"`
	} `json:"block"`
}

// storedResults are a block's events. The i-th of txs is that of the i-th transaction.
type storedResults struct {
	txs   []storedTx
	block []placed
}

type storedTx struct {
	result json.RawMessage // as in txs_results
	events []placed
}

// A simulation is a store of simulated blocks.
type simulation struct{ *Chain }

func (s simulation) chainID() string          { return ChainID }
func (s simulation) head() pocket.Height      { return s.Head() }
func (s simulation) changed() <-chan struct{} { return s.Changed() }

func (s simulation) block(h pocket.Height) (storedBlock, error) {
	w, _ := s.now()
	var b storedBlock
	b.Block.Data.Txs = [][]byte{}
	for _, t := range w.transactions(h) {
		b.Block.Data.Txs = append(b.Block.Data.Txs, t.raw())
	}
	b.ID = mustJSON(w.blockID(h))
	b.Block.Header = mustJSON(w.header(h, len(b.Block.Data.Txs)))
	b.Block.Evidence = json.RawMessage(`{"evidence":[]}`)
	b.Block.LastCommit = mustJSON(w.commit(h - 1))
	return b, nil
}

func (s simulation) commit(h pocket.Height) (json.RawMessage, error) {
	w, _ := s.now()
	return mustJSON(w.commit(h)), nil
}

func (s simulation) writeResults(out io.Writer, h pocket.Height) error {
	w, _ := s.now()
	return w.writeResults(out, h)
}

func (s simulation) results(h pocket.Height) (storedResults, error) {
	w, _ := s.now()
	b := w.body(h)
	out := storedResults{block: b.block}
	for _, t := range b.txs {
		var text bytes.Buffer
		page := &sheet{out: &text}
		page.tx(t)
		page.flush()
		out.txs = append(out.txs, storedTx{text.Bytes(), t.events()})
	}
	return out, nil
}

// A recording is a store of recorded blocks, whose head can be moved.
type recording struct {
	blocks []RecordedBlock
	id     string

	mu   sync.Mutex
	top  pocket.Height
	wake chan struct{}
}

func newRecording(blocks []RecordedBlock) (*recording, error) {
	if len(blocks) == 0 {
		return nil, fmt.Errorf("recording: no blocks: %w", pocket.ErrInvalid)
	}
	first, err := blocks[0].Decoded()
	if err != nil {
		return nil, err
	}
	for i, b := range blocks {
		if b.Height != pocket.Height(i+1) {
			return nil, fmt.Errorf("recording: block %d stands where %d should: %w", b.Height, i+1, pocket.ErrInvalid)
		}
	}
	return &recording{blocks: blocks, id: first.ChainID, top: pocket.Height(len(blocks)), wake: make(chan struct{})}, nil
}

func (r *recording) chainID() string { return r.id }

func (r *recording) head() pocket.Height {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.top
}

func (r *recording) changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wake
}

// setHead makes h the newest block, as far as there are blocks.
func (r *recording) setHead(h pocket.Height) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.top = max(1, min(h, pocket.Height(len(r.blocks))))
	close(r.wake)
	r.wake = make(chan struct{})
}

func (r *recording) block(h pocket.Height) (storedBlock, error) {
	var b storedBlock
	if err := json.Unmarshal(r.blocks[h-1].Block, &b); err != nil {
		return storedBlock{}, fmt.Errorf("recorded block %d: %w", h, err)
	}
	if b.Block.Data.Txs == nil {
		b.Block.Data.Txs = [][]byte{}
	}
	return b, nil
}

// commit takes the signatures from the next block; the newest has none yet.
func (r *recording) commit(h pocket.Height) (json.RawMessage, error) {
	if int(h) < len(r.blocks) {
		next, err := r.block(h + 1)
		return next.Block.LastCommit, err
	}
	b, err := r.block(h)
	return json.RawMessage(`{"height":"` + heightText(h) + `","round":0,"block_id":` + string(b.ID) + `,"signatures":[]}`), err
}

func (r *recording) writeResults(w io.Writer, h pocket.Height) error {
	_, err := w.Write(r.blocks[h-1].Results)
	return err
}

// wireResults is the part of /block_results that is searched.
type wireResults struct {
	Txs   []json.RawMessage `json:"txs_results"`
	Block []eventJSON       `json:"finalize_block_events"`
}

type eventJSON struct {
	Type       string `json:"type"`
	Attributes []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		Index bool   `json:"index"`
	} `json:"attributes"`
}

// placed returns the event with the attributes that a node indexes.
func (e eventJSON) placed() placed {
	p := plain{kind: e.Type}
	for _, a := range e.Attributes {
		if a.Index {
			p.list = append(p.list, attribute{a.Key, a.Value})
		}
	}
	return placed{wireEvent: p}
}

func (r *recording) results(h pocket.Height) (storedResults, error) {
	var wire wireResults
	if err := json.Unmarshal(r.blocks[h-1].Results, &wire); err != nil {
		return storedResults{}, fmt.Errorf("recorded results %d: %w", h, err)
	}
	var out storedResults
	for i, raw := range wire.Txs {
		var result struct {
			Events []eventJSON `json:"events"`
		}
		if err := json.Unmarshal(raw, &result); err != nil {
			return storedResults{}, fmt.Errorf("recorded results %d, transaction %d: %w", h, i, err)
		}
		t := storedTx{result: raw}
		for _, e := range result.Events {
			t.events = append(t.events, e.placed())
		}
		out.txs = append(out.txs, t)
	}
	for _, e := range wire.Block {
		out.block = append(out.block, e.placed())
	}
	return out, nil
}

// json returns the block as the result of /block.
func (b storedBlock) json() json.RawMessage {
	out := append([]byte(`{"block_id":`), b.ID...)
	out = append(append(out, `,"block":{"header":`...), b.Block.Header...)
	out = append(out, `,"data":{"txs":[`...)
	for i, t := range b.Block.Data.Txs {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(base64.StdEncoding.AppendEncode(append(out, '"'), t), '"')
	}
	out = append(append(out, `]},"evidence":`...), b.Block.Evidence...)
	out = append(append(out, `,"last_commit":`...), b.Block.LastCommit...)
	return append(out, "}}"...)
}

// meta returns the block as /blockchain lists it.
func (b storedBlock) meta() json.RawMessage {
	size := 596 // an empty block's
	for _, t := range b.Block.Data.Txs {
		size += len(t) + 3
	}
	out := append([]byte(`{"block_id":`), b.ID...)
	out = append(append(out, `,"block_size":"`...), strconv.Itoa(size)...)
	out = append(append(out, `","header":`...), b.Block.Header...)
	out = append(append(out, `,"num_txs":"`...), strconv.Itoa(len(b.Block.Data.Txs))...)
	return append(out, `"}`...)
}
