package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// askers is how many nodes are asked of the chain at once.
const askers = 4

// A standing is what the chain says of a node now.
type standing struct {
	supplier pocket.Supplier
	state    pocket.SupplierState
	err      error // ErrNotFound when it is not staked
}

// standings asks the chain for each node; what could not be asked has an error.
func (b *Bot) standings(ctx context.Context, nodes []pocket.Address) ([]standing, pocket.Params, error) {
	var params pocket.Params
	if b.client != nil {
		var err error
		if params, err = b.client.Params(ctx); err != nil {
			return nil, params, fmt.Errorf("the chain cannot be asked now: %w", err)
		}
	}
	list := make([]standing, len(nodes))
	var group errgroup.Group
	group.SetLimit(askers)
	for i, node := range nodes {
		group.Go(func() error {
			list[i] = b.ask(ctx, node)
			list[i].state = list[i].supplier.State(params.SupplierMinStake)
			return nil
		})
	}
	_ = group.Wait() // each error is kept with its node
	return list, params, context.Cause(ctx)
}

// errNoChain: the node is of a chain that the configuration does not name.
var errNoChain = fmt.Errorf("no node of its chain is configured: %w", pocket.ErrInvalid)

// ask asks a node's own chain for it.
func (b *Bot) ask(ctx context.Context, node pocket.Address) (s standing) {
	switch {
	case node.Kind() == pocket.MorseAddress && b.morse != nil:
		s.supplier, s.err = b.morse.SupplierAt(ctx, node, 0)
	case node.Kind() == pocket.AccountAddress && b.client != nil:
		s.supplier, s.err = b.client.Supplier(ctx, node)
	default:
		s.err = errNoChain
	}
	return s
}

func (c *call) nodes() error {
	if len(c.args) > 0 {
		return usage("/nodes takes nothing; /node show ADDRESS tells of one")
	}
	watched, err := c.nodesSeen()
	if err != nil {
		return err
	}
	if len(watched) == 0 {
		return c.say(Text{Title: "No node is watched yet", Lines: []string{c.howToAdd()}})
	}
	list, params, unasked := c.bot.standings(c.ctx, watched)
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	nodes := make([]report.Node, len(watched))
	for i, node := range watched {
		nodes[i].Operator = node
		switch {
		case unasked != nil:
			nodes[i].Unknown = unasked.Error()
		case errors.Is(list[i].err, pocket.ErrNotFound):
		case list[i].err != nil:
			nodes[i].Unknown = list[i].err.Error()
		default:
			nodes[i].Supplier = &list[i].supplier
			if list[i].state == pocket.SupplierUnbonding {
				nodes[i].UnbondingEnd = params.Shared.UnbondingEnd(list[i].supplier.UnstakeSessionEnd)
			}
		}
	}
	t := report.Nodes(nodes, params.SupplierMinStake)
	t.Title = "Watched: " + plural(len(watched), "node")
	return c.say(c.table(t))
}

func (c *call) node() error {
	verbs := []string{"show", "add", "remove"}
	if len(c.args) == 0 {
		return usage("/node wants a verb and an address: /node show pokt1…")
	}
	verb, words := strings.ToLower(c.args[0]), c.args[1:]
	if looksLikeAddress(verb) { // /node pokt1… is clear enough
		verb, words = "show", c.args
	}
	if !slices.Contains(verbs, verb) {
		return unknownWord("node", verb, verbs...)
	}
	if len(words) == 0 {
		return c.askNode(verb)
	}
	if len(words) > 1 {
		return usage("/node %s takes one address; %q is one too many", verb, clip(words[1]))
	}
	node, err := c.findNode(words[0])
	if err != nil {
		return err
	}
	if seen, err := c.sees(node); err != nil {
		return err
	} else if !seen {
		return usage("%s is none of the nodes that you see: /nodes lists them", node.Short())
	}
	switch verb {
	case "add":
		return c.addNode(node)
	case "remove":
		return c.removeNode(node)
	default:
		return c.showNode(node)
	}
}

