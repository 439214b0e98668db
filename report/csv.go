package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// CSVOptions say how [WriteCSV] writes. The zero value is what most programs read: UTC, ISO 8601, decimal points, commas between fields.
type CSVOptions struct {
	Zone       *time.Location // of times; nil is UTC
	TimeLayout string         // as for [time.Time.Format]; "" is 2006-01-02T15:04:05Z07:00, which tells the offset
	DateLayout string         // of days; "" is 2006-01-02
	// DecimalMark is '.' or ','; 0 is '.'. With a comma the fields are separated by semicolons, as spreadsheets of such countries want
	// it, unless Separator says otherwise.
	DecimalMark byte
	// Separator stands between fields: ',', ';' or a tab; 0 is ',' with a decimal point and ';' with a decimal comma. With ',' and a
	// decimal comma the numbers are put in quotes.
	Separator byte
	BOM       bool // begin with a byte order mark: Excel takes the file for UTF-8 only then
	NoHeader  bool // leave out the line of column names
	Totals    bool // add the table's totals row, which programs that import the file would take for data
}

// flushAt is how many bytes are collected before they are written.
const flushAt = 32 << 10

// WriteCSV writes t as RFC 4180 says: lines end in CR LF, fields that need it are in quotes, quotes within are doubled. Text is
// UTF-8 and safe to open in a spreadsheet: see [Defuse] and [Clean]. Numbers are exact and without grouping, amounts in POKT with six places,
// percentages as parts of one, money rounded to its currency's decimals; empty cells are empty fields. Memory does not grow with the number of rows. After an error what is
// written so far is incomplete; [WriteFile] keeps such a file from being left behind.
func WriteCSV(ctx context.Context, w io.Writer, t Table, o CSVOptions) error {
	e, err := newCSV(o, t.Columns)
	if err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	if o.BOM {
		e.buf = append(e.buf, "\uFEFF"...)
	}
	if !o.NoHeader {
		for i, c := range t.Columns {
			e.separate(i)
			e.text(c.Header())
		}
		e.end(len(t.Columns))
	}
	totals := NewTotals(t.Columns)
	for row, err := range t.All(ctx) {
		if err != nil {
			return fmt.Errorf("csv: %w", err)
		}
		if o.Totals && t.TotalLabel != "" {
			totals.Add(row)
		}
		e.row(row)
		if len(e.buf) >= flushAt {
			if err := e.flush(w); err != nil {
				return err
			}
		}
	}
	if o.Totals && t.TotalLabel != "" {
		e.row(totals.Row(t.TotalLabel))
	}
	return e.flush(w)
}

// A csvEncoder appends fields to buf. It stands in for encoding/csv because that takes each row as strings: a string for each number
// and time is most of what writing then costs.
type csvEncoder struct {
	CSVOptions
	buf    []byte
	clock  clock
	places []int32 // of each column that is money in a currency; exact of all others
}

// exact marks columns whose numbers are not rounded.
const exact = -1

// Check returns an error that names what is wrong with o, nil when nothing is. It wraps [pocket.ErrInvalid].
func (o CSVOptions) Check() error {
	switch o.DecimalMark {
	case 0, '.', ',':
	default:
		return fmt.Errorf("decimal mark %q: want a point or a comma: %w", o.DecimalMark, pocket.ErrInvalid)
	}
	switch o.Separator {
	case 0, ',', ';', '\t':
	default:
		return fmt.Errorf("separator %q: want a comma, a semicolon or a tab: %w", o.Separator, pocket.ErrInvalid)
	}
	return nil
}

func newCSV(o CSVOptions, columns []Column) (*csvEncoder, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.DecimalMark == 0 {
		o.DecimalMark = '.'
	}
	if o.Separator == 0 {
		if o.Separator = ','; o.DecimalMark == ',' {
			o.Separator = ';'
		}
	}
	if o.TimeLayout == "" {
		o.TimeLayout = time.RFC3339
	}
	if o.DateLayout == "" {
		o.DateLayout = time.DateOnly
	}
	places := make([]int32, len(columns))
	for i, c := range columns {
		places[i] = exact
		if c.Kind == KindFiat && c.Currency != "" {
			places[i] = int32(Places(c.Currency))
		}
	}
	return &csvEncoder{CSVOptions: o, places: places, buf: make([]byte, 0, flushAt+4096), clock: newClock(o.Zone, o.TimeLayout)}, nil
}

