package pockettest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// within returns an error when a chain with that head has no block h.
func within(h, head pocket.Height) error {
	switch {
	case h < 1:
		return fmt.Errorf("block %d: heights begin with 1: %w", h, pocket.ErrInvalid)
	case h > head:
		return fmt.Errorf("block %d: the chain is at %d: %w", h, head, pocket.ErrFutureHeight)
	}
	return nil
}

// What follows are CometBFT's JSON forms of a block.

type partsJSON struct {
	Total int    `json:"total"`
	Hash  string `json:"hash"`
}

type blockIDJSON struct {
	Hash  string    `json:"hash"`
	Parts partsJSON `json:"parts"`
}

type headerJSON struct {
	Version struct {
		Block string `json:"block"`
	} `json:"version"`
	ChainID            string      `json:"chain_id"`
	Height             string      `json:"height"`
	Time               string      `json:"time"`
	LastBlockID        blockIDJSON `json:"last_block_id"`
	LastCommitHash     string      `json:"last_commit_hash"`
	DataHash           string      `json:"data_hash"`
	ValidatorsHash     string      `json:"validators_hash"`
	NextValidatorsHash string      `json:"next_validators_hash"`
	ConsensusHash      string      `json:"consensus_hash"`
	AppHash            string      `json:"app_hash"`
	LastResultsHash    string      `json:"last_results_hash"`
	EvidenceHash       string      `json:"evidence_hash"`
	ProposerAddress    string      `json:"proposer_address"`
}

type signatureJSON struct {
	Flag      int    `json:"block_id_flag"`
	Validator string `json:"validator_address"`
	Time      string `json:"timestamp"`
	Signature string `json:"signature"`
}

type commitJSON struct {
	Height     string          `json:"height"`
	Round      int             `json:"round"`
	BlockID    blockIDJSON     `json:"block_id"`
	Signatures []signatureJSON `json:"signatures"`
}

const emptyHash = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"

// hash returns an upper-case hash that belongs to a word and a height.
func (w *world) hash(word string, h pocket.Height) string {
	if h < 1 {
		return ""
	}
	sum := digest(w.cfg.Seed, word, uint64(h))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func (w *world) blockID(h pocket.Height) blockIDJSON {
	if h < 1 {
		return blockIDJSON{}
	}
	return blockIDJSON{Hash: w.hash("block", h), Parts: partsJSON{1, w.hash("parts", h)}}
}

func nanoTime(t time.Time) string { return t.Format(time.RFC3339Nano) }

func (w *world) proposer(h pocket.Height) string {
	return w.validators[int64(h)%int64(len(w.validators))].hexAddress
}

// header returns the header of block h. Its hashes are made up from the height; only that of an empty block's data is real.
func (w *world) header(h pocket.Height, txs int) headerJSON {
	out := headerJSON{
		ChainID: ChainID, Height: heightText(h), Time: nanoTime(w.timeOf(h)), LastBlockID: w.blockID(h - 1),
		LastCommitHash: emptyHash, DataHash: emptyHash,
		ValidatorsHash: w.hash("validators", 1), NextValidatorsHash: w.hash("validators", 1), ConsensusHash: w.hash("consensus", 1),
		AppHash: emptyHash, LastResultsHash: emptyHash, EvidenceHash: emptyHash, ProposerAddress: w.proposer(h),
	}
	out.Version.Block = "11"
	if h > 1 {
		out.LastCommitHash, out.AppHash = w.hash("commit", h-1), w.hash("app", h-1)
	}
	if txs > 0 {
		out.DataHash = w.hash("data", h)
	}
	return out
}

// commit returns what the validators signed of block h; of height 0, what block 1 holds.
func (w *world) commit(h pocket.Height) commitJSON {
	out := commitJSON{Height: heightText(h), BlockID: w.blockID(h), Signatures: []signatureJSON{}}
	if h < 1 {
		return out
	}
	for i, v := range w.validators {
		a := digest(w.cfg.Seed, "vote", uint64(h), uint64(i), 0)
		b := digest(w.cfg.Seed, "vote", uint64(h), uint64(i), 1)
		out.Signatures = append(out.Signatures, signatureJSON{
			2, v.hexAddress, nanoTime(w.timeOf(h)), base64.StdEncoding.EncodeToString(append(a[:], b[:]...)),
		})
	}
	return out
}

// Block returns block h with its transactions; height 0 is the newest. A height that is not there is an error.
func (c *Chain) Block(h pocket.Height) (pocket.Block, error) {
	w, head := c.now()
	if h == 0 {
		h = head
	}
	if err := within(h, head); err != nil {
		return pocket.Block{}, err
	}
	block := pocket.Block{
		Height: h, Time: w.timeOf(h), Hash: w.hash("block", h), ChainID: ChainID, Proposer: w.proposer(h), Txs: [][]byte{},
	}
	for _, t := range w.transactions(h) {
		block.Txs = append(block.Txs, t.raw())
	}
	return block, nil
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }
