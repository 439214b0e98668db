package morse

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

type config struct {
	http       []rest.Option
	log        *slog.Logger
	chainID    string
	poll       time.Duration
	pageSize   int
	tendermint []string

	outputPaidUntil, outputPaidFrom pocket.Height // in the node's program, when they are others than mainnet's
}

func defaults() config {
	return config{log: slog.New(slog.DiscardHandler), poll: time.Minute, pageSize: 500}
}

// An Option changes a default of [New].
type Option func(*config)

func pass(opt rest.Option) Option { return func(c *config) { c.http = append(c.http, opt) } }

// WithTendermint adds the Tendermint RPC of the nodes at these URLs (often port 26657). It tells what each proof minted, so that rewards
// are read and not computed. It is to serve the same chain.
func WithTendermint(bases ...string) Option {
	return func(c *config) { c.tendermint = append(c.tendermint, bases...) }
}

// WithChainID makes the client ask each node for its chain before its first use, and never use one of another: "mainnet" is the
// mainnet's, "testnet" the test network's. By default the chain of the first block that is read is taken for granted, and nodes are held
// to it as far as their answers tell.
func WithChainID(id string) Option { return func(c *config) { c.chainID = id } }

// WithLogger reports retries, breaks and banned nodes to log. By default they are not reported.
func WithLogger(log *slog.Logger) Option {
	return func(c *config) {
		c.log = log
		c.http = append(c.http, rest.WithLogger(log))
	}
}

// WithTimeout sets how long one attempt may take. Nodes give up by themselves, mostly after 30 seconds. Default 30 seconds.
func WithTimeout(d time.Duration) Option { return pass(rest.WithTimeout(d)) }

// WithIdle sets how long a node may be silent while it sends [Client.State]. Default 1 minute.
func WithIdle(d time.Duration) Option { return pass(rest.WithIdle(d)) }

// WithMaxBody caps answers other than [Client.State], in bytes. A larger one is [pocket.ErrTooLarge]. Default 64 MiB.
func WithMaxBody(n int64) Option { return pass(rest.WithMaxBody(n)) }

// WithMaxStream caps [Client.State], which is read in little memory, in bytes. Default 4 GiB.
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

// WithPollInterval sets how often [Client.Heads] looks for a new block. Blocks come every quarter of an hour on mainnet. Default 1 minute.
func WithPollInterval(d time.Duration) Option { return func(c *config) { c.poll = d } }

// WithPageSize sets how many transactions are asked for in one answer; of nodes, claims and accounts it is twice as many. A slow node
// that gives up on large pages answers smaller ones. Default 500.
func WithPageSize(n int) Option { return func(c *config) { c.pageSize = n } }
