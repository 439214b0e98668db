package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/telegram/telegramtest"
)

func TestTheRealBotAnswersOnTelegram(t *testing.T) {
	if testing.Short() {
		t.Skip("reads two months of a simulated chain")
	}
	server := telegramtest.New(token)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	config := bot.DemoConfig()
	config.Access.Admins = []bot.Phrase{"telegram:7", "telegram:9"}
	config.Telegram.Token, config.Telegram.APIURL = bot.NewSecret(token), web.URL
	b, err := bot.NewDemo(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	require.NoError(t, b.CatchUp(t.Context(), func(bot.Progress) {}))

	d := &diary{}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveWith(ctx, b, config.Telegram, d.log(), &http.Transport{}) }()

	late, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ana, eve := server.Person(7, "Ana"), server.Person(8, "Eve <b>")
	ask := func(p *telegramtest.Person, line string, so func(telegramtest.Message) bool) {
		t.Helper()
		p.Type(line)
		require.True(t, server.Await(late, func() bool {
			for _, m := range p.Messages() {
				if so(m) {
					return true
				}
			}
			return false
		}), "%s: %v\n%s", line, texts(p.Chat), d)
	}
	said := func(text string) func(telegramtest.Message) bool {
		return func(m telegramtest.Message) bool { return strings.Contains(m.Text, text) }
	}
	ask(ana, "/start", said("Welcome to PoktBot"))
	ask(eve, "/stats", said("This bot is private"))
	ask(ana, "/stats", said("Average of one node"))
	ask(ana, "/graph 10", func(m telegramtest.Message) bool { return m.Photo != nil })
	ask(ana, "/report xlsx 7d", func(m telegramtest.Message) bool { return strings.HasSuffix(m.Name, ".xlsx") })
	ask(ana, "/report csv 7d", func(m telegramtest.Message) bool { return strings.HasSuffix(m.Name, ".csv") && len(m.File) > 0 })

	ivan, group := server.Person(9, "Ivan"), server.Group(-1005, "Nodes") // an account has a burst of five commands
	inGroup := func(so func(telegramtest.Message) bool) telegramtest.Message {
		t.Helper()
		var found telegramtest.Message
		require.True(t, server.Await(late, func() bool {
			for _, m := range group.Messages() {
				if so(m) {
					found = m
					return true
				}
			}
			return false
		}), "%v\n%s", texts(group), d)
		return found
	}
	ivan.TypeIn(group, 0, "/stats@another_bot")
	ivan.TypeIn(group, 0, "/menu@"+telegramtest.Username)
	menu := inGroup(func(m telegramtest.Message) bool { return len(m.Buttons) > 0 })
	assert.NotContains(t, strings.Join(texts(group), "|"), "Average of one node", "that was for another bot")
	before := len(group.Messages())
	wrong := eve.Press(group, menu, menu.Buttons[0])
	require.True(t, server.Await(late, func() bool { _, times := server.Said(wrong); return times > 0 }), "%s", d)
	word, _ := server.Said(wrong)
	assert.NotEmpty(t, word, "whoever presses what is not his is told so")
	assert.Len(t, group.Messages(), before)
	ivan.Press(group, menu, menu.Buttons[0])
	require.True(t, server.Await(late, func() bool { return len(group.Messages()) > before || group.Messages()[before-1].Edits > menu.Edits }), "%v\n%s", texts(group), d)
	stop()
	require.NoError(t, <-ended)
	assert.Empty(t, server.Faults())
	assert.NotContains(t, d.String(), "secretSecret")
	assert.Greater(t, len(server.Menu("chat7")), len(server.Menu("default")))
}
