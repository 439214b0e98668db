package morse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

type wireBlock struct {
	ID struct {
		Hash string `json:"hash"`
	} `json:"block_id"`
	Block *struct {
		Header struct {
			ChainID  string    `json:"chain_id"`
			Height   number    `json:"height"`
			Time     time.Time `json:"time"`
			Proposer string    `json:"proposer_address"`
		} `json:"header"`
		Data struct {
			Txs [][]byte `json:"txs"`
		} `json:"data"`
	} `json:"block"`
}

// block checks that w is whole and of the client's chain.
func (w *wireBlock) block(c *Client, a *rest.Answer) (pocket.Block, error) {
	if w.Block == nil {
		return pocket.Block{}, a.Fail(pocket.ErrMalformed, "an answer without a block")
	}
	h := w.Block.Header
	if err := c.belongs(a, h.ChainID); err != nil {
		return pocket.Block{}, err
	}
	hash := strings.ToUpper(w.ID.Hash)
	switch {
	case h.Height < 1:
		return pocket.Block{}, a.Fail(pocket.ErrMalformed, fmt.Sprintf("a block of height %d", h.Height))
	case !hash64.MatchString(hash):
		return pocket.Block{}, a.Fail(pocket.ErrMalformed, fmt.Sprintf("block %d has the hash %.80q", h.Height, w.ID.Hash))
	case h.Time.IsZero():
		return pocket.Block{}, a.Fail(pocket.ErrMalformed, fmt.Sprintf("block %d has no time", h.Height))
	case len(w.Block.Data.Txs) > mostPositions:
		return pocket.Block{}, a.Fail(pocket.ErrMalformed, fmt.Sprintf("block %d has %d transactions", h.Height, len(w.Block.Data.Txs)))
	}
	b := pocket.Block{
		Height: pocket.Height(h.Height), Time: h.Time.UTC(), Hash: hash, ChainID: h.ChainID, Proposer: strings.ToUpper(h.Proposer),
		Txs: w.Block.Data.Txs,
	}
	if b.Txs == nil {
		b.Txs = [][]byte{} // known to be none
	}
	return b, nil
}

// Block returns the block at height h with its transactions, or the newest block when h is 0. Errors: [pocket.ErrPruned],
// [pocket.ErrFutureHeight] with the newest height.
func (c *Client) Block(ctx context.Context, h pocket.Height) (pocket.Block, error) {
	if err := checkHeight(h); err != nil {
		return pocket.Block{}, err
	}
	var block pocket.Block
	_, err := ask(ctx, c, "/query/block", atHeight{Height: h}, func(a *rest.Answer, w *wireBlock) (err error) {
		if block, err = w.block(c, a); err != nil {
			return err
		}
		if h != 0 && block.Height != h {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for block %d, got block %d", h, block.Height))
		}
		if h == 0 {
			a.Saw(int64(block.Height))
		}
		return nil
	})
	return block, err
}
