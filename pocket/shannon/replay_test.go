package shannon

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A recording is one answer of a running node, as testdata/recordings.jsonl.gz holds it: from a local network (chain id pocket-local,
// protocol v0.1.35) on 2026-11-22, at heights up to 492.
type recording struct {
	Name           string            `json:"name"`
	Server         string            `json:"server"` // rpc or rest
	Method         string            `json:"method"`
	Path           string            `json:"path"` // with its query
	Status         int               `json:"status"`
	ContentType    string            `json:"content_type"`
	RequestBody    string            `json:"request_body"`
	RequestHeaders map[string]string `json:"request_headers"`
	Body           string            `json:"body"`
	Why            string            `json:"why"`
}

var loadRecordings = sync.OnceValues(func() ([]recording, error) {
	file, err := os.Open("testdata/recordings.jsonl.gz")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var all []recording
	lines := bufio.NewScanner(plain)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var r recording
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, lines.Err()
})

func recordings(t testing.TB) []recording {
	t.Helper()
	all, err := loadRecordings()
	require.NoError(t, err)
	require.Len(t, all, 266)
	return all
}

func recordingOf(t testing.TB, name string) recording {
	t.Helper()
	for _, r := range recordings(t) {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no recording %q", name)
	return recording{}
}

func (r recording) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", r.ContentType)
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, r.Body)
}

// key is what a request must have in common with a recording to get its answer.
func (r recording) key() string {
	u, err := url.Parse(r.Path)
	if err != nil {
		panic(err)
	}
	height := ""
	for name, value := range r.RequestHeaders {
		if strings.EqualFold(name, wantHeight) {
			height = value
		}
	}
	return strings.Join([]string{r.Server, r.Method, u.Path, u.Query().Encode(), height, r.RequestBody}, " ")
}

// firstNode returns the recordings of the network's first node: others pruned, kept no index, or lived through a change of params.
func firstNode(t testing.TB) []recording {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(recordings(t)), func(r recording) bool {
		return strings.HasPrefix(r.Why, "second node") || strings.HasPrefix(r.Why, "node with")
	})
}

// A replay serves recordings by the exact path, query and height header. Where several have the same, the first named is served.
type replay struct {
	server string
	byKey  map[string]recording
	mu     sync.Mutex
	asked  []string // paths with queries, in order
}

func newReplay(server string, list ...recording) *replay {
	p := &replay{server: server, byKey: map[string]recording{}}
	for _, r := range list {
		if _, taken := p.byKey[r.key()]; !taken {
			p.byKey[r.key()] = r
		}
	}
	return p
}

func (p *replay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	p.mu.Lock()
	p.asked = append(p.asked, req.URL.RequestURI())
	p.mu.Unlock()
	want := recording{Server: p.server, Method: req.Method, Path: req.URL.RequestURI(), RequestBody: string(body)}
	if h := req.Header.Get(wantHeight); h != "" {
		want.RequestHeaders = map[string]string{wantHeight: h}
	}
	r, ok := p.byKey[want.key()]
	if !ok {
		http.Error(w, "<html>no recording for "+want.key()+"</html>", http.StatusTeapot)
		return
	}
	r.write(w)
}

// inMemory is a transport that calls handlers by host, without sockets.
type inMemory map[string]http.Handler

func (m inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	handler, ok := m[req.URL.Host]
	if !ok {
		return nil, &noServer{req.URL.Host}
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	response := recorder.Result()
	response.Request = req
	return response, nil
}

type noServer struct{ host string }

func (e *noServer) Error() string { return "dial tcp: connection to " + e.host + " refused" }

// constant serves one recording whatever is asked.
func constant(r recording) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { r.write(w) })
}

// quick are the options of a client that pauses for no time.
func quick(more ...Option) []Option {
	return append([]Option{WithRetries(1), WithPauses(0, 0), WithoutWebsocket()}, more...)
}

// clientOf returns a client of two handlers.
func clientOf(t testing.TB, rpc, rest http.Handler, more ...Option) *Client {
	t.Helper()
	hosts := inMemory{"rpc.test": rpc, "rest.test": rest}
	c, err := New([]string{"http://rpc.test"}, []string{"http://rest.test"}, quick(append([]Option{WithTransport(hosts)}, more...)...)...)
	require.NoError(t, err)
	return c
}

// frames returns the text frames that a websocket transcript received.
func (r recording) frames() [][]byte {
	var frames [][]byte
	for line := range bytes.Lines([]byte(r.Body)) {
		if bytes.HasPrefix(line, []byte("< ")) {
			_, frame, _ := bytes.Cut(line[2:], []byte(" "))
			frames = append(frames, bytes.TrimSpace(frame))
		}
	}
	return frames
}
