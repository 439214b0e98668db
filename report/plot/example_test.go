package plot_test

import (
	"bytes"
	"fmt"
	"image/png"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report/plot"
	"github.com/poktbot/poktbot/rewards"
)

// A picture for a chat: three days, of which the last is not over.
func Example() {
	painter, err := plot.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	madrid, err := rewards.Zone("Europe/Madrid")
	if err != nil {
		fmt.Println(err)
		return
	}
	var days []plot.NodeDay
	for i, average := range []string{"41.5", "43.2", "12.9"} {
		each := decimal.RequireFromString(average)
		days = append(days, plot.NodeDay{
			Start:   time.Date(2026, 11, 20+i, 0, 0, 0, 0, madrid),
			Nodes:   12,
			Average: decimal.NewNullDecimal(each),
			Total:   each.Mul(decimal.NewFromInt(12)),
		})
	}
	var file bytes.Buffer
	err = painter.AverageByNode(&file, days, plot.Options{Zone: madrid, Now: time.Date(2026, 11, 22, 9, 30, 0, 0, madrid)})
	if err != nil {
		fmt.Println(err)
		return
	}
	picture, err := png.DecodeConfig(&file)
	fmt.Println(picture.Width, picture.Height, err)
	// Output: 1200 800 <nil>
}

// From the rows that package rewards adds up to bars by service, as an SVG in dark colours.
func ExampleStackOf() {
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	rows := []rewards.Row{
		{Key: rewards.Key{Start: day, Service: "eth"}, Sums: rewards.Sums{Gross: pocket.POKT(1200)}},
		{Key: rewards.Key{Start: day, Service: "bsc"}, Sums: rewards.Sums{Gross: pocket.POKT(300)}},
	}
	stack, err := plot.StackOf(rows, rewards.ByService, func(s rewards.Sums) pocket.Upokt { return s.Gross })
	if err != nil {
		fmt.Println(err)
		return
	}
	painter, err := plot.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	err = painter.Stacked(&file, stack, plot.Options{Format: plot.SVG, Theme: plot.Dark})
	fmt.Println(bytes.Contains(file.Bytes(), []byte("<title>Rewards by service, 1 day</title>")), err)
	// Output: true <nil>
}

// No losses are a picture, too. What is wrong is an error that names it, and nothing is written.
func ExamplePainter_Losses() {
	painter, err := plot.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	fmt.Println(painter.Losses(&file, nil, plot.Options{}), file.Len() > 0)

	file.Reset()
	fmt.Println(painter.Losses(&file, nil, plot.Options{Theme: "blue"}))
	fmt.Println(file.Len())
	// Output:
	// <nil> true
	// picture of losses: theme "blue": want light or dark: invalid request
	// 0
}
