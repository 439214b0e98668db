package plot

import (
	"fmt"
	"image/color"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
	"gonum.org/v1/plot/vg"
)

// DefaultTop is how many series of a [Stack] are shown by name when it does not say, MaxTop how many can be: there are no more
// colours that all eyes tell apart.
const (
	DefaultTop = 6
	MaxTop     = 8
)

// A Stack is amounts over time, split into series by service, supplier, wallet or whatever else they are told apart by.
type Stack struct {
	By     string      // what the series are, for the title: "service"
	Starts []time.Time // of the periods that have data, oldest first, in the picture's zone
	Series []Series    // in any order
	// Top is how many series are shown by name: those with the largest totals. All the rest are shown together as "other", so that the
	// height of a bar is always the whole. 0 is DefaultTop.
	Top int
	// Area draws areas in place of bars. Good for many periods, where bars get narrow.
	Area   bool
	Untold Untold
	// Unknown are the starts of periods of which nothing is known, such as without a price. They are marked as such, and are no zeros.
	Unknown []time.Time
}

// A Series is one part of a [Stack].
type Series struct {
	Name   string            // may be a stranger's: it is made fit for the picture
	Values []decimal.Decimal // one for each start, in the picture's currency
}

// Stacked writes a picture of rewards as bars, one for each period, in which each series is a part; the largest stands at the bottom.
// The legend tells their totals. However many periods there are, each has its own bar: they get narrower, and are never
// merged. With about 400 or more ask for a longer period or for areas.
//
// A picture of no rewards says so. What is wrong with the data or the options is a [pocket.ErrInvalid], and then nothing is written.
func (p *Painter) Stacked(w io.Writer, stack Stack, o Options) error {
	err := p.stacked(w, stack, o)
	if err != nil {
		return fmt.Errorf("picture of stacked rewards: %w", err)
	}
	return nil
}

func (p *Painter) stacked(w io.Writer, stack Stack, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	o = o.filled(p.letters)
	layers, total, err := stack.layers(p.letters, o.Theme.palette())
	if err != nil {
		return err
	}
	when, err := newTimeline(stack.Starts, o)
	if err != nil {
		return err
	}
	title := "Rewards"
	if by := p.letters.clean(stack.By, maxLabel); by != "" {
		title += " by " + by
	}
	title = when.titled(title + o.inCurrency())
	when.doubt(stack.Unknown)
	facts := []string{o.Note, when.dateRange(o.Now), o.zone(p.letters), o.sum("total", total, stack.Untold.Unpriced > 0)}
	notes := stack.Untold.notes(o.Currency)
	s := newSheet(p.letters, o)
	if total.IsZero() {
		message := "No rewards in this time"
		if when.doubtful() || stack.Untold.Unpriced > 0 {
			message = "No price in this time"
		}
		newFrame(s, o, when, title, facts, nil, notes).message(message)
		return p.finish(w, s, title, o)
	}
	f := newFrame(s, o, when, title, facts, stackLegend(layers, when, o), notes)
	f.stack(layers, stack.Area)
	return p.finish(w, s, title, o)
}

// A layer is one colour of a stacked picture.
type layer struct {
	name    string
	colour  color.NRGBA
	hatched bool // with stripes, to stand apart for eyes that see no colours, too
	values  []decimal.Decimal
	total   decimal.Decimal
}

