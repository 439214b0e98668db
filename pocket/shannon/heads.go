package shannon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Heads yields the header of every block after the given height: each once, oldest first, without gaps, and goes on with new ones as the
// chain makes them until ctx ends. after = 0 starts with the newest block. Headers have no transactions; ask [Client.Block] and
// [Client.Events] for those.
//
// A websocket wakes it where the nodes have one, and it looks for itself where they have not; after any break the gap is read before new
// blocks. A node that falls back to a lower height repeats nothing. Faults that may pass are logged and tried again, for as long as it
// takes. One that will not pass is yielded last: [pocket.ErrPruned] when the nodes dropped the next block, [pocket.ErrWrongChain],
// [pocket.ErrInvalid]. When ctx ends the sequence ends without an error. All goroutines have ended when the loop is left.
func (c *Client) Heads(ctx context.Context, after pocket.Height) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		if c.rpc == nil || after < 0 {
			yield(pocket.Block{}, fmt.Errorf("heads after %d: want a client with an RPC URL and a height of at least 0: %w", after, pocket.ErrInvalid))
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		f := &follower{client: c, next: after + 1, fromHead: after == 0, wake: make(chan struct{}, 1), seen: time.Now()}
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		if c.socket {
			f.socket = &socket{nodes: c.nodes, wake: f.wake}
			wg.Go(func() { f.socket.run(ctx) })
		}
		f.follow(ctx, yield)
	}
}

// A follower walks behind the head of the chain.
type follower struct {
	client   *Client
	next     pocket.Height // to be yielded
	before   string        // hash of the block before it, "" when not known
	fromHead bool          // the first height is still to be found out
	wake     chan struct{}
	socket   *socket // nil when there is to be none

	faults  int       // in a row
	seen    time.Time // when the chain last moved on
	told    pocket.Height
	stalled bool
}

func (f *follower) follow(ctx context.Context, yield func(pocket.Block, error) bool) {
	for ctx.Err() == nil {
		tip, err := f.tip(ctx)
		if err == nil {
			var left bool
			if left, err = f.catchUp(ctx, tip, yield); left {
				return
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			f.faults = 0
		case fatal(err):
			yield(pocket.Block{}, err)
			return
		default:
			f.faults++
			if f.socket != nil && errors.Is(err, pocket.ErrFutureHeight) {
				f.socket.overtold(f.next - 1)
			}
			f.client.log.Warn("heads are waiting", "next", f.next, "faults", f.faults, "error", err)
		}
		f.wait(ctx)
	}
}

// fatal tells of errors that do not pass by themselves. A height in the future is a node that is behind; what is malformed may come from
// a proxy that is being repaired.
func fatal(err error) bool {
	return errors.Is(err, pocket.ErrPruned) || errors.Is(err, pocket.ErrWrongChain) || errors.Is(err, pocket.ErrInvalid)
}

// tip returns the newest height that is known: what the websocket told, or what a node says when asked.
func (f *follower) tip(ctx context.Context) (pocket.Height, error) {
	if f.socket != nil && !f.fromHead {
		if told := f.socket.latest(); told > f.told && told >= f.next {
			f.told = told
			return told, nil
		}
	}
	status, err := f.client.Status(ctx)
	if err != nil {
		return 0, err
	}
	if f.fromHead && status.Latest > 0 {
		f.next, f.fromHead = status.Latest, false
	}
	if f.socket != nil && status.Latest > f.socket.latest() && status.Latest >= f.next {
		f.socket.found(status.Latest)
	}
	return status.Latest, nil
}

// catchUp yields the headers up to tip. left tells that the loop over them was left.
func (f *follower) catchUp(ctx context.Context, tip pocket.Height, yield func(pocket.Block, error) bool) (left bool, err error) {
	for !f.fromHead && f.next <= tip {
		run, err := f.client.headers(ctx, f.next, min(tip, f.next+headersAtOnce-1), f.before)
		if err != nil {
			return false, err
		}
		for _, b := range run.blocks {
			f.next, f.before, f.seen, f.faults, f.stalled = b.Height+1, b.Hash, time.Now(), 0, false
			if !yield(b, nil) {
				return true, nil
			}
			if ctx.Err() != nil {
				return true, nil
			}
		}
	}
	f.look(ctx, tip)
	return false, nil
}

// staleAfter is how long the chain may stand still before all nodes are asked whether it really does. Blocks come every minute.
const staleAfter = 3 * time.Minute

// look asks all nodes for their height when nothing new has come for long, so that one that stalled is left for another. It says once
// that the chain stands still.
func (f *follower) look(ctx context.Context, tip pocket.Height) {
	if time.Since(f.seen) < staleAfter {
		return
	}
	f.seen = time.Now()
	if f.client.rpc.Len() > 1 && f.client.survey(ctx) >= f.next {
		select { // there is news elsewhere; the stalled node now comes last
		case f.wake <- struct{}{}:
		default:
		}
		return
	}
	if !f.stalled {
		f.client.log.Warn("no new block", "next", f.next, "newest", tip, "for", staleAfter)
	}
	f.stalled = true
}

// wait sleeps until the websocket tells of a block, or it is time to look.
func (f *follower) wait(ctx context.Context) {
	pause := f.client.poll
	if f.socket != nil && f.socket.alive() {
		pause *= 6
	}
	wake := f.wake
	if f.faults > 0 { // a node in trouble is not asked more often for telling of blocks
		wake = nil
		longest := min(f.client.poll, 30*time.Second)
		pause = min(longest, time.Second<<min(f.faults-1, 5))
		pause -= rand.N(pause/2 + 1)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}
