package poktscan

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

type config struct {
	http      []rest.Option
	log       *slog.Logger
	key       secret
	keyHeader string
	agent     string
	chainID   string
	pageSize  int
	inFlight  int
	limiter   *rate.Limiter // nil is no limit
	lag       pocket.Height
	tipOf     func(context.Context) (pocket.Height, error)
	kinds     []pocket.Kind
	now       func() time.Time
}

func defaults() config {
	return config{
		log:      slog.New(slog.DiscardHandler),
		agent:    "poktbot (+https://github.com/poktbot/poktbot)",
		pageSize: 1000,
		inFlight: 4,
		limiter:  rate.NewLimiter(20, 20),
		lag:      5,
		kinds:    usualKinds,
		now:      time.Now,
	}
}

func (c *config) check() error {
	switch {
	case c.pageSize < 1:
		return fmt.Errorf("pages of %d rows: want 1 or more: %w", c.pageSize, pocket.ErrInvalid)
	case c.inFlight < 1:
		return fmt.Errorf("%d pages in flight: want 1 or more: %w", c.inFlight, pocket.ErrInvalid)
	case c.key.text != "" && !validHeader(c.keyHeader, c.key.text):
		return fmt.Errorf("the key cannot be sent in header %q: it holds line breaks or the name is none: %w", c.keyHeader, pocket.ErrInvalid)
	}
	return checkKinds(c.kinds)
}

// An Option changes a default of [New].
type Option func(*config)

func pass(opt rest.Option) Option { return func(c *config) { c.http = append(c.http, opt) } }

// WithKey sends a key with every question, bare in the header Authorization, without the word Bearer: so the services that want one want
// it. It appears in no error and no log. By default none is sent, and the public services need none.
func WithKey(key string) Option { return WithKeyHeader("Authorization", key) }

// WithKeyHeader sends a key in a header of that name instead.
func WithKeyHeader(name, key string) Option {
	return func(c *config) { c.keyHeader, c.key = http.CanonicalHeaderKey(name), secret{key} }
}

// WithUserAgent says who asks. Default "poktbot (+https://github.com/poktbot/poktbot)".
func WithUserAgent(agent string) Option { return func(c *config) { c.agent = agent } }

// WithChainID accepts only a service of that chain: "pocket" is the mainnet's, "pocket-lego-testnet" the beta network's. By default the
// chain of the first answer is taken for granted, and all services are held to it. An answer of another chain is [pocket.ErrWrongChain],
// and its service is not asked again.
func WithChainID(id string) Option { return func(c *config) { c.chainID = id } }

// WithPageSize sets how many rows a page is asked to have. A service gives fewer, without a word, when its own limit is lower: 1000 on
// the public ones, 100 by default. Default 1000.
func WithPageSize(n int) Option { return func(c *config) { c.pageSize = n } }

// WithPagesInFlight sets how many questions may be on their way at the same time. Default 4.
func WithPagesInFlight(n int) Option { return func(c *config) { c.inFlight = n } }

// WithRate sets how many questions may be asked a second, on average; 0 is as many as there are answers. Default 20. No quota of the public
// services is known.
func WithRate(perSecond float64) Option {
	return func(c *config) {
		c.limiter = nil
		if perSecond > 0 {
			c.limiter = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
		}
	}
}

// WithLag sets by how many blocks the indexer may be behind the chain for its word on how things are now to be taken: beyond that the
// answer is a [LagError]. Negative takes it always. Default 5. The past is told whatever the lag, with an [AsOf].
func WithLag(blocks int64) Option { return func(c *config) { c.lag = pocket.Height(blocks) } }

// WithTipOf lets the indexer be measured by a chain: tip returns its newest height. What the indexer itself takes for the chain's tip
// stands still when it, or its node, does. By default only the indexer is asked. An error of tip is logged and goes no further.
func WithTipOf(tip func(context.Context) (pocket.Height, error)) Option {
	return func(c *config) { c.tipOf = tip }
}

// WithKinds sets which kinds of events [Client.Told] tells: those of [Kinds]. By default all but claim creations, proof submissions and
// proof checks, which are three rows more for each claim and in no sum.
func WithKinds(kinds ...pocket.Kind) Option { return func(c *config) { c.kinds = kinds } }

// WithClock tells the time by now instead of the machine's clock: it decides whether the newest block is stale.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// WithLogger reports retries, lags and what the service lacks to log. By default they are not reported.
func WithLogger(log *slog.Logger) Option {
	return func(c *config) {
		c.log = log
		c.http = append(c.http, rest.WithLogger(log))
	}
}

// WithTimeout sets how long one attempt at a question may take. Services cancel a statement after 30 seconds. Default 45 seconds.
func WithTimeout(d time.Duration) Option { return pass(rest.WithTimeout(d)) }

// WithMaxBody caps an answer, in bytes. A larger one is [pocket.ErrTooLarge]. Default 64 MiB.
func WithMaxBody(n int64) Option { return pass(rest.WithMaxBody(n)) }

// WithRetries sets how often a question is put to all services again after they failed in a way that may pass. Default 3.
func WithRetries(n int) Option { return pass(rest.WithRetries(n)) }

// WithPauses sets the pause before the first such retry, which doubles with each, and the longest. Default 250 milliseconds to 10 seconds.
func WithPauses(first, longest time.Duration) Option { return pass(rest.WithPauses(first, longest)) }

// WithMaxRetryAfter sets the longest wait that a service may ask for and get. When it asks for more, the call ends with
// [pocket.ErrRateLimited], which tells how long. Default 30 seconds.
func WithMaxRetryAfter(d time.Duration) Option { return pass(rest.WithMaxRetryAfter(d)) }

// WithTransport sends requests by t instead of a transport of the client's own.
func WithTransport(t http.RoundTripper) Option { return pass(rest.WithTransport(t)) }

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// validHeader tells whether a name and value can be sent as a header.
func validHeader(name, value string) bool {
	return headerName.MatchString(name) && !strings.ContainsFunc(value, unicode.IsControl)
}
