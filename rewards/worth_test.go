package rewards

import (
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

func price(t time.Time, text string) Price { return Price{t, decimal.RequireFromString(text)} }

func euros(t testing.TB, window time.Duration, points ...Price) *Prices {
	t.Helper()
	prices, err := NewPrices("eur", points, window)
	require.NoError(t, err)
	return prices
}

func TestEachEventIsValuedAtThePriceOfItsMoment(t *testing.T) {
	prices := euros(t, time.Hour, price(noon, "0.05"), price(noon.Add(time.Hour), "0.10"))
	rows := aggregate(t, Query{Prices: prices, Wallets: []pocket.Address{wallet}},
		settled(noon, node1, share(owner1, pocket.ReasonSupplier, 500_000), share(wallet, pocket.ReasonSupplier, 100_000)),
		settled(noon.Add(time.Hour), node1, share(wallet, pocket.ReasonSupplier, 1_000_000)),
		settled(noon.Add(24*time.Hour), node1, share(wallet, pocket.ReasonSupplier, 7_000_000)),
		pocket.Slash{At: pocket.At{Time: noon}, Supplier: node1, Penalty: 2_000_000})
	require.Len(t, rows, 1)
	w := rows[0].Worth
	require.NotNil(t, w)
	assert.Equal(t, "EUR", w.Currency)
	assert.Equal(t, "0.13", w.Gross.Decimal.String(), "0.6 POKT at 0.05 and 1 at 0.10")
	assert.Equal(t, "0.105", w.Mine.Decimal.String())
	assert.Equal(t, "0.1", w.Slashed.Decimal.String())
	assert.EqualValues(t, 1, w.Unpriced.Settlements)
	assert.EqualValues(t, 7_000_000, w.Unpriced.Gross)
	assert.False(t, w.Full())
}

func TestWhatHasNoPriceIsNotWorthZero(t *testing.T) {
	rows := aggregate(t, Query{Prices: euros(t, 0)}, settled(noon, node1, share(owner1, pocket.ReasonSupplier, 5)))
	w := rows[0].Worth
	assert.False(t, w.Gross.Valid)
	assert.False(t, w.Claimed.Valid)
	assert.Equal(t, decimal.NewNullDecimal(decimal.Zero), w.Slashed, "nothing is worth nothing")
	assert.Equal(t, rows[0].Sums, w.Unpriced)
}

// worthBy values an amount in arithmetic that has nothing to do with the package's own; nil when there is no price.
func worthBy(prices []Price, window time.Duration, t time.Time, amount pocket.Upokt) *big.Rat {
	var nearest *Price
	for i := range prices {
		d := prices[i].Time.Sub(t).Abs()
		if d > window {
			continue
		}
		if nearest == nil || d < nearest.Time.Sub(t).Abs() || d == nearest.Time.Sub(t).Abs() && prices[i].Time.Before(nearest.Time) {
			nearest = &prices[i]
		}
	}
	if nearest == nil {
		return nil
	}
	return new(big.Rat).Mul(nearest.Value.Rat(), big.NewRat(int64(amount), 1_000_000))
}

func TestWorthIsExact(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		window := time.Duration(rapid.Int64Range(1, 100).Draw(r, "window"))
		moment := func(name string) time.Time { return noon.Add(time.Duration(rapid.Int64Range(-300, 300).Draw(r, name))) }
		var points []Price
		seen := map[time.Time]bool{}
		for range rapid.IntRange(0, 6).Draw(r, "points") {
			p := Price{moment("point"), decimal.New(rapid.Int64Range(1, 1<<62).Draw(r, "price"), -rapid.Int32Range(7, 24).Draw(r, "places"))}
			if !seen[p.Time] {
				seen[p.Time], points = true, append(points, p)
			}
		}
		prices, err := NewPrices("EUR", points, window)
		require.NoError(r, err)
		adder, err := NewAdder(Query{Prices: prices})
		require.NoError(r, err)
		want, unpriced := new(big.Rat), pocket.Upokt(0)
		for range rapid.IntRange(1, 8).Draw(r, "slashes") {
			at, amount := moment("slash"), pocket.Upokt(rapid.Int64Range(0, 1<<60-1).Draw(r, "amount"))
			require.NoError(r, adder.Add(pocket.Slash{At: pocket.At{Time: at}, Penalty: amount}))
			worth, one := worthBy(points, window, at, amount), prices.Worth(amount, at)
			require.Equal(r, worth != nil, one.Valid)
			if worth == nil {
				unpriced += amount
				continue
			}
			require.Zero(r, worth.Cmp(one.Decimal.Rat()))
			want.Add(want, worth)
		}
		rows, err := adder.Rows()
		require.NoError(r, err)
		got := rows[0].Worth
		assert.Zero(r, want.Cmp(got.Slashed.Decimal.Rat()))
		assert.Equal(r, unpriced, got.Unpriced.Slashed)
		assert.Equal(r, want.Sign() != 0 || unpriced == 0, got.Slashed.Valid)
	})
}

