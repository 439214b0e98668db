package chat_test

import (
	"context"
	"fmt"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
)

func Example() {
	ctx := context.Background()
	config := bot.DemoConfig()
	config.Access.Investors = []bot.Phrase{"test:ana"}
	b, err := bot.NewDemo(ctx, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	platform := chattest.New()
	engine := chat.New(b, platform)
	if err := engine.Handle(ctx, platform.Type("ana", "home", "/help help")); err != nil {
		fmt.Println(err)
	}
	fmt.Println(platform.Chat("test:home"))
	// Output:
	// /help [command]
	// what can be asked
}
