package index_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

// following runs a follower until it has stored height, then stops it.
func following(t *testing.T, x *index.Index, chain *fakeChain, config index.FollowerConfig, until pocket.Height) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := config.Stored
	config.Stored = func(b pocket.Block, events []pocket.Event) {
		if told != nil {
			told(b, events)
		}
		if b.Height >= until {
			cancel()
		}
	}
	err := index.NewFollower(x, chain, config).Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func requireEverything(t *testing.T, x *index.Index, w *world, from, to pocket.Height) {
	t.Helper()
	requireSame(t, happened(w, from, to), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
	want, err := rewards.Aggregate(rewards.Query{Period: rewards.Day, Wallets: w.recipients}, all(happened(w, from, to)))
	require.NoError(t, err)
	got, err := x.Sums(t.Context(), rewards.Query{Period: rewards.Day, Wallets: w.recipients})
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestAFollowerCatchesUpAndFollows(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(11)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		chain := newFakeChain(w, 450)
		var progress []index.Progress
		grown := false
		following(t, x, chain, index.FollowerConfig{From: 1, Progress: func(p index.Progress) { progress = append(progress, p) },
			Stored: func(b pocket.Block, _ []pocket.Event) {
				if b.Height == 450 && !grown {
					grown = true
					chain.grow(470)
				}
			}}, 470)
		requireEverything(t, x, w, 1, 470)
		cursor, err := x.Cursor(t.Context())
		require.NoError(t, err)
		assert.Equal(t, pocket.Height(470), cursor)
		covered, err := x.Coverage(t.Context(), pocket.Address{}, true)
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 1, To: 470}}, covered)
		require.Len(t, progress, 3)
		assert.Equal(t, int64(450), progress[2].Done)
		assert.Equal(t, int64(450), progress[2].Total)
		assert.Zero(t, progress[2].Left)
		id, err := x.ChainID(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "pocket-test", id)

		t.Run("and goes on after a restart", func(t *testing.T) {
			again := open()
			chain.grow(500)
			following(t, again, chain, index.FollowerConfig{}, 500)
			requireEverything(t, again, w, 1, 500)
		})
		t.Run("and looks for news in one request that writes nothing", func(t *testing.T) {
			before, err := x.LastUpdate(t.Context())
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now(), before, time.Minute)
			calls := chain.count("status") + chain.count("block") + chain.count("events") + chain.count("supplier")
			n, err := index.NewFollower(x, chain, index.FollowerConfig{}).CatchUp(t.Context())
			require.NoError(t, err)
			assert.Zero(t, n)
			assert.Equal(t, calls+1, chain.count("status")+chain.count("block")+chain.count("events")+chain.count("supplier"))
			after, err := x.LastUpdate(t.Context())
			require.NoError(t, err)
			assert.Equal(t, before, after)
		})
	})
}

func TestANewFollowerBeginsWithTheNewestBlock(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(11)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		following(t, x, newFakeChain(w, 99), index.FollowerConfig{}, 99)
		requireEverything(t, x, w, 99, 99)
	})
}

func TestAFollowerOfWatchedAddressesTakesInWhatConcernsThem(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(12)
		watched := []pocket.Address{w.suppliers[2], w.recipients[0]}
		require.NoError(t, x.Watch(t.Context(), watched...))
		chain := newFakeChain(w, 60)
		chain.stakes = map[pocket.Address]pocket.Supplier{w.suppliers[2]: {Operator: w.suppliers[2], Stake: 60_000_000_000, Owner: w.owners[0]}}
		following(t, x, chain, index.FollowerConfig{From: 1}, 60)
		var want []pocket.Event
		for _, e := range happened(w, 1, 60) {
			if mentions(e, watched[0]) || mentions(e, watched[1]) {
				want = append(want, e)
			}
		}
		requireSame(t, want, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		known, err := x.Supplier(t.Context(), w.suppliers[2])
		require.NoError(t, err)
		assert.Equal(t, pocket.Upokt(60_000_000_000), known.Stake)
		assert.Equal(t, "chain", known.Source)
		_, err = x.Supplier(t.Context(), w.suppliers[3])
		assert.ErrorIs(t, err, pocket.ErrNotFound)
	})
}

func TestAFollowerOfNobodyStoresBlocksOnly(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(12)
		chain := newFakeChain(w, 10)
		following(t, x, chain, index.FollowerConfig{From: 1}, 10)
		assert.Empty(t, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		assert.Len(t, collect(t, x.Blocks(t.Context(), pocket.Span{})), 10)
		assert.Zero(t, chain.count("events"))
		require.NoError(t, x.Watch(t.Context(), w.suppliers[0]))
		covered, err := x.Coverage(t.Context(), w.suppliers[0], false)
		require.NoError(t, err)
		assert.Empty(t, covered, "what nobody watched is not known")
	})
}

func TestAFollowerGoesOnAfterFaultsThatPass(t *testing.T) {
	w := newWorld(13)
	x := opened(t, stores[0].place(t))
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	chain := newFakeChain(w, 30)
	var n atomic.Int64
	chain.fail = func(call string, h pocket.Height) error {
		switch {
		case call == "status" && n.Add(1)%2 == 1:
			return &pocket.APIError{Reason: pocket.ErrUnavailable}
		case call == "events" && h == 20 && n.Add(1) < 6:
			return pocket.ErrMalformed
		}
		return nil
	}
	// No sockets: time is simulated. SQLite does not wait here.
	synctest.Test(t, func(t *testing.T) {
		following(t, x, chain, index.FollowerConfig{From: 1}, 30)
	})
	requireEverything(t, x, w, 1, 30)
}

