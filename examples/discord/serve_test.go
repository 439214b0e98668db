package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/discord/discordtest"
)

const guild = "900000000000000001"

var (
	ana   = discordtest.Person{ID: "300000000000000001", Name: "Ana"}
	eva   = discordtest.Person{ID: "300000000000000003", Name: "Eva"}
	bruno = discordtest.Person{ID: "300000000000000002", Name: "Bruno"}
)

// quickly are pauses that take no time.
func quickly(int, bool) time.Duration { return time.Millisecond }

// A buffer is written and read at once.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// A stage is the program on a Discord, with the demonstration behind it.
type stage struct {
	*discordtest.Server
	t      *testing.T
	bot    *bot.Bot
	config bot.Config
	log    buffer
	stop   func() error
}

// demo is one demonstration for all tests: to read its past takes long. TestMain closes it.
var demo = sync.OnceValues(func() (*bot.Bot, error) {
	config := bot.DemoConfig()
	config.Access.Admins = []bot.Phrase{bot.Phrase("discord:" + ana.ID), bot.Phrase("discord:" + eva.ID)}
	b, err := bot.NewDemo(context.Background(), config, bot.WithLogger(slog.New(slog.DiscardHandler)))
	if err == nil {
		closeDemo = b.Close
		err = b.CatchUp(context.Background(), func(bot.Progress) {})
	}
	return b, err
})

var closeDemo = func() error { return nil }

func TestMain(m *testing.M) {
	code := m.Run()
	if err := closeDemo(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func newStage(t *testing.T, change func(*bot.Config)) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("reads two months of a simulated chain")
	}
	s := &stage{Server: discordtest.New(), t: t, config: bot.DemoConfig()}
	t.Cleanup(s.Close)
	s.config.Discord = bot.Discord{Token: bot.NewSecret(discordtest.Token), Ephemeral: true, MaxFile: 10, API: s.URL}
	if change != nil {
		change(&s.config)
	}
	b, err := demo()
	require.NoError(t, err)
	s.bot = b
	s.start()
	t.Cleanup(func() {
		assert.NoError(t, s.stop())
		assert.Empty(t, s.Complaints(), "Discord's rules are kept")
		for _, secret := range []string{discordtest.Token, "hunter2", "aW50ZXJhY3Rpb246"} {
			assert.NotContains(t, s.log.String(), secret)
		}
	})
	return s
}

// start starts the program, and waits until it is connected and has registered its commands.
func (s *stage) start() {
	s.t.Helper()
	before := s.Session().Identified
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- serveWith(ctx, s.bot, s.config, slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})), quickly)
	}()
	var once sync.Once
	var err error
	s.stop = func() error {
		once.Do(func() {
			cancel()
			err = <-ended
		})
		return err
	}
	s.until("connected", func() bool {
		list, _ := s.Commands(s.config.Discord.Guild)
		return s.Session().Connected && s.Session().Identified > before && len(list) > 0
	})
}

// patience is for a busy machine: nothing waits so long.
func (s *stage) patience() context.Context {
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	s.t.Cleanup(cancel)
	return ctx
}

func (s *stage) until(what string, ok func() bool) {
	s.t.Helper()
	require.True(s.t, s.Wait(s.patience(), ok), "%s\n%s", what, s.log.String())
}

// answered waits for the first answer.
func (s *stage) answered(i *discordtest.Interaction) discordtest.Message {
	s.t.Helper()
	m, ok := i.Answered(s.patience())
	require.True(s.t, ok, "no answer\n%s\n%s", strings.Join(s.Requests(), "\n"), s.log.String())
	return m
}

// message waits for a message in a channel.
func (s *stage) message(channel string, ok func(discordtest.Message) bool) discordtest.Message {
	s.t.Helper()
	m, found := s.WaitMessage(s.patience(), channel, ok)
	require.True(s.t, found, "%.2000s\n%s", fmt.Sprintf("%q", contents(s.Messages(channel))), s.log.String())
	return m
}

