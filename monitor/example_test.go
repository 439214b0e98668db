package monitor_test

import (
	"context"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/monitor"
)

func ExampleKey() {
	fmt.Println(monitor.Key{Name: monitor.TLSExpiring, Subject: "relay.example:443"})
	// Output: tls.expiring relay.example:443
}

// A diskCheck is a check of a program's own.
type diskCheck struct{}

func (diskCheck) Look(context.Context) ([]monitor.Result, error) {
	return []monitor.Result{{Key: monitor.Key{Name: "custom.disk", Subject: "/data"}, Health: monitor.Failing}}, nil
}

// A printer is a notifier that prints, and ends the program after the first message.
type printer struct{ stop context.CancelFunc }

func (p printer) Notify(_ context.Context, m monitor.Message) error {
	for _, e := range m.Events {
		fmt.Println(e.Kind, e.Severity, e.Alert.Key)
	}
	p.stop()
	return nil
}

func ExampleWatcher() {
	ctx, stop := context.WithCancel(context.Background())
	w, err := monitor.New(monitor.NewMemory(),
		monitor.Every("disks", diskCheck{}, 10*time.Millisecond),
		monitor.To(monitor.Destination{Name: "screen", Notifier: printer{stop}}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Run(ctx))
	// Output:
	// fired warning custom.disk /data
	// context canceled
}

func ExampleRule_Next() {
	rule := monitor.Rule{Severity: monitor.Critical, For: time.Minute}
	node := monitor.Result{Key: monitor.Key{Name: monitor.NodeUnreachable, Subject: "node1"}, Health: monitor.Failing}
	noon := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	state, kind := rule.Next(monitor.State{}, node, noon)
	fmt.Printf("%q\n", kind)
	_, kind = rule.Next(state, node, noon.Add(time.Minute))
	fmt.Printf("%q\n", kind)
	// Output:
	// ""
	// "fired"
}

func ExampleWatcher_Tell() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	w, err := monitor.New(monitor.NewMemory(), monitor.Every("disks", diskCheck{}, 10*time.Millisecond))
	if err != nil {
		fmt.Println(err)
		return
	}
	chat := monitor.Destination{
		Name: "chat 17", Notifier: printer{stop}, CatchUp: true, Filter: monitor.Filter{Match: []monitor.Match{{Name: "custom.*"}}},
	}
	if err := w.Tell(ctx, chat); err != nil { // as well while it runs
		fmt.Println(err)
		return
	}
	fmt.Println(w.Run(ctx))
	// Output:
	// fired warning custom.disk /data
	// context canceled
}
