package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
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

var errKilled = errors.New("the process was killed")

// A life is a process that can be killed: from then on nothing that it does reaches the store, Telegram or the bot's doings.
type life struct {
	*echo
	dead  atomic.Bool
	delay func() time.Duration // how long each step takes

	put      func([]keep.Entry) // is called after something was stored
	answered func(line string)  // is called after the bot has done what was asked

	ended chan error
	stop  context.CancelFunc
}

func begin(t *testing.T, server *telegramtest.Server, e *echo, l *life) *life {
	l.echo, l.ended = e, make(chan error, 1)
	if l.delay == nil {
		l.delay = func() time.Duration { return 0 }
	}
	var ctx context.Context
	ctx, l.stop = context.WithCancel(t.Context())
	c := bot.Telegram{Token: bot.NewSecret(token), Mode: bot.TelegramPolling, APIURL: "http://fake"}
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		step := l.step
		if strings.HasSuffix(r.URL.Path, "/setMyCommands") {
			step = l.alive
		}
		if err := step(); err != nil {
			_ = r.Body.Close()
			return nil, err
		}
		response, err := server.Transport().RoundTrip(r)
		if dead := step(); dead != nil {
			return nil, dead
		}
		return response, err
	})
	go func() {
		l.ended <- serveWith(ctx, l, c, slog.New(slog.DiscardHandler), transport, chat.WithPace(10_000, 10_000), chat.WithRunning(100, 100))
	}()
	return l
}

// step takes a while, and fails when the process is dead then.
func (l *life) step() error {
	time.Sleep(l.delay())
	if l.dead.Load() {
		return errKilled
	}
	return nil
}

// alive is step without a while: menus are changed under a lock, and simulated time stands still while somebody waits for a lock.
func (l *life) alive() error {
	if l.dead.Load() {
		return errKilled
	}
	return nil
}

// stepIn is step for a space of the store.
func (l *life) stepIn(space string) error {
	if space == spaceMenus {
		return l.alive()
	}
	return l.step()
}

func (l *life) kill() {
	l.dead.Store(true)
	l.stop()
}

func (l *life) Keep() keep.Store { return mortal{l.store, l} }

func (l *life) Answer(ctx context.Context, r bot.Request) iter.Seq2[bot.Part, error] {
	return func(yield func(bot.Part, error) bool) {
		if err := l.step(); err != nil {
			yield(nil, err)
			return
		}
		l.echo.Answer(ctx, r)(func(p bot.Part, err error) bool {
			if l.answered != nil {
				l.answered(r.Text)
			}
			if err := l.step(); err != nil {
				return yield(nil, err)
			}
			return yield(p, err)
		})
	}
}

// A mortal store is out of reach when its process is dead.
type mortal struct {
	keep.Store
	l *life
}

func (m mortal) Get(ctx context.Context, space, key string) (keep.Entry, error) {
	if err := m.l.stepIn(space); err != nil {
		return keep.Entry{}, err
	}
	return m.Store.Get(ctx, space, key)
}

func (m mortal) Put(ctx context.Context, entries ...keep.Entry) error {
	if err := m.l.stepIn(entries[0].Space); err != nil {
		return err
	}
	err := m.Store.Put(ctx, entries...)
	if m.l.put != nil {
		m.l.put(entries)
	}
	return errors.Join(err, m.l.stepIn(entries[0].Space))
}

func (m mortal) Take(ctx context.Context, space, key string) (keep.Entry, error) {
	if err := m.l.stepIn(space); err != nil {
		return keep.Entry{}, err
	}
	return m.Store.Take(ctx, space, key)
}

func (m mortal) Delete(ctx context.Context, space string, keys ...string) error {
	if err := m.l.stepIn(space); err != nil {
		return err
	}
	return errors.Join(m.Store.Delete(ctx, space, keys...), m.l.stepIn(space))
}

func (m mortal) List(ctx context.Context, space string) iter.Seq2[keep.Entry, error] {
	if err := m.l.stepIn(space); err != nil {
		return func(yield func(keep.Entry, error) bool) { yield(keep.Entry{}, err) }
	}
	return m.Store.List(ctx, space)
}

