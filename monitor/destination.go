package monitor

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Destination is somebody to be told: a chat, a mailbox, another program.
type Destination struct {
	Name     string // for ever: what was told to whom is remembered by it
	Notifier Notifier
	Filter   Filter
	// Escalation makes it hear only of critical alerts that nobody acknowledged in time, and of those how they go on.
	Escalation bool
	// CatchUp tells it what fires already when it is added, and what its filter newly lets through when it is changed: each alert once,
	// also over restarts. Without it a destination hears only of what happens from then on.
	CatchUp bool

	PerMinute int           // messages; with more to say, they are merged. 0 is 20, negative is any number
	Timeout   time.Duration // for one attempt; 0 is 30 seconds
	GiveUp    time.Duration // how old a message may become before it is dropped as dead; 0 is a day
	LateAfter time.Duration // from when on a message says that it is late; 0 is two minutes
	// AlarmAfter is how long a message may wait for the destination to take it before the others are told of that; 0 is ten minutes.
	AlarmAfter time.Duration
}

// A Filter says what a destination wants to hear. Its zero value lets everything through.
type Filter struct {
	Severity Severity // at least
	Match    []Match  // any of these; none is all
	Except   []Match  // none of these
}

// Wants reports whether f lets through an alert with this key, these labels and this severity.
func (f Filter) Wants(k Key, labels map[string]string, severity Severity) bool {
	if severity < f.Severity {
		return false
	}
	for _, m := range f.Except {
		if m.Matches(k, labels) {
			return false
		}
	}
	for _, m := range f.Match {
		if m.Matches(k, labels) {
			return true
		}
	}
	return len(f.Match) == 0
}

// validate reports what cannot be meant.
func (d Destination) validate() error {
	if d.Name == "" || d.Notifier == nil {
		return fmt.Errorf("destination %q: want a name and a notifier", d.Name)
	}
	if !isCleanName(d.Name) {
		return fmt.Errorf("destination %q: want a name that is valid text", d.Name)
	}
	var errs []error
	for _, m := range append(append([]Match(nil), d.Filter.Match...), d.Filter.Except...) {
		if err := m.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("destination %s: %w", d.Name, err))
		}
	}
	for _, limit := range []time.Duration{d.Timeout, d.GiveUp, d.LateAfter, d.AlarmAfter} {
		if limit < 0 {
			errs = append(errs, fmt.Errorf("destination %s: a limit of time is below 0", d.Name))
		}
	}
	return errors.Join(errs...)
}

// withDefaults writes out what zero values mean.
func (d Destination) withDefaults() Destination {
	d.PerMinute = cmp.Or(d.PerMinute, 20)
	d.Timeout = cmp.Or(d.Timeout, 30*time.Second)
	d.GiveUp = cmp.Or(d.GiveUp, day)
	d.LateAfter = cmp.Or(d.LateAfter, 2*time.Minute)
	d.AlarmAfter = cmp.Or(d.AlarmAfter, 10*time.Minute)
	return d
}

// hears reports whether d is told of an event. heard says whether it was told of the alert before: how that goes on and ends is told to
// whom it concerns, and to nobody else.
func (d Destination) hears(e Event, heard bool) bool {
	k := e.Alert.Key
	switch {
	case e.Silent, k.Name == MonitorDeliveryFailed && k.Subject == d.Name:
		return false
	case k.Name == MonitorTest:
		return e.Kind == Fired
	}
	wants := d.Filter.Wants(k, e.Alert.Labels, e.Severity)
	switch e.Kind {
	case Fired, Reminded, Unmuted:
		return wants && !d.Escalation
	case Escalated:
		return wants && d.Escalation
	case Changed:
		if e.Alert.Occurrence != "" {
			return wants && (heard || !d.Escalation)
		}
		return heard || wants && !d.Escalation
	}
	return heard
}

// catchesUp reports whether d, which has not heard of an alert that fires, is to be told of it now.
func (d Destination) catchesUp(s State) bool {
	a := &s.Alert
	switch {
	case !d.CatchUp, !s.Firing(), a.Muted, a.Held, a.Name == MonitorTest, a.Name == MonitorDeliveryFailed && a.Subject == d.Name:
		return false
	case d.Escalation && (a.Escalations == 0 || !a.AckedAt.IsZero()):
		return false
	}
	return d.Filter.Wants(a.Key, a.Labels, a.Severity)
}

// message is the message of a delivery as it is sent now.
func (d Destination) message(of Delivery, parts []*Event) Message {
	m := Message{
		ID: of.ID, Destination: of.Destination, Sequence: of.Sequence, Created: of.Created, Attempt: of.Attempts,
		Events: make([]Event, len(parts)),
	}
	for i, e := range parts {
		m.Events[i] = *e
		m.Events[i].Untold = slices.Contains(of.Untold, e.Sequence)
	}
	if late := of.Tried.Sub(of.Created); late >= d.LateAfter {
		m.Late = late
	}
	return m
}
