package keep

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/internal/sqlmigrate"
)

// ErrNewer: a newer version of this program wrote the store. Use that one.
var ErrNewer = errors.New("what is kept was written by a newer version")

// A Dialect is which database speaks.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// A DB is where a store lives. The same database may hold what other packages store: names of tables here begin with keep_.
type DB struct {
	Write   *sql.DB // SQLite's must begin transactions with BEGIN IMMEDIATE (_txlock=immediate)
	Read    *sql.DB // may be the same as Write for PostgreSQL
	Dialect Dialect
	Explain func(error) error // says what the driver's errors mean; nil leaves them as they are
}

// A sqlStore is a Store in a database.
type sqlStore struct {
	db     DB
	config config
}

//go:embed schema/*.sql
var schema embed.FS

// NewStore returns the store in db, brought to the present schema. It leaves it to the caller to close db.
func NewStore(ctx context.Context, db DB, opts ...Option) (Store, error) {
	if db.Write == nil || db.Read == nil || db.Dialect != SQLite && db.Dialect != Postgres {
		return nil, errors.New("keep: want a database to write, one to read, and dialect sqlite or postgres")
	}
	s := &sqlStore{db: db, config: newConfig(opts)}
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, fmt.Errorf("keep: %w", err)
	}
	err = sqlmigrate.Apply(ctx, db.Write, sqlmigrate.Dialect(db.Dialect), dir, "keep_migrations")
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
	if err == nil || errors.Is(err, ErrNone) {
		return err
	}
	if s.db.Explain != nil {
		err = s.db.Explain(err)
	}
	return fmt.Errorf("keep: %s: %w", doing, err)
}

// raw is text as the database takes it: never nil, which would be NULL.
func raw[T ~string | ~[]byte](text T) []byte { return append([]byte{}, text...) }

// Get implements [Store].
func (s *sqlStore) Get(ctx context.Context, space, key string) (Entry, error) {
	row := s.db.Read.QueryRowContext(ctx, "SELECT value, expires FROM keep_entries WHERE space = $1 AND name = $2", raw(space), raw(key))
	e, err := s.scan(row, space, key)
	return e, s.fault("read "+space, err)
}

// Take implements [Store].
func (s *sqlStore) Take(ctx context.Context, space, key string) (Entry, error) {
	row := s.db.Write.QueryRowContext(ctx, "DELETE FROM keep_entries WHERE space = $1 AND name = $2 RETURNING value, expires", raw(space), raw(key))
	e, err := s.scan(row, space, key)
	return e, s.fault("take "+space, err)
}

// scan reads an entry, which is none when it has expired.
func (s *sqlStore) scan(row *sql.Row, space, key string) (Entry, error) {
	var value []byte
	var expires int64
	err := row.Scan(&value, &expires)
	if errors.Is(err, sql.ErrNoRows) || err == nil && over(expires, micros(s.config.now())) {
		return Entry{}, ErrNone
	}
	if err != nil {
		return Entry{}, err
	}
	return Entry{Space: space, Key: key, Value: raw(value), Expires: moment(expires)}, nil
}

// Put implements [Store].
func (s *sqlStore) Put(ctx context.Context, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	// In one order, so that two who put the same keys at once do not wait for each other for ever.
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Space, b.Space), strings.Compare(a.Key, b.Key))
	})
	return s.fault("store "+entries[0].Space, s.change(ctx, func(tx *sql.Tx) error {
		const put = "INSERT INTO keep_entries (space, name, value, expires) VALUES ($1, $2, $3, $4) " +
			"ON CONFLICT (space, name) DO UPDATE SET value = excluded.value, expires = excluded.expires"
		for _, e := range entries {
			if _, err := tx.ExecContext(ctx, put, raw(e.Space), raw(e.Key), raw(e.Value), micros(e.Expires)); err != nil {
				return err
			}
		}
		return nil
	}))
}

// change makes a change, all of it or nothing.
func (s *sqlStore) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Delete implements [Store].
func (s *sqlStore) Delete(ctx context.Context, space string, keys ...string) error {
	if len(keys) == 0 {
		_, err := s.db.Write.ExecContext(ctx, "DELETE FROM keep_entries WHERE space = $1", raw(space))
		return s.fault("delete "+space, err)
	}
	keys = slices.Sorted(slices.Values(keys))
	return s.fault("delete "+space, s.change(ctx, func(tx *sql.Tx) error {
		for _, key := range keys {
			if _, err := tx.ExecContext(ctx, "DELETE FROM keep_entries WHERE space = $1 AND name = $2", raw(space), raw(key)); err != nil {
				return err
			}
		}
		return nil
	}))
}

// page is how many entries List reads at once.
const page = 200

// List implements [Store].
func (s *sqlStore) List(ctx context.Context, space string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for next := ""; ; {
			entries, err := s.list(ctx, space, next)
			if err != nil {
				yield(Entry{}, s.fault("list "+space, err))
				return
			}
			for _, e := range entries {
				if !over(micros(e.Expires), micros(s.config.now())) && !yield(e, nil) {
					return
				}
			}
			if len(entries) < page {
				return
			}
			next = entries[len(entries)-1].Key + "\x00" // no key lies between
		}
	}
}

func (s *sqlStore) list(ctx context.Context, space, from string) ([]Entry, error) {
	const query = "SELECT name, value, expires FROM keep_entries WHERE space = $1 AND name >= $2 ORDER BY name LIMIT $3"
	rows, err := s.db.Read.QueryContext(ctx, query, raw(space), raw(from), page)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		var name, value []byte
		var expires int64
		if err := rows.Scan(&name, &value, &expires); err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Space: space, Key: string(name), Value: raw(value), Expires: moment(expires)})
	}
	return entries, rows.Err()
}

// Expire implements [Store].
func (s *sqlStore) Expire(ctx context.Context) (int64, error) {
	result, err := s.db.Write.ExecContext(ctx, "DELETE FROM keep_entries WHERE expires <> 0 AND expires <= $1", micros(s.config.now()))
	if err != nil {
		return 0, s.fault("expire", err)
	}
	n, err := result.RowsAffected()
	return n, s.fault("expire", err)
}
