package sqlmigrate_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/poktbot/poktbot/internal/pgtest"
	"github.com/poktbot/poktbot/internal/sqlmigrate"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// onEach runs a test on both databases; open opens another pool of the same one.
func onEach(t *testing.T, test func(t *testing.T, dialect sqlmigrate.Dialect, open func() *sql.DB)) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		test(t, sqlmigrate.SQLite, func() *sql.DB {
			return opened(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_txlock=immediate")
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn := server.Database(t)
		test(t, sqlmigrate.Postgres, func() *sql.DB { return opened(t, "pgx", dsn) })
	})
}

func opened(t *testing.T, driver, dsn string) *sql.DB {
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func files(texts ...string) fstest.MapFS {
	dir := fstest.MapFS{}
	for i, text := range texts {
		dir[fmt.Sprintf("%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	return dir
}

const (
	makeThings = "CREATE TABLE things (id BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (id)) WITHOUT ROWID;\nCREATE INDEX things_note ON things (note);"
	addThing   = "INSERT INTO things (id, note) VALUES (1, 'first')"
	spoiled    = "INSERT INTO things (id, note) VALUES (2, 'second'); INSERT INTO nothing (id) VALUES (1)"
)

func count(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRow("SELECT count(*) FROM things").Scan(&n))
	return n
}

func TestMigrationsAreAppliedOnceAndInOrder(t *testing.T) {
	onEach(t, func(t *testing.T, dialect sqlmigrate.Dialect, open func() *sql.DB) {
		db := open()
		require.NoError(t, sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings), "ledger"))
		assert.Zero(t, count(t, db))
		for range 3 {
			require.NoError(t, sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings, addThing), "ledger"))
			assert.Equal(t, 1, count(t, db))
		}
		require.NoError(t, sqlmigrate.Apply(t.Context(), db, dialect, files(), "another_ledger"))
	})
}

func TestAMigrationThatFailsLeavesNothingBehind(t *testing.T) {
	onEach(t, func(t *testing.T, dialect sqlmigrate.Dialect, open func() *sql.DB) {
		db := open()
		err := sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings, spoiled), "ledger")
		require.ErrorContains(t, err, "0002_step.sql")
		assert.Zero(t, count(t, db), "the file before stays, this one is taken back")
		require.NoError(t, sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings, addThing), "ledger"))
		assert.Equal(t, 1, count(t, db))
	})
}

func TestAChangedMigrationIsNoticed(t *testing.T) {
	onEach(t, func(t *testing.T, dialect sqlmigrate.Dialect, open func() *sql.DB) {
		db := open()
		require.NoError(t, sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings, addThing), "ledger"))
		err := sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings, addThing+" "), "ledger")
		require.ErrorIs(t, err, sqlmigrate.ErrEdited)
		assert.ErrorContains(t, err, "0002_step.sql")
	})
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, dialect sqlmigrate.Dialect, open func() *sql.DB) {
		db := open()
		require.NoError(t, sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings, addThing), "ledger"))
		err := sqlmigrate.Apply(t.Context(), db, dialect, files(makeThings), "ledger")
		require.ErrorIs(t, err, sqlmigrate.ErrNewer)
		assert.ErrorContains(t, err, "0002_step.sql")
	})
}

func TestSeveralStartAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, dialect sqlmigrate.Dialect, open func() *sql.DB) {
		pools := []*sql.DB{open(), open(), open(), open()}
		var wg sync.WaitGroup
		errs := make([]error, len(pools))
		for i, db := range pools {
			wg.Go(func() {
				errs[i] = sqlmigrate.Apply(context.Background(), db, dialect, files(makeThings, addThing), "ledger")
			})
		}
		wg.Wait()
		for _, err := range errs {
			assert.NoError(t, err)
		}
		assert.Equal(t, 1, count(t, pools[0]))
	})
}
