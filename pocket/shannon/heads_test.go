package shannon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/poktbot/poktbot/pocket"
)

// A fakeChain is a node whose chain grows when the test says so.
type fakeChain struct {
	mu     sync.Mutex
	tip    int
	base   int // the first height kept
	chain  string
	broken bool // answers 502
	sent   map[string]int
	conns  []*websocket.Conn
	socket bool
	frames [][]byte // sent to a new subscriber instead of real news
	news   chan struct{}
}

func newFakeChain(tip int) *fakeChain {
	return &fakeChain{tip: tip, base: 1, chain: "test", sent: map[string]int{}, news: make(chan struct{}, 100)}
}

func (f *fakeChain) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// grow makes blocks and tells subscribers.
func (f *fakeChain) grow(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		f.tip++
		frame, _ := json.Marshal(map[string]any{"id": 1, "result": map[string]any{"data": map[string]any{
			"type": "tendermint/event/NewBlockHeader", "value": map[string]any{"header": f.header(f.tip)},
		}}})
		for _, conn := range f.conns {
			_ = conn.Write(context.Background(), websocket.MessageText, frame)
		}
	}
}

func (f *fakeChain) header(h int) map[string]any {
	header := header(h)
	header["chain_id"] = f.chain
	header["last_block_id"] = map[string]any{"hash": madeUp(h - 1)}
	return header
}

func (f *fakeChain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/websocket" {
		f.accept(w, r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent[r.URL.Path]++
	if f.broken {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	result := map[string]any{}
	switch r.URL.Path {
	case "/status":
		result["node_info"] = map[string]any{"network": f.chain}
		result["sync_info"] = map[string]any{"latest_block_height": strconv.Itoa(f.tip), "earliest_block_height": strconv.Itoa(f.base)}
	case "/blockchain":
		low, _ := strconv.Atoi(r.URL.Query().Get("minHeight"))
		high, _ := strconv.Atoi(r.URL.Query().Get("maxHeight"))
		low, high = max(low, f.base), min(high, f.tip)
		low = max(low, high-19)
		if low > high {
			w.WriteHeader(500)
			fmt.Fprintf(w, `{"error":{"code":-32603,"message":"Internal error","data":"min height %d can't be greater than max height %d"}}`, low, high)
			return
		}
		metas := []any{}
		for h := high; h >= low; h-- {
			metas = append(metas, map[string]any{"block_id": map[string]any{"hash": madeUp(h)}, "header": f.header(h)})
		}
		result["last_height"], result["block_metas"] = strconv.Itoa(f.tip), metas
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"result": result})
}

func (f *fakeChain) accept(w http.ResponseWriter, r *http.Request) {
	if !f.socket {
		http.NotFound(w, r)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	_, asked, err := conn.Read(r.Context())
	if err != nil || !strings.Contains(string(asked), "tm.event='NewBlockHeader'") {
		_ = conn.Close(websocket.StatusPolicyViolation, "")
		return
	}
	_ = conn.Write(r.Context(), websocket.MessageText, []byte(`{"jsonrpc":"2.0","id":1,"result":{}}`))
	for _, frame := range f.frames {
		_ = conn.Write(r.Context(), websocket.MessageText, frame)
	}
	f.set(func() { f.conns = append(f.conns, conn) })
	f.news <- struct{}{}
	_, _, _ = conn.Read(r.Context()) // until it breaks
	_ = conn.CloseNow()
}

// count tells how often a path was asked for.
func (f *fakeChain) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent[path]
}

// hangUp breaks all websockets.
func (f *fakeChain) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		_ = conn.CloseNow()
	}
	f.conns = nil
}

// listen gathers heads in the background until ctx ends.
func listen(ctx context.Context, c *Client, after pocket.Height) (heads <-chan pocket.Height, done <-chan error) {
	out, end := make(chan pocket.Height, 10_000), make(chan error, 1)
	go func() {
		var failed error
		for b, err := range c.Heads(ctx, after) {
			if err != nil {
				failed = err
				break
			}
			out <- b.Height
		}
		close(out)
		end <- failed
	}()
	return out, end
}

func drain(heads <-chan pocket.Height) []int {
	list := []int{}
	for {
		select {
		case h, ok := <-heads:
			if !ok {
				return list
			}
			list = append(list, int(h))
		default:
			return list
		}
	}
}

func span(from, to int) []int {
	list := []int{}
	for h := from; h <= to; h++ {
		list = append(list, h)
	}
	return list
}

func polling(t testing.TB, opts []Option, chains ...*fakeChain) *Client {
	var handlers []http.Handler
	for _, chain := range chains {
		handlers = append(handlers, chain)
	}
	return nodesOf(t, append([]Option{WithPollInterval(10 * time.Second)}, opts...), handlers...)
}

