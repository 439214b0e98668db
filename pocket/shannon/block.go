package shannon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// wireHeader is a block's header as the RPC writes it.
type wireHeader struct {
	ChainID     string    `json:"chain_id"`
	Height      number    `json:"height"`
	Time        time.Time `json:"time"`
	Proposer    string    `json:"proposer_address"`
	LastBlockID wireID    `json:"last_block_id"`
}

type wireID struct {
	Hash string `json:"hash"`
}

var hash64 = regexp.MustCompile(`^[0-9A-F]{64}$`)

// block checks what a header says and makes it a block without transactions.
func (h wireHeader) block(hash string) (pocket.Block, error) {
	hash = strings.ToUpper(hash)
	switch {
	case h.Height < 1:
		return pocket.Block{}, fmt.Errorf("a block of height %d", h.Height)
	case !hash64.MatchString(hash):
		return pocket.Block{}, fmt.Errorf("block %d has the hash %.80q", h.Height, hash)
	case h.Time.IsZero():
		return pocket.Block{}, fmt.Errorf("block %d has no time", h.Height)
	}
	return pocket.Block{
		Height: pocket.Height(h.Height), Time: h.Time.UTC(), Hash: hash, ChainID: h.ChainID, Proposer: strings.ToUpper(h.Proposer),
	}, nil
}

// wireBlock is what /block answers, and one of the blocks that /block_search finds.
type wireBlock struct {
	ID    wireID `json:"block_id"`
	Block *struct {
		Header wireHeader `json:"header"`
		Data   struct {
			Txs [][]byte `json:"txs"`
		} `json:"data"`
	} `json:"block"`
}

// block checks that w is whole and of the client's chain.
func (w wireBlock) block(n *nodes, a *rest.Answer) (pocket.Block, error) {
	if w.Block == nil {
		return pocket.Block{}, a.Fail(pocket.ErrMalformed, "an answer without a block")
	}
	if err := n.belongs(a, w.Block.Header.ChainID); err != nil {
		return pocket.Block{}, err
	}
	b, err := w.Block.Header.block(w.ID.Hash)
	if err != nil {
		return pocket.Block{}, a.Fail(pocket.ErrMalformed, err.Error())
	}
	if b.Txs = w.Block.Data.Txs; b.Txs == nil {
		b.Txs = [][]byte{} // known to be none
	}
	return b, nil
}

// Block returns the block at height h with its transactions, or the newest block when h is 0. Errors: [pocket.ErrPruned] with the lowest
// height that any of the nodes has, [pocket.ErrFutureHeight] with the newest.
func (c *Client) Block(ctx context.Context, h pocket.Height) (pocket.Block, error) {
	var params []rpcParam
	if h != 0 {
		params = []rpcParam{number64("height", h)}
	}
	if h < 0 {
		return pocket.Block{}, fmt.Errorf("block %d: heights count from 1: %w", h, pocket.ErrInvalid)
	}
	var block pocket.Block
	_, err := askRPC(ctx, c.nodes, "/block", params, func(a *rest.Answer, w *wireBlock) error {
		b, err := w.block(c.nodes, a)
		if err != nil {
			return err
		}
		if h != 0 && b.Height != h {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for block %d, got block %d", h, b.Height))
		}
		if h == 0 {
			a.Saw(int64(b.Height))
		}
		block = b
		return nil
	})
	return block, err
}

// headersAtOnce is how many headers a node gives at most in one answer. Of more it silently gives the newest.
const headersAtOnce = 20

type wireHeaders struct {
	Last  number     `json:"last_height"`
	Metas []wireMeta `json:"block_metas"`
}

type wireMeta struct {
	ID     wireID     `json:"block_id"`
	Header wireHeader `json:"header"`
}

// headers is a run of consecutive headers, oldest first, and the newest height that the node knows.
type headers struct {
	blocks []pocket.Block
	latest pocket.Height
}

