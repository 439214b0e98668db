package pockettest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"github.com/poktbot/poktbot/pocket"
)

// maxSubscriptions is how many a connection may have, CometBFT's default.
const maxSubscriptions = 5

// A socket is a websocket connection to a node.
type socket struct {
	node          *Node
	conn          *websocket.Conn
	subscriptions []subscription
	told          pocket.Height // the newest block that subscribers know of
}

type subscription struct {
	id    json.RawMessage
	text  string
	kind  string // the value of tm.event
	match *matcher
}

// serveWebsocket answers calls and tells subscribers of new blocks until either side ends it.
func (n *Node) serveWebsocket(w http.ResponseWriter, r *http.Request) {
	if n.refuses() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	conn.SetReadLimit(1 << 20)
	if !n.keepSocket(conn) {
		_ = conn.CloseNow()
		return
	}
	defer n.forgetSocket(conn)
	s := &socket{node: n, conn: conn, told: n.view(r.Context()).top}
	s.run(r.Context())
}

// refuses reports whether a handshake is to be refused.
func (n *Node) refuses() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refused > 0 {
		n.refused--
		return true
	}
	return false
}

// keepSocket remembers a connection; it reports false when the node is being closed.
func (n *Node) keepSocket(conn *websocket.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.done:
		return false
	default:
		n.sockets[conn] = struct{}{}
		return true
	}
}

func (n *Node) forgetSocket(conn *websocket.Conn) {
	n.mu.Lock()
	delete(n.sockets, conn)
	n.mu.Unlock()
	_ = conn.CloseNow()
}

// dropSockets ends all websockets.
func (n *Node) dropSockets() {
	n.mu.Lock()
	var open []*websocket.Conn
	for conn := range n.sockets {
		open = append(open, conn)
	}
	n.mu.Unlock()
	for _, conn := range open {
		_ = conn.CloseNow()
	}
}

// Websockets returns how many websockets are open.
func (n *Node) Websockets() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.sockets)
}

