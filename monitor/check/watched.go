package check

import (
	"context"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// watched is who is watched, as told at the last block.
type watched struct {
	operators Operators
	last      []pocket.Address
	set       map[pocket.Address]bool
	settled   map[pocket.Address]bool // who was watched at the last block that was judged to its end
}

// look asks anew and returns who came and who went since the last block that was judged to its end.
func (w *watched) look(ctx context.Context) (came, went []pocket.Address, err error) {
	now, err := w.operators(ctx)
	if err != nil {
		return nil, nil, err
	}
	if w.set == nil || !slices.Equal(now, w.last) {
		w.last, w.set = slices.Clone(now), make(map[pocket.Address]bool, len(now))
		for _, a := range now {
			w.set[a] = true
		}
	}
	if same(w.set, w.settled) {
		return nil, nil, nil
	}
	for a := range w.set {
		if !w.settled[a] {
			came = append(came, a)
		}
	}
	for a := range w.settled {
		if !w.set[a] {
			went = append(went, a)
		}
	}
	slices.SortFunc(came, pocket.Address.Compare)
	slices.SortFunc(went, pocket.Address.Compare)
	return came, went, nil
}

// settle notes that the block was judged to its end.
func (w *watched) settle() { w.settled = w.set }

// same reports whether two sets are one, as they are unless somebody came or went.
func same(a, b map[pocket.Address]bool) bool {
	if len(a) != len(b) {
		return false
	}
	for x := range a {
		if !b[x] {
			return false
		}
	}
	return true
}
