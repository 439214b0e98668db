package index

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// addReady adds the ready-made sums.
func (x *Index) addReady(ctx context.Context, adder *rewards.Adder, q rewards.Query, f filter) error {
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
	err := x.visitDays(ctx, "SELECT service, data FROM day_totals WHERE "+where, q.Span, func(service int64, data []byte) error {
		return sums.addAll(data, func(s *blockSum) bool {
			s.service = max(service, 0)
			return true
		})
	})
	if err != nil || len(q.Wallets) == 0 {
		return err
	}
	wallets, err := x.lookupAddresses(ctx, q.Wallets)
	if err != nil {
		return err
	}
	where = "recipient IN (" + listOf(unique(wallets)) + ")"
	return x.visitDays(ctx, "SELECT recipient, data FROM day_payments WHERE "+where, q.Span, func(_ int64, data []byte) error {
		whole, byService, err := splitPayments(data)
		if err != nil {
			return err
		}
		if !apart {
			return sums.addAll(whole, func(*blockSum) bool { return true })
		}
		return sums.addAll(byService, func(s *blockSum) bool { return len(f.services) == 0 || slices.Contains(f.services, s.service) })
	})
}

// visitDays calls visit with each row that query selects of the days in span.
func (x *Index) visitDays(ctx context.Context, query string, span pocket.Span, visit func(key int64, data []byte) error) error {
	var args []any
	if !span.From.IsZero() {
		args = append(args, dayOf(micros(span.From)))
		query += fmt.Sprintf(" AND day >= $%d", len(args))
	}
	if !span.To.IsZero() {
		args = append(args, dayOf(micros(span.To)))
		query += fmt.Sprintf(" AND day <= $%d", len(args))
	}
	rows, err := x.db.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return x.fault("sums", err)
	}
	var key int64
	var data sql.RawBytes
	err = each(rows, func() error {
		if err := rows.Scan(&key, &data); err != nil {
			return err
		}
		return visit(key, data)
	})
	return x.fault("sums", err)
}

// A merger adds blocks of one period and service together before it hands them to an adder, which takes longer over each row.
type merger struct {
	adder *rewards.Adder
	query rewards.Query
	words *lexicon

	from, to time.Time // the period at hand; both zero with Whole
	inside   bool
	service  int64
	sums     rewards.Sums
	start    time.Time
}

// addAll adds the blocks of packed sums that lie in the query's span and that wanted lets through, which may change their service.
func (m *merger) addAll(packed []byte, wanted func(*blockSum) bool) error {
	m.inside = false
	err := visitSums(packed, func(s *blockSum) error {
		t := timeOf(s.time)
		if !m.query.Contains(t) || !wanted(s) {
			return nil
		}
		if !m.inside || s.service != m.service || !m.to.IsZero() && !t.Before(m.to) || t.Before(m.from) {
			if err := m.flush(); err != nil {
				return err
			}
			m.inside, m.service, m.start, m.sums = true, s.service, t, rewards.Sums{}
			m.from, m.to = m.query.Period.Of(t, m.query.Zone)
		}
		var err error
		m.sums, err = m.sums.Plus(s.sums)
		return err
	})
	if err != nil {
		return err
	}
	return m.flush()
}

func (m *merger) flush() error {
	if !m.inside {
		return nil
	}
	m.inside = false
	service := pocket.ServiceID(m.words.text(m.service))
	if m.words.err != nil {
		return m.words.err
	}
	return m.adder.AddRow(rewards.Row{Key: rewards.Key{Start: m.start, Service: service}, Sums: m.sums})
}
