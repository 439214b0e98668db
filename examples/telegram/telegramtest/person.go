package telegramtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A Person is somebody who writes to the bot.
type Person struct {
	*Chat // the private chat
	Name  string
}

func (c *Chat) wire() map[string]any {
	w := map[string]any{"id": c.ID, "type": c.Kind}
	if c.Title != "" {
		w["title"] = c.Title
	}
	return w
}

func (s *Server) chat(id int64, kind, title string) *Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chats[id] == nil {
		s.chats[id] = &Chat{server: s, ID: id, Kind: kind, Title: title}
	}
	return s.chats[id]
}

// Person returns a person, and the private chat with it.
func (s *Server) Person(id int64, name string) *Person {
	return &Person{s.chat(id, "private", ""), name}
}

// Group returns a group. Its number is negative.
func (s *Server) Group(id int64, title string) *Chat { return s.chat(id, "supergroup", title) }

// Messages are what the bot sent there and did not delete.
func (c *Chat) Messages() []Message {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	var list []Message
	for _, m := range c.messages {
		if !m.Deleted {
			copied := *m
			copied.Buttons = slices.Clone(m.Buttons)
			list = append(list, copied)
		}
	}
	return list
}

func (p *Person) wireUser() map[string]any {
	return map[string]any{"id": p.ID, "is_bot": false, "first_name": p.Name}
}

// Type writes to the bot in private.
func (p *Person) Type(text string) int64 { return p.TypeIn(p.Chat, 0, text) }

// TypeIn writes in a chat, in a topic of it when that is not 0. It returns the number of the update.
func (p *Person) TypeIn(c *Chat, topic int, text string) int64 {
	m := map[string]any{"message_id": p.server.number(), "date": time.Now().Unix(), "chat": c.wire(), "from": p.wireUser(), "text": text}
	if topic != 0 {
		m["message_thread_id"], m["is_topic_message"] = topic, true
	}
	return p.server.Push("message", m)
}

// Press presses a button.
func (p *Person) Press(c *Chat, message Message, button Button) *Press {
	s := p.server
	press := &Press{ID: fmt.Sprint("q", s.number()), at: time.Now()}
	s.mu.Lock()
	s.presses[press.ID] = press
	s.mu.Unlock()
	s.Push("callback_query", map[string]any{"id": press.ID, "from": p.wireUser(), "chat_instance": "1", "data": button.Data, "message": message.wire(c)})
	return press
}

// Said is what a press was answered, and how often.
func (s *Server) Said(p *Press) (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.Text, p.Answered
}

// Block makes a person block the bot, as Telegram tells it.
func (p *Person) Block() {
	p.server.mu.Lock()
	p.Blocked = true
	p.server.mu.Unlock()
	user := map[string]any{"id": BotID, "is_bot": true, "first_name": "PoktBot"}
	p.server.Push("my_chat_member", map[string]any{
		"chat": p.wire(), "from": p.wireUser(), "date": time.Now().Unix(),
		"old_chat_member": map[string]any{"status": "member", "user": user},
		"new_chat_member": map[string]any{"status": "kicked", "user": user, "until_date": 0},
	})
}

// Upgrade makes a group a supergroup with another number. The bot is told when it writes to the old one.
func (c *Chat) Upgrade(to int64) *Chat {
	next := c.server.chat(to, "supergroup", c.Title)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.moved = to
	return next
}

func (s *Server) number() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextMsg++
	return s.nextMsg
}

// Push adds an update of any kind, and returns its number.
func (s *Server) Push(kind string, value any) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID++
	raw, err := json.Marshal(map[string]any{"update_id": s.nextID, kind: value})
	if err != nil {
		panic(err) // a mistake of the test
	}
	s.pending = append(s.pending, update{s.nextID, raw})
	s.touch()
	return s.nextID
}

// Updates are those not confirmed, as a webhook would be brought them.
func (s *Server) Updates() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []json.RawMessage
	for _, u := range s.pending {
		list = append(list, u.raw)
	}
	return list
}