func (e *csvEncoder) flush(w io.Writer) error {
	if _, err := w.Write(e.buf); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	e.buf = e.buf[:0]
	return nil
}

func (e *csvEncoder) separate(i int) {
	if i > 0 {
		e.buf = append(e.buf, e.Separator)
	}
}

// end ends a line of n fields. A line of one empty field would be a blank line, which readers skip, so it becomes a pair of quotes.
func (e *csvEncoder) end(n int) {
	if n == 1 && (len(e.buf) == 0 || e.buf[len(e.buf)-1] == '\n') {
		e.buf = append(e.buf, `""`...)
	}
	e.buf = append(e.buf, '\r', '\n')
}

func (e *csvEncoder) row(row []Cell) {
	for i := range row {
		e.separate(i)
		switch c := &row[i]; c.kind {
		case KindNone:
		case KindText:
			e.text(c.text)
		case KindAddress: // was parsed: letters and digits
			e.buf = append(e.buf, c.text...)
		case KindTime:
			e.time(c)
		case KindDate:
			e.date(c)
		case KindMonth:
			e.buf = c.Time().AppendFormat(e.buf, "2006-01")
		default:
			e.number(c, e.places[i])
		}
	}
	e.end(len(row))
}

func (e *csvEncoder) number(c *Cell, places int32) {
	from := len(e.buf)
	if places == exact || c.kind != KindFiat {
		e.buf = c.AppendNumber(e.buf)
	} else {
		e.buf = append(e.buf, c.Decimal().StringFixed(places)...)
	}
	if e.DecimalMark == '.' {
		return
	}
	point := bytes.IndexByte(e.buf[from:], '.')
	if point < 0 {
		return
	}
	e.buf[from+point] = ','
	if e.Separator == ',' {
		e.buf = append(e.buf, 0, '"')
		copy(e.buf[from+1:], e.buf[from:len(e.buf)-2])
		e.buf[from] = '"'
	}
}

// time and date put what they write in quotes when the layout that somebody chose needs them.
func (e *csvEncoder) time(c *Cell) {
	if e.special(e.TimeLayout) {
		e.quoted(string(e.clock.append(nil, c.number)))
		return
	}
	e.buf = e.clock.append(e.buf, c.number)
}

func (e *csvEncoder) date(c *Cell) {
	if e.special(e.DateLayout) {
		e.quoted(c.Time().Format(e.DateLayout))
		return
	}
	e.buf = c.Time().AppendFormat(e.buf, e.DateLayout)
}

// text appends free text, defused.
func (e *csvEncoder) text(s string) {
	s = Clean(s)
	if !harmless(s) {
		e.quoted("'" + s)
		return
	}
	if e.special(s) {
		e.quoted(s)
		return
	}
	e.buf = append(e.buf, s...)
}

// special reports whether s must be in quotes. Spaces at the ends are kept so, and every separator is quoted, so that a reader that
// guesses the separator cannot split a stranger's text into a cell of its own.
func (e *csvEncoder) special(s string) bool {
	if s != "" && (s[0] == ' ' || s[len(s)-1] == ' ') {
		return true
	}
	for i := range len(s) {
		switch s[i] {
		case '"', ',', ';', '\t', '\r', '\n':
			return true
		}
	}
	return false
}

func (e *csvEncoder) quoted(s string) {
	e.buf = append(e.buf, '"')
	for i := range len(s) {
		if s[i] == '"' {
			e.buf = append(e.buf, '"')
		}
		e.buf = append(e.buf, s[i])
	}
	e.buf = append(e.buf, '"')
}

// A clock writes instants in one zone and layout. It keeps its last answer: the rows of one block follow each other.
type clock struct {
	zone   *time.Location
	layout string
	at     int64
	text   []byte
}

func newClock(zone *time.Location, layout string) clock {
	if zone == nil {
		zone = time.UTC
	}
	return clock{zone: zone, layout: layout}
}

func (c *clock) append(b []byte, micro int64) []byte {
	if c.text == nil || micro != c.at {
		c.at, c.text = micro, time.UnixMicro(micro).In(c.zone).AppendFormat(c.text[:0], c.layout)
	}
	return append(b, c.text...)
}
