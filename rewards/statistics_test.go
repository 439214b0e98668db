package rewards

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

// earned is a settlement that paid a supplier's owner so much.
func earned(t testing.TB, when string, supplier pocket.Address, amount pocket.Upokt) pocket.Event {
	return settled(at(t, when), supplier, share(owner1, pocket.ReasonSupplier, amount))
}

func gross(s Sums) pocket.Upokt { return s.Gross }

// number shows an average or a percentage, "none" when it is not valid.
func number(n decimal.NullDecimal) string {
	if !n.Valid {
		return "none"
	}
	return n.Decimal.String()
}

func compute(t testing.TB, q StatsQuery, stays []Stay, events ...pocket.Event) Statistics {
	t.Helper()
	stats, err := Compute(context.Background(), NewMemory(events, stays), q)
	require.NoError(t, err)
	return stats
}

func TestStatistics(t *testing.T) {
	stays := []Stay{
		{Supplier: node1, From: at(t, "2026-10-20T12:00:00Z")},
		{Supplier: node2, From: at(t, "2026-11-12T00:00:00Z"), To: at(t, "2026-11-21T00:00:00Z")},
	}
	events := []pocket.Event{
		earned(t, "2026-10-20T18:00:00Z", node1, 7_000_000), // the partial first day
		earned(t, "2026-10-21T12:00:00Z", node1, 3_000_000), // October before the 22nd, half past ten
		earned(t, "2026-10-25T12:00:00Z", node1, 9_000_000), // and after
		earned(t, "2026-11-12T12:00:00Z", node1, 10_000_000),
		earned(t, "2026-11-12T13:00:00Z", node2, 20_000_000),
		earned(t, "2026-11-20T13:00:00Z", node1, 40_000_000),
		earned(t, "2026-11-21T10:29:59Z", node1, 4_000_000),   // yesterday before half past ten
		earned(t, "2026-11-21T10:30:00Z", node1, 16_000_000),  // and after
		earned(t, "2026-11-22T00:00:00Z", node1, 5_000_000),   // today's first moment
		earned(t, "2026-11-22T10:30:00Z", node1, 900_000_000), // now itself is not yet in it
	}
	q := StatsQuery{Now: at(t, "2026-11-22T10:30:00Z"), Wallets: []pocket.Address{owner1}}
	s := compute(t, q, stays, events...)

	t.Run("nodes", func(t *testing.T) {
		assert.Equal(t, 1, s.Nodes)
		assert.True(t, s.NodesKnown)
		assert.Equal(t, at(t, "2026-10-20T12:00:00Z"), s.Since)
	})
	t.Run("today so far, beside yesterday until the same hour", func(t *testing.T) {
		assert.EqualValues(t, 5_000_000, s.Today.Total.Gross)
		assert.EqualValues(t, 5_000_000, s.Today.Total.Mine)
		assert.Equal(t, "0.4375", s.Today.NodeDays.String())
		assert.Equal(t, "5", number(s.Today.PerNode(s.Today.Total.Gross)))
		assert.EqualValues(t, 4_000_000, s.Today.Previous.Total.Gross)
		assert.Equal(t, at(t, "2026-11-21T10:30:00Z"), s.Today.Previous.To)
		assert.Equal(t, "25", number(s.Today.Change(gross)))
		assert.Equal(t, "25", number(s.Today.ChangePerNode(gross)))
	})
	t.Run("yesterday, when one node was left, beside the day before", func(t *testing.T) {
		assert.EqualValues(t, 20_000_000, s.Yesterday.Total.Gross)
		assert.Equal(t, 1, s.Yesterday.Nodes)
		assert.Equal(t, "20", number(s.Yesterday.PerNode(s.Yesterday.Total.Gross)))
		assert.Equal(t, 2, s.Yesterday.Previous.Nodes)
		assert.Equal(t, "-50", number(s.Yesterday.Change(gross)))
		assert.Equal(t, "0", number(s.Yesterday.ChangePerNode(gross)), "40 of two nodes, 20 of one")
	})
	t.Run("seven and thirty complete days", func(t *testing.T) {
		assert.Equal(t, pocket.Span{From: at(t, "2026-11-15T00:00:00Z"), To: at(t, "2026-11-22T00:00:00Z")}, s.Last7.Span)
		assert.EqualValues(t, 60_000_000, s.Last7.Total.Gross)
		assert.Equal(t, "13", s.Last7.NodeDays.String())
		assert.EqualValues(t, 30_000_000, s.Last7.Previous.Total.Gross)
		assert.Equal(t, "100", number(s.Last7.Change(gross)))
		assert.EqualValues(t, 99_000_000, s.Last30.Total.Gross)
		assert.EqualValues(t, 10_000_000, s.Last30.Previous.Total.Gross)
		assert.False(t, s.Last30.Whole, "the nodes came in the middle of it")
		assert.Equal(t, "none", number(s.Last30.Change(gross)))
	})
	t.Run("everyday begins with the first complete day", func(t *testing.T) {
		assert.Equal(t, pocket.Span{From: at(t, "2026-10-21T00:00:00Z"), To: at(t, "2026-11-22T00:00:00Z")}, s.Everyday.Span)
		assert.EqualValues(t, 102_000_000, s.Everyday.Total.Gross)
		assert.Equal(t, "41", s.Everyday.NodeDays.String())
		assert.Equal(t, "32", s.Everyday.Days.String())
		assert.Equal(t, "2.487804878049", number(s.Everyday.PerNodeDay(s.Everyday.Total.Gross)))
	})
	t.Run("this month so far, beside the same part of the last", func(t *testing.T) {
		assert.EqualValues(t, 95_000_000, s.ThisMonth.Total.Gross)
		assert.Equal(t, "21.4375", s.ThisMonth.Days.String())
		assert.Equal(t, "30.4375", s.ThisMonth.NodeDays.String())
		assert.Equal(t, "66.909650924025", number(s.ThisMonth.PerNode(s.ThisMonth.Total.Gross)))
		assert.Equal(t, pocket.Span{From: at(t, "2026-10-01T00:00:00Z"), To: at(t, "2026-10-22T10:30:00Z")}, s.ThisMonth.Previous.Span)
		assert.EqualValues(t, 10_000_000, s.ThisMonth.Previous.Total.Gross)
		assert.Equal(t, "none", number(s.ThisMonth.Change(gross)))
		assert.True(t, s.ThisMonth.ChangePerNode(gross).Valid)
	})
	t.Run("last month was not complete", func(t *testing.T) {
		assert.EqualValues(t, 19_000_000, s.LastMonth.Total.Gross)
		assert.Nil(t, s.LastMonth.Previous)
		assert.Equal(t, "none", number(s.LastMonth.Change(gross)))
		assert.Equal(t, "none", number(s.LastMonth.ChangePerNode(gross)))
		assert.Equal(t, 0, s.Monthly.Months)
		assert.Equal(t, "none", number(s.Monthly.PerMonth(s.Monthly.Total.Gross)))
	})
	t.Run("all time", func(t *testing.T) {
		assert.EqualValues(t, 114_000_000, s.AllTime.Total.Gross)
		assert.Equal(t, "41.9375", s.AllTime.NodeDays.String())
		assert.Equal(t, 2, s.AllTime.Nodes)
		assert.Equal(t, at(t, "2026-10-20T00:00:00Z"), s.AllTime.From)
	})
	t.Run("two months later there are complete ones", func(t *testing.T) {
		q := q
		q.Now = at(t, "2027-01-05T00:00:00Z")
		s := compute(t, q, stays, events...)
		assert.Equal(t, 2, s.Monthly.Months)
		assert.Equal(t, "497.5", number(s.Monthly.PerMonth(s.Monthly.Total.Gross)))
		assert.Equal(t, "433.535714285714", number(s.Monthly.PerNodeMonth(s.Monthly.Total.Gross)), "995 of 70 node-days, 30.5 days a month")
		assert.Equal(t, "none", number(s.Today.PerNode(0)), "the day has not begun")
		assert.Nil(t, s.Today.Previous)
	})
}

