package monitor

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// A table is how rows are written to one table of the schema: SQLite's driver is fastest with a prepared statement row by row, PostgreSQL
// with an array for each column, which takes one round trip.
type table struct {
	name    string
	columns []column
	tail    string // what to do on a conflict
}

// A column's kind is bigint or text.
type column struct{ name, kind string }

var (
	statesTable = table{"monitor_states", []column{{"name", "text"}, {"subject", "text"}, {"part", "text"}, {"wrong", "bigint"}, {"payload", "text"}},
		"ON CONFLICT (name, subject, part) DO UPDATE SET wrong = excluded.wrong, payload = excluded.payload"}
	cursorsTable = table{"monitor_cursors", []column{{"watch", "text"}, {"height", "bigint"}},
		"ON CONFLICT (watch) DO UPDATE SET height = excluded.height"}
	eventsTable = table{"monitor_events", []column{{"sequence", "bigint"}, {"at", "bigint"}, {"kind", "text"}, {"name", "text"}, {"subject", "text"},
		{"severity", "bigint"}, {"payload", "text"}}, ""}
	waitingTable    = table{"monitor_waiting", []column{{"destination", "text"}, {"event", "bigint"}}, "ON CONFLICT DO NOTHING"}
	deliveriesTable = table{"monitor_deliveries", []column{{"sequence", "bigint"}, {"destination", "text"}, {"state", "text"}, {"done", "bigint"},
		{"payload", "text"}}, "ON CONFLICT (sequence) DO UPDATE SET state = excluded.state, done = excluded.done, payload = excluded.payload"}
	mutesTable = table{"monitor_mutes", []column{{"id", "text"}, {"payload", "text"}}, "ON CONFLICT (id) DO UPDATE SET payload = excluded.payload"}
	notesTable = table{"monitor_notes", []column{{"name", "text"}, {"value", "text"}}, "ON CONFLICT (name) DO UPDATE SET value = excluded.value"}
)

func (t table) names() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// arrays are PostgreSQL's parameters for any number of rows.
func (t table) arrays() string {
	arrays := make([]string, len(t.columns))
	for i, c := range t.columns {
		arrays[i] = fmt.Sprintf("$%d::%s[]", i+1, c.kind)
	}
	return strings.Join(arrays, ", ")
}

func (t table) insertOne() string {
	marks := make([]string, len(t.columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return "INSERT INTO " + t.name + " (" + t.names() + ") VALUES (" + strings.Join(marks, ", ") + ") " + t.tail
}

func (t table) insertMany() string {
	return "INSERT INTO " + t.name + " (" + t.names() + ") SELECT * FROM unnest(" + t.arrays() + ") " + t.tail
}

func (t table) deleteOne() string {
	where := make([]string, len(t.columns))
	for i, c := range t.columns {
		where[i] = fmt.Sprintf("%s = $%d", c.name, i+1)
	}
	return "DELETE FROM " + t.name + " WHERE " + strings.Join(where, " AND ")
}

func (t table) deleteMany() string {
	return "DELETE FROM " + t.name + " WHERE (" + t.names() + ") IN (SELECT * FROM unnest(" + t.arrays() + "))"
}

// turned returns rows as an array for each column.
func (t table) turned(rows [][]any) []any {
	out := make([]any, len(t.columns))
	for c, column := range t.columns {
		if column.kind == "bigint" {
			out[c] = turn[int64](rows, c)
		} else {
			out[c] = turn[string](rows, c)
		}
	}
	return out
}

func turn[T any](rows [][]any, c int) []T {
	list := make([]T, len(rows))
	for i, row := range rows {
		list[i] = row[c].(T)
	}
	return list
}

// A sqlWriter writes rows in one transaction.
type sqlWriter struct {
	ctx   context.Context
	store *sqlStore
	tx    *sql.Tx
	err   error // the first fault; after it nothing is done
}

func (w *sqlWriter) insert(t table, rows [][]any) { w.run(t, rows, t.insertOne, t.insertMany) }

func (w *sqlWriter) remove(t table, rows [][]any) { w.run(t, rows, t.deleteOne, t.deleteMany) }

func (w *sqlWriter) run(t table, rows [][]any, one, many func() string) {
	if len(rows) == 0 || w.err != nil {
		return
	}
	if w.store.db.Dialect == Postgres {
		w.exec(t.name, many(), t.turned(rows)...)
		return
	}
	query := one()
	for _, row := range rows {
		w.exec(t.name, query, row...)
	}
}

// exec runs a statement, prepared once for the life of the store.
func (w *sqlWriter) exec(doing, query string, args ...any) int64 {
	if w.err != nil {
		return 0
	}
	var n int64
	statement, err := w.store.prepare(w.ctx, query)
	if err == nil {
		var result sql.Result
		if result, err = w.tx.StmtContext(w.ctx, statement).ExecContext(w.ctx, args...); err == nil {
			n, err = result.RowsAffected()
		}
	}
	if err != nil {
		w.err = fmt.Errorf("%s: %w", doing, err)
	}
	return n
}
