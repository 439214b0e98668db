package pockettest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// FuzzQuery: whatever is searched for, the answer is hits or one of the node's errors.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"tx.height>5 AND tx.height<=9", `message.sender='pokt1'`, "a.b EXISTS", "a.b CONTAINS 'x' AND", "block.height>", "='", "a='b", "\x00", "a.b=1 OR c=2",
	} {
		f.Add(seed)
	}
	events := []placed{begin(sdk("transfer", "recipient", "a", "amount", "5"))}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseQuery(text)
		if err != nil {
			assert.True(t, strings.HasPrefix(err.Error(), "offset "), err.Error())
			return
		}
		heights, rest := q.split("tx.height")
		heights.span(1, 100)
		newMatcher(rest).any(events)
	})
}

// FuzzCalls: whatever is sent to the RPC, each answer is one JSON text.
func FuzzCalls(f *testing.F) {
	f.Add("/block", "height=5", `{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"2"}}`)
	f.Add("/tx", "hash=0xAB", `[{"id":1,"method":"status"},{"id":"x","method":"tx_search","params":{"query":"tx.height=5"}}]`)
	f.Add("/block_search", "query=%22a.b%20EXISTS%22&page=2&per_page=-1", `{"id":{},"method":"blockchain","params":[1,2]}`)
	f.Add("/validators", "height=%00", `{"id":null,"method":"validators","params":{"height":9999999999999999999}}`)
	node := NewNode(NewChain(Config{Seed: 1, Params: SmallParams(), Blocks: 20, Suppliers: 2, Services: 1, Applications: 1}))
	f.Cleanup(node.Close)
	f.Fuzz(func(t *testing.T, path, query, body string) {
		get := httptest.NewRequest(http.MethodGet, "/", nil)
		get.URL = &url.URL{Path: path, RawQuery: query}
		post := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		for _, r := range []*http.Request{get, post} {
			w := httptest.NewRecorder()
			node.serveRPC(w, r)
			if w.Header().Get("Content-Type") == "application/json" && w.Body.Len() > 0 {
				require.True(t, json.Valid(w.Body.Bytes()), "%q", w.Body.String())
			}
		}
	})
}

// FuzzQuoted: text is quoted as encoding/json does it.
func FuzzQuoted(f *testing.F) {
	for _, seed := range []string{"", `"\`, "<b>&", "✓", "\x00\xff\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := json.Marshal(text)
		require.NoError(t, err)
		require.Equal(t, string(want), quoted(text))
		require.Equal(t, `x`+string(want), string(appendQuoted([]byte("x"), text)))
	})
}

func TestManyMayAskAtOnce(t *testing.T) {
	chain := NewChain(Config{Seed: 6, Params: SmallParams(), Blocks: 100})
	node := NewNode(chain)
	defer node.Close()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for h := pocket.Height(1); h < 60; h++ {
				var out bytes.Buffer
				assert.NoError(t, chain.WriteBlockResults(&out, h))
				assert.True(t, json.Valid(out.Bytes()))
				_, err := chain.Balance(t.Context(), chain.Owners()[0], h)
				assert.NoError(t, err)
				node.Fail(Fault{Kind: Lag, Blocks: 1})()
				if i == 0 {
					chain.Advance(1)
					assert.NoError(t, chain.Inject(Incident{Kind: Expire, Supplier: chain.Operators()[int(h)%12]}))
				}
			}
		})
	}
	all.Wait()
}
