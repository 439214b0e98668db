package shannon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
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

// Block returns the block at height h with its transactions, or the newest block when h is 0. Errors: [pocket.ErrPruned] with the lowest height
// that any of the nodes has, [pocket.ErrFutureHeight] with the newest.
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
	Last  number `json:"last_height"`
	Metas []struct {
		ID     wireID     `json:"block_id"`
		Header wireHeader `json:"header"`
	} `json:"block_metas"`
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
	params := []rpcParam{number64("minHeight", from), number64("maxHeight", to)}
	_, err := askRPC(ctx, c.nodes, "/blockchain", params, func(a *rest.Answer, w *wireHeaders) error {
		slices.SortFunc(w.Metas, func(x, y struct {
			ID     wireID     `json:"block_id"`
			Header wireHeader `json:"header"`
		}) int {
			return int(x.Header.Height - y.Header.Height)
		})
		run = headers{latest: pocket.Height(w.Last)}
		parent := before
		for i, meta := range w.Metas {
			if err := c.belongs(a, meta.Header.ChainID); err != nil {
				return err
			}
			b, err := meta.Header.block(meta.ID.Hash)
			if err != nil {
				return a.Fail(pocket.ErrMalformed, err.Error())
			}
			if i == 0 && b.Height > from && b.Height <= to {
				e := a.Fail(pocket.ErrPruned, fmt.Sprintf("asked for headers from %d, got them from %d", from, b.Height))
				e.Lowest = b.Height
				return e
			}
			if b.Height != from+pocket.Height(i) || b.Height > to {
				return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for headers from %d to %d, got %d at place %d", from, to, b.Height, i))
			}
			if linked := strings.ToUpper(meta.Header.LastBlockID.Hash); parent != "" && linked != "" && linked != parent {
				return a.Fail(pocket.ErrMalformed, fmt.Sprintf("block %d does not follow from block %d as known", b.Height, b.Height-1))
			}
			parent = b.Hash
			run.blocks = append(run.blocks, b)
		}
		newest := from + pocket.Height(len(run.blocks)) - 1
		if newest < to && newest < run.latest {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for headers from %d to %d, got them up to %d", from, to, newest))
		}
		if len(run.blocks) == 0 {
			e := a.Fail(pocket.ErrFutureHeight, fmt.Sprintf("headers from %d, the newest is %d", from, run.latest))
			e.Latest = run.latest
			return e
		}
		a.Saw(int64(run.latest))
		return nil
	})
	return run, boundsOf(err, from, to)
}

var bounds = regexp.MustCompile(`min height (\d+) can't be greater than max height (\d+)`)

// boundsOf gives the node's complaint about a range its meaning. A node cuts the range to what it has before it compares: when the lower end
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
	better := *e
	switch low, high := height(m[1]), height(m[2]); {
	case low > from:
		better.Reason, better.Lowest = pocket.ErrPruned, low
	case high < to:
		better.Reason, better.Latest = pocket.ErrFutureHeight, high
	}
	return &better
}

// wireStatus is what /status answers.
type wireStatus struct {
	Node struct {
		Network string `json:"network"`
		Version string `json:"version"`
		Moniker string `json:"moniker"`
		Other   struct {
			TxIndex string `json:"tx_index"`
		} `json:"other"`
	} `json:"node_info"`
	Sync struct {
		Latest     number    `json:"latest_block_height"`
		LatestTime time.Time `json:"latest_block_time"`
		Earliest   number    `json:"earliest_block_height"`
		CatchingUp bool      `json:"catching_up"`
	} `json:"sync_info"`
	Validator struct {
		Address string `json:"address"`
		Power   number `json:"voting_power"`
	} `json:"validator_info"`
}

func (w wireStatus) status() pocket.Status {
	return pocket.Status{
		ChainID: w.Node.Network, Version: w.Node.Version, Moniker: w.Node.Moniker, TxIndex: w.Node.Other.TxIndex == "on",
		Latest: pocket.Height(w.Sync.Latest), LatestTime: w.Sync.LatestTime.UTC(), Earliest: pocket.Height(w.Sync.Earliest),
		CatchingUp: w.Sync.CatchingUp, VotingPower: int64(w.Validator.Power), ValidatorHex: strings.ToUpper(w.Validator.Address),
	}
}

// readStatus decodes and checks a status.
func (n *nodes) readStatus(a *rest.Answer, w *wireStatus) error {
	if err := n.belongs(a, w.Node.Network); err != nil {
		return err
	}
	if w.Sync.Latest < 0 || w.Sync.Earliest < 0 {
		return a.Fail(pocket.ErrMalformed, fmt.Sprintf("heights from %d to %d", w.Sync.Earliest, w.Sync.Latest))
	}
	a.Saw(int64(w.Sync.Latest))
	return nil
}

// Status returns what the node says of itself: of several the first that is neither catching up nor behind the others, or the newest
// when all are.
func (c *Client) Status(ctx context.Context) (pocket.Status, error) {
	var best *wireStatus
	_, err := askRPC(ctx, c.nodes, "/status", nil, func(a *rest.Answer, w *wireStatus) error {
		if err := c.readStatus(a, w); err != nil {
			return err
		}
		if best == nil || w.Sync.Latest > best.Sync.Latest {
			best = w
		}
		if c.rpc.Len() > 1 {
			return a.Lagging(w.Sync.CatchingUp)
		}
		return nil
	})
	if best == nil || ctx.Err() != nil {
		return pocket.Status{}, err
	}
	return best.status(), nil
}

// survey asks every RPC node for its status, so that a stalled one is told from the others, and returns the newest height.
func (n *nodes) survey(ctx context.Context) pocket.Height {
	var newest pocket.Height
	n.rpc.Each(ctx, rest.Call{Path: "/status", Read: func(a *rest.Answer) error {
		var w wireStatus
		if err := readRPC(a, &w); err != nil {
			return err
		}
		if err := n.readStatus(a, &w); err != nil {
			return err
		}
		newest = max(newest, pocket.Height(w.Sync.Latest))
		return nil
	}})
	return newest
}

// admitRPC checks a node's chain before its first use.
func (n *nodes) admitRPC(ctx context.Context, ask func(context.Context, rest.Call) error) error {
	return ask(ctx, rest.Call{Path: "/status", Read: func(a *rest.Answer) error {
		var w wireStatus
		if err := readRPC(a, &w); err != nil {
			return err
		}
		return n.readStatus(a, &w)
	}})
}

// admitREST checks a node's chain before its first use. The answer is large, and is asked for once.
func (n *nodes) admitREST(ctx context.Context, ask func(context.Context, rest.Call) error) error {
	return ask(ctx, rest.Call{Path: "/cosmos/base/tendermint/v1beta1/node_info", Read: func(a *rest.Answer) error {
		var w struct {
			Node  *struct{ Network string } `json:"default_node_info"`
			Camel *struct{ Network string } `json:"defaultNodeInfo"`
		}
		if a.Status != http.StatusOK {
			return stateFailure(a)
		}
		if err := a.JSON(&w); err != nil {
			return err
		}
		switch {
		case w.Node != nil:
			return n.belongs(a, w.Node.Network)
		case w.Camel != nil:
			return n.belongs(a, w.Camel.Network)
		default:
			return a.Fail(pocket.ErrMalformed, "the answer does not say of which chain it is")
		}
	}})
}
