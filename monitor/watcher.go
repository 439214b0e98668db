package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A Watcher runs checks, judges what they find, keeps alerts in a store and tells destinations. It is made by [New] and works while
// [Watcher.Run] does. Its other methods may be called by anybody at any time; those that need what Run reads from the store wait for it.
type Watcher struct {
	config
	store Store
	id    string // by which the store knows who has it
	stats *stats

	started atomic.Bool
	ready   chan struct{} // closed when core is there
	ended   chan struct{} // closed when Run returns
	stop    context.CancelCauseFunc

	mu   sync.Mutex // guards core, which changes only together with the store, and before there is one the destinations
	core *core

	alarm   chan struct{} // something is due earlier than before
	settled signal        // an attempt at a delivery has ended
	told    *recentEvents
	slots   chan struct{} // one for each look at the same time
	offline *connection
}

// New returns a watcher that keeps what it must not forget in store. It checks its arguments and does nothing yet.
func New(store Store, opts ...Option) (*Watcher, error) {
	c := config{log: slog.New(slog.DiscardHandler), atOnce: 32, keep: 400 * day}
	for _, o := range opts {
		o(&c)
	}
	if store == nil {
		c.fault("want a store")
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("monitor: %w", err)
	}
	return &Watcher{
		config: c, store: store, id: newInstance(), stats: newStats(), ready: make(chan struct{}), ended: make(chan struct{}),
		alarm: make(chan struct{}, 1), settled: newSignal(), told: newRecentEvents(), slots: make(chan struct{}, c.atOnce),
		offline: newConnection(c.gate),
	}, nil
}

// ErrRunning: a watcher runs once.
var ErrRunning = errors.New("the watcher runs already, or has")

// Run watches until ctx ends, or until another watcher takes over the store: [ErrTaken]. It returns after all that it started has ended,
// with the cause. What was to be told and is not told yet is told by the next watcher of the store.
func (w *Watcher) Run(ctx context.Context) error {
	if w.started.Swap(true) {
		return ErrRunning
	}
	defer close(w.ended)
	ctx, w.stop = context.WithCancelCause(ctx)
	defer w.stop(nil)
	if err := w.take(ctx); err != nil {
		return err
	}
	var wg sync.WaitGroup
	w.begin(ctx, &wg)
	close(w.ready)
	for _, p := range w.polls {
		wg.Go(func() { w.repeat(ctx, p) })
	}
	for _, b := range w.blocks {
		wg.Go(func() { w.follow(ctx, b) })
	}
	wg.Go(func() { w.watchTime(ctx) })
	wg.Go(func() { w.sweep(ctx) })
	wg.Go(func() { w.watchNetwork(ctx) })
	if w.heartbeat.url != "" {
		wg.Go(func() { w.beat(ctx) })
	}
	<-ctx.Done()
	w.mu.Lock()
	w.core.deliver = nil // who is added from here on is not told any more
	w.mu.Unlock()
	wg.Wait()
	return context.Cause(ctx)
}

// begin delivers to every destination, and to each that is added later, until ctx ends or the destination is removed.
func (w *Watcher) begin(ctx context.Context, wg *sync.WaitGroup) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.core.deliver = func(o *outbox) {
		own, stop := context.WithCancel(ctx)
		o.stop = stop
		wg.Go(func() {
			defer stop()
			w.deliver(own, o)
		})
	}
	for _, name := range w.core.order {
		w.core.deliver(w.core.boxes[name])
	}
}

// names returns the names of the destinations, in the order in which they were added.
func (w *Watcher) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.core != nil {
		return w.core.order
	}
	var names []string
	for _, d := range w.destinations {
		names = append(names, d.Name)
	}
	return names
}

// take makes the store this watcher's, and brings what it holds to what is configured now.
func (w *Watcher) take(ctx context.Context) error {
	snapshot, err := w.store.Take(ctx, w.id)
	if err != nil {
		return fmt.Errorf("monitor: %w", err)
	}
	w.mu.Lock()
	c := newCore(w.rules, w.grouping, w.destinations)
	c.load(snapshot)
	w.core = c
	w.mu.Unlock()
	w.told.begin(c.sequence)
	w.offline.restore(snapshot.Notes[noteOffline])
	checks := map[string]bool{own: true}
	for _, p := range w.polls {
		checks[p.name] = true
	}
	for _, b := range w.blocks {
		checks[b.name] = true
	}
	return w.persist(ctx, func(b *batch) { b.reconcile(checks) })
}

// now is the present as it is stored: in UTC, to the microsecond.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// commit makes a change, in the store and then in memory.
func (w *Watcher) commit(ctx context.Context, make func(*batch)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.core.begin(now())
	make(b)
	if !b.empty() {
		began := time.Now()
		err := w.store.Commit(ctx, b.changes(w.id))
		if ctx.Err() == nil {
			w.stats.committed(time.Since(began), err)
		}
		if err != nil {
			return fmt.Errorf("monitor: store: %w", err)
		}
	}
	due := w.core.next(b.now)
	b.apply()
	if then := w.core.next(b.now); !then.IsZero() && (due.IsZero() || then.Before(due)) {
		nudge(w.alarm)
	}
	w.told.add(b.change.Events)
	if len(b.change.Deliveries) > 0 {
		w.settled.raise()
	}
	return nil
}

// persist is commit, tried again until it succeeds or ctx ends. A store that another watcher took ends everything.
func (w *Watcher) persist(ctx context.Context, make func(*batch)) error {
	for attempt := 1; ; attempt++ {
		err := w.commit(ctx, make)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrTaken):
			w.stop(err)
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		wait := min(10*time.Second, 50*time.Millisecond<<min(attempt, 10))
		w.log.Error("the store does not take a change", "error", err, "pause", wait)
		if !sleep(ctx, wait/2+rand.N(wait)) {
			return context.Cause(ctx)
		}
	}
}

// sleep waits, and reports whether ctx has not ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// watchTime does what is due because time has passed.
func (w *Watcher) watchTime(ctx context.Context) {
	for ctx.Err() == nil {
		if w.persist(ctx, func(b *batch) {
			b.sweepMutes()
			b.time()
			b.troubles()
			b.blindness()
			for name, since := range w.stuck(b.now) {
				b.isBlind(name, since, errStuck)
			}
			b.end()
		}) != nil {
			return
		}
		w.mu.Lock()
		at := w.core.next(now())
		w.mu.Unlock()
		wait := time.Minute
		if !at.IsZero() {
			wait = max(0, min(wait, time.Until(at)))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-w.alarm:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// sweep forgets what is too old.
func (w *Watcher) sweep(ctx context.Context) {
	for w.keep > 0 {
		if _, err := w.store.Prune(ctx, now().Add(-w.keep)); err != nil && ctx.Err() == nil {
			w.log.Error("old events cannot be removed", "error", err)
		}
		if !sleep(ctx, time.Hour+rand.N(time.Minute)) {
			return
		}
	}
}
