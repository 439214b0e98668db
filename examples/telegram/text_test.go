package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/telegram/telegramtest"
	"github.com/poktbot/poktbot/report"
)

func TestStylesBecomeElementsAndTextStaysText(t *testing.T) {
	tests := []struct {
		name string
		text chat.Rich
		want string
	}{
		{"plain", chat.Rich{{Text: "a"}}, "a"},
		{"each style", chat.Rich{{Text: "a", Style: chat.Strong}, {Text: "b", Style: chat.Faint}, {Text: "c", Style: chat.Code}, {Text: "d", Style: chat.Block}}, "<b>a</b><i>b</i><code>c</code><pre>d</pre>"},
		{"neighbours share", chat.Rich{{Text: "a", Style: chat.Block}, {Text: "b", Style: chat.Block}, {Text: "c", Style: chat.Plain}}, "<pre>ab</pre>c"},
		{"nothing makes no element", chat.Rich{{Text: "", Style: chat.Strong}, {Text: "c", Style: chat.Plain}}, "c"},
		{"markup of strangers", chat.Rich{{Text: `<a href="x">&amp;</a>`, Style: chat.Strong}}, "<b>&lt;a href=&quot;x&quot;&gt;&amp;amp;&lt;/a&gt;</b>"},
		{"no text at all", chat.Rich{{Text: "a\xff\x00b", Style: chat.Plain}}, "a\uFFFD\uFFFDb"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, html(tt.text), tt.name)
	}
}

func TestLengthsAreUnitsOfUTF16WithoutMarkup(t *testing.T) {
	assert.Equal(t, 2+1+4, measure(chat.Rich{{Text: "😀", Style: chat.Strong}, {Text: "é", Style: chat.Plain}, {Text: "<&>\"", Style: chat.Code}}))
	assert.Equal(t, "ab", cut("ab", 2))
	assert.Equal(t, "a…", cut("abc", 2))
	assert.Equal(t, "😀…", cut("😀😀😀", 4))
}

// Telegram shows a message of which more than a hundred pieces have a style, and leaves the rest of them plain.
func TestAMessageHasNoMoreStylesThanTelegramShows(t *testing.T) {
	codes := func(n int) (text chat.Rich) {
		for range n {
			text = append(text, chat.Span{Text: "a", Style: chat.Code}, chat.Span{Text: " "})
		}
		return text
	}
	limit := quietPlatform(t).Limits().Text
	assert.LessOrEqual(t, measure(codes(100)), limit)
	assert.Greater(t, measure(codes(101)), limit)

	var bold chat.Rich
	for range 150 {
		bold = append(bold, chat.Span{Text: "a", Style: chat.Strong}, chat.Span{Text: "\n"})
	}
	assert.Equal(t, "<b>"+strings.Repeat("a\n", 149)+"a</b>\n", html(bold), "space between is as good as bold")
	assert.LessOrEqual(t, measure(bold), limit)
	assert.Equal(t, "<code>a</code> <code>a</code> ", html(codes(2)), "what is copied apart stays apart")
}

func TestNotesOfATableAreAllShownAsNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		var notes []string
		for i := range 150 {
			notes = append(notes, fmt.Sprint("note ", i))
		}
		table := report.Table{Title: "Nodes", Notes: notes, Columns: []report.Column{{Name: "Node", Kind: report.KindText}}}
		table.Rows = report.Rows([]report.Cell{report.String("a")})
		e.parts = map[string]func() []bot.Part{"/nodes": func() []bot.Part { return []bot.Part{bot.Table{Table: table}} }}
		r := start(t, server, e, server.Transport())
		ana := server.Person(7, "Ana")
		ana.Type("/nodes")
		time.Sleep(30 * time.Second)
		require.Len(t, ana.Messages(), 1)
		assert.Contains(t, ana.Messages()[0].HTML, "<i>note 0\nnote 1\n")
		assert.NoError(t, r.end())
		assert.Empty(t, server.Faults())
	})
}

func TestChatsHaveNames(t *testing.T) {
	for text, want := range map[string]struct {
		id    int64
		topic int
	}{"telegram:5": {5, 0}, "telegram:-100123/45": {-100123, 45}} {
		id, topic, err := parseChat(text)
		require.NoError(t, err)
		assert.Equal(t, want.id, id)
		assert.Equal(t, want.topic, topic)
		assert.Equal(t, text, chatName(id, topic))
	}
	for _, text := range []string{"", "telegram:", "telegram:0", "discord:5", "telegram:5/", "telegram:5/0", "telegram:a", "5"} {
		_, _, err := parseChat(text)
		assert.ErrorContains(t, err, "no chat of Telegram", text)
	}
}

func FuzzRenderedTextIsReadAsItWas(f *testing.F) {
	f.Add("<b>&amp;", "</pre>\"'", uint8(1), uint8(4))
	f.Add("\xff\x00", "😀", uint8(3), uint8(0))
	f.Fuzz(func(t *testing.T, a, b string, x, y uint8) {
		text := chat.Rich{{Text: a, Style: chat.Style(x % 5)}, {Text: b, Style: chat.Style(y % 5)}, {Text: a, Style: chat.Plain}}
		got, err := telegramtest.Parse(html(text))
		require.NoError(t, err)
		assert.Equal(t, valid(a)+valid(b)+valid(a), got)
		assert.Equal(t, measure(text), units(got))
		assert.LessOrEqual(t, units(cut(a, 10)), 10)
		assert.True(t, strings.HasPrefix(valid(a), strings.TrimSuffix(cut(a, 10), "…")))
	})
}

func FuzzUpdatesOfStrangersAreUnderstoodOrDropped(f *testing.F) {
	f.Add([]byte(`{"update_id":1,"message":{"message_id":2,"date":1,"chat":{"id":5,"type":"private"},"from":{"id":5,"first_name":"A"},"text":"/x"}}`))
	f.Add([]byte(`{"update_id":1,"callback_query":{"id":"1","from":{"id":5},"data":"x","message":{"message_id":2,"date":0,"chat":{"id":5,"type":"private"}}}}`))
	f.Add([]byte(`{"update_id":1,"my_chat_member":{"chat":{"id":5},"new_chat_member":{"status":"kicked"}}}`))
	f.Add([]byte(`{"message":{"sender_chat":{"id":-5},"chat":{"id":-5}}}`))
	p := quietPlatform(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := p.understand(raw, "b")
		if err != nil || e == nil || e.gone || e.moved != 0 {
			return
		}
		assert.NotEmpty(t, e.update.From)
		_, _, err = parseChat(e.update.Chat)
		assert.NoError(t, err)
		assert.NotEmpty(t, e.update.Text+e.update.Press)
	})
}