func TestStatisticsInAZone(t *testing.T) {
	// In Kiritimati, 14 hours ahead, it is the 1st of November already; in UTC still October.
	loc := zone(t, "Pacific/Kiritimati")
	stays := []Stay{{Supplier: node1, From: at(t, "2026-09-01T00:00:00Z")}}
	events := []pocket.Event{
		earned(t, "2026-10-31T09:59:59.999999999Z", node1, 1), // the last moment of October there
		earned(t, "2026-10-31T10:00:00Z", node1, 20),          // midnight there
		earned(t, "2026-10-31T11:00:00Z", node1, 300),
	}
	s := compute(t, StatsQuery{Now: at(t, "2026-10-31T12:00:00Z"), Zone: loc}, stays, events...)
	assert.EqualValues(t, 320, s.Today.Total.Gross)
	assert.EqualValues(t, 320, s.ThisMonth.Total.Gross)
	assert.EqualValues(t, 1, s.Yesterday.Total.Gross)
	assert.EqualValues(t, 1, s.LastMonth.Total.Gross)
	assert.EqualValues(t, 1, s.Everyday.Total.Gross)
	assert.Equal(t, "Pacific/Kiritimati", s.Today.From.Location().String())

	t.Run("a day of 25 hours is one node-day, of 23 too", func(t *testing.T) {
		madrid := zone(t, "Europe/Madrid")
		for _, now := range []string{"2026-10-26T12:00:00Z", "2026-03-30T12:00:00Z"} {
			s := compute(t, StatsQuery{Now: at(t, now), Zone: madrid}, []Stay{{Supplier: node1, From: at(t, "2026-01-01T00:00:00Z")}})
			assert.Equal(t, "1", s.Yesterday.NodeDays.String())
			assert.NotEqual(t, 24*time.Hour, s.Yesterday.To.Sub(s.Yesterday.From))
		}
	})
	t.Run("the same part of a shorter day ends with it", func(t *testing.T) {
		madrid := zone(t, "Europe/Madrid")
		part := SamePart(at(t, "2026-03-30T23:30:00+02:00"), Day, madrid)
		assert.Equal(t, at(t, "2026-03-29T00:00:00+01:00").UTC(), part.From.UTC())
		assert.Equal(t, at(t, "2026-03-30T00:00:00+02:00").UTC(), part.To.UTC())
		part = SamePart(at(t, "2026-03-31T12:00:00Z"), Month, time.UTC)
		assert.Equal(t, at(t, "2026-03-01T00:00:00Z"), part.To)
	})
}

