package tax_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report/tax"
	"github.com/poktbot/poktbot/rewards"
)

// A file for Koinly of what a wallet got.
func Example() {
	wallet := pocket.MustParseAddress("pokt1qsqqqqqqqqqqqqqqqqqqqqqqqqqqqqqy7ep90n")
	paid := time.Date(2026, 8, 17, 9, 58, 30, 0, time.UTC)
	index := rewards.NewMemory([]pocket.Event{pocket.Settlement{
		At: pocket.At{Height: 883_667, Index: 12, Time: paid}, Service: "eth",
		Shares: []pocket.Share{{Recipient: wallet, Reason: pocket.ReasonSupplier, Amount: 1_461_164}},
	}}, nil)
	euros, err := rewards.NewPrices("EUR", []rewards.Price{{Time: paid, Value: decimal.RequireFromString("0.0123")}}, time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	events := index.Events(ctx, pocket.EventQuery{Filter: pocket.Filter{Recipients: []pocket.Address{wallet}}})
	income := tax.Income(events, tax.IncomeOptions{Wallets: []pocket.Address{wallet}, Prices: euros})
	var file strings.Builder
	summary, err := tax.Write(ctx, &file, tax.Koinly, income, tax.Options{Currency: euros.Currency()})
	fmt.Print(strings.ReplaceAll(file.String(), "\r\n", "\n"))
	fmt.Println(summary.Text(), err)
	// Output:
	// Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Label,Description,TxHash
	// 2026-08-17 09:58:30 UTC,,,1.461164,POKT,,,0.01797232,EUR,mining,"eth, supplier",883667-d8944ad6eee673e0
	// 1 line: 1.461164 POKT earned, worth 0.02 EUR. <nil>
}
