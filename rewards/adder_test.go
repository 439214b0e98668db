package rewards

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

const (
	reasonOwner = pocket.Reason("TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION")
	reasonDAO   = pocket.Reason("TLM_RELAY_BURN_EQUALS_MINT_DAO_REWARD_DISTRIBUTION")
)

// address returns the n-th of endless addresses.
func address(n int) pocket.Address {
	raw := make([]byte, 20)
	raw[0], raw[1], raw[2] = byte(n>>16), byte(n>>8), byte(n)
	a, err := pocket.AccountFromBytes(raw)
	if err != nil {
		panic(err)
	}
	return a
}

var (
	node1, node2, owner1, wallet, app1, dao = address(1), address(2), address(3), address(4), address(5), address(6)

	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

func settled(at time.Time, supplier pocket.Address, shares ...pocket.Share) pocket.Settlement {
	return pocket.Settlement{
		At: pocket.At{Height: 7, Time: at}, Supplier: supplier, Owner: owner1, Application: app1, Service: "eth",
		Relays: 10, EstimatedRelays: 20, EstimatedComputeUnits: 200, Claimed: 1000, Settled: 900, Minted: 850, Overserviced: 100, Deflated: 50,
		Shares: shares,
	}
}

func share(to pocket.Address, reason pocket.Reason, amount pocket.Upokt) pocket.Share {
	return pocket.Share{Recipient: to, Reason: reason, Amount: amount}
}

func each(events ...pocket.Event) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		for _, event := range events {
			if !yield(event, nil) {
				return
			}
		}
	}
}

func aggregate(t testing.TB, q Query, events ...pocket.Event) []Row {
	t.Helper()
	rows, err := Aggregate(q, each(events...))
	require.NoError(t, err)
	return rows
}