func (s *socket) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	frames := make(chan []byte)
	read := make(chan struct{})
	go func() { // the loop below waits for it
		defer close(read)
		defer cancel()
		for {
			_, frame, err := s.conn.Read(ctx)
			if err != nil {
				return
			}
			select {
			case frames <- frame:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		_ = s.conn.CloseNow()
		<-read
	}()
	for {
		changed := s.node.store.changed()
		if !s.tell(ctx) {
			return
		}
		select {
		case frame := <-frames:
			if !s.answer(ctx, frame) {
				return
			}
		case <-changed:
		case <-ctx.Done():
			return
		case <-s.node.done:
			return
		}
	}
}

func (s *socket) send(ctx context.Context, text []byte) bool {
	return s.conn.Write(ctx, websocket.MessageText, text) == nil
}

// answer answers one frame; it reports whether the connection still works.
func (s *socket) answer(ctx context.Context, frame []byte) bool {
	var out bytes.Buffer
	calls, _, err := parsePost(frame)
	if err != nil {
		writeError(&out, nil, malformed(err))
		return s.send(ctx, out.Bytes())
	}
	for _, p := range calls {
		out.Reset()
		s.node.noteRequest(Request{Server: "rpc", Method: "WS", Path: "/" + p.Method, Query: string(p.Params), Status: http.StatusOK})
		switch p.Method {
		case "subscribe", "unsubscribe", "unsubscribe_all":
			if failed := s.change(p); failed != nil {
				writeError(&out, p.ID, failed)
			} else {
				writeResult(&out, p.ID, result{raw: json.RawMessage("{}")})
			}
		default:
			s.node.answer(ctx, &out, p.call())
		}
		if !s.send(ctx, out.Bytes()) {
			return false
		}
	}
	return true
}

// change adds or ends subscriptions.
func (s *socket) change(p postCall) *rpcError {
	text, failed := p.call().text("query")
	if failed != nil {
		return failed
	}
	same := func(x subscription) bool { return x.text == text }
	switch {
	case p.Method == "unsubscribe_all":
		if len(s.subscriptions) == 0 {
			return internalError("subscription not found")
		}
		s.subscriptions = nil
		return nil
	case p.Method == "unsubscribe":
		if !slices.ContainsFunc(s.subscriptions, same) {
			return internalError("subscription not found")
		}
		s.subscriptions = slices.DeleteFunc(s.subscriptions, same)
		return nil
	case len(s.subscriptions) >= maxSubscriptions:
		return internalError("max_subscriptions_per_client %d reached", maxSubscriptions)
	}
	q, err := parseQuery(text)
	if err != nil {
		return internalError("failed to parse query: %v", err)
	}
	if slices.ContainsFunc(s.subscriptions, same) {
		return internalError("already subscribed")
	}
	kinds, rest := q.split("tm.event")
	next := subscription{id: p.ID, text: text, match: newMatcher(rest)}
	if len(kinds) > 0 {
		next.kind = kinds[0].text
	}
	s.subscriptions = append(s.subscriptions, next)
	return nil
}

// tell sends the blocks that subscribers do not know yet.
func (s *socket) tell(ctx context.Context) bool {
	v := s.node.view(ctx)
	s.told = min(s.told, v.top)
	for s.told < v.top {
		s.told++
		for _, sub := range s.subscriptions {
			frames, err := v.news(s.told, sub)
			if err != nil {
				return false
			}
			for _, frame := range frames {
				var out bytes.Buffer
				writeResult(&out, sub.id, result{raw: frame})
				if !s.send(ctx, out.Bytes()) {
					return false
				}
			}
		}
	}
	return true
}

// news returns what a subscription is told of block h.
func (v view) news(h pocket.Height, sub subscription) ([]json.RawMessage, error) {
	b, err := v.block(h)
	if err != nil {
		return nil, err
	}
	told := func(value json.RawMessage, events json.RawMessage) []json.RawMessage {
		return []json.RawMessage{object("query", sub.text,
			"data", object("type", "tendermint/event/"+sub.kind, "value", value), "events", events)}
	}
	switch sub.kind {
	case "NewBlockHeader":
		return told(object("header", b.Block.Header), object("tm.event", []string{sub.kind})), nil
	case "NewBlock", "NewBlockEvents":
		events, err := v.blockEvents(h)
		if err != nil || !sub.match.any(events) {
			return nil, err
		}
		flat := flattened(sub.kind, events)
		if sub.kind == "NewBlockEvents" {
			txs := strconv.Itoa(len(b.Block.Data.Txs))
			return told(object("height", heightText(h), "events", eventList(events), "num_txs", txs), flat), nil
		}
		whole := b.json()
		parts := strings.SplitN(string(whole), `,"block":`, 2)
		inner := json.RawMessage(strings.TrimSuffix(parts[1], "}"))
		return told(object("block", inner, "block_id", b.ID, "result_finalize_block", object("events", eventList(events))), flat), nil
	case "Tx":
		return v.txNews(h, sub)
	default:
		return nil, nil // an event that does not happen here
	}
}

// txNews returns a frame for each transaction of block h that matches.
func (v view) txNews(h pocket.Height, sub subscription) ([]json.RawMessage, error) {
	all, err := v.transactionsAt(h)
	if err != nil {
		return nil, err
	}
	var frames []json.RawMessage
	for _, t := range all {
		if !sub.match.any(t.events) {
			continue
		}
		value := []any{"height", heightText(h)}
		if t.position > 0 { // a zero is left out
			value = append(value, "index", t.position)
		}
		value = append(value, "tx", t.raw, "result", t.result)
		frames = append(frames, object("query", sub.text,
			"data", object("type", "tendermint/event/Tx", "value", object("TxResult", object(value...))),
			"events", flattened("Tx", t.events, "tx.hash", hashOf(t.raw), "tx.height", heightText(h))))
	}
	return frames, nil
}

// eventList writes events as they stand in /block_results.
func eventList(events []placed) json.RawMessage {
	out := []byte{'['}
	var scratch []attribute
	for i, e := range events {
		if i > 0 {
			out = append(out, ',')
		}
		out = e.appendJSON(out, &scratch)
	}
	return append(out, ']')
}

// flattened is the map of all attributes that comes along with an event.
func flattened(kind string, events []placed, more ...string) json.RawMessage {
	all := map[string][]string{"tm.event": {kind}}
	for pair := range slices.Chunk(more, 2) {
		all[pair[0]] = append(all[pair[0]], pair[1])
	}
	var list []attribute
	for _, e := range events {
		list = e.appendAttributes(list[:0])
		for _, a := range list {
			key := e.name() + "." + a.key
			all[key] = append(all[key], a.value)
		}
	}
	return mustJSON(all)
}
