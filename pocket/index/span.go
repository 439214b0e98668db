package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A reach is a range of heights, both inclusive.
type reach struct{ low, high int64 }

func (r reach) empty() bool { return r.low > r.high }

// everything is the reach of a query without a span.
var everything = reach{0, math.MaxInt64}

// reach returns the heights of the stored blocks that lie in span. Block times never fall: storing sees to that.
func (x *Index) reach(ctx context.Context, span pocket.Span) (reach, error) {
	if err := span.Check(); err != nil {
		return reach{}, err
	}
	r, err := reachOf(ctx, x.db.Read, span)
	return r, x.fault("blocks", err)
}

func reachOf(ctx context.Context, q querier, span pocket.Span) (reach, error) {
	r := reach{0, math.MaxInt64}
	if !span.From.IsZero() {
		low, ok, err := firstBlock(ctx, q, span.From)
		if err != nil {
			return reach{}, err
		}
		if !ok {
			return reach{1, 0}, nil
		}
		r.low = low
	}
	if !span.To.IsZero() {
		high, ok, err := firstBlock(ctx, q, span.To)
		if err != nil {
			return reach{}, err
		}
		if ok {
			r.high = high - 1
		}
	}
	return r, nil
}

// firstBlock returns the first stored block that is not before t.
func firstBlock(ctx context.Context, q querier, t time.Time) (int64, bool, error) {
	var height int64
	err := q.QueryRowContext(ctx,
		"SELECT height FROM blocks WHERE time >= $1 ORDER BY time, height LIMIT 1", ceilMicros(t)).Scan(&height)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return height, err == nil, err
}

// ceilMicros is the first microsecond that is not before t.
func ceilMicros(t time.Time) int64 {
	n := t.UnixMicro()
	if time.UnixMicro(n).Before(t) {
		n++
	}
	return n
}

// rowsReach is reach for what reads rows, which may have been pruned away. A span that begins before what is left is an error; an open
// one begins there.
func (x *Index) rowsReach(ctx context.Context, span pocket.Span) (reach, error) {
	r, err := x.reach(ctx, span)
	if err != nil || r.empty() {
		return r, err
	}
	pruned, err := settingNumber(ctx, x.db.Read, settingPruned)
	if err != nil {
		return r, x.fault("pruned", err)
	}
	if r.low < pruned && !span.From.IsZero() {
		return r, prunedError(pruned)
	}
	r.low = max(r.low, pruned)
	return r, nil
}

func prunedError(height int64) error {
	return fmt.Errorf("index: single events before block %d are gone, sums are not: %w", height, pocket.ErrPruned)
}
