package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// Where updates are kept: what is to be answered, and the numbers of all that came lately.
const (
	spaceUpdates = "telegram.updates"
	spaceSeen    = "telegram.seen"
)

const (
	// Bot API, getting updates: they are kept for no longer than 24 hours, so that none comes again after that.
	seenTime = 48 * time.Hour
	// mostRunning is how many updates are in work at once. What comes then waits at Telegram.
	mostRunning = 200
	// orderTime is how long an update waits for the one before it in its chat to say something.
	orderTime = time.Second
)

// A kept update is one that Telegram was told to be taken, and which is not answered to the end.
type keptUpdate struct {
	Raw   json.RawMessage `json:"raw"`
	Begun bool            `json:"begun"` // something of the answer may have been done or sent
}

// An intake takes updates and has them answered. An update is kept before Telegram is told that it was taken, so that a crash loses none; its number is
// kept with it, so that none is taken twice; and before something is said or done that is noted, so that nothing is said or done twice.
type intake struct {
	p      *platform
	handle func(context.Context, chat.Update) error
	gone   func(ctx context.Context, chat string) error
	menus  *menus
	name   string          // what the bot is called
	ctx    context.Context // of what is being answered: it lives on for a while when the program ends
	log    *slog.Logger

	slots   chan struct{}
	running sync.WaitGroup

	mu   sync.Mutex
	last map[int64]chan struct{} // closed when the last update of a chat has said something
	take sync.Mutex              // one batch after the other
}

// full reports whether so much is in work that no more should be brought.
func (in *intake) full() bool { return len(in.slots) == cap(in.slots) }

func updateKey(id int64) string { return fmt.Sprintf("%020d", id) }

// accept keeps updates and begins to answer them. When it returns nil, Telegram may forget them. It returns the highest of their numbers.
func (in *intake) accept(ctx context.Context, raws []json.RawMessage) (highest int64, err error) {
	in.take.Lock()
	defer in.take.Unlock()
	var ids []int64
	var kept []keptUpdate
	var entries []keep.Entry
	batch := map[int64]bool{}
	for _, raw := range raws {
		var head struct {
			ID *int64 `json:"update_id"`
		}
		if err := json.Unmarshal(raw, &head); err != nil || head.ID == nil {
			in.log.Warn("an update without a number was dropped")
			continue
		}
		id := *head.ID
		highest = max(highest, id)
		switch _, err := in.p.keep.Get(ctx, spaceSeen, updateKey(id)); {
		case err == nil || batch[id]:
			continue
		case !errors.Is(err, keep.ErrNone):
			return 0, fmt.Errorf("updates that came: %w", err)
		}
		batch[id] = true
		k := keptUpdate{Raw: raw}
		entry, err := k.entry(id)
		if err != nil {
			return 0, err
		}
		entries = append(entries, entry, keep.Entry{Space: spaceSeen, Key: updateKey(id), Expires: time.Now().Add(seenTime)})
		ids, kept = append(ids, id), append(kept, k)
	}
	if len(entries) == 0 {
		return highest, nil
	}
	if err := in.p.keep.Put(ctx, entries...); err != nil {
		return 0, fmt.Errorf("keep updates: %w", err)
	}
	for i, id := range ids {
		in.begin(id, kept[i])
	}
	return highest, nil
}

func (k keptUpdate) entry(id int64) (keep.Entry, error) {
	value, err := json.Marshal(k)
	return keep.Entry{Space: spaceUpdates, Key: updateKey(id), Value: value}, err
}

// resume answers what was not answered when the program ended.
func (in *intake) resume(ctx context.Context) error {
	for entry, err := range in.p.keep.List(ctx, spaceUpdates) {
		if err != nil {
			return fmt.Errorf("updates to answer: %w", err)
		}
		id, err := strconv.ParseInt(entry.Key, 10, 64)
		var k keptUpdate
		if err != nil || json.Unmarshal(entry.Value, &k) != nil {
			in.log.Warn("an update that was kept cannot be read", "key", entry.Key)
			continue
		}
		in.begin(id, k)
	}
	return nil
}

