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
}

// look asks anew and returns who came and who went since it last did.
func (w *watched) look(ctx context.Context) (came, went []pocket.Address, err error) {
	now, err := w.operators(ctx)
	if err != nil || w.set != nil && slices.Equal(now, w.last) {
		return nil, nil, err
	}
	set := make(map[pocket.Address]bool, len(now))
	for _, a := range now {
		if !w.set[a] && !set[a] {
			came = append(came, a)
		}
		set[a] = true
	}
	for _, a := range w.last {
		if !set[a] {
			went = append(went, a)
		}
	}
	w.last, w.set = slices.Clone(now), set
	return came, went, nil
}
