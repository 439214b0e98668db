package index

import "fmt"

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
	services, recipients := []int64{allServices}, []int64{}
	seen, paid := map[int64]bool{}, map[int64]bool{}
	for i := range d.entries {
		if s := serviceKey(d.entries[i].service); !seen[s] {
			seen[s] = true
			services = append(services, s)
		}
		for _, s := range d.entries[i].shares {
			if !paid[s.recipient] {
				paid[s.recipient] = true
				recipients = append(recipients, s.recipient)
			}
		}
	}
	day := dayOf(d.time)
	if err := w.load(totalsTable, w.totals, day, services); err != nil {
		return err
	}
	if err := w.load(paymentsTable, w.payments, day, recipients); err != nil {
		return err
	}
	for _, s := range services {
		w.totals[dayKey{s, day}].drop(d.height)
	}
	for _, r := range recipients {
		w.payments[dayKey{r, day}].drop(d.height)
	}
	return nil
}

// addSums adds what d adds up to to the ready-made sums, where it must not stand yet.
func (w *writer) addSums(d *digest) error {
	all, services, payments, err := d.sumsOf(w.words())
	if err != nil {
		return fmt.Errorf("block %d: %w", d.height, err)
	}
	day := dayOf(d.time)
	names, recipients := []int64{allServices}, make([]int64, 0, len(payments))
	for i := range services {
		names = append(names, serviceKey(w.service(services[i].Service)))
	}
	for i := range payments {
		recipients = append(recipients, w.address(payments[i].Recipient))
	}
	if err := w.load(totalsTable, w.totals, day, names); err != nil {
		return err
	}
	if err := w.load(paymentsTable, w.payments, day, recipients); err != nil {
		return err
	}
	put := func(days map[dayKey]*dayRow, name int64, sum blockSum) {
		row := days[dayKey{name, day}]
		sum.height, sum.time = d.height, d.time
		row.sums = append(row.sums, sum)
	}
	put(w.totals, allServices, blockSum{sums: all})
	for i := range services {
		put(w.totals, names[i+1], blockSum{sums: services[i].Sums})
	}
	for i := range payments {
		p := &payments[i]
		if own := ownPayments(p.Sums); own != (blockSum{}).sums {
			put(w.payments, recipients[i], blockSum{service: w.service(p.Service), sums: own})
		}
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
