package monitor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A batch is what is to change in a core at once. Nothing of it is true before it was committed to the store; then apply makes it so.
type batch struct {
	c      *core
	now    time.Time
	change Change
	states map[Key]State
	depend map[Key]map[Key]bool // of states, by what may explain them
	order  []Key                // of states
	stored map[Key]bool         // states worth storing
	turned []Key                // what began or ceased to be wrong, and so may explain others or no longer
	after  []func()             // what else becomes true with it
}

func (c *core) begin(now time.Time) *batch {
	return &batch{
		c: c, now: now, change: Change{Sequence: c.sequence},
		states: map[Key]State{}, depend: map[Key]map[Key]bool{}, stored: map[Key]bool{},
	}
}

// get returns a key's state as it is after what the batch has done so far.
func (b *batch) get(k Key) State {
	if s, ok := b.states[k]; ok {
		return s
	}
	if e := b.c.states[k]; e != nil {
		return e.State
	}
	return State{}
}

// detailsKept is how old a firing alert's details may become in the store while nothing else changes.
const detailsKept = time.Minute

// put makes s the state of its key. It is stored if it tells more than details.
func (b *batch) put(old, s State, store bool) {
	k := s.Alert.Key
	e := b.c.states[k]
	if _, met := b.states[k]; !met {
		if e == nil && s.idle() {
			return // nothing was remembered, and nothing is
		}
		b.order = append(b.order, k)
	}
	if !store && e != nil && b.now.Sub(e.saved) >= detailsKept {
		store = true
	}
	b.states[k] = s
	b.stored[k] = b.stored[k] || store
	for _, cause := range s.Causes {
		link(b.depend, cause, k)
	}
	if old.Wrong() != s.Wrong() {
		b.turned = append(b.turned, k)
	}
}

// result judges one result.
func (b *batch) result(check string, res Result) {
	res.Key, res.Causes = res.Key.clean(), cleanKeys(res.Causes)
	old := b.get(res.Key)
	rule := b.c.rules.find(res.Key, res.Labels)
	s := old
	s.Check = check
	explained := false
	if len(res.Causes) > 0 || len(s.Causes) > 0 {
		causes := res.Causes
		if health, _ := rule.judge(res, s.Band); health == Unknown && res.Occurrence == "" && len(causes) == 0 {
			causes = s.Causes
		}
		explained = b.explained(res.Key, causes)
		s = s.Explained(explained, b.now)
	}
	s, kind := rule.Next(s, res, b.now)
	if explained && !s.Blind.IsZero() && b.now.Sub(s.Blind) >= detailsKept {
		s.Blind = b.now // why nobody can look is told already: that it lasts is news only when that is over
	}
	b.settle(old, s, kind, rule)
}

// settle tells what a state's change is worth and keeps the state.
func (b *batch) settle(old, s State, kind EventKind, rule *ruling) {
	store := kind != "" || s.tellsMore(old, rule.Rule)
	s.Rule = rule.sum
	s = b.say(s, kind, "", "")
	if !s.Wrong() {
		s.Alert.Held = false
	}
	if s.Firing() && !s.Freed.IsZero() && !s.Alert.Held && rule.ready(s, b.now, false) {
		// Nobody was caught up with it while something explained it.
		if told := b.caughtUp(s, b.c.listeners()); len(told.Heard) > len(s.Heard) {
			s, store = told, true
		}
		s.Freed = time.Time{}
	}
	b.put(old, s, store)
}

// tellsMore reports whether s differs from old in more than what a firing alert's details are.
func (s State) tellsMore(old State, r Rule) bool {
	a, was := &s.Alert, &old.Alert
	return s.Check != old.Check || !a.Since.Equal(was.Since) || a.Severity != was.Severity || a.Held != was.Held || a.Muted != was.Muted ||
		min(s.Bad, r.Confirmations) != min(old.Bad, r.Confirmations) || min(s.Good, r.Recoveries) != min(old.Good, r.Recoveries) ||
		!s.GoodSince.Equal(old.GoodSince) || !s.Blind.Equal(old.Blind) || s.Band != old.Band || !s.Occurred.Equal(old.Occurred) ||
		!s.Freed.Equal(old.Freed) || len(s.Fires) != len(old.Fires) || !slices.Equal(s.Causes, old.Causes) || s.Wrong() != old.Wrong()
}

// say makes an event of what happened to s and gives it to those whom it concerns. It returns s with who has heard of it.
func (b *batch) say(s State, kind EventKind, by, note string) State {
	return b.sayUntil(s, kind, by, note, time.Time{})
}

func (b *batch) sayUntil(s State, kind EventKind, by, note string, until time.Time) State {
	if kind == "" {
		return s
	}
	if kind == Fired {
		s = s.Quieted(b.c.muted(&s.Alert, b.now), b.now)
	}
	e := Event{Kind: kind, Severity: s.Alert.Severity, Alert: s.Alert, At: b.now, By: by, Note: note, Until: until}
	switch kind {
	case Fired, Changed, Reminded, Escalated:
		e.Silent = s.Alert.Muted
		if s.occurs() && kind != Reminded && kind != Escalated {
			e.Severity = s.Latest
		}
	case Resolved:
		e.Silent = s.occurs()
	}
	b.number(&e)
	heard := s.heard()
	var fresh []string
	for _, name := range b.c.order {
		box := b.c.boxes[name]
		if box.stopped && s.Alert.Name != MonitorTest || !box.to.hears(e, heard[name]) {
			continue
		}
		b.wait(box, &e)
		if !heard[name] {
			fresh = append(fresh, name)
		}
	}
	s.Heard = append(slices.Clip(s.Heard), fresh...)
	b.change.Events = append(b.change.Events, e)
	return s
}

