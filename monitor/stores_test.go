package monitor_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/poktbot/poktbot/internal/pgtest"
	"github.com/poktbot/poktbot/monitor"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	if job := os.Getenv(childVariable); job != "" {
		os.Exit(child(job))
	}
	code := m.Run()
	server.Stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// stores are the kinds of stores that every test of the contract runs on. Each makes room for a store and returns how to open it, as often
// as wanted.
var stores = []struct {
	name  string
	place func(t testing.TB) func() monitor.Store
}{
	{"memory", func(testing.TB) func() monitor.Store {
		store := monitor.NewMemory()
		return func() monitor.Store { return store }
	}},
	{"SQLite", func(t testing.TB) func() monitor.Store {
		path := filepath.Join(t.TempDir(), "monitor.db")
		return func() monitor.Store { return sqliteStore(t, path) }
	}},
	{"PostgreSQL", func(t testing.TB) func() monitor.Store {
		dsn := server.Database(t)
		return func() monitor.Store {
			db, err := sql.Open("pgx", dsn)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			return newStore(t, monitor.StoreDB{Write: db, Read: db, Dialect: monitor.Postgres})
		}
	}},
}

func onEach(t *testing.T, test func(t *testing.T, open func() monitor.Store)) {
	t.Helper()
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) { test(t, s.place(t)) })
	}
}

func newStore(t testing.TB, db monitor.StoreDB) monitor.Store {
	store, err := monitor.NewStore(context.Background(), db)
	require.NoError(t, err)
	return store
}

func sqliteStore(t testing.TB, path string) monitor.Store {
	write, read, err := openSQLite(path)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, read.Close())
		require.NoError(t, write.Close())
	})
	return newStore(t, monitor.StoreDB{Write: write, Read: read, Dialect: monitor.SQLite})
}

func openSQLite(path string) (write, read *sql.DB, err error) {
	settings := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	dsn := "file:" + path + "?" + settings.Encode()
	if write, err = sql.Open("sqlite", dsn); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	read, err = sql.Open("sqlite", dsn)
	return write, read, err
}
