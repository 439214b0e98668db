package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

const (
	// daysAtOnce is for how many days a source is asked at a time: CoinGecko tells hours for up to ninety.
	daysAtOnce = 80
	// settling is how long after the end of a day its prices may still change.
	settling = time.Hour
	// gapRest is how long a source is not asked again for what it said it has not.
	gapRest = 24 * time.Hour
)

// An askedDay is a day that need not be asked for again before a moment, and what of it is missing.
type askedDay struct {
	until time.Time
	gap   *rewards.Gap
}

// A priceQuestion is what is wanted of the source. Its span is not empty, and ends now at the latest.
type priceQuestion struct {
	code string
	span pocket.Span
	now  time.Time
}

// final returns the first day whose prices may still change.
func (q *priceQuestion) final() int64 { return dayOf(q.now.Add(-settling)) }

// fill asks the source for what is missing, stores it, and returns what is missing still.
func (c *PriceCache) fill(ctx context.Context, q *priceQuestion) ([]rewards.Gap, error) {
	patient, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-patient.Done():
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		wanted, err := c.wanted(ctx, q, nil)
		if err != nil {
			return nil, err
		}
		return c.late(wanted, q), nil
	}
	if c.asked[q.code] == nil {
		c.asked[q.code] = map[int64]askedDay{}
	}
	wanted, err := c.wanted(ctx, q, c.asked[q.code])
	if err != nil {
		return nil, err
	}
	var failure error
	for _, run := range wanted {
		if failure == nil {
			var answer priceAnswer
			answer, failure = c.ask(patient, q, run)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if errors.Is(failure, rewards.ErrCurrency) {
				return nil, fmt.Errorf("%s: %w", c.name, failure)
			}
			if failure == nil {
				if err := c.keep(ctx, q, run, answer); err != nil {
					return nil, err
				}
				continue
			}
			if patient.Err() != nil {
				failure = c.impatient()
			}
		}
		c.note(q, run, &rewards.Gap{Span: q.spanOf(run), Err: failure}, q.now.Add(c.rest(failure)))
	}
	return gapsOf(c.asked[q.code], q), nil
}

// wanted returns the days to ask for, in runs of which the newest comes first.
func (c *PriceCache) wanted(ctx context.Context, q *priceQuestion, asked map[int64]askedDay) ([]Range, error) {
	from, to, final := dayOf(q.span.From), dayOf(q.span.To.Add(-1)), q.final()
	if to >= final { // what may change is asked for together, until now
		from, to = min(from, final), dayOf(q.now)
	}
	known, fresh, err := c.x.pricedDays(ctx, c.name, q.code, from, to, final, q.now.Add(-c.refresh), q.now)
	if err != nil {
		return nil, err
	}
	var runs []Range
	for d := to; d >= from; d-- {
		if known[d] || d >= final && fresh || asked[d].until.After(q.now) {
			continue
		}
		if n := len(runs); n > 0 && int64(runs[n-1].From) == d+1 && runs[n-1].Len() < daysAtOnce {
			runs[n-1].From--
			continue
		}
		runs = append(runs, Range{pocket.Height(d), pocket.Height(d)})
	}
	return runs, nil
}

// spanOf returns the time of a run of days, as far as it has come.
func (q *priceQuestion) spanOf(run Range) pocket.Span {
	span := pocket.Span{From: dayStart(int64(run.From)), To: dayStart(int64(run.To) + 1)}
	if span.To.After(q.now) {
		span.To = q.now
	}
	return span
}

// A priceAnswer is what a source told of a span.
type priceAnswer struct {
	prices []rewards.Price
	gaps   []rewards.Gap
}

// ask asks the source for a run of days.
func (c *PriceCache) ask(ctx context.Context, q *priceQuestion, run Range) (priceAnswer, error) {
	var answer priceAnswer
	span := q.spanOf(run)
	for price, err := range c.source.Prices(ctx, q.code, span) {
		if missing, ok := errors.AsType[*rewards.MissingPrices](err); ok {
			answer.gaps = missing.Gaps
			break
		}
		if err == nil {
			err = price.Check()
		}
		if err != nil {
			return priceAnswer{}, err
		}
		if span.Contains(price.Time) {
			answer.prices = append(answer.prices, price)
		}
	}
	slices.SortStableFunc(answer.prices, func(a, b rewards.Price) int { return a.Time.Compare(b.Time) })
	return answer, nil
}

