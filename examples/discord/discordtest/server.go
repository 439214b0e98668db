package discordtest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// App is the number of the bot and of its application, and Token the bot's token.
const App = "100000000000000001"

// Token is the token that the server knows.
var Token = base64.RawStdEncoding.EncodeToString([]byte(App)) + ".Fake12.hunter2-hunter2-hunter2-hunter2"

// servers is how many there were: their numbers are not used twice, as Discord's are not.
var servers atomic.Int64

// A Person is somebody who uses the bot.
type Person struct{ ID, Name string }

// A Server is a Discord. Close it.
type Server struct {
	URL string // of the REST API

	http *httptest.Server

	mu         sync.Mutex
	changed    chan struct{} // closed and made anew with each change
	now        time.Time
	next       int64
	commands   map[string][]Command // by guild, "" for everywhere
	writes     int                  // of commands
	channels   map[string]*place
	messages   []*Message
	acts       map[string]*Interaction // by token
	faults     []*Fault
	complaints []string
	requests   []string
	gate       gate
}

// A place is where people write.
type place struct {
	guild string // "" for a direct conversation
	with  string // whose that is
}

// A Message is what stands in a channel.
type Message struct {
	ID, Channel string
	Content     string
	Components  []Component
	Files       []File
	Ephemeral   bool   // only For sees it
	For         string // who used the command
	Thinking    bool   // nothing was said yet
	Deleted     bool
	Flags       int

	act   *Interaction // that it answers
	nonce string
}

// A File is what is attached to a message.
type File struct {
	Name string
	Body []byte
}

// A Component is a row, a button or a menu to choose from.
type Component struct {
	Type       int         `json:"type"`
	Components []Component `json:"components"`
	Style      int         `json:"style"`
	Label      string      `json:"label"`
	ID         string      `json:"custom_id"`
	Hint       string      `json:"placeholder"`
	Options    []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	} `json:"options"`
}

// An Interaction is what somebody did, and what became of it.
type Interaction struct {
	ID, Token string
	Choices   []Choice // of a completion

	s        *Server
	kind     int
	who      Person
	channel  string
	begun    time.Time
	acked    bool
	original *Message
	event    map[string]any
}

// A Fault is what the server does instead of answering, so many times, to requests whose method and path hold a text.
type Fault struct {
	Match      string
	Times      int
	Status     int
	Code       int     // of Discord
	RetryAfter float64 // seconds
	Global     bool    // all requests have to wait
	Lost       bool    // the request is done, and the connection breaks before the answer
	Bare       bool    // without Discord's headers and body, as a proxy answers
}

// New starts a Discord with no channels and nobody connected.
func New() *Server {
	s := &Server{
		changed: make(chan struct{}), now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), next: 200000000000000000 + servers.Add(1)<<40,
		commands: map[string][]Command{}, channels: map[string]*place{}, acts: map[string]*Interaction{},
	}
	s.gate.interval = 41250 * time.Millisecond
	s.http = httptest.NewServer(s.routes())
	s.URL = s.http.URL + "/api/v10"
	return s
}

// Close ends the server and all connections.
func (s *Server) Close() {
	s.Drop()
	s.http.CloseClientConnections()
	s.http.Close()
}

// Gateway is where the gateway is.
func (s *Server) Gateway() string { return "ws" + strings.TrimPrefix(s.http.URL, "http") + "/gateway" }

// Advance moves the clock by which interactions end.
func (s *Server) Advance(d time.Duration) { s.change(func() { s.now = s.now.Add(d) }) }

// Now is the server's time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Channel makes a channel of a server.
func (s *Server) Channel(guild string) string {
	var id string
	s.change(func() {
		id = s.id()
		s.channels[id] = &place{guild: guild}
	})
	return id
}

// Direct returns the conversation of somebody with the bot.
func (s *Server) Direct(with string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.direct(with)
}

func (s *Server) direct(with string) string {
	for id, p := range s.channels {
		if p.guild == "" && p.with == with {
			return id
		}
	}
	id := s.id()
	s.channels[id] = &place{with: with}
	return id
}

// Fail makes requests fail.
func (s *Server) Fail(f Fault) { s.change(func() { s.faults = append(s.faults, &f) }) }

// Complaints are the rules that were broken, each with the request.
func (s *Server) Complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.complaints)
}

// Requests are the methods and paths of what was asked, with tokens taken out.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Commands are what is registered in a guild, "" for everywhere, and how often commands were written.
func (s *Server) Commands(guild string) (list []Command, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands[guild]), s.writes
}

// Messages are what stands in a channel now, the oldest first.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messagesIn(channel)
}

func (s *Server) messagesIn(channel string) (list []Message) {
	for _, m := range s.messages {
		if m.Channel == channel && !m.Deleted && !m.Thinking {
			list = append(list, *m)
		}
	}
	return list
}

// Wait waits until ok holds, which is asked after each change, and reports whether it did before ctx ended.
func (s *Server) Wait(ctx context.Context, ok func() bool) bool {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ok()
		}
	}
}

