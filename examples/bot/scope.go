package bot

import (
	"context"
	"fmt"
	"slices"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rbac"
)

// spaceHouse keeps the nodes that admins added: what an index watches may also be somebody's link.
const spaceHouse = "house"

// house returns the nodes of the bot itself: those of the configuration and those that admins added, without what only accounts linked.
func (b *Bot) house(ctx context.Context) ([]pocket.Address, error) {
	nodes, err := b.watched(ctx)
	if err != nil {
		return nil, err
	}
	linked, err := b.authority.AllLinks(ctx)
	if err != nil {
		return nil, fmt.Errorf("linked addresses: %w", err)
	}
	if len(linked) == 0 {
		return nodes, nil
	}
	added := map[string]bool{}
	for entry, err := range b.keep.List(ctx, spaceHouse) {
		if err != nil {
			return nil, fmt.Errorf("watched nodes: %w", err)
		}
		added[entry.Key] = true
	}
	return slices.DeleteFunc(nodes, func(a pocket.Address) bool {
		return len(linked[a]) > 0 && !added[a.String()] && !slices.Contains(b.config.Nodes, a)
	}), nil
}

// nodesSeen returns the nodes that the caller may see: all of the bot's, those named to him, or his own.
func (c *call) nodesSeen() ([]pocket.Address, error) { return c.bot.nodesOf(c.ctx, c.caller) }

func (b *Bot) nodesOf(ctx context.Context, who caller) ([]pocket.Address, error) {
	switch who.Scope.Kind {
	case rbac.All:
		return b.house(ctx)
	case rbac.Named:
		return slices.Clone(who.Scope.Nodes), nil
	}
	return b.nodesOfLinks(ctx, who.links)
}

// nodesOfLinks are the nodes among the links, and those that a linked wallet owns or is paid by.
func (b *Bot) nodesOfLinks(ctx context.Context, links []pocket.Address) ([]pocket.Address, error) {
	if len(links) == 0 {
		return nil, nil
	}
	var nodes []pocket.Address
	for _, store := range b.stores() {
		known, err := store.Suppliers(ctx)
		if err != nil {
			return nil, fmt.Errorf("own nodes: %w", err)
		}
		for _, s := range known {
			if slices.Contains(links, s.Owner) || slices.ContainsFunc(s.Services, func(service pocket.ServiceConfig) bool {
				return slices.ContainsFunc(service.RevShares, func(share pocket.RevShare) bool { return slices.Contains(links, share.Address) })
			}) {
				nodes = append(nodes, s.Operator)
			}
		}
		operators, err := store.Operators(ctx)
		if err != nil {
			return nil, fmt.Errorf("own nodes: %w", err)
		}
		for _, link := range links {
			if slices.Contains(operators, link) || slices.ContainsFunc(known, func(s index.KnownSupplier) bool { return s.Operator == link }) {
				nodes = append(nodes, link)
			}
		}
	}
	slices.SortFunc(nodes, pocket.Address.Compare)
	return slices.Compact(nodes), nil
}

// sees reports whether the caller may see a node, which he names by its whole address.
func (c *call) sees(node pocket.Address) (bool, error) {
	if c.Scope.Kind == rbac.All {
		return true, nil
	}
	seen, err := c.nodesSeen()
	return slices.Contains(seen, node), err
}

// alertsOf returns what the alerts that the caller may see look like; nil is all of them.
func (b *Bot) alertsOf(ctx context.Context, who caller) (matches, except []monitor.Match, err error) {
	about := func(list []pocket.Address) []monitor.Match {
		var found []monitor.Match
		for _, a := range list {
			found = append(found, monitor.Match{Subject: a.String()}, monitor.Match{Labels: map[string]string{"operator": a.String()}})
		}
		return found
	}
	if who.Scope.Kind != rbac.All {
		nodes, err := b.nodesOf(ctx, who)
		if err != nil {
			return nil, nil, err
		}
		if matches = about(append(nodes, who.links...)); len(matches) == 0 {
			matches = []monitor.Match{{Name: "none"}} // of nothing, not of everything
		}
		return matches, nil, nil
	}
	nodes, err := b.watched(ctx)
	if err != nil {
		return nil, nil, err
	}
	house, err := b.house(ctx)
	if err != nil {
		return nil, nil, err
	}
	return nil, about(slices.DeleteFunc(nodes, func(a pocket.Address) bool { return slices.Contains(house, a) })), nil
}

// seesAlert reports whether the caller may see, and so change, an alert.
func (c *call) seesAlert(k monitor.Key, labels map[string]string) (bool, error) {
	if c.shown == nil {
		matches, except, err := c.bot.alertsOf(c.ctx, c.caller)
		if err != nil {
			return false, err
		}
		c.shown = &monitor.Filter{Match: matches, Except: except}
	}
	return c.shown.Wants(k, labels, monitor.Critical), nil
}
