package morsetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// A Node is a running server. Close it.
type Node struct {
	// URL is the RPC's, TendermintURL that of the Tendermint RPC.
	URL, TendermintURL string

	servers []*httptest.Server
	answer  func(tendermint bool, method, path, query, body string) response
	grow    func(func(*Chain))

	mu     sync.Mutex
	faults []*Fault
	asked  []string
}

func start(answer func(tendermint bool, method, path, query, body string) response) *Node {
	n := &Node{answer: answer}
	for _, tendermint := range []bool{false, true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.serve(tendermint, w, r) }))
		n.servers = append(n.servers, server)
		if tendermint {
			n.TendermintURL = server.URL
		} else {
			n.URL = server.URL
		}
	}
	return n
}

// Handler answers as the RPC does, for tests that can do with no socket.
func (n *Node) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.serve(false, w, r) })
}

// Close ends the servers.
func (n *Node) Close() {
	for _, s := range n.servers {
		s.CloseClientConnections()
		s.Close()
	}
}

// Asked returns what was asked since it was last called: a path and a body, one line each.
func (n *Node) Asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := n.asked
	n.asked = nil
	return asked
}

func (n *Node) serve(tendermint bool, w http.ResponseWriter, r *http.Request) {
	const most = 1 << 20 // as the node does
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err != nil {
		return
	}
	n.mu.Lock()
	n.asked = append(n.asked, r.URL.RequestURI()+" "+string(body))
	n.mu.Unlock()
	answer := n.answer(tendermint, r.Method, r.URL.Path, r.URL.RawQuery, string(body))
	if f := n.fault(r.URL.Path); f != nil {
		f.misbehave(w, r, &answer)
		return
	}
	answer.write(w)
}

// A response is what the node says.
type response struct {
	status      int
	contentType string
	location    string
	allow       string
	body        string
}

func (r response) write(w http.ResponseWriter) {
	for key, value := range map[string]string{"Content-Type": r.contentType, "Location": r.location, "Allow": r.allow} {
		if value != "" {
			w.Header().Set(key, value)
		}
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

func text(status int, body string) response {
	return response{status: status, contentType: "text/plain; charset=utf-8", body: body}
}

// raw is an answer that the node encodes as it is.
func raw(v any) response {
	body, err := json.Marshal(v)
	if err != nil {
		panic("morsetest: " + err.Error())
	}
	return response{status: http.StatusOK, contentType: "application/json; charset=UTF-8", body: string(body)}
}

// lossy is an answer that the node decodes into a map and encodes again, so that large numbers are rounded and keys sorted.
func lossy(v any) response {
	r := raw(v)
	var m any
	if err := json.Unmarshal([]byte(r.body), &m); err != nil {
		panic("morsetest: " + err.Error())
	}
	r = raw(m)
	r.contentType = "application/json; charset=utf-8"
	r.body += "\n"
	return r
}

// failure is an error: 400 for everything.
func failure(message string) response {
	r := raw(map[string]any{"code": 400, "message": message})
	r.status = http.StatusBadRequest
	return r
}

// inString is JSON inside a JSON string.
func inString(v any) response {
	body, err := json.Marshal(v)
	if err != nil {
		panic("morsetest: " + err.Error())
	}
	return raw(string(body))
}

// onlyPost is what the router says to another method.
func onlyPost(method string) (response, bool) {
	if method == http.MethodPost {
		return response{}, false
	}
	r := text(http.StatusMethodNotAllowed, "Method Not Allowed\n")
	r.allow = "OPTIONS, POST"
	return r, true
}

// NewRecorded returns a node that answers the recorded questions with the recorded bodies: by method, path and what the JSON of the request
// says, the newest height being the same as none. late asks for the second chain's. An account that was not recorded holds nothing. To all else
// it answers as a node does that does not know: 404, or for a known path 400.
func NewRecorded(late bool) *Node {
	type question struct {
		tendermint                bool
		method, path, query, body string
	}
	head := newestRecorded(late)
	answers, paths := map[question]Recording{}, map[string]bool{}
	for _, r := range Recordings() {
		if r.Late != late {
			continue
		}
		path, query, _ := strings.Cut(r.Path, "?")
		q := question{tendermint: r.Server == "tendermint", method: r.Method, path: path, query: query}
		if r.Request != nil {
			q.body = normal(*r.Request, head)
		}
		paths[path] = true
		if _, known := answers[q]; !known {
			answers[q] = r
		}
	}
	return start(func(tendermint bool, method, path, query, body string) response {
		r, ok := answers[question{tendermint, method, path, query, normal(body, head)}]
		switch {
		case ok:
			return response{status: r.Status, contentType: r.ContentType, location: r.Location, body: r.Body}
		case path == "/v1/query/balance" && method == http.MethodPost:
			return lossy(map[string]int{"balance": 0})
		case !paths[path]:
			return text(http.StatusNotFound, "404 page not found\n")
		default:
			return failure("no recording of " + path + " " + body)
		}
	})
}

// newestRecorded returns the newest height of a recorded chain.
func newestRecorded(late bool) float64 {
	for _, r := range Recordings() {
		var w struct{ Height float64 }
		if r.Late == late && r.Path == "/v1/query/height" && json.Unmarshal([]byte(r.Body), &w) == nil {
			return w.Height
		}
	}
	panic("morsetest: the newest height was not recorded")
}

// normal makes request bodies that ask for the same the same.
func normal(body string, head float64) string {
	var v any
	if json.Unmarshal([]byte(body), &v) != nil {
		return body
	}
	if m, ok := v.(map[string]any); ok {
		dropUsual(m, map[string][]any{"height": {0.0, head}, "order": {"desc"}, "received": {false}, "prove": {false}})
		if options, ok := m["opts"].(map[string]any); ok {
			dropUsual(options, map[string][]any{"staking_status": {0.0}, "jailed_status": {0.0}, "blockchain": {""}})
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return body
	}
	return string(b)
}

// dropUsual removes what says nothing.
func dropUsual(m map[string]any, usual map[string][]any) {
	for key, values := range usual {
		if slices.Contains(values, m[key]) {
			delete(m, key)
		}
	}
}
