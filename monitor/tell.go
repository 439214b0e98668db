package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// ErrNoDestination: there is no such destination. Test with [errors.Is].
var ErrNoDestination = fmt.Errorf("no such destination: %w", pocket.ErrNotFound)

// Tell adds a destination, or makes d the one of its name: its filter and its notifier take effect for what happens from then on. What
// waits for it stays, and so does what it has heard: how that goes on and ends is told to it, whatever its filter says by then. A message
// that is under way is not called back. To a destination that had refused everything ([DeliveryError].Permanent) messages are sent again.
//
// Of alerts that fire already a destination hears at once if it is to CatchUp, in events [CaughtUp]; of those that are muted or explained
// by others when they are so no more. Otherwise it hears of them when they change or people are reminded of them, and if nothing of that
// happens, not even that they are over: nobody hears "resolved" who did not hear "fired".
//
// It may be called before Run, while Run lasts, from several goroutines, and by a notifier. Whom an earlier run of the program told should
// be told of before Run: Run takes a destination that it does not find for one that was removed. Like all that changes what is stored,
// Tell waits until Run has read the store, and after Run it answers [ErrEnded].
func (w *Watcher) Tell(ctx context.Context, d Destination) error {
	if err := d.validate(); err != nil {
		return fmt.Errorf("tell: %w", err)
	}
	if w.prepares(func() { w.destinations = with(w.destinations, d) }) {
		return nil
	}
	return w.act(ctx, "tell "+d.Name, func(b *batch) error {
		b.tell(d.withDefaults())
		return nil
	})
}

// Untell removes a destination: what waits for it is withdrawn in one transaction with that, as dead, and so is an alert about its
// deliveries. Added again it is a new one. A message that is under way is cut short. When there is no such destination the answer is
// [ErrNoDestination]. It may be called whenever [Watcher.Tell] may.
func (w *Watcher) Untell(ctx context.Context, name string) error {
	found := false
	if w.prepares(func() {
		left := without(w.destinations, name)
		found = len(left) < len(w.destinations)
		w.destinations = left
	}) {
		if !found {
			return fmt.Errorf("untell %s: %w", name, ErrNoDestination)
		}
		return nil
	}
	err := w.act(ctx, "untell "+name, func(b *batch) error {
		o := b.c.boxes[name]
		if o == nil {
			return ErrNoDestination
		}
		b.untell(o)
		return nil
	})
	if err == nil {
		w.stats.forget(name)
	}
	return err
}

// prepares makes a change to what Run will begin with, and reports whether it is not too late for that.
func (w *Watcher) prepares(change func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.core != nil || isClosed(w.ended) {
		return false
	}
	change()
	return true
}

// with returns destinations with d among them, in the place of the one of its name or at the end.
func with(destinations []Destination, d Destination) []Destination {
	destinations = slices.Clone(destinations)
	if i := slices.IndexFunc(destinations, func(other Destination) bool { return other.Name == d.Name }); i >= 0 {
		destinations[i] = d
		return destinations
	}
	return append(destinations, d)
}

func without(destinations []Destination, name string) []Destination {
	return slices.DeleteFunc(slices.Clone(destinations), func(d Destination) bool { return d.Name == name })
}

// tell adds a destination or changes it.
func (b *batch) tell(d Destination) {
	o := b.c.boxes[d.Name]
	if o == nil {
		o = newOutbox(d, b.c.grouping)
		b.after = append(b.after, func() { b.c.add(o) })
	} else {
		b.after = append(b.after, func() { o.replace(d) })
	}
	b.catchUp(listener{o, d})
}

// untell removes a destination.
func (b *batch) untell(o *outbox) {
	k := Key{Name: MonitorDeliveryFailed, Subject: o.to.Name}
	b.drop(o, errRemoved.Error())
	b.after = append(b.after, func() { b.c.remove(o) })
	for _, k := range b.keys() {
		b.unhear(k, func(name string) bool { return name == o.to.Name })
	}
	if old := b.get(k); old.Wrong() {
		b.withdraw(old, old, "", "")
	}
	b.end()
}

// errRemoved is what became of messages to a destination that was removed.
var errRemoved = errors.New("the destination was removed")

