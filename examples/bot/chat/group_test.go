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

func TestInAGroupOnlyWhatIsMeantForTheBotIsAnswered(t *testing.T) {
	tests := []struct {
		text  string
		typed bool
		want  bool
	}{
		{"hello everybody", false, false},
		{"/stats", false, true},
		{"/STATS", false, true},
		{"  /stats", false, true},
		{"/stats@poktbot", false, true},
		{"/stats@PoktBot today", false, true},
		{"/stats@otherbot", false, false},
		{"/ban eve", false, false}, // another bot's
		{"/etc/passwd", false, false},
		{"/cancel", false, true},
		{"/ban@poktbot eve", false, true},
		{"see /stats", false, false},
		{"/", false, false},
		{`/stats "open`, false, false},
		{"", false, false},
		{"\u202e", false, false},
		{"/stats", true, true},
		{"/ban eve", true, true},
		{"stats", true, true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q typed %v", tt.text, tt.typed), func(t *testing.T) {
			p, b := chattest.New(), newFakeBot()
			u := p.Type("ana", "group", tt.text)
			u.Direct, u.Typed = false, tt.typed
			handle(t, chat.New(b, p), u)
			assert.Equal(t, tt.want && tt.text != "/cancel", len(b.lines()) > 0)
			assert.Equal(t, tt.want, len(p.Chat("test:group").Messages) > 0)
		})
	}
}

func TestInADirectChatWhatIsNoCommandIsAnswered(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	handle(t, chat.New(b, p), p.Type("ana", "home", "hello"))
	assert.Len(t, p.Chat(home).Messages, 1)
	handle(t, chat.New(b, p), p.Type("ana", "home", "\u200b"))
	assert.Len(t, p.Chat(home).Messages, 1, "a sticker, or nothing")
}

func TestAnErrorInAGroupIsForWhoAskedOnly(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	u := p.Type("ana", "group", "/stats tomorow")
	u.Direct = false
	handle(t, chat.New(b, p), u)
	assert.True(t, p.Chat("test:group").Last().Private)
}

func TestAFloodIsToldOnceAndThenDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.on("/hello", bot.Text{Title: "Hello"})
		e := chat.New(b, p)
		for range 100 {
			handle(t, e, p.Type("eve", "home", "/hello"))
		}
		assert.Len(t, b.lines(), 5)
		assert.Equal(t, strings.Repeat("Hello\n---\n", 5)+"⚠ Slow down, please: these are too many commands at once.", p.Chat(home).String())
		handle(t, e, p.Type("ana", "other", "/hello"))
		assert.Equal(t, "Hello", p.Chat("test:other").String(), "others do not suffer")
		time.Sleep(3 * time.Second)
		handle(t, e, p.Type("eve", "home", "/hello"))
		handle(t, e, p.Type("eve", "home", "/hello"))
		assert.Len(t, b.lines(), 7, "one each three seconds")
		assert.Len(t, p.Chat(home).Messages, 7, "and no second word")
		time.Sleep(time.Minute)
		for range 10 {
			handle(t, e, p.Type("eve", "home", "/hello"))
		}
		assert.Len(t, b.lines(), 12)
		assert.Len(t, p.Chat(home).Messages, 13, "one word for the next burst")
	})
}

func TestASlowReportKeepsNobodyElseWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.do("/slow", working(10*time.Minute, bot.Text{Title: "Slow"})).on("/hello", bot.Text{Title: "Hello"})
		e := chat.New(b, p)
		var wg sync.WaitGroup
		ask := func(from, line string) {
			wg.Go(func() { assert.NoError(t, e.Handle(context.Background(), p.Type(from, from, line))) })
			synctest.Wait()
		}
		ask("ana", "/slow")
		ask("ana", "/slow")
		ask("ana", "/slow")
		assert.Equal(t, "⚠ 2 of your commands are still running: this one was not begun. Ask again when one of them has ended", p.Chat("test:ana").Last().String())
		ask("bob", "/hello")
		assert.Equal(t, "Hello", p.Chat("test:bob").String())
		wg.Wait()
		ask("ana", "/hello")
		assert.Equal(t, "Hello", p.Chat("test:ana").Last().String())
		wg.Wait()
	})
}

func TestAllTogetherHaveABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		var mu sync.Mutex
		running, most := 0, 0
		b.do("/slow", func(context.Context, func(bot.Part)) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(15 * time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return nil
		})
		e := chat.New(b, p, chat.WithRunning(2, 3))
		var wg sync.WaitGroup
		for i := range 9 {
			from := fmt.Sprint("user", i)
			wg.Go(func() { assert.NoError(t, e.Handle(context.Background(), p.Type(from, from, "/slow"))) })
		}
		wg.Wait()
		assert.Equal(t, 3, most)
		assert.Len(t, b.lines(), 6, "three at once, three after 15 seconds")
		told := 0
		for i := range 9 {
			if last := p.Chat(fmt.Sprint("test:user", i)).Last(); last != nil {
				told++
				assert.Equal(t, "⚠ Too much is asked at this moment: please ask again in a minute", last.String())
			}
		}
		assert.Equal(t, 3, told)
	})
}

func TestTheMemoryForAccountsIsBounded(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	b.on("/hello")
	e := chat.New(b, p)
	for i := range 30_000 {
		require.NoError(t, e.Handle(t.Context(), p.Type(fmt.Sprint("user", i), "home", "/hello")))
	}
	assert.LessOrEqual(t, chat.Accounts(e), 10_000)
}

func TestAStrangerHearsOneLineAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.otherwise = func(context.Context, func(bot.Part)) error { return bot.ErrStranger }
		e := chat.New(b, p)
		for range 10 {
			handle(t, e, p.Type("eve", "home", "/stats"))
			time.Sleep(5 * time.Minute)
		}
		assert.Equal(t, "This bot is private. If you were given an invitation, send /join and its code", p.Chat(home).String())
		time.Sleep(time.Hour)
		handle(t, e, p.Type("eve", "home", "hello?"))
		assert.Len(t, p.Chat(home).Messages, 2)
	})
}