func TestAggregate(t *testing.T) {
	base := Sums{
		Settlements: 1, Relays: 10, EstimatedRelays: 20, ComputeUnits: 200, Claimed: 1000, Settled: 900, Minted: 850, Overserviced: 100, Deflated: 50,
		OverservicedClaims: 1, DeflatedClaims: 1,
	}
	with := func(change func(*Sums)) Sums {
		s := base
		change(&s)
		return s
	}
	lacking := func(lack pocket.Lack, shares ...pocket.Share) pocket.Settlement {
		s := settled(noon, node1, shares...)
		s.Lacks = lack
		return s
	}
	tests := []struct {
		name  string
		query Query
		event pocket.Event
		want  Sums
	}{
		{"gross is all that the supplier's side got, for both reasons",
			Query{},
			settled(noon, node1, share(owner1, pocket.ReasonSupplier, 500), share(wallet, pocket.ReasonSupplier, 60),
				share(wallet, pocket.ReasonSupplierInflation, 7), share(dao, reasonDAO, 40)),
			with(func(s *Sums) { s.Gross = 567 })},
		{"mine is the wallets' part of it, and what they got otherwise is apart",
			Query{Wallets: []pocket.Address{wallet, dao}},
			settled(noon, node1, share(owner1, pocket.ReasonSupplier, 500), share(wallet, pocket.ReasonSupplier, 60),
				share(wallet, pocket.ReasonSupplierInflation, 7), share(wallet, reasonOwner, 3), share(dao, reasonDAO, 40)),
			with(func(s *Sums) { s.Gross, s.Mine, s.OtherRoles = 567, 67, 43 })},
		{"a reason that nobody knows yet is no supplier's",
			Query{Wallets: []pocket.Address{wallet}},
			settled(noon, node1, share(wallet, "TLM_SOMETHING_NEW", 5)),
			with(func(s *Sums) { s.OtherRoles = 5 })},
		{"amounts that lack are counted, not added",
			Query{}, lacking(pocket.LacksAmounts, share(owner1, pocket.ReasonSupplier, 500)),
			Sums{Settlements: 1, Relays: 10, EstimatedRelays: 20, ComputeUnits: 200, Claimed: 1000, Gross: 500, LackAmounts: 1}},
		{"shares without a reason are nobody's income, but the wallets' part is told",
			Query{Wallets: []pocket.Address{wallet}},
			lacking(pocket.LacksAmounts|pocket.LacksReasons, share(owner1, "", 500), share(wallet, "", 60)),
			Sums{Settlements: 1, Relays: 10, EstimatedRelays: 20, ComputeUnits: 200, Claimed: 1000, LackAmounts: 1, Unattributed: 560, UnattributedMine: 60}},
		{"shares that lack are counted",
			Query{}, lacking(pocket.LacksShares|pocket.LacksAmounts, share(owner1, pocket.ReasonSupplier, 500)),
			Sums{Settlements: 1, Relays: 10, EstimatedRelays: 20, ComputeUnits: 200, Claimed: 1000, LackAmounts: 1, LackShares: 1}},
		{"an expiry", Query{}, pocket.ClaimExpiry{At: pocket.At{Time: noon}, Work: pocket.Work{Supplier: node1, Claimed: 70, Relays: 9}},
			Sums{Expired: 1, ExpiredClaimed: 70}},
		{"a discard", Query{}, pocket.ClaimDiscard{At: pocket.At{Time: noon}, Supplier: node1}, Sums{Discarded: 1}},
		{"a slash", Query{}, pocket.Slash{At: pocket.At{Time: noon}, Supplier: node1, Penalty: 80, StakeAfter: 1}, Sums{Slashes: 1, Slashed: 80}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rows := aggregate(t, test.query, test.event)
			assert.Equal(t, []Row{{Sums: test.want}}, rows)
			test.query.Period, test.query.By = Day, []Dimension{BySupplier}
			rows = aggregate(t, test.query, test.event)
			assert.Equal(t, []Row{{Key: Key{Start: noon.Add(-12 * time.Hour), Supplier: node1}, Sums: test.want}}, rows)
		})
	}

	t.Run("other events count nothing", func(t *testing.T) {
		assert.Empty(t, aggregate(t, Query{}, pocket.Overservicing{Expected: 100, Effective: 1}, pocket.Reimbursement{Amount: 5}, pocket.SettlementBatch{Amount: 6},
			pocket.ValidatorReward{PoolShare: 7}, pocket.ClaimCreation{}, pocket.Transaction{}, nil))
	})
	t.Run("no events, no rows", func(t *testing.T) { assert.Empty(t, aggregate(t, Query{Period: Day})) })
}

