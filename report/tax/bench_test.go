package tax

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// year is how many settlements a hundred suppliers have in a year.
const year = 340_000

// BenchmarkWrite writes a year's settlements, valued by hourly prices, in each format.
func BenchmarkWrite(b *testing.B) {
	events := make([]pocket.Event, 0, year)
	for event := range generated.Settlements(year) {
		s := event.(pocket.Settlement)
		s.Shares = append([]pocket.Share(nil), s.Shares...)
		events = append(events, s)
	}
	wallets := []pocket.Address{events[0].(pocket.Settlement).Shares[1].Recipient}
	var points []rewards.Price
	for at := events[0].Where().Time; at.Before(events[year-1].Where().Time); at = at.Add(time.Hour) {
		points = append(points, price(at, "0.0123456789012345"))
	}
	prices := euros(b, points...)
	madrid := zone(b, "Europe/Madrid")
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := Write(context.Background(), io.Discard, f, Income(each(events...), IncomeOptions{Wallets: wallets, Prices: prices}), Options{Zone: madrid, Currency: "EUR"})
				require.NoError(b, err)
				require.Equal(b, int64(year), s.Lines)
			}
			b.ReportMetric(float64(year)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
