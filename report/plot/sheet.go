package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A sheet is what a picture is drawn on. Lengths are in points; a picture is half as many points as pixels wide. The origin is
// the lower left corner.
type sheet struct {
	vg.Canvas
	ink           palette
	width, height vg.Length
	unit          vg.Length // grows with the picture: 1 when it has the default size
	letters       *typeface
}

// dpi makes two pixels of a point, for the sharp screens of phones.
const dpi = 144

func newSheet(t *typeface, o Options) *sheet {
	s := &sheet{letters: t, ink: o.Theme.palette(), width: vg.Length(o.Width) / 2, height: vg.Length(o.Height) / 2}
	s.unit = min(vg.Length(o.Width)/DefaultWidth, vg.Length(o.Height)/DefaultHeight)
	if o.Format == SVG {
		s.Canvas = vgsvg.New(s.width, s.height)
		s.fill(vg.Rectangle{Max: vg.Point{X: s.width, Y: s.height}}.Path(), s.ink.background)
	} else {
		s.Canvas = vgimg.NewWith(vgimg.UseWH(s.width, s.height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(s.ink.background))
	}
	return s
}

// encode returns the picture as a file. The name is what a screen reader says of an SVG.
func (s *sheet) encode(name string) ([]byte, error) {
	var out bytes.Buffer
	switch canvas := s.Canvas.(type) {
	case *vgsvg.Canvas:
		if _, err := canvas.WriteTo(&out); err != nil {
			return nil, err
		}
		return titled(out.Bytes(), name)
	case *vgimg.Canvas:
		// Half the time of the default level for a file not much larger.
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		if err := encoder.Encode(&out, canvas.Image()); err != nil {
			return nil, err
		}
		return out.Bytes(), nil
	default:
		return nil, fmt.Errorf("no way to encode a %T", canvas)
	}
}

// titled puts a title into an SVG document, and lets its lines bend as softly as those of a PNG, where a sharp bend has no spike.
func titled(document []byte, title string) ([]byte, error) {
	before, rest, svg := bytes.Cut(document, []byte("<svg "))
	attributes, after, closed := bytes.Cut(rest, []byte(">"))
	if !svg || !closed {
		return nil, errors.New("the drawing is not an SVG document")
	}
	var out bytes.Buffer
	out.Grow(len(document) + len(title) + 128)
	out.Write(before)
	out.WriteString(`<svg role="img" stroke-linejoin="round" `)
	out.Write(attributes)
	out.WriteString(">\n<title>")
	if err := xml.EscapeText(&out, []byte(title)); err != nil {
		return nil, err
	}
	out.WriteString("</title>")
	out.Write(after)
	return out.Bytes(), nil
}

func (s *sheet) fill(path vg.Path, c color.Color) {
	if len(path) > 0 {
		s.SetColor(c)
		s.Fill(path)
	}
}

// A pen draws lines: how wide, in what colour, and how long its dashes are, 0 for an unbroken line.
type pen struct {
	color color.Color
	width vg.Length
	dash  vg.Length
}

func (s *sheet) stroke(path vg.Path, p pen) {
	if len(path) == 0 {
		return
	}
	s.SetColor(p.color)
	s.SetLineWidth(p.width)
	if p.dash > 0 {
		s.SetLineDash([]vg.Length{p.dash, p.dash}, 0)
	} else {
		s.SetLineDash(nil, 0)
	}
	s.Stroke(path)
}

func (s *sheet) line(from, to vg.Point, p pen) { s.stroke(vg.Path{move(from), lineTo(to)}, p) }

func move(p vg.Point) vg.PathComp { return vg.PathComp{Type: vg.MoveComp, Pos: p} }

func lineTo(p vg.Point) vg.PathComp { return vg.PathComp{Type: vg.LineComp, Pos: p} }

// bar returns the path of an upright rectangle.
func bar(left, bottom, right, top vg.Length) vg.Path {
	return vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: right, Y: top}}.Path()
}

// round returns the path of a rectangle with round corners.
func round(left, bottom, right, top, radius vg.Length) vg.Path {
	var p vg.Path
	corner := func(x, y vg.Length, start float64) { p.Arc(vg.Point{X: x, Y: y}, radius, start, math.Pi/2) }
	p.Move(vg.Point{X: right, Y: bottom + radius})
	corner(right-radius, top-radius, 0)
	corner(left+radius, top-radius, math.Pi/2)
	corner(left+radius, bottom+radius, math.Pi)
	corner(right-radius, bottom+radius, 3*math.Pi/2)
	p.Close()
	return p
}

func circle(centre vg.Point, radius vg.Length) vg.Path {
	var p vg.Path
	p.Move(vg.Point{X: centre.X + radius, Y: centre.Y})
	p.Arc(centre, radius, 0, 2*math.Pi)
	p.Close()
	return p
}

func (s *sheet) regular(size vg.Length) lettering { return lettering{s.letters.regular, size * s.unit} }

func (s *sheet) bold(size vg.Length) lettering { return lettering{s.letters.bold, size * s.unit} }

// write draws text on one line. Aligned -0.5 its middle is at x, with -1 its end.
func (s *sheet) write(text string, l lettering, x, baseline, aligned vg.Length, c color.Color) {
	if aligned != 0 {
		x += l.width(text) * aligned
	}
	s.fill(l.outline(text, vg.Point{X: x, Y: baseline}), c)
}
