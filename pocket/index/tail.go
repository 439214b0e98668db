package index

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Heads yields every block after a height that a [Follower] has stored, with the stored events of it, each once and oldest first, and goes
// on with new ones until ctx ends. A height below 0 is that of the newest block, so that only what is stored from now on is told. The
// blocks have no transactions; those stored are among the events, which are shared among all who read them: leave them as they are.
//
// It is never ahead of what is stored, and never misses a block: when a follower in this process stores one it is woken at once, and
// blocks stored by another process are found within a second. A block that no node has any more, which the follower skipped, is
// told without its hash and events, and with about the time at which it was made; but those before the first that is stored are passed
// over. Newest is true of a block if it is the last that is stored and the chain had no later one when the follower stored it.
//
// When ctx ends the sequence ends without an error. Any other error is yielded last, with a zero Told: [pocket.ErrPruned] when
// [Index.Prune] has removed the events of the next block.
func (x *Index) Heads(ctx context.Context, after pocket.Height) iter.Seq2[pocket.Told, error] {
	return func(yield func(pocket.Told, error) bool) {
		err := x.tail(ctx, after, func(t pocket.Told) bool { return yield(t, nil) })
		if err != nil && ctx.Err() == nil {
			yield(pocket.Told{}, err)
		}
	}
}

// tailPoll is how often blocks of other processes are looked for.
const tailPoll = time.Second

func (x *Index) tail(ctx context.Context, after pocket.Height, yield func(pocket.Told) bool) error {
	fromNow := after < 0
	for {
		stored := x.news.wait() // before looking, so that nothing stored meanwhile is overlooked
		m, err := x.mark(ctx)
		if err != nil {
			return err
		}
		if fromNow {
			after, fromNow = m.cursor, false
		}
		if m.cursor > after {
			blocks := x.yieldBlocks
			if m.cursor == after+1 {
				blocks = func(ctx context.Context, _ Range, yield func(pocket.Told) bool) (bool, error) {
					return x.yieldLast(ctx, m, yield)
				}
			}
			left, err := blocks(ctx, Range{after + 1, m.cursor}, yield)
			if left || err != nil {
				return err
			}
			after = m.cursor
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-stored:
		case <-time.After(tailPoll):
		}
	}
}

// A mark is how far a follower has come.
type mark struct {
	cursor pocket.Height
	tip    pocket.Height // the chain's newest block, as far as the follower knew when it stored the cursor
}

func (x *Index) mark(ctx context.Context) (mark, error) {
	rows, err := x.db.Read.QueryContext(ctx, "SELECT name, CAST(value AS BIGINT) FROM settings WHERE name IN ($1, $2)", settingCursor, settingTip)
	if err != nil {
		return mark{}, x.fault("cursor", err)
	}
	var m mark
	err = each(rows, func() error {
		var name string
		var value int64
		err := rows.Scan(&name, &value)
		if name == settingCursor {
			m.cursor = pocket.Height(value)
		} else {
			m.tip = pocket.Height(value)
		}
		return err
	})
	return m, x.fault("cursor", err)
}

// yieldBlocks yields the stored blocks of a range. left tells that the loop over them was left.
func (x *Index) yieldBlocks(ctx context.Context, heights Range, yield func(pocket.Told) bool) (left bool, err error) {
	pruned, err := settingNumber(ctx, x.db.Read, settingPruned)
	if err != nil {
		return false, x.fault("pruned", err)
	}
	if int64(heights.From) < pruned {
		return false, prunedError(pruned)
	}
	chain, err := x.ChainID(ctx)
	if err != nil {
		return false, err
	}
	r := reach{int64(heights.From), int64(heights.To)}
	next, stop := iter.Pull2(x.eventsIn(ctx, r))
	defer stop()
	event, err, more := next()
	expected := heights.From
	for block, fault := range x.blocksIn(ctx, r, firstPage) {
		if fault != nil {
			return false, fault
		}
		if expected > 1 {
			if left, err := x.yieldSkipped(ctx, Range{expected, block.Height - 1}, chain, yield); left || err != nil {
				return left, err
			}
		}
		expected, block.ChainID = block.Height+1, chain
		t := pocket.Told{Block: block}
		for ; more; event, err, more = next() {
			if err != nil {
				return false, err
			}
			if event.Where().Height > block.Height {
				break
			}
			if event.Where().Height == block.Height {
				t.Events = append(t.Events, event)
			}
		}
		if block.Height == heights.To {
			m, err := x.mark(ctx)
			if err != nil {
				return false, err
			}
			t.Newest = m.cursor == block.Height && m.tip <= block.Height
		}
		if !yield(t) {
			return true, nil
		}
	}
	return false, err
}

// lastTold is the newest block as it was last told. All who follow the head want it at the same moment, and it is read once for them all.
type lastTold struct {
	mu     sync.Mutex // held while the block is read: who comes meanwhile waits for it
	mark   mark
	blocks []pocket.Told // one, or none where it is not stored
	read   time.Time     // zero when there is nothing
}

// lastKept is how long a block is told as it was read: what another process changes in it is told late by no more than that.
const lastKept = 10 * time.Second

// forget makes who comes next read the block: this process changed something.
func (l *lastTold) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read, l.blocks = time.Time{}, nil
}

// yieldLast yields the block at the mark, as yieldBlocks does.
func (x *Index) yieldLast(ctx context.Context, m mark, yield func(pocket.Told) bool) (left bool, err error) {
	blocks, err := x.lastBlock(ctx, m)
	for _, t := range blocks {
		t.Events = slices.Clone(t.Events)
		if !yield(t) {
			return true, nil
		}
	}
	return false, err
}

func (x *Index) lastBlock(ctx context.Context, m mark) ([]pocket.Told, error) {
	l := &x.last
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mark == m && time.Since(l.read) < lastKept {
		return l.blocks, nil
	}
	var blocks []pocket.Told
	_, err := x.yieldBlocks(ctx, Range{m.cursor, m.cursor}, func(t pocket.Told) bool {
		blocks = append(blocks, t)
		return true
	})
	if err != nil || ctx.Err() != nil {
		return nil, err
	}
	l.mark, l.blocks, l.read = m, blocks, time.Now()
	return blocks, nil
}

// yieldSkipped yields blocks that are not stored.
func (x *Index) yieldSkipped(ctx context.Context, heights Range, chain string, yield func(pocket.Told) bool) (left bool, err error) {
	for block := range heights.heights() {
		at, _, err := timeOfHeight(ctx, x.db.Read, int64(block.Height))
		if err != nil {
			return false, x.fault("time of a block", err)
		}
		block.Time, block.ChainID = at, chain
		if !yield(pocket.Told{Block: block}) {
			return true, nil
		}
	}
	return false, nil
}

// eventsIn yields all stored events in a reach, oldest first.
func (x *Index) eventsIn(ctx context.Context, r reach) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		if err := x.yieldReach(ctx, pocket.EventQuery{}, r, func(e pocket.Event) bool { return yield(e, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

// news wakes those who wait for something to be stored.
type news struct {
	mu      sync.Mutex
	waiting chan struct{} // closed when something is stored; nil while nobody waits
}

// wait returns a channel that is closed when something is stored next.
func (n *news) wait() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting == nil {
		n.waiting = make(chan struct{})
	}
	return n.waiting
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting != nil {
		close(n.waiting)
		n.waiting = nil
	}
}
