package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// BlockAt returns the stored block that is the last not after t, without its transactions; [pocket.ErrNotFound] when all are later.
func (x *Index) BlockAt(ctx context.Context, t time.Time) (pocket.Block, error) {
	return x.block(ctx, "WHERE time <= $1 ORDER BY time DESC, height DESC LIMIT 1", micros(t))
}

// Block returns a stored block without its transactions; [pocket.ErrNotFound] when it is not stored.
func (x *Index) Block(ctx context.Context, height pocket.Height) (pocket.Block, error) {
	return x.block(ctx, "WHERE height = $1", int64(height))
}

func (x *Index) block(ctx context.Context, where string, arg int64) (pocket.Block, error) {
	b, err := scanBlock(x.db.Read.QueryRowContext(ctx, "SELECT height, time, hash FROM blocks "+where, arg))
	if errors.Is(err, sql.ErrNoRows) {
		return pocket.Block{}, fmt.Errorf("index: block: %w", pocket.ErrNotFound)
	}
	return b, x.fault("block", err)
}

func scanBlock(rows scanner) (pocket.Block, error) {
	var height, when int64
	var hash []byte
	if err := rows.Scan(&height, &when, &hash); err != nil {
		return pocket.Block{}, err
	}
	return pocket.Block{Height: pocket.Height(height), Time: timeOf(when), Hash: unpackHex(hash)}, nil
}

// Blocks yields the stored blocks in span, oldest first, without their transactions. After a search there are gaps between them: only
// what was found is stored. An error is yielded last, with a zero Block.
func (x *Index) Blocks(ctx context.Context, span pocket.Span) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		r, err := x.reach(ctx, span)
		if err != nil {
			yield(pocket.Block{}, err)
			return
		}
		for b, err := range x.blocksIn(ctx, r, largestPage) {
			if err == nil && !span.Contains(b.Time) {
				continue // stored since the heights were looked up
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// blocksIn yields the stored blocks in a reach, oldest first.
func (x *Index) blocksIn(ctx context.Context, r reach, page int) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		blocks := &stream[pocket.Block]{
			columns: "height, time, hash", from: "blocks", key: []string{"height"}, reach: r, page: page,
			scan: func(rows scanner) (item[pocket.Block], error) {
				b, err := scanBlock(rows)
				return item[pocket.Block]{height: int64(b.Height), value: b}, err
			},
		}
		for i, err := range merge(ctx, x.db.Read, []*stream[pocket.Block]{blocks}, false) {
			if !yield(i.value, x.fault("blocks", err)) {
				return
			}
		}
	}
}

// usualBlockTime is what is assumed of a chain of which only one block is known: mainnet's.
const usualBlockTime = time.Minute

// TimeOf returns when a block was or will be made, and whether that is told by the chain. Of a block that is not stored it is reckoned from
// the stored ones around it: between two as if the time had passed evenly, beyond them as if blocks kept coming as they do
// there. [pocket.ErrNotFound] when no block is stored at all.
func (x *Index) TimeOf(ctx context.Context, height pocket.Height) (t time.Time, exact bool, err error) {
	t, exact, err = timeOfHeight(ctx, x.db.Read, int64(height))
	if errors.Is(err, pocket.ErrNotFound) {
		return t, exact, err
	}
	return t, exact, x.fault("time of a block", err)
}

// stand is a block as time is reckoned from it.
type stand struct{ height, time int64 }

func timeOfHeight(ctx context.Context, q querier, height int64) (time.Time, bool, error) {
	below, err := stands(ctx, q, "height <= $1 ORDER BY height DESC LIMIT 2", height)
	if err != nil {
		return time.Time{}, false, err
	}
	if len(below) > 0 && below[0].height == height {
		return timeOf(below[0].time), true, nil
	}
	above, err := stands(ctx, q, "height > $1 ORDER BY height LIMIT 2", height)
	if err != nil {
		return time.Time{}, false, err
	}
	switch {
	case len(below) > 0 && len(above) > 0:
		return between(below[0], above[0], height), false, nil
	case len(below) > 0:
		return beyond(ctx, q, below[0], height)
	case len(above) > 0:
		return beyond(ctx, q, above[0], height)
	default:
		return time.Time{}, false, fmt.Errorf("time of block %d: no block is stored: %w", height, pocket.ErrNotFound)
	}
}

func stands(ctx context.Context, q querier, where string, height int64) ([]stand, error) {
	rows, err := q.QueryContext(ctx, "SELECT height, time FROM blocks WHERE "+where, height)
	if err != nil {
		return nil, err
	}
	var list []stand
	err = each(rows, func() error {
		var s stand
		err := rows.Scan(&s.height, &s.time)
		list = append(list, s)
		return err
	})
	return list, err
}

// between reckons on the line through two blocks.
func between(a, b stand, height int64) time.Time {
	return timeOf(a.time + int64(float64(b.time-a.time)*float64(height-a.height)/float64(b.height-a.height)))
}

// beyond reckons from the block at an end of what is stored, by the mean of the thousand heights next to it.
func beyond(ctx context.Context, q querier, end stand, height int64) (time.Time, bool, error) {
	const near = 1000
	inner, where := end.height-near, "height >= $1 ORDER BY height LIMIT 1"
	if height < end.height {
		inner, where = end.height+near, "height <= $1 ORDER BY height DESC LIMIT 1"
	}
	others, err := stands(ctx, q, where, inner)
	if err != nil {
		return time.Time{}, false, err
	}
	if len(others) == 0 || others[0].height == end.height {
		return timeOf(end.time).Add(time.Duration(height-end.height) * usualBlockTime), false, nil
	}
	return between(end, others[0], height), false, nil
}
