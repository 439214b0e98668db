package bot

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// What of a node's past is searched for: all that pays it, costs it or tells when it was staked. Its claims and proofs are not: each
// ends as one of these.
var (
	searchedBlocks = []pocket.Kind{
		pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash,
		pocket.KindServiceActivation, pocket.KindUnbondingBegin, pocket.KindUnbondingEnd,
	}
	searchedTransactions = []pocket.Kind{pocket.KindSupplierStake, pocket.KindUnbondingBegin, pocket.KindUnbondingCancel}
)

// search finds the blocks that tell of a node by the search index of the full node.
func search(client *shannon.Client) index.Search {
	return func(ctx context.Context, node pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Block, error] {
		return func(yield func(pocket.Block, error) bool) {
			heights := map[pocket.Height]bool{}
			for _, kind := range searchedBlocks {
				for block, err := range client.SearchBlocks(ctx, shannon.BlockQuery{Kind: kind, Supplier: node, From: from, To: to}) {
					if err != nil {
						yield(pocket.Block{}, fmt.Errorf("blocks with %s: %w", kind, err))
						return
					}
					heights[block.Height] = true
				}
			}
			for _, kind := range searchedTransactions {
				for tx, err := range client.SearchTransactions(ctx, shannon.TxQuery{Kind: kind, Supplier: node, From: from, To: to}) {
					if err != nil {
						yield(pocket.Block{}, fmt.Errorf("transactions with %s: %w", kind, err))
						return
					}
					heights[tx.Height] = true
				}
			}
			for _, h := range slices.Sorted(maps.Keys(heights)) {
				if !yield(pocket.Block{Height: h}, nil) {
					return
				}
			}
		}
	}
}

// chunk is how many heights are searched at once: one request answers for all of them when little was found.
const chunk = 20_000

// backfill reads what the chain still has of the past and the index does not know yet. Where the full node keeps a search index
// that is used, since mainnet's settlement blocks are many and large; else every block is read.
func (b *Bot) backfill(ctx context.Context, tell func(Progress)) error {
	status, err := b.client.Status(ctx)
	if err != nil {
		return err
	}
	cursor, err := b.store.Cursor(ctx)
	if err != nil || cursor == 0 {
		return err
	}
	config := index.BackfillConfig{Log: b.log, Progress: func(p index.Progress) { tell(progressOf("reading the past", p)) }}
	if status.TxIndex && b.config.Mode == Watched && !b.simulated {
		config.Search, config.Chunk = search(b.client), chunk
	}
	from := max(status.Earliest, 1)
	if from > cursor {
		return nil
	}
	_, err = b.store.Backfill(ctx, b.client, from, cursor, config)
	if errors.Is(err, pocket.ErrNotIndexed) && config.Search != nil {
		b.log.Warn("the node's search does not work: every block is read", "error", err)
		config.Search, config.Chunk = nil, 0
		_, err = b.store.Backfill(ctx, b.client, from, cursor, config)
	}
	return err
}

func progressOf(doing string, p index.Progress) Progress {
	return Progress{Doing: doing, Done: p.Done, Total: p.Total, Unit: "blocks", Left: p.Left}
}
