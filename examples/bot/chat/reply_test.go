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

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
	"github.com/poktbot/poktbot/report"
)

// numbered are lines "word 1" to "word n".
func numbered(word string, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("%s %d", word, i+1)
	}
	return lines
}

func TestALongReplyHasPagesThatAreTurnedInPlace(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/long", bot.Text{Title: "Long", Lines: numbered("this is the line", 100)})
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/long"))
	require.Len(t, p.Chat(home).Messages, 1)
	page := func() *chattest.Posted { return p.Chat(home).Last() }
	first := page().String()
	assert.True(t, strings.HasPrefix(first, "Long\nthis is the line 1\n"))
	assert.Contains(t, first, "[◀][1/3][▶]")
	seen := map[string]int{}
	for turn := range 4 {
		text := page().Text.String()
		assert.True(t, strings.HasPrefix(text, "Long\n"), "each page has the title")
		assert.Contains(t, page().String(), fmt.Sprintf("[%d/3]", turn%3+1))
		for l := range strings.Lines(text) {
			seen[strings.TrimSpace(l)]++
		}
		handle(t, e, p.Press("ana", p.Chat(home), page(), "▶"))
	}
	for _, l := range numbered("this is the line", 100) {
		assert.GreaterOrEqual(t, seen[l], 1, "%s stands on a page, whole", l)
	}
	handle(t, e, p.Press("ana", p.Chat(home), page(), "◀"))
	assert.Contains(t, page().String(), "[1/3]")
	assert.Equal(t, []string{"/long"}, b.lines(), "the bot was asked once")
	assert.Empty(t, p.Faults())
}

func TestAPageIsAskedForAgainAfterARestart(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/long", bot.Text{Title: "Short"}, bot.Text{Title: "A", Lines: numbered("aaaaaaaaaaaaaaaa", 100)}, bot.Text{Title: "B", Lines: numbered("bbbbbbbbbbbbbbbb", 100)})
	handle(t, chat.New(b, p), p.Type("ana", "home", "/long"))
	require.Len(t, p.Chat(home).Messages, 3)
	anew := chat.New(b, p)
	for range 2 {
		handle(t, anew, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "▶"))
	}
	assert.Contains(t, p.Chat(home).Last().String(), "B\nbbbb")
	assert.Contains(t, p.Chat(home).Last().String(), "[3/3]")
	assert.Len(t, p.Chat(home).Messages, 3)
	assert.Equal(t, []string{"/long", "/long"}, b.lines(), "once more, and then it is known")
	b.on("/long", bot.Text{Title: "Short"})
	said := ""
	u := p.Press("ana", p.Chat(home), p.Chat(home).Messages[1], "▶")
	u.Notice = func(text string) { said = text }
	handle(t, chat.New(b, p), u)
	assert.Equal(t, "This menu is old: /menu", said, "there are no pages any more")
}

func TestWhatDoesSomethingIsNotDoneAgainToReadOn(t *testing.T) {
	for _, line := range []string{"/test", "/ack all", "/mute all 1h", "/Node Remove pokt1a", "/user add x"} {
		p, b := chattest.New(), newFakeBot()
		b.on(line, bot.Text{Lines: numbered("aaaaaaaaaaaaaaaa", 100)})
		handle(t, chat.New(b, p), p.Type("ana", "home", line))
		assert.Equal(t, "This menu is old: /menu", pressed(t, chat.New(b, p), p.Press("ana", p.Chat(home), p.Chat(home).Last(), "▶")))
		assert.Equal(t, []string{line}, b.lines())
	}
}

func wideTable(rows int) bot.Table {
	table := report.Table{Title: "Nodes", Notes: []string{"As of now."}}
	for _, name := range []string{"Node", "Where it stands", "Since", "How it is"} {
		table.Columns = append(table.Columns, report.Column{Name: name, Kind: report.KindText})
	}
	var cells [][]report.Cell
	for i := range rows {
		cells = append(cells, []report.Cell{report.String(fmt.Sprint("node", i)), report.String("in a rack with a name that is long"), report.String("November"), report.String("well")})
	}
	table.Rows = report.Rows(cells...)
	return bot.Table{Table: table}
}

