package monitor

import (
	"cmp"
	"slices"
)

// An urgency is the turn in which events are told when not all can be at once.
type urgency int8

const (
	urgent   urgency = iota // critical, and news
	news                    // other news
	over                    // what ended
	deed                    // what somebody did
	reminder                // what was told before
)

func urgencyOf(e *Event) urgency {
	switch e.Kind {
	case Fired, Changed, Escalated, Unmuted, CaughtUp:
		if e.Severity >= Critical || e.Alert.Name == MonitorTest {
			return urgent
		}
		return news
	case Resolved, Withdrawn:
		return over
	case Reminded:
		return reminder
	}
	return deed
}

// A lane is what waits to be told of one alert. It is told in this order, and all in one message or the first of it.
type lane struct {
	events  []*Event
	untold  []int64 // ends among events whose beginning is told with them
	merged  []int64 // what need not be told any more, because of what came after
	urgency urgency
	sort    sort
}

// lanes sorts what waits by alerts, the most urgent first.
func lanes(queue []*Event) []*lane {
	byKey := map[Key]*lane{}
	var all []*lane
	for _, e := range queue {
		l := byKey[e.Alert.Key]
		if l == nil {
			l = &lane{}
			byKey[e.Alert.Key] = l
			all = append(all, l)
		}
		l.add(e)
	}
	for _, l := range all {
		first := l.events[0]
		l.urgency, l.sort = urgencyOf(first), sort{first.Alert.Name, first.Severity, first.Kind}
		for _, e := range l.events[1:] {
			l.urgency = min(l.urgency, urgencyOf(e))
		}
	}
	slices.SortStableFunc(all, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(a.urgency, b.urgency), cmp.Compare(a.events[0].Sequence, b.events[0].Sequence))
	})
	return all
}

// sameLife reports whether two events are of one alert from its beginning to its end.
func sameLife(a, b *Event) bool {
	return a.Alert.Key == b.Alert.Key && a.Alert.Fired.Equal(b.Alert.Fired)
}

// opens reports whether an event is the first that somebody hears of an alert.
func opens(e *Event) bool { return e.Kind == Fired || e.Kind == Unmuted || e.Kind == CaughtUp }

func ends(e *Event) bool { return e.Kind == Resolved || e.Kind == Withdrawn }

// add puts an event behind the others. A reminder is worth nothing beside what is news anyway; and the end of an alert whose beginning
// nobody was told of is told with its beginning.
func (l *lane) add(e *Event) {
	begin := len(l.events)
	for begin > 0 && sameLife(l.events[begin-1], e) && !ends(l.events[begin-1]) {
		begin--
	}
	life := l.events[begin:]
	if ends(e) && slices.ContainsFunc(life, opens) {
		l.untold = append(l.untold, e.Sequence)
		for _, before := range life {
			l.merged = append(l.merged, before.Sequence)
		}
		l.events = append(l.events[:begin], e)
		return
	}
	if e.Kind == Reminded && slices.ContainsFunc(life, func(before *Event) bool { return before.Kind != Reminded }) {
		l.merged = append(l.merged, e.Sequence)
		return
	}
	for len(l.events) > begin && l.events[len(l.events)-1].Kind == Reminded {
		l.merged = append(l.merged, l.events[len(l.events)-1].Sequence)
		l.events = l.events[:len(l.events)-1]
	}
	l.events = append(l.events, e)
}

// cut leaves in l only the first events, and returns how many those are.
func (l *lane) cut(most int) int {
	if len(l.events) <= most {
		return len(l.events)
	}
	l.events = l.events[:most]
	last := l.events[most-1].Sequence
	later := func(sequence int64) bool { return sequence > last }
	l.untold, l.merged = slices.DeleteFunc(l.untold, later), slices.DeleteFunc(l.merged, later)
	return most
}
