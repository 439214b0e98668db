package main

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/disgoorg/disgo/rest"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// name is what the names of chats and accounts begin with.
const name = "discord"

const requestTime = 2 * time.Minute // for a file on a slow line

// A platform is Discord as package chat sees it.
type platform struct {
	client    rest.Client
	app       string // the number of the application
	guild     string // where the commands are registered, "" for everywhere
	ephemeral bool
	file      int64 // bytes
	keep      keep.Store
	log       *slog.Logger
	now       func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time // what was handled already
}

var _ chat.Platform = (*platform)(nil)

// newPlatform returns Discord as it is configured. It does not connect.
func newPlatform(c bot.Discord, store keep.Store, log *slog.Logger) (*platform, error) {
	app, err := application(c.Token.Reveal())
	if err != nil {
		return nil, err
	}
	opts := []rest.ClientConfigOpt{
		rest.WithHTTPClient(&http.Client{Timeout: requestTime}), rest.WithRateLimiter(newPace()),
		rest.WithLogger(slog.New(slog.DiscardHandler)), // it would tell the tokens of interactions
		rest.WithUserAgent("DiscordBot (https://github.com/poktbot/poktbot, " + bot.Version() + ")"),
	}
	if c.API != "" {
		opts = append(opts, rest.WithURL(strings.TrimSuffix(c.API, "/")))
	}
	return &platform{
		client: rest.NewClient(c.Token.Reveal(), opts...), app: app, guild: c.Guild, ephemeral: c.Ephemeral, file: int64(c.MaxFile) << 20,
		keep: store, log: log, now: time.Now, seen: map[string]time.Time{},
	}, nil
}

// application returns the number of the application, which the first part of a bot's token tells. The token is not repeated.
func application(token string) (string, error) {
	parts := strings.Split(token, ".")
	id, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if _, bad := strconv.ParseUint(string(id), 10, 64); err != nil || bad != nil || len(parts) != 3 {
		return "", errors.New("discord.token is not the token of a bot, which has three parts with points between; the developer portal makes one, below Bot")
	}
	return string(id), nil
}

// do makes a request. Its errors hold no secrets.
func (p *platform) do(ctx context.Context, e *rest.CompiledEndpoint, body, result any) error {
	return told(p.client.Do(e, body, result, rest.WithCtx(ctx)))
}

// Name is "discord".
func (p *platform) Name() string { return name }

// Limits are Discord's. There may be more buttons than five rows of five: then they become menus to choose from.
func (p *platform) Limits() chat.Limits {
	return chat.Limits{Text: 2000, Caption: 2000, File: p.file, Columns: mostColumns, Rows: mostChoices * mostRows / mostColumns, Label: 80, Width: 56}
}

// Measure counts the characters of the text with its marks.
func (p *platform) Measure(text chat.Rich) int { return measure(text) }

// Open returns a channel or a thread.
func (p *platform) Open(name string) (chat.Channel, error) {
	id, err := channelID(name)
	if err != nil {
		return nil, err
	}
	return &channel{p: p, id: id}, nil
}

// seenTime is how long an event may be sent again: interactions live for a quarter of an hour.
const seenTime = 20 * time.Minute

// first reports whether an event was not handled yet. After a connection is resumed, some come again.
func (p *platform) first(ctx context.Context, id string) bool {
	now := p.now()
	p.mu.Lock()
	for other, then := range p.seen {
		if now.Sub(then) > seenTime {
			delete(p.seen, other)
		}
	}
	_, again := p.seen[id]
	p.seen[id] = now
	p.mu.Unlock()
	if again {
		return false
	}
	const space = "discord.seen"
	_, err := p.keep.Get(ctx, space, id)
	if err == nil {
		return false
	}
	if errors.Is(err, keep.ErrNone) {
		err = p.keep.Put(ctx, keep.Entry{Space: space, Key: id, Value: []byte{1}, Expires: time.Now().Add(seenTime)})
	}
	if err != nil {
		p.log.Warn("what was handled is known until the program ends, and no longer", "error", err)
	}
	return true
}
