package rbac_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/poktbot/poktbot/internal/pgtest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

var t0 = time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)

// A clock is set by the test.
type clock struct{ passed atomic.Int64 }

func (c *clock) now() time.Time       { return t0.Add(time.Duration(c.passed.Load())) }
func (c *clock) pass(d time.Duration) { c.passed.Add(int64(d)) }

// places are the kinds of stores on which all tests of the contract run. Each makes room for a store and returns how to open it, as often as wanted.
var places = []struct {
	name string
	make func(testing.TB) func() rbac.Store
}{
	{"memory", func(testing.TB) func() rbac.Store {
		store := rbac.NewMemory()
		return func() rbac.Store { return store }
	}},
	{"SQLite", func(t testing.TB) func() rbac.Store {
		path := filepath.Join(t.TempDir(), "people.db")
		return func() rbac.Store {
			dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(60000)&_txlock=immediate"
			write, read := open(t, "sqlite", dsn), open(t, "sqlite", dsn)
			write.SetMaxOpenConns(1)
			return opened(t, rbac.StoreDB{Write: write, Read: read, Dialect: rbac.SQLite})
		}
	}},
	{"PostgreSQL", func(t testing.TB) func() rbac.Store {
		dsn := server.Database(t)
		return func() rbac.Store {
			db := open(t, "pgx", dsn)
			return opened(t, rbac.StoreDB{Write: db, Read: db, Dialect: rbac.Postgres})
		}
	}},
}

func open(t testing.TB, driver, dsn string) *sql.DB {
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func opened(t testing.TB, db rbac.StoreDB) rbac.Store {
	store, err := rbac.NewStore(t.Context(), db)
	require.NoError(t, err)
	return store
}

// onEach runs a test on an authority over each kind of store. Reopen returns another over the same people, as after a restart or in another program.
func onEach(t *testing.T, test func(t *testing.T, a *rbac.Authority, c *clock, reopen func(...rbac.Option) *rbac.Authority)) {
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			place, c := place.make(t), &clock{}
			reopen := func(opts ...rbac.Option) *rbac.Authority {
				a, err := rbac.New(place(), append([]rbac.Option{rbac.WithClock(c.now), rbac.WithQuota(3)}, opts...)...)
				require.NoError(t, err)
				return a
			}
			test(t, reopen(), c, reopen)
		})
	}
}

const (
	root  rbac.Subject = "local:root"
	ana   rbac.Subject = "telegram:1"
	ben   rbac.Subject = "telegram:2"
	carla rbac.Subject = "discord:3"
	dan   rbac.Subject = "telegram:4"
)

var everything = rbac.Scope{Kind: rbac.All}

// node is the address of a node, another for each number.
func node(n int) pocket.Address {
	raw := make([]byte, 20)
	raw[0], raw[1] = byte(n), byte(n>>8)
	a, err := pocket.AccountFromBytes(raw)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return a
}

func named(numbers ...int) rbac.Scope {
	s := rbac.Scope{Kind: rbac.Named}
	for _, n := range numbers {
		s.Nodes = append(s.Nodes, node(n))
	}
	return s
}
