package index

import (
	"context"
	"fmt"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A Mode is what an index takes in. It is stored in it.
type Mode string

// The modes.
const (
	Watching   Mode = "watching"   // what concerns watched addresses; how an index begins
	Everything Mode = "everything" // all events of all blocks, as a public explorer wants
)

// Mode returns what the index takes in.
func (x *Index) Mode(ctx context.Context) (Mode, error) {
	m, err := modeOf(ctx, x.db.Read)
	return m, x.fault("mode", err)
}

func modeOf(ctx context.Context, q querier) (Mode, error) {
	text, err := setting(ctx, q, settingMode)
	if err != nil || text == "" {
		return Watching, err
	}
	return Mode(text), nil
}

// SetMode changes what the index takes in from now on. What was not taken in before stays unknown until [Index.Backfill] fills it in.
func (x *Index) SetMode(ctx context.Context, m Mode) error {
	if m != Watching && m != Everything {
		return fmt.Errorf("mode %q: want watching or everything: %w", m, pocket.ErrInvalid)
	}
	return x.write(ctx, "set mode", func(w *writer) error {
		now, err := modeOf(ctx, w.tx)
		if err != nil || now == m {
			return err
		}
		return w.set(settingMode, string(m))
	})
}

// Watch adds addresses to those watched: suppliers, owners, applications, wallets. Their past is unknown until [Index.Backfill] fills it
// in, and [Index.Missing] tells which part. Watching twice changes nothing.
func (x *Index) Watch(ctx context.Context, addresses ...pocket.Address) error {
	if slices.ContainsFunc(addresses, pocket.Address.IsZero) {
		return fmt.Errorf("watch: an address is empty: %w", pocket.ErrInvalid)
	}
	return x.changeWatched(ctx, "watch", addresses, func(w *writer, watched map[int64]bool, generation int64) ([]int64, error) {
		var added []int64
		for _, a := range addresses {
			if id := w.address(a); !watched[id] {
				watched[id] = true
				added = append(added, id)
			}
		}
		for _, id := range added {
			if err := w.exec("INSERT INTO watched (address, since, until) VALUES ($1, $2, 0)", id, generation); err != nil {
				return nil, err
			}
		}
		return added, nil
	})
}

// Unwatch takes addresses from those watched. What is stored of them stays.
func (x *Index) Unwatch(ctx context.Context, addresses ...pocket.Address) error {
	return x.changeWatched(ctx, "unwatch", addresses, func(w *writer, watched map[int64]bool, generation int64) ([]int64, error) {
		var removed []int64
		for _, a := range addresses {
			id := w.address(a)
			if !watched[id] {
				continue
			}
			delete(watched, id)
			removed = append(removed, id)
			if err := w.exec("UPDATE watched SET until = $1 WHERE address = $2 AND until = 0", generation, id); err != nil {
				return nil, err
			}
		}
		return removed, nil
	})
}

// changeWatched makes a change under a new generation, which is kept only if something changed.
func (x *Index) changeWatched(ctx context.Context, doing string, addresses []pocket.Address,
	change func(w *writer, watched map[int64]bool, generation int64) ([]int64, error),
) error {
	if len(addresses) == 0 {
		return nil
	}
	return x.write(ctx, doing, func(w *writer) error {
		set, err := watchedSet(ctx, w.tx)
		if err != nil {
			return err
		}
		generation := max(set.generation, firstGeneration) + 1
		watched := map[int64]bool{}
		for _, a := range set.addresses {
			watched[a.id] = true
		}
		changed, err := change(w, watched, generation)
		if err != nil || len(changed) == 0 {
			return err
		}
		return w.setNumber(settingGeneration, generation)
	})
}

// Watched returns the watched addresses, sorted.
func (x *Index) Watched(ctx context.Context) ([]pocket.Address, error) {
	return x.addresses(ctx, "SELECT address FROM watched WHERE until = 0")
}

// A watchSet is who is watched. Its generation names it.
type watchSet struct {
	mode       Mode
	generation int64
	addresses  []watchedAddress
}

type watchedAddress struct{ id, since int64 }

func watchedSet(ctx context.Context, q querier) (watchSet, error) {
	var set watchSet
	var err error
	if set.mode, err = modeOf(ctx, q); err != nil {
		return set, err
	}
	if set.generation, err = settingNumber(ctx, q, settingGeneration); err != nil {
		return set, err
	}
	rows, err := q.QueryContext(ctx, "SELECT address, since FROM watched WHERE until = 0 ORDER BY address")
	if err != nil {
		return set, err
	}
	err = each(rows, func() error {
		var a watchedAddress
		err := rows.Scan(&a.id, &a.since)
		set.addresses = append(set.addresses, a)
		return err
	})
	return set, err
}

// same reports whether both take in the same.
func (s watchSet) same(t watchSet) bool { return s.mode == t.mode && s.generation == t.generation }

// A look is what to read of blocks for a watch set.
type look struct {
	set       watchSet
	selection pocket.Selection
	nothing   bool                    // nobody is watched: only blocks are stored
	blind     bool                    // suppliers are not looked up
	mentions  map[pocket.Address]bool // nil is everybody
	read      map[pocket.Address]bool // of a block that is known: of whom it was read from a chain; nil is of everybody
}

func (x *Index) look(ctx context.Context) (look, error) {
	set, err := watchedSet(ctx, x.db.Read)
	if err != nil {
		return look{}, x.fault("watched", err)
	}
	return x.lookFor(ctx, set, set.addresses)
}

// lookFor reads blocks for some of a set's addresses.
func (x *Index) lookFor(ctx context.Context, set watchSet, addresses []watchedAddress) (look, error) {
	l := look{set: set}
	if set.mode == Everything {
		return l, nil
	}
	words := x.lexicon(ctx)
	l.mentions = make(map[pocket.Address]bool, len(addresses))
	for _, a := range addresses {
		address := words.address(a.id)
		l.selection.Mentions = append(l.selection.Mentions, address)
		l.mentions[address] = true
	}
	l.nothing = len(addresses) == 0
	return l, words.err
}