// layers returns the series with the largest totals, the largest first, and then all the others as one. The order does not depend on that
// of the series: of equal totals, the name that sorts first is first.
func (stack Stack) layers(letters *typeface, ink palette) (layers []layer, total decimal.Decimal, err error) {
	top := stack.Top
	if top == 0 {
		top = DefaultTop
	}
	if top < 0 || top > MaxTop {
		return nil, total, fmt.Errorf("%d series by name, want 1 to %d: %w", top, MaxTop, pocket.ErrInvalid)
	}
	if err := stack.Untold.check(); err != nil {
		return nil, total, err
	}
	all := make([]layer, 0, len(stack.Series))
	for _, series := range stack.Series {
		l := layer{name: series.Name, values: series.Values}
		if len(l.values) != len(stack.Starts) {
			return nil, total, fmt.Errorf("series %q has %d values for %d periods: %w",
				letters.clean(l.name, maxLabel), len(l.values), len(stack.Starts), pocket.ErrInvalid)
		}
		for _, value := range l.values {
			if err := checkAmount(value); err != nil {
				return nil, total, fmt.Errorf("series %q: %w", letters.clean(l.name, maxLabel), err)
			}
			l.total = l.total.Add(value)
		}
		total = total.Add(l.total)
		if !l.total.IsZero() {
			all = append(all, l)
		}
	}
	slices.SortStableFunc(all, func(a, b layer) int {
		if order := b.total.Cmp(a.total); order != 0 {
			return order
		}
		return strings.Compare(a.name, b.name)
	})
	for i := range all[:min(top, len(all))] {
		all[i].colour = ink.series[i]
		if all[i].name = letters.clean(all[i].name, maxLabel); all[i].name == "" {
			all[i].name = "(no name)"
		}
	}
	if len(all) <= top {
		return all, total, nil
	}
	other := layer{name: fmt.Sprintf("other (%d)", len(all)-top), colour: ink.other, values: make([]decimal.Decimal, len(stack.Starts))}
	for _, l := range all[top:] {
		other.total = other.total.Add(l.total)
		for i, value := range l.values {
			other.values[i] = other.values[i].Add(value)
		}
	}
	return append(all[:top:top], other), total, nil
}

// counted writes a number with its noun: "1 settlement", "2 settlements".
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

func stackLegend(layers []layer, when timeline, o Options) []entry {
	var legend []entry
	for _, l := range layers {
		legend = append(legend, entry{label: l.name, value: amount(l.total), swatch: func(s *sheet, left, right, middle vg.Length) {
			left, right = left+2*s.unit, right-2*s.unit
			s.fill(bar(left, middle-7*s.unit, right, middle+7*s.unit), l.colour)
			if l.hatched {
				s.hatch(left, middle-7*s.unit, right, middle+7*s.unit)
			}
		}})
	}
	if when.doubtful() {
		legend = append(legend, entry{label: "no price", swatch: func(s *sheet, left, right, middle vg.Length) {
			s.blank(left+2*s.unit, middle-7*s.unit, right-2*s.unit, middle+7*s.unit)
		}})
	}
	if when.open() {
		_, _, open := words(o.Period)
		legend = append(legend, entry{label: open, swatch: func(s *sheet, left, right, middle vg.Length) {
			left, right = left+2*s.unit, right-2*s.unit
			s.fill(bar(left, middle-7*s.unit, right, middle+7*s.unit), s.pale(layers[0].colour))
			s.stroke(bar(left, middle-7*s.unit, right, middle+7*s.unit), s.dashes())
		}})
	}
	return legend
}

// pale is a colour as it looks in a period that is not over, and dashes the pen around its bar.
func (s *sheet) pale(c color.NRGBA) color.NRGBA { return blend(c, s.ink.background, 0.45) }

func (s *sheet) dashes() pen { return pen{color: s.ink.axis, width: 1.4 * s.unit, dash: 3 * s.unit} }

// stack draws the axes and the layers, the first at the bottom.
func (f *frame) stack(layers []layer, area bool) {
	sums := make([][]float64, len(layers)) // at the top of each layer
	highest := decimal.Zero
	running := make([]decimal.Decimal, len(layers[0].values))
	for i, l := range layers {
		sums[i] = make([]float64, len(running))
		for j, value := range l.values {
			running[j] = running[j].Add(value)
			sums[i][j] = running[j].InexactFloat64()
			highest = decimal.Max(highest, running[j])
		}
	}
	left := niceScale(highest, 4)
	f.axes(valueAxis{left, f.options.Currency}, valueAxis{})
	for _, layer := range sums {
		for j := range layer {
			layer[j] /= left.top()
		}
	}
	for _, s := range f.when.slots {
		if left, right := f.bounds(s); s.unknown {
			f.blank(left, f.bottom, right, f.top)
		}
	}
	if area {
		f.areas(layers, sums)
	} else {
		f.bars(layers, sums)
	}
	f.baseline()
}

