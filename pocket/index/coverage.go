package index

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A Range is a run of heights, both inclusive.
type Range struct{ From, To pocket.Height }

// Len returns how many heights r has.
func (r Range) Len() int64 { return int64(r.To-r.From) + 1 }

// Coverage tells of which heights the index knows everything about an address; what it knows of everybody counts for each. With the zero
// Address it tells of which it knows everything about everybody. Walked leaves out what was only searched, or told by a [Feed]: a search
// finds what the node's index holds, and a node may keep it incomplete without saying so; a feed is somebody else's word. Ranges are
// sorted and do not touch.
func (x *Index) Coverage(ctx context.Context, address pocket.Address, walked bool) ([]Range, error) {
	ids, err := x.lookup(ctx, address.String())
	if err != nil {
		return nil, err
	}
	ranges, err := coverageOf(ctx, x.db.Read, ids[0], atLeast(walked))
	return ranges, x.fault("coverage", err)
}

// Missing returns the heights from one to another, both inclusive, of which something is unknown about a watched address; in an index of
// everything, about anybody. Walked takes for unknown what was only searched or told: see [Index.Coverage].
func (x *Index) Missing(ctx context.Context, from, to pocket.Height, walked bool) ([]Range, error) {
	if err := checkHeights(from, to); err != nil {
		return nil, err
	}
	set, err := watchedSet(ctx, x.db.Read)
	if err != nil {
		return nil, x.fault("missing", err)
	}
	lots, err := x.lots(ctx, set, Range{from, to}, atLeast(walked))
	if err != nil {
		return nil, err
	}
	var missing []Range
	for _, lot := range lots {
		missing = append(missing, lot.Range)
	}
	return union(missing), nil
}

func checkHeights(from, to pocket.Height) error {
	if from < 1 || to < from {
		return fmt.Errorf("heights from %d to %d: want two heights from 1 on, the lower one first: %w", from, to, pocket.ErrInvalid)
	}
	return nil
}

// Cover notes that everything about the watched addresses is stored of a range of heights, as a source that is not a chain may promise
// after [Index.Put]; in an index of everything, about everybody.
func (x *Index) Cover(ctx context.Context, r Range) error {
	if err := checkHeights(r.From, r.To); err != nil {
		return err
	}
	return x.write(ctx, "cover", func(w *writer) error {
		set, err := watchedSet(ctx, w.tx)
		if err != nil {
			return err
		}
		return w.cover(set.key(told), r)
	})
}

// How heights were covered, the surest first.
const (
	walked   = 1 // block by block
	searched = 2 // by a node's search index
	told     = 3 // by a feed, or whoever called Cover
)

// atLeast returns by which way at least heights must be covered to count.
func atLeast(walk bool) int64 {
	if walk {
		return walked
	}
	return told
}

// A coverKey is whom a row of coverage speaks of.
type coverKey struct{ generation, address, method int64 }

// key is under what it is noted that all that s takes in is known.
func (s watchSet) key(method int64) coverKey {
	if s.mode == Everything {
		return coverKey{method: method}
	}
	return coverKey{generation: max(s.generation, firstGeneration), method: method}
}

// firstGeneration watches nobody. Under 0 stands what is known of everybody.
const firstGeneration = 1

