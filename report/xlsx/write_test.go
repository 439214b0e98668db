package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"path/filepath"
	"slices"
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
)

func madrid(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	return zone
}

// written returns the bytes of a workbook after checking what every one of them must hold to.
func written(t testing.TB, book Workbook) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(t.Context(), &b, book))
	checkParts(t, b.Bytes())
	return b.Bytes()
}

func opened(t testing.TB, file []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// checkParts checks that the archive holds no part twice, that all of its XML is well formed, that each part has a type, and that
// each relation leads to a part.
func checkParts(t testing.TB, file []byte) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	parts := map[string][]byte{}
	for _, part := range archive.File {
		require.NotContains(t, parts, part.Name)
		r, err := part.Open()
		require.NoError(t, err)
		parts[part.Name], err = io.ReadAll(r)
		require.NoError(t, err)
		decoder := xml.NewDecoder(bytes.NewReader(parts[part.Name]))
		for {
			if _, err := decoder.Token(); err == io.EOF {
				break
			} else {
				require.NoError(t, err, part.Name)
			}
		}
	}
	for name := range parts {
		if strings.HasPrefix(name, "xl/worksheets/sheet") || strings.HasPrefix(name, "xl/charts/") || name == stringsPart {
			assert.Contains(t, string(parts["[Content_Types].xml"]), `PartName="/`+name+`"`)
		}
		if !strings.HasSuffix(name, ".rels") {
			continue
		}
		var relations struct {
			Relationship []struct {
				Target string `xml:"Target,attr"`
			}
		}
		require.NoError(t, xml.Unmarshal(parts[name], &relations))
		for _, relation := range relations.Relationship {
			target := strings.TrimPrefix(relation.Target, "/")
			if !strings.HasPrefix(relation.Target, "/") {
				target = filepath.Join(filepath.Dir(filepath.Dir(name)), relation.Target)
			}
			assert.Contains(t, parts, target, "%s in %s", relation.Target, name)
		}
	}
}

// kinds is a table with every kind of cell.
func kinds() report.Table {
	names := []string{"None", "Text", "Integer", "POKT", "Decimal", "Fiat", "Percent", "Time", "Date", "Month", "Address", "Height"}
	table := report.Table{Title: "Kinds", TotalLabel: "Total", Notes: []string{"=a note"}}
	for kind, name := range names {
		table.Columns = append(table.Columns, report.Column{Name: name, Kind: report.Kind(kind), Sum: report.Kind(kind).Numeric() && name != "Height"})
	}
	at := time.Date(2026, 3, 29, 1, 0, 0, 5, time.UTC) // three o'clock in Madrid, an hour after one
	raw := make([]byte, 20)
	address, _ := pocket.AccountFromBytes(raw)
	table.Columns[5].Currency = "EUR"
	table.Rows = report.Rows(
		[]report.Cell{{}, report.String("=1+1"), report.Integer(-1234567), report.POKT(-1), report.Decimal(decimal.RequireFromString("0.1")),
			report.Fiat(decimal.RequireFromString("0.000123")), report.Percent(decimal.RequireFromString("0.125")), report.Time(at), report.Date(at),
			report.Month(at), report.Address(address), report.Height(852_613)},
		make([]report.Cell, len(names)),
	)
	return table
}

