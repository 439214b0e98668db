package monitor

import (
	"errors"
	"fmt"
	"time"
)

// A Mute keeps alerts quiet: they are tracked, and nobody is told. When it ends, what still fires is told, as [Unmuted].
type Mute struct {
	ID    string    `json:"id"` // given by [Watcher.Mute]
	Match Match     `json:"match"`
	From  time.Time `json:"from,omitzero"`  // zero is at once
	Until time.Time `json:"until,omitzero"` // zero is until somebody ends it
	// UntilFixed ends it when nothing fires any more of what it mutes. The end of those alerts is told.
	UntilFixed bool `json:"until_fixed,omitempty"`
	// Windows are the times of the week at which it mutes: maintenance. With none it always does.
	Windows []Window  `json:"windows,omitempty"`
	By      string    `json:"by,omitempty"`
	Comment string    `json:"comment,omitempty"`
	Created time.Time `json:"created"`
}

// Validate reports what cannot be meant.
func (m Mute) Validate() error {
	if err := m.Match.Validate(); err != nil {
		return fmt.Errorf("mute: %w", err)
	}
	if !m.From.IsZero() && !m.Until.IsZero() && !m.From.Before(m.Until) {
		return fmt.Errorf("mute: it ends at %s, before it begins at %s", m.Until.Format(time.RFC3339), m.From.Format(time.RFC3339))
	}
	var errs []error
	for _, w := range m.Windows {
		errs = append(errs, w.Validate())
	}
	return errors.Join(errs...)
}

// Over reports whether it will never mute again.
func (m Mute) Over(now time.Time) bool { return !m.Until.IsZero() && !now.Before(m.Until) }

// Active reports whether it mutes now.
func (m Mute) Active(now time.Time) bool {
	if m.Over(now) || now.Before(m.From) {
		return false
	}
	if len(m.Windows) == 0 {
		return true
	}
	for _, w := range m.Windows {
		if w.Contains(now) {
			return true
		}
	}
	return false
}

// Next returns when it begins or ends to mute after now, the zero time for never.
func (m Mute) Next(now time.Time) time.Time {
	var next time.Time
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	sooner(m.From)
	sooner(m.Until)
	if !m.Over(now) {
		for _, w := range m.Windows {
			sooner(w.Next(now))
		}
	}
	return next
}
