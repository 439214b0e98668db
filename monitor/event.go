package monitor

import "time"

// An EventKind tells what happened to an alert.
type EventKind string

// The kinds of events.
const (
	Fired        EventKind = "fired"
	Reminded     EventKind = "reminded"     // it still fires
	Changed      EventKind = "changed"      // worse, better, or once more
	Escalated    EventKind = "escalated"    // nobody acknowledged it in time
	Resolved     EventKind = "resolved"     // it is over
	Withdrawn    EventKind = "withdrawn"    // it is not watched any more, or its rule changed
	Acknowledged EventKind = "acknowledged" // somebody took it
	Muted        EventKind = "muted"        // quiet until a time
	Unmuted      EventKind = "unmuted"
)

// An Event is something that happened to an alert, as it is told, stored and subscribed to.
type Event struct {
	ID    string    `json:"id"` // unique, and the same when the event is told again
	Kind  EventKind `json:"kind"`
	Alert Alert     `json:"alert"` // as it was after the event
	At    time.Time `json:"at"`
	By    string    `json:"by,omitempty"`   // who acknowledged or muted
	Note  string    `json:"note,omitempty"` // what he said to it
}

// An Alert is something that is wrong, from when it began until it is resolved.
type Alert struct {
	Key         `json:"key"`
	Severity    Severity          `json:"severity"`
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
}

// Duration returns how long the alert lasted, or has lasted at now.
func (a Alert) Duration(now time.Time) time.Duration {
	if !a.Resolved.IsZero() {
		return a.Resolved.Sub(a.Since)
	}
	return now.Sub(a.Since)
}
