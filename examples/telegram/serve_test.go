package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
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

const token = "123:AAsecretSecretSecret"

func quietPlatform(t testing.TB) *platform {
	a, err := newAPI(bot.Telegram{Token: bot.NewSecret(token)}, http.DefaultTransport, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return newPlatform(a, keep.NewMemory(), slog.New(slog.DiscardHandler))
}

// A diary is a log that is looked through for the token.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}
func (d *diary) String() string { d.mu.Lock(); defer d.mu.Unlock(); return d.text.String() }
func (d *diary) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(d, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// An echo is a bot that says what it was asked. "/slow" waits until it is let go.
type echo struct {
	store keep.Store
	slow  chan struct{}
	parts map[string]func() []bot.Part // what else is answered, by the line

	mu    sync.Mutex
	asked []string
	gone  []string
}

func newEcho() *echo { return &echo{store: keep.NewMemory(), slow: make(chan struct{})} }

func (e *echo) Answer(ctx context.Context, r bot.Request) iter.Seq2[bot.Part, error] {
	return func(yield func(bot.Part, error) bool) {
		e.mu.Lock()
		e.asked = append(e.asked, r.Text)
		e.mu.Unlock()
		if strings.HasPrefix(r.Text, "/stats") {
			select {
			case <-e.slow:
			case <-ctx.Done():
				yield(nil, context.Cause(ctx))
				return
			}
		}
		if parts := e.parts[r.Text]; parts != nil {
			for _, part := range parts() {
				if !yield(part, nil) {
					return
				}
			}
			return
		}
		if strings.HasPrefix(r.Text, "/menu") {
			yield(bot.Menu{Title: "menu", Rows: [][]bot.Button{{{Label: "help", Line: "/help pressed"}}}}, nil)
			return
		}
		yield(bot.Text{Lines: []string{"you said " + r.Text}}, nil)
	}
}
func (e *echo) Keep() keep.Store { return e.store }
func (e *echo) Subscriptions(context.Context) ([]bot.Subscription, error) {
	return nil, nil
}
func (e *echo) Commands(_ context.Context, from string) ([]bot.Command, error) {
	if from == "telegram:7" {
		return bot.EveryCommand(), nil
	}
	return bot.EveryCommand()[:2], nil
}
func (e *echo) Gone(_ context.Context, chat string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone = append(e.gone, chat)
	return nil
}

// A run is the program as it is served by an echo, with time that is simulated.
type run struct {
	t      *testing.T
	diary  *diary
	stop   context.CancelFunc
	ended  chan error
	server *telegramtest.Server
}

func start(t *testing.T, server *telegramtest.Server, e *echo, transport http.RoundTripper) *run {
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{t: t, diary: &diary{}, stop: cancel, ended: make(chan error, 1), server: server}
	c := bot.Telegram{Token: bot.NewSecret(token), Mode: bot.TelegramPolling, APIURL: "http://fake"}
	go func() {
		r.ended <- serveWith(ctx, e, c, r.diary.log(), transport, chat.WithPace(10_000, 10_000), chat.WithRunning(100, 100))
	}()
	return r
}

// end ends the program, and looks for the token in all that it said.
func (r *run) end() error {
	r.stop()
	err := <-r.ended
	assert.NotContains(r.t, r.diary.String()+fmt.Sprint(err), "secretSecret")
	return err
}

func texts(c *telegramtest.Chat) []string {
	var list []string
	for _, m := range c.Messages() {
		list = append(list, strings.TrimSpace(m.Text))
	}
	return list
}

func TestWhatIsTypedIsAnsweredInOrderAndConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		r := start(t, server, e, server.Transport())
		ana, group := server.Person(7, "Ana"), server.Group(-1005, "Nodes")
		for i := range 5 {
			ana.Type(fmt.Sprintf("/help %d", i))
		}
		ana.TypeIn(group, 45, "/help@pokt_bot here")
		ana.TypeIn(group, 0, "/help@other_bot not us")
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"you said /help 0", "you said /help 1", "you said /help 2", "you said /help 3", "you said /help 4"}, texts(ana.Chat))
		require.Len(t, group.Messages(), 1)
		assert.Equal(t, 45, group.Messages()[0].Topic)
		assert.NoError(t, r.end())
		assert.Zero(t, server.Pending())
		assert.Empty(t, server.Faults())
		assert.Len(t, server.Menu("default"), 2)
		assert.Len(t, server.Menu("chat7"), len(bot.EveryCommand()))
		assert.Equal(t, 3, server.MenuSets())
	})
}

func TestASlowReportKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		r := start(t, server, e, server.Transport())
		ana, ivan := server.Person(7, "Ana"), server.Person(8, "Ivan")
		ana.Type("/stats")
		ivan.Type("/help")
		ana.Type("/help")
		time.Sleep(30 * time.Second)
		assert.Equal(t, []string{"you said /help"}, texts(ivan.Chat))
		assert.Contains(t, texts(ana.Chat), "you said /help")
		close(e.slow)
		time.Sleep(time.Minute)
		assert.Contains(t, strings.Join(texts(ana.Chat), "|"), "you said /stats")
		assert.NoError(t, r.end())
	})
}

func TestAPressIsAnsweredOnceAndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		r := start(t, server, e, server.Transport())
		ana, ivan, group := server.Person(7, "Ana"), server.Person(8, "Ivan"), server.Group(-1005, "Nodes")
		ana.TypeIn(group, 0, "/menu")
		time.Sleep(10 * time.Second)
		require.Len(t, group.Messages(), 1)
		m := group.Messages()[0]
		wrong := ivan.Press(group, m, m.Buttons[0])
		time.Sleep(10 * time.Second)
		_, times := server.Said(wrong)
		assert.Equal(t, 1, times)
		right := ana.Press(group, m, m.Buttons[0])
		time.Sleep(10 * time.Second)
		_, times = server.Said(right)
		assert.Equal(t, 1, times)
		assert.Contains(t, strings.Join(texts(group), "|"), "you said /help pressed")
		assert.NoError(t, r.end())
		assert.Empty(t, server.Faults())
	})
}

// A line is a transport that can be cut.
type line struct {
	http.RoundTripper
	mu  sync.Mutex
	cut bool
}

func (l *line) set(cut bool) { l.mu.Lock(); defer l.mu.Unlock(); l.cut = cut }

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	cut := l.cut
	l.mu.Unlock()
	if cut {
		_ = r.Body.Close()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api/bot" + token}}
	}
	return l.RoundTripper.RoundTrip(r)
}

func TestAfterAnHourWithoutANetworkEverythingIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		l := &line{RoundTripper: server.Transport()}
		r := start(t, server, e, l)
		ana := server.Person(7, "Ana")
		ana.Type("/stats before") // is being answered when the network goes
		time.Sleep(500 * time.Millisecond)
		l.set(true)
		close(e.slow)
		for i := range 3 {
			ana.Type(fmt.Sprintf("/help %d", i))
		}
		time.Sleep(50 * time.Minute)
		assert.Empty(t, ana.Messages())
		l.set(false)
		time.Sleep(5 * time.Minute)
		assert.ElementsMatch(t, []string{"you said /stats before", "you said /help 0", "you said /help 1", "you said /help 2"}, texts(ana.Chat))
		assert.NoError(t, r.end())
	})
}

