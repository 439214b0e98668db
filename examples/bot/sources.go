package bot

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// openSources makes one of all indexes, as commands see them.
func (b *Bot) openSources(context.Context) error {
	if b.index = source(b.store); b.morseStore != nil {
		b.index = both{b}
	}
	return nil
}

// both are the indexes of Morse and of the live chain as one: a node that came over is the same on both.
type both struct{ *Bot }

// joint is the source that a question is put to. Who became whom is looked up each time, since migrations happen while the program runs.
func (s both) joint(ctx context.Context) (rewards.Source, error) {
	aliases, err := s.store.Aliases(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrated nodes: %w", err)
	}
	if s.client == nil {
		return rewards.Join(aliases, s.morseStore), nil
	}
	end, err := s.morseEnd(ctx)
	if err != nil {
		return nil, err
	}
	return rewards.Join(aliases, rewards.Ended(s.morseStore, end), s.store), nil
}

// morseEnd is when the newest block of Morse that is indexed was made: nobody was staked there after.
func (s both) morseEnd(ctx context.Context) (time.Time, error) {
	cursor, err := s.morseStore.Cursor(ctx)
	if err != nil || cursor == 0 {
		return s.now(), err
	}
	end, _, err := s.morseStore.TimeOf(ctx, cursor)
	return end, err
}

// Events implements [rewards.Source].
func (s both) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		joint, err := s.joint(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		joint.Events(ctx, q)(yield)
	}
}

// Sums implements [rewards.Source].
func (s both) Sums(ctx context.Context, q rewards.Query) ([]rewards.Row, error) {
	joint, err := s.joint(ctx)
	if err != nil {
		return nil, err
	}
	return joint.Sums(ctx, q)
}

// Stays implements [rewards.Source].
func (s both) Stays(ctx context.Context, suppliers []pocket.Address) ([]rewards.Stay, error) {
	joint, err := s.joint(ctx)
	if err != nil {
		return nil, err
	}
	return joint.Stays(ctx, suppliers)
}

// Cursor is that of the leading index.
func (s both) Cursor(ctx context.Context) (pocket.Height, error) { return s.leading().Cursor(ctx) }

// LastUpdate is when either stored something.
func (s both) LastUpdate(ctx context.Context) (latest time.Time, err error) {
	for _, store := range s.stores() {
		at, err := store.LastUpdate(ctx)
		if err != nil {
			return latest, err
		}
		if at.After(latest) {
			latest = at
		}
	}
	return latest, nil
}

// Watched are the addresses of both.
func (s both) Watched(ctx context.Context) ([]pocket.Address, error) {
	var all []pocket.Address
	for _, store := range s.stores() {
		list, err := store.Watched(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, pocket.Address.Compare)
	return slices.Compact(all), nil
}
