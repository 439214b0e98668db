package chat_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/poktbot/poktbot/report/alert"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func certificate(host string) monitor.Alert {
	return monitor.Alert{
		Key: monitor.Key{Name: monitor.TLSExpired, Subject: host}, Severity: monitor.Critical, Since: noon, Fired: noon, Count: 1,
		Facts: monitor.Facts{monitor.Instant("expires", noon), monitor.Text("issuer", "Example CA")},
	}
}

var sequence int

// message is a message of events of one kind.
func message(kind monitor.EventKind, alerts ...monitor.Alert) monitor.Message {
	sequence++
	m := monitor.Message{ID: fmt.Sprint("m-", sequence), Destination: home, Created: noon, Attempt: 1}
	for _, a := range alerts {
		e := monitor.Event{ID: m.ID, Kind: kind, Severity: a.Severity, Alert: a, At: noon.Add(2 * time.Hour), By: "test:ana"}
		if kind == monitor.Resolved {
			e.Alert.Resolved = e.At
		}
		m.Events = append(m.Events, e)
	}
	return m
}

// admin is a chat of somebody who manages alerts.
func admin() bot.Subscription {
	return bot.Subscription{Chat: home, Subject: "test:ana", Audience: alert.Sysadmin, Manages: true, Zone: time.UTC}
}

func notifier(t testing.TB, e *chat.Engine, s bot.Subscription) monitor.Notifier {
	t.Helper()
	n, err := e.Notifier(s)
	require.NoError(t, err)
	return n
}

func tell(t testing.TB, n monitor.Notifier, m monitor.Message) {
	t.Helper()
	require.NoError(t, n.Notify(context.Background(), m))
}

const firedText = "🔴 The certificate of node.example has expired\nOn 2026-11-22 12:00, issued by Example CA.\nRenew it and have the server load it: gateways refuse it now."

const alertButtons = "\n[👤 Acknowledge][🔎 Details]\n[🔕 1 h][🔕 8 h][🔕 until fixed]"

func TestAnAlertIsAMessageThatGoesOnInPlace(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	n := notifier(t, chat.New(b, p), admin())
	a := certificate("node.example")
	room := func() *chattest.Room { return p.Chat(home) }
	tell(t, n, message(monitor.Fired, a))
	assert.Equal(t, firedText+alertButtons, room().String())
	assert.False(t, room().Last().Silent)

	a.AckedBy = "test:ana"
	tell(t, n, message(monitor.Acknowledged, a))
	assert.Equal(t, "👤 Taken by test:ana: The certificate of node.example has expired\nOn 2026-11-22 12:00, issued by Example CA.\nRenew it and have the server load it: gateways refuse it now."+
		"\n[🔎 Details]\n[🔕 1 h][🔕 8 h][🔕 until fixed]", room().String())

	tell(t, n, message(monitor.Reminded, a))
	require.Len(t, room().Messages, 2, "an edit rings no phone")
	assert.Contains(t, room().Last().String(), "Still, for 2 hours")
	assert.Contains(t, room().Messages[0].String(), "⬇ It goes on in a newer message.")
	assert.Empty(t, room().Messages[0].Buttons)

	a.Muted = true
	tell(t, n, message(monitor.Muted, a))
	assert.Contains(t, room().Last().String(), "🔕 Muted by test:ana")
	assert.Contains(t, room().Last().String(), "\n[🔎 Details]")
	assert.NotContains(t, room().Last().String(), "Acknowledge")

	tell(t, n, message(monitor.Resolved, a))
	require.Len(t, room().Messages, 2)
	assert.Equal(t, "✅ Over after 2 hours: The certificate of node.example has expired", room().Last().String())

	tell(t, n, message(monitor.Fired, certificate("node.example")))
	require.Len(t, room().Messages, 3, "what fires again is a message of its own")
	assert.Equal(t, "✅ Over after 2 hours: The certificate of node.example has expired", room().Messages[1].String(), "and what is over stays so")
	assert.Empty(t, p.Faults())
}