// keep stores what was told and notes what was not.
func (c *PriceCache) keep(ctx context.Context, q *priceQuestion, run Range, answer priceAnswer) error {
	var complete, rest []int64
	gaps := map[int64]*rewards.Gap{}
	for d := int64(run.From); d <= int64(run.To); d++ {
		gaps[d] = gapOn(d, answer.gaps)
		switch {
		case gaps[d] != nil:
		case d < q.final():
			complete = append(complete, d)
		default:
			rest = append(rest, d)
		}
	}
	if err := c.x.keepPrices(ctx, c.name, q, q.spanOf(run), answer, complete); err != nil {
		return err
	}
	for d, gap := range gaps {
		pause := gapRest
		if d >= q.final() { // more of it is still to come
			pause = c.refresh
		}
		if gap != nil {
			c.note(q, Range{pocket.Height(d), pocket.Height(d)}, gap, q.now.Add(pause))
		}
	}
	for _, d := range append(rest, complete...) { // a complete day that the source had not come to yet is asked for later, too
		c.note(q, Range{pocket.Height(d), pocket.Height(d)}, nil, q.now.Add(c.refresh))
	}
	return nil
}

// note notes that a run of days was asked for, and what of it is missing.
func (c *PriceCache) note(q *priceQuestion, run Range, gap *rewards.Gap, until time.Time) {
	for d := int64(run.From); d <= int64(run.To); d++ {
		c.asked[q.code][d] = askedDay{until, gap}
	}
}

// rest returns how long a source that failed is left alone.
func (c *PriceCache) rest(failure error) time.Duration {
	if api, ok := errors.AsType[*pocket.APIError](failure); ok && api.RetryAfter > c.retry {
		return api.RetryAfter
	}
	if errors.Is(failure, errImpatient) {
		return 0
	}
	return c.retry
}

var errImpatient = errors.New("the rest of the prices is still being asked for: ask again soon")

func (c *PriceCache) impatient() error {
	return fmt.Errorf("%s was waited for %v: %w: %w", c.name, c.patience, errImpatient, pocket.ErrUnavailable)
}

// late returns the gaps of days that another question asks for meanwhile.
func (c *PriceCache) late(runs []Range, q *priceQuestion) []rewards.Gap {
	asked := map[int64]askedDay{}
	for _, run := range runs {
		for d := int64(run.From); d <= int64(run.To); d++ {
			asked[d] = askedDay{gap: &rewards.Gap{Span: q.spanOf(run), Err: c.impatient()}}
		}
	}
	return gapsOf(asked, q)
}

// gapOn returns what of the gaps lies on a day, nil when nothing does.
func gapOn(d int64, gaps []rewards.Gap) *rewards.Gap {
	for _, gap := range gaps {
		if common, any := common(gap.Span, pocket.Span{From: dayStart(d), To: dayStart(d + 1)}); any {
			return &rewards.Gap{Span: common, Err: gap.Err}
		}
	}
	return nil
}

// gapsOf returns the gaps in a question's span, those of days that follow each other for the same reason as one.
func gapsOf(asked map[int64]askedDay, q *priceQuestion) []rewards.Gap {
	var gaps []rewards.Gap
	for d := dayOf(q.span.From); d <= dayOf(q.span.To.Add(-1)); d++ {
		gap := asked[d].gap
		if gap == nil {
			continue
		}
		span, _ := common(gap.Span, q.span)
		span, any := common(span, pocket.Span{From: dayStart(d), To: dayStart(d + 1)})
		if !any {
			continue
		}
		if n := len(gaps); n > 0 && gaps[n-1].To.Equal(span.From) && gaps[n-1].Err.Error() == gap.Err.Error() {
			gaps[n-1].To = span.To
			continue
		}
		gaps = append(gaps, rewards.Gap{Span: span, Err: gap.Err})
	}
	return gaps
}

// common returns what two spans have in common, and whether there is any. The second is not open.
func common(a, b pocket.Span) (pocket.Span, bool) {
	if a.From.Before(b.From) {
		a.From = b.From
	}
	if a.To.IsZero() || a.To.After(b.To) {
		a.To = b.To
	}
	return a, a.From.Before(a.To)
}
