package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/disgoorg/disgo/rest"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/program"
)

// graceTime is how long answers may take to end when the program ends.
const graceTime = 5 * time.Second

// serve serves Discord until ctx ends.
func serve(ctx context.Context, b *bot.Bot, c bot.Config, log *slog.Logger) error {
	return serveWith(ctx, b, c, log, pauses)
}

// serveWith is serve with other pauses between connections.
func serveWith(ctx context.Context, b *bot.Bot, c bot.Config, log *slog.Logger, pause func(int, bool) time.Duration) error {
	p, err := newPlatform(c.Discord, b.Keep(), log)
	if err != nil {
		return err
	}
	engine := chat.New(b, p, chat.WithLogger(log))
	b.Attach(engine)

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	answering, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	answers := &answers{ctx: answering, p: p, engine: engine, bot: b}
	g := &gateway{url: p.gatewayURL(c.Discord.Gateway), token: c.Discord.Token.Reveal(), handle: answers.handle, pause: pause, log: log}
	program.Health(ctx, g.well)

	errs := make([]error, 3)
	var working sync.WaitGroup
	for i, part := range []func(context.Context) error{
		g.run, engine.Run,
		func(ctx context.Context) error { return p.keepRegistered(ctx, pause) },
	} {
		working.Go(func() {
			if errs[i] = part(ctx); errs[i] != nil {
				stop(errs[i])
			}
		})
	}
	working.Wait()
	late := time.AfterFunc(graceTime, cancel)
	defer late.Stop()
	answers.working.Wait()
	return errors.Join(errs...)
}

// answers are what is being answered.
type answers struct {
	ctx     context.Context // of all of them: they may outlive what is listened to
	p       *platform
	engine  *chat.Engine
	bot     completer
	working sync.WaitGroup
}

// handle begins to answer what has happened.
func (a *answers) handle(event string, data []byte) {
	a.working.Go(func() {
		var err error
		switch event {
		case "INTERACTION_CREATE":
			err = a.p.interacted(a.ctx, a.engine, a.bot, data)
		case "MESSAGE_CREATE":
			err = a.p.posted(a.ctx, a.engine, data)
		}
		if err != nil && a.ctx.Err() == nil {
			a.p.log.Warn("not answered", "error", err)
		}
	})
}

// gatewayURL returns what tells where the gateway is: the configuration, or Discord.
func (p *platform) gatewayURL(configured string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if configured != "" {
			return configured, nil
		}
		var found struct {
			URL string `json:"url"`
		}
		err := p.do(ctx, rest.GetGatewayBot.Compile(nil), nil, &found)
		if err == nil && !strings.HasPrefix(found.URL, "wss://") && !strings.HasPrefix(found.URL, "ws://127.0.0.1:") {
			err = errors.New("it is not told where the gateway of Discord is")
		}
		return found.URL, err
	}
}

// keepRegistered registers the commands, and tries that again while Discord cannot be reached.
func (p *platform) keepRegistered(ctx context.Context, pause func(int, bool) time.Duration) error {
	for try := 0; ctx.Err() == nil; try++ {
		err := p.register(ctx, bot.EveryCommand())
		switch {
		case err == nil, ctx.Err() != nil:
			return nil
		case errors.Is(err, errToken):
			return err
		case chat.Is(err, chat.Blocked):
			p.log.Error("the commands cannot be registered: invite the bot with the scope applications.commands", "guild", cmp.Or(p.guild, "all"), "error", err)
			return nil
		case chat.Is(err, chat.Refused):
			p.log.Error("Discord does not take the commands; those that it knows go on to work", "error", err)
			return nil
		}
		wait := pause(try, false)
		if e, ok := errors.AsType[*chat.Error](err); ok {
			wait = max(wait, e.RetryAfter)
		}
		p.log.Warn("the commands are not registered; it is tried again", "error", err, "after", wait)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return nil
}
