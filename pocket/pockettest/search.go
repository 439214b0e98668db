package pockettest

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A foundTx is a transaction that a search found.
type foundTx struct {
	height   pocket.Height
	position int
	raw      []byte
	storedTx
}

func (f foundTx) json() json.RawMessage {
	return object("hash", hashOf(f.raw), "height", heightText(f.height), "index", f.position, "tx_result", f.result, "tx", f.raw)
}

// transactionsAt returns the transactions of block h with their results.
func (v view) transactionsAt(h pocket.Height) ([]foundTx, error) {
	b, err := v.block(h)
	if err != nil || len(b.Block.Data.Txs) == 0 {
		return nil, err
	}
	results, err := v.results(h)
	if err != nil {
		return nil, err
	}
	var found []foundTx
	for i, raw := range b.Block.Data.Txs {
		found = append(found, foundTx{h, i, raw, results.txs[i]})
	}
	return found, nil
}

// find returns the transaction with that hash. It looks through the blocks from the newest on, as no index is kept.
func (v view) find(hash string) (foundTx, bool, error) {
	for h := v.top; h >= 1; h-- {
		if err := v.abandoned(); err != nil {
			return foundTx{}, false, err
		}
		b, err := v.block(h)
		if err != nil {
			return foundTx{}, false, err
		}
		for i, raw := range b.Block.Data.Txs {
			if hashOf(raw) == hash {
				all, err := v.transactionsAt(h)
				if err != nil {
					return foundTx{}, false, err
				}
				return all[i], true, nil
			}
		}
	}
	return foundTx{}, false, nil
}

func txByHash(v view, c call) (result, *rpcError) {
	hash, failed := c.hash("hash")
	if failed != nil {
		return result{}, failed
	}
	if v.noIndex {
		return result{}, internalError("transaction indexing is disabled")
	}
	text := strings.ToUpper(hex.EncodeToString(hash))
	found, ok, err := v.find(text)
	switch {
	case err != nil:
		return result{}, internalError("%v", err)
	case !ok:
		return result{}, internalError("tx (%s) not found", text)
	default:
		return result{raw: found.json()}, nil
	}
}

// searchTxs returns all transactions that match, oldest first. Transactions of dropped blocks are found, too.
func (v view) searchTxs(q query) ([]foundTx, error) {
	heights, rest := q.split("tx.height")
	hashes, rest := rest.split("tx.hash")
	low, high := heights.span(1, v.top)
	match := newMatcher(rest)
	var found []foundTx
	for h := low; h <= high; h++ {
		if err := v.abandoned(); err != nil {
			return nil, err
		}
		all, err := v.transactionsAt(h)
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			isHash := func(c condition) bool { return c.holds(hashOf(t.raw)) }
			if match.any(t.events) && !slices.ContainsFunc(hashes, func(c condition) bool { return !isHash(c) }) {
				found = append(found, t)
			}
		}
	}
	return found, nil
}

// ordered reads order_by; descending is what an absent one means.
func (c call) ordered(descending bool) (bool, *rpcError) {
	order, failed := c.text("order_by")
	switch {
	case failed != nil:
		return false, failed
	case order == "asc":
		return false, nil
	case order == "desc":
		return true, nil
	case order == "":
		return descending, nil
	default:
		return false, internalError("expected order_by to be either `asc` or `desc` or empty")
	}
}

// paged returns which of total items page and per_page ask for.
func (c call) paged(total int) (from, to int, failed *rpcError) {
	size, given, failed := c.number("per_page")
	if failed != nil {
		return 0, 0, failed
	}
	if !given || size < 1 {
		size = 30
	}
	size = min(size, 100)
	page, given, failed := c.number("page")
	if failed != nil {
		return 0, 0, failed
	}
	if !given {
		page = 1
	}
	pages := max(1, (int64(total)+size-1)/size)
	if page < 1 || page > pages {
		return 0, 0, internalError("page should be within [1, %d] range, given %d", pages, page)
	}
	return int((page - 1) * size), int(min(page*size, int64(total))), nil
}

// queried reads a search's query and order.
func (c call) queried(descending bool) (query, bool, *rpcError) {
	text, failed := c.text("query")
	if failed != nil {
		return nil, false, failed
	}
	if _, failed := c.text("order_by"); failed != nil {
		return nil, false, failed
	}
	q, err := parseQuery(text)
	if err != nil {
		return nil, false, internalError("%v", err)
	}
	down, failed := c.ordered(descending)
	return q, down, failed
}

// searched answers a search: what search finds, oldest first, turned and cut to the page that c asks for, and how much there is in all.
func searched[T any](c call, newestFirst bool, search func(query) ([]T, error)) (page []T, total string, failed *rpcError) {
	q, down, failed := c.queried(newestFirst)
	if failed != nil {
		return nil, "", failed
	}
	found, err := search(q)
	if err != nil {
		return nil, "", internalError("%v", err)
	}
	if down {
		slices.Reverse(found)
	}
	from, to, failed := c.paged(len(found))
	if failed != nil {
		return nil, "", failed
	}
	return found[from:to], strconv.Itoa(len(found)), nil
}

func txSearch(v view, c call) (result, *rpcError) {
	if v.noIndex {
		return result{}, internalError("transaction indexing is disabled")
	}
	page, total, failed := searched(c, false, v.searchTxs)
	if failed != nil {
		return result{}, failed
	}
	txs := []json.RawMessage{}
	for _, t := range page {
		txs = append(txs, t.json())
	}
	return result{raw: object("txs", txs, "total_count", total)}, nil
}

// searchBlocks returns the heights of the blocks that match, oldest first.
func (v view) searchBlocks(q query) ([]pocket.Height, error) {
	heights, rest := q.split("block.height")
	low, high := heights.span(1, v.top)
	match := newMatcher(rest)
	var found []pocket.Height
	if v.discard || match.impossible {
		return nil, nil
	}
	for h := low; h <= high; h++ {
		if len(rest) == 0 {
			found = append(found, h)
			continue
		}
		if err := v.abandoned(); err != nil {
			return nil, err
		}
		events, err := v.blockEvents(h)
		if err != nil {
			return nil, err
		}
		if match.any(events) {
			found = append(found, h)
		}
	}
	return found, nil
}

// blockEvents returns what the block itself did, without the work of making its transactions' events.
func (v view) blockEvents(h pocket.Height) ([]placed, error) {
	if s, ok := v.store.(simulation); ok {
		w, _ := s.now()
		return w.body(h).block, nil
	}
	results, err := v.results(h)
	return results.block, err
}

func blockSearch(v view, c call) (result, *rpcError) {
	if v.noIndex {
		return result{}, internalError("block indexing is disabled")
	}
	page, total, failed := searched(c, true, v.searchBlocks)
	if failed != nil {
		return result{}, failed
	}
	blocks := []json.RawMessage{}
	for _, h := range page {
		if h < v.low {
			continue // it still counts
		}
		b, err := v.block(h)
		if err != nil {
			return result{}, internalError("%v", err)
		}
		blocks = append(blocks, b.json())
	}
	return result{raw: object("blocks", blocks, "total_count", total)}, nil
}
