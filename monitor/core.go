package monitor

import (
	"container/heap"
	"maps"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// own is the check that results about the watching itself are by. No other may be called so.
const own = "monitor"

// A core holds all that a watcher knows, as it is stored. It changes only by a batch that was committed, and does nothing by itself.
type core struct {
	rules    *Rules
	instance string
	sequence int64

	states  map[Key]*entry
	checks  map[string]map[Key]bool // keys with a state, by check
	depend  map[Key]map[Key]bool    // keys with a state, by what may explain it
	due     dueHeap
	mutes   map[string]Mute
	cursors map[string]pocket.Height
	notes   map[string]string
	boxes   map[string]*outbox
	order   []string           // names of boxes, as they were given
	failing map[string]failure // checks that cannot look at all

	grouping Grouping
	deliver  func(*outbox) // begins to deliver to a destination; nil while nothing is delivered
}

// An entry is a state and when time has to look at it next.
type entry struct {
	State
	due   time.Time
	index int // in the heap; -1 when not there
	saved time.Time
}

func newCore(rules *Rules, grouping Grouping, destinations []Destination) *core {
	c := &core{
		rules: rules, grouping: grouping, states: map[Key]*entry{}, checks: map[string]map[Key]bool{}, depend: map[Key]map[Key]bool{},
		mutes: map[string]Mute{}, cursors: map[string]pocket.Height{}, notes: map[string]string{}, boxes: map[string]*outbox{},
		failing: map[string]failure{},
	}
	for _, d := range destinations {
		c.boxes[d.Name] = newOutbox(d.withDefaults(), grouping)
		c.order = append(c.order, d.Name)
	}
	return c
}

// load takes over what was stored.
func (c *core) load(s *Snapshot) {
	c.instance, c.sequence = s.Instance, s.Sequence
	for _, state := range s.States {
		c.put(state, time.Time{})
	}
	maps.Copy(c.cursors, s.Cursors)
	maps.Copy(c.notes, s.Notes)
	for _, m := range s.Mutes {
		c.mutes[m.ID] = m
	}
	events := map[int64]*Event{}
	for i := range s.Events {
		events[s.Events[i].Sequence] = &s.Events[i]
	}
	for _, w := range s.Waiting {
		if e := events[w.Event]; e != nil {
			c.box(w.Destination).push(e)
		}
	}
	for _, d := range s.Pending {
		c.box(d.Destination).restore(d, events)
	}
}

// box returns the outbox of a destination, also of one that is not there any more.
func (c *core) box(name string) *outbox {
	b := c.boxes[name]
	if b == nil {
		b = newOutbox(Destination{Name: name}, c.grouping)
		c.boxes[name] = b
	}
	return b
}

// put makes s the state of its key.
func (c *core) put(s State, saved time.Time) {
	k := s.Alert.Key
	e := c.states[k]
	if e != nil {
		unlink(c.checks, e.Check, k)
		for _, cause := range e.Causes {
			unlink(c.depend, cause, k)
		}
	}
	if s.idle() {
		if e != nil {
			c.schedule(e, time.Time{})
			delete(c.states, k)
		}
		return
	}
	if e == nil {
		e = &entry{index: -1}
		c.states[k] = e
	}
	e.State = s.begun()
	if !saved.IsZero() {
		e.saved = saved
	}
	link(c.checks, s.Check, k)
	for _, cause := range e.Causes {
		link(c.depend, cause, k)
	}
	c.schedule(e, c.rules.find(k, s.Alert.Labels).Due(e.State))
}

func link[K comparable](index map[K]map[Key]bool, by K, k Key) {
	if index[by] == nil {
		index[by] = map[Key]bool{}
	}
	index[by][k] = true
}

func unlink[K comparable](index map[K]map[Key]bool, by K, k Key) {
	delete(index[by], k)
	if len(index[by]) == 0 {
		delete(index, by)
	}
}

func (c *core) schedule(e *entry, at time.Time) {
	e.due = at
	switch {
	case at.IsZero() && e.index >= 0:
		heap.Remove(&c.due, e.index)
	case at.IsZero():
	case e.index >= 0:
		heap.Fix(&c.due, e.index)
	default:
		heap.Push(&c.due, e)
	}
}

// muted reports whether a mute is over an alert.
func (c *core) muted(a *Alert, now time.Time) bool {
	for _, m := range c.mutes {
		if m.Active(now) && m.Match.Matches(a.Key, a.Labels) {
			return true
		}
	}
	return false
}

// next returns when time has something to do, the zero time for never.
func (c *core) next(now time.Time) time.Time {
	var next time.Time
	if len(c.due) > 0 {
		next = c.due[0].due
	}
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, m := range c.mutes {
		sooner(m.Next(now))
	}
	for _, o := range c.boxes {
		sooner(o.alarmAt())
	}
	return next
}

// A dueHeap has the entry first that time has to look at first.
type dueHeap []*entry

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *dueHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}

// until returns what is due, from the entry at i downwards.
func (h dueHeap) until(now time.Time, i int, found []*entry) []*entry {
	if i >= len(h) || h[i].due.After(now) {
		return found
	}
	found = append(found, h[i])
	return h.until(now, 2*i+2, h.until(now, 2*i+1, found))
}
