package morse

import (
	"fmt"
	"sync"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// A Client reads the chain from one or several nodes. Make one with [New]. It is safe for concurrent use. It remembers what it will be
// asked for again, such as parameters and the transactions of watched accounts, in bounded memory.
type Client struct {
	config
	rpc        *rest.Client
	tendermint *rest.Client // nil when no URL was given

	mu       sync.Mutex
	chain    string        // the chain that all nodes must serve; "" until known
	head     pocket.Height // the newest whose state was seen
	looked   time.Time     // when that was looked for
	earliest pocket.Height // the first that can be read; 0 until known

	params   paramBook
	nodes    nodeBook
	accounts accountBook
	claims   claimBook
}

// New returns a client of the nodes whose RPC is at the URLs bases, such as "http://node.example:8081". All are to serve the same chain; of
// several the first that is healthy and fresh is asked. History needs nodes that do not prune. New checks its arguments and opens no
// connection.
func New(bases []string, opts ...Option) (*Client, error) {
	c := &Client{config: defaults()}
	for _, opt := range opts {
		opt(&c.config)
	}
	switch {
	case c.poll <= 0:
		return nil, fmt.Errorf("poll interval %v: want more than 0: %w", c.poll, pocket.ErrInvalid)
	case c.pageSize < 1 || c.pageSize > mostPerPage:
		return nil, fmt.Errorf("page size %d: want 1 to %d: %w", c.pageSize, mostPerPage, pocket.ErrInvalid)
	}
	c.chain = c.chainID
	var err error
	if c.rpc, err = c.server(bases, c.admit); err != nil {
		return nil, fmt.Errorf("RPC: %w", err)
	}
	if len(c.config.tendermint) > 0 {
		if c.tendermint, err = c.server(c.config.tendermint, c.admitTendermint); err != nil {
			return nil, fmt.Errorf("the RPC of Tendermint: %w", err)
		}
	}
	c.params.init(c)
	c.nodes.init(c)
	c.accounts.init(c)
	c.claims.init()
	return c, nil
}

func (c *Client) server(urls []string, admit rest.Admit) (*rest.Client, error) {
	opts := c.http
	if c.chainID != "" {
		opts = append(opts[:len(opts):len(opts)], rest.WithAdmit(admit))
	}
	return rest.New(urls, opts...)
}

// Close closes idle connections. The client stays usable.
func (c *Client) Close() {
	c.rpc.Close()
	if c.tendermint != nil {
		c.tendermint.Close()
	}
}

// belongs checks that an answer is of the client's chain. Without [WithChainID] the first chain seen is the client's.
func (c *Client) belongs(a *rest.Answer, chain string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chain == "" {
		c.chain = chain
	}
	switch {
	case chain == c.chain:
		return nil
	case chain == "":
		return a.Fail(pocket.ErrMalformed, "the answer does not say of which chain it is")
	default:
		return a.Fail(pocket.ErrWrongChain, fmt.Sprintf("it serves chain %.50q, want %q", chain, c.chain))
	}
}