func TestATableIsABlockOfThePhonesWidthWithItsHeadOnEachPage(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/nodes", wideTable(60))
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/nodes"))
	for range 3 {
		m := p.Chat(home).Last()
		require.Equal(t, chat.Strong, m.Text[0].Style)
		assert.Equal(t, "Nodes", m.Text[0].Text)
		require.Equal(t, chat.Block, m.Text[2].Style, "%v", m.Text)
		lines := strings.Split(m.Text[2].Text, "\n")
		assert.Contains(t, lines[0], "Where it stands"[:6])
		assert.Contains(t, lines[1], "───")
		for _, l := range lines {
			assert.LessOrEqual(t, report.Width(l), 44)
		}
		handle(t, e, p.Press("ana", p.Chat(home), m, "▶"))
	}
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "◀"))
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "◀"))
	assert.Empty(t, p.Faults())
}

func TestACaptionIsCutAndTheRestFollows(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/graph", bot.Picture{Name: "../graph.png", Caption: "Rewards of the last days", PNG: []byte("PNG")},
		bot.Picture{Name: "graph.png", Caption: strings.Repeat("many words ", 30), PNG: []byte("PNG")}, bot.Picture{PNG: []byte("PNG")})
	handle(t, chat.New(b, p), p.Type("ana", "home", "/graph"))
	m := p.Chat(home).Messages
	require.Len(t, m, 4)
	assert.Equal(t, "(picture graph.png)\nRewards of the last days", m[0].String())
	assert.True(t, strings.HasSuffix(m[1].Text.String(), "words …") || strings.HasSuffix(m[1].Text.String(), "many …"), m[1].Text.String())
	assert.True(t, strings.HasPrefix(m[2].Text.String(), "…"))
	assert.Equal(t, strings.Repeat("many words ", 30), strings.Trim(m[1].Text.String(), "…")+strings.Trim(m[2].Text.String(), "…")+" ", "nothing is lost")
	assert.Equal(t, "(picture picture.png)\n", m[3].String())
	assert.Empty(t, p.Faults())
}

func file(name string, size int) bot.File {
	return bot.File{Name: name, Type: "text/csv", Size: int64(size), Caption: "All of it", Body: bytes.NewReader(bytes.Repeat([]byte("x"), size))}
}

func TestAFileThatIsTooLargeSaysWhatToDo(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/report", file("a.csv", 1000), file("b.xlsx", 3<<20), file("c.csv", 3<<20), file("d.csv", 0))
	handle(t, chat.New(b, p), p.Type("ana", "home", "/report"))
	assert.Equal(t, "(file a.csv, 1000 bytes)\nAll of it"+
		"\n---\n⚠ b.xlsx has 3 MB, and no more than 1 MB can be sent here. Ask for a shorter range, or for CSV: that is smaller."+
		"\n---\n⚠ c.csv has 3 MB, and no more than 1 MB can be sent here. Ask for a shorter range."+
		"\n---\nd.csv would be empty: there is nothing to put into it.", p.Chat(home).String())
	assert.Empty(t, p.Faults())
}

func TestAnErrorIsALineForPeople(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.do("/fail", func(context.Context, func(bot.Part)) error {
		return fmt.Errorf("the node does not answer:\n\x1b[31m%s", strings.Repeat("goroutine 1 [running]\n", 100))
	})
	b.do("/late", func(_ context.Context, say func(bot.Part)) error {
		say(bot.Text{Title: "A beginning"})
		return errors.New("the rest cannot be read")
	})
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/fail"))
	text := p.Chat(home).Last().String()
	assert.True(t, strings.HasPrefix(text, "⚠ The node does not answer:\n"))
	assert.LessOrEqual(t, strings.Count(text, "\n"), 7)
	handle(t, e, p.Type("ana", "home", "/late"))
	assert.Equal(t, "⚠ The rest cannot be read", p.Chat(home).Last().String())
	assert.Empty(t, p.Faults())
}

func TestWhatShowsNothingIsNotSent(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/empty", bot.Text{}, bot.Text{Title: " \u200b\u202e\x00 ", Lines: []string{"", "\u2060", "\t"}}, bot.Menu{}, bot.Text{Title: "\u3164", Lines: []string{"\u0301"}})
	b.on("/nothing")
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/empty"))
	handle(t, e, p.Type("ana", "home", "/nothing"))
	assert.Empty(t, p.Chat(home).Messages)
	assert.Zero(t, p.Calls())
}

