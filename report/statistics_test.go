package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// statistics are those of two nodes over about three months, made by rewards itself.
func statistics(t testing.TB, change func(*rewards.Facts)) rewards.Statistics {
	t.Helper()
	madrid := zone(t, "Europe/Madrid")
	now := time.Date(2026, 8, 18, 12, 0, 0, 0, madrid)
	facts := rewards.Facts{Now: now, Zone: madrid, NodesKnown: true, Stays: []rewards.Stay{
		{Supplier: node, From: time.Date(2026, 6, 3, 0, 0, 0, 0, madrid)},
		{Supplier: app, From: time.Date(2026, 7, 20, 0, 0, 0, 0, madrid)},
	}}
	for day, i := time.Date(2026, 6, 3, 0, 0, 0, 0, madrid), 0; !day.After(now); day, i = day.AddDate(0, 0, 1), i+1 {
		gross := pocket.Upokt(10_000_000 + 123_456*int64(i%7))
		sums := rewards.Sums{Settlements: 10, Claimed: 2 * gross, Settled: 2 * gross, Minted: 2 * gross, Gross: gross, Mine: gross / 4}
		if day.Month() == time.August && i%5 == 0 {
			sums.Expired, sums.ExpiredClaimed, sums.Slashes, sums.Slashed = 1, 1_500_000, 1, pocket.POKT(320)
			sums.Overserviced, sums.Discarded = 1_234, 1
		}
		facts.Days = append(facts.Days, rewards.Row{Key: rewards.Key{Start: day}, Sums: sums})
	}
	facts.DayBefore = rewards.Sums{Settlements: 9, Gross: 11_000_000, Mine: 2_750_000}
	facts.MonthBefore = rewards.Sums{Settlements: 150, Gross: 170_000_000, Mine: 42_500_000}
	if change != nil {
		change(&facts)
	}
	s, err := rewards.NewStatistics(facts)
	require.NoError(t, err)
	return s
}

func TestStatisticsText(t *testing.T) {
	updated := pocket.Block{Height: 883_667, Time: time.Date(2026, 8, 18, 9, 58, 30, 0, time.UTC)}

	t.Run("the usual message", func(t *testing.T) {
		text := StatisticsText(statistics(t, nil), StatisticsOptions{Mine: true, Updated: updated})
		golden.Check(t, text+"\n", "testdata/statistics.txt.golden")
	})
	t.Run("what the chain did not tell is said", func(t *testing.T) {
		text := StatisticsText(statistics(t, func(f *rewards.Facts) {
			f.Days[0].LackShares, f.Days[0].LackAmounts, f.Days[1].Unattributed = 4, 10, 5_000_000
		}), StatisticsOptions{Whose: "node *one*\n", Updated: updated})
		golden.Check(t, text+"\n", "testdata/statistics-incomplete.txt.golden")
	})
	t.Run("nothing known yet is no error and no zero average", func(t *testing.T) {
		text := StatisticsText(statistics(t, func(f *rewards.Facts) { *f = rewards.Facts{Now: f.Now, Zone: f.Zone, NodesKnown: true} }), StatisticsOptions{})
		golden.Check(t, text+"\n", "testdata/statistics-empty.txt.golden")
		assert.NotContains(t, text, "NaN")
	})
	t.Run("without certain nodes there is no average", func(t *testing.T) {
		text := StatisticsText(statistics(t, func(f *rewards.Facts) { f.NodesKnown = false }), StatisticsOptions{Updated: updated})
		assert.Contains(t, text, "not told: these are not the rewards of certain nodes")
	})
	t.Run("old numbers are called old", func(t *testing.T) {
		old := updated
		old.Time = old.Time.Add(-26 * time.Hour)
		text := StatisticsText(statistics(t, nil), StatisticsOptions{Updated: old})
		assert.Contains(t, text, "⚠ That is 1 day 2 hours ago")
		assert.NotContains(t, StatisticsText(statistics(t, nil), StatisticsOptions{Updated: updated}), "ago")
	})
	t.Run("it fits one message, escaped", func(t *testing.T) {
		text := StatisticsText(statistics(t, nil), StatisticsOptions{Mine: true, Updated: updated})
		assert.Less(t, units(Markdown(text)), 2000)
		assert.False(t, strings.HasSuffix(text, "\n"))
	})
}

func TestStatisticsTable(t *testing.T) {
	golden.Check(t, csvOf(t, Statistics(statistics(t, nil), true), CSVOptions{Zone: zone(t, "Europe/Madrid")}), "testdata/statistics.csv.golden")
}
