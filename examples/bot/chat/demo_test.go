package chat_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
	"github.com/poktbot/poktbot/monitor"
)

// demo is a bot on a simulated chain that it has read, in which ana manages and ivan looks.
func demo(t *testing.T) *bot.Bot {
	if testing.Short() {
		t.Skip("reads two months of a simulated chain")
	}
	config := bot.DemoConfig()
	config.Access.Admins, config.Access.Investors = []bot.Phrase{"test:ana"}, []bot.Phrase{"test:ivan"}
	b, err := bot.NewDemo(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	require.NoError(t, b.CatchUp(t.Context(), func(bot.Progress) {}))
	return b
}

// telegramLike are limits as a real service has them.
func telegramLike() chat.Limits {
	return chat.Limits{Text: 4096, Caption: 1024, File: 50 << 20, Columns: 8, Rows: 20, Label: 40, Width: 44}
}

func TestTheRealBotAnswersInAChat(t *testing.T) {
	b := demo(t)
	p := chattest.WithLimits(telegramLike())
	e := chat.New(b, p, chat.WithPace(10_000, 10_000))
	ask := func(from, line string) *chattest.Room {
		t.Helper()
		room := strings.Trim(strings.ReplaceAll(from+line, "/", "-"), " ")
		handle(t, e, p.Type(from, room, line))
		return p.Chat("test:" + room)
	}
	assert.Contains(t, ask("eve", "/stats").String(), "This bot is private")
	assert.Contains(t, ask("ana", "/start").String(), "Welcome to PoktBot")
	assert.Contains(t, ask("ivan", "/user add").String(), "⚠")
	for _, c := range bot.EveryCommand() {
		if c.Name != "forget" {
			ask("ana", "/"+c.Name)
			ask("ivan", "/"+c.Name)
		}
	}
	for _, line := range []string{"/stats today", "/rewards day 30d", "/rewards service", "/rewards node all", "/graph 30", "/losses 30d", "/report csv 7d", "/report xlsx 7d", "/tax 2026", "/help report", "/digest week"} {
		room := ask("ana", line)
		require.NotEmpty(t, room.Messages, line)
		assert.NotContains(t, room.String(), "fault of this program", line)
	}
	assert.NotNil(t, ask("ana", "/graph 10").Messages[0].Picture)
	assert.Contains(t, ask("ana", "/report csv 8d").String(), "(file ")

	menu := ask("ana", "/menu")
	for _, row := range menu.Last().Buttons {
		for _, button := range row {
			again := ask("ana", "/menu")
			handle(t, e, p.Press("ana", again, again.Last(), button.Label))
			assert.Greater(t, len(p.Chat(again.Name).Messages), 0, button.Label)
		}
	}
	assert.Empty(t, p.Faults())
}

func TestAnAlertOfTheRealBotArrivesInTheChat(t *testing.T) {
	b := demo(t)
	p := chattest.WithLimits(telegramLike())
	e := chat.New(b, p)
	handle(t, e, p.Type("ana", "home", "/start"))
	arrived := make(chan struct{}, 1)
	p.FailAfter(func(c chattest.Call) error {
		if strings.Contains(c.Message.Text.String(), "was not paid") && len(c.Message.Buttons) > 0 {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, func(bot.Part) error { return nil }) }()
	select {
	case <-arrived:
	case err := <-ended:
		t.Fatal(err)
	}
	var fired *chattest.Posted
	for _, m := range p.Chat(home).Messages {
		if strings.Contains(m.String(), "was not paid") {
			fired = m
		}
	}
	require.NotNil(t, fired)
	said := pressed(t, e, p.Press("ana", p.Chat(home), fired, "👤"))
	assert.Equal(t, "1 alert taken: nobody is reminded until it gets worse or is over.", said)
	cancel()
	<-ended
	assert.Empty(t, p.Faults())
}

func TestAlertsInAChatAreToldInTheConfigurationsWordsAndTheChatsTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.tmpl")
	require.NoError(t, os.WriteFile(path, []byte(`{{define "tls.expired"}}Zertifikat abgelaufen: {{.Subject}} ({{.Fact "expires"}}){{end}}`), 0o600))
	config := bot.DemoConfig()
	config.Alerts.Templates = path
	b, err := bot.NewDemo(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	p := chattest.New()
	s := admin()
	s.Zone, s.TimeLayout = time.FixedZone("east", 5*3600), "02/01/2006 15:04"
	tell(t, notifier(t, chat.New(b, p), s), message(monitor.Fired, certificate("node.example")))
	assert.Contains(t, p.Chat(home).String(), "🔴 Zertifikat abgelaufen: node.example (22/11/2026 17:00)\nOn 22/11/2026 17:00, issued by Example CA.")
}
