package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// compose makes the next message of a destination, or the next attempt at the last one. When it is not time for that it returns nil and
// how long to wait, 0 for until there is something new.
func (b *batch) compose(o *outbox) (*Delivery, []*Event, time.Duration) {
	if o.pending == nil {
		return b.composeNew(o, o.queue)
	}
	if wait := o.pending.Next.Sub(b.now); wait > 0 {
		return nil, nil, wait
	}
	if o.superseded() {
		return b.dissolve(o)
	}
	d := *o.pending
	d.Attempts++
	d.Tried = b.now
	b.change.Deliveries = append(b.change.Deliveries, d)
	b.after = append(b.after, func() { o.pending = &d })
	return &d, o.parts, 0
}

// dissolve makes another message instead of the pending one. What that does not tell waits again.
func (b *batch) dissolve(o *outbox) (*Delivery, []*Event, time.Duration) {
	old, again := *o.pending, slices.Clone(o.parts)
	d, parts, wait := b.composeNew(o, slices.Concat(again, o.queue))
	if d == nil {
		return nil, nil, wait
	}
	old.State, old.Done, old.Next = Merged, b.now, time.Time{}
	b.change.Deliveries = append(b.change.Deliveries, old)
	again = slices.DeleteFunc(again, func(e *Event) bool {
		return slices.Contains(d.Events, e.Sequence) || slices.Contains(d.Merged, e.Sequence)
	})
	for _, e := range again {
		b.change.Waiting = append(b.change.Waiting, Waiting{Destination: o.to.Name, Event: e.Sequence})
	}
	b.after = append(b.after, func() { o.push(again...) })
	return d, parts, wait
}

func (b *batch) composeNew(o *outbox, queue []*Event) (*Delivery, []*Event, time.Duration) {
	chosen, wait := o.compose(queue, b.now)
	if len(chosen) == 0 {
		return nil, nil, wait
	}
	b.change.Sequence++
	d := Delivery{
		ID: b.name(b.change.Sequence), Destination: o.to.Name, Sequence: b.change.Sequence, State: Pending, Tried: b.now, Attempts: 1,
	}
	var parts []*Event
	var sorts []sort
	for _, l := range chosen {
		parts = append(parts, l.events...)
		d.Untold, d.Merged = append(d.Untold, l.untold...), append(d.Merged, l.merged...)
		if !slices.Contains(sorts, l.sort) {
			sorts = append(sorts, l.sort)
		}
	}
	told := map[int64]bool{}
	for _, e := range parts {
		d.Events = append(d.Events, e.Sequence)
		told[e.Sequence] = true
	}
	for _, sequence := range d.Merged {
		told[sequence] = true
	}
	for _, e := range queue {
		if !told[e.Sequence] {
			continue
		}
		b.change.Taken = append(b.change.Taken, Waiting{Destination: o.to.Name, Event: e.Sequence})
		if d.Created.IsZero() || e.At.Before(d.Created) {
			d.Created = e.At
		}
	}
	b.change.Deliveries = append(b.change.Deliveries, d)
	b.after = append(b.after, func() {
		o.queue = slices.DeleteFunc(o.queue, func(e *Event) bool { return told[e.Sequence] })
		o.pending, o.parts = &d, parts
		o.pace.used(sorts, b.now)
	})
	return &d, parts, 0
}

// arrived notes that a message has.
func (b *batch) arrived(o *outbox, d Delivery) {
	d.State, d.Done, d.Next, d.Error = Delivered, b.now, time.Time{}, ""
	b.change.Deliveries = append(b.change.Deliveries, d)
	if o.removed {
		return
	}
	b.after = append(b.after, func() {
		o.pending, o.parts, o.stopped, o.failing, o.lost, o.lastErr = nil, nil, false, time.Time{}, 0, ""
	})
	k := Key{Name: MonitorDeliveryFailed, Subject: o.to.Name}
	if b.get(k).Wrong() {
		b.result(own, Result{Key: k, Health: Healthy})
		b.end()
	}
}

// failed notes that an attempt did not succeed, and gives up when there is no hope left. What became of a destination that was removed
// meanwhile is settled; and one that was told anew meanwhile is tried anew, for what failed was another notifier.
func (b *batch) failed(o *outbox, a attempt, err error) {
	d := *a.delivery
	d.Error = errorText(err)
	if o.removed {
		return
	}
	failing, lost := o.failing, o.lost
	if failing.IsZero() {
		failing = d.Tried
	}
	fault, _ := errors.AsType[*DeliveryError](err)
	end := d.Created.Add(o.to.GiveUp)
	waiting, stops := o.depth(), false
	switch anew := a.version != o.version; {
	case fault != nil && fault.Permanent && !anew:
		lost += b.refused(o, d)
		waiting, stops = 0, true
	case fault != nil && fault.Refused && !anew || !b.now.Before(end):
		lost++
		b.died(o, d)
	default:
		wait := pause(d.Attempts)
		if fault != nil && fault.RetryAfter > 0 {
			wait = fault.RetryAfter + pause(1)/4
		}
		if anew {
			wait = 0
		}
		d.Next = b.now.Add(wait)
		if d.Next.After(end) {
			d.Next = end
		}
		b.change.Deliveries = append(b.change.Deliveries, d)
		b.after = append(b.after, func() { o.pending = &d })
	}
	b.after = append(b.after, func() { o.failing, o.lost, o.lastErr = failing, lost, d.Error })
	if lost > 0 || b.now.Sub(failing) >= o.to.AlarmAfter {
		b.trouble(o, failing, lost, waiting, d.Error, stops)
	}
}

