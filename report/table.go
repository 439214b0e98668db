package report

import (
	"context"
	"fmt"
	"iter"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// A Table is rows of typed cells that flow through a writer once, so that their number does not matter: [WriteCSV], [WriteText],
// [Pages] and the workbook of report/xlsx.
type Table struct {
	Title   string
	Columns []Column
	// Rows yields one cell for each column. A row is only good until the next: whoever keeps it copies it. An error is
	// yielded last, with a nil row. nil means no rows.
	Rows iter.Seq2[[]Cell, error]
	// TotalLabel asks for a last row with the sums of the columns that have Sum, and stands in its first column. Writers add up what
	// they write; "" means no such row.
	TotalLabel string
	Notes      []string // what a reader must know, such as what an empty cell means
}

// A Column says what its cells hold.
type Column struct {
	Name     string
	Kind     Kind   // of most of its cells; a cell tells its own
	Currency string // of a [KindFiat] column, or of prices, such as "EUR"; it is added to the name
	Sum      bool   // whether the totals row adds it up
}

// Header returns the column's name as it stands above the cells, with its currency.
func (c Column) Header() string {
	if c.Currency != "" {
		return c.Name + " (" + c.Currency + ")"
	}
	return c.Name
}

// Rows returns rows that are in memory already as [Table.Rows].
func Rows(rows ...[]Cell) iter.Seq2[[]Cell, error] {
	return func(yield func([]Cell, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// every is how many rows pass between two looks at whether the context has ended.
const every = 512

// All yields the table's rows and sees to what every writer needs: each has one cell for each column, the loop ends with ctx, and a
// failed source ends it with an error that names the table. The rows are numbered in that error from 1.
func (t Table) All(ctx context.Context) iter.Seq2[[]Cell, error] {
	return func(yield func([]Cell, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(nil, t.failed(err))
			return
		}
		if t.Rows == nil {
			return
		}
		n := 0
		for row, err := range t.Rows {
			if n++; err == nil && n%every == 0 {
				err = context.Cause(ctx)
			}
			if err == nil && len(row) != len(t.Columns) {
				err = fmt.Errorf("row %d has %d cells for %d columns: %w", n, len(row), len(t.Columns), pocket.ErrInvalid)
			}
			if err != nil {
				yield(nil, t.failed(err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (t Table) failed(err error) error {
	if t.Title == "" {
		return fmt.Errorf("table: %w", err)
	}
	return fmt.Errorf("table %s: %w", Line(t.Title, 60), err)
}

// Totals adds up the columns of a table that have Sum, exactly. Empty cells add nothing.
type Totals struct {
	columns []Column
	sums    []decimal.Decimal // what did not fit, or was a decimal
	whole   []int64           // upokt and counts, quick to add
	any     []bool
	rows    int64
}

// NewTotals returns the totals of a table with these columns, of no rows yet.
func NewTotals(columns []Column) *Totals {
	n := len(columns)
	return &Totals{columns: columns, sums: make([]decimal.Decimal, n), whole: make([]int64, n), any: make([]bool, n)}
}

// Add adds a row.
func (s *Totals) Add(row []Cell) {
	s.rows++
	for i := range s.columns {
		if !s.columns[i].Sum || i >= len(row) {
			continue
		}
		cell, kind := &row[i], s.columns[i].Kind
		switch {
		case !cell.kind.Numeric():
		case cell.kind == kind && (kind == KindPOKT || kind == KindInteger):
			s.any[i] = true
			sum, ok := addExact(s.whole[i], cell.number)
			if !ok {
				s.sums[i] = s.sums[i].Add(s.cell(i, s.whole[i]))
				sum = cell.number
			}
			s.whole[i] = sum
		default:
			s.any[i] = true
			s.sums[i] = s.sums[i].Add(cell.Decimal())
		}
	}
}

// cell returns n of column i in the column's unit.
func (s *Totals) cell(i int, n int64) decimal.Decimal {
	if s.columns[i].Kind == KindPOKT {
		return pocket.Upokt(n).Decimal()
	}
	return decimal.NewFromInt(n)
}

// Count returns how many rows were added.
func (s *Totals) Count() int64 { return s.rows }

// Row returns the totals row: label in the first column, a sum in each column that has Sum, empty cells elsewhere. A column that
// held nothing but empty cells has no sum: an unknown is not 0.
func (s *Totals) Row(label string) []Cell {
	row := make([]Cell, len(s.columns))
	for i, column := range s.columns {
		if !column.Sum || !s.any[i] {
			continue
		}
		switch {
		case column.Kind == KindPOKT && s.sums[i].IsZero():
			row[i] = POKT(pocket.Upokt(s.whole[i]))
		case column.Kind == KindInteger && s.sums[i].IsZero():
			row[i] = Integer(s.whole[i])
		default:
			row[i] = fraction(s.sums[i].Add(s.cell(i, s.whole[i])), KindDecimal)
			if column.Kind == KindFiat {
				row[i].kind = KindFiat
			}
		}
	}
	if len(row) > 0 && row[0].Empty() {
		row[0] = String(label)
	}
	return row
}