// done forgets an update.
func (in *intake) done(id int64) {
	if in.ctx.Err() != nil {
		return // it was broken off: the next start answers it
	}
	if err := in.p.keep.Delete(in.ctx, spaceUpdates, updateKey(id)); err != nil {
		in.log.Error("an update that was answered is still kept", "error", err)
	}
}

// begin answers an update in its turn. It waits while too many are in work.
func (in *intake) begin(id int64, k keptUpdate) {
	e, err := in.p.understand(k.Raw, in.name)
	if err != nil {
		in.log.Warn("an update was dropped", "error", err)
	}
	if e == nil {
		in.done(id)
		return
	}
	select {
	case in.slots <- struct{}{}:
	case <-in.ctx.Done():
		return
	}
	in.mu.Lock()
	before := in.last[e.chatID]
	said := make(chan struct{})
	in.last[e.chatID] = said
	in.mu.Unlock()
	in.running.Go(func() {
		var once sync.Once
		say := func() { once.Do(func() { close(said) }) }
		defer func() {
			say()
			in.mu.Lock()
			if in.last[e.chatID] == said {
				delete(in.last, e.chatID)
			}
			in.mu.Unlock()
			<-in.slots
		}()
		if before != nil {
			select {
			case <-before:
			case <-in.ctx.Done():
				return
			}
		}
		late := time.AfterFunc(orderTime, say)
		defer late.Stop()
		in.answer(id, k, e, say)
	})
}

// answer does what an update asks for.
func (in *intake) answer(id int64, k keptUpdate, e *event, say func()) {
	ctx := in.ctx
	switch {
	case e.moved != 0:
		if err := in.p.move(ctx, e.chatID, e.moved); err != nil {
			in.log.Error("that a group became a supergroup is not kept", "error", err)
			return
		}
		in.done(id)
		return
	case e.gone:
		if err := in.gone(ctx, chatName(in.p.known(e.chatID), 0)); err != nil {
			in.log.Error("the bot was sent away, and yet its subscriptions are kept", "error", err)
			return
		}
		in.log.Info("the bot was sent away", "chat", chatName(e.chatID, 0))
		in.done(id)
		return
	}
	c := &channel{p: in.p, id: e.chatID, topic: e.topic}
	var begun sync.Mutex
	c.begun = func(ctx context.Context) error {
		begun.Lock()
		defer begun.Unlock()
		if !k.Begun {
			noted := k
			noted.Begun = true
			entry, err := noted.entry(id)
			if err == nil {
				err = in.p.keep.Put(ctx, entry)
			}
			if err != nil {
				return fmt.Errorf("note that an answer begins: %w", err)
			}
			k.Begun = true
		}
		return nil
	}
	c.said = say
	if k.Begun {
		in.ask(ctx, c, e)
		in.done(id)
		return
	}
	e.update.Answer, e.update.Begin = c, c.begun
	if e.press != "" {
		press := in.p.callback(ctx, e.press, c)
		defer press.end()
		e.update.Notice = press.notice
	}
	if err := in.handle(ctx, e.update); err != nil && ctx.Err() == nil {
		in.log.Warn("not answered", "chat", e.update.Chat, "error", err)
	}
	in.done(id)
	if e.user != 0 && ctx.Err() == nil {
		in.menus.refresh(ctx, e.user)
	}
}

// ask asks to be asked again, where the program ended in the middle of an answer. To answer once more could do or say things twice.
func (in *intake) ask(ctx context.Context, c *channel, e *event) {
	what := "your press of a button"
	if e.update.Text != "" {
		what = cut(e.update.Text, 60)
	}
	text := chat.Rich{{Text: "⚠ The bot was restarted while it answered "}, {Text: what, Style: chat.Code}, {Text: ". If something is missing, please ask again."}}
	for failed := 1; ; failed++ {
		_, err := c.Send(ctx, chat.Message{Text: text})
		if err == nil || ctx.Err() != nil {
			return
		}
		hopeless := chat.Is(err, chat.Blocked) || chat.Is(err, chat.Gone) || chat.Is(err, chat.Refused)
		if hopeless || failed == mostAsked || !sleep(ctx, pauseAfter(err, failed)) {
			in.log.Warn("not answered", "chat", e.update.Chat, "error", err)
			return
		}
	}
}

// mostAsked is how often that word is tried. Many at once are too many for Telegram, which says so.
const mostAsked = 10
