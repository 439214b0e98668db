package xlsx

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/report/tax"
	"github.com/poktbot/poktbot/rewards"
)

// valuedContents are those of n settlements, some expired claims and slashes, valued by a price a day that is missing for the first two days.
func valuedContents(t testing.TB, n int, zone *time.Location, currency, scale string) Contents {
	t.Helper()
	var events []pocket.Event
	var stays []rewards.Stay
	staked := map[pocket.Address]bool{}
	var last time.Time
	for event := range generated.Settlements(n) {
		s := event.(pocket.Settlement)
		s.Shares = append([]pocket.Share(nil), s.Shares...)
		last = s.Time
		if !staked[s.Supplier] {
			staked[s.Supplier] = true
			stays = append(stays, rewards.Stay{Supplier: s.Supplier, From: s.Time.AddDate(0, 0, len(stays)/2)})
		}
		if i := len(events); i%500 == 499 {
			expiry := pocket.ClaimExpiry{At: s.At}
			expiry.Index, expiry.Supplier, expiry.Claimed, expiry.Service = 1000, s.Supplier, pocket.POKT(300), s.Service
			events = append(events, expiry, pocket.Slash{At: expiry.At, Supplier: s.Supplier, Penalty: pocket.POKT(40)})
		}
		events = append(events, s)
	}
	first := events[0].Where().Time
	var points []rewards.Price
	for day, at := 0, first; at.Before(last); day, at = day+1, at.AddDate(0, 0, 1) {
		if day >= 2 {
			points = append(points, rewards.Price{Time: at, Value: decimal.RequireFromString(scale).Mul(decimal.NewFromInt(int64(100 + (day*37)%41)))})
		}
	}
	prices, err := rewards.NewPrices(currency, points, 12*time.Hour)
	require.NoError(t, err)
	source := rewards.NewMemory(events, stays)
	now := last.Add(time.Minute)
	sums := func(q rewards.Query) []rewards.Row {
		q.Prices, q.Zone = prices, zone
		rows, err := source.Sums(t.Context(), q)
		require.NoError(t, err)
		return rows
	}
	ask := rewards.StatsQuery{Zone: zone, Now: now, Prices: prices}
	stats, err := rewards.Compute(t.Context(), source, ask)
	require.NoError(t, err)
	days, err := rewards.Daily(t.Context(), source, ask, 60)
	require.NoError(t, err)
	months := sums(rewards.Query{Period: rewards.Month})
	losses, err := rewards.Losses(months)
	require.NoError(t, err)
	return Contents{
		Title: "Rewards", Creator: "poktbot", Zone: zone, Created: last, Prices: prices,
		Statistics: &stats, Days: days, Months: months, Losses: &losses,
		Nodes:       sums(rewards.Query{By: []rewards.Dimension{rewards.BySupplier}}),
		Services:    sums(rewards.Query{Period: rewards.Month, By: []rewards.Dimension{rewards.ByService}}),
		Settlements: source.Events(t.Context(), pocket.EventQuery{}),
	}
}

