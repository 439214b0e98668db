package main

import (
	"fmt"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// What a stranger chose stays text.
func Example() {
	text := chat.Rich{{Text: "Node", Style: chat.Strong}, {Text: " <evil> & co\n"}, {Text: "stake  60000", Style: chat.Block}}
	fmt.Println(html(text))
	fmt.Println(measure(text))
	// Output:
	// <b>Node</b> &lt;evil&gt; &amp; co
	// <pre>stake  60000</pre>
	// 29
}