// trouble says that messages do not arrive at a destination.
func (b *batch) trouble(o *outbox, since time.Time, lost int64, waiting int, fault string, stops bool) {
	facts := Facts{Count("lost", lost), Count("waiting", int64(waiting)), Instant("failing_since", since), Text("error", fault)}
	if stops {
		facts = append(facts, Instant("stopped", b.now))
	}
	b.result(own, Result{Key: Key{Name: MonitorDeliveryFailed, Subject: o.to.Name}, Health: Failing, At: since, Facts: facts})
	b.end()
}

// troubles says so where it has become time for it between two attempts.
func (b *batch) troubles() {
	for _, name := range b.c.order {
		o := b.c.boxes[name]
		if due(o.alarmAt(), b.now) && !b.get(Key{Name: MonitorDeliveryFailed, Subject: name}).Wrong() {
			b.trouble(o, o.failing, o.lost, o.depth(), o.lastErr, o.stopped)
		}
	}
}

// died drops a message for good. An alert that its reader has not heard of ends without a word, unless the end waits already: then that
// tells of the beginning, too.
func (b *batch) died(o *outbox, d Delivery) {
	d.State, d.Done, d.Next = Dead, b.now, time.Time{}
	b.change.Deliveries = append(b.change.Deliveries, d)
	var again []*Event
	for _, e := range o.parts {
		if ends(e) {
			continue
		}
		if slices.ContainsFunc(o.queue, func(later *Event) bool { return ends(later) && sameLife(e, later) }) {
			again = append(again, e)
			b.change.Waiting = append(b.change.Waiting, Waiting{Destination: o.to.Name, Event: e.Sequence})
			continue
		}
		b.untold(o, e)
	}
	b.after = append(b.after, func() {
		o.pending, o.parts = nil, nil
		o.push(again...)
	})
}

// An attempt is to be made at delivering a message, to a destination as it is at the time.
type attempt struct {
	delivery *Delivery // nil when it is not time for any
	parts    []*Event
	wait     time.Duration // until it may be; 0 is until there is something new
	to       Destination
	version  int // of the destination
}

// attempt returns what to do next for a destination.
func (b *batch) attempt(o *outbox) (a attempt) {
	if o.removed {
		return attempt{}
	}
	a.delivery, a.parts, a.wait = b.compose(o)
	a.to, a.version = o.to, o.version
	return a
}

// deliver tells one destination all that there is to tell, until ctx ends.
func (w *Watcher) deliver(ctx context.Context, o *outbox) {
	var a attempt
	for ctx.Err() == nil {
		if a.delivery == nil {
			if w.persist(ctx, func(b *batch) { a = b.attempt(o) }) != nil {
				return
			}
		}
		if a.delivery == nil {
			w.rest(ctx, o, a.wait)
			continue
		}
		a = w.send(ctx, o, a)
	}
}

// rest waits until there is something new or a time has passed.
func (w *Watcher) rest(ctx context.Context, o *outbox, wait time.Duration) {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
	case <-o.wake:
	case <-timer:
	}
}

// lastWord is how long a watcher that ends tries to note that a message arrived. Failing that, the message comes once more.
const lastWord = 10 * time.Second

// send makes one attempt, notes how it went, and returns the next one to make: to take the next message and to note that the one before
// arrived is one transaction. An attempt that was cut short by the end of ctx is made again by the next watcher.
func (w *Watcher) send(ctx context.Context, o *outbox, a attempt) (next attempt) {
	d := *a.delivery
	limited, cancel := context.WithTimeout(ctx, a.to.Timeout)
	defer cancel()
	began := time.Now()
	err := notify(limited, a.to.Notifier, a.to.message(d, a.parts))
	w.stats.sent(a.to.Name, time.Since(began), err)
	if err != nil && ctx.Err() != nil {
		return attempt{}
	}
	if err != nil {
		w.log.Warn("message did not arrive", "destination", a.to.Name, "message", d.ID, "attempt", d.Attempts, "error", err)
	}
	last, cancel := outlive(ctx, lastWord)
	defer cancel()
	if w.persist(last, func(b *batch) {
		next = attempt{}
		if err != nil {
			b.failed(o, a, err)
			return
		}
		b.arrived(o, d)
		if ctx.Err() == nil && !o.removed {
			next.delivery, next.parts, next.wait = b.composeNew(o, o.queue)
			next.to, next.version = o.to, o.version
		}
	}) != nil {
		return attempt{}
	}
	return next
}

// outlive returns a context that ends some time after ctx.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		sleep(longer, d)
		cancel()
	})
	return longer, func() { stop(); cancel() }
}

// notify calls a notifier, whose panic is an error like any other.
func notify(ctx context.Context, n Notifier, m Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the notifier panicked: %v", p)
		}
	}()
	return n.Notify(ctx, m)
}
