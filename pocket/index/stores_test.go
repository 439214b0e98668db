package index_test

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/poktbot/poktbot/internal/pgtest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/postgres"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	if job := os.Getenv(childVariable); job != "" {
		os.Exit(child(job))
	}
	code := m.Run()
	server.Stop()
	removeFleets()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// A store is a kind of database that every test of the contract runs on.
type store struct {
	name string
	// place makes room for an index and returns how to open it, as often as wanted.
	place func(t testing.TB) func() (*index.Index, error)
}

var stores = []store{
	{"SQLite", func(t testing.TB) func() (*index.Index, error) {
		path := filepath.Join(t.TempDir(), "index.db")
		return func() (*index.Index, error) { return sqlite.Open(context.Background(), path) }
	}},
	{"PostgreSQL", func(t testing.TB) func() (*index.Index, error) {
		dsn := server.Database(t)
		return func() (*index.Index, error) { return postgres.Open(context.Background(), dsn) }
	}},
}

// long leaves a test out of short runs, such as that under the race detector: it does much, but one thing after the other.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("much, but one thing after the other")
	}
}

// onEach runs a test on every kind of database.
func onEach(t *testing.T, test func(t *testing.T, open func() *index.Index)) {
	t.Helper()
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) {
			place := s.place(t)
			test(t, func() *index.Index { return opened(t, place) })
		})
	}
}

func opened(t testing.TB, open func() (*index.Index, error)) *index.Index {
	t.Helper()
	x, err := open()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

// fill stores the blocks of a world as everything.
func fill(t testing.TB, x *index.Index, w *world, from, to pocket.Height) {
	t.Helper()
	for h := from; h <= to; h++ {
		_, err := x.Put(t.Context(), "test", w.block(h), w.events(h))
		require.NoError(t, err)
	}
}

// happened returns what a world did between two heights, as an index gives it back: with times to the microsecond.
func happened(w *world, from, to pocket.Height) []pocket.Event {
	var events []pocket.Event
	for h := from; h <= to; h++ {
		for _, e := range w.events(h) {
			events = append(events, asStored(e))
		}
	}
	return events
}

func asStored(e pocket.Event) pocket.Event {
	switch e := e.(type) {
	case pocket.Transaction:
		e.Time = e.Time.Truncate(time.Microsecond)
		return e
	case pocket.Settlement:
		e.Time = e.Time.Truncate(time.Microsecond)
		return e
	default:
		return e
	}
}

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for v, err := range seq {
		require.NoError(t, err)
		list = append(list, v)
	}
	return list
}

func matching(events []pocket.Event, q pocket.EventQuery) []pocket.Event {
	kept := slices.DeleteFunc(slices.Clone(events), func(e pocket.Event) bool { return !q.Match(e) })
	if q.Newest {
		slices.Reverse(kept)
	}
	if q.Limit > 0 && len(kept) > q.Limit {
		kept = kept[:q.Limit]
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// requireSame is require.Equal for long lists: it shows the first difference only.
func requireSame[T any](t require.TestingT, want, got []T) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	for i := range min(len(want), len(got)) {
		if !reflect.DeepEqual(want[i], got[i]) {
			require.Equal(t, want[i], got[i], "item %d of %d", i, len(want))
		}
	}
	require.Equal(t, len(want), len(got), "how many")
}
