package poktscan

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// A Client asks PoktScan. Make one with [New]. It is safe for concurrent use.
type Client struct {
	*shared
	height pocket.Height // state is read as of after this block; 0 for now
}

// shared is what all views of a client share.
type shared struct {
	config
	rest  *rest.Client
	slots chan struct{} // a token for each question that may be on its way
	names *names

	mu        sync.Mutex
	chain     string                     // the chain that all services must serve; "" until known
	functions map[string]map[string]bool // by host: which it was found to have (true) or to lack (false)
	listed    map[string]bool            // hosts that told all their functions, or refused to
	tip       chainTip                   // of the chain, by tipOf
	times     map[string]pocket.Height   // heights by time: see from
}

// New returns a client of the GraphQL services at the URLs endpoint, such as "https://data.pocket.network/graphql". Several must serve the
// same chain; the first that is healthy and has what is asked for is asked. New checks its arguments and opens no connection.
func New(endpoint []string, opts ...Option) (*Client, error) {
	s := &shared{
		config: defaults(), names: newNames(),
		functions: map[string]map[string]bool{}, listed: map[string]bool{}, times: map[string]pocket.Height{},
	}
	s.http = []rest.Option{rest.WithTimeout(defaultTimeout)}
	for _, opt := range opts {
		opt(&s.config)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("PoktScan: %w", err)
	}
	var err error
	if s.rest, err = rest.New(endpoint, append([]rest.Option{rest.WithTransport(s.transport())}, s.http...)...); err != nil {
		return nil, fmt.Errorf("PoktScan: %w", err)
	}
	s.chain = s.chainID
	s.slots = make(chan struct{}, s.inFlight)
	return &Client{shared: s}, nil
}

// transport has as many idle connections as there are questions at a time, so that none is made anew for each.
func (s *shared) transport() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    s.inFlight,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// At returns a client that reads state as of after block h instead of now: suppliers, balances, services and params. The service keeps all
// states since it began to index. What is asked by height, time or hash anyway is not touched. h = 0 is now.
func (c *Client) At(h pocket.Height) *Client { return &Client{shared: c.shared, height: h} }

// past returns a client for what is no state: it has no height.
func (c *Client) past() *Client { return &Client{shared: c.shared} }

// Close closes idle connections. The client stays usable.
func (c *Client) Close() { c.rest.Close() }

// ChainID returns the chain of the service, which is known from [WithChainID] or from its first answer on; "" before.
func (c *Client) ChainID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chain
}

// belongs checks that an answer is of the client's chain. A service that does not tell its chain is believed only as long as nobody
// asked for one.
func (s *shared) belongs(a *rest.Answer, chain string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chain == "" {
		s.chain = strings.Clone(chain)
	}
	switch {
	case chain == s.chain:
		return nil
	case chain == "":
		return a.Fail(pocket.ErrUnavailable, "the service does not say which chain it indexes")
	default:
		return a.Fail(pocket.ErrWrongChain, fmt.Sprintf("it serves chain %.50q, want %q", chain, s.chain))
	}
}

// slot waits for leave to ask: for one of the places of questions on their way, and for the rate. Give it back by calling release.
func (s *shared) slot(ctx context.Context) (release func(), err error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.limiter != nil {
		if err := s.limiter.Wait(ctx); err != nil {
			<-s.slots
			return nil, fmt.Errorf("waiting for the rate of questions: %w", err)
		}
	}
	return func() { <-s.slots }, nil
}
