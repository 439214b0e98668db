package monitor

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/poktbot/poktbot/internal/sqlmigrate"
	"github.com/poktbot/poktbot/pocket"
)

// ErrNewer: a newer version of this library wrote the store. Use that one.
var ErrNewer = errors.New("the monitor's store was written by a newer version")

// A Dialect is which database speaks.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// A StoreDB is where a store lives. The same database may hold an index of package pocket/index: names of tables here begin with
// monitor_. With SQLite a file of its own is better, for a file has one writer at a time, and an alert should not wait for the index to
// store a hundred blocks.
type StoreDB struct {
	Write   *sql.DB // SQLite's must begin transactions with BEGIN IMMEDIATE (_txlock=immediate)
	Read    *sql.DB // may be the same as Write for PostgreSQL
	Dialect Dialect
	Explain func(error) error // says what the driver's errors mean; nil leaves them as they are
}

// A sqlStore is a Store in a database.
type sqlStore struct {
	db StoreDB

	mu       sync.Mutex
	prepared map[string]*sql.Stmt // of Write, closed with it
}

//go:embed schema/*.sql
var schema embed.FS

// NewStore returns the store in db, brought to the present schema. It leaves it to the caller to close db, after the watcher has ended.
func NewStore(ctx context.Context, db StoreDB) (Store, error) {
	if db.Write == nil || db.Read == nil || db.Dialect != SQLite && db.Dialect != Postgres {
		return nil, fmt.Errorf("monitor: want a database to write, one to read, and dialect sqlite or postgres: %w", pocket.ErrInvalid)
	}
	s := &sqlStore{db: db, prepared: map[string]*sql.Stmt{}}
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, fmt.Errorf("monitor: %w", err)
	}
	err = sqlmigrate.Apply(ctx, db.Write, sqlmigrate.Dialect(db.Dialect), dir, "monitor_migrations")
	if errors.Is(err, sqlmigrate.ErrNewer) {
		return nil, fmt.Errorf("%w: %w", ErrNewer, err)
	}
	if err != nil {
		return nil, s.fault("open", err)
	}
	return s, nil
}

// fault says what the store was doing when the database failed.
func (s *sqlStore) fault(doing string, err error) error {
	if err == nil || errors.Is(err, ErrTaken) {
		return err
	}
	if s.db.Explain != nil {
		err = s.db.Explain(err)
	}
	return fmt.Errorf("monitor: %s: %w", doing, err)
}

func (s *sqlStore) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if statement, ok := s.prepared[query]; ok {
		return statement, nil
	}
	statement, err := s.db.Write.PrepareContext(ctx, query)
	if err == nil {
		s.prepared[query] = statement
	}
	return statement, err
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Commit implements [Store].
func (s *sqlStore) Commit(ctx context.Context, c *Change) error {
	return s.fault("store", s.commit(ctx, c))
}

func (s *sqlStore) commit(ctx context.Context, c *Change) error {
	rows, err := rowsOf(c) // before anything is locked
	if err != nil {
		return err
	}
	for _, r := range rows { // a statement cannot be prepared beside a transaction on the only connection
		for _, query := range s.queries(r.table) {
			if _, err := s.prepare(ctx, query); err != nil {
				return err
			}
		}
	}
	if _, err := s.prepare(ctx, claim); err != nil {
		return err
	}
	tx, err := s.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	w := &sqlWriter{ctx: ctx, store: s, tx: tx}
	if w.exec("monitor_watcher", claim, c.Sequence, c.Watcher) == 0 && w.err == nil {
		return ErrTaken
	}
	for _, r := range rows {
		if r.gone {
			w.remove(r.table, r.rows)
		} else {
			w.insert(r.table, r.rows)
		}
	}
	if w.err != nil {
		return w.err
	}
	return tx.Commit()
}

// claim keeps out every watcher but the one that took the store: it finds no row.
const claim = "UPDATE monitor_watcher SET sequence = $1 WHERE id = 1 AND watcher = $2"

// queries are the statements for a table.
func (s *sqlStore) queries(t table) []string {
	if s.db.Dialect == Postgres {
		return []string{t.insertMany(), t.deleteMany()}
	}
	return []string{t.insertOne(), t.deleteOne()}
}

// tableRows are rows to be written to a table or to be deleted from it.
type tableRows struct {
	table table
	rows  [][]any
	gone  bool
}

// rowsOf returns the rows of a change.
func rowsOf(c *Change) ([]tableRows, error) {
	var errs []error
	payload := func(v any) string {
		text, err := json.Marshal(v)
		errs = append(errs, err)
		return string(text)
	}
	var all []tableRows
	add := func(t table, gone bool, rows [][]any) {
		if len(rows) > 0 {
			all = append(all, tableRows{t, rows, gone})
		}
	}
	var rows [][]any
	for _, state := range c.States {
		k := state.Alert.Key
		rows = append(rows, []any{string(k.Name), k.Subject, k.Part, flag(state.Wrong()), payload(state)})
	}
	add(statesTable, false, rows)
	rows = nil
	for _, k := range c.Gone {
		rows = append(rows, []any{string(k.Name), k.Subject, k.Part})
	}
	add(table{name: statesTable.name, columns: statesTable.columns[:3]}, true, rows)
	rows = nil
	for _, name := range sortedKeys(c.Cursors) {
		rows = append(rows, []any{name, int64(c.Cursors[name])})
	}
	add(cursorsTable, false, rows)
	rows = nil
	for _, e := range c.Events {
		rows = append(rows, []any{e.Sequence, micros(e.At), string(e.Kind), string(e.Alert.Name), e.Alert.Subject, int64(e.Severity), payload(e)})
	}
	add(eventsTable, false, rows)
	add(waitingTable, true, waitingRows(c.Taken))
	add(waitingTable, false, waitingRows(c.Waiting))
	rows = nil
	for _, d := range c.Deliveries {
		rows = append(rows, []any{d.Sequence, d.Destination, string(d.State), micros(d.Done), payload(d)})
	}
	add(deliveriesTable, false, rows)
	rows = nil
	for _, m := range c.Mutes {
		rows = append(rows, []any{m.ID, payload(m)})
	}
	add(mutesTable, false, rows)
	rows = nil
	for _, id := range c.Unmuted {
		rows = append(rows, []any{id})
	}
	add(table{name: mutesTable.name, columns: mutesTable.columns[:1]}, true, rows)
	rows = nil
	for _, name := range sortedKeys(c.Notes) {
		rows = append(rows, []any{name, c.Notes[name]})
	}
	add(notesTable, false, rows)
	return all, errors.Join(errs...)
}

func waitingRows(list []Waiting) [][]any {
	rows := make([][]any, len(list))
	for i, w := range list {
		rows[i] = []any{w.Destination, w.Event}
	}
	return rows
}
