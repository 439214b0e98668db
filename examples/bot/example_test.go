package bot_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
)

func Example() {
	ctx := context.Background()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	b, err := bot.NewDemo(ctx, bot.DemoConfig(), bot.WithClock(func() time.Time { return at }))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	if err := b.CatchUp(ctx, func(bot.Progress) {}); err != nil {
		fmt.Println(err)
		return
	}
	for part, err := range b.Answer(ctx, bot.Request{Text: "/stast", From: "local:ana"}) {
		fmt.Println(part, err)
	}
	for part := range b.Answer(ctx, bot.Request{Text: "/stats today", From: "local:ana"}) {
		if text, ok := part.(bot.Text); ok {
			fmt.Println(text.Title)
		}
	}
	// Output:
	// <nil> /stast is not a command; did you mean /stats?
	// Today so far: 11 nodes
}

func ExampleCalendar_ParseRange() {
	madrid, _ := time.LoadLocation("Europe/Madrid")
	c := bot.Calendar{Now: time.Date(2026, 11, 22, 15, 30, 0, 0, madrid), Zone: madrid}
	for _, typed := range []string{"yesterday", "october", "2026-11-01 2026-11-15", "15/11/2026 01/11/2026"} {
		r, err := c.ParseRange(strings.Fields(typed))
		fmt.Println(r.From.Format(time.RFC3339), r.To.Format(time.RFC3339), r.Name, err)
	}
	// Output:
	// 2026-11-21T00:00:00+01:00 2026-11-22T00:00:00+01:00 yesterday <nil>
	// 2026-10-01T00:00:00+02:00 2026-11-01T00:00:00+01:00 October 2026 <nil>
	// 2026-11-01T00:00:00+01:00 2026-11-16T00:00:00+01:00  <nil>
	// 0001-01-01T00:00:00Z 0001-01-01T00:00:00Z  "01/11/2026" may be 2026-11-01 or 2026-01-11: write it like that, year first, or set "dates" in the configuration
}
