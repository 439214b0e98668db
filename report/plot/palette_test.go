package plot

import (
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func linear(c uint8) float64 {
	v := float64(c) / 255
	if v <= 0.03928 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// contrast is the contrast ratio of WCAG 2: 1 for equal colours, 21 for black and white.
func contrast(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 { return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B) }
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// eyes are what colours become for eyes without one of the three cones (Machado, Oliveira and Fernandes 2009, severity 1).
var eyes = map[string][3][3]float64{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab returns c as those eyes see it in CIE Lab, where 2 is a difference that can just be seen.
func lab(c color.NRGBA, eye [3][3]float64) [3]float64 {
	in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var rgb [3]float64
	for i, row := range eye {
		rgb[i] = min(1, max(0, row[0]*in[0]+row[1]*in[1]+row[2]*in[2]))
	}
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	x := f((0.4124*rgb[0] + 0.3576*rgb[1] + 0.1805*rgb[2]) / 0.9505)
	y := f(0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2])
	z := f((0.0193*rgb[0] + 0.1192*rgb[1] + 0.9505*rgb[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func distance(a, b color.NRGBA, eye [3][3]float64) float64 {
	p, q := lab(a, eye), lab(b, eye)
	return math.Hypot(math.Hypot(p[0]-q[0], p[1]-q[1]), p[2]-q[2])
}

func TestPalettes(t *testing.T) {
	for _, theme := range []Theme{Light, Dark} {
		ink := theme.palette()
		t.Run("text can be read in "+string(theme), func(t *testing.T) {
			assert.GreaterOrEqual(t, contrast(ink.text, ink.background), 7.0)
			assert.GreaterOrEqual(t, contrast(ink.muted, ink.background), 4.5)
			assert.GreaterOrEqual(t, contrast(ink.badgeText, ink.badge), 4.5)
		})
		t.Run("what carries a value stands out in "+string(theme), func(t *testing.T) {
			for _, c := range append(ink.series[:], ink.other, ink.line, ink.barEdge, ink.good, ink.badge,
				ink.overserviced, ink.deflated, ink.expired, ink.slashed) {
				assert.GreaterOrEqual(t, contrast(c, ink.background), 3.0, "%v", c)
			}
			assert.GreaterOrEqual(t, contrast(ink.line, ink.bar), 3.0, "the line where it crosses bars")
			assert.GreaterOrEqual(t, contrast(ink.barEdge, ink.bar), 3.0, "the edge of a bar")
		})
		t.Run("the grid stays behind in "+string(theme), func(t *testing.T) {
			assert.Less(t, contrast(ink.grid, ink.background), 1.5)
			assert.Greater(t, contrast(ink.grid, ink.background), 1.1)
		})
		for eye, matrix := range eyes {
			t.Run("colours differ in "+string(theme)+" for eyes with "+eye, func(t *testing.T) {
				stacked := append(ink.series[:], ink.other)
				for i, a := range stacked {
					for j, b := range stacked[:i] {
						want := 14.0
						if i == j+1 {
							want = 26 // they touch in a bar
						}
						assert.GreaterOrEqual(t, distance(a, b, matrix), want, "series %d and %d", j, i)
					}
				}
				causes := []color.NRGBA{ink.overserviced, ink.deflated, ink.expired, ink.slashed}
				for i, a := range causes {
					for j, b := range causes[:i] {
						assert.GreaterOrEqual(t, distance(a, b, matrix), 14.0, "causes %d and %d", j, i)
					}
				}
			})
		}
	}
}