func TestAnUpdateIsNeitherLostNorAnsweredTwiceWhenTheProgramEndsMidway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		ana, ivan := server.Person(7, "Ana"), server.Person(8, "Ivan")
		r := start(t, server, e, server.Transport())
		ivan.Type("/help done")
		time.Sleep(10 * time.Second)
		ana.Type("/stats") // waits, with a message of progress or none
		time.Sleep(500 * time.Millisecond)
		assert.NoError(t, r.end())
		before := len(ana.Messages())

		close(e.slow)
		r = start(t, server, e, server.Transport())
		time.Sleep(time.Minute)
		assert.NoError(t, r.end())
		assert.Equal(t, []string{"you said /help done"}, texts(ivan.Chat))
		after := texts(ana.Chat)
		require.Greater(t, len(after), 0)
		assert.LessOrEqual(t, len(after), before+1)
		if last := after[len(after)-1]; last != "you said /stats" {
			assert.Contains(t, last, "The bot was restarted while it answered /stats")
		}
		for entry, err := range e.store.List(t.Context(), spaceUpdates) {
			require.NoError(t, err)
			t.Error("still kept: ", entry.Key)
		}
	})
}

func TestAnUpdateThatComesAgainIsNotAnsweredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		ana := server.Person(7, "Ana")
		ana.Type("/help once")
		again := server.Updates()
		r := start(t, server, e, server.Transport())
		time.Sleep(10 * time.Second)
		in := &intake{p: newPlatform(quietPlatform(t).api, e.store, r.diary.log()), log: r.diary.log(), ctx: t.Context()}
		_, err := in.accept(t.Context(), again) // would fail for want of slots if it were begun
		assert.NoError(t, err)
		assert.NoError(t, r.end())
		assert.Equal(t, []string{"you said /help once"}, texts(ana.Chat))
	})
}

func TestFailuresOfTelegramAreOvercome(t *testing.T) {
	for name, f := range map[string]telegramtest.Failure{
		"429 is heeded":        {Method: "sendMessage", Times: 2, Code: 429, RetryAfter: 7},
		"a page of a proxy":    {Method: "sendMessage", Code: 502, Page: true},
		"a reset connection":   {Method: "sendMessage", Reset: true},
		"no answer":            {Method: "sendMessage", Hang: true},
		"502 while polling":    {Method: "getUpdates", Times: 3, Code: 502, Page: true},
		"resets while polling": {Method: "getUpdates", Times: 3, Reset: true},
		"a hang while polling": {Method: "getUpdates", Hang: true},
		"another instance":     {Method: "getUpdates", Times: 3, Code: 409},
		"500 at the start":     {Method: "getMe", Times: 2, Code: 500},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, e := telegramtest.New(token), newEcho()
				ana := server.Person(7, "Ana")
				server.Fail(f)
				ana.Type("/help")
				began := time.Now()
				r := start(t, server, e, server.Transport())
				require.True(t, server.Await(t.Context(), func() bool { return len(ana.Messages()) == 1 }))
				if f.Code == 429 {
					assert.GreaterOrEqual(t, time.Since(began), 14*time.Second)
				}
				assert.NoError(t, r.end())
				if f.Code == 409 {
					assert.Contains(t, r.diary.String(), "another program asks for the updates of this bot")
				}
			})
		})
	}
}

func TestAWrongTokenEndsTheProgramAndIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := telegramtest.New("9:other")
		r := start(t, server, newEcho(), server.Transport())
		err := <-r.ended
		r.ended <- err
		require.ErrorIs(t, err, errToken)
		_ = r.end()
	})
	_, err := newAPI(bot.Telegram{Token: bot.NewSecret("secretSecret")}, nil, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "telegram.token is not a token")
	assert.NotContains(t, err.Error(), "secretSecret")
}

func TestWhoBlocksTheBotIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		r := start(t, server, e, server.Transport())
		ana := server.Person(7, "Ana")
		ana.Block()
		time.Sleep(10 * time.Second)
		assert.NoError(t, r.end())
		assert.Equal(t, []string{"telegram:7"}, e.gone)
		p := channelTo(t, server, 7)
		_, err := p.Send(t.Context(), chat.Message{Text: chat.Rich{{Text: "x"}}})
		assert.True(t, chat.Is(err, chat.Blocked), err)
	})
}

