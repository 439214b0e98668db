package coingecko

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
)

// The roots of CoinGecko's API. A key of one is refused by the other.
const (
	PublicURL = "https://api.coingecko.com/api/v3"     // without a key and with a demo key
	ProURL    = "https://pro-api.coingecko.com/api/v3" // with the key of a paid plan
)

type config struct {
	http      []rest.Option
	transport http.RoundTripper
	key       secret
	pro       bool
	url       string
	coin      string
	calls     int           // a minute; 0 is the default of the plan
	history   time.Duration // how far back prices are told; 0 without a limit
	limited   bool          // history was set
	daily     bool
	now       func() time.Time
}

func defaults() config {
	return config{
		http: []rest.Option{
			rest.WithPauses(time.Second, 30*time.Second), rest.WithMaxRetryAfter(70 * time.Second), rest.WithMaxBody(16 << 20),
		},
		coin: "pocket-network", now: time.Now,
	}
}

// An Option changes a default of [New].
type Option func(*config)

func pass(opt rest.Option) Option { return func(c *config) { c.http = append(c.http, opt) } }

// WithDemoKey sends a free key with each call. An empty one is no key, the default.
func WithDemoKey(key string) Option { return func(c *config) { c.key, c.pro = keep(key), false } }

// WithProKey sends the key of a paid plan with each call, and asks at [ProURL]. An empty one is no key.
func WithProKey(key string) Option { return func(c *config) { c.key, c.pro = keep(key), key != "" } }

// WithURL asks at another root than CoinGecko's own, such as a proxy's. Default [PublicURL], or [ProURL] with [WithProKey].
func WithURL(root string) Option { return func(c *config) { c.url = root } }

// WithCoin sets the API ID of the coin, as its page on CoinGecko shows it. Default "pocket-network".
func WithCoin(id string) Option { return func(c *config) { c.coin = id } }

// WithCallsPerMinute sets how many calls are made in any minute; more have to wait. A repeated call counts as well, as CoinGecko counts it. Default 5 without a
// key, 30 with a demo key, 300 with a paid one: each as much as the smallest plan of its kind has been known to allow.
func WithCallsPerMinute(n int) Option { return func(c *config) { c.calls = n } }

// WithHistory sets how far back the plan lets see, 0 for as far as there is; what lies before is not asked for. Default 365 days, with a paid key without
// a limit.
func WithHistory(d time.Duration) Option { return func(c *config) { c.history, c.limited = d, true } }

// WithDaily asks for one price a day, of 00:00 UTC, instead of each hour's: one call for any span. A settlement's price is then up to
// twelve hours old, or as far ahead.
func WithDaily() Option { return func(c *config) { c.daily = true } }

// WithLogger reports retries to log. By default they are not reported.
func WithLogger(log *slog.Logger) Option { return pass(rest.WithLogger(log)) }

// WithTimeout sets how long one attempt may take. Default 30 seconds.
func WithTimeout(d time.Duration) Option { return pass(rest.WithTimeout(d)) }

// WithRetries sets how often a call is repeated that failed in a way that may pass. Default 3.
func WithRetries(n int) Option { return pass(rest.WithRetries(n)) }

// WithPauses sets the pause before the first repetition, which doubles with each, and the longest. Default 1 to 30 seconds.
func WithPauses(first, longest time.Duration) Option { return pass(rest.WithPauses(first, longest)) }

// WithMaxRetryAfter sets the longest wait that CoinGecko may ask for and get. When it asks for more, the call ends with
// pocket.ErrRateLimited, which tells how long. Default 70 seconds.
func WithMaxRetryAfter(d time.Duration) Option { return pass(rest.WithMaxRetryAfter(d)) }

// WithTransport sends requests by t instead of a transport of the client's own.
func WithTransport(t http.RoundTripper) Option { return func(c *config) { c.transport = t } }

// WithClock sets what tells the time, by which the plan's limit is reckoned. Default time.Now.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// A secret is a key, in a function so that it does not show when a client is printed. The nil secret is no key.
type secret func() string

func keep(key string) secret {
	if key == "" {
		return nil
	}
	return func() string { return key }
}

func (s secret) reveal() string {
	if s == nil {
		return ""
	}
	return s()
}
