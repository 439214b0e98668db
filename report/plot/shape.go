package plot

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// pieceLength is how many points of a line are drawn at once. The time that the rasterizer takes grows with the square of the points
// of a shape, so a long one is drawn in pieces.
const pieceLength = 48

// pixel is the size of a pixel of a PNG, in points.
const pixel = 72.0 / dpi

// A column is a bar of which only the place and the height matter.
type column struct{ left, right, top vg.Length }

// columns draws bars of one colour. Those that touch are drawn as one shape, so that no seams show.
func (f *frame) columns(bars []column, c color.Color) {
	for line := range runs(bars) {
		f.shade(line, c)
	}
}

// edges draws the upper edges of bars.
func (f *frame) edges(bars []column, p pen) {
	for line := range runs(bars) {
		f.polyline(line, p)
	}
}

// runs yields the line along the tops of each run of bars that touch.
func runs(bars []column) func(yield func([]vg.Point) bool) {
	return func(yield func([]vg.Point) bool) {
		var line []vg.Point
		for i, b := range bars {
			line = append(line, vg.Point{X: b.left, Y: b.top}, vg.Point{X: b.right, Y: b.top})
			if i+1 < len(bars) && bars[i+1].left == b.right {
				continue
			}
			if !yield(line) {
				return
			}
			line = nil
		}
	}
}

// shade fills the area between a line and the axis. The line goes from left to right. Its pieces meet at the borders of
// pixels, where no seam can show.
func (f *frame) shade(line []vg.Point, c color.Color) {
	for len(line) > pieceLength {
		cut, at := 0, vg.Point{}
		for i := pieceLength; i < len(line) && cut == 0; i++ {
			from, to := line[i-1], line[i]
			if x := vg.Length(math.Ceil(float64(from.X/pixel))) * pixel; from.X < to.X && x <= to.X {
				cut, at = i, vg.Point{X: x, Y: from.Y + (to.Y-from.Y)*(x-from.X)/(to.X-from.X)}
			}
		}
		if cut == 0 {
			break
		}
		f.fill(f.below(append(line[:cut:cut], at)), c)
		line = append([]vg.Point{at}, line[cut:]...)
	}
	f.fill(f.below(line), c)
}

// below returns the area between a line and the axis.
func (f *frame) below(line []vg.Point) vg.Path {
	path := vg.Path{move(vg.Point{X: line[0].X, Y: f.bottom})}
	for _, p := range line {
		path = append(path, lineTo(p))
	}
	path = append(path, lineTo(vg.Point{X: line[len(line)-1].X, Y: f.bottom}))
	path.Close()
	return path
}

// polyline draws a line through points. Its pieces overlap by a stretch, so that they bend into each other.
func (s *sheet) polyline(line []vg.Point, p pen) {
	for len(line) > 1 {
		n := min(len(line), pieceLength)
		if p.dash > 0 {
			n = len(line) // dashes go on from point to point
		}
		path := vg.Path{move(line[0])}
		for _, point := range line[1:n] {
			path = append(path, lineTo(point))
		}
		s.stroke(path, p)
		if n == len(line) {
			return
		}
		line = line[n-2:]
	}
}
