package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
	"github.com/poktbot/poktbot/report"
)

// hostile is text that strangers might choose.
func hostile() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"word", " ", "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\u202e", "\u200b", "\u2066", "\ufeff", "\xff\xfe", "👮🏻\u200d♂️", "e\u0301\u0301\u0301", "你好", "<b>", "</b>",
		"&amp;", "*bold*", "_x_", "`code`", "```", "[a](http://evil.example)", "@everyone", "<@123>", "/stop", "\\", "🟠 ", strings.Repeat("x", 500), strings.Repeat("long ", 100),
		strings.Repeat("\u0301", 60), strings.Repeat("&", 200), "\U000e0001", "\ue000",
	})
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "") })
}

func buttons() *rapid.Generator[[][]bot.Button] {
	button := rapid.Custom(func(t *rapid.T) bot.Button {
		return bot.Button{Label: hostile().Draw(t, "label"), Line: rapid.SampledFrom([]string{"", "/any", "word"}).Draw(t, "line")}
	})
	return rapid.SliceOfN(rapid.SliceOfN(button, 0, 10), 0, 20)
}

func parts() *rapid.Generator[bot.Part] {
	return rapid.Custom(func(t *rapid.T) bot.Part {
		lines := func(most int) []string { return rapid.SliceOfN(hostile(), 0, most).Draw(t, "lines") }
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return bot.Text{Title: hostile().Draw(t, "title"), Lines: lines(60)}
		case 1:
			table := report.Table{Title: hostile().Draw(t, "title"), Notes: lines(3)}
			columns := rapid.IntRange(1, 6).Draw(t, "columns")
			for range columns {
				table.Columns = append(table.Columns, report.Column{Name: hostile().Draw(t, "column"), Kind: report.KindText})
			}
			var rows [][]report.Cell
			for range rapid.IntRange(0, 20).Draw(t, "rows") {
				row := make([]report.Cell, columns)
				for i := range row {
					row[i] = report.String(hostile().Draw(t, "cell"))
				}
				rows = append(rows, row)
			}
			table.Rows = report.Rows(rows...)
			return bot.Table{Table: table}
		case 2:
			return bot.Picture{Name: hostile().Draw(t, "name"), Caption: hostile().Draw(t, "caption"), PNG: make([]byte, rapid.SampledFrom([]int{1, 2000, 2 << 20}).Draw(t, "size"))}
		case 3:
			size := rapid.SampledFrom([]int{0, 1, 2000, 2 << 20}).Draw(t, "size")
			return bot.File{Name: hostile().Draw(t, "name"), Caption: hostile().Draw(t, "caption"), Size: int64(size), Body: bytes.NewReader(make([]byte, size))}
		case 4:
			return bot.Menu{Title: hostile().Draw(t, "title"), Lines: lines(20), Rows: buttons().Draw(t, "rows")}
		case 5:
			return bot.Prompt{Question: hostile().Draw(t, "question"), Line: "/any", Choices: buttons().Draw(t, "choices")}
		}
		return bot.Progress{Doing: hostile().Draw(t, "doing"), Done: 1, Total: 2, Unit: hostile().Draw(t, "unit")}
	})
}

func TestWhateverIsAnsweredFitsThePlatformAndHidesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limits := chat.Limits{
			Text: rapid.IntRange(120, 2000).Draw(rt, "text"), Caption: rapid.IntRange(0, 200).Draw(rt, "caption"), File: 1 << 20,
			Columns: rapid.IntRange(3, 8).Draw(rt, "columns"), Rows: rapid.IntRange(3, 8).Draw(rt, "rows"), Label: rapid.IntRange(8, 60).Draw(rt, "label"),
			Width: rapid.IntRange(0, 80).Draw(rt, "width"),
		}
		if rapid.Bool().Draw(rt, "without buttons") {
			limits.Columns = 0
		}
		answer := rapid.SliceOfN(parts(), 0, 4).Draw(rt, "answer")
		fault := rapid.SampledFrom([]error{nil, errors.New(hostile().Draw(rt, "error"))}).Draw(rt, "fault")
		typed := hostile().Draw(rt, "typed")
		presses := rapid.SliceOfN(rapid.IntRange(0, 1000), 0, 10).Draw(rt, "presses")
		synctest.Test(t, func(t *testing.T) {
			p, b := chattest.WithLimits(limits), newFakeBot()
			b.otherwise = func(_ context.Context, say func(bot.Part)) error {
				for _, part := range answer {
					say(part)
					if _, ok := part.(bot.Progress); ok {
						time.Sleep(3 * time.Second)
					}
				}
				return fault
			}
			e := chat.New(b, p, chat.WithPace(1000, 1000))
			handle(t, e, p.Type("ana", "home", typed))
			handle(t, e, p.Type("ana", "home", "/any"))
			for _, n := range presses {
				room := p.Chat(home)
				if len(room.Messages) == 0 {
					break
				}
				m := room.Messages[n%len(room.Messages)]
				for _, row := range m.Buttons {
					u := p.Press("ana", room, m, row[n%len(row)].Label)
					u.Press = row[n%len(row)].ID
					require.NoError(t, e.Handle(context.Background(), u), "%q on %q", u.Press, m)
					break
				}
			}
			require.Empty(t, p.Faults())
			for _, m := range p.Chat(home).Messages {
				assert.NotEmpty(t, strings.TrimSpace(m.String()))
			}
		})
	})
}