func TestAggregateDimensions(t *testing.T) {
	paid := settled(noon, node1, share(wallet, pocket.ReasonSupplier, 60), share(owner1, pocket.ReasonSupplier, 500), share(dao, reasonDAO, 40),
		share(wallet, reasonOwner, 3), share(wallet, pocket.ReasonSupplierInflation, 7))
	unpaid := settled(noon, node2)
	slash := pocket.Slash{At: pocket.At{Time: noon}, Supplier: node1, Application: app1, Service: "eth", Penalty: 80}

	t.Run("by recipient the shares are split and the claims come whole", func(t *testing.T) {
		rows := aggregate(t, Query{By: []Dimension{ByRecipient}, Wallets: []pocket.Address{wallet}}, paid, unpaid, slash)
		require.Len(t, rows, 4)
		got := map[pocket.Address]Sums{}
		for _, row := range rows {
			got[row.Recipient] = row.Sums
		}
		assert.Equal(t, Sums{Gross: 67, Mine: 67, OtherRoles: 3}, shares(got[wallet]))
		assert.Equal(t, Sums{Gross: 500}, shares(got[owner1]))
		assert.Equal(t, Sums{}, shares(got[dao]))
		for _, recipient := range []pocket.Address{wallet, owner1, dao, {}} {
			assert.EqualValues(t, 1, got[recipient].Settlements)
			assert.EqualValues(t, 1000, got[recipient].Claimed)
		}
		assert.EqualValues(t, 80, got[pocket.Address{}].Slashed)
		_, err := Total(rows)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("losses tell no owner unless the query does", func(t *testing.T) {
		by := Query{By: []Dimension{ByOwner}}
		rows := aggregate(t, by, paid, slash)
		require.Len(t, rows, 2)
		assert.True(t, rows[0].Owner.IsZero())
		by.OwnerOf = map[pocket.Address]pocket.Address{node1: owner1}
		rows = aggregate(t, by, paid, slash)
		require.Len(t, rows, 1)
		assert.Equal(t, owner1, rows[0].Owner)
		assert.EqualValues(t, 80, rows[0].Slashed)
		assert.EqualValues(t, 567, rows[0].Gross)
	})
	t.Run("an owner's filter finds losses by the query's owners", func(t *testing.T) {
		q := Query{Filter: pocket.Filter{Owners: []pocket.Address{owner1}}}
		assert.Zero(t, aggregate(t, q, paid, slash)[0].Slashes)
		q.OwnerOf = map[pocket.Address]pocket.Address{node1: owner1}
		assert.EqualValues(t, 1, aggregate(t, q, paid, slash)[0].Slashes)
	})
	t.Run("rows are sorted by start, supplier, service, owner, application, recipient", func(t *testing.T) {
		later := settled(noon.Add(24*time.Hour), node1)
		pokt := settled(noon, node1)
		pokt.Service = "pokt"
		rows := aggregate(t, Query{Period: Day, By: []Dimension{ByService, BySupplier}}, later, unpaid, pokt, paid)
		require.Len(t, rows, 4)
		assert.True(t, slices.IsSortedFunc(rows, func(a, b Row) int { return a.Key.Compare(b.Key) }))
		assert.Equal(t, node2, rows[0].Supplier, "its spelling comes first")
		assert.Equal(t, pocket.ServiceID("eth"), rows[1].Service)
		assert.Equal(t, pocket.ServiceID("pokt"), rows[2].Service)
		assert.Equal(t, noon.Add(12*time.Hour), rows[3].Start)
	})
}

// shares keeps of s what a recipient's row has of its own.
func shares(s Sums) Sums {
	return Sums{Gross: s.Gross, Mine: s.Mine, OtherRoles: s.OtherRoles, Unattributed: s.Unattributed, UnattributedMine: s.UnattributedMine}
}

func TestAggregateTime(t *testing.T) {
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	day := pocket.Span{From: midnight, To: midnight.AddDate(0, 0, 1)}

	t.Run("midnight is the new day's and the last nanosecond the old one's", func(t *testing.T) {
		rows := aggregate(t, Query{Period: Day}, settled(midnight.Add(-1), node1), settled(midnight, node1))
		require.Len(t, rows, 2)
		assert.Equal(t, midnight.AddDate(0, 0, -1), rows[0].Start)
		assert.Equal(t, midnight, rows[1].Start)
	})
	t.Run("a span holds its start and not its end", func(t *testing.T) {
		rows := aggregate(t, Query{Span: day}, settled(day.From.Add(-1), node1), settled(day.From, node1), settled(day.To.Add(-1), node1), settled(day.To, node1))
		assert.EqualValues(t, 2, rows[0].Settlements)
	})
	t.Run("an empty span holds nothing", func(t *testing.T) {
		assert.Empty(t, aggregate(t, Query{Span: pocket.Span{From: noon, To: noon}}, settled(noon, node1)))
	})
	t.Run("a span in the future holds nothing yet", func(t *testing.T) {
		assert.Empty(t, aggregate(t, Query{Span: pocket.Span{From: noon.AddDate(9, 0, 0)}}, settled(noon, node1)))
	})
	t.Run("a reversed span is an error", func(t *testing.T) {
		_, err := Aggregate(Query{Span: pocket.Span{From: day.To, To: day.From}}, each())
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("the same events are in other days in another zone", func(t *testing.T) {
		events := []pocket.Event{settled(midnight.Add(time.Hour), node1), settled(midnight.Add(7*time.Hour), node1)}
		assert.Len(t, aggregate(t, Query{Period: Day}, events...), 1)
		rows := aggregate(t, Query{Period: Day, Zone: zone(t, "America/New_York")}, events...)
		require.Len(t, rows, 2)
		assert.Equal(t, "2026-11-21 00:00:00 -0500 EST", rows[0].Start.String())
	})
	t.Run("a period that begins before the span keeps its own start", func(t *testing.T) {
		rows := aggregate(t, Query{Period: Month, Span: day}, settled(noon, node1))
		assert.Equal(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), rows[0].Start)
	})
	t.Run("the hour that comes twice is two rows", func(t *testing.T) {
		madrid := zone(t, "Europe/Madrid")
		first := at(t, "2026-10-25T02:30:00+02:00")
		rows := aggregate(t, Query{Period: Hour, Zone: madrid}, settled(first, node1), settled(first.Add(time.Hour), node1))
		require.Len(t, rows, 2)
		assert.Equal(t, "2026-10-25 02:00:00 +0200 CEST", rows[0].Start.String())
		assert.Equal(t, "2026-10-25 02:00:00 +0100 CET", rows[1].Start.String())
	})
	t.Run("an event without a time counts only where time is not asked for", func(t *testing.T) {
		untimed := settled(time.Time{}, node1)
		assert.Len(t, aggregate(t, Query{}, untimed), 1)
		for _, q := range []Query{{Period: Day}, {Span: pocket.Span{To: noon}}, {Span: pocket.Span{From: noon}}} {
			_, err := Aggregate(q, each(untimed))
			assert.ErrorIs(t, err, pocket.ErrMalformed)
		}
	})
}

func TestAggregateErrors(t *testing.T) {
	t.Run("an error of the events ends it, and there are no rows", func(t *testing.T) {
		broken := errors.New("broken")
		rows, err := Aggregate(Query{}, func(yield func(pocket.Event, error) bool) {
			_ = yield(settled(noon, node1), nil) && yield(nil, broken)
		})
		assert.ErrorIs(t, err, broken)
		assert.Nil(t, rows)
	})
	t.Run("a sum that does not fit is an error for good", func(t *testing.T) {
		huge := settled(noon, node1)
		huge.Claimed = math.MaxInt64
		adder, err := NewAdder(Query{Period: Day})
		require.NoError(t, err)
		require.NoError(t, adder.Add(huge))
		require.ErrorIs(t, adder.Add(huge), pocket.ErrOverflow)
		assert.ErrorIs(t, adder.Add(settled(noon, node2)), pocket.ErrOverflow)
		_, err = adder.Rows()
		assert.ErrorIs(t, err, pocket.ErrOverflow)
	})
	t.Run("so are shares of one settlement that do not fit", func(t *testing.T) {
		for _, by := range [][]Dimension{nil, {ByRecipient}} {
			_, err := Aggregate(Query{By: by}, each(settled(noon, node1, share(wallet, pocket.ReasonSupplier, math.MaxInt64), share(wallet, pocket.ReasonSupplier, 1))))
			assert.ErrorIs(t, err, pocket.ErrOverflow)
		}
	})
	t.Run("an unknown period or dimension", func(t *testing.T) {
		for _, q := range []Query{{Period: "year"}, {By: []Dimension{"color"}}, {By: []Dimension{BySupplier, BySupplier}}} {
			_, err := Aggregate(q, each())
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
	t.Run("an adder that met an error cannot be merged, nor merge", func(t *testing.T) {
		broken, err := NewAdder(Query{Period: Day})
		require.NoError(t, err)
		require.Error(t, broken.AddRow(Row{}))
		whole, err := NewAdder(Query{Period: Day})
		require.NoError(t, err)
		assert.ErrorIs(t, whole.Merge(broken), pocket.ErrInvalid)
		require.NoError(t, whole.Add(settled(noon, node1)))
		assert.ErrorIs(t, broken.Merge(whole), pocket.ErrInvalid)
		assert.ErrorIs(t, broken.AddRow(Row{Key: Key{Start: noon}}), pocket.ErrInvalid)
	})
	t.Run("rows that cannot be added", func(t *testing.T) {
		adder, err := NewAdder(Query{})
		require.NoError(t, err)
		assert.ErrorIs(t, adder.AddRow(Row{Key: Key{Recipient: wallet}}), pocket.ErrInvalid)
		adder, err = NewAdder(Query{Period: Day})
		require.NoError(t, err)
		assert.ErrorIs(t, adder.AddRow(Row{}), pocket.ErrInvalid)
	})
}

// drawEvents draws events of a few suppliers over a few days around a change of clock.
func drawEvents(r *rapid.T) []pocket.Event {
	start := time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC)
	drawShare := rapid.Custom(func(r *rapid.T) pocket.Share {
		return share(address(rapid.IntRange(10, 14).Draw(r, "recipient")),
			rapid.SampledFrom([]pocket.Reason{pocket.ReasonSupplier, pocket.ReasonSupplierInflation, reasonOwner, reasonDAO, ""}).Draw(r, "reason"),
			pocket.Upokt(rapid.Int64Range(0, 1e12).Draw(r, "amount")))
	})
	one := rapid.Custom(func(r *rapid.T) pocket.Event {
		at := pocket.At{
			Height: pocket.Height(rapid.IntRange(1, 50).Draw(r, "height")), Index: rapid.IntRange(0, 1000).Draw(r, "index"),
			Time: start.Add(time.Duration(rapid.IntRange(0, 6*48).Draw(r, "half hours")) * 30 * time.Minute),
		}
		supplier := address(rapid.IntRange(1, 4).Draw(r, "supplier"))
		app := address(rapid.IntRange(20, 22).Draw(r, "application"))
		service := rapid.SampledFrom([]pocket.ServiceID{"eth", "pokt", "sol"}).Draw(r, "service")
		amount := pocket.Upokt(rapid.Int64Range(0, 1e12).Draw(r, "amount"))
		switch rapid.IntRange(0, 9).Draw(r, "kind") {
		case 0:
			return pocket.ClaimExpiry{At: at, Work: pocket.Work{Supplier: supplier, Application: app, Service: service, Claimed: amount}}
		case 1:
			return pocket.ClaimDiscard{At: at, Supplier: supplier, Application: app, Service: service}
		case 2:
			return pocket.Slash{At: at, Supplier: supplier, Application: app, Service: service, Penalty: amount}
		case 3:
			return pocket.Overservicing{At: at, Supplier: supplier, Application: app, Service: service, Expected: amount}
		default:
			s := pocket.Settlement{
				At: at, Supplier: supplier, Application: app, Service: service, Claimed: amount * 3, Settled: amount * 2, Minted: amount,
				Overserviced: amount, Deflated: amount, Relays: 3, Shares: rapid.SliceOfN(drawShare, 0, 6).Draw(r, "shares"),
			}
			if rapid.Bool().Draw(r, "tells owner") {
				s.Owner = address(rapid.IntRange(30, 31).Draw(r, "owner"))
			}
			s.Lacks = rapid.SampledFrom([]pocket.Lack{0, 0, 0, pocket.LacksAmounts, pocket.LacksAmounts | pocket.LacksShares}).Draw(r, "lacks")
			return s
		}
	})
	return rapid.SliceOfN(one, 0, 40).Draw(r, "events")
}

func drawQuery(r *rapid.T) Query {
	q := Query{
		Period: rapid.SampledFrom([]Period{Whole, Hour, Day, Week, Month}).Draw(r, "period"),
		Zone:   zone(r, rapid.SampledFrom(oddZones).Draw(r, "zone")),
	}
	for _, by := range []Dimension{ByRecipient, BySupplier, ByService, ByOwner, ByApplication} {
		if rapid.Bool().Draw(r, string(by)) {
			q.By = append(q.By, by)
		}
	}
	pick := func(name string, from, to int) (picked []pocket.Address) {
		for i := from; i <= to; i++ {
			if rapid.IntRange(0, 3).Draw(r, name) == 0 {
				picked = append(picked, address(i))
			}
		}
		return picked
	}
	q.Wallets = pick("wallets", 10, 14)
	if rapid.Bool().Draw(r, "filter") {
		q.Suppliers, q.Applications, q.Recipients, q.Filter.Owners = pick("suppliers", 1, 4), pick("applications", 20, 22), pick("recipients", 10, 14), pick("owners", 30, 31)
	}
	if rapid.Bool().Draw(r, "span") {
		q.From = time.Date(2026, 10, 24, 11, 0, 0, 0, time.UTC)
		q.To = q.From.Add(time.Duration(rapid.IntRange(0, 100).Draw(r, "hours")) * time.Hour)
	}
	if rapid.Bool().Draw(r, "priced") {
		q.Prices = drawPrices(r)
	}
	return q
}

// drawPrices draws prices around the time of drawEvents, some of them far from all others.
func drawPrices(r *rapid.T) *Prices {
	points := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Price {
		return Price{
			time.Date(2026, 10, 23, 12, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 9*96).Draw(r, "quarters")) * 15 * time.Minute),
			decimal.New(rapid.Int64Range(1, 1e18).Draw(r, "price"), -19),
		}
	}), 0, 8).Draw(r, "prices")
	prices, err := NewPrices("EUR", points, rapid.SampledFrom([]time.Duration{0, time.Nanosecond, 5 * time.Hour}).Draw(r, "window"))
	require.NoError(r, err)
	return prices
}

func TestAggregateProperties(t *testing.T) {
	t.Run("groups add up to the whole", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			events, q := drawEvents(r), drawQuery(r)
			rows := aggregate(t, q, events...)
			whole := q
			whole.Period, whole.By = Whole, nil
			want, err := Total(aggregate(t, whole, events...))
			require.NoError(r, err)
			var got Sums
			for _, row := range rows {
				require.True(r, got.add(&row.Sums))
			}
			if slices.Contains(q.By, ByRecipient) {
				got, want = shares(got), shares(want)
			}
			require.Equal(r, want, got)
			if !slices.Contains(q.By, ByRecipient) {
				want, err := TotalWorth(aggregate(t, whole, events...))
				require.NoError(r, err)
				got, err := TotalWorth(rows)
				require.NoError(r, err)
				require.Equal(r, want, got)
			}
			require.True(r, slices.IsSortedFunc(rows, func(a, b Row) int { return a.Key.Compare(b.Key) }))
		})
	})
	t.Run("any order of events gives the same rows", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			events, q := drawEvents(r), drawQuery(r)
			shuffled := rapid.Permutation(events).Draw(r, "order")
			require.Equal(r, aggregate(t, q, events...), aggregate(t, q, shuffled...))
		})
	})
	t.Run("parts merged are one pass", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			events, q := drawEvents(r), drawQuery(r)
			cut := rapid.IntRange(0, len(events)).Draw(r, "cut")
			var adders []*Adder
			for _, part := range [][]pocket.Event{events[:cut], events[cut:]} {
				adder, err := NewAdder(q)
				require.NoError(r, err)
				for _, event := range part {
					require.NoError(r, adder.Add(event))
				}
				adders = append(adders, adder)
			}
			require.NoError(r, adders[0].Merge(adders[1]))
			rows, err := adders[0].Rows()
			require.NoError(r, err)
			require.Equal(r, aggregate(t, q, events...), rows)
		})
	})
	t.Run("hours add up to days and days to months", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			events, q := drawEvents(r), drawQuery(r)
			coarse := rapid.SampledFrom([]Period{Day, Week, Month, Whole}).Draw(r, "coarse")
			q.Period = rapid.SampledFrom([]Period{Hour, Day}).Draw(r, "fine")
			fine := aggregate(t, q, events...)
			q.Period = coarse
			adder, err := NewAdder(q)
			require.NoError(r, err)
			for _, row := range fine {
				require.NoError(r, adder.AddRow(row))
			}
			rows, err := adder.Rows()
			require.NoError(r, err)
			require.Equal(r, aggregate(t, q, events...), rows)
		})
	})
	t.Run("the filter is the one of package pocket", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			events, q := drawEvents(r), drawQuery(r)
			var matching []pocket.Event
			for _, event := range events {
				if (pocket.EventQuery{Span: q.Span, Filter: q.Filter}).Match(event) {
					matching = append(matching, event)
				}
			}
			free := q
			free.Filter = pocket.Filter{}
			require.Equal(r, aggregate(t, free, matching...), aggregate(t, q, events...))
		})
	})
	t.Run("a naive sum agrees", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			events, q := drawEvents(r), drawQuery(r)
			q.By = nil
			naive := map[string]pocket.Upokt{}
			worth, unpriced := map[string]decimal.Decimal{}, map[string]pocket.Upokt{}
			for _, event := range events {
				s, ok := event.(pocket.Settlement)
				if !ok || !(pocket.EventQuery{Span: q.Span, Filter: q.Filter}).Match(event) || s.Lacks.Has(pocket.LacksShares) {
					continue
				}
				for _, share := range s.Shares {
					if share.Reason.Role() == pocket.RoleSupplier {
						start, _ := q.Period.Of(s.Time, q.Zone)
						naive[start.String()] += share.Amount
						if q.Prices == nil {
							continue
						}
						if price, known := q.Prices.At(s.Time); known {
							worth[start.String()] = worth[start.String()].Add(price.Value.Mul(share.Amount.Decimal()))
						} else {
							unpriced[start.String()] += share.Amount
						}
					}
				}
			}
			for _, row := range aggregate(t, q, events...) {
				require.Equal(r, naive[row.Start.String()], row.Gross)
				require.Equal(r, q.Prices != nil, row.Worth != nil)
				if row.Worth != nil {
					require.True(r, worth[row.Start.String()].Equal(row.Worth.Gross.Decimal))
					require.Equal(r, unpriced[row.Start.String()], row.Worth.Unpriced.Gross)
				}
			}
		})
	})
}

