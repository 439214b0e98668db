package monitor

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Memory is a [Store] that forgets everything when the program ends: for tests, and for programs that only look once.
type Memory struct {
	mu         sync.Mutex
	watcher    string
	instance   string
	sequence   int64
	states     map[Key]State
	cursors    map[string]pocket.Height
	events     []Event // in order
	waiting    map[Waiting]bool
	deliveries map[int64]Delivery
	mutes      map[string]Mute
	notes      map[string]string
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store in memory.
func NewMemory() *Memory {
	return &Memory{
		instance: newInstance(), states: map[Key]State{}, cursors: map[string]pocket.Height{}, waiting: map[Waiting]bool{},
		deliveries: map[int64]Delivery{}, mutes: map[string]Mute{}, notes: map[string]string{},
	}
}

// newInstance names a store so that no other is called the same.
func newInstance() string { return strings.ToLower(rand.Text()[:10]) }

// copied returns what comes back from JSON, so that nothing is shared with the caller and nothing is kept that a database would not.
func copied[T any](v T) (T, error) {
	var to T
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &to)
	}
	if err != nil {
		return to, fmt.Errorf("store: %w", err)
	}
	return to, nil
}

// Take implements [Store].
func (m *Memory) Take(_ context.Context, watcher string) (*Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watcher = watcher
	s := &Snapshot{Instance: m.instance, Sequence: m.sequence, Cursors: maps.Clone(m.cursors), Notes: maps.Clone(m.notes)}
	for _, state := range m.states {
		s.States = append(s.States, state)
	}
	slices.SortFunc(s.States, func(a, b State) int { return compareKeys(a.Alert.Key, b.Alert.Key) })
	s.Mutes = m.sortedMutes()
	wanted := map[int64]bool{}
	for w := range m.waiting {
		s.Waiting = append(s.Waiting, w)
		wanted[w.Event] = true
	}
	slices.SortFunc(s.Waiting, func(a, b Waiting) int {
		return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Destination, b.Destination))
	})
	for _, sequence := range sortedKeys(m.deliveries) {
		if d := m.deliveries[sequence]; d.State == Pending {
			s.Pending = append(s.Pending, d)
			for _, e := range d.Events {
				wanted[e] = true
			}
		}
	}
	for _, e := range m.events {
		if wanted[e.Sequence] {
			s.Events = append(s.Events, e)
		}
	}
	return copied(s)
}

// Commit implements [Store].
func (m *Memory) Commit(_ context.Context, c *Change) error {
	change, err := copied(*c)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if change.Watcher != m.watcher {
		return ErrTaken
	}
	m.sequence = change.Sequence
	for _, s := range change.States {
		m.states[s.Alert.Key] = s
	}
	for _, k := range change.Gone {
		delete(m.states, k)
	}
	maps.Copy(m.cursors, change.Cursors)
	m.events = append(m.events, change.Events...)
	for _, w := range change.Taken {
		delete(m.waiting, w)
	}
	for _, w := range change.Waiting {
		m.waiting[w] = true
	}
	for _, d := range change.Deliveries {
		m.deliveries[d.Sequence] = d
	}
	for _, mute := range change.Mutes {
		m.mutes[mute.ID] = mute
	}
	for _, id := range change.Unmuted {
		delete(m.mutes, id)
	}
	maps.Copy(m.notes, change.Notes)
	return nil
}

// Alerts implements [Store].
func (m *Memory) Alerts(context.Context) ([]Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var alerts []Alert
	for _, s := range m.states {
		if s.Wrong() {
			alerts = append(alerts, s.Alert)
		}
	}
	slices.SortFunc(alerts, func(a, b Alert) int { return compareKeys(a.Key, b.Key) })
	return copied(alerts)
}

// Events implements [Store].
func (m *Memory) Events(ctx context.Context, q EventQuery) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		m.mu.Lock()
		events := slices.Clone(m.events)
		m.mu.Unlock()
		if !q.Oldest {
			slices.Reverse(events)
		}
		found := 0
		for _, e := range events {
			if !q.Matches(e) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(Event{}, err)
				return
			}
			e, err := copied(e)
			found++
			if !yield(e, err) || err != nil || found == q.Limit {
				return
			}
		}
	}
}

// Deliveries implements [Store].
func (m *Memory) Deliveries(ctx context.Context, q DeliveryQuery) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		m.mu.Lock()
		deliveries := maps.Clone(m.deliveries)
		m.mu.Unlock()
		sequences := sortedKeys(deliveries)
		slices.Reverse(sequences)
		found := 0
		for _, sequence := range sequences {
			d := deliveries[sequence]
			if !q.Matches(d) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(Delivery{}, err)
				return
			}
			d, err := copied(d)
			found++
			if !yield(d, err) || err != nil || found == q.Limit {
				return
			}
		}
	}
}

// Mutes implements [Store].
func (m *Memory) Mutes(context.Context) ([]Mute, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return copied(m.sortedMutes())
}

func (m *Memory) sortedMutes() []Mute {
	return slices.SortedFunc(maps.Values(m.mutes), compareMutes)
}

func compareMutes(a, b Mute) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// Prune implements [Store].
func (m *Memory) Prune(_ context.Context, before time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	needed := int64(1<<63 - 1) // events from here on wait to be delivered
	for w := range m.waiting {
		needed = min(needed, w.Event)
	}
	had := len(m.events) + len(m.deliveries)
	for _, d := range m.deliveries {
		if d.State == Pending {
			needed = min(needed, slices.Min(d.Events))
		}
	}
	maps.DeleteFunc(m.deliveries, func(_ int64, d Delivery) bool { return d.State != Pending && d.Done.Before(before) })
	m.events = slices.DeleteFunc(m.events, func(e Event) bool { return e.Sequence < needed && e.At.Before(before) })
	return int64(had - len(m.events) - len(m.deliveries)), nil
}
