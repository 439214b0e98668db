package poktscantest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

func Example() {
	service := poktscantest.New()
	defer service.Close()
	service.AddRange(1, 3, time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC), time.Minute)
	service.SetLimit(2)

	question := `{"query":"{ blocks(first: 100, orderBy: ID_DESC) { totalCount pageInfo { hasNextPage } nodes { id timestamp } } }"}`
	answer, err := http.Post(service.URL, "application/json", strings.NewReader(question))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(string(body))
	// Output:
	// {"data":{"blocks":{"totalCount":3,"pageInfo":{"hasNextPage":true},"nodes":[{"id":"3","timestamp":"2026-11-19T12:02:00.000"},{"id":"2","timestamp":"2026-11-19T12:01:00.000"}]}}}
}
