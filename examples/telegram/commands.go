package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"sync"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// spaceMenus keeps which commands Telegram was told to show where, as a hash, so that it is not told the same again.
const spaceMenus = "telegram.menus"

// stranger is an account that nobody has: what it may do anybody may.
const stranger = "telegram:0"

// menus are the lists of commands that Telegram shows.
type menus struct {
	api      *api
	keep     keep.Store
	commands func(ctx context.Context, from string) ([]bot.Command, error)
	log      *slog.Logger
	mu       sync.Mutex // one change at a time
}

// Bot API, BotCommand: 1 to 32 small letters, digits and underscores, and a description of 1 to 256 characters; setMyCommands: at most 100.
var commandForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

const mostCommands = 100

func menu(commands []bot.Command) []models.BotCommand {
	list := []models.BotCommand{}
	for _, c := range commands {
		if commandForm.MatchString(c.Name) && c.Short != "" && len(list) < mostCommands {
			list = append(list, models.BotCommand{Command: c.Name, Description: cut(c.Short, 256)})
		}
	}
	return list
}

// start tells what strangers may.
func (m *menus) start(ctx context.Context) error {
	list, err := m.of(ctx, stranger)
	if err != nil {
		return err
	}
	if err := m.set(ctx, "default", &models.BotCommandScopeDefault{}, list); err != nil {
		return err
	}
	return m.set(ctx, "private", &models.BotCommandScopeAllPrivateChats{}, list)
}

func (m *menus) of(ctx context.Context, from string) ([]models.BotCommand, error) {
	commands, err := m.commands(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("commands of %s: %w", from, err)
	}
	return menu(commands), nil
}

// refresh tells what a person may, in the chat with that person, when it has changed.
func (m *menus) refresh(ctx context.Context, user int64) {
	list, err := m.of(ctx, chatName(user, 0))
	if err == nil {
		err = m.person(ctx, user, list)
	}
	if err != nil && ctx.Err() == nil && !chat.Is(err, chat.Blocked) {
		m.log.Warn("the commands shown to somebody are not up to date", "error", err)
	}
}

func (m *menus) person(ctx context.Context, user int64, list []models.BotCommand) error {
	public, err := m.of(ctx, stranger)
	if err != nil {
		return err
	}
	if hash(list) == hash(public) { // nothing of his own: what all see will do
		_, err := m.keep.Get(ctx, spaceMenus, strconv.FormatInt(user, 10))
		if errors.Is(err, keep.ErrNone) {
			return nil
		}
	}
	return m.set(ctx, strconv.FormatInt(user, 10), &models.BotCommandScopeChat{ChatID: user}, list)
}

func hash(list []models.BotCommand) string {
	text, _ := json.Marshal(list) // of strings alone
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// set tells Telegram a list, unless it was told the same.
func (m *menus) set(ctx context.Context, key string, scope models.BotCommandScope, list []models.BotCommand) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := hash(list)
	entry, err := m.keep.Get(ctx, spaceMenus, key)
	if err == nil && string(entry.Value) == sum {
		return nil
	}
	if err != nil && !errors.Is(err, keep.ErrNone) {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if _, err := m.api.SetMyCommands(limited, &tg.SetMyCommandsParams{Commands: list, Scope: scope}); err != nil {
		return m.api.told("setMyCommands", err)
	}
	return m.keep.Put(ctx, keep.Entry{Space: spaceMenus, Key: key, Value: []byte(sum)})
}
