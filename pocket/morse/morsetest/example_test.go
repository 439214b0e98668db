package morsetest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

func ExampleNewRecorded() {
	node := morsetest.NewRecorded(false)
	defer node.Close()
	response, err := http.Post(node.URL+"/v1/query/height", "application/json", strings.NewReader("{}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Print(string(body), err)
	// Output:
	// {"height":207}
	// <nil>
}
