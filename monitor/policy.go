package monitor

import "time"

// Next is what a result makes of a state. It returns the new state and what is to be told of it, "" for nothing. It asks no clock and
// changes nothing, so that the same result found twice is only counted twice.
//
// A state whose alert is over still holds that alert; the next call lets it go.
func (r Rule) Next(s State, res Result, now time.Time) (State, EventKind) {
	s = s.begun()
	s.Alert.Key = res.Key
	if r.Disabled {
		return s.Withdrawn(now)
	}
	if res.Occurrence != "" {
		return r.occurred(s, res, now)
	}
	health, band := r.judge(res, s.Band)
	switch health {
	case Healthy:
		return r.healthy(s, res, now)
	case Failing:
		return r.failing(s, res, band, now)
	}
	if s.Blind.IsZero() {
		s.Blind = now
	}
	if len(res.Causes) > 0 {
		s.Causes = res.Causes // why nobody can look
	}
	return s, ""
}

// judge says how a result is, and in which band.
func (r Rule) judge(res Result, held int) (Health, int) {
	switch {
	case res.Err != nil && res.Health != Failing:
		return Unknown, 0
	case !res.Reading.Valid || len(r.Bands) == 0:
		return res.Health, 0
	}
	band := r.band(res.Reading.Decimal, held)
	if band == 0 {
		return Healthy, 0
	}
	return Failing, band
}

// severity is how severe an alert in a band is.
func (r Rule) severity(override Severity, band int) Severity {
	switch {
	case override != 0:
		return override
	case band > 0 && band <= len(r.Bands) && r.Bands[band-1].Severity != 0:
		return r.Bands[band-1].Severity
	case r.Severity != 0:
		return r.Severity
	}
	return Warning
}

// moment is when a result was so: never in the future, and by our clock when the check does not say.
func moment(at, now time.Time) time.Time {
	if at.IsZero() || at.After(now) {
		return now
	}
	return at.UTC()
}

// detail takes over what a failing result knows.
func (s State) detail(res Result) State {
	s.Alert.Facts, s.Alert.Labels, s.Causes = res.Facts, res.Labels, res.Causes
	if res.Height != 0 {
		s.Alert.Height = int64(res.Height)
	}
	return s
}

func (r Rule) failing(s State, res Result, band int, now time.Time) (State, EventKind) {
	if s.Alert.Since.IsZero() {
		s.Alert.Since = moment(res.At, now)
	}
	s = s.detail(res)
	s.Bad++
	s.Good, s.GoodSince, s.Blind = 0, time.Time{}, time.Time{}
	s.Alert.Count++
	s.Alert.Occurrence = ""
	s.Reading, s.Band, s.Override = res.Reading, band, res.Severity
	return r.graded(s, r.severity(res.Severity, band), now)
}

// graded gives a failing state its severity, and fires or tells of a change if it is time.
func (r Rule) graded(s State, severity Severity, now time.Time) (State, EventKind) {
	s.Alert.Severity = severity
	if severity > s.AckSeverity && !s.Alert.AckedAt.IsZero() {
		s.Alert.AckedBy, s.Alert.AckedAt, s.AckSeverity = "", time.Time{}, 0
	}
	if !s.Firing() {
		return r.mayFire(s, now, true)
	}
	s = s.awaited(now)
	return r.mayChange(s, now, true)
}

func (r Rule) healthy(s State, res Result, now time.Time) (State, EventKind) {
	s.Blind = time.Time{}
	switch {
	case s.Alert.Since.IsZero(), s.occurs():
		return s, "" // an occurrence passes with time
	case s.Alert.Fired.IsZero():
		return s.rest(), "" // it never fired: nobody needs to know
	}
	s.Bad = 0
	s.Good++
	if s.GoodSince.IsZero() {
		s.GoodSince = moment(res.At, now)
		if s.GoodSince.Before(s.Alert.Since) {
			s.GoodSince = now
		}
	}
	s.Reading, s.Band = res.Reading, 0
	return r.mayResolve(s, now)
}

