package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
)

// maxNodes is how many nodes one question may name.
const maxNodes = 50

// calendar reads dates as this bot's user writes them.
func (c *call) calendar() Calendar {
	return Calendar{Now: c.now(), Zone: c.zone, Layout: c.dates}
}

// cut splits the arguments into the addresses of nodes and all the rest, in their order.
func (c *call) cut(args []string) (nodes []pocket.Address, rest []string, err error) {
	for _, word := range args {
		if !looksLikeAddress(word) {
			rest = append(rest, word)
			continue
		}
		node, err := c.findNode(word)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(nodes, node) {
			nodes = append(nodes, node)
		}
	}
	if len(nodes) > maxNodes {
		return nil, nil, usage("%d nodes are too many for one question: at most %d", len(nodes), maxNodes)
	}
	return nodes, rest, nil
}

// looksLikeAddress tells an address, whole or shortened, from a date or a word.
func looksLikeAddress(word string) bool {
	lower := strings.ToLower(word)
	return strings.HasPrefix(lower, "pokt1") || strings.ContainsAny(lower, "…*") || len(word) > 30
}

// findNode returns the node that the word names: a whole address, or the beginning, the end or both of one watched.
func (c *call) findNode(word string) (pocket.Address, error) {
	address, wrong := pocket.ParseAddress(word)
	if wrong == nil {
		switch kind := address.Kind(); {
		case kind == pocket.MorseAddress && c.bot.morse == nil:
			return pocket.Address{}, usage("%s is an address of Morse, and no node of that chain is configured (morse.rpc)", address.Short())
		case kind != pocket.AccountAddress && kind != pocket.MorseAddress:
			return pocket.Address{}, usage("%s is the address of a %s; want a node's, pokt1…", address.Short(), kind)
		}
		return address, nil
	}
	watched, err := c.nodesSeen()
	if err != nil {
		return pocket.Address{}, err
	}
	head, tail, _ := strings.Cut(strings.NewReplacer("...", "…", "*", "…").Replace(strings.ToLower(word)), "…")
	var found []pocket.Address
	if len(head)+len(tail) >= 4 && len(head)+len(tail) < 40 {
		for _, node := range watched {
			if strings.HasPrefix(node.String(), head) && strings.HasSuffix(node.String(), tail) && head != "pokt1" || tail == "" && strings.HasSuffix(node.String(), head) {
				found = append(found, node)
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return pocket.Address{}, usage("%q fits %s: give a few characters more", clip(word), plural(len(found), "node"))
	default:
		return pocket.Address{}, usage("%s", wrong)
	}
}

// filter chooses the events of the nodes named, or of all watched. With none watched it is of everybody when everything is indexed.
func (c *call) filter(named []pocket.Address) (pocket.Filter, error) {
	for _, node := range named {
		if seen, err := c.sees(node); err != nil || !seen {
			return pocket.Filter{}, cmp.Or(err, usage("%s is none of the nodes that you see: /nodes lists them", node.Short()))
		}
	}
	if len(named) > 0 {
		return pocket.Filter{Suppliers: named}, nil
	}
	watched, err := c.nodesSeen()
	if err != nil {
		return pocket.Filter{}, err
	}
	if len(watched) == 0 && (c.bot.config.Mode != Everything || c.Scope.Kind != rbac.All) {
		if len(c.links) > 0 {
			return pocket.Filter{Recipients: c.links}, nil // a wallet of whose nodes nothing is known yet
		}
		return pocket.Filter{}, usage("no node is watched yet. %s", c.howToAdd())
	}
	return pocket.Filter{Suppliers: watched}, nil
}

// howToAdd says how a first node comes to be watched, by who asks.
func (c *call) howToAdd() string {
	switch {
	case c.may(rbac.ManageNodes):
		return "Add yours with /node add ADDRESS."
	case c.Scope.Kind == rbac.Own:
		return "Link yours with /wallet add ADDRESS."
	}
	return "Ask an admin to add yours."
}

// whose says whose figures these are, for titles.
func whose(f pocket.Filter) string {
	switch len(f.Suppliers) {
	case 0:
		if len(f.Recipients) > 0 {
			return "whoever pays " + counted(int64(len(f.Recipients)), "linked wallet")
		}
		return "all nodes of the chain"
	case 1:
		return "node " + f.Suppliers[0].Short()
	default:
		return plural(len(f.Suppliers), "node")
	}
}

// span reads a range from the words, or takes the default when there are none, and names it for titles.
func (c *call) span(words []string, otherwise string) (pocket.Span, string, error) {
	if len(words) == 0 {
		words = strings.Fields(otherwise)
	}
	r, err := c.calendar().ParseRange(words)
	if err != nil {
		return pocket.Span{}, "", err
	}
	return r.Span, c.describe(r), nil
}

// describe names a range with its dates: "November 2026, 2026-11-01 to 2026-11-22".
func (c *call) describe(r Range) string {
	zone := c.zone
	date := func(t time.Time) string { return t.In(zone).Format(c.dates.Go()) }
	if strings.HasSuffix(r.Name, "hours") || strings.HasSuffix(r.Name, "hour") {
		date = func(t time.Time) string { return t.In(zone).Format(c.dates.Go() + " 15:04") }
	}
	last := c.now()
	if !r.To.IsZero() && r.To.Before(last) {
		last = r.To.Add(-1)
	}
	var dates string
	switch {
	case r.From.IsZero() && r.To.IsZero():
		return "all time"
	case r.From.IsZero():
		dates = "until " + date(last)
	case date(r.From) == date(last):
		dates = date(last)
	default:
		dates = date(r.From) + " to " + date(last)
	}
	if r.Name == "" {
		return dates
	}
	return fmt.Sprintf("%s, %s", r.Name, dates)
}
