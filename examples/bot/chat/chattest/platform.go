package chattest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// Name is what the platform is called.
const Name = "test"

// Limits are small, so that tests meet them.
func Limits() chat.Limits {
	return chat.Limits{Text: 800, Caption: 120, File: 1 << 20, Columns: 4, Rows: 6, Label: 24, Width: 44}
}

// A Call is something that the platform is asked to do, before it does.
type Call struct {
	Edit    bool
	Delete  bool
	Chat    string
	ID      string // of what is edited or deleted
	Message chat.Message
	Try     int // from 1: how often the platform was called
}

// A Platform is a chat service in memory. It is safe for concurrent use.
type Platform struct {
	limits chat.Limits

	mu     sync.Mutex
	last   int
	calls  int
	rooms  map[string]*Room
	faults []string
	fail   func(Call) error
	after  func(Call) error
}

var _ chat.Platform = (*Platform)(nil)

// New returns a platform without chats, with [Limits].
func New() *Platform { return WithLimits(Limits()) }

// WithLimits returns a platform with other limits.
func WithLimits(l chat.Limits) *Platform { return &Platform{limits: l, rooms: map[string]*Room{}} }

// A Room is a chat and its messages.
type Room struct {
	Name     string
	Messages []*Posted // in the order in which they were sent; those that were deleted are gone
}

// A Posted message is one as it looks now.
type Posted struct {
	ID string
	chat.Message
	File    []byte         // what the file held
	Before  []chat.Message // as it looked before each edit
	SentAt  time.Time
	Changed []time.Time // when it was edited
}

// Name implements [chat.Platform].
func (p *Platform) Name() string { return Name }

// Limits implements [chat.Platform].
func (p *Platform) Limits() chat.Limits { return p.limits }

// Measure counts units of UTF-16, as many services do, with what it takes to escape and to mark.
func (p *Platform) Measure(r chat.Rich) int {
	n := 0
	for _, span := range r {
		for _, c := range span.Text {
			n += utf16.RuneLen(c)
			if strings.ContainsRune("<>&*_`", c) {
				n += 3
			}
		}
		if span.Style != chat.Plain {
			n += 7
		}
	}
	return n
}

// Open implements [chat.Platform].
func (p *Platform) Open(room string) (chat.Channel, error) {
	if !strings.HasPrefix(room, Name+":") {
		return nil, fmt.Errorf("%q is no chat of this platform", room)
	}
	return &channel{p, room}, nil
}

// Fail makes every call be asked for its error first; nil does what is asked. What fails is not done.
func (p *Platform) Fail(fail func(Call) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = fail
}

// FailAfter makes every call be asked for its error after it was done: the answer was lost on its way.
func (p *Platform) FailAfter(fail func(Call) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after = fail
}

// Faults tells what was wrong with what the platform was asked to show.
func (p *Platform) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.faults)
}

// Calls is how often the platform was called.
func (p *Platform) Calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// Chat returns a copy of a chat as it is now, with its full name: "test:home".
func (p *Platform) Chat(name string) *Room {
	p.mu.Lock()
	defer p.mu.Unlock()
	room := &Room{Name: name}
	if r := p.rooms[name]; r != nil {
		for _, m := range r.Messages {
			c := *m
			c.Before, c.Changed = slices.Clone(m.Before), slices.Clone(m.Changed)
			room.Messages = append(room.Messages, &c)
		}
	}
	return room
}

// Last is the last message, nil when there is none.
func (r *Room) Last() *Posted {
	if len(r.Messages) == 0 {
		return nil
	}
	return r.Messages[len(r.Messages)-1]
}

// Find returns the message of that ID, nil when there is none.
func (r *Room) Find(id string) *Posted {
	for _, m := range r.Messages {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// String is all that is seen in the chat, the messages apart by a line.
func (r *Room) String() string {
	texts := make([]string, len(r.Messages))
	for i, m := range r.Messages {
		texts[i] = m.String()
	}
	return strings.Join(texts, "\n---\n")
}

// String is what is seen of a message: a picture or a file, the text, and rows of buttons.
func (m *Posted) String() string {
	var b strings.Builder
	if m.Picture != nil {
		fmt.Fprintf(&b, "(picture %s)\n", m.Picture.Name)
	}
	if m.Message.File != nil {
		fmt.Fprintf(&b, "(file %s, %d bytes)\n", m.Message.File.Name, len(m.File))
	}
	b.WriteString(m.Text.String())
	for _, row := range m.Buttons {
		b.WriteString("\n")
		for _, button := range row {
			b.WriteString("[" + button.Label + "]")
		}
	}
	return b.String()
}

// Button returns the button with that label, or whose label begins with it.
func (m *Posted) Button(label string) (chat.Button, bool) {
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.HasPrefix(b.Label, label) {
				return b, true
			}
		}
	}
	return chat.Button{}, false
}

// Type is what happens when somebody writes in a chat of his own: p.Type("ana", "home", "/help").
func (p *Platform) Type(from, room, text string) chat.Update {
	name := Name + ":" + room
	return chat.Update{
		From: Name + ":" + from, Name: from, Chat: name, Direct: true, Text: text, BotName: "poktbot", Answer: &channel{p, name},
	}
}

