package morse

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// A NodeStatus is where a node is in its life. There is none for one that has left: it is deleted.
type NodeStatus int

// The statuses, with the chain's own numbers.
const (
	Unstaking NodeStatus = 1 // it serves no more, and gets its stake back at [Node.UnstakingTime]
	Staked    NodeStatus = 2 // also while jailed
)

// A Node is a node's record.
type Node struct {
	Address    pocket.Address // of its key: signs claims and proofs
	PublicKey  string         // 64 hexadecimal digits
	Jailed     bool           // out of sessions until it is unjailed; [SigningInfo.JailedUntil] tells since when it may be
	Status     NodeStatus
	Chains     []pocket.ServiceID
	URL        string // free text of its owner that looks like a URL
	Stake      pocket.Upokt
	Output     pocket.Address // gets the stake back, and rewards; zero when it has none
	Delegators []Delegator    // by address
	// UnstakingTime is when it gets its stake back, UTC; zero while staked.
	UnstakingTime time.Time
}

// Owner returns who gets the stake back: the output address, or the node itself.
func (n Node) Owner() pocket.Address {
	if n.Output.IsZero() {
		return n.Address
	}
	return n.Output
}

// same reports whether two records, nil for none, say the same.
func (n *Node) same(m *Node) bool {
	if n == nil || m == nil {
		return n == m
	}
	return n.Address == m.Address && n.Jailed == m.Jailed && n.Status == m.Status && slices.Equal(n.Chains, m.Chains) && n.URL == m.URL &&
		n.Stake == m.Stake && n.Output == m.Output && slices.Equal(n.Delegators, m.Delegators) && n.UnstakingTime.Equal(m.UnstakingTime)
}

// supplier returns the record in pocket's words. While unstaking it has no services. UnstakeSessionEnd is not in the record.
func (n Node) supplier() pocket.Supplier {
	s := pocket.Supplier{Operator: n.Address, Owner: n.Owner(), Stake: n.Stake}
	if n.Status == Staked {
		s.Services = services(n.Chains, n.URL, n.Owner(), n.Delegators)
	}
	return s
}

// services returns what serving some chains is in pocket's words.
func services(chains []pocket.ServiceID, url string, owner pocket.Address, delegators []Delegator) []pocket.ServiceConfig {
	var shares []pocket.RevShare
	left := int64(100)
	for _, d := range delegators {
		shares = append(shares, pocket.RevShare{Address: d.Address, Percent: d.Percent})
		left -= d.Percent
	}
	if left > 0 {
		shares = append(shares, pocket.RevShare{Address: owner, Percent: left})
	}
	list := make([]pocket.ServiceConfig, 0, len(chains))
	for _, chain := range chains {
		list = append(list, pocket.ServiceConfig{
			Service: chain, Endpoints: []pocket.Endpoint{{URL: url, RPCType: "JSON_RPC"}}, RevShares: shares,
		})
	}
	return list
}

type wireNode struct {
	Address    pocket.Address     `json:"address"`
	PublicKey  string             `json:"public_key"`
	Jailed     bool               `json:"jailed"`
	Status     number             `json:"status"`
	Chains     []pocket.ServiceID `json:"chains"`
	URL        string             `json:"service_url"`
	Stake      pocket.Upokt       `json:"tokens"`
	Unstaking  time.Time          `json:"unstaking_time"`
	Output     pocket.Address     `json:"output_address"`
	Delegators wireDelegators     `json:"reward_delegators"`
}

func (w wireNode) node() (Node, error) {
	n := Node{
		Address: w.Address, PublicKey: w.PublicKey, Jailed: w.Jailed, Status: NodeStatus(w.Status), Chains: w.Chains, URL: w.URL,
		Stake: w.Stake, Output: w.Output, Delegators: w.Delegators.list(),
	}
	if !w.Unstaking.IsZero() {
		n.UnstakingTime = w.Unstaking.UTC()
	}
	return n, nil
}

// Node returns a node's record as of after block h; 0 is now. [pocket.ErrNotFound]: there was no such node then. A node that has got its
// stake back is none.
func (c *Client) Node(ctx context.Context, address pocket.Address, h pocket.Height) (Node, error) {
	if err := needs(address, "a node"); err != nil {
		return Node{}, err
	}
	if err := checkHeight(h); err != nil {
		return Node{}, err
	}
	w, err := ask(ctx, c, "/query/node", atHeight{h, address}, func(a *rest.Answer, w *wireNode) error {
		if w.Address != address {
			return a.Fail(pocket.ErrMalformed, "asked for node "+address.String()+", got "+w.Address.String())
		}
		return nil
	})
	if err != nil {
		return Node{}, err
	}
	return w.node()
}

// A NodeQuery chooses nodes. Its zero value takes all there are now.
type NodeQuery struct {
	Height pocket.Height // as of after this block; 0 is now
	Status NodeStatus    // 0 takes all
	Jailed Jailed
	Chain  pocket.ServiceID // only those that serve it; "" takes all
}

// Jailed chooses nodes by whether they are jailed.
type Jailed int

// The choices, with the node's own numbers.
const (
	JailedOrNot  Jailed = 0
	OnlyJailed   Jailed = 1
	OnlyUnjailed Jailed = 2
)

type wireNodeQuery struct {
	Height  pocket.Height `json:"height"`
	Options struct {
		Page    int              `json:"page"`
		PerPage int              `json:"per_page"`
		Status  NodeStatus       `json:"staking_status,omitempty"`
		Jailed  Jailed           `json:"jailed_status,omitempty"`
		Chain   pocket.ServiceID `json:"blockchain,omitempty"`
	} `json:"opts"`
}

// Nodes yields the nodes that q chooses, by address, all as of the same block. An error is yielded last, with a zero Node.
func (c *Client) Nodes(ctx context.Context, q NodeQuery) iter.Seq2[Node, error] {
	return listState(ctx, c, "/query/nodes", q.Height, func(h pocket.Height, page, perPage int) any {
		w := wireNodeQuery{Height: h}
		w.Options.Page, w.Options.PerPage = page, perPage
		w.Options.Status, w.Options.Jailed, w.Options.Chain = q.Status, q.Jailed, q.Chain
		return w
	}, wireNode.node)
}
