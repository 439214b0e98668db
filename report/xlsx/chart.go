package xlsx

import (
	"fmt"
	"slices"

	"github.com/xuri/excelize/v2"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// A Chart is a picture that the spreadsheet draws of a sheet's own cells, beside them. It shows the table's rows in the first sheet.
type Chart struct {
	Title string
	X     string // the name of the column along the bottom; columns of money are named with their currency: "Value (EUR)"
	// Bars are the names of the columns drawn as bars, against the axis at the left.
	Bars      []string
	Stacked   bool
	BarsTitle string // of that axis
	// Lines are the names of the columns drawn as lines: against an axis of their own at the right when there are Bars too.
	Lines      []string
	LinesTitle string
}

// The size of a chart, in pixels, and how many rows it covers.
const (
	chartWidth  = 900
	chartHeight = 400
	chartRows   = 22
)

// fewLabels is how many labels fit below a chart.
const fewLabels = 15

// palette has colours that people who see few of them can still tell apart.
var palette = []string{"4477AA", "EE6677", "228833", "CCBB44", "66CCEE", "AA3377", "BBBBBB", "EE7733", "009988", "332288", "DDCC77", "882255"}

// Bars under lines are pale, and the first line is not.
const (
	paleColor = "BBCCDD"
	lineColor = "CC3311"
	textColor = "404040"
)

func solid(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

// addCharts puts the sheet's charts to the right of its table, one below the other.
func addCharts(file *excelize.File, s *Sheet, p part) error {
	for i, c := range s.Charts {
		place := fmt.Sprintf("%s%d", columnName(len(s.Columns)+2), 2+i*chartRows)
		bars, err := c.bars(s, p)
		if err != nil {
			return err
		}
		lines, err := c.lines(s, p)
		if err != nil {
			return err
		}
		switch {
		case bars == nil && lines == nil:
			continue
		case bars == nil:
			err = file.AddChart(p.name, place, lines)
		case lines == nil:
			err = file.AddChart(p.name, place, bars)
		default:
			lines.YAxis.Secondary = true
			lines.YAxis.MajorGridLines = false
			err = file.AddChart(p.name, place, bars, lines)
		}
		if err != nil {
			return fmt.Errorf("chart %s: %w", report.Line(c.Title, 40), err)
		}
	}
	return nil
}

func (c Chart) bars(s *Sheet, p part) (*excelize.Chart, error) {
	if len(c.Bars) == 0 {
		return nil, nil
	}
	chart, err := c.chart(s, p, excelize.Col, c.BarsTitle)
	if err != nil {
		return nil, err
	}
	gap := uint(40)
	chart.GapWidth = &gap
	if c.Stacked {
		chart.Type = excelize.ColStacked
		overlap := 100
		chart.Overlap = &overlap
	}
	for i, name := range c.Bars {
		series, err := c.series(s, p, name)
		if err != nil {
			return nil, err
		}
		series.Fill = solid(palette[i%len(palette)])
		if len(c.Lines) > 0 {
			series.Fill = solid(paleColor)
		}
		chart.Series = append(chart.Series, series)
	}
	return chart, nil
}

func (c Chart) lines(s *Sheet, p part) (*excelize.Chart, error) {
	if len(c.Lines) == 0 {
		return nil, nil
	}
	chart, err := c.chart(s, p, excelize.Line, c.LinesTitle)
	if err != nil {
		return nil, err
	}
	for i, name := range c.Lines {
		series, err := c.series(s, p, name)
		if err != nil {
			return nil, err
		}
		color := lineColor
		if i > 0 {
			color = palette[i%len(palette)]
		}
		series.Line.Width = 2.25
		series.Fill = solid(color)
		series.Marker = excelize.ChartMarker{Symbol: "none"}
		chart.Series = append(chart.Series, series)
	}
	return chart, nil
}

func (c Chart) chart(s *Sheet, p part, kind excelize.ChartType, axis string) (*excelize.Chart, error) {
	x, err := column(s, c.X)
	if err != nil {
		return nil, err
	}
	chart := &excelize.Chart{
		Type:         kind,
		Dimension:    excelize.ChartDimension{Width: chartWidth, Height: chartHeight},
		Legend:       excelize.ChartLegend{Position: "bottom"},
		Title:        title(c.Title),
		ShowBlanksAs: "gap",
	}
	chart.XAxis.NumFmt = excelize.ChartNumFmt{CustomNumFmt: formats[s.Columns[x].Kind], SourceLinked: formats[s.Columns[x].Kind] == ""}
	chart.XAxis.Font.Color, chart.YAxis.Font.Color = textColor, textColor
	if rows := p.rows - 1; rows > fewLabels {
		chart.XAxis.TickLabelSkip = (rows + fewLabels - 1) / fewLabels
		chart.XAxis.Alignment.TextRotation = -45
	}
	chart.XAxis.TickLabelPosition = excelize.ChartTickLabelLow
	chart.YAxis.Title = title(axis)
	chart.YAxis.MajorGridLines = true
	return chart, nil
}

func title(text string) excelize.ChartTitle {
	if text == "" {
		return excelize.ChartTitle{}
	}
	return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: text}}}
}

func (c Chart) series(s *Sheet, p part, name string) (excelize.ChartSeries, error) {
	x, err := column(s, c.X)
	if err != nil {
		return excelize.ChartSeries{}, err
	}
	y, err := column(s, name)
	if err != nil {
		return excelize.ChartSeries{}, err
	}
	sheet := quoted(p.name)
	return excelize.ChartSeries{
		Name:       fmt.Sprintf("%s!$%s$1", sheet, columnName(y+1)),
		Categories: fmt.Sprintf("%s!$%s$2:$%s$%d", sheet, columnName(x+1), columnName(x+1), p.rows),
		Values:     fmt.Sprintf("%s!$%s$2:$%s$%d", sheet, columnName(y+1), columnName(y+1), p.rows),
	}, nil
}

// column returns the place of the column whose header or name that is. Of several the first counts, headers before names: so "POKT" is not "POKT (EUR)".
func column(s *Sheet, name string) (int, error) {
	i := slices.IndexFunc(s.Columns, func(c report.Column) bool { return c.Header() == name })
	if i < 0 {
		i = slices.IndexFunc(s.Columns, func(c report.Column) bool { return c.Name == name })
	}
	if i < 0 {
		return 0, fmt.Errorf("chart of column %q: the table has none: %w", name, pocket.ErrInvalid)
	}
	return i, nil
}
