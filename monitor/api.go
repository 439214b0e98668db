package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// What the methods of a [Watcher] may answer. Test with [errors.Is].
var (
	// ErrNotFiring: there is no such alert, or it does not fire.
	ErrNotFiring = fmt.Errorf("it does not fire: %w", pocket.ErrNotFound)
	// ErrNoMute: there is no such mute.
	ErrNoMute = fmt.Errorf("no such mute: %w", pocket.ErrNotFound)
	// ErrEnded: the watcher's Run has returned.
	ErrEnded = errors.New("the watcher has ended")
)

// wait waits until the watcher knows what is stored.
func (w *Watcher) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-w.ended:
		return ErrEnded
	case <-w.ready:
	}
	if isClosed(w.ended) {
		return ErrEnded
	}
	return nil
}

// act makes a change that somebody asked for. A fault of change is returned, and nothing is changed.
func (w *Watcher) act(ctx context.Context, doing string, change func(*batch) error) error {
	if err := w.wait(ctx); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	var refused error
	err := w.persist(ctx, func(b *batch) {
		if refused = change(b); refused != nil {
			*b = *b.c.begin(b.now)
		}
	})
	if err = errors.Join(refused, err); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// Ack notes that somebody takes care of a firing alert: nobody is reminded of it and it does not escalate, until it is worse or over.
// Those who were told of the alert are told who does. The answer to an alert that does not fire is [ErrNotFiring].
func (w *Watcher) Ack(ctx context.Context, k Key, by, note string) error {
	return w.act(ctx, "acknowledge "+k.String(), func(b *batch) error {
		old := b.get(k)
		if !old.Firing() {
			return ErrNotFiring
		}
		b.put(old, b.say(old.Acknowledged(by, b.now), Acknowledged, by, note), true)
		return nil
	})
}

// Unack notes that nobody takes care of an alert any more.
func (w *Watcher) Unack(ctx context.Context, k Key, by, note string) error {
	return w.act(ctx, "take back "+k.String(), func(b *batch) error {
		old := b.get(k)
		if !old.Firing() || old.Alert.AckedAt.IsZero() {
			return ErrNotFiring
		}
		b.put(old, b.say(old.Unacknowledged(b.now), Unacknowledged, by, note), true)
		return nil
	})
}

// Mute adds a mute and returns it with its ID. Those who were told of alerts that fall silent are told so, unless it is one with windows,
// which come and go without a word. A mute until fixed wants something wrong to mute: [ErrNotFiring] otherwise.
func (w *Watcher) Mute(ctx context.Context, m Mute) (Mute, error) {
	if err := m.Validate(); err != nil {
		return Mute{}, err
	}
	err := w.act(ctx, "mute "+m.Match.String(), func(b *batch) error {
		if m.UntilFixed && !b.anyWrong(m.Match) {
			return ErrNotFiring
		}
		if m.Over(b.now) {
			return fmt.Errorf("it ended at %s: %w", m.Until.Format(time.RFC3339), pocket.ErrInvalid)
		}
		b.change.Sequence++
		m.ID, m.Created = b.name(b.change.Sequence), b.now
		b.change.Mutes = []Mute{m}
		for _, k := range b.keys() {
			old := b.get(k)
			if !old.Firing() || old.Alert.Muted || !m.Active(b.now) || !m.Match.Matches(k, old.Alert.Labels) {
				continue
			}
			s := old.Quieted(true, b.now)
			if len(m.Windows) == 0 {
				s = b.sayUntil(s, Muted, m.By, m.Comment, m.Until)
			}
			b.put(old, s, true)
		}
		return nil
	})
	return m, err
}

// Unmute ends a mute. What still fires and is not muted otherwise is told.
func (w *Watcher) Unmute(ctx context.Context, id, by, note string) error {
	return w.act(ctx, "unmute "+id, func(b *batch) error {
		if _, ok := b.c.mutes[id]; !ok {
			return ErrNoMute
		}
		b.change.Unmuted = []string{id}
		b.requiet(b.mutesLeft(), by, note)
		return nil
	})
}

// Mutes returns the mutes that are not over, oldest first.
func (w *Watcher) Mutes(ctx context.Context) ([]Mute, error) {
	if err := w.wait(ctx); err != nil {
		return nil, fmt.Errorf("mutes: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var mutes []Mute
	for _, m := range w.core.mutes {
		if !m.Over(now()) {
			mutes = append(mutes, m)
		}
	}
	slices.SortFunc(mutes, compareMutes)
	return mutes, nil
}

// Alerts returns what is wrong, the worst first and then the oldest first. What only waits to be sure has no Fired yet, or is Held by what
// explains it.
func (w *Watcher) Alerts(ctx context.Context) ([]Alert, error) {
	if err := w.wait(ctx); err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var alerts []Alert
	for _, e := range w.core.states {
		if e.Wrong() {
			alerts = append(alerts, e.Alert)
		}
	}
	slices.SortFunc(alerts, func(a, b Alert) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.Since.Compare(b.Since), compareKeys(a.Key, b.Key))
	})
	return alerts, nil
}

// Events yields what happened, from the store: see [Store].
func (w *Watcher) Events(ctx context.Context, q EventQuery) iter.Seq2[Event, error] {
	return w.store.Events(ctx, q)
}

// Deliveries yields what was sent to whom and what became of it, from the store: see [Store].
func (w *Watcher) Deliveries(ctx context.Context, q DeliveryQuery) iter.Seq2[Delivery, error] {
	return w.store.Deliveries(ctx, q)
}

// Withdraw lets go of alerts whose subject is not watched any more, such as a supplier that was removed, and returns how many were wrong.
// Alerts that a [Check] raised it withdraws by itself; those of a [BlockCheck] are there until somebody says so.
func (w *Watcher) Withdraw(ctx context.Context, m Match, by, note string) (int, error) {
	if err := m.Validate(); err != nil {
		return 0, err
	}
	count := 0
	err := w.act(ctx, "withdraw "+m.String(), func(b *batch) error {
		count = 0
		for _, k := range b.keys() {
			old := b.get(k)
			if !m.Matches(k, old.Alert.Labels) {
				continue
			}
			if old.Wrong() {
				count++
			}
			s := old
			s.Blind = time.Time{}
			b.withdraw(old, s, by, note)
		}
		b.end()
		return nil
	})
	return count, err
}

// Test sends a test alert to every destination, whatever it filters and also when it took nothing any more, and waits until each has taken or refused it, or ctx ends. It returns
// how far the messages have come: one of a destination that does not take it is still [Pending], with its Error.
func (w *Watcher) Test(ctx context.Context, by string) ([]Delivery, error) {
	var event int64
	var told int // destinations
	err := w.act(ctx, "test", func(b *batch) error {
		name := b.name(b.change.Sequence + 1) // each is an alert of its own
		b.result(own, Result{
			Key: Key{Name: MonitorTest, Subject: by, Part: name}, Health: Failing, Occurrence: name,
			Facts: Facts{Text("by", by), Instant("at", b.now)}, once: true,
		})
		event, told = b.change.Sequence, len(b.change.Waiting)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for {
		news := w.settled.wait()
		deliveries, tried, err := w.deliveriesOf(context.WithoutCancel(ctx), event)
		if err != nil || tried == told {
			return deliveries, err
		}
		select {
		case <-ctx.Done():
			return deliveries, nil
		case <-w.ended:
			return deliveries, ErrEnded
		case <-news:
		}
	}
}

// deliveriesOf returns the messages that tell of an event, and how many of them were sent once and answered.
func (w *Watcher) deliveriesOf(ctx context.Context, event int64) (deliveries []Delivery, tried int, err error) {
	for d, err := range w.store.Deliveries(ctx, DeliveryQuery{Event: event}) {
		if err != nil {
			return deliveries, tried, fmt.Errorf("test: %w", err)
		}
		deliveries = append(deliveries, d)
		if d.State != Pending || d.Error != "" {
			tried++
		}
	}
	return deliveries, tried, nil
}
