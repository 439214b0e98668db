package index_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

func TestARecheckFindsNothingWhereAllIsWell(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(61)
		chain := newFakeChain(w, 60)
		require.NoError(t, x.Watch(t.Context(), w.suppliers[0], w.recipients[1]))
		following(t, x, chain, index.FollowerConfig{From: 1}, 60)
		found, err := x.Recheck(t.Context(), chain, 60)
		require.NoError(t, err)
		assert.Empty(t, found)
	})
}

func TestARecheckFindsWhatASourceToldWrong(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(62)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		liar, honest := newFakeChain(w, 60), newFakeChain(w, 60)
		var forged, hidden, made pocket.Event
		liar.lie = func(h pocket.Height, events []pocket.Event) []pocket.Event {
			if h != 30 {
				return events
			}
			var told []pocket.Event
			for _, e := range events {
				s, ok := e.(pocket.Settlement)
				switch {
				case ok && forged == nil:
					s.Claimed += 1_000_000
					forged = asStored(s)
					told = append(told, s)
				case ok && hidden == nil:
					hidden = e
				default:
					told = append(told, e)
				}
			}
			made = pocket.Slash{At: pocket.At{Height: h, Time: w.block(h).Time, Index: 900}, Supplier: w.suppliers[0], Penalty: 5}
			return append(told, made)
		}
		following(t, x, liar, index.FollowerConfig{From: 1}, 60)
		found, err := x.Recheck(t.Context(), honest, 120)
		require.NoError(t, err)
		require.Len(t, found, 3)
		for i, want := range []struct{ stored, chain bool }{{true, true}, {false, true}, {true, false}} {
			assert.Equal(t, pocket.Height(30), found[i].Height)
			assert.Equal(t, want.stored, found[i].Stored != nil)
			assert.Equal(t, want.chain, found[i].Chain != nil)
		}
		assert.Equal(t, forged, found[0].Stored)
		assert.Equal(t, hidden, found[1].Chain)
		assert.Equal(t, asStored(made), found[2].Stored)
		requireStoredIsUnchanged(t, x, forged)

		repaired, err := x.Repair(t.Context(), honest, 30)
		require.NoError(t, err)
		assert.Equal(t, found, repaired)
		requireEverything(t, x, w, 1, 60)
		for _, q := range someQueries(w, zones(t)) {
			want, err := rewards.Aggregate(q, all(happened(w, 1, 60)))
			require.NoError(t, err)
			got, err := x.Sums(t.Context(), q)
			require.NoError(t, err)
			requireSame(t, want, got)
		}
		found, err = x.Recheck(t.Context(), honest, 120)
		require.NoError(t, err)
		assert.Empty(t, found)
	})
}

func requireStoredIsUnchanged(t *testing.T, x *index.Index, e pocket.Event) {
	t.Helper()
	require.Contains(t, collect(t, x.Events(t.Context(), pocket.EventQuery{Kinds: []pocket.Kind{e.Kind()}})), e)
}

func TestARepairOfAnotherHistoryReplacesTheBlock(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, truth, false_ := open(), newWorld(63), newWorld(64)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		following(t, x, newFakeChain(truth, 29), index.FollowerConfig{From: 1}, 29)
		_, err := x.Put(t.Context(), "a liar", false_.block(30), false_.events(30))
		require.NoError(t, err)
		_, err = index.NewFollower(x, newFakeChain(truth, 35), index.FollowerConfig{}).CatchUp(t.Context())
		require.ErrorIs(t, err, index.ErrConflict)
		require.NoError(t, x.Cover(t.Context(), index.Range{From: 30, To: 30}))
		_, err = x.RecheckBlock(t.Context(), newFakeChain(truth, 35), 30)
		require.ErrorIs(t, err, index.ErrConflict)
		_, err = x.Repair(t.Context(), newFakeChain(truth, 35), 30)
		require.NoError(t, err)
		_, err = index.NewFollower(x, newFakeChain(truth, 35), index.FollowerConfig{}).CatchUp(t.Context())
		require.NoError(t, err)
		requireEverything(t, x, truth, 1, 35)
	})
}