func TestALineOfAMegabyteIsCutIntoPages(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	long := strings.Repeat("abcdefghi ", 10_000)
	b.on("/long", bot.Text{Title: "Long", Lines: []string{long}})
	b.on("/endless", bot.Text{Lines: []string{strings.Repeat("x&", 1<<20)}})
	e := chat.New(b, p, chat.WithPace(100_000, 100_000))
	handle(t, e, p.Type("ana", "home", "/long"))
	var got strings.Builder
	pages := 0
	for range 200 {
		m := p.Chat(home).Last()
		text := strings.TrimPrefix(m.Text.String(), "Long\n")
		assert.Zero(t, len(strings.TrimSpace(text)+" ")%10, "no word is cut")
		got.WriteString(text)
		var page int
		_, err := fmt.Sscanf(m.Buttons[0][1].Label, "%d/%d", &page, &pages)
		require.NoError(t, err)
		if page == pages {
			break
		}
		handle(t, e, p.Press("ana", p.Chat(home), m, "▶"))
	}
	assert.True(t, strings.TrimSpace(long) == strings.TrimSpace(got.String()), "nothing is lost")
	assert.Less(t, pages, 140)
	began := time.Now()
	handle(t, e, p.Type("ana", "home", "/endless"))
	assert.Contains(t, p.Chat(home).Last().String(), "[1/200]")
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "◀"))
	assert.Contains(t, p.Chat(home).Last().String(), "More does not fit a chat. Ask for a shorter range, or for a file: /help report")
	assert.Less(t, time.Since(began), 30*time.Second)
	assert.Empty(t, p.Faults())
}

func TestATextOfAMegabyteIsNoTrouble(t *testing.T) {
	p, b := chattest.New(), promptBot()
	e := chat.New(b, p, chat.WithPace(1000, 1000))
	for _, text := range []string{strings.Repeat("x", 1<<20), "/" + strings.Repeat("x", 1<<20), "/stats " + strings.Repeat("\u202e", 1<<20), strings.Repeat("\xff", 1<<20)} {
		handle(t, e, p.Type("ana", "home", "/node add"))
		handle(t, e, p.Type("ana", "home", text))
	}
	for _, l := range b.lines() {
		assert.LessOrEqual(t, len(l), 10_000)
	}
	assert.Empty(t, p.Faults())
}

func FuzzHandle(f *testing.F) {
	for _, text := range []string{"/help", "/stats@poktbot \"a b", "/node add", "/cancel", "hello", "", "/\x00", "\u202e/stop", "/" + strings.Repeat("x", 5000)} {
		f.Add(text, "", true, true)
		f.Add(text, "AAAAAAAAAAAAAAAAAAAAAAb0", false, false)
	}
	f.Fuzz(func(t *testing.T, text, press string, direct, typed bool) {
		p, b := chattest.New(), promptBot()
		e := chat.New(b, p)
		handle(t, e, p.Type("ana", "home", "/node add"))
		u := p.Type("ana", "home", text)
		u.Press, u.Direct, u.Typed = press, direct, typed
		handle(t, e, u)
		handle(t, e, p.Type("ana", "home", text))
		require.Empty(t, p.Faults())
	})
}
