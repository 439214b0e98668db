package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
)

// wallet is /wallet: addresses that belong to the account.
func (c *call) wallet() error {
	verbs := []string{"list", "add", "remove"}
	verb, words := "list", c.args
	if len(words) > 0 {
		if verb = strings.ToLower(words[0]); looksLikeAddress(verb) {
			verb = "add"
		} else {
			words = words[1:]
		}
	}
	switch {
	case !slices.Contains(verbs, verb):
		return unknownWord("wallet", verb, verbs...)
	case verb == "list" && len(words) == 0:
		return c.listWallets()
	case len(words) == 0:
		return c.say(Prompt{Question: "Which address? One of a node, of its owner, or of who is paid a part: pokt1…", Line: "/wallet " + verb, Choices: c.linkChoices(verb)})
	case len(words) > 1:
		return usage("/wallet %s takes one address; %q is one too many", verb, clip(words[1]))
	}
	address, err := pocket.ParseAddress(words[0])
	if err != nil {
		return usage("%v", err)
	}
	if kind := address.Kind(); kind != pocket.AccountAddress && kind != pocket.MorseAddress {
		return usage("%s is the address of a %s; want pokt1…", address.Short(), kind)
	}
	if verb == "remove" {
		return c.unlink(address)
	}
	return c.link(address)
}

func (c *call) linkChoices(verb string) [][]Button {
	if verb != "remove" {
		return nil
	}
	links, err := c.bot.authority.Links(c.ctx, c.subject)
	if err != nil {
		return nil // he can still type it
	}
	var rows [][]Button
	for _, a := range links {
		rows = append(rows, []Button{{Label: a.Short(), Line: "/wallet remove " + a.String()}})
	}
	return rows
}

func (c *call) link(address pocket.Address) error {
	store, read := c.bot.store, c.bot.backfill
	if address.Kind() == pocket.MorseAddress {
		store, read = c.bot.morseStore, c.bot.readMorse
	}
	if store == nil || address.Kind() == pocket.AccountAddress && c.bot.client == nil {
		return usage("%s is of a chain that this bot does not read", address.Short())
	}
	if err := c.bot.authority.Link(c.ctx, c.subject, address); err != nil {
		return forPeople(err)
	}
	if err := store.Watch(c.ctx, address); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	c.bot.peopleDid()
	told, err := c.begin()
	if err != nil {
		return err
	}
	text := Text{Title: "Linked: " + address.String(), Lines: []string{"Its past is read now; what happens from now on is seen in any case."}}
	if told != "" {
		text.Lines = append(text.Lines, told)
	}
	if err := c.say(text); err != nil {
		return err
	}
	if err := c.readInTurn(read); err != nil {
		if errors.Is(err, errStopped) || context.Cause(c.ctx) != nil {
			return err
		}
		return fmt.Errorf("the address is linked, but its past could not be read to the end; it is gone on with at the next start: %w", err)
	}
	if c.links, err = c.bot.authority.Links(c.ctx, c.subject); err != nil {
		return err
	}
	nodes, err := c.bot.nodesOfLinks(c.ctx, []pocket.Address{address})
	if err != nil {
		return err
	}
	if len(nodes) == 0 {
		return c.say(Text{Lines: []string{"No node of it is known yet: /stats tells when there is something."}})
	}
	return c.say(Text{Lines: []string{plural(len(nodes), "node") + " of it: /stats tells what they earn."}})
}

// readInTurn reads the past of what somebody linked, one at a time: a crowd of strangers must not keep a full node from its work.
func (c *call) readInTurn(read func(context.Context, func(Progress)) error) error {
	select {
	case c.bot.reading <- struct{}{}:
	default:
		if err := c.say(Progress{Doing: "waiting until the past of others is read"}); err != nil {
			return err
		}
		select {
		case c.bot.reading <- struct{}{}:
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		}
	}
	defer func() { <-c.bot.reading }()
	ctx, stop := context.WithCancelCause(c.ctx)
	defer stop(nil)
	return read(ctx, func(p Progress) {
		if err := c.say(p); err != nil {
			stop(err)
		}
	})
}

func (c *call) unlink(address pocket.Address) error {
	if err := c.bot.authority.Unlink(c.ctx, c.subject, address); err != nil {
		return forPeople(err)
	}
	if err := c.bot.unwatchLinks(c.ctx, address); err != nil {
		return err
	}
	c.bot.peopleDid()
	return c.say(Text{Lines: []string{"Not linked any more: " + address.String()}})
}

