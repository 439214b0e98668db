package pockettest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/poktbot/poktbot/pocket"
)

// A Node is a fake full node. It listens on two ports of 127.0.0.1 until it is closed, and is safe for concurrent use.
type Node struct {
	RPC  string // URL of the CometBFT RPC, such as http://127.0.0.1:40123; the websocket is at its /websocket
	REST string // URL of the Cosmos REST API

	store   store
	chain   *Chain // nil when a recording is served
	replies *replies
	rest    *http.ServeMux

	mu       sync.Mutex
	faults   []*activeFault
	requests []*Request
	sockets  map[*websocket.Conn]struct{}
	refused  int // handshakes still to be refused

	servers []*http.Server
	running sync.WaitGroup
	done    chan struct{}
	close   sync.Once
}

// A Request is something that a node was asked. Calls by JSON-RPC count one by one, also within a batch.
type Request struct {
	Server string        // "rpc" or "rest"
	Method string        // GET, POST
	Path   string        // of a call by JSON-RPC "/" and its method
	Query  string        // as sent, still encoded; the params of a call by JSON-RPC
	Height pocket.Height // the state asked for with x-cosmos-block-height, 0 for the newest
	Status int           // 0 while it is being answered, and for answers that were broken off
	Bytes  int64         // of the answer's body so far
}

// NewNode returns a node that serves chain. It panics when it cannot listen, as tests want it; see [Listen].
func NewNode(chain *Chain) *Node {
	n, err := Listen(chain)
	if err != nil {
		panic("pockettest: " + err.Error())
	}
	return n
}

// Listen returns a node that serves chain, or the error why it cannot listen.
func Listen(chain *Chain) (*Node, error) {
	return listen(&Node{store: simulation{chain}, chain: chain})
}

// NewRecorded returns a node that answers as one did that was recorded. dir holds index.json, which says what was asked and which file was
// answered, and blocks.jsonl.gz, a run of blocks from 1 on: [Recordings] is such a directory. A question is found by
// its method, path, query, body and x-cosmos-block-height. /status, /block, /block_results, /blockchain, /header, /commit, searches and
// the websocket are answered from the blocks up to a head that [Node.SetHead] moves, unless [Node.Replay] names a recording of them.
func NewRecorded(dir fs.FS) (*Node, error) {
	blocks, err := readBlocks(dir)
	if err != nil {
		return nil, err
	}
	store, err := newRecording(blocks)
	if err != nil {
		return nil, err
	}
	known, err := readReplies(dir)
	if err != nil {
		return nil, err
	}
	return listen(&Node{store: store, replies: known})
}

func listen(n *Node) (*Node, error) {
	n.done = make(chan struct{})
	n.sockets = map[*websocket.Conn]struct{}{}
	n.rest = n.routes()
	var err error
	if n.RPC, err = n.serve("rpc", n.serveRPC); err == nil {
		n.REST, err = n.serve("rest", n.serveREST)
	}
	if err != nil {
		n.Close()
		return nil, fmt.Errorf("fake node: %w", err)
	}
	return n, nil
}

// serve starts a server and returns its URL.
func (n *Node) serve(name string, handler http.HandlerFunc) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler:           n.withFaults(name, handler),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // broken connections are made on purpose
	}
	n.servers = append(n.servers, server)
	n.running.Go(func() { _ = server.Serve(listener) })
	return "http://" + listener.Addr().String(), nil
}

// Close ends all connections and waits until nothing of the node runs any more. It may be called again.
func (n *Node) Close() {
	n.close.Do(func() {
		n.mu.Lock()
		close(n.done) // with the lock, so that nobody enters while Wait waits
		n.mu.Unlock()
		for _, server := range n.servers {
			_ = server.Close()
		}
		n.dropSockets()
	})
	n.running.Wait()
}

// enter reports whether something may begin that Close is to wait for; it ends with n.running.Done.
func (n *Node) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.done:
		return false
	default:
		n.running.Add(1)
		return true
	}
}

// Chain returns the chain that the node serves, nil when it serves a recording.
func (n *Node) Chain() *Chain { return n.chain }

// SetHead makes h the newest block of what the node serves. A recording ends with its last block.
func (n *Node) SetHead(h pocket.Height) {
	if n.chain != nil {
		n.chain.SetHead(h)
		return
	}
	if r, ok := n.store.(*recording); ok {
		r.setHead(h)
	}
}

// Requests returns what the node was asked since it began or since the last [Node.ResetRequests], in the order of arrival.
func (n *Node) Requests() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]Request, len(n.requests))
	for i, r := range n.requests {
		out[i] = *r
	}
	return out
}

// ResetRequests forgets what the node was asked.
func (n *Node) ResetRequests() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.requests = nil
}

// Count returns how many requests had a path that begins with prefix, such as "/block_results".
func (n *Node) Count(prefix string) int {
	return len(slices.DeleteFunc(n.Requests(), func(r Request) bool { return !strings.HasPrefix(r.Path, prefix) }))
}

// noteRequest adds r to what the node was asked.
func (n *Node) noteRequest(r Request) *Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.requests = append(n.requests, &r)
	return &r
}

// answered keeps what became of a request.
func (n *Node) answered(r *Request, status int, bytes int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r.Status, r.Bytes = status, bytes
}

// A view is what a node knows of its blocks, with the faults that it has at the moment.
type view struct {
	store
	top       pocket.Height
	low       pocket.Height // the first block it still has
	chain     string        // the id it says it has
	noIndex   bool
	discard   bool         // of block results
	abandoned func() error // the cause when nobody waits for the answer any more
}

func (n *Node) view(ctx context.Context) view {
	v := view{
		store: n.store, top: n.store.head(), low: 1, chain: n.store.chainID(),
		abandoned: func() error { return context.Cause(ctx) },
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.faults {
		switch f.Kind {
		case Lag:
			v.top = max(1, v.top-pocket.Height(f.Blocks))
		case Prune:
			v.low = max(v.low, f.Below)
		case WrongChain:
			v.chain = f.ChainID
		case NoIndex:
			v.noIndex = true
		case DiscardResults:
			v.discard = true
		}
	}
	v.low = min(v.low, v.top)
	return v
}

// block returns a block as the node shows it: with the chain id that it says it has.
func (v view) block(h pocket.Height) (storedBlock, error) {
	b, err := v.store.block(h)
	if v.chain != v.chainID() && err == nil {
		b.Block.Header = []byte(strings.Replace(string(b.Block.Header), `"chain_id":`+quoted(v.chainID()), `"chain_id":`+quoted(v.chain), 1))
	}
	return b, err
}
