package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/program"
)

// graceTime is how long answers may take to end when the program ends.
const graceTime = 8 * time.Second

// A service is what is asked: the bot, or another in tests.
type service interface {
	chat.Bot
	Commands(ctx context.Context, from string) ([]bot.Command, error)
	Gone(ctx context.Context, chat string) error
}

// serve serves Telegram until ctx ends.
func serve(ctx context.Context, b *bot.Bot, c bot.Config, log *slog.Logger) error {
	return serveWith(ctx, b, c.Telegram, log, http.DefaultTransport)
}

// serveWith is serve by way of a transport.
func serveWith(ctx context.Context, b service, c bot.Telegram, log *slog.Logger, transport http.RoundTripper, opts ...chat.Option) error {
	a, err := newAPI(c, transport, log)
	if err != nil {
		return err
	}
	p := newPlatform(a, b.Keep(), log)
	if err := p.loadMoved(ctx); err != nil {
		return err
	}
	engine := chat.New(b, p, append([]chat.Option{chat.WithLogger(log)}, opts...)...)
	s := &state{}
	program.Health(ctx, s.well)

	name := ""
	err = insist(ctx, s, log, func(ctx context.Context) error {
		me, err := a.GetMe(ctx)
		if err == nil {
			name = me.Username
		}
		return a.told("getMe", err)
	})
	if err != nil {
		return err
	}
	log.Info("on Telegram", "bot", "@"+name, "mode", c.Mode)

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	answering, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	m := &menus{api: a, keep: b.Keep(), commands: b.Commands, log: log}
	in := &intake{
		p: p, handle: engine.Handle, gone: b.Gone, menus: m, name: name, ctx: answering, log: log,
		slots: make(chan struct{}, mostRunning), last: map[int64]chan struct{}{},
	}
	hear := func(ctx context.Context) error { return a.poll(ctx, in, s, log) }
	if c.Mode == bot.TelegramWebhook {
		hear = func(ctx context.Context) error { return a.serveHook(ctx, c, in, s, log) }
	}
	errs := make([]error, 2)
	var working sync.WaitGroup
	for i, part := range []func(context.Context) error{
		engine.Run,
		func(ctx context.Context) error {
			if err := in.resume(ctx); err != nil {
				return err
			}
			return hear(ctx)
		},
	} {
		working.Go(func() {
			if errs[i] = part(ctx); errs[i] != nil {
				stop(errs[i])
			}
		})
	}
	working.Go(func() {
		if err := insist(ctx, &state{}, log, m.start); err != nil && ctx.Err() == nil {
			log.Error("Telegram does not show the commands", "error", err)
		}
	})
	<-ctx.Done()
	late := time.AfterFunc(graceTime, cancel) // also frees who waits for room
	defer late.Stop()
	working.Wait()
	in.running.Wait()
	return errors.Join(errs...)
}
