package report

import (
	"math"
	"testing"
	"time"
	"unsafe"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

func TestCells(t *testing.T) {
	t.Run("a cell is four words, so that a row of them is cheap", func(t *testing.T) {
		assert.LessOrEqual(t, unsafe.Sizeof(Cell{}), uintptr(32))
	})
	t.Run("what is missing is an empty cell, not a zero", func(t *testing.T) {
		for _, c := range []Cell{{}, String(""), Time(time.Time{}), Date(time.Time{}), Month(time.Time{}), Address(pocket.Address{}), Height(0)} {
			assert.True(t, c.Empty())
			assert.Equal(t, KindNone, c.Kind())
		}
		for _, c := range []Cell{Integer(0), POKT(0), Decimal(decimal.Zero), Percent(decimal.Zero), Fiat(decimal.Zero)} {
			assert.False(t, c.Empty())
		}
	})
	t.Run("a day is the one on the calendar of its own zone", func(t *testing.T) {
		auckland, err := time.LoadLocation("Pacific/Auckland")
		require.NoError(t, err)
		late := time.Date(2026, 3, 31, 20, 0, 0, 0, time.UTC) // 1 April there
		assert.Equal(t, "2026-04-01", Date(late.In(auckland)).Time().Format(time.DateOnly))
		assert.Equal(t, "2026-03-31", Date(late).Time().Format(time.DateOnly))
		assert.Equal(t, "2026-04-01", Month(late.In(auckland)).Time().Format(time.DateOnly))
	})
	t.Run("a cell tells only what it holds", func(t *testing.T) {
		assert.Zero(t, String("7").Int())
		assert.Equal(t, int64(7), Integer(7).Int())
		assert.Equal(t, "", Integer(7).Text())
		assert.True(t, String("7").Decimal().IsZero())
		assert.True(t, Integer(7).Time().IsZero())
		assert.Empty(t, String("7").AppendNumber(nil))
		assert.Equal(t, "pokt", String("pokt").Text())
	})
	t.Run("the least amount keeps its digits", func(t *testing.T) {
		assert.Equal(t, "-9223372036854.775808", string(POKT(math.MinInt64).AppendNumber(nil)))
		assert.Equal(t, "-9223372036854775808", string(Integer(math.MinInt64).AppendNumber(nil)))
	})
}

func TestDecimalsStayExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`-?[0-9]{1,40}(\.[0-9]{1,30})?`).Draw(t, "digits")
		d := decimal.RequireFromString(digits)
		for _, c := range []Cell{Decimal(d), Fiat(d), Percent(d)} {
			if !c.Decimal().Equal(d) {
				t.Fatalf("%s became %s", d, c.Decimal())
			}
			written, err := decimal.NewFromString(string(c.AppendNumber(nil)))
			if err != nil || !written.Equal(d) {
				t.Fatalf("%s is written %s", d, c.AppendNumber(nil))
			}
		}
		large := decimal.New(d.Coefficient().Int64(), 25) // a positive exponent
		if !Decimal(large).Decimal().Equal(large) {
			t.Fatalf("%s became %s", large, Decimal(large).Decimal())
		}
		n := rapid.Int64().Draw(t, "upokt")
		if !POKT(pocket.Upokt(n)).Decimal().Equal(decimal.New(n, -6)) {
			t.Fatalf("%d upokt became %s", n, POKT(pocket.Upokt(n)).Decimal())
		}
	})
}
