package plot

import (
	"strings"

	"gonum.org/v1/plot/vg"
)

// Sizes in points of a picture of the default size. Shown 375 points wide on a phone, letters of 16 are 10 high.
const (
	margin       = 16
	titleSize    = 22
	factSize     = 15
	legendSize   = 15.5
	tickSize     = 15.5
	footnoteSize = 13.5
)

// An entry explains a colour or a sign in the legend.
type entry struct {
	label string
	value string // written after the label; may be empty
	// swatch draws the sign into a box with its middle at this height.
	swatch func(s *sheet, left, right, middle vg.Length)
}

// A frame is a picture with everything but its data: the title, the legend, the axes.
type frame struct {
	*sheet
	options Options
	when    timeline

	left, right, bottom, top vg.Length // of the place for the data
}

// newFrame draws what stands above and below the data and leaves the place between. Facts stand below the title; notes, at the bottom,
// say what is not known.
func newFrame(s *sheet, o Options, l timeline, title string, facts []string, legend []entry, notes []string) *frame {
	f := &frame{sheet: s, options: o, when: l}
	f.left, f.right = margin*s.unit, s.width-margin*s.unit
	f.top = s.height - 14*s.unit
	f.bottom = 10 * s.unit
	if o.Title != "" {
		title = o.Title
	}
	f.title(title)
	f.facts(facts)
	f.legend(legend)
	f.notes(notes)
	return f
}

// title writes the title and, where it applies, the mark that the data is simulated.
func (f *frame) title(text string) {
	right := f.right
	f.top -= titleSize * f.unit
	if f.options.Simulated {
		letters := f.bold(14)
		width := letters.width("SIMULATED") + 14*f.unit
		f.fill(round(right-width, f.top-5*f.unit, right, f.top+18*f.unit, 5*f.unit), f.ink.badge)
		f.write("SIMULATED", letters, right-width/2, f.top+1.5*f.unit, -0.5, f.ink.badgeText)
		right -= width + 10*f.unit
	}
	letters := f.bold(titleSize)
	if room := right - f.left; letters.width(text) > room {
		// A little smaller before anything is cut off.
		letters.size *= max(0.75, room/letters.width(text))
		text = letters.fit(text, room)
	}
	f.write(text, letters, f.left, f.top, 0, f.ink.text)
	f.top -= 4 * f.unit
}

// facts writes short facts in a line with dots between, and in more lines when they do not fit into one.
func (f *frame) facts(facts []string) {
	letters := f.regular(factSize)
	room := f.right - f.left
	var lines []string
	for _, fact := range facts {
		if fact == "" {
			continue
		}
		if n := len(lines); n > 0 && letters.width(lines[n-1]+" · "+fact) <= room {
			lines[n-1] += " · " + fact
			continue
		}
		lines = append(lines, letters.fit(fact, room))
	}
	for _, line := range lines {
		f.top -= 19 * f.unit
		f.write(line, letters, f.left, f.top, 0, f.ink.muted)
	}
	f.top -= 6 * f.unit
}

// legend writes the entries in as many rows as they need, in columns when there are several.
func (f *frame) legend(entries []entry) {
	if len(entries) == 0 {
		return
	}
	plain, strong := f.regular(legendSize), f.bold(legendSize)
	box, gap, between := 20*f.unit, 6*f.unit, 18*f.unit
	room := f.right - f.left
	widths := make([]vg.Length, len(entries))
	for i := range entries {
		value := vg.Length(0)
		if entries[i].value != "" {
			value = gap + strong.width(entries[i].value)
		}
		most := room - box - gap - value
		if len(entries) > 3 { // so that two columns always fit
			most -= (room + between) / 2
		}
		entries[i].label = plain.fit(entries[i].label, max(most, 0))
		widths[i] = box + gap + plain.width(entries[i].label) + value
	}
	columns := columnWidths(widths, between, room)
	for i, e := range entries {
		column := i % len(columns)
		if column == 0 {
			f.top -= 22 * f.unit
		}
		x := f.left
		for _, width := range columns[:column] {
			x += width + between
		}
		e.swatch(f.sheet, x, x+box, f.top+5.5*f.unit)
		x += box + gap
		f.write(e.label, plain, x, f.top, 0, f.ink.text)
		if e.value != "" {
			f.write(e.value, strong, x+plain.width(e.label)+gap, f.top, 0, f.ink.text)
		}
	}
	f.top -= 4 * f.unit
}

// columnWidths returns the widths of as many columns as fit into the room when the entries fill them row by row.
func columnWidths(entries []vg.Length, between, room vg.Length) []vg.Length {
	for n := len(entries); n > 1; n-- {
		widths := make([]vg.Length, n)
		for i, width := range entries {
			widths[i%n] = max(widths[i%n], width)
		}
		sum := between * vg.Length(n-1)
		for _, width := range widths {
			sum += width
		}
		if sum <= room {
			return widths
		}
	}
	return []vg.Length{room}
}

