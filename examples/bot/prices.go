package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
	"github.com/poktbot/poktbot/rewards/coingecko"
	"github.com/poktbot/poktbot/rewards/coingecko/coingeckotest"
)

// pricesKept is how long loaded prices are used before the source is asked for newer ones.
const pricesKept = 5 * time.Minute

// loadedPrices are the prices of a span, and when they were loaded.
type loadedPrices struct {
	prices *rewards.Prices
	from   time.Time
	at     time.Time
}

// prices returns what POKT was worth in a currency from a moment until now; from the first block that is known when from is zero. It returns
// nil without a currency. That a source could not tell all of them is no error: what has no price is said to have none.
func (b *Bot) prices(ctx context.Context, currency string, from time.Time) (*rewards.Prices, error) {
	source, err := b.priceSource(currency)
	if source == nil || err != nil {
		return nil, err
	}
	if from.IsZero() {
		if from, err = b.firstBlock(ctx); err != nil {
			return nil, err
		}
	}
	now := b.now()
	b.mu.Lock()
	kept := b.loaded[currency]
	b.mu.Unlock()
	if kept.prices != nil && !kept.from.After(from) && now.Sub(kept.at).Abs() < pricesKept {
		return kept.prices, nil
	}
	if kept.prices != nil && kept.from.Before(from) {
		from = kept.from // a longer past serves every question
	}
	loaded, err := rewards.LoadPrices(ctx, source, currency, pocket.Span{From: from, To: now})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("prices: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loaded == nil || len(b.loaded) > maxCurrencies {
		b.loaded = map[string]loadedPrices{}
	}
	b.loaded[currency] = loadedPrices{loaded, from, now}
	return loaded, nil
}

// maxCurrencies is of how many currencies prices are held at once.
const maxCurrencies = 30

// firstBlock returns when the first block that is known was made, now when none is.
func (b *Bot) firstBlock(ctx context.Context) (time.Time, error) {
	first := b.now()
	for _, store := range b.stores() {
		for block, err := range store.Blocks(ctx, pocket.Span{}) {
			if err != nil {
				return time.Time{}, fmt.Errorf("prices: %w", err)
			}
			if block.Time.Before(first) {
				first = block.Time
			}
			break
		}
	}
	return first, nil
}

// pricesOf returns the prices for a span that was asked for.
func (c *call) pricesOf(span pocket.Span) (*rewards.Prices, error) {
	return c.bot.prices(c.ctx, c.currency, span.From)
}

// priceNotes says what a reader must know of the prices in a reply: of which times there are none, and why.
func (c *call) priceNotes(prices *rewards.Prices, span pocket.Span) []string {
	if prices == nil {
		return nil
	}
	var notes []string
	for _, gap := range prices.Missing() {
		if !span.To.IsZero() && !gap.From.Before(span.To) || !gap.To.IsZero() && !gap.To.After(span.From) {
			continue
		}
		notes = append(notes, report.Line(gap.String(), 300))
		if len(notes) == maxPriceNotes {
			break
		}
	}
	return notes
}

// maxPriceNotes is how many gaps are told one by one: they are alike.
const maxPriceNotes = 2

// checkPrices returns what is wrong with the configuration of prices.
func (c *Config) checkPrices() error {
	p := &c.Prices
	var errs []error
	if p.Currency != "" && !isCurrency(p.Currency) {
		errs = append(errs, c.fault("prices.currency", "%q; want a code such as EUR or USD", clip(p.Currency)))
	}
	for i, name := range p.Sources {
		switch {
		case slices.Contains(p.Sources[:i], name):
			errs = append(errs, c.fault("prices.sources", "%s is there twice", clip(name)))
		case name == "file" && p.File == "":
			errs = append(errs, c.fault("prices.sources", "file, but prices.file names none"))
		default:
			errs = append(errs, c.checkChoice("prices.sources", name, "file", "coingecko"))
		}
	}
	errs = append(errs, c.checkChoice("prices.coingecko.plan", p.CoinGecko.Plan, "free", "demo", "pro"))
	if p.CoinGecko.Plan != "free" && p.CoinGecko.Key.IsZero() {
		errs = append(errs, c.fault("prices.coingecko.plan", "%s, but prices.coingecko.key is empty", p.CoinGecko.Plan))
	}
	return errors.Join(errs...)
}

// isCurrency reports whether a code looks like one: CoinGecko knows some that are longer than ISO's.
func isCurrency(code string) bool {
	return len(code) >= 2 && len(code) <= 8 && strings.IndexFunc(strings.ToUpper(code), func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) < 0
}

// priceSources are the names of the configuration's sources, in the order in which they are believed.
func (b *Bot) priceSources() []string {
	p := b.config.Prices
	switch {
	case len(p.Sources) > 0:
		return p.Sources
	case p.File != "":
		return []string{"file", "coingecko"} // who writes a file means it
	}
	return []string{"coingecko"}
}

// openPrices makes the client of CoinGecko, unless the configuration does without it. Nobody is asked before somebody wants a currency.
func (b *Bot) openPrices(context.Context) error {
	if b.simulated || !slices.Contains(b.priceSources(), "coingecko") {
		_, err := b.priceSource(strings.ToUpper(b.config.Prices.Currency))
		return err
	}
	client, err := coingecko.New(b.geckoOptions()...)
	if err != nil {
		return fmt.Errorf("prices.coingecko: %w", err)
	}
	b.closers = append(b.closers, func() error { client.Close(); return nil })
	b.gecko = b.store.CachedPrices(client, "coingecko "+b.config.Prices.CoinGecko.Coin)
	_, err = b.priceSource(strings.ToUpper(b.config.Prices.Currency)) // what is wrong with a file is said before anything is read
	return err
}

// priceSource returns who tells prices in a currency, nil without a currency.
func (b *Bot) priceSource(currency string) (rewards.PriceSource, error) {
	if currency == "" {
		return nil, nil
	}
	if b.simulated {
		return coingeckotest.Simulated{Now: b.now}, nil
	}
	var sources []rewards.PriceSource
	for _, name := range b.priceSources() {
		switch {
		case name == "coingecko":
			sources = append(sources, b.gecko)
		case strings.EqualFold(currency, b.config.Prices.Currency): // a file is in one currency
			prices, err := rewards.OpenPrices(b.config.Prices.File, b.config.Prices.Currency)
			if err != nil {
				return nil, fmt.Errorf("prices.file: %w", err)
			}
			sources = append(sources, prices)
		}
	}
	return rewards.FirstOf(sources...), nil
}

// pricesIn reports whether there is anybody to tell prices in a currency.
func (b *Bot) pricesIn(currency string) bool {
	return b.simulated || b.gecko != nil || strings.EqualFold(currency, b.config.Prices.Currency)
}

func (b *Bot) geckoOptions() []coingecko.Option {
	p := b.config.Prices.CoinGecko
	options := []coingecko.Option{coingecko.WithCoin(p.Coin), coingecko.WithLogger(b.log)}
	switch p.Plan {
	case "demo":
		options = append(options, coingecko.WithDemoKey(p.Key.Reveal()))
	case "pro":
		options = append(options, coingecko.WithProKey(p.Key.Reveal()))
	}
	if !p.URL.IsZero() {
		options = append(options, coingecko.WithURL(p.URL.Reveal()))
	}
	return options
}