func TestWhatRingsAPhoneIsAMessageOfItsOwn(t *testing.T) {
	tests := []struct {
		name   string
		kind   monitor.EventKind
		change func(*monitor.Alert)
		news   bool
	}{
		{"worse", monitor.Changed, func(a *monitor.Alert) { a.Severity = monitor.Critical }, true},
		{"as bad as it was", monitor.Changed, func(*monitor.Alert) {}, false},
		{"better", monitor.Changed, func(a *monitor.Alert) { a.Severity = monitor.Info }, false},
		{"another occurrence", monitor.Changed, func(a *monitor.Alert) { a.Occurrence = "session 7"; a.Count = 2 }, true},
		{"a reminder", monitor.Reminded, func(*monitor.Alert) {}, true},
		{"nobody took it", monitor.Escalated, func(*monitor.Alert) {}, true},
		{"a mute ended", monitor.Unmuted, func(*monitor.Alert) {}, true},
		{"given back", monitor.Unacknowledged, func(*monitor.Alert) {}, false},
		{"over", monitor.Resolved, func(*monitor.Alert) {}, false},
		{"not watched", monitor.Withdrawn, func(*monitor.Alert) {}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, b := chattest.New(), newFakeBot()
			n := notifier(t, chat.New(b, p), admin())
			a := certificate("node.example")
			a.Severity = monitor.Warning
			tell(t, n, message(monitor.Fired, a))
			tt.change(&a)
			tell(t, n, message(tt.kind, a))
			if tt.news {
				assert.Len(t, p.Chat(home).Messages, 2)
			} else {
				assert.Len(t, p.Chat(home).Messages, 1)
				assert.Len(t, p.Chat(home).Last().Before, 1)
			}
		})
	}
}

func TestTheEndOfWhatIsNotKnownAnyMoreIsAQuietMessage(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	n := notifier(t, chat.New(b, p), admin())
	tell(t, n, message(monitor.Resolved, certificate("node.example")))
	assert.Equal(t, "✅ Over after 2 hours: The certificate of node.example has expired", p.Chat(home).String())
	assert.True(t, p.Chat(home).Last().Silent)
	a := certificate("other.example")
	tell(t, n, message(monitor.Fired, a))
	p.Fail(failing(1, platformError(chat.Gone, 0), edits))
	tell(t, n, message(monitor.Resolved, a))
	assert.Equal(t, "✅ Over after 2 hours: The certificate of other.example has expired", p.Chat(home).Last().String(), "it was deleted by hand")
}

func TestInvestorsGetNoButtonsThatTheyMayNotPress(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	s := admin()
	s.Audience, s.Manages = alert.Investor, false
	tell(t, notifier(t, chat.New(b, p), s), message(monitor.Fired, certificate("node.example")))
	assert.Equal(t, "🔴 The certificate of node.example has expired\nGateways refuse the nodes behind it: they earn nothing until it is renewed.\n[🔎 Details]", p.Chat(home).String())
}

func TestAnybodyInTheChatMayPressAndWhoMayNotIsTold(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	id := bot.AlertID(certificate("node.example").Key)
	denied := true
	b.do("/ack "+id, func(_ context.Context, say func(bot.Part)) error {
		if denied {
			return errors.New("/ack: not allowed")
		}
		say(bot.Text{Lines: []string{"1 alert taken."}})
		return nil
	})
	b.on("/events tls.expired", bot.Text{Title: "Events", Lines: numbered("an event that happened", 20)})
	e := chat.New(b, p)
	tell(t, notifier(t, e, admin()), message(monitor.Fired, certificate("node.example")))
	press := func(from, label string) string {
		u := p.Press(from, p.Chat(home), p.Chat(home).Messages[0], label)
		u.Direct = false
		return pressed(t, e, u)
	}
	assert.Equal(t, "⚠ /ack: not allowed", press("eve", "👤"))
	denied = false
	assert.Equal(t, "1 alert taken.", press("bob", "👤"), "it is a notice and no message more")
	require.Len(t, p.Chat(home).Messages, 1)
	assert.Equal(t, "This was done already.", press("cid", "👤"))
	for range 2 {
		assert.Empty(t, press("dan", "🔎"))
	}
	assert.Len(t, p.Chat(home).Messages, 3, "to look is possible again and again")
	e = chat.New(b, p)
	assert.Equal(t, "This was done already.", press("cid", "👤"), "also after a restart")
	assert.Len(t, b.lines(), 4)
}

func TestButtonsOfAlertsLastAMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := chattest.New(), newFakeBot()
		b.on("/events tls.expired", bot.Text{Title: "Events"})
		e := chat.New(b, p)
		tell(t, notifier(t, e, admin()), message(monitor.Fired, certificate("node.example")))
		time.Sleep(29 * 24 * time.Hour)
		assert.Equal(t, "Events", pressed(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Messages[0], "🔎")))
		time.Sleep(2 * 24 * time.Hour)
		assert.Equal(t, "This menu is old: /menu", pressed(t, e, p.Press("ana", p.Chat(home), p.Chat(home).Messages[0], "🔎")))
	})
}

