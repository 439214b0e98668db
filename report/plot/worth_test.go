package plot

import (
	"image/color"
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

// valuedSource has settlements of three nodes and services, expired claims and slashes of n days up to noon, and prices in euros that
// are missing on the days named, counted from 0.
func valuedSource(t testing.TB, zone *time.Location, n int, missing ...int) (rewards.Source, *rewards.Prices) {
	t.Helper()
	var events []pocket.Event
	var points []rewards.Price
	var stays []rewards.Stay
	days := starts(rewards.Day, n, noon, zone)
	for i := range byte(3) {
		stays = append(stays, rewards.Stay{Supplier: address(t, i), From: days[0].AddDate(0, 0, int(i)*n/5)})
	}
	for day, start := range days {
		at := start.Add(9 * time.Hour)
		for i := range byte(3) {
			amount := pocket.Upokt(20_000_000 + 3_000_000*int64((day*7+int(i)*5)%9))
			s := pocket.Settlement{At: pocket.At{Height: pocket.Height(day + 1), Index: int(i), Time: at}, Supplier: address(t, i),
				Service: []pocket.ServiceID{"eth", "base", "poly"}[i], Claimed: amount + 2_500_000, Settled: amount + 1_500_000, Minted: amount + 1_000_000,
				Overserviced: 1_000_000, Deflated: 500_000, Shares: []pocket.Share{{Recipient: address(t, 100), Reason: pocket.ReasonSupplier, Amount: amount}}}
			events = append(events, s)
		}
		if day%4 == 1 {
			expiry := pocket.ClaimExpiry{At: pocket.At{Height: pocket.Height(day + 1), Index: 9, Time: at}}
			expiry.Supplier, expiry.Claimed = address(t, 0), 9_000_000
			events = append(events, expiry, pocket.Slash{At: expiry.At, Supplier: address(t, 0), Penalty: 4_000_000})
		}
		points = append(points, rewards.Price{Time: at, Value: decimal.New(int64(1150+(day*29)%170), -5)})
	}
	for i := len(missing) - 1; i >= 0; i-- {
		points = append(points[:missing[i]], points[missing[i]+1:]...)
	}
	prices, err := rewards.NewPrices("EUR", points, 3*time.Hour)
	require.NoError(t, err)
	return rewards.NewMemory(events, stays), prices
}

func valuedPoints(t testing.TB, zone *time.Location, n int, missing ...int) []rewards.DayPoint {
	t.Helper()
	source, prices := valuedSource(t, zone, n, missing...)
	points, err := rewards.Daily(t.Context(), source, rewards.StatsQuery{Zone: zone, Now: noon, Prices: prices, Wallets: []pocket.Address{address(t, 100)}}, n)
	require.NoError(t, err)
	return points
}

func valuedRows(t testing.TB, zone *time.Location, n int, by []rewards.Dimension, missing ...int) []rewards.Row {
	t.Helper()
	source, prices := valuedSource(t, zone, n, missing...)
	rows, err := source.Sums(t.Context(), rewards.Query{Period: rewards.Day, Zone: zone, Prices: prices, By: by})
	require.NoError(t, err)
	return rows
}

func grossWorth(w rewards.Worth) decimal.NullDecimal { return w.Gross }

func TestWorthByNode(t *testing.T) {
	zone := berlin(t)
	points := valuedPoints(t, zone, 5, 1, 2)
	days, currency := WorthByNode(points)
	assert.Equal(t, "EUR", currency)
	require.Len(t, days, 5)
	assert.True(t, days[0].Average.Valid)
	assert.True(t, days[0].Average.Decimal.Equal(points[0].AverageWorth.Decimal))
	assert.True(t, days[0].Total.Equal(points[0].Worth.Gross.Decimal))
	assert.False(t, days[1].Average.Valid, "a day without a price is a gap")
	assert.Equal(t, int64(3), days[1].Untold.Unpriced)
	assert.Equal(t, points[1].Nodes, days[1].Nodes)
	assert.True(t, days[4].Partial)

	mine, currency := MineWorthByNode(points)
	assert.Equal(t, "EUR", currency)
	assert.True(t, mine[0].Total.Equal(points[0].Worth.Mine.Decimal))

	none, currency := WorthByNode([]rewards.DayPoint{{Start: points[0].Start, Nodes: 2, Average: decimal.NewNullDecimal(dec("3"))}})
	assert.Empty(t, currency, "what was not valued has no currency")
	assert.False(t, none[0].Average.Valid)
}

func TestStackWorthOf(t *testing.T) {
	zone := berlin(t)
	rows := valuedRows(t, zone, 5, []rewards.Dimension{rewards.ByService}, 1, 2)
	stack, currency, err := StackWorthOf(rows, rewards.ByService, grossWorth)
	require.NoError(t, err)
	assert.Equal(t, "EUR", currency)
	require.Len(t, stack.Starts, 5)
	assert.Equal(t, stack.Starts[1:3], stack.Unknown)
	assert.Equal(t, int64(6), stack.Untold.Unpriced)
	total, sum := decimal.Zero, decimal.Zero
	for _, series := range stack.Series {
		for _, v := range series.Values {
			total = total.Add(v)
		}
	}
	for _, row := range rows {
		sum = sum.Add(row.Worth.Gross.Decimal)
	}
	assert.True(t, total.Equal(sum))
	_, _, err = StackWorthOf(rows, "moon", grossWorth)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
	pokt, err := StackOf(rows, rewards.ByService, gross)
	require.NoError(t, err)
	assert.Empty(t, pokt.Unknown, "in POKT everything is known")
	assert.Zero(t, pokt.Untold.Unpriced)
}

func TestLossesWorthOf(t *testing.T) {
	zone := berlin(t)
	losses, currency, err := LossesWorthOf(valuedRows(t, zone, 6, nil, 5))
	require.NoError(t, err)
	assert.Equal(t, "EUR", currency)
	require.Len(t, losses, 6)
	assert.Equal(t, "0.10611", losses[1].Expired.String())
	assert.Equal(t, "0.04716", losses[1].Slashed.String())
	assert.True(t, losses[1].Unpriced.IsZero())
	assert.Equal(t, "17.5", losses[5].Unpriced.String(), "three times 1.5, 9 and 4")
	assert.True(t, losses[5].Expired.IsZero())
	pokt, err := LossesOf(valuedRows(t, zone, 6, nil, 5))
	require.NoError(t, err)
	assert.Equal(t, "9", pokt[5].Expired.String())
	assert.True(t, pokt[5].Unpriced.IsZero())
}

func TestPicturesInACurrencySayIt(t *testing.T) {
	p, zone := painter(t), berlin(t)
	o := Options{Format: SVG, Zone: zone, Now: noon, Currency: "EUR"}
	days, _ := WorthByNode(valuedPoints(t, zone, 5, 1))
	stack, _, err := StackWorthOf(valuedRows(t, zone, 5, []rewards.Dimension{rewards.ByService}, 1), rewards.ByService, grossWorth)
	require.NoError(t, err)
	losses, _, err := LossesWorthOf(valuedRows(t, zone, 5, nil, 1))
	require.NoError(t, err)
	for name, d := range map[string]drawing{
		"Average reward by node in EUR, last 5 days": averageOf(p, days), "Rewards by service in EUR, last 5 days": stackedOf(p, stack),
		"Losses by cause in EUR, last 5 days": lossesOf(p, losses),
	} {
		svg := draw(t, d, o)
		assert.Contains(t, string(svg), "<title>"+name+"</title>")
		golden.Check(t, svg, "testdata/"+strings.ToLower(strings.Fields(name)[0])+"-eur.svg")
	}
}

func TestWhatHasNoPriceIsAGapAndNotZero(t *testing.T) {
	p, zone := painter(t), time.UTC
	rows := valuedRows(t, zone, 5, []rewards.Dimension{rewards.ByService}, 2)
	stack, _, err := StackWorthOf(rows, rewards.ByService, grossWorth)
	require.NoError(t, err)
	o := Options{Zone: zone, Currency: "EUR"}
	grid := func(d drawing) (n int) {
		picture := decoded(t, d, o)
		b := picture.Bounds()
		for x := b.Min.X; x < b.Max.X; x++ {
			for y := b.Min.Y; y < b.Max.Y; y++ {
				if color.NRGBAModel.Convert(picture.At(x, y)) == Light.palette().grid {
					n++
				}
			}
		}
		return n
	}
	area := stack
	area.Area = true
	zero := stack
	zero.Unknown = nil
	assert.Greater(t, grid(stackedOf(p, stack)), 3*grid(stackedOf(p, zero)), "the day is marked")
	zero.Area = true
	assert.Greater(t, grid(stackedOf(p, area)), 3*grid(stackedOf(p, zero)))

	t.Run("nothing with a price is not nothing earned", func(t *testing.T) {
		none, _, err := StackWorthOf(valuedRows(t, zone, 2, []rewards.Dimension{rewards.ByService}, 0, 1), rewards.ByService, grossWorth)
		require.NoError(t, err)
		empty := none
		empty.Unknown, empty.Untold = nil, Untold{}
		assert.NotEqual(t, draw(t, stackedOf(p, empty), o), draw(t, stackedOf(p, none), o))
		losses, _, err := LossesWorthOf(valuedRows(t, zone, 2, nil, 0, 1))
		require.NoError(t, err)
		assert.NotEqual(t, draw(t, lossesOf(p, []Loss{{Start: losses[0].Start}, {Start: losses[1].Start}}), o), draw(t, lossesOf(p, losses), o))
	})
	t.Run("senseless data is refused", func(t *testing.T) {
		day := starts(rewards.Day, 1, noon, zone)
		assert.ErrorIs(t, p.AverageByNode(brokenPipe{}, []NodeDay{{Start: day[0], Untold: Untold{Unpriced: -1}}}, Options{}), pocket.ErrInvalid)
		assert.ErrorIs(t, p.Losses(brokenPipe{}, []Loss{{Start: day[0], Unpriced: dec("-1")}}, Options{}), pocket.ErrInvalid)
	})
}
