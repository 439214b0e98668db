package report

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// someDifferences are those of a chain and a service that lags, told one settlement wrong, missed one, made one up and knows no discards.
func someDifferences(t *testing.T) iter.Seq2[rewards.Difference, error] {
	t.Helper()
	settlement := func(n int, day int) pocket.Settlement {
		s := settled()
		s.Height += pocket.Height(1400 * day)
		s.Time = s.Time.AddDate(0, 0, day)
		s.Index, s.Application = n, account(byte(20+n))
		return s
	}
	wrong, old := settlement(1, 0), settlement(2, 1)
	wrong.Claimed += 1_500_000
	wrong.Shares = append([]pocket.Share{{Recipient: owner, Reason: pocket.ReasonSupplier, Amount: 2_000_000}}, wrong.Shares...)
	old.Lacks, old.Shares = pocket.LacksAmounts|pocket.LacksShares, nil
	discard := pocket.ClaimDiscard{At: settlement(3, 0).At, Supplier: node, Application: app, Service: "eth", SessionEnd: 7}
	chain := rewards.NewMemory([]pocket.Event{settlement(1, 0), discard, settlement(2, 1), settlement(4, 2), settlement(5, 9)}, nil)
	service := lagging{rewards.NewMemory([]pocket.Event{wrong, old, settlement(6, 2)}, nil), settlement(0, 5)}
	return rewards.Verify(t.Context(), chain, service, rewards.VerifyQuery{})
}

func TestDifferences(t *testing.T) {
	table := Differences(someDifferences(t), "the chain", "PoktScan")
	text, err := table.Text(t.Context(), TextOptions{})
	require.NoError(t, err)
	golden.Check(t, text, "testdata/differences.txt.golden")
	t.Run("sources without a name are the first and the second", func(t *testing.T) {
		table := Differences(someDifferences(t), "", "")
		assert.Equal(t, "Differences between the first source and the second source", table.Title)
	})
	t.Run("what fails fails the table", func(t *testing.T) {
		failed := func(yield func(rewards.Difference, error) bool) { yield(rewards.Difference{}, pocket.ErrUnavailable) }
		_, err := Differences(failed, "a", "b").Text(t.Context(), TextOptions{})
		require.ErrorIs(t, err, pocket.ErrUnavailable)
	})
	t.Run("no difference is no row", func(t *testing.T) {
		text, err := Differences(func(func(rewards.Difference, error) bool) {}, "a", "b").Text(t.Context(), TextOptions{})
		require.NoError(t, err)
		assert.Contains(t, text, "No rows.")
	})
}

// lagging is a source up to a block, without discards.
type lagging struct {
	*rewards.Memory
	tip pocket.Settlement
}

func (l lagging) Tip(context.Context) (pocket.Block, error) {
	return pocket.Block{Height: l.tip.Height, Time: l.tip.Time.Truncate(time.Second)}, nil
}

func (l lagging) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	if slices.Contains(q.Kinds, pocket.KindClaimDiscard) {
		return func(yield func(pocket.Event, error) bool) { yield(nil, pocket.ErrNotIndexed) }
	}
	return l.Memory.Events(ctx, q)
}
