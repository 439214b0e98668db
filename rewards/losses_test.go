package rewards

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestLosses(t *testing.T) {
	t.Run("by cause, with what the suppliers' sides may have lost", func(t *testing.T) {
		report, err := Losses([]Row{
			{Key: Key{Supplier: node1}, Sums: Sums{
				Settlements: 3, Claimed: 9_000_000, Settled: 8_000_000, Minted: 7_000_000, Overserviced: 1_000_000, Deflated: 1_000_000,
				OverservicedClaims: 1, DeflatedClaims: 3, Gross: 5_600_000,
			}},
			{Key: Key{Supplier: node2}, Sums: Sums{Expired: 2, ExpiredClaimed: 1_000_000, Discarded: 4, Slashes: 2, Slashed: 400_000_000, LackAmounts: 1}},
		})
		require.NoError(t, err)
		var lines []string
		for _, loss := range report.Causes {
			line := string(loss.Cause) + ": " + loss.Amount.String() + ", " + number(loss.OfClaimed) + " %, about " + number(loss.Estimate)
			assert.Equal(t, loss.Cause == CauseDiscarded, loss.Unknown)
			lines = append(lines, line)
		}
		assert.Equal(t, []string{
			"overserviced: 1 POKT, 10 %, about 0.7",
			"deflation: 1 POKT, 10 %, about 0.8",
			"expired: 1 POKT, 10 %, about 0.7",
			"discarded: 0 POKT, none %, about none",
			"slashed: 400 POKT, none %, about 400",
		}, lines)
		var counts []int64
		for _, loss := range report.Causes {
			counts = append(counts, loss.Count)
		}
		assert.Equal(t, []int64{1, 3, 2, 4, 2}, counts)
		assert.EqualValues(t, 10_000_000, report.Claimed)
		assert.EqualValues(t, 3_000_000, report.Unpaid.Amount)
		assert.EqualValues(t, 6, report.Unpaid.Count)
		assert.Equal(t, "30", number(report.Unpaid.OfClaimed))
		assert.Equal(t, "2.2", number(report.Unpaid.Estimate))
		assert.Equal(t, "402.2", number(report.Lost))
		assert.EqualValues(t, 1, report.LackAmounts)
	})
	t.Run("no rows, no losses", func(t *testing.T) {
		report, err := Losses(nil)
		require.NoError(t, err)
		require.Len(t, report.Causes, 5)
		assert.Zero(t, report.Unpaid.Amount)
		assert.Equal(t, "none", number(report.Unpaid.OfClaimed))
		assert.Equal(t, "0", number(report.Lost))
	})
	t.Run("where nothing was paid nothing can be estimated", func(t *testing.T) {
		report, err := Losses([]Row{{Sums: Sums{Expired: 1, ExpiredClaimed: 5, Slashes: 1, Slashed: 7}}})
		require.NoError(t, err)
		assert.Equal(t, "none", number(report.Causes[2].Estimate))
		assert.Equal(t, "none", number(report.Unpaid.Estimate))
		assert.Equal(t, "none", number(report.Lost))
		assert.Equal(t, "100", number(report.Unpaid.OfClaimed))
	})
	t.Run("rows by recipient overlap", func(t *testing.T) {
		_, err := Losses([]Row{{Key: Key{Recipient: wallet}}})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("amounts that do not fit", func(t *testing.T) {
		for _, s := range []Sums{
			{Claimed: math.MaxInt64, ExpiredClaimed: 1}, {Overserviced: math.MaxInt64, Deflated: 1}, {Deflated: math.MaxInt64, ExpiredClaimed: 1},
		} {
			_, err := Losses([]Row{{Sums: s}})
			assert.ErrorIs(t, err, pocket.ErrOverflow)
		}
		_, err := Losses([]Row{{Sums: Sums{Gross: math.MaxInt64}}, {Sums: Sums{Gross: 1}}})
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
}
