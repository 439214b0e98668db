package index_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/postgres"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/rewards"
)

// childVariable makes this test binary a program that indexes without end, to be killed. Its value is the database.
const childVariable = "INDEX_TEST_CHILD"

func openAny(dsn string) (*index.Index, error) {
	if strings.HasPrefix(dsn, "postgres://") {
		return postgres.Open(context.Background(), dsn)
	}
	return sqlite.Open(context.Background(), dsn)
}

func childWorld() *world { return newWorld(31) }

// child follows a chain that grows by a few blocks each time it has caught up, and backfills an earlier part.
func child(job string) int {
	dsn, fed := strings.CutPrefix(job, fedJob)
	x, err := openAny(dsn)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, w := context.Background(), childWorld()
	if err := x.SetMode(ctx, index.Everything); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	if fed {
		_, err := x.BackfillFrom(ctx, newFakeFeed(w, fedBlocks), 1, fedBlocks, index.FeedConfig{Source: "poktscan", Chunk: 20})
		fmt.Fprintln(os.Stderr, err)
		select {} // until it is killed
	}
	for {
		cursor, err := x.Cursor(ctx)
		if err == nil {
			chain := newFakeChain(w, max(cursor, childBegin)+pocket.Height(1+rand.IntN(12)))
			_, err = index.NewFollower(x, chain, index.FollowerConfig{From: childBegin}).CatchUp(ctx)
		}
		if err == nil {
			from := pocket.Height(1 + rand.IntN(childBegin-1))
			_, err = x.Backfill(ctx, newFakeChain(w, childBegin), from, min(from+3, childBegin-1), index.BackfillConfig{Chunk: 2})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
}

// A job with this prefix is filled from a feed that knows so many blocks.
const (
	fedJob    = "fed "
	fedBlocks = 6_000
)

// childBegin is where the child follows from; below it backfills.
const childBegin = 200

// TestKilledAtAnyMomentNothingIsLostOrDoubled kills a real process at random moments and compares what it left with an index that was
// never disturbed.
func TestKilledAtAnyMomentNothingIsLostOrDoubled(t *testing.T) {
	for _, s := range []struct {
		name  string
		kills int
		dsn   func(t *testing.T) string
	}{
		{"SQLite", 50, func(t *testing.T) string { return filepath.Join(t.TempDir(), "index.db") }},
		{"PostgreSQL", 20, func(t *testing.T) string { return server.Database(t) }},
	} {
		t.Run(s.name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes a quarter of a minute")
			}
			dsn := s.dsn(t)
			for range s.kills {
				killOne(t, dsn, time.Duration(rand.IntN(120_000))*time.Microsecond)
			}
			x := opened(t, func() (*index.Index, error) { return openAny(dsn) })
			w := childWorld()
			cursor, err := x.Cursor(t.Context())
			require.NoError(t, err)
			require.Greater(t, cursor, pocket.Height(childBegin), "the child got nowhere")
			covered, err := x.Coverage(t.Context(), pocket.Address{}, true)
			require.NoError(t, err)
			var want []pocket.Event
			for _, r := range covered {
				want = append(want, happened(w, r.From, r.To)...)
			}
			assert.Equal(t, cursor, covered[len(covered)-1].To)
			requireSame(t, want, collect(t, x.Events(t.Context(), pocket.EventQuery{})))

			calm := opened(t, stores[0].place(t))
			for _, r := range covered {
				fill(t, calm, w, r.From, r.To)
			}
			zones := zones(t)
			for _, q := range someQueries(w, zones) {
				disturbed, err := x.Sums(t.Context(), q)
				require.NoError(t, err)
				undisturbed, err := calm.Sums(t.Context(), q)
				require.NoError(t, err)
				requireSame(t, undisturbed, disturbed)
			}
			_, err = x.Backfill(t.Context(), newFakeChain(w, cursor), 1, cursor, index.BackfillConfig{})
			require.NoError(t, err)
			requireEverything(t, x, w, 1, cursor)
		})
	}
}

// TestAKilledBackfillFromAFeedGoesOn kills a real process that is being told the past, again and again, and lets it come to an end.
func TestAKilledBackfillFromAFeedGoesOn(t *testing.T) {
	for _, s := range []struct {
		name  string
		kills int
		dsn   func(t *testing.T) string
	}{
		{"SQLite", 20, func(t *testing.T) string { return filepath.Join(t.TempDir(), "index.db") }},
		{"PostgreSQL", 8, func(t *testing.T) string { return server.Database(t) }},
	} {
		t.Run(s.name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes a quarter of a minute")
			}
			dsn, w := s.dsn(t), childWorld()
			for range s.kills {
				killOne(t, fedJob+dsn, time.Duration(rand.IntN(80_000))*time.Microsecond)
			}
			x := opened(t, func() (*index.Index, error) { return openAny(dsn) })
			check := func() pocket.Height {
				covered, err := x.Coverage(t.Context(), pocket.Address{}, false)
				require.NoError(t, err)
				if len(covered) == 0 {
					covered = []index.Range{{From: 1, To: 0}}
				}
				require.Len(t, covered, 1)
				end := covered[0].To
				requireSaysTheSame(t, happened(w, 1, end), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
				for _, q := range someQueries(w, zones(t)) {
					want, err := rewards.Aggregate(q, all(asTold(happened(w, 1, end), end)))
					require.NoError(t, err)
					got, err := x.Sums(t.Context(), q)
					require.NoError(t, err)
					requireSame(t, want, got)
				}
				return end
			}
			end := check()
			feed := newFakeFeed(w, fedBlocks)
			_, err := x.BackfillFrom(t.Context(), feed, 1, min(end+100, fedBlocks), index.FeedConfig{Chunk: 30})
			require.NoError(t, err)
			if end < fedBlocks {
				assert.Equal(t, end+1, feed.asked[0].From, "it goes on where it was")
			}
			check()
		})
	}
}

// killOne starts a child and kills it some time after it has begun to work.
func killOne(t *testing.T, dsn string, after time.Duration) {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	command := exec.Command(executable)
	command.Env = append(os.Environ(), childVariable+"="+dsn)
	var stderr strings.Builder
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		time.Sleep(after) // real time: it is a real process that works meanwhile
	}
	require.NoError(t, command.Process.Kill())
	err = command.Wait()
	require.Equal(t, "ready\n", line, "%s", stderr.String())
	require.ErrorContains(t, err, "killed", "%s", stderr.String())
}
