package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/examples/discord/discordtest"
)

// platformOn returns the platform on a server that runs, by whose clock interactions end.
func platformOn(t *testing.T) (*platform, *discordtest.Server) {
	t.Helper()
	server := discordtest.New()
	t.Cleanup(func() {
		assert.Empty(t, server.Complaints())
		server.Close()
	})
	p, err := newPlatform(bot.Discord{Token: bot.NewSecret(discordtest.Token), Ephemeral: true, MaxFile: 10, API: server.URL}, keep.NewMemory(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	p.now = server.Now
	return p, server
}

// A recorder is an engine that does what the test says.
type recorder func(ctx context.Context, u chat.Update) error

func (r recorder) Handle(ctx context.Context, u chat.Update) error { return r(ctx, u) }

// hear runs a gateway that hands interactions to h.
func hear(t *testing.T, p *platform, server *discordtest.Server, h recorder) {
	t.Helper()
	g := gatewayOf(t, server)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	failed := make(chan error, 16)
	g.handle = func(event string, data []byte) {
		if event == "INTERACTION_CREATE" {
			if err := p.interacted(context.WithoutCancel(ctx), h, nil, data); err != nil {
				failed <- err
			}
		}
	}
	go func() { done <- g.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
		close(failed)
		for err := range failed {
			assert.NoError(t, err)
		}
	})
	require.True(t, server.Wait(soon(t), func() bool { return server.Session().Connected }))
	require.NoError(t, p.register(t.Context(), bot.EveryCommand()))
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func text(s string) chat.Message { return chat.Message{Text: chat.Rich{{Text: s}}} }

func TestErrorsSayHowToGoOn(t *testing.T) {
	tests := []struct {
		name  string
		fault discordtest.Fault
		want  chat.ErrorKind
		after time.Duration
	}{
		{"too many requests", discordtest.Fault{Status: 429, RetryAfter: 0.75}, chat.Busy, 750 * time.Millisecond},
		{"too many requests of the bot", discordtest.Fault{Status: 429, RetryAfter: 0.01, Global: true}, chat.Busy, 10 * time.Millisecond},
		{"a proxy is busy and says no more", discordtest.Fault{Status: 429, Bare: true}, chat.Busy, time.Second},
		{"no access", discordtest.Fault{Status: 403, Code: 50001}, chat.Blocked, 0},
		{"somebody takes no messages", discordtest.Fault{Status: 403, Code: 50007}, chat.Blocked, 0},
		{"no permission", discordtest.Fault{Status: 403, Code: 50013}, chat.Blocked, 0},
		{"the channel is gone", discordtest.Fault{Status: 404, Code: 10003}, chat.Blocked, 0},
		{"the message is gone", discordtest.Fault{Status: 404, Code: 10008}, chat.Gone, 0},
		{"the interaction is gone", discordtest.Fault{Status: 404, Code: 10062}, chat.Gone, 0},
		{"the interaction has ended", discordtest.Fault{Status: 401, Code: 50027}, chat.Gone, 0},
		{"the message is not taken", discordtest.Fault{Status: 400, Code: 50035}, chat.Refused, 0},
		{"the file is too large", discordtest.Fault{Status: 413, Code: 40005}, chat.Refused, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, server := platformOn(t)
			c, err := p.Open("discord:" + server.Channel(guild))
			require.NoError(t, err)
			test.fault.Match, test.fault.Times = "POST", 1
			server.Fail(test.fault)
			_, err = c.Send(t.Context(), text("hello"))
			require.True(t, chat.Is(err, test.want), "%v", err)
			var e *chat.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, test.after, e.RetryAfter)
			assert.Len(t, server.Requests(), 1, "nothing is tried again here")
		})
	}
	t.Run("the token is wrong", func(t *testing.T) {
		p, server := platformOn(t)
		server.Fail(discordtest.Fault{Match: "POST", Times: 1, Status: 401})
		_, err := (&channel{p: p, id: server.Channel(guild)}).Send(t.Context(), text("hello"))
		require.ErrorIs(t, err, errToken)
	})
	t.Run("a server that fails says nothing of what to do", func(t *testing.T) {
		p, server := platformOn(t)
		server.Fail(discordtest.Fault{Match: "POST", Times: 1, Status: 502, Bare: true})
		_, err := (&channel{p: p, id: server.Channel(guild)}).Send(t.Context(), text("hello"))
		var e *chat.Error
		require.Error(t, err)
		assert.NotErrorAs(t, err, &e)
	})
}

func TestNoErrorHoldsASecret(t *testing.T) {
	p, server := platformOn(t)
	i := &interaction{ID: "1", Token: "aW50ZXJhY3Rpb246-secret-1", Type: commandUsed, ChannelID: "5", GuildID: guild}
	secrets := func(err error) {
		t.Helper()
		require.Error(t, err)
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
			assert.NotContains(t, text, "secret")
			assert.NotContains(t, text, "hunter2")
		}
	}
	server.Fail(discordtest.Fault{Match: "/callback", Times: 1, Status: 400, Code: 50035}) // its message repeats the path
	secrets(p.acknowledge(t.Context(), i, p.answer(i)))
	server.Fail(discordtest.Fault{Match: "/webhooks", Times: 1, Status: 500})
	_, err := p.answer(i).Send(t.Context(), text("hello"))
	secrets(err)

	p.client.HTTPClient().Transport = broken{} // tells the address, and that holds the token of the interaction
	_, err = p.answer(i).Send(t.Context(), text("hello"))
	secrets(err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.answer(i).Send(ended, text("hello"))
	secrets(err)
	assert.ErrorIs(t, err, context.Canceled)
}

type broken struct{}

