package index

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A KnownSupplier is a supplier as the index last heard of it.
type KnownSupplier struct {
	pocket.Supplier
	Height pocket.Height // the block after which it looked so
	Time   time.Time     // of that block, UTC
	Gone   bool          // it is not staked any more; the rest is what it was before
	Source string        // who told of it
}

// Suppliers returns what is known of all suppliers, by operator. Those of which only settlements are known are not among them: see
// [Index.Operators].
func (x *Index) Suppliers(ctx context.Context) ([]KnownSupplier, error) {
	return x.suppliers(ctx, "")
}

// Supplier returns what is known of one; [pocket.ErrNotFound] when nothing is.
func (x *Index) Supplier(ctx context.Context, operator pocket.Address) (KnownSupplier, error) {
	ids, err := x.lookup(ctx, operator.String())
	if err != nil {
		return KnownSupplier{}, err
	}
	list, err := x.suppliers(ctx, " WHERE supplier IN ("+listOf(ids)+")")
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("index: supplier %s: %w", operator, pocket.ErrNotFound)
	}
	if err != nil {
		return KnownSupplier{}, err
	}
	return list[0], nil
}

func (x *Index) suppliers(ctx context.Context, where string) ([]KnownSupplier, error) {
	rows, err := x.db.Read.QueryContext(ctx, "SELECT height, time, gone, payload, source FROM suppliers"+where)
	if err != nil {
		return nil, x.fault("suppliers", err)
	}
	words := x.lexicon(ctx)
	var list []KnownSupplier
	err = each(rows, func() error {
		var height, when, gone, source int64
		var payload []byte
		if err := rows.Scan(&height, &when, &gone, &payload, &source); err != nil {
			return err
		}
		k := KnownSupplier{Height: pocket.Height(height), Time: timeOf(when), Gone: gone != 0, Source: words.text(source)}
		if err := json.Unmarshal(payload, &k.Supplier); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		list = append(list, k)
		return words.err
	})
	slices.SortFunc(list, func(a, b KnownSupplier) int { return a.Operator.Compare(b.Operator) })
	return list, x.fault("suppliers", err)
}

// Operators returns every supplier that the index has sums or a history of, sorted.
func (x *Index) Operators(ctx context.Context) ([]pocket.Address, error) {
	return x.addresses(ctx, "SELECT supplier FROM earners UNION SELECT supplier FROM supplier_history")
}

// Services returns every service that the index has sums of, sorted.
func (x *Index) Services(ctx context.Context) ([]pocket.ServiceID, error) {
	rows, err := x.db.Read.QueryContext(ctx, "SELECT DISTINCT service FROM day_totals WHERE service > 0")
	if err != nil {
		return nil, x.fault("services", err)
	}
	words := x.lexicon(ctx)
	var list []pocket.ServiceID
	err = each(rows, func() error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		list = append(list, pocket.ServiceID(words.text(id)))
		return words.err
	})
	slices.Sort(list)
	return list, x.fault("services", err)
}

// addresses returns the addresses that query selects by number, sorted.
func (x *Index) addresses(ctx context.Context, query string) ([]pocket.Address, error) {
	rows, err := x.db.Read.QueryContext(ctx, query)
	if err != nil {
		return nil, x.fault("addresses", err)
	}
	words := x.lexicon(ctx)
	list := map[pocket.Address]bool{}
	err = each(rows, func() error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if a := words.address(id); !a.IsZero() {
			list[a] = true
		}
		return words.err
	})
	return sortedAddresses(list), x.fault("addresses", err)
}

func sortedAddresses[V any](m map[pocket.Address]V) []pocket.Address {
	return slices.SortedFunc(maps.Keys(m), pocket.Address.Compare)
}

// PutSuppliers stores suppliers as source saw them after block after, such as all those that a chain client lists. Their history notes it.
func (x *Index) PutSuppliers(ctx context.Context, source string, after pocket.Height, suppliers ...pocket.Supplier) error {
	seen := make([]sighting, len(suppliers))
	for i := range suppliers {
		seen[i] = sighting{suppliers[i].Operator, &suppliers[i]}
	}
	return x.putSightings(ctx, source, after, seen)
}

// PutGone stores that there were no suppliers of these operators after block after.
func (x *Index) PutGone(ctx context.Context, source string, after pocket.Height, operators ...pocket.Address) error {
	seen := make([]sighting, len(operators))
	for i, operator := range operators {
		seen[i] = sighting{operator, nil}
	}
	return x.putSightings(ctx, source, after, seen)
}

// putSightings stores suppliers as they were after a stored block.
func (x *Index) putSightings(ctx context.Context, source string, height pocket.Height, seen []sighting) error {
	return x.write(ctx, "store suppliers", func(w *writer) error {
		w.source = w.id(clean(source))
		when, _, err := timeOfHeight(ctx, w.tx, int64(height))
		if err != nil {
			return err
		}
		for _, s := range seen {
			if err := w.putSupplier(s.operator, s.supplier, int64(height), micros(when)); err != nil {
				return err
			}
		}
		return nil
	})
}

// lasts reports whether a supplier is staked as far as the index knows.
func (x *Index) lasts(ctx context.Context, operator pocket.Address) (bool, error) {
	stays, err := x.Stays(ctx, []pocket.Address{operator})
	return len(stays) > 0 && stays[len(stays)-1].To.IsZero(), err
}
