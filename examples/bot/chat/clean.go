package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/poktbot/poktbot/report"
)

// plain is text as one line that is safe to show. Marks that join pictures of people are kept, as labels hold them; other characters that show nothing, turn
// the direction of text or end a line do not pass.
func plain(text string) string {
	const joiner = "\u200d"
	if !strings.Contains(text, joiner) {
		return report.Line(text, 0)
	}
	pieces := strings.Split(text, joiner)
	for i, piece := range pieces {
		pieces[i] = report.Line(piece, 0)
	}
	return strings.Join(pieces, joiner)
}

// block is lines of letters of one width that are safe to show: spaces stay.
func block(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == ' ':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return utf8.RuneError
		}
		return r
	}, text)
}

// blank reports whether text shows nothing.
func blank(text string) bool {
	for _, r := range text {
		if r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) && r != '\u2800' && r != '\u3164' && r != '\u115f' && r != '\u1160' && r != '\uffa0' {
			return false
		}
	}
	return true
}

// Blank reports whether the text shows nothing.
func (r Rich) blank() bool {
	for _, span := range r {
		if !blank(span.Text) {
			return false
		}
	}
	return true
}

// clip cuts text to so many runes, with a sign that it was.
func clip(text string, most int) string {
	if most > 0 && utf8.RuneCountInString(text) > most {
		runes := []rune(text)
		return strings.TrimRight(string(runes[:most-1]), "\u200d ") + "…"
	}
	return text
}