func TestThePersonWhoAsksIsAnswered(t *testing.T) {
	s := newStage(t, nil)
	channel := s.Channel(guild)

	t.Run("statistics, first shown as being thought about, and seen by nobody else", func(t *testing.T) {
		m := s.answered(s.Use(ana, channel, "stats", nil))
		assert.True(t, m.Ephemeral)
		assert.Equal(t, ana.ID, m.For)
		assert.Contains(t, m.Content, "**")
	})
	t.Run("a picture", func(t *testing.T) {
		s.Use(ana, channel, "graph", map[string]any{"days": 7})
		m := s.message(channel, func(m discordtest.Message) bool {
			return len(m.Files) == 1 && strings.HasSuffix(m.Files[0].Name, ".png")
		})
		assert.True(t, bytes.HasPrefix(m.Files[0].Body, []byte("\x89PNG")))
		assert.True(t, m.Ephemeral)
	})
	t.Run("a file", func(t *testing.T) {
		s.Use(ana, channel, "report", map[string]any{"format": "csv", "from": "7d"})
		m := s.message(channel, func(m discordtest.Message) bool {
			return len(m.Files) == 1 && strings.HasSuffix(m.Files[0].Name, ".csv")
		})
		assert.Greater(t, bytes.Count(m.Files[0].Body, []byte("\n")), 10)
	})
	t.Run("nodes are completed, for those who may see them", func(t *testing.T) {
		choices, ok := s.Complete(ana, channel, "stats", "node", "pokt1").Offered(s.patience())
		require.True(t, ok)
		require.NotEmpty(t, choices)
		assert.Contains(t, choices[0].Value, "pokt1")
		m := s.answered(s.Use(ana, channel, "stats", map[string]any{"node": choices[0].Value}))
		assert.Contains(t, m.Content, "1 node staked")
		choices, ok = s.Complete(bruno, channel, "stats", "node", "pokt1").Offered(s.patience())
		require.True(t, ok)
		assert.Empty(t, choices)
	})
	t.Run("a stranger is told so", func(t *testing.T) {
		m := s.answered(s.Use(bruno, channel, "stats", nil))
		assert.NotContains(t, m.Content, "upokt")
		assert.NotContains(t, m.Content, "POKT ")
		assert.True(t, m.Ephemeral)
	})
	t.Run("typed in a direct conversation, and where the bot is mentioned", func(t *testing.T) {
		direct := s.Direct(eva.ID)
		s.Write(eva, direct, "/help help")
		s.message(direct, func(m discordtest.Message) bool { return m.Says("/help") })
		s.Write(eva, channel, "<@"+discordtest.App+"> /help help")
		m := s.message(channel, func(m discordtest.Message) bool { return !m.Ephemeral && m.Says("/help") })
		assert.Zero(t, m.For)
	})
	t.Run("after Discord was too busy", func(t *testing.T) {
		s.Fail(discordtest.Fault{Match: "/messages/@original", Times: 2, Status: 429, RetryAfter: 0.02})
		s.Fail(discordtest.Fault{Match: "/callback", Times: 1, Status: 429, RetryAfter: 0.02, Global: true})
		s.answered(s.Use(eva, channel, "help", nil))
	})
}

func TestAMenuIsForWhoAskedForIt(t *testing.T) {
	s := newStage(t, func(c *bot.Config) { c.Discord.Ephemeral = false })
	channel := s.Channel(guild)
	m := s.answered(s.Use(ana, channel, "menu", nil))
	assert.False(t, m.Ephemeral, "as it is configured")
	require.NotEmpty(t, m.Buttons())
	button := m.Buttons()[0]

	s.Press(bruno, m, button)
	word := s.message(channel, func(m discordtest.Message) bool { return m.For == bruno.ID })
	assert.True(t, word.Ephemeral)
	assert.Contains(t, word.Content, "not yours")
	assert.NotEmpty(t, s.Messages(channel)[0].Buttons(), "the menu is still there for Ana")

	before := s.Messages(channel)[0].Content
	require.True(t, s.Press(ana, m, button).Acknowledged(s.patience()))
	s.until("another text", func() bool {
		list := s.Messages(channel)
		return list[0].Content != before || len(list) > 2
	})

	t.Run("also when the program was started again", func(t *testing.T) {
		m := s.answered(s.Use(ana, channel, "menu", nil))
		_, writes := s.Commands("")
		require.NoError(t, s.stop())
		s.start()
		t.Cleanup(func() { assert.NoError(t, s.stop()) })
		_, again := s.Commands("")
		assert.Equal(t, writes, again, "what is registered already is not registered again")
		i := s.Press(bruno, m, m.Buttons()[0])
		require.True(t, i.Acknowledged(s.patience()))
		s.message(channel, func(m discordtest.Message) bool { return m.For == bruno.ID && m.Says("not yours") && m.ID != word.ID })
	})
}

