package pockettest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"
)

// Unserved returns a node that listens nowhere: it is asked through [Node.Transport] only, and has no websocket. As it needs no sockets,
// it may be used where time is simulated.
func Unserved(chain *Chain) *Node {
	n := &Node{
		RPC: "http://rpc.pockettest.invalid", REST: "http://rest.pockettest.invalid", store: simulation{chain}, chain: chain,
		done: make(chan struct{}), sockets: map[*websocket.Conn]struct{}{},
	}
	n.rest = n.routes()
	return n
}

// Transport asks the node without a connection. An answer is made whole before it is returned; one that breaks off is an error.
func (n *Node) Transport() http.RoundTripper { return direct{n} }

type direct struct{ node *Node }

// errBroken is what a client sees of a connection that breaks.
var errBroken = errors.New("connection reset by the simulated node")

// RoundTrip implements [http.RoundTripper].
func (d direct) RoundTrip(r *http.Request) (response *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	asked := r.Clone(r.Context())
	asked.RequestURI, asked.Host = r.URL.RequestURI(), r.URL.Host
	asked.Body = http.NoBody
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil {
			return nil, err
		}
		asked.Body = io.NopCloser(bytes.NewReader(body))
	}
	var handler http.Handler
	switch "http://" + r.URL.Host {
	case d.node.RPC:
		handler = d.node.withFaults("rpc", d.node.serveRPC)
	case d.node.REST:
		handler = d.node.withFaults("rest", d.node.serveREST)
	default:
		return nil, fmt.Errorf("%s is not this node", r.URL.Host)
	}
	defer func() {
		if failure := recover(); failure != nil {
			if failure != http.ErrAbortHandler { //nolint:errorlint // it is the very value that handlers panic with
				panic(failure)
			}
			response, err = nil, errBroken
		}
	}()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, asked)
	response = answer.Result()
	response.Request = r
	return response, nil
}
