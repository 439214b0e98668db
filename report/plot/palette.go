package plot

import "image/color"

// A palette is the colours of a theme. The series were chosen by search: each stands out from the background by 3:1 or more (WCAG 1.4.11),
// and any two of them differ for eyes with protanopia, deuteranopia and tritanopia, neighbours most of all. Tests hold them to it.
type palette struct {
	background color.NRGBA
	text       color.NRGBA // titles and numbers
	muted      color.NRGBA // what is said beside
	grid       color.NRGBA
	axis       color.NRGBA
	line       color.NRGBA // the average
	bar        color.NRGBA // the number of nodes, behind the line
	barEdge    color.NRGBA // on top of bar: what its height is read from
	good       color.NRGBA // nothing was lost
	badge      color.NRGBA // behind "simulated"
	badgeText  color.NRGBA
	series     [8]color.NRGBA
	other      color.NRGBA // all the series that have no colour of their own

	overserviced, deflated, expired, slashed color.NRGBA
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

func (t Theme) palette() palette {
	if t == Dark {
		return palette{
			background: rgb(0x12161C), text: rgb(0xF0F3F6), muted: rgb(0xA3AEBB), grid: rgb(0x262D37), axis: rgb(0x6F7B8A),
			line: rgb(0x31BEF8), bar: rgb(0x2A3543), barEdge: rgb(0x71839A), good: rgb(0x4FBF8B),
			badge: rgb(0xF9BF82), badgeText: rgb(0x2B1A05),
			series: [8]color.NRGBA{rgb(0x31BEF8), rgb(0xF9BF82), rgb(0x4C9775), rgb(0xE96BD1),
				rgb(0x6E64EB), rgb(0xE8DD55), rgb(0xE96442), rgb(0x7FFAD8)},
			other:        rgb(0x8E98A6),
			overserviced: rgb(0x31BEF8), deflated: rgb(0x8E98A6), expired: rgb(0xF9BF82), slashed: rgb(0xE96442),
		}
	}
	return palette{
		background: rgb(0xFFFFFF), text: rgb(0x1B222B), muted: rgb(0x5A6675), grid: rgb(0xE6EAEE), axis: rgb(0x8A96A3),
		line: rgb(0x0072D1), bar: rgb(0xDDE5ED), barEdge: rgb(0x738296), good: rgb(0x277F58),
		badge: rgb(0x9A4A00), badgeText: rgb(0xFFFFFF),
		series: [8]color.NRGBA{rgb(0x0072D1), rgb(0xC68239), rgb(0x277F58), rgb(0xB755AB),
			rgb(0x34236E), rgb(0x1B9BCF), rgb(0x90322B), rgb(0x583263)},
		other:        rgb(0x75808C),
		overserviced: rgb(0x0072D1), deflated: rgb(0x75808C), expired: rgb(0xC68239), slashed: rgb(0x90322B),
	}
}

// blend returns the colour that a share of front over back looks like. It is opaque, so that no grid shines through.
func blend(front, back color.NRGBA, share float64) color.NRGBA {
	mix := func(f, b uint8) uint8 { return uint8(float64(f)*share + float64(b)*(1-share) + 0.5) }
	return color.NRGBA{R: mix(front.R, back.R), G: mix(front.G, back.G), B: mix(front.B, back.B), A: 255}
}
