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

// What those were called before protocol v0.1.27. On a younger chain such a search finds nothing, at little cost.
var formerBlocks = []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash}

// search finds the blocks that tell of a node by the search index of the full node.
func search(client *shannon.Client) index.Search {
	return func(ctx context.Context, node pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Block, error] {
		return func(yield func(pocket.Block, error) bool) {
			heights := map[pocket.Height]bool{}
			for _, query := range blockQueries(node, from, to) {
				for block, err := range client.SearchBlocks(ctx, query) {
					if err != nil {
						yield(pocket.Block{}, fmt.Errorf("blocks with %s: %w", query.Kind, err))
						return
					}
					heights[block.Height] = true
				}
			}
			for _, query := range transactionQueries(node, from, to) {
				for tx, err := range client.SearchTransactions(ctx, query) {
					if err != nil {
						yield(pocket.Block{}, fmt.Errorf("transactions with %s: %w", query.Kind, err))
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

func blockQueries(node pocket.Address, from, to pocket.Height) (queries []shannon.BlockQuery) {
	for _, kind := range searchedBlocks {
		queries = append(queries, shannon.BlockQuery{Kind: kind, Supplier: node, From: from, To: to})
	}
	for _, kind := range formerBlocks {
		queries = append(queries, shannon.BlockQuery{Kind: kind, Supplier: node, From: from, To: to, Former: true})
	}
	return queries
}

func transactionQueries(node pocket.Address, from, to pocket.Height) (queries []shannon.TxQuery) {
	for _, kind := range searchedTransactions {
		queries = append(queries, shannon.TxQuery{Kind: kind, Supplier: node, From: from, To: to})
	}
	return append(queries, shannon.TxQuery{Kind: pocket.KindSupplierStake, Supplier: node, From: from, To: to, Former: true})
}

// searchable returns a client of the first full node whose index holds all that happened between two heights, nil when there is none. It has one
// node only: another might answer a search with less, and not say so.
func (b *Bot) searchable(ctx context.Context, from, to pocket.Height) (*shannon.Client, error) {
	for _, url := range b.config.Chain.RPC {
		client, err := shannon.New([]string{url.Reveal()}, nil, b.clientOptions()...)
		if err != nil {
			return nil, fmt.Errorf("chain: %w", err)
		}
		whole, err := b.indexesAll(ctx, client, from, to)
		if whole && err == nil {
			return client, nil
		}
		client.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil { // another may answer; in the end there is reading block by block, which says what fails
			b.log.Warn("a node's index cannot be looked at", "error", err)
		}
	}
	return nil, nil
}

// samples is at how many heights an index is looked at: holes in it are ends of the range, or long.
const samples = 16

// indexesAll reports whether client's node holds all blocks of a range, and its index what happened in them, by some looks at it.
func (b *Bot) indexesAll(ctx context.Context, client *shannon.Client, from, to pocket.Height) (bool, error) {
	status, err := client.Status(ctx)
	if err != nil || !status.TxIndex || status.Earliest > from {
		return false, err
	}
	params, err := b.client.SharedParams(ctx, 0)
	if err != nil {
		return false, err
	}
	last := pocket.Height(0)
	for i := range pocket.Height(samples) {
		h := from + (to-from)*i/(samples-1)
		if _, settles := params.SettlesAt(h); settles && h < to {
			h++ // its results are the largest there are
		}
		if h == last {
			continue
		}
		last = h
		if whole, err := client.Indexes(ctx, h); err != nil || !whole {
			b.log.Info("searches of a node miss events", "block", h, "error", err)
			return false, err
		}
	}
	return true, nil
}

// chunk is how many heights are searched at once: one request answers for all of them when little was found.
const chunk = 20_000

// backfill reads what the chain still has of the past and the index does not know yet. Where a full node keeps a whole search index
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
	if err := b.readFeed(ctx, cursor, tell); err != nil {
		return err
	}
	from := max(status.Earliest, 1)
	if from > cursor {
		return nil
	}
	config := index.BackfillConfig{Log: b.log, Progress: func(p index.Progress) { tell(progressOf("reading the past", p)) }}
	if unknown, err := b.store.Missing(ctx, from, cursor, false); err != nil || len(unknown) == 0 {
		return err
	}
	if b.config.Mode == Watched && !b.simulated {
		client, err := b.searchable(ctx, from, cursor)
		if err != nil {
			return err
		}
		if client != nil {
			defer client.Close()
			config.Search, config.Chunk = search(client), chunk
		}
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
