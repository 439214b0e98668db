package index_test

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
	"github.com/poktbot/poktbot/rewards"
)

var _ index.Chain = (*shannon.Client)(nil)

func clientOf(t *testing.T, node *pockettest.Node) *shannon.Client {
	t.Helper()
	client, err := shannon.New([]string{node.RPC}, []string{node.REST}, shannon.WithPauses(time.Millisecond, 10*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// counted are the kinds that sums are made of.
var counted = []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash}

// TestAnIndexOfANodeHoldsWhatTheChainDid goes the whole way: a node's JSON over HTTP and websocket, and compares with the simulator's
// own books.
func TestAnIndexOfANodeHoldsWhatTheChainDid(t *testing.T) {
	long(t)
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{
		Seed: 7, Params: pockettest.SmallParams(), Blocks: 400, Suppliers: 6, Rates: pockettest.Rates{Expiries: 30, Overserviced: 30, Leaves: 5},
	}))
	t.Cleanup(node.Close)
	client, chain := clientOf(t, node), node.Chain()
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		begin := chain.Head()
		end := begin + 10
		grown := false
		err := index.NewFollower(x, client, index.FollowerConfig{From: begin - 200, Stored: func(b pocket.Block, _ []pocket.Event) {
			if b.Height >= begin && !grown {
				grown = true
				chain.Advance(10)
			}
			if b.Height == end {
				cancel()
			}
		}}).Run(ctx)
		require.ErrorIs(t, err, context.Canceled)
		_, err = x.Backfill(t.Context(), client, 1, begin-201, index.BackfillConfig{})
		require.NoError(t, err)

		truth := collect(t, chain.Truth(1, end, counted...))
		require.NotEmpty(t, truth)
		requireSameSums(t, x, truth, chain.Owners())
		stored := collect(t, x.Events(t.Context(), pocket.EventQuery{Kinds: counted}))
		assert.Equal(t, len(truth), len(stored))
		found, err := x.Recheck(t.Context(), client, 40)
		require.NoError(t, err)
		assert.Empty(t, found)
	})
}

func requireSameSums(t *testing.T, x *index.Index, truth []pocket.Event, wallets []pocket.Address) {
	t.Helper()
	for _, q := range []rewards.Query{
		{}, {Period: rewards.Hour, By: []rewards.Dimension{rewards.ByService}, Wallets: wallets[:1]},
		{By: []rewards.Dimension{rewards.BySupplier}}, {By: []rewards.Dimension{rewards.ByRecipient}, Wallets: wallets},
	} {
		want, err := rewards.Aggregate(q, all(truth))
		require.NoError(t, err)
		got, err := x.Sums(t.Context(), q)
		require.NoError(t, err)
		requireSame(t, want, got)
	}
}

// TestASearchFindsWhatAWalkFinds backfills a watched supplier by a node's search index.
func TestASearchFindsWhatAWalkFinds(t *testing.T) {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{
		Seed: 8, Params: pockettest.SmallParams(), Blocks: 200, Suppliers: 5, Rates: pockettest.Rates{Expiries: 30},
	}))
	t.Cleanup(node.Close)
	client, chain := clientOf(t, node), node.Chain()
	watched := chain.Operators()[1]
	var truth []pocket.Event
	for _, e := range collect(t, chain.Truth(1, chain.Head(), counted...)) {
		if pocket.SubjectOf(e).Supplier == watched {
			truth = append(truth, e)
		}
	}
	require.NotEmpty(t, truth)
	search := func(ctx context.Context, about pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Block, error] {
		return func(yield func(pocket.Block, error) bool) {
			var heights []pocket.Height
			for _, kind := range counted {
				for b, err := range client.SearchBlocks(ctx, shannon.BlockQuery{Kind: kind, Supplier: about, From: from, To: to}) {
					if err != nil {
						yield(pocket.Block{}, err)
						return
					}
					heights = append(heights, b.Height)
				}
			}
			slices.Sort(heights)
			for _, h := range slices.Compact(heights) {
				if !yield(pocket.Block{Height: h}, nil) {
					return
				}
			}
		}
	}
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		require.NoError(t, x.Watch(t.Context(), watched))
		_, err := x.Backfill(t.Context(), client, 1, chain.Head(), index.BackfillConfig{Search: search, Chunk: 70})
		require.NoError(t, err)
		q := rewards.Query{Period: rewards.Hour, Filter: pocket.Filter{Suppliers: []pocket.Address{watched}}}
		want, err := rewards.Aggregate(q, all(truth))
		require.NoError(t, err)
		got, err := x.Sums(t.Context(), q)
		require.NoError(t, err)
		requireSame(t, want, got)
	})
}

// TestANodeInTroubleCostsNoRows makes a node fail in all the ways it knows while it is followed.
func TestANodeInTroubleCostsNoRows(t *testing.T) {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 9, Params: pockettest.SmallParams(), Blocks: 60, Suppliers: 4}))
	t.Cleanup(node.Close)
	client, chain := clientOf(t, node), node.Chain()
	x := opened(t, stores[0].place(t))
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	for _, fault := range []pockettest.FaultKind{pockettest.Garbage, pockettest.Truncate, pockettest.HTML} {
		heal := node.Fail(pockettest.Fault{Kind: fault, Path: "/block_results"})
		_, err := index.NewFollower(x, client, index.FollowerConfig{From: 1}).CatchUp(t.Context())
		require.Error(t, err, fault)
		heal()
		cursor, err := x.Cursor(t.Context())
		require.NoError(t, err)
		assert.Zero(t, cursor, "nothing of a broken block is stored")
	}
	_, err := index.NewFollower(x, client, index.FollowerConfig{From: 1}).CatchUp(t.Context())
	require.NoError(t, err)
	requireSameSums(t, x, collect(t, chain.Truth(1, chain.Head(), counted...)), chain.Owners())
}

// TestTheRecordedChainAddsUp stores a chain that ran the protocol's own software.
func TestTheRecordedChainAddsUp(t *testing.T) {
	long(t)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		var told []pocket.Event
		var paid []pocket.Address
		for _, recorded := range pockettest.RecordedBlocks() {
			block, err := recorded.Decoded()
			require.NoError(t, err)
			var events []pocket.Event
			for e, err := range shannon.DecodeBlock(bytes.NewReader(recorded.Results), block, pocket.Selection{}) {
				require.NoError(t, err)
				events = append(events, e)
			}
			told = append(told, events...)
			for _, e := range events {
				if s, ok := e.(pocket.Settlement); ok && len(s.Shares) > 0 {
					paid = append(paid, s.Shares[0].Recipient)
				}
			}
			_, err = x.Put(t.Context(), "recording", block, events)
			require.NoError(t, err)
		}
		stored := collect(t, x.Events(t.Context(), pocket.EventQuery{}))
		require.Equal(t, len(told), len(stored))
		settled := 0
		for i, e := range stored {
			assert.Equal(t, told[i].Kind(), e.Kind())
			assert.Equal(t, told[i].Where().Index, e.Where().Index)
			if e.Kind() == pocket.KindSettlement {
				settled++
			}
		}
		assert.Equal(t, 273, settled)
		requireSameSums(t, x, told, paid)
	})
}
