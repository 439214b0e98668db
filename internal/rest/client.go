package rest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Client asks one of several servers that give the same answers. Make one with [New].
type Client struct {
	config
	http      *http.Client
	endpoints []*endpoint
}

// A Call is one question.
//
// Read gets each answer, whatever its HTTP status, and decodes it. By its error it decides how to go on:
//   - nil: the call is answered.
//   - [pocket.ErrNotFound] or [pocket.ErrInvalid]: that is the answer; nobody else is asked.
//   - [pocket.ErrUnavailable] or [pocket.ErrRateLimited]: the next server is asked, and this one again after a pause.
//   - any other: the next server is asked, and this one no more.
//
// An error that is no *[pocket.APIError] counts as [pocket.ErrMalformed]. Read may be called several times and starts from nothing each
// time.
type Call struct {
	Method string      // "" is GET
	Path   string      // escaped, with a leading slash
	Query  string      // encoded, without the question mark
	Header http.Header // sent along; may be nil
	Body   []byte      // sent; nil for none

	// Repeatable: a request with another method than GET does no harm when it arrives twice. Others are sent once, to one server.
	Repeatable bool
	// Stream: the body is not read whole but left to Read, in [Answer.Stream].
	Stream bool
	Read   func(*Answer) error
}

// New returns a client of the servers at bases: URLs such as "https://node.example/prefix". It checks its arguments and opens no
// connection.
func New(bases []string, opts ...Option) (*Client, error) {
	c := &Client{config: defaults()}
	for _, opt := range opts {
		opt(&c.config)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(bases) == 0 {
		return nil, fmt.Errorf("no URL given: %w", pocket.ErrInvalid)
	}
	for i, text := range bases {
		base, err := ParseBase(text)
		if err != nil {
			if len(bases) > 1 {
				err = fmt.Errorf("URL %d of %d: %w", i+1, len(bases), err)
			}
			return nil, err
		}
		c.endpoints = append(c.endpoints, newEndpoint(base, i))
	}
	if c.transport == nil {
		c.transport = newTransport()
	}
	c.http = &http.Client{Transport: &gate{c}, CheckRedirect: sameHost}
	return c, nil
}

// Do asks call's question and returns once Read is content, or with the error that says most about why nobody could answer.
// It ends early with the context's error when ctx ends.
func (c *Client) Do(ctx context.Context, call Call) error {
	return c.run(ctx, call, c.ranked(time.Now()), false)
}

// Each asks every server that is not banned once, without retries, and returns when all have answered or failed. Those that fell behind the
// newest block among the answers ([Answer.Saw]) are asked last for a while.
func (c *Client) Each(ctx context.Context, call Call) {
	began := time.Now()
	for _, e := range c.endpoints {
		if e.banned() == nil && ctx.Err() == nil {
			if err := c.run(ctx, call, []*endpoint{e}, true); err != nil {
				c.log.Debug("no answer", "host", e.host(), "call", call.Path, "error", err)
			}
		}
	}
	c.compare(began, time.Now())
}

// Preferred returns the base URL of the server that would be asked first, nil when all are banned. It holds the keys of the URL: do not
// show it.
func (c *Client) Preferred() *url.URL {
	order := c.ranked(time.Now())
	if len(order) == 0 {
		return nil
	}
	return order[0].base
}

// URL returns the URL of a call at base, one of the client's.
func URL(base *url.URL, path, query string) *url.URL { return join(base, path, query) }

// Transport returns what requests are sent by, without the deadlines and caps of [Client.Do].
func (c *Client) Transport() http.RoundTripper { return c.transport }

// Len returns how many servers there are.
func (c *Client) Len() int { return len(c.endpoints) }

// Close closes idle connections. The client stays usable.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// sameHost lets a redirect lead elsewhere on the same host only, and never from https back to http.
func sameHost(req *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	upgrade := from.Scheme == "http" && req.URL.Scheme == "https" && from.Port() == "" && req.URL.Port() == "" && from.Hostname() == req.URL.Hostname()
	if len(via) > 3 || !upgrade && (req.URL.Host != from.Host || req.URL.Scheme != from.Scheme) {
		return http.ErrUseLastResponse
	}
	return nil
}
