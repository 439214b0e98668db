package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A BackfillConfig says how to fill in the past.
type BackfillConfig struct {
	// Search finds the blocks that mention an address, so that others need not be read. Nil walks through every block, which is complete
	// whatever the node's search index holds.
	Search   Search
	Source   string         // the name under which rows are stored; "" is "chain"
	Log      *slog.Logger   // nil is silent
	Progress func(Progress) // called after each transaction; nil is nobody
	Conflict func(Conflict) // called for what the chain tells otherwise than it is stored; nil is nobody. Log is told, too
	Ahead    int            // how many blocks are read at once; 0 is 4
	Chunk    int64          // how many heights are searched, or walked, in one transaction; 0 is 5,000 or 200
}

// Backfill reads what is unknown of the heights from one to another, both inclusive: of the watched addresses, or of everybody in an
// index of everything, which cannot be searched for. What is known already is not read again, so a backfill that was interrupted goes on
// where it was, and one over known heights costs a look at the index. What was searched counts as known for a search but not for a walk;
// what a [Feed] told, for neither.
//
// It returns how many events were new. Blocks that the chain has pruned are [pocket.ErrPruned].
func (x *Index) Backfill(ctx context.Context, chain Chain, from, to pocket.Height, config BackfillConfig) (int64, error) {
	if err := checkHeights(from, to); err != nil {
		return 0, fmt.Errorf("backfill: %w", err)
	}
	set, err := watchedSet(ctx, x.db.Read)
	if err != nil {
		return 0, x.fault("backfill", err)
	}
	if config.Search != nil && set.mode == Everything {
		return 0, fmt.Errorf("backfill: everybody cannot be searched for, walk instead: %w", pocket.ErrInvalid)
	}
	method := int64(walked)
	if config.Search != nil {
		method = searched
	}
	lots, err := x.lots(ctx, set, Range{from, to}, method)
	if err != nil || len(lots) == 0 {
		return 0, err
	}
	b := &backfill{x: x, chain: chain, config: config.withDefaults(), set: set}
	total := int64(0)
	for _, l := range lots {
		total += l.Len()
	}
	b.meter = newMeter(total, config.Progress)
	if config.Log != nil {
		config.Log.Info("backfill begins", "from", from, "to", to, "unknown", total, "searched", config.Search != nil)
	}
	for _, l := range lots {
		if err := b.fill(ctx, l); err != nil {
			return b.meter.p.Stored, fmt.Errorf("backfill: %w", err)
		}
	}
	return b.meter.p.Stored, nil
}

func (c BackfillConfig) withDefaults() BackfillConfig {
	if c.Source == "" {
		c.Source = "chain"
	}
	if c.Ahead < 1 {
		c.Ahead = 4
	}
	if c.Chunk < 1 && c.Search != nil {
		c.Chunk = 5_000
	} else if c.Chunk < 1 {
		c.Chunk = blocksAtOnce
	}
	return c
}

type backfill struct {
	x      *Index
	chain  Chain
	config BackfillConfig
	set    watchSet
	meter  *meter
}

// fill reads a lot, chunk by chunk.
func (b *backfill) fill(ctx context.Context, l lot) error {
	look, err := b.x.lookFor(ctx, b.set, l.addresses)
	if err != nil {
		return err
	}
	for l.From <= l.To {
		chunk := Range{l.From, min(l.To, l.From+pocket.Height(b.config.Chunk)-1)}
		if b.config.Search != nil {
			err = b.search(ctx, chunk, l, look)
		} else {
			err = b.walk(ctx, chunk, l, look)
		}
		if err != nil {
			return err
		}
		l.From = chunk.To + 1
	}
	return nil
}

// walk reads every block of a chunk.
func (b *backfill) walk(ctx context.Context, chunk Range, l lot, look look) error {
	from := chunk.From
	var batch []reading
	events := 0
	for r, err := range fetchAll(ctx, b.chain, chunk.heights(), look, b.config.Ahead) {
		if err != nil {
			if len(batch) > 0 { // what was read whole is not thrown away
				err = errors.Join(err, b.store(ctx, Range{from, batch[len(batch)-1].block.Height}, l, walked, batch))
			}
			return err
		}
		batch, events = append(batch, r), events+len(r.events)
		if events < eventsAtOnce && r.block.Height < chunk.To {
			continue
		}
		if err := b.store(ctx, Range{from, r.block.Height}, l, walked, batch); err != nil {
			return err
		}
		from, batch, events = r.block.Height+1, nil, 0
	}
	return nil
}

// search reads the blocks of a chunk that mention one of the addresses. The chunk counts as known when all of them are stored.
func (b *backfill) search(ctx context.Context, chunk Range, l lot, look look) error {
	found := map[pocket.Height]pocket.Block{}
	for _, address := range look.selection.Mentions {
		for block, err := range b.config.Search(ctx, address, chunk.From, chunk.To) {
			if err != nil {
				return fmt.Errorf("search for %s: %w", address, err)
			}
			if block.Height < chunk.From || block.Height > chunk.To {
				return fmt.Errorf("search for %s in blocks %d to %d found block %d: %w",
					address, chunk.From, chunk.To, block.Height, pocket.ErrMalformed)
			}
			block.Txs = nil // they are read again with the events: thousands of blocks would not fit into memory
			found[block.Height] = block
		}
	}
	heights := slices.Sorted(maps.Keys(found))
	blocks := func(yield func(pocket.Block) bool) {
		for _, h := range heights {
			if !yield(found[h]) {
				return
			}
		}
	}
	from := chunk.From
	var batch []reading
	events := 0
	for r, err := range fetchAll(ctx, b.chain, blocks, look, b.config.Ahead) {
		if err != nil {
			return err
		}
		batch, events = append(batch, r), events+len(r.events)
		if events < eventsAtOnce && len(batch) < blocksAtOnce {
			continue
		}
		if err := b.store(ctx, Range{from, r.block.Height}, l, searched, batch); err != nil {
			return err
		}
		from, batch, events = r.block.Height+1, nil, 0
	}
	if from > chunk.To {
		return nil
	}
	return b.store(ctx, Range{from, chunk.To}, l, searched, batch)
}

// store stores blocks and that the range they are of is known, in one transaction.
func (b *backfill) store(ctx context.Context, r Range, l lot, method int64, batch []reading) error {
	stored := 0
	var conflicts []Conflict
	err := b.x.write(ctx, fmt.Sprintf("store blocks %d to %d", r.From, r.To), func(w *writer) error {
		defer func() { conflicts = w.conflicts }()
		w.source = w.id(clean(b.config.Source))
		for _, reading := range batch {
			if err := w.checkChain(reading.block.ChainID); err != nil {
				return err
			}
			n, err := w.putReading(reading)
			if err != nil {
				return err
			}
			stored += n
		}
		return w.coverLot(b.set, l, method, r)
	})
	if err == nil {
		tellConflicts(conflicts, b.config.Conflict, b.config.Log)
		b.meter.add(r.To, r.Len(), int64(stored))
	}
	return err
}
