package xlsx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/report"
)

func TestLongTablesGoOnInTheNextSheet(t *testing.T) {
	const perSheet = 10 // a header and nine rows
	for _, n := range []int{0, 1, 8, 9, 10, 17, 18, 27} {
		t.Run(fmt.Sprint(n, " rows"), func(t *testing.T) {
			table := report.Settlements(generated.Settlements(n), nil, nil)
			table.Notes = nil
			f := opened(t, written(t, Workbook{RowsPerSheet: perSheet, Sheets: []Sheet{{Table: table}, {Name: "After", Table: kinds()}}}))
			var references []string
			sheets := 0
			var last string
			for i, sheet := range f.GetSheetList() {
				if !strings.HasPrefix(sheet, "Settlements") {
					continue
				}
				sheets++
				want := "Settlements"
				if i > 0 {
					want = fmt.Sprintf("Settlements %d", i+1)
				}
				assert.Equal(t, want, sheet)
				last = sheet
				rows, err := f.GetRows(sheet)
				require.NoError(t, err)
				assert.LessOrEqual(t, len(rows), perSheet)
				assert.Equal(t, "Time (UTC)", rows[0][0], "the header is repeated")
				for _, row := range rows[1:] {
					if row[0] != "Total" {
						references = append(references, row[len(row)-1])
					}
				}
			}
			var want []string
			for row := range table.All(t.Context()) {
				want = append(want, row[len(row)-1].Text())
			}
			assert.Equal(t, want, references, "every row once, in order")
			lines := n // with the totals
			if n > 0 {
				lines++
			}
			assert.Equal(t, max(1, (lines+perSheet-2)/(perSheet-1)), sheets)
			if n > 0 {
				checkTotals(t, f, last, table)
			}
			assert.Contains(t, f.GetSheetList(), "After")
		})
	}
}

// checkTotals compares the totals row, and what excelize makes of its formula, with the exact sum.
func checkTotals(t *testing.T, f *excelize.File, sheet string, table report.Table) {
	t.Helper()
	totals := report.NewTotals(table.Columns)
	for row := range table.All(t.Context()) {
		totals.Add(row)
	}
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	n := len(rows)
	require.Equal(t, "Total", rows[n-1][0])
	for i, want := range totals.Row("Total") {
		if !table.Columns[i].Sum {
			continue
		}
		assert.Equal(t, want.Decimal().String(), decimal.RequireFromString(rows[n-1][i]).String())
		formula, err := f.GetCellFormula(sheet, fmt.Sprintf("%s%d", columnName(i+1), n))
		require.NoError(t, err)
		sum := decimal.Zero
		for term := range strings.SplitSeq(formula, "+") {
			sum = sum.Add(subtotal(t, f, sheet, term))
		}
		assert.Equal(t, want.Decimal().String(), sum.String(), formula)
	}
}

// subtotal adds up what one SUBTOTAL(109,'Sheet'!A2:A9) reaches.
func subtotal(t *testing.T, f *excelize.File, sheet, term string) decimal.Decimal {
	t.Helper()
	inner, ok := strings.CutPrefix(term, "SUBTOTAL(109,")
	require.True(t, ok, term)
	area := strings.TrimSuffix(inner, ")")
	if name, rest, other := strings.Cut(area, "!"); other {
		sheet, area = strings.Trim(name, "'"), rest
	}
	from, to, _ := strings.Cut(area, ":")
	column, first, err := excelize.CellNameToCoordinates(from)
	require.NoError(t, err)
	_, last, err := excelize.CellNameToCoordinates(to)
	require.NoError(t, err)
	sum := decimal.Zero
	for row := first; row <= last; row++ {
		value, err := f.GetCellValue(sheet, fmt.Sprintf("%s%d", columnName(column), row), excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		sum = sum.Add(decimal.RequireFromString(value))
	}
	return sum
}

func TestSheetNames(t *testing.T) {
	table := report.Table{Columns: []report.Column{{Name: "N"}}}
	names := []string{"a/b:c?", "A B C", "", "'quoted'", strings.Repeat("long ", 20), strings.Repeat("long ", 20), "日本\x00\n", "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉"}
	var sheets []Sheet
	for _, name := range names {
		sheets = append(sheets, Sheet{Name: name, Table: table})
	}
	f := opened(t, written(t, Workbook{Sheets: sheets}))
	assert.Equal(t, []string{"a b c", "A B C (2)", "Sheet", "quoted", "long long long long long long l", "long long long long lon (2)", "日本�", "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉"}, f.GetSheetList())
}
