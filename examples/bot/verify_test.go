package bot

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

func TestVerifyFindsWhatPoktScanLeftOutAndNothingElse(t *testing.T) {
	chain := pockettest.NewChain(pockettest.Config{Seed: 11, Blocks: 200, Suppliers: 4, Params: pockettest.SmallParams()})
	full, err := pockettest.Listen(chain)
	require.NoError(t, err)
	defer full.Close()
	indexer := poktscantest.New()
	defer indexer.Close()
	indexer.SetChain(pockettest.ChainID)
	var forgotten *pocket.Settlement
	for h := pocket.Height(1); h <= chain.Head(); h++ {
		block, err := chain.Block(h)
		require.NoError(t, err)
		indexer.AddBlocks(block)
	}
	for event, err := range chain.Truth(1, chain.Head()) {
		require.NoError(t, err)
		if s, ok := event.(pocket.Settlement); ok && forgotten == nil && s.Height > 80 {
			forgotten = &s
			continue
		}
		indexer.AddEvents(event)
	}
	require.NotNil(t, forgotten)
	indexer.SetTip(chain.Head())
	config := DefaultConfig()
	config.Database = NewSecret(filepath.Join(t.TempDir(), "bot.db"))
	config.Alerts.Enabled = false
	config.Chain = Chain{RPC: []Secret{NewSecret(full.RPC)}, REST: []Secret{NewSecret(full.REST)}, ID: pockettest.ChainID}
	config.PoktScan.URL = []Secret{NewSecret(indexer.URL)}
	config.Nodes = chain.Operators()
	b, err := New(t.Context(), config, WithClock(func() time.Time { return chain.TimeOf(chain.Head()) }))
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))

	assert.Contains(t, parts(t, b, "/verify poktscan all"), "Both tell the same, to the upokt")
	said := parts(t, b, "/verify chain all")
	assert.NotContains(t, said, "Both tell the same")
	assert.Contains(t, said, forgotten.Supplier.String())
	for _, operator := range chain.Operators() {
		if operator != forgotten.Supplier {
			assert.Contains(t, parts(t, b, "/verify "+operator.String()+" all"), "Both tell the same", "it concerns one node only")
			break
		}
	}
	repaired, err := b.store.Repair(t.Context(), b.client, forgotten.Height)
	require.NoError(t, err)
	assert.Len(t, repaired, 1)
	assert.Contains(t, parts(t, b, "/verify all"), "Both tell the same, to the upokt")
}
