package check_test

import (
	"fmt"

	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
)

func ExampleLabels() {
	owner := pocket.MustParseAddress("pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5")
	labels := check.Labels{Chain: "pocket", Owner: owner, Service: "eth"}
	fmt.Println(labels.Map())
	// Output: map[chain:pocket owner:pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5 service:eth]
}
