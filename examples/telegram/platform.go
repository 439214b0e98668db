package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// name is what the names of chats and accounts begin with.
const name = "telegram"

// A platform is Telegram as package chat sees it.
type platform struct {
	api  *api
	pace *pace
	keep keep.Store
	log  *slog.Logger

	mu    sync.Mutex
	moved map[int64]int64 // groups that became supergroups, by the number that they had
}

var _ chat.Platform = (*platform)(nil)

func newPlatform(a *api, store keep.Store, log *slog.Logger) *platform {
	return &platform{api: a, pace: newPace(), keep: store, log: log, moved: map[int64]int64{}}
}

// Name is "telegram".
func (p *platform) Name() string { return name }

// Limits are those of the Bot API: sendMessage (text), sendPhoto (caption), sendDocument (50 MB), InlineKeyboardMarkup (a hundred buttons, eight in a row).
func (p *platform) Limits() chat.Limits {
	return chat.Limits{Text: mostText, Caption: 1024, File: 50_000_000, Columns: 8, Rows: 12, Label: 40, Width: 44}
}

// Measure counts UTF-16 code units without the markup, and more where too many pieces have a style.
func (p *platform) Measure(text chat.Rich) int { return measure(text) }

// Open returns a chat, or a topic in one.
func (p *platform) Open(chat string) (chat.Channel, error) {
	id, topic, err := parseChat(chat)
	if err != nil {
		return nil, err
	}
	return &channel{p: p, id: id, topic: topic}, nil
}

// chatName is what a chat is called.
func chatName(id int64, topic int) string {
	if topic == 0 {
		return fmt.Sprintf("%s:%d", name, id)
	}
	return fmt.Sprintf("%s:%d/%d", name, id, topic)
}

func parseChat(text string) (id int64, topic int, err error) {
	rest, ok := strings.CutPrefix(text, name+":")
	number, thread, hasTopic := strings.Cut(rest, "/")
	id, err = strconv.ParseInt(number, 10, 64)
	if err == nil && hasTopic {
		topic, err = strconv.Atoi(thread)
	}
	if !ok || err != nil || id == 0 || hasTopic && topic <= 0 {
		return 0, 0, fmt.Errorf("%q is no chat of Telegram; want one such as telegram:123456789 or telegram:-100123/45", text)
	}
	return id, topic, nil
}

// spaceMoved keeps what groups are called since they became supergroups.
const spaceMoved = "telegram.moved"

// loadMoved reads what is known of groups that became supergroups.
func (p *platform) loadMoved(ctx context.Context) error {
	for entry, err := range p.keep.List(ctx, spaceMoved) {
		if err != nil {
			return fmt.Errorf("groups that became supergroups: %w", err)
		}
		from, fromErr := strconv.ParseInt(entry.Key, 10, 64)
		to, toErr := strconv.ParseInt(string(entry.Value), 10, 64)
		if fromErr == nil && toErr == nil {
			p.moved[from] = to
		}
	}
	return nil
}

// move remembers that a group has another number now. For the bot it keeps the name that it had, so that subscriptions, rights and questions stay.
func (p *platform) move(ctx context.Context, from, to int64) error {
	p.mu.Lock()
	known := p.moved[from] == to
	p.moved[from] = to
	p.mu.Unlock()
	if known || from == to {
		return nil
	}
	p.log.Info("a group became a supergroup", "chat", chatName(from, 0), "number", to)
	return p.keep.Put(ctx, keep.Entry{Space: spaceMoved, Key: strconv.FormatInt(from, 10), Value: strconv.AppendInt(nil, to, 10)})
}

// number is what Telegram calls a chat now.
func (p *platform) number(id int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if to, ok := p.moved[id]; ok {
		return to
	}
	return id
}

// known is what the bot calls a chat: the number that it had first.
func (p *platform) known(id int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for from, to := range p.moved {
		if to == id {
			return from
		}
	}
	return id
}

// mostHalfway is how often a file is sent anew.
const mostHalfway = 4

// try makes a request for a chat when its turn has come, and once more where the group has moved.
// Whoever is patient waits for as long as Telegram cannot be reached. A file that was not taken to its end is sent anew some times: it may be that it
// is what breaks the line.
func (p *platform) try(ctx context.Context, chatID int64, edit, patient bool, limit time.Duration, doing string, request func(ctx context.Context, id int64) error) error {
	id := p.number(chatID)
	again := false
	for failed := 0; ; {
		if err := p.pace.wait(ctx, id, edit); err != nil {
			return err
		}
		err := p.once(ctx, limit, doing, id, request)
		if e, ok := errors.AsType[*migrated](err); ok && !again {
			if err := p.move(ctx, chatID, e.to); err != nil {
				return err
			}
			id, again = e.to, true
			continue
		}
		if e, ok := errors.AsType[*unreachable](err); ok && (patient && !e.halfway || e.halfway && failed < mostHalfway) {
			failed++
			if !sleep(ctx, backoff(failed)) {
				return err
			}
			continue
		}
		if e, ok := errors.AsType[*chat.Error](err); ok && e.Kind == chat.Busy {
			p.pace.hold(id, e.RetryAfter)
		}
		return err
	}
}

func (p *platform) once(ctx context.Context, limit time.Duration, doing string, id int64, request func(context.Context, int64) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return p.api.told(doing+" in "+chatName(id, 0), request(ctx, id))
}
