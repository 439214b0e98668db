package check

import (
	"context"
	"errors"
	"sync"
)

// parallel calls do for 0 up to n, at most atOnce of them at the same time, and returns when all have. What ctx ends is not begun.
func parallel(ctx context.Context, n, atOnce int, do func(i int)) {
	var wg sync.WaitGroup
	free := make(chan struct{}, max(1, atOnce))
	for i := range n {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	wg.Wait()
}

// stopped reports whether a look is not wanted any more, other than that its time is over: then what was found by then still counts.
func stopped(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded)
}
