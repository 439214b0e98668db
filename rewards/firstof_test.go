package rewards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

// ask returns what a source tells, and the error it ends with.
func ask(source PriceSource, span pocket.Span) (prices []Price, err error) {
	for p, err := range source.Prices(context.Background(), "eur", span) {
		if err != nil {
			return prices, err
		}
		prices = append(prices, p)
	}
	return prices, nil
}

func TestFirstOfTakesFromTheNextWhatTheFirstLacks(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	span := pocket.Span{From: day(1), To: day(8)}
	own := euros(t, 0, price(day(2), "1"), price(day(3), "1"), price(day(5), "1"))
	var hours []Price
	for at := day(1); at.Before(day(8)); at = at.Add(time.Hour) {
		hours = append(hours, price(at, "2"))
	}
	service := &told{prices: hours}
	prices, err := ask(FirstOf(own, service), span)
	require.NoError(t, err)
	assert.Equal(t, []pocket.Span{{From: day(1).Add(-12 * time.Hour), To: day(8).Add(12 * time.Hour)}}, service.asked)
	assert.True(t, slices.IsSortedFunc(prices, func(a, b Price) int { return a.Time.Compare(b.Time) }))
	from := map[string]int{}
	for _, p := range prices {
		from[p.Value.String()]++
		if p.Value.String() == "2" {
			for _, one := range own.points {
				assert.GreaterOrEqual(t, p.Time.Sub(one.Time).Abs(), 12*time.Hour)
			}
		}
	}
	assert.Equal(t, map[string]int{"1": 3, "2": 12 + 24 + 60}, from, "the 1st until noon, the 4th, and all from noon of the 5th on")

	t.Run("what the first covers nobody else is asked", func(t *testing.T) {
		other := &told{}
		_, err := ask(FirstOf(own, other), pocket.Span{From: day(2), To: day(3)})
		require.NoError(t, err)
		assert.Empty(t, other.asked)
	})
	t.Run("a loop may end early", func(t *testing.T) {
		for range FirstOf(own, service).Prices(t.Context(), "eur", span) {
			break
		}
	})
	t.Run("an open span", func(t *testing.T) {
		prices, err := ask(FirstOf(own, service), pocket.Span{})
		require.NoError(t, err)
		assert.Len(t, prices, 3+12+24+60)
	})
}

func TestFirstOfPassesOverSourcesThatFail(t *testing.T) {
	span := pocket.Span{From: noon, To: noon.Add(100 * time.Hour)}
	good := euros(t, 0, price(noon, "1"))
	prices, err := ask(FirstOf(&told{err: errBroken}, good), span)
	assert.Len(t, prices, 1)
	missing, ok := errors.AsType[*MissingPrices](err)
	require.True(t, ok)
	require.ErrorIs(t, err, errBroken)
	assert.Equal(t, []pocket.Span{{From: noon.Add(12 * time.Hour), To: span.To}}, []pocket.Span{missing.Gaps[0].Span}, "what the other had is not missing")

	t.Run("the reasons of several are told together", func(t *testing.T) {
		limit := errors.New("beyond the plan")
		gap := pocket.Span{From: noon.Add(50 * time.Hour), To: noon.Add(60 * time.Hour)}
		_, err := ask(FirstOf(&told{err: &MissingPrices{Gaps: []Gap{{gap, limit}}}}, &told{err: &MissingPrices{Gaps: []Gap{{gap, errBroken}}}}, good), span)
		require.ErrorIs(t, err, limit)
		require.ErrorIs(t, err, errBroken)
		assert.Equal(t, "no prices from 2026-11-24T14:00:00Z until 2026-11-25T00:00:00Z: beyond the plan; broken", err.Error())
	})
	t.Run("a gap where another has prices is none", func(t *testing.T) {
		gap := pocket.Span{From: noon.Add(-9 * time.Hour), To: noon.Add(9 * time.Hour)}
		_, err := ask(FirstOf(&told{err: &MissingPrices{Gaps: []Gap{{gap, errBroken}}}}, good), span)
		require.NoError(t, err)
	})
	t.Run("what nobody could tell but all had time for is not missing", func(t *testing.T) {
		_, err := ask(FirstOf(&told{}, &told{}), span)
		require.NoError(t, err)
	})
	t.Run("a currency that one of them knows", func(t *testing.T) {
		dollars, err := NewPrices("USD", nil, 0)
		require.NoError(t, err)
		prices, err := ask(FirstOf(dollars, good), span)
		require.NoError(t, err)
		assert.Len(t, prices, 1)
		_, err = ask(FirstOf(dollars, dollars), span)
		require.ErrorIs(t, err, ErrCurrency)
		assert.ErrorContains(t, err, "USD")
	})
	t.Run("no source at all", func(t *testing.T) {
		_, err := ask(FirstOf(), span)
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("a span the wrong way round", func(t *testing.T) {
		_, err := ask(FirstOf(good), pocket.Span{From: noon, To: noon.Add(-1)})
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("who gave up waiting", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range FirstOf(good).Prices(ctx, "eur", span) {
			require.ErrorIs(t, err, context.Canceled)
		}
	})
}

func TestSpansWithoutATime(t *testing.T) {
	// Counted hour by hour.
	rapid.Check(t, func(r *rapid.T) {
		hour := func(name string) time.Time {
			return noon.Add(time.Duration(rapid.IntRange(1, 30).Draw(r, name)) * time.Hour)
		}
		whole := pocket.Span{}
		if rapid.Bool().Draw(r, "from") {
			whole.From = noon
		}
		if rapid.Bool().Draw(r, "to") {
			whole.To = noon.Add(31 * time.Hour)
		}
		spans, free := []pocket.Span{whole}, map[int]bool{}
		for h := range 32 {
			free[h] = whole.Contains(noon.Add(time.Duration(h) * time.Hour))
		}
		for i := range rapid.IntRange(0, 6).Draw(r, "taken") {
			taken := pocket.Span{From: hour(fmt.Sprint("from ", i)), To: hour(fmt.Sprint("to ", i))}
			if taken.Check() != nil {
				taken.From, taken.To = taken.To, taken.From
			}
			spans = without(spans, taken)
			for h := range 32 {
				if taken.Contains(noon.Add(time.Duration(h) * time.Hour)) {
					free[h] = false
				}
			}
		}
		for h := range 32 {
			in := 0
			for _, s := range spans {
				if s.Contains(noon.Add(time.Duration(h) * time.Hour)) {
					in++
				}
			}
			require.Equal(r, free[h], in == 1)
			require.LessOrEqual(r, in, 1)
		}
	})
}
