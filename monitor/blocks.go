package monitor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A blockWatch is a check that looks at every block. Each has a cursor of its own and reads on its own, so that one that cannot judge a
// block keeps no other from the next.
type blockWatch struct {
	name  string
	check BlockCheck

	height atomic.Int64 // of the last block that was judged
	at     atomic.Int64 // when, in Unix nanoseconds
}

// blockTimeout is how long a check may take over one block.
const blockTimeout = 2 * time.Minute

// follow judges block after block until ctx ends.
func (w *Watcher) follow(ctx context.Context, bw *blockWatch) {
	for failures := 0; ; {
		moved, err := w.followOnce(ctx, bw)
		if ctx.Err() != nil {
			return
		}
		failures++
		if moved {
			failures = 1
		}
		if err == nil {
			err = errors.New("the source of blocks ended")
		}
		wait := min(30*time.Second, 250*time.Millisecond<<min(failures, 10))
		w.log.Warn("a block check is interrupted", "check", bw.name, "error", err, "pause", wait)
		if w.persist(ctx, func(b *batch) { b.lookFailed(bw.name, err, false) }) != nil || !sleep(ctx, wait) {
			return
		}
	}
}

// followOnce is follow until something goes wrong. It tells whether a block was judged.
func (w *Watcher) followOnce(ctx context.Context, bw *blockWatch) (moved bool, err error) {
	after := pocket.Height(-1)
	w.mu.Lock()
	if height, ok := w.core.cursors[bw.name]; ok {
		after = height
	}
	w.mu.Unlock()
	for head, err := range w.source.Heads(ctx, after) {
		if err != nil {
			return moved, fmt.Errorf("blocks after %d: %w", after, err)
		}
		if after >= 0 && head.Height != after+1 {
			return moved, fmt.Errorf("after block %d came block %d", after, head.Height)
		}
		began := time.Now()
		results, err := w.judgeBlock(ctx, bw, head)
		w.stats.looked(bw.name, time.Since(began), results, err)
		if err != nil {
			return moved, fmt.Errorf("block %d: %w", head.Height, err)
		}
		if err := w.persist(ctx, func(b *batch) {
			b.block(bw.name, head.Height, results)
		}); err != nil {
			return moved, err
		}
		after, moved = head.Height, true
		bw.height.Store(int64(head.Height))
		bw.at.Store(time.Now().UnixNano())
	}
	return moved, nil
}

func (w *Watcher) judgeBlock(ctx context.Context, bw *blockWatch, head Head) (results []Result, err error) {
	ctx, cancel := context.WithTimeout(ctx, blockTimeout)
	defer cancel()
	defer func() {
		if e := recover(); e != nil {
			w.log.Error("a block check panicked", "check", bw.name, "height", head.Height, "panic", e, "stack", string(debug.Stack()))
			results, err = nil, fmt.Errorf("the check panicked: %v", e)
		}
	}()
	return bw.check.Block(ctx, head)
}
