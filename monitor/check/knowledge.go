package check

import (
	"context"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// Knowledge tells of which time up to now everything about a supplier is known; with the zero Address, everything about everybody. A zero
// span is of none.
type Knowledge func(ctx context.Context, who pocket.Address) (pocket.Span, error)

// A Coverage tells of which heights everything is known: *index.Index is one.
type Coverage interface {
	Coverage(ctx context.Context, address pocket.Address, walked bool) ([]index.Range, error)
	TimeOf(ctx context.Context, height pocket.Height) (t time.Time, exact bool, err error)
}

// Covered is what an index knows: the last run of heights that it holds all of.
func Covered(c Coverage) Knowledge {
	return func(ctx context.Context, who pocket.Address) (pocket.Span, error) {
		ranges, err := c.Coverage(ctx, who, false)
		if err != nil || len(ranges) == 0 {
			return pocket.Span{}, err
		}
		last := ranges[len(ranges)-1]
		from, _, err := c.TimeOf(ctx, last.From)
		if err != nil {
			return pocket.Span{}, err
		}
		to, _, err := c.TimeOf(ctx, last.To)
		return pocket.Span{From: from, To: to}, err
	}
}
