package rewards

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func grossWorth(w Worth) decimal.NullDecimal { return w.Gross }

// pricedDays returns prices of 00:00 UTC of every day from a day on, which grow by a cent a day.
func pricedDays(t testing.TB, first string, n int) *Prices {
	var points []Price
	for i := range n {
		points = append(points, Price{at(t, first).AddDate(0, 0, i), decimal.New(int64(i+1), -2)})
	}
	return euros(t, 0, points...)
}

func TestStatisticsHaveMoneyBesidePOKTEverywhere(t *testing.T) {
	stays := []Stay{{Supplier: node1, From: at(t, "2026-10-20T00:00:00Z")}, {Supplier: node2, From: at(t, "2026-11-21T00:00:00Z")}}
	events := []pocket.Event{
		earned(t, "2026-10-01T01:00:00Z", node1, 1_000_000),  // before there were prices
		earned(t, "2026-10-21T01:00:00Z", node1, 2_000_000),  // 0.02
		earned(t, "2026-11-01T01:00:00Z", node1, 3_000_000),  // 0.13
		earned(t, "2026-11-21T01:00:00Z", node1, 4_000_000),  // 0.33
		earned(t, "2026-11-21T13:00:00Z", node1, 5_000_000),  // 0.34, the next midnight being nearer
		earned(t, "2026-11-22T01:00:00Z", node2, 6_000_000),  // 0.34
		earned(t, "2026-11-22T10:30:00Z", node1, 99_000_000), // not yet
	}
	q := StatsQuery{Now: at(t, "2026-11-22T10:30:00Z"), Wallets: []pocket.Address{owner1}, Prices: pricedDays(t, "2026-10-20T00:00:00Z", 40)}
	s := compute(t, q, stays, events...)

	assert.Equal(t, "EUR", s.Currency)
	for name, test := range map[string]struct {
		figure   Figure
		want     string
		unpriced pocket.Upokt
	}{
		"today":                         {s.Today.Figure, "2.04", 0},
		"the same part of yesterday":    {*s.Today.Previous, "1.32", 0},
		"yesterday":                     {s.Yesterday.Figure, "3.02", 0},
		"seven days":                    {s.Last7.Figure, "3.02", 0},
		"this month":                    {s.ThisMonth.Figure, "5.45", 0},
		"the same part of last month":   {*s.ThisMonth.Previous, "0.04", 1_000_000},
		"last month":                    {s.LastMonth.Figure, "0.04", 1_000_000},
		"all complete days":             {s.Everyday, "3.45", 0},
		"all time is not this month's":  {s.AllTime, "5.49", 1_000_000},
		"all complete months are none":  {s.Monthly.Figure, "0", 0},
		"thirty days and what was paid": {s.Last30.Figure, "3.41", 0},
	} {
		require.NotNil(t, test.figure.Worth, name)
		assert.Equal(t, test.want, number(test.figure.Worth.Gross), name)
		assert.Equal(t, test.want, number(test.figure.Worth.Mine), name)
		assert.Equal(t, test.unpriced, test.figure.Worth.Unpriced.Gross, name)
	}
	assert.Equal(t, "1.02", number(s.Today.WorthPerNode(s.Today.Worth.Gross)), "of two nodes")
	assert.Equal(t, "2.331428571428571429", number(s.Today.WorthPerNodeDay(s.Today.Worth.Gross)))
	assert.Equal(t, "4.662857142857142857", number(s.Today.WorthPerDay(s.Today.Worth.Gross)))
	assert.Equal(t, "54.5455", number(s.Today.ChangeWorth(grossWorth)))
	assert.Equal(t, "54.5455", number(s.Today.ChangeWorthPerNode(grossWorth)))
	assert.Equal(t, "none", number(s.ThisMonth.ChangeWorth(grossWorth)), "a part had no price")
	assert.Equal(t, "none", number(s.ThisMonth.ChangeWorthPerNode(grossWorth)))
	assert.Equal(t, "none", number(s.Monthly.WorthPerMonth(s.Monthly.Worth.Gross)))
	assert.Equal(t, "none", number(s.Today.WorthPerNode(decimal.NullDecimal{})))

	t.Run("two months later there are complete ones", func(t *testing.T) {
		q := q
		q.Now = at(t, "2026-12-22T10:30:00Z")
		s := compute(t, q, stays, events...)
		require.Equal(t, 1, s.Monthly.Months)
		assert.Equal(t, "39.11", number(s.Monthly.WorthPerMonth(s.Monthly.Worth.Gross)))
		assert.Equal(t, "29.3325", number(s.Monthly.WorthPerNodeMonth(s.Monthly.Worth.Gross)), "of 40 node-days in 30 days")
	})
	t.Run("without prices there is none", func(t *testing.T) {
		q := q
		q.Prices = nil
		s := compute(t, q, stays, events...)
		assert.Empty(t, s.Currency)
		assert.Nil(t, s.AllTime.Worth)
		assert.Nil(t, s.Today.Previous.Worth)
		assert.Equal(t, "none", number(s.Today.ChangeWorth(grossWorth)))
	})
	t.Run("without events all is worth nothing", func(t *testing.T) {
		s := compute(t, q, stays)
		assert.Equal(t, "0", number(s.AllTime.Worth.Gross))
		assert.Equal(t, "0", number(s.Today.Previous.Worth.Gross))
	})
	t.Run("the points of a graph", func(t *testing.T) {
		points, err := Daily(context.Background(), NewMemory(events, stays), q, 60)
		require.NoError(t, err)
		last := points[len(points)-1]
		assert.Equal(t, "2.04", number(last.Worth.Gross))
		assert.Equal(t, "1.02", number(last.AverageWorth))
		assert.Equal(t, "1.02", number(last.AverageMineWorth))
		assert.Equal(t, "0", number(points[len(points)-3].AverageWorth), "a node earned nothing that day")
		first := points[len(points)-53]
		require.EqualValues(t, 1_000_000, first.Total.Gross)
		assert.Equal(t, "none", number(first.AverageWorth))
		assert.Equal(t, "none", number(first.Worth.Gross))
	})
	t.Run("facts that do not fit together", func(t *testing.T) {
		day := Row{Key: Key{Start: at(t, "2026-11-21T00:00:00Z")}, Sums: Sums{Gross: 1}}
		valued := day
		valued.Worth = &Worth{Currency: "EUR"}
		dollars := day
		dollars.Worth = &Worth{Currency: "USD"}
		huge := day
		huge.Worth = &Worth{Currency: "EUR", Gross: decimal.NewNullDecimal(decimal.New(1, -99))}
		for name, f := range map[string]Facts{
			"days without a worth":       {Currency: "EUR", Days: []Row{day}},
			"days of another currency":   {Currency: "EUR", Days: []Row{dollars}},
			"a day that is no worth":     {Currency: "EUR", Days: []Row{huge}},
			"days that differ":           {Currency: "EUR", Days: []Row{valued, dollars}},
			"yesterday without a worth":  {Currency: "EUR", Days: []Row{valued}, DayBefore: Sums{Gross: 1}},
			"yesterday in another money": {Currency: "EUR", Days: []Row{valued}, DayBefore: Sums{Gross: 1}, DayBeforeWorth: dollars.Worth},
		} {
			f.Now = q.Now
			_, err := NewStatistics(f)
			assert.ErrorIs(t, err, pocket.ErrInvalid, name)
		}
	})
}

