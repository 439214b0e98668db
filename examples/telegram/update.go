package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// allowedUpdates is what we want to hear of. Edited messages are not among it: a command that is changed afterwards was answered already.
var allowedUpdates = []string{"message", "channel_post", "callback_query", "my_chat_member"}

// An event is an update that is for us.
type event struct {
	update chat.Update
	chatID int64
	topic  int
	press  string // the ID of the callback query, "" for none
	gone   bool   // we may not write there any more
	moved  int64  // the number that the group has now, 0 for none
	user   int64  // who wrote in private, 0 otherwise
}

// understand takes an update apart. Strangers write in it. It returns nil for what is nobody's affair here.
func (p *platform) understand(raw []byte, botName string) (*event, error) {
	var u models.Update
	if err := json.Unmarshal(raw, &u); err != nil {
		return nil, fmt.Errorf("an update is not as the Bot API says: %s", p.api.client.clean(cut(err.Error(), 200)))
	}
	switch {
	case u.Message != nil:
		return p.written(u.Message, botName), nil
	case u.ChannelPost != nil:
		return p.written(u.ChannelPost, botName), nil
	case u.CallbackQuery != nil:
		return p.pressed(u.CallbackQuery, botName), nil
	case u.MyChatMember != nil:
		e := &event{chatID: u.MyChatMember.Chat.ID}
		switch u.MyChatMember.NewChatMember.Type {
		case models.ChatMemberTypeLeft, models.ChatMemberTypeBanned: // a person who blocks the bot has "kicked" it
			e.gone = true
			return e, nil
		}
	}
	return nil, nil
}

func (p *platform) event(c models.Chat, topic int, botName string) *event {
	id := p.known(c.ID)
	e := &event{chatID: id, topic: topic}
	e.update = chat.Update{Chat: chatName(id, topic), Direct: c.Type == models.ChatTypePrivate, BotName: botName}
	return e
}

func (p *platform) written(m *models.Message, botName string) *event {
	topic := 0
	if m.IsTopicMessage { // of others, a thread is only a row of replies
		topic = m.MessageThreadID
	}
	e := p.event(m.Chat, topic, botName)
	if m.MigrateToChatID != 0 {
		e.moved = m.MigrateToChatID
		return e
	}
	if m.Text == "" || m.IsAutomaticForward || m.ViaBot != nil || m.Chat.ID == 0 {
		return nil
	}
	e.update.Text = m.Text
	switch {
	case m.SenderChat != nil: // a channel, or a group whose administrator does not show who he is: From is an account that all of them share
		e.update.From, e.update.Name = chatName(p.known(m.SenderChat.ID), 0), m.SenderChat.Title
	case m.From != nil && m.From.ID > 0 && !m.From.IsBot:
		e.update.From, e.update.Name = chatName(m.From.ID, 0), personName(*m.From)
	default:
		return nil
	}
	if e.update.Direct && m.From != nil {
		e.user = m.From.ID
	}
	return e
}

func (p *platform) pressed(q *models.CallbackQuery, botName string) *event {
	var e *event
	switch m := q.Message; {
	case m.Message != nil:
		topic := 0
		if m.Message.IsTopicMessage {
			topic = m.Message.MessageThreadID
		}
		e = p.event(m.Message.Chat, topic, botName)
		e.update.Message = strconv.Itoa(m.Message.ID)
		if len(m.Message.Photo) > 0 || m.Message.Document != nil {
			e.update.Message = "c" + e.update.Message
		}
	case m.InaccessibleMessage != nil:
		e = p.event(m.InaccessibleMessage.Chat, 0, botName)
		e.update.Message = strconv.Itoa(m.InaccessibleMessage.MessageID)
	default: // sent by way of another chat: not ours
		return nil
	}
	e.press = q.ID
	if q.Data == "" || q.From.ID <= 0 || e.chatID == 0 {
		return nil
	}
	e.update.From, e.update.Name, e.update.Press = chatName(q.From.ID, 0), personName(q.From), q.Data
	return e
}

func personName(u models.User) string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// A callback is a press that Telegram waits to be answered: until then the button shows that something goes on.
type callback struct {
	p     *platform
	ctx   context.Context
	id    string
	chat  *channel
	timer *time.Timer

	mu       sync.Mutex
	answered bool
}

// answerTime is how long a press is left unanswered. Telegram forgets it soon after.
const answerTime = 4 * time.Second

func (p *platform) callback(ctx context.Context, id string, c *channel) *callback {
	b := &callback{p: p, ctx: ctx, id: id, chat: c}
	b.timer = time.AfterFunc(answerTime, b.end)
	return b
}

// notice shows a word to who pressed. Bot API, answerCallbackQuery: up to 200 characters. When it is too late for that the word becomes a message.
func (b *callback) notice(text string) {
	if !b.answer(cut(text, 200)) {
		if _, err := b.chat.Send(b.ctx, chat.Message{Text: chat.Rich{{Text: text}}}); err != nil && b.ctx.Err() == nil {
			b.p.log.Warn("a word was not shown", "error", err)
		}
	}
}

// end answers when nobody has.
func (b *callback) end() {
	b.timer.Stop()
	b.answer("")
}

// answer reports whether the word was shown: a press is answered once.
func (b *callback) answer(text string) bool {
	b.mu.Lock()
	if b.answered {
		b.mu.Unlock()
		return false
	}
	b.answered = true
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, requestTime)
	defer cancel()
	_, err := b.p.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{CallbackQueryID: b.id, Text: text})
	if err = b.p.api.told("answerCallbackQuery", err); err != nil && b.ctx.Err() == nil {
		b.p.log.Debug("a press was not answered", "error", err) // it was pressed long ago
	}
	return err == nil
}
