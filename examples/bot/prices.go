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

// prices returns what POKT was worth from a moment until now; from the first block that is known when from is zero. It returns nil when no
// currency is configured. That a source could not tell all of them is no error: what has no price is said to have none.
func (b *Bot) prices(ctx context.Context, from time.Time) (*rewards.Prices, error) {
	if b.priceSource == nil {
		return nil, nil
	}
	if from.IsZero() {
		var err error
		if from, err = b.firstBlock(ctx); err != nil {
			return nil, err
		}
	}
	now := b.now()
	b.mu.Lock()
	kept := b.loaded
	b.mu.Unlock()
	if kept.prices != nil && !kept.from.After(from) && now.Sub(kept.at).Abs() < pricesKept {
		return kept.prices, nil
	}
	if kept.prices != nil && kept.from.Before(from) {
		from = kept.from // a longer past serves every question
	}
	loaded, err := rewards.LoadPrices(ctx, b.priceSource, b.config.Prices.Currency, pocket.Span{From: from, To: now})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("prices: %w", err)
	}
	b.mu.Lock()
	b.loaded = loadedPrices{loaded, from, now}
	b.mu.Unlock()
	return loaded, nil
}

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
	return c.bot.prices(c.ctx, span.From)
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

// openPrices makes the source of prices that the configuration asks for: none without a currency.
func (b *Bot) openPrices(context.Context) error {
	p := b.config.Prices
	if p.Currency == "" {
		return nil
	}
	if b.simulated {
		b.priceSource = coingeckotest.Simulated{Now: b.now}
		return nil
	}
	names := p.Sources
	if len(names) == 0 {
		names = []string{"coingecko"}
		if p.File != "" {
			names = []string{"file", "coingecko"} // who writes a file means it
		}
	}
	var sources []rewards.PriceSource
	for _, name := range names {
		if name == "file" {
			prices, err := rewards.OpenPrices(p.File, p.Currency)
			if err != nil {
				return fmt.Errorf("prices.file: %w", err)
			}
			sources = append(sources, prices)
			continue
		}
		client, err := coingecko.New(b.geckoOptions()...)
		if err != nil {
			return fmt.Errorf("prices.coingecko: %w", err)
		}
		b.closers = append(b.closers, func() error { client.Close(); return nil })
		sources = append(sources, b.store.CachedPrices(client, "coingecko "+p.CoinGecko.Coin))
	}
	b.priceSource = rewards.FirstOf(sources...)
	return nil
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