// unhear forgets that some destinations heard of an alert, so that they do not hear of its end.
func (b *batch) unhear(k Key, who func(name string) bool) {
	if old := b.get(k); slices.ContainsFunc(old.Heard, who) {
		s := old
		s.Heard = slices.DeleteFunc(slices.Clone(old.Heard), who)
		b.put(old, s, true)
	}
}

// A listener is a destination as it will be after a batch, with its outbox.
type listener struct {
	box *outbox
	to  Destination
}

// catchUp tells destinations that are to catch up of everything that fires and that they have not heard of.
func (b *batch) catchUp(all ...listener) {
	all = slices.DeleteFunc(all, func(l listener) bool { return !l.to.CatchUp })
	if len(all) == 0 {
		return
	}
	for _, k := range b.keys() {
		old := b.get(k)
		if s := b.caughtUp(old, all); len(s.Heard) > len(old.Heard) {
			b.put(old, s, true)
		}
	}
}

// caughtUp tells those of an alert that want to know of it and have not heard. It returns s with who has heard of it.
func (b *batch) caughtUp(s State, all []listener) State {
	var e *Event
	heard := s.heard()
	for _, l := range all {
		if heard[l.to.Name] || !l.to.catchesUp(s) {
			continue
		}
		if e == nil {
			e = &Event{Kind: CaughtUp, Severity: s.Alert.Severity, Alert: s.Alert, At: b.now}
			b.number(e)
		}
		b.wait(l.box, e)
		s.Heard = append(slices.Clip(s.Heard), l.to.Name)
	}
	if e != nil {
		b.change.Events = append(b.change.Events, *e)
	}
	return s
}

// listeners are the destinations as they are, those left out that take nothing.
func (c *core) listeners() []listener {
	var all []listener
	for _, name := range c.order {
		if o := c.boxes[name]; o.to.CatchUp && !o.stopped {
			all = append(all, listener{o, o.to})
		}
	}
	return all
}

// add makes an outbox one of those that are told.
func (c *core) add(o *outbox) {
	c.boxes[o.to.Name] = o
	c.order = append(c.order, o.to.Name)
	if c.deliver != nil {
		c.deliver(o)
	}
}

// remove takes an outbox away, and ends its delivering.
func (c *core) remove(o *outbox) {
	delete(c.boxes, o.to.Name)
	c.order = slices.DeleteFunc(slices.Clone(c.order), func(name string) bool { return name == o.to.Name })
	o.removed, o.queue, o.pending, o.parts = true, nil, nil, nil
	if o.stop != nil {
		o.stop()
	}
}

// drop makes all that waits for a destination dead, and says why. It returns how many messages that were.
func (b *batch) drop(o *outbox, why string) (lost int64) {
	bury := func(d Delivery) {
		d.State, d.Done, d.Next, d.Error = Dead, b.now, time.Time{}, why
		b.change.Deliveries = append(b.change.Deliveries, d)
		lost++
	}
	if o.pending != nil {
		bury(*o.pending)
	}
	if len(o.queue) > 0 {
		b.change.Sequence++
		d := Delivery{ID: b.name(b.change.Sequence), Destination: o.to.Name, Sequence: b.change.Sequence, Created: o.queue[0].At}
		for _, e := range o.queue {
			d.Events = append(d.Events, e.Sequence)
			b.change.Taken = append(b.change.Taken, Waiting{Destination: o.to.Name, Event: e.Sequence})
		}
		bury(d)
	}
	for _, e := range slices.Concat(o.parts, o.queue) {
		b.untold(o, e)
	}
	b.after = append(b.after, func() { o.pending, o.parts, o.queue = nil, nil, nil })
	return lost
}

// untold notes that a destination did not hear of an event, and if that was the first of an alert, that it has not heard of the alert.
func (b *batch) untold(o *outbox, e *Event) {
	first := opens(e) || e.Kind == Escalated && o.to.Escalation && e.Alert.Escalations == 1
	if s := b.get(e.Alert.Key); first && s.Firing() && s.Alert.Fired.Equal(e.Alert.Fired) {
		b.unhear(e.Alert.Key, func(name string) bool { return name == o.to.Name })
	}
}

// refused stops the deliveries to a destination that takes nothing any more, and drops what waits for it.
func (b *batch) refused(o *outbox, d Delivery) (lost int64) {
	lost = b.drop(o, d.Error)
	b.after = append(b.after, func() { o.stopped = true })
	return lost
}
