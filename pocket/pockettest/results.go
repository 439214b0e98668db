package pockettest

import (
	"encoding/base64"
	"io"

	"github.com/poktbot/poktbot/pocket"
)

// WriteBlockResults writes the result of /block_results of block h, without the JSON-RPC envelope, a piece at a time. A height that
// is not there is an error; so is w's.
func (c *Chain) WriteBlockResults(w io.Writer, h pocket.Height) error {
	world, head := c.now()
	if err := within(h, head); err != nil {
		return err
	}
	return world.writeResults(w, h)
}

// A sheet is a buffer that is written out when it has grown.
type sheet struct {
	out     io.Writer
	buf     []byte
	scratch []attribute
	err     error
}

const sheetSize = 64 << 10

func (s *sheet) text(t string) { s.buf = append(s.buf, t...) }

func (s *sheet) event(e placed, first bool) {
	if !first {
		s.buf = append(s.buf, ',')
	}
	s.buf = e.appendJSON(s.buf, &s.scratch)
	if len(s.buf) > sheetSize {
		s.flush()
	}
}

func (s *sheet) flush() {
	if s.err == nil {
		_, s.err = s.out.Write(s.buf)
	}
	s.buf = s.buf[:0]
}

func (w *world) writeResults(out io.Writer, h pocket.Height) error {
	b := w.body(h)
	s := &sheet{out: out, buf: make([]byte, 0, sheetSize+8192)}
	s.text(`{"height":`)
	s.buf = appendNumber(s.buf, int64(h))
	s.text(`,"txs_results":`)
	if len(b.txs) == 0 {
		s.text("null")
	} else {
		for i, t := range b.txs {
			s.text(map[bool]string{true: "[", false: ","}[i == 0])
			s.tx(t)
		}
		s.text("]")
	}
	s.text(`,"finalize_block_events":[`)
	for i, e := range b.block {
		s.event(e, i == 0)
	}
	s.text(`],"validator_updates":null,"consensus_param_updates":{"block":{"max_bytes":"22020096","max_gas":"-1"},` +
		`"evidence":{"max_age_num_blocks":"100000","max_age_duration":"172800000000000","max_bytes":"1048576"},` +
		`"validator":{"pub_key_types":["ed25519"]},"version":{},"abci":{}},"app_hash":"`)
	hash := digest(w.cfg.Seed, "app", uint64(h))
	s.text(base64.StdEncoding.EncodeToString(hash[:]))
	s.text(`"}`)
	s.flush()
	return s.err
}

// tx writes an element of txs_results.
func (s *sheet) tx(t *tx) {
	s.text(`{"code":`)
	s.buf = appendInt(s.buf, int64(t.code))
	s.text(`,"data":`)
	s.data(t)
	s.text(`,"log":`)
	s.buf = appendQuoted(s.buf, t.log)
	s.text(`,"info":"","gas_wanted":`)
	s.buf = appendNumber(s.buf, t.gas)
	s.text(`,"gas_used":`)
	s.buf = appendNumber(s.buf, t.used)
	s.text(`,"events":[`)
	for i, e := range t.events() {
		s.event(e, i == 0)
	}
	s.text(`],"codespace":"`)
	s.text(t.codespace())
	s.text(`"}`)
}

func (s *sheet) data(t *tx) {
	if t.code != 0 {
		s.text("null")
		return
	}
	s.text(`"` + base64.StdEncoding.EncodeToString(t.data()) + `"`)
}

func (t *tx) codespace() string {
	if t.code != 0 {
		return "sdk"
	}
	return ""
}
