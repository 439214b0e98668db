package main

import (
	"fmt"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// Text is shown as it is, whoever wrote it.
func Example() {
	fmt.Println(render(chat.Rich{{Text: "Nodes\n", Style: chat.Strong}, {Text: "@everyone's *node*"}}))
	// Output:
	// **Nodes**
	// \@everyone's \*node\*
}
