package index_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/rewards"
)

// TestPricesAreTrueOrMissing asks a cache this and that while time passes, the source fails, changes its plan, and the program starts anew. Whatever
// happens, what is told is true, what is not told is said to be missing, and no day is asked for again that was told whole.
func TestPricesAreTrueOrMissing(t *testing.T) {
	x, n := opened(t, stores[0].place(t)), 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		name, source := fmt.Sprint("teller ", n), &teller{now: priceNow, rate: 1}
		start := func() priced { return priced{x.CachedPrices(source, name, index.PriceClock(source.clock)), x, source} }
		p, whole, newest := start(), map[time.Time]bool{}, time.Time{}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.IntRange(0, 5).Draw(r, "what happens") {
			case 0:
				source.err = nil
				if rapid.Bool().Draw(r, "fails") {
					source.err = pocket.ErrUnavailable
				}
			case 1:
				source.since = time.Time{}
				if rapid.Bool().Draw(r, "small plan") {
					source.since = ago(rapid.IntRange(-3, 8).Draw(r, "plan")).Add(time.Duration(rapid.IntRange(0, 23).Draw(r, "hour")) * time.Hour)
				}
			case 2:
				p = start()
			}
			source.now = source.now.Add(time.Duration(rapid.IntRange(0, 30*60).Draw(r, "minutes")) * time.Minute)
			from := ago(rapid.IntRange(-4, 8).Draw(r, "from")).Add(time.Duration(rapid.IntRange(0, 24*60).Draw(r, "minute")) * time.Minute)
			span := pocket.Span{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 9*24*60).Draw(r, "length")) * time.Minute)}
			prices, err := p.ask(span)
			missing, told := errors.AsType[*rewards.MissingPrices](err)
			require.True(r, told || err == nil)

			known := map[time.Time]bool{}
			for i, price := range prices {
				require.True(r, span.Contains(price.Time))
				require.Equal(r, worthThen(1, price.Time).String(), price.Value.String())
				require.True(r, i == 0 || prices[i-1].Time.Before(price.Time))
				known[price.Time] = true
			}
			for at := from.Truncate(time.Hour); at.Before(span.To) && at.Before(source.now.Add(-10*time.Minute)); at = at.Add(time.Hour) {
				if at.Before(from) || known[at] {
					continue
				}
				require.True(r, told, "%s is not told", at)
				in := false
				for _, gap := range missing.Gaps {
					in = in || gap.Contains(at)
				}
				require.True(r, in, "%s is neither told nor missing: %v", at, missing)
			}
			for _, asked := range source.spans() {
				for day := asked.From; day.Before(asked.To); day = day.AddDate(0, 0, 1) {
					require.False(r, whole[day], "%s was told whole", day)
					if source.err != nil || day.Before(source.since) {
						continue
					}
					if last := asked.To.Add(-1).Truncate(time.Hour); last.After(newest) && !last.Before(source.since) {
						newest = last
					}
					end := day.AddDate(0, 0, 1)
					if !end.After(newest) && !end.After(source.now.Add(-time.Hour)) {
						whole[day] = true
					}
				}
			}
		}
	})
}

func TestPricesInADatabaseThatFails(t *testing.T) {
	span := pocket.Span{From: ago(1), To: priceNow}
	t.Run("because it was closed", func(t *testing.T) {
		x, err := stores[0].place(t)()
		require.NoError(t, err)
		p := newPriced(func() *index.Index { return x })
		require.NoError(t, x.Close())
		_, err = p.ask(span)
		require.ErrorContains(t, err, "index: prices")
	})
	t.Run("because somebody wrote into it", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "index.db")
		p := newPriced(func() *index.Index {
			return opened(t, func() (*index.Index, error) { return sqlite.Open(context.Background(), path) })
		})
		_, err := p.ask(span)
		require.NoError(t, err)
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		_, err = db.Exec("UPDATE prices SET price = 'cheap'")
		require.NoError(t, errors.Join(err, db.Close()))
		prices, err := p.ask(span)
		require.ErrorIs(t, err, index.ErrCorrupt)
		assert.Empty(t, prices)
	})
}
