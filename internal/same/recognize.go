package same

import (
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// Foreign is beyond every number that a block's events have. Events whose number the chain did not give are numbered from it on.
const Foreign = 1 << 40

// IsForeign reports whether the chain did not give a number.
func IsForeign(index int64) bool { return index > Foreign }

// An Occurrence is one of a block's events, known or being told, by its number and its traits.
type Occurrence struct {
	Traits
	Index int64
}

func (n *Occurrence) withoutAmount() Traits {
	t := n.Traits
	t.amount = 0
	return t
}

// What Recognize tells of an event that is not known.
const (
	New   = -1
	Twice = -2 // it stands in the telling before
)

// Recognize tells which of the events known of a block, all of one kind, those being told are: for each its place in known, or one of the
// above. Each known one is recognized once, unless a block can have but one such event. byChain says that the chain numbered those told:
// then the numbers count, too.
func Recognize(k pocket.Kind, known, told []Occurrence, byChain bool) []int {
	p := pairing{known: known, met: make([]bool, len(known)), told: told, place: make([]int, len(told))}
	singles := map[Traits]int{} // the place in known
	for j := range known {
		if name, is := known[j].single(k); is {
			singles[name] = j
		}
	}
	twice := map[Occurrence]bool{}
	for i := range told {
		t := &told[i]
		p.place[i] = New
		name, is := t.single(k)
		if !is {
			if t.Index >= 0 && twice[*t] {
				p.place[i] = Twice
			}
			twice[*t] = true
			continue
		}
		j, found := singles[name]
		if !found {
			singles[name] = Twice
			continue
		}
		p.place[i] = j
		if j >= 0 {
			p.met[j] = true
		}
	}
	if byChain {
		pairBy(&p, func(n *Occurrence) int64 { return n.Index }, (*Occurrence).agreesWith)
		for j := range known {
			p.met[j] = p.met[j] || !IsForeign(known[j].Index) // the chain's numbers differ, so these are other events
		}
	}
	pairBy(&p, func(n *Occurrence) Traits { return n.Traits }, nil)
	pairBy(&p, (*Occurrence).withoutAmount, nil)
	pairBy(&p, func(n *Occurrence) string { return n.id }, func(told, known *Occurrence) bool { return told.id != "" && told.agreesWith(known) })
	pairBy(&p, func(n *Occurrence) pocket.Upokt { return n.amount }, (*Occurrence).agreesWith)
	pairBy(&p, func(*Occurrence) bool { return true }, (*Occurrence).agreesWith)
	return p.place
}

func (n *Occurrence) agreesWith(m *Occurrence) bool { return n.agrees(&m.Traits) }

// A pairing is what Recognize has found so far.
type pairing struct {
	known, told []Occurrence
	met         []bool // of known
	place       []int  // of told
}

// pairBy pairs events told and known that have the same key and fit.
func pairBy[K comparable](p *pairing, key func(*Occurrence) K, fit func(told, known *Occurrence) bool) {
	places := map[K][]int{}
	for j := range p.known {
		if k := key(&p.known[j]); !p.met[j] {
			places[k] = append(places[k], j)
		}
	}
	for i := range p.told {
		if p.place[i] != New || len(places) == 0 {
			continue
		}
		k := key(&p.told[i])
		for at, j := range places[k] {
			if fit == nil || fit(&p.told[i], &p.known[j]) {
				p.place[i], p.met[j] = j, true
				places[k] = slices.Delete(places[k], at, at+1)
				break
			}
		}
	}
}
