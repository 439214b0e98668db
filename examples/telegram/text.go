package main

import (
	"strings"
	"unicode/utf16"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// escape makes text be text. Bot API, formatting options: &, < and > must be written as entities, and of the named ones only four are known.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// valid is text as it may be sent: Telegram refuses what is not UTF-8, and ends a text at a zero byte.
func valid(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// tags are the HTML elements of the styles.
var tags = map[chat.Style]string{chat.Strong: "b", chat.Faint: "i", chat.Code: "code", chat.Block: "pre"}

// html writes text for the parse mode HTML. Neighbours of one style share an element: there may be a hundred of them in a message.
func html(text chat.Rich) string {
	var b strings.Builder
	open := ""
	for _, span := range text {
		if span.Text == "" {
			continue
		}
		if tag := tags[span.Style]; tag != open {
			if open != "" {
				b.WriteString("</" + open + ">")
			}
			if tag != "" {
				b.WriteString("<" + tag + ">")
			}
			open = tag
		}
		_, _ = escape.WriteString(&b, valid(span.Text))
	}
	if open != "" {
		b.WriteString("</" + open + ">")
	}
	return b.String()
}

// measure counts UTF-16 code units after the entities are parsed, as Telegram does: markup does not count.
func measure(text chat.Rich) int {
	n := 0
	for _, span := range text {
		n += units(valid(span.Text))
	}
	return n
}

func units(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// blank reports whether nothing would be seen: Telegram refuses such a text.
func blank(text chat.Rich) bool {
	for _, span := range text {
		if strings.TrimSpace(span.Text) != "" {
			return false
		}
	}
	return true
}

// cut is the beginning of a text that has no more than so many UTF-16 code units.
func cut(text string, most int) string {
	text = valid(text)
	if units(text) <= most {
		return text
	}
	n := 0
	for i, r := range text {
		if n += utf16.RuneLen(r); n > most-1 {
			return text[:i] + "…"
		}
	}
	return text
}