func TestEveryKindOfCell(t *testing.T) {
	f := opened(t, written(t, Workbook{Zone: madrid(t), Title: "T & <t>", Creator: "us", Created: time.Unix(0, 0), Sheets: []Sheet{{Table: kinds()}}}))
	assert.Equal(t, []string{"Kinds", "Notes"}, f.GetSheetList())

	tests := []struct {
		column, raw, shown string
		kind               excelize.CellType
	}{
		{"A", "", "", excelize.CellTypeUnset},
		{"B", "'=1+1", "'=1+1", excelize.CellTypeSharedString},
		{"C", "-1234567", "-1,234,567", excelize.CellTypeUnset},
		{"D", "-0.000001", "-0.000001", excelize.CellTypeUnset},
		{"E", "0.1", "0.10", excelize.CellTypeUnset},
		{"F", "0.000123", "0.00", excelize.CellTypeUnset},
		{"G", "0.125", "12.50%", excelize.CellTypeUnset},
		{"H", "46110.125", "2026-03-29 03:00:00", excelize.CellTypeUnset},
		{"I", "46110", "2026-03-29", excelize.CellTypeUnset},
		{"J", "46082", "2026-03", excelize.CellTypeUnset},
		{"K", "pokt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqgkqyqc", "", excelize.CellTypeSharedString},
		{"L", "852613", "852613", excelize.CellTypeUnset},
	}
	for _, test := range tests {
		raw, err := f.GetCellValue("Kinds", test.column+"2", excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		if test.column != "K" {
			assert.Equal(t, test.raw, raw, test.column)
			shown, err := f.GetCellValue("Kinds", test.column+"2")
			require.NoError(t, err)
			assert.Equal(t, test.shown, shown, test.column)
		}
		kind, err := f.GetCellType("Kinds", test.column+"2")
		require.NoError(t, err)
		assert.Equal(t, test.kind, kind, test.column)
		formula, err := f.GetCellFormula("Kinds", test.column+"2")
		require.NoError(t, err)
		assert.Empty(t, formula, "only totals have formulas")
	}

	t.Run("times name their zone and money its currency in the header", func(t *testing.T) {
		header, err := f.GetRows("Kinds")
		require.NoError(t, err)
		assert.Equal(t, "Time (Europe/Madrid)", header[0][7])
		assert.Equal(t, "Fiat (EUR)", header[0][5])
	})
	t.Run("totals are formulas with what they come to", func(t *testing.T) {
		formula, err := f.GetCellFormula("Kinds", "D4")
		require.NoError(t, err)
		assert.Equal(t, "SUBTOTAL(109,D2:D3)", formula)
		value, err := f.GetCellValue("Kinds", "D4", excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		assert.Equal(t, "-0.000001", value)
		label, err := f.GetCellValue("Kinds", "A4")
		require.NoError(t, err)
		assert.Equal(t, "Total", label)
		none, err := f.GetCellFormula("Kinds", "L4")
		require.NoError(t, err)
		assert.Empty(t, none, "heights are not added up")
	})
	t.Run("the header stays in view and has a filter, and repeats in print", func(t *testing.T) {
		panes, err := f.GetPanes("Kinds")
		require.NoError(t, err)
		assert.True(t, panes.Freeze)
		assert.Equal(t, 1, panes.YSplit)
		var names []string
		for _, name := range f.GetDefinedName() {
			names = append(names, name.Name+" "+name.RefersTo)
		}
		assert.Contains(t, names, "_xlnm._FilterDatabase 'Kinds'!$A$1:$L$3")
		assert.Contains(t, names, "_xlnm.Print_Titles 'Kinds'!$1:$1")
	})
	t.Run("columns are wide enough for what they hold", func(t *testing.T) {
		width, err := f.GetColWidth("Kinds", "K")
		require.NoError(t, err)
		assert.Greater(t, width, 44.0)
	})
	t.Run("notes have a sheet of their own", func(t *testing.T) {
		rows, err := f.GetRows("Notes")
		require.NoError(t, err)
		assert.Equal(t, [][]string{{"Sheet", "Note"}, {"Kinds", "'=a note"}}, rows)
	})
	t.Run("the document is named", func(t *testing.T) {
		properties, err := f.GetDocProps()
		require.NoError(t, err)
		assert.Equal(t, "T & <t>", properties.Title)
		assert.Equal(t, "1970-01-01T00:00:00Z", properties.Created)
	})
}

// TestAllCellsComeBack compares every cell of a workbook with the row it was made of.
func TestAllCellsComeBack(t *testing.T) {
	const n = 500
	zone := madrid(t)
	wallet, err := pocket.AccountFromBytes(append([]byte{200, 0}, append(make([]byte, 17), 7)...))
	require.NoError(t, err)
	table := report.Settlements(generated.Settlements(n), []pocket.Address{wallet}, nil)
	f := opened(t, written(t, Workbook{Zone: zone, Sheets: []Sheet{{Table: table}}}))
	got, err := f.GetRows("Settlements", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Len(t, got, 1+n+1)
	i := 1
	for row, err := range table.All(t.Context()) {
		require.NoError(t, err)
		for column, cell := range row {
			switch cell.Kind() {
			case report.KindTime:
				serial, err := strconv.ParseFloat(got[i][column], 64)
				require.NoError(t, err)
				back, err := excelize.ExcelDateToTime(serial, false)
				require.NoError(t, err)
				assert.Equal(t, cell.Time().In(zone).Format(time.DateTime), back.Round(time.Second).Format(time.DateTime))
			case report.KindText, report.KindAddress:
				assert.Equal(t, cell.Text(), got[i][column])
			default:
				value, err := decimal.NewFromString(got[i][column])
				require.NoError(t, err)
				assert.True(t, cell.Decimal().Equal(value), "row %d column %d: want %s, got %s", i, column, cell.Decimal(), value)
			}
		}
		i++
	}
}

func TestEqualTablesMakeEqualFiles(t *testing.T) {
	make := func() []byte {
		book, err := Standard(contents(t, 500, madrid(t)))
		require.NoError(t, err)
		return written(t, book)
	}
	assert.True(t, bytes.Equal(make(), make()))
}

func TestStandardWorkbook(t *testing.T) {
	book, err := Standard(contents(t, 1_000, madrid(t)))
	require.NoError(t, err)
	f := opened(t, written(t, book))
	assert.Equal(t, []string{"Statistics", "Summary", "Daily", "Monthly", "Services", "Losses", "Causes", "Settlements", "Notes"}, f.GetSheetList())
	charts := map[string]int{}
	f.Pkg.Range(func(name, content any) bool {
		if strings.HasPrefix(name.(string), "xl/charts/chart") {
			for _, kind := range []string{"<lineChart>", "<barChart>", "stacked"} {
				charts[kind] += min(1, strings.Count(string(content.([]byte)), kind))
			}
		}
		return true
	})
	assert.Equal(t, map[string]int{"<lineChart>": 1, "<barChart>": 4, "stacked": 2}, charts)
	drawings := 0
	f.Pkg.Range(func(name, content any) bool {
		if strings.HasPrefix(name.(string), "xl/worksheets/sheet") && bytes.Contains(content.([]byte), []byte("<drawing")) {
			drawings++
		}
		return true
	})
	assert.Equal(t, 4, drawings)

	t.Run("nothing is a workbook that cannot be written, not a panic", func(t *testing.T) {
		empty, err := Standard(Contents{})
		require.NoError(t, err)
		assert.ErrorIs(t, Write(t.Context(), io.Discard, empty), pocket.ErrInvalid)
	})
	t.Run("no days and no months are sheets without charts", func(t *testing.T) {
		bare, err := Standard(Contents{Days: contents(t, 1, time.UTC).Days[:0], Months: contents(t, 1, time.UTC).Months[:0]})
		require.NoError(t, err)
		f := opened(t, written(t, bare))
		assert.True(t, slices.Contains(f.GetSheetList(), "Losses"))
	})
}