// askNode asks which node is meant.
func (c *call) askNode(verb string) error {
	p := Prompt{Question: "Which node? Its address, pokt1…", Line: "/node " + verb}
	if verb != "add" {
		nodes, err := c.nodesSeen()
		if err != nil {
			return err
		}
		p.Question = "Which node? Press one, or write its address or a part of it."
		for _, node := range nodes {
			p.Choices = append(p.Choices, []Button{{Label: node.Short(), Line: p.Line + " " + node.String()}})
		}
	}
	return c.say(p)
}

// lastSettlements is how many of a node's last claims /node show lists.
const lastSettlements = 5

func (c *call) showNode(node pocket.Address) error {
	list, params, err := c.bot.standings(c.ctx, []pocket.Address{node})
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	if err != nil {
		if err := c.say(Text{Title: "Node " + node.String(), Lines: []string{err.Error(), "What follows is from the index."}}); err != nil {
			return err
		}
		return c.lastOf(node)
	}
	s := list[0]
	text := Text{Title: "Node " + node.String()}
	line := func(format string, args ...any) { text.Lines = append(text.Lines, fmt.Sprintf(format, args...)) }
	switch {
	case errors.Is(s.err, pocket.ErrNotFound):
		line("not staked: the chain has no supplier of this address now")
	case s.err != nil:
		line("the chain cannot be asked now: %v", s.err)
	default:
		c.describeSupplier(line, s, params)
	}
	if err := c.say(text); err != nil {
		return err
	}
	if s.err == nil {
		if err := c.windows(params.Shared); err != nil {
			return err
		}
	}
	return c.lastOf(node)
}

func (c *call) describeSupplier(line func(string, ...any), s standing, params pocket.Params) {
	supplier := s.supplier
	line("%s; owner %s", stateWords(s.state), supplier.Owner)
	above := supplier.Stake - params.SupplierMinStake
	switch {
	case above < 0:
		line("stake %s, %s below the minimum of %s: restake at least that much", report.Amount(supplier.Stake), report.Amount(-above), report.Amount(params.SupplierMinStake))
	case params.Proof.MissingPenalty > 0:
		line("stake %s, %s above the minimum: enough for %s of %s", report.Amount(supplier.Stake), report.Amount(above),
			plural(int(above/params.Proof.MissingPenalty), "missed proof"), report.Amount(params.Proof.MissingPenalty))
	default:
		line("stake %s, %s above the minimum", report.Amount(supplier.Stake), report.Amount(above))
	}
	if s.state == pocket.SupplierUnbonding {
		end := params.Shared.UnbondingEnd(supplier.UnstakeSessionEnd)
		line("the stake comes back to the owner at block %d%s", end, c.bot.when(c.ctx, end))
	}
	for _, service := range supplier.Services {
		var shares, endpoints []string
		for _, share := range service.RevShares {
			shares = append(shares, fmt.Sprintf("%d %% %s%s", share.Percent, share.Address.Short(), c.mark(share.Address)))
		}
		for _, endpoint := range service.Endpoints {
			endpoints = append(endpoints, fmt.Sprintf("%s (%s)", report.Line(endpoint.URL, 80), endpoint.RPCType))
		}
		line("serves %s at %s; shares: %s", service.Service, strings.Join(endpoints, ", "), strings.Join(shares, ", "))
	}
}

// mark says whose address it is, when it is one of the linked wallets.
func (c *call) mark(a pocket.Address) string {
	if slices.Contains(c.wallets, a) {
		return " (mine)"
	}
	return ""
}

func stateWords(state pocket.SupplierState) string {
	switch state {
	case pocket.SupplierIdle:
		return "staked, but no service is active, so it earns nothing: services begin with the next session, or must be staked again"
	case pocket.SupplierBelowMinimum:
		return "below the minimum stake: it goes on serving and settling, but must be restaked"
	default:
		return string(state)
	}
}

