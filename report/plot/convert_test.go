package plot

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

func gross(s rewards.Sums) pocket.Upokt { return s.Gross }

func address(t testing.TB, n byte) pocket.Address {
	t.Helper()
	raw := make([]byte, 20)
	raw[19] = n
	a, err := pocket.AccountFromBytes(raw)
	require.NoError(t, err)
	return a
}

func TestStackOf(t *testing.T) {
	days := starts(rewards.Day, 3, noon, time.UTC)
	row := func(day int, service string, supplier byte, amount pocket.Upokt) rewards.Row {
		return rewards.Row{
			Key:  rewards.Key{Start: days[day], Service: pocket.ServiceID(service), Supplier: address(t, supplier)},
			Sums: rewards.Sums{Gross: amount, Mine: amount / 2, LackShares: 1, Unattributed: 3},
		}
	}
	rows := []rewards.Row{row(2, "eth", 1, 5_000_000), row(0, "bsc", 1, 1), row(0, "eth", 1, 10), row(0, "eth", 2, 20)}

	t.Run("by service", func(t *testing.T) {
		stack, err := StackOf(rows, rewards.ByService, gross)
		require.NoError(t, err)
		assert.Equal(t, "service", stack.By)
		assert.Equal(t, []time.Time{days[0], days[2]}, stack.Starts, "oldest first, whatever the order of the rows")
		require.Len(t, stack.Series, 2)
		assert.Equal(t, "bsc", stack.Series[0].Name)
		assert.Equal(t, "eth", stack.Series[1].Name)
		assert.Equal(t, "0.00003", stack.Series[1].Values[0].String(), "rows of several suppliers are added")
		assert.Equal(t, "5", stack.Series[1].Values[1].String())
		assert.True(t, stack.Series[0].Values[1].IsZero())
		assert.Equal(t, int64(4), stack.Untold.Settlements)
		assert.Equal(t, "0.000012", stack.Untold.Unattributed.String())
	})
	t.Run("of what is mine, by supplier", func(t *testing.T) {
		stack, err := StackOf(rows, rewards.BySupplier, func(s rewards.Sums) pocket.Upokt { return s.Mine })
		require.NoError(t, err)
		require.Len(t, stack.Series, 2)
		names := []string{stack.Series[0].Name, stack.Series[1].Name}
		assert.ElementsMatch(t, []string{address(t, 1).Short(), address(t, 2).Short()}, names)
	})
	t.Run("the same instant in two zones is one start", func(t *testing.T) {
		other := rows[0]
		other.Start = other.Start.In(time.FixedZone("elsewhere", 7200))
		stack, err := StackOf([]rewards.Row{rows[0], other}, rewards.ByService, gross)
		require.NoError(t, err)
		assert.Len(t, stack.Starts, 1)
		assert.Equal(t, "10", stack.Series[0].Values[0].String())
	})
	t.Run("every dimension", func(t *testing.T) {
		for _, by := range []rewards.Dimension{rewards.BySupplier, rewards.ByService, rewards.ByOwner, rewards.ByApplication, rewards.ByRecipient} {
			stack, err := StackOf(rows, by, gross)
			require.NoError(t, err)
			assert.Equal(t, string(by), stack.By)
			require.NoError(t, painter(t).Stacked(io.Discard, stack, Options{Format: SVG}))
		}
	})
	t.Run("no dimension", func(t *testing.T) {
		_, err := StackOf(rows, "colour", gross)
		require.ErrorIs(t, err, pocket.ErrInvalid)
		assert.ErrorContains(t, err, `stack by "colour"`)
	})
	t.Run("no rows", func(t *testing.T) {
		stack, err := StackOf(nil, rewards.ByService, gross)
		require.NoError(t, err)
		require.NoError(t, painter(t).Stacked(io.Discard, stack, Options{Format: SVG}))
	})
}