func TestHeadsByPolling(t *testing.T) {
	t.Run("every height after the given one comes once, then new ones as they are made, until the context ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			chain := newFakeChain(57)
			ctx, cancel := context.WithCancel(t.Context())
			heads, done := listen(ctx, polling(t, nil, chain), 3)
			synctest.Wait()
			assert.Equal(t, span(4, 57), drain(heads))
			chain.grow(1)
			time.Sleep(11 * time.Second)
			assert.Equal(t, []int{58}, drain(heads))
			chain.grow(45)
			time.Sleep(11 * time.Second)
			assert.Equal(t, span(59, 103), drain(heads))
			cancel()
			assert.NoError(t, <-done)
		})
	})
	t.Run("after 0 it starts with the newest", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			chain := newFakeChain(57)
			ctx, cancel := context.WithCancel(t.Context())
			heads, done := listen(ctx, polling(t, nil, chain), 0)
			synctest.Wait()
			assert.Equal(t, []int{57}, drain(heads))
			cancel()
			assert.NoError(t, <-done)
		})
	})
	t.Run("a look that finds nothing is one small request", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			chain := newFakeChain(57)
			ctx, cancel := context.WithCancel(t.Context())
			_, done := listen(ctx, polling(t, nil, chain), 57)
			time.Sleep(59 * time.Second)
			cancel()
			assert.NoError(t, <-done)
			assert.Equal(t, map[string]int{"/status": 6}, chain.sent)
		})
	})
	t.Run("a node that falls back repeats nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			chain := newFakeChain(57)
			ctx, cancel := context.WithCancel(t.Context())
			heads, done := listen(ctx, polling(t, nil, chain), 50)
			time.Sleep(11 * time.Second)
			chain.set(func() { chain.tip = 40 })
			time.Sleep(11 * time.Second)
			chain.set(func() { chain.tip = 60 })
			time.Sleep(11 * time.Second)
			cancel()
			assert.NoError(t, <-done)
			assert.Equal(t, span(51, 60), drain(heads))
		})
	})
	t.Run("an outage is waited out and the gap is filled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			chain := newFakeChain(57)
			ctx, cancel := context.WithCancel(t.Context())
			heads, done := listen(ctx, polling(t, nil, chain), 50)
			time.Sleep(11 * time.Second)
			chain.set(func() { chain.broken, chain.tip = true, 99 })
			time.Sleep(time.Hour)
			assert.Less(t, chain.count("/status"), 1500, "and it is not hammered")
			chain.set(func() { chain.broken = false })
			time.Sleep(time.Minute)
			cancel()
			assert.NoError(t, <-done)
			assert.Equal(t, span(51, 99), drain(heads))
		})
	})
	t.Run("a gap that was pruned ends it, with the lowest height", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			chain := newFakeChain(57)
			chain.base = 30
			heads, done := listen(t.Context(), polling(t, nil, chain), 3)
			err := <-done
			require.ErrorIs(t, err, pocket.ErrPruned)
			e, _ := errors.AsType[*pocket.APIError](err)
			assert.Equal(t, pocket.Height(30), e.Lowest)
			assert.Empty(t, drain(heads))
		})
	})
	t.Run("another chain ends it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, done := listen(t.Context(), polling(t, []Option{WithChainID("pocket")}, newFakeChain(5)), 3)
			assert.ErrorIs(t, <-done, pocket.ErrWrongChain)
		})
	})
	t.Run("a node that stalls is left for one that goes on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			stalled, fresh := newFakeChain(57), newFakeChain(57)
			ctx, cancel := context.WithCancel(t.Context())
			heads, done := listen(ctx, polling(t, nil, stalled, fresh), 50)
			synctest.Wait()
			assert.Zero(t, fresh.count("/status"))
			fresh.grow(30)
			time.Sleep(staleAfter + time.Minute)
			assert.Equal(t, span(51, 87), drain(heads))
			cancel()
			assert.NoError(t, <-done)
		})
	})
	t.Run("leaving the loop ends it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for range polling(t, nil, newFakeChain(57)).Heads(t.Context(), 3) {
				break
			}
		})
	})
}

