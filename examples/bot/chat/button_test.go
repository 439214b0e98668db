package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
)

// pressed presses a button and returns what was said to who pressed, and to nobody else.
func pressed(t testing.TB, e *chat.Engine, u chat.Update) string {
	t.Helper()
	said := ""
	u.Notice = func(text string) { said += text }
	handle(t, e, u)
	return said
}

func menuBot() *fakeBot {
	return newFakeBot().
		on("/menu", bot.Menu{Title: "Menu", Lines: []string{"What now?"}, Rows: [][]bot.Button{{{Label: "Stats", Line: "/stats"}, {Label: "Settings", Line: "/settings"}}, {{Label: "Stop", Line: "/stop"}}}}).
		on("/settings", bot.Menu{Title: "Settings", Rows: [][]bot.Button{{{Label: "Back", Line: "/menu"}}}}).
		on("/stats", bot.Text{Title: "Stats"}).
		on("/stop", bot.Text{Title: "Stopped"})
}

func TestAButtonIsOnlyForWhoAskedOnItsMessageOnceAndNotForEver(t *testing.T) {
	tests := []struct {
		name  string
		press func(p *chattest.Platform, room *chattest.Room, u chat.Update) chat.Update
		want  string
	}{
		{"by another account", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update { u.From = "test:eve"; return u }, "This button is not yours."},
		{"in another chat", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update {
			u.Chat = "test:elsewhere"
			return u
		}, "This button is not yours."},
		{"on another message", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update { u.Message = "77"; return u }, "This menu is old: /menu"},
		{"of another number", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update {
			u.Press = u.Press[:22] + "b99"
			return u
		}, "This menu is old: /menu"},
		{"that does something else", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update {
			u.Press = u.Press[:22] + "q0"
			return u
		}, "This menu is old: /menu"},
		{"that nobody made", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update {
			u.Press = strings.Repeat("A", 22) + "b0"
			return u
		}, "This menu is old: /menu"},
		{"that is no button", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update { u.Press = "/stop"; return u }, "This menu is old: /menu"},
		{"that is long", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update {
			u.Press = strings.Repeat("9", 1<<20)
			return u
		}, "This menu is old: /menu"},
		{"of a negative number", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update {
			u.Press = u.Press[:22] + "b-1"
			return u
		}, "This menu is old: /menu"},
		{"after a day", func(_ *chattest.Platform, _ *chattest.Room, u chat.Update) chat.Update {
			time.Sleep(25 * time.Hour)
			return u
		}, "This menu is old: /menu"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := chattest.New(), menuBot()
				e := chat.New(b, p)
				handle(t, e, p.Type("ana", "home", "/menu"))
				room := p.Chat(home)
				assert.Equal(t, tt.want, pressed(t, e, tt.press(p, room, p.Press("ana", room, room.Last(), "Stats"))))
				assert.Equal(t, []string{"/menu"}, b.lines(), "nothing is done")
			})
		})
	}
}

func TestOfManyPressesAtOnceOneIsAnswered(t *testing.T) {
	p, b := chattest.New(), menuBot()
	e := chat.New(b, p, chat.WithPace(1000, 1000), chat.WithRunning(100, 100))
	handle(t, e, p.Type("ana", "home", "/menu"))
	room := p.Chat(home)
	var wg sync.WaitGroup
	for i := range 30 {
		label := []string{"Stats", "Stop", "Settings"}[i%3]
		wg.Go(func() {
			u := p.Press("ana", room, room.Last(), label)
			u.Notice = func(string) {}
			assert.NoError(t, e.Handle(context.Background(), u))
		})
	}
	wg.Wait()
	assert.Len(t, b.lines(), 2)
}

func TestAMenuIsReplacedByTheMenuThatFollows(t *testing.T) {
	p, b := chattest.New(), menuBot()
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/menu"))
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "Settings"))
	require.Len(t, p.Chat(home).Messages, 1)
	assert.Equal(t, "Settings\n[Back]", p.Chat(home).Last().String())
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "Back"))
	assert.Equal(t, "Menu\nWhat now?\n[Stats][Settings]\n[Stop]", p.Chat(home).String())
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "Stop"))
	assert.Equal(t, "Menu\nWhat now?\n---\nStopped", p.Chat(home).String())
}

