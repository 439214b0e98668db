package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report/alert"
)

// alertTime is how long the buttons of an alert can be pressed, and how long it is known which message tells of it.
const alertTime = 30 * 24 * time.Hour

var _ bot.Teller = (*Engine)(nil)

// A teller tells alerts in one chat. What begins, comes back or gets worse is a message of its own, since nobody's phone rings for an edit; how it goes on
// and ends is told in that message.
type teller struct {
	e     *Engine
	to    bot.Subscription
	texts *alert.Texts
	out   *outlet
}

// A toldAlert is where an alert was told.
type toldAlert struct {
	Message  string           `json:"message"`
	Severity monitor.Severity `json:"severity"`
	Text     Rich             `json:"text,omitempty"`
	Group    string           `json:"group,omitempty"` // of its buttons
	Together bool             `json:"together,omitempty"`
}

// Notify implements [monitor.Notifier]. A message that is told again, because the program ended before that was noted, does no harm: the newer one takes over.
func (t *teller) Notify(ctx context.Context, m monitor.Message) error {
	told, err := t.e.keep.Get(ctx, t.e.space("told"), t.to.Chat)
	switch {
	case err != nil && !errors.Is(err, keep.ErrNone):
		return fmt.Errorf("alerts: %w", err)
	case err == nil && string(told.Value) == m.ID:
		return nil
	case len(m.Events) == 1:
		err = t.one(ctx, m, m.Events[0])
	default:
		err = t.several(ctx, m)
	}
	if Is(err, Blocked) {
		t.e.gone.add(t.to.Chat)
	}
	return deliveryError(err)
}

// deliveryError says how to go on to who delivers.
func deliveryError(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	return &monitor.DeliveryError{RetryAfter: e.RetryAfter, Permanent: e.Kind == Blocked, Refused: e.Kind == Refused, Err: err}
}

// one tells one event.
func (t *teller) one(ctx context.Context, m monitor.Message, e monitor.Event) error {
	old, err := t.toldOf(ctx, e.Alert.Key)
	if err != nil {
		return err
	}
	text, err := t.text(m, e)
	if err != nil {
		return err
	}
	now := toldAlert{Severity: max(e.Severity, e.Alert.Severity), Text: text}
	news := isNews(e, old)
	message := Message{Text: text, Silent: !news || now.Severity <= monitor.Info}
	if rows := t.buttons(e); len(rows) > 0 {
		board := menu{Kind: kindAlert, Chat: t.to.Chat, Rows: rows}
		if now.Group, err = t.e.keepMenu(ctx, board, alertTime); err != nil {
			return err
		}
		message.Buttons = t.e.boards(now.Group, &board)[0]
	}
	edits := !news && old != nil && !old.Together
	if edits {
		now.Message, err = t.out.edit(ctx, old.Message, message)
	} else {
		now.Message, err = t.out.send(ctx, message)
	}
	if err != nil {
		if now.Group != "" {
			err = errors.Join(err, t.e.keep.Delete(ctx, t.e.space("menus"), now.Group))
		}
		return err
	}
	if now.Group != "" {
		if err := t.e.bind(ctx, now.Group, now.Message, alertTime); err != nil {
			return err
		}
	}
	if err := t.note(ctx, m, map[monitor.Key]*toldAlert{e.Alert.Key: kept(e, now)}); err != nil {
		return err
	}
	if old == nil || old.Together {
		return nil
	}
	if !edits {
		t.out.tidy(ctx, old.Message, Message{Text: t.e.below(old.Text, "⬇ It goes on in a newer message.")})
	}
	if old.Group == "" {
		return nil
	}
	if err := t.e.keep.Delete(ctx, t.e.space("menus"), old.Group); err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	return nil
}

// kept is what is to be remembered of where an event was told: nothing when that was the end.
func kept(e monitor.Event, now toldAlert) *toldAlert {
	if ends(e) {
		return nil
	}
	return &now
}

func ends(e monitor.Event) bool { return e.Kind == monitor.Resolved || e.Kind == monitor.Withdrawn }

// isNews reports whether somebody's phone should ring.
func isNews(e monitor.Event, old *toldAlert) bool {
	switch e.Kind {
	case monitor.Fired, monitor.CaughtUp, monitor.Unmuted, monitor.Reminded, monitor.Escalated:
		return true
	case monitor.Changed: // another occurrence is another loss, and an edit would hide the one before
		return e.Alert.Occurrence != "" || old == nil || e.Severity > old.Severity
	}
	return false
}

