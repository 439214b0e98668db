package shannon_test

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

func collect[T any](t *testing.T, list iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range list {
		require.NoError(t, err)
		items = append(items, item)
	}
	return items
}

// TestSimulatedChain reads a whole simulated chain over real HTTP and compares it with what the simulator says it did.
func TestSimulatedChain(t *testing.T) {
	defer goleak.VerifyNone(t)
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 7, Blocks: 300, Suppliers: 9, Params: pockettest.SmallParams()}))
	defer node.Close()
	c, err := shannon.New([]string{node.RPC}, []string{node.REST}, shannon.WithChainID(pockettest.ChainID), shannon.WithPollInterval(time.Second), shannon.WithLogger(slog.New(slog.NewTextHandler(t.Output(), nil))))
	require.NoError(t, err)
	defer c.Close()
	ctx := t.Context()

	var seen []pocket.Event
	blocks := map[pocket.Height]pocket.Block{}
	t.Run("every event of every block is what the simulator did", func(t *testing.T) {
		for header := range slices.Values(collect(t, c.Headers(ctx, 1, 0))) {
			block, err := c.Block(ctx, header.Height)
			require.NoError(t, err)
			blocks[block.Height] = block
			assert.Equal(t, header.Hash, block.Hash)
			seen = append(seen, collect(t, c.Events(ctx, block, pocket.Selection{}))...)
		}
		require.Len(t, blocks, 300)
		truth := collect(t, node.Chain().Truth(1, 300))
		require.Equal(t, len(truth), len(seen))
		for i := range truth {
			require.Equal(t, truth[i], seen[i])
		}
	})
	t.Run("a search for blocks finds those with the event", func(t *testing.T) {
		operator := node.Chain().Operators()[0]
		want := map[pocket.Height]bool{}
		for _, e := range seen {
			if s, ok := e.(pocket.Settlement); ok && s.Supplier == operator {
				want[s.Height] = true
			}
		}
		require.NotEmpty(t, want)
		last := pocket.Height(0)
		for _, block := range collect(t, c.SearchBlocks(ctx, shannon.BlockQuery{Kind: pocket.KindSettlement, Supplier: operator})) {
			assert.Greater(t, block.Height, last)
			assert.Equal(t, blocks[block.Height], block)
			assert.True(t, want[block.Height])
			delete(want, block.Height)
			last = block.Height
		}
		assert.Empty(t, want)
	})
	t.Run("a search for transactions finds what their events tell", func(t *testing.T) {
		wallet := node.Chain().Wallets()[0]
		want := map[string]pocket.Transaction{}
		for _, e := range seen {
			if tx, ok := e.(pocket.Transaction); ok && slices.ContainsFunc(tx.Transfers, func(x pocket.Transfer) bool { return x.From == wallet || x.To == wallet }) {
				want[tx.TxHash] = tx
			}
		}
		require.NotEmpty(t, want)
		for _, tx := range collect(t, c.TransactionsOf(ctx, wallet, 0, 0)) {
			known, ok := want[tx.TxHash]
			if assert.True(t, ok, tx.TxHash) {
				tx.Index = known.Index // not told by a search
				assert.Equal(t, known, tx)
			}
			delete(want, tx.TxHash)
		}
		assert.Empty(t, want)
	})
	t.Run("the state is told by every call", func(t *testing.T) {
		suppliers := collect(t, c.Suppliers(ctx, shannon.SupplierFilter{}))
		assert.ElementsMatch(t, node.Chain().Suppliers(), suppliers)
		for _, s := range suppliers {
			one, err := c.Supplier(ctx, s.Operator)
			require.NoError(t, err)
			assert.Equal(t, s, one)
		}
		applications := collect(t, c.Applications(ctx, pocket.Address{}))
		assert.NotEmpty(t, applications)
		assert.NotEmpty(t, collect(t, c.Services(ctx)))
		_ = collect(t, c.Gateways(ctx))
		assert.NotEmpty(t, collect(t, c.Validators(ctx, true)))
		params, err := c.Params(ctx)
		require.NoError(t, err)
		assert.Equal(t, node.Chain().Params(300).Shared, params.Shared)
		balance, err := c.Balance(ctx, node.Chain().Owners()[0])
		require.NoError(t, err)
		assert.Positive(t, balance)
		for claim := range slices.Values(collect(t, c.Claims(ctx, shannon.ClaimFilter{}))) {
			one, err := c.ClaimOf(ctx, claim.SessionID, claim.Supplier)
			require.NoError(t, err)
			assert.Equal(t, claim, one)
			assert.Positive(t, claim.ComputeUnits)
		}
	})
	t.Run("heads come by websocket as the chain grows", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		next := pocket.Height(291)
		for head, err := range c.Heads(ctx, 290) {
			require.NoError(t, err)
			require.Equal(t, next, head.Height)
			if next++; next > 300 {
				if next > 320 {
					break
				}
				node.Chain().Advance(1)
			}
		}
		assert.Equal(t, pocket.Height(321), next)
	})
}

// TestASimulatedNodeOfMorseIsClaimed goes the whole way from a node's JSON.
func TestASimulatedNodeOfMorseIsClaimed(t *testing.T) {
	config := pockettest.Config{Seed: 7, Blocks: 20, Suppliers: 3, Params: pockettest.SmallParams()}
	operator := pockettest.NewChain(config).Operators()[0]
	config.Incidents = []pockettest.Incident{{Kind: pockettest.Migrate, Height: 12, Supplier: operator}}
	node := pockettest.NewNode(pockettest.NewChain(config))
	defer node.Close()
	c, err := shannon.New([]string{node.RPC}, []string{node.REST})
	require.NoError(t, err)
	defer c.Close()
	morse, output := node.Chain().Morse(operator)
	block, err := c.Block(t.Context(), 12)
	require.NoError(t, err)
	truth := collect(t, node.Chain().Truth(12, 12, pocket.KindMigration))
	require.Len(t, truth, 1)
	assert.Equal(t, truth, collect(t, c.Events(t.Context(), block, pocket.Selection{
		Kinds: []pocket.Kind{pocket.KindMigration}, Mentions: []pocket.Address{morse},
	})))

	want := pocket.MorseClaimable{
		Morse: morse, MorseOutput: output, Destination: operator, ClaimedAt: 12, Balance: pocket.POKT(25), SupplierStake: pocket.POKT(15_000),
	}
	got, err := c.MorseClaimable(t.Context(), morse)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	before, err := c.At(11).MorseClaimable(t.Context(), morse)
	require.NoError(t, err)
	assert.True(t, before.Destination.IsZero())
	_, err = c.MorseClaimable(t.Context(), pocket.MustParseAddress("00f9900606fa3d5c9179fc0c8513078a53a2073e"))
	assert.ErrorIs(t, err, pocket.ErrNotFound)
	found := collect(t, c.SearchTransactions(t.Context(), shannon.TxQuery{Kind: pocket.KindMigration, Supplier: operator}))
	require.Len(t, found, 1)
	assert.Equal(t, truth[0].Where().TxHash, found[0].TxHash)
	everybody := collect(t, c.MorseClaimables(t.Context()))
	assert.Len(t, everybody, 3)
	assert.Contains(t, everybody, want)
}
