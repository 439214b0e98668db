package check_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// busy is a chain of a thousand suppliers, of which a settlement pays some 3,000 claims and slashes one or two suppliers.
func busy(blocks int64) pockettest.Config {
	params := pockettest.SmallParams()
	params.Proof.MissingPenalty = 1000 // so that nobody is near the minimum
	rates := pockettest.Calm()
	rates.Expiries = 0.3
	return pockettest.Config{
		Seed: 3, Params: params, Blocks: blocks, Suppliers: 1000, Owners: 100, Services: 12, Applications: 120, ClaimsPerSession: 3800,
		Growth: -1, Rates: rates,
	}
}

// BenchmarkSettlementToNotification measures how long it takes from when a node serves a block that settles some 2,700 claims of 1,000
// watched suppliers, with 6,500 events of theirs in all, to the notification of each slash in it: read and decoded as it comes from the node,
// stored in an index on disk, judged by the checks of suppliers, claims and payments, and handed to a notifier by a watcher with a store
// on disk. Making up the block is the simulator's own time and is not counted: a twin of the chain, ahead of it, has done it before.
func BenchmarkSettlementToNotification(b *testing.B) {
	chain := pockettest.NewChain(busy(100))
	node := pockettest.NewNode(chain)
	defer node.Close()
	twin := &ahead{chain: pockettest.NewChain(busy(100)), bodies: map[string][]byte{}}
	twin.node = pockettest.NewNode(twin.chain)
	defer twin.node.Close()
	client, err := shannon.New([]string{node.RPC}, []string{node.REST}, shannon.WithTransport(twin))
	require.NoError(b, err)
	defer client.Close()
	x, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "index.db"))
	require.NoError(b, err)
	defer x.Close()
	require.NoError(b, x.Watch(b.Context(), chain.Operators()...))
	ctx, stop := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	stored := make(chan int, 1)
	settled := func(block pocket.Block, events []pocket.Event) {
		n := 0
		for _, e := range events {
			if _, ok := e.(pocket.Settlement); ok {
				n++
			}
		}
		select {
		case stored <- n:
		case <-ctx.Done():
		}
	}
	wg.Go(func() {
		_ = index.NewFollower(x, client, index.FollowerConfig{From: chain.Head(), Stored: settled}).Run(ctx)
	})
	<-stored

	type arrival struct {
		height pocket.Height
		at     time.Time
	}
	var mu sync.Mutex
	var arrivals []arrival
	notifier := notifierFunc(func(_ context.Context, m monitor.Message) error {
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		for _, e := range m.Events {
			if e.Alert.Name == monitor.SupplierSlashed {
				arrivals = append(arrivals, arrival{pocket.Height(e.Alert.Height), now})
			}
		}
		return nil
	})
	alerts, err := sqlite.Connect(b.Context(), filepath.Join(b.TempDir(), "alerts.db"))
	require.NoError(b, err)
	defer alerts.Write.Close()
	defer alerts.Read.Close()
	store, err := monitor.NewStore(b.Context(), monitor.StoreDB{Write: alerts.Write, Read: alerts.Read, Dialect: monitor.SQLite})
	require.NoError(b, err)
	watched := check.Fixed(chain.Operators()...)
	w, err := monitor.New(store, monitor.WithBlocks(check.Heads(x)),
		monitor.OnBlock("suppliers", check.NewSuppliers(watched, x, client)),
		monitor.OnBlock("claims", check.NewClaims(watched, x, client, check.ClaimsConfig{})),
		monitor.OnBlock("payments", check.NewPayments(nil, watched, pockettest.ChainID)),
		monitor.WithGrouping(monitor.Grouping{Wait: -1}), monitor.To(monitor.Destination{Name: "chat", Notifier: notifier, PerMinute: -1}))
	require.NoError(b, err)
	wg.Go(func() { _ = w.Run(ctx) })
	// judged waits until every check has judged a block: on a real chain the next one is a minute away.
	judged := func(h pocket.Height) {
		for _, name := range []string{"suppliers", "claims", "payments"} {
			line := fmt.Sprintf("poktbot_monitor_block_height{check=%q} %d\n", name, h)
			for !strings.Contains(exposed(w), line) {
				time.Sleep(time.Millisecond) // real time: it is a real watcher that works meanwhile
			}
		}
	}

	served, claims := map[pocket.Height]time.Time{}, 0 // blocks that settle
	step := func() bool {
		twin.prepare(b)
		began := time.Now()
		h := chain.Advance(1)
		n := <-stored
		if n > 0 {
			served[h], claims = began, n
		}
		judged(h)
		return n > 0
	}
	for !step() { // the first blocks are those at which the checks learn what was before
	}
	clear(served)
	for b.Loop() {
		for !step() {
		}
	}
	for told := false; !told; told = strings.Contains(exposed(w), `poktbot_monitor_outbox_events{destination="chat"} 0`+"\n") {
	}
	mu.Lock()
	defer mu.Unlock()
	var took []time.Duration
	for _, a := range arrivals {
		if began, ok := served[a.height]; ok {
			took = append(took, a.at.Sub(began))
		}
	}
	require.NotEmpty(b, took)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(claims), "claims")
}

// ahead is a transport that answers requests for blocks by what was fetched before from a twin of the chain, and sends the others on.
type ahead struct {
	chain  *pockettest.Chain
	node   *pockettest.Node
	bodies map[string][]byte
	mu     sync.Mutex
}

// prepare moves the twin to its next block and fetches what a node tells of it.
func (a *ahead) prepare(b *testing.B) {
	h := a.chain.Advance(1)
	for _, query := range []string{
		fmt.Sprintf("/block?height=%d", h), fmt.Sprintf("/block_results?height=%d", h), fmt.Sprintf("/blockchain?minHeight=%d&maxHeight=%d", h, h),
	} {
		response, err := http.Get(a.node.RPC + query)
		require.NoError(b, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(b, err)
		require.NoError(b, response.Body.Close())
		require.Equal(b, http.StatusOK, response.StatusCode)
		a.mu.Lock()
		a.bodies[query] = body
		a.mu.Unlock()
	}
}

// RoundTrip implements [http.RoundTripper].
func (a *ahead) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Path + "?" + r.URL.RawQuery
	a.mu.Lock()
	body, known := a.bodies[query]
	delete(a.bodies, query)
	a.mu.Unlock()
	if !known {
		return http.DefaultTransport.RoundTrip(r)
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// exposed returns a watcher's metrics.
func exposed(w *monitor.Watcher) string {
	recorder := httptest.NewRecorder()
	w.Metrics().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}

type notifierFunc func(context.Context, monitor.Message) error

func (f notifierFunc) Notify(ctx context.Context, m monitor.Message) error { return f(ctx, m) }
