package index

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/rewards"
)

// replaceDigest stores now in place of old and brings the ready-made sums up to it.
func (w *writer) replaceDigest(old, now *digest) error {
	if err := w.dropSums(old); err != nil {
		return err
	}
	if len(now.entries) == 0 {
		return w.exec("DELETE FROM digests WHERE height = $1", now.height)
	}
	if err := w.put(digestsTable, []any{now.height, now.time, int64(len(now.entries)), now.pack()}); err != nil {
		return err
	}
	if err := w.addSums(now); err != nil {
		return err
	}
	return w.putEarners(now)
}

// dropSums takes what d had added out of the ready-made sums.
func (w *writer) dropSums(d *digest) error {
	if len(d.entries) == 0 {
		return nil
	}
	services, recipients := map[int64]bool{allServices: true}, map[int64]bool{}
	for i := range d.entries {
		services[serviceKey(d.entries[i].service)] = true
		for _, s := range d.entries[i].shares {
			recipients[s.recipient] = true
		}
	}
	for _, void := range []struct {
		of    *rollup
		names map[int64]bool
	}{{w.rollups.totals, services}, {w.rollups.payments, recipients}, {w.rollups.servicePayments, recipients}} {
		slot := slotOf(d.time, void.of.width)
		names := slices.Collect(maps.Keys(void.names))
		if err := w.load(void.of, slot, names); err != nil {
			return err
		}
		for _, n := range names {
			void.of.rows[sumKey{n, slot}].drop(d.height)
		}
	}
	return nil
}

// addSums adds what d adds up to to the ready-made sums, where it must not stand yet.
func (w *writer) addSums(d *digest) error {
	all, services, err := d.sumsOf(w.words())
	if err != nil {
		return fmt.Errorf("block %d: %w", d.height, err)
	}
	totals := map[int64][]blockSum{allServices: {{sums: all}}}
	for i := range services {
		key := serviceKey(w.service(services[i].Service))
		totals[key] = append(totals[key], blockSum{sums: services[i].Sums})
	}
	whole, byService, err := d.paymentSums(w.words())
	if err != nil {
		return fmt.Errorf("block %d: %w", d.height, err)
	}
	for _, add := range []struct {
		to   *rollup
		sums map[int64][]blockSum
	}{{w.rollups.totals, totals}, {w.rollups.payments, whole}, {w.rollups.servicePayments, byService}} {
		if err := w.addTo(add.to, d, add.sums); err != nil {
			return err
		}
	}
	return nil
}

// paymentSums returns what d paid, by address: in all, and by service.
func (d *digest) paymentSums(words vocabulary) (whole, byService map[int64][]blockSum, err error) {
	payments, err := d.paymentsOf(words)
	if err != nil {
		return nil, nil, err
	}
	whole, byService = map[int64][]blockSum{}, map[int64][]blockSum{}
	for to, own := range payments {
		if *own == (rewards.Sums{}) {
			continue
		}
		byService[to.recipient] = append(byService[to.recipient], blockSum{service: to.service, sums: *own})
		if whole[to.recipient] == nil {
			whole[to.recipient] = make([]blockSum, 1)
		}
		sum := &whole[to.recipient][0].sums
		if *sum, err = sum.Plus(*own); err != nil {
			return nil, nil, err
		}
	}
	return whole, byService, nil
}

// addTo adds the sums of a block to the rows of a rollup.
func (w *writer) addTo(r *rollup, d *digest, sums map[int64][]blockSum) error {
	slot := slotOf(d.time, r.width)
	if err := w.load(r, slot, slices.Collect(maps.Keys(sums))); err != nil {
		return err
	}
	for name, list := range sums {
		for i := range list {
			list[i].height, list[i].time = d.height, d.time
		}
		slices.SortFunc(list, func(a, b blockSum) int { return cmp.Compare(a.service, b.service) })
		row := r.rows[sumKey{name, slot}]
		row.fresh = append(row.fresh, list...)
	}
	return nil
}

// putEarners notes the first height at which something of a supplier was summed up.
func (w *writer) putEarners(d *digest) error {
	var rows []any
	for i := range d.entries {
		supplier := d.entries[i].supplier
		if first, ok := w.firsts[supplier]; ok && first <= d.height {
			continue
		}
		if first, ok := w.x.firsts.Load(supplier); ok && first.(int64) <= d.height {
			continue
		}
		w.firsts[supplier] = d.height
		rows = append(rows, supplier, d.height, d.time)
	}
	return w.put(earnersTable, rows)
}
