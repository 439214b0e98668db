package monitor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// A Gate says whether the watcher's own network works: nil when it does. It is asked when something out there seems not to, and should
// answer within seconds.
type Gate func(ctx context.Context) error

// Dial returns a gate that is open when a TCP connection to any of the targets can be made, such as "one.one.one.one:443". Take several
// that do not depend on each other.
func Dial(targets ...string) Gate {
	return func(ctx context.Context) error {
		if len(targets) == 0 {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		answers := make(chan error, len(targets))
		for _, target := range targets {
			go func() {
				conn, err := new(net.Dialer).DialContext(ctx, "tcp", target)
				if err == nil {
					err = conn.Close()
				}
				answers <- err
			}()
		}
		var errs []error
		open := false
		for range targets { // all, so that no goroutine outlives the call
			if err := <-answers; err != nil {
				errs = append(errs, err)
				continue
			}
			open = true
			cancel()
		}
		if open {
			return nil
		}
		return errors.Join(errs...)
	}
}

// ask asks, with a panic for an error like any other.
func (g Gate) ask(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the gate panicked: %v", p)
		}
	}()
	return g(ctx)
}

// noteOffline is where the store keeps since when the network is gone.
const noteOffline = "offline_since"

// A connection knows what the gate said last.
type connection struct {
	gate   Gate
	mu     sync.Mutex
	closed time.Time // since when it is; zero while it is open
	opened time.Time // when it opened last
	asked  time.Time // when it was last found open
	shut   chan struct{}
}

func newConnection(gate Gate) *connection {
	return &connection{gate: gate, shut: make(chan struct{}, 1)}
}

// restore takes over since when the network was gone when the program ended.
func (c *connection) restore(note string) {
	if t, err := time.Parse(time.RFC3339Nano, note); err == nil && c.gate != nil {
		c.closed = t
		nudge(c.shut)
	}
}

// trusted is how long an open gate is believed without asking again.
const trusted = time.Second

// connected reports whether a look that began then can be believed: the network works, and did all the while.
func (w *Watcher) connected(ctx context.Context, began time.Time) bool {
	c := w.offline
	if c.gate == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.closed.IsZero() || began.Before(c.opened):
		return false
	case time.Since(c.asked) < trusted:
		return true
	}
	err := c.gate.ask(ctx)
	if ctx.Err() != nil {
		return false
	}
	if err == nil {
		c.asked = time.Now()
		return true
	}
	c.closed = now()
	w.log.Warn("this machine's network does not work: nothing out there is believed to fail", "error", err)
	nudge(c.shut)
	return false
}

// gatePause is how long to wait before a closed gate is asked again.
const gatePause = 5 * time.Second

// watchNetwork waits for a closed gate to open, and tells for how long it was closed.
func (w *Watcher) watchNetwork(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.offline.shut:
		}
		w.offline.mu.Lock()
		since := w.offline.closed
		w.offline.mu.Unlock()
		note := since.Format(time.RFC3339Nano)
		if w.persist(ctx, func(b *batch) { b.change.Notes = map[string]string{noteOffline: note} }) != nil {
			return
		}
		for w.offline.gate.ask(ctx) != nil {
			if !sleep(ctx, gatePause) {
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
		back := now()
		if w.persist(ctx, func(b *batch) { b.backOnline(since) }) != nil {
			return
		}
		w.offline.mu.Lock()
		w.offline.closed, w.offline.opened, w.offline.asked = time.Time{}, back, time.Now()
		w.offline.mu.Unlock()
	}
}

// backOnline tells that the network was gone, if that was for long enough to matter.
func (b *batch) backOnline(since time.Time) {
	b.change.Notes = map[string]string{noteOffline: ""}
	k := Key{Name: MonitorOffline}
	if b.now.Sub(since) < b.c.rules.find(k, nil).For {
		return
	}
	waiting := 0
	for _, o := range b.c.boxes {
		waiting = max(waiting, o.depth())
	}
	b.result(own, Result{
		Key: k, Health: Failing, Occurrence: since.Format(time.RFC3339Nano), At: since, once: true,
		Facts: Facts{
			Instant("from", since), Instant("to", b.now), Span("duration", b.now.Sub(since).Round(time.Second)), Count("waiting", int64(waiting)),
		},
	})
	b.end()
}
