package report

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// TextOptions say how [WriteText] and [Pages] lay a table out. The zero value is as wide as it needs, in UTC, exact, all rows.
type TextOptions struct {
	Width  int            // columns of the terminal; 0 is no limit
	Zone   *time.Location // of times; nil is UTC
	Places int            // decimals of amounts in POKT, 1 to 6; 0 is all six. Totals are added up before they are rounded
	Rows   int            // show at most so many rows and say how many more there are; 0 shows all

	Number func(string) string // writes a number, as in 1,234.56, in another way; nil leaves it
}

// WriteText writes t for people, in columns that line up: numbers at the right, everything else at the left. When the columns do not
// fit the width, addresses are shortened first, then long texts are cut; when that is not enough each row becomes a few lines of its
// own. Numbers are never cut. Text is made safe by [Line]. The rows shown are held in memory.
func WriteText(ctx context.Context, w io.Writer, t Table, o TextOptions) error {
	l, err := newLayout(ctx, t, o)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, line := range l.title() {
		b.WriteString(line + "\n")
	}
	for _, block := range l.blocks() {
		b.WriteString(block + "\n")
	}
	for _, line := range l.after() {
		b.WriteString(line + "\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// Text returns what [WriteText] writes.
func (t Table) Text(ctx context.Context, o TextOptions) (string, error) {
	var b strings.Builder
	err := WriteText(ctx, &b, t, o)
	return b.String(), err
}

// A layout is a table's cells as text, and where they go.
type layout struct {
	table   Table
	options TextOptions
	header  []string
	right   []bool
	rows    [][]string // as shown; the totals row last when there is one
	totals  bool
	more    int64 // rows left out
	widths  []int
	records bool // each row has lines of its own
}

const (
	gap      = 2 // spaces between columns
	leastCut = 8 // columns that a cut text keeps
)

func newLayout(ctx context.Context, t Table, o TextOptions) (*layout, error) {
	if o.Places < 0 || o.Places > 6 {
		return nil, fmt.Errorf("text: %d decimals: want 1 to 6, or 0 for all: %w", o.Places, pocket.ErrInvalid)
	}
	if o.Places == 0 {
		o.Places = 6
	}
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	l := &layout{table: t, options: o}
	for _, c := range t.Columns {
		name := Line(c.Header(), 0)
		if c.Kind == KindTime {
			name += " (" + zone.String() + ")"
		}
		l.header = append(l.header, name)
		l.right = append(l.right, c.Kind.Numeric())
	}
	show := person{places: o.Places, number: o.Number, clock: newClock(zone, "2006-01-02 15:04")}
	totals := NewTotals(t.Columns)
	for row, err := range t.All(ctx) {
		if err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
		totals.Add(row)
		if o.Rows > 0 && len(l.rows) == o.Rows {
			l.more++
			continue
		}
		l.rows = append(l.rows, show.row(row, t.Columns))
	}
	if t.TotalLabel != "" && totals.Count() > 0 {
		l.rows, l.totals = append(l.rows, show.row(totals.Row(t.TotalLabel), t.Columns)), true
	}
	l.fit()
	return l, nil
}

// A person reads cells as this makes them.
type person struct {
	places int
	clock  clock
	number func(string) string // nil leaves them
}

func (p *person) row(row []Cell, columns []Column) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = p.cell(c, columns[i].Currency)
		if p.number != nil && columns[i].Kind.Numeric() {
			out[i] = p.number(out[i])
		}
	}
	return out
}

func (p *person) cell(c Cell, currency string) string {
	switch c.kind {
	case KindNone:
		return ""
	case KindText:
		return Line(c.text, 0)
	case KindAddress:
		return c.text
	case KindInteger:
		return Count(c.number)
	case KindPOKT:
		return round(c.Decimal(), p.places)
	case KindDecimal:
		return group(c.Decimal().String())
	case KindFiat:
		return fine(c.Decimal(), currency)
	case KindPercent:
		return Share(c.Decimal())
	case KindTime:
		return string(p.clock.append(nil, c.number))
	case KindDate:
		return c.Time().Format(time.DateOnly)
	case KindMonth:
		return c.Time().Format("2006-01")
	default:
		return string(c.AppendNumber(nil))
	}
}

// fit finds the columns' widths, and what must give way for the table to be no wider than asked.
func (l *layout) fit() {
	l.measure()
	if l.over() <= 0 {
		return
	}
	for i, c := range l.table.Columns {
		if c.Kind == KindAddress {
			for _, row := range l.rows {
				row[i] = shorten(row[i])
			}
		}
	}
	l.measure()
	whole := l.copy()
	for l.over() > 0 {
		widest := -1
		for i, c := range l.table.Columns {
			if c.Kind == KindText && l.widths[i] > leastCut && (widest < 0 || l.widths[i] > l.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			l.records, l.header, l.rows = true, whole.header, whole.rows
			return
		}
		to := max(leastCut, l.widths[widest]-l.over())
		l.header[widest] = cut(l.header[widest], to)
		for _, row := range l.rows {
			row[widest] = cut(row[widest], to)
		}
		l.widths[widest] = to
	}
}

// copy keeps what cutting texts would lose.
func (l *layout) copy() layout {
	c := layout{header: slices.Clone(l.header), rows: make([][]string, len(l.rows))}
	for i, row := range l.rows {
		c.rows[i] = slices.Clone(row)
	}
	return c
}

// shorten does to the text of an address what [pocket.Address.Short] does; a label of a totals row stays.
func shorten(s string) string {
	a, err := pocket.ParseAddress(s)
	if err != nil {
		return s
	}
	return a.Short()
}

func (l *layout) measure() {
	l.widths = make([]int, len(l.header))
	for i, name := range l.header {
		l.widths[i] = Width(name)
		for _, row := range l.rows {
			l.widths[i] = max(l.widths[i], Width(row[i]))
		}
	}
}

// over returns by how many columns the table is too wide.
func (l *layout) over() int {
	if l.options.Width <= 0 {
		return 0
	}
	total := gap * (len(l.widths) - 1)
	for _, w := range l.widths {
		total += w
	}
	return total - l.options.Width
}

// title is the table's, and where each row has lines of its own what they stand under.
func (l *layout) title() []string {
	title := Line(l.table.Title, 0)
	if l.records && len(l.rows) > 0 {
		title = strings.TrimPrefix(title+", by "+l.header[0], ", ")
	}
	if title == "" {
		return nil
	}
	return []string{title}
}

// blocks returns the table's parts that stay together: in columns the head and then line by line, as records one row each.
func (l *layout) blocks() []string {
	if len(l.rows) == 0 {
		return []string{"No rows."}
	}
	if l.records {
		return l.recordBlocks()
	}
	out := []string{l.head()}
	for i, row := range l.rows {
		if l.totals && i == len(l.rows)-1 {
			out = append(out, l.rule())
		}
		out = append(out, l.line(row))
	}
	return out
}

func (l *layout) head() string {
	if len(l.rows) == 0 || l.records {
		return ""
	}
	return l.line(l.header) + "\n" + l.rule()
}

func (l *layout) rule() string {
	total := gap * (len(l.widths) - 1)
	for _, w := range l.widths {
		total += w
	}
	return strings.Repeat("─", max(total, 1))
}

func (l *layout) line(row []string) string {
	var b strings.Builder
	for i, text := range row {
		space := strings.Repeat(" ", l.widths[i]-Width(text))
		if l.right[i] {
			text = space + text
		} else {
			text += space
		}
		b.WriteString(text)
		b.WriteString(strings.Repeat(" ", gap))
	}
	return strings.TrimRight(b.String(), " ")
}

// recordBlocks gives each row one line for each cell that holds something, under the row's first cell.
func (l *layout) recordBlocks() []string {
	names := 0
	for _, name := range l.header[1:] {
		names = max(names, Width(name))
	}
	out := make([]string, 0, len(l.rows))
	for _, row := range l.rows {
		lines := []string{row[0]}
		for i, text := range row[1:] {
			if text == "" {
				continue
			}
			name := l.header[i+1]
			lines = append(lines, "  "+name+strings.Repeat(" ", names-Width(name)+gap)+text)
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return out
}

func (l *layout) after() []string {
	var out []string
	if l.more > 0 {
		out = append(out, fmt.Sprintf("… and %s not shown; the totals hold them.", count(l.more, "more row", "more rows")))
		if !l.totals {
			out[0] = fmt.Sprintf("… and %s not shown.", count(l.more, "more row", "more rows"))
		}
	}
	for _, note := range l.table.Notes {
		out = append(out, wrap(Line(note, 0), l.options.Width)...)
	}
	return out
}

// wrap breaks s at spaces into lines of at most width columns; a longer word has a line of its own. 0 breaks nothing.
func wrap(s string, width int) []string {
	if width <= 0 || Width(s) <= width {
		return []string{s}
	}
	var out []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && Width(line)+1+Width(word) > width {
			out, line = append(out, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(out, line)
}