func TestAStormIsOneMessageThatFits(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	n := notifier(t, chat.New(b, p), admin())
	first := certificate("node0.example")
	tell(t, n, message(monitor.Fired, first))
	var all []monitor.Alert
	for i := range 300 {
		all = append(all, certificate(fmt.Sprintf("node%d.example", i)))
	}
	tell(t, n, message(monitor.Fired, all[1:]...))
	room := p.Chat(home)
	require.Len(t, room.Messages, 2)
	assert.Contains(t, room.Last().String(), "and 298 more like it")
	assert.Contains(t, room.Last().String(), "more lines: /alerts\n[🔔 Alerts]")
	tell(t, n, message(monitor.Resolved, all[5]))
	room = p.Chat(home)
	require.Len(t, room.Messages, 3, "the message of many is not edited for the end of one")
	assert.True(t, room.Last().Silent)
	tell(t, n, message(monitor.Resolved, append([]monitor.Alert{first}, all[6:]...)...))
	room = p.Chat(home)
	require.Len(t, room.Messages, 4)
	assert.True(t, room.Last().Silent)
	assert.Contains(t, room.Messages[0].String(), "✅ It is over.")
	assert.Empty(t, room.Messages[0].Buttons)
	assert.Empty(t, p.Faults())
}

func TestALateMessageSaysSo(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	m := message(monitor.Fired, certificate("node.example"))
	m.Late = 3 * time.Hour
	tell(t, notifier(t, chat.New(b, p), admin()), m)
	assert.Contains(t, p.Chat(home).String(), "Delivered 3 hours late: it is of 2026-11-22 12:00.")
}

func TestWhoDeliversIsToldHowToGoOn(t *testing.T) {
	tests := []struct {
		err  error
		want monitor.DeliveryError
	}{
		{platformError(chat.Busy, 7*time.Second), monitor.DeliveryError{RetryAfter: 7 * time.Second}},
		{platformError(chat.Busy, 0), monitor.DeliveryError{}},
		{platformError(chat.Blocked, 0), monitor.DeliveryError{Permanent: true}},
		{platformError(chat.Refused, 0), monitor.DeliveryError{Refused: true}},
	}
	for _, tt := range tests {
		t.Run(tt.err.(*chat.Error).Kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := chattest.New(), newFakeBot()
				p.Fail(func(chattest.Call) error { return tt.err })
				n := notifier(t, chat.New(b, p), admin())
				began, m := time.Now(), message(monitor.Fired, certificate("node.example"))
				err := n.Notify(t.Context(), m)
				got, ok := errors.AsType[*monitor.DeliveryError](err)
				require.True(t, ok, "%v", err)
				tt.want.Err = got.Err
				assert.Equal(t, tt.want, *got)
				assert.Zero(t, time.Since(began), "it is not for the notifier to wait")
				p.Fail(nil)
				tell(t, n, m)
				assert.Equal(t, firedText+alertButtons, p.Chat(home).String())
			})
		})
	}
	p, b := chattest.New(), newFakeBot()
	s := admin()
	s.Chat = "other:1"
	_, err := chat.New(b, p).Notifier(s)
	require.ErrorContains(t, err, "no chat of this platform")
}

// A brokenStore stops storing at a chosen moment, as a program does that is killed.
type brokenStore struct {
	keep.Store
	fail func(keep.Entry) bool
}

func (s *brokenStore) Put(ctx context.Context, entries ...keep.Entry) error {
	for _, e := range entries {
		if s.fail != nil && s.fail(e) {
			return errors.New("killed")
		}
	}
	return s.Store.Put(ctx, entries...)
}

func TestAMessageThatWasSentButNotNotedIsSentAgainWithoutHarm(t *testing.T) {
	p, b := chattest.New(), newFakeBot()
	broken := &brokenStore{Store: b.kept, fail: func(e keep.Entry) bool { return strings.HasSuffix(e.Space, ".told") }}
	b.kept = broken
	m := message(monitor.Fired, certificate("node.example"))
	require.Error(t, notifier(t, chat.New(b, p), admin()).Notify(t.Context(), m))
	broken.fail = nil
	n := notifier(t, chat.New(b, p), admin())
	tell(t, n, m)
	require.Len(t, p.Chat(home).Messages, 2)
	tell(t, n, m)
	assert.Len(t, p.Chat(home).Messages, 2, "what was noted is not sent again")
	tell(t, n, message(monitor.Resolved, certificate("node.example")))
	assert.Contains(t, p.Chat(home).Messages[1].String(), "✅ Over")
}
