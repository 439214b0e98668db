package plot

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/vg"
)

func TestCleanText(t *testing.T) {
	letters := painter(t).letters
	tests := []struct{ name, in, want string }{
		{"plain text stays", "eth-mainnet", "eth-mainnet"},
		{"so do other alphabets of the font", "Ελλάδα Україна Łódź", "Ελλάδα Україна Łódź"},
		{"markup is only text", `<b>&amp;"</b>`, `<b>&amp;"</b>`},
		{"control characters go", "\x1b[31mred\x00\x7f", "[31mred"},
		{"a text is one line", " a\r\n\tb  c ", "a b c"},
		{"nothing turns the direction of writing", "abc\u202edcba\u2066", "abcdcba"},
		{"nothing is invisible", "a\u200bb\ufeffc\u00ad", "abc"},
		{"marks are not piled up", "Z\u0334\u0335\u0336\u0337a", "Z\u0334a"},
		{"a mark needs a letter", "\u0301a", "a"},
		{"what the font lacks is seen", "中文 😀", "□□ □"},
		{"broken text is seen", "a\xffb", "a□b"},
		{"private characters go", "a\ue000b", "ab"},
		{"nothing", "", ""},
		{"only what goes", "\u200b\n", ""},
		{"as long as may be", strings.Repeat("x", maxLabel-1), strings.Repeat("x", maxLabel-1)},
		{"longer is cut", strings.Repeat("x", maxLabel+1), strings.Repeat("x", maxLabel-1) + "…"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, letters.clean(test.in, maxLabel))
		})
	}
}

func TestFitCutsWhatIsTooWide(t *testing.T) {
	l := lettering{painter(t).letters.regular, 16}
	assert.Equal(t, "polygon", l.fit("polygon", 100))
	assert.Equal(t, "poly…", l.fit("polygon", l.width("poly…")))
	assert.Equal(t, "two…", l.fit("two words", l.width("two …")), "no space before the dots")
	assert.Equal(t, "…", l.fit("polygon", 0))
}

func TestLettersAreAsWideAsTheirShapes(t *testing.T) {
	l := lettering{painter(t).letters.regular, 100}
	left, right := vg.Length(1e9), vg.Length(-1e9)
	for _, part := range l.outline("HAVE", vg.Point{X: 50, Y: 20}) {
		if part.Type != vg.CloseComp {
			left, right = min(left, part.Pos.X), max(right, part.Pos.X)
			assert.GreaterOrEqual(t, part.Pos.Y, vg.Length(20-2))
			assert.LessOrEqual(t, part.Pos.Y, vg.Length(20+75))
		}
	}
	assert.InDelta(t, 50, float64(left), 10)
	assert.InDelta(t, float64(50+l.width("HAVE")), float64(right), 10)
	assert.Less(t, l.width("AV"), l.width("A")+l.width("V"), "pairs stand closer")
}

// FuzzLabel draws names as strangers may choose them.
func FuzzLabel(f *testing.F) {
	for _, s := range []string{"eth", "", "\x00", "a\u0301\u0301", "\u202e</svg>", "中文", "\xff\xfe", strings.Repeat("W", 500), "]]>&#0;", "a b\tc"} {
		f.Add(s, uint8(maxLabel))
	}
	p, err := New()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, s string, most uint8) {
		most = max(most, 1)
		got := p.letters.clean(s, int(most))
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, utf8.RuneCountInString(got), int(most))
		require.Equal(t, got, p.letters.clean(got, int(most)), "clean text stays as it is")
		var buffer sfnt.Buffer
		for _, r := range got {
			glyph, err := p.letters.regular.GlyphIndex(&buffer, r)
			require.NoError(t, err)
			require.NotZero(t, glyph, "no glyph for %U", r)
			bold, err := p.letters.bold.GlyphIndex(&buffer, r)
			require.NoError(t, err)
			require.NotZero(t, bold, "no bold glyph for %U", r)
			require.False(t, unicode.IsControl(r))
		}
		l := lettering{p.letters.regular, 16}
		fitted := l.fit(got, 60)
		require.LessOrEqual(t, l.width(fitted), vg.Length(60))
		l.outline(fitted, vg.Point{})
	})
}
