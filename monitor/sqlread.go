package monitor

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Take implements [Store].
func (s *sqlStore) Take(ctx context.Context, watcher string) (*Snapshot, error) {
	snapshot, err := s.take(ctx, watcher)
	return snapshot, s.fault("take over", err)
}

func (s *sqlStore) take(ctx context.Context, watcher string) (*Snapshot, error) {
	tx, err := s.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	const first = "INSERT INTO monitor_watcher (id, instance, watcher, sequence) VALUES (1, $1, '', 0) ON CONFLICT (id) DO NOTHING"
	if _, err := tx.ExecContext(ctx, first, newInstance()); err != nil {
		return nil, err
	}
	// From here on the row is locked: whoever had the store has finished what it was at.
	if _, err := tx.ExecContext(ctx, "UPDATE monitor_watcher SET watcher = $1 WHERE id = 1", watcher); err != nil {
		return nil, err
	}
	snap := &Snapshot{Cursors: map[string]pocket.Height{}, Notes: map[string]string{}}
	row := tx.QueryRowContext(ctx, "SELECT instance, sequence FROM monitor_watcher WHERE id = 1")
	if err := row.Scan(&snap.Instance, &snap.Sequence); err != nil {
		return nil, err
	}
	if err := readSnapshot(ctx, tx, snap); err != nil {
		return nil, err
	}
	return snap, tx.Commit()
}

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

func readSnapshot(ctx context.Context, q querier, snap *Snapshot) (err error) {
	if snap.States, err = payloads[State](ctx, q, "SELECT payload FROM monitor_states ORDER BY name, subject, part"); err != nil {
		return err
	}
	if snap.Mutes, err = payloads[Mute](ctx, q, "SELECT payload FROM monitor_mutes"); err != nil {
		return err
	}
	slices.SortFunc(snap.Mutes, compareMutes)
	if snap.Pending, err = payloads[Delivery](ctx, q, "SELECT payload FROM monitor_deliveries WHERE state = 'pending' ORDER BY sequence"); err != nil {
		return err
	}
	var name, value string
	var n int64
	if err = each(ctx, q, "SELECT watch, height FROM monitor_cursors", func() { snap.Cursors[name] = pocket.Height(n) }, &name, &n); err != nil {
		return err
	}
	if err = each(ctx, q, "SELECT name, value FROM monitor_notes", func() { snap.Notes[name] = value }, &name, &value); err != nil {
		return err
	}
	waiting := func() { snap.Waiting = append(snap.Waiting, Waiting{Destination: name, Event: n}) }
	if err = each(ctx, q, "SELECT destination, event FROM monitor_waiting ORDER BY event, destination", waiting, &name, &n); err != nil {
		return err
	}
	named := "SELECT event FROM monitor_waiting"
	for _, d := range snap.Pending {
		for _, sequence := range d.Events {
			named += " UNION SELECT " + strconv.FormatInt(sequence, 10)
		}
	}
	snap.Events, err = payloads[Event](ctx, q, "SELECT payload FROM monitor_events WHERE sequence IN ("+named+") ORDER BY sequence")
	return err
}

// each runs visit for every row, scanned to the same places.
func each(ctx context.Context, q querier, query string, visit func(), to ...any) error {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		visit()
	}
	return rows.Err()
}

