package monitor

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// An outbox is what a destination is still to be told. Like all of a core it changes only once a change was stored.
type outbox struct {
	to    Destination
	queue []*Event // not yet part of a message, in the order in which they happened

	pending *Delivery // a message on its way; what it says does not change any more
	parts   []*Event  // its events

	pace    pace
	failing time.Time // since when attempts fail; zero when the last one succeeded
	lost    int64     // messages that died since the last one arrived
	lastErr string
	wake    chan struct{}

	version int                // grows each time that the destination is told anew
	stopped bool               // it takes nothing any more; until it is told anew nothing is sent
	removed bool               // the destination is not there any more
	stop    context.CancelFunc // ends its delivering; nil before that began
}

func newOutbox(d Destination, g Grouping) *outbox {
	return &outbox{to: d, pace: newPace(g, d.PerMinute), wake: make(chan struct{}, 1)}
}

// push puts events in their places among those that wait.
func (o *outbox) push(events ...*Event) {
	o.queue = append(o.queue, events...)
	bySequence := func(a, b *Event) int { return cmp.Compare(a.Sequence, b.Sequence) }
	if !slices.IsSortedFunc(o.queue[max(0, len(o.queue)-len(events)-1):], bySequence) {
		slices.SortFunc(o.queue, bySequence)
	}
	o.nudge()
}

// replace makes d the destination. What waits stays, and is tried at once.
func (o *outbox) replace(d Destination) {
	if d.PerMinute != o.to.PerMinute {
		o.pace.perMinute, o.pace.tokens = d.PerMinute, float64(d.PerMinute)
	}
	o.to = d
	o.version++
	if o.stopped {
		o.stopped, o.failing, o.lost, o.lastErr = false, time.Time{}, 0, ""
	}
	if o.pending != nil {
		at := *o.pending
		at.Next = time.Time{}
		o.pending = &at
	}
	o.nudge()
}

// nudge makes whoever delivers look again.
func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// restore takes over a message that was on its way when the program ended.
func (o *outbox) restore(d Delivery, events map[int64]*Event) {
	o.pending, o.parts = &d, nil
	for _, sequence := range d.Events {
		if e := events[sequence]; e != nil {
			o.parts = append(o.parts, e)
		}
	}
	o.nudge()
}

// depth is how many events are still to be told.
func (o *outbox) depth() int { return len(o.queue) + len(o.parts) }

// oldest returns when the oldest event that is still to be told happened; the zero time when there is none.
func (o *outbox) oldest() time.Time {
	var oldest time.Time
	if o.pending != nil {
		oldest = o.pending.Created
	}
	if len(o.queue) > 0 && (oldest.IsZero() || o.queue[0].At.Before(oldest)) {
		oldest = o.queue[0].At
	}
	return oldest
}

// alarmAt is when it has refused messages for so long that others are to be told; the zero time when it does not refuse them.
func (o *outbox) alarmAt() time.Time {
	if o.failing.IsZero() {
		return time.Time{}
	}
	return o.failing.Add(o.to.AlarmAfter)
}

// superseded reports whether what waits tells how everything in the pending message ended, so that it need not be sent any more.
func (o *outbox) superseded() bool {
	for _, e := range o.parts {
		if ends(e) || !slices.ContainsFunc(o.queue, func(later *Event) bool { return ends(later) && sameLife(e, later) }) {
			return false
		}
	}
	return len(o.parts) > 0
}

// compose chooses what to tell next from what waits. It returns nothing and how long to wait when it is not time, 0 for until there is
// more.
func (o *outbox) compose(queue []*Event, now time.Time) (chosen []*lane, wait time.Duration) {
	all := lanes(queue)
	o.pace.fill(now)
	later := func(d time.Duration) {
		if wait == 0 || d < wait {
			wait = d
		}
	}
	for _, first := range all {
		if d := o.pace.storm(first.sort, now); d > 0 {
			later(d)
			continue
		}
		if d := o.pace.wait(first.urgency); d > 0 {
			later(d)
			continue
		}
		return o.with(first, all), 0
	}
	return nil, wait
}

// with returns a lane and those that are told with it: all of its sort, and all as urgent when there are more sorts of them than messages
// may be sent.
func (o *outbox) with(first *lane, all []*lane) []*lane {
	sorts := map[sort]bool{}
	for _, l := range all {
		if l.urgency == first.urgency {
			sorts[l.sort] = true
		}
	}
	scarce := o.pace.scarce(first.urgency, len(sorts))
	var chosen []*lane
	left := o.pace.grouping.Most
	for _, l := range all {
		if left > 0 && (l.sort == first.sort || scarce && l.urgency == first.urgency) {
			left -= l.cut(left)
			chosen = append(chosen, l)
		}
	}
	return chosen
}

// The pauses between attempts.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// pause is how long to wait after so many attempts: twice as long each time, and uneven, so that not all come back at once.
func pause(attempts int) time.Duration {
	d := longestPause
	if attempts < 10 {
		d = min(d, firstPause<<max(0, attempts-1))
	}
	return d/2 + rand.N(d/2+1)
}
