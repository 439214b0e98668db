package coingeckotest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards/coingecko/coingeckotest"
)

func ExampleSimulated() {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	source := coingeckotest.Simulated{Now: func() time.Time { return noon }}
	for price, err := range source.Prices(context.Background(), "usd", pocket.Span{From: noon.Add(-2 * time.Hour)}) {
		fmt.Println(price.Time.Format(time.TimeOnly), price.Value, err)
	}
	// Output:
	// 10:00:00 0.050231526 <nil>
	// 11:00:00 0.050161397 <nil>
}
