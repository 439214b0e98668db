package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestDefuse(t *testing.T) {
	for _, s := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", " =1", "\u00a0=1", "\u3000=1", "\u200b=1", "\ufeff=1", "\x00=1", "\u202e=1",
		"＝1", "＋1", "－1", "＠x", "﹦1", "−1", `=HYPERLINK("http://x","y")`, "=cmd|' /C calc'!A0", "  \t =1", "\xff=1",
	} {
		assert.Equal(t, "'"+s, Defuse(s), "%q", s)
	}
	for _, s := range []string{"", "eth", "a=b", "1-1", "'=1", "–dash", "§", "日本", "   ", "(=1)", "eth-holesky", "x@y"} {
		assert.Equal(t, s, Defuse(s), "%q", s)
	}
}

// dangerous says, in another way than Defuse, whether a spreadsheet may run s.
func dangerous(s string) bool {
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") {
		return true
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == utf8.RuneError })
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune("=+-@＝＋－＠", r)
}

func TestDefusedTextIsNeverAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ \t\r\n=+\-@'"a＝\x{200b}]{0,8}`)).Draw(t, "text")
		defused := Defuse(s)
		if dangerous(defused) {
			t.Fatalf("%q became %q", s, defused)
		}
		if defused != s && defused != "'"+s {
			t.Fatalf("%q became %q", s, defused)
		}
	})
}

func TestClean(t *testing.T) {
	assert.Equal(t, "a\ufffdb", Clean("a\x00b"))
	assert.Equal(t, "a\tb\r\nc", Clean("a\tb\r\nc"))
	assert.Equal(t, "\ufffd", Clean("\xff\xfe"))
	assert.Equal(t, "\ufffd[31m", Clean("\x1b[31m"))
	assert.Equal(t, "日本 🎉", Clean("日本 🎉"))
}
