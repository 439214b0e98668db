package index_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

func TestAChainSourceAnswersFromTheChain(t *testing.T) {
	const blocks = 60
	w := newWorld(97)
	source := index.NewChainSource(newFakeChain(w, blocks), 3)
	var whole []pocket.Event
	for h := pocket.Height(1); h <= blocks; h++ {
		whole = append(whole, w.events(h)...)
	}
	rapid.Check(t, func(r *rapid.T) {
		q := pocket.EventQuery{
			Span: randomSpan(r, w, blocks), Filter: randomFilter(r, w), Newest: rapid.Bool().Draw(r, "newest"),
			Limit: rapid.IntRange(0, 40).Draw(r, "limit"),
			Kinds: rapid.SliceOfN(rapid.SampledFrom([]pocket.Kind{pocket.KindSettlement, pocket.KindSlash, pocket.KindSupplierStake}), 0, 2).Draw(r, "kinds"),
		}
		requireSame(r, matching(whole, q), collect(t, source.Events(t.Context(), q)))
	})
	for _, q := range someQueries(w, zones(t)) {
		want, err := rewards.Aggregate(q, all(whole))
		require.NoError(t, err)
		got, err := source.Sums(t.Context(), q)
		require.NoError(t, err)
		requireSame(t, want, got)
	}
	tip, err := source.Tip(t.Context())
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(blocks), tip.Height)
	_, err = source.Stays(t.Context(), nil)
	require.ErrorIs(t, err, pocket.ErrNotIndexed)
}

func TestAChainSourceSaysWhatItCannotRead(t *testing.T) {
	w := newWorld(98)
	chain := newFakeChain(w, 60)
	source := index.NewChainSource(chain, 0)
	last := func(q pocket.EventQuery) (err error) {
		for _, err = range source.Events(t.Context(), q) {
		}
		return err
	}
	require.ErrorIs(t, last(pocket.EventQuery{Limit: -1}), pocket.ErrInvalid)
	require.NoError(t, last(pocket.EventQuery{Span: pocket.Span{From: w.block(70).Time}}), "of the future there is nothing")
	chain.earliest = 30
	require.ErrorIs(t, last(pocket.EventQuery{Span: pocket.Span{From: w.block(20).Time}}), pocket.ErrPruned)
	require.NoError(t, last(pocket.EventQuery{Span: pocket.Span{From: w.block(31).Time}}))
	chain.fail = func(call string, h pocket.Height) error {
		if call == "events" && h == 50 {
			return pocket.ErrUnavailable
		}
		return nil
	}
	require.ErrorIs(t, last(pocket.EventQuery{}), pocket.ErrUnavailable)
	_, err := source.Sums(t.Context(), rewards.Query{})
	require.ErrorIs(t, err, pocket.ErrUnavailable)
	for range source.Events(t.Context(), pocket.EventQuery{}) {
		break
	}
}
