package monitor

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"time"

	"github.com/shopspring/decimal"
)

// A State is what is remembered of one key: the alert as it truly is, and what people were told of it. The zero State is that of a key
// with which nothing was ever wrong. It is a value: what changes it returns another.
type State struct {
	Alert Alert `json:"alert"` // Since is zero while nothing is wrong

	Check string `json:"check,omitempty"` // who looks at it
	Rule  string `json:"rule,omitempty"`  // checksum of the rule it was judged by

	// What was seen.
	Bad       int                 `json:"bad,omitempty"`  // failing results in a row
	Good      int                 `json:"good,omitempty"` // healthy results in a row
	GoodSince time.Time           `json:"good_since,omitzero"`
	Blind     time.Time           `json:"blind,omitzero"` // since when nobody could look
	Reading   decimal.NullDecimal `json:"reading,omitzero"`
	Band      int                 `json:"band,omitempty"`     // counted from 1; 0 is none
	Override  Severity            `json:"override,omitempty"` // the check's own severity
	Latest    Severity            `json:"latest,omitempty"`   // of the last occurrence
	Occurred  time.Time           `json:"occurred,omitzero"`  // when the last occurrence was learned of
	Causes    []Key               `json:"causes,omitempty"`
	Freed     time.Time           `json:"freed,omitzero"` // when what explained it ended
	Fires     []time.Time         `json:"fires,omitempty"`
	// Seen are the occurrences that looks have reported, shortened, and when they last did, in Unix seconds.
	Seen map[string]int64 `json:"seen,omitempty"`

	// What was told.
	Told         time.Time `json:"told,omitzero"` // when it was last spoken of; reminders count from there
	ToldSeverity Severity  `json:"told_severity,omitempty"`
	ToldBand     int       `json:"told_band,omitempty"`
	ToldCount    int64     `json:"told_count,omitempty"`
	AckSeverity  Severity  `json:"ack_severity,omitempty"` // how severe it was when somebody took it
	Waiting      time.Time `json:"waiting,omitzero"`       // since when a critical alert waits for somebody to take it
	Heard        []string  `json:"heard,omitempty"`        // the destinations that were told of it
}

// Wrong reports whether something is wrong, told or not.
func (s State) Wrong() bool { return !s.Alert.Since.IsZero() && s.Alert.Resolved.IsZero() }

// Firing reports whether the alert fires.
func (s State) Firing() bool { return s.Wrong() && !s.Alert.Fired.IsZero() }

// heard are the destinations that were told of it, to be looked up: there may be many.
func (s State) heard() map[string]bool {
	heard := make(map[string]bool, len(s.Heard))
	for _, name := range s.Heard {
		heard[name] = true
	}
	return heard
}

// idle reports whether there is nothing to remember.
func (s State) idle() bool {
	return !s.Wrong() && len(s.Fires) == 0 && len(s.Seen) == 0 && s.Blind.IsZero()
}

// rest returns what is left of s when its alert is over.
func (s State) rest() State {
	return State{Alert: Alert{Key: s.Alert.Key}, Check: s.Check, Rule: s.Rule, Blind: s.Blind, Fires: s.Fires, Seen: s.Seen}
}

// begun returns s without an alert that ended with the event before.
func (s State) begun() State {
	if s.Alert.Resolved.IsZero() {
		return s
	}
	return s.rest()
}

// occurs reports whether the alert is of occurrences.
func (s State) occurs() bool { return s.Alert.Occurrence != "" }

// differs reports whether the alert is worth another word since it was last spoken of.
func (s State) differs() bool {
	if s.occurs() {
		return s.Alert.Count > s.ToldCount
	}
	return s.Alert.Severity != s.ToldSeverity || s.Band > s.ToldBand
}

// spoken notes that people are told of s as it is.
func (s State) spoken(now time.Time) State {
	s.Told, s.ToldSeverity, s.ToldBand, s.ToldCount, s.Freed = now, s.Alert.Severity, s.Band, s.Alert.Count, time.Time{}
	return s
}

// awaited keeps the time since when a critical alert waits for somebody: only one that people were told of does.
func (s State) awaited(now time.Time) State {
	a := &s.Alert
	switch waits := s.Firing() && a.Severity >= Critical && a.AckedAt.IsZero() && !a.Muted && !a.Held; {
	case !waits:
		s.Waiting = time.Time{}
	case s.Waiting.IsZero():
		s.Waiting = now
	}
	return s
}

// Acknowledged returns s after somebody took the alert: nobody is reminded of it and nothing escalates until it is worse or over.
func (s State) Acknowledged(by string, now time.Time) State {
	s.Alert.AckedBy, s.Alert.AckedAt, s.AckSeverity = by, now, s.Alert.Severity
	return s.awaited(now)
}

// Unacknowledged returns s after he who took it gave it back.
func (s State) Unacknowledged(now time.Time) State {
	s.Alert.AckedBy, s.Alert.AckedAt, s.AckSeverity, s.Told = "", time.Time{}, 0, now
	return s.awaited(now)
}

// Quieted returns s with a mute over it, or without. Reminders and escalation begin anew when it ends.
func (s State) Quieted(muted bool, now time.Time) State {
	if s.Alert.Muted == muted {
		return s
	}
	s.Alert.Muted = muted
	if !muted && s.Firing() {
		s = s.spoken(now)
	}
	return s.awaited(now)
}

// Explained returns s with something that explains it, or without. Once what explained it is over, it has to be found failing anew.
func (s State) Explained(held bool, now time.Time) State {
	if s.Alert.Held == held {
		return s
	}
	s.Alert.Held, s.Freed = held, time.Time{}
	if !held && s.Wrong() {
		s.Freed, s.Told = now, now
	}
	return s.awaited(now)
}

// shortened names an occurrence in a few letters, whatever its own length.
func shortened(occurrence string) string {
	sum := sha256.Sum256([]byte(occurrence))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// meet notes that a look reported an occurrence and tells whether it is new. It is noted again once a day, so that what is still
// reported is not forgotten.
func (s State) meet(occurrence string, now time.Time) (State, bool) {
	name := shortened(occurrence)
	last, known := s.Seen[name]
	if known && now.Unix()-last < int64(24*time.Hour/time.Second) {
		return s, false
	}
	seen := maps.Clone(s.Seen)
	if seen == nil {
		seen = map[string]int64{}
	}
	seen[name] = now.Unix()
	s.Seen = seen
	return s, !known
}

// forget drops occurrences that were not reported since a time.
func (s State) forget(before time.Time) State {
	stale := func(_ string, last int64) bool { return last < before.Unix() }
	for name, last := range s.Seen {
		if stale(name, last) {
			s.Seen = maps.Clone(s.Seen)
			maps.DeleteFunc(s.Seen, stale)
			break
		}
	}
	return s
}
