package monitor

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A failure is a check's that could not look at all.
type failure struct {
	since time.Time
	err   error
}

// unknownFor is how long it may be impossible to look before that is an alert.
func (r Rule) unknownFor() time.Duration { return cmp.Or(r.UnknownFor, 15*time.Minute) }

// lookFailed notes that a check could not look at anything. every says that what it found before is unknown now, as with a check that
// looks at everything each time.
func (b *batch) lookFailed(check string, err error, every bool) {
	if _, failing := b.c.failing[check]; !failing {
		since := b.now
		b.after = append(b.after, func() { b.c.failing[check] = failure{since, err} })
	}
	if every {
		for k := range b.c.checks[check] {
			if old := b.get(k); old.Wrong() && old.Blind.IsZero() {
				s := old
				s.Blind = b.now
				b.put(old, s, true)
			}
		}
	}
	b.blind(check)
	b.end()
}

// sighted notes that a check could look.
func (b *batch) sighted(check string) {
	b.after = append(b.after, func() { delete(b.c.failing, check) })
	b.judgeBlindness(check, failure{})
}

// blindness judges all checks by the time that has passed.
func (b *batch) blindness() {
	for _, check := range sortedKeys(b.c.failing) {
		b.blind(check)
	}
	for _, check := range sortedKeys(b.c.checks) {
		if _, failing := b.c.failing[check]; !failing {
			b.blind(check)
		}
	}
}

// blind judges whether a check has been blind for too long.
func (b *batch) blind(check string) { b.judgeBlindness(check, b.c.failing[check]) }

func (b *batch) judgeBlindness(check string, f failure) {
	if check == own {
		return
	}
	k := Key{Name: MonitorBlind, Subject: check}
	since, late, err := f.since, false, f.err
	if !since.IsZero() {
		limit := b.c.rules.find(k, nil).unknownFor()
		late = limit >= 0 && b.now.Sub(since) >= limit
	}
	var subjects []string
	for _, key := range slices.SortedFunc(maps.Keys(b.c.checks[check]), compareKeys) {
		s := b.get(key)
		if s.Blind.IsZero() || b.explained(key, s.Causes) {
			continue
		}
		subjects = append(subjects, key.String())
		if since.IsZero() || s.Blind.Before(since) {
			since = s.Blind
		}
		limit := b.c.rules.find(key, s.Alert.Labels).unknownFor()
		late = late || limit >= 0 && b.now.Sub(s.Blind) >= limit
	}
	switch {
	case late:
		b.isBlind(check, since, err, subjects...)
	case since.IsZero() && b.get(k).Wrong():
		b.result(own, Result{Key: k, Health: Healthy})
	}
}

// errStuck is what is wrong with a check that neither looks nor says why.
var errStuck = errors.New("it has not looked for long: a look does not end, or all that may look at the same time are busy")

// isBlind says that a check is, and for what.
func (b *batch) isBlind(check string, since time.Time, err error, subjects ...string) {
	facts := Facts{Text("check", check), Instant("blind_since", since), Count("unknown", int64(len(subjects)))}
	if err != nil {
		facts = append(facts, Text("error", errorText(err)))
	}
	const most = 20
	if n := len(subjects); n > most {
		subjects = append(subjects[:most:most], fmt.Sprintf("and %d more", n-most))
	}
	if len(subjects) > 0 {
		facts = append(facts, Text("unknown_keys", strings.Join(subjects, ", ")))
	}
	b.result(own, Result{Key: Key{Name: MonitorBlind, Subject: check}, Health: Failing, At: since, Facts: facts})
}

// stuck returns the checks that should have looked long ago, and since when they have not.
func (w *Watcher) stuck(now time.Time) map[string]time.Time {
	const patience = time.Minute
	stuck := map[string]time.Time{}
	for _, p := range w.polls {
		begun, ended := p.begun.Load(), p.ended.Load()
		switch {
		case begun != 0:
			if since := time.Unix(0, begun).UTC(); now.Sub(since) > p.timeout+patience {
				stuck[p.name] = since
			}
		case ended != 0:
			if since := time.Unix(0, ended).UTC(); now.Sub(since) > 2*p.interval+patience {
				stuck[p.name] = since
			}
		}
	}
	return stuck
}
