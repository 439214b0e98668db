package shannon

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// nodesOf returns a client of several RPC nodes, a.test and so on.
func nodesOf(t testing.TB, opts []Option, handlers ...http.Handler) *Client {
	t.Helper()
	hosts, urls := inMemory{}, []string{}
	for i, h := range handlers {
		host := string(rune('a'+i)) + ".test"
		hosts[host] = h
		urls = append(urls, "http://"+host)
	}
	c, err := New(urls, urls, quick(append(opts, WithTransport(hosts))...)...)
	require.NoError(t, err)
	return c
}

// counter counts what a handler is asked.
type counter struct {
	http.Handler
	n int
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.n++; c.Handler.ServeHTTP(w, r) }

// edited serves a recording with something in it replaced.
func edited(r recording, pairs ...string) recording {
	r.Body = strings.NewReplacer(pairs...).Replace(r.Body)
	return r
}

func TestNodes(t *testing.T) {
	block28 := recordingOf(t, "rpc_block_at_height")
	status := recordingOf(t, "rpc_status")
	good := newReplay("rpc", firstNode(t)...)

	t.Run("a node of another chain is refused and never used", func(t *testing.T) {
		foreign := &counter{Handler: newReplay("rpc", edited(status, "pocket-local", "cosmoshub"), edited(block28, "pocket-local", "cosmoshub"))}
		c := nodesOf(t, []Option{WithChainID("pocket-local")}, foreign, good)
		for range 3 {
			b, err := c.Block(t.Context(), 28)
			require.NoError(t, err)
			assert.Equal(t, "pocket-local", b.ChainID)
		}
		assert.Equal(t, 1, foreign.n)
		only := nodesOf(t, []Option{WithChainID("pocket-local")}, foreign)
		_, err := only.Block(t.Context(), 28)
		require.ErrorIs(t, err, pocket.ErrWrongChain)
		assert.ErrorContains(t, err, `serves chain "cosmoshub", want "pocket-local"`)
	})
	t.Run("a REST node of another chain is refused too", func(t *testing.T) {
		for chain, want := range map[string]error{"pocket-local": nil, "pocket": pocket.ErrWrongChain} {
			c := nodesOf(t, []Option{WithChainID(chain)}, newReplay("rest", firstNode(t)...))
			_, err := c.Balance(t.Context(), pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"))
			assert.ErrorIs(t, err, want)
		}
	})
	t.Run("without an expected chain the first that is seen is held to", func(t *testing.T) {
		c := nodesOf(t, nil, newReplay("rpc", block28, edited(recordingOf(t, "rpc_block_height1"), "pocket-local", "other")))
		_, err := c.Block(t.Context(), 28)
		require.NoError(t, err)
		_, err = c.Block(t.Context(), 1)
		assert.ErrorIs(t, err, pocket.ErrWrongChain)
	})
	t.Run("of two nodes with one down the other answers", func(t *testing.T) {
		c, err := New([]string{"http://nobody.test", "http://b.test"}, nil, quick(WithTransport(inMemory{"b.test": good}))...)
		require.NoError(t, err)
		b, err := c.Block(t.Context(), 28)
		require.NoError(t, err)
		assert.Equal(t, pocket.Height(28), b.Height)
	})
	t.Run("a node that answers with another height is left for the next, or is malformed", func(t *testing.T) {
		c := nodesOf(t, nil, constant(recordingOf(t, "rpc_block_height1")), good)
		b, err := c.Block(t.Context(), 28)
		require.NoError(t, err)
		assert.Equal(t, pocket.Height(28), b.Height)
		_, err = nodesOf(t, nil, constant(recordingOf(t, "rpc_block_height1"))).Block(t.Context(), 28)
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		assert.ErrorContains(t, err, "asked for block 28, got block 1")
	})
	t.Run("results of another height are left for the next node before anything is yielded", func(t *testing.T) {
		c := nodesOf(t, nil, constant(recordingOf(t, "rpc_block_results_quiet")), good)
		events, err := all(c.Events(t.Context(), pocket.Block{Height: 28}, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}}))
		require.NoError(t, err)
		assert.Len(t, events, 8)
	})
	t.Run("a pruned node is left for one that has the block", func(t *testing.T) {
		pruned := recordingOf(t, "rpc_err_block_pruned")
		c := nodesOf(t, nil, constant(pruned), good)
		_, err := c.Block(t.Context(), 28)
		require.NoError(t, err)
		both := nodesOf(t, nil, constant(pruned), constant(edited(pruned, "lowest height is 67", "lowest height is 50")))
		_, err = both.Block(t.Context(), 2)
		require.ErrorIs(t, err, pocket.ErrPruned)
		e, _ := errors.AsType[*pocket.APIError](err)
		assert.Equal(t, pocket.Height(50), e.Lowest)
	})
	t.Run("headers that one node has pruned come from the other", func(t *testing.T) {
		c := nodesOf(t, nil, constant(recordingOf(t, "rpc_err_blockchain_pruned")), good)
		headers, err := all(c.Headers(t.Context(), 41, 60))
		require.NoError(t, err)
		assert.Len(t, headers, 20)
	})
	t.Run("headers half pruned tell the lowest", func(t *testing.T) {
		c := nodesOf(t, nil, constant(recordingOf(t, "rpc_blockchain_max20")))
		headers, err := all(c.Headers(t.Context(), 31, 50))
		require.ErrorIs(t, err, pocket.ErrPruned)
		e, _ := errors.AsType[*pocket.APIError](err)
		assert.Equal(t, pocket.Height(41), e.Lowest)
		assert.Empty(t, headers)
	})
	t.Run("headers that do not follow from each other are malformed", func(t *testing.T) {
		r := recordingOf(t, "rpc_blockchain_max20")
		bad := edited(r, `"block_id":{"hash":"493249200BEEB8C7`, `"block_id":{"hash":"0000000000000000`)
		require.NotEqual(t, r.Body, bad.Body)
		_, err := all(nodesOf(t, nil, constant(bad)).Headers(t.Context(), 41, 60))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		assert.ErrorContains(t, err, "does not follow")
	})
	t.Run("a node that keeps no results is left for one that does", func(t *testing.T) {
		c := nodesOf(t, nil, constant(recordingOf(t, "rpc_err_block_results_discarded")), good)
		events, err := all(c.Events(t.Context(), pocket.Block{Height: 28}, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSlash}}))
		require.NoError(t, err)
		assert.Len(t, events, 1)
	})
	t.Run("of nodes that are catching up or behind, the status is that of a fresh one", func(t *testing.T) {
		behind := edited(status, `"491"`, `"400"`)
		catching := edited(behind, `"catching_up":false`, `"catching_up":true`)
		for _, first := range []recording{behind, catching} {
			c := nodesOf(t, nil, constant(first), constant(status))
			c.survey(t.Context())
			s, err := c.Status(t.Context())
			require.NoError(t, err)
			assert.Equal(t, pocket.Height(491), s.Latest)
		}
		c := nodesOf(t, nil, constant(catching), constant(catching))
		s, err := c.Status(t.Context())
		require.NoError(t, err, "when all are catching up that is what there is to tell")
		assert.True(t, s.CatchingUp)
	})
	t.Run("a proxy's 404 does not unstake a supplier", func(t *testing.T) {
		operator := pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
		for _, body := range []string{"<html>not found</html>", "not found", `{"error":"not found"}`, `{"code":"404"}`, "{}", ""} {
			c := clientOf(t, good, constant(recording{Status: 404, ContentType: "text/plain", Body: body}))
			_, err := c.Supplier(t.Context(), operator)
			assert.NotErrorIs(t, err, pocket.ErrNotFound, body)
			assert.ErrorIs(t, err, pocket.ErrMalformed, body)
		}
		_, err := clientOf(t, good, constant(recordingOf(t, "rest_err_supplier_unknown"))).Supplier(t.Context(), operator)
		assert.ErrorIs(t, err, pocket.ErrNotFound)
	})
	t.Run("the state of another height than asked is refused", func(t *testing.T) {
		operator := pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
		h := "491"
		c := clientOf(t, good, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(hadHeight, h)
			recordingOf(t, "rest_supplier_one").write(w)
		}))
		_, err := c.SupplierAt(t.Context(), operator, 20)
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		_, err = c.SupplierAt(t.Context(), operator, 491)
		assert.NoError(t, err)
	})
	t.Run("another supplier than asked is refused", func(t *testing.T) {
		_, err := clientOf(t, good, constant(recordingOf(t, "rest_supplier_one"))).
			Supplier(t.Context(), pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a coin that is no upokt is refused", func(t *testing.T) {
		r := edited(recordingOf(t, "rest_balance_by_denom"), "upokt", "uusdc")
		_, err := clientOf(t, good, constant(r)).Balance(t.Context(), pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("what the client has no URL for is an invalid question", func(t *testing.T) {
		c, err := New([]string{"http://a.test"}, nil)
		require.NoError(t, err)
		_, err = c.Balance(t.Context(), pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"))
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		c, err = New(nil, []string{"http://a.test"})
		require.NoError(t, err)
		_, err = c.Status(t.Context())
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		_, err = all(c.Events(t.Context(), pocket.Block{Height: 1}, pocket.Selection{}))
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		_, err = New(nil, nil)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("questions that make no sense are not sent", func(t *testing.T) {
		silent := &counter{Handler: good}
		c := nodesOf(t, nil, silent)
		ctx := t.Context()
		morse := pocket.MustParseAddress("0123456789abcdef0123456789abcdef01234567")
		for name, ask := range map[string]func() error{
			"block":    func() error { _, err := c.Block(ctx, -1); return err },
			"headers":  func() error { _, err := all(c.Headers(ctx, 9, 5)); return err },
			"events":   func() error { _, err := all(c.Events(ctx, pocket.Block{}, pocket.Selection{})); return err },
			"supplier": func() error { _, err := c.Supplier(ctx, morse); return err },
			"zero":     func() error { _, err := c.Balance(ctx, pocket.Address{}); return err },
			"service":  func() error { _, err := c.Service(ctx, "a/../b"); return err },
			"session": func() error {
				_, err := c.ClaimOf(ctx, "xyz", pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"))
				return err
			},
			"tx":    func() error { _, err := c.Transaction(ctx, "0x12"); return err },
			"state": func() error { _, err := all(c.At(-1).Services(ctx)); return err },
			"claims": func() error {
				_, err := all(c.Claims(ctx, ClaimFilter{SessionEnd: 1, SessionID: strings.Repeat("a", 64)}))
				return err
			},
			"validator": func() error { _, err := c.Validator(ctx, morse); return err },
			"heads":     func() error { _, err := all(c.Heads(ctx, -1)); return err },
		} {
			assert.ErrorIs(t, ask(), pocket.ErrInvalid, name)
		}
		assert.Zero(t, silent.n)
	})
}

func TestBrokenStreams(t *testing.T) {
	r := recordingOf(t, "rpc_block_results_settlement_slash")
	whole, err := all(clientOf(t, constant(r), constant(r)).Events(t.Context(), pocket.Block{Height: 28}, pocket.Selection{}))
	require.NoError(t, err)
	// breaking sends the first n bytes and breaks the connection.
	breaking := func(n int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, r.Body[:n])
		})
	}
	for _, n := range []int{0, 10, 60, 300, 5_000, 40_000, len(r.Body) - 1} {
		t.Run(fmt.Sprintf("a body that ends after %d bytes is never whole, and no event comes twice", n), func(t *testing.T) {
			other := &counter{Handler: constant(r)}
			c := nodesOf(t, nil, breaking(n), other)
			events, err := all(c.Events(t.Context(), pocket.Block{Height: 28}, pocket.Selection{}))
			if other.n > 0 { // nothing had been yielded
				require.NoError(t, err)
				assert.Equal(t, whole, events)
				return
			}
			require.Error(t, err)
			assert.Less(t, len(events), len(whole)+1)
			assert.Equal(t, whole[:len(events)], events)
			assert.NotEmpty(t, events)
		})
	}
	t.Run("who stops early is not bothered", func(t *testing.T) {
		n := 0
		for _, err := range clientOf(t, constant(r), constant(r)).Events(t.Context(), pocket.Block{Height: 28}, pocket.Selection{}) {
			require.NoError(t, err)
			if n++; n == 3 {
				break
			}
		}
		assert.Equal(t, 3, n)
	})
	t.Run("an HTML page is no block", func(t *testing.T) {
		html := constant(recordingOf(t, "rpc_root_html"))
		_, err := all(clientOf(t, html, html).Events(t.Context(), pocket.Block{Height: 28}, pocket.Selection{}))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		assert.ErrorContains(t, err, "HTML")
	})
	t.Run("an error that comes with status 200 has its type", func(t *testing.T) {
		future := constant(recordingOf(t, "rpc_post_err_future"))
		_, err := all(clientOf(t, future, future).Events(t.Context(), pocket.Block{Height: 28}, pocket.Selection{}))
		require.ErrorIs(t, err, pocket.ErrFutureHeight)
		e, _ := errors.AsType[*pocket.APIError](err)
		assert.Equal(t, pocket.Height(491), e.Latest)
	})
}