func TestAFollowerStopsAtWhatCannotPass(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(14)
		fill(t, x, w, 1, 1)
		t.Run("another chain", func(t *testing.T) {
			other := newFakeChain(w, 10)
			other.lie = nil
			err := index.NewFollower(x, otherChain{other}, index.FollowerConfig{From: 1}).Run(t.Context())
			require.ErrorIs(t, err, pocket.ErrWrongChain)
			assert.ErrorContains(t, err, `"pocket-test"`)
		})
		t.Run("another history", func(t *testing.T) {
			err := index.NewFollower(x, newFakeChain(newWorld(15), 10), index.FollowerConfig{From: 1}).Run(t.Context())
			require.ErrorIs(t, err, index.ErrConflict)
		})
		t.Run("pruned blocks", func(t *testing.T) {
			chain := newFakeChain(w, 100)
			chain.earliest = 40
			err := index.NewFollower(x, chain, index.FollowerConfig{From: 2}).Run(t.Context())
			require.ErrorIs(t, err, pocket.ErrPruned)
			assert.ErrorContains(t, err, "blocks 2 to 39")
		})
		t.Run("a fault of the program", func(t *testing.T) {
			chain, broken := newFakeChain(w, 10), errors.New("broken")
			chain.fail = func(string, pocket.Height) error { return broken }
			require.ErrorIs(t, index.NewFollower(x, chain, index.FollowerConfig{}).Run(t.Context()), broken)
		})
	})
}

type otherChain struct{ *fakeChain }

func (c otherChain) Status(ctx context.Context) (pocket.Status, error) {
	s, err := c.fakeChain.Status(ctx)
	s.ChainID = "another"
	return s, err
}

func TestPrunedBlocksMayBeSkippedAndStayKnownToBeMissing(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(16)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		chain := newFakeChain(w, 20)
		following(t, x, chain, index.FollowerConfig{From: 1}, 20)
		chain.earliest = 40
		chain.grow(60)
		following(t, x, chain, index.FollowerConfig{SkipPruned: true}, 60)
		missing, err := x.Missing(t.Context(), 1, 60, true)
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 21, To: 39}}, missing)
		chain.earliest = 1 // another node has them
		_, err = x.Backfill(t.Context(), chain, 1, 60, index.BackfillConfig{})
		require.NoError(t, err)
		requireEverything(t, x, w, 1, 60)
	})
}

func TestTwoFollowersDoNotHarmEachOther(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		first, second, w := open(), open(), newWorld(17)
		require.NoError(t, first.SetMode(t.Context(), index.Everything))
		done := make(chan struct{})
		go func() {
			defer close(done)
			n, err := index.NewFollower(second, newFakeChain(w, 300), index.FollowerConfig{From: 1}).CatchUp(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, 300, n)
		}()
		_, err := index.NewFollower(first, newFakeChain(w, 300), index.FollowerConfig{From: 1}).CatchUp(t.Context())
		require.NoError(t, err)
		<-done
		requireEverything(t, first, w, 1, 300)
		requireEverything(t, second, w, 1, 300)
	})
}

func TestReadingGoesOnWhileWriting(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(18)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		fill(t, x, w, 1, 30)
		var enough atomic.Bool
		last := make(chan pocket.Height, 1)
		go func() {
			h := pocket.Height(30)
			for !enough.Load() {
				h++
				_, err := x.Put(context.Background(), "test", w.block(h), w.events(h))
				assert.NoError(t, err)
			}
			last <- h
		}()
		defer enough.Store(true) // so that the writer ends also when this fails
		q := pocket.EventQuery{Span: pocket.Span{To: w.block(31).Time}}
		want := matching(happened(w, 1, 30), q)
		for range 25 {
			requireSame(t, want, collect(t, x.Events(t.Context(), q)))
			for _, by := range [][]rewards.Dimension{nil, {rewards.BySupplier}} {
				rows, err := x.Sums(t.Context(), rewards.Query{Wallets: w.recipients, By: by})
				require.NoError(t, err)
				for _, row := range rows { // both come from one moment
					require.Equal(t, row.Gross, row.Mine)
				}
			}
		}
		enough.Store(true)
		requireEverything(t, x, w, 1, <-last)
	})
}

func TestTheSharedParamsAreKeptAsTheyChange(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(19)
		chain := newFakeChain(w, 50)
		_, err := x.SharedParams(t.Context(), 50)
		require.ErrorIs(t, err, pocket.ErrNotFound)
		follower := index.NewFollower(x, chain, index.FollowerConfig{From: 45})
		for latest := pocket.Height(50); latest <= 70; latest += 5 {
			chain.latest = latest
			_, err := follower.CatchUp(t.Context())
			require.NoError(t, err)
		}
		assert.Equal(t, 2, chain.count("params"), "once a session")
		for h, want := range map[pocket.Height]int64{50: 20, 60: 20, 65: 10, 99: 10} {
			p, err := x.SharedParams(t.Context(), h)
			require.NoError(t, err)
			assert.Equal(t, want, p.BlocksPerSession)
		}
	})
}
