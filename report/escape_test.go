package report

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestLine(t *testing.T) {
	tests := []struct{ name, give, want string }{
		{"line ends and tabs become one space", "a\r\n\tb\u2028c", "a b c"},
		{"spaces at the ends go", " a  b  ", "a b"},
		{"a space at the end goes", "a ", "a"},
		{"escape sequences cannot begin", "\x1b[2Jgone", "�[2Jgone"},
		{"text cannot run backwards", "abc\u202edcba", "abc�dcba"},
		{"bytes that are not UTF-8 show", "a\xffb", "a�b"},
		{"other languages stay", "ノード 🎉 é", "ノード 🎉 é"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, Line(test.give, 0)) })
	}
	t.Run("a long line is cut, and shows it", func(t *testing.T) {
		assert.Equal(t, "日本…", Line("日本語です", 3))
		assert.Equal(t, "abc", Line("abc", 3))
	})
}

func TestLineIsOnePrintableLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		most := rapid.IntRange(0, 20).Draw(t, "most")
		got := Line(s, most)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		if most > 0 && utf8.RuneCountInString(got) > most {
			t.Fatalf("%q is longer than %d", got, most)
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 {
				t.Fatalf("%q has %U", got, r)
			}
		}
		if Line(got, most) != got {
			t.Fatalf("%q changes again", got)
		}
	})
}

func TestEscapes(t *testing.T) {
	assert.Equal(t, `\_\*\[a\]\(b\)\~\`+"`"+`\>\#\+\-\=\|\{\}\.\!\\`, Markdown("_*[a](b)~`>#+-=|{}.!\\"))
	assert.Equal(t, "eth", Markdown("eth"))
	assert.Equal(t, "\\`\\\\_", MarkdownCode("`\\_"))
	assert.Equal(t, "&lt;b&gt; &amp; &#34;x&#34; &#39;y&#39;", HTML(`<b> & "x" 'y'`))
}
