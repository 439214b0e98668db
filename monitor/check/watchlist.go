package check

import (
	"context"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A Watchlist tells the operators of the suppliers to watch. It is asked at every block, so that a change of what is watched is heeded at
// once, and must be quick. Addresses that are no suppliers do no harm: the method Watched of an index is one.
type Watchlist func(context.Context) ([]pocket.Address, error)

// Fixed is a watchlist that does not change.
func Fixed(operators ...pocket.Address) Watchlist {
	return func(context.Context) ([]pocket.Address, error) { return operators, nil }
}

// watched is who is on a watchlist.
type watched struct {
	list Watchlist
	last []pocket.Address
	set  map[pocket.Address]bool
}

// look reads the list anew and returns who came and who went since it was last read.
func (w *watched) look(ctx context.Context) (came, went []pocket.Address, err error) {
	now, err := w.list(ctx)
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
