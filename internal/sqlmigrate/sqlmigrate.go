// Package sqlmigrate brings a database to the schema that a program expects. Migrations are SQL files, applied once each in the order of
// their names, every file in a transaction of its own together with the note that it was applied.
//
// The same text serves SQLite and PostgreSQL. It is written for SQLite; for PostgreSQL the words WITHOUT ROWID are left out, which is the
// only difference that a plain schema meets. Two processes that start at once do not meet each other half-way: one waits.
//
// A file that was changed after it was applied is noticed by its checksum, and a database that a newer program has migrated is refused,
// both before anything is written.
package sqlmigrate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"slices"
	"strings"
)

// A Dialect is which database speaks.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// What [Apply] may answer. Test with errors.Is.
var (
	// ErrNewer: the database holds migrations that this program does not know. Use a newer program.
	ErrNewer = errors.New("database was written by a newer version of this program")
	// ErrEdited: a migration's text is not what was applied.
	ErrEdited = errors.New("migration was changed after it was applied")
)

// A migration is one file.
type migration struct{ name, text, checksum string }

// Apply applies the files *.sql of dir that db has not seen. The table ledger remembers them; packages that share a database use one
// each. A SQLite db must begin transactions with BEGIN IMMEDIATE (_txlock=immediate), so that two processes cannot both find a migration
// missing.
func Apply(ctx context.Context, db *sql.DB, dialect Dialect, dir fs.FS, ledger string) error {
	migrations, err := read(dir, dialect)
	if err != nil {
		return err
	}
	for {
		more, err := applyNext(ctx, db, dialect, ledger, migrations)
		if err != nil || !more {
			return err
		}
	}
}

// read returns the migrations of dir in order.
func read(dir fs.FS, dialect Dialect) ([]migration, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	slices.Sort(names)
	var migrations []migration
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		m := migration{name: name, text: string(text), checksum: hex.EncodeToString(sum[:])}
		if dialect == Postgres {
			m.text = strings.ReplaceAll(m.text, "WITHOUT ROWID", "")
		}
		migrations = append(migrations, m)
	}
	return migrations, nil
}

// applyNext applies the first missing migration in a transaction of its own and reports whether there was one.
// What was applied is read anew inside each transaction, since another process may have been at work.
func applyNext(ctx context.Context, db *sql.DB, dialect Dialect, ledger string, all []migration) (bool, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("migrate: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if dialect == Postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", lockOf(ledger)); err != nil {
			return false, fmt.Errorf("migrate: lock: %w", err)
		}
	}
	const columns = " (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)"
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+ledger+columns); err != nil {
		return false, fmt.Errorf("migrate: %w", err)
	}
	next, err := missing(ctx, tx, ledger, all)
	if err != nil {
		return false, err
	}
	if next != nil {
		if _, err := tx.ExecContext(ctx, next.text); err != nil {
			return false, fmt.Errorf("migration %s: %w", next.name, err)
		}
		note := "INSERT INTO " + ledger + " (name, checksum) VALUES ($1, $2)"
		if _, err := tx.ExecContext(ctx, note, next.name, next.checksum); err != nil {
			return false, fmt.Errorf("migration %s: %w", next.name, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("migrate: %w", err)
	}
	return next != nil, nil
}

// missing returns the first of all that was not applied, nil when all were.
func missing(ctx context.Context, tx *sql.Tx, ledger string, all []migration) (*migration, error) {
	rows, err := tx.QueryContext(ctx, "SELECT name, checksum FROM "+ledger)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	defer rows.Close()
	applied := map[string]string{}
	for rows.Next() {
		var name, checksum string
		if err := rows.Scan(&name, &checksum); err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
		applied[name] = checksum
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var next *migration
	for i, m := range all {
		checksum, done := applied[m.name]
		switch {
		case done && checksum != m.checksum:
			return nil, fmt.Errorf("migration %s: %w", m.name, ErrEdited)
		case !done && next == nil:
			next = &all[i]
		}
		delete(applied, m.name)
	}
	for name := range applied {
		return nil, fmt.Errorf("%w: it has migration %s", ErrNewer, name)
	}
	return next, nil
}

// lockOf returns the number of PostgreSQL's advisory lock that guards ledger.
func lockOf(ledger string) int64 {
	h := fnv.New64a()
	h.Write([]byte("sqlmigrate " + ledger))
	return int64(h.Sum64())
}