// bars draws each layer from the bottom up to its top, the highest first, so that no seams show between them.
func (f *frame) bars(layers []layer, sums [][]float64) {
	for i := len(layers) - 1; i >= 0; i-- {
		var closed, open []column
		for _, s := range f.when.slots {
			if s.datum < 0 || sums[i][s.datum] == 0 {
				continue
			}
			left, right := f.bounds(s)
			if b := (column{left, right, f.y(sums[i][s.datum])}); s.open {
				open = append(open, b)
			} else {
				closed = append(closed, b)
			}
		}
		f.columns(closed, layers[i].colour)
		f.columns(open, f.pale(layers[i].colour))
	}
	for _, s := range f.when.slots {
		if s.datum < 0 {
			continue
		}
		left, right := f.bounds(s)
		bottom := f.bottom
		for i, l := range layers {
			top := f.y(sums[i][s.datum])
			if l.hatched && top > bottom && !f.dense() { // stripes in a narrow bar would look like gaps
				f.hatch(left, bottom, right, top)
			}
			// A line between two parts that are high enough to spare it.
			if i > 0 && right-left > 6*f.unit && bottom > f.bottom+3*f.unit && top > bottom+3*f.unit {
				f.line(vg.Point{X: left, Y: bottom}, vg.Point{X: right, Y: bottom}, pen{color: f.ink.background, width: f.unit})
			}
			bottom = top
		}
		if s.open && bottom > f.bottom && right-left > 6*f.unit {
			f.stroke(vg.Path{
				move(vg.Point{X: left, Y: f.bottom}), lineTo(vg.Point{X: left, Y: bottom}),
				lineTo(vg.Point{X: right, Y: bottom}), lineTo(vg.Point{X: right, Y: f.bottom}),
			}, f.dashes())
		}
	}
}

// areas draws each layer as the area below a line through the middles of the periods. Periods without data are 0; where nothing is known
// there is no area.
func (f *frame) areas(layers []layer, sums [][]float64) {
	for i := len(layers) - 1; i >= 0; i-- {
		height := func(s slot) vg.Length {
			if s.datum < 0 {
				return f.bottom
			}
			return f.y(sums[i][s.datum])
		}
		for slots := range f.when.known() {
			first, last := slots[0], slots[len(slots)-1]
			line := []vg.Point{{X: f.x(f.when.at(first.from)), Y: height(first)}}
			for _, s := range slots {
				line = append(line, vg.Point{X: f.x((f.when.at(s.from) + f.when.at(s.to)) / 2), Y: height(s)})
			}
			line = append(line, vg.Point{X: f.x(f.when.at(last.to)), Y: height(last)})
			f.shade(line, layers[i].colour)
			if last.open {
				f.shade(line[max(0, len(line)-3):], f.pale(layers[i].colour))
			}
		}
	}
}

// blank draws a place of which nothing is known.
func (s *sheet) blank(left, bottom, right, top vg.Length) {
	s.fill(bar(left, bottom, right, top), s.ink.grid)
	if right-left > 4*s.unit { // stripes in a narrow bar would look like gaps
		s.hatch(left, bottom, right, top)
	}
}

// hatch draws stripes over a rectangle.
func (s *sheet) hatch(left, bottom, right, top vg.Length) {
	var path vg.Path
	gap := 6 * s.unit
	// Each stripe is on a line y = x + c; the c of all rectangles are the same, so that stripes go on from one to the next.
	first := vg.Length(int((bottom-right)/gap)) * gap
	for c := first - gap; c < top-left; c += gap {
		from, to := max(left, bottom-c), min(right, top-c)
		if from < to {
			path = append(path, move(vg.Point{X: from, Y: from + c}), lineTo(vg.Point{X: to, Y: to + c}))
		}
	}
	s.stroke(path, pen{color: s.ink.background, width: 1.5 * s.unit})
}
