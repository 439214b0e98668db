package shannon

import (
	"fmt"
	"sync"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// A Client reads a chain from one or several full nodes. Make one with [New]. It is safe for concurrent use.
type Client struct {
	*nodes
	height pocket.Height // state is read as of after this block; 0 for now
}

// nodes are what all views of a client share.
type nodes struct {
	config
	rpc  *rest.Client // nil when no RPC URL was given
	rest *rest.Client // nil when no REST URL was given

	mu    sync.Mutex
	chain string // the chain that all nodes must serve; "" until known
}

// New returns a client of the full nodes with the CometBFT RPC at the URLs rpc (often port 26657) and the Cosmos REST API at the URLs rest
// (often port 1317). All are to serve the same chain; of several the first that is healthy and fresh is asked. One of the lists may be
// empty: then the calls that need it answer [pocket.ErrInvalid]. New checks its arguments and opens no connection.
func New(rpc, rest []string, opts ...Option) (*Client, error) {
	n := &nodes{config: defaults()}
	for _, opt := range opts {
		opt(&n.config)
	}
	if n.poll <= 0 {
		return nil, fmt.Errorf("poll interval %v: want more than 0: %w", n.poll, pocket.ErrInvalid)
	}
	if n.anyChain && n.chainID != "" {
		return nil, fmt.Errorf("chain %.50q: want either one chain or any: %w", n.chainID, pocket.ErrInvalid)
	}
	if len(rpc)+len(rest) == 0 {
		return nil, fmt.Errorf("no node given: want the URL of a CometBFT RPC or of a Cosmos REST API: %w", pocket.ErrInvalid)
	}
	n.chain = n.chainID
	var err error
	if n.rpc, err = n.server(rpc, n.admitRPC); err != nil {
		return nil, fmt.Errorf("RPC: %w", err)
	}
	if n.rest, err = n.server(rest, n.admitREST); err != nil {
		return nil, fmt.Errorf("REST: %w", err)
	}
	return &Client{nodes: n}, nil
}

func (n *nodes) server(urls []string, admit rest.Admit) (*rest.Client, error) {
	if len(urls) == 0 {
		return nil, nil
	}
	opts := n.http
	if n.chainID != "" {
		opts = append(opts[:len(opts):len(opts)], rest.WithAdmit(admit))
	}
	return rest.New(urls, opts...)
}

// At returns a client that reads state as of after block h instead of now: suppliers, applications, gateways, services, params,
// balances, accounts, validators, claims, sessions, difficulties. Nodes keep old states only if they do not prune: [pocket.ErrPruned].
// What is asked by height or hash anyway (blocks, events, transactions) is not touched. h = 0 is now.
func (c *Client) At(h pocket.Height) *Client { return &Client{nodes: c.nodes, height: h} }

// Close closes idle connections. The client stays usable.
func (c *Client) Close() {
	for _, server := range []*rest.Client{c.rpc, c.rest} {
		if server != nil {
			server.Close()
		}
	}
}

// belongs checks that an answer is of the client's chain. Without [WithChainID] the first chain seen is the client's.
func (n *nodes) belongs(a *rest.Answer, chain string) error {
	if n.anyChain {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.chain == "" {
		n.chain = chain
	}
	switch {
	case chain == n.chain:
		return nil
	case chain == "":
		return a.Fail(pocket.ErrMalformed, "the answer does not say of which chain it is")
	default:
		return a.Fail(pocket.ErrWrongChain, fmt.Sprintf("it serves chain %.50q, want %q", chain, n.chain))
	}
}
