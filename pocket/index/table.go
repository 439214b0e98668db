package index

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// A table is how rows are written to one table of the schema.
type table struct {
	name    string
	columns []column
	tail    string // what to do on a conflict
}

type column struct{ name, kind string }

func bigint(names ...string) []column { return columns("bigint", names) }
func text(names ...string) []column   { return columns("text", names) }
func bytea(names ...string) []column  { return columns("bytea", names) }

func columns(kind string, names []string) []column {
	list := make([]column, len(names))
	for i, n := range names {
		list[i] = column{n, kind}
	}
	return list
}

func join(parts ...[]column) []column {
	var all []column
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// insert is the statement that inserts into t, up to what is inserted.
func (t *table) insert() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(names, ", ") + ") "
}

// some is SQLite's statement for so many rows. Its driver looks named marks up one by one, so these have no names.
func (t *table) some(rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ") + ")"
	return t.insert() + "VALUES " + strings.TrimSuffix(strings.Repeat(row+", ", rows), ", ") + " " + t.tail
}

// many is PostgreSQL's statement for any number of rows, given as one array for each column.
func (t *table) many() string {
	arrays := make([]string, len(t.columns))
	for i, c := range t.columns {
		arrays[i] = fmt.Sprintf("$%d::%s[]", i+1, c.kind)
	}
	return t.insert() + "SELECT * FROM unnest(" + strings.Join(arrays, ", ") + ") " + t.tail
}

// arrays turns rows, one after the other in values, into an array for each column.
func (t *table) arrays(values []any) []any {
	width := len(t.columns)
	rows := len(values) / width
	out := make([]any, width)
	for c, column := range t.columns {
		switch column.kind {
		case "bigint":
			list := make([]int64, rows)
			for r := range list {
				list[r] = values[r*width+c].(int64)
			}
			out[c] = list
		case "text":
			list := make([]string, rows)
			for r := range list {
				list[r] = values[r*width+c].(string)
			}
			out[c] = list
		default:
			list := make([][]byte, rows)
			for r := range list {
				list[r] = values[r*width+c].([]byte)
			}
			out[c] = list
		}
	}
	return out
}

// An inserter writes rows in a transaction in the way that is fastest with its database: for SQLite a prepared statement with a few rows,
// for PostgreSQL arrays, which take one round trip.
type inserter struct {
	tx       *sql.Tx
	dialect  Dialect
	prepared map[string]*sql.Stmt
}

const (
	arrayRows = 5000 // rows in one statement for PostgreSQL
	someMarks = 48   // values in one statement for SQLite, or one row: more are no faster
)

// prepare returns the statement, made once in each transaction and closed with it.
func (n *inserter) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := n.prepared[query]; ok {
		return s, nil
	}
	s, err := n.tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	n.prepared[query] = s
	return s, nil
}

// insert writes rows, given one after the other in values, and returns how many of them are new.
func (n *inserter) insert(ctx context.Context, t *table, values []any) (int64, error) {
	if n.dialect == Postgres {
		return n.insertBy(ctx, t, values, arrayRows, func(int) string { return t.many() }, t.arrays)
	}
	as := func(values []any) []any { return values }
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	// SQLite's driver starts a goroutine for each statement that may be cancelled. These take microseconds.
	return n.insertBy(context.WithoutCancel(ctx), t, values, max(1, someMarks/len(t.columns)), t.some, as)
}

// insertBy writes rows by statements of so many rows, and the rest one by one if a statement depends on how many they are.
func (n *inserter) insertBy(ctx context.Context, t *table, values []any, rows int, query func(rows int) string, as func([]any) []any) (int64, error) {
	width := len(t.columns)
	var inserted int64
	for len(values) > 0 {
		if rows*width > len(values) {
			rows = len(values) / width
			if n.dialect == SQLite {
				rows = 1
			}
		}
		chunk := values[:rows*width]
		values = values[len(chunk):]
		s, err := n.prepare(ctx, query(rows))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		result, err := s.ExecContext(ctx, as(chunk)...)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		fresh, err := result.RowsAffected()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		inserted += fresh
	}
	return inserted, nil
}

// The tables. Rows that name the same thing are the same row: the first to tell of it stays.
var (
	namesTable  = &table{"names", join(bigint("id"), text("text")), ""}
	blocksTable = &table{"blocks", join(bigint("height", "time"), bytea("hash"), bigint("source")),
		"ON CONFLICT (height) DO UPDATE SET hash = excluded.hash WHERE length(blocks.hash) = 0 AND length(excluded.hash) > 0"}
	settlementsTable = &table{"settlements", join(
		bigint("height", "idx", "time", "owner", "relays", "est_relays", "claimed_cu", "est_cu", "claimed", "settled", "minted",
			"overserviced", "deflated", "mint_ratio", "flags"),
		bytea("session", "shares"), bigint("session_end", "supplier", "application", "service", "source"), bytea("tx")), ""}
	paidTable   = &table{"paid", bigint("recipient", "height", "idx"), "ON CONFLICT DO NOTHING"}
	eventsTable = &table{"events", join(
		bigint("height", "idx", "kind", "time", "supplier", "owner", "application", "service", "amount"), text("payload"), bigint("source")),
		"ON CONFLICT (height, idx, kind) DO NOTHING"}
	transactionsTable = &table{"transactions", join(bigint("height", "idx", "time"), bytea("hash"), bigint("code", "fee", "payer"),
		text("payload"), bigint("source")), "ON CONFLICT (height, idx) DO NOTHING"}
	partiesTable = &table{"parties", bigint("address", "height", "idx"), "ON CONFLICT DO NOTHING"}
	digestsTable = &table{"digests", join(bigint("height", "time", "claims"), bytea("data")),
		"ON CONFLICT (height) DO UPDATE SET time = excluded.time, claims = excluded.claims, data = excluded.data"}
	totalsTable = &table{"day_totals", join(bigint("service", "day"), bytea("data")),
		"ON CONFLICT (service, day) DO UPDATE SET data = excluded.data"}
	paymentsTable = &table{"day_payments", join(bigint("recipient", "day"), bytea("data")),
		"ON CONFLICT (recipient, day) DO UPDATE SET data = excluded.data"}
	servicePaymentsTable = &table{"hour_payments", join(bigint("recipient", "hour"), bytea("data")),
		"ON CONFLICT (recipient, hour) DO UPDATE SET data = excluded.data"}
	earnersTable = &table{"earners", bigint("supplier", "height", "time"),
		"ON CONFLICT (supplier) DO UPDATE SET height = excluded.height, time = excluded.time WHERE excluded.height < earners.height"}
	suppliersTable = &table{"suppliers", join(bigint("supplier", "height", "time", "gone"), text("payload"), bigint("source")),
		"ON CONFLICT (supplier) DO UPDATE SET height = excluded.height, time = excluded.time, gone = excluded.gone, " +
			"payload = excluded.payload, source = excluded.source WHERE excluded.height >= suppliers.height"}
	historyTable = &table{"supplier_history", join(bigint("supplier", "height", "idx", "time"), text("payload"), bigint("source")),
		"ON CONFLICT (supplier, height, idx) DO NOTHING"}
	paramsTable = &table{"params", join(bigint("height"), text("payload")), "ON CONFLICT (height) DO UPDATE SET payload = excluded.payload"}
)
