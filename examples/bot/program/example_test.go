package program_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/program"
)

// A platform that answers one question on the screen. Its main function is program.Main("screen", serve).
func ExampleMain() {
	var serve program.Serve = func(ctx context.Context, b *bot.Bot, _ bot.Config, _ *slog.Logger) error {
		program.Health(ctx, func() error { return nil }) // a screen is always well
		for part, err := range b.Answer(ctx, bot.Request{Text: "/help", From: "local:ana"}) {
			if text, ok := part.(bot.Text); ok && err == nil {
				fmt.Println("there is help:", len(text.Lines) > 0)
			}
		}
		return nil
	}
	ctx := context.Background()
	config := bot.DefaultConfig().Demo()
	b, err := bot.NewDemo(ctx, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	fmt.Println(serve(ctx, b, config, slog.New(slog.DiscardHandler)))
	// Output:
	// there is help: true
	// <nil>
}
