package monitor

import "time"

// An EventKind tells what happened to an alert.
type EventKind string

// The kinds of events.
const (
	Fired          EventKind = "fired"
	Reminded       EventKind = "reminded"       // it still fires
	Changed        EventKind = "changed"        // worse, better, or once more
	Escalated      EventKind = "escalated"      // nobody acknowledged it in time
	Resolved       EventKind = "resolved"       // it is over
	Withdrawn      EventKind = "withdrawn"      // it is not watched any more, or its rule changed
	Acknowledged   EventKind = "acknowledged"   // somebody took it
	Unacknowledged EventKind = "unacknowledged" // he gave it back
	Muted          EventKind = "muted"          // quiet until a time
	// Unmuted: a mute ended, and it still fires. Nobody may have been told of it before, so it is told as fully as a firing.
	Unmuted EventKind = "unmuted"
	// CaughtUp: it has fired for some time, and is told to destinations that were added since, as fully as a firing.
	CaughtUp EventKind = "caught_up"
)

// An Event is something that happened to an alert, as it is told, stored and subscribed to.
type Event struct {
	ID       string    `json:"id"`       // unique, and the same when the event is told again
	Sequence int64     `json:"sequence"` // grows with each event of a store
	Kind     EventKind `json:"kind"`
	// Severity is the alert's, but of an occurrence its own: a second, milder one leaves the alert as severe as it was.
	Severity Severity  `json:"severity"`
	Alert    Alert     `json:"alert"` // as it was after the event
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`   // who acknowledged or muted
	Note     string    `json:"note,omitempty"` // what he said to it
	Until    time.Time `json:"until,omitzero"` // of a muted event: when the mute ends; zero is when somebody ends it
	// Silent: nobody was told. It was muted, or an occurrence passed, which nobody needs to hear.
	Silent bool `json:"silent,omitempty"`
	// Untold, of a message's resolved event: the firing could not be told in time and is told together with the end, "was down from
	// Alert.Since to Alert.Resolved".
	Untold bool `json:"untold,omitempty"`
}

// An Alert is something that is wrong, from when it began until it is resolved.
type Alert struct {
	Key         `json:"key"`
	Severity    Severity          `json:"severity"`
	Occurrence  string            `json:"occurrence,omitempty"` // the last one's, of an alert that is of occurrences
	Facts       Facts             `json:"facts,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Since       time.Time         `json:"since"`             // when it began, which may be before it fired
	Fired       time.Time         `json:"fired,omitzero"`    // zero while it waits
	Resolved    time.Time         `json:"resolved,omitzero"` // zero while it lasts
	Count       int64             `json:"count"`             // occurrences, or results that found it failing
	Height      int64             `json:"height,omitempty"`  // of the block that told it last
	AckedBy     string            `json:"acked_by,omitempty"`
	AckedAt     time.Time         `json:"acked_at,omitzero"`
	Escalations int               `json:"escalations,omitempty"`
	Flaps       int               `json:"flaps,omitempty"` // how often it fired lately, when that is too often; it takes longer to resolve then
	Muted       bool              `json:"muted,omitempty"` // it is tracked, and nobody is told
	Held        bool              `json:"held,omitempty"`  // something that fires explains it, so it is silent
}

// Duration returns how long the alert lasted, or has lasted at now.
func (a Alert) Duration(now time.Time) time.Duration {
	if !a.Resolved.IsZero() {
		return a.Resolved.Sub(a.Since)
	}
	return now.Sub(a.Since)
}
