package chat_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// A fakeBot answers lines with what the test says. A line that it does not know is a usage error.
type fakeBot struct {
	mu      sync.Mutex
	answers map[string]func(ctx context.Context, say func(bot.Part)) error
	asked   []bot.Request
	kept    keep.Store
	chats   []bot.Subscription

	otherwise func(ctx context.Context, say func(bot.Part)) error // answers what has no answer of its own
}

func newFakeBot() *fakeBot {
	return &fakeBot{answers: map[string]func(context.Context, func(bot.Part)) error{}, kept: keep.NewMemory()}
}

func (b *fakeBot) Keep() keep.Store { return b.kept }

func (b *fakeBot) Subscriptions(context.Context) ([]bot.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.chats), nil
}

func (b *fakeBot) Gone(_ context.Context, chat string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.chats = slices.DeleteFunc(b.chats, func(s bot.Subscription) bool { return s.Chat == chat })
	return nil
}

// on answers a line with parts.
func (b *fakeBot) on(line string, parts ...bot.Part) *fakeBot {
	return b.do(line, func(_ context.Context, say func(bot.Part)) error {
		for _, p := range parts {
			say(p)
		}
		return nil
	})
}

func (b *fakeBot) do(line string, do func(ctx context.Context, say func(bot.Part)) error) *fakeBot {
	b.answers[line] = do
	return b
}

func (b *fakeBot) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, r := range b.asked {
		lines = append(lines, r.Text)
	}
	return lines
}

func (b *fakeBot) Answer(ctx context.Context, r bot.Request) iter.Seq2[bot.Part, error] {
	return func(yield func(bot.Part, error) bool) {
		b.mu.Lock()
		b.asked = append(b.asked, r)
		do := b.answers[r.Text]
		b.mu.Unlock()
		if do == nil {
			do = b.otherwise
		}
		if do == nil {
			yield(nil, errors.New(strings.Fields(r.Text + " x")[0]+" is not a command; /help lists what there is"))
			return
		}
		stopped := false
		err := do(ctx, func(p bot.Part) {
			if !stopped {
				stopped = !yield(p, nil)
			}
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

const home = "test:home"

func handle(t testing.TB, e *chat.Engine, u chat.Update) {
	t.Helper()
	require.NoError(t, e.Handle(context.Background(), u))
}

func TestATypedLineIsAnswered(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/hello", bot.Text{Title: "Hello", Lines: []string{"one", "two"}}, bot.Text{Lines: []string{"three"}})
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/hello"))
	assert.Equal(t, "Hello\none\ntwo\n---\nthree", p.Chat(home).String())
	assert.Equal(t, chat.Rich{{Text: "Hello", Style: chat.Strong}, {Text: "\none\ntwo"}}, p.Chat(home).Messages[0].Text)
	handle(t, e, p.Type("ana", "home", "/nothing"))
	assert.Equal(t, "⚠ /nothing is not a command; /help lists what there is", p.Chat(home).Last().String())
	assert.Empty(t, p.Faults())
}

func TestAMenuIsPressedOnce(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/menu", bot.Menu{Title: "Menu", Rows: [][]bot.Button{{{Label: "Stats", Line: "/stats"}, {Label: "Nodes", Line: "/nodes"}}}})
	b.on("/stats", bot.Text{Title: "Stats"})
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/menu"))
	menu := p.Chat(home).Last()
	assert.Equal(t, "Menu\n[Stats][Nodes]", menu.String())
	handle(t, e, p.Press("ana", p.Chat(home), menu, "Stats"))
	assert.Equal(t, "Menu\n---\nStats", p.Chat(home).String())
	said := ""
	again := p.Press("ana", p.Chat(home), menu, "Nodes")
	again.Notice = func(text string) { said = text }
	handle(t, e, again)
	assert.Equal(t, "This menu is old: /menu", said)
	assert.Equal(t, []string{"/menu", "/stats"}, b.lines())
	assert.Empty(t, p.Faults())
}