func TestEveryAmountOfSumsHasItsWorth(t *testing.T) {
	var s Sums
	amounts := map[string]int64{}
	fields := reflect.ValueOf(&s).Elem()
	for i := range fields.NumField() {
		if fields.Field(i).Type() == reflect.TypeFor[pocket.Upokt]() {
			amounts[fields.Type().Field(i).Name] = int64(i+1) * 1_000_000
			fields.Field(i).SetInt(int64(i+1) * 1_000_000)
		}
	}
	require.Len(t, amounts, worthCount)
	adder, err := NewAdder(Query{Prices: euros(t, 0, price(noon, "2"))})
	require.NoError(t, err)
	require.NoError(t, adder.AddRowAt(Row{Sums: s}, noon))
	rows, err := adder.Rows()
	require.NoError(t, err)
	worths := reflect.ValueOf(*rows[0].Worth)
	for name, amount := range amounts {
		worth := worths.FieldByName(name).Interface().(decimal.NullDecimal)
		assert.Equal(t, decimal.New(2*amount, -6).String(), number(worth), name)
	}
}

func TestAmountsBelowZeroAreWorthLessThanNothing(t *testing.T) {
	prices := euros(t, 0, price(noon, "123456789.000000000000000000000001"))
	for _, amount := range []pocket.Upokt{-1, 1, math.MinInt64, math.MaxInt64, 0} {
		want := decimal.New(int64(amount), -6).Mul(decimal.RequireFromString("123456789.000000000000000000000001"))
		assert.Equal(t, want.String(), prices.Worth(amount, noon).Decimal.String())
	}
	rows := aggregate(t, Query{Prices: prices}, pocket.Slash{At: pocket.At{Time: noon}, Penalty: 5}, pocket.Slash{At: pocket.At{Time: noon}, Penalty: -7})
	assert.Equal(t, "-246.913578000000000000000000000002", rows[0].Worth.Slashed.Decimal.String())
}

func TestTheDearestPriceOfAllThereIsFits(t *testing.T) {
	dearest := strings.Repeat("9", 12) + "." + strings.Repeat("9", 24)
	rows := aggregate(t, Query{Prices: euros(t, 0, price(noon, dearest))},
		pocket.Slash{At: pocket.At{Time: noon}, Penalty: math.MaxInt64 - 1}, pocket.Slash{At: pocket.At{Time: noon}, Penalty: 1})
	want := decimal.New(math.MaxInt64, -6).Mul(decimal.RequireFromString(dearest))
	assert.Equal(t, want.String(), rows[0].Worth.Slashed.Decimal.String())
}

