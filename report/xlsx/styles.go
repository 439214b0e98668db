package xlsx

import (
	"fmt"
	"slices"
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

// A look is the style of a row's cells: what follows the cell's place in its tag, for each kind.
type look struct {
	kinds [len(formats)]string
	fill  bool // whether empty cells have it too
}

// styles are the looks that rows have.
type styles struct{ usual, header, total *look }

func newStyles(file *excelize.File) (*styles, error) {
	if err := file.SetDefaultFont("Calibri"); err != nil {
		return nil, err
	}
	usual, err := newLook(file, excelize.Style{})
	if err != nil {
		return nil, err
	}
	header, err := newLook(file, excelize.Style{
		Font:      &excelize.Font{Bold: true, Color: "FFFFFF", Family: "Calibri", Size: 11},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F4E79"}},
		Alignment: &excelize.Alignment{Vertical: "center"},
	})
	if err != nil {
		return nil, err
	}
	total, err := newLook(file, excelize.Style{
		Font:   &excelize.Font{Bold: true, Family: "Calibri", Size: 11},
		Border: []excelize.Border{{Type: "top", Color: "1F4E79", Style: 2}},
	})
	if err != nil {
		return nil, err
	}
	header.fill, total.fill = true, true
	return &styles{usual: usual, header: header, total: total}, nil
}

func newLook(file *excelize.File, style excelize.Style) (*look, error) {
	l := &look{}
	for kind, format := range formats {
		s := style
		s.Alignment = aligned(report.Kind(kind), style.Alignment)
		if format != "" {
			s.CustomNumFmt = &format
		}
		id, err := file.NewStyle(&s)
		if err != nil {
			return nil, err
		}
		l.kinds[kind] = fmt.Sprintf(`" s="%d"`, id)
	}
	return l, nil
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