func TestHeadsByWebsocket(t *testing.T) {
	defer goleak.VerifyNone(t)
	start := func(t *testing.T, chain *fakeChain, poll time.Duration) (heads <-chan pocket.Height, stop func()) {
		server := httptest.NewServer(chain)
		c, err := New([]string{server.URL}, nil, WithPollInterval(poll), WithPauses(0, 0))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		heads, done := listen(ctx, c, 50)
		return heads, func() {
			cancel()
			assert.NoError(t, <-done)
			chain.hangUp()
			c.Close()
			server.Close()
		}
	}
	next := func(t *testing.T, heads <-chan pocket.Height, from, to int) {
		t.Helper()
		for h := from; h <= to; h++ {
			select {
			case got := <-heads:
				require.Equal(t, pocket.Height(h), got)
			case <-time.After(20 * time.Second):
				require.Failf(t, "nothing came", "for height %d", h)
			}
		}
	}
	t.Run("news come by the socket, without polling", func(t *testing.T) {
		chain := newFakeChain(57)
		chain.socket = true
		heads, stop := start(t, chain, time.Hour)
		next(t, heads, 51, 57)
		<-chain.news
		for h := 58; h < 70; h++ {
			chain.grow(1)
			next(t, heads, h, h)
		}
		stop()
		assert.LessOrEqual(t, chain.count("/status"), 3)
		assert.Empty(t, drain(heads))
	})
	t.Run("a socket that breaks is opened again, and the gap is filled", func(t *testing.T) {
		chain := newFakeChain(57)
		chain.socket = true
		heads, stop := start(t, chain, time.Hour)
		next(t, heads, 51, 57)
		<-chain.news
		chain.hangUp()
		chain.grow(31) // nobody hears of these
		next(t, heads, 58, 88)
		<-chain.news
		chain.grow(1)
		next(t, heads, 89, 89)
		stop()
	})
	t.Run("a recorded transcript wakes it, and what it says is only a hint", func(t *testing.T) {
		for _, name := range []string{"ws_newblockheader", "ws_errors", "ws_newblockevents", "ws_subscription_limit", "ws_tx_msgsend", "ws_newblockevents_settlements_only"} {
			chain := newFakeChain(57)
			chain.chain, chain.socket = "pocket-local", true
			chain.frames = recordingOf(t, name).frames()
			heads, stop := start(t, chain, time.Hour)
			next(t, heads, 51, 57)
			stop()
			assert.Empty(t, drain(heads))
		}
	})
	t.Run("a lying socket makes no heights", func(t *testing.T) {
		chain := newFakeChain(57)
		chain.socket = true
		chain.frames = [][]byte{
			[]byte(`{"result":{"data":{"value":{"header":{"chain_id":"test","height":"999999999","time":"2026-01-01T00:00:00Z"}}}}}`),
			[]byte(`{"result":{"data":{"value":{"header":{"chain_id":"other","height":"99","time":"2026-01-01T00:00:00Z"}}}}}`),
			[]byte("not json"), []byte(strings.Repeat("x", frameLimit+1)),
		}
		heads, stop := start(t, chain, 50*time.Millisecond)
		next(t, heads, 51, 57)
		<-chain.news
		chain.grow(3)
		next(t, heads, 58, 60)
		stop()
	})
	t.Run("a node without a websocket is polled", func(t *testing.T) {
		chain := newFakeChain(57)
		heads, stop := start(t, chain, 20*time.Millisecond)
		next(t, heads, 51, 57)
		chain.grow(25)
		next(t, heads, 58, 82)
		stop()
	})
}

func TestSilentSubscription(t *testing.T) {
	start := func() (s *socket, dropped *int) {
		dropped = new(int)
		s = &socket{nodes: &nodes{}, wake: make(chan struct{}, 1)}
		s.live, s.heard, s.drop = true, time.Now(), func() { *dropped++ }
		return s, dropped
	}
	t.Run("a socket that is silent while blocks are found is opened anew", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, dropped := start()
			time.Sleep(time.Minute)
			s.found(5)
			assert.Zero(t, *dropped, "one may come just before the news of it")
			require.NoError(t, s.hear([]byte(`{"result":{"data":{"value":{"header":{"chain_id":"test","height":"6"}}}}}`)))
			time.Sleep(time.Minute)
			s.found(7)
			assert.Zero(t, *dropped)
			time.Sleep(time.Minute)
			s.found(8)
			assert.Equal(t, 1, *dropped)
			assert.False(t, s.alive())
		})
	})
	t.Run("one that is only a moment late is not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, dropped := start()
			for h := range pocket.Height(9) {
				s.found(h)
			}
			assert.Zero(t, *dropped)
		})
	})
	t.Run("what is found while it is down is not held against it", func(t *testing.T) {
		s, dropped := start()
		s.live = false
		for h := range pocket.Height(9) {
			s.found(h)
		}
		assert.Zero(t, s.missed)
		assert.Zero(t, *dropped)
	})
}

// BenchmarkNoNews measures a look for news that finds none, over real HTTP.
func BenchmarkNoNews(b *testing.B) {
	r := recordingOf(b, "rpc_status")
	server := httptest.NewServer(constant(r))
	defer server.Close()
	c, err := New([]string{server.URL}, nil)
	require.NoError(b, err)
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Status(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
