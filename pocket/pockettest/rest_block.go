package pockettest

import (
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/decred/dcrd/bech32"

	"github.com/poktbot/poktbot/pocket"
)

// blockRoutes are those that blocks alone answer.
func blockRoutes() map[string]route {
	const base = "/cosmos/base/tendermint/v1beta1"
	return map[string]route{
		base + "/syncing":       syncing,
		base + "/node_info":     nodeInfo,
		base + "/blocks/latest": latestBlock,
		base + "/blocks/{h}":    blockInPath,
	}
}

func syncing(*state) (json.RawMessage, *restError) { return object("syncing", false), nil }

func nodeInfo(s *state) (json.RawMessage, *restError) {
	return object("default_node_info", object(
		"protocol_version", object("p2p", "8", "block", "11", "app", "0"),
		"default_node_id", nodeID, "listen_addr", "tcp://127.0.0.1:26656", "network", s.view.chain, "version", "0.38.19",
		"channels", "QCAhIiMwOGBhAA==", "moniker", s.moniker(),
		"other", object("tx_index", "on", "rpc_address", "tcp://127.0.0.1:26657")),
		"application_version", object("name", "pocket", "app_name", "pocketd", "version", "0.1.35", "git_commit", "", "build_tags", "",
			"go_version", "go version go1.26.8 linux/amd64", "build_deps", []string{}, "cosmos_sdk_version", "v0.53.7")), nil
}

func latestBlock(s *state) (json.RawMessage, *restError) { return s.blockForm(s.top, nil) }

func blockInPath(s *state) (json.RawMessage, *restError) {
	text := s.r.PathValue("h")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, restFailure(grpcInvalid, "type mismatch, parameter: height, error: %v", err)
	}
	if failed := s.blockReachable(pocket.Height(n)); failed != nil {
		return nil, failed
	}
	return s.blockForm(pocket.Height(n), nil)
}

// blockReachable tells what the node says when it has no such block.
func (s *state) blockReachable(h pocket.Height) *restError {
	switch {
	case h > s.top:
		return restFailure(grpcInvalid, "requested block height is bigger then the chain length")
	case h < 1:
		return restFailure(grpcUnknown, "height must be greater than 0, but got %d", h)
	case h < s.low:
		return restFailure(grpcUnknown, "height %d is not available, lowest height is %d", h, s.low)
	}
	return nil
}

// bytesOf turns a hash in hexadecimal digits into the bytes that proto JSON writes in base64.
func bytesOf(text string) []byte {
	raw, err := hex.DecodeString(text)
	if err != nil || raw == nil {
		return []byte{}
	}
	return raw
}

func protoBlockID(id blockIDJSON) json.RawMessage {
	return object("hash", bytesOf(id.Hash), "part_set_header", object("total", id.Parts.Total, "hash", bytesOf(id.Parts.Hash)))
}

func protoHeader(h headerJSON, proposer any) json.RawMessage {
	return object("version", object("block", h.Version.Block, "app", "0"), "chain_id", h.ChainID, "height", h.Height, "time", h.Time,
		"last_block_id", protoBlockID(h.LastBlockID), "last_commit_hash", bytesOf(h.LastCommitHash), "data_hash", bytesOf(h.DataHash),
		"validators_hash", bytesOf(h.ValidatorsHash), "next_validators_hash", bytesOf(h.NextValidatorsHash),
		"consensus_hash", bytesOf(h.ConsensusHash), "app_hash", bytesOf(h.AppHash), "last_results_hash", bytesOf(h.LastResultsHash),
		"evidence_hash", bytesOf(h.EvidenceHash), "proposer_address", proposer)
}

func protoCommit(c commitJSON) json.RawMessage {
	return object("height", c.Height, "round", c.Round, "block_id", protoBlockID(c.BlockID),
		"signatures", list(c.Signatures, func(s signatureJSON) any {
			return object("block_id_flag", "BLOCK_ID_FLAG_COMMIT", "validator_address", bytesOf(s.Validator),
				"timestamp", s.Time, "signature", s.Signature)
		}))
}

// blockForm is a block in proto JSON. With a pagination it has that, rather than the SDK's own form of the block.
func (s *state) blockForm(h pocket.Height, pagination json.RawMessage) (json.RawMessage, *restError) {
	b, err := s.block(h)
	if err != nil {
		return nil, restFailure(grpcUnknown, "%v", err)
	}
	var id blockIDJSON
	var header headerJSON
	var last commitJSON
	for raw, into := range map[*json.RawMessage]any{&b.ID: &id, &b.Block.Header: &header, &b.Block.LastCommit: &last} {
		if err := json.Unmarshal(*raw, into); err != nil {
			return nil, restFailure(grpcUnknown, "block %d: %v", h, err)
		}
	}
	proposer := bytesOf(header.ProposerAddress)
	form := func(proposer any) json.RawMessage {
		return object("header", protoHeader(header, proposer), "data", object("txs", b.Block.Data.Txs),
			"evidence", object("evidence", []string{}), "last_commit", protoCommit(last))
	}
	if pagination != nil {
		return object("block_id", protoBlockID(id), "block", form(proposer), "pagination", pagination), nil
	}
	text, _ := bech32.EncodeFromBase256("poktvalcons", proposer) // any bytes encode
	return object("block_id", protoBlockID(id), "block", form(proposer), "sdk_block", form(text)), nil
}
