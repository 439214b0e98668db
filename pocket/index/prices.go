package index

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A PriceCache is a [rewards.PriceSource] that keeps for good what another source told. It asks that one for whole UTC days, only for those that the
// index does not have, and of the same day never again once it is over: an hour after midnight, since sources tell the last hours late. Today's
// prices, and yesterday's until then, may still change; they are asked for anew after ten minutes.
//
// When the source fails, the cache tells what it has, and what is missing and why by *[rewards.MissingPrices]; so it does when the source
// does. Only a currency that the source does not know is an error. It asks for a month or two at a time and keeps each, the newest first,
// so that a long past is fetched in steps, whatever interrupts it.
//
// A cache is safe for concurrent use, and several processes may share the index. Nothing that is worth something is stored, only prices: another currency
// is other rows.
type PriceCache struct {
	x      *Index
	source rewards.PriceSource
	name   string
	priceConfig

	turn  chan struct{}                 // who has it may ask the source
	asked map[string]map[int64]askedDay // by currency and day; with the turn
}

type priceConfig struct {
	refresh  time.Duration
	retry    time.Duration
	patience time.Duration
	now      func() time.Time
}

// A PriceOption changes a default of [Index.CachedPrices].
type PriceOption func(*priceConfig)

// RefreshPrices sets for how long prices of today are good, before the source is asked for them anew. Default ten minutes.
func RefreshPrices(d time.Duration) PriceOption { return func(c *priceConfig) { c.refresh = d } }

// RetryPrices sets for how long a source that failed is not asked again, unless it asks for a longer rest itself. Default one minute.
func RetryPrices(d time.Duration) PriceOption { return func(c *priceConfig) { c.retry = d } }

// PricePatience sets how long one question waits for the source, before it is answered with what is known; the next goes on where that
// stopped. Default thirty seconds. A program that begins may fetch a long past with more of it.
func PricePatience(d time.Duration) PriceOption { return func(c *priceConfig) { c.patience = d } }

// PriceClock sets what tells the time. Default time.Now.
func PriceClock(now func() time.Time) PriceOption { return func(c *priceConfig) { c.now = now } }

// CachedPrices returns a source that keeps in x what source tells, under a name such as "coingecko": prices of different names do not mix. Sources
// that are files need no cache.
func (x *Index) CachedPrices(source rewards.PriceSource, name string, opts ...PriceOption) *PriceCache {
	c := &PriceCache{
		x: x, source: source, name: clean(name), turn: make(chan struct{}, 1), asked: map[string]map[int64]askedDay{},
		priceConfig: priceConfig{refresh: 10 * time.Minute, retry: time.Minute, patience: 30 * time.Second, now: time.Now},
	}
	for _, opt := range opts {
		opt(&c.priceConfig)
	}
	return c
}

// beginOfPrices is the day on which the Pocket network began: no POKT was sold before.
var beginOfPrices = dayOf(time.Date(2020, 7, 28, 0, 0, 0, 0, time.UTC))

// Prices yields what is known in the span, oldest first, after it has asked the source for what is missing. An open span reaches from the beginning
// of Pocket until now.
func (c *PriceCache) Prices(ctx context.Context, currency string, span pocket.Span) iter.Seq2[rewards.Price, error] {
	return func(yield func(rewards.Price, error) bool) {
		prices, err := c.prices(ctx, currency, span)
		for _, p := range prices {
			if !yield(p, nil) {
				return
			}
		}
		if err != nil {
			yield(rewards.Price{}, err)
		}
	}
}

func (c *PriceCache) prices(ctx context.Context, currency string, span pocket.Span) ([]rewards.Price, error) {
	code, err := rewards.CurrencyCode(currency)
	if err == nil && c.name == "" {
		err = fmt.Errorf("cached prices need the name of their source: %w", pocket.ErrInvalid)
	}
	if err = errors.Join(err, span.Check()); err != nil {
		return nil, fmt.Errorf("index: prices: %w", err)
	}
	now := c.now().UTC()
	if begin := dayStart(beginOfPrices); span.From.Before(begin) {
		span.From = begin
	}
	if span.To.IsZero() || span.To.After(now) {
		span.To = now
	}
	if !span.From.Before(span.To) {
		return nil, nil
	}
	gaps, err := c.fill(ctx, &priceQuestion{code: code, span: span, now: now})
	if err != nil {
		return nil, err
	}
	prices, err := c.x.storedPrices(ctx, c.name, code, span)
	if err == nil && len(gaps) > 0 {
		err = &rewards.MissingPrices{Gaps: gaps}
	}
	return prices, err
}

// dayOf returns the UTC day that holds t, counted from 1970.
func dayOf(t time.Time) int64 { return slotOf(micros(t), day) }

// dayStart returns when a day begins.
func dayStart(d int64) time.Time { return timeOf(d * day) }
