package coingecko

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

const (
	hour = time.Hour
	day  = 24 * hour

	// CoinGecko answers with prices of each hour when the span has two to ninety days: of less, if it ends now, of each five minutes; of more, of each day.
	longest  = 89 * day
	shortest = 2*day + hour

	// slack is what our clock and CoinGecko's may differ by at the limit of a plan.
	slack = hour
)

// noEarlier is when the Pocket network began: no POKT was sold before.
var noEarlier = time.Date(2020, 7, 28, 0, 0, 0, 0, time.UTC)

// Prices yields the price of each hour in the span, or of each day with [WithDaily], oldest first, asking for part after part as the loop needs them. Of
// today the newest may be one of this very minute. An open span reaches from the beginning of Pocket until now.
//
// What the plan does not reach is told last, by a *[rewards.MissingPrices] whose reason is [ErrHistory]. Other errors end it: see [ErrKey] and the others.
func (c *Client) Prices(ctx context.Context, currency string, span pocket.Span) iter.Seq2[rewards.Price, error] {
	return func(yield func(rewards.Price, error) bool) {
		code, err := rewards.CurrencyCode(currency)
		if err = errors.Join(err, span.Check()); err != nil {
			yield(rewards.Price{}, err)
			return
		}
		known, gaps := c.known(span)
		for _, part := range c.parts(known) {
			prices, err := c.ask(ctx, code, part)
			switch {
			case errors.Is(err, ErrHistory):
				gaps = append(gaps, rewards.Gap{Span: part, Err: err})
			case err != nil:
				yield(rewards.Price{}, err)
				return
			}
			for _, price := range prices {
				if !yield(price, nil) {
					return
				}
			}
		}
		if len(gaps) > 0 {
			yield(rewards.Price{}, &rewards.MissingPrices{Gaps: gaps})
		}
	}
}

// known returns the part of a span that the plan reaches, which is not open, and what lies before that.
func (c *Client) known(span pocket.Span) (pocket.Span, []rewards.Gap) {
	now := c.now().UTC()
	if span.From.Before(noEarlier) {
		span.From = noEarlier
	}
	if span.To.IsZero() || span.To.After(now) {
		span.To = now
	}
	limit := c.limit(now)
	if !span.From.Before(limit) || !span.From.Before(span.To) {
		return span, nil
	}
	before := pocket.Span{From: span.From, To: limit}
	if span.To.Before(limit) {
		before.To = span.To
	}
	span.From = before.To
	return span, []rewards.Gap{{Span: before, Err: ErrHistory}}
}

// limit returns the first moment that the plan reaches.
func (c *Client) limit(now time.Time) time.Time {
	if c.history == 0 {
		return noEarlier
	}
	return now.Add(slack - c.history)
}

// parts cuts a span into those that one answer can hold.
func (c *Client) parts(span pocket.Span) (parts []pocket.Span) {
	for span.From.Before(span.To) {
		part := span
		if end := span.From.Add(longest); !c.daily && end.Before(span.To) {
			part.To = end
		}
		parts = append(parts, part)
		span.From = part.To
	}
	return parts
}

// ask returns the prices of one part, oldest first.
func (c *Client) ask(ctx context.Context, code string, part pocket.Span) ([]rewards.Price, error) {
	asked := c.widened(part)
	query := url.Values{
		"vs_currency": {strings.ToLower(code)}, "precision": {"full"},
		"from": {strconv.FormatInt(asked.From.Unix(), 10)}, "to": {strconv.FormatInt(asked.To.Add(time.Second-1).Unix(), 10)},
	}
	if c.daily {
		query.Set("interval", "daily")
	}
	var prices []rewards.Price
	err := c.call(ctx, "/coins/"+c.coin+"/market_chart/range", query, func(a *rest.Answer) error {
		var err error
		prices, err = chart(a, part)
		return err
	})
	return prices, err
}

// widened makes a part long enough for prices of each hour.
func (c *Client) widened(part pocket.Span) pocket.Span {
	if c.daily || part.To.Sub(part.From) >= shortest {
		return part
	}
	now := c.now().UTC()
	if limit := c.limit(now); part.To.Add(-shortest).After(limit) {
		part.From = part.To.Add(-shortest)
	} else if part.From = limit; now.After(limit.Add(shortest)) {
		part.To = limit.Add(shortest)
	}
	return part
}

// chart reads the prices in a span. A moment that CoinGecko has no price for is left out, be it null or 0.
func chart(a *rest.Answer, span pocket.Span) ([]rewards.Price, error) {
	var body struct {
		Prices [][]json.Number `json:"prices"`
	}
	if err := a.JSON(&body); err != nil {
		return nil, err
	}
	if body.Prices == nil {
		return nil, a.Fail(pocket.ErrMalformed, "the answer has no prices")
	}
	prices := make([]rewards.Price, 0, len(body.Prices))
	for i, point := range body.Prices {
		price, known, err := read(point)
		if err != nil {
			return nil, a.Fail(pocket.ErrMalformed, fmt.Sprintf("price %d of %d: %v", i+1, len(body.Prices), err))
		}
		if known && span.Contains(price.Time) {
			prices = append(prices, price)
		}
	}
	slices.SortStableFunc(prices, func(a, b rewards.Price) int { return a.Time.Compare(b.Time) })
	return prices, nil
}

// read reads a pair of milliseconds and a price.
func read(point []json.Number) (price rewards.Price, known bool, err error) {
	if len(point) != 2 {
		return price, false, fmt.Errorf("want a time and a price, got %d numbers", len(point))
	}
	milliseconds, err := point[0].Int64()
	if err != nil {
		return price, false, fmt.Errorf("the time %.40q is not one", point[0])
	}
	if point[1] == "" { // null
		return price, false, nil
	}
	price.Time = time.UnixMilli(milliseconds).UTC()
	if price.Value, err = decimal.NewFromString(point[1].String()); err != nil {
		return price, false, fmt.Errorf("%.40q is no number", point[1])
	}
	if price.Value.IsZero() {
		return price, false, nil
	}
	return price, true, price.Check()
}
