package index_test

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

func concerning(events []pocket.Event, watched ...pocket.Address) []pocket.Event {
	return selected(events, pocket.Selection{Mentions: watched})
}

func TestABackfillBringsThePast(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		for _, way := range []string{"walk", "search"} {
			t.Run(way, func(t *testing.T) {
				w := newWorld(21)
				x := opened(t, placeLike(t, t.Name()))
				require.NoError(t, x.Watch(t.Context(), w.suppliers[1], w.recipients[2]))
				chain := newFakeChain(w, 100)
				config := index.BackfillConfig{Chunk: 30}
				if way == "search" {
					config.Search = chain.search
				}
				var last index.Progress
				config.Progress = func(p index.Progress) { last = p }
				n, err := x.Backfill(t.Context(), chain, 1, 100, config)
				require.NoError(t, err)
				want := concerning(happened(w, 1, 100), w.suppliers[1], w.recipients[2])
				requireSame(t, want, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
				assert.Equal(t, int64(len(want)), n)
				assert.Equal(t, index.Progress{Height: 100, Done: 100, Total: 100, Stored: n, Rate: last.Rate}, last)

				calls := chain.count("block") + chain.count("search")
				n, err = x.Backfill(t.Context(), chain, 1, 100, config)
				require.NoError(t, err)
				assert.Zero(t, n)
				assert.Equal(t, calls, chain.count("block")+chain.count("search"), "what is known is not read again")
			})
		}
	})
}

// placeLike makes room on the kind of database that a test's name tells.
func placeLike(t *testing.T, name string) func() (*index.Index, error) {
	for _, s := range stores {
		if strings.Contains(name, s.name) {
			return s.place(t)
		}
	}
	t.Fatal("no such store")
	return nil
}

func TestAnAddressWatchedLaterGetsItsPast(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(22)
		chain := newFakeChain(w, 120)
		require.NoError(t, x.Watch(t.Context(), w.suppliers[0]))
		following(t, x, chain, index.FollowerConfig{From: 50}, 120)
		require.NoError(t, x.Watch(t.Context(), w.suppliers[1]))
		require.NoError(t, x.Watch(t.Context(), w.suppliers[1]), "again")
		chain.grow(150)
		following(t, x, chain, index.FollowerConfig{}, 150)

		missing, err := x.Missing(t.Context(), 1, 150, true)
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 1, To: 120}}, missing)
		for a, want := range map[pocket.Address][]index.Range{
			w.suppliers[0]: {{From: 50, To: 150}}, w.suppliers[1]: {{From: 121, To: 150}}, w.suppliers[2]: nil, {}: nil,
		} {
			got, err := x.Coverage(t.Context(), a, true)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
		_, err = x.Backfill(t.Context(), chain, 1, 150, index.BackfillConfig{})
		require.NoError(t, err)
		want := concerning(happened(w, 1, 150), w.suppliers[0], w.suppliers[1])
		requireSame(t, want, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		missing, err = x.Missing(t.Context(), 1, 150, true)
		require.NoError(t, err)
		assert.Empty(t, missing)
	})
}

func TestTheTimeInWhichAnAddressWasNotWatchedIsMissing(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(23)
		chain := newFakeChain(w, 10)
		watched := w.suppliers[0]
		require.NoError(t, x.Watch(t.Context(), watched, w.suppliers[1]))
		following(t, x, chain, index.FollowerConfig{From: 1}, 10)
		require.NoError(t, x.Unwatch(t.Context(), watched))
		chain.grow(20)
		following(t, x, chain, index.FollowerConfig{}, 20)
		require.NoError(t, x.Watch(t.Context(), watched))
		chain.grow(30)
		following(t, x, chain, index.FollowerConfig{}, 30)
		got, err := x.Coverage(t.Context(), watched, true)
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 1, To: 10}, {From: 21, To: 30}}, got)
		list, err := x.Watched(t.Context())
		require.NoError(t, err)
		assert.ElementsMatch(t, []pocket.Address{watched, w.suppliers[1]}, list)
	})
}

func TestWhatWasSearchedIsNotTakenForWalked(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(24)
		chain := newFakeChain(w, 60)
		require.NoError(t, x.Watch(t.Context(), w.suppliers[0]))
		blind := func(context.Context, pocket.Address, pocket.Height, pocket.Height) iter.Seq2[pocket.Block, error] {
			return func(func(pocket.Block, error) bool) {} // a node whose operator indexes nothing, which it does not say
		}
		n, err := x.Backfill(t.Context(), chain, 1, 60, index.BackfillConfig{Search: blind})
		require.NoError(t, err)
		assert.Zero(t, n)
		n, err = x.Backfill(t.Context(), chain, 1, 60, index.BackfillConfig{})
		require.NoError(t, err)
		assert.Equal(t, int64(len(concerning(happened(w, 1, 60), w.suppliers[0]))), n)
	})
}

