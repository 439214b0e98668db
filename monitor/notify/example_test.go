package notify_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/notify"
)

func ExampleNewWriter() {
	terminal := notify.NewWriter(os.Stdout, notify.Bare)
	err := terminal.Notify(context.Background(), monitor.Message{ID: "1", Events: []monitor.Event{{
		Kind: monitor.Fired, At: time.Now(),
		Alert: monitor.Alert{Key: monitor.Key{Name: monitor.TLSExpiring, Subject: "relay.example:443"}, Severity: monitor.Warning},
	}}})
	fmt.Println(err)
	// Output:
	// fired: tls.expiring relay.example:443 (warning)
	// <nil>
}

func ExampleVerify() {
	body := []byte(`{"version":1}`)
	header := notify.Sign("shared secret", body, time.Now()) // as the webhook sends it
	fmt.Println(notify.Verify("shared secret", header, body, time.Now(), 5*time.Minute))
	// Output: <nil>
}
