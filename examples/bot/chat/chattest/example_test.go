package chattest_test

import (
	"context"
	"fmt"

	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
)

func Example() {
	ctx := context.Background()
	p := chattest.New()
	channel, err := p.Open("test:home")
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := channel.Send(ctx, chat.Message{
		Text:    chat.Rich{{Text: "Menu", Style: chat.Strong}},
		Buttons: [][]chat.Button{{{ID: "a", Label: "Stats"}, {ID: "b", Label: "Nodes"}}},
	})
	fmt.Println(id, err)
	_, err = channel.Send(ctx, chat.Message{})
	fmt.Println(chat.Is(err, chat.Refused), err)
	fmt.Println(p.Chat("test:home"))
	// Output:
	// 1 <nil>
	// true an empty text
	// Menu
	// [Stats][Nodes]
}
