package index

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"github.com/poktbot/poktbot/internal/sqlmigrate"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// What an index may answer beside the errors of package pocket. Test with [errors.Is].
var (
	// ErrNewer: a newer version of this library wrote the database. Use that one.
	ErrNewer = errors.New("index was written by a newer version")
	// ErrBusy: another program holds the database locked for longer than the index waits.
	ErrBusy = errors.New("database is locked by another program")
	// ErrFull: there is no room left. Nothing was half-written.
	ErrFull = errors.New("no room left for the database")
	// ErrCorrupt: the file is damaged, or no database of this kind. It was left as it is.
	ErrCorrupt = errors.New("not a sound database")
	// ErrConflict: a source tells of a block that another source told differently of. [Index.Repair] settles it.
	ErrConflict = errors.New("sources contradict each other")
)

// A Dialect is which database speaks.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// A DB is where an index lives. Packages [github.com/poktbot/poktbot/pocket/index/sqlite] and […/postgres] open one.
type DB struct {
	Write   *sql.DB // one connection is enough; SQLite's must begin transactions with BEGIN IMMEDIATE
	Read    *sql.DB // may be the same as Write for PostgreSQL
	Dialect Dialect
	Explain func(error) error // turns what the driver answers into the errors above; nil leaves it as it is
}

// An Index is the local store. It is safe for concurrent use, also by several processes on one database: writers take turns,
// and readers do not wait for them.
type Index struct {
	db      DB
	names   names
	writing sync.Mutex // one writer in this process; the database keeps others out

	news news // woken when a follower of this process has stored something
	last lastTold

	worthReading int      // rowsWorthReading; tests set another
	firsts       sync.Map // supplier's id → first height stored in earners, as far as this process knows
}

var _ rewards.Source = (*Index)(nil)

//go:embed schema/*.sql
var schema embed.FS

// New returns the index in db, brought to the present schema. It takes db over: [Index.Close] closes both pools. When it fails it closes
// them, too.
func New(ctx context.Context, db DB) (*Index, error) {
	x := &Index{db: db, worthReading: rowsWorthReading}
	if err := x.open(ctx); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

func (x *Index) open(ctx context.Context) error {
	if x.db.Write == nil || x.db.Read == nil || x.db.Dialect != SQLite && x.db.Dialect != Postgres {
		return fmt.Errorf("index: want a database to write, one to read, and dialect sqlite or postgres: %w", pocket.ErrInvalid)
	}
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	err = sqlmigrate.Apply(ctx, x.db.Write, sqlmigrate.Dialect(x.db.Dialect), dir, "index_migrations")
	if errors.Is(err, sqlmigrate.ErrNewer) {
		return fmt.Errorf("%w: %w", ErrNewer, err)
	}
	if err != nil {
		return x.fault("open", err)
	}
	return x.names.refresh(ctx, x)
}

// DB returns where the index lives, for other parts of a program to keep tables of their own there. It is good until [Index.Close], and not the
// caller's to close. Give their tables a prefix: the index's own have none.
func (x *Index) DB() DB { return x.db }

// Close closes the database. What was committed stays.
func (x *Index) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{x.db.Read, x.db.Write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// fault says what the index was doing when the database failed, in the words of the errors above where they fit.
func (x *Index) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	if x.db.Explain != nil {
		err = x.db.Explain(err)
	}
	return fmt.Errorf("index: %s: %w", doing, err)
}

// The settings.
const (
	settingChain      = "chain"
	settingMode       = "mode"
	settingGeneration = "generation"
	settingCursor     = "cursor"
	settingTip        = "tip"
	settingPruned     = "pruned"
	settingUpdated    = "updated"
)

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// snapshot lets read see the database as it is at one moment, whatever is written meanwhile.
func (x *Index) snapshot(ctx context.Context, doing string, read func(querier) error) error {
	tx, err := x.db.Read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return x.fault(doing, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return x.fault(doing, read(tx))
}

// setting returns a setting's text, "" when it was never set.
func setting(ctx context.Context, q querier, name string) (string, error) {
	var value string
	err := q.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = $1", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

func settingNumber(ctx context.Context, q querier, name string) (int64, error) {
	value, err := setting(ctx, q, name)
	if err != nil || value == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("setting %s: %w", name, err)
	}
	return n, nil
}

// ChainID returns the chain that is indexed, "" before the first block came.
func (x *Index) ChainID(ctx context.Context) (string, error) {
	id, err := setting(ctx, x.db.Read, settingChain)
	return id, x.fault("chain", err)
}

// checkChain refuses a chain that is not the index's, before anything of it is read.
func (x *Index) checkChain(ctx context.Context, id string) error {
	known, err := x.ChainID(ctx)
	if err == nil && known != "" && id != "" && known != id {
		return fmt.Errorf("the index holds chain %q, this is %q: %w", known, id, pocket.ErrWrongChain)
	}
	return err
}

// Cursor returns the height up to which the [Follower] has stored everything that was to be stored since it began, 0 before it did.
func (x *Index) Cursor(ctx context.Context) (pocket.Height, error) {
	n, err := settingNumber(ctx, x.db.Read, settingCursor)
	return pocket.Height(n), x.fault("cursor", err)
}

// LastUpdate returns when this index last stored something, by the clock of the machine that did; the zero time when it never did.
// Looking for news and finding none stores nothing.
func (x *Index) LastUpdate(ctx context.Context) (time.Time, error) {
	n, err := settingNumber(ctx, x.db.Read, settingUpdated)
	if err != nil || n == 0 {
		return time.Time{}, x.fault("last update", err)
	}
	return timeOf(n), nil
}

// micros and timeOf are how times are stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

func timeOf(n int64) time.Time { return time.UnixMicro(n).UTC() }
