// Package postgres opens an index in a PostgreSQL database, which several machines may read and write.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// Open opens the index in the database that dsn names, such as "postgres://user:password@host/database", or makes its tables there. They
// lie in the first schema of the search path; give the index a database or a schema of its own (…?search_path=pocket). No error holds
// the password.
func Open(ctx context.Context, dsn string) (*index.Index, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("index: the DSN of the database cannot be read: want postgres://user:password@host/database: %w",
			pocket.ErrInvalid)
	}
	write := stdlib.OpenDB(*config)
	write.SetMaxOpenConns(1)
	read := stdlib.OpenDB(*config)
	read.SetMaxIdleConns(8)
	return index.New(ctx, index.DB{Write: write, Read: read, Dialect: index.Postgres, Explain: explain(config)})
}

// explain says what the server's errors mean.
func explain(config *pgx.ConnConfig) func(error) error {
	where := fmt.Sprintf("database %s on %s", config.Database, config.Host)
	return func(err error) error {
		if e, ok := errors.AsType[*pgconn.ConnectError](err); ok {
			return fmt.Errorf("%s: no connection: %w: %w", where, pocket.ErrUnavailable, cause(e))
		}
		e, ok := errors.AsType[*pgconn.PgError](err)
		if !ok {
			if errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err) {
				return fmt.Errorf("%s: %w: %w", where, pocket.ErrUnavailable, err)
			}
			return err
		}
		switch e.Code {
		case "53100", "53200": // disk_full, out_of_memory
			return fmt.Errorf("%s: %w: nothing was half-written: %w", where, index.ErrFull, err)
		case "55P03", "40P01", "40001": // lock_not_available, deadlock_detected, serialization_failure
			return fmt.Errorf("%s: %w: %w", where, index.ErrBusy, err)
		case "57P01", "57P02", "57P03", "53300": // shut down, crashed, starting up, too many connections
			return fmt.Errorf("%s: %w: %w", where, pocket.ErrUnavailable, err)
		case "XX001", "XX002": // data_corrupted, index_corrupted
			return fmt.Errorf("%s: %w: %w", where, index.ErrCorrupt, err)
		}
		return fmt.Errorf("%s: %w", where, err)
	}
}

// cause is what failed below a connection error, whose own text may repeat the DSN.
func cause(e *pgconn.ConnectError) error {
	if err := e.Unwrap(); err != nil {
		return err
	}
	return errors.New("unknown cause")
}