func (broken) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("no way to %s with %s", r.URL, r.Header.Get("Authorization"))
}

func TestMessagesAreSentEditedAndDeleted(t *testing.T) {
	p, server := platformOn(t)
	id := server.Channel(guild)
	c := &channel{p: p, id: id}
	sent, err := c.Send(t.Context(), chat.Message{Text: chat.Rich{{Text: "@everyone"}}, Silent: true, Buttons: [][]chat.Button{{{ID: "a", Label: "A"}, {ID: "a", Label: "again"}}}})
	require.NoError(t, err)
	m := server.Messages(id)[0]
	assert.Equal(t, `\@everyone`, m.Content)
	assert.Equal(t, flagNoPreviews|flagSilent, m.Flags)
	require.Len(t, m.Buttons(), 2)
	assert.Equal(t, "a", pressedID(m.Buttons()[1].ID), "IDs differ on Discord, and not for package chat")

	require.NoError(t, c.Edit(t.Context(), sent, text("later")))
	m = server.Messages(id)[0]
	assert.Equal(t, "later", m.Content)
	assert.Empty(t, m.Components)
	require.NoError(t, c.Delete(t.Context(), sent))
	assert.Empty(t, server.Messages(id))
	assert.True(t, chat.Is(c.Edit(t.Context(), sent, text("x")), chat.Gone))

	_, err = c.Send(t.Context(), chat.Message{File: &bot.File{Name: `../a"b.csv`, Body: strings.NewReader("1;2")}})
	require.NoError(t, err)
	assert.Equal(t, discordtest.File{Name: "a_b.csv", Body: []byte("1;2")}, server.Messages(id)[0].Files[0])
	_, err = c.Send(t.Context(), chat.Message{File: &bot.File{Name: "x", Body: io.NewSectionReader(zeros{}, 0, 11<<20)}})
	assert.True(t, chat.Is(err, chat.Refused))
	_, err = p.Open("telegram:5")
	require.Error(t, err)
}

type zeros struct{}

func (zeros) ReadAt(b []byte, _ int64) (int, error) { clear(b); return len(b), nil }

func TestButtonsThatDoNotFitBecomeMenus(t *testing.T) {
	buttons := func(rows, columns int) (list [][]chat.Button) {
		for r := range rows {
			var row []chat.Button
			for c := range columns {
				row = append(row, chat.Button{ID: fmt.Sprintf("b%d.%d", r, c), Label: "x"})
			}
			list = append(list, row)
		}
		return list
	}
	assert.Len(t, components(buttons(5, 5)), 5)
	assert.Len(t, components(buttons(8, 2)), 4, "rows are filled")
	menus := components(buttons(10, 5))
	require.Len(t, menus, 2)
	assert.Equal(t, selectComponent, menus[1].Components[0].Type)
	assert.Equal(t, "b9.4", menus[1].Components[0].Options[24].Value)

	p, server := platformOn(t)
	_, err := (&channel{p: p, id: server.Channel(guild)}).Send(t.Context(), chat.Message{Text: chat.Rich{{Text: "x"}}, Buttons: buttons(25, 5)})
	require.NoError(t, err)
}

func TestAnAnswerThatComesLateGoesOnInPrivate(t *testing.T) {
	p, server := platformOn(t)
	channel := server.Channel(guild)
	began, goOn := make(chan struct{}), make(chan struct{})
	hear(t, p, server, func(ctx context.Context, u chat.Update) error {
		id, err := u.Answer.Send(ctx, text("working"))
		if err != nil {
			return err
		}
		close(began)
		<-goOn
		if err := u.Answer.Edit(ctx, id, text("done")); !chat.Is(err, chat.Gone) {
			return fmt.Errorf("an interaction that has ended: %w", err)
		}
		_, err = u.Answer.Send(ctx, text("the result"))
		return err
	})
	server.Use(ana, channel, "stats", nil)
	<-began
	server.Advance(tokenTime)
	close(goOn)
	_, ok := server.WaitMessage(soon(t), server.Direct(ana.ID), func(m discordtest.Message) bool { return m.Says("the result") })
	require.True(t, ok)
	assert.Len(t, server.Messages(channel), 1, "what only Ana was to see is not told to all")
}

func TestWhatGetsNoAnswerDoesNotThinkForEver(t *testing.T) {
	p, server := platformOn(t)
	channel := server.Channel(guild)
	lines := make(chan chat.Update, 1)
	hear(t, p, server, func(_ context.Context, u chat.Update) error { lines <- u; return nil })
	server.Use(ana, channel, "report", map[string]any{"format": "csv", "from": "last month"})
	u := <-lines
	assert.Equal(t, "/report csv last month", u.Text, "a form makes the line that could have been typed")
	assert.True(t, u.Typed)
	assert.Equal(t, "discord:"+ana.ID, u.From)
	assert.Equal(t, "discord:"+channel, u.Chat)
	require.True(t, server.Wait(soon(t), func() bool {
		requests := server.Requests()
		return strings.HasPrefix(requests[len(requests)-1], "DELETE") && strings.HasSuffix(requests[len(requests)-1], "@original")
	}))
}

func TestCommandsAreRegisteredOnlyWhenTheyDiffer(t *testing.T) {
	p, server := platformOn(t)
	for range 3 {
		require.NoError(t, p.register(t.Context(), bot.EveryCommand()))
	}
	list, writes := server.Commands("")
	assert.Len(t, list, len(bot.EveryCommand()))
	assert.Equal(t, 1, writes)
	changed := bot.EveryCommand()
	changed[0].Short = "another"
	require.NoError(t, p.register(t.Context(), changed))
	_, writes = server.Commands("")
	assert.Equal(t, 2, writes)
}
