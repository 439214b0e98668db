package rewards

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Before returns the n periods of kind p in loc that end where span begins: the month before a month, the seven days before seven days. With
// [Whole] it is n times the length of span.
func Before(span pocket.Span, p Period, n int, loc *time.Location) pocket.Span {
	before := pocket.Span{From: span.From, To: span.From}
	if p == Whole {
		before.From = before.From.Add(-span.To.Sub(span.From) * time.Duration(n))
		return before
	}
	for range n {
		before.From, _ = p.Of(before.From.Add(-1), loc)
	}
	return before
}

// SamePart returns the part of the period before now's that is as long as now's has lasted: at noon the first twelve hours of
// yesterday, twelve days and an hour into a month the first twelve days and an hour of last month. It is measured in real time and ends with
// the period before if that is shorter. It is empty at the very start of a period, and with [Whole], which nothing comes before.
func SamePart(now time.Time, p Period, loc *time.Location) pocket.Span {
	if p == Whole {
		return pocket.Span{From: now, To: now}
	}
	start, _ := p.Of(now, loc)
	from, to := p.Of(start.Add(-1), loc)
	if part := from.Add(now.Sub(start)); part.Before(to) {
		to = part
	}
	return pocket.Span{From: from, To: to}
}

// Previous returns q over the span before its own, to compare with. If the span is of whole months in q's zone, it is as many months;
// of whole days, as many days; else the same length of time. The error wraps [pocket.ErrInvalid] when an end of q's span is open: nothing is
// before it.
func Previous(q Query) (Query, error) {
	if err := q.Check(); err != nil {
		return Query{}, err
	}
	if q.From.IsZero() || q.To.IsZero() {
		return Query{}, fmt.Errorf("nothing comes before a range without a beginning and an end: %w", pocket.ErrInvalid)
	}
	for _, period := range []Period{Month, Day} {
		if n := wholePeriods(q.Span, period, q.Zone); n > 0 {
			q.Span = Before(q.Span, period, n, q.Zone)
			return q, nil
		}
	}
	q.Span = Before(q.Span, Whole, 1, q.Zone)
	return q, nil
}

// wholePeriods returns how many periods of kind p span is made of, 0 when it is not made of whole ones.
func wholePeriods(span pocket.Span, p Period, loc *time.Location) (n int) {
	if from, _ := p.Of(span.From, loc); !from.Equal(span.From) {
		return 0
	}
	if from, _ := p.Of(span.To, loc); !from.Equal(span.To) {
		return 0
	}
	for range p.In(span, loc) {
		n++
	}
	return n
}

// A Growth is what one combination of dimensions adds up to now and before. Where there was nothing, the sums are zero.
type Growth struct {
	Key         // without a Start
	Now, Before Sums

	NowWorth, BeforeWorth *Worth // nil when the query has no prices
}

// Compare returns the sums of q's span beside those of the span that [Previous] tells, for every combination of dimensions that is in either,
// sorted as [Key.Compare] orders them. [Change] makes percentages of them. q's Period is not looked at.
func Compare(ctx context.Context, source Source, q Query) ([]Growth, error) {
	q.Period = Whole
	before, err := Previous(q)
	if err != nil {
		return nil, err
	}
	rows, err := source.Sums(ctx, q)
	if err != nil {
		return nil, err
	}
	rowsBefore, err := source.Sums(ctx, before)
	if err != nil {
		return nil, fmt.Errorf("the time before: %w", err)
	}
	return pair(rows, rowsBefore, q.Prices), nil
}

func pair(now, before []Row, prices *Prices) []Growth {
	byKey := map[Key]*Growth{}
	at := func(k Key) *Growth {
		k.Start = time.Time{}
		if byKey[k] == nil {
			byKey[k] = &Growth{Key: k, NowWorth: prices.nothing(), BeforeWorth: prices.nothing()}
		}
		return byKey[k]
	}
	for _, row := range now {
		at(row.Key).Now, at(row.Key).NowWorth = row.Sums, row.Worth
	}
	for _, row := range before {
		at(row.Key).Before, at(row.Key).BeforeWorth = row.Sums, row.Worth
	}
	grown := make([]Growth, 0, len(byKey))
	for _, g := range byKey {
		grown = append(grown, *g)
	}
	slices.SortFunc(grown, func(a, b Growth) int { return a.Key.Compare(b.Key) })
	return grown
}
