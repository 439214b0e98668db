package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

func TestTextIsWrittenAsDiscordShowsIt(t *testing.T) {
	tests := []struct {
		name string
		text chat.Rich
		want string
	}{
		{"plain text with marks in it", chat.Rich{{Text: "2*3_4~5`6|7 <@1> @everyone [a](b) # > :x:"}}, "2\\*3\\_4\\~5\\`6\\|7 \\<\\@1\\> \\@everyone \\[a\\]\\(b\\) \\# \\> \\:x\\:"},
		{"lists", chat.Rich{{Text: "- a\n  - b\n1. c\n+ d\n-5 and 1.5 - 2"}}, "\\- a\n  \\- b\n1\\. c\n\\+ d\n\\-5 and 1.5 - 2"},
		{"a heading", chat.Rich{{Text: "Averages\n", Style: chat.Strong}, {Text: "all"}}, "**Averages**\nall"},
		{"a heading with spaces around", chat.Rich{{Text: " a* \n b", Style: chat.Strong}}, " **a\\*** \n **b**"},
		{"a remark on a line of its own", chat.Rich{{Text: "x\n"}, {Text: "simulated_\nall", Style: chat.Faint}}, "x\n-# simulated\\_\n-# all"},
		{"a remark within a line", chat.Rich{{Text: "a "}, {Text: "b", Style: chat.Faint}, {Text: "c"}}, "a _b_" + apart + "c"},
		{"a remark behind a word", chat.Rich{{Text: "a"}, {Text: "b", Style: chat.Faint}}, "a" + apart + "_b_"},
		{"code", chat.Rich{{Text: "/mute *", Style: chat.Code}}, "`/mute *`"},
		{"code with backticks", chat.Rich{{Text: "a``b`", Style: chat.Code}}, "`` a`" + apart + "`b` ``"},
		{"code beside emphasis", chat.Rich{{Text: "a", Style: chat.Code}, {Text: "b", Style: chat.Strong}}, "`a`" + apart + "**b**"},
		{"a table", chat.Rich{{Text: "T\n", Style: chat.Strong}, {Text: "a | b\n1 * 2\n", Style: chat.Block}, {Text: "end"}}, "**T**\n```\na | b\n1 * 2\n```" + apart + "end"},
		{"a table with a fence in it", chat.Rich{{Text: "a ``` b", Style: chat.Block}}, "```\na `" + apart + "`" + apart + "` b\n```"},
		{"nothing", chat.Rich{{Text: "  ", Style: chat.Strong}, {Style: chat.Block}}, "  "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := render(test.text)
			assert.Equal(t, test.want, got)
			assert.Equal(t, utf8.RuneCountInString(got), measure(test.text))
		})
	}
}

// scan reads Discord's Markdown and returns what it shows, and the first mark that means something and is not ours. It knows the emphasis that render
// writes: blocks, code, bold, italics with underscores, and small print.
func scan(text string) (shown, fault string) {
	var b strings.Builder
	start := true // of a line, but for spaces and digits
	for len(text) > 0 {
		switch {
		case strings.HasPrefix(text, "```"):
			end := strings.Index(text[3:], "```")
			if end < 0 {
				return b.String(), "a block without an end"
			}
			b.WriteString(text[3 : 3+end])
			text, start = text[end+6:], false
			continue
		case text[0] == '`':
			mark := "`"
			if strings.HasPrefix(text, "``") {
				mark = "``"
			}
			end := strings.Index(text[len(mark):], mark)
			if end <= 0 {
				return b.String(), "code without an end"
			}
			b.WriteString(text[len(mark) : len(mark)+end])
			text, start = text[end+2*len(mark):], false
			continue
		case strings.HasPrefix(text, "**"), strings.HasPrefix(text, "_"):
			text, start = strings.TrimPrefix(strings.TrimPrefix(text, "**"), "_"), false
			continue
		case start && strings.HasPrefix(text, "-# "):
			text = text[3:]
			continue
		case text[0] == '\\':
			r, size := utf8.DecodeRuneInString(text[1:])
			if size == 0 || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == ' ' || r == '\n' {
				return b.String(), "a backslash that is shown"
			}
			b.WriteRune(r)
			text, start = text[1+size:], false
			continue
		case strings.ContainsRune("*~|#[]()<>@:", rune(text[0])), start && strings.ContainsRune("-+", rune(text[0])):
			return b.String(), "a mark: " + text[:1]
		}
		r, size := utf8.DecodeRuneInString(text)
		b.WriteRune(r)
		text = text[size:]
		start = r == '\n' || start && (r == ' ')
	}
	return b.String(), ""
}

func FuzzNothingThatIsWrittenIsTakenAsAMark(f *testing.F) {
	for _, seed := range []string{"a*b", "```", "`", "``x``", "@everyone <@1> <#2> <t:1>", "# x", "-# x", "- x", "> x", ">>> x", "||x||", "[a](https://b.example)", "https://a.example",
		"\\", "\\*", "_x_", "1. x", " * x", "\n\n- x", ":smile:", "<:a:1>", "a_b_c", "\u200b"} {
		for style := range 5 {
			f.Add(seed, style, "tail*")
		}
	}
	f.Fuzz(func(t *testing.T, text string, style int, tail string) {
		if !utf8.ValidString(text + tail) {
			return // package chat lets no such text pass
		}
		rich := chat.Rich{{Text: text, Style: chat.Style(uint(style) % 5)}, {Text: tail, Style: chat.Style(uint(style) / 5 % 5)}}
		written := render(rich)
		shown, fault := scan(written)
		require.Empty(t, fault, "%q", written)
		squeeze := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, apart, "")), "") }
		require.Equal(t, squeeze(text+tail), squeeze(shown), "all of the text is shown: %q", written)
	})
}
