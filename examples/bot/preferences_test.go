package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/report/alert"
)

func TestSettingsAreEachAccountsOwnAndSurviveARestart(t *testing.T) {
	long(t)
	place := t.TempDir() + "/bot.db"
	here := func(c *Config) { c.Database = NewSecret(place) }
	b := demonstration(t, here)
	set := func(line string) {
		t.Helper()
		_, err := reply(t, b, Request{Text: "/settings " + line, From: investor, Chat: "telegram:1", Direct: true})
		require.NoError(t, err, line)
	}
	for _, line := range []string{"zone Asia/Tokyo", "dates DD/MM/YYYY", "currency usd", "numbers 1.234,56", "days 7", "decimal comma", "theme dark"} {
		set(line)
	}
	check := func(b *Bot) {
		t.Helper()
		text, err := reply(t, b, Request{Text: "/stats today", From: investor})
		require.NoError(t, err)
		assert.Contains(t, text, "Asia/Tokyo")
		assert.Contains(t, text, "23/11/2026", "it is tomorrow there")
		assert.Contains(t, text, "USD")
		assert.Regexp(t, `\d,\d\d POKT`, text)
		text, err = reply(t, b, Request{Text: "/graph", From: investor})
		require.NoError(t, err)
		assert.Contains(t, text, "the last 7 days")
		text, err = reply(t, b, Request{Text: "/stats today", From: admin})
		require.NoError(t, err)
		assert.Contains(t, text, "2026-11-22 15:")
		assert.Contains(t, text, "UTC")
		assert.Contains(t, text, "EUR")
	}
	check(b)
	require.NoError(t, b.Close())
	b = demonstration(t, here)
	check(b)
	set("zone default")
	text, err := reply(t, b, Request{Text: "/stats today", From: investor})
	require.NoError(t, err)
	assert.Contains(t, text, "UTC")
}

func TestWhatMakesNoSenseIsNotSet(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	for line, want := range map[string]string{
		"zone Mars/Base":      "Mars/Base",
		"zon UTC":             "did you mean /settings zone?",
		"currency €€":         "want the code of a currency",
		"days 0":              "want a number from 1 to 1100",
		"days ١٢":             "want a number",
		"hour 24":             "want a number from 0 to 23",
		"numbers 1;2":         "want one of",
		"alerts loud":         "want one of off, info, warning, critical",
		"kinds tls.expirng":   "did you mean tls.expiring?",
		"digest hourly":       "want daily, weekly, monthly",
		"dates \u202eYYYY":    "want one of",
		"theme =cmd()":        "want one of",
		"kinds " + many(30):   "at most 20",
		"currency DROPTABLES": "want the code",
	} {
		text, err := reply(t, b, Request{Text: "/settings " + line, From: admin, Chat: "telegram:2", Direct: true})
		require.ErrorIs(t, err, ErrUsage, line)
		assert.Contains(t, err.Error(), want, line)
		assert.Empty(t, text)
	}
	values, err := b.kept(t.Context(), admin)
	require.NoError(t, err)
	assert.Empty(t, values)
}

func many(n int) string { return strings.Repeat("tls.* ", n) }

func TestAChatIsToldWhatItsAccountMaySee(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	say := func(from, chat string, direct bool, line string) error {
		_, err := reply(t, b, Request{Text: line, From: from, Chat: chat, Direct: direct})
		return err
	}
	require.NoError(t, say(investor, "telegram:1", true, "/start"))
	require.NoError(t, say(investor, "telegram:1", true, "/settings digest daily, monthly"))
	require.NoError(t, say(investor, "telegram:1", true, "/settings hour 7"))
	require.NoError(t, say(investor, "telegram:1", true, "/settings zone Europe/Madrid"))
	require.NoError(t, say(admin, "telegram:2", true, "/settings alerts critical"))
	require.NoError(t, say(admin, "telegram:2", true, "/settings kinds claim.* tls.*"))
	require.ErrorIs(t, say(investor, "telegram:-5", false, "/settings alerts info"), ErrDenied, "in a group admins say what is told")
	require.NoError(t, say(admin, "telegram:-5", false, "/settings alerts info"))
	require.ErrorIs(t, say(investor, "telegram:1", true, "/settings audience sysadmin"), ErrDenied)

	list, err := b.Subscriptions(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 3)
	group, one, two := list[0], list[1], list[2]
	assert.Equal(t, "telegram:-5", group.Chat)
	assert.Equal(t, monitor.Info, group.Severity)
	assert.Equal(t, alert.Sysadmin, group.Audience)
	assert.Equal(t, monitor.Warning, one.Severity, "who begins is told warnings")
	assert.Equal(t, alert.Investor, one.Audience)
	assert.False(t, one.Manages)
	lost := monitor.Key{Name: monitor.MonitorDeliveryFailed, Subject: "telegram:2"}
	assert.False(t, one.Filter.Wants(lost, nil, monitor.Critical), "that somebody else cannot be told is for admins")
	assert.True(t, group.Filter.Wants(lost, nil, monitor.Critical))
	assert.True(t, one.Daily && one.Monthly && !one.Weekly)
	assert.Equal(t, 7, one.Hour)
	assert.Equal(t, "Europe/Madrid", one.Zone.String())
	assert.True(t, two.Manages)
	assert.True(t, two.Filter.Wants(monitor.Key{Name: "tls.expiring"}, nil, monitor.Critical))
	assert.False(t, two.Filter.Wants(monitor.Key{Name: "tls.expiring"}, nil, monitor.Warning))
	assert.False(t, two.Filter.Wants(monitor.Key{Name: "node.down"}, nil, monitor.Critical))

	require.NoError(t, say(admin, "telegram:2", true, "/settings alerts off"))
	list, err = b.Subscriptions(t.Context())
	require.NoError(t, err)
	assert.Len(t, list, 2)
}

