package rewards

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

func TestThePriceOfAMomentIsTheNearestWithinTheWindow(t *testing.T) {
	prices := euros(t, 2*time.Hour, price(noon, "1"), price(noon.Add(time.Hour), "2"), price(noon.Add(9*time.Hour), "3"))
	for _, test := range []struct {
		after time.Duration
		want  string
	}{
		{-2*time.Hour - 1, "none"}, {-2 * time.Hour, "1"}, {0, "1"}, {30 * time.Minute, "1"}, {30*time.Minute + 1, "2"}, {3 * time.Hour, "2"},
		{3*time.Hour + 1, "none"}, {7*time.Hour - 1, "none"}, {7 * time.Hour, "3"}, {11 * time.Hour, "3"}, {11*time.Hour + 1, "none"},
	} {
		got := "none"
		if p, known := prices.At(noon.Add(test.after)); known {
			got = p.Value.String()
		}
		assert.Equal(t, test.want, got, test.after)
		assert.Equal(t, test.want == "none", !prices.Worth(1, noon.Add(test.after)).Valid)
	}
	assert.Equal(t, "EUR", prices.Currency())
	assert.Equal(t, 2*time.Hour, prices.Window())
	assert.Len(t, prices.Points(), 3)
}

func TestSteadyIsWhereThePriceStaysTheSame(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		prices := drawPrices(r)
		for moment := time.Date(2026, 10, 22, 0, 0, 0, 0, time.UTC); moment.Before(time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC)); {
			price, span, known := prices.Steady(moment)
			require.True(r, span.Contains(moment))
			if !span.From.IsZero() {
				before, knownBefore := prices.At(span.From.Add(-1))
				require.False(r, knownBefore == known && before.Time.Equal(price.Time), "it began earlier")
				first, knownFirst := prices.At(span.From)
				require.True(r, knownFirst == known && first.Time.Equal(price.Time))
			}
			if span.To.IsZero() {
				return
			}
			last, knownLast := prices.At(span.To.Add(-1))
			require.True(r, knownLast == known && last.Time.Equal(price.Time))
			moment = span.To
		}
	})
}

func TestPricesAreWhatCanBeAPrice(t *testing.T) {
	for name, point := range map[string]Price{
		"zero": price(noon, "0"), "less than zero": price(noon, "-1"), "a million millions": price(noon, "1000000000000"),
		"hardly anything": price(noon, "1e-25"), "absurdly much": {noon, decimal.New(1, 1<<31-1)}, "absurdly little": {noon, decimal.New(1, -1<<31)},
		"never": {Value: decimal.New(1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, point.Check(), pocket.ErrInvalid)
			_, err := NewPrices("EUR", []Price{point}, 0)
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, "EUR")
		})
	}
	_, err := NewPrices("EUR", nil, -1)
	require.ErrorIs(t, err, pocket.ErrInvalid)
	for _, code := range []string{"", "€", "e", "EURO AND MORE", "a/b"} {
		_, err := NewPrices(code, nil, 0)
		require.ErrorIs(t, err, pocket.ErrInvalid)
	}
	t.Run("of several at one moment the last counts", func(t *testing.T) {
		prices := euros(t, 0, price(noon, "1"), price(noon.Add(1), "2"), price(noon, "3"))
		p, _ := prices.At(noon)
		assert.Equal(t, "3", p.Value.String())
		assert.Len(t, prices.Points(), 2)
	})
	t.Run("decimals that nobody has are rounded, and shown as they count", func(t *testing.T) {
		prices := euros(t, 0, price(noon, "0.0000000000000000000000015"))
		p, _ := prices.At(noon)
		assert.Equal(t, "0.000000000000000000000002", p.Value.String())
		assert.Equal(t, "0.000000000000000000000002", prices.Worth(1_000_000, noon).Decimal.String())
	})
	t.Run("a time in another zone is the same moment", func(t *testing.T) {
		prices := euros(t, 1, price(noon.In(zone(t, "Asia/Kathmandu")), "1"))
		p, known := prices.At(noon)
		assert.True(t, known)
		assert.Equal(t, noon, p.Time)
	})
}

// told is a source that tells what it is given, and remembers what it was asked.
type told struct {
	prices []Price
	err    error
	asked  []pocket.Span
}

func (s *told) Prices(_ context.Context, _ string, span pocket.Span) iter.Seq2[Price, error] {
	s.asked = append(s.asked, span)
	return func(yield func(Price, error) bool) {
		for _, p := range s.prices {
			if span.Contains(p.Time) && !yield(p, nil) {
				return
			}
		}
		if s.err != nil {
			yield(Price{}, s.err)
		}
	}
}

func TestLoadPrices(t *testing.T) {
	span := pocket.Span{From: noon, To: noon.Add(time.Hour)}
	t.Run("they reach as far as the window around the span", func(t *testing.T) {
		source := &told{prices: []Price{price(noon.Add(-23*time.Hour), "1"), price(noon.Add(24*time.Hour), "2")}}
		prices, err := LoadPrices(t.Context(), source, "eur", span)
		require.NoError(t, err)
		first, _ := prices.At(noon)
		assert.Equal(t, "1", first.Value.String())
		last, _ := prices.At(noon.Add(time.Hour))
		assert.Equal(t, "2", last.Value.String())
		assert.Equal(t, []pocket.Span{{From: noon.Add(-24 * time.Hour), To: noon.Add(25 * time.Hour)}}, source.asked)
		assert.Empty(t, prices.Missing())
	})
	t.Run("what is missing is told and no failure", func(t *testing.T) {
		gap := Gap{span, errors.New("the plan does not reach so far")}
		around := Gap{wider(span, DefaultWindow), gap.Err}
		source := &told{prices: []Price{price(noon, "1")}, err: &MissingPrices{Gaps: []Gap{around, {pocket.Span{To: noon}, gap.Err}}}}
		prices, err := LoadPrices(t.Context(), source, "eur", span)
		require.NoError(t, err)
		assert.Equal(t, []Gap{gap}, prices.Missing(), "as far as it lies in the span")
		assert.Equal(t, "no prices from 2026-11-21T12:00:00Z until 2026-11-23T13:00:00Z: the plan does not reach so far; "+
			"no prices until 2026-11-22T12:00:00Z: the plan does not reach so far", source.err.Error())
		assert.ErrorIs(t, source.err, gap.Err)
	})
	t.Run("a failure is one", func(t *testing.T) {
		_, err := LoadPrices(t.Context(), &told{prices: []Price{price(noon, "1")}, err: errBroken}, "eur", span)
		require.ErrorIs(t, err, errBroken)
		assert.ErrorContains(t, err, "EUR")
	})
	t.Run("so is a price that is none", func(t *testing.T) {
		_, err := LoadPrices(t.Context(), &told{prices: []Price{price(noon, "0")}}, "eur", span)
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("an open span stays open and a reversed one is refused", func(t *testing.T) {
		source := &told{}
		_, err := LoadPrices(t.Context(), source, "eur", pocket.Span{})
		require.NoError(t, err)
		assert.Equal(t, []pocket.Span{{}}, source.asked)
		_, err = LoadPrices(t.Context(), source, "eur", pocket.Span{From: noon, To: noon.Add(-1)})
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
}
