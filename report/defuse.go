package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Defuse returns s so that no spreadsheet takes it for a formula. Text that begins with = + - @, a tab or a line's end gets an
// apostrophe in front, and so does text where only spaces or invisible characters stand before one of them, or that begins with
// their full-width forms. Other text comes back as it is. Memos, monikers and service names are chosen by strangers: a cell such as
// =HYPERLINK(…) would otherwise run in the reader's program.
func Defuse(s string) string {
	if harmless(s) {
		return s
	}
	return "'" + s
}

// harmless reports whether no spreadsheet takes s for a formula.
func harmless(s string) bool {
	for _, r := range s {
		switch r {
		case '=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−':
			return false
		case '\t', '\r', '\n':
			return false
		}
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != utf8.RuneError {
			return true
		}
	}
	return true
}

// plain reports whether s is printable ASCII, which is most text there is, so that the careful ways can be left out.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Clean returns s as valid UTF-8 without control characters: those except tab and line ends, and bytes that are not UTF-8, become U+FFFD.
// CSV and XLSX files hold text in this form, as some of their readers stop at a NUL.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF:
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
