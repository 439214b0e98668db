package program

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
)

// How long the chain is followed without its past before that is tried again, and the pauses after what cannot go on.
const (
	withoutPast  = 5 * time.Minute
	firstPause   = 5 * time.Second
	longestPause = 5 * time.Minute
	progressTold = 10 * time.Second
)

var errPast = errors.New("the past is tried again")

// follow reads the past of the chain and then follows it, until ctx ends. A chain that cannot be read does not end the program: commands are
// answered from what is known, and whoever is told of alerts is told that.
func (p *program) follow(ctx context.Context, b *bot.Bot, h *health) {
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, longestPause) {
		begun := time.Now()
		err := b.CatchUp(ctx, p.progress())
		h.follows(err)
		if err == nil {
			p.log.Info("caught up", "took", time.Since(begun).Round(time.Second))
			err = b.Run(ctx, p.news)
		} else if ctx.Err() == nil {
			p.log.Warn("the past cannot be read now; it is tried again", "error", err, "after", withoutPast)
			err = p.runFor(ctx, withoutPast, b)
		}
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errPast) {
			continue
		}
		h.follows(fmt.Errorf("the chain is not followed: %w", err))
		if time.Since(begun) > longestPause {
			pause = firstPause
		}
		p.log.Error("the chain is not followed; it is tried again", "error", err, "after", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// runFor follows the chain for a while.
func (p *program) runFor(ctx context.Context, d time.Duration, b *bot.Bot) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errPast)
	defer cancel()
	return b.Run(ctx, p.news)
}

// progress logs how far the reading is, now and then.
func (p *program) progress() func(bot.Progress) {
	var told time.Time
	return func(progress bot.Progress) {
		if now := time.Now(); now.Sub(told) >= progressTold {
			told = now
			p.log.Info("catching up", "progress", progress.String())
		}
	}
}

// news logs what happens to the nodes: people are told in the chat.
func (p *program) news(part bot.Part) error {
	if text, ok := part.(bot.Text); ok {
		p.log.Debug("news", "text", strings.Join(append([]string{text.Title}, text.Lines...), "; "))
	}
	return nil
}

// lines are the lines of an error, of which each tells one fault.
func lines(err error) []string { return strings.Split(strings.TrimSpace(err.Error()), "\n") }