func restarted(line string) string {
	return "⚠ The bot was restarted while it answered " + line + ". If something is missing, please ask again."
}

func TestAProcessThatIsKilledGoesOnWhereItMay(t *testing.T) {
	for name, tt := range map[string]struct {
		line     string
		put      func(keep.Entry) bool // whether it is killed after this was stored
		answered bool                  // it is killed when the bot has done what was asked, before a word is sent
		asked    int
		want     string
	}{
		"taken, not begun": {
			line: "/ack 1", put: func(e keep.Entry) bool {
				return e.Space == spaceUpdates && !bytes.Contains(e.Value, []byte(`"begun":true`))
			},
			asked: 1, want: "you said /ack 1",
		},
		"begun, not answered": {
			line: "/help", put: func(e keep.Entry) bool { return bytes.Contains(e.Value, []byte(`"begun":true`)) },
			asked: 1, want: restarted("/help"),
		},
		"what only tells is asked again":  {line: "/help", answered: true, asked: 2, want: "you said /help"},
		"what was done is not done again": {line: "/ack 1", answered: true, asked: 1, want: restarted("/ack 1")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, e := telegramtest.New(token), newEcho()
				ana := server.Person(7, "Ana")
				ana.Type(tt.line)
				l := &life{}
				l.put = func(entries []keep.Entry) {
					for _, entry := range entries {
						if tt.put != nil && tt.put(entry) {
							l.kill()
						}
					}
				}
				l.answered = func(string) {
					if tt.answered {
						l.kill()
					}
				}
				begin(t, server, e, l)
				<-l.ended
				require.True(t, l.dead.Load())
				require.Empty(t, ana.Messages())

				l = begin(t, server, e, &life{})
				time.Sleep(time.Minute)
				l.stop()
				assert.NoError(t, <-l.ended)
				assert.Equal(t, []string{tt.want}, texts(ana.Chat))
				assert.Len(t, e.asked, tt.asked)
				assert.Zero(t, server.Pending())
			})
		})
	}
}

func TestHoweverOftenAProcessIsKilledNothingIsLostOrDoneTwice(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				var mu sync.Mutex
				within := func(d time.Duration) time.Duration {
					mu.Lock()
					defer mu.Unlock()
					return time.Duration(random.Int64N(int64(d)))
				}
				server, e := telegramtest.New(token), newEcho()
				people := []*telegramtest.Person{server.Person(7, "Ana"), server.Person(8, "Ivan")}
				typed := map[string]*telegramtest.Person{}
				for kills := range 40 {
					l := begin(t, server, e, &life{delay: func() time.Duration { return within(20 * time.Millisecond) }})
					for n := range 2 {
						time.Sleep(within(400 * time.Millisecond))
						for i, p := range people {
							line := fmt.Sprintf("/%s %d.%d.%d.", []string{"ack", "help"}[(i+n)%2], kills, n, i)
							typed[line] = p
							p.Type(line)
						}
					}
					time.Sleep(within(2 * time.Second))
					l.kill()
					<-l.ended
				}
				l := begin(t, server, e, &life{})
				time.Sleep(10 * time.Minute)
				l.stop()
				assert.NoError(t, <-l.ended)

				words := map[string]int{}
				for _, p := range people {
					for _, text := range texts(p.Chat) {
						words[text]++
					}
				}
				asked := map[string]int{}
				for _, line := range e.asked {
					asked[line]++
				}
				again := 0
				for line := range typed {
					answers := words["you said "+line]
					assert.LessOrEqual(t, answers, 1, line)
					assert.Positive(t, answers+words[restarted(line)], line)
					if strings.HasPrefix(line, "/ack") {
						assert.LessOrEqual(t, asked[line], 1, line)
					}
					again += words[restarted(line)]
				}
				assert.Positive(t, again, "some were in the middle")
				assert.Less(t, again, len(typed)/2)
				assert.Zero(t, server.Pending())
				for entry, err := range e.store.List(t.Context(), spaceUpdates) {
					require.NoError(t, err)
					t.Error("still kept: ", entry.Key)
				}
			})
		})
	}
}
