package report

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// rows are two months of two services; nothing is known of who got what of the first.
func rows(t testing.TB) ([]rewards.Row, rewards.Query) {
	madrid := zone(t, "Europe/Madrid")
	july, august := time.Date(2026, 7, 1, 0, 0, 0, 0, madrid), time.Date(2026, 8, 1, 0, 0, 0, 0, madrid)
	sums := rewards.Sums{Settlements: 10, Relays: 12_345, Claimed: 4_000_000, Settled: 3_900_000, Minted: 3_800_000, Overserviced: 100_000, OverservicedClaims: 1,
		Deflated: 100_000, DeflatedClaims: 10, Gross: 3_000_000, Mine: 1_000_000, OtherRoles: 5, Expired: 1, ExpiredClaimed: 500_000, Slashes: 1, Slashed: 320_000_000, Discarded: 2}
	old := rewards.Sums{Settlements: 3, Relays: 5, Claimed: 700_000, LackAmounts: 3, LackShares: 3}
	return []rewards.Row{
		{Key: rewards.Key{Start: july, Service: "eth"}, Sums: old},
		{Key: rewards.Key{Start: august, Service: "eth"}, Sums: sums},
		{Key: rewards.Key{Start: august, Service: "-1+cmd"}, Sums: sums},
	}, rewards.Query{Period: rewards.Month, Zone: madrid, By: []rewards.Dimension{rewards.ByService}, Wallets: []pocket.Address{wallet}}
}

func TestRewardTables(t *testing.T) {
	r, q := rows(t)
	golden.Check(t, csvOf(t, Rewards(r, q), CSVOptions{Totals: true}), "testdata/rewards.csv.golden")
	golden.Check(t, textOf(t, RewardsBrief(r, q), TextOptions{Width: 60, Places: 2}), "testdata/rewards-brief.txt.golden")
	golden.Check(t, csvOf(t, LossesOver(r, q), CSVOptions{Totals: true}), "testdata/losses-over.csv.golden")
	losses, err := rewards.Losses(r)
	require.NoError(t, err)
	golden.Check(t, textOf(t, Losses(losses), TextOptions{Places: 2}), "testdata/losses.txt.golden")
}

func TestRewardsColumns(t *testing.T) {
	names := func(table Table) (names []string) {
		for _, c := range table.Columns {
			names = append(names, c.Name)
		}
		return names
	}
	all := []rewards.Dimension{rewards.BySupplier, rewards.ByOwner, rewards.ByApplication, rewards.ByRecipient}

	t.Run("dimensions stand in the order they were asked in", func(t *testing.T) {
		table := RewardsBrief(nil, rewards.Query{Period: rewards.Week, By: all})
		assert.Equal(t, []string{"Week from", "Node", "Owner", "Application", "Recipient", "Claims", "POKT"}, names(table))
		assert.Equal(t, "Rewards by week, node, owner, application and recipient (UTC)", table.Title)
	})
	t.Run("rows by recipient have no totals, as they overlap", func(t *testing.T) {
		assert.Empty(t, Rewards(nil, rewards.Query{By: all}).TotalLabel)
		assert.NotEmpty(t, Rewards(nil, rewards.Query{By: all[:1]}).TotalLabel)
	})
	t.Run("a query without period and dimensions is one row of all", func(t *testing.T) {
		table := RewardsBrief([]rewards.Row{{Sums: rewards.Sums{Settlements: 1, Gross: 2}}}, rewards.Query{})
		assert.Equal(t, "What,Claims,POKT\r\nAll,1,0.000002\r\n", csvOf(t, table, CSVOptions{}))
	})
	t.Run("hours tell their offset", func(t *testing.T) {
		madrid := zone(t, "Europe/Madrid")
		twice := time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)
		table := RewardsBrief([]rewards.Row{{Key: rewards.Key{Start: twice.Add(-time.Hour).In(madrid)}}, {Key: rewards.Key{Start: twice.In(madrid)}}},
			rewards.Query{Period: rewards.Hour, Zone: madrid})
		assert.Equal(t, "2026-10-25T02:00:00+02:00,0,0.000000\r\n2026-10-25T02:00:00+01:00,0,0.000000\r\n", csvOf(t, table, CSVOptions{Zone: madrid, NoHeader: true}))
	})
}

func TestServices(t *testing.T) {
	day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	row := func(day time.Time, service pocket.ServiceID, gross pocket.Upokt) rewards.Row {
		return rewards.Row{Key: rewards.Key{Start: day, Service: service}, Sums: rewards.Sums{Settlements: 1, Gross: gross}}
	}
	all := []rewards.Row{row(day, "a", 1), row(day, "b", 5), row(day, "c", 2), row(day, "", 3), row(day.AddDate(0, 0, 1), "b", 7)}

	t.Run("the largest have a column, the others share one, and nothing is left out", func(t *testing.T) {
		table, err := Services(all, rewards.Query{Period: rewards.Day}, 2)
		require.NoError(t, err)
		assert.Equal(t, "Day,b,(no service),other services,All services POKT\r\n2026-08-01,0.000005,0.000003,0.000003,0.000011\r\n"+
			"2026-08-02,0.000007,0.000000,0.000000,0.000007\r\nTotal,0.000012,0.000003,0.000003,0.000018\r\n", csvOf(t, table, CSVOptions{Totals: true}))
	})
	t.Run("without others there is no column for them", func(t *testing.T) {
		table, err := Services(all, rewards.Query{Period: rewards.Day}, 4)
		require.NoError(t, err)
		assert.Len(t, table.Columns, 6)
	})
	t.Run("what does not fit is an error, not a wrong sum", func(t *testing.T) {
		_, err := Services([]rewards.Row{row(day, "a", 1<<62), row(day, "a", 1<<62)}, rewards.Query{}, 2)
		assert.ErrorIs(t, err, pocket.ErrOverflow)
		_, err = Services([]rewards.Row{row(day, "a", 1<<62), row(day, "b", 1<<62)}, rewards.Query{}, 2)
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
}

func TestDaily(t *testing.T) {
	day := time.Date(2026, 8, 1, 0, 0, 0, 0, zone(t, "Europe/Madrid"))
	average := decimal.NewNullDecimal(decimal.RequireFromString("12.3456785"))
	table := Daily([]rewards.DayPoint{
		{Start: day, Total: rewards.Sums{}},
		{Start: day.AddDate(0, 0, 1), Nodes: 2, NodeDays: decimal.RequireFromString("1.5"), Average: average, Total: rewards.Sums{Settlements: 3, Gross: 5, Mine: 1}},
		{Start: day.AddDate(0, 0, 2), Partial: true, Nodes: 2, NodeDays: decimal.RequireFromString("0.1"), Total: rewards.Sums{Settlements: 3, LackShares: 3, LackAmounts: 3}},
	})
	golden.Check(t, csvOf(t, table, CSVOptions{Totals: true}), "testdata/daily.csv.golden")
}
