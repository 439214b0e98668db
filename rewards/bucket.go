package rewards

import (
	"cmp"
	"slices"
	"time"
)

// A bucket is one period and the sums of the groups that have any in it.
type bucket struct {
	from, to time.Time // both zero for Whole
	entries  []entry
	tallies  []tally           // by place in entries; empty when nothing is valued
	places   map[uint32]uint32 // in entries, by group
}

type entry struct {
	group uint32
	sums  Sums
}

// newBucket returns an empty bucket with room for as many groups as the one before had: mostly they are the same.
func newBucket(from, to time.Time, before *bucket) *bucket {
	room := 0
	if before != nil {
		room = len(before.entries)
	}
	return &bucket{from: from, to: to, entries: make([]entry, 0, room), places: make(map[uint32]uint32, room)}
}

func (b *bucket) contains(t time.Time) bool {
	return b.to.IsZero() || t.Before(b.to) && !t.Before(b.from)
}

// place returns the place of a group in the entries, made if need be.
func (b *bucket) place(group uint32) uint32 {
	place, found := b.places[group]
	if !found {
		place = uint32(len(b.entries))
		b.places[group] = place
		b.entries = append(b.entries, entry{group: group})
	}
	return place
}

// tally returns what the sums at a place are worth. It stays there until the next call.
func (b *bucket) tally(place uint32) *tally {
	if missing := len(b.entries) - len(b.tallies); missing > 0 {
		b.tallies = append(b.tallies, make([]tally, missing)...)
	}
	return &b.tallies[place]
}

// groups numbers the combinations of dimensions, so that their addresses are hashed and compared once and not in each period.
type groups struct {
	keys   []Key             // without Start, by number
	single map[string]uint32 // with one dimension, by its text: hashing one is faster than hashing five
	joint  map[groupKey]uint32
}

// A groupKey is a [Key] without Start, as text: it is what the map hashes.
type groupKey struct{ supplier, owner, application, recipient, service string }

func newGroups(dimensions int) groups {
	if dimensions == 1 {
		return groups{single: map[string]uint32{}}
	}
	return groups{joint: map[groupKey]uint32{}}
}

func (g *groups) number(k *Key) uint32 {
	if g.single != nil {
		text := k.Supplier.String()
		if text == "" {
			text = cmp.Or(k.Owner.String(), k.Application.String(), k.Recipient.String(), string(k.Service))
		}
		n, found := g.single[text]
		if !found {
			n = g.next(k)
			g.single[text] = n
		}
		return n
	}
	key := groupKey{k.Supplier.String(), k.Owner.String(), k.Application.String(), k.Recipient.String(), string(k.Service)}
	n, found := g.joint[key]
	if !found {
		n = g.next(k)
		g.joint[key] = n
	}
	return n
}

func (g *groups) next(k *Key) uint32 {
	g.keys = append(g.keys, *k)
	return uint32(len(g.keys) - 1)
}

// ranks returns the place of every group in the order of [Key.Compare].
func (g *groups) ranks() []int {
	order := make([]int, len(g.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return g.keys[a].Compare(g.keys[b]) })
	ranks := make([]int, len(order))
	for rank, i := range order {
		ranks[i] = rank
	}
	return ranks
}
