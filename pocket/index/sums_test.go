package index_test

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

func zones(t testing.TB) []*time.Location {
	list := []*time.Location{nil, time.UTC, time.FixedZone("a strange offset", 3*3600+7*60+13)}
	for _, name := range []string{"Europe/Madrid", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"} {
		loc, err := rewards.Zone(name)
		require.NoError(t, err)
		list = append(list, loc)
	}
	return list
}

func all(events []pocket.Event) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// randomQuery draws a question for sums about a world.
func randomQuery(r *rapid.T, w *world, blocks int, zones []*time.Location) rewards.Query {
	q := rewards.Query{
		Span:   randomSpan(r, w, blocks),
		Period: rapid.SampledFrom([]rewards.Period{rewards.Whole, rewards.Hour, rewards.Day, rewards.Week, rewards.Month}).Draw(r, "period"),
		Zone:   rapid.SampledFrom(zones).Draw(r, "zone"),
		By: rapid.SliceOfNDistinct(rapid.SampledFrom([]rewards.Dimension{
			rewards.BySupplier, rewards.ByService, rewards.ByOwner, rewards.ByApplication, rewards.ByRecipient,
		}), 0, 2, rapid.ID[rewards.Dimension]).Draw(r, "by"),
		Wallets: rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(w.recipients), address("nobody", 1))), 0, 3).Draw(r, "wallets"),
	}
	switch rapid.IntRange(0, 3).Draw(r, "filter kind") {
	case 0: // none
	case 1:
		q.Filter.Suppliers = append(slices.Clone(w.suppliers), address("nobody", 2)) // as good as none
	default:
		q.Filter = randomFilter(r, w)
	}
	if rapid.IntRange(0, 3).Draw(r, "owners known") == 0 {
		q.OwnerOf = map[pocket.Address]pocket.Address{w.suppliers[0]: w.owners[0], w.suppliers[1]: w.owners[1]}
	}
	if rapid.Bool().Draw(r, "priced") {
		q.Prices = randomPrices(r, w, blocks)
	}
	return q
}

// randomPrices draws prices in and around the time of a world: every hour, or here and there, at the very time of a block too.
func randomPrices(r *rapid.T, w *world, blocks int) *rewards.Prices {
	span := time.Duration(blocks) * w.spacing
	var points []rewards.Price
	add := func(t time.Time) {
		points = append(points, rewards.Price{Time: t, Value: decimal.New(rapid.Int64Range(1, 1e18).Draw(r, "price"), -19)})
	}
	if rapid.Bool().Draw(r, "hourly") {
		for t := genesis.Add(-time.Hour).Truncate(time.Hour); t.Before(genesis.Add(span)); t = t.Add(time.Hour) {
			add(t)
		}
	}
	for range rapid.IntRange(0, 5).Draw(r, "points") {
		if rapid.Bool().Draw(r, "at a block") {
			add(w.block(pocket.Height(rapid.IntRange(0, blocks).Draw(r, "priced block"))).Time)
		} else {
			add(genesis.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(span)).Draw(r, "priced moment"))))
		}
	}
	window := rapid.SampledFrom([]time.Duration{0, time.Nanosecond, 90 * time.Minute, 9 * time.Hour}).Draw(r, "window")
	prices, err := rewards.NewPrices("EUR", points, window)
	require.NoError(r, err)
	return prices
}

// TestSumsAreThoseOfTheEvents is what the index is for: whatever way it takes, its sums are those of the events added up one by one.
func TestSumsAreThoseOfTheEvents(t *testing.T) {
	long(t)
	const blocks = 400 // two days, over a change of clocks
	zones := zones(t)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(5)
		order := make([]pocket.Height, blocks)
		for i := range order {
			order[i] = pocket.Height((i*163)%blocks + 1) // not in order, as backfills come
		}
		for _, h := range order {
			_, err := x.Put(t.Context(), "test", w.block(h), w.events(h))
			require.NoError(t, err)
		}
		events := happened(w, 1, blocks)
		for _, way := range []struct {
			name string
			rows int
		}{{"of rows where few", 20_000}, {"of digests", 0}} {
			t.Run(way.name, func(t *testing.T) {
				x.ReadRowsUpTo(way.rows)
				rapid.Check(t, func(r *rapid.T) {
					q := randomQuery(r, w, blocks, zones)
					want, err := rewards.Aggregate(q, all(events))
					require.NoError(r, err)
					got, err := x.Sums(t.Context(), q)
					require.NoError(r, err)
					assert.Equal(r, want, got)
				})
			})
		}
	})
}

