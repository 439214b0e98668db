package pockettest

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // the recordings
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// shannonZip holds answers recorded on 2026-11-22 from a full node of protocol v0.1.35 on a local network (chain id pocket-local).
//
//go:embed testdata/shannon.zip
var shannonZip []byte

// Recordings returns the answers recorded from a running Shannon node: index.json says what was asked and what came back in which
// file; blocks.jsonl.gz holds 460 consecutive blocks.
func Recordings() fs.FS {
	r, err := zip.NewReader(bytes.NewReader(shannonZip), int64(len(shannonZip)))
	if err != nil {
		panic("pockettest: the embedded recordings are broken: " + err.Error()) // the build is, then
	}
	return r
}

// A RecordedBlock is a block as a running node told it.
type RecordedBlock struct {
	Height  pocket.Height   `json:"height"`
	Block   json.RawMessage `json:"block"`         // the result of /block, without the JSON-RPC envelope
	Results json.RawMessage `json:"block_results"` // the result of /block_results, likewise
}

// RecordedBlocks returns blocks 1 to 460 of the recorded chain, in order. They hold 273 settlements, 12 expiries and slashes, 10 discards,
// forced and voluntary unbondings, and failed transactions.
func RecordedBlocks() []RecordedBlock {
	blocks, err := readBlocks(Recordings())
	if err != nil {
		panic("pockettest: the embedded recordings are broken: " + err.Error())
	}
	return blocks
}

// readBlocks reads blocks.jsonl.gz.
func readBlocks(dir fs.FS) ([]RecordedBlock, error) {
	file, err := dir.Open("blocks.jsonl.gz")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("blocks.jsonl.gz: %w", err)
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 64<<20)
	var blocks []RecordedBlock
	for lines.Scan() {
		var b RecordedBlock
		if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
			return nil, fmt.Errorf("blocks.jsonl.gz line %d: %w", len(blocks)+1, err)
		}
		blocks = append(blocks, b)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("blocks.jsonl.gz: %w", err)
	}
	return blocks, nil
}

// Decoded returns the block's header and transactions as a [pocket.Block].
func (b RecordedBlock) Decoded() (pocket.Block, error) {
	var wire struct {
		ID struct {
			Hash string `json:"hash"`
		} `json:"block_id"`
		Block struct {
			Header struct {
				ChainID  string    `json:"chain_id"`
				Height   int64     `json:"height,string"`
				Time     time.Time `json:"time"`
				Proposer string    `json:"proposer_address"`
			} `json:"header"`
			Data struct {
				Txs []string `json:"txs"`
			} `json:"data"`
		} `json:"block"`
	}
	if err := json.Unmarshal(b.Block, &wire); err != nil {
		return pocket.Block{}, fmt.Errorf("recorded block %d: %w", b.Height, err)
	}
	header := wire.Block.Header
	block := pocket.Block{
		Height: pocket.Height(header.Height), Time: header.Time.UTC(), Hash: wire.ID.Hash,
		ChainID: header.ChainID, Proposer: header.Proposer, Txs: make([][]byte, len(wire.Block.Data.Txs)),
	}
	for i, text := range wire.Block.Data.Txs {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return pocket.Block{}, fmt.Errorf("recorded block %d, transaction %d: %w", b.Height, i, err)
		}
		block.Txs[i] = raw
	}
	return block, nil
}