// text is how an event is told. What follows from it stands below it also when somebody has just taken or muted it: an edit must not lose that.
func (t *teller) text(m monitor.Message, e monitor.Event) (Rich, error) {
	title, lines, err := t.texts.Message(m)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case monitor.Acknowledged, monitor.Unacknowledged, monitor.Muted:
		as := e
		as.Kind, as.Note = "", ""
		_, more, err := t.texts.Event(as)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	return t.e.brief(title, lines), nil
}

// brief is as much of a text as fits one message.
func (e *Engine) brief(title string, lines []string) Rich {
	s := textSheet(title, lines)
	all := s.whole()
	fits := func(n int) bool {
		return e.platform.Measure(join(all[:n])) <= e.limits.Text
	}
	if fits(len(all)) {
		return join(all)
	}
	last := func(n int) line {
		return line{{Text: fmt.Sprintf("… and %d more lines: /alerts", len(all)-n), Style: Faint}}
	}
	n := most(len(all)-1, func(n int) bool {
		return e.platform.Measure(join(append(all[:n:n], last(n)))) <= e.limits.Text
	})
	if n == 0 {
		return e.cut(s)[0]
	}
	return join(append(all[:n:n], last(n)))
}

// buttons are what can be done about an alert as it is after an event.
func (t *teller) buttons(e monitor.Event) [][]bot.Button {
	if !t.e.hasButtons() || e.Alert.Name == monitor.MonitorTest || ends(e) {
		return nil
	}
	id := bot.AlertID(e.Alert.Key)
	details := "/events " + bot.Quote(string(e.Alert.Name))
	if _, err := pocket.ParseAddress(e.Alert.Subject); err == nil {
		details += " " + e.Alert.Subject
	}
	last := []bot.Button{{Label: "🔎 Details", Line: details}}
	if !t.to.Manages || e.Alert.Muted || e.Kind == monitor.Muted {
		return [][]bot.Button{last}
	}
	mutes := []bot.Button{{Label: "🔕 1 h", Line: "/mute " + id + " 1h"}, {Label: "🔕 8 h", Line: "/mute " + id + " 8h"}, {Label: "🔕 until fixed", Line: "/mute " + id + " fixed"}}
	if e.Alert.AckedBy == "" {
		last = append([]bot.Button{{Label: "👤 Acknowledge", Line: "/ack " + id}}, last...)
	}
	return [][]bot.Button{last, mutes}
}

// mostTidied is how many messages are edited after a message that told of many ends: each edit is a call, and platforms count them.
const mostTidied = 10

// several tells many events in one message.
func (t *teller) several(ctx context.Context, m monitor.Message) error {
	title, lines, err := t.texts.Message(m)
	if err != nil {
		return err
	}
	message := Message{Text: t.e.brief(title, lines), Silent: true}
	olds := map[monitor.Key]*toldAlert{}
	for _, e := range m.Events {
		if olds[e.Alert.Key], err = t.toldOf(ctx, e.Alert.Key); err != nil {
			return err
		}
		if isNews(e, olds[e.Alert.Key]) && e.Severity > monitor.Info {
			message.Silent = false
		}
	}
	board := menu{Kind: kindAlert, Chat: t.to.Chat, Rows: [][]bot.Button{{{Label: "🔔 Alerts", Line: "/alerts"}}}}
	group := ""
	if t.e.hasButtons() {
		if group, err = t.e.keepMenu(ctx, board, alertTime); err != nil {
			return err
		}
		message.Buttons = t.e.boards(group, &board)[0]
	}
	id, err := t.out.send(ctx, message)
	if err != nil {
		return err
	}
	if err := t.e.bind(ctx, group, id, alertTime); err != nil {
		return err
	}
	notes := map[monitor.Key]*toldAlert{}
	for _, e := range m.Events {
		now := toldAlert{Message: id, Severity: max(e.Severity, e.Alert.Severity), Together: true}
		if old := olds[e.Alert.Key]; old != nil && !old.Together {
			now, now.Severity = *old, max(now.Severity, old.Severity) // how it goes on is told there
		}
		notes[e.Alert.Key] = kept(e, now)
	}
	if err := t.note(ctx, m, notes); err != nil {
		return err
	}
	tidied := 0
	for _, e := range m.Events {
		if old := olds[e.Alert.Key]; ends(e) && old != nil && !old.Together && tidied < mostTidied {
			tidied++
			t.out.tidy(ctx, old.Message, Message{Text: t.e.below(old.Text, "✅ It is over.")})
		}
	}
	return nil
}

