package discordtest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/poktbot/poktbot/examples/discord/discordtest"
)

func Example() {
	server := discordtest.New()
	defer server.Close()
	channel := server.Channel("900000000000000001")
	request, err := http.NewRequest(http.MethodPost, server.URL+"/channels/"+channel+"/messages", strings.NewReader(`{"content":"hello","allowed_mentions":{"parse":[]}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	request.Header.Set("Authorization", "Bot "+discordtest.Token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "DiscordBot (https://example.com, 1)")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	fmt.Println(answer.StatusCode, server.Messages(channel)[0].Content, server.Complaints())
	// Output: 200 hello []
}
