package monitor

import (
	"context"
	"iter"

	"github.com/poktbot/poktbot/pocket"
)

// A Check looks at something from time to time.
//
// Look returns one result for everything that it watches, every time: an alert whose key is not among them any more is withdrawn, as
// what it was about is not watched any more, except that of an occurrence, which passes by itself. What it could not look at is Unknown with an Err; an error of Look as a whole means that it
// could look at nothing, and is Unknown for all. It ends with ctx.
type Check interface {
	Look(ctx context.Context) ([]Result, error)
}

// A BlockCheck looks at each new block, oldest first and each once, but for one after a crash that may come twice.
//
// Unlike a Check it returns results only of what the block changes: all else stays as it was. An error means that the block could not be
// judged, and the same block comes again later.
type BlockCheck interface {
	Block(ctx context.Context, head Head) ([]Result, error)
}

// A Head is a new block.
type Head struct {
	pocket.Block                // without its transactions
	Events       []pocket.Event // what it did, as far as it concerns what is watched
	// CaughtUp says that the block is the chain's newest. Before that, while a program reads what happened when it was not running, only
	// what happened is worth telling, not what was about to.
	CaughtUp bool
}

// A BlockSource has the blocks that block checks look at: a local index that a follower fills.
type BlockSource interface {
	// Heads yields every block after a height, oldest first without a gap, and goes on with new ones until ctx ends. A height below 0 is
	// that of the newest block, so that a watcher that begins is not told of all the past. An error is yielded last, with a zero Head; it
	// may pass, and then Heads is called again. Several callers may read at once.
	Heads(ctx context.Context, after pocket.Height) iter.Seq2[Head, error]
}
