package index_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// followed stores blocks up to the chain's newest.
func followed(t *testing.T, x *index.Index, chain *fakeChain, from pocket.Height) {
	t.Helper()
	_, err := index.NewFollower(x, chain, index.FollowerConfig{From: from}).CatchUp(t.Context())
	require.NoError(t, err)
}

// headsOf collects blocks until one is of that height.
func headsOf(t *testing.T, x *index.Index, after, until pocket.Height) []pocket.Told {
	t.Helper()
	var list []pocket.Told
	for block, err := range x.Heads(t.Context(), after) {
		require.NoError(t, err)
		list = append(list, block)
		if block.Block.Height >= until {
			break
		}
	}
	return list
}

func requireTold(t *testing.T, w *world, list []pocket.Told, from, to pocket.Height) {
	t.Helper()
	require.Len(t, list, int(to-from+1))
	for i, block := range list {
		h := from + pocket.Height(i)
		require.Equal(t, h, block.Block.Height)
		require.Equal(t, w.block(h).Hash, block.Block.Hash)
		require.Equal(t, w.block(h).Time.Truncate(time.Microsecond), block.Block.Time)
		require.Equal(t, "pocket-test", block.Block.ChainID)
		requireSame(t, happened(w, h, h), block.Events)
	}
}

func TestHeadsTellEveryFollowedBlockWithItsEvents(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(21)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		chain := newFakeChain(w, 450)
		followed(t, x, chain, 1)

		list := headsOf(t, x, 3, 450)
		requireTold(t, w, list, 4, 450)
		for _, block := range list {
			assert.Equal(t, block.Block.Height == 450, block.Newest, "block %d", block.Block.Height)
		}
		t.Run("and those that were left are told to the next", func(t *testing.T) {
			first := headsOf(t, x, 100, 120)
			rest := headsOf(t, x, first[len(first)-1].Block.Height, 450)
			requireTold(t, w, append(first, rest...), 101, 450)
		})
		t.Run("and from the very first", func(t *testing.T) {
			requireTold(t, w, headsOf(t, x, 0, 450), 1, 450)
		})
		t.Run("and below 0 only what is stored from then on", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stored := make(chan struct{})
			go func() {
				defer close(stored)
				for h := pocket.Height(451); ctx.Err() == nil; h++ {
					chain.grow(h)
					_, err := index.NewFollower(x, chain, index.FollowerConfig{}).CatchUp(t.Context())
					assert.NoError(t, err)
				}
			}()
			for block, err := range x.Heads(ctx, -1) {
				require.NoError(t, err)
				assert.Greater(t, block.Block.Height, pocket.Height(450))
				cancel()
			}
			<-stored
		})
		t.Run("and of another process, too", func(t *testing.T) {
			other := open()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var seen []pocket.Told
			newest, err := x.Cursor(ctx)
			require.NoError(t, err)
			for block, err := range other.Heads(ctx, newest-1) {
				require.NoError(t, err)
				if seen = append(seen, block); block.Block.Height == newest {
					chain.grow(newest + 2)
					followed(t, x, chain, 1)
				}
				if block.Block.Height == newest+2 {
					cancel()
				}
			}
			requireTold(t, w, seen, newest, newest+2)
		})
	})
}

func TestHeadsGoOnAsBlocksAreStored(t *testing.T) {
	x, w := opened(t, stores[0].place(t)), newWorld(22)
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	chain := newFakeChain(w, 5)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	running := make(chan error)
	go func() { running <- index.NewFollower(x, chain, index.FollowerConfig{From: 1}).Run(ctx) }()
	var list []pocket.Told
	for block, err := range x.Heads(ctx, 0) { // before there is any block
		require.NoError(t, err)
		list = append(list, block)
		if h := block.Block.Height; h >= 5 && h < 12 && block.Newest {
			chain.grow(h + 1)
		} else if h == 12 {
			chain.grow(16) // several at once, as after a break
		} else if h == 16 {
			cancel()
		}
	}
	require.ErrorIs(t, <-running, context.Canceled)
	first := list[0].Block.Height
	require.LessOrEqual(t, first, pocket.Height(5))
	requireTold(t, w, list, first, 16)
	for _, block := range list {
		if h := block.Block.Height; h >= 5 {
			assert.Equal(t, h <= 12 || h == 16, block.Newest, "block %d", h)
		}
	}
}

