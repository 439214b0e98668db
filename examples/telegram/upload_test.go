package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/telegram/telegramtest"
)

// bigFile is a file whose bytes are not like each other anywhere.
func bigFile() []byte {
	body := make([]byte, 3<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(body)
	return body
}

func TestAFileThatFailsHalfwayIsSentAgainFromItsBeginning(t *testing.T) {
	body := bigFile()
	for name, f := range map[string]telegramtest.Failure{
		"a reset within the file":        {Reset: true, Half: 1 << 20, Times: 2},
		"a reset before the file":        {Reset: true, Half: 10},
		"429 within the file":            {Code: 429, RetryAfter: 5, Half: 1 << 20, Times: 2},
		"429 after the file":             {Code: 429, RetryAfter: 5, Times: 2},
		"a proxy's page within it":       {Code: 502, Page: true, Half: 1 << 20},
		"a connection that stands still": {Hang: true, Half: 2 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, e := telegramtest.New(token), newEcho()
				e.parts = map[string]func() []bot.Part{"/report": func() []bot.Part {
					return []bot.Part{bot.File{Name: "a.csv", Size: int64(len(body)), Body: bytes.NewReader(body)}}
				}}
				f.Method = "sendDocument"
				server.Fail(f)
				r := start(t, server, e, server.Transport())
				ana := server.Person(7, "Ana")
				ana.Type("/report")
				time.Sleep(15 * time.Minute)
				require.Len(t, ana.Messages(), 1, "%v\n%s", texts(ana.Chat), r.diary)
				assert.True(t, bytes.Equal(body, ana.Messages()[0].File), "the whole file")
				assert.NoError(t, r.end())
				assert.Empty(t, server.Faults())
			})
		})
	}
}

func TestAFileThatNeverArrivesIsGivenUpWithAWord(t *testing.T) {
	body := bigFile()
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		e.parts = map[string]func() []bot.Part{"/report": func() []bot.Part {
			return []bot.Part{bot.File{Name: "a.csv", Size: int64(len(body)), Body: bytes.NewReader(body)}}
		}}
		server.Fail(telegramtest.Failure{Method: "sendDocument", Reset: true, Half: 1 << 20, Times: 1000})
		r := start(t, server, e, server.Transport())
		ana := server.Person(7, "Ana")
		ana.Type("/report")
		time.Sleep(15 * time.Minute)
		assert.Equal(t, []string{"⚠ a.csv could not be sent. Ask again in a while."}, texts(ana.Chat))
		assert.Less(t, count(server.Calls(), "sendDocument"), 10)
		assert.NoError(t, r.end())
	})
}

func count(list []string, item string) (n int) {
	for _, i := range list {
		if i == item {
			n++
		}
	}
	return n
}

// A message that Telegram has taken, and of which it could not tell: a text comes twice rather than never, a file or a picture comes once, and a word says
// that it may be missing.
func TestWhatArrivedWithoutAnAnswer(t *testing.T) {
	body := []byte("col\n1\n")
	for name, tt := range map[string]struct {
		method string
		want   []string
	}{
		"a text is said again":                  {"sendMessage", []string{"you said /help", "you said /help"}},
		"a file is not, and a word tells of it": {"sendDocument", []string{"", "⚠ a.csv could not be sent. Ask again in a while."}},
	} {
		for how, f := range map[string]telegramtest.Failure{
			"reset": {Reset: true}, "no answer": {Hang: true}, "a proxy's page": {Code: 502, Page: true},
		} {
			t.Run(name+" after "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server, e := telegramtest.New(token), newEcho()
					e.parts = map[string]func() []bot.Part{"/report": func() []bot.Part {
						return []bot.Part{bot.File{Name: "a.csv", Size: int64(len(body)), Body: bytes.NewReader(body)}}
					}}
					f.Method, f.After = tt.method, true
					server.Fail(f)
					r := start(t, server, e, server.Transport())
					ana := server.Person(7, "Ana")
					line := "/help"
					if tt.method == "sendDocument" {
						line = "/report"
					}
					ana.Type(line)
					time.Sleep(15 * time.Minute)
					assert.Equal(t, tt.want, texts(ana.Chat), fmt.Sprint(strings.Contains(r.diary.String(), "not answered")))
					assert.Equal(t, []string{line}, slices.Clone(e.asked), "the bot was asked once")
					assert.NoError(t, r.end())
				})
			})
		}
	}
}
