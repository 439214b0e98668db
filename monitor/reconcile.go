package monitor

import (
	"slices"
	"time"
)

// reconcile brings what was stored to what is configured now: alerts of checks and destinations that are no more are withdrawn, those
// under a changed rule are judged by it, and what was meant for a destination that is no more is dropped as dead. Destinations that are to catch up with what fires do.
func (b *batch) reconcile(checks map[string]bool) {
	gone := func(name string) bool { return !slices.Contains(b.c.order, name) }
	for _, k := range b.keys() {
		b.unhear(k, gone)
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
		if o := b.c.boxes[name]; gone(name) {
			b.drop(o, errRemoved.Error())
			b.after = append(b.after, func() { b.c.remove(o) })
		}
	}
	b.end()
	b.catchUp(b.c.listeners()...)
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
