package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A FollowerConfig says how to follow. Its zero value follows from the newest block on.
type FollowerConfig struct {
	From     pocket.Height  // where to begin when the index has no cursor yet; 0 is the newest block
	Source   string         // the name under which rows are stored; "" is "chain"
	Log      *slog.Logger   // nil is silent
	Progress func(Progress) // called after each transaction while catching up; nil is nobody
	// Stored is called after a block was committed, with the events of it that were wanted: also with none. Nil is nobody.
	Stored func(pocket.Block, []pocket.Event)
	// Conflict is called for what the chain tells otherwise than it is stored, as some other source had told it. Log is told, too. Nil is
	// nobody.
	Conflict func(Conflict)
	// Ahead is how many blocks are read at once while catching up; 0 is 4. Each takes memory for its wanted events.
	Ahead int
	// SkipPruned goes on at the first block that the chain still has when those after the cursor are pruned away there. The hole is known
	// to [Index.Missing]. Without it that is an error.
	SkipPruned bool
}

// A Follower keeps an index up with a chain. Each block's rows and the cursor are stored in one transaction, so that after any end it
// goes on behind the last whole block: none is missed, none is doubled. One follower an index is enough; two do not harm each other.
type Follower struct {
	index  *Index
	chain  Chain
	config FollowerConfig
	log    *slog.Logger
	met    map[pocket.Address]bool // watched addresses whose supplier was looked up

	session pocket.Session // when the shared params were last looked at
}

// NewFollower returns a follower of chain that stores into x. It reads nothing yet.
func NewFollower(x *Index, chain Chain, config FollowerConfig) *Follower {
	if config.Source == "" {
		config.Source = "chain"
	}
	if config.Ahead < 1 {
		config.Ahead = 4
	}
	f := &Follower{index: x, chain: chain, config: config, log: config.Log, met: map[pocket.Address]bool{}}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	return f
}

// Run catches up from the cursor and then follows the chain's head until ctx ends or it cannot go on: the wrong chain, blocks pruned away
// before they were read, a database that does not work. It returns why. Faults that pass are tried again.
func (f *Follower) Run(ctx context.Context) error {
	for faults := 0; ; faults++ {
		stored, err := f.run(ctx)
		if stored {
			faults = 0
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !passes(err):
			return fmt.Errorf("follow: %w", err)
		}
		pause := min(time.Minute, time.Second<<min(faults, 6))
		f.log.Warn("following is interrupted", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// passes reports whether trying again may help. A chain that ended its heads without an error is asked again, too.
func passes(err error) bool {
	if err == nil {
		return true
	}
	return slices.ContainsFunc([]error{pocket.ErrUnavailable, pocket.ErrRateLimited, pocket.ErrFutureHeight, pocket.ErrMalformed, ErrBusy},
		func(passing error) bool { return errors.Is(err, passing) })
}

// run is Run until the first fault. It tells whether something was stored.
func (f *Follower) run(ctx context.Context) (bool, error) {
	caught, err := f.CatchUp(ctx)
	if err != nil {
		return caught > 0, err
	}
	cursor, err := f.index.Cursor(ctx)
	if err != nil {
		return caught > 0, err
	}
	stored := caught > 0
	for header, err := range f.chain.Heads(ctx, cursor) {
		if err != nil {
			return stored, err
		}
		if header.Height != cursor+1 {
			return stored, fmt.Errorf("after block %d came block %d: %w", cursor, header.Height, pocket.ErrMalformed)
		}
		l, err := f.index.look(ctx)
		if err != nil {
			return stored, err
		}
		tip := f.asking(ctx, header.Height)
		r, err := fetch(ctx, f.chain, header, l)
		newest := <-tip
		if err != nil {
			return stored, err
		}
		if err := f.store(ctx, newest, l, r); err != nil {
			return stored, err
		}
		cursor, stored = header.Height, true
		if err := f.meet(ctx, l, cursor); err != nil {
			return stored, err
		}
		if err := f.learnParams(ctx, cursor); err != nil {
			return stored, err
		}
	}
	return stored, nil
}

// CatchUp stores every block after the cursor up to the chain's newest and returns how many those were. Finding none takes one small
// request and writes nothing.
func (f *Follower) CatchUp(ctx context.Context) (int, error) {
	status, err := f.chain.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("catch up: %w", err)
	}
	if err := f.index.checkChain(ctx, status.ChainID); err != nil {
		return 0, err
	}
	cursor, err := f.begin(ctx, status)
	if err != nil || cursor >= status.Latest {
		return 0, err
	}
	if cursor, err = f.bridge(cursor, status); err != nil {
		return 0, err
	}
	meter := newMeter(int64(status.Latest-cursor), f.config.Progress)
	caught := 0
	for cursor < status.Latest {
		n, err := f.catchUp(ctx, &cursor, status.Latest, meter)
		caught += n
		if err != nil {
			return caught, fmt.Errorf("catch up: %w", err)
		}
	}
	l, err := f.index.look(ctx)
	if err != nil {
		return caught, err
	}
	if err := f.meet(ctx, l, cursor); err != nil {
		return caught, err
	}
	return caught, f.learnParams(ctx, cursor)
}

// begin returns the cursor: the stored one, or where a new index begins.
func (f *Follower) begin(ctx context.Context, status pocket.Status) (pocket.Height, error) {
	cursor, err := f.index.Cursor(ctx)
	if err != nil || cursor > 0 {
		return cursor, err
	}
	if f.config.From > 0 {
		return f.config.From - 1, nil
	}
	return max(status.Latest-1, 0), nil
}

// bridge returns where to go on when the blocks after the cursor are gone from the chain's nodes.
func (f *Follower) bridge(cursor pocket.Height, status pocket.Status) (pocket.Height, error) {
	if status.Earliest <= cursor+1 {
		return cursor, nil
	}
	if !f.config.SkipPruned {
		return 0, fmt.Errorf("catch up: blocks %d to %d are not there any more, the first is %d; another node may have them: %w",
			cursor+1, status.Earliest-1, status.Earliest, pocket.ErrPruned)
	}
	f.log.Warn("blocks are pruned away and stay missing", "from", cursor+1, "to", status.Earliest-1)
	return status.Earliest - 1, nil
}

// While catching up, many blocks are stored in one transaction: as many as these.
const (
	blocksAtOnce = 200
	eventsAtOnce = 5_000
)

// catchUp stores blocks until the watched addresses change or the end is reached, and moves the cursor.
func (f *Follower) catchUp(ctx context.Context, cursor *pocket.Height, end pocket.Height, meter *meter) (int, error) {
	l, err := f.index.look(ctx)
	if err != nil {
		return 0, err
	}
	todo := Range{*cursor + 1, end}
	var batch []reading
	var events, caught int
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := f.store(ctx, end, l, batch...); err != nil {
			return err
		}
		*cursor = batch[len(batch)-1].block.Height
		caught += len(batch)
		meter.add(*cursor, int64(len(batch)), int64(events))
		batch, events = nil, 0
		return nil
	}
	for r, err := range fetchAll(ctx, f.chain, todo.heights(), l, f.config.Ahead) {
		if err != nil {
			return caught, errors.Join(err, flush()) // what was read whole is not thrown away
		}
		batch, events = append(batch, r), events+len(r.events)
		if len(batch) < blocksAtOnce && events < eventsAtOnce && r.block.Height != end {
			continue
		}
		if err := flush(); err != nil {
			return caught, err
		}
		now, err := f.index.look(ctx)
		if err != nil {
			return caught, err
		}
		if !now.set.same(l.set) {
			return caught, nil
		}
	}
	return caught, nil
}

// patienceForTip is how long a block may wait to learn whether it is the newest.
const patienceForTip = 2 * time.Second

// asking asks for the chain's newest height while the block at a height is read, and answers that height when there is no telling. Heads
// come one by one after a break, too: only this tells old ones from new.
func (f *Follower) asking(ctx context.Context, height pocket.Height) <-chan pocket.Height {
	tip := make(chan pocket.Height, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, patienceForTip)
		defer cancel()
		status, err := f.chain.Status(ctx)
		if err != nil {
			f.log.Info("the newest height is not known", "error", err)
		}
		tip <- max(status.Latest, height)
	}()
	return tip
}

