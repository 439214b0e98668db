package check

import (
	"context"
	"database/sql"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/poktbot/poktbot/internal/sqlmigrate"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

//go:embed schema/*.sql
var memorySchema embed.FS

// sqlMemory is a memory in a database.
type sqlMemory struct{ db monitor.StoreDB }

// NewSQLMemory returns a memory in a database, brought to the present schema: that of the alerts is fit, for its table is called
// check_memory. Programs on several hosts may share one, as only one of them watches at a time. It leaves it to the caller to close db.
func NewSQLMemory(ctx context.Context, db monitor.StoreDB) (Memory, error) {
	if db.Write == nil || db.Read == nil || db.Dialect != monitor.SQLite && db.Dialect != monitor.Postgres {
		return nil, fmt.Errorf("memory: want a database to write, one to read, and dialect sqlite or postgres: %w", pocket.ErrInvalid)
	}
	m := &sqlMemory{db}
	dir, err := fs.Sub(memorySchema, "schema")
	if err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	err = sqlmigrate.Apply(ctx, db.Write, sqlmigrate.Dialect(db.Dialect), dir, "check_migrations")
	if errors.Is(err, sqlmigrate.ErrNewer) {
		return nil, fmt.Errorf("memory: %w: %w", monitor.ErrNewer, err)
	}
	if err != nil {
		return nil, m.fault(err)
	}
	return m, nil
}

func (m *sqlMemory) fault(err error) error {
	if m.db.Explain != nil {
		err = m.db.Explain(err)
	}
	return fmt.Errorf("memory: %w", err)
}

// Recall implements [Memory].
func (m *sqlMemory) Recall(ctx context.Context, name string) ([]byte, error) {
	var text string
	err := m.db.Read.QueryRowContext(ctx, "SELECT value FROM check_memory WHERE name = $1", strconv.QuoteToASCII(name)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, m.fault(err)
	}
	value, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("memory of %q cannot be read: %w", name, err)
	}
	return value, nil
}

// Keep implements [Memory].
func (m *sqlMemory) Keep(ctx context.Context, name string, value []byte) error {
	const query = "INSERT INTO check_memory (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
	if _, err := m.db.Write.ExecContext(ctx, query, strconv.QuoteToASCII(name), base64.StdEncoding.EncodeToString(value)); err != nil {
		return m.fault(err)
	}
	return nil
}