func channelTo(t *testing.T, server *telegramtest.Server, id int64) chat.Channel {
	a, err := newAPI(bot.Telegram{Token: bot.NewSecret(token), APIURL: "http://fake"}, server.Transport(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	c, err := newPlatform(a, keep.NewMemory(), slog.New(slog.DiscardHandler)).Open(chatName(id, 0))
	require.NoError(t, err)
	return c
}

func TestMessagesAreSentEditedAndMissedAsTelegramDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := telegramtest.New(token)
		ana := server.Person(7, "Ana")
		c, ctx := channelTo(t, server, 7), t.Context()
		text := func(s string) chat.Message {
			return chat.Message{Text: chat.Rich{{Text: s, Style: chat.Strong}}, Silent: true}
		}
		id, err := c.Send(ctx, text("<a>"))
		require.NoError(t, err)
		require.NoError(t, c.Edit(ctx, id, text("b")))
		assert.NoError(t, c.Edit(ctx, id, text("b")), "not modified")
		assert.Equal(t, "b", ana.Messages()[0].Text)
		assert.True(t, chat.Is(c.Edit(ctx, "99999", text("b")), chat.Gone))
		_, err = c.Send(ctx, chat.Message{})
		assert.True(t, chat.Is(err, chat.Refused))

		body := strings.NewReader("col\n1\n")
		_, _ = body.Seek(0, io.SeekEnd)
		doc, err := c.Send(ctx, chat.Message{File: &bot.File{Name: "a\"b.csv", Body: body}, Text: chat.Rich{{Text: "c"}}})
		require.NoError(t, err)
		require.NoError(t, c.Edit(ctx, doc, text("caption")))
		m := ana.Messages()[1]
		assert.Equal(t, "col\n1\n", string(m.File))
		assert.Equal(t, "caption", m.Text)
		require.NoError(t, c.(chat.Deleter).Delete(ctx, doc))
		assert.Len(t, ana.Messages(), 1)
		assert.Empty(t, server.Faults())
		_, err = channelTo(t, server, 8).Send(ctx, text("x"))
		assert.True(t, chat.Is(err, chat.Blocked), err)
	})
}

func TestAGroupThatBecomesASupergroupKeepsItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		group, ana := server.Group(-5, "Nodes"), server.Person(7, "Ana")
		next := group.Upgrade(-1005)
		a, err := newAPI(bot.Telegram{Token: bot.NewSecret(token), APIURL: "http://fake"}, server.Transport(), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		p := newPlatform(a, e.store, slog.New(slog.DiscardHandler))
		c, err := p.Open("telegram:-5")
		require.NoError(t, err)
		_, err = c.Send(t.Context(), chat.Message{Text: chat.Rich{{Text: "alert"}}})
		require.NoError(t, err)
		assert.Equal(t, []string{"alert"}, texts(next))

		again := newPlatform(a, e.store, slog.New(slog.DiscardHandler)) // after a restart
		require.NoError(t, again.loadMoved(t.Context()))
		ana.TypeIn(next, 0, "/help")
		update, err := again.understand(server.Updates()[0], "b")
		require.NoError(t, err)
		assert.Equal(t, "telegram:-5", update.update.Chat)
	})
}

func TestNothingIsSentFasterThanIsAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := telegramtest.New(token)
		server.Group(-5, "Nodes")
		a, err := newAPI(bot.Telegram{Token: bot.NewSecret(token), APIURL: "http://fake"}, server.Transport(), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		p := newPlatform(a, keep.NewMemory(), slog.New(slog.DiscardHandler))
		var wg sync.WaitGroup
		for id := range int64(60) {
			server.Person(id+1, "x")
			wg.Go(func() {
				c, _ := p.Open(chatName(id+1, 0))
				for range 4 {
					_, err := c.Send(t.Context(), chat.Message{Text: chat.Rich{{Text: "x"}}})
					assert.NoError(t, err)
				}
			})
		}
		wg.Go(func() {
			c, _ := p.Open("telegram:-5")
			for range 50 {
				_, err := c.Send(t.Context(), chat.Message{Text: chat.Rich{{Text: "x"}}})
				assert.NoError(t, err)
			}
		})
		wg.Wait()
		assert.Empty(t, server.Faults())
	})
}

