package chat

import (
	"context"
	"sync"
	"time"
)

// goneChats are chats in which the bot may not write any more, and since when that is known.
type goneChats struct {
	mu    sync.Mutex
	since map[string]time.Time
}

func (g *goneChats) add(chat string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.since[chat]; !known {
		g.since[chat] = time.Now()
	}
}

// back notes that somebody does something there.
func (g *goneChats) back(chat string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.since, chat)
}

// take takes those that have been known for a while.
func (g *goneChats) take(while time.Duration) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var chats []string
	for chat, since := range g.since {
		if time.Since(since) >= while {
			chats = append(chats, chat)
			delete(g.since, chat)
		}
	}
	return chats
}

const (
	goneEvery = 30 * time.Second
	// goneAfter is how long a chat that refused an alert stays a destination: for so long that others hear that messages do not reach it.
	goneAfter = time.Minute
)

// forgetGone tells the bot of chats in which nothing is read any more, until ctx ends, so that a restart does not begin with all of them.
func (e *Engine) forgetGone(ctx context.Context) {
	forgetter, ok := e.bot.(interface {
		Gone(ctx context.Context, chat string) error
	})
	if !ok {
		return
	}
	tick := time.NewTicker(goneEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, chat := range e.gone.take(goneAfter) {
			e.log.Info("a chat takes nothing any more: it is told nothing until somebody begins anew there", "chat", chat)
			if err := forgetter.Gone(ctx, chat); err != nil && ctx.Err() == nil {
				e.log.Warn("a chat that takes nothing is still told", "chat", chat, "error", err)
			}
		}
	}
}
