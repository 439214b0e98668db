package main

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// apart is a character that shows nothing: it keeps marks from being read as one.
const apart = "\u200b"

// escaped are the characters that mean something to Discord wherever they stand. A backslash before any sign that is no letter or digit makes it
// stand for itself; a colon is among them because without it no address is a link and no name an emoji.
const escaped = "\\*_~`|#[]()<>@:"

// A writer writes Discord's Markdown.
type writer struct {
	strings.Builder
	line   string // what stands on the line so far, without marks
	marked bool   // the last thing written was a mark
}

// render writes text as Discord's Markdown. Nothing in the text of a span is taken as a mark.
func render(rich chat.Rich) string {
	var w writer
	for i := 0; i < len(rich); i++ {
		span := rich[i]
		for i+1 < len(rich) && rich[i+1].Style == span.Style { // one after the other, their marks would be read as others
			i++
			span.Text += rich[i].Text
		}
		switch span.Style {
		case chat.Block:
			w.block(span.Text)
		case chat.Plain:
			w.plain(span.Text)
		default:
			lines := strings.SplitAfter(span.Text, "\n")
			for k, line := range lines {
				text := strings.TrimSuffix(line, "\n")
				ends := k < len(lines)-1 || i+1 == len(rich) || strings.HasPrefix(rich[i+1].Text, "\n")
				w.styled(text, span.Style, ends)
				if len(text) < len(line) {
					w.plain("\n")
				}
			}
		}
	}
	return w.String()
}

// plain writes text without emphasis.
func (w *writer) plain(text string) {
	for _, r := range text {
		if w.marked && r != '\n' && r != ' ' {
			w.WriteString(apart)
		}
		w.marked = false
		w.letter(r)
	}
}

// letter writes a letter that stands for itself.
func (w *writer) letter(r rune) {
	switch {
	case r == '\n':
		w.WriteRune(r)
		w.line = ""
		return
	case strings.ContainsRune(escaped, r), strings.ContainsRune("-+", r) && strings.TrimSpace(w.line) == "", r == '.' && isNumber(strings.TrimSpace(w.line)):
		w.WriteByte('\\')
	}
	w.WriteRune(r)
	if len(w.line) < 64 { // no list has longer numbers
		w.line += string(r)
	}
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// styled writes a piece of a line with emphasis. Ends: the line ends behind it.
func (w *writer) styled(text string, style chat.Style, ends bool) {
	core := strings.TrimFunc(text, unicode.IsSpace) // marks beside spaces are none
	if core == "" {
		w.plain(text)
		return
	}
	before, after, _ := strings.Cut(text, core)
	w.plain(before)
	if style == chat.Faint && ends && w.line == "" {
		w.WriteString("-# ") // what is behind stands at the start of a line, too
		w.plain(core)
		w.plain(after)
		return
	}
	if w.marked {
		w.WriteString(apart)
	}
	switch style {
	case chat.Strong:
		w.around("**", core)
	case chat.Faint:
		if last, _ := utf8.DecodeLastRuneInString(w.String()); unicode.IsLetter(last) || unicode.IsDigit(last) {
			w.WriteString(apart)
		}
		w.around("_", core)
	default:
		w.code(core)
	}
	w.marked = true
	w.plain(after)
}

func (w *writer) around(mark, text string) {
	w.WriteString(mark)
	w.line += apart // what stands inside is not at the start of the line
	for _, r := range text {
		w.letter(r)
	}
	w.WriteString(mark)
}

// code writes letters of one width. Inside nothing is escaped: marks that end it are kept apart.
func (w *writer) code(text string) {
	if text = strings.ReplaceAll(text, apart, ""); text == "" {
		return
	}
	mark, space := "`", ""
	if strings.Contains(text, "`") {
		mark, space = "``", " "
		text = splitTicks(text)
	}
	w.WriteString(mark + space + text + space + mark)
	w.line += apart
}

// block writes lines of letters of one width.
func (w *writer) block(text string) {
	if text == "" {
		return
	}
	if w.line != "" || w.marked {
		w.WriteString("\n")
	}
	w.WriteString("```\n" + splitTicks(strings.TrimSuffix(text, "\n")) + "\n```")
	w.line, w.marked = apart, true
}

// splitTicks puts something that does not show between backticks.
func splitTicks(text string) string {
	for strings.Contains(text, "``") {
		text = strings.ReplaceAll(text, "``", "`"+apart+"`")
	}
	return text
}

// measure counts as Discord does: the characters of the text with its marks.
func measure(rich chat.Rich) int { return utf8.RuneCountInString(render(rich)) }

// clip cuts text to so many characters.
func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