// TestValuesInTheStandardWorkbook writes its file to the folder in KEEP, if there is one, to be looked at.
func TestValuesInTheStandardWorkbook(t *testing.T) {
	n := 3_500 // of not quite four days
	folder := os.Getenv("KEEP")
	if folder != "" {
		n = 60_000
	}
	c := valuedContents(t, n, madrid(t), "EUR", "0.000123")
	book, err := Standard(c)
	require.NoError(t, err)
	income := tax.Income(c.Settlements, tax.IncomeOptions{Prices: c.Prices, Losses: true})
	year, err := tax.Year(income, 2025, c.Zone, "EUR")
	require.NoError(t, err)
	ledger, err := tax.Table(tax.Ledger, tax.ByDay(income, c.Zone, time.Time{}), tax.Options{Zone: c.Zone, Currency: "EUR"})
	require.NoError(t, err)
	book.Sheets = append(book.Sheets, Sheet{Name: "Year", Table: year}, Sheet{Name: "Income", Table: ledger})
	file := written(t, book)
	if folder != "" {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "rewards.xlsx"), file, 0o600))
	}
	f := opened(t, file)
	headers := func(sheet string) string {
		rows, err := f.Rows(sheet)
		require.NoError(t, err)
		require.True(t, rows.Next())
		row, err := rows.Columns()
		require.NoError(t, err)
		require.NoError(t, rows.Close())
		return strings.Join(row, "|")
	}
	assert.Contains(t, headers("Monthly"), "|Node side POKT|Node side (EUR)|")
	assert.Contains(t, headers("Services"), "|All services POKT|")
	assert.Contains(t, headers("Services"), "|eth (EUR)|")
	assert.Contains(t, headers("Daily"), "|Average by node POKT|Average by node (EUR)|Nodes|")
	assert.Contains(t, headers("Settlements"), "|Price (EUR)|Node side POKT|Node side (EUR)|")
	assert.Contains(t, headers("Statistics"), "|Average of a node POKT|Average of a node (EUR)|")
	assert.Contains(t, headers("Causes"), "|Lost POKT|Lost (EUR)|")

	var charts strings.Builder
	f.Pkg.Range(func(name, content any) bool {
		if strings.HasPrefix(name.(string), "xl/charts/chart") {
			charts.Write(content.([]byte))
		}
		return true
	})
	for _, title := range []string{"Average reward by node, and nodes, in EUR", "EUR by node", "Rewards by month, in EUR", "Rewards by service, in EUR", "by cause, in EUR"} {
		assert.Equal(t, 1, strings.Count(charts.String(), title+"<"), title)
	}

	t.Run("a total is a formula, beside the exact sum", func(t *testing.T) {
		column := place(t, f, "Monthly", "Node side (EUR)")
		last := len(c.Months) + 2
		cell := column + strconv.Itoa(last)
		formula, err := f.GetCellFormula("Monthly", cell)
		require.NoError(t, err)
		assert.Equal(t, "SUBTOTAL(109,"+column+"2:"+column+strconv.Itoa(last-1)+")", formula)
		worth, err := rewards.TotalWorth(c.Months)
		require.NoError(t, err)
		raw, err := f.GetCellValue("Monthly", cell, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		got, err := decimal.NewFromString(raw)
		require.NoError(t, err)
		assert.True(t, got.Sub(worth.Gross.Decimal).Abs().LessThan(decimal.New(1, -9)), "%s and %s", got, worth.Gross.Decimal)
		shown, err := f.GetCellValue("Monthly", cell)
		require.NoError(t, err)
		assert.Regexp(t, `^[\d,]+\.\d\d$`, shown)
	})
	t.Run("a settlement without a price has an empty cell", func(t *testing.T) {
		column := place(t, f, "Settlements", "Node side (EUR)")
		value, err := f.GetCellValue("Settlements", column+"2")
		require.NoError(t, err)
		assert.Empty(t, value)
		value, err = f.GetCellValue("Settlements", column+"3100")
		require.NoError(t, err)
		assert.Regexp(t, `^0\.0\d{4,}$`, value, "less than a cent shows")
	})
}

func TestMoneyHasItsCurrencysDecimals(t *testing.T) {
	table := report.Table{Title: "Money", TotalLabel: "Total"}
	var row []report.Cell
	for _, currency := range []string{"EUR", "JPY", "BTC", "KWD"} {
		table.Columns = append(table.Columns, report.Column{Name: "Value", Kind: report.KindFiat, Currency: currency, Sum: true},
			report.Column{Name: "Price", Kind: report.KindDecimal, Currency: currency})
		row = append(row, report.Fiat(decimal.RequireFromString("1234.567891234")), report.Decimal(decimal.RequireFromString("0.0123456789")))
	}
	table.Rows = report.Rows(row)
	f := opened(t, written(t, Workbook{Sheets: []Sheet{{Table: table}}}))
	rows, err := f.GetRows("Money")
	require.NoError(t, err)
	assert.Equal(t, []string{"Value (EUR)", "Price (EUR)", "Value (JPY)", "Price (JPY)", "Value (BTC)", "Price (BTC)", "Value (KWD)", "Price (KWD)"}, rows[0])
	assert.Equal(t, []string{"1,234.57", "0.01234568", "1,235", "0.012346", "1,234.56789123", "0.0123456789", "1,234.568", "0.012345679"}, rows[1])
	for i, want := range []string{"1,234.57", "", "1,235", "", "1,234.56789123", "", "1,234.568"} {
		got, err := f.GetCellValue("Money", columnName(i+1)+"3")
		require.NoError(t, err)
		assert.Equal(t, want, got, "total %d", i)
	}
}

func TestWithoutPricesNothingOfThemIsInAFile(t *testing.T) {
	book, err := Standard(contents(t, 500, madrid(t)))
	require.NoError(t, err)
	assert.False(t, bytes.Contains(written(t, book), []byte("EUR")))
	for _, s := range book.Sheets {
		assert.LessOrEqual(t, len(s.Charts), 1)
		for _, c := range s.Columns {
			assert.Empty(t, c.Currency)
		}
	}
}

func place(t testing.TB, f *excelize.File, sheet, header string) string {
	t.Helper()
	rows, err := f.Rows(sheet)
	require.NoError(t, err)
	require.True(t, rows.Next())
	row, err := rows.Columns()
	require.NoError(t, err)
	require.NoError(t, rows.Close())
	for i, name := range row {
		if strings.HasPrefix(name, header) {
			return columnName(i + 1)
		}
	}
	t.Fatalf("%s has no column %s", sheet, header)
	return ""
}
