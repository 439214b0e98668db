package chat_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
)

func promptBot() *fakeBot {
	return newFakeBot().
		on("/node add", bot.Prompt{Question: "Which node?", Line: "/node add", Choices: [][]bot.Button{{{Label: "One", Line: "/node add pokt1one"}, {Label: "pokt1two"}}}}).
		on("/node add pokt1one", bot.Text{Title: "Added one"}).
		on("/node add pokt1two", bot.Text{Title: "Added two"}).
		on(`/node add "two words"`, bot.Text{Title: "Added words"}).
		on("/stats", bot.Text{Title: "Stats"})
}

const question = "Which node?\n[One][pokt1two]\n[✖ Cancel]"

func TestAPromptTakesTheNextTextOfWhoWasAsked(t *testing.T) {
	p, b := chattest.New(), promptBot()
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/node add"))
	assert.Equal(t, question, p.Chat(home).String())
	bob := p.Type("bob", "home", "pokt1two")
	bob.Direct = false
	handle(t, e, bob)
	assert.Equal(t, []string{"/node add"}, b.lines(), "another one's text is no answer")
	elsewhere := p.Type("ana", "elsewhere", "pokt1two")
	elsewhere.Direct = false
	handle(t, e, elsewhere)
	assert.Equal(t, []string{"/node add"}, b.lines(), "nor is one of another chat")
	handle(t, chat.New(b, p), p.Type("ana", "home", "  two words "))
	assert.Equal(t, "Which node?\n---\nAdded words", p.Chat(home).String(), "a restart in between does no harm")
	said := p.Type("ana", "home", "more words")
	said.Direct = false
	handle(t, e, said)
	assert.Len(t, b.lines(), 2, "one answer is enough")
	assert.Empty(t, p.Faults())
}

func TestAChoiceIsAsGoodAsAnAnswer(t *testing.T) {
	for label, want := range map[string]string{"One": "Added one", "pokt1two": "Added two"} {
		p, b := chattest.New(), promptBot()
		handle(t, chat.New(b, p), p.Type("ana", "home", "/node add"))
		e := chat.New(b, p)
		handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), label))
		assert.Equal(t, "Which node?\n---\n"+want, p.Chat(home).String())
		later := p.Type("ana", "home", "pokt1one")
		later.Direct = false
		handle(t, e, later)
		assert.Len(t, b.lines(), 2, "it is over")
	}
}

func TestAPromptEnds(t *testing.T) {
	tests := []struct {
		name string
		end  func(p *chattest.Platform) chat.Update
		want string
	}{
		{"by /cancel", func(p *chattest.Platform) chat.Update { return p.Type("ana", "home", "/Cancel@poktbot") }, "Which node?\n---\nCancelled."},
		{"by its button", func(p *chattest.Platform) chat.Update {
			return p.Press("ana", p.Chat(home), p.Chat(home).Last(), "✖")
		}, "Which node?\nCancelled."},
		{"by another command", func(p *chattest.Platform) chat.Update { return p.Type("ana", "home", "/stats") }, "Which node?\n---\nStats"},
		{"by another question", func(p *chattest.Platform) chat.Update { return p.Type("ana", "home", "/node add") }, "Which node?\n---\n" + question},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, b := chattest.New(), promptBot()
			e := chat.New(b, p)
			handle(t, e, p.Type("ana", "home", "/node add"))
			asked := p.Chat(home).Last()
			handle(t, e, tt.end(p))
			assert.Equal(t, tt.want, p.Chat(home).String())
			assert.Equal(t, "This menu is old: /menu", pressed(t, e, p.Press("ana", p.Chat(home), asked, "One")))
			if tt.name != "by another question" {
				text := p.Type("ana", "home", "pokt1one")
				text.Direct = false
				handle(t, e, text)
				assert.NotContains(t, b.lines(), "/node add pokt1one")
			}
			assert.Empty(t, p.Faults())
		})
	}
}

func TestCancelWithoutAQuestionSaysSo(t *testing.T) {
	p, b := chattest.New(), promptBot()
	handle(t, chat.New(b, p), p.Type("ana", "home", "/cancel"))
	assert.Equal(t, "There is nothing to cancel: no question is open.", p.Chat(home).String())
	assert.Empty(t, b.lines())
}

func TestAQuestionThatIsNotAnsweredInTimeSaysSo(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p, b := chattest.New(), promptBot()
			run := func(e *chat.Engine) {
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- e.Run(ctx) }()
				t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
			}
			e := chat.New(b, p)
			if !restart {
				run(e)
			}
			handle(t, e, p.Type("ana", "home", "/node add"))
			if restart {
				time.Sleep(3 * time.Minute)
				e = chat.New(b, p)
				run(e)
				time.Sleep(time.Second)
			} else {
				time.Sleep(119 * time.Second)
				assert.Equal(t, question, p.Chat(home).String())
				time.Sleep(2 * time.Second)
			}
			assert.Equal(t, "Which node?\nNo answer came in time. To be asked again: /node add", p.Chat(home).String())
			late := p.Type("ana", "home", "pokt1one")
			late.Direct = false
			handle(t, e, late)
			assert.Equal(t, []string{"/node add"}, b.lines())
		})
	}
}

func TestAnAnswerAfterItsTimeIsNoneEvenWhenNobodyEndedTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), promptBot()
		e := chat.New(b, p, chat.WithPromptTime(time.Minute))
		handle(t, e, p.Type("ana", "home", "/node add"))
		asked := p.Chat(home).Last()
		time.Sleep(61 * time.Second)
		assert.Equal(t, "This menu is old: /menu", pressed(t, e, p.Press("ana", p.Chat(home), asked, "One")))
		late := p.Type("ana", "home", "pokt1one")
		late.Direct = false
		handle(t, e, late)
		assert.Equal(t, []string{"/node add"}, b.lines())
		assert.Equal(t, "Which node?\nNo answer came in time. To be asked again: /node add", p.Chat(home).String())
	})
}
