package index

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Sums returns what [rewards.Aggregate] would make of the stored events, and of those that were pruned. It takes the shortest way that
// is exact: sums made ready by day where the query keeps nothing apart but services; the rows of those asked for where they are few;
// else the digests of all blocks in the span.
func (x *Index) Sums(ctx context.Context, q rewards.Query) ([]rewards.Row, error) {
	adder, err := rewards.NewAdder(q)
	if err != nil {
		return nil, err
	}
	f, err := x.filter(ctx, q.Filter)
	if err != nil {
		return nil, err
	}
	err = x.snapshot(ctx, "sums", func(db querier) error {
		ready, err := isReady(ctx, db, q, f)
		if err != nil {
			return err
		}
		if ready {
			return x.addReady(ctx, db, adder, q, f)
		}
		r, err := reachOf(ctx, db, q.Span)
		if err != nil || r.empty() {
			return err
		}
		few, err := x.fewRows(ctx, db, f, r)
		if err != nil {
			return err
		}
		if few {
			return x.addRows(ctx, db, adder, f, r)
		}
		return x.addDigests(ctx, db, adder, f, r)
	})
	if err != nil {
		return nil, err
	}
	return adder.Rows()
}

// isReady reports whether day_totals and day_payments hold all that q asks for.
func isReady(ctx context.Context, db querier, q rewards.Query, f filter) (bool, error) {
	for _, by := range q.By {
		if by != rewards.ByService {
			return false, nil
		}
	}
	if len(f.owners)+len(f.applications)+len(f.recipients) > 0 {
		return false, nil
	}
	if len(f.suppliers) == 0 {
		return true, nil
	}
	// To ask for every supplier that there is, is to ask for all.
	rows, err := db.QueryContext(ctx, "SELECT supplier FROM earners")
	if err != nil {
		return false, err
	}
	all := true
	err = each(rows, func() error {
		var supplier int64
		err := rows.Scan(&supplier)
		if _, asked := slices.BinarySearch(f.suppliers, supplier); !asked {
			all = false
		}
		return err
	})
	return all, err
}

// rowsWorthReading is up to how many settlements are read one by one in any case. Beyond, it depends on how many there are of everybody: to read one
// takes about as long as to unpack so many from digests.
const (
	rowsWorthReading  = 20_000
	unpackedMeanwhile = 12
)

// fewRows reports whether f is so narrow that reading the rows is the shortest way, and they are all there.
func (x *Index) fewRows(ctx context.Context, db querier, f filter, r reach) (bool, error) {
	pruned, err := settingNumber(ctx, db, settingPruned)
	if err != nil {
		return false, err
	}
	var from string
	switch {
	case r.low < pruned:
		return false, nil
	case len(f.suppliers) > 0:
		from = "settlements WHERE supplier IN (" + listOf(f.suppliers) + ")"
	case few(f.recipients):
		from = "paid WHERE recipient IN (" + listOf(f.recipients) + ")"
	default:
		return false, nil
	}
	count := func(most int) (n int, err error) {
		err = db.QueryRowContext(ctx, fmt.Sprintf(
			"SELECT count(*) FROM (SELECT 1 FROM %s AND height >= $1 AND height <= $2 LIMIT %d) few", from, most+1),
			r.low, r.high).Scan(&n)
		return n, err
	}
	n, err := count(x.worthReading)
	if err != nil || n <= x.worthReading {
		return err == nil, err
	}
	var all int
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(SUM(claims), 0) FROM digests WHERE height >= $1 AND height <= $2", r.low, r.high).Scan(&all); err != nil {
		return false, err
	}
	most := all / unpackedMeanwhile
	if most <= x.worthReading {
		return false, nil
	}
	n, err = count(most)
	return n <= most, err
}

// addRows adds the rows of those that f asks for. The adder looks at all else.
func (x *Index) addRows(ctx context.Context, db querier, adder *rewards.Adder, f filter, r reach) error {
	narrow := filter{suppliers: f.suppliers}
	if len(f.suppliers) == 0 {
		narrow.recipients = f.recipients
	}
	words := x.lexicon(ctx)
	streams := x.settlementStreams(narrow, words)
	if len(narrow.suppliers) > fewStreams {
		streams[0].where = []string{"s.supplier IN (" + listOf(narrow.suppliers) + ")"}
	}
	if len(f.recipients) == 0 { // else nothing but settlements counts
		losses, err := x.otherStreams(ctx, []pocket.Kind{pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash}, narrow, words)
		if err != nil {
			return err
		}
		streams = append(streams, losses...)
	}
	for _, s := range streams {
		s.reach, s.page = r, x.worthReading+1
	}
	for i, err := range merge(ctx, db, streams, false) {
		if err != nil {
			return err
		}
		if err := adder.Add(i.value); err != nil {
			return err
		}
	}
	return nil
}

// addDigests adds all events of the blocks in r that f may let through. The adder looks at what f cannot tell.
func (x *Index) addDigests(ctx context.Context, db querier, adder *rewards.Adder, f filter, r reach) error {
	rows, err := db.QueryContext(ctx, "SELECT height, time, data FROM digests WHERE height >= $1 AND height <= $2 ORDER BY height",
		r.low, r.high)
	if err != nil {
		return err
	}
	words := x.lexicon(ctx)
	suppliers, applications, services := newChoice(f.suppliers), newChoice(f.applications), newChoice(f.services)
	var shares []pocket.Share
	var height, when int64
	var data sql.RawBytes
	err = each(rows, func() error {
		if err := rows.Scan(&height, &when, &data); err != nil {
			return err
		}
		at := timeOf(when)
		var failed error
		err := visitDigest(height, data, func(e *entry) bool {
			if !suppliers.has(e.supplier) || !applications.has(e.application) || !services.has(e.service) {
				return true
			}
			words.reach(e.maxName())
			failed = adder.Add(e.event(words.vocabulary, height, at, &shares))
			return failed == nil
		})
		if err == nil {
			err = failed
		}
		if err == nil {
			err = words.err
		}
		return err
	})
	return err
}

// A choice is a set of numbers that holds all when empty.
type choice map[int64]bool

func newChoice(ids []int64) choice {
	if len(ids) == 0 {
		return nil
	}
	c := make(choice, len(ids))
	for _, id := range ids {
		c[id] = true
	}
	return c
}

func (c choice) has(id int64) bool { return c == nil || c[id] }
