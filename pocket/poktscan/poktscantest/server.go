package poktscantest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// ChainID is the chain that a [Server] serves unless told otherwise.
const ChainID = "pocket"

// A Server is a fake service, at URL. What it holds is put into it by its methods whose names begin with Add, how it behaves by those that
// begin with Set. It is safe for concurrent use.
type Server struct {
	URL string

	http *httptest.Server

	mu        sync.Mutex
	tables    map[string]*table
	sums      map[string]int        // the rows of payments by service, by id
	events    map[pocket.Height]int // how many events of each block have a number
	limit     int
	mostRows  int
	tip       pocket.Height // 0 is the newest block there is
	target    pocket.Height // 0 is the tip
	start     pocket.Height
	healthy   bool
	silent    bool // the keys of the metadata are not written
	chain     string
	secretive bool
	absent    map[string]bool
	latency   time.Duration
	faults    []Fault
	replies   map[string]Reply
	recorded  map[string]Reply
	requests  []Request
	largest   int // of all answers, in bytes
}

// A Request is a question that was put to a [Server].
type Request struct {
	Operation string
	Query     string
	Variables map[string]any
	Header    http.Header
}

// A Reply is an answer as it is sent.
type Reply struct {
	Status      int // 0 is 200
	ContentType string
	Header      http.Header
	Body        string

	made []byte // in place of Body
}

// A Fault is what a [Server] answers instead of what was asked for.
type Fault = Reply

// Faults that services and what stands before them have.
var (
	// RateLimited is a proxy's refusal that asks for no pause.
	RateLimited = Fault{Status: http.StatusTooManyRequests, ContentType: "text/html", Body: "<html><head><title>429 Too Many Requests</title></head></html>"}
	// BadGateway is a proxy that cannot reach the service.
	BadGateway = Fault{Status: http.StatusBadGateway, ContentType: "text/html", Body: "<html><head><title>502 Bad Gateway</title></head></html>"}
	// Page is a web page where the service should be.
	Page = Fault{ContentType: "text/html", Body: "<!DOCTYPE html><html><head><title>PoktScan</title></head></html>"}
	// Half is an answer that breaks off.
	Half = Fault{Body: `{"data":{"_metadata":{"cha`}
	// Broken is an error of the service's inside.
	Broken = Fault{Status: http.StatusInternalServerError, Body: `{"statusCode":500,"message":"Internal server error"}`}
	// Timeout is a statement that took too long, whatever was asked.
	Timeout = Fault{Body: `{"errors":[{"message":"canceling statement due to statement timeout","path":["list"],"extensions":` +
		`{"code":"INTERNAL_SERVER_ERROR","exception":{"code":"57014","routine":"secret inside"}}}],"data":{"list":null}}`}
)

// New returns a running server that holds nothing yet. Close it.
func New() *Server {
	s := &Server{
		tables: newTables(), events: map[pocket.Height]int{}, limit: 1000, healthy: true, start: 1, chain: ChainID,
		absent: map[string]bool{}, replies: map[string]Reply{}, recorded: map[string]Reply{},
	}
	for name := range functions {
		s.absent[name] = strings.HasPrefix(name, "legacy")
	}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL + "/graphql"
	return s
}

// NewRecorded returns a running server that answers the recorded requests, and only those, as they were answered first: [Recordings]. Some were
// put to two versions of the service.
func NewRecorded() *Server {
	s := New()
	for _, r := range Recordings() {
		text, variables := r.Query()
		key := requestKey(text, variables)
		if _, known := s.recorded[key]; text != "" && !known {
			s.recorded[key] = Reply{Status: r.Status, ContentType: r.ContentType, Body: r.Response}
		}
	}
	return s
}

// Close shuts the server down.
func (s *Server) Close() { s.http.Close() }

// SetLimit sets how many rows a page has at most, whatever is asked for. It begins with 1000.
func (s *Server) SetLimit(rows int) { s.set(func() { s.limit = rows }) }

// SetMostRows cancels statements that would look at more rows. 0, as it begins, cancels none.
func (s *Server) SetMostRows(rows int) { s.set(func() { s.mostRows = rows }) }

// SetTip lets the indexer be at a height: later rows are hidden. 0, as it begins, is the newest block.
func (s *Server) SetTip(h pocket.Height) { s.set(func() { s.tip = h }) }

// SetTarget sets what the indexer takes for the chain's tip. 0, as it begins, is where it is itself.
func (s *Server) SetTarget(h pocket.Height) { s.set(func() { s.target = h }) }

// SetHealthy sets what the indexer says of itself. It begins with true.
func (s *Server) SetHealthy(healthy bool) { s.set(func() { s.healthy = healthy }) }

// SetSilent lets the indexer say nothing of itself, as before its keys are written.
func (s *Server) SetSilent(silent bool) { s.set(func() { s.silent = silent }) }

// SetChain sets the chain that is indexed. It begins with [ChainID].
func (s *Server) SetChain(id string) { s.set(func() { s.chain = id }) }

// SetSecretive forbids to ask which functions there are.
func (s *Server) SetSecretive(secretive bool) { s.set(func() { s.secretive = secretive }) }

// SetLatency lets each answer take a while.
func (s *Server) SetLatency(d time.Duration) { s.set(func() { s.latency = d }) }

