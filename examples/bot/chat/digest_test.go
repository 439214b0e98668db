package chat_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/monitor"
)

// sleepUntil lets the simulated clock, which begins at midnight of 2000-01-01 UTC, come to a moment.
func sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }

func zoneOf(t testing.TB, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	return zone
}

func digestBot(s bot.Subscription) *fakeBot {
	b := newFakeBot().on("/digest day", bot.Text{Title: "Day", Lines: []string{"1 POKT"}}, bot.Picture{Name: "a.png", PNG: []byte("PNG")}).
		on("/digest week", bot.Text{Title: "Week", Lines: []string{"7 POKT"}}).on("/digest month", bot.Text{Title: "Month", Lines: []string{"30 POKT"}})
	b.chats = []bot.Subscription{s, {Chat: "other:1", Subject: "other:1", Daily: true}}
	return b
}

// running runs an engine until stop is called.
func running(t testing.TB, e *chat.Engine) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

// sentAt is when messages that begin so were sent, in a zone.
func sentAt(p *chattest.Platform, title string, zone *time.Location) []string {
	var times []string
	for _, m := range p.Chat(home).Messages {
		if strings.HasPrefix(m.Text.String(), title) {
			times = append(times, m.SentAt.In(zone).Format("Mon 2006-01-02 15:04"))
		}
	}
	return times
}

func TestDigestsComeAtTheirHourOfTheChatsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := zoneOf(t, "Asia/Kathmandu") // 5:45 ahead
		p := chattest.New()
		b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Weekly: true, Monthly: true, Hour: 8, Zone: zone})
		sleepUntil(time.Date(2000, 1, 27, 9, 0, 0, 0, zone))
		stop := running(t, chat.New(b, p))
		sleepUntil(time.Date(2000, 2, 3, 9, 0, 0, 0, zone))
		stop()
		assert.Equal(t, []string{"Fri 2000-01-28 08:00", "Sat 2000-01-29 08:00", "Sun 2000-01-30 08:00", "Mon 2000-01-31 08:00", "Tue 2000-02-01 08:00", "Wed 2000-02-02 08:00",
			"Thu 2000-02-03 08:00"}, sentAt(p, "Day", zone))
		assert.Equal(t, []string{"Mon 2000-01-31 08:00"}, sentAt(p, "Week", zone))
		assert.Equal(t, []string{"Tue 2000-02-01 08:00"}, sentAt(p, "Month", zone))
		assert.Equal(t, "Day\n1 POKT", p.Chat(home).Messages[0].String(), "in time, it says nothing of that")
		assert.Equal(t, bot.Request{Text: "/digest day", From: "test:ana", Chat: home}, b.asked[0])
		assert.Empty(t, p.Chat("other:1").Messages, "another platform's")
		assert.Empty(t, p.Faults())
	})
}

func TestADigestComesOncePerPeriodWhateverTheClockDoes(t *testing.T) {
	tests := []struct {
		name string
		zone string
		hour int
		from string
		want []string
	}{
		{"an hour that is left out", "Europe/Madrid", 2, "2000-03-25", []string{"Sat 2000-03-25 02:00", "Sun 2000-03-26 03:00", "Mon 2000-03-27 02:00"}},
		{"an hour that comes twice", "Europe/Madrid", 2, "2000-10-28", []string{"Sat 2000-10-28 02:00", "Sun 2000-10-29 02:00", "Mon 2000-10-30 02:00"}},
		{"after the clocks were put back", "Europe/Madrid", 8, "2000-10-28", []string{"Sat 2000-10-28 08:00", "Sun 2000-10-29 08:00", "Mon 2000-10-30 08:00"}},
		{"midnight that is left out", "America/Asuncion", 0, "2000-02-29", []string{"Tue 2000-02-29 00:00", "Wed 2000-03-01 00:00", "Thu 2000-03-02 00:00"}},
		{"half an hour that is left out", "Australia/Lord_Howe", 2, "2000-08-26", []string{"Sat 2000-08-26 02:00", "Sun 2000-08-27 02:30", "Mon 2000-08-28 02:00"}},
		{"the last hour", "UTC", 23, "2000-02-28", []string{"Mon 2000-02-28 23:00", "Tue 2000-02-29 23:00", "Wed 2000-03-01 23:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				zone := zoneOf(t, tt.zone)
				from, err := time.ParseInLocation(time.DateOnly, tt.from, zone)
				require.NoError(t, err)
				p := chattest.New()
				b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Hour: tt.hour, Zone: zone})
				sleepUntil(from.Add(-time.Minute))
				stop := running(t, chat.New(b, p))
				sleepUntil(from.Add(72 * time.Hour).Add(-2 * time.Minute))
				stop()
				assert.Equal(t, tt.want, sentAt(p, "Day", zone))
			})
		})
	}
}

