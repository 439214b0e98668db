package report

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/golden"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// valued is what a node and another earned and lost in July and August, and prices of all but the first ten days, a new one each noon.
type valued struct {
	source *rewards.Memory
	zone   *time.Location
	now    time.Time
	prices *rewards.Prices
}

func newValued(t testing.TB, currency, scale string) valued {
	t.Helper()
	madrid := zone(t, "Europe/Madrid")
	v := valued{zone: madrid, now: time.Date(2026, 8, 18, 12, 0, 0, 0, madrid)}
	start := time.Date(2026, 7, 1, 6, 0, 0, 0, madrid)
	var events []pocket.Event
	var points []rewards.Price
	for day := range 49 {
		at := start.AddDate(0, 0, day)
		for i, supplier := range []pocket.Address{node, app} {
			s := settled()
			s.Supplier, s.Time, s.Height, s.Index = supplier, at.Add(time.Duration(i)*time.Hour), pocket.Height(800_000+1000*day), i
			s.Service = []pocket.ServiceID{"eth", "base", "=1+1"}[(day+i)%3]
			if day%9 == 4 {
				s.Settled, s.Overserviced = s.Claimed-100_000, 100_000
			}
			events = append(events, s)
		}
		if day%16 == 3 {
			expired := pocket.ClaimExpiry{At: pocket.At{Height: pocket.Height(800_000 + 1000*day), Index: 9, Time: at.Add(3 * time.Hour)}}
			expired.Supplier, expired.Claimed, expired.Service = node, 1_500_000, "eth"
			slash := pocket.Slash{At: expired.At, Supplier: node, Service: "eth", Penalty: pocket.POKT(320)}
			slash.Index = 10
			events = append(events, expired, slash)
		}
		if day >= 10 {
			price := decimal.RequireFromString(scale).Mul(decimal.NewFromInt(int64(100 + day)))
			points = append(points, rewards.Price{Time: at.Add(6 * time.Hour), Value: price})
		}
	}
	v.source = rewards.NewMemory(events, []rewards.Stay{{Supplier: node, From: start.AddDate(0, 0, -1)}, {Supplier: app, From: start}})
	prices, err := rewards.NewPrices(currency, points, 12*time.Hour)
	require.NoError(t, err)
	v.prices = prices
	return v
}

func (v valued) query(by ...rewards.Dimension) rewards.Query {
	return rewards.Query{Period: rewards.Month, Zone: v.zone, Wallets: []pocket.Address{wallet}, By: by, Prices: v.prices}
}

func (v valued) rows(t testing.TB, by ...rewards.Dimension) []rewards.Row {
	t.Helper()
	rows, err := v.source.Sums(t.Context(), v.query(by...))
	require.NoError(t, err)
	return rows
}

func (v valued) statistics(t testing.TB) rewards.Statistics {
	t.Helper()
	s, err := rewards.Compute(t.Context(), v.source, rewards.StatsQuery{Wallets: []pocket.Address{wallet}, Zone: v.zone, Now: v.now, Prices: v.prices})
	require.NoError(t, err)
	return s
}

func TestValuesBesideAmounts(t *testing.T) {
	v := newValued(t, "EUR", "0.000123456789")
	all := CSVOptions{Totals: true, Zone: v.zone}

	rows := v.rows(t, rewards.ByService)
	golden.Check(t, csvOf(t, Rewards(rows, v.query(rewards.ByService)), all), "testdata/rewards-eur.csv.golden")
	golden.Check(t, textOf(t, RewardsBrief(rows, v.query(rewards.ByService)), TextOptions{Width: 80, Places: 2}), "testdata/rewards-brief-eur.txt.golden")
	golden.Check(t, csvOf(t, LossesOver(v.rows(t), v.query()), all), "testdata/losses-over-eur.csv.golden")
	losses, err := rewards.Losses(v.rows(t))
	require.NoError(t, err)
	golden.Check(t, textOf(t, Losses(losses), TextOptions{Places: 2}), "testdata/losses-eur.txt.golden")
	services, err := Services(rows, v.query(rewards.ByService), 2)
	require.NoError(t, err)
	golden.Check(t, csvOf(t, services, all), "testdata/services-eur.csv.golden")

	points, err := rewards.Daily(t.Context(), v.source, rewards.StatsQuery{Zone: v.zone, Now: v.now, Prices: v.prices}, 42)
	require.NoError(t, err)
	golden.Check(t, csvOf(t, Daily(points), all), "testdata/daily-eur.csv.golden")

	settlements := Settlements(v.source.Events(t.Context(), pocket.EventQuery{Limit: 24}), []pocket.Address{wallet}, v.prices)
	golden.Check(t, csvOf(t, settlements, all), "testdata/settlements-eur.csv.golden")

	staked := []Node{{Operator: node, Supplier: &pocket.Supplier{Operator: node, Owner: owner, Stake: pocket.POKT(60_000)}}, {Operator: app}}
	golden.Check(t, textOf(t, NodesWorth(staked, pocket.POKT(59_500), v.prices, v.now), TextOptions{Places: 2}), "testdata/nodes-eur.txt.golden")
}

