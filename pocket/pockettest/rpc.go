package pockettest

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// An rpcError is an error of CometBFT's JSON-RPC.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    string `json:"data,omitempty"`
}

func (e *rpcError) Error() string { return e.Data }

func internalError(format string, args ...any) *rpcError {
	return &rpcError{-32603, "Internal error", fmt.Sprintf(format, args...)}
}

// A call is a method with its parameters, whose texts are taken out of what carried them.
type call struct {
	method string
	id     json.RawMessage
	get    func(name string) (raw string, ok bool) // JSON, or what a GET gave bare
	post   bool
}

func (c call) invalid(err error) *rpcError {
	kind := "http"
	if c.post {
		kind = "json"
	}
	return &rpcError{-32602, "Invalid params", fmt.Sprintf("error converting %s params to arguments: %v", kind, err)}
}

// text returns a string parameter. A GET wants it in double quotes.
func (c call) text(name string) (string, *rpcError) {
	raw, ok := c.get(name)
	if !ok || raw == "" {
		return "", nil
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return "", c.invalid(err)
	}
	return s, nil
}

// number returns an integer parameter, false when it is absent. In JSON it must be a string; a GET may give it bare.
func (c call) number(name string) (int64, bool, *rpcError) {
	raw, ok := c.get(name)
	if !ok || raw == "" || raw == "null" {
		return 0, false, nil
	}
	if !c.post && strings.Trim(raw, "-0123456789") == "" {
		raw = `"` + raw + `"`
	}
	var s string
	if !strings.HasPrefix(raw, `"`) {
		return 0, false, c.invalid(fmt.Errorf("invalid 64-bit integer encoding %q, expected string", raw))
	}
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return 0, false, c.invalid(err)
	}
	var n int64
	if err := json.Unmarshal([]byte(s), &n); err != nil {
		return 0, false, c.invalid(err)
	}
	return n, true, nil
}

// hash returns a parameter of bytes: 0x and hexadecimal digits over GET, base64 in JSON.
func (c call) hash(name string) ([]byte, *rpcError) {
	raw, ok := c.get(name)
	if !ok || raw == "" {
		return nil, nil
	}
	if digits, isHex := strings.CutPrefix(raw, "0x"); isHex && !c.post {
		b, err := hex.DecodeString(digits)
		if err != nil {
			return nil, c.invalid(err)
		}
		return b, nil
	}
	var b []byte
	if err := json.Unmarshal([]byte(raw), &b); err != nil {
		return nil, c.invalid(err)
	}
	return b, nil
}

// A result is what a call answers: JSON, or something that writes it piece by piece.
type result struct {
	raw   json.RawMessage
	write func(io.Writer) error
}

func (r result) writeTo(w io.Writer) error {
	if r.write != nil {
		return r.write(w)
	}
	_, err := w.Write(r.raw)
	return err
}

// readQuestion tells what a request asks, leaving its body readable.
func readQuestion(server string, r *http.Request) ([]Request, error) {
	height, _ := strconv.ParseInt(r.Header.Get("x-cosmos-block-height"), 10, 64)
	plain := Request{Server: server, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Height: pocket.Height(height)}
	if r.Method != http.MethodPost {
		return []Request{plain}, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if server != "rpc" {
		return []Request{plain}, nil
	}
	var questions []Request
	calls, _, _ := parsePost(body)
	for _, c := range calls {
		q := plain
		q.Path, q.Query = "/"+c.Method, string(c.Params)
		questions = append(questions, q)
	}
	return questions, nil
}

// postCall is a call as it comes over POST or the websocket.
type postCall struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// parsePost reads one call or a batch of them.
func parsePost(body []byte) (calls []postCall, batch bool, err error) {
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] == '[' {
		err = json.Unmarshal(body, &calls)
		return calls, true, err
	}
	var c postCall
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, false, err
	}
	return []postCall{c}, false, nil
}

func (p postCall) call() call {
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(p.Params, &fields) // params that are no object hold nothing by name
	return call{method: p.Method, id: p.ID, post: true, get: func(name string) (string, bool) {
		raw, ok := fields[name]
		return string(raw), ok
	}}
}

func getCall(method string, values url.Values) call {
	return call{method: method, id: json.RawMessage("-1"), get: func(name string) (string, bool) {
		return values.Get(name), values.Has(name)
	}}
}

// serveRPC answers GET, JSON-RPC over POST, and the websocket.
func (n *Node) serveRPC(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/websocket" {
		n.serveWebsocket(w, r)
		return
	}
	if n.replies.serve(n, w, r) {
		return
	}
	if r.Method == http.MethodPost {
		n.servePost(w, r)
		return
	}
	method := strings.TrimPrefix(r.URL.Path, "/")
	if method == "" {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body><br>Available endpoints:<br><br>Endpoints that require arguments:<br></body></html>")
		return
	}
	handler, ok := methodNamed(method)
	if !ok {
		http.NotFound(w, r)
		return
	}
	c := getCall(method, r.URL.Query())
	answer, failed := handler(n.view(r.Context()), c)
	w.Header().Set("Content-Type", "application/json")
	if failed != nil {
		w.WriteHeader(http.StatusInternalServerError)
		writeError(w, c.id, failed)
		return
	}
	if _, fixed, _ := c.number("height"); fixed && (method == "block" || method == "block_results") {
		w.Header().Set("Cache-Control", "public, max-age=86400")
	}
	writeResult(w, c.id, answer)
}

func (n *Node) servePost(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "cannot read the request", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	calls, batch, err := parsePost(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		writeError(w, nil, malformed(err))
		return
	}
	if batch {
		_, _ = io.WriteString(w, "[")
	}
	first := true
	for _, p := range calls {
		if len(p.ID) == 0 {
			continue // a notification is not answered
		}
		if !first {
			_, _ = io.WriteString(w, ",")
		}
		first = false
		n.answer(r.Context(), w, p.call())
	}
	if batch {
		_, _ = io.WriteString(w, "]")
	}
}

func malformed(err error) *rpcError {
	return &rpcError{-32700, "Parse error. Invalid JSON", "error unmarshaling request: " + err.Error()}
}

// answer writes the envelope of a call over POST or the websocket.
func (n *Node) answer(ctx context.Context, w io.Writer, c call) {
	handler, ok := methodNamed(c.method)
	if !ok {
		writeError(w, c.id, &rpcError{Code: -32601, Message: "Method not found"})
		return
	}
	answer, failed := handler(n.view(ctx), c)
	if failed != nil {
		writeError(w, c.id, failed)
		return
	}
	writeResult(w, c.id, answer)
}

// writeError writes the envelope of an error, without an id when there is none.
func writeError(w io.Writer, id json.RawMessage, failed *rpcError) {
	_, _ = io.WriteString(w, `{"jsonrpc":"2.0",`)
	if len(id) > 0 {
		_, _ = fmt.Fprintf(w, `"id":%s,`, id)
	}
	_, _ = fmt.Fprintf(w, `"error":%s}`, mustJSON(failed))
}

// writeResult writes the envelope of an answer. When the answer breaks off the connection does, too.
func writeResult(w io.Writer, id json.RawMessage, answer result) {
	_, err := fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":`, id)
	if err = errors.Join(err, answer.writeTo(w)); err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(w, "}")
}
