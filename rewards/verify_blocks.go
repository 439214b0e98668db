package rewards

import (
	"fmt"
	"iter"

	"github.com/poktbot/poktbot/pocket"
)

// blocks are what a source tells, block by block: the events that its streams have, each once.
type blocks struct {
	roles   []pocket.Filter
	streams []*head
	last    pocket.Height
}

// blocks asks a source once for each role. An event that one of the streams before has is left out of the later ones.
func (v *verifier) blocks(source Source) *blocks {
	b := &blocks{roles: v.roles()}
	for i, role := range b.roles {
		q := pocket.EventQuery{Span: v.query.Span, Filter: role, Kinds: v.query.Kinds}
		b.streams = append(b.streams, newHead(except(source.Events(v.ctx, q), b.roles[:i])))
	}
	return b
}

func except(events iter.Seq2[pocket.Event, error], filters []pocket.Filter) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
	next:
		for e, err := range events {
			for i := range filters {
				if err == nil && filters[i].Match(e) {
					continue next
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (b *blocks) stop() {
	for _, s := range b.streams {
		s.stop()
	}
}

// height returns that of the next block, 0 at the end.
func (b *blocks) height() (pocket.Height, error) {
	var height pocket.Height
	for _, s := range b.streams {
		if s.err != nil {
			return 0, s.err
		}
		if s.event == nil {
			continue
		}
		at := s.event.Where().Height
		if at <= b.last {
			return 0, fmt.Errorf("a source told of block %d after block %d: %w", at, b.last, pocket.ErrMalformed)
		}
		if height == 0 || at < height {
			height = at
		}
	}
	return height, nil
}

// take returns the events of a block, if it is the next one.
func (b *blocks) take(height pocket.Height) ([]pocket.Event, error) {
	var events []pocket.Event
	for _, s := range b.streams {
		for s.err == nil && s.event != nil && s.event.Where().Height == height {
			events = append(events, s.event)
			s.pull()
		}
		if s.err != nil {
			return nil, s.err
		}
	}
	b.last = height
	return events, nil
}

// nextHeight returns the height of the next block that one of both has, 0 at the end.
func nextHeight(a, b *blocks) (pocket.Height, error) {
	x, err := a.height()
	if err != nil {
		return 0, err
	}
	y, err := b.height()
	if err != nil || x == 0 || y != 0 && y < x {
		return y, err
	}
	return x, nil
}