// SetAbsent takes fields and functions away, or brings them back. Those of the catalog are absent in the beginning.
func (s *Server) SetAbsent(absent bool, names ...string) {
	s.set(func() {
		for _, name := range names {
			s.absent[name] = absent
		}
	})
}

// SetReply answers an operation with reply from now on.
func (s *Server) SetReply(operation string, reply Reply) {
	s.set(func() { s.replies[operation] = reply })
}

// Fail answers the next requests with faults, one each, whatever they ask.
func (s *Server) Fail(faults ...Fault) { s.set(func() { s.faults = append(s.faults, faults...) }) }

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// Requests returns what was asked so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

type request struct {
	Operation string         `json:"operationName"`
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

// ServeHTTP answers on any path, as the service does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply, latency := s.answer(r, body)
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
			return
		}
	}
	head := w.Header()
	for name, values := range reply.Header {
		head[name] = values
	}
	head.Set("Content-Type", "application/json; charset=utf-8")
	if reply.ContentType != "" {
		head.Set("Content-Type", reply.ContentType)
	}
	body = reply.made
	if body == nil {
		body = []byte(reply.Body)
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	if reply.Status != 0 {
		w.WriteHeader(reply.Status)
	}
	_, _ = w.Write(body)
}

func (s *Server) answer(r *http.Request, body []byte) (Reply, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var q request
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	failed := d.Decode(&q)
	s.requests = append(s.requests, Request{q.Operation, q.Query, q.Variables, r.Header.Clone()})
	switch {
	case len(s.faults) > 0:
		fault := s.faults[0]
		s.faults = s.faults[1:]
		return fault, s.latency
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || len(body) == 0:
		return Reply{Status: 400, ContentType: "text/html", Body: "POST body missing, invalid Content-Type, or JSON object has no keys."}, 0
	case failed != nil:
		return Reply{Status: 400, Body: `{"statusCode":400,"message":"Unexpected token in JSON","error":"Bad Request"}`}, 0
	}
	if reply, ok := s.replies[q.Operation]; ok {
		return reply, s.latency
	}
	if reply, ok := s.recorded[requestKey(q.Query, q.Variables)]; ok {
		return reply, s.latency
	}
	return s.execute(q), s.latency
}

// requestKey names a request whatever the layout of its text.
func requestKey(text string, variables map[string]any) string {
	body, _ := json.Marshal(variables)
	if len(variables) == 0 {
		body = nil
	}
	return strings.Join(strings.Fields(text), " ") + "\x00" + string(body)
}

func (s *Server) execute(q request) Reply {
	root, err := parse(q.Query)
	if err != nil {
		return refuse("GRAPHQL_PARSE_FAILED", err.Error())
	}
	x := &execution{s: s, variables: q.Variables}
	const before = `{"data":`
	data, err := x.run(append(make([]byte, 0, s.largest+s.largest/8), before...), root)
	var r *refusal
	if errors.As(err, &r) {
		return refuse(r.code, r.message)
	}
	if err != nil {
		return refuse("INTERNAL_SERVER_ERROR", err.Error())
	}
	s.largest = max(s.largest, len(data))
	if len(x.errors) == 0 {
		return Reply{made: append(data, '}')}
	}
	errs, _ := json.Marshal(x.errors)
	return Reply{Body: fmt.Sprintf(`{"errors":%s,"data":%s}`, errs, data[len(before):])}
}

func refuse(code, message string) Reply {
	body, _ := json.Marshal(map[string]any{"errors": []any{map[string]any{"message": message, "extensions": map[string]any{"code": code}}}})
	return Reply{Status: http.StatusBadRequest, Body: string(body)}
}

// has tells whether there is a field or function of that name.
func (s *Server) has(name string) bool {
	if s.absent[name] {
		return false
	}
	_, isFunction := functions[name]
	return isFunction || s.tables[name] != nil || singles[name] != "" || name == "_metadata" || name == "__type"
}

// newest returns the height up to which rows are shown.
func (s *Server) newest() pocket.Height {
	if s.tip > 0 {
		return s.tip
	}
	blocks := s.tables["blocks"]
	sorted := blocks.sorted(order{{column: "id"}})
	if len(sorted) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(blocks.value(sorted[len(sorted)-1], "id"), 10, 64)
	return pocket.Height(n)
}

// visible tells whether the indexer has come to a row.
func (s *Server) visible(t *table, row int) bool {
	if s.tip == 0 {
		return true
	}
	place, ok := t.places["blockId"]
	if t.name == "blocks" {
		place, ok = t.places["id"], true
	}
	if !ok || t.name == "params" {
		return true
	}
	n, err := strconv.ParseInt(t.rows[row][place], 10, 64)
	return err != nil || pocket.Height(n) <= s.tip
}

func (s *Server) metadata() map[string]any {
	m := map[string]any{"indexerNodeVersion": "4.5.1", "queryNodeVersion": "2.25.0"}
	if s.silent {
		return m
	}
	newest := s.newest()
	target := max(s.target, newest)
	if s.target > 0 {
		target = s.target
	}
	m["chain"], m["startHeight"], m["indexerHealthy"] = s.chain, s.start, s.healthy
	m["lastProcessedHeight"], m["targetHeight"], m["lastFinalizedVerifiedHeight"] = newest, target, newest
	m["lastProcessedTimestamp"] = "1795132744334"
	return m
}