func (r Rule) occurred(s State, res Result, now time.Time) (State, EventKind) {
	s.Blind = time.Time{}
	if !res.once {
		var fresh bool
		if s, fresh = s.meet(res.Occurrence, now); !fresh {
			return s, ""
		}
	}
	_, band := r.judge(res, 0)
	s.Latest = r.severity(res.Severity, band)
	if s.Alert.Since.IsZero() {
		s.Alert.Since = moment(res.At, now)
	}
	s = s.detail(res)
	s.Alert.Occurrence, s.Occurred = res.Occurrence, now
	s.Alert.Count++
	s.Good, s.GoodSince = 0, time.Time{}
	s.Reading, s.Band, s.Override = res.Reading, band, res.Severity
	return r.graded(s, max(s.Latest, s.Alert.Severity), now)
}

// ready reports whether what explained the alert until lately has been over for long enough. A result that found it failing since then is
// better news than silence, which has to last.
func (r Rule) ready(s State, now time.Time, fresh bool) bool {
	return !now.Before(r.readyAt(s, fresh))
}

// freedFor is how long an alert that nobody looks at anew has to last after what explained it is over.
const freedFor = time.Minute

func (r Rule) readyAt(s State, fresh bool) time.Time {
	switch {
	case s.Freed.IsZero():
		return time.Time{}
	case s.occurs():
		return s.Freed
	case fresh:
		return s.Freed.Add(r.For)
	}
	return s.Freed.Add(max(r.For, freedFor))
}

// mayFire fires a failing state if it has failed for long enough.
func (r Rule) mayFire(s State, now time.Time, fresh bool) (State, EventKind) {
	if s.Alert.Held || !s.Blind.IsZero() || now.Before(r.fireAt(s, fresh)) || !r.confirmed(s) {
		return s, ""
	}
	s.Alert.Fired = now
	s = r.fired(s, now).spoken(now)
	return s.awaited(now), Fired
}

func (r Rule) confirmed(s State) bool { return s.occurs() || s.Bad >= r.Confirmations }

func (r Rule) fireAt(s State, fresh bool) time.Time {
	at := s.Alert.Since
	if !s.occurs() {
		at = at.Add(r.For)
	}
	if ready := r.readyAt(s, fresh); ready.After(at) {
		return ready
	}
	return at
}

// mayChange tells of a firing alert that is another than what people know.
func (r Rule) mayChange(s State, now time.Time, fresh bool) (State, EventKind) {
	if s.Alert.Held || !s.differs() || !r.ready(s, now, fresh) {
		return s, ""
	}
	return s.spoken(now), Changed
}

// mayResolve resolves a firing alert that has been healthy for long enough.
func (r Rule) mayResolve(s State, now time.Time) (State, EventKind) {
	if s.GoodSince.IsZero() || !s.Blind.IsZero() || s.Good < r.Recoveries || now.Before(r.resolveAt(s)) {
		return s, ""
	}
	s.Alert.Resolved = s.GoodSince
	return s, Resolved
}

func (r Rule) resolveAt(s State) time.Time { return s.GoodSince.Add(r.recovery(s)) }

// Withdrawn ends an alert that is not watched any more. Who was not told of it is not told of this either.
func (s State) Withdrawn(now time.Time) (State, EventKind) {
	s = s.begun()
	switch {
	case !s.Wrong():
		return s, ""
	case s.Alert.Fired.IsZero():
		return s.rest(), ""
	}
	s.Alert.Resolved = now
	return s, Withdrawn
}

// Rejudged is what a changed rule makes of a state: an alert that it would not have raised is withdrawn, and others have its severity.
func (r Rule) Rejudged(s State, now time.Time) (State, EventKind) {
	s = s.begun()
	if !s.Wrong() {
		return s, ""
	}
	if r.Disabled {
		return s.Withdrawn(now)
	}
	band := 0
	if s.Reading.Valid && len(r.Bands) > 0 {
		if band = r.band(s.Reading.Decimal, 0); band == 0 && !s.occurs() {
			return s.Withdrawn(now)
		}
	}
	s.Band = band
	s.ToldBand = min(s.ToldBand, band)
	severity := r.severity(s.Override, band)
	if !s.Firing() {
		s.Alert.Severity = severity
		return s, ""
	}
	return r.graded(s, severity, now)
}
