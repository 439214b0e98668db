package rewards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// reach is how far around a price of one source no other is asked: half a day, so that daily prices leave no gap between them.
const reach = 12 * time.Hour

// FirstOf returns a source that asks the first of sources, and for what that lacks the next, and so on. A price counts for the twelve hours before
// and after it; only at times that no price of an earlier source is so near are those of a later one taken. So a person's own prices come before
// a service's, and a service fills what the person's file does not cover.
//
// A source that fails or does not know the currency is passed over. What none of them had is told by *[MissingPrices], as far as one of them said
// why; that nobody knows the currency, by [ErrCurrency].
func FirstOf(sources ...PriceSource) PriceSource { return firstOf(slices.Clone(sources)) }

type firstOf []PriceSource

// Prices asks the sources one after the other.
func (s firstOf) Prices(ctx context.Context, currency string, span pocket.Span) iter.Seq2[Price, error] {
	return func(yield func(Price, error) bool) {
		points, err := s.collect(ctx, currency, span)
		for _, p := range points {
			if !yield(p, nil) {
				return
			}
		}
		if err != nil {
			yield(Price{}, err)
		}
	}
}

func (s firstOf) collect(ctx context.Context, currency string, span pocket.Span) ([]Price, error) {
	if err := span.Check(); err != nil {
		return nil, err
	}
	var points []Price
	var gaps []Gap
	var unknown []error
	holes := []pocket.Span{span}
	for _, source := range s {
		if len(holes) == 0 {
			break
		}
		asked := wider(pocket.Span{From: holes[0].From, To: holes[len(holes)-1].To}, reach) // a price outside may count inside
		fresh, err := within(source.Prices(ctx, currency, asked), wider(span, reach))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		left := holes
		for _, p := range fresh {
			if slices.ContainsFunc(holes, func(h pocket.Span) bool { return h.Contains(p.Time) }) {
				points = append(points, p)
			}
			left = without(left, pocket.Span{From: p.Time.Add(-reach), To: p.Time.Add(reach)})
		}
		holes = left
		switch missing, ok := errors.AsType[*MissingPrices](err); {
		case ok:
			gaps = append(gaps, missing.Gaps...)
		case errors.Is(err, ErrCurrency):
			unknown = append(unknown, err)
		case err != nil:
			gaps = append(gaps, Gap{asked, err})
		}
	}
	slices.SortStableFunc(points, func(a, b Price) int { return a.Time.Compare(b.Time) })
	switch {
	case len(s) == 0:
		return nil, fmt.Errorf("no source of prices is given: %w", pocket.ErrInvalid)
	case len(unknown) == len(s):
		return nil, unknown[0]
	}
	return points, missingOf(gaps, holes)
}

// within returns the prices that lie in span, and the error that ended them.
func within(prices iter.Seq2[Price, error], span pocket.Span) (kept []Price, err error) {
	for p, err := range prices {
		if err != nil {
			return kept, err
		}
		if span.Contains(p.Time) {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// missingOf returns the gaps as far as they lie in the holes, nil when none does. Several reasons for one hole are one gap.
func missingOf(gaps []Gap, holes []pocket.Span) error {
	var left []Gap
	for _, hole := range holes {
		for _, gap := range gaps {
			common, any := overlap(hole, gap.Span)
			if !any {
				continue
			}
			if i := slices.IndexFunc(left, func(g Gap) bool { return g.Span == common }); i >= 0 {
				left[i].Err = bothReasons{left[i].Err, gap.Err}
				continue
			}
			left = append(left, Gap{common, gap.Err})
		}
	}
	if len(left) == 0 {
		return nil
	}
	slices.SortStableFunc(left, func(a, b Gap) int { return a.From.Compare(b.From) })
	return &MissingPrices{Gaps: left}
}

// bothReasons are two reasons in one line.
type bothReasons [2]error

func (r bothReasons) Error() string   { return strings.Join([]string{r[0].Error(), r[1].Error()}, "; ") }
func (r bothReasons) Unwrap() []error { return r[:] }

// wider returns a span with so much more at each end that is not open.
func wider(s pocket.Span, by time.Duration) pocket.Span {
	if !s.From.IsZero() {
		s.From = s.From.Add(-by)
	}
	if !s.To.IsZero() {
		s.To = s.To.Add(by)
	}
	return s
}

// overlap returns what two spans have in common, and whether there is any.
func overlap(a, b pocket.Span) (pocket.Span, bool) {
	if a.From.IsZero() || b.From.After(a.From) {
		a.From = b.From
	}
	if a.To.IsZero() || !b.To.IsZero() && b.To.Before(a.To) {
		a.To = b.To
	}
	return a, a.From.IsZero() || a.To.IsZero() || a.From.Before(a.To)
}

// without returns spans, which are in order and apart, without the time of another, which is not open.
func without(spans []pocket.Span, taken pocket.Span) []pocket.Span {
	var left []pocket.Span
	for _, s := range spans {
		if _, any := overlap(s, taken); !any {
			left = append(left, s)
			continue
		}
		if s.From.IsZero() || s.From.Before(taken.From) {
			left = append(left, pocket.Span{From: s.From, To: taken.From})
		}
		if s.To.IsZero() || s.To.After(taken.To) {
			left = append(left, pocket.Span{From: taken.To, To: s.To})
		}
	}
	return left
}