// working says progress for so long, each tenth of a second.
func working(total time.Duration, result ...bot.Part) func(context.Context, func(bot.Part)) error {
	return func(ctx context.Context, say func(bot.Part)) error {
		steps := int64(total / (100 * time.Millisecond))
		for i := range steps {
			say(bot.Progress{Doing: "reading the chain", Done: i, Total: steps, Unit: "blocks"})
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		for _, p := range result {
			say(p)
		}
		return nil
	}
}

func TestProgressIsOneMessageThatBecomesTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.do("/quick", working(900*time.Millisecond, bot.Text{Title: "Quick"}))
		b.do("/slow", working(10*time.Second, bot.Text{Title: "Slow"}))
		b.do("/picture", working(10*time.Second, bot.Picture{Name: "a.png", PNG: []byte("PNG")}))
		b.do("/silent", working(10*time.Second))
		e := chat.New(b, p)
		handle(t, e, p.Type("ana", "quick", "/quick"))
		assert.Equal(t, 1, p.Calls(), "only the result")
		handle(t, e, p.Type("ana", "slow", "/slow"))
		slow := p.Chat("test:slow")
		require.Len(t, slow.Messages, 1)
		assert.Equal(t, "Slow", slow.Last().String())
		require.Len(t, slow.Last().Before, 5, "at 1, 3, 5, 7 and 9 seconds: %v", slow.Last().Before)
		assert.Contains(t, slow.Last().Before[0].Text.String(), "⏳ reading the chain: ")
		for i, at := range slow.Last().Changed[1:4] {
			assert.GreaterOrEqual(t, at.Sub(slow.Last().Changed[i]), 2*time.Second)
		}
		handle(t, e, p.Type("ana", "picture", "/picture"))
		assert.Equal(t, "(picture a.png)\n", p.Chat("test:picture").String(), "the progress is gone")
		handle(t, e, p.Type("bob", "silent", "/silent"))
		assert.Empty(t, p.Chat("test:silent").Messages)
		assert.Empty(t, p.Faults())
	})
}

func TestWorkThatTellsNothingForLongIsSeenAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.do("/slow", func(_ context.Context, say func(bot.Part)) error {
			say(bot.Progress{Doing: "asking a slow node"})
			time.Sleep(time.Minute)
			say(bot.Text{Title: "At last"})
			return nil
		})
		done := make(chan struct{})
		go func() {
			handle(t, chat.New(b, p), p.Type("ana", "home", "/slow"))
			close(done)
		}()
		time.Sleep(30 * time.Second)
		assert.Equal(t, "⏳ asking a slow node", p.Chat(home).String())
		assert.Equal(t, 1, p.Calls())
		<-done
		assert.Equal(t, "At last", p.Chat(home).String())
	})
}

func TestAProgramThatEndsSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.do("/slow", working(time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		u := p.Type("ana", "home", "/slow")
		assert.NoError(t, chat.New(b, p).Handle(ctx, u))
		assert.Equal(t, "⚠ Interrupted: this program ends, or begins anew. Ask again in a minute", p.Chat(home).String())
		b.do("/stuck", working(3*time.Hour))
		assert.NoError(t, chat.New(b, p, chat.WithPatience(time.Minute)).Handle(t.Context(), p.Type("ana", "other", "/stuck")))
		assert.Equal(t, "⚠ It took too long, and was stopped", p.Chat("test:other").String())
	})
}

func TestAFaultOfTheEngineEndsNoProgram(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.do("/panic", func(context.Context, func(bot.Part)) error { panic("oh") })
	err := chat.New(b, p).Handle(t.Context(), p.Type("ana", "home", "/panic"))
	require.ErrorContains(t, err, "a fault of this program")
	assert.Equal(t, "⚠ That failed: a fault of this program; its log tells more.", p.Chat(home).String())
	require.Error(t, chat.New(b, p).Handle(t.Context(), chat.Update{Text: "/x"}))
}
