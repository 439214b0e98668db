package monitor

import (
	"context"
	"iter"
	"sync"
	"time"
)

// A signal wakes everybody who waits for it.
type signal struct {
	mu *sync.Mutex
	c  *chan struct{}
}

func newSignal() signal {
	c := make(chan struct{})
	return signal{mu: new(sync.Mutex), c: &c}
}

// wait returns a channel that is closed when the signal is raised next.
func (s signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.c
}

func (s signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(*s.c)
	*s.c = make(chan struct{})
}

// recentEvents are the last events, so that subscribers seldom need to ask the store.
type recentEvents struct {
	signal
	mu     sync.Mutex
	first  int64 // the sequence of the last event before the watcher began
	last   int64 // that of the newest event
	before int64 // events with a sequence up to this one are not among events
	events []Event
}

// recentKept is how many events are held for subscribers that are behind. Those further behind are served from the store.
const recentKept = 1024

func newRecentEvents() *recentEvents { return &recentEvents{signal: newSignal()} }

func (r *recentEvents) begin(sequence int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.first, r.last, r.before = sequence, sequence, sequence
}

func (r *recentEvents) add(events []Event) {
	if len(events) == 0 {
		return
	}
	r.mu.Lock()
	r.events = append(r.events, events...)
	r.last = events[len(events)-1].Sequence
	if n := len(r.events); n >= 2*recentKept {
		r.before = r.events[n-recentKept-1].Sequence
		r.events = append([]Event(nil), r.events[n-recentKept:]...)
	}
	r.mu.Unlock()
	r.raise()
}

// after returns the events after a sequence, and whether those are all.
func (r *recentEvents) after(sequence int64) ([]Event, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sequence < r.before {
		return nil, false
	}
	for i, e := range r.events {
		if e.Sequence > sequence {
			return append([]Event(nil), r.events[i:]...), true
		}
	}
	return nil, true
}

func (r *recentEvents) position() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// Subscribe yields every event from now on, in order, also those that nobody is told of, until ctx or the watcher's Run ends. A slow
// subscriber holds nobody up: what it has missed is read from the store.
func (w *Watcher) Subscribe(ctx context.Context) iter.Seq[Event] {
	known := isClosed(w.ready) // before that, where the events begin is not read from the store yet
	at := w.told.position()
	return func(yield func(Event) bool) {
		if !known {
			if w.wait(ctx) != nil {
				return
			}
			w.told.mu.Lock()
			at = w.told.first
			w.told.mu.Unlock()
		}
		for {
			news := w.told.wait()
			events, all := w.told.after(at)
			if !all {
				if !w.replay(ctx, &at, yield) {
					return
				}
				continue
			}
			for _, e := range events {
				if !yield(e) {
					return
				}
				at = e.Sequence
			}
			if len(events) > 0 {
				continue
			}
			select {
			case <-ctx.Done():
				return
			case <-w.ended:
				return
			case <-news:
			}
		}
	}
}

// replay yields what the store has after a sequence. It reports whether the subscriber wants more.
func (w *Watcher) replay(ctx context.Context, at *int64, yield func(Event) bool) bool {
	found := false
	for e, err := range w.store.Events(ctx, EventQuery{After: *at, Oldest: true, Limit: recentKept}) {
		if err != nil {
			w.log.Error("a subscriber's events cannot be read", "error", err)
			return sleep(ctx, time.Second)
		}
		if !yield(e) {
			return false
		}
		*at, found = e.Sequence, true
	}
	if !found { // they were pruned
		w.told.mu.Lock()
		*at = max(*at, w.told.before)
		w.told.mu.Unlock()
	}
	return ctx.Err() == nil
}
