package index

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Feed tells history that somebody else has gathered, such as PoktScan or another host's index. It is trusted, not verified:
// [Index.Recheck] verifies it.
type Feed interface {
	// Tip returns the newest block of which the feed knows everything that it will ever tell.
	Tip(context.Context) (pocket.Block, error)
	// Told yields what the feed knows of the blocks from one height to another, both inclusive: of events that mention one of the addresses, in
	// whatever role, or of everybody's when there are none. Blocks come oldest first, and need not come when nothing of the kind
	// happened in them. A block told in several parts is told in a row, and each event once. Of a block its height and time are needed. An
	// event's Index is not looked at but for telling events apart, and may be -1. An error is yielded last.
	Told(ctx context.Context, about []pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Told, error]
}

// A FeedConfig says how to fill in the past from a [Feed].
type FeedConfig struct {
	Source   string         // the name under which rows are stored, such as "poktscan"; "" is "feed"
	Log      *slog.Logger   // nil is silent
	Progress func(Progress) // called after each transaction; nil is nobody
	Conflict func(Conflict) // called for what the feed tells otherwise than it is stored; nil is nobody. Log is told, too
	Chunk    int64          // how many heights the feed is asked for at once; 0 is 20,000. Much of it may be in memory
}

// BackfillFrom fills in what is unknown of the heights from one to another, both inclusive, by what feed tells of the watched addresses; in
// an index of everything, of everybody. The rows keep the feed's name: see [Index.Source]. What was told counts as known for reading, and
// is not asked for again, so a backfill that was interrupted goes on where it was. It does not count as walked: see [Index.Coverage].
//
// Where the chain was read, too, each event is one row, whoever told of it first; what both tell differently is a [Conflict], and
// stays as it is until [Index.Repair].
//
// It returns how many events were new. A feed that does not reach as far as asked is filled from up to its tip: the error is
// [pocket.ErrFutureHeight] then, and the [pocket.APIError] tells the tip as Latest.
func (x *Index) BackfillFrom(ctx context.Context, feed Feed, from, to pocket.Height, config FeedConfig) (int64, error) {
	if config.Source == "" {
		config.Source = "feed"
	}
	if config.Chunk < 1 {
		config.Chunk = 20_000
	}
	stored, err := x.backfillFrom(ctx, feed, from, to, config)
	if err != nil {
		err = fmt.Errorf("backfill from %s: %w", config.Source, err)
	}
	return stored, err
}

func (x *Index) backfillFrom(ctx context.Context, feed Feed, from, to pocket.Height, config FeedConfig) (int64, error) {
	if err := checkHeights(from, to); err != nil {
		return 0, err
	}
	tip, err := feed.Tip(ctx)
	if err != nil {
		return 0, fmt.Errorf("its newest block: %w", err)
	}
	if err := x.checkChain(ctx, tip.ChainID); err != nil {
		return 0, err
	}
	set, err := watchedSet(ctx, x.db.Read)
	if err != nil {
		return 0, x.fault("backfill", err)
	}
	var lots []lot
	if end := min(to, tip.Height); end >= from {
		if lots, err = x.lots(ctx, set, Range{from, end}, told); err != nil {
			return 0, err
		}
	}
	f := &feeding{x: x, feed: feed, config: config, set: set, tip: tip}
	total := int64(0)
	for _, l := range lots {
		total += l.Len()
	}
	f.meter = newMeter(total, config.Progress)
	if config.Log != nil {
		config.Log.Info("backfill begins", "source", config.Source, "from", from, "to", to, "tip", tip.Height, "unknown", total)
	}
	for _, l := range lots {
		if err := f.fill(ctx, l); err != nil {
			return f.meter.p.Stored, err
		}
	}
	if tip.Height >= to {
		return f.meter.p.Stored, nil
	}
	return f.meter.p.Stored, &pocket.APIError{
		Reason: pocket.ErrFutureHeight, Host: config.Source, Latest: tip.Height, Message: fmt.Sprintf(
			"it knows blocks up to %d, of %s, and is filled from up to there; those to %d are still missing",
			tip.Height, tip.Time.UTC().Format(time.RFC3339), to),
	}
}

// A feeding is a backfill from a feed.
type feeding struct {
	x      *Index
	feed   Feed
	config FeedConfig
	set    watchSet
	tip    pocket.Block
	meter  *meter
}