// store stores blocks that follow each other, the cursor and the chain's newest height in one transaction.
func (f *Follower) store(ctx context.Context, tip pocket.Height, l look, batch ...reading) error {
	first, last := batch[0].block.Height, batch[len(batch)-1].block.Height
	var conflicts []Conflict
	err := f.index.write(ctx, fmt.Sprintf("store blocks %d to %d", first, last), func(w *writer) error {
		defer func() { conflicts = w.conflicts }()
		w.source = w.id(clean(f.config.Source))
		for _, r := range batch {
			if err := w.checkChain(r.block.ChainID); err != nil {
				return err
			}
			if _, err := w.putReading(r); err != nil {
				return err
			}
		}
		if err := w.cover(l.set.key(walked), Range{first, last}); err != nil {
			return err
		}
		now, err := settingNumber(ctx, w.tx, settingCursor)
		if err != nil || now >= int64(last) {
			return err // another follower is ahead
		}
		if err := w.setNumber(settingTip, int64(tip)); err != nil {
			return err
		}
		return w.setCursor(last)
	})
	if err != nil {
		return err
	}
	f.index.news.tell()
	tellConflicts(conflicts, f.config.Conflict, f.config.Log)
	if f.config.Stored != nil {
		for _, r := range batch {
			f.config.Stored(r.block, r.events)
		}
	}
	return nil
}

// meet looks up the suppliers among newly watched addresses, so that their stake and services are known before they change.
func (f *Follower) meet(ctx context.Context, l look, after pocket.Height) error {
	var seen []sighting
	for _, a := range l.selection.Mentions {
		if kind := a.Kind(); f.met[a] || kind != pocket.AccountAddress && kind != pocket.MorseAddress {
			continue
		}
		s, err := f.chain.SupplierAt(ctx, a, after)
		switch {
		case err == nil:
			seen = append(seen, sighting{a, &s})
		case errors.Is(err, pocket.ErrNotFound): // a wallet, or a supplier that left; be it unseen
			lasts, err := f.index.lasts(ctx, a)
			if err != nil {
				return err
			}
			if lasts {
				seen = append(seen, sighting{a, nil})
			}
		case passes(err), errors.Is(err, pocket.ErrPruned): // at the next block it is tried again
			f.log.Info("supplier is not looked up yet", "supplier", a, "error", err)
			continue
		default:
			return fmt.Errorf("supplier %s: %w", a, err)
		}
		f.met[a] = true
	}
	if len(seen) == 0 {
		return nil
	}
	return f.index.putSightings(ctx, f.config.Source, after, seen)
}
