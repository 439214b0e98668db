package pockettest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A FaultKind names a way in which nodes fail.
type FaultKind string

// The faults, and the fields of [Fault] that each reads. The first group spoils answers, one by one; the second changes what the
// node knows, for as long as the fault lasts.
const (
	Down     FaultKind = "down"      // connections are reset without an answer
	Status   FaultKind = "status"    // Status, RetryAfter and Body instead of the answer
	HTML     FaultKind = "html"      // a proxy's page instead of the answer, with Status (200 when 0)
	Slow     FaultKind = "slow"      // the answer comes after Delay
	Truncate FaultKind = "truncate"  // the connection breaks after so many Bytes of the body
	Garbage  FaultKind = "garbage"   // bytes that are no JSON, with status 200
	Endless  FaultKind = "endless"   // a body that looks like block results and does not end
	GzipBomb FaultKind = "gzip bomb" // a small compressed body that grows to Bytes (1 GiB when 0)

	WrongChain      FaultKind = "wrong chain"      // the node says that its chain is ChainID
	Lag             FaultKind = "lag"              // the node is so many Blocks behind
	Prune           FaultKind = "prune"            // the node has dropped the blocks below Below, and their state
	NoIndex         FaultKind = "no index"         // the node has no index to search
	DiscardResults  FaultKind = "discard results"  // the node keeps no block results
	CloseWebsockets FaultKind = "close websockets" // all websockets end at once, and the next Times handshakes are refused
)

// A Fault is something that goes wrong with a [Node].
type Fault struct {
	Kind  FaultKind
	Path  string // only answers to paths that begin so, such as "/block_results"; those of JSON-RPC count as "/" and the method
	Times int    // how many answers are spoiled; 0 is all until it is healed

	Status     int
	RetryAfter time.Duration // whole seconds
	Body       string
	Delay      time.Duration
	Bytes      int64
	ChainID    string
	Blocks     int64
	Below      pocket.Height
}

type activeFault struct {
	Fault
	left int
}

// Fail makes the node fail until heal is called, or until f has struck as often as it says.
func (n *Node) Fail(f Fault) (heal func()) {
	active := &activeFault{Fault: f, left: f.Times}
	if f.Kind == CloseWebsockets {
		n.mu.Lock()
		n.refused = f.Times
		n.mu.Unlock()
		n.dropSockets()
		return func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.refused = 0
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = append(n.faults, active)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.removeFault(active)
	}
}

// Heal ends all faults.
func (n *Node) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults, n.refused = nil, 0
}

func (n *Node) removeFault(f *activeFault) {
	for i, other := range n.faults {
		if other == f {
			n.faults = append(n.faults[:i:i], n.faults[i+1:]...)
			return
		}
	}
}

// spoiled returns the faults that strike an answer to path.
func (n *Node) spoiled(path string) []Fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	var struck []Fault
	for _, f := range append([]*activeFault(nil), n.faults...) {
		switch f.Kind {
		case WrongChain, Lag, Prune, NoIndex, DiscardResults:
			continue
		}
		if !strings.HasPrefix(path, f.Path) {
			continue
		}
		struck = append(struck, f.Fault)
		if f.left > 0 {
			if f.left--; f.left == 0 {
				n.removeFault(f)
			}
		}
	}
	return struck
}

// withFaults wraps a server's handler: it keeps count of requests and spoils answers.
func (n *Node) withFaults(server string, handler http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !n.enter() {
			panic(http.ErrAbortHandler)
		}
		defer n.running.Done()
		asked, err := readQuestion(server, r)
		if err != nil {
			http.Error(w, "cannot read the request", http.StatusBadRequest)
			return
		}
		notes := make([]*Request, len(asked))
		for i, q := range asked {
			notes[i] = n.noteRequest(q)
		}
		out := &meter{ResponseWriter: w, left: -1}
		defer func() {
			for _, note := range notes {
				n.answered(note, out.status, out.bytes)
			}
		}()
		path := r.URL.Path
		if len(asked) > 0 {
			path = asked[0].Path
		}
		for _, f := range n.spoiled(path) {
			if n.strike(f, out, r) {
				return
			}
		}
		handler(out, r)
	})
}

// strike spoils an answer; it reports whether it has given one itself.
func (n *Node) strike(f Fault, w *meter, r *http.Request) bool {
	switch f.Kind {
	case Down:
		reset(w)
	case Status:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
		}
		w.WriteHeader(orElse(f.Status, http.StatusServiceUnavailable))
		_, _ = io.WriteString(w, f.Body)
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(orElse(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, "<html><head><title>simulated proxy</title></head><body><h1>Please stand by</h1></body></html>\n")
	case Slow:
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
			return false
		case <-r.Context().Done():
		case <-n.done:
		}
		panic(http.ErrAbortHandler)
	case Truncate:
		w.left = f.Bytes
		return false
	case Garbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "\x00\xff{]simulated garbage[}")
	case Endless:
		n.endless(w, r)
	case GzipBomb:
		bomb(w, f.Bytes)
	}
	return true
}

// reset breaks the connection so that the other side sees it at once.
func reset(w *meter) {
	conn, _, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// endless writes until the other side has had enough.
func (n *Node) endless(w *meter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":-1,"result":{"height":"1","txs_results":null,`+
		`"finalize_block_events":[{"type":"message","attributes":[]}`)
	piece := []byte(strings.Repeat(`,{"type":"message","attributes":[]}`, 1000))
	for {
		select {
		case <-n.done:
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		default:
		}
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// bomb writes a compressed body of spaces: one small piece over and over, as gzip allows.
func bomb(w *meter, size int64) {
	const piece = 1 << 20
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(bytes.Repeat([]byte{' '}, piece))
	_ = zip.Close()
	if size <= 0 {
		size = 1 << 30
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	for range (size + piece - 1) / piece {
		if _, err := w.Write(packed.Bytes()); err != nil {
			return
		}
	}
}

// A meter counts what is answered, and may break the connection after so many bytes.
type meter struct {
	http.ResponseWriter
	status int
	bytes  int64
	left   int64 // -1 for no limit
}

func (m *meter) WriteHeader(status int) {
	if m.status == 0 {
		m.status = status
	}
	m.ResponseWriter.WriteHeader(status)
}

func (m *meter) Write(b []byte) (int, error) {
	if m.status == 0 {
		m.status = http.StatusOK
	}
	broken := m.left >= 0 && int64(len(b)) > m.left
	if broken {
		b = b[:m.left]
	}
	n, err := m.ResponseWriter.Write(b)
	m.bytes += int64(n)
	if m.left >= 0 {
		m.left -= int64(n)
	}
	if broken {
		_ = http.NewResponseController(m.ResponseWriter).Flush() // what was written is to arrive
		m.status = 0
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// Unwrap lets the websocket and http.ResponseController reach what is below.
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }
