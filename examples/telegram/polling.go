package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	tg "github.com/go-telegram/bot"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// pollTime is how long Telegram waits for an update before it answers that there is none.
const pollTime = 50 * time.Second

// longestPause between tries while Telegram cannot be reached.
const longestPause = 30 * time.Second

// backoff is how long to wait after so many failures: longer each time, and never at the same time as others.
func backoff(failed int) time.Duration {
	d := min(longestPause, time.Second<<min(max(failed-1, 0), 10))
	return d/2 + rand.N(d/2+1)
}

// sleep reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// A state is whether Telegram is heard of.
type state struct{ fault atomic.Pointer[error] }

func (s *state) set(err error) { s.fault.Store(&err) }

// well returns why nothing is heard of Telegram, nil when all is well.
func (s *state) well() error {
	if err := s.fault.Load(); err != nil {
		return *err
	}
	return errors.New("no answer has come from Telegram yet")
}

// insist makes a request until it is answered, ctx ends, or another try cannot help.
func insist(ctx context.Context, s *state, log *slog.Logger, request func(context.Context) error) error {
	for failed := 1; ; failed++ {
		limited, cancel := context.WithTimeout(ctx, requestTime)
		err := request(limited)
		cancel()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.set(err)
		if err == nil || errors.Is(err, errToken) || chat.Is(err, chat.Refused) {
			return err
		}
		pause := pauseAfter(err, failed)
		log.Warn("Telegram does not answer; it is tried again", "error", err, "after", pause)
		if !sleep(ctx, pause) {
			return context.Cause(ctx)
		}
	}
}

func pauseAfter(err error, failed int) time.Duration {
	if e, ok := errors.AsType[*chat.Error](err); ok && e.Kind == chat.Busy {
		return e.RetryAfter
	}
	return backoff(failed)
}

// poll asks for updates until ctx ends. A batch is confirmed when it is kept, by the question for the next.
func (a *api) poll(ctx context.Context, in *intake, s *state, log *slog.Logger) error {
	err := insist(ctx, s, log, func(ctx context.Context) error { // a webhook that is set would keep all updates from us
		_, err := a.DeleteWebhook(ctx, &tg.DeleteWebhookParams{})
		return a.told("deleteWebhook", err)
	})
	if err != nil {
		return err
	}
	// At first all that was never confirmed is wanted. Once an answer is empty all is confirmed, and it is wanted so again: after a week of
	// silence, numbers begin anew anywhere (Bot API, Update).
	offset := int64(0)
	for failed := 0; ctx.Err() == nil; {
		raws, err := a.updates(ctx, offset, pollTime)
		if err == nil && len(raws) > 0 {
			var highest int64
			if highest, err = in.accept(ctx, raws); err == nil && highest > 0 {
				offset = highest + 1
			}
		} else if err == nil {
			offset = 0
		}
		if ctx.Err() != nil {
			break
		}
		s.set(err)
		if err == nil {
			failed = 0
			continue
		}
		if errors.Is(err, errToken) {
			return err
		}
		failed++
		pause := pauseAfter(err, failed)
		log.Warn("no updates; it is tried again", "error", err, "after", pause)
		sleep(ctx, pause)
	}
	if offset != 0 { // tell Telegram that the last batch was taken
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if _, err := a.updates(last, offset, 0); err != nil {
			log.Debug("the last updates are not confirmed; they are known when they come again", "error", err)
		}
	}
	return nil
}
