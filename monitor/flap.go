package monitor

import (
	"cmp"
	"time"
)

// What a Rule that does not say otherwise takes for flapping.
const (
	flapCount  = 3
	flapWindow = time.Hour
	flapMax    = time.Hour
	flapBase   = time.Minute // what is doubled when a rule resolves at once
	flapsKept  = 32          // firings remembered; with more of them the delay is at its longest long since
)

// fired notes that the alert fires, and whether that is too often.
func (r Rule) fired(s State, now time.Time) State {
	s.Alert.Flaps = 0
	if r.FlapCount < 0 {
		s.Fires = nil
		return s
	}
	s.Fires = append(recent(s.Fires, now.Add(-cmp.Or(r.FlapWindow, flapWindow))), now)
	if n := len(s.Fires); n > cmp.Or(r.FlapCount, flapCount) {
		s.Alert.Flaps = n
	}
	return s
}

// recent returns the times that are after an instant, in a slice of its own.
func recent(times []time.Time, after time.Time) []time.Time {
	var kept []time.Time
	for _, t := range times[max(0, len(times)-flapsKept+1):] {
		if t.After(after) {
			kept = append(kept, t)
		}
	}
	return kept
}

// recovery is how long an alert has to be healthy before it resolves: twice as long with each firing that was one too many.
func (r Rule) recovery(s State) time.Duration {
	if s.Alert.Flaps == 0 || r.FlapCount < 0 {
		return r.Recover
	}
	d, longest := max(r.Recover, flapBase), cmp.Or(r.FlapMax, flapMax)
	for range s.Alert.Flaps - cmp.Or(r.FlapCount, flapCount) {
		if d >= longest {
			break
		}
		d *= 2
	}
	return max(r.Recover, min(d, longest))
}
