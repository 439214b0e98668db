package coingecko_test

import (
	"context"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
	"github.com/poktbot/poktbot/rewards/coingecko"
	"github.com/poktbot/poktbot/rewards/coingecko/coingeckotest"
)

func ExampleClient_Prices() {
	now := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	fake := &coingeckotest.Fake{Now: now} // leave these options out to ask CoinGecko itself
	client, err := coingecko.New(coingecko.WithTransport(fake), coingecko.WithClock(now))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	span := pocket.Span{From: now().AddDate(-2, 0, 0), To: now()}
	prices, err := rewards.LoadPrices(context.Background(), client, "eur", span)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("2.5 POKT at noon:", prices.Worth(2_500_000, now()).Decimal.Round(4), prices.Currency())
	_, known := prices.At(span.From)
	fmt.Println("a price of two years ago is known:", known)
	for _, gap := range prices.Missing() {
		fmt.Println(gap)
	}
	// Output:
	// 2.5 POKT at noon: 0.1155 EUR
	// a price of two years ago is known: false
	// no prices from 2024-11-22T12:00:00Z until 2025-11-22T13:00:00Z: the plan does not reach so far back: give older prices in a file, or use a key of a paid plan
}
