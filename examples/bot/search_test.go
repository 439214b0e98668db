package bot

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/rewards"
)

// restricted is a node whose operator lets only some events be searched for, as index-events in app.toml does: settlements are not found,
// without an error, and the results mark what is left out.
func restricted(t *testing.T, rpc string) string {
	target, err := url.Parse(rpc)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.URL.Path != "/block_results" {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body = bytes.ReplaceAll(body, []byte(`"index":true`), []byte(`"index":false`))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Del("Content-Length")
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/block_search" && strings.Contains(r.URL.Query().Get("query"), "pocket.") {
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":-1,"result":{"blocks":[],"total_count":"0"}}`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestThePastIsWholeWhateverANodeLetsOneSearch(t *testing.T) {
	chain := pockettest.NewChain(pockettest.Config{Seed: 11, Params: pockettest.SmallParams(), Blocks: 300, Suppliers: 6, Owners: 2})
	node := pockettest.NewNode(chain)
	t.Cleanup(node.Close)
	supplier := chain.Operators()[0]
	var want rewards.Sums
	rows, err := rewards.Aggregate(rewards.Query{Filter: pocket.Filter{Suppliers: []pocket.Address{supplier}}}, chain.Truth(1, chain.Head()))
	require.NoError(t, err)
	require.Len(t, rows, 1)
	want = rows[0].Sums
	require.NotZero(t, want.Settlements)
	narrow := restricted(t, node.RPC)

	for name, test := range map[string]struct {
		rpc      []string
		searched bool
	}{
		"a node that indexes everything is searched":             {[]string{node.RPC}, true},
		"one that indexes some events is read block by block":    {[]string{narrow}, false},
		"of two, the one that indexes everything is searched":    {[]string{narrow, node.RPC}, true},
		"a node that is down leaves the search to the other one": {[]string{"http://127.0.0.1:1", node.RPC}, true},
	} {
		t.Run(name, func(t *testing.T) {
			node.ResetRequests()
			config := DefaultConfig()
			config.Database = NewSecret(filepath.Join(t.TempDir(), "index.db"))
			config.Chain = Chain{REST: []Secret{NewSecret(node.REST)}, ID: pockettest.ChainID}
			for _, url := range test.rpc {
				config.Chain.RPC = append(config.Chain.RPC, NewSecret(url))
			}
			config.Nodes = []pocket.Address{supplier}
			b, err := New(t.Context(), config)
			require.NoError(t, err)
			defer func() { require.NoError(t, b.Close()) }()
			require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))
			got, err := b.store.Sums(t.Context(), rewards.Query{Filter: pocket.Filter{Suppliers: []pocket.Address{supplier}}})
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Equal(t, want, got[0].Sums)
			assert.Equal(t, test.searched, node.Count("/block_results") < 300, "%d results read", node.Count("/block_results"))
		})
	}
}