func TestSumsStayRightWhateverIsToldTwice(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(6)
		rapid.Check(t, func(r *rapid.T) {
			h := pocket.Height(rapid.IntRange(1, 40).Draw(r, "height")) * 3
			events := w.events(h)
			// Another source tells of a part, in another order, with other numbers.
			part := rapid.SliceOfDistinct(rapid.SampledFrom(rapid.Permutation(events).Draw(r, "order")), func(e pocket.Event) int {
				return e.Where().Index
			}).Draw(r, "part")
			_, err := x.Put(t.Context(), "test", w.block(h), part)
			require.NoError(r, err)
		})
		fill(t, x, w, 1, 120)
		q := rewards.Query{By: []rewards.Dimension{rewards.ByService}, Period: rewards.Hour, Wallets: w.recipients[:2]}
		want, err := rewards.Aggregate(q, all(happened(w, 1, 120)))
		require.NoError(t, err)
		got, err := x.Sums(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	})
}

func TestSumsOfNothingAreNoRows(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		rows, err := x.Sums(t.Context(), rewards.Query{})
		require.NoError(t, err)
		assert.Empty(t, rows)
		_, err = x.Sums(t.Context(), rewards.Query{Span: pocket.Span{From: genesis, To: genesis.Add(-1)}})
		require.ErrorIs(t, err, pocket.ErrInvalid)
		_, err = x.Sums(t.Context(), rewards.Query{Period: "fortnight"})
		require.ErrorIs(t, err, pocket.ErrInvalid)
	})
}

func TestASumThatDoesNotFitIsAnErrorAndNothingIsStored(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(6)
		events := w.events(3)
		for i, e := range events {
			if s, ok := e.(pocket.Settlement); ok {
				s.Claimed = 1 << 62
				events[i] = s
			}
		}
		_, err := x.Put(t.Context(), "a liar", w.block(3), events)
		require.ErrorIs(t, err, pocket.ErrOverflow)
		assert.Empty(t, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		assert.Empty(t, collect(t, x.Blocks(t.Context(), pocket.Span{})))
	})
}

// someQueries are questions that take every way the index has.
func someQueries(w *world, zones []*time.Location) []rewards.Query {
	list := []rewards.Query{
		{}, {Period: rewards.Day}, {Period: rewards.Hour, By: []rewards.Dimension{rewards.ByService}, Wallets: w.recipients[:2]},
		{By: []rewards.Dimension{rewards.BySupplier, rewards.ByService}}, {By: []rewards.Dimension{rewards.ByRecipient}, Wallets: w.recipients},
		{Filter: pocket.Filter{Suppliers: w.suppliers[:1]}, Period: rewards.Day}, {Filter: pocket.Filter{Recipients: w.recipients[:1]}},
		{Filter: pocket.Filter{Services: w.services[:1]}, Wallets: w.recipients[1:3]}, {By: []rewards.Dimension{rewards.ByApplication}},
	}
	for _, zone := range zones {
		list = append(list, rewards.Query{Zone: zone, Period: rewards.Day, Wallets: w.recipients[:2]})
	}
	prices := pricesOfEachHour(genesis, 100)
	for _, q := range slices.Clone(list) {
		q.Prices = prices
		list = append(list, q)
	}
	return list
}

// pricesOfEachHour returns prices of so many hours, at half a minute past each: no block of a world is then equally near to two of them, and a
// source that tells times to the millisecond makes no other worth.
func pricesOfEachHour(from time.Time, hours int) *rewards.Prices {
	points := make([]rewards.Price, hours)
	for i := range points {
		points[i] = rewards.Price{Time: from.Truncate(time.Hour).Add(time.Duration(i)*time.Hour + 30*time.Second), Value: decimal.New(48_123_456_789_012_345+int64(i)*977, -18)}
	}
	prices, err := rewards.NewPrices("EUR", points, 0)
	if err != nil {
		panic(err)
	}
	return prices
}