func TestALostConnectionLosesAndDoublesNothing(t *testing.T) {
	s := newStage(t, func(c *bot.Config) { c.Discord.Guild = guild })
	channel := s.Channel(guild)
	begun := s.Session()

	first := s.Use(ana, channel, "help", nil)
	s.Drop() // while it is answered
	second := s.Use(ana, channel, "nodes", nil)
	s.answered(first)
	s.answered(second)
	assert.Equal(t, begun.Identified, s.Session().Identified, "the session goes on")
	assert.Positive(t, s.Session().Resumed)

	first.Again()
	s.Reconnect()
	s.until("resumed", func() bool { return s.Session().Resumed >= begun.Resumed+2 })
	third := s.Use(ana, channel, "help", nil)
	s.answered(third)
	callbacks := 0
	for _, r := range s.Requests() {
		if strings.HasSuffix(r, "/callback") {
			callbacks++
		}
	}
	assert.Equal(t, 3, callbacks, "what came twice was answered once")

	s.Invalidate(false)
	s.until("identified anew", func() bool { return s.Session().Identified == begun.Identified+1 })
	s.answered(s.Use(ana, channel, "help", nil))
	assert.Equal(t, 1<<9|1<<12, s.Session().Intents)
}

func TestAGatewayThatDoesNotAnswerIsLeft(t *testing.T) {
	server := discordtest.New()
	defer server.Close()
	server.Heartbeat(5*time.Millisecond, false)
	g := gatewayOf(t, server)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- g.run(ctx) }()
	require.True(t, server.Wait(ctx, func() bool { return server.Session().Resumed > 0 }))
	server.Heartbeat(time.Minute, true)
	cancel()
	require.NoError(t, <-done)
}

func gatewayOf(t *testing.T, server *discordtest.Server) *gateway {
	t.Helper()
	return &gateway{
		url: func(context.Context) (string, error) { return server.Gateway(), nil }, token: discordtest.Token, pause: quickly,
		handle: func(string, []byte) {}, log: slog.New(slog.DiscardHandler),
	}
}

func TestWhatCannotGoOnIsSaid(t *testing.T) {
	for code, want := range map[int]string{4004: "discord.token", 4014: "Privileged Gateway Intents", 4012: "version of the program"} {
		server := discordtest.New()
		server.Refuse(code)
		err := gatewayOf(t, server).run(t.Context())
		require.ErrorContains(t, err, want)
		server.Close()
	}
	t.Run("a token that was reset", func(t *testing.T) {
		server := discordtest.New()
		defer server.Close()
		g := gatewayOf(t, server)
		g.token = base64.RawStdEncoding.EncodeToString([]byte(discordtest.App)) + ".x.secret"
		err := g.run(t.Context())
		require.ErrorIs(t, err, errToken)
		assert.NotContains(t, err.Error(), "secret")
	})
	t.Run("a token that is none", func(t *testing.T) {
		_, err := newPlatform(bot.Discord{Token: bot.NewSecret("no-token-but-secret")}, nil, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, "discord.token is not the token of a bot")
		assert.NotContains(t, err.Error(), "secret")
	})
}

func contents(list []discordtest.Message) (texts []string) {
	for _, m := range list {
		texts = append(texts, m.Content)
	}
	return texts
}