func TestWorthAddsUp(t *testing.T) {
	prices := euros(t, time.Hour, price(noon, "0.05"))
	rows := aggregate(t, Query{Prices: prices, Period: Hour}, earned(t, "2026-11-22T12:00:00Z", node1, 2_000_000),
		earned(t, "2026-11-22T13:00:00Z", node1, 4_000_000), earned(t, "2026-11-22T14:00:00Z", node1, 8_000_000))
	require.Len(t, rows, 3)
	t.Run("of rows", func(t *testing.T) {
		total, err := TotalWorth(rows)
		require.NoError(t, err)
		assert.Equal(t, "0.3", number(total.Gross))
		assert.EqualValues(t, 8_000_000, total.Unpriced.Gross)
		assert.EqualValues(t, 1, total.Unpriced.Settlements)
		none, err := TotalWorth([]Row{{}, {}})
		require.NoError(t, err)
		assert.Nil(t, none)
	})
	t.Run("of two", func(t *testing.T) {
		sum, err := rows[0].Worth.Plus(rows[2].Worth)
		require.NoError(t, err)
		assert.Equal(t, "0.1", number(sum.Gross), "what is unpriced does not make the rest unknown")
		assert.EqualValues(t, 8_000_000, sum.Unpriced.Gross)
		_, err = rows[0].Worth.Plus(&Worth{Currency: "USD"})
		require.ErrorIs(t, err, pocket.ErrInvalid)
		sum, err = rows[2].Worth.Plus(rows[2].Worth)
		require.NoError(t, err)
		assert.Equal(t, "none", number(sum.Gross))
	})
	t.Run("by an adder without prices of its own", func(t *testing.T) {
		adder, err := NewAdder(Query{Period: Day})
		require.NoError(t, err)
		for _, row := range rows {
			require.NoError(t, adder.AddRow(row))
		}
		days, err := adder.Rows()
		require.NoError(t, err)
		require.Len(t, days, 1)
		total, err := TotalWorth(rows)
		require.NoError(t, err)
		assert.Equal(t, total, days[0].Worth)
		require.ErrorIs(t, adder.Add(settled(noon, node1)), pocket.ErrInvalid, "it cannot value an event")
	})
	dollars := Row{Worth: &Worth{Currency: "USD"}}
	for name, list := range map[string][]Row{
		"one that is not valued": {rows[0], {}}, "one that is": {{}, rows[0]}, "another currency": {rows[0], dollars},
		"a recipient's":                    {{Key: Key{Recipient: wallet}, Worth: rows[0].Worth}},
		"too many decimals for what it is": {{Worth: &Worth{Currency: "EUR", Gross: decimal.NewNullDecimal(decimal.New(1, -31))}}},
		"an absurd number":                 {{Worth: &Worth{Currency: "EUR", Gross: decimal.NewNullDecimal(decimal.New(1, math.MaxInt32))}}},
	} {
		t.Run("not "+name, func(t *testing.T) {
			_, err := TotalWorth(list)
			require.ErrorIs(t, err, pocket.ErrInvalid)
			adder, err := NewAdder(Query{})
			require.NoError(t, err)
			for i := range list {
				if err = adder.AddRow(list[i]); err != nil {
					break
				}
			}
			require.ErrorIs(t, err, pocket.ErrInvalid)
		})
	}
	t.Run("not after events that were not valued", func(t *testing.T) {
		adder, err := NewAdder(Query{})
		require.NoError(t, err)
		require.NoError(t, adder.Add(settled(noon, node1)))
		require.ErrorIs(t, adder.AddRow(rows[0]), pocket.ErrInvalid)
	})
	t.Run("not more than fits", func(t *testing.T) {
		most := decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), 190), -worthPlaces)
		w := &Worth{Currency: "EUR", Gross: decimal.NewNullDecimal(most)}
		_, err := w.Plus(w)
		require.ErrorIs(t, err, pocket.ErrOverflow)
		lacks := &Worth{Currency: "EUR", Unpriced: Sums{Gross: math.MaxInt64}}
		_, err = lacks.Plus(lacks)
		require.ErrorIs(t, err, pocket.ErrOverflow)
	})
}

func TestAnEventWithoutATimeHasNoPrice(t *testing.T) {
	_, err := Aggregate(Query{Prices: euros(t, 0)}, each(settled(time.Time{}, node1)))
	require.ErrorIs(t, err, pocket.ErrMalformed)
}

func TestRowsAtAMoment(t *testing.T) {
	adder, err := NewAdder(Query{Period: Day})
	require.NoError(t, err)
	row := Row{Key: Key{Start: noon}, Sums: Sums{Gross: 5}, Worth: &Worth{Currency: "USD"}}
	require.NoError(t, adder.AddRowAt(row, noon), "without prices there is nothing to value")
	rows, err := adder.Rows()
	require.NoError(t, err)
	assert.Nil(t, rows[0].Worth)
	require.Error(t, adder.AddRowAt(Row{}, noon))
	require.Error(t, adder.AddRowAt(row, noon), "an error is for good")
}