// unwatchLinks takes addresses out of the index that nobody links any more and that are not the bot's own.
func (b *Bot) unwatchLinks(ctx context.Context, addresses ...pocket.Address) error {
	linked, err := b.authority.AllLinks(ctx)
	if err != nil {
		return fmt.Errorf("unlink: %w", err)
	}
	for _, a := range addresses {
		if len(linked[a]) > 0 || slices.Contains(b.config.Nodes, a) || slices.Contains(b.config.Wallets, a) {
			continue
		}
		if _, err := b.keep.Get(ctx, spaceHouse, a.String()); err == nil {
			continue
		}
		store := b.store
		if a.Kind() == pocket.MorseAddress {
			store = b.morseStore
		}
		if store == nil {
			continue
		}
		if err := store.Unwatch(ctx, a); err != nil {
			return fmt.Errorf("unlink: %w", err)
		}
	}
	return nil
}

func (c *call) listWallets() error {
	links, err := c.bot.authority.Links(c.ctx, c.subject)
	if err != nil {
		return fmt.Errorf("linked addresses: %w", err)
	}
	menu := Menu{Title: "You have linked nothing yet", Rows: [][]Button{{{Label: "Link an address", Line: "/wallet add"}}}}
	if len(links) > 0 {
		menu.Title = "Linked: " + plural(len(links), "address")
		for _, a := range links {
			menu.Lines = append(menu.Lines, a.String())
		}
		menu.Rows[0] = append(menu.Rows[0], Button{Label: "Remove one", Line: "/wallet remove"})
	}
	if c.Scope.Kind != rbac.Own {
		menu.Lines = append(menu.Lines, "You see all that your role lets you see; links only add what is kept.")
	}
	return c.say(menu)
}

// forget is /forget: all that is kept about the account, deleted.
func (c *call) forget() error {
	if len(c.args) == 0 {
		return c.say(Menu{Title: "Forget everything about this account?", Lines: []string{
			"Its role, linked addresses, settings, alerts and digests are deleted. What others did stays, and so does the chain's own history.",
			"/export gives you a file with it first.",
		}, Rows: [][]Button{{{Label: "Export", Line: "/export"}, {Label: "Forget me", Line: "/forget yes"}}}})
	}
	if len(c.args) > 1 || !strings.EqualFold(c.args[0], "yes") {
		return usage("/forget yes deletes all that is kept about this account; /forget alone asks first")
	}
	links, err := c.bot.authority.Links(c.ctx, c.subject)
	if err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	if err := c.bot.authority.Forget(c.ctx, c.subject); err != nil {
		return forPeople(err)
	}
	if err := c.bot.unwatchLinks(c.ctx, links...); err != nil {
		return err
	}
	spaces, chats, err := c.bot.keptOf(c.ctx, c.caller)
	if err != nil {
		return err
	}
	for _, space := range spaces {
		if err := c.bot.keep.Delete(c.ctx, space); err != nil {
			return fmt.Errorf("forget: %w", err)
		}
	}
	for _, chat := range chats {
		if err := c.bot.Gone(c.ctx, chat); err != nil {
			return err
		}
	}
	c.bot.peopleDid()
	return c.say(Text{Lines: []string{"Forgotten. /start begins anew."}})
}

// keptOf returns the spaces in which something of the account is kept, and the chats that are told something on its behalf.
func (b *Bot) keptOf(ctx context.Context, who caller) (spaces, chats []string, err error) {
	spaces = []string{spaceSettings(string(who.subject))}
	for entry, err := range b.keep.List(ctx, spaceChats) {
		if err != nil {
			return nil, nil, fmt.Errorf("settings: %w", err)
		}
		if string(entry.Value) == string(who.subject) {
			spaces, chats = append(spaces, spaceSettings(entry.Key)), append(chats, entry.Key)
		}
	}
	return spaces, chats, nil
}

// export is /export: all that is kept about the account, as a file.
func (c *call) export() error {
	if len(c.args) > 0 {
		return usage("/export takes nothing: it gives you what is kept about you")
	}
	record, err := c.bot.authority.Export(c.ctx, c.subject)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	spaces, _, err := c.bot.keptOf(c.ctx, c.caller)
	if err != nil {
		return err
	}
	kept := map[string]map[string]string{}
	for _, space := range spaces {
		owner := strings.TrimPrefix(space, spaceSettings(""))
		if kept[owner], err = c.bot.kept(c.ctx, owner); err != nil {
			return err
		}
	}
	body, err := json.MarshalIndent(map[string]any{"account": record, "settings": kept}, "", "  ")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return c.say(File{Name: "poktbot-account.json", Type: "application/json", Size: int64(len(body)), Caption: "All that is kept about you", Body: bytes.NewReader(body)})
}

// forPeople makes a mistake of who asked of the errors that say what he may do about it.
func forPeople(err error) error {
	for _, known := range []error{
		rbac.ErrQuota, rbac.ErrTooMany, rbac.ErrLastAdmin, rbac.ErrChanged, rbac.ErrBadCode, rbac.ErrHas, rbac.ErrUnknown,
	} {
		if errors.Is(err, known) {
			return usageError(err.Error())
		}
	}
	return err
}
