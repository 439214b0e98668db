package monitortest

import (
	"context"
	"iter"
	"sync"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// Blocks is a source of blocks that a test feeds. Its zero value has none yet.
type Blocks struct {
	mu    sync.Mutex
	heads []monitor.Head
	fed   chan struct{}
	fault error
}

var _ monitor.BlockSource = (*Blocks)(nil)

// Feed adds blocks, whose heights must go on from the last.
func (b *Blocks) Feed(heads ...monitor.Head) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heads = append(b.heads, heads...)
	b.wake()
}

// Fail makes every reader meet an error, until it is called with nil.
func (b *Blocks) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = err
	b.wake()
}

// wake makes readers look again.
func (b *Blocks) wake() {
	if b.fed != nil {
		close(b.fed)
		b.fed = nil
	}
}

// next returns the first block above a height, or what to wait for. Below 0 is the height of the newest block, or 0 when there is none.
func (b *Blocks) next(after *pocket.Height) (monitor.Head, <-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault != nil {
		return monitor.Head{}, nil, b.fault
	}
	if *after < 0 {
		*after = 0
		if len(b.heads) > 0 {
			*after = b.heads[len(b.heads)-1].Height
		}
	}
	for _, h := range b.heads {
		if h.Height > *after {
			return h, nil, nil
		}
	}
	if b.fed == nil {
		b.fed = make(chan struct{})
	}
	return monitor.Head{}, b.fed, nil
}

// Heads implements [monitor.BlockSource].
func (b *Blocks) Heads(ctx context.Context, after pocket.Height) iter.Seq2[monitor.Head, error] {
	return func(yield func(monitor.Head, error) bool) {
		for {
			head, more, err := b.next(&after)
			switch {
			case err != nil:
				yield(monitor.Head{}, err)
				return
			case more == nil:
				after = head.Height
				if !yield(head, nil) {
					return
				}
				continue
			}
			select {
			case <-ctx.Done():
				yield(monitor.Head{}, context.Cause(ctx))
				return
			case <-more:
			}
		}
	}
}
