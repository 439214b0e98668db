package plot

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
	"gonum.org/v1/plot/vg"
)

// A NodeDay is what the nodes earned in one day, or another period.
type NodeDay struct {
	Start   time.Time           // of the day, in the picture's zone
	Partial bool                // the day is not over; the same is said of the day that holds [Options.Now]
	Nodes   int                 // that were staked
	Average decimal.NullDecimal // what one of them earned, in the picture's currency. Not valid is a gap in the line, not zero
	Total   decimal.Decimal     // what they earned together
	Untold  Untold
}

// Untold is what the chain did not tell of the rewards of a time, so that it is in no amount. Pictures say it at the foot.
type Untold struct {
	Settlements  int64           // that did not say who got what
	Unattributed decimal.Decimal // paid to somebody for a reason not told
	Unpriced     int64           // settlements at whose moment the picture's currency had no price
}

func (u Untold) check() error {
	if u.Settlements < 0 || u.Unpriced < 0 {
		return fmt.Errorf("%d untold settlements, %d without a price: %w", u.Settlements, u.Unpriced, pocket.ErrInvalid)
	}
	return checkAmount(u.Unattributed)
}

func (u Untold) plus(v Untold) Untold {
	return Untold{u.Settlements + v.Settlements, u.Unattributed.Add(v.Unattributed), u.Unpriced + v.Unpriced}
}

// notes says what u is, nothing when it is nothing.
func (u Untold) notes(currency string) []string {
	var parts []string
	if u.Settlements > 0 {
		parts = append(parts, counted(u.Settlements, "settlement")+" of which the chain did not tell who got what")
	}
	if u.Unattributed.IsPositive() {
		parts = append(parts, amount(u.Unattributed)+" "+currency+" paid for a reason not told")
	}
	if u.Unpriced > 0 {
		parts = append(parts, counted(u.Unpriced, "settlement")+" without a price")
	}
	return uncounted(parts)
}

// uncounted is the note at the foot of a picture that says what is missing.
func uncounted(parts []string) []string {
	if len(parts) == 0 {
		return nil
	}
	return []string{"Not counted: " + strings.Join(parts, "; ") + "."}
}

// AverageByNode writes a picture of the average reward by node as a line, with the number of nodes as bars behind it. Days come oldest
// first. Both axes begin at 0.
//
// A picture of no days says so. What is wrong with the data or the options is a [pocket.ErrInvalid], and then nothing is written.
func (p *Painter) AverageByNode(w io.Writer, days []NodeDay, o Options) error {
	err := p.averageByNode(w, days, o)
	if err != nil {
		return fmt.Errorf("picture of average rewards: %w", err)
	}
	return nil
}

func (p *Painter) averageByNode(w io.Writer, days []NodeDay, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	o = o.filled(p.letters)
	starts := make([]time.Time, len(days))
	total, highest, most, untold := decimal.Zero, decimal.Zero, 0, Untold{}
	for i, day := range days {
		if err := day.check(); err != nil {
			return fmt.Errorf("%s: %w", day.Start.Format(time.DateOnly), err)
		}
		starts[i] = day.Start
		total = total.Add(day.Total)
		most = max(most, day.Nodes)
		untold = untold.plus(day.Untold)
		if day.Average.Valid {
			highest = decimal.Max(highest, day.Average.Decimal)
		}
	}
	when, err := newTimeline(starts, o)
	if err != nil {
		return err
	}
	for i, slot := range when.slots {
		when.slots[i].open = slot.open || slot.datum >= 0 && days[slot.datum].Partial
	}
	title := when.titled("Average reward by node" + o.inCurrency())
	facts := []string{o.Note, when.dateRange(o.Now), o.zone(p.letters), o.sum("total", total, untold.Unpriced > 0)}
	s := newSheet(p.letters, o)
	if most == 0 && highest.IsZero() {
		newFrame(s, o, when, title, facts, nil, untold.notes(o.Currency)).message("No nodes in this time")
		return p.finish(w, s, title, o)
	}
	f := newFrame(s, o, when, title, facts, averageLegend(when, o), untold.notes(o.Currency))
	left := niceScale(highest, 4)
	right := behind(most, left.steps)
	f.axes(valueAxis{left, o.Currency + " per node"}, valueAxis{right, "nodes"})
	f.nodeBars(days, right.top())
	f.averageLine(days, left.top())
	return p.finish(w, s, title, o)
}

func (day NodeDay) check() error {
	if err := checkAmount(day.Total); err != nil {
		return fmt.Errorf("total: %w", err)
	}
	if err := checkAmount(day.Average.Decimal); err != nil {
		return fmt.Errorf("average: %w", err)
	}
	if err := day.Untold.check(); err != nil {
		return err
	}
	if day.Nodes < 0 || day.Nodes > maxNodes {
		return fmt.Errorf("%d nodes, want 0 to %d: %w", day.Nodes, maxNodes, pocket.ErrInvalid)
	}
	return nil
}

