package coingecko

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A Client asks CoinGecko. Make one with [New]. It is safe for concurrent use and makes one call at a time.
type Client struct {
	config
	rest *rest.Client
	pace *pace
}

var _ rewards.PriceSource = (*Client)(nil)

var coinID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// New returns a client. It checks its arguments and opens no connection.
func New(opts ...Option) (*Client, error) {
	c := &Client{config: defaults()}
	for _, opt := range opts {
		opt(&c.config)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("CoinGecko: %w", err)
	}
	c.complete()
	c.pace = newPace(c.transport, c.calls)
	var err error
	if c.rest, err = rest.New([]string{c.url}, append(c.http, rest.WithTransport(c.pace))...); err != nil {
		return nil, fmt.Errorf("CoinGecko: %w", err)
	}
	return c, nil
}

func (c *config) check() error {
	switch {
	case !coinID.MatchString(c.coin):
		return fmt.Errorf("coin %.40q: want its API ID, such as pocket-network: %w", c.coin, pocket.ErrInvalid)
	case strings.ContainsFunc(c.key.reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("the key has characters that no key has: was it copied whole?: %w", pocket.ErrInvalid)
	case c.calls < 0:
		return fmt.Errorf("%d calls a minute: want 1 or more: %w", c.calls, pocket.ErrInvalid)
	case c.history < 0:
		return fmt.Errorf("a history of %v: want 0 or more: %w", c.history, pocket.ErrInvalid)
	}
	return nil
}

// complete sets what goes by the plan.
func (c *config) complete() {
	calls := 5
	switch {
	case c.pro:
		calls = 300
	case c.key != nil:
		calls = 30
	}
	if c.calls == 0 {
		c.calls = calls
	}
	if c.url == "" {
		c.url = PublicURL
		if c.pro {
			c.url = ProURL
		}
	}
	if !c.limited && !c.pro {
		c.history = 365 * 24 * time.Hour
	}
	if c.transport == nil {
		c.transport = http.DefaultTransport.(*http.Transport).Clone()
	}
}

// Close closes idle connections. The client stays usable.
func (c *Client) Close() { c.rest.Close() }

// Latest returns what POKT costs now, and when CoinGecko last saw it change. The error wraps [rewards.ErrCurrency] when it does not know the currency.
func (c *Client) Latest(ctx context.Context, currency string) (rewards.Price, error) {
	code, err := rewards.CurrencyCode(currency)
	if err != nil {
		return rewards.Price{}, err
	}
	var price rewards.Price
	query := url.Values{
		"ids": {c.coin}, "vs_currencies": {strings.ToLower(code)}, "precision": {"full"}, "include_last_updated_at": {"true"},
	}
	err = c.call(ctx, "/simple/price", query, func(a *rest.Answer) error {
		var coins map[string]map[string]json.Number
		if err := a.JSON(&coins); err != nil {
			return err
		}
		fields, known := coins[c.coin]
		if !known {
			return c.fail(a, pocket.ErrNotFound, 0, "it has no coin "+c.coin, ErrCoin)
		}
		number, known := fields[strings.ToLower(code)]
		if !known {
			return c.fail(a, pocket.ErrInvalid, 0, "it has no prices in "+code, rewards.ErrCurrency)
		}
		seconds, err := fields["last_updated_at"].Int64()
		if err != nil {
			return a.Fail(pocket.ErrMalformed, "the price does not tell when it was seen")
		}
		price.Time = time.Unix(seconds, 0).UTC()
		if price.Value, err = decimal.NewFromString(number.String()); err != nil || price.Check() != nil {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("the price %.40q is none", number))
		}
		return nil
	})
	if err != nil {
		return rewards.Price{}, err
	}
	return price, nil
}

// Currencies returns the codes of all currencies in which CoinGecko knows prices, in upper case and in order; beside those of countries there are
// some of coins, metals and parts of a bitcoin.
func (c *Client) Currencies(ctx context.Context) ([]string, error) {
	var codes []string
	err := c.call(ctx, "/simple/supported_vs_currencies", nil, func(a *rest.Answer) error {
		codes = nil
		if err := a.JSON(&codes); err != nil {
			return err
		}
		for i, code := range codes {
			var err error
			if codes[i], err = rewards.CurrencyCode(code); err != nil {
				return a.Fail(pocket.ErrMalformed, err.Error())
			}
		}
		return nil
	})
	slices.Sort(codes)
	return codes, err
}

// call asks and hands the good answer to read.
func (c *Client) call(ctx context.Context, path string, query url.Values, read func(*rest.Answer) error) error {
	header := http.Header{}
	switch {
	case c.pro:
		header.Set("x-cg-pro-api-key", c.key.reveal())
	case c.key != nil:
		header.Set("x-cg-demo-api-key", c.key.reveal())
	}
	if err := c.pace.begin(ctx); err != nil {
		return fmt.Errorf("CoinGecko: %s: %w", path, err)
	}
	defer c.pace.end()
	return c.rest.Do(ctx, rest.Call{Path: path, Query: query.Encode(), Header: header, Read: func(a *rest.Answer) error {
		if a.Status != http.StatusOK {
			return c.refusal(a)
		}
		return read(a)
	}})
}