func TestAPressSurvivesARestart(t *testing.T) {
	p, b := chattest.New(), menuBot()
	handle(t, chat.New(b, p), p.Type("ana", "home", "/menu"))
	assert.Empty(t, pressed(t, chat.New(b, p), p.Press("ana", p.Chat(home), p.Chat(home).Last(), "Stop")))
	assert.Equal(t, "Menu\nWhat now?\n---\nStopped", p.Chat(home).String())
}

func TestAPressBeforeItIsKnownOnWhichMessageIsAnswered(t *testing.T) {
	p, b := chattest.New(), menuBot()
	e := chat.New(b, p)
	p.FailAfter(func(c chattest.Call) error { // the answer of the platform is slow, and somebody is quick
		if len(c.Message.Buttons) > 0 {
			p.FailAfter(nil)
			room := p.Chat(home)
			assert.NoError(t, e.Handle(context.Background(), p.Press("ana", room, room.Last(), "Stop")))
		}
		return nil
	})
	handle(t, e, p.Type("ana", "home", "/menu"))
	assert.Equal(t, []string{"/menu", "/stop"}, b.lines())
	assert.Equal(t, "This menu is old: /menu", pressed(t, e, func() chat.Update {
		u := p.Press("ana", p.Chat(home), p.Chat(home).Messages[0], "")
		return u
	}()))
}

func TestManyButtonsHavePages(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	var row []bot.Button
	for i := range 50 {
		row = append(row, bot.Button{Label: fmt.Sprintf("Node %d with a name that is rather long", i), Line: fmt.Sprint("/node show ", i)})
	}
	b.on("/nodes", bot.Menu{Title: "Nodes", Rows: [][]bot.Button{row, {{Label: "", Line: "/x"}, {Label: "\u202e", Line: "/x"}, {Label: "No line"}}}})
	b.on("/node show 47", bot.Text{Title: "Node 47"})
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/nodes"))
	last := func() *chattest.Posted { return p.Chat(home).Last() }
	assert.Contains(t, last().String(), "[Node 0 with a name that…]")
	assert.Contains(t, last().String(), "[◀][1/3][▶]")
	handle(t, e, p.Press("ana", p.Chat(home), last(), "▶"))
	handle(t, e, p.Press("ana", p.Chat(home), last(), "▶"))
	assert.Contains(t, last().String(), "[◀][3/3][▶]")
	handle(t, e, p.Press("ana", p.Chat(home), last(), "Node 47"))
	assert.Equal(t, "Nodes\n---\nNode 47", p.Chat(home).String())
	assert.Empty(t, p.Faults())
}

func TestWithoutButtonsAMenuShowsWhatToType(t *testing.T) {
	limits := chattest.Limits()
	limits.Rows, limits.Columns = 0, 0
	p, b := chattest.WithLimits(limits), menuBot()
	b.on("/long", bot.Text{Title: "Long", Lines: numbered("this is the line", 100)})
	b.on("/add", bot.Prompt{Question: "Which?", Line: "/node add", Choices: [][]bot.Button{{{Label: "First", Line: "/node add 1"}}}})
	b.on("/node add 7", bot.Text{Title: "Added"})
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/menu"))
	assert.Equal(t, "Menu\nWhat now?\nStats: /stats\nSettings: /settings\nStop: /stop", p.Chat(home).String())
	handle(t, e, p.Type("ana", "long", "/long"))
	assert.Len(t, p.Chat("test:long").Messages, 3)
	handle(t, e, p.Type("ana", "add", "/add"))
	handle(t, e, p.Type("ana", "add", "7"))
	assert.Equal(t, "Which?\nFirst: /node add 1\n/cancel ends this.\n---\nAdded", p.Chat("test:add").String())
	assert.Empty(t, p.Faults())
}

func TestIDsOfButtonsCannotBeGuessed(t *testing.T) {
	p, b := chattest.New(), menuBot()
	e := chat.New(b, p, chat.WithPace(10000, 10000))
	seen := map[string]bool{}
	for i := range 200 {
		room := fmt.Sprint("room", i)
		handle(t, e, p.Type("ana", room, "/menu"))
		for _, row := range p.Chat("test:" + room).Last().Buttons {
			for _, button := range row {
				assert.False(t, seen[button.ID])
				seen[button.ID] = true
			}
		}
	}
	assert.Len(t, seen, 600)
}