// WaitMessage waits for a message in a channel of which ok holds.
func (s *Server) WaitMessage(ctx context.Context, channel string, ok func(Message) bool) (Message, bool) {
	var found Message
	done := s.Wait(ctx, func() bool {
		for _, m := range s.Messages(channel) {
			if ok(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found, done
}

// Says reports whether the message holds the text.
func (m Message) Says(text string) bool { return strings.Contains(m.Content, text) }

// Buttons are the buttons of the message, row after row.
func (m Message) Buttons() (list []Component) {
	for _, row := range m.Components {
		for _, c := range row.Components {
			if c.Type == 2 {
				list = append(list, c)
			}
		}
	}
	return list
}

func (s *Server) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	s.tell()
}

// tell wakes those who wait for a change. The lock is held.
func (s *Server) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// id returns a new number. The lock is held.
func (s *Server) id() string {
	s.next += 4194304
	return strconv.FormatInt(s.next, 10)
}

func (s *Server) complain(r *http.Request, format string, args ...any) {
	s.complaints = append(s.complaints, r.Method+" "+s.shown(r)+": "+fmt.Sprintf(format, args...))
}

// shown is the path of a request without tokens.
func (s *Server) shown(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/api/v10")
	for token := range s.acts {
		path = strings.ReplaceAll(path, token, "TOKEN")
	}
	return path
}

// Acknowledged waits until the bot has given a sign.
func (i *Interaction) Acknowledged(ctx context.Context) bool {
	return i.s.Wait(ctx, func() bool {
		i.s.mu.Lock()
		defer i.s.mu.Unlock()
		return i.acked
	})
}

// Answered waits until something was said in place of the first message, and returns it.
func (i *Interaction) Answered(ctx context.Context) (Message, bool) {
	var m Message
	ok := i.s.Wait(ctx, func() bool {
		i.s.mu.Lock()
		defer i.s.mu.Unlock()
		if i.original == nil || i.original.Thinking {
			return false
		}
		m = *i.original
		return true
	})
	return m, ok
}

// Offered are the choices of a completion, as soon as they come.
func (i *Interaction) Offered(ctx context.Context) ([]Choice, bool) {
	ok := i.Acknowledged(ctx)
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	return i.Choices, ok
}

// Again sends the event of the interaction once more, as happens after a resumption.
func (i *Interaction) Again() { i.s.dispatch("INTERACTION_CREATE", i.event) }

// Use uses a command. The values are strings, or numbers for integers. A command that is not registered, or is filled in against its form, panics: people cannot
// do that.
func (s *Server) Use(who Person, channel, name string, values map[string]any) *Interaction {
	options := s.options(channel, name, values, "")
	return s.act(who, channel, 2, map[string]any{"id": "1", "name": name, "type": 1, "options": options}, nil)
}

// Complete types something into a field.
func (s *Server) Complete(who Person, channel, name, field, typed string) *Interaction {
	options := s.options(channel, name, map[string]any{field: typed}, field)
	return s.act(who, channel, 4, map[string]any{"id": "1", "name": name, "type": 1, "options": options}, nil)
}

// Press presses a button.
func (s *Server) Press(who Person, m Message, button Component) *Interaction {
	return s.act(who, m.Channel, 3, map[string]any{"custom_id": button.ID, "component_type": 2}, &m)
}

// Choose chooses from a menu.
func (s *Server) Choose(who Person, m Message, menu Component, value string) *Interaction {
	return s.act(who, m.Channel, 3, map[string]any{"custom_id": menu.ID, "component_type": 3, "values": []string{value}}, &m)
}

// Write writes a text. Only in direct conversations, and when it mentions the bot, the bot sees it.
func (s *Server) Write(who Person, channel, text string) {
	s.mu.Lock()
	place, id := s.channels[channel], s.id()
	s.mu.Unlock()
	mentions := []any{}
	if strings.Contains(text, "<@"+App+">") {
		mentions = append(mentions, map[string]any{"id": App, "username": "poktbot", "bot": true})
	} else if place.guild != "" {
		text = "" // that is what the intent of message contents is for
	}
	event := map[string]any{"id": id, "channel_id": channel, "content": text, "mentions": mentions, "author": userOf(who)}
	if place.guild != "" {
		event["guild_id"] = place.guild
	}
	s.dispatch("MESSAGE_CREATE", event)
}

func userOf(who Person) map[string]any {
	return map[string]any{"id": who.ID, "username": strings.ToLower(who.Name), "global_name": who.Name}
}

// act makes an interaction and tells the bot of it.
func (s *Server) act(who Person, channel string, kind int, data map[string]any, on *Message) *Interaction {
	s.mu.Lock()
	id := s.id()
	i := &Interaction{ID: id, Token: "aW50ZXJhY3Rpb246-secret-" + id, s: s, kind: kind, who: who, channel: channel, begun: s.now}
	s.acts[i.Token] = i
	place := s.channels[channel]
	event := map[string]any{"id": id, "application_id": App, "type": kind, "token": i.Token, "version": 1, "channel_id": channel, "data": data}
	if place.guild != "" {
		event["guild_id"] = place.guild
		event["member"] = map[string]any{"user": userOf(who)}
	} else {
		event["user"] = userOf(who)
	}
	if on != nil {
		event["message"] = map[string]any{"id": on.ID, "channel_id": channel, "flags": on.Flags}
		i.original = s.message(on.ID)
	}
	i.event = event
	s.mu.Unlock()
	s.dispatch("INTERACTION_CREATE", event)
	return i
}

func (s *Server) message(id string) *Message {
	for _, m := range s.messages {
		if m.ID == id && !m.Deleted {
			return m
		}
	}
	return nil
}

func mustJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
