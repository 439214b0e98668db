package shannon

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
)

type config struct {
	http     []rest.Option
	log      *slog.Logger
	chainID  string
	anyChain bool
	poll     time.Duration
	socket   bool
}

func defaults() config {
	return config{log: slog.New(slog.DiscardHandler), poll: 10 * time.Second, socket: true}
}

// An Option changes a default of [New].
type Option func(*config)

func pass(opt rest.Option) Option { return func(c *config) { c.http = append(c.http, opt) } }

// WithChainID makes the client ask each node for its chain before its first use, and never use one of another chain: "pocket" is the
// mainnet's, "pocket-lego-testnet" the beta network's. By default the chain of the first block or status that is read is taken for
// granted, and nodes are held to it as far as their answers tell.
func WithChainID(id string) Option { return func(c *config) { c.chainID = id } }

// WithAnyChain takes answers of whatever chain, also when it changes: for a client that watches one node and judges by [Client.Status]
// itself whether that serves the right one. It does not go with [WithChainID].
func WithAnyChain() Option { return func(c *config) { c.anyChain = true } }

// WithLogger reports retries, breaks and banned nodes to log. By default they are not reported.
func WithLogger(log *slog.Logger) Option {
	return func(c *config) {
		c.log = log
		c.http = append(c.http, rest.WithLogger(log))
	}
}

// WithTimeout sets how long one attempt at a small question may take. Default 30 seconds.
func WithTimeout(d time.Duration) Option { return pass(rest.WithTimeout(d)) }

// WithIdle sets how long a node may be silent while it sends block results, before the first byte and between two. A node makes up the
// whole of a large answer before it sends the first byte. How long the whole takes is not limited. Default 1 minute.
func WithIdle(d time.Duration) Option { return pass(rest.WithIdle(d)) }

// WithMaxBody caps answers other than block results, in bytes. A larger one is [pocket.ErrTooLarge]. Default 64 MiB.
func WithMaxBody(n int64) Option { return pass(rest.WithMaxBody(n)) }

// WithMaxStream caps block results, which are read in constant memory, in bytes. Larger ones are [pocket.ErrTooLarge]. Default 4 GiB.
func WithMaxStream(n int64) Option { return pass(rest.WithMaxStream(n)) }

// WithRetries sets how often a question is put to all nodes again after they failed in a way that may pass. Default 3.
func WithRetries(n int) Option { return pass(rest.WithRetries(n)) }

// WithPauses sets the pause before the first such retry, which doubles with each, and the longest. Default 250 milliseconds to 10 seconds.
func WithPauses(first, longest time.Duration) Option { return pass(rest.WithPauses(first, longest)) }

// WithMaxRetryAfter sets the longest wait that a node may ask for and get. When it asks for more, the call ends with
// [pocket.ErrRateLimited], which tells how long. Default 30 seconds.
func WithMaxRetryAfter(d time.Duration) Option { return pass(rest.WithMaxRetryAfter(d)) }

// WithTransport sends requests by t instead of a transport of the client's own.
func WithTransport(t http.RoundTripper) Option { return pass(rest.WithTransport(t)) }

// WithPollInterval sets how often [Client.Heads] looks for a new block when no websocket tells of it; with a live websocket it looks six
// times less often. Default 10 seconds.
func WithPollInterval(d time.Duration) Option { return func(c *config) { c.poll = d } }

// WithoutWebsocket makes [Client.Heads] poll only.
func WithoutWebsocket() Option { return func(c *config) { c.socket = false } }
