package poktscan_test

import (
	"context"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

// What a supplier was paid, from a fake service in place of https://data.pocket.network/graphql.
func Example() {
	supplier := pocket.MustParseAddress("pokt1p8evmws220ta5mvghcca5ag0nngdme5803x323")
	wallet := pocket.MustParseAddress("pokt1uflysdxch4xgpr0k62uplm0nwcxun3wjhpta52")
	noon := time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)

	service := poktscantest.New()
	defer service.Close()
	service.AddRange(1, 200, noon, time.Minute)
	service.AddEvents(pocket.Settlement{
		At: pocket.At{Height: 130}, Supplier: supplier, Owner: wallet, Application: wallet, Service: "eth", SessionEnd: 120, Claimed: 1_000,
		Settled: 600, Minted: 585, Overserviced: 400, Deflated: 15, MintRatio: "0.975",
		Shares: []pocket.Share{{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 456}},
	})

	clock := poktscan.WithClock(func() time.Time { return noon.Add(200 * time.Minute) })
	client, err := poktscan.New([]string{service.URL}, poktscan.WithChainID("pocket"), clock)
	if err != nil {
		fmt.Println(err)
		return
	}
	for block, err := range client.Told(context.Background(), []pocket.Address{wallet}, 1, 200) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, event := range block.Events {
			s := event.(pocket.Settlement)
			fmt.Println(block.Block.Height, s.Service, "claimed", s.Claimed, "got", s.SupplierSide())
		}
	}
	paid, err := client.Rewards(context.Background(), poktscan.RewardsQuery{
		Recipients: []pocket.Address{wallet}, Span: pocket.Span{From: noon, To: noon.Add(24 * time.Hour)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(paid.Value, "in all", paid.AsOf)
	fmt.Println("the day is over:", paid.Whole)
	// Output:
	// 130 eth claimed 0.001 POKT got 0.000456 POKT
	// 0.000456 POKT in all as of block 200 of 2026-11-19T15:19:00Z
	// the day is over: false
}
