package index

import (
	"context"
	"iter"

	"github.com/poktbot/poktbot/pocket"
)

// A Chain is what the index reads from: *shannon.Client is one, and so is any fake with these methods. It tries passing faults again by
// itself.
type Chain interface {
	// Status tells the newest and the oldest height that can be read.
	Status(context.Context) (pocket.Status, error)
	// Block returns a block with its transactions.
	Block(context.Context, pocket.Height) (pocket.Block, error)
	// Events yields what a block did, as far as the selection chooses it. An error is yielded last.
	Events(context.Context, pocket.Block, pocket.Selection) iter.Seq2[pocket.Event, error]
	// Heads yields the header of every block after a height, oldest first without a gap, and goes on with new ones until the context ends
	// or it cannot go on. An error is yielded last.
	Heads(ctx context.Context, after pocket.Height) iter.Seq2[pocket.Block, error]
	// SupplierAt returns a supplier as of after a block; of now with height 0. ErrNotFound: it is not staked then.
	SupplierAt(context.Context, pocket.Address, pocket.Height) (pocket.Supplier, error)
	// SharedParams returns the parameters in force at a height.
	SharedParams(context.Context, pocket.Height) (pocket.SharedParams, error)
}

// A Search yields the blocks from a height to another, both inclusive, in which an address is mentioned in whatever role, oldest first.
// Only their Height is needed: a block without transactions is read whole from the chain. An error is yielded last.
type Search func(ctx context.Context, about pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Block, error]
