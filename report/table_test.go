package report

import (
	"context"
	"errors"
	"iter"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

var errBroken = errors.New("the index went away")

// brokenAfter yields n rows of one cell, then an error.
func brokenAfter(n int) iter.Seq2[[]Cell, error] {
	return func(yield func([]Cell, error) bool) {
		for i := range n {
			if !yield([]Cell{Integer(int64(i))}, nil) {
				return
			}
		}
		yield(nil, errBroken)
	}
}

func read(ctx context.Context, t Table) (rows int, err error) {
	for _, e := range t.All(ctx) {
		if err = e; err == nil {
			rows++
		}
	}
	return rows, err
}

func TestTableAll(t *testing.T) {
	one := []Column{{Name: "N", Kind: KindInteger}}

	t.Run("an error of the source comes last and names the table", func(t *testing.T) {
		rows, err := read(t.Context(), Table{Title: "Rewards", Columns: one, Rows: brokenAfter(3)})
		assert.Equal(t, 3, rows)
		assert.ErrorIs(t, err, errBroken)
		assert.ErrorContains(t, err, "table Rewards")
	})
	t.Run("a row with too few cells is an error, not a shift of columns", func(t *testing.T) {
		rows, err := read(t.Context(), Table{Columns: one, Rows: Rows([]Cell{Integer(1)}, []Cell{})})
		assert.Equal(t, 1, rows)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		assert.ErrorContains(t, err, "row 2 has 0 cells for 1 columns")
	})
	t.Run("the end of the context ends the rows", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		endless := func(yield func([]Cell, error) bool) {
			for i := 0; yield([]Cell{Integer(int64(i))}, nil); i++ {
				if i == 10_000 {
					cancel(errBroken)
				}
			}
		}
		rows, err := read(ctx, Table{Columns: one, Rows: endless})
		assert.ErrorIs(t, err, errBroken)
		assert.InDelta(t, 10_000, rows, every)
	})
	t.Run("a context that has ended yields no row", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		rows, err := read(ctx, Table{Columns: one, Rows: brokenAfter(1)})
		assert.Zero(t, rows)
		assert.ErrorIs(t, err, context.Canceled)
	})
	t.Run("no rows are no rows", func(t *testing.T) {
		rows, err := read(t.Context(), Table{Columns: one})
		assert.Zero(t, rows)
		assert.NoError(t, err)
	})
	t.Run("the caller may stop", func(t *testing.T) {
		for range (Table{Columns: one, Rows: brokenAfter(2)}).All(t.Context()) {
			break
		}
	})
}

func TestTotals(t *testing.T) {
	columns := []Column{{Name: "Day", Kind: KindDate}, {Name: "N", Kind: KindInteger, Sum: true}, {Name: "POKT", Kind: KindPOKT, Sum: true},
		{Name: "Value", Kind: KindFiat, Currency: "EUR", Sum: true}, {Name: "Height", Kind: KindHeight}}

	t.Run("sums are exact and the label stands first", func(t *testing.T) {
		totals := NewTotals(columns)
		day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
		totals.Add([]Cell{Date(day), Integer(1), POKT(1), Fiat(decimal.RequireFromString("0.1")), Height(7)})
		totals.Add([]Cell{Date(day), Integer(2), POKT(-3), Fiat(decimal.RequireFromString("0.2")), Height(8)})
		row := totals.Row("Total")
		assert.Equal(t, "Total", row[0].Text())
		assert.Equal(t, Integer(3), row[1])
		assert.Equal(t, POKT(-2), row[2])
		assert.Equal(t, "0.3", row[3].Decimal().String())
		assert.Equal(t, KindFiat, row[3].Kind())
		assert.True(t, row[4].Empty(), "heights are not added up")
		assert.Equal(t, int64(2), totals.Count())
	})
	t.Run("a column of nothing but unknowns has no sum", func(t *testing.T) {
		totals := NewTotals(columns)
		totals.Add([]Cell{{}, {}, {}, {}, {}})
		for _, c := range totals.Row("Total")[1:] {
			assert.True(t, c.Empty())
		}
	})
	t.Run("an amount in a column of counts is added as what it is", func(t *testing.T) {
		totals := NewTotals(columns)
		totals.Add([]Cell{{}, POKT(1_500_000), {}, {}, {}})
		totals.Add([]Cell{{}, Integer(2), {}, {}, {}})
		assert.Equal(t, "3.5", totals.Row("")[1].Decimal().String())
	})
}

func TestTotalsNeverOverflow(t *testing.T) {
	columns := []Column{{Kind: KindText}, {Kind: KindPOKT, Sum: true}, {Kind: KindInteger, Sum: true}}
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Just[int64](math.MaxInt64), rapid.Just[int64](math.MinInt64)), 1, 20).Draw(t, "numbers")
		totals, want := NewTotals(columns), new(big.Int)
		for _, n := range numbers {
			totals.Add([]Cell{{}, POKT(pocket.Upokt(n)), Integer(n)})
			want.Add(want, big.NewInt(n))
		}
		row := totals.Row("Total")
		if got := row[1].Decimal(); !got.Equal(decimal.NewFromBigInt(want, -6)) {
			t.Fatalf("POKT: want %s upokt, got %s", want, got)
		}
		if got := row[2].Decimal(); !got.Equal(decimal.NewFromBigInt(want, 0)) {
			t.Fatalf("count: want %s, got %s", want, got)
		}
	})
}
