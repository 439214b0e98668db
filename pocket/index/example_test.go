package index_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
	"github.com/poktbot/poktbot/rewards"
	"github.com/poktbot/poktbot/rewards/coingecko"
	"github.com/poktbot/poktbot/rewards/coingecko/coingeckotest"
)

// A supplier is watched, its past read from a node, and its days added up. The node is a simulated one.
func Example() {
	node := pockettest.NewNode(pockettest.NewChain(pockettest.Config{Seed: 1, Params: pockettest.SmallParams(), Blocks: 120}))
	defer node.Close()
	folder, err := os.MkdirTemp("", "index")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	if err := tellEarnings(context.Background(), node, filepath.Join(folder, "index.db")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// block 120 is the newest
	// nothing is missing: true
	// claims settled: true, paid: true
}

func tellEarnings(ctx context.Context, node *pockettest.Node, path string) error {
	chain, err := shannon.New([]string{node.RPC}, []string{node.REST})
	if err != nil {
		return err
	}
	defer chain.Close()
	x, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer x.Close()

	if err := x.Watch(ctx, node.Chain().Operators()[0]); err != nil {
		return err
	}
	// Run would go on following; CatchUp stops at the newest block.
	if _, err := index.NewFollower(x, chain, index.FollowerConfig{}).CatchUp(ctx); err != nil {
		return err
	}
	newest, err := x.Cursor(ctx)
	if err != nil {
		return err
	}
	fmt.Println("block", newest, "is the newest")

	if _, err := x.Backfill(ctx, chain, 1, newest, index.BackfillConfig{}); err != nil {
		return err
	}
	missing, err := x.Missing(ctx, 1, newest, true)
	if err != nil {
		return err
	}
	fmt.Println("nothing is missing:", len(missing) == 0)

	rows, err := x.Sums(ctx, rewards.Query{})
	if err != nil {
		return err
	}
	fmt.Printf("claims settled: %t, paid: %t\n", rows[0].Settlements > 0, rows[0].Gross > 0)
	return nil
}

// Prices are asked for once and kept, so that they are there when the source is not.
func ExampleIndex_CachedPrices() {
	folder, err := os.MkdirTemp("", "index")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	x, err := sqlite.Open(context.Background(), filepath.Join(folder, "index.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Close()

	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	source := &coingeckotest.Fake{Now: clock} // in place of CoinGecko
	client, err := coingecko.New(coingecko.WithTransport(source), coingecko.WithClock(clock))
	if err != nil {
		fmt.Println(err)
		return
	}
	cached := x.CachedPrices(client, "coingecko", index.PriceClock(clock))
	for range 2 {
		prices, err := rewards.LoadPrices(context.Background(), cached, "eur", pocket.Span{From: now.AddDate(0, 0, -30), To: now})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(prices.Points()), "prices after", len(source.Calls()), "call")
	}
	// Output:
	// 744 prices after 1 call
	// 744 prices after 1 call
}
