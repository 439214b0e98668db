package pocket

import (
	"errors"
	"fmt"
	"time"
)

// A Filter chooses events by whom they concern. An empty field lets all through; of a field with several values one must
// match; all fields that are not empty must.
type Filter struct {
	Suppliers    []Address
	Owners       []Address
	Applications []Address
	Recipients   []Address // settlements that pay one of them
	Services     []ServiceID
}

// IsZero reports whether f lets everything through.
func (f Filter) IsZero() bool {
	return len(f.Suppliers) == 0 && len(f.Owners) == 0 && len(f.Applications) == 0 && len(f.Recipients) == 0 && len(f.Services) == 0
}

// An EventQuery chooses events by time, kind and whom they concern.
type EventQuery struct {
	Span
	Filter
	Kinds  []Kind // empty means all
	Newest bool   // newest first; oldest first otherwise
	Limit  int    // at most so many; 0 means all
}

// A SettlementQuery is an EventQuery whose Kinds are not looked at: it chooses settlements.
type SettlementQuery = EventQuery

// Check returns an error that says what is wrong with s: a range the wrong way round.
func (s Span) Check() error {
	if !s.From.IsZero() && !s.To.IsZero() && s.To.Before(s.From) {
		return fmt.Errorf("range from %s to %s is the wrong way round: %w",
			s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), ErrInvalid)
	}
	return nil
}

// Check returns an error that names what is wrong with q, nil when nothing is.
func (q EventQuery) Check() error {
	var limit error
	if q.Limit < 0 {
		limit = fmt.Errorf("limit %d is negative: %w", q.Limit, ErrInvalid)
	}
	return errors.Join(q.Span.Check(), limit)
}

// A Selection says what to decode of a block, so that the rest is skipped unread.
type Selection struct {
	Kinds []Kind // empty means all
	// Mentions keeps the events in whose attributes one of these addresses occurs, in whatever role: as supplier, owner,
	// application, recipient, sender. Empty means all events.
	Mentions []Address
}
