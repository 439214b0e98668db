package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
)

// ErrDenied: who asked may not.
var ErrDenied = rbac.ErrDenied

// ErrStranger: who asked is unknown to a bot that is not public. Its text is the one polite line that strangers hear.
var ErrStranger = errors.New("this bot is private. If you were given an invitation, send /join and its code")

// A caller is who asks, and what he may.
type caller struct {
	subject rbac.Subject
	rbac.Assignment
	links []pocket.Address // what he linked; looked up for the scope Own only
}

// caller looks up who asks.
func (b *Bot) caller(ctx context.Context, from string) (caller, error) {
	subject, err := rbac.ParseSubject(from)
	if err != nil {
		return caller{}, fmt.Errorf("who asks: %w", err)
	}
	who := caller{subject: subject}
	if who.Assignment, err = b.authority.Who(ctx, subject); err != nil {
		return caller{}, fmt.Errorf("who asks: %w", err)
	}
	if who.Scope.Kind == rbac.Own {
		if who.links, err = b.authority.Links(ctx, subject); err != nil {
			return caller{}, fmt.Errorf("who asks: %w", err)
		}
	}
	return who, nil
}

// openAccess opens what is known of people, and makes those of the configuration what it says they are.
func (b *Bot) openAccess(ctx context.Context) error {
	db, err := b.ownDatabase(ctx)
	if err != nil {
		return err
	}
	if b.keep, err = keepIn(ctx, db); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	people, err := rbac.NewStore(ctx, rbac.StoreDB{Write: db.Write, Read: db.Read, Dialect: rbac.Dialect(db.Dialect), Explain: db.Explain})
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	return b.openPeople(ctx, people)
}

// openPeople takes people from a store, and makes those of the configuration what it says they are.
func (b *Bot) openPeople(ctx context.Context, store rbac.Store) (err error) {
	a := b.config.Access
	if b.authority, err = rbac.New(store, rbac.WithPublic(a.Public), rbac.WithQuota(a.Quota), rbac.WithLogger(b.log)); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	for _, group := range []struct {
		role     rbac.Role
		subjects []Phrase
	}{{rbac.Sysadmin, a.Sysadmins}, {rbac.Admin, a.Admins}, {rbac.Investor, a.Investors}} {
		for _, text := range group.subjects {
			subject, err := rbac.ParseSubject(string(text))
			if err == nil {
				err = b.authority.Found(ctx, subject, "", group.role)
			}
			if err != nil {
				return fmt.Errorf("people: %w", err)
			}
		}
	}
	return nil
}

// needs returns the permission that a line of this command asks for: some verbs ask for more than looking.
func (c *command) needs(args []string) rbac.Permission {
	if len(args) > 0 {
		if p, ok := c.verbs[strings.ToLower(args[0])]; ok {
			return p
		}
	}
	return c.Needs
}

// may reports whether the caller's role and scope include a permission, without a record of the question: for menus and lists.
func (w caller) may(p rbac.Permission) bool { return w.Assignment.May(p) }

// Commands returns what a person may ask, in the order of /help. From is as in a [Request].
func (b *Bot) Commands(ctx context.Context, from string) ([]Command, error) {
	who, err := b.caller(ctx, from)
	if err != nil {
		return nil, err
	}
	return b.commandsOf(who), nil
}

func (b *Bot) commandsOf(who caller) []Command {
	var list []Command
	for _, c := range b.commands {
		if b.allowed(who, &c, nil) {
			list = append(list, c.Command)
		}
	}
	return list
}

// allowed reports whether the caller may ask a command with these words.
func (b *Bot) allowed(who caller, c *command, args []string) bool {
	if who.Role == rbac.None && !c.open {
		return false
	}
	return who.may(c.needs(args))
}

// MayAsk reports whether a person may ask a line, for buttons and menus: those that would be refused are not shown.
func (b *Bot) mayAsk(who caller, text string) bool {
	line, err := ParseLine(text)
	if err != nil {
		return false
	}
	i := slices.IndexFunc(b.commands, func(c command) bool { return c.Name == line.Name })
	return i >= 0 && b.allowed(who, &b.commands[i], line.Args)
}
