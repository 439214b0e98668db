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

// mostText is how many UTF-16 code units a message has at most. Bot API, sendMessage.
const mostText = 4096

// mostEntities is how many pieces of a message may have a style. Bot API, formatting options: Telegram ignores those after the hundredth.
const mostEntities = 100

// joined is text in as few pieces as look the same: neighbours of one style are one, and so are words that stand out with nothing but space between them.
func joined(text chat.Rich) chat.Rich {
	var list chat.Rich
	for _, span := range text {
		if _, known := tags[span.Style]; !known {
			span.Style = chat.Plain
		}
		span.Text = valid(span.Text) // before it has neighbours: halves of letters that meet are not what was written
		last := len(list) - 1
		switch {
		case span.Text == "":
		case last >= 0 && list[last].Style == span.Style:
			list[last].Text += span.Text
		case last >= 1 && (span.Style == chat.Strong || span.Style == chat.Faint) && list[last-1].Style == span.Style && strings.TrimSpace(list[last].Text) == "" && list[last].Style == chat.Plain:
			list[last-1].Text += list[last].Text + span.Text
			list = list[:last]
		default:
			list = append(list, span)
		}
	}
	return list
}

// html writes text for the parse mode HTML.
func html(text chat.Rich) string {
	var b strings.Builder
	for _, span := range joined(text) {
		tag := tags[span.Style]
		if tag != "" {
			b.WriteString("<" + tag + ">")
		}
		_, _ = escape.WriteString(&b, span.Text)
		if tag != "" {
			b.WriteString("</" + tag + ">")
		}
	}
	return b.String()
}

// measure counts UTF-16 code units after the entities are parsed, as Telegram does: markup does not count. A text with too many pieces that have a
// style is as long as one with too many letters, so that it is cut as that is.
func measure(text chat.Rich) int {
	n, entities := 0, 0
	for _, span := range joined(text) {
		n += units(span.Text)
		if span.Style != chat.Plain {
			entities++
		}
	}
	if entities > mostEntities {
		n = max(n, mostText+entities-mostEntities)
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