// cover adds a range to what is known, joined with those that it touches.
func (w *writer) cover(key coverKey, r Range) error {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT low, high FROM coverage
		WHERE generation = $1 AND address = $2 AND method = $3 AND low <= $4 AND high >= $5`,
		key.generation, key.address, key.method, int64(r.To)+1, int64(r.From)-1)
	if err != nil {
		return err
	}
	low, high := int64(r.From), int64(r.To)
	var touched []int64
	whole := false
	err = each(rows, func() error {
		var l, h int64
		err := rows.Scan(&l, &h)
		whole = whole || l <= low && h >= high
		touched, low, high = append(touched, l), min(low, l), max(high, h)
		return err
	})
	if err != nil || whole {
		return err
	}
	if len(touched) == 1 && touched[0] == low { // by far the most frequent: a follower's next block
		return w.exec("UPDATE coverage SET high = $1 WHERE generation = $2 AND address = $3 AND method = $4 AND low = $5",
			high, key.generation, key.address, key.method, low)
	}
	for _, l := range touched {
		if err := w.exec("DELETE FROM coverage WHERE generation = $1 AND address = $2 AND method = $3 AND low = $4",
			key.generation, key.address, key.method, l); err != nil {
			return err
		}
	}
	return w.exec("INSERT INTO coverage (generation, address, method, low, high) VALUES ($1, $2, $3, $4, $5)",
		key.generation, key.address, key.method, low, high)
}

// coverageOf returns what is known of an address, of everybody with 0, by a way at least as sure as the given one.
func coverageOf(ctx context.Context, q querier, address, method int64) ([]Range, error) {
	const query = `SELECT c.low, c.high FROM coverage c WHERE c.method <= $1 AND (c.generation = 0 AND (c.address = 0 OR c.address = $2)
		OR c.generation > 0 AND EXISTS (SELECT 1 FROM watched w
			WHERE w.address = $2 AND w.since <= c.generation AND (w.until = 0 OR w.until > c.generation)))`
	rows, err := q.QueryContext(ctx, query, method, address)
	if err != nil {
		return nil, err
	}
	var ranges []Range
	err = each(rows, func() error {
		var r Range
		err := rows.Scan(&r.From, &r.To)
		ranges = append(ranges, r)
		return err
	})
	return union(ranges), err
}

// union sorts ranges and joins those that touch.
func union(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int { return int(a.From - b.From) })
	var joined []Range
	for _, r := range ranges {
		if n := len(joined); n > 0 && r.From <= joined[n-1].To+1 {
			joined[n-1].To = max(joined[n-1].To, r.To)
		} else {
			joined = append(joined, r)
		}
	}
	return joined
}

// subtract returns what of r lies in none of covered, which is sorted.
func subtract(r Range, covered []Range) []Range {
	var left []Range
	for _, c := range covered {
		if c.To < r.From {
			continue
		}
		if c.From > r.To {
			break
		}
		if c.From > r.From {
			left = append(left, Range{r.From, c.From - 1})
		}
		if c.To == math.MaxInt64 || c.To >= r.To {
			return left
		}
		r.From = c.To + 1
	}
	if r.From <= r.To {
		left = append(left, r)
	}
	return left
}

// A lot is a range of heights that is unknown of the same addresses.
type lot struct {
	Range
	addresses []watchedAddress // empty in an index of everything
	all       bool             // they are all that are watched
}

// coverLot adds a range to what is known of a lot's addresses.
func (w *writer) coverLot(set watchSet, l lot, method int64, r Range) error {
	if l.all {
		return w.cover(set.key(method), r)
	}
	for _, a := range l.addresses {
		if err := w.cover(coverKey{address: a.id, method: method}, r); err != nil {
			return err
		}
	}
	return nil
}

// lots cuts what is unknown within r into lots, by height. What was covered in a less sure way than the given one is unknown.
func (x *Index) lots(ctx context.Context, set watchSet, r Range, method int64) ([]lot, error) {
	if set.mode == Everything {
		covered, err := coverageOf(ctx, x.db.Read, 0, method)
		if err != nil {
			return nil, x.fault("coverage", err)
		}
		var lots []lot
		for _, missing := range subtract(r, covered) {
			lots = append(lots, lot{Range: missing, all: true})
		}
		return lots, nil
	}
	type gap struct {
		Range
		of watchedAddress
	}
	var gaps []gap
	var bounds []pocket.Height
	// Addresses watched since the same generation and without a backfill of their own are covered alike.
	alike := map[int64][]Range{}
	own, err := x.ownCoverage(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range set.addresses {
		missing, known := alike[a.since]
		if !known || own[a.id] {
			covered, err := coverageOf(ctx, x.db.Read, a.id, method)
			if err != nil {
				return nil, x.fault("coverage", err)
			}
			missing = subtract(r, covered)
			if !own[a.id] {
				alike[a.since] = missing
			}
		}
		for _, m := range missing {
			gaps = append(gaps, gap{m, a})
			bounds = append(bounds, m.From, m.To+1)
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	var lots []lot
	for i := 0; i+1 < len(bounds); i++ {
		l := lot{Range: Range{bounds[i], bounds[i+1] - 1}}
		for _, g := range gaps {
			if g.From <= l.From && g.To >= l.To {
				l.addresses = append(l.addresses, g.of)
			}
		}
		l.all = len(l.addresses) == len(set.addresses)
		if len(l.addresses) > 0 {
			lots = append(lots, l)
		}
	}
	return lots, nil
}

// ownCoverage returns the addresses that were covered by themselves, or watched more than once.
func (x *Index) ownCoverage(ctx context.Context) (map[int64]bool, error) {
	rows, err := x.db.Read.QueryContext(ctx, `SELECT address FROM coverage WHERE address > 0
		UNION SELECT address FROM watched WHERE until > 0`)
	if err != nil {
		return nil, x.fault("coverage", err)
	}
	own := map[int64]bool{}
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		own[id] = true
		return err
	})
	return own, x.fault("coverage", err)
}