func TestHeadsSayWhenEventsWerePruned(t *testing.T) {
	x, w := opened(t, stores[0].place(t)), newWorld(23)
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	followed(t, x, newFakeChain(w, 60), 1)
	_, err := x.Prune(t.Context(), w.block(30).Time)
	require.NoError(t, err)
	for block, err := range x.Heads(t.Context(), 10) {
		assert.ErrorIs(t, err, pocket.ErrPruned)
		assert.Zero(t, block)
	}
	requireTold(t, w, headsOf(t, x, 29, 60), 30, 60)
}

func TestHeadsTellOfBlocksThatAreLost(t *testing.T) {
	x, w := opened(t, stores[0].place(t)), newWorld(25)
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	chain := newFakeChain(w, 50)
	followed(t, x, chain, 40)
	chain.grow(90)
	chain.earliest = 81
	_, err := index.NewFollower(x, chain, index.FollowerConfig{SkipPruned: true}).CatchUp(t.Context())
	require.NoError(t, err)
	list := headsOf(t, x, 45, 90)
	requireTold(t, w, list[:5], 46, 50)
	requireTold(t, w, list[35:], 81, 90)
	for i, block := range list[5:35] {
		h := pocket.Height(51 + i)
		assert.Equal(t, h, block.Block.Height)
		assert.Empty(t, block.Block.Hash)
		assert.Empty(t, block.Events)
		assert.False(t, block.Newest)
		assert.WithinDuration(t, w.block(h).Time, block.Block.Time, time.Second)
	}
	requireTold(t, w, headsOf(t, x, 0, 41), 40, 41)
}

// BenchmarkTellingABlock is the time from a follower's commit to the block being told, of a block with 3,000 settlements.
func BenchmarkTellingABlock(b *testing.B) {
	for _, size := range []struct {
		name   string
		claims int
	}{{"quiet", 0}, {"3000 claims", 3000}} {
		b.Run(size.name, func(b *testing.B) {
			x := opened(b, stores[0].place(b))
			require.NoError(b, x.SetMode(b.Context(), index.Everything))
			w := newWorld(24)
			w.suppliers, w.applications, w.claims, w.settleEvery = addresses("supplier", 1000), addresses("application", 50), size.claims, 1
			chain := newFakeChain(w, 1)
			ctx, cancel := context.WithCancel(b.Context())
			committed := make(chan time.Time, 1)
			running := make(chan error)
			go func() {
				running <- index.NewFollower(x, chain, index.FollowerConfig{From: 1, Stored: func(pocket.Block, []pocket.Event) { committed <- time.Now() }}).Run(ctx)
			}()
			var took time.Duration
			n := 0
			for block, err := range x.Heads(ctx, 0) {
				require.NoError(b, err)
				took += time.Since(<-committed)
				if n++; n > b.N {
					break
				}
				chain.grow(block.Block.Height + 1)
			}
			cancel()
			<-running
			b.ReportMetric(float64(took.Microseconds())/1000/float64(n), "ms/block")
		})
	}
}

func TestWhoFollowsTheHeadSharesTheNewestBlockAndSeesWhatChangesInIt(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(26)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		followed(t, x, newFakeChain(w, 40), 1)
		first := headsOf(t, x, 39, 40)
		requireTold(t, w, first, 40, 40)
		require.NotEmpty(t, first[0].Events)
		first[0].Events[0] = nil
		requireTold(t, w, headsOf(t, x, 39, 40), 40, 40) // one reader's list is his own
		more := pocket.Transaction{At: pocket.At{Height: 40, Time: w.block(40).Time, Index: 90_000}, Code: 5, Log: "late", FeePayer: w.suppliers[0], Position: 900}
		_, err := x.Put(t.Context(), "chain", w.block(40), append(happened(w, 40, 40), more))
		require.NoError(t, err)
		again := headsOf(t, x, 39, 40)
		require.Len(t, again, 1)
		assert.Len(t, again[0].Events, len(first[0].Events)+1)
	})
}