// TestBackfillsInAnyOrderEndWithTheSame mixes everything that changes what is known and looks at the end.
func TestBackfillsInAnyOrderEndWithTheSame(t *testing.T) {
	long(t)
	const blocks = 60
	onEach(t, func(t *testing.T, _ func() *index.Index) {
		runs := 0
		rapid.Check(t, func(r *rapid.T) {
			if runs++; runs > 12 { // each takes a database
				return
			}
			x := opened(t, placeLike(t, t.Name()))
			w := newWorld(25)
			chain := newFakeChain(w, blocks)
			watched := map[pocket.Address]bool{}
			for range rapid.IntRange(1, 8).Draw(r, "steps") {
				from := pocket.Height(rapid.IntRange(1, blocks).Draw(r, "from"))
				to := pocket.Height(rapid.IntRange(int(from), blocks).Draw(r, "to"))
				a := rapid.SampledFrom(w.suppliers[:3]).Draw(r, "address")
				switch rapid.SampledFrom([]string{"watch", "unwatch", "walk", "search", "catch up"}).Draw(r, "step") {
				case "watch":
					require.NoError(r, x.Watch(t.Context(), a))
					watched[a] = true
				case "unwatch":
					require.NoError(r, x.Unwatch(t.Context(), a))
					delete(watched, a)
				case "walk":
					_, err := x.Backfill(t.Context(), chain, from, to, index.BackfillConfig{Chunk: 7})
					require.NoError(r, err)
				case "search":
					_, err := x.Backfill(t.Context(), chain, from, to, index.BackfillConfig{Chunk: 11, Search: chain.search})
					require.NoError(r, err)
				case "catch up":
					chain.latest = to
					_, err := index.NewFollower(x, chain, index.FollowerConfig{From: from}).CatchUp(t.Context())
					require.NoError(r, err)
					chain.latest = blocks
				}
			}
			_, err := x.Backfill(t.Context(), chain, 1, blocks, index.BackfillConfig{})
			require.NoError(r, err)
			all := happened(w, 1, blocks)
			for a := range watched {
				filter := pocket.Filter{Suppliers: []pocket.Address{a}}
				requireSame(r, matching(all, pocket.EventQuery{Filter: filter}), collect(t, x.Events(t.Context(), pocket.EventQuery{Filter: filter})))
			}
			seen := map[[2]int]bool{}
			for _, e := range collect(t, x.Events(t.Context(), pocket.EventQuery{})) {
				at := [2]int{int(e.Where().Height), e.Where().Index}
				assert.False(r, seen[at], "twice: %v", at)
				seen[at] = true
			}
		})
	})
}

func TestAnInterruptedBackfillGoesOn(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(26)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		chain := newFakeChain(w, 90)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := x.Backfill(ctx, chain, 1, 90, index.BackfillConfig{Chunk: 10, Progress: func(p index.Progress) {
			if p.Done == 40 {
				cancel()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		read := chain.count("block")
		missing, err := x.Missing(t.Context(), 1, 90, true)
		require.NoError(t, err)
		require.Len(t, missing, 1)
		assert.GreaterOrEqual(t, missing[0].From, pocket.Height(41))
		_, err = x.Backfill(t.Context(), chain, 1, 90, index.BackfillConfig{})
		require.NoError(t, err)
		assert.Equal(t, int(missing[0].Len()), chain.count("block")-read)
		requireEverything(t, x, w, 1, 90)
	})
}

func TestABackfillThatCannotBeIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(27)
		chain := newFakeChain(w, 20)
		for _, r := range []index.Range{{From: 5, To: 4}, {From: 0, To: 4}, {From: -3, To: -1}} {
			_, err := x.Backfill(t.Context(), chain, r.From, r.To, index.BackfillConfig{})
			require.ErrorIs(t, err, pocket.ErrInvalid)
		}
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		_, err := x.Backfill(t.Context(), chain, 1, 5, index.BackfillConfig{Search: chain.search})
		require.ErrorIs(t, err, pocket.ErrInvalid)
		_, err = x.Backfill(t.Context(), chain, 1, 25, index.BackfillConfig{})
		require.ErrorIs(t, err, pocket.ErrFutureHeight)
		requireEverything(t, x, w, 1, 20)
		require.ErrorIs(t, x.SetMode(t.Context(), "some"), pocket.ErrInvalid)
		require.ErrorIs(t, x.Watch(t.Context(), pocket.Address{}), pocket.ErrInvalid)
	})
}
