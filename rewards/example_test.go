package rewards_test

import (
	"context"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

var (
	node   = pocket.MustParseAddress("pokt1l53dkzw5aewqp78k2jeytt94zx53jnup7azyjt")
	owner  = pocket.MustParseAddress("pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5")
	wallet = pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
)

// claims returns a settlement every eight hours of three days, of which the node's side got 6 POKT and the wallet 2 of those, and a slash.
func claims() []pocket.Event {
	var events []pocket.Event
	for i := range 9 {
		events = append(events, pocket.Settlement{
			At:       pocket.At{Height: pocket.Height(100 + i), Time: time.Date(2026, 11, 20, 8*i, 0, 0, 0, time.UTC)},
			Supplier: node, Owner: owner, Service: "eth",
			Claimed: pocket.POKT(9), Settled: pocket.POKT(8), Minted: pocket.POKT(8), Overserviced: pocket.POKT(1),
			Shares: []pocket.Share{
				{Recipient: owner, Reason: pocket.ReasonSupplier, Amount: pocket.POKT(4)},
				{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: pocket.POKT(2)},
			},
		})
	}
	return append(events, pocket.Slash{
		At: pocket.At{Height: 109, Time: time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)}, Supplier: node, Penalty: pocket.POKT(200),
	})
}

func source() rewards.Source {
	return rewards.NewMemory(claims(), []rewards.Stay{{Supplier: node, From: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}})
}

// The same events make other days in another zone.
func Example() {
	events := source().Events(context.Background(), pocket.EventQuery{})
	tokyo, err := rewards.Zone("Asia/Tokyo")
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := rewards.Aggregate(rewards.Query{
		Period: rewards.Day, Zone: tokyo, By: []rewards.Dimension{rewards.BySupplier}, Wallets: []pocket.Address{wallet},
	}, events)
	for _, row := range rows {
		fmt.Println(row.Start.Format(time.DateOnly), row.Supplier.Short(), row.Gross, "of which mine", row.Mine)
	}
	fmt.Println(err)
	// Output:
	// 2026-11-20 pokt1l53d…azyjt 12 POKT of which mine 4 POKT
	// 2026-11-21 pokt1l53d…azyjt 18 POKT of which mine 6 POKT
	// 2026-11-22 pokt1l53d…azyjt 18 POKT of which mine 6 POKT
	// 2026-11-23 pokt1l53d…azyjt 6 POKT of which mine 2 POKT
	// <nil>
}