// number gives an event its place and its name.
func (b *batch) number(e *Event) {
	b.change.Sequence++
	e.Sequence = b.change.Sequence
	e.ID = b.name(e.Sequence)
}

func (b *batch) name(sequence int64) string {
	return b.c.instance + "-" + strconv.FormatInt(sequence, 10)
}

// wait puts an event before a destination.
func (b *batch) wait(box *outbox, e *Event) {
	b.change.Waiting = append(b.change.Waiting, Waiting{Destination: box.to.Name, Event: e.Sequence})
	b.after = append(b.after, func() { box.push(e) })
}

// look judges all results of a look of a check.
func (b *batch) look(check string, results []Result) {
	met := make(map[Key]bool, len(results))
	occurred := map[Key]bool{}
	for _, res := range causesFirst(results) {
		res.Key = res.Key.clean()
		met[res.Key] = true
		if res.Occurrence != "" {
			occurred[res.Key] = true
		}
		b.result(check, res)
	}
	for k := range b.c.checks[check] {
		if !met[k] {
			b.dropped(k)
		}
	}
	for k := range occurred {
		s := b.get(k)
		keep := max(7*day, 2*b.c.rules.find(k, s.Alert.Labels).lasts())
		if kept := s.forget(b.now.Add(-keep)); len(kept.Seen) != len(s.Seen) {
			b.put(s, kept, true)
		}
	}
	b.sighted(check)
	b.end()
}

// dropped lets go of what a check does not speak of any more.
func (b *batch) dropped(k Key) {
	old := b.get(k)
	s := old
	if old.occurs() && old.Wrong() { // it passes by itself; but the check could look
		if s.Blind = (time.Time{}); !old.Blind.IsZero() {
			b.put(old, s, true)
		}
		return
	}
	s.Blind, s.Seen = time.Time{}, nil
	b.withdraw(old, s, "", "")
}

func (b *batch) withdraw(old, s State, by, note string) {
	s, kind := s.Withdrawn(b.now)
	s = b.say(s, kind, by, note)
	b.put(old, s, true)
}

// block judges what a block check found in a block, and notes that it has come so far.
func (b *batch) block(check string, height pocket.Height, results []Result) {
	type occurrence struct {
		key  Key
		name string
	}
	met := map[occurrence]bool{}
	for _, res := range causesFirst(results) {
		if res.Occurrence != "" {
			o := occurrence{res.Key, res.Occurrence}
			if met[o] {
				continue
			}
			met[o], res.once = true, true
		}
		b.result(check, res)
	}
	b.change.Cursors = map[string]pocket.Height{check: height}
	b.sighted(check)
	b.end()
}

// end does what follows from all that came before: what is explained by it falls silent, and what was explained by it speaks.
func (b *batch) end() {
	if len(b.turned) > 0 {
		b.sweepFixed()
	}
	for len(b.turned) > 0 {
		cause := b.turned[0]
		b.turned = b.turned[1:]
		dependents := maps.Clone(b.c.depend[cause])
		if dependents == nil {
			dependents = map[Key]bool{}
		}
		maps.Copy(dependents, b.depend[cause])
		for _, k := range slices.SortedFunc(maps.Keys(dependents), compareKeys) {
			old := b.get(k)
			held := b.explained(k, old.Causes)
			if !old.Wrong() || held == old.Alert.Held {
				continue
			}
			b.tick(old, old.Explained(held, b.now))
		}
	}
}

// tick judges a state by time alone.
func (b *batch) tick(old, s State) {
	rule := b.c.rules.find(s.Alert.Key, s.Alert.Labels)
	s, kind := rule.Tick(s, b.now)
	b.settle(old, s, kind, rule)
}

// time judges everything that is due.
func (b *batch) time() {
	for _, e := range b.c.due.until(b.now, 0, nil) {
		b.tick(e.State, e.State)
	}
	b.end()
}

// empty reports whether there is nothing to store.
func (b *batch) empty() bool {
	c := &b.change
	return c.Sequence == b.c.sequence && len(c.Cursors) == 0 && len(c.Taken) == 0 && len(c.Deliveries) == 0 && len(c.Mutes) == 0 &&
		len(c.Unmuted) == 0 && len(c.Notes) == 0 && !slices.ContainsFunc(b.order, func(k Key) bool { return b.stored[k] })
}

// changes returns what is to be stored.
func (b *batch) changes(watcher string) *Change {
	c := b.change
	c.Watcher = watcher
	for _, k := range b.order {
		switch s := b.states[k]; {
		case !b.stored[k]:
		case s.idle():
			c.Gone = append(c.Gone, k)
		default:
			c.States = append(c.States, s.begun())
		}
	}
	return &c
}

// apply makes true what was stored.
func (b *batch) apply() {
	c := b.c
	c.sequence = b.change.Sequence
	for _, k := range b.order {
		saved := time.Time{}
		if b.stored[k] {
			saved = b.now
		}
		c.put(b.states[k], saved)
	}
	maps.Copy(c.cursors, b.change.Cursors)
	maps.Copy(c.notes, b.change.Notes)
	for _, m := range b.change.Mutes {
		c.mutes[m.ID] = m
	}
	for _, id := range b.change.Unmuted {
		delete(c.mutes, id)
	}
	for _, f := range b.after {
		f()
	}
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Part, b.Part))
}

// errorText is an error in a fact: one line, not too long.
func errorText(err error) string {
	const most = 300
	text := fmt.Sprint(err)
	if len(text) > most {
		text = text[:most]
	}
	return text
}
