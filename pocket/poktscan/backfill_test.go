package poktscan

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/rewards"
)

var _ index.Feed = (*Client)(nil)

func TestAnIndexIsFilledToTheUpokt(t *testing.T) {
	w := makeWorld(41, 2_000, 5, operations, byAddress, today)
	c := clientOf(t, []string{w.serve(t).URL})
	x, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "index.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, x.Close()) })
	var watched []pocket.Address
	for _, p := range w.suppliers {
		watched = append(watched, p.Operator)
	}
	require.NoError(t, x.Watch(t.Context(), watched...))

	config := index.FeedConfig{Source: "poktscan", Chunk: 700}
	stored, err := x.BackfillFrom(t.Context(), c, 1, w.last, config)
	require.NoError(t, err)
	assert.EqualValues(t, len(w.events), stored)
	again, err := x.BackfillFrom(t.Context(), c, 1, w.last, config)
	require.NoError(t, err)
	assert.Zero(t, again, "what is known is not doubled")

	q := rewards.Query{Period: rewards.Day, By: []rewards.Dimension{rewards.BySupplier, rewards.ByService}, Wallets: []pocket.Address{delegator}}
	want, err := rewards.Aggregate(q, func(yield func(pocket.Event, error) bool) {
		for _, e := range w.events {
			if !yield(e, nil) {
				return
			}
		}
	})
	require.NoError(t, err)
	got, err := x.Sums(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}
