package check

import (
	"context"
	"iter"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A Tail has every block that was stored and goes on with new ones: *index.Index is one.
type Tail interface {
	Heads(ctx context.Context, after pocket.Height) iter.Seq2[pocket.Told, error]
}

// Heads makes the blocks of a tail what block checks look at.
func Heads(t Tail) monitor.BlockSource { return heads{t} }

type heads struct{ tail Tail }

// Heads implements [monitor.BlockSource].
func (h heads) Heads(ctx context.Context, after pocket.Height) iter.Seq2[monitor.Head, error] {
	return func(yield func(monitor.Head, error) bool) {
		for t, err := range h.tail.Heads(ctx, after) {
			if !yield(monitor.Head{Block: t.Block, Events: t.Events, CaughtUp: t.Newest}, err) || err != nil {
				return
			}
		}
	}
}