func (t *teller) key(k monitor.Key) string {
	return strings.Join([]string{t.to.Chat, string(k.Name), k.Subject, k.Part}, "\x00")
}

// toldOf returns where an alert was told, nil when it was not.
func (t *teller) toldOf(ctx context.Context, k monitor.Key) (*toldAlert, error) {
	entry, err := t.e.keep.Get(ctx, t.e.space("alerts"), t.key(k))
	if errors.Is(err, keep.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	var told toldAlert
	if err := json.Unmarshal(entry.Value, &told); err != nil {
		return nil, nil // a newer or older version kept it: the alert is told anew
	}
	return &told, nil
}

// note notes at once that a message was told, and where its alerts stand; nil is nowhere any more.
func (t *teller) note(ctx context.Context, m monitor.Message, alerts map[monitor.Key]*toldAlert) error {
	until := time.Now().Add(alertTime)
	entries := []keep.Entry{{Space: t.e.space("told"), Key: t.to.Chat, Value: []byte(m.ID), Expires: until}}
	var over []string
	for k, told := range alerts {
		if told == nil {
			over = append(over, t.key(k))
			continue
		}
		value, err := json.Marshal(told)
		if err != nil {
			return fmt.Errorf("alerts: %w", err)
		}
		entries = append(entries, keep.Entry{Space: t.e.space("alerts"), Key: t.key(k), Value: value, Expires: until})
	}
	err := t.e.keep.Put(ctx, entries...)
	if err == nil && len(over) > 0 {
		err = t.e.keep.Delete(ctx, t.e.space("alerts"), over...)
	}
	if err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	return nil
}

// Notifier returns what tells alerts in one chat, and implements [bot.Teller] with [Engine.Kind]. It does not connect.
func (e *Engine) Notifier(s bot.Subscription) (monitor.Notifier, error) {
	texts, err := e.texts(s)
	if err != nil {
		return nil, fmt.Errorf("alerts of %s: %w", s.Chat, err)
	}
	out, err := e.opened(s.Chat)
	if err != nil {
		return nil, fmt.Errorf("alerts of %s: %w", s.Chat, err)
	}
	out.tries = 1 // who delivers waits, and tries again
	return &teller{e: e, to: s, texts: texts, out: out}, nil
}

// texts are the words of alerts for a chat: the bot's own, if it has any.
func (e *Engine) texts(s bot.Subscription) (*alert.Texts, error) {
	if own, ok := e.bot.(interface {
		AlertTexts(bot.Subscription) (*alert.Texts, error)
	}); ok {
		return own.AlertTexts(s)
	}
	return alert.New(alert.Options{Audience: s.Audience, Zone: s.Zone, TimeLayout: s.TimeLayout})
}

// busyButtons are the buttons of alerts whose lines are being answered: a second press of one does nothing.
type busyButtons struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (b *busyButtons) begin(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ids[id] {
		return false
	}
	b.ids[id] = true
	return true
}

func (b *busyButtons) end(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.ids, id)
}

// looks reports whether a line only looks at something, so that it can be asked again and again.
func looks(line string) bool {
	return strings.HasPrefix(line, "/events") || strings.HasPrefix(line, "/alerts")
}

// pressAlert does what a button of an alert stands for. The buttons stay, since others of the chat may need them, but what was done with one is
// not done twice. It is the bot that says who may.
func (e *Engine) pressAlert(ctx context.Context, u Update, m *menu, n int) error {
	b, ok := m.button(n)
	if !ok {
		return e.notice(ctx, u, wordOld)
	}
	if !looks(b.Line) {
		if !e.pressed.begin(u.Press) {
			return e.notice(ctx, u, wordDone)
		}
		defer e.pressed.end(u.Press)
		if _, err := e.keep.Get(ctx, e.space("done"), u.Press); err == nil {
			return e.notice(ctx, u, wordDone)
		} else if !errors.Is(err, keep.ErrNone) {
			return fmt.Errorf("buttons: %w", err)
		}
	}
	end, err := e.admit(ctx, u)
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := context.WithTimeoutCause(ctx, e.patience, errPatience)
	defer cancel()
	r := e.reply(u, e.outlet(u), b.Line)
	r.notices = u.Notice != nil
	if err := r.answer(ctx); err != nil || r.failed || looks(b.Line) {
		return err
	}
	err = e.keep.Put(ctx, keep.Entry{Space: e.space("done"), Key: u.Press, Expires: time.Now().Add(alertTime)})
	if err != nil {
		return fmt.Errorf("buttons: %w", err)
	}
	return nil
}
