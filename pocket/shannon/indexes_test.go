package shannon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

func TestFormerQueries(t *testing.T) {
	for want, query := range map[string]interface{ text() (string, error) }{
		"pocket.tokenomics.EventClaimSettled.claim CONTAINS '" + anOperator.String() + "'": BlockQuery{
			Kind: pocket.KindSettlement, Supplier: anOperator, Former: true},
		"block.height>4 AND pocket.tokenomics.EventSupplierSlashed.claim EXISTS": BlockQuery{Kind: pocket.KindSlash, From: 5, Former: true},
		"pocket.supplier.EventSupplierStaked.supplier CONTAINS '" + anOperator.String() + "'": TxQuery{
			Kind: pocket.KindSupplierStake, Supplier: anOperator, Former: true},
	} {
		text, err := query.text()
		require.NoError(t, err)
		assert.Equal(t, want, text)
	}
	for _, query := range []interface{ text() (string, error) }{
		BlockQuery{Kind: pocket.KindSettlement, Owner: anOwner, Former: true},
		BlockQuery{Kind: pocket.KindSettlement, Service: "eth", Former: true},
		BlockQuery{Kind: pocket.KindUnbondingEnd, Supplier: anOperator, Former: true},
		TxQuery{Kind: pocket.KindClaimCreation, Supplier: anOperator, Former: true},
	} {
		_, err := query.text()
		assert.ErrorIs(t, err, pocket.ErrInvalid, "%+v", query)
	}
}

func TestIndexes(t *testing.T) {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 7, Params: pockettest.SmallParams(), Blocks: 60}))
	t.Cleanup(node.Close)
	client, err := New([]string{node.RPC}, nil, WithRetries(0))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	t.Run("a node that indexes everything does", func(t *testing.T) {
		for _, h := range []pocket.Height{1, 28, 60} {
			indexes, err := client.Indexes(t.Context(), h)
			require.NoError(t, err)
			assert.True(t, indexes, "block %d", h)
		}
	})
	t.Run("one without an index does not", func(t *testing.T) {
		heal := node.Fail(pockettest.Fault{Kind: pockettest.NoIndex})
		defer heal()
		indexes, err := client.Indexes(t.Context(), 28)
		require.NoError(t, err)
		assert.False(t, indexes)
	})
	t.Run("a height that cannot be is refused", func(t *testing.T) {
		_, err := client.Indexes(t.Context(), 0)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	for name, test := range map[string]struct {
		total, txMark, endMark string
		want                   bool
		reason                 error
		height                 string
	}{
		"all is marked":                         {"1", "true", "true", true, nil, "9"},
		"the block came before the index":       {"0", "true", "true", false, nil, "9"},
		"events of transactions are left out":   {"1", "false", "true", false, nil, "9"},
		"events of the block are left out":      {"1", "true", "false", false, nil, "9"},
		"results of another height are no word": {"1", "true", "true", false, pocket.ErrMalformed, "8"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/block_search" {
					fmt.Fprintf(w, `{"jsonrpc":"2.0","id":-1,"result":{"blocks":[],"total_count":%q}}`, test.total)
					return
				}
				const event = `{"type":"pocket.x","attributes":[{"key":"a","value":"1","index":true},{"key":"b","value":"2","index":%s}]}`
				fmt.Fprintf(w, `{"jsonrpc":"2.0","id":-1,"result":{"height":%q,"txs_results":[{"events":[`+event+`]}],"finalize_block_events":[`+event+`]}}`,
					test.height, test.txMark, test.endMark)
			}))
			t.Cleanup(server.Close)
			client, err := New([]string{server.URL}, nil, WithRetries(0))
			require.NoError(t, err)
			t.Cleanup(client.Close)
			indexes, err := client.Indexes(t.Context(), 9)
			if test.reason != nil {
				assert.ErrorIs(t, err, test.reason)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, indexes)
		})
	}
}