func TestStatisticsInACurrency(t *testing.T) {
	updated := pocket.Block{Height: 848_000, Time: time.Date(2026, 8, 18, 9, 58, 30, 0, time.UTC)}
	v := newValued(t, "EUR", "0.000123456789")
	s := v.statistics(t)
	text := StatisticsText(s, StatisticsOptions{Mine: true, Updated: updated})
	golden.Check(t, text+"\n", "testdata/statistics-eur.txt.golden")
	golden.Check(t, csvOf(t, Statistics(s, true), CSVOptions{Zone: v.zone}), "testdata/statistics-eur.csv.golden")

	t.Run("what had no price in a part is worth more than the rest, and says so", func(t *testing.T) {
		assert.Contains(t, text, "• All time: ")
		assert.Contains(t, text, ", ≥ ")
		assert.Contains(t, text, "Without a price, so in no value: 20 settlements (29.22328 POKT")
	})
	t.Run("without any price no value is told, and never zero", func(t *testing.T) {
		old, err := rewards.NewPrices("EUR", []rewards.Price{{Time: v.now.AddDate(-1, 0, 0), Value: decimal.NewFromInt(1)}}, time.Hour)
		require.NoError(t, err)
		none := v
		none.prices = old
		text := StatisticsText(none.statistics(t), StatisticsOptions{Mine: true, Updated: updated})
		assert.NotContains(t, text, " EUR,")
		assert.NotContains(t, text, "0.00 EUR")
		assert.Contains(t, text, "POKT, no price")
	})
	t.Run("yen have no hundredths, and bitcoins have eight decimals", func(t *testing.T) {
		text := StatisticsText(newValued(t, "JPY", "0.0185").statistics(t), StatisticsOptions{Updated: updated})
		assert.Regexp(t, `Yesterday: 2\.92 POKT = 0\.0 %, \d+ JPY ▲`, text)
		text = StatisticsText(newValued(t, "BTC", "0.0000000011").statistics(t), StatisticsOptions{Updated: updated})
		assert.Regexp(t, `Yesterday: 2\.92 POKT = 0\.0 %, 0\.000000\d\d BTC ▲`, text)
	})
	t.Run("it fits one message, escaped", func(t *testing.T) {
		assert.Less(t, units(Markdown(text)), 2000)
	})
}

func TestNoPriceIsAnEmptyCell(t *testing.T) {
	v := newValued(t, "EUR", "0.0001")
	early := rewards.Query{Span: pocket.Span{To: time.Date(2026, 7, 9, 0, 0, 0, 0, v.zone)}, Period: rewards.Day, Zone: v.zone, Prices: v.prices}
	rows, err := v.source.Sums(t.Context(), early)
	require.NoError(t, err)
	require.Len(t, rows, 8)
	for row, err := range RewardsBrief(rows, early).All(t.Context()) {
		require.NoError(t, err)
		assert.Equal(t, KindPOKT, row[2].Kind())
		assert.True(t, row[3].Empty())
	}
	table := RewardsBrief(rows, early)
	assert.Contains(t, strings.Join(table.Notes, " "), "Without a price, so in no value: 16 settlements (23.378624 POKT to the nodes' sides), 1 expired claim, 1 slash.")
	assert.NotContains(t, csvOf(t, table, CSVOptions{Totals: true}), "0.00,", "nor is the total a zero")

	t.Run("rows by recipient overlap, so that what has no price is not counted", func(t *testing.T) {
		early.By = []rewards.Dimension{rewards.ByRecipient}
		rows, err := v.source.Sums(t.Context(), early)
		require.NoError(t, err)
		assert.Contains(t, Rewards(rows, early).Notes, "Without a price, so in no value: some settlements.")
	})
	t.Run("a node's stake without a price of the moment", func(t *testing.T) {
		staked := []Node{{Operator: node, Supplier: &pocket.Supplier{Operator: node, Stake: 1}}}
		table := NodesWorth(staked, 1, v.prices, time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC))
		assert.Equal(t, []string{"idle: staked with no active service, so it earns nothing. Services start with the next session; if they do not, stake them again.",
			"No price of 2026-07-02 00:00 UTC is known in EUR."}, table.Notes)
		for row := range table.All(t.Context()) {
			assert.True(t, row[3].Empty())
		}
	})
}

func TestMoneyIsRoundedLast(t *testing.T) {
	third := decimal.RequireFromString("0.3333333333333333333333333")
	table := func(currency string) Table {
		return Table{Columns: []Column{{Name: "N"}, {Name: "V", Kind: KindFiat, Currency: currency, Sum: true}}, TotalLabel: "Total",
			Rows: Rows([]Cell{Integer(1), Fiat(third)}, []Cell{Integer(2), Fiat(third)}, []Cell{Integer(3), Fiat(third)}, []Cell{Integer(4), {}})}
	}
	tests := map[string]string{
		"EUR": "1,0.33\r\n2,0.33\r\n3,0.33\r\n4,\r\nTotal,1.00\r\n",
		"JPY": "1,0\r\n2,0\r\n3,0\r\n4,\r\nTotal,1\r\n",
		"BTC": "1,0.33333333\r\n2,0.33333333\r\n3,0.33333333\r\n4,\r\nTotal,1.00000000\r\n",
		"KWD": "1,0.333\r\n2,0.333\r\n3,0.333\r\n4,\r\nTotal,1.000\r\n",
	}
	for currency, want := range tests {
		assert.Equal(t, want, csvOf(t, table(currency), CSVOptions{Totals: true, NoHeader: true}), currency)
	}
	assert.Contains(t, textOf(t, table("JPY"), TextOptions{}), "0.3333")
	assert.Equal(t, 0, Places("jpy"))
	assert.Equal(t, 2, Places("XYZ"))
	assert.Equal(t, "1,235 JPY", Money(decimal.RequireFromString("1234.5"), "JPY"))
	assert.Equal(t, "0.00012346 BTC", Money(decimal.RequireFromString("0.000123456"), "BTC"))
}