func TestGrowthHasItsWorth(t *testing.T) {
	source := NewMemory([]pocket.Event{
		earned(t, "2026-11-21T01:00:00Z", node1, 4_000_000), earned(t, "2026-11-22T01:00:00Z", node2, 6_000_000),
	}, nil)
	q := Query{
		Span: pocket.Span{From: at(t, "2026-11-22T00:00:00Z"), To: at(t, "2026-11-23T00:00:00Z")}, By: []Dimension{BySupplier},
		Prices: pricedDays(t, "2026-10-20T00:00:00Z", 40),
	}
	grown, err := Compare(context.Background(), source, q)
	require.NoError(t, err)
	require.Len(t, grown, 2)
	worths := map[pocket.Address][2]string{}
	for _, g := range grown {
		worths[g.Supplier] = [2]string{number(g.NowWorth.Gross), number(g.BeforeWorth.Gross)}
	}
	assert.Equal(t, map[pocket.Address][2]string{node1: {"0", "1.32"}, node2: {"2.04", "0"}}, worths)
	q.Prices = nil
	grown, err = Compare(context.Background(), source, q)
	require.NoError(t, err)
	assert.Nil(t, grown[0].NowWorth)
}

func TestLossesHaveTheirWorth(t *testing.T) {
	paid := settled(noon, node1, share(owner1, pocket.ReasonSupplier, 680)) // of 850 minted, 900 settled
	unpriced := settled(noon.Add(-48*time.Hour), node1)
	expired := pocket.ClaimExpiry{At: pocket.At{Time: noon.Add(48 * time.Hour)}, Work: pocket.Work{Supplier: node1, Claimed: 450}}
	slash := pocket.Slash{At: pocket.At{Time: noon}, Supplier: node1, Penalty: 7_000_000}
	rows := aggregate(t, Query{Period: Day, Prices: euros(t, 0, price(noon, "2"))}, paid, unpriced, expired, slash)
	report, err := Losses(rows)
	require.NoError(t, err)
	assert.Equal(t, "EUR", report.Currency)
	type line struct{ worth, estimate, unpriced string }
	got := map[Cause]line{}
	for _, loss := range append(report.Causes, report.Unpaid) {
		got[loss.Cause] = line{number(loss.Worth), number(loss.EstimateWorth), loss.Unpriced.Coin()}
	}
	assert.Equal(t, map[Cause]line{
		CauseOverserviced: {"0.0002", "0.000075555555555556", "100upokt"},
		CauseDeflation:    {"0.0001", "0.00004", "50upokt"},
		CauseExpired:      {"none", "none", "450upokt"},
		CauseDiscarded:    {"none", "none", "0upokt"},
		CauseSlashed:      {"14", "14", "0upokt"},
		"":                {"0.0003", "0.000115555555555556", "600upokt"},
	}, got)
	assert.Equal(t, "0.002", number(report.ClaimedWorth))
	assert.EqualValues(t, 1450, report.ClaimedUnpriced)
	assert.Equal(t, "14.000115555555555556", number(report.LostWorth))

	t.Run("not without prices", func(t *testing.T) {
		report, err := Losses(aggregate(t, Query{}, paid, slash))
		require.NoError(t, err)
		assert.Empty(t, report.Currency)
		for _, loss := range append(report.Causes, report.Unpaid) {
			assert.False(t, loss.Worth.Valid || loss.EstimateWorth.Valid, loss.Cause)
		}
		assert.False(t, report.ClaimedWorth.Valid || report.LostWorth.Valid)
	})
	t.Run("nothing lost is worth nothing", func(t *testing.T) {
		report, err := Losses(aggregate(t, Query{Prices: euros(t, 0)}, pocket.ClaimDiscard{At: pocket.At{Time: noon}}))
		require.NoError(t, err)
		assert.Equal(t, "0", number(report.LostWorth))
		assert.Equal(t, "0", number(report.ClaimedWorth))
	})
	t.Run("a slash without a price leaves the loss unknown", func(t *testing.T) {
		report, err := Losses(aggregate(t, Query{Prices: euros(t, 0)}, slash))
		require.NoError(t, err)
		assert.Equal(t, "none", number(report.LostWorth))
		assert.EqualValues(t, 7_000_000, report.Causes[4].Unpriced)
	})
	t.Run("rows that cannot be added", func(t *testing.T) {
		_, err := Losses([]Row{{}, rows[0]})
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
}
