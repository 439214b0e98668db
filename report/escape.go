package report

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one line that is safe to print in a log, a terminal or a sentence: line ends, tabs and runs of spaces become one
// space; control characters, escape sequences' beginnings, invisible characters and those that change the direction of the text become
// "�"; bytes that are not UTF-8 too. It is cut to most characters, the last of them "…"; 0 cuts nothing.
func Line(s string, most int) string {
	if !plain(s) || strings.Contains(s, "  ") || strings.TrimSpace(s) != s {
		s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), unicode.IsSpace), " ")
		s = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) {
				return utf8.RuneError
			}
			return r
		}, s)
	}
	if most > 0 && utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// Markdown escapes s for a message in Telegram's MarkdownV2, outside of code. A backslash goes before each of
// _ * [ ] ( ) ~ ` > # + - = | { } . ! and \ itself.
func Markdown(s string) string { return backslash(s, "_*[]()~`>#+-=|{}.!\\") }

// MarkdownCode escapes s for the inside of ` and ``` in Telegram's MarkdownV2.
func MarkdownCode(s string) string { return backslash(s, "`\\") }

// HTML escapes s for the text of an HTML page or of a Telegram message in HTML, and for an attribute in quotes.
func HTML(s string) string { return html.EscapeString(s) }

func backslash(s, special string) string {
	if !strings.ContainsAny(s, special) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
