package morse

import (
	"context"
	"errors"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A nodeBook knows the records of nodes at past heights.
type nodeBook struct {
	c       *Client
	records *cache[nodeAt, *Node] // nil for none
	lists   *cache[pocket.Height, *nodeList]
}

type nodeAt struct {
	node   pocket.Address
	height pocket.Height
}

// A nodeList is every node as of after a block.
type nodeList struct {
	nodes  map[pocket.Address]*Node
	paidBy map[pocket.Address][]pocket.Address // the nodes whose output address or delegator it is
}

func (b *nodeBook) init(c *Client) {
	b.c, b.records, b.lists = c, newCache[nodeAt, *Node](20_000), newCache[pocket.Height, *nodeList](6)
}

// exactly returns a node's record as of after block h, nil when there was no such node.
func (b *nodeBook) exactly(ctx context.Context, a pocket.Address, h pocket.Height) (*Node, error) {
	if list, ok := b.lists.peek(h); ok {
		return list.nodes[a], nil
	}
	return b.records.get(ctx, nodeAt{a, h}, func() (*Node, error) {
		n, err := b.c.Node(ctx, a, h)
		if errors.Is(err, pocket.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, of(err, "node", a)
		}
		return &n, nil
	})
}

// all returns every node as of after block h.
func (b *nodeBook) all(ctx context.Context, h pocket.Height) (*nodeList, error) {
	return b.lists.get(ctx, h, func() (*nodeList, error) {
		list := &nodeList{nodes: map[pocket.Address]*Node{}, paidBy: map[pocket.Address][]pocket.Address{}}
		for n, err := range b.c.Nodes(ctx, NodeQuery{Height: h}) {
			if err != nil {
				return nil, of(err, "nodes at", h)
			}
			list.nodes[n.Address] = &n
			for _, to := range n.payees() {
				list.paidBy[to] = append(list.paidBy[to], n.Address)
			}
		}
		return list, nil
	})
}

// payees returns whom else than itself a node pays.
func (n *Node) payees() []pocket.Address {
	var list []pocket.Address
	if !n.Output.IsZero() && n.Output != n.Address {
		list = append(list, n.Output)
	}
	for _, d := range n.Delegators {
		if d.Address != n.Address && !slices.Contains(list, d.Address) {
			list = append(list, d.Address)
		}
	}
	return list
}

// at returns a node's record as of after block h, nil when there was no such node. Unless surely, a record that was changed within a cell
// and back again may be missed.
func (b *nodeBook) at(ctx context.Context, a pocket.Address, h pocket.Height, surely bool) (n *Node, err error) {
	h = max(h, 1)
	err = b.c.within(ctx, h, cellBlocks, func(low, high pocket.Height) (err error) {
		n, err = steady(h, low, high, func(h pocket.Height) (*Node, error) { return b.exactly(ctx, a, h) }, (*Node).same,
			func(first *Node, low, high pocket.Height) (bool, error) {
				if !surely {
					return true, nil
				}
				return b.quiet(ctx, a, first, low, high)
			})
		return err
	})
	return n, err
}

// quiet reports whether nobody who may changed a node between two heights: neither itself nor its output address.
func (b *nodeBook) quiet(ctx context.Context, a pocket.Address, n *Node, low, high pocket.Height) (bool, error) {
	signers := []pocket.Address{a}
	if n != nil && !n.Output.IsZero() && n.Output != a {
		signers = append(signers, n.Output)
	}
	for _, signer := range signers {
		txs, err := b.c.accounts.between(ctx, signer, low+1, high)
		if err != nil {
			return false, err
		}
		for _, tx := range txs {
			if tx.changes(a) {
				return false, nil
			}
		}
	}
	return true, nil
}

// changes reports whether a transaction may have changed a node's record. One whose message is not known may.
func (t *Tx) changes(node pocket.Address) bool {
	switch m := t.Message.(type) {
	case Stake:
		return m.Node == node
	case BeginUnstake:
		return m.Node == node
	case Unjail:
		return m.Node == node
	default:
		return t.Message == nil
	}
}

// payersCell is how far apart all nodes are listed to find those that pay somebody. On mainnet a node that left is listed for twice as long.
const payersCell = 10 * cellBlocks

// payers returns the nodes that pay one of some addresses at a height from one to another, as output address or delegator: those that did
// at the ends of the cells, and those whose stake one of them signed.
func (b *nodeBook) payers(ctx context.Context, to []pocket.Address, from, until pocket.Height) (found map[pocket.Address]bool, err error) {
	before := max(1, from-1) // a node may leave with the first block
	_, last, err := b.c.cell(ctx, until, payersCell)
	if err != nil {
		return nil, err
	}
	err = b.c.within(ctx, before, payersCell, func(low, _ pocket.Height) error {
		found, err = b.payersBetween(ctx, to, low, last)
		return err
	})
	return found, err
}

func (b *nodeBook) payersBetween(ctx context.Context, to []pocket.Address, low, high pocket.Height) (map[pocket.Address]bool, error) {
	found, staffed := map[pocket.Address]bool{}, map[pocket.Address]bool{}
	for h := low; ; h = min(high, h-h%payersCell+payersCell) {
		list, err := b.all(ctx, h)
		if err != nil {
			return nil, err
		}
		for _, a := range to {
			for _, node := range list.paidBy[a] {
				found[node] = true
			}
			staffed[a] = staffed[a] || list.nodes[a] != nil
		}
		if h == high {
			break
		}
	}
	for _, a := range to {
		if staffed[a] {
			continue // a node stakes for itself, and has too many transactions to look through
		}
		txs, err := b.c.accounts.between(ctx, a, low, high)
		if err != nil {
			return nil, err
		}
		for _, tx := range txs {
			if m, ok := tx.Message.(Stake); ok && m.Node != a {
				found[m.Node] = true
			}
		}
	}
	return found, nil
}
