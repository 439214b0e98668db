package coingeckotest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// perDollar is what a dollar makes in other currencies, in millionths. It never changes.
var perDollar = map[string]int64{
	"USD": 1_000_000, "EUR": 921_000, "GBP": 787_000, "CHF": 884_000, "JPY": 151_000_000, "CAD": 1_362_000, "AUD": 1_518_000, "BRL": 5_470_000,
	"INR": 83_400_000, "KRW": 1_377_000_000, "IDR": 16_050_000_000, "BTC": 15, "ETH": 310,
}

// Currencies returns the codes of the currencies in which there are simulated prices, in order.
func Currencies() []string { return slices.Sorted(maps.Keys(perDollar)) }

// PriceAt returns the simulated price of one POKT in the hour that holds t, and whether there are prices in that currency. It goes up and down about 0.06 dollars
// in slow and fast waves, and is the same on every machine and each time.
func PriceAt(currency string, t time.Time) (decimal.Decimal, bool) {
	rate, known := perDollar[strings.ToUpper(currency)]
	hours := t.Unix() / 3600
	nanodollars := 60_000_000 + wave(hours, 24*173, 24_000_000) + wave(hours, 24*17, 9_000_000) + wave(hours, 31, 2_500_000) + noise(hours)%900_000
	return decimal.New(nanodollars*rate, -15), known
}

// wave goes evenly from -height up to height and back in a period.
func wave(x, period, height int64) int64 {
	place := (x%period + period) % period
	if place > period/2 {
		place = period - place
	}
	return 4*height*place/period - height
}

// noise returns a number that looks like chance.
func noise(x int64) int64 {
	n := uint64(x) * 0x9e3779b97f4a7c15
	n = (n ^ n>>29) * 0xbf58476d1ce4e5b9
	return int64((n ^ n>>32) >> 1)
}

// Simulated is a source of made-up prices, one at each full hour until now: see [PriceAt]. The zero value is ready for use.
type Simulated struct {
	Now func() time.Time // nil is time.Now
}

// Prices yields the simulated prices in the span, oldest first. An open span begins a year before now.
func (s Simulated) Prices(ctx context.Context, currency string, span pocket.Span) iter.Seq2[rewards.Price, error] {
	return func(yield func(rewards.Price, error) bool) {
		now := clock(s.Now)
		code, err := rewards.CurrencyCode(currency)
		if _, known := PriceAt(code, now); err == nil && !known {
			err = fmt.Errorf("%s: no prices are simulated in it: %w", code, rewards.ErrCurrency)
		}
		if err = errors.Join(err, span.Check(), ctx.Err()); err != nil {
			yield(rewards.Price{}, err)
			return
		}
		if span.From.IsZero() {
			span.From = now.AddDate(-1, 0, 0)
		}
		if span.To.IsZero() || span.To.After(now) {
			span.To = now
		}
		for t := firstFrom(span.From, time.Hour); t.Before(span.To); t = t.Add(time.Hour) {
			value, _ := PriceAt(code, t)
			if !yield(rewards.Price{Time: t, Value: value}, nil) {
				return
			}
		}
	}
}

// firstFrom returns the first full step at or after t.
func firstFrom(t time.Time, step time.Duration) time.Time {
	first := t.UTC().Truncate(step)
	if first.Before(t) {
		first = first.Add(step)
	}
	return first
}

func clock(now func() time.Time) time.Time {
	if now == nil {
		return time.Now().UTC()
	}
	return now().UTC()
}
