package bot

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/notify"
)

// A crier collects what Run tells.
type crier struct {
	mu   sync.Mutex
	said []string
	more chan struct{}
}

func newCrier() *crier { return &crier{more: make(chan struct{}, 1)} }

func (c *crier) tell(p Part) error {
	if text, ok := p.(Text); ok {
		c.mu.Lock()
		c.said = append(c.said, strings.Join(append([]string{text.Title}, text.Lines...), "\n"))
		c.mu.Unlock()
		select {
		case c.more <- struct{}{}:
		default:
		}
	}
	return nil
}

// await waits until something that contains the text was told, and returns it.
func (c *crier) await(t *testing.T, text string) string {
	t.Helper()
	late := time.After(2 * time.Minute)
	for {
		c.mu.Lock()
		for _, said := range c.said {
			if strings.Contains(said, text) {
				c.mu.Unlock()
				return said
			}
		}
		all := strings.Join(c.said, "\n---\n")
		c.mu.Unlock()
		select {
		case <-c.more:
		case <-late:
			require.Fail(t, "nobody said: "+text, all)
		}
	}
}

func TestWhatGoesWrongInADemonstrationIsToldTakenMutedAndTold(t *testing.T) {
	var mu sync.Mutex
	var posted []notify.WebhookBody
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.NoError(t, notify.Verify("shared", r.Header.Get(notify.SignatureHeader), raw, time.Now(), time.Hour))
		var body notify.WebhookBody
		assert.NoError(t, json.Unmarshal(raw, &body))
		mu.Lock()
		defer mu.Unlock()
		posted = append(posted, body)
	}))
	defer hook.Close()
	config := withPeople(DemoConfig())
	config.demoDays = 14
	config.Alerts.Webhook.URLs = []Secret{NewSecret(hook.URL + "/secret")}
	config.Alerts.Webhook.Secret = NewSecret("shared")
	b, err := NewDemo(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))
	assert.Contains(t, parts(t, b, "/alerts"), "Nothing is wrong")

	ctx, stop := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	heard := newCrier()
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(t, b.Run(ctx, heard.tell), enough) })
	defer running.Wait()
	defer stop(enough)

	slashed := heard.await(t, "was slashed by 200 POKT")
	assert.Contains(t, slashed, "Look at the relay miner's log")
	list := parts(t, b, "/alerts")
	row := regexp.MustCompile(`(?m)^([0-9a-f]{5}) .*was slashed`).FindStringSubmatch(list)
	require.NotNil(t, row, list)
	assert.Contains(t, parts(t, b, "/ack "+row[1]+" on my way"), "1 alert taken")
	heard.await(t, "Taken by local:test")
	assert.Contains(t, parts(t, b, "/alerts"), "taken by local:test")

	muted := parts(t, b, "/mute supplier.* 2h gardening")
	id := regexp.MustCompile(`/unmute (\S+) ends it`).FindStringSubmatch(muted)
	require.NotNil(t, id, muted)
	assert.Contains(t, parts(t, b, "/mute"), "gardening")
	assert.Contains(t, parts(t, b, "/alerts"), "muted")
	assert.Contains(t, parts(t, b, "/unmute "+id[1]), "1 mute ended")
	assert.Contains(t, parts(t, b, "/mute"), "Nothing is muted")

	tested := parts(t, b, "/test")
	assert.Contains(t, tested, "screen: arrived")
	assert.Contains(t, tested, "webhook 127.0.0.1")
	assert.NotContains(t, tested, "secret")
	heard.await(t, "This is a test alert")
	events := parts(t, b, "/events")
	assert.Contains(t, events, "was slashed by 200 POKT")
	assert.Contains(t, events, "Taken by local:test")
	assert.NotContains(t, parts(t, b, "/events tls.*"), "slashed")

	mu.Lock()
	defer mu.Unlock()
	var kinds []monitor.EventKind
	for _, body := range posted {
		for _, e := range body.Events {
			if e.Alert.Name == monitor.SupplierSlashed {
				kinds = append(kinds, e.Kind)
			}
		}
	}
	require.NotEmpty(t, kinds)
	assert.Equal(t, monitor.Fired, kinds[0], "the webhook hears what the screen hears, in order")
}

