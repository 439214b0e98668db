package check

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// A wireNode answers as a full node does: with bodies that were recorded from one, in which a test changes some fields. It needs no
// socket.
type wireNode struct {
	mu      sync.Mutex
	chain   string
	height  pocket.Height
	at      time.Time // of the newest block
	syncing bool
	peers   int
	version string
	down    error             // the connection breaks
	status  int               // of HTTP, instead of an answer
	replies map[string]string // bodies by the beginning of the path and query
	asked   map[string]int
}

func newWireNode(height pocket.Height, at time.Time) *wireNode {
	return &wireNode{chain: "pocket", height: height, at: at, peers: 12, version: "0.1.35", replies: map[string]string{}, asked: map[string]int{}}
}

// change changes a node under its lock.
func (n *wireNode) change(do func(*wireNode)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	do(n)
}

// recorded is the body of a recording.
func recorded(t testing.TB, name string) string {
	t.Helper()
	body, err := fs.ReadFile(pockettest.Recordings(), name+".json")
	require.NoError(t, err)
	return string(body)
}

// changed replaces fields of a recorded body, by their names.
func changed(body string, fields map[string]any) string {
	var tree any
	if err := json.Unmarshal([]byte(body), &tree); err != nil {
		panic(err)
	}
	var walk func(any)
	walk = func(at any) {
		switch at := at.(type) {
		case map[string]any:
			for name, value := range at {
				if to, ok := fields[name]; ok {
					at[name] = to
					continue
				}
				walk(value)
			}
		case []any:
			for _, value := range at {
				walk(value)
			}
		}
	}
	walk(tree)
	out, err := json.Marshal(tree)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func (n *wireNode) handler(t testing.TB) http.Handler {
	status, peers, version := recorded(t, "rpc_status"), recorded(t, "rpc_net_info"), recorded(t, "rpc_abci_info")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.asked[r.URL.Path]++
		if n.status != 0 {
			w.WriteHeader(n.status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		for begin, body := range n.replies {
			if strings.HasPrefix(r.URL.RequestURI(), begin) {
				_, _ = io.WriteString(w, body)
				return
			}
		}
		switch r.URL.Path {
		case "/status":
			_, _ = io.WriteString(w, changed(status, map[string]any{
				"network": n.chain, "latest_block_height": fmt.Sprint(n.height), "latest_block_time": n.at.Format(time.RFC3339Nano), "catching_up": n.syncing,
			}))
		case "/net_info":
			_, _ = io.WriteString(w, changed(peers, map[string]any{"n_peers": fmt.Sprint(n.peers)}))
		case "/abci_info":
			_, _ = io.WriteString(w, changed(version, map[string]any{"version": n.version}))
		default:
			w.WriteHeader(http.StatusNotImplemented)
			_, _ = io.WriteString(w, `{"code":12, "message":"Not Implemented", "details":[]}`)
		}
	})
}

// wire is how requests reach a node: not at all while it is down.
type wire struct {
	node *wireNode
	over http.RoundTripper
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.node.mu.Lock()
	err := w.node.down
	w.node.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return w.over.RoundTrip(r)
}

// client is a client of the node, as one who watches it makes it.
func (n *wireNode) client(t testing.TB, opts ...shannon.Option) *shannon.Client {
	t.Helper()
	opts = append([]shannon.Option{
		shannon.WithTransport(wire{n, monitortest.Transport(n.handler(t))}), shannon.WithRetries(0), shannon.WithAnyChain(), shannon.WithoutWebsocket(),
	}, opts...)
	c, err := shannon.New([]string{"http://rpc.test"}, []string{"http://rest.test"}, opts...)
	require.NoError(t, err)
	return c
}

// passed says that what happened is over: an occurrence passes in silence.
func passed(t testing.TB, b *monitortest.Bench) {
	t.Helper()
	require.Empty(t, b.Lines())
	alerts, err := b.Alerts(t.Context())
	require.NoError(t, err)
	require.Empty(t, alerts)
}
