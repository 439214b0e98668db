package main

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The Bot FAQ ("My bot is hitting limits"): not more than 30 messages a second, not more than one a second in a chat for longer than a short burst, and not
// more than 20 a minute in a group. The burst and what follows within the time stay together below the limit.
const (
	allPerSecond   = 25
	allBurst       = 5
	chatBurst      = 5
	groupPerMinute = 14
	groupBurst     = 6
)

// A pace makes messages wait for their turn.
type pace struct {
	all *rate.Limiter

	mu    sync.Mutex
	chats map[int64]*turn
	swept time.Time
}

type turn struct {
	messages *rate.Limiter
	edits    *rate.Limiter
	until    time.Time // Telegram said to wait until then
	used     time.Time
}

func newPace() *pace {
	return &pace{all: rate.NewLimiter(allPerSecond, allBurst), chats: map[int64]*turn{}, swept: time.Now()}
}

// wait waits until something may be sent to the chat. To edit is not to send a message, and groups allow more of it.
func (p *pace) wait(ctx context.Context, chat int64, edit bool) error {
	t, until := p.turn(chat)
	if pause := time.Until(until); pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	limiter := t.messages
	if edit {
		limiter = t.edits
	}
	if err := limiter.Wait(ctx); err != nil {
		return err
	}
	return p.all.Wait(ctx)
}

// hold keeps a chat quiet for as long as Telegram wants.
func (p *pace) hold(chat int64, pause time.Duration) {
	t, _ := p.turn(chat)
	p.mu.Lock()
	defer p.mu.Unlock()
	t.until = time.Now().Add(min(pause, time.Minute)) // whoever must wait longer is told so by Telegram once more
}

func (p *pace) turn(chat int64) (*turn, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.swept) > time.Hour {
		p.swept = now
		for id, t := range p.chats {
			if now.Sub(t.used) > time.Hour {
				delete(p.chats, id)
			}
		}
	}
	t := p.chats[chat]
	if t == nil {
		t = &turn{messages: rate.NewLimiter(1, chatBurst), edits: rate.NewLimiter(1, chatBurst)}
		if chat < 0 { // Bot API, Chat: groups and channels have negative numbers
			t.messages = rate.NewLimiter(rate.Every(time.Minute/groupPerMinute), groupBurst)
		}
		p.chats[chat] = t
	}
	t.used = now
	return t, t.until
}