func TestStatisticsEdges(t *testing.T) {
	now := at(t, "2026-11-22T10:30:00Z")
	t.Run("no data and no nodes are all zero, and no averages", func(t *testing.T) {
		s := compute(t, StatsQuery{Now: now}, nil)
		assert.True(t, s.Since.IsZero())
		assert.Zero(t, s.AllTime.Total)
		for _, trend := range []Trend{s.Today, s.Yesterday, s.Last7, s.Last30, s.ThisMonth, s.LastMonth} {
			assert.Nil(t, trend.Previous)
			assert.Equal(t, "none", number(trend.PerNode(0)))
			assert.Equal(t, "none", number(trend.PerNodeDay(0)))
			assert.Equal(t, "none", number(trend.PerDay(0)))
			assert.Equal(t, "none", number(trend.Change(gross)))
		}
	})
	t.Run("a node without rewards counts, and harms nobody", func(t *testing.T) {
		s := compute(t, StatsQuery{Now: now}, []Stay{{Supplier: node1, From: now.AddDate(0, 0, -3)}, {Supplier: node2, From: now.AddDate(0, 0, -3)}},
			earned(t, "2026-11-21T10:00:00Z", node1, 6_000_000))
		assert.Equal(t, 2, s.Yesterday.Nodes)
		assert.Equal(t, "3", number(s.Yesterday.PerNode(s.Yesterday.Total.Gross)))
		assert.Equal(t, "0", number(s.Today.PerNode(s.Today.Total.Gross)))
	})
	t.Run("a node that left long ago dilutes nothing", func(t *testing.T) {
		s := compute(t, StatsQuery{Now: now}, []Stay{
			{Supplier: node1, From: now.AddDate(0, 0, -3)}, {Supplier: node2, From: now.AddDate(-1, 0, 0), To: now.AddDate(0, -6, 0)},
		}, earned(t, "2026-11-21T10:00:00Z", node1, 6_000_000))
		assert.Equal(t, 1, s.Nodes)
		assert.Equal(t, "6", number(s.Yesterday.PerNode(s.Yesterday.Total.Gross)))
	})
	t.Run("a node that stops right now is not staked any more, one that stakes right now is", func(t *testing.T) {
		s := compute(t, StatsQuery{Now: now}, []Stay{{Supplier: node1, From: now.AddDate(0, 0, -1), To: now}, {Supplier: node2, From: now}})
		assert.Equal(t, 1, s.Nodes)
		assert.Equal(t, 1, s.Today.Nodes)
	})
	t.Run("stays that overlap, or lie in the future, or the wrong way round", func(t *testing.T) {
		s := compute(t, StatsQuery{Now: now}, []Stay{
			{Supplier: node1, From: now.AddDate(0, 0, -9)}, {Supplier: node1, From: now.AddDate(0, 0, -5), To: now.AddDate(0, 0, -4)},
			{Supplier: node2, From: now.AddDate(0, 0, 1)}, {Supplier: node2, From: now.AddDate(0, 0, -1), To: now.AddDate(0, 0, -2)},
		})
		assert.Equal(t, "7", s.Last7.NodeDays.String())
		assert.Equal(t, 1, s.Nodes)
	})
	t.Run("a stay from the zero time begins with the first event", func(t *testing.T) {
		s := compute(t, StatsQuery{Now: now}, []Stay{{Supplier: node1}}, earned(t, "2026-11-20T10:00:00Z", node1, 8_000_000))
		assert.Equal(t, at(t, "2026-11-20T00:00:00Z"), s.Since)
		assert.Equal(t, "4", number(s.Everyday.PerNodeDay(s.Everyday.Total.Gross)))
	})
	t.Run("whose nodes are meant", func(t *testing.T) {
		stays := []Stay{{Supplier: node1, From: now.AddDate(0, 0, -3)}, {Supplier: node2, From: now.AddDate(0, 0, -3)}}
		income := earned(t, "2026-11-21T10:00:00Z", node1, 6_000_000)
		nodes := func(q StatsQuery) (int, bool) {
			q.Now = now
			s := compute(t, q, stays, income)
			assert.EqualValues(t, 6_000_000, s.Yesterday.Total.Gross)
			return s.Nodes, s.NodesKnown
		}
		n, known := nodes(StatsQuery{Filter: pocket.Filter{Suppliers: []pocket.Address{node1}}})
		assert.True(t, known && n == 1)
		n, known = nodes(StatsQuery{Filter: pocket.Filter{Owners: []pocket.Address{owner1}}, OwnerOf: map[pocket.Address]pocket.Address{node1: owner1, node2: dao}})
		assert.True(t, known && n == 1)
		n, known = nodes(StatsQuery{Filter: pocket.Filter{Recipients: []pocket.Address{owner1}}})
		assert.True(t, !known && n == 0)
		n, known = nodes(StatsQuery{Filter: pocket.Filter{Services: []pocket.ServiceID{"eth"}}})
		assert.True(t, known && n == 2)
	})
	t.Run("old settlements that do not tell all are not compared", func(t *testing.T) {
		old := earned(t, "2026-11-20T10:00:00Z", node1, 6_000_000).(pocket.Settlement)
		old.Lacks = pocket.LacksAmounts
		s := compute(t, StatsQuery{Now: now}, []Stay{{Supplier: node1, From: now.AddDate(0, 0, -9)}}, old, earned(t, "2026-11-21T10:00:00Z", node1, 3_000_000))
		require.NotNil(t, s.Yesterday.Previous)
		assert.Equal(t, "none", number(s.Yesterday.Change(gross)))
		assert.Equal(t, "none", number(s.Yesterday.ChangePerNode(gross)))
	})
	t.Run("questions that make no sense", func(t *testing.T) {
		for _, q := range []StatsQuery{{}, {Now: now, Filter: pocket.Filter{Owners: []pocket.Address{owner1}}}} {
			_, err := Compute(context.Background(), NewMemory(nil, nil), q)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
			_, err = Daily(context.Background(), NewMemory(nil, nil), q, 15)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
		_, err := NewStatistics(Facts{})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		_, err = NewStatistics(Facts{Now: now, Days: []Row{{Key: Key{Recipient: owner1}}}})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("days of another zone are refused, not moved", func(t *testing.T) {
		days := aggregate(t, Query{Period: Day, Zone: zone(t, "Asia/Tokyo")}, earned(t, "2026-11-21T10:00:00Z", node1, 6))
		_, err := NewStatistics(Facts{Now: now, Zone: zone(t, "Asia/Tokyo"), Days: days})
		require.NoError(t, err)
		for _, other := range []*time.Location{nil, zone(t, "Europe/Madrid")} {
			_, err = NewStatistics(Facts{Now: now, Zone: other, Days: days})
			assert.ErrorIs(t, err, pocket.ErrInvalid)
			_, err = DayPoints(Facts{Now: now, Zone: other, Days: days}, 3)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
	t.Run("sums that do not fit", func(t *testing.T) {
		days := []Row{{Key: Key{Start: at(t, "2026-11-20T00:00:00Z")}, Sums: Sums{Gross: 1 << 62}}, {Key: Key{Start: at(t, "2026-11-21T00:00:00Z")}, Sums: Sums{Gross: 1 << 62}}}
		_, err := NewStatistics(Facts{Now: now, Days: days})
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
	t.Run("without nodes the first day may have been a part only, and is not compared with", func(t *testing.T) {
		events := []pocket.Event{earned(t, "2026-11-20T10:00:00Z", node1, 5), earned(t, "2026-11-21T10:00:00Z", node1, 6), earned(t, "2026-11-22T10:00:00Z", node1, 7)}
		q := StatsQuery{Now: now, Filter: pocket.Filter{Recipients: []pocket.Address{owner1}}}
		s := compute(t, q, nil, events...)
		assert.Equal(t, "none", number(s.Yesterday.Change(gross)))
		assert.Equal(t, "16.6667", number(s.Today.Change(gross)))
		assert.EqualValues(t, 6, s.Everyday.Total.Gross)
		assert.Equal(t, "none", number(s.Everyday.PerNodeDay(s.Everyday.Total.Gross)))
	})
	t.Run("a source that fails", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := Compute(ctx, NewMemory(nil, nil), StatsQuery{Now: now})
		assert.ErrorIs(t, err, context.Canceled)
		_, err = Daily(ctx, NewMemory(nil, nil), StatsQuery{Now: now}, 1)
		assert.ErrorIs(t, err, context.Canceled)
		for n := range 3 {
			_, err = Compute(context.Background(), &failing{Memory: NewMemory(nil, nil), after: n}, StatsQuery{Now: now})
			assert.ErrorIs(t, err, errBroken)
		}
	})
}

var errBroken = errors.New("broken")

// failing is a source whose sums fail after so many.
type failing struct {
	*Memory
	after int
}

func (f *failing) Sums(ctx context.Context, q Query) ([]Row, error) {
	if f.after--; f.after < 0 {
		return nil, errBroken
	}
	return f.Memory.Sums(ctx, q)
}

func TestNodeDaysProperties(t *testing.T) {
	// Counted minute by minute, which no shortcut enters.
	rapid.Check(t, func(r *rapid.T) {
		loc := zone(r, rapid.SampledFrom(oddZones).Draw(r, "zone"))
		start := time.Date(2011, 12, 29, 0, 0, 0, 0, time.UTC) // Apia skips the 30th
		if rapid.Bool().Draw(r, "summer time") {
			start = time.Date(2018, 2, 16, 0, 0, 0, 0, time.UTC) // Sao Paulo ends it on the 18th
		}
		moment := func(name string) time.Time {
			return start.Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(r, name)) * time.Minute)
		}
		var stays []Stay
		for range rapid.IntRange(0, 5).Draw(r, "stays") {
			stays = append(stays, Stay{Supplier: address(rapid.IntRange(1, 3).Draw(r, "supplier")), From: moment("from"), To: moment("to")})
		}
		now := start.AddDate(0, 0, 4)
		span := pocket.Span{From: moment("span from"), To: moment("span to")}
		figure := Figure{Span: span}
		newPresence(stays, start, now, loc).fill(&figure)

		nodeDays, days, nodes := decimal.Zero, decimal.Zero, map[pocket.Address]bool{}
		for t := span.From; t.Before(span.To); t = t.Add(time.Minute) {
			from, to := DayOf(t, loc)
			minute := decimal.NewFromInt(int64(time.Minute)).DivRound(decimal.NewFromInt(int64(to.Sub(from))), 30)
			staked := map[pocket.Address]bool{}
			for _, s := range stays {
				if !t.Before(s.From) && t.Before(s.To) {
					staked[s.Supplier], nodes[s.Supplier] = true, true
				}
			}
			nodeDays = nodeDays.Add(minute.Mul(decimal.NewFromInt(int64(len(staked)))))
			if len(staked) > 0 {
				days = days.Add(minute)
			}
		}
		require.Equal(r, len(nodes), figure.Nodes)
		require.Equal(r, nodeDays.Round(15).String(), figure.NodeDays.Round(15).String())
		require.Equal(r, days.Round(15).String(), figure.Days.Round(15).String())
	})
}

func TestDaily(t *testing.T) {
	now := at(t, "2026-11-22T12:00:00Z")
	stays := []Stay{{Supplier: node1, From: at(t, "2026-11-20T12:00:00Z")}, {Supplier: node2, From: at(t, "2026-11-21T00:00:00Z"), To: at(t, "2026-11-22T00:00:00Z")}}
	source := NewMemory([]pocket.Event{
		earned(t, "2026-11-20T13:00:00Z", node1, 1_000_000), earned(t, "2026-11-21T13:00:00Z", node2, 4_000_000), earned(t, "2026-11-22T11:59:59Z", node1, 3_000_000),
	}, stays)
	points, err := Daily(context.Background(), source, StatsQuery{Now: now, Wallets: []pocket.Address{owner1}}, 4)
	require.NoError(t, err)
	require.Len(t, points, 4)
	var days, averages []string
	var nodes []int
	for _, p := range points {
		days, nodes, averages = append(days, p.Start.Format("01-02")), append(nodes, p.Nodes), append(averages, number(p.Average))
		assert.Equal(t, p.Average, p.AverageMine)
	}
	assert.Equal(t, []string{"11-19", "11-20", "11-21", "11-22"}, days)
	assert.Equal(t, []int{0, 1, 2, 1}, nodes)
	assert.Equal(t, []string{"none", "1", "2", "3"}, averages)
	assert.Equal(t, "0.5", points[1].NodeDays.String())
	assert.False(t, points[2].Partial)
	assert.True(t, points[3].Partial)
	assert.Equal(t, at(t, "2026-11-23T00:00:00Z"), points[3].End)

	t.Run("a skipped day is no day", func(t *testing.T) {
		points, err := DayPoints(Facts{Now: at(t, "2011-12-31T12:00:00+14:00"), Zone: zone(t, "Pacific/Apia")}, 2)
		require.NoError(t, err)
		require.Len(t, points, 2)
		assert.Equal(t, "2011-12-29", points[0].Start.Format(time.DateOnly))
		assert.Equal(t, "2011-12-31", points[1].Start.Format(time.DateOnly))
	})
	t.Run("exactly at midnight the new day is there, empty", func(t *testing.T) {
		points, err := Daily(context.Background(), source, StatsQuery{Now: at(t, "2026-11-22T00:00:00Z")}, 2)
		require.NoError(t, err)
		assert.Equal(t, "2026-11-22", points[1].Start.Format(time.DateOnly))
		assert.Equal(t, 0, points[1].Nodes)
		assert.Equal(t, "none", number(points[1].Average))
	})
	t.Run("as many days as somebody may look at", func(t *testing.T) {
		for _, n := range []int{0, -1, 40_000} {
			_, err := DayPoints(Facts{Now: now}, n)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
}
