package keep_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/internal/pgtest"
)

var server pgtest.Server

func TestMain(m *testing.M) {
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

var t0 = time.Date(2026, 11, 22, 15, 30, 0, 123456000, time.UTC)

// A clock is set by the test.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(t0.UnixMicro())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMicro(c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(d.Microseconds()) }

// stores are the kinds of stores that every test of the contract runs on. Each makes room for a store and returns how to open it, as often as wanted.
var stores = []struct {
	name  string
	place func(t testing.TB, c *clock) func() keep.Store
}{
	{"memory", func(_ testing.TB, c *clock) func() keep.Store {
		store := keep.NewMemory(keep.WithClock(c.now))
		return func() keep.Store { return store }
	}},
	{"SQLite", func(t testing.TB, c *clock) func() keep.Store {
		path := filepath.Join(t.TempDir(), "keep.db")
		return func() keep.Store {
			write, read := sqlite(t, path)
			return newStore(t, keep.DB{Write: write, Read: read, Dialect: keep.SQLite}, c)
		}
	}},
	{"PostgreSQL", func(t testing.TB, c *clock) func() keep.Store {
		dsn := server.Database(t)
		return func() keep.Store {
			db, err := sql.Open("pgx", dsn)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			return newStore(t, keep.DB{Write: db, Read: db, Dialect: keep.Postgres}, c)
		}
	}},
}

func sqlite(t testing.TB, path string) (write, read *sql.DB) {
	settings := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	dsn := "file:" + path + "?" + settings.Encode()
	write, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	write.SetMaxOpenConns(1)
	read, err = sql.Open("sqlite", dsn)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, read.Close())
		require.NoError(t, write.Close())
	})
	return write, read
}

func newStore(t testing.TB, db keep.DB, c *clock) keep.Store {
	store, err := keep.NewStore(t.Context(), db, keep.WithClock(c.now))
	require.NoError(t, err)
	return store
}

func onEach(t *testing.T, test func(t *testing.T, open func() keep.Store, c *clock)) {
	t.Helper()
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) {
			c := newClock()
			test(t, s.place(t, c), c)
		})
	}
}

func list(t testing.TB, store keep.Store, space string) []keep.Entry {
	t.Helper()
	var all []keep.Entry
	for e, err := range store.List(t.Context(), space) {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

func TestAStoreGivesBackWhatItWasGiven(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		ctx, store := t.Context(), open()
		_, err := store.Get(ctx, "space", "key")
		require.ErrorIs(t, err, keep.ErrNone)
		want := []keep.Entry{
			{Space: "space", Key: "a", Value: []byte("one"), Expires: t0.Add(time.Hour)},
			{Space: "space", Key: "b", Value: []byte("two")},
			{Space: "other", Key: "a", Value: []byte("three")},
		}
		require.NoError(t, store.Put(ctx, want...))
		require.NoError(t, store.Put(ctx))
		for _, e := range want {
			got, err := open().Get(ctx, e.Space, e.Key)
			require.NoError(t, err)
			assert.Equal(t, e, got, "what was opened anew knows it")
		}
		assert.Equal(t, want[:2], list(t, store, "space"))
		assert.Equal(t, want[2:], list(t, store, "other"))
		assert.Empty(t, list(t, store, "nowhere"))

		require.NoError(t, store.Put(ctx, keep.Entry{Space: "space", Key: "a", Value: []byte("four")}, keep.Entry{Space: "space", Key: "a", Value: []byte("five")}))
		got, err := store.Get(ctx, "space", "a")
		require.NoError(t, err)
		assert.Equal(t, keep.Entry{Space: "space", Key: "a", Value: []byte("five")}, got, "the last one stays, without the time of the one before")
	})
}

func TestWhatWasGivenAndReturnedIsNotShared(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		ctx, store, value := t.Context(), open(), []byte("one")
		require.NoError(t, store.Put(ctx, keep.Entry{Space: "s", Key: "k", Value: value}))
		value[0] = 'X'
		got, err := store.Get(ctx, "s", "k")
		require.NoError(t, err)
		got.Value[1] = 'X'
		again, err := store.Get(ctx, "s", "k")
		require.NoError(t, err)
		assert.Equal(t, "one", string(again.Value))
	})
}

func TestHostileKeysAndValuesAreKeptAsTheyAre(t *testing.T) {
	hostile := []string{"", " ", "'; DROP TABLE keep_entries; --", "\x00", "a\x00b", "\xff\xfe", "ü\u202e你", "%", "_", `"`, "\\", strings.Repeat("k", 1000)}
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		ctx, store := t.Context(), open()
		for _, space := range hostile {
			for _, key := range hostile {
				require.NoError(t, store.Put(ctx, keep.Entry{Space: space, Key: key, Value: []byte(space + "/" + key)}))
			}
		}
		sorted := slices.Sorted(slices.Values(hostile))
		for _, space := range hostile {
			var keys []string
			for _, e := range list(t, store, space) {
				keys = append(keys, e.Key)
				assert.Equal(t, space+"/"+e.Key, string(e.Value))
			}
			assert.Equal(t, sorted, keys, "all of %q, in the order of their bytes", space)
		}
		require.NoError(t, store.Put(ctx, keep.Entry{Space: "s", Key: "none"}, keep.Entry{Space: "s", Key: "big", Value: []byte(strings.Repeat("\x00\xff", 1<<20))}))
		got, err := store.Get(ctx, "s", "none")
		require.NoError(t, err)
		assert.Equal(t, []byte{}, got.Value)
		got, err = store.Take(ctx, "s", "big")
		require.NoError(t, err)
		assert.Len(t, got.Value, 2<<20)
	})
}