func TestNothingIsDroppedFromAStack(t *testing.T) {
	letters := painter(t).letters
	days := starts(rewards.Day, 4, noon, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var rows []rewards.Row
		var want pocket.Upokt
		perDay := map[int64]pocket.Upokt{}
		for range rapid.IntRange(0, 60).Draw(t, "rows") {
			day := rapid.SampledFrom(days).Draw(t, "day")
			amount := pocket.Upokt(rapid.Int64Range(0, 1e12).Draw(t, "amount"))
			service := fmt.Sprintf("svc%d", rapid.IntRange(0, 14).Draw(t, "service"))
			rows = append(rows, rewards.Row{Key: rewards.Key{Start: day, Service: pocket.ServiceID(service)}, Sums: rewards.Sums{Gross: amount}})
			want += amount
			perDay[day.Unix()] += amount
		}
		stack, err := StackOf(rows, rewards.ByService, gross)
		require.NoError(t, err)
		stack.Top = rapid.IntRange(0, MaxTop).Draw(t, "top")
		layers, total, err := stack.layers(letters, Light.palette())
		require.NoError(t, err)
		assert.True(t, want.Decimal().Equal(total))
		sum := decimal.Zero
		for i, l := range layers {
			sum = sum.Add(l.total)
			if i > 0 && l.colour != Light.palette().other {
				assert.True(t, l.total.LessThanOrEqual(layers[i-1].total), "the largest first")
			}
		}
		assert.True(t, total.Equal(sum), "the legend's totals are the whole")
		for i, day := range stack.Starts {
			height := decimal.Zero
			for _, l := range layers {
				height = height.Add(l.values[i])
			}
			assert.True(t, perDay[day.Unix()].Decimal().Equal(height), "the bar of %s is the whole", day)
		}
		top := stack.Top
		if top == 0 {
			top = DefaultTop
		}
		assert.LessOrEqual(t, len(layers), top+1)
	})
}

func TestLossesOf(t *testing.T) {
	days := starts(rewards.Day, 2, noon, time.UTC)
	rows := []rewards.Row{
		{Key: rewards.Key{Start: days[1]}, Sums: rewards.Sums{Overserviced: 7_000_000, Settled: 1}},
		{Key: rewards.Key{Start: days[0], Service: "eth"}, Sums: rewards.Sums{Deflated: 2, Minted: 1, ExpiredClaimed: 3, Slashed: 4, Discarded: 5, LackAmounts: 6}},
		{Key: rewards.Key{Start: days[0], Service: "bsc"}, Sums: rewards.Sums{Deflated: 10, Slashed: 10, Discarded: 1}},
	}
	losses, err := LossesOf(rows)
	require.NoError(t, err)
	require.Len(t, losses, 2)
	assert.Equal(t, days[0], losses[0].Start)
	assert.Equal(t, "0", losses[0].Overserviced.String())
	assert.Equal(t, "0.000012", losses[0].Deflated.String())
	assert.Equal(t, "0.000003", losses[0].Expired.String())
	assert.Equal(t, "0.000014", losses[0].Slashed.String())
	assert.Equal(t, int64(6), losses[0].Discarded)
	assert.Equal(t, int64(6), losses[0].Unknown)
	assert.Equal(t, days[1], losses[1].Start)
	assert.Equal(t, "7", losses[1].Overserviced.String())
	assert.Equal(t, days[1], rows[0].Start, "the caller's rows stay in their order")

	t.Run("none of none", func(t *testing.T) {
		losses, err := LossesOf(nil)
		require.NoError(t, err)
		assert.Empty(t, losses)
	})
	t.Run("rows that overlap are refused", func(t *testing.T) {
		_, err := LossesOf([]rewards.Row{{Key: rewards.Key{Start: days[0], Recipient: address(t, 1)}}})
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
}

func TestPointsOfAGraph(t *testing.T) {
	days := starts(rewards.Day, 2, noon, time.UTC)
	points := []rewards.DayPoint{
		{Start: days[0], Nodes: 0, Total: rewards.Sums{Gross: 5, LackShares: 2}},
		{Start: days[1], Partial: true, Nodes: 4, Total: rewards.Sums{Gross: 8_000_000, Mine: 2_000_000, Unattributed: 1_500_000, UnattributedMine: 250_000},
			Average: decimal.NewNullDecimal(dec("2")), AverageMine: decimal.NewNullDecimal(dec("0.5"))},
	}
	gross, mine := GrossByNode(points), MineByNode(points)
	require.Len(t, gross, 2)
	assert.False(t, gross[0].Average.Valid, "no nodes, no average")
	assert.Equal(t, int64(2), gross[0].Untold.Settlements)
	assert.Equal(t, "0.000005", gross[0].Total.String())
	assert.True(t, gross[1].Partial)
	assert.Equal(t, 4, gross[1].Nodes)
	assert.Equal(t, "2", gross[1].Average.Decimal.String())
	assert.Equal(t, "8", gross[1].Total.String())
	assert.Equal(t, "1.5", gross[1].Untold.Unattributed.String())
	assert.Equal(t, "0.5", mine[1].Average.Decimal.String())
	assert.Equal(t, "2", mine[1].Total.String())
	assert.Equal(t, "0.25", mine[1].Untold.Unattributed.String(), "what others got is not missing from mine")
}
