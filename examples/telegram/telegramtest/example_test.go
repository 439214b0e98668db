package telegramtest_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"

	"github.com/poktbot/poktbot/examples/telegram/telegramtest"
)

// A bot sends a message to somebody who wrote to it.
func Example() {
	server := telegramtest.New("123:secret")
	web := httptest.NewServer(server)
	defer web.Close()
	ana := server.Person(7, "Ana")
	ana.Type("/start")
	fmt.Println("updates:", server.Pending())

	client := web.Client()
	for _, text := range []string{"<b>Hello</b>, Ana &amp; all", "<b>never closed"} {
		response, err := client.PostForm(web.URL+"/bot123:secret/sendMessage", url.Values{"chat_id": {"7"}, "text": {text}, "parse_mode": {"HTML"}})
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Println(response.StatusCode)
	}
	fmt.Println(ana.Messages()[0].Text)
	fmt.Println(server.Faults())
	// Output:
	// updates: 1
	// 200
	// 400
	// Hello, Ana & all
	// [sendMessage: Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"]
}