// Headers yields the headers of the blocks from the first height to the last, both inclusive, oldest first and without gaps; they have no
// transactions. to = 0 means up to the newest block. Each header is checked to follow from the one before by its hash. An error is yielded
// last: [pocket.ErrPruned] when from was dropped by all nodes, [pocket.ErrFutureHeight] after the newest block when to lies beyond it.
func (c *Client) Headers(ctx context.Context, from, to pocket.Height) iter.Seq2[pocket.Block, error] {
	return func(yield func(pocket.Block, error) bool) {
		if from < 1 || to < 0 || to != 0 && to < from {
			yield(pocket.Block{}, fmt.Errorf("headers from %d to %d: want heights of at least 1, the lower one first: %w", from, to, pocket.ErrInvalid))
			return
		}
		before := ""
		for next := from; ; {
			last := next + headersAtOnce - 1
			if to != 0 {
				last = min(last, to)
			}
			run, err := c.headers(ctx, next, last, before)
			if to == 0 && next > from && errors.Is(err, pocket.ErrFutureHeight) {
				return // the node that answered is a block behind the one before
			}
			if err != nil {
				yield(pocket.Block{}, err)
				return
			}
			for _, b := range run.blocks {
				if !yield(b, nil) {
					return
				}
				before, next = b.Hash, b.Height+1
			}
			if to == 0 && next > run.latest || to != 0 && next > to {
				return
			}
		}
	}
}

// headers asks for at most headersAtOnce headers. Those that lie beyond the newest block are not in the answer; there is at least one.
// before is the hash of the block before from, "" when not known.
func (c *Client) headers(ctx context.Context, from, to pocket.Height, before string) (headers, error) {
	var run headers
	if c.rpc == nil {
		return run, fmt.Errorf("/blockchain: the client has no RPC URL: %w", pocket.ErrInvalid)
	}
	params := []rpcParam{number64("minHeight", from), number64("maxHeight", to)}
	err := c.rpc.Do(ctx, rest.Call{Path: "/blockchain", Query: encodeParams(params), Read: func(a *rest.Answer) error {
		var wire wireHeaders
		err := readRPC(a, &wire)
		if err == nil {
			run, err = wire.run(c.nodes, a, from, to, before)
		}
		return boundsOf(err, from, to)
	}})
	return run, err
}

// run checks that w holds the headers from from to to, as far as there are blocks, each following from the one before.
func (w wireHeaders) run(n *nodes, a *rest.Answer, from, to pocket.Height, before string) (headers, error) {
	run := headers{latest: pocket.Height(w.Last)}
	slices.SortFunc(w.Metas, func(x, y wireMeta) int { return cmp.Compare(x.Header.Height, y.Header.Height) }) // they come newest first
	for i, meta := range w.Metas {
		if err := n.belongs(a, meta.Header.ChainID); err != nil {
			return run, err
		}
		b, err := meta.Header.block(meta.ID.Hash)
		if err != nil {
			return run, a.Fail(pocket.ErrMalformed, err.Error())
		}
		if i == 0 && b.Height > from && b.Height <= to {
			e := a.Fail(pocket.ErrPruned, fmt.Sprintf("asked for headers from %d, got them from %d", from, b.Height))
			e.Lowest = b.Height
			return run, e
		}
		if b.Height != from+pocket.Height(i) || b.Height > to {
			return run, a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for headers from %d to %d, got %d at place %d", from, to, b.Height, i))
		}
		if linked := strings.ToUpper(meta.Header.LastBlockID.Hash); before != "" && linked != "" && linked != before {
			return run, a.Fail(pocket.ErrMalformed, fmt.Sprintf("block %d does not follow from block %d as known", b.Height, b.Height-1))
		}
		before = b.Hash
		run.blocks = append(run.blocks, b)
	}
	switch newest := from + pocket.Height(len(run.blocks)) - 1; {
	case newest < min(to, run.latest):
		return run, a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for headers from %d to %d, got them up to %d", from, to, newest))
	case len(run.blocks) == 0:
		e := a.Fail(pocket.ErrFutureHeight, fmt.Sprintf("headers from %d, the newest is %d", from, run.latest))
		e.Latest = run.latest
		return run, e
	}
	a.Saw(int64(run.latest))
	return run, nil
}

var bounds = regexp.MustCompile(`min height (\d+) can't be greater than max height (\d+)`)

// boundsOf gives a node's complaint about a range its meaning. A node cuts the range to what it has before it compares: when the lower end
// was raised the blocks below are pruned, when the upper was lowered the blocks are not there yet.
func boundsOf(err error, from, to pocket.Height) error {
	var e *pocket.APIError
	if !errors.As(err, &e) {
		return err
	}
	m := bounds.FindStringSubmatch(e.Message)
	if m == nil {
		return err
	}
	switch low, high := height(m[1]), height(m[2]); {
	case low > from:
		e.Reason, e.Lowest = pocket.ErrPruned, low
	case high < to:
		e.Reason, e.Latest = pocket.ErrFutureHeight, high
	}
	return e
}