func TestADigestIsSentOnceAcrossRestartsAndChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := chattest.New()
		b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Hour: 8, Zone: time.UTC})
		sleepUntil(time.Date(2000, 1, 5, 7, 0, 0, 0, time.UTC))
		for range 10 {
			stop := running(t, chat.New(b, p))
			time.Sleep(7 * time.Minute)
			stop()
		}
		assert.Equal(t, []string{"Wed 2000-01-05 08:00"}, sentAt(p, "Day", time.UTC), "one, although it was looked for often")
		b.chats[0].Hour = 9
		stop := running(t, chat.New(b, p))
		defer stop()
		sleepUntil(time.Date(2000, 1, 5, 23, 0, 0, 0, time.UTC))
		assert.Len(t, sentAt(p, "Day", time.UTC), 1, "a later hour makes no second one of the same day")
		b.mu.Lock()
		b.chats[0].Zone = time.FixedZone("west", -11*3600)
		b.mu.Unlock()
		sleepUntil(time.Date(2000, 1, 6, 19, 59, 0, 0, time.UTC))
		assert.Len(t, sentAt(p, "Day", time.UTC), 1, "nor does another zone")
		sleepUntil(time.Date(2000, 1, 6, 20, 1, 0, 0, time.UTC))
		assert.Len(t, sentAt(p, "Day", time.UTC), 2)
	})
}

func TestALateDigestSaysSoAndAVeryLateOneIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := chattest.New()
		b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Weekly: true, Hour: 8, Zone: time.UTC})
		sleepUntil(time.Date(2000, 1, 2, 7, 0, 0, 0, time.UTC)) // a Sunday
		stop := running(t, chat.New(b, p))
		time.Sleep(time.Second)
		stop()
		sleepUntil(time.Date(2000, 1, 4, 7, 0, 0, 0, time.UTC)) // it was down for two days
		stop = running(t, chat.New(b, p))
		time.Sleep(time.Minute)
		stop()
		assert.Equal(t, "Day\n1 POKT\nDelivered 23 hours late: it was due at 2000-01-03 08:00.\n---\n(picture a.png)\n"+
			"\n---\nWeek\n7 POKT\nDelivered 23 hours late: it was due at 2000-01-03 08:00.", inOrder(p))
		sleepUntil(time.Date(2000, 1, 11, 9, 0, 0, 0, time.UTC)) // the week's is of yesterday
		stop = running(t, chat.New(b, p))
		time.Sleep(time.Minute)
		stop()
		assert.Len(t, sentAt(p, "Day", time.UTC), 2, "of the days between nobody needs to hear")
		assert.Len(t, sentAt(p, "Week", time.UTC), 1, "more than a day late")
	})
}

// inOrder is the chat with the week's digest last: they are sent at the same time.
func inOrder(p *chattest.Platform) string {
	var day, week []string
	for _, m := range p.Chat(home).Messages {
		if strings.HasPrefix(m.String(), "Week") {
			week = append(week, m.String())
		} else {
			day = append(day, m.String())
		}
	}
	return strings.Join(append(day, week...), "\n---\n")
}

func TestAProgramThatEndsWhileItSendsADigestSendsItAgainAndSaysThatItDoes(t *testing.T) {
	tests := []struct {
		name  string
		fail  func(e keep.Entry, puts int) bool
		first int // messages before the restart
		want  string
	}{
		{"before it is noted that it is sent", func(_ keep.Entry, puts int) bool { return puts == 2 }, 0, "Day\n1 POKT"},
		{"after it was sent", func(_ keep.Entry, puts int) bool { return puts >= 3 }, 1, "Day\n1 POKT\nIt may have come before: it is not known whether that arrived."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := chattest.New()
				b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Hour: 8, Zone: time.UTC})
				b.on("/digest day", bot.Text{Title: "Day", Lines: []string{"1 POKT"}})
				puts := 0
				broken := &brokenStore{Store: b.kept, fail: func(e keep.Entry) bool {
					if !strings.HasSuffix(e.Space, ".digests") {
						return false
					}
					puts++
					return tt.fail(e, puts)
				}}
				b.kept = broken
				sleepUntil(time.Date(2000, 1, 5, 7, 59, 0, 0, time.UTC))
				stop := running(t, chat.New(b, p))
				time.Sleep(2 * time.Minute)
				stop()
				assert.Len(t, p.Chat(home).Messages, tt.first)
				broken.fail = nil
				stop = running(t, chat.New(b, p))
				time.Sleep(2 * time.Minute)
				stop()
				require.Len(t, p.Chat(home).Messages, tt.first+1)
				assert.Equal(t, tt.want, p.Chat(home).Last().String())
				stop = running(t, chat.New(b, p))
				time.Sleep(time.Second)
				stop()
				assert.Len(t, p.Chat(home).Messages, tt.first+1)
			})
		})
	}
}

func TestADigestThatCannotBeMadeOrSentIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := chattest.New()
		b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Hour: 8, Zone: time.UTC})
		tries := 0
		b.do("/digest day", func(_ context.Context, say func(bot.Part)) error {
			if tries++; tries < 3 {
				return errors.New("the database is busy")
			}
			say(bot.Progress{Doing: "reading"})
			time.Sleep(5 * time.Second)
			say(bot.Text{Title: "Day", Lines: []string{"1 POKT"}})
			return nil
		})
		p.Fail(func(c chattest.Call) error {
			if time.Now().Before(time.Date(2000, 1, 5, 8, 30, 0, 0, time.UTC)) {
				return platformError(chat.Busy, time.Second)
			}
			return nil
		})
		sleepUntil(time.Date(2000, 1, 5, 7, 59, 0, 0, time.UTC))
		stop := running(t, chat.New(b, p))
		sleepUntil(time.Date(2000, 1, 5, 12, 0, 0, 0, time.UTC))
		stop()
		require.Len(t, p.Chat(home).Messages, 1)
		assert.Regexp(t, `^Day\n1 POKT\nDelivered 3\d minutes late: it was due at 2000-01-05 08:00\.$`, p.Chat(home).String(), "nothing arrived before, and nobody is made to believe so")
	})
}

func TestADigestOfWhoMayNotSeeItAnyMoreIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := chattest.New()
		b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Hour: 8, Zone: time.UTC})
		b.do("/digest day", func(context.Context, func(bot.Part)) error { return bot.ErrDenied })
		sleepUntil(time.Date(2000, 1, 5, 7, 59, 0, 0, time.UTC))
		stop := running(t, chat.New(b, p))
		sleepUntil(time.Date(2000, 1, 5, 12, 0, 0, 0, time.UTC))
		stop()
		assert.Empty(t, p.Chat(home).Messages)
		assert.Equal(t, []string{"/digest day"}, b.lines())
	})
}

func TestAChatThatBlockedTheBotIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := chattest.New()
		b := digestBot(bot.Subscription{Chat: home, Subject: "test:ana", Daily: true, Hour: 8, Zone: time.UTC})
		p.Fail(func(chattest.Call) error { return platformError(chat.Blocked, 0) })
		e := chat.New(b, p)
		sleepUntil(time.Date(2000, 1, 5, 7, 59, 0, 0, time.UTC))
		stop := running(t, e)
		defer stop()
		sleepUntil(time.Date(2000, 1, 5, 8, 5, 0, 0, time.UTC))
		left, err := b.Subscriptions(t.Context())
		require.NoError(t, err)
		require.Len(t, left, 1)
		assert.Equal(t, "other:1", left[0].Chat)
		assert.Equal(t, 1, p.Calls(), "it was tried once")

		b.mu.Lock()
		b.chats = []bot.Subscription{admin()}
		b.mu.Unlock()
		require.Error(t, notifier(t, e, admin()).Notify(t.Context(), message(monitor.Fired, certificate("node.example"))))
		time.Sleep(30 * time.Second)
		_ = e.Handle(t.Context(), p.Type("ana", "home", "/start"))
		time.Sleep(2 * time.Minute)
		left, _ = b.Subscriptions(t.Context())
		assert.Len(t, left, 1, "somebody has begun anew")
		require.Error(t, notifier(t, e, admin()).Notify(t.Context(), message(monitor.Fired, certificate("node.example"))))
		time.Sleep(30 * time.Second)
		left, _ = b.Subscriptions(t.Context())
		assert.Len(t, left, 1, "others may still hear that nothing arrives there")
		time.Sleep(2 * time.Minute)
		left, _ = b.Subscriptions(t.Context())
		assert.Empty(t, left)
	})
}
