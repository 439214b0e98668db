package xlsx

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/report"
)

// formats are the number formats of each kind; text has none.
var formats = [...]string{
	report.KindNone:    "",
	report.KindText:    "",
	report.KindInteger: "#,##0",
	report.KindPOKT:    "0.000000",
	report.KindDecimal: "#,##0.00####",
	report.KindFiat:    "#,##0.00####",
	report.KindPercent: "0.00%",
	report.KindTime:    "yyyy-mm-dd hh:mm:ss",
	report.KindDate:    "yyyy-mm-dd",
	report.KindMonth:   "yyyy-mm",
	report.KindAddress: "",
	report.KindHeight:  "0",
}

// A look is the style of a row's cells: what follows the cell's place in its tag, for each kind, and for each currency that money is in.
type look struct {
	kinds  [len(formats)]string
	money  map[string]string // of [report.KindFiat], by the number format of the currency
	prices map[string]string // of [report.KindDecimal] in a currency, likewise
	fill   bool              // whether empty cells have it too
}

// cell is the style of a cell of that kind in a column.
func (l *look) cell(kind report.Kind, c *report.Column) string {
	if c.Currency != "" {
		switch kind {
		case report.KindFiat:
			return l.money[moneyFormat(c.Currency)]
		case report.KindDecimal:
			return l.prices[priceFormat(c.Currency)]
		}
	}
	return l.kinds[kind]
}

// moneyFormat shows money of a currency with the decimals that it has.
func moneyFormat(currency string) string {
	format := "#,##0"
	if places := report.Places(currency); places > 0 {
		format += "." + strings.Repeat("0", places)
	}
	return format
}

// priceFormat shows what is worth less than the least of a currency, too.
func priceFormat(currency string) string {
	format := moneyFormat(currency)
	if !strings.Contains(format, ".") {
		format += "."
	}
	return format + strings.Repeat("#", 6)
}

// styles are the looks that rows have.
type styles struct{ usual, header, total *look }

func newStyles(file *excelize.File, currencies []string) (*styles, error) {
	if err := file.SetDefaultFont("Calibri"); err != nil {
		return nil, err
	}
	usual, err := newLook(file, excelize.Style{}, currencies)
	if err != nil {
		return nil, err
	}
	header, err := newLook(file, excelize.Style{
		Font:      &excelize.Font{Bold: true, Color: "FFFFFF", Family: "Calibri", Size: 11},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F4E79"}},
		Alignment: &excelize.Alignment{Vertical: "center"},
	}, currencies)
	if err != nil {
		return nil, err
	}
	total, err := newLook(file, excelize.Style{
		Font:   &excelize.Font{Bold: true, Family: "Calibri", Size: 11},
		Border: []excelize.Border{{Type: "top", Color: "1F4E79", Style: 2}},
	}, currencies)
	if err != nil {
		return nil, err
	}
	header.fill, total.fill = true, true
	return &styles{usual: usual, header: header, total: total}, nil
}

func newLook(file *excelize.File, style excelize.Style, currencies []string) (*look, error) {
	l := &look{money: map[string]string{}, prices: map[string]string{}}
	add := func(kind report.Kind, format string) (string, error) {
		s := style
		s.Alignment = aligned(kind, style.Alignment)
		if format != "" {
			s.CustomNumFmt = &format
		}
		id, err := file.NewStyle(&s)
		return fmt.Sprintf(`" s="%d"`, id), err
	}
	var err error
	for kind, format := range formats {
		if l.kinds[kind], err = add(report.Kind(kind), format); err != nil {
			return nil, err
		}
	}
	for _, currency := range currencies {
		format := moneyFormat(currency)
		if l.money[format], err = add(report.KindFiat, format); err != nil {
			return nil, err
		}
		format = priceFormat(currency)
		if l.prices[format], err = add(report.KindDecimal, format); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// currencies returns those that columns of the sheets are in.
func currencies(sheets []Sheet) []string {
	var list []string
	for _, s := range sheets {
		for _, c := range s.Columns {
			if c.Currency != "" && !slices.Contains(list, c.Currency) {
				list = append(list, c.Currency)
			}
		}
	}
	return list
}

// aligned puts numbers to the right and all else, dates too, to the left, off the number before it. A header's numbers are further in, as a
// filter's button covers the end.
func aligned(kind report.Kind, header *excelize.Alignment) *excelize.Alignment {
	switch {
	case !kind.Numeric():
		return &excelize.Alignment{Horizontal: "left", Indent: 1}
	case header != nil:
		return &excelize.Alignment{Horizontal: "right", Indent: 2}
	}
	return &excelize.Alignment{Horizontal: "right"}
}

// widths chooses how wide each column is, in characters: its kind's width, its header's, and that of the longest text among the first rows.
func widths(s *Sheet, sample [][]report.Cell, zone *time.Location) []float64 {
	out := make([]float64, len(s.Columns))
	for i, c := range s.Columns {
		const filterButton = 5
		width := max(kindWidth(c.Kind)+1, report.Width(heading(c, zone.String()))+filterButton)
		for _, row := range sample {
			cell := row[i]
			width = max(width, min(kindWidth(cell.Kind()), 24), report.Width(cell.Text())+3)
		}
		out[i] = float64(min(width, widest))
	}
	if i := slices.IndexFunc(s.Columns, func(c report.Column) bool { return c.Sum }); i >= 0 {
		out[0] = max(out[0], float64(min(report.Width(s.TotalLabel)+2, widest)))
	}
	return out
}

// widest is how wide a column gets at most.
const widest = 80

func kindWidth(k report.Kind) int {
	switch k {
	case report.KindTime:
		return 20
	case report.KindPOKT, report.KindFiat:
		return 16
	case report.KindAddress:
		return 46
	case report.KindText, report.KindNone:
		return 8
	}
	return 12
}