func TestNoErrorTellsTheToken(t *testing.T) {
	fail := func(err error) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) { _ = r.Body.Close(); return nil, err })
	}
	full := "https://api/bot" + token + "/x"
	for name, transport := range map[string]http.RoundTripper{
		"DNS":  fail(&net.DNSError{Err: "no such host", Name: full}),
		"dial": fail(&net.OpError{Op: "dial", Err: errors.New(full)}),
		"url":  fail(&url.Error{Op: "Post", URL: url.QueryEscape(full), Err: errors.New("x")}),
		"late": fail(fmt.Errorf("%s: %w", full, context.DeadlineExceeded)),
		"page": roundTrip(func(*http.Request) (*http.Response, error) { return answer(502, "<html>"+full), nil }),
		"refusal": roundTrip(func(*http.Request) (*http.Response, error) {
			return answer(400, `{"ok":false,"error_code":400,"description":"`+full+`"}`), nil
		}),
		"away": roundTrip(func(*http.Request) (*http.Response, error) {
			w := answer(302, "")
			w.Header.Set("Location", full)
			return w, nil
		}),
		"body": roundTrip(func(*http.Request) (*http.Response, error) {
			w := answer(200, "")
			w.Body = io.NopCloser(broken{full})
			return w, nil
		}),
	} {
		d := &diary{}
		a, err := newAPI(bot.Telegram{Token: bot.NewSecret(token)}, transport, d.log())
		require.NoError(t, err)
		_, err = a.GetMe(t.Context())
		require.Error(t, err, name)
		said := fmt.Sprintf("%v %+v", a.told("getMe", err), a.told("getMe", err))
		_, err = a.updates(t.Context(), 0, 0)
		require.Error(t, err, name)
		assert.NotContains(t, said+err.Error()+d.String(), "secretSecret", name)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type broken struct{ text string }

func (b broken) Read([]byte) (int, error) { return 0, errors.New(b.text) }

func answer(code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func TestAWebhookTakesWhatTelegramBringsAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, e := telegramtest.New(token), newEcho()
		ana := server.Person(7, "Ana")
		ana.Type("/help hooked")
		d := &diary{}
		p := newPlatform(quietPlatform(t).api, e.store, d.log())
		var handled []string
		in := &intake{
			p: p, ctx: t.Context(), log: d.log(), slots: make(chan struct{}, 2), last: map[int64]chan struct{}{},
			menus:  &menus{api: p.api, keep: e.store, log: d.log(), commands: func(context.Context, string) ([]bot.Command, error) { return nil, nil }},
			handle: func(_ context.Context, u chat.Update) error { handled = append(handled, u.Text); return nil },
		}
		h, address, err := newHook(bot.Telegram{Token: bot.NewSecret(token), WebhookURL: "https://bot.example"}, in, d.log())
		require.NoError(t, err)
		assert.Equal(t, "https://bot.example"+h.path, address)
		assert.Greater(t, len(h.path), 20)
		call := func(path, secret, body string) int {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			synctest.Wait()
			return w.Code
		}
		raw := string(server.Updates()[0])
		assert.Equal(t, 403, call(h.path, "", raw))
		assert.Equal(t, 403, call(h.path, h.secret+"x", raw))
		assert.Equal(t, int64(2), h.wrong.Load())
		assert.Equal(t, 404, call("/", h.secret, raw))
		assert.Equal(t, 400, call(h.path, h.secret, "{"))
		assert.Equal(t, 413, call(h.path, h.secret, strings.Repeat(" ", mostUpdate+1)))
		assert.Empty(t, handled)
		assert.Equal(t, 200, call(h.path, h.secret, raw))
		assert.Equal(t, 200, call(h.path, h.secret, raw), "again")
		assert.Equal(t, []string{"/help hooked"}, handled)
		assert.NotContains(t, d.String(), "secretSecret")
	})
}
