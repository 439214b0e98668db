package bot

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

func TestAnIndexOfEverythingKnowsWhoIsStakedAndUnpaid(t *testing.T) {
	chain := pockettest.NewChain(pockettest.Config{Seed: 5, Params: pockettest.SmallParams(), Blocks: 200, Suppliers: 8, Owners: 2, Rates: pockettest.Calm()})
	node := pockettest.NewNode(chain)
	t.Cleanup(node.Close)
	node.Fail(pockettest.Fault{Kind: pockettest.Prune, Below: 199}) // so that no settlement tells of anybody

	config := DefaultConfig()
	config.Mode = Everything
	config.Database = NewSecret(filepath.Join(t.TempDir(), "index.db"))
	config.Chain = Chain{RPC: []Secret{NewSecret(node.RPC)}, REST: []Secret{NewSecret(node.REST)}, ID: pockettest.ChainID}
	b, err := New(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))

	known, err := b.store.Suppliers(t.Context())
	require.NoError(t, err)
	var operators []pocket.Address
	for _, s := range known {
		operators = append(operators, s.Operator)
	}
	assert.ElementsMatch(t, chain.Operators(), operators)
	stays, err := b.store.Stays(t.Context(), nil)
	require.NoError(t, err)
	assert.Len(t, stays, len(operators))
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}), "asking again stores nothing twice")
	again, err := b.store.Stays(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, stays, again)
}
