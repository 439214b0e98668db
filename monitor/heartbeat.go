package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// A heartbeat tells a dead man's switch that the watcher lives.
type heartbeat struct {
	url      string
	interval time.Duration
	client   *http.Client
}

// beat asks for the URL again and again while the watcher is healthy.
func (w *Watcher) beat(ctx context.Context) {
	for {
		err := w.Healthy()
		if err == nil {
			err = w.heartbeat.ask(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		w.stats.beaten(err)
		if err != nil {
			w.log.Error("no heartbeat", "error", err)
		}
		if !sleep(ctx, w.heartbeat.interval) {
			return
		}
	}
}

// ask makes one request. Its errors do not show the URL.
func (h heartbeat) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, nil)
	if err != nil {
		return errors.New("heartbeat: the URL cannot be used")
	}
	response, err := cmp.Or(h.client, http.DefaultClient).Do(request)
	if err != nil {
		if hidden, ok := errors.AsType[*url.Error](err); ok {
			err = hidden.Err
		}
		return fmt.Errorf("heartbeat: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("heartbeat: the answer is %s", response.Status)
	}
	return nil
}

// Healthy returns nil while the watcher works: the store takes changes, checks look, and messages go out to somebody. Otherwise it says
// what does not. That a single check or destination fails is not meant: that is an alert.
func (w *Watcher) Healthy() error {
	switch {
	case isClosed(w.ended):
		return ErrEnded
	case !isClosed(w.ready):
		return errors.New("the watcher has not begun")
	}
	var errs []error
	if since := w.stats.storeFailing(); !since.IsZero() && time.Since(since) > time.Minute {
		errs = append(errs, fmt.Errorf("the store has not taken a change since %s", since.Format(time.RFC3339)))
	}
	stuck := w.stuck(now())
	for _, name := range sortedKeys(stuck) {
		errs = append(errs, fmt.Errorf("check %s has not looked since %s", name, stuck[name].Format(time.RFC3339)))
	}
	if since := w.undelivered(); !since.IsZero() {
		errs = append(errs, fmt.Errorf("no destination has taken a message since %s", since.Format(time.RFC3339)))
	}
	return errors.Join(errs...)
}

// undelivered returns since when every destination refuses messages for longer than it may, the zero time when one does not.
func (w *Watcher) undelivered() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	var first time.Time
	for _, name := range w.core.order {
		o := w.core.boxes[name]
		if o.failing.IsZero() || time.Since(o.failing) < o.to.AlarmAfter {
			return time.Time{}
		}
		if first.IsZero() || o.failing.Before(first) {
			first = o.failing
		}
	}
	return first
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
