package plot

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg"
)

// How many characters of a text are kept; what is longer ends in "…". What does not fit the place is cut further.
const (
	maxTitle    = 160
	maxLabel    = 48
	maxCurrency = 16
)

// missing stands for a character that the font does not have.
const missing = '□'

// A typeface is the embedded font. Letters are drawn as shapes in both formats, so that a picture looks the same everywhere
// and never asks for a font of the system. It is only read and so safe for concurrent use.
type typeface struct {
	regular, bold *sfnt.Font
}

func newTypeface() (*typeface, error) {
	regular, err := sfnt.Parse(liberationsansregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("regular font: %w", err)
	}
	bold, err := sfnt.Parse(liberationsansbold.TTF)
	if err != nil {
		return nil, fmt.Errorf("bold font: %w", err)
	}
	return &typeface{regular, bold}, nil
}

// A lettering is a font of a size, in points.
type lettering struct {
	font *sfnt.Font
	size vg.Length
}

// em is a size at which the font answers in its own units, of which UnitsPerEm make one em.
func em(f *sfnt.Font) fixed.Int26_6 { return fixed.Int26_6(f.UnitsPerEm()) }

// each calls do with every glyph of s and how far from the start it stands, and returns how wide the whole is.
func (l lettering) each(s string, do func(buffer *sfnt.Buffer, glyph sfnt.GlyphIndex, x vg.Length)) vg.Length {
	var buffer sfnt.Buffer
	var x fixed.Int26_6
	var before sfnt.GlyphIndex
	scale := l.size / vg.Length(l.font.UnitsPerEm())
	for i, r := range s {
		glyph, err := l.font.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		if i > 0 {
			if kern, err := l.font.Kern(&buffer, before, glyph, em(l.font), font.HintingNone); err == nil {
				x += kern
			}
		}
		if do != nil {
			do(&buffer, glyph, vg.Length(x)*scale)
		}
		if advance, err := l.font.GlyphAdvance(&buffer, glyph, em(l.font), font.HintingNone); err == nil {
			x += advance
		}
		before = glyph
	}
	return vg.Length(x) * scale
}

func (l lettering) width(s string) vg.Length { return l.each(s, nil) }

// outline returns the shape of s with its first letter's origin at the given point.
func (l lettering) outline(s string, origin vg.Point) vg.Path {
	var path vg.Path
	scale := l.size / vg.Length(l.font.UnitsPerEm())
	l.each(s, func(buffer *sfnt.Buffer, glyph sfnt.GlyphIndex, x vg.Length) {
		segments, err := l.font.LoadGlyph(buffer, glyph, em(l.font), nil)
		if err != nil {
			return
		}
		point := func(p fixed.Point26_6) vg.Point {
			return vg.Point{X: origin.X + x + vg.Length(p.X)*scale, Y: origin.Y - vg.Length(p.Y)*scale}
		}
		open := false
		for _, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if open {
					path.Close()
				}
				open = true
				path.Move(point(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(point(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(point(s.Args[0]), point(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
			}
		}
		if open {
			path.Close()
		}
	})
	return path
}

// fit returns s, or as much of its beginning as is at most width wide with "…" behind it.
func (l lettering) fit(s string, width vg.Length) string {
	if l.width(s) <= width {
		return s
	}
	letters := []rune(s)
	for n := len(letters) - 1; n > 0; n-- {
		if cut := strings.TrimRight(string(letters[:n]), " ") + "…"; l.width(cut) <= width {
			return cut
		}
	}
	return "…"
}

// clean makes a text of strangers fit for a picture: one line of at most most characters. Control and invisible characters go, as do
// marks piled on marks, and what the font cannot show becomes a mark that shows that something was there.
func (t *typeface) clean(s string, most int) string {
	var buffer sfnt.Buffer
	out := make([]rune, 0, min(len(s), most))
	space, marks, cut := false, 0, false
	for _, r := range s {
		mark := unicode.Is(unicode.M, r)
		switch {
		case unicode.IsSpace(r):
			space = true
			continue
		case unicode.Is(unicode.C, r) && r != utf8.RuneError:
			continue
		case mark && (marks > 0 || len(out) == 0 || space):
			continue
		}
		if len(out) >= most-1 {
			cut = true
			break
		}
		if space && len(out) > 0 {
			out = append(out, ' ')
		}
		space, marks = false, 0
		if mark {
			marks++
		}
		if glyph, err := t.regular.GlyphIndex(&buffer, r); err != nil || glyph == 0 {
			r = missing
		}
		out = append(out, r)
	}
	if cut {
		return strings.TrimRight(string(out[:min(len(out), most-1)]), " ") + "…"
	}
	return string(out)
}
