package monitor

import (
	"maps"
	"slices"
)

// sweepMutes removes mutes that are over, and tells what is not muted any more and still fires.
func (b *batch) sweepMutes() {
	for _, m := range b.c.mutes {
		if m.Over(b.now) {
			b.change.Unmuted = append(b.change.Unmuted, m.ID)
		}
	}
	if len(b.c.mutes) > 0 || b.anyMuted() {
		b.requiet(b.mutesLeft(), "", "")
	}
}

func (b *batch) anyMuted() bool {
	for _, e := range b.c.states {
		if e.Alert.Muted {
			return true
		}
	}
	return false
}

// sweepFixed removes mutes that last until all they mute is fixed, and it is.
func (b *batch) sweepFixed() {
	for _, m := range b.c.mutes {
		if m.UntilFixed && !slices.Contains(b.change.Unmuted, m.ID) && !b.anyWrong(m.Match) {
			b.change.Unmuted = append(b.change.Unmuted, m.ID)
		}
	}
}

// anyWrong reports whether something is wrong that m matches.
func (b *batch) anyWrong(m Match) bool {
	for _, k := range b.keys() {
		if s := b.get(k); s.Wrong() && m.Matches(k, s.Alert.Labels) {
			return true
		}
	}
	return false
}

// keys returns the keys of all states, in order.
func (b *batch) keys() []Key {
	keys := map[Key]bool{}
	for k := range b.c.states {
		keys[k] = true
	}
	for k := range b.states {
		keys[k] = true
	}
	return slices.SortedFunc(maps.Keys(keys), compareKeys)
}

// mutesLeft returns the mutes as they are after the batch.
func (b *batch) mutesLeft() []Mute {
	var left []Mute
	for id, m := range b.c.mutes {
		if !slices.Contains(b.change.Unmuted, id) {
			left = append(left, m)
		}
	}
	return append(left, b.change.Mutes...)
}

// requiet brings every firing alert to what the mutes say now.
func (b *batch) requiet(mutes []Mute, by, note string) {
	for _, k := range b.keys() {
		old := b.get(k)
		if !old.Firing() {
			continue
		}
		muted := slices.ContainsFunc(mutes, func(m Mute) bool { return m.Active(b.now) && m.Match.Matches(k, old.Alert.Labels) })
		if muted == old.Alert.Muted || !muted && old.Alert.Held { // what is explained stays quiet until it is not
			continue
		}
		s := old.Quieted(muted, b.now)
		if !muted {
			s = b.say(s, Unmuted, by, note)
		}
		b.put(old, s, true)
	}
}
