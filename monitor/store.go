package monitor

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// ErrTaken is what a store answers a watcher from which another took it over: two of them would tell everything twice.
var ErrTaken = errors.New("another watcher took over the store")

// A Store keeps what a watcher must not forget: alerts, what happened, what is still to be told, mutes, and how far it has come.
// [NewMemory] and [NewStore] make one. It is safe for concurrent use.
type Store interface {
	// Take gives the store to a watcher, from whoever has it, and returns what it needs to go on.
	Take(ctx context.Context, watcher string) (*Snapshot, error)
	// Commit makes a change, all of it or nothing. It answers [ErrTaken] when the watcher that makes it is not the one that took the
	// store last.
	Commit(ctx context.Context, c *Change) error

	// Alerts returns what is wrong, fired or not, in the order of their keys. A watcher stores what changed in a firing alert's details
	// only now and then.
	Alerts(ctx context.Context) ([]Alert, error)
	// Events yields the events that match q, newest first unless q wants otherwise. It reads page by page and may be stopped at any. An error is yielded last, with
	// a zero Event.
	Events(ctx context.Context, q EventQuery) iter.Seq2[Event, error]
	// Deliveries yields the messages that match q, newest first. An error is yielded last, with a zero Delivery.
	Deliveries(ctx context.Context, q DeliveryQuery) iter.Seq2[Delivery, error]
	// Mutes returns the mutes, oldest first, also those that are over but not swept away yet.
	Mutes(ctx context.Context) ([]Mute, error)
	// Prune forgets events and messages from before a time, and returns how many. It keeps what waits to be delivered.
	Prune(ctx context.Context, before time.Time) (int64, error)
}

// A Snapshot is what a store knows that a watcher needs to go on.
type Snapshot struct {
	Instance string // names the store for ever; the IDs of events and messages begin with it
	Sequence int64  // the last number given to an event or a message
	States   []State
	Cursors  map[string]pocket.Height // of block checks, by name
	Mutes    []Mute
	Waiting  []Waiting  // events to be told, in their order
	Pending  []Delivery // messages made of events that have not arrived, in their order
	Events   []Event    // those that Waiting and Pending name
	Notes    map[string]string
}

// Waiting is an event that a destination is to be told of.
type Waiting struct {
	Destination string
	Event       int64 // its Sequence
}

// A Change is what a watcher stores at once. What is the same as before is left out.
type Change struct {
	Watcher    string
	Sequence   int64   // the last number given to an event or a message
	States     []State // new or changed
	Gone       []Key   // of which nothing is left to remember
	Cursors    map[string]pocket.Height
	Events     []Event
	Waiting    []Waiting  // new
	Taken      []Waiting  // no longer waiting: a message tells of them
	Deliveries []Delivery // new or changed
	Mutes      []Mute     // new or changed
	Unmuted    []string   // IDs of mutes that are over
	Notes      map[string]string
}

// An EventQuery says which events are wanted. Its zero value wants all.
type EventQuery struct {
	Span     pocket.Span // of their times
	Match    Match
	Kinds    []EventKind // none is all
	Severity Severity    // at least
	After    int64       // events with a greater Sequence; 0 is all
	Before   int64       // events with a smaller Sequence: the next page; 0 is all
	Oldest   bool        // oldest first; otherwise newest first
	Limit    int         // 0 is all
}

// Matches reports whether q wants e, but for the limit.
func (q EventQuery) Matches(e Event) bool {
	return q.Span.Contains(e.At) && q.Match.Matches(e.Alert.Key, e.Alert.Labels) && e.Severity >= q.Severity &&
		e.Sequence > q.After && (q.Before == 0 || e.Sequence < q.Before) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind))
}

// A DeliveryState says how far a message has come.
type DeliveryState string

// The states of a message.
const (
	Pending   DeliveryState = "pending"   // it is sent, and sent again until it arrives
	Delivered DeliveryState = "delivered" // it arrived
	Dead      DeliveryState = "dead"      // it will not be sent any more
	Merged    DeliveryState = "merged"    // a later message tells what it would have told
)

// A Delivery is a message to one destination and what became of it.
type Delivery struct {
	ID          string        `json:"id"` // of the message: the idempotency key
	Destination string        `json:"destination"`
	Sequence    int64         `json:"sequence"` // grows with each message of a destination
	State       DeliveryState `json:"state"`
	Events      []int64       `json:"events"`           // what it tells, by Sequence
	Untold      []int64       `json:"untold,omitempty"` // ends among them whose firing nobody was told of before
	Merged      []int64       `json:"merged,omitempty"` // events that it tells by telling how they ended or went on
	Created     time.Time     `json:"created"`          // when the first of its events happened
	Tried       time.Time     `json:"tried,omitzero"`   // when it was last sent
	Next        time.Time     `json:"next,omitzero"`    // when it will be sent again; zero at once
	Done        time.Time     `json:"done,omitzero"`    // when it arrived, died or was merged
	Attempts    int           `json:"attempts"`
	Error       string        `json:"error,omitempty"` // of the last attempt that failed
}

// A DeliveryQuery says which messages are wanted. Its zero value wants all.
type DeliveryQuery struct {
	Destination string
	State       DeliveryState
	Event       int64 // messages that tell of the event with this Sequence
	Before      int64 // messages with a smaller Sequence: the next page; 0 is all
	Limit       int   // 0 is all
}

// Matches reports whether q wants d, but for the limit.
func (q DeliveryQuery) Matches(d Delivery) bool {
	return (q.Destination == "" || d.Destination == q.Destination) && (q.State == "" || d.State == q.State) &&
		(q.Event == 0 || slices.Contains(d.Events, q.Event) || slices.Contains(d.Merged, q.Event)) &&
		(q.Before == 0 || d.Sequence < q.Before)
}