// Press is what happens when somebody presses the button that is called so, or begins so, on a message. The update has no ID when there is no such button.
func (p *Platform) Press(from string, room *Room, m *Posted, label string) chat.Update {
	u := p.Type(from, strings.TrimPrefix(room.Name, Name+":"), "")
	b, ok := m.Button(label)
	if !ok {
		b.ID = "none"
	}
	u.Press, u.Message = b.ID, m.ID
	return u
}

type channel struct {
	p    *Platform
	room string
}

// Send implements [chat.Channel].
func (c *channel) Send(ctx context.Context, m chat.Message) (string, error) {
	var id string
	err := c.p.call(ctx, Call{Chat: c.room, Message: m}, func() error {
		if err := c.p.check(m); err != nil {
			return err
		}
		posted := &Posted{Message: m, SentAt: time.Now()}
		if m.File != nil {
			var b bytes.Buffer
			if _, err := io.Copy(&b, m.File.Body); err != nil {
				return err
			}
			posted.File = b.Bytes()
			if int64(len(posted.File)) != m.File.Size {
				return c.p.fault("the file %s has %d bytes, and says %d", m.File.Name, len(posted.File), m.File.Size)
			}
		}
		c.p.last++
		id = strconv.Itoa(c.p.last)
		posted.ID = id
		if c.p.rooms[c.room] == nil {
			c.p.rooms[c.room] = &Room{Name: c.room}
		}
		room := c.p.rooms[c.room]
		room.Messages = append(room.Messages, posted)
		return nil
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// Edit implements [chat.Channel].
func (c *channel) Edit(ctx context.Context, id string, m chat.Message) error {
	return c.p.call(ctx, Call{Edit: true, Chat: c.room, ID: id, Message: m}, func() error {
		if err := c.p.check(m); err != nil {
			return err
		}
		room := c.p.rooms[c.room]
		if room == nil || room.Find(id) == nil {
			return &chat.Error{Kind: chat.Gone, Err: errors.New("there is no such message")}
		}
		posted := room.Find(id)
		if m.Picture != nil || m.File != nil {
			return c.p.fault("a picture or file cannot come by an edit")
		}
		posted.Before = append(posted.Before, posted.Message)
		m.Picture, m.File = posted.Picture, posted.Message.File
		posted.Message = m
		posted.Changed = append(posted.Changed, time.Now())
		return nil
	})
}

// Delete implements [chat.Deleter].
func (c *channel) Delete(ctx context.Context, id string) error {
	return c.p.call(ctx, Call{Delete: true, Chat: c.room, ID: id}, func() error {
		room := c.p.rooms[c.room]
		if room == nil || room.Find(id) == nil {
			return &chat.Error{Kind: chat.Gone, Err: errors.New("there is no such message")}
		}
		room.Messages = slices.DeleteFunc(room.Messages, func(m *Posted) bool { return m.ID == id })
		return nil
	})
}

// call does something unless it is to fail.
func (p *Platform) call(ctx context.Context, c Call, do func() error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	p.calls++
	c.Try = p.calls
	fail, after := p.fail, p.after
	p.mu.Unlock()
	if fail != nil {
		if err := fail(c); err != nil {
			return err
		}
	}
	p.mu.Lock()
	err := do()
	p.mu.Unlock()
	if err == nil && after != nil {
		err = after(c)
	}
	return err
}

// fault notes what is wrong, and is the error that refuses it. The caller holds the lock.
func (p *Platform) fault(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	p.faults = append(p.faults, text)
	return &chat.Error{Kind: chat.Refused, Err: errors.New(text)}
}

// check refuses what a chat service would, and what people must not be shown. The caller holds the lock.
func (p *Platform) check(m chat.Message) error {
	limit := p.limits.Text
	attached := m.Picture != nil || m.File != nil
	if attached {
		limit = p.limits.Caption
	}
	text := m.Text.String()
	switch {
	case m.Picture != nil && m.File != nil:
		return p.fault("a picture and a file at once")
	case p.Measure(m.Text) > limit:
		return p.fault("%d of %d: too long", p.Measure(m.Text), limit)
	case !attached && strings.TrimFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == utf8.RuneError }) == "":
		return p.fault("an empty text")
	case m.File != nil && m.File.Size > p.limits.File, m.Picture != nil && int64(len(m.Picture.PNG)) > p.limits.File:
		return p.fault("a file that is too large")
	case m.File != nil && (m.File.Name == "" || strings.ContainsAny(m.File.Name, "/\\")):
		return p.fault("a file of a bad name %q", m.File.Name)
	case len(m.Buttons) > p.limits.Rows:
		return p.fault("%d rows of buttons", len(m.Buttons))
	}
	if err := p.checkText(text); err != nil {
		return err
	}
	for _, row := range m.Buttons {
		if len(row) == 0 || len(row) > p.limits.Columns {
			return p.fault("%d buttons in a row", len(row))
		}
		for _, b := range row {
			if b.ID == "" || len(b.ID) > 40 || strings.Trim(b.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
				return p.fault("a button of the ID %q", b.ID)
			}
			if n := utf8.RuneCountInString(b.Label); n == 0 || n > p.limits.Label {
				return p.fault("a label of %d runes", n)
			}
			if err := p.checkText(b.Label); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkText refuses what drives a screen, or hides.
func (p *Platform) checkText(text string) error {
	if !utf8.ValidString(text) {
		return p.fault("text that is no UTF-8: %q", text)
	}
	for _, r := range text {
		if r != '\n' && r != '\u200d' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return p.fault("the character %U", r)
		}
	}
	return nil
}
