package index_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

func TestSumsStayExactWhenRowsArePruned(t *testing.T) {
	long(t)
	const blocks = 200
	zones := zones(t)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(51)
		fill(t, x, w, 1, blocks)
		stays, err := x.Stays(t.Context(), nil)
		require.NoError(t, err)
		n, err := x.Prune(t.Context(), w.block(120).Time)
		require.NoError(t, err)
		assert.Equal(t, int64(len(happened(w, 1, 119))), n)
		n, err = x.Prune(t.Context(), w.block(120).Time)
		require.NoError(t, err)
		assert.Zero(t, n)

		requireSame(t, happened(w, 120, blocks), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		for _, err := range x.Events(t.Context(), pocket.EventQuery{Span: pocket.Span{From: w.block(100).Time}}) {
			require.ErrorIs(t, err, pocket.ErrPruned)
		}
		for _, err := range x.Transactions(t.Context(), index.TransactionQuery{Span: pocket.Span{From: w.block(100).Time}}) {
			require.ErrorIs(t, err, pocket.ErrPruned)
		}
		assert.Len(t, collect(t, x.Transactions(t.Context(), index.TransactionQuery{Parties: w.recipients})), blocks-119)
		after, err := x.Stays(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, stays, after)

		// What is told again of pruned blocks is known, though its rows are gone.
		fill(t, x, w, 50, 130)
		requireSame(t, happened(w, 120, blocks), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		events := happened(w, 1, blocks)
		rapid.Check(t, func(r *rapid.T) {
			q := randomQuery(r, w, blocks, zones)
			want, err := rewards.Aggregate(q, all(events))
			require.NoError(r, err)
			got, err := x.Sums(t.Context(), q)
			require.NoError(r, err)
			requireSame(r, want, got)
		})
		t.Run("also when all are", func(t *testing.T) {
			_, err := x.Prune(t.Context(), w.block(blocks).Time.Add(time.Hour))
			require.NoError(t, err)
			assert.Empty(t, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
			for _, q := range someQueries(w, zones) {
				want, err := rewards.Aggregate(q, all(events))
				require.NoError(t, err)
				got, err := x.Sums(t.Context(), q)
				require.NoError(t, err)
				requireSame(t, want, got)
			}
			fill(t, x, w, blocks+1, blocks+3)
			requireSame(t, happened(w, blocks+1, blocks+3), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		})
	})
}

func TestAnEmptyIndexHasNothingToPrune(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		n, err := x.Prune(t.Context(), time.Now())
		require.NoError(t, err)
		assert.Zero(t, n)
		fill(t, x, newWorld(1), 1, 5)
		assert.NotEmpty(t, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
	})
}