// A helping is what is stored in one transaction: the blocks told of a range.
type helping struct {
	Range
	told []pocket.Told
	err  error // comes last, alone
}

// toldAtOnce is how many events are stored in one transaction, or a few more: to write the days' sums again costs less for many.
const toldAtOnce = 20_000

// fill asks for a lot, chunk by chunk, and stores it. The feed is read on while a helping is being stored.
func (f *feeding) fill(ctx context.Context, l lot) error {
	look, err := f.x.lookFor(ctx, f.set, l.addresses)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	helpings, done := make(chan helping), make(chan struct{})
	go func() {
		defer close(done)
		defer close(helpings)
		give := func(h helping) bool {
			select {
			case helpings <- h:
				return h.err == nil
			case <-ctx.Done():
				return false
			}
		}
		for from := l.From; from <= l.To; from += pocket.Height(f.config.Chunk) {
			if !f.read(ctx, Range{from, min(l.To, from+pocket.Height(f.config.Chunk)-1)}, look, give) {
				return
			}
		}
	}()
	defer func() { cancel(); <-done }()
	next := l.From
	for h := range helpings {
		if h.err != nil {
			return h.err
		}
		if err := f.store(ctx, h, l); err != nil {
			return err
		}
		next = h.To + 1
	}
	if next <= l.To {
		return context.Cause(ctx)
	}
	return nil
}

// read asks for a chunk and gives it in helpings, until give returns false; then so does it.
func (f *feeding) read(ctx context.Context, chunk Range, look look, give func(helping) bool) bool {
	h := helping{Range: Range{From: chunk.From}}
	events := 0
	fail := func(err error) bool { give(helping{err: err}); return false }
	for t, err := range f.feed.Told(ctx, look.selection.Mentions, chunk.From, chunk.To) {
		if err != nil {
			if len(h.told) > 1 { // what was told whole is not thrown away
				h.told = h.told[:len(h.told)-1]
				h.To = h.last()
				return give(h) && fail(err)
			}
			return fail(err)
		}
		at := t.Block.Height
		if at < h.From || at > chunk.To || len(h.told) > 0 && at < h.told[len(h.told)-1].Block.Height {
			return fail(fmt.Errorf("asked for blocks %d to %d it tells of block %d after %d: %w",
				chunk.From, chunk.To, at, h.last(), pocket.ErrMalformed))
		}
		t.Events = look.only(t.Events)
		t.Block.Txs = nil
		events += len(t.Events)
		if n := len(h.told); n > 0 && h.told[n-1].Block.Height == at { // a part more of the same block
			h.told[n-1].Events = append(h.told[n-1].Events, t.Events...)
			continue
		}
		if events-len(t.Events) >= toldAtOnce { // what was told before is whole
			h.To = h.last()
			if !give(h) {
				return false
			}
			h, events = helping{Range: Range{From: h.To + 1}}, len(t.Events)
		}
		h.told = append(h.told, t)
	}
	if err := ctx.Err(); err != nil { // a feed may end early when it is told to
		return fail(err)
	}
	h.To = chunk.To
	return give(h)
}

// last returns the last block told, or the one before the first that may be.
func (h *helping) last() pocket.Height {
	if n := len(h.told); n > 0 {
		return h.told[n-1].Block.Height
	}
	return h.From - 1
}

// store stores a helping and that its range is known, in one transaction.
func (f *feeding) store(ctx context.Context, h helping, l lot) error {
	stored := 0
	var conflicts []Conflict
	err := f.x.write(ctx, fmt.Sprintf("store blocks %d to %d", h.From, h.To), func(w *writer) error {
		defer func() { conflicts = w.conflicts }()
		w.source, w.foreign = w.id(clean(f.config.Source)), true
		if err := w.checkChain(f.tip.ChainID); err != nil {
			return err
		}
		for _, t := range h.told {
			if err := w.checkChain(t.Block.ChainID); err != nil {
				return err
			}
			n, err := w.putBlock(t.Block, t.Events)
			if err != nil {
				return err
			}
			stored += n
		}
		return w.coverLot(f.set, l, told, h.Range)
	})
	if err == nil {
		tellConflicts(conflicts, f.config.Conflict, f.config.Log)
		f.meter.add(h.To, h.Len(), int64(stored))
	}
	return err
}
