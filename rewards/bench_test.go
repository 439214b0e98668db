package rewards

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// settlements returns n settlements of 1,000 suppliers, 10 a day each, in the chain's order, all suppliers in
// turn: 4 shares each, two for the supplier's side and two others.
func settlements(n int) []pocket.Event {
	events := make([]pocket.Event, n)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const step = 24 * time.Hour / 10_000
	suppliers := make([]pocket.Address, 1000)
	for i := range suppliers {
		suppliers[i] = address(i + 1)
	}
	services := []pocket.ServiceID{"eth", "pokt", "sol", "base", "bsc"}
	for i := range events {
		supplier := suppliers[(i*7)%1000]
		amount := pocket.Upokt(1000 + i%977)
		s := settled(start.Add(time.Duration(i)*step), supplier,
			share(suppliers[i%1000], pocket.ReasonSupplier, amount), share(suppliers[0], pocket.ReasonSupplier, amount/10),
			share(dao, reasonDAO, amount/20), share(suppliers[0], reasonOwner, amount/40))
		s.Service = services[i%len(services)]
		s.SessionID = "600000d39b87f598d444f1aefa4dca2ed7ee8aafe9c5ffe642978b608b43fc3c"
		events[i] = s
	}
	return events
}

func BenchmarkAggregate(b *testing.B) {
	const n = 340_000
	events := settlements(n)
	madrid := zone(b, "Europe/Madrid")
	var wallets []pocket.Address
	for i := range 20 {
		wallets = append(wallets, address(i+1))
	}
	for _, bench := range []struct {
		name  string
		query Query
	}{
		{"whole", Query{}},
		{"day", Query{Period: Day, Zone: madrid}},
		{"day and supplier", Query{Period: Day, Zone: madrid, By: []Dimension{BySupplier}}},
		{"day and supplier, 20 wallets", Query{Period: Day, Zone: madrid, By: []Dimension{BySupplier}, Wallets: wallets}},
		{"hour, supplier and service", Query{Period: Hour, Zone: madrid, By: []Dimension{BySupplier, ByService}}},
		{"day and recipient", Query{Period: Day, Zone: madrid, By: []Dimension{ByRecipient}}},
		{"20 of 1000 suppliers", Query{Period: Day, Zone: madrid, Filter: pocket.Filter{Suppliers: wallets}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rows, err := Aggregate(bench.query, each(events...))
				require.NoError(b, err)
				require.NotEmpty(b, rows)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msettlements/s")
		})
	}
}

func BenchmarkStatistics(b *testing.B) {
	now := time.Date(2026, 12, 31, 15, 0, 0, 0, time.UTC)
	for _, nodes := range []int{10, 1000, 5000} {
		b.Run(fmt.Sprint(nodes, " nodes"), func(b *testing.B) {
			facts := Facts{Now: now, Zone: zone(b, "Europe/Madrid"), NodesKnown: true}
			for start := range Day.In(pocket.Span{From: now.AddDate(-1, 0, 0), To: now}, facts.Zone) {
				facts.Days = append(facts.Days, Row{Key: Key{Start: start}, Sums: Sums{Settlements: 10, Gross: 1000}})
			}
			for i := range nodes {
				facts.Stays = append(facts.Stays, Stay{Supplier: address(i), From: now.AddDate(-1, 0, 0).Add(time.Duration(i) * time.Hour)})
			}
			b.Run("statistics", func(b *testing.B) {
				for b.Loop() {
					_, err := NewStatistics(facts)
					require.NoError(b, err)
				}
			})
			b.Run("graph of a year", func(b *testing.B) {
				for b.Loop() {
					_, err := DayPoints(facts, 365)
					require.NoError(b, err)
				}
			})
		})
	}
}

// hourly returns prices of every hour of a year.
func hourly(t testing.TB) *Prices {
	var points []Price
	for i := range 366 * 24 {
		points = append(points, Price{time.Date(2026, 1, 1, i, 0, 0, 0, time.UTC), decimal.New(48_123_456_789_012_345+int64(i)*977, -18)})
	}
	return euros(t, 0, points...)
}

// BenchmarkValue values 3.4 million settlements, a year of 1,000 suppliers, with hourly prices.
func BenchmarkValue(b *testing.B) {
	const n = 3_400_000
	part := settlements(n / 10)
	prices := hourly(b)
	wallets := []pocket.Address{address(1), address(2)}
	for _, bench := range []struct {
		name  string
		query Query
	}{
		{"day, without prices", Query{Period: Day, Wallets: wallets}},
		{"day", Query{Period: Day, Wallets: wallets, Prices: prices}},
		{"day and supplier, without prices", Query{Period: Day, By: []Dimension{BySupplier}, Wallets: wallets}},
		{"day and supplier", Query{Period: Day, By: []Dimension{BySupplier}, Wallets: wallets, Prices: prices}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				adder, err := NewAdder(bench.query)
				require.NoError(b, err)
				for range 10 { // the same month ten times: what is measured is the sums, not the memory of events
					for _, event := range part {
						if err := adder.Add(event); err != nil {
							b.Fatal(err)
						}
					}
				}
				rows, err := adder.Rows()
				require.NoError(b, err)
				require.NotEmpty(b, rows)
			}
		})
	}
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			for range 10 {
				for i := range part {
					s := part[i].(pocket.Settlement)
					if !prices.Worth(s.Claimed, s.Time).Valid {
						b.Fatal("no price")
					}
				}
			}
		}
	})
}
