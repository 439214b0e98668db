package report_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

func address(n byte) pocket.Address {
	raw := make([]byte, 20)
	raw[0] = n
	a, _ := pocket.AccountFromBytes(raw)
	return a
}

// A file of settlements, and the same for people.
func Example() {
	table := report.Table{
		Title: "Rewards",
		Columns: []report.Column{
			{Name: "Day", Kind: report.KindDate},
			{Name: "Service", Kind: report.KindText},
			{Name: "POKT", Kind: report.KindPOKT, Sum: true},
		},
		Rows: report.Rows(
			[]report.Cell{report.Date(time.Date(2026, 8, 17, 0, 0, 0, 0, time.UTC)), report.String("eth"), report.POKT(1_461_164)},
			[]report.Cell{report.Date(time.Date(2026, 8, 18, 0, 0, 0, 0, time.UTC)), report.String("=cmd"), report.POKT(2_000_000)},
		),
		TotalLabel: "Total",
	}
	ctx := context.Background()
	var file strings.Builder
	if err := report.WriteCSV(ctx, &file, table, report.CSVOptions{DecimalMark: ','}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.ReplaceAll(file.String(), "\r\n", "\n"))
	if err := report.WriteText(ctx, os.Stdout, table, report.TextOptions{Width: 80, Places: 2}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Day;Service;POKT
	// 2026-08-17;eth;1,461164
	// 2026-08-18;"'=cmd";2,000000
	//
	// Rewards
	// Day         Service  POKT
	// ─────────────────────────
	// 2026-08-17  eth      1.46
	// 2026-08-18  =cmd     2.00
	// ─────────────────────────
	// Total                3.46
}

func ExampleText() {
	event := pocket.Slash{
		At:       pocket.At{Height: 852_613},
		Supplier: address(1), Service: "eth", SessionEnd: 852_580,
		Penalty: pocket.POKT(320), StakeAfter: pocket.POKT(59_180),
	}
	about := report.TextContext{
		Names:    map[pocket.Address]string{address(1): "node-1"},
		MinStake: pocket.POKT(59_500),
	}
	fmt.Println(report.Text(event, about))
	// Output:
	// node-1 was slashed 320 POKT for an expired claim of eth (session to 852,580, block 852,613). Its stake is 59,180 POKT now, 320 POKT below the minimum of 59,500 POKT: the owner must add at least that much.
}

func ExampleRewardsBrief() {
	q := rewards.Query{Period: rewards.Month, By: []rewards.Dimension{rewards.ByService}}
	august := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	rows := []rewards.Row{
		{Key: rewards.Key{Start: august, Service: "base"}, Sums: rewards.Sums{Settlements: 310, Gross: 512_000_000}},
		{Key: rewards.Key{Start: august, Service: "eth"}, Sums: rewards.Sums{Settlements: 305, Gross: 498_500_000}},
	}
	text, err := report.RewardsBrief(rows, q).Text(context.Background(), report.TextOptions{Width: 40, Places: 2})
	fmt.Print(text, err)
	// Output:
	// Rewards by month and service (UTC)
	// Month    Service  Claims      POKT
	// ──────────────────────────────────
	// 2026-08  base        310    512.00
	// 2026-08  eth         305    498.50
	// ──────────────────────────────────
	// Total                615  1,010.50
	// <nil>
}

func ExamplePages() {
	var rows [][]report.Cell
	for i := range 100 {
		rows = append(rows, []report.Cell{report.String(fmt.Sprint("node-", i+1)), report.Address(address(byte(i)))})
	}
	table := report.Table{
		Title:   "Nodes",
		Columns: []report.Column{{Name: "Name", Kind: report.KindText}, {Name: "Address", Kind: report.KindAddress}},
		Rows:    report.Rows(rows...),
	}
	pages, err := report.Pages(context.Background(), table, report.PageOptions{Limit: 2000, Open: "```\n", Close: "\n```", Escape: report.MarkdownCode})
	for _, page := range pages {
		title, _, _ := strings.Cut(page, "\n")
		fmt.Println(title)
	}
	fmt.Println(err)
	// Output:
	// Nodes (1/3)
	// Nodes (2/3)
	// Nodes (3/3)
	// <nil>
}

func ExampleDefuse() {
	fmt.Println(report.Defuse(`=HYPERLINK("http://evil.example", "your reward")`))
	fmt.Println(report.Defuse("eth"))
	// Output:
	// '=HYPERLINK("http://evil.example", "your reward")
	// eth
}
