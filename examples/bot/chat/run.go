package chat

import (
	"context"
	"sync"
	"time"
)

// sweepEvery is how often what has expired is thrown away.
const sweepEvery = time.Hour

// Run does what nobody asks for at that moment: it sends digests when they are due, ends questions that got no answer in time, and throws
// away what has expired. It
// returns nil when ctx ends, and an error when what is kept cannot be read at the start.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { e.sweep(ctx) })
	wg.Go(func() { e.digests(ctx) })
	wg.Go(func() { e.forgetGone(ctx) })
	err := e.watchPrompts(ctx)
	cancel()
	wg.Wait()
	return err
}

func (e *Engine) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if _, err := e.keep.Expire(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("what has expired is still kept", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