// windows lists when the sessions that are not settled yet can be claimed and proven.
func (c *call) windows(params pocket.SharedParams) error {
	head, pace, err := c.bot.pace(c.ctx)
	if err != nil {
		return fmt.Errorf("windows: %w", err)
	}
	at := func(h pocket.Height) time.Time { return head.Time.Add(time.Duration(h-head.Height) * pace) }
	t := report.Table{Title: "Sessions under way"}
	t.Columns = append(t.Columns, report.Column{Name: "What", Kind: report.KindText}, report.Column{Name: "From block", Kind: report.KindHeight}, report.Column{Name: "To block", Kind: report.KindHeight},
		report.Column{Name: "About from", Kind: report.KindTime}, report.Column{Name: "About to", Kind: report.KindTime}, report.Column{Name: "Now", Kind: report.KindText})
	var cells [][]report.Cell
	add := func(what string, from, to pocket.Height) {
		if to < head.Height {
			return
		}
		now := ""
		if from <= head.Height {
			now = "open"
		}
		cells = append(cells, []report.Cell{report.String(what), report.Height(from), report.Height(to), report.Time(at(from)), report.Time(at(to)), report.String(now)})
	}
	present := params.Session(head.Height)
	delay := params.Windows(0).Settlement
	oldest := params.Session(max(head.Height-delay, 1))
	for end := oldest.End; end <= present.End && params.BlocksPerSession > 0; end += pocket.Height(params.BlocksPerSession) {
		session := params.Session(end)
		windows := params.Windows(end)
		if windows.Settlement <= head.Height {
			continue
		}
		add(fmt.Sprintf("session %d serves", session.Number), session.Start, session.End)
		add(fmt.Sprintf("session %d claims", session.Number), windows.ClaimOpen, windows.ClaimClose)
		add(fmt.Sprintf("session %d proofs", session.Number), windows.ProofOpen, windows.ProofClose)
		add(fmt.Sprintf("session %d settles", session.Number), windows.Settlement, windows.Settlement)
	}
	t.Rows = report.Rows(cells...)
	t.Notes = []string{fmt.Sprintf("Block %d now, one about every %s.", head.Height, report.Duration(pace))}
	return c.say(Table{Table: t, Options: report.TextOptions{Zone: c.zone}})
}

// lastOf lists what settled last, expired or was slashed.
func (c *call) lastOf(node pocket.Address) error {
	t := report.Table{Title: "Last settlements"}
	t.Columns = append(t.Columns, report.Column{Name: "Time", Kind: report.KindTime}, report.Column{Name: "Service", Kind: report.KindText}, report.Column{Name: "Claimed POKT", Kind: report.KindPOKT},
		report.Column{Name: "Gross POKT", Kind: report.KindPOKT}, report.Column{Name: "What", Kind: report.KindText})
	var cells [][]report.Cell
	query := pocket.EventQuery{
		Filter: pocket.Filter{Suppliers: []pocket.Address{node}}, Newest: true, Limit: lastSettlements,
		Kinds: []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash},
	}
	for event, err := range c.bot.index.Events(c.ctx, query) {
		if err != nil {
			return fmt.Errorf("last settlements: %w", err)
		}
		row := []report.Cell{report.Time(event.Where().Time), {}, {}, {}, {}}
		switch e := event.(type) {
		case pocket.Settlement:
			row[1], row[2], row[4] = report.String(string(e.Service)), report.POKT(e.Claimed), report.String("settled")
			if e.Lacks&(pocket.LacksReasons|pocket.LacksShares) == 0 {
				row[3] = report.POKT(e.SupplierSide())
			}
		case pocket.ClaimExpiry:
			row[1], row[2], row[4] = report.String(string(e.Service)), report.POKT(e.Claimed), report.String("expired: "+strings.ToLower(strings.ReplaceAll(e.Reason, "_", " ")))
		case pocket.ClaimDiscard:
			row[1], row[4] = report.String(string(e.Service)), report.String("dropped by the chain")
		case pocket.Slash:
			row[1], row[4] = report.String(string(e.Service)), report.String("slashed by "+report.Amount(e.Penalty))
		}
		cells = append(cells, row)
	}
	if len(cells) == 0 {
		return c.nothingYet(pocket.Filter{Suppliers: []pocket.Address{node}})
	}
	t.Rows = report.Rows(cells...)
	return c.say(c.table(t))
}