func TestAnEntryExpiresByTheClockThatIsGiven(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, c *clock) {
		ctx, store := t.Context(), open()
		put := func(key string, expires time.Time) {
			require.NoError(t, store.Put(ctx, keep.Entry{Space: "s", Key: key, Value: []byte("v"), Expires: expires}))
		}
		put("hour", t0.Add(time.Hour))
		put("day", t0.Add(24*time.Hour))
		put("never", time.Time{})
		put("past", t0.Add(-time.Second))
		assert.Len(t, list(t, store, "s"), 3)
		c.advance(time.Hour)
		_, err := store.Get(ctx, "s", "hour")
		require.ErrorIs(t, err, keep.ErrNone, "at its time it is over")
		_, err = store.Take(ctx, "s", "hour")
		require.ErrorIs(t, err, keep.ErrNone)
		put("again", c.now().Add(time.Minute))
		n, err := store.Expire(ctx)
		require.NoError(t, err)
		assert.EqualValues(t, 1, n, "the past one; the other was deleted by who wanted to take it")
		c.advance(100 * 24 * time.Hour)
		n, err = store.Expire(ctx)
		require.NoError(t, err)
		assert.EqualValues(t, 2, n)
		assert.Len(t, list(t, store, "s"), 1)
	})
}

func TestOfManyWhoTakeTheSameOneGetsIt(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		ctx := t.Context()
		one, other := open(), open()
		for round := range 20 {
			key := fmt.Sprint(round)
			require.NoError(t, one.Put(ctx, keep.Entry{Space: "s", Key: key, Value: []byte(key)}))
			var got atomic.Int64
			var wg sync.WaitGroup
			for i := range 16 {
				store := one
				if i%2 == 0 {
					store = other
				}
				wg.Go(func() {
					e, err := store.Take(ctx, "s", key)
					switch {
					case err == nil:
						got.Add(1)
						assert.Equal(t, key, string(e.Value))
					default:
						assert.ErrorIs(t, err, keep.ErrNone)
					}
				})
			}
			wg.Wait()
			assert.EqualValues(t, 1, got.Load())
		}
	})
}

func TestManyPutTheSameKeysAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		ctx, store := t.Context(), open()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				entries := []keep.Entry{{Space: "s", Key: "a"}, {Space: "s", Key: "b"}, {Space: "s", Key: "c"}}
				if i%2 == 0 {
					slices.Reverse(entries)
				}
				for range 20 {
					assert.NoError(t, store.Put(ctx, entries...))
				}
			})
		}
		wg.Wait()
		assert.Len(t, list(t, store, "s"), 3)
	})
}

func TestDeleteTakesKeysOrAllOfASpace(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		ctx, store := t.Context(), open()
		for _, space := range []string{"s", "t"} {
			for _, key := range []string{"a", "b", "c"} {
				require.NoError(t, store.Put(ctx, keep.Entry{Space: space, Key: key}))
			}
		}
		require.NoError(t, store.Delete(ctx, "s", "b", "x", "a"))
		assert.Len(t, list(t, store, "s"), 1)
		require.NoError(t, store.Delete(ctx, "t"))
		assert.Empty(t, list(t, store, "t"))
		assert.Len(t, list(t, store, "s"), 1)
	})
}

func TestAListOfManyPagesIsWholeAndMayBeChangedMeanwhile(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		ctx, store := t.Context(), open()
		var entries []keep.Entry
		for i := range 450 {
			entries = append(entries, keep.Entry{Space: "s", Key: fmt.Sprintf("%04d", i), Value: []byte{1}})
		}
		require.NoError(t, store.Put(ctx, entries...))
		assert.Equal(t, entries, list(t, store, "s"))
		seen := 0
		for e, err := range store.List(ctx, "s") {
			require.NoError(t, err)
			require.NoError(t, store.Delete(ctx, "s", e.Key))
			if seen++; seen == 250 {
				break
			}
		}
		assert.Len(t, list(t, store, "s"), 200)
	})
}

func TestACallThatNobodyWaitsForIsNotMade(t *testing.T) {
	onEach(t, func(t *testing.T, open func() keep.Store, _ *clock) {
		store := open()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, store.Put(ctx, keep.Entry{Space: "s", Key: "k"}), context.Canceled)
		_, err := store.Get(ctx, "s", "k")
		require.ErrorIs(t, err, context.Canceled)
		for _, err := range store.List(ctx, "s") {
			require.ErrorIs(t, err, context.Canceled)
		}
		assert.Empty(t, list(t, store, "s"))
	})
}

func TestAStoreSaysWhatItNeedsAndWhatFailed(t *testing.T) {
	_, err := keep.NewStore(t.Context(), keep.DB{})
	require.ErrorContains(t, err, "dialect")
	write, read := sqlite(t, filepath.Join(t.TempDir(), "keep.db"))
	explained := errors.New("the disk is full")
	store, err := keep.NewStore(t.Context(), keep.DB{Write: write, Read: read, Dialect: keep.SQLite, Explain: func(error) error { return explained }})
	require.NoError(t, err)
	_, err = write.Exec("DROP TABLE keep_entries")
	require.NoError(t, err)
	require.ErrorIs(t, store.Put(t.Context(), keep.Entry{Space: "buttons"}), explained)
	_, err = write.Exec("INSERT INTO keep_migrations (name, checksum) VALUES ('9999_later.sql', '')")
	require.NoError(t, err)
	_, err = keep.NewStore(t.Context(), keep.DB{Write: write, Read: read, Dialect: keep.SQLite})
	require.ErrorIs(t, err, keep.ErrNewer)
}
