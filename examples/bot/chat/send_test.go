package chat_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
)

func platformError(kind chat.ErrorKind, after time.Duration) error {
	return &chat.Error{Kind: kind, RetryAfter: after, Err: errors.New("the platform says no")}
}

// failing fails the first n calls that match.
func failing(n int, err error, match func(chattest.Call) bool) func(chattest.Call) error {
	return func(c chattest.Call) error {
		if n > 0 && match(c) {
			n--
			return err
		}
		return nil
	}
}

func every(chattest.Call) bool      { return true }
func edits(c chattest.Call) bool    { return c.Edit }
func withFile(c chattest.Call) bool { return c.Message.File != nil || c.Message.Picture != nil }

func TestABusyPlatformIsWaitedFor(t *testing.T) {
	tests := []struct {
		name  string
		times int
		after time.Duration
		least time.Duration
		most  time.Duration
		want  string
	}{
		{"for as long as it says", 2, 10 * time.Second, 20 * time.Second, 25 * time.Second, "Hello\n---\n(file a.csv, 5000 bytes)\nAll of it"},
		{"for a while when it does not say", 2, 0, 1500 * time.Millisecond, 3 * time.Second, "Hello\n---\n(file a.csv, 5000 bytes)\nAll of it"},
		{"not for ever", 100, time.Second, 4 * time.Second, 30 * time.Second, ""},
		{"not for an hour", 1, time.Hour, 0, time.Second, "(file a.csv, 5000 bytes)\nAll of it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := chattest.New(), newFakeBot()
				b.on("/hello", bot.Text{Title: "Hello"}, file("a.csv", 5000))
				p.Fail(failing(tt.times, platformError(chat.Busy, tt.after), every))
				began := time.Now()
				err := chat.New(b, p).Handle(t.Context(), p.Type("ana", "home", "/hello"))
				assert.Equal(t, tt.want, p.Chat(home).String())
				assert.GreaterOrEqual(t, time.Since(began), tt.least)
				assert.LessOrEqual(t, time.Since(began), tt.most)
				if strings.HasPrefix(tt.want, "Hello") {
					assert.NoError(t, err)
				} else {
					assert.ErrorContains(t, err, "the platform says no")
				}
			})
		})
	}
}

func TestAFileIsGivenWholeAgainAndNeverTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.on("/report", file("a.csv", 5000)).on("/graph", bot.Picture{Name: "a.png", PNG: []byte("PNG")})
		e := chat.New(b, p)
		p.Fail(func(c chattest.Call) error { // half of it is read, then the platform is busy
			if c.Message.File != nil && c.Try < 3 {
				_, _ = c.Message.File.Body.Read(make([]byte, 2500))
				return platformError(chat.Busy, time.Second)
			}
			return nil
		})
		handle(t, e, p.Type("ana", "home", "/report"))
		assert.Equal(t, "(file a.csv, 5000 bytes)\nAll of it", p.Chat(home).String())

		p.Fail(nil)
		p.FailAfter(failing(1, errors.New("the connection broke"), withFile))
		for _, line := range []string{"/report", "/graph"} {
			p.FailAfter(failing(1, errors.New("the connection broke"), withFile))
			require.ErrorContains(t, e.Handle(t.Context(), p.Type("ana", line[1:], line)), "the connection broke")
			room := p.Chat("test:" + line[1:])
			require.Len(t, room.Messages, 2, "%s", room)
			assert.Contains(t, room.Last().String(), "could not be sent")
		}
		p.FailAfter(nil)
		p.Fail(failing(1, platformError(chat.Refused, 0), withFile))
		require.Error(t, e.Handle(t.Context(), p.Type("ana", "refused", "/graph")))
		assert.Equal(t, "⚠ a.png could not be sent: the chat does not take it. Ask for a shorter range.", p.Chat("test:refused").String())
		assert.Empty(t, p.Faults())
	})
}

func TestATextMayBeTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.on("/hello", bot.Text{Title: "Hello"})
		p.Fail(failing(2, errors.New("the connection broke"), every))
		handle(t, chat.New(b, p), p.Type("ana", "home", "/hello"))
		assert.Equal(t, "Hello", p.Chat(home).String())
		p.Fail(failing(1, platformError(chat.Refused, 0), every))
		handle(t, chat.New(b, p), p.Type("ana", "plain", "/hello"))
		assert.Equal(t, chat.Rich{{Text: "Hello"}}, p.Chat("test:plain").Last().Text, "what is refused is tried without emphasis")
	})
}

func TestABlockedChatStopsTheWork(t *testing.T) {
	p, b := chattest.New(), menuBot()
	b.on("/hello", bot.Text{Title: "one"}, bot.Text{Title: "two"}, bot.Text{Title: "three"})
	p.Fail(func(chattest.Call) error { return platformError(chat.Blocked, 0) })
	err := chat.New(b, p).Handle(t.Context(), p.Type("ana", "home", "/hello"))
	assert.True(t, chat.Is(err, chat.Blocked))
	assert.Equal(t, 1, p.Calls())
}

func TestAMessageThatIsGoneIsSentAnew(t *testing.T) {
	p, b := chattest.New(), menuBot()
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/menu"))
	p.Fail(failing(1, platformError(chat.Gone, 0), edits))
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "Settings"))
	require.Len(t, p.Chat(home).Messages, 2)
	assert.Equal(t, "Settings\n[Back]", p.Chat(home).Last().String())
	handle(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Last(), "Back"))
	assert.Equal(t, "Menu\nWhat now?\n[Stats][Settings]\n[Stop]", p.Chat(home).Last().String(), "the new message is known")

	p.Fail(failing(1, platformError(chat.Gone, 0), func(c chattest.Call) bool { return !c.Edit })) // the interaction has ended
	handle(t, e, p.Type("ana", "other", "/stats"))
	assert.Equal(t, "Stats", p.Chat("test:other").String())
}