// maxNodes is more than there can be addresses worth a node; it keeps a wrong number from making a senseless axis.
const maxNodes = 1_000_000_000

func averageLegend(when timeline, o Options) []entry {
	legend := []entry{
		{label: "average per node" + o.bracketed(), swatch: func(s *sheet, left, right, middle vg.Length) {
			s.line(vg.Point{X: left, Y: middle}, vg.Point{X: right, Y: middle}, pen{color: s.ink.line, width: 2.6 * s.unit})
			s.fill(circle(vg.Point{X: (left + right) / 2, Y: middle}, 4*s.unit), s.ink.line)
		}},
		{label: "number of nodes", swatch: func(s *sheet, left, right, middle vg.Length) {
			left, right = left+2*s.unit, right-2*s.unit
			s.fill(bar(left, middle-6*s.unit, right, middle+6*s.unit), s.ink.bar)
			s.line(vg.Point{X: left, Y: middle + 6*s.unit}, vg.Point{X: right, Y: middle + 6*s.unit}, s.nodeEdge(false))
		}},
	}
	if when.open() {
		_, _, open := words(o.Period)
		legend = append(legend, entry{label: open, swatch: func(s *sheet, left, right, middle vg.Length) {
			s.line(vg.Point{X: left, Y: middle}, vg.Point{X: right, Y: middle}, s.unfinished())
			s.ring(vg.Point{X: (left + right) / 2, Y: middle}, 4.5*s.unit)
		}})
	}
	return legend
}

// unfinished is the pen of the line to a period that is not over.
func (s *sheet) unfinished() pen { return pen{color: s.ink.line, width: 2 * s.unit, dash: 4 * s.unit} }

// ring draws the hollow point of a period that is not over.
func (s *sheet) ring(centre vg.Point, radius vg.Length) {
	s.fill(circle(centre, radius), s.ink.line)
	s.fill(circle(centre, radius-1.8*s.unit), s.ink.background)
}

// nodeEdge is the pen of the upper edge of the bars behind the line, a broken one for a period that is not over.
func (s *sheet) nodeEdge(open bool) pen {
	p := pen{color: s.ink.barEdge, width: 1.6 * s.unit}
	if open {
		p.dash = 3 * s.unit
	}
	return p
}

func (f *frame) nodeBars(days []NodeDay, top float64) {
	var closed, open []column
	for _, s := range f.when.slots {
		if s.datum < 0 || days[s.datum].Nodes == 0 {
			continue
		}
		left, right := f.bounds(s)
		if b := (column{left, right, f.y(float64(days[s.datum].Nodes) / top)}); s.open {
			open = append(open, b)
		} else {
			closed = append(closed, b)
		}
	}
	f.columns(closed, f.ink.bar)
	f.edges(closed, f.nodeEdge(false))
	f.columns(open, blend(f.ink.bar, f.ink.background, 0.5))
	f.edges(open, f.nodeEdge(true))
	f.baseline()
}

// averageLine draws the line with a point for each period, as long as points do not run into each other. A point with no neighbours
// always shows.
func (f *frame) averageLine(days []NodeDay, top float64) {
	type point struct {
		vg.Point
		open bool
		slot int
	}
	var points []point
	for i, s := range f.when.slots {
		if s.datum < 0 || !days[s.datum].Average.Valid {
			continue
		}
		at := (f.when.at(s.from) + f.when.at(s.to)) / 2
		points = append(points, point{vg.Point{X: f.x(at), Y: f.y(days[s.datum].Average.Decimal.InexactFloat64() / top)}, s.open, i})
	}
	solid := pen{color: f.ink.line, width: 2.6 * f.unit}
	var line []vg.Point
	joined := func(i int) bool { return i > 0 && i < len(points) && points[i].slot == points[i-1].slot+1 }
	for i, p := range points {
		unfinished := joined(i) && (p.open || points[i-1].open)
		if unfinished {
			f.line(points[i-1].Point, p.Point, f.unfinished())
		}
		if unfinished || !joined(i) {
			f.polyline(line, solid)
			line = nil
		}
		line = append(line, p.Point)
	}
	f.polyline(line, solid)
	room := (f.right - f.left) / vg.Length(len(f.when.slots))
	radius := min(4.2*f.unit, room*0.36)
	for i, p := range points {
		lonely := !joined(i) && !joined(i+1)
		switch {
		case p.open:
			f.ring(p.Point, 5*f.unit)
		case lonely:
			f.fill(circle(p.Point, max(radius, 3*f.unit)), f.ink.line)
		case radius >= 1.6*f.unit:
			f.fill(circle(p.Point, radius), f.ink.line)
		}
	}
}
