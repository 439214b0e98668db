package monitor

import (
	"context"
	"time"
)

// A Notifier delivers messages to one destination: a chat, a mailbox, a webhook.
//
// Notify returns nil once the message has arrived. It may be called again with the same message after a crash or a lost answer: the
// message's ID is the same then. A [*DeliveryError] says whether to try again and when; any other error is tried again with growing pauses.
type Notifier interface {
	Notify(ctx context.Context, m Message) error
}

// A Message is what is sent to one destination at once: one event, or several that belong together.
type Message struct {
	ID          string // idempotency key: the same for every attempt, and for no other message
	Destination string
	Sequence    int64   // grows with each message of the destination, which arrive in this order
	Events      []Event // at least one; several of one storm
	Created     time.Time
	Late        time.Duration // how long after Created this attempt is, when it is worth saying; else 0
	Attempt     int           // from 1
}

// A DeliveryError is an error of Notify that says how to go on.
type DeliveryError struct {
	RetryAfter time.Duration // how long the destination asks to wait; 0 when it does not say
	// Permanent: the destination takes nothing any more, such as when a user has blocked the bot. What waits for it is dropped as dead, the
	// other destinations hear of it once, and nothing is sent there until [Watcher.Tell] adds it again, a [Watcher.Test] arrives, or the
	// program begins anew.
	Permanent bool
	// Refused: this message will never be taken, but the next one may be, such as when it is too long. It alone is dropped as dead.
	Refused bool
	Err     error // without secrets
}

// Error says what went wrong.
func (e *DeliveryError) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *DeliveryError) Unwrap() error { return e.Err }
