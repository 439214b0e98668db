package index

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

var (
	pricesTable = &table{"prices", join(text("source", "currency"), bigint("time"), text("price"), bigint("told")),
		"ON CONFLICT (source, currency, time) DO UPDATE SET price = excluded.price, told = excluded.told"}
	priceDaysTable = &table{"price_days", join(text("source", "currency"), bigint("day")), "ON CONFLICT DO NOTHING"}
)

// storedPrices returns the prices in a span, oldest first.
func (x *Index) storedPrices(ctx context.Context, source, code string, span pocket.Span) ([]rewards.Price, error) {
	rows, err := x.db.Read.QueryContext(ctx,
		"SELECT time, price FROM prices WHERE source = $1 AND currency = $2 AND time >= $3 AND time < $4 ORDER BY time",
		source, code, ceilMicros(span.From), ceilMicros(span.To))
	if err != nil {
		return nil, x.fault("prices", err)
	}
	var prices []rewards.Price
	var when int64
	var text sql.RawBytes
	err = each(rows, func() error {
		if err := rows.Scan(&when, &text); err != nil {
			return err
		}
		value, err := decimal.NewFromString(string(text))
		if err != nil {
			return fmt.Errorf("price of %s: %w", timeOf(when).Format(time.RFC3339), ErrCorrupt)
		}
		prices = append(prices, rewards.Price{Time: timeOf(when), Value: value})
		return nil
	})
	return prices, x.fault("prices", err)
}

// pricedDays returns which of some days are known for good, and whether the prices from the day final on were told since a moment and not after
// now, as a clock that was set back makes it look.
func (x *Index) pricedDays(ctx context.Context, source, code string, from, to, final int64, since, now time.Time,
) (known map[int64]bool, fresh bool, err error) {
	known = map[int64]bool{}
	err = x.snapshot(ctx, "prices", func(db querier) error {
		var told sql.NullInt64
		err := db.QueryRowContext(ctx, "SELECT max(told) FROM prices WHERE source = $1 AND currency = $2 AND time >= $3",
			source, code, final*day).Scan(&told)
		if err != nil {
			return err
		}
		fresh = told.Valid && told.Int64 > micros(since) && told.Int64 <= micros(now)
		rows, err := db.QueryContext(ctx, "SELECT day FROM price_days WHERE source = $1 AND currency = $2 AND day >= $3 AND day <= $4",
			source, code, from, to)
		if err != nil {
			return err
		}
		return each(rows, func() error {
			var d int64
			err := rows.Scan(&d)
			known[d] = true
			return err
		})
	})
	return known, fresh, err
}

// keepPrices stores what a source told of a span in place of what it had told of it before, and notes that some of its days are complete. A day is
// so only if the source has told a price after it: one that lags, or a clock of ours that runs ahead, must not leave a hole for ever.
func (x *Index) keepPrices(ctx context.Context, source string, q *priceQuestion, span pocket.Span, answer priceAnswer, complete []int64) error {
	return x.write(ctx, "keep prices", func(w *writer) error {
		if len(answer.prices) > 0 {
			if err := w.dropPrices(source, q.code, span, answer.gaps); err != nil {
				return err
			}
		}
		told := micros(q.now)
		if open := (pocket.Span{From: dayStart(q.final()), To: q.now}); slices.ContainsFunc(answer.gaps, func(g rewards.Gap) bool {
			_, any := common(g.Span, open)
			return any
		}) {
			told = 0 // a program that begins must ask anew to learn of the gap
		}
		rows := make([]any, 0, 5*len(answer.prices))
		for i, p := range answer.prices {
			if i > 0 && micros(answer.prices[i-1].Time) == micros(p.Time) {
				rows = rows[:len(rows)-5] // of several at one moment the last counts, and PostgreSQL takes no row twice
			}
			rows = append(rows, source, q.code, micros(p.Time), p.Value.String(), told)
		}
		if _, err := w.insert(w.ctx, pricesTable, rows); err != nil { // not put: the index's last update is the chain's
			return err
		}
		var newest sql.NullInt64
		err := w.tx.QueryRowContext(w.ctx, "SELECT max(time) FROM prices WHERE source = $1 AND currency = $2", source, q.code).Scan(&newest)
		if err != nil {
			return err
		}
		var days []any
		for _, d := range complete {
			if newest.Valid && newest.Int64 >= (d+1)*day {
				days = append(days, source, q.code, d)
			}
		}
		_, err = w.insert(w.ctx, priceDaysTable, days)
		return err
	})
}

// dropPrices deletes the prices in a span, but for those in gaps: the source may have known more once.
func (w *writer) dropPrices(source, code string, span pocket.Span, gaps []rewards.Gap) error {
	query, args := "DELETE FROM prices WHERE source = $1 AND currency = $2 AND time >= $3 AND time < $4",
		[]any{source, code, ceilMicros(span.From), ceilMicros(span.To)}
	for _, gap := range gaps {
		if kept, any := common(gap.Span, span); any {
			query += fmt.Sprintf(" AND NOT (time >= $%d AND time < $%d)", len(args)+1, len(args)+2)
			args = append(args, ceilMicros(kept.From), ceilMicros(kept.To))
		}
	}
	_, err := w.tx.ExecContext(w.ctx, query, args...)
	return err
}
