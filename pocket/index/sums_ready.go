package index

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// addReady adds the ready-made sums.
func (x *Index) addReady(ctx context.Context, db querier, adder *rewards.Adder, q rewards.Query, f filter) error {
	apart := slices.Contains(q.By, rewards.ByService) || len(f.services) > 0
	where := fmt.Sprintf("service = %d", allServices)
	if len(f.services) > 0 {
		keys := make([]int64, len(f.services))
		for i, id := range f.services {
			keys[i] = serviceKey(id)
		}
		where = "service IN (" + listOf(keys) + ")"
	} else if apart {
		where = fmt.Sprintf("service <> %d", allServices)
	}
	sums := merger{adder: adder, query: q, words: x.lexicon(ctx)}
	err := visitSlots(ctx, db, totalsTable, day, where, q.Span, func(service int64, data []byte) error {
		return sums.addAll(data, max(service, 0), nil)
	})
	if err != nil || len(q.Wallets) == 0 {
		return err
	}
	wallets, err := x.lookupAddresses(ctx, q.Wallets)
	if err != nil {
		return err
	}
	table, width, only := paymentsTable, day, newChoice(nil)
	if apart {
		table, width, only = servicePaymentsTable, hour, newChoice(f.services)
	}
	return visitSlots(ctx, db, table, width, "recipient IN ("+listOf(unique(wallets))+")", q.Span,
		func(_ int64, data []byte) error { return sums.addAll(data, 0, only) })
}

// visitSlots calls visit with each row of a rollup's table that has a part in span.
func visitSlots(ctx context.Context, db querier, t *table, width int64, where string, span pocket.Span,
	visit func(key int64, data []byte) error,
) error {
	name, unit := t.columns[0].name, t.columns[1].name
	query := "SELECT " + name + ", data FROM " + t.name + " WHERE " + where
	var args []any
	if !span.From.IsZero() {
		args = append(args, slotOf(micros(span.From), width))
		query += fmt.Sprintf(" AND %s >= $%d", unit, len(args))
	}
	if !span.To.IsZero() {
		args = append(args, slotOf(micros(span.To), width))
		query += fmt.Sprintf(" AND %s <= $%d", unit, len(args))
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	var key int64
	var data sql.RawBytes
	err = each(rows, func() error {
		if err := rows.Scan(&key, &data); err != nil {
			return err
		}
		return visit(key, data)
	})
	return err
}

// A merger adds blocks of one period, service and price together before it hands them to an adder, which takes longer over each row.
type merger struct {
	adder *rewards.Adder
	query rewards.Query
	words *lexicon

	row     rewards.Row // what is merged so far
	any     bool
	service int64
	from    int64 // the period at hand, or the part of it with one price, in microseconds; the end is not part of it
	to      int64
}

// addAll adds the blocks of packed sums that lie in the query's span and whose service is in only. Where they name no service it is the one
// given.
func (m *merger) addAll(packed []byte, service int64, only choice) error {
	r := sumReader{unpacker: unpacker{b: packed}}
	fields := sumFields(&m.row.Sums)
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if !m.query.From.IsZero() {
		low = ceilMicros(m.query.From)
	}
	if !m.query.To.IsZero() {
		high = ceilMicros(m.query.To)
	}
	for r.next() {
		if r.time < low || r.time >= high || !only.has(r.service) {
			r.skip()
			continue
		}
		own := max(r.service, service)
		if !m.any || own != m.service || r.time < m.from || r.time >= m.to {
			if err := m.flush(); err != nil {
				return err
			}
			m.begin(own, timeOf(r.time))
		}
		if !r.add(&fields) {
			return fmt.Errorf("sum of a day: %w", pocket.ErrOverflow)
		}
	}
	if err := r.err(); err != nil {
		return err
	}
	return m.flush()
}

// begin begins a row with a block of that time.
func (m *merger) begin(service int64, t time.Time) {
	m.any, m.service, m.row.Start = true, service, t
	m.row.Service = pocket.ServiceID(m.words.text(service))
	from, to := m.query.Period.Of(t, m.query.Zone)
	m.from, m.to = math.MinInt64, math.MaxInt64
	if !to.IsZero() {
		m.from, m.to = ceilMicros(from), ceilMicros(to)
	}
	if m.query.Prices == nil {
		return
	}
	_, steady, _ := m.query.Prices.Steady(t)
	if !steady.From.IsZero() {
		m.from = max(m.from, ceilMicros(steady.From))
	}
	if !steady.To.IsZero() {
		m.to = min(m.to, ceilMicros(steady.To))
	}
}

// flush hands over what is merged.
func (m *merger) flush() error {
	if m.words.err != nil || !m.any {
		return m.words.err
	}
	err := m.adder.AddRowAt(m.row, m.row.Start)
	m.any, m.row = false, rewards.Row{}
	return err
}
