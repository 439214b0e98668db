package monitor_test

import (
	"fmt"

	"github.com/poktbot/poktbot/monitor"
)

func ExampleKey() {
	fmt.Println(monitor.Key{Name: monitor.TLSExpiring, Subject: "relay.example:443"})
	// Output: tls.expiring relay.example:443
}