// notes writes what is not known at the foot of the picture.
func (f *frame) notes(notes []string) {
	letters := f.regular(footnoteSize)
	var lines []string
	for _, note := range notes {
		lines = append(lines, f.wrap(note, letters)...)
	}
	for i := len(lines) - 1; i >= 0; i-- {
		f.write(lines[i], letters, f.left, f.bottom, 0, f.ink.muted)
		f.bottom += 17 * f.unit
	}
	if len(lines) > 0 {
		f.bottom += 4 * f.unit
	}
}

// wrap breaks a text between words into lines that fit.
func (f *frame) wrap(text string, letters lettering) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if n := len(lines); n > 0 && letters.width(lines[n-1]+" "+word) <= f.right-f.left {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// A valueAxis is a scale on one side of the data, with what it counts written above.
type valueAxis struct {
	scale
	name string
}

// axes draws the grid, the numbers on both sides and the dates below. The right axis has as many steps as the left, and may have no name,
// when there is none.
func (f *frame) axes(left, right valueAxis) {
	letters := f.regular(tickSize)
	gap := 7 * f.unit
	f.top -= 22 * f.unit
	f.write(left.name, f.regular(14), f.left, f.top+4*f.unit, 0, f.ink.muted)
	if right.name != "" {
		f.write(right.name, f.regular(14), f.right, f.top+4*f.unit, -1, f.ink.muted)
	}
	f.top -= 10 * f.unit
	f.bottom += 38 * f.unit

	leftLabels := left.labels()
	outerLeft, outerRight := f.left, f.right
	f.left += widest(letters, leftLabels) + gap
	var rightLabels []string
	if right.name != "" {
		rightLabels = right.labels()
		f.right -= widest(letters, rightLabels) + gap
	}
	for i, label := range leftLabels {
		y := f.bottom + (f.top-f.bottom)*vg.Length(i)/vg.Length(left.steps)
		if i > 0 {
			f.line(vg.Point{X: f.left, Y: y}, vg.Point{X: f.right, Y: y}, pen{color: f.ink.grid, width: f.unit})
		}
		f.write(label, letters, f.left-gap, y-5.5*f.unit, -1, f.ink.text)
		if right.name != "" {
			f.write(rightLabels[i], letters, f.right+gap, y-5.5*f.unit, 0, f.ink.muted)
		}
	}
	f.dates(letters, outerLeft, outerRight)
}

// dates draws the time axis.
func (f *frame) dates(letters lettering, outerLeft, outerRight vg.Length) {
	width := f.right - f.left
	for _, m := range f.when.marks(width, letters) {
		x := f.left + vg.Length(m.at)*width
		f.line(vg.Point{X: x, Y: f.bottom}, vg.Point{X: x, Y: f.bottom - 4*f.unit}, pen{color: f.ink.axis, width: f.unit})
		for row, text := range []string{m.label, m.part} {
			half := letters.width(text) / 2
			middle := min(max(x, outerLeft+half), outerRight-half)
			colour := f.ink.text
			if row > 0 {
				colour = f.ink.muted
			}
			f.write(text, letters, middle, f.bottom-(18+17*vg.Length(row))*f.unit, -0.5, colour)
		}
	}
}

// baseline draws the line at 0, after the bars that stand on it.
func (f *frame) baseline() {
	f.line(vg.Point{X: f.left, Y: f.bottom}, vg.Point{X: f.right, Y: f.bottom}, pen{color: f.ink.axis, width: 1.2 * f.unit})
}

// x returns where on the sheet a place of the time axis is, y where a part of the value axis is, both from 0 to 1.
func (f *frame) x(at float64) vg.Length { return f.left + vg.Length(at)*(f.right-f.left) }

func (f *frame) y(part float64) vg.Length { return f.bottom + vg.Length(part)*(f.top-f.bottom) }

// bounds returns where the bar of a slot stands, and whether there is a gap between bars. There is none when bars are too narrow for it.
func (f *frame) bounds(s slot) (left, right vg.Length) {
	left, right = f.x(f.when.at(s.from)), f.x(f.when.at(s.to))
	if f.dense() {
		return left, right
	}
	width := right - left
	gap := min(width*0.14, 14*f.unit)
	if len(f.when.slots) < 4 { // a bar that fills the picture looks like a mistake
		gap = max(gap, (width-90*f.unit)/2)
	}
	return left + gap, right - gap
}

// dense reports whether bars stand side by side without gaps.
func (f *frame) dense() bool { return (f.right-f.left)/vg.Length(len(f.when.slots)) <= 4*f.unit }

func widest(letters lettering, labels []string) vg.Length {
	width := vg.Length(0)
	for _, label := range labels {
		width = max(width, letters.width(label))
	}
	return width
}
