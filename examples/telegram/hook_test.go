package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/examples/telegram/telegramtest"
)

// A full store takes nothing.
type fullStore struct {
	keep.Store
	full *atomic.Bool
}

func (s fullStore) Put(ctx context.Context, entries ...keep.Entry) error {
	if s.full.Load() {
		return errors.New("no space left on device")
	}
	return s.Store.Put(ctx, entries...)
}

var listening = regexp.MustCompile(`msg="listening for Telegram" address=(\S+)`)

func TestTheProgramIsBroughtUpdatesByWebhook(t *testing.T) {
	server, e := telegramtest.New(token), newEcho()
	var full atomic.Bool
	e.store = fullStore{e.store, &full}
	web := httptest.NewServer(server)
	defer web.Close()
	ana := server.Person(7, "Ana")
	d := &diary{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	c := bot.Telegram{Token: bot.NewSecret(token), Mode: bot.TelegramWebhook, APIURL: web.URL, WebhookURL: "https://bot.example/hook", Listen: "127.0.0.1:0"}
	go func() { ended <- serveWith(ctx, e, c, d.log(), &http.Transport{}, chat.WithPace(10_000, 10_000)) }()

	late, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.True(t, server.Await(late, func() bool { hook, _ := server.Hook(); return hook != "" }))
	hook, secret := server.Hook()
	u, err := url.Parse(hook)
	require.NoError(t, err)
	require.NotEmpty(t, secret)
	at := "http://" + listening.FindStringSubmatch(d.String())[1]
	call := func(method, path, secret, body string) int {
		r, err := http.NewRequestWithContext(late, method, at+path, strings.NewReader(body))
		require.NoError(t, err)
		if secret != "" {
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		}
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = response.Body.Close()
		return response.StatusCode
	}
	ana.Type("/help hooked")
	raw := string(server.Updates()[0])
	assert.Equal(t, 403, call("POST", u.Path, "", raw), "no secret")
	assert.Equal(t, 403, call("POST", u.Path, secret+"x", raw), "a wrong secret")
	assert.Equal(t, 404, call("POST", "/other", secret, raw), "another path")
	assert.Equal(t, 405, call("GET", u.Path, secret, ""), "GET")
	assert.Equal(t, 413, call("POST", u.Path, secret, strings.Repeat(" ", mostUpdate+1)), "too large")
	full.Store(true)
	assert.Equal(t, 500, call("POST", u.Path, secret, raw), "not stored: Telegram is to bring it again")
	full.Store(false)
	assert.Empty(t, ana.Messages())
	assert.Equal(t, 200, call("POST", u.Path, secret, raw))
	assert.Equal(t, 200, call("POST", u.Path, secret, raw), "again")
	require.True(t, server.Await(late, func() bool { return len(ana.Messages()) > 0 }))
	stop()
	require.NoError(t, <-ended)
	assert.Equal(t, []string{"you said /help hooked"}, texts(ana.Chat))
	hook, _ = server.Hook()
	assert.Empty(t, hook, "the webhook is taken away at the end")
	assert.NotContains(t, d.String(), "secretSecret")
	assert.NotContains(t, d.String(), secret)
}

func TestAPressOfSomebodyElseDoesNothingAndTellsHim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		r := start(t, server, e, server.Transport())
		ana, ivan, group := server.Person(7, "Ana"), server.Person(8, "Ivan"), server.Group(-1005, "Nodes")
		ana.TypeIn(group, 0, "/menu")
		time.Sleep(10 * time.Second)
		before := group.Messages()
		require.Len(t, before, 1)
		wrong := ivan.Press(group, before[0], before[0].Buttons[0])
		time.Sleep(10 * time.Second)
		word, times := server.Said(wrong)
		assert.Equal(t, "This button is not yours.", word)
		assert.Equal(t, 1, times)
		assert.Equal(t, before, group.Messages())
		assert.Equal(t, []string{"/menu"}, e.asked)
		assert.NoError(t, r.end())
	})
}

func TestWhatIsWrittenForAChannelIsTheChannels(t *testing.T) {
	p := quietPlatform(t)
	post := `{"update_id":1,"channel_post":{"message_id":2,"date":1,"chat":{"id":-1007,"type":"channel","title":"News"},` +
		`"sender_chat":{"id":-1007,"type":"channel","title":"News"},"author_signature":"Ana","text":"/ack all"}}`
	e, err := p.understand([]byte(post), "b")
	require.NoError(t, err)
	assert.Equal(t, "telegram:-1007", e.update.From, "no person, whatever he signs with")
	assert.False(t, e.update.Direct)
	e, err = p.understand([]byte(strings.Replace(post, `"sender_chat":{"id":-1007,"type":"channel","title":"News"},`, "", 1)), "b")
	require.NoError(t, err)
	assert.Nil(t, e, "of nobody")
}

func TestAGroupThatTellsOfItsNewNumberKeepsItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		r := start(t, server, e, server.Transport())
		ana, next := server.Person(7, "Ana"), server.Group(-1005, "Nodes")
		server.Push("message", map[string]any{"message_id": 3, "date": 1, "chat": map[string]any{"id": -5, "type": "group"}, "from": map[string]any{"id": 7, "first_name": "Ana"}, "migrate_to_chat_id": -1005})
		time.Sleep(10 * time.Second)
		ana.TypeIn(next, 0, "/help")
		time.Sleep(10 * time.Second)
		assert.Equal(t, []string{"you said /help"}, texts(next))
		entry, err := e.store.Get(t.Context(), spaceMoved, "-5")
		require.NoError(t, err)
		assert.Equal(t, "-1005", string(entry.Value))
		assert.NoError(t, r.end())
		assert.Empty(t, server.Faults())
	})
}