func TestCommandsOnAlertsSayWhatIsWrongWithThem(t *testing.T) {
	config := withPeople(DemoConfig())
	config.demoDays = 13
	b, err := NewDemo(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	heard := newCrier()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx, heard.tell) })
	defer running.Wait()
	defer stop()
	for command, want := range map[string]string{
		"/ack":                   "wants the ID of an alert",
		"/ack zzzzz":             "is no alert that fires now",
		"/mute tls.*":            "until when",
		"/mute tls.expirin 1h":   "did you mean tls.expiring?",
		"/mute nonsense 1h":      "no alert is called",
		"/mute tls.* soon":       "is no time to be quiet",
		"/mute tls.* weekly":     "wants a time of the week",
		"/mute tls.* weekly Mon": "",
		"/unmute":                "wants the ID of a mute",
		"/unmute x":              "is no mute",
		"/alerts now":            "takes nothing",
		"/test me":               "takes nothing",
		"/tax 1999":              "want a year between",
		"/tax 2026 2025":         "one word too many",
	} {
		var failure error
		for _, err := range b.Answer(ctx, Request{Text: command, From: admin}) {
			failure = err
		}
		require.ErrorIs(t, failure, ErrUsage, command)
		assert.ErrorContains(t, failure, want, command)
	}
	for _, err := range b.Answer(ctx, Request{Text: "/ack all", From: investor}) {
		require.ErrorIs(t, err, ErrDenied, "investors see alerts, admins take them")
	}
}

func TestNobodyChangesAnAlertWhereNothingIsWatched(t *testing.T) {
	long(t)
	config := withPeople(DemoConfig())
	config.demoDays = 13
	config.Alerts.Enabled = false
	b, err := NewDemo(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	for _, err := range b.Answer(t.Context(), Request{Text: "/ack all", From: admin}) {
		require.ErrorIs(t, err, ErrUsage)
	}
	assert.Contains(t, parts(t, b, "/alerts"), "alerts.enabled is off")
}

type notifierFunc func(context.Context, monitor.Message) error

func (f notifierFunc) Notify(ctx context.Context, m monitor.Message) error { return f(ctx, m) }

// A fakeTeller hands what a platform's chats are told to a test.
type fakeTeller struct {
	mu   sync.Mutex
	told map[string][]monitor.Message
	came chan string // the chat that was told
}

func newFakeTeller() *fakeTeller {
	return &fakeTeller{told: map[string][]monitor.Message{}, came: make(chan string, 1000)}
}

func (*fakeTeller) Kind() string { return "telegram" }

func (f *fakeTeller) Notifier(s Subscription) (monitor.Notifier, error) {
	return notifierFunc(func(_ context.Context, m monitor.Message) error {
		f.mu.Lock()
		f.told[s.Chat] = append(f.told[s.Chat], m)
		f.mu.Unlock()
		f.came <- s.Chat
		return nil
	}), nil
}

func (f *fakeTeller) await(t *testing.T, chat string) {
	t.Helper()
	for {
		select {
		case came := <-f.came:
			if came == chat {
				return
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s was told nothing", chat)
		}
	}
}

func TestChatsAreToldAlertsForAsLongAsTheyWantAndMay(t *testing.T) {
	b := demonstration(t, nil)
	teller := newFakeTeller()
	b.Attach(teller)
	say := func(from, line string) {
		t.Helper()
		_, err := reply(t, b, Request{Text: line, From: from, Chat: from, Direct: true})
		require.NoError(t, err, line)
	}
	say(investor, "/start") // before the watching begins
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx, func(Part) error { return nil }) })
	defer running.Wait()
	defer stop()
	require.Eventually(t, func() bool { return b.watcher.Load() != nil }, time.Minute, time.Millisecond)
	say(admin, "/start")
	say(admin, "/test")
	teller.await(t, admin)
	say(admin, "/settings alerts off")
	say(sysadmin, "/start")
	teller.mu.Lock()
	clear(teller.told)
	teller.mu.Unlock()
	say(sysadmin, "/test")
	teller.await(t, sysadmin)
	teller.mu.Lock()
	defer teller.mu.Unlock()
	assert.Empty(t, teller.told[admin], "off is off")
	assert.NotEmpty(t, teller.told[sysadmin])
}

func TestWhoIsDismissedIsToldNothingMore(t *testing.T) {
	b := demonstration(t, nil)
	teller := newFakeTeller()
	b.Attach(teller)
	say := func(from, line string) {
		t.Helper()
		_, err := reply(t, b, Request{Text: line, From: from, Chat: from, Direct: true})
		require.NoError(t, err, line)
	}
	say(admin, "/start")
	say(sysadmin, "/start")
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx, func(Part) error { return nil }) })
	defer running.Wait()
	defer stop()
	require.Eventually(t, func() bool { return b.watcher.Load() != nil }, time.Minute, time.Millisecond)
	say(sysadmin, "/test")
	teller.await(t, admin)
	say(sysadmin, "/user remove "+admin)
	told := func() int {
		teller.mu.Lock()
		defer teller.mu.Unlock()
		return len(teller.told[admin])
	}
	require.Eventually(t, func() bool {
		before := told()
		say(sysadmin, "/test")
		return told() == before
	}, 20*time.Second, 100*time.Millisecond)
}