func TestManyReasonsAndWallets(t *testing.T) {
	t.Run("more made-up reasons than are remembered", func(t *testing.T) {
		var all []pocket.Share
		for i := range 100 {
			all = append(all, share(wallet, pocket.Reason(fmt.Sprintf("TLM_%d_SUPPLIER_X", i)), 1), share(wallet, pocket.Reason(fmt.Sprintf("TLM_%d", i)), 1))
		}
		rows := aggregate(t, Query{Wallets: []pocket.Address{wallet}}, settled(noon, node1, all...))
		assert.EqualValues(t, 100, rows[0].Gross)
		assert.EqualValues(t, 100, rows[0].OtherRoles)
	})
	t.Run("a hundred wallets and suppliers", func(t *testing.T) {
		var wallets []pocket.Address
		for i := range 100 {
			wallets = append(wallets, address(1000+i))
		}
		rows := aggregate(t, Query{Wallets: wallets, Filter: pocket.Filter{Suppliers: wallets}},
			settled(noon, wallets[77], share(wallets[99], pocket.ReasonSupplier, 5), share(node1, pocket.ReasonSupplier, 6)), settled(noon, node1))
		assert.EqualValues(t, 1, rows[0].Settlements)
		assert.EqualValues(t, 5, rows[0].Mine)
		assert.EqualValues(t, 11, rows[0].Gross)
	})
}
