package monitor

import (
	"errors"
	"slices"
	"time"
)

// reconcile brings what was stored to what is configured now: alerts of checks and destinations that are no more are withdrawn, those
// under a changed rule are judged by it, and what was meant for a destination that is no more is dropped as dead.
func (b *batch) reconcile(checks map[string]bool) {
	for _, k := range b.keys() {
		old := b.get(k)
		rule := b.c.rules.find(k, old.Alert.Labels)
		switch {
		case !b.watched(old, checks):
			s := old
			s.Blind, s.Seen = time.Time{}, nil
			b.withdraw(old, s, "", "")
		case old.Rule != rule.sum:
			s, kind := rule.Rejudged(old, b.now)
			b.settle(old, s, kind, rule)
			b.stored[k] = true
		}
	}
	for _, name := range sortedKeys(b.c.boxes) {
		if !slices.Contains(b.c.order, name) {
			b.abandon(b.c.boxes[name])
		}
	}
	b.end()
}

// watched reports whether what a state is about is still there.
func (b *batch) watched(s State, checks map[string]bool) bool {
	k := s.Alert.Key
	switch {
	case s.Check != own:
		return checks[s.Check]
	case k.Name == MonitorBlind:
		return checks[k.Subject]
	case k.Name == MonitorDeliveryFailed:
		return slices.Contains(b.c.order, k.Subject)
	}
	return true
}

// errAbandoned is what became of messages to a destination that was removed.
var errAbandoned = errors.New("the destination was removed")

// abandon drops what waits for a destination that is not there any more.
func (b *batch) abandon(o *outbox) {
	if o.pending != nil {
		d := *o.pending
		d.State, d.Done, d.Next, d.Error = Dead, b.now, time.Time{}, errAbandoned.Error()
		b.change.Deliveries = append(b.change.Deliveries, d)
	}
	if len(o.queue) > 0 {
		b.change.Sequence++
		d := Delivery{
			ID: b.name(b.change.Sequence), Destination: o.to.Name, Sequence: b.change.Sequence, State: Dead, Done: b.now,
			Created: o.queue[0].At, Error: errAbandoned.Error(),
		}
		for _, e := range o.queue {
			d.Events = append(d.Events, e.Sequence)
			b.change.Taken = append(b.change.Taken, Waiting{Destination: o.to.Name, Event: e.Sequence})
		}
		b.change.Deliveries = append(b.change.Deliveries, d)
	}
	b.after = append(b.after, func() { delete(b.c.boxes, o.to.Name) })
}
