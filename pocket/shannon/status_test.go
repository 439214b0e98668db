package shannon

import (
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestWhatANodeSaysOfItself(t *testing.T) {
	ask := func(body string) *Client {
		return clientOf(t, constant(recording{Status: 200, Body: body}), constant(recording{Status: 200, Body: body}))
	}
	t.Run("peers are counted as text or bare", func(t *testing.T) {
		for _, raw := range []string{`"7"`, `7`} {
			n, err := ask(`{"jsonrpc":"2.0","id":-1,"result":{"listening":true,"n_peers":` + raw + `}}`).Peers(t.Context())
			require.NoError(t, err)
			assert.Equal(t, 7, n)
		}
	})
	t.Run("an answer without peers does not mean none", func(t *testing.T) {
		for _, raw := range []string{`{}`, `{"n_peers":null}`, `{"n_peers":"-1"}`, `{"n_peers":"99999999999"}`} {
			_, err := ask(`{"jsonrpc":"2.0","id":-1,"result":` + raw + `}`).Peers(t.Context())
			assert.ErrorIs(t, err, pocket.ErrMalformed, raw)
		}
	})
	t.Run("a binary without a version has none", func(t *testing.T) {
		version, err := ask(`{"jsonrpc":"2.0","id":-1,"result":{"response":{"last_block_height":"5"}}}`).AppVersion(t.Context())
		require.NoError(t, err)
		assert.Empty(t, version)
		_, err = ask(`{"jsonrpc":"2.0","id":-1,"result":{}}`).AppVersion(t.Context())
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a planned upgrade is read", func(t *testing.T) {
		plan, err := ask(`{"plan":{"name":"v0.1.36","time":"0001-01-01T00:00:00Z","height":"900123","info":"{\"binaries\":{}}","upgraded_client_state":null}}`).Upgrade(t.Context())
		require.NoError(t, err)
		assert.Equal(t, pocket.Upgrade{Name: "v0.1.36", Height: 900_123, Info: `{"binaries":{}}`}, plan)
	})
	t.Run("no plan is no upgrade, but an answer that does not tell is none", func(t *testing.T) {
		plan, err := ask(`{"plan":null}`).Upgrade(t.Context())
		require.NoError(t, err)
		assert.Zero(t, plan)
		for _, body := range []string{`{}`, `{"plan":{}}`, `{"plan":{"height":"0"}}`, `{"plan":[]}`} {
			_, err := ask(body).Upgrade(t.Context())
			assert.ErrorIs(t, err, pocket.ErrMalformed, body)
		}
	})
}

func TestAnyChain(t *testing.T) {
	t.Run("a client of any chain sees its node go from one to another", func(t *testing.T) {
		status := func(chain string) string {
			return `{"jsonrpc":"2.0","id":-1,"result":{"node_info":{"network":` + chain + `},"sync_info":{"latest_block_height":"5"}}}`
		}
		asked := 0
		chains := []string{"one", "other"}
		c := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			_, _ = io.WriteString(w, status(strconv.Quote(chains[asked-1])))
		}), nil, WithAnyChain())
		for _, want := range chains {
			got, err := c.Status(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, got.ChainID)
		}
	})
	t.Run("any chain and one chain do not go together", func(t *testing.T) {
		_, err := New([]string{"http://127.0.0.1:1"}, nil, WithAnyChain(), WithChainID("pocket"))
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
}
