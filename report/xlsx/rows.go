package xlsx

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/report"
)

// A rowWriter writes the XML of one sheet after another. Everything that repeats is made once.
type rowWriter struct {
	book    *Workbook
	styles  *styles
	strings *sharedStrings
	to      io.Writer
	buf     []byte
	written int64
	table   []report.Column
	columns []string // `<c r="A`, `<c r="B`, …
	known   []int    // texts of each column that are shared
	number  []byte   // of the row, in digits
	dates   dates
}

// flushAt is how much XML is collected before it is compressed.
const flushAt = 64 << 10

func newRowWriter(b *builder, columns []report.Column) *rowWriter {
	w := &rowWriter{book: &b.book, styles: b.styles, strings: b.strings, table: columns, known: make([]int, len(columns)), dates: dates{zone: b.book.Zone}}
	for i := range columns {
		w.columns = append(w.columns, `<c r="`+columnName(i+1))
	}
	return w
}

func (w *rowWriter) begin(to io.Writer) { w.to, w.written = to, 0 }

// Write collects p.
func (w *rowWriter) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	return len(p), nil
}

func (w *rowWriter) text(s string) { w.buf = append(w.buf, s...) }

func (w *rowWriter) flushFull() error {
	if len(w.buf) < flushAt {
		return nil
	}
	return w.flush()
}

func (w *rowWriter) flush() error {
	n, err := w.to.Write(w.buf)
	w.written += int64(n)
	w.buf = w.buf[:0]
	return err
}

// head writes what stands before the rows: landscape pages one sheet wide, a header that stays in view, the widths of columns.
func (w *rowWriter) head(widths []float64, selected bool) {
	w.text(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView`)
	if selected {
		w.text(` tabSelected="1"`)
	}
	w.text(` workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>` +
		`<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`)
	for i, width := range widths {
		fmt.Fprintf(w, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, width)
	}
	w.text(`</cols><sheetData>`)
}

// tail writes what stands after the rows: the filter over the header and the rows below it, and where the charts are.
func (w *rowWriter) tail(columns, rows int, charts bool) {
	w.text(`</sheetData>`)
	if rows > 1 {
		w.text(`<autoFilter ref="` + area(columns, rows) + `"/>`)
	}
	w.text(`<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>` +
		`<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>`)
	if charts {
		w.text(`<drawing r:id="rId1"/>`) // excelize's first relation of a sheet; it makes one per sheet, for all its charts
	}
	w.text(`</worksheet>`)
}

// header writes the first row, each name where the column's cells are: at the left or the right.
func (w *rowWriter) header(columns []report.Column) {
	w.open(1)
	for i, c := range columns {
		w.start(i, w.styles.header.kinds[c.Kind])
		w.string(i, heading(c, w.book.Zone.String()))
	}
	w.text(`</row>`)
}

// row writes a row's cells.
func (w *rowWriter) row(n int, row []report.Cell) {
	w.open(n)
	for i := range row {
		w.cell(i, &row[i], w.styles.usual)
	}
	w.text(`</row>`)
}

func (w *rowWriter) open(n int) {
	w.number = strconv.AppendInt(w.number[:0], int64(n), 10)
	w.text(`<row r="`)
	w.buf = append(w.buf, w.number...)
	w.text(`">`)
}

// start writes a cell's place and style, and leaves the tag open.
func (w *rowWriter) start(column int, style string) {
	w.text(w.columns[column])
	w.buf = append(w.buf, w.number...)
	w.text(style)
}

func (w *rowWriter) cell(column int, c *report.Cell, looks *look) {
	kind := c.Kind()
	switch kind {
	case report.KindNone:
		if looks.fill {
			w.start(column, looks.kinds[report.KindText])
			w.text(`/>`)
		}
		return
	case report.KindText, report.KindAddress:
		w.start(column, looks.kinds[kind])
		w.string(column, c.Text())
		return
	}
	mark := len(w.buf)
	w.start(column, looks.cell(kind, &w.table[column]))
	w.text(`><v>`)
	if !w.value(c) {
		w.buf = w.buf[:mark]
		w.start(column, looks.kinds[report.KindText])
		w.string(column, exact(c))
		return
	}
	w.text(`</v></c>`)
}

// mostUpokt is up to where a spreadsheet's number, a double, tells one upokt from the next: 2^33 POKT, three times the supply.
const mostUpokt = 1 << 33 * 1_000_000

// mostDigits is how long a number may be written; doubles end at 309 digits.
const mostDigits = 300

// value appends the number that a cell holds, or reports that a spreadsheet's number cannot hold it.
func (w *rowWriter) value(c *report.Cell) bool {
	switch c.Kind() {
	case report.KindTime, report.KindDate, report.KindMonth:
		var ok bool
		w.buf, ok = w.dates.append(w.buf, c)
		return ok
	case report.KindPOKT:
		if u := c.Int(); u > mostUpokt || u < -mostUpokt {
			return false
		}
	}
	from := len(w.buf)
	w.buf = c.AppendNumber(w.buf)
	return len(w.buf)-from <= mostDigits
}

// exact is what stands in a text cell for what does not fit a number.
func exact(c *report.Cell) string {
	if t := c.Time(); !t.IsZero() {
		return t.Format("2006-01-02 15:04:05Z07:00")
	}
	return string(c.AppendNumber(nil))
}

// string writes a text and closes its cell's tag. Texts that come again are shared, by their number.
func (w *rowWriter) string(column int, s string) {
	s = cellText(s)
	if number, ok := w.strings.number(s, &w.known[column]); ok {
		w.text(` t="s"><v>`)
		w.buf = strconv.AppendInt(w.buf, int64(number), 10)
		w.text(`</v></c>`)
		return
	}
	w.text(` t="inlineStr"><is>`)
	w.buf = appendText(w.buf, s)
	w.text(`</is></c>`)
}

// totals writes the totals row: formulas that follow the filter, and our exact sums as what they came to.
func (w *rowWriter) totals(n int, row []report.Cell, columns []report.Column, parts []part) {
	w.open(n)
	for i := range row {
		c := &row[i]
		if !columns[i].Sum || !c.Kind().Numeric() {
			w.cell(i, c, w.styles.total)
			continue
		}
		w.start(i, w.styles.total.cell(c.Kind(), &columns[i]))
		w.text(`><f>`)
		w.text(sum(columnName(i+1), parts))
		w.text(`</f><v>`)
		w.buf = c.AppendNumber(w.buf)
		w.text(`</v></c>`)
	}
	w.text(`</row>`)
}

// sum is the formula that adds up a column over all of a table's sheets. SUBTOTAL leaves out what the reader filtered out.
func sum(column string, parts []part) string {
	var terms []string
	for i, p := range parts {
		if p.rows < 2 {
			continue
		}
		sheet := ""
		if i < len(parts)-1 {
			sheet = escape(quoted(p.name)) + "!"
		}
		terms = append(terms, fmt.Sprintf("SUBTOTAL(109,%s%s2:%s%d)", sheet, column, column, p.rows))
	}
	return strings.Join(terms, "+")
}