// payloads returns what a query finds in its only column.
func payloads[T any](ctx context.Context, q querier, query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	var payload []byte
	for rows.Next() {
		var v T
		if err := rows.Scan(&payload); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(payload, &v); err != nil {
			return nil, fmt.Errorf("a stored %T cannot be read: %w", v, err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// Alerts implements [Store].
func (s *sqlStore) Alerts(ctx context.Context) ([]Alert, error) {
	states, err := payloads[State](ctx, s.db.Read, "SELECT payload FROM monitor_states WHERE wrong = 1")
	if err != nil {
		return nil, s.fault("alerts", err)
	}
	var alerts []Alert
	for _, state := range states {
		alerts = append(alerts, state.Alert)
	}
	slices.SortFunc(alerts, func(a, b Alert) int { return compareKeys(a.Key, b.Key) })
	return alerts, nil
}

// Mutes implements [Store].
func (s *sqlStore) Mutes(ctx context.Context) ([]Mute, error) {
	mutes, err := payloads[Mute](ctx, s.db.Read, "SELECT payload FROM monitor_mutes")
	slices.SortFunc(mutes, compareMutes)
	return mutes, s.fault("mutes", err)
}

// conditions are those of a query, with their arguments.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(condition string, arg any) {
	c.args = append(c.args, arg)
	c.where = append(c.where, condition+" $"+strconv.Itoa(len(c.args)))
}

func (c *conditions) String() string {
	if len(c.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.where, " AND ")
}

// exactly returns what a pattern matches when it is one text.
func exactly(pattern string) (string, bool) {
	if pattern == "" || strings.ContainsAny(pattern, `*?\`) {
		return "", false
	}
	return pattern, true
}

// pageRows is how many rows are read at once.
const pageRows = 256

// Events implements [Store].
func (s *sqlStore) Events(ctx context.Context, q EventQuery) iter.Seq2[Event, error] {
	beyond := "sequence <"
	first, order := q.Before, " ORDER BY sequence DESC"
	if first == 0 {
		first = math.MaxInt64
	}
	if q.Oldest {
		beyond, first, order = "sequence >", q.After, " ORDER BY sequence"
	}
	read := func(from int64) ([]Event, error) {
		var c conditions
		c.add(beyond, from)
		switch {
		case !q.Oldest && q.After > 0:
			c.add("sequence >", q.After)
		case q.Oldest && q.Before > 0:
			c.add("sequence <", q.Before)
		}
		if !q.Span.From.IsZero() {
			c.add("at >=", micros(q.Span.From))
		}
		if !q.Span.To.IsZero() {
			c.add("at <", micros(q.Span.To))
		}
		if q.Severity > 0 {
			c.add("severity >=", int64(q.Severity))
		}
		if len(q.Kinds) == 1 {
			c.add("kind =", string(q.Kinds[0]))
		}
		if name, ok := exactly(q.Match.Name); ok {
			c.add("name =", name)
		}
		if subject, ok := exactly(q.Match.Subject); ok {
			c.add("subject =", subject)
		}
		query := "SELECT payload FROM monitor_events" + c.String() + order + " LIMIT " + strconv.Itoa(pageRows)
		return payloads[Event](ctx, s.db.Read, query, c.args...)
	}
	return paged(first, q.Limit, q.Matches, read, func(e Event) int64 { return e.Sequence }, func(err error) error { return s.fault("events", err) })
}

// Deliveries implements [Store].
func (s *sqlStore) Deliveries(ctx context.Context, q DeliveryQuery) iter.Seq2[Delivery, error] {
	first := q.Before
	if first == 0 {
		first = math.MaxInt64
	}
	read := func(from int64) ([]Delivery, error) {
		var c conditions
		c.add("sequence <", from)
		if q.Event > 0 {
			c.add("sequence >", q.Event) // a message comes after what it tells
		}
		if q.Destination != "" {
			c.add("destination =", q.Destination)
		}
		if q.State != "" {
			c.add("state =", string(q.State))
		}
		query := "SELECT payload FROM monitor_deliveries" + c.String() + " ORDER BY sequence DESC LIMIT " + strconv.Itoa(pageRows)
		return payloads[Delivery](ctx, s.db.Read, query, c.args...)
	}
	return paged(first, q.Limit, q.Matches, read, func(d Delivery) int64 { return d.Sequence }, func(err error) error { return s.fault("deliveries", err) })
}

// paged yields what matches of page after page, and holds nothing in between, so that writers need not wait.
func paged[T any](from int64, limit int, matches func(T) bool, read func(from int64) ([]T, error), sequence func(T) int64,
	fault func(error) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		at, found := from, 0
		for {
			page, err := read(at)
			if err != nil {
				var zero T
				yield(zero, fault(err))
				return
			}
			for _, v := range page {
				at = sequence(v)
				if !matches(v) {
					continue
				}
				found++
				if !yield(v, nil) || found == limit {
					return
				}
			}
			if len(page) < pageRows {
				return
			}
		}
	}
}

// Prune implements [Store].
func (s *sqlStore) Prune(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.prune(ctx, before)
	return n, s.fault("prune", err)
}

// pruneRows is how many rows one transaction deletes, so that it never keeps an alert waiting for long.
const pruneRows = 500

func (s *sqlStore) prune(ctx context.Context, before time.Time) (int64, error) {
	needed, err := s.needed(ctx)
	if err != nil {
		return 0, err
	}
	deliveries, err := s.deleteAll(ctx, "DELETE FROM monitor_deliveries WHERE sequence IN "+
		"(SELECT sequence FROM monitor_deliveries WHERE done > 0 AND done < $1 LIMIT $2)", micros(before), int64(pruneRows))
	if err != nil {
		return deliveries, err
	}
	events, err := s.deleteAll(ctx, "DELETE FROM monitor_events WHERE sequence IN "+
		"(SELECT sequence FROM monitor_events WHERE at < $1 AND sequence < $3 LIMIT $2)", micros(before), int64(pruneRows), needed)
	return deliveries + events, err
}

// deleteAll repeats a statement that deletes up to pruneRows rows until it finds fewer.
func (s *sqlStore) deleteAll(ctx context.Context, query string, args ...any) (int64, error) {
	var total int64
	for {
		result, err := s.db.Write.ExecContext(ctx, query, args...)
		if err != nil {
			return total, err
		}
		n, err := result.RowsAffected()
		total += n
		if err != nil || n < pruneRows {
			return total, err
		}
	}
}

// needed returns from which sequence on events are still to be told. What waits is read before what is on its way: that is how events go.
func (s *sqlStore) needed(ctx context.Context) (int64, error) {
	first := int64(math.MaxInt64)
	var waits sql.NullInt64
	if err := s.db.Read.QueryRowContext(ctx, "SELECT MIN(event) FROM monitor_waiting").Scan(&waits); err != nil {
		return 0, err
	}
	if waits.Valid {
		first = waits.Int64
	}
	pending, err := payloads[Delivery](ctx, s.db.Read, "SELECT payload FROM monitor_deliveries WHERE state = 'pending'")
	for _, d := range pending {
		if len(d.Events) > 0 {
			first = min(first, slices.Min(d.Events))
		}
	}
	return first, err
}
