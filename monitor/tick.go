package monitor

import (
	"cmp"
	"time"
)

// lasts is how long an occurrence fires after the last one.
func (r Rule) lasts() time.Duration { return cmp.Or(r.Lasts, 24*time.Hour) }

// Tick is what time alone makes of a state: an alert that has failed for long enough fires, one that was healthy for long enough
// resolves, an occurrence passes, people are reminded, and a critical alert that nobody took escalates. It returns the new state and what
// is to be told of it, "" for nothing.
func (r Rule) Tick(s State, now time.Time) (State, EventKind) {
	s = s.begun()
	switch {
	case !s.Wrong():
		if r.calmAt(s).After(now) {
			return s, ""
		}
		s.Fires = nil
		return s, ""
	case r.Disabled:
		return s.Withdrawn(now)
	case !s.Firing():
		return r.mayFire(s, now, false)
	case s.occurs() && !now.Before(s.Occurred.Add(r.lasts())):
		s.Alert.Resolved = now
		return s, Resolved
	}
	if s, kind := r.mayResolve(s, now); kind != "" {
		return s, kind
	}
	if s, kind := r.mayChange(s, now, false); kind != "" {
		return s, kind
	}
	switch {
	case due(r.escalateAt(s), now):
		s.Alert.Escalations++
		s.Waiting = now
		return s.spoken(now), Escalated
	case due(r.remindAt(s), now):
		return s.spoken(now), Reminded
	}
	return s, ""
}

// Due returns when Tick has something to do for s, if no result comes before; the zero time for never.
func (r Rule) Due(s State) time.Time {
	s = s.begun()
	switch {
	case !s.Wrong():
		return r.calmAt(s)
	case r.Disabled:
		return s.Alert.Since
	case !s.Firing():
		if s.Alert.Held || !s.Blind.IsZero() || !r.confirmed(s) {
			return time.Time{}
		}
		return r.fireAt(s, false)
	}
	var first time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if s.occurs() {
		sooner(s.Occurred.Add(r.lasts()))
	}
	if !s.GoodSince.IsZero() && s.Blind.IsZero() && s.Good >= r.Recoveries {
		sooner(r.resolveAt(s))
	}
	if !s.Alert.Held && s.differs() {
		sooner(cmp.Or(r.readyAt(s, false), s.Told))
	}
	sooner(r.escalateAt(s))
	sooner(r.remindAt(s))
	return first
}

func due(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// recovering reports whether the alert was healthy when last looked at, and only waits to be sure.
func (s State) recovering() bool { return !s.GoodSince.IsZero() }

func (r Rule) escalateAt(s State) time.Time {
	if r.Escalate <= 0 || s.Waiting.IsZero() || s.recovering() {
		return time.Time{}
	}
	return s.Waiting.Add(r.Escalate)
}

func (r Rule) remindAt(s State) time.Time {
	a := &s.Alert
	if r.Remind <= 0 || a.Muted || a.Held || !a.AckedAt.IsZero() || s.recovering() {
		return time.Time{}
	}
	return s.Told.Add(r.Remind)
}

// calmAt is when the last firing is so long ago that the next one is not flapping.
func (r Rule) calmAt(s State) time.Time {
	if len(s.Fires) == 0 {
		return time.Time{}
	}
	return s.Fires[len(s.Fires)-1].Add(cmp.Or(r.FlapWindow, flapWindow))
}
