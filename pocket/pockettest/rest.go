package pockettest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/decred/dcrd/bech32"

	"github.com/poktbot/poktbot/pocket"
)

// A restError is an error of the REST API: a gRPC code and a message.
type restError struct {
	code    int
	message string
}

// The gRPC codes that occur.
const (
	grpcUnknown       = 2
	grpcInvalid       = 3
	grpcNotFound      = 5
	grpcUnimplemented = 12
	grpcInternal      = 13
)

func restFailure(code int, format string, args ...any) *restError {
	return &restError{code, fmt.Sprintf(format, args...)}
}

// status returns the HTTP status that the gateway gives for the code.
func (e *restError) status() int {
	switch e.code {
	case grpcInvalid:
		return http.StatusBadRequest
	case grpcNotFound:
		return http.StatusNotFound
	case grpcUnimplemented:
		return http.StatusNotImplemented
	default:
		return http.StatusInternalServerError
	}
}

// A state is what the REST API reads: the chain after a block.
type state struct {
	view
	chain *Chain // nil when a recording is served, of which only blocks are known
	w     *world
	h     pocket.Height
	r     *http.Request
}

// A route answers one path of the REST API.
type route func(*state) (json.RawMessage, *restError)

// routes returns all paths that are answered from blocks, and of a simulated chain also those that are answered from its state.
func (n *Node) routes() *http.ServeMux {
	mux := http.NewServeMux()
	known := blockRoutes()
	if n.chain != nil {
		for _, more := range []map[string]route{pocketRoutes(), sdkRoutes(), txRoutes()} {
			for path, answer := range more {
				known[path] = answer
			}
		}
	}
	for path, answer := range known {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { n.answerREST(w, r, answer) })
	}
	return mux
}

func (n *Node) serveREST(w http.ResponseWriter, r *http.Request) {
	if n.replies.serve(n, w, r) {
		return
	}
	if _, pattern := n.rest.Handler(r); pattern == "" || r.Method != http.MethodGet {
		writeRESTError(w, restFailure(grpcUnimplemented, "Not Implemented"))
		return
	}
	n.rest.ServeHTTP(w, r)
}

func writeRESTError(w http.ResponseWriter, failed *restError) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(failed.status())
	_, _ = fmt.Fprintf(w, `{"code":%d, "message":%s, "details":[]}`, failed.code, quoted(failed.message))
}

// answerREST finds the state that is asked for and answers from it.
func (n *Node) answerREST(w http.ResponseWriter, r *http.Request, answer route) {
	s := &state{view: n.view(r.Context()), chain: n.chain, r: r}
	s.h = s.top
	if n.chain != nil {
		s.w, _ = n.chain.now()
	}
	asked, err := strconv.ParseInt(r.Header.Get("x-cosmos-block-height"), 10, 64)
	if err == nil && asked > 0 {
		s.h = pocket.Height(asked)
	}
	if failed := s.reachable(); failed != nil {
		writeRESTError(w, failed)
		return
	}
	body, failed := answer(s)
	if failed != nil {
		writeRESTError(w, failed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Grpc-Metadata-Content-Type", "application/grpc")
	w.Header().Set("Grpc-Metadata-X-Cosmos-Block-Height", heightText(s.h))
	_, _ = w.Write(body)
}

// reachable reports what the node says when it has no such state.
func (s *state) reachable() *restError {
	switch {
	case s.h > s.top:
		return restFailure(grpcUnknown, "codespace sdk code 26: invalid height: cannot query with height in the future; "+
			"please provide a valid height")
	case s.h < s.low:
		return restFailure(grpcUnknown, "codespace sdk code 38: not found: failed to load state at height %d; version mismatch on immutable IAVL "+
			"tree; version does not exist. Version has either been pruned, or is for a future block height (latest height: %d)", s.h, s.top)
	}
	return nil
}

// accountProblem tells what the SDK says of an address that is none, "" when it is one.
func accountProblem(text string) string {
	prefix, _, err := bech32.Decode(text)
	switch {
	case text == "":
		return "empty address string is not allowed"
	case err != nil:
		return "decoding bech32 failed: " + err.Error()
	case prefix != "pokt":
		return fmt.Sprintf("hrp does not match bech32 prefix: expected 'pokt' got '%s'", prefix)
	}
	return ""
}

// A paging is which part of a list is asked for.
type paging struct {
	key           []byte
	offset, limit int
	total         bool
	reverse       bool
}

// paging reads the pagination parameters of a request.
func (s *state) paging() (paging, *restError) {
	query := s.r.URL.Query()
	p := paging{limit: 100, total: query.Get("pagination.count_total") == "true", reverse: query.Get("pagination.reverse") == "true"}
	limited := false
	if text := query.Get("pagination.limit"); text != "" {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return p, restFailure(grpcInvalid, "type mismatch, parameter: pagination.limit, error: %v", err)
		}
		if n > 0 {
			p.limit, limited = int(n), true
		}
	}
	if text := query.Get("pagination.offset"); text != "" {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return p, restFailure(grpcInvalid, "type mismatch, parameter: pagination.offset, error: %v", err)
		}
		p.offset = int(n)
	}
	if text := query.Get("pagination.key"); text != "" {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return p, restFailure(grpcInvalid, "%v", err)
		}
		p.key = key
	}
	if p.key != nil && p.offset > 0 {
		return p, restFailure(grpcInternal, "invalid request, either offset or key is expected, got both")
	}
	if !limited && p.key == nil && p.offset == 0 {
		p.total = true // nothing was asked for: then the total is told
	}
	return p, nil
}

// cut returns the items of a page, and the pagination that comes with it. key names an item, in the order of all.
func cut[T any](p paging, all []T, key func(T) string) ([]T, json.RawMessage) {
	if p.reverse {
		all = slices.Clone(all)
		slices.Reverse(all)
	}
	from := min(p.offset, len(all))
	if p.key != nil {
		from = slices.IndexFunc(all, func(item T) bool {
			if p.reverse {
				return key(item) <= string(p.key)
			}
			return key(item) >= string(p.key)
		})
		if from < 0 {
			from = len(all)
		}
	}
	to := min(from+p.limit, len(all))
	var next []byte
	if to < len(all) {
		next = []byte(key(all[to]))
	}
	total := "0"
	if p.total && p.key == nil {
		total = strconv.Itoa(len(all))
	}
	return all[from:to], object("next_key", next, "total", total)
}

// list encodes items, an empty list as [].
func list[T any](items []T, form func(T) any) json.RawMessage {
	out := []any{}
	for _, item := range items {
		out = append(out, form(item))
	}
	return mustJSON(out)
}