func TestInPublicModeEverybodySeesHisOwnAndCanBeForgotten(t *testing.T) {
	b := demonstration(t, func(c *Config) { c.Access.Public, c.Access.Quota = true, 2 })
	ask := func(from, line string) (string, error) {
		return reply(t, b, Request{Text: line, From: from, Chat: from, Direct: true})
	}
	_, err := ask(stranger, "/stats")
	require.ErrorIs(t, err, ErrUsage)
	assert.Contains(t, err.Error(), "/wallet add")
	watched, err := b.house(t.Context())
	require.NoError(t, err)

	foreign := foreignNode(t, b)
	text, err := ask(stranger, "/wallet add "+foreign.String())
	require.NoError(t, err)
	assert.Contains(t, text, "Alerts are told here")
	text, err = ask(stranger, "/stats all")
	require.NoError(t, err)
	assert.Contains(t, text, "node "+foreign.Short())
	_, err = ask(stranger, "/stats "+b.config.Nodes[0].String())
	require.ErrorIs(t, err, ErrUsage, "the bot's own nodes are none of his")
	same, err := b.house(t.Context())
	require.NoError(t, err)
	assert.Equal(t, watched, same, "nor do his become the bot's")
	text, err = ask(admin, "/nodes")
	require.NoError(t, err)
	assert.NotContains(t, text, foreign.String())

	list, err := b.Subscriptions(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	his := monitor.Key{Name: "supplier.slashed", Subject: foreign.String()}
	assert.True(t, list[0].Filter.Wants(his, nil, monitor.Critical))
	assert.False(t, list[0].Filter.Wants(monitor.Key{Name: "supplier.slashed", Subject: b.config.Nodes[0].String()}, nil, monitor.Critical))
	assert.False(t, list[0].Filter.Wants(monitor.Key{Name: "node.down", Subject: "rpc.example"}, nil, monitor.Critical), "the host's own machines are none of his")
	_, except, err := b.alertsOf(t.Context(), callerOf(t, b, admin))
	require.NoError(t, err)
	assert.False(t, monitor.Filter{Except: except}.Wants(his, nil, monitor.Critical), "nor are his nodes the host's")

	_, err = ask(stranger, "/wallet add "+b.config.Nodes[0].String())
	require.NoError(t, err)
	_, err = ask(stranger, "/wallet add "+b.config.Nodes[1].String())
	require.ErrorIs(t, err, ErrUsage, "the quota")

	text, err = ask(stranger, "/export")
	require.NoError(t, err)
	assert.Contains(t, text, "poktbot-account.json")
	text, err = ask(stranger, "/forget")
	require.NoError(t, err)
	assert.Contains(t, text, "[Forget me: /forget yes]")
	_, err = ask(stranger, "/forget yes")
	require.NoError(t, err)
	list, err = b.Subscriptions(t.Context())
	require.NoError(t, err)
	assert.Empty(t, list)
	links, err := b.authority.Links(t.Context(), stranger)
	require.NoError(t, err)
	assert.Empty(t, links)
	all, err := b.store.Watched(t.Context())
	require.NoError(t, err)
	assert.NotContains(t, all, foreign)
	assert.Contains(t, all, b.config.Nodes[0], "what is the bot's own is still watched")
}

func callerOf(t *testing.T, b *Bot, from string) caller {
	t.Helper()
	who, err := b.caller(t.Context(), from)
	require.NoError(t, err)
	return who
}

func TestADigestSumsUpCompleteDays(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	text, err := reply(t, b, Request{Text: "/digest day", From: investor})
	require.NoError(t, err)
	assert.Contains(t, text, "Yesterday, 2026-11-21")
	assert.Contains(t, text, "EUR)")
	assert.Contains(t, text, "Most: ")
	assert.Contains(t, text, ".png")
	text, err = reply(t, b, Request{Text: "/digest week", From: investor})
	require.NoError(t, err)
	assert.Contains(t, text, "The last seven days, 2026-11-15 to 2026-11-21")
	_, err = reply(t, b, Request{Text: "/digest decade", From: investor})
	require.ErrorIs(t, err, ErrUsage)
}

func TestStatisticsAreSharedByWhoAsksTheSame(t *testing.T) {
	b := demonstration(t, nil)
	counted := &countingSource{source: b.index}
	b.index = counted
	answers := make(chan string, 20)
	for range cap(answers) {
		go func() {
			text, err := reply(t, b, Request{Text: "/stats", From: investor})
			assert.NoError(t, err)
			answers <- text
		}()
	}
	first := <-answers
	for range cap(answers) - 1 {
		assert.Equal(t, first, <-answers)
	}
	asked := counted.stays.Load()
	assert.Less(t, asked, int64(cap(answers)), "not everybody costs as much as the first")
	before := b.clock
	b.clock = func() time.Time { return before().Add(time.Minute) }
	_, err := reply(t, b, Request{Text: "/stats", From: investor})
	require.NoError(t, err)
	assert.Equal(t, asked+1, counted.stays.Load(), "after a while they are made anew")
}
