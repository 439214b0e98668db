package rest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

type config struct {
	log           *slog.Logger
	transport     http.RoundTripper
	timeout       time.Duration
	idle          time.Duration
	maxBody       int64
	maxStream     int64
	retries       int
	minPause      time.Duration
	maxPause      time.Duration
	maxRetryAfter time.Duration
	recheck       time.Duration
	lag           int64
	admit         Admit
}

func defaults() config {
	return config{
		log:           slog.New(slog.DiscardHandler),
		timeout:       30 * time.Second,
		idle:          time.Minute,
		maxBody:       64 << 20,
		maxStream:     4 << 30,
		retries:       3,
		minPause:      250 * time.Millisecond,
		maxPause:      10 * time.Second,
		maxRetryAfter: 30 * time.Second,
		recheck:       time.Minute,
		lag:           3,
	}
}

func (c config) check() error {
	switch {
	case c.timeout <= 0, c.idle <= 0:
		return fmt.Errorf("timeout of %v and %v of silence: both must be above 0: %w", c.timeout, c.idle, pocket.ErrInvalid)
	case c.maxBody <= 0, c.maxStream <= 0:
		return fmt.Errorf("body caps of %d and %d bytes: both must be above 0: %w", c.maxBody, c.maxStream, pocket.ErrInvalid)
	case c.retries < 0:
		return fmt.Errorf("%d retries: want 0 or more: %w", c.retries, pocket.ErrInvalid)
	case c.minPause < 0, c.maxPause < c.minPause:
		return fmt.Errorf("pauses from %v to %v: want 0 or more, the longer one last: %w", c.minPause, c.maxPause, pocket.ErrInvalid)
	}
	return nil
}

// An Option changes a default of [New].
type Option func(*config)

// WithLogger reports failures and retries to log. By default they are not reported.
func WithLogger(log *slog.Logger) Option { return func(c *config) { c.log = log } }

// WithTransport sends requests by t. By default each client has its own [http.Transport] with the standard library's settings.
func WithTransport(t http.RoundTripper) Option { return func(c *config) { c.transport = t } }

// WithTimeout sets how long one attempt may take, from dialling to the last byte of a body that is read whole. Default 30 seconds.
func WithTimeout(d time.Duration) Option { return func(c *config) { c.timeout = d } }

// WithIdle sets how long a stream may be silent, before its first byte and between two. How long it lasts is not limited. Default 1 minute.
func WithIdle(d time.Duration) Option { return func(c *config) { c.idle = d } }

// WithMaxBody caps a body that is read whole, in bytes after decompression. Default 64 MiB.
func WithMaxBody(n int64) Option { return func(c *config) { c.maxBody = n } }

// WithMaxStream caps a body that is read as a stream, in bytes after decompression. Default 4 GiB.
func WithMaxStream(n int64) Option { return func(c *config) { c.maxStream = n } }

// WithRetries sets how many more rounds over all servers follow a first that failed. Default 3.
func WithRetries(n int) Option { return func(c *config) { c.retries = n } }

// WithPauses sets the pause after the first failed round, which doubles with each, and the longest. Each is shortened by chance, by up to
// a half. Default 250 milliseconds to 10 seconds.
func WithPauses(first, longest time.Duration) Option {
	return func(c *config) { c.minPause, c.maxPause = first, longest }
}

// WithMaxRetryAfter sets the longest wait that a server may ask for and get. When it asks for more, the call ends with
// [pocket.ErrRateLimited], which tells how long. Default 30 seconds.
func WithMaxRetryAfter(d time.Duration) Option { return func(c *config) { c.maxRetryAfter = d } }

// WithRecheck sets how long a server that was slow or behind the others is asked last. Default 1 minute.
func WithRecheck(d time.Duration) Option { return func(c *config) { c.recheck = d } }

// An Admit decides about a server before its first use. It asks the server itself by ask, which tries once and only there. An error that is
// [pocket.ErrWrongChain] bans the server for ever; any other is a failure that passes.
type Admit func(ctx context.Context, ask func(context.Context, Call) error) error

// WithAdmit lets admit decide about each server before its first use. By default all are used.
func WithAdmit(admit Admit) Option { return func(c *config) { c.admit = admit } }

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
}
