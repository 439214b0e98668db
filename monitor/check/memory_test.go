package check_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/pgtest"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// memories are the kinds of memories that the contract's test runs on. Each makes room for one and returns how to open it, as often as
// wanted.
var memories = []struct {
	name  string
	place func(t *testing.T) func() check.Memory
}{
	{"memory", func(*testing.T) func() check.Memory {
		m := check.NewMemory()
		return func() check.Memory { return m }
	}},
	{"files", func(t *testing.T) func() check.Memory {
		dir := filepath.Join(t.TempDir(), "kept")
		return func() check.Memory {
			m, err := check.NewFileMemory(dir)
			require.NoError(t, err)
			return m
		}
	}},
	{"SQLite", func(t *testing.T) func() check.Memory {
		path := filepath.Join(t.TempDir(), "alerts.db")
		return func() check.Memory {
			db, err := sqlite.Connect(t.Context(), path)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Read.Close()); require.NoError(t, db.Write.Close()) })
			return sqlMemory(t, monitor.StoreDB{Write: db.Write, Read: db.Read, Dialect: monitor.SQLite, Explain: db.Explain})
		}
	}},
	{"PostgreSQL", func(t *testing.T) func() check.Memory {
		dsn := server.Database(t)
		return func() check.Memory {
			db, err := sql.Open("pgx", dsn)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			return sqlMemory(t, monitor.StoreDB{Write: db, Read: db, Dialect: monitor.Postgres})
		}
	}},
}

func sqlMemory(t *testing.T, db monitor.StoreDB) check.Memory {
	_, err := monitor.NewStore(t.Context(), db) // in the same database
	require.NoError(t, err)
	m, err := check.NewSQLMemory(t.Context(), db)
	require.NoError(t, err)
	return m
}

func TestAMemoryKeepsWhatItWasGivenLast(t *testing.T) {
	for _, kind := range memories {
		t.Run(kind.name, func(t *testing.T) {
			ctx, open := t.Context(), kind.place(t)
			m := open()
			value, err := m.Recall(ctx, "dns example.org")
			require.NoError(t, err)
			assert.Nil(t, value, "nothing was kept")
			names := []string{"dns example.org", "dns ex\xff\x00ample.org", "../x", "", "texts", "Texts"}
			for i, name := range names {
				require.NoError(t, m.Keep(ctx, name, fmt.Appendf(nil, "\x00\xff %d", i)))
				require.NoError(t, m.Keep(ctx, name, fmt.Appendf(nil, "\x00\xff %d again", i)))
			}
			again := open()
			for i, name := range names {
				value, err := again.Recall(ctx, name)
				require.NoError(t, err)
				assert.Equal(t, fmt.Sprintf("\x00\xff %d again", i), string(value), "%q", name)
			}
		})
	}
}

func TestAMemoryIsWrittenBySeveralAtOnce(t *testing.T) {
	for _, kind := range memories {
		t.Run(kind.name, func(t *testing.T) {
			open := kind.place(t)
			all := []check.Memory{open(), open()}
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					m := all[i%2]
					assert.NoError(t, m.Keep(context.Background(), "one", fmt.Append(nil, "value of ", i)))
					value, err := m.Recall(context.Background(), "one")
					assert.NoError(t, err)
					assert.Contains(t, string(value), "value of ", "whole, whoever wrote it")
				})
			}
			wg.Wait()
		})
	}
}

func TestAMemoryWantsADatabase(t *testing.T) {
	_, err := check.NewSQLMemory(t.Context(), monitor.StoreDB{})
	require.ErrorIs(t, err, pocket.ErrInvalid)
}
