package xlsx

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

func (s *Sheet) title() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Title
}

// sampled is how many rows are looked at to choose the widths of columns.
const sampled = 200

// maxPart is how many bytes of XML a sheet may have. Past 4 GiB Excel asks for a form of the archive that Go does not write.
const maxPart = 3 << 30

// sheet streams a table into as many sheets as it needs, and tells excelize of them.
func (b *builder) sheet(ctx context.Context, s *Sheet) error {
	if len(s.Columns) == 0 || len(s.Columns) > excelize.MaxColumns {
		return fmt.Errorf("sheet %s: %d columns: want 1 to %d: %w", report.Line(s.title(), 40), len(s.Columns), excelize.MaxColumns, pocket.ErrInvalid)
	}
	next, stop := iter.Pull2(s.All(ctx))
	defer stop()
	sample, err := peek(next)
	if err != nil {
		return err
	}
	t := &tableWriter{builder: b, sheet: s, widths: widths(s, sample, b.book.Zone), totals: report.NewTotals(s.Columns)}
	if err := t.begin(); err != nil {
		return err
	}
	for _, row := range sample {
		if err := t.add(row); err != nil {
			return err
		}
	}
	for {
		row, err, more := next()
		if !more {
			break
		}
		if err != nil {
			return err
		}
		if err := t.add(row); err != nil {
			return err
		}
	}
	if err := t.finish(); err != nil {
		return err
	}
	return t.register()
}

// peek takes and keeps the first rows.
func peek(next func() ([]report.Cell, error, bool)) ([][]report.Cell, error) {
	var rows [][]report.Cell
	for len(rows) < sampled {
		row, err, more := next()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		rows = append(rows, append([]report.Cell(nil), row...))
	}
	return rows, nil
}

// A part is one sheet of a table, as it came out.
type part struct {
	name string
	rows int // the header's and the table's, without the totals
}

// A tableWriter writes one table.
type tableWriter struct {
	*builder
	sheet  *Sheet
	widths []float64
	totals *report.Totals
	parts  []part
	row    int // the last row written in this part
	out    *rowWriter
}

// begin starts the next part.
func (t *tableWriter) begin() error {
	name := t.sheet.title()
	if len(t.parts) > 0 {
		name = fmt.Sprintf("%s %d", fit(name, maxName-8), len(t.parts)+1)
	}
	name = t.name(name)
	t.parts = append(t.parts, part{name: name})
	t.builder.parts++
	to, err := t.archive.Create(partName(t.builder.parts))
	if err != nil {
		return err
	}
	if t.out == nil {
		t.out = newRowWriter(t.builder, t.sheet.Columns)
	}
	t.out.begin(to)
	t.out.head(t.widths, t.builder.parts == 1)
	t.row = 1
	t.out.header(t.sheet.Columns)
	return nil
}

// heading is what stands above a column; of times it names the zone, as a spreadsheet's times have none.
func heading(c report.Column, zone string) string {
	if c.Kind == report.KindTime {
		return c.Header() + " (" + zone + ")"
	}
	return c.Header()
}

func (t *tableWriter) add(row []report.Cell) error {
	if t.row == t.book.RowsPerSheet || t.out.written > maxPart {
		if err := t.end(); err != nil {
			return err
		}
		if err := t.begin(); err != nil {
			return err
		}
	}
	if t.sheet.TotalLabel != "" {
		t.totals.Add(row)
	}
	t.row++
	t.out.row(t.row, row)
	return t.out.flushFull()
}

// end ends a part that holds rows only.
func (t *tableWriter) end() error {
	current := &t.parts[len(t.parts)-1]
	if current.rows == 0 {
		current.rows = t.row
	}
	t.out.tail(len(t.sheet.Columns), current.rows, len(t.parts) == 1 && t.hasCharts())
	return t.out.flush()
}

// finish ends the last part, with the totals row if there is one.
func (t *tableWriter) finish() error {
	if t.sheet.TotalLabel != "" && t.totals.Count() > 0 {
		if t.row == t.book.RowsPerSheet {
			if err := t.end(); err != nil {
				return err
			}
			if err := t.begin(); err != nil {
				return err
			}
		}
		t.parts[len(t.parts)-1].rows = t.row
		t.out.totals(t.row+1, t.totals.Row(t.sheet.TotalLabel), t.sheet.Columns, t.parts)
	}
	return t.end()
}

func (t *tableWriter) hasCharts() bool {
	return len(t.sheet.Charts) > 0 && t.parts[0].rows > 1
}

// register tells excelize of the sheets, their filters, what to repeat in print, and the charts.
func (t *tableWriter) register() error {
	for i, p := range t.parts {
		number := t.builder.parts - len(t.parts) + i + 1
		var err error
		if number == 1 {
			err = t.file.SetSheetName(t.file.GetSheetName(0), p.name)
		} else {
			_, err = t.file.NewSheet(p.name)
		}
		if err != nil {
			return err
		}
		if p.rows > 1 {
			if err := t.file.AutoFilter(p.name, area(len(t.sheet.Columns), p.rows), nil); err != nil {
				return err
			}
		}
		repeat := &excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: quoted(p.name) + "!$1:$1", Scope: p.name}
		if err := t.file.SetDefinedName(repeat); err != nil {
			return err
		}
	}
	if !t.hasCharts() {
		return nil
	}
	return addCharts(t.file, t.sheet, t.parts[0])
}

// area is the range from A1 to the last column of a row.
func area(columns, rows int) string {
	return fmt.Sprintf("A1:%s%d", columnName(columns), rows)
}

func columnName(n int) string {
	name, _ := excelize.ColumnNumberToName(n) // n was checked against excelize.MaxColumns
	return name
}

// maxName is how many characters the name of a sheet may have.
const maxName = excelize.MaxSheetNameLength

// name returns want as the name of a sheet that is not taken yet, and takes it.
func (b *builder) name(want string) string {
	want = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return ' '
		}
		return r
	}, report.Line(want, 0))
	want = strings.TrimSpace(want)
	if want == "" {
		want = "Sheet"
	}
	name := fit(want, maxName)
	for i := 2; b.taken[strings.ToLower(name)]; i++ {
		name = fmt.Sprintf("%s (%d)", fit(want, maxName-8), i)
	}
	b.taken[strings.ToLower(name)] = true
	return name
}

// fit cuts s to at most so many UTF-16 units, as sheets count them.
func fit(s string, units int) string {
	n := 0
	for i, r := range s {
		if n++; r >= 0x10000 {
			n++
		}
		if n > units {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// quoted is a sheet's name as formulas write it. Names hold no quotes: see [builder.name].
func quoted(name string) string { return "'" + name + "'" }

const stringsPart = "xl/sharedStrings.xml"

func partName(n int) string { return fmt.Sprintf("xl/worksheets/sheet%d.xml", n) }

func isSheet(name string) bool { return strings.HasPrefix(name, "xl/worksheets/sheet") }