func ExampleCompute() {
	stats, err := rewards.Compute(context.Background(), source(), rewards.StatsQuery{
		Filter: pocket.Filter{Suppliers: []pocket.Address{node}},
		Now:    time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	gross := func(s rewards.Sums) pocket.Upokt { return s.Gross }
	fmt.Println("today:", stats.Today.Total.Gross)
	fmt.Println("everyday, a node:", stats.Everyday.PerNodeDay(stats.Everyday.Total.Gross).Decimal, "POKT")
	if change := stats.Today.Change(gross); change.Valid {
		fmt.Println("against yesterday at this hour:", change.Decimal.StringFixed(1), "%")
	}
	if change := stats.ThisMonth.Change(gross); !change.Valid {
		fmt.Println("against last month: no comparison")
	}
	// Output:
	// today: 18 POKT
	// everyday, a node: 18 POKT
	// against yesterday at this hour: 0.0 %
	// against last month: no comparison
}

func ExampleLosses() {
	rows, err := source().Sums(context.Background(), rewards.Query{})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := rewards.Losses(rows)
	for _, loss := range report.Causes {
		if loss.Count > 0 {
			fmt.Println(loss.Cause, loss.Count, loss.Amount, "about", loss.Estimate.Decimal, "POKT of it the supplier's")
		}
	}
	fmt.Println(report.Unpaid.OfClaimed.Decimal, "% of what was claimed", err)
	// Output:
	// overserviced 9 9 POKT about 6.75 POKT of it the supplier's
	// slashed 1 200 POKT about 200 POKT of it the supplier's
	// 11.1111 % of what was claimed <nil>
}

func ExampleDaily() {
	points, err := rewards.Daily(context.Background(), source(), rewards.StatsQuery{Now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}, 4)
	for _, p := range points {
		average := "–"
		if p.Average.Valid {
			average = p.Average.Decimal.String()
		}
		fmt.Println(p.Start.Format(time.DateOnly), p.Nodes, average, p.Partial)
	}
	fmt.Println(err)
	// Output:
	// 2026-11-19 0 – false
	// 2026-11-20 1 18 false
	// 2026-11-21 1 18 false
	// 2026-11-22 1 12 true
	// <nil>
}

// A person's own prices come first, another source fills the gaps, and what nobody has a price for is told.
func ExampleLoadPrices() {
	own, err := rewards.ReadPrices(strings.NewReader("date;price\n2026-11-20;0,05\n2026-11-21;0,06\n"), "EUR")
	if err != nil {
		fmt.Println(err)
		return
	}
	service := rewards.FirstOf(own) // rewards.FirstOf(own, client) with a client of package coingecko
	span := pocket.Span{From: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
	prices, err := rewards.LoadPrices(context.Background(), service, "eur", span)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := source().Sums(context.Background(), rewards.Query{Span: span, Period: rewards.Day, Prices: prices})
	for _, row := range rows {
		worth := "no price"
		if row.Worth.Gross.Valid {
			worth = row.Worth.Gross.Decimal.StringFixed(2) + " " + row.Worth.Currency
		}
		fmt.Println(row.Start.Format(time.DateOnly), row.Gross, "=", worth, "without", row.Worth.Unpriced.Gross)
	}
	fmt.Println(err)
	// Output:
	// 2026-11-20 18 POKT = 0.96 EUR without 0 POKT
	// 2026-11-21 18 POKT = 1.08 EUR without 0 POKT
	// 2026-11-22 18 POKT = 0.36 EUR without 12 POKT
	// <nil>
}

// A node that came from Morse is one with what it was, if a migration says so.
func ExampleJoin() {
	morse := pocket.MustParseAddress("00f9900606fa3d5c9179fc0c8513078a53a2073e")
	before := rewards.NewMemory([]pocket.Event{pocket.Settlement{
		At: pocket.At{Height: 160_000, Time: time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)}, Supplier: morse, Service: "0021",
		Shares: []pocket.Share{{Recipient: morse, Reason: pocket.ReasonSupplier, Amount: pocket.POKT(10)}},
	}}, nil)
	migration := pocket.Migration{As: pocket.MigratedSupplier, Morse: morse, Destination: node, Owner: owner}
	aliases, err := rewards.Aliases(rewards.NewMemory([]pocket.Event{migration}, nil).Events(context.Background(), pocket.EventQuery{}))
	if err != nil {
		fmt.Println(err)
		return
	}

	both := rewards.Join(aliases, rewards.Ended(before, time.Date(2025, 6, 3, 0, 0, 0, 0, time.UTC)), source())
	rows, err := both.Sums(context.Background(), rewards.Query{
		Filter: pocket.Filter{Suppliers: []pocket.Address{node}}, By: []rewards.Dimension{rewards.BySupplier},
	})
	for _, row := range rows {
		fmt.Println(row.Supplier.Short(), row.Settlements, "claims", row.Gross)
	}
	fmt.Println(err)
	// Output:
	// pokt1l53d…azyjt 10 claims 64 POKT
	// <nil>
}

// What two sources tell of the same chain is compared, event by event and day by day.
func ExampleVerify() {
	wrong := claims()
	first := wrong[0].(pocket.Settlement)
	first.Claimed += pocket.POKT(1)
	wrong[0] = first
	other := rewards.NewMemory(wrong[:9], nil) // it does not tell of the slash
	for d, err := range rewards.Verify(context.Background(), source(), other, rewards.VerifyQuery{Addresses: []pocket.Address{node}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(d.Kind, d.Fields)
		if d.Kind == rewards.SumsDiffer {
			fmt.Println("  on", d.From.Format(time.DateOnly), "by", d.Delta().Claimed, "and", d.Delta().Slashed)
		}
	}
	// Output:
	// told differently [claimed]
	// sums differ [claimed]
	//   on 2026-11-20 by -1 POKT and 0 POKT
	// only in the first []
	// sums differ [slashes slashed]
	//   on 2026-11-22 by 0 POKT and 200 POKT
}
