package pockettest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A handler answers one method of the RPC.
type handler func(view, call) (result, *rpcError)

// methodNamed returns the handler of a method.
func methodNamed(name string) (handler, bool) {
	all := map[string]handler{
		"status": status, "health": health, "net_info": netInfo, "abci_info": abciInfo, "consensus_params": consensusParams,
		"block": block, "header": header, "commit": commit, "block_by_hash": blockByHash, "blockchain": blockchain,
		"block_results": blockResults, "validators": validators, "unconfirmed_txs": unconfirmed,
		"tx": txByHash, "tx_search": txSearch, "block_search": blockSearch,
	}
	h, ok := all[name]
	return h, ok
}

// object writes fields, keys and values by turns, in their order.
func object(keysAndValues ...any) json.RawMessage {
	out := []byte{'{'}
	for pair := range slices.Chunk(keysAndValues, 2) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(appendQuoted(out, pair[0].(string)), ':')
		if raw, ok := pair[1].(json.RawMessage); ok && raw != nil {
			out = append(out, raw...)
			continue
		}
		out = append(out, mustJSON(pair[1])...)
	}
	return append(out, '}')
}

func health(view, call) (result, *rpcError) { return result{raw: json.RawMessage("{}")}, nil }

func netInfo(view, call) (result, *rpcError) {
	return result{raw: object("listening", true, "listeners", []string{"Listener(@)"}, "n_peers", "0", "peers", []string{})}, nil
}

// edge is what /status tells of the first and the last block.
func (v view) edge(h pocket.Height) (hash, app, at string, err *rpcError) {
	b, failed := v.block(h)
	if failed != nil {
		return "", "", "", internalError("%v", failed)
	}
	var id blockIDJSON
	var header headerJSON
	if json.Unmarshal(b.ID, &id) != nil || json.Unmarshal(b.Block.Header, &header) != nil {
		return "", "", "", internalError("block %d is broken", h)
	}
	return id.Hash, header.AppHash, header.Time, nil
}

// key returns the validator key that the node is said to have.
func (v view) key() (address, key string) {
	if s, ok := v.store.(simulation); ok {
		w, _ := s.now()
		return w.validators[0].hexAddress, base64.StdEncoding.EncodeToString(w.validators[0].key)
	}
	return "8DCB79B3F918D3CDD11F9C21199947F93B32D802", "v/6jOVnXizB8qJR3jIyoPYDCSFUImj8TxbiV5C+nCJA="
}

func (v view) moniker() string {
	if _, ok := v.store.(simulation); ok {
		return "simulated-node"
	}
	return "localnet-validator"
}

// nodeID is the same for every node of this package.
const nodeID = "51d0ab1e51d0ab1e51d0ab1e51d0ab1e51d0ab1e"

func status(v view, _ call) (result, *rpcError) {
	hash, app, at, err := v.edge(v.top)
	if err != nil {
		return result{}, err
	}
	firstHash, firstApp, firstAt, err := v.edge(v.low)
	if err != nil {
		return result{}, err
	}
	index := map[bool]string{false: "on", true: "off"}[v.noIndex]
	address, key := v.key()
	return result{raw: object(
		"node_info", object(
			"protocol_version", object("p2p", "8", "block", "11", "app", "0"),
			"id", nodeID, "listen_addr", "tcp://127.0.0.1:26656", "network", v.chain, "version", "0.38.19",
			"channels", "40202122233038606100", "moniker", v.moniker(),
			"other", object("tx_index", index, "rpc_address", "tcp://127.0.0.1:26657")),
		"sync_info", object(
			"latest_block_hash", hash, "latest_app_hash", app, "latest_block_height", heightText(v.top), "latest_block_time", at,
			"earliest_block_hash", firstHash, "earliest_app_hash", firstApp, "earliest_block_height", heightText(v.low),
			"earliest_block_time", firstAt, "catching_up", false),
		"validator_info", object(
			"address", address, "pub_key", object("type", "tendermint/PubKeyEd25519", "value", key), "voting_power", "1000000"),
	)}, nil
}

func abciInfo(v view, _ call) (result, *rpcError) {
	_, app, _, err := v.edge(v.top)
	if err != nil {
		return result{}, err
	}
	raw, _ := hex.DecodeString(app) // this package's own hashes decode
	return result{raw: object("response", object("data", "pocket", "version", "0.1.35",
		"last_block_height", heightText(v.top), "last_block_app_hash", raw))}, nil
}

func consensusParams(v view, _ call) (result, *rpcError) {
	return result{raw: object("block_height", heightText(v.top), "consensus_params", object(
		"block", object("max_bytes", "22020096", "max_gas", "-1"),
		"evidence", object("max_age_num_blocks", "100000", "max_age_duration", "172800000000000", "max_bytes", "1048576"),
		"validator", object("pub_key_types", []string{"ed25519"}),
		"version", object("app", "0"), "abci", object("vote_extensions_enable_height", "0")))}, nil
}

// height returns the height that a call asks for, the newest when it names none.
func (v view) height(c call) (pocket.Height, *rpcError) {
	n, given, err := c.number("height")
	switch h := pocket.Height(n); {
	case err != nil:
		return 0, err
	case !given:
		return v.top, nil
	case h <= 0:
		return 0, internalError("height must be greater than 0, but got %d", n)
	case h > v.top:
		return 0, internalError("height %d must be less than or equal to the current blockchain height %d", n, v.top)
	case h < v.low:
		return 0, internalError("height %d is not available, lowest height is %d", n, v.low)
	default:
		return h, nil
	}
}

// blockAt returns the block that a call asks for.
func (v view) blockAt(c call) (pocket.Height, storedBlock, *rpcError) {
	h, failed := v.height(c)
	if failed != nil {
		return 0, storedBlock{}, failed
	}
	b, err := v.block(h)
	if err != nil {
		return 0, storedBlock{}, internalError("%v", err)
	}
	return h, b, nil
}

func block(v view, c call) (result, *rpcError) {
	_, b, failed := v.blockAt(c)
	return result{raw: b.json()}, failed
}

func header(v view, c call) (result, *rpcError) {
	_, b, failed := v.blockAt(c)
	if failed != nil {
		return result{}, failed
	}
	return result{raw: object("header", b.Block.Header)}, nil
}

func commit(v view, c call) (result, *rpcError) {
	h, b, failed := v.blockAt(c)
	if failed != nil {
		return result{}, failed
	}
	signed, err := v.commit(h)
	if err != nil {
		return result{}, internalError("%v", err)
	}
	return result{raw: object("signed_header", object("header", b.Block.Header, "commit", signed), "canonical", h < v.top)}, nil
}

func blockByHash(v view, c call) (result, *rpcError) {
	hash, failed := c.hash("hash")
	if failed != nil {
		return result{}, failed
	}
	wanted := quoted(strings.ToUpper(hex.EncodeToString(hash)))
	for h := v.top; h >= v.low; h-- {
		b, err := v.block(h)
		if err == nil && strings.Contains(string(b.ID), `"hash":`+wanted+`,"parts"`) {
			return result{raw: b.json()}, nil
		}
	}
	return result{raw: json.RawMessage(`{"block_id":{"hash":"","parts":{"total":0,"hash":""}},"block":null}`)}, nil
}

// blockchain lists headers, newest first and at most 20.
func blockchain(v view, c call) (result, *rpcError) {
	from, _, failed := c.number("minHeight")
	if failed != nil {
		return result{}, failed
	}
	to, _, failed := c.number("maxHeight")
	if failed != nil {
		return result{}, failed
	}
	if from < 0 || to < 0 {
		return result{}, internalError("heights must be non-negative")
	}
	low, high := pocket.Height(max(from, 1)), pocket.Height(to)
	if high == 0 {
		high = v.top
	}
	high = min(high, v.top)
	low = max(low, v.low, 1)
	low = max(low, high-19)
	if low > high {
		return result{}, internalError("min height %d can't be greater than max height %d", low, high)
	}
	metas := []json.RawMessage{}
	for h := high; h >= low; h-- {
		b, err := v.block(h)
		if err != nil {
			return result{}, internalError("%v", err)
		}
		metas = append(metas, b.meta())
	}
	return result{raw: object("last_height", heightText(v.top), "block_metas", metas)}, nil
}

func blockResults(v view, c call) (result, *rpcError) {
	if v.discard {
		return result{}, internalError("node is not persisting finalize block responses")
	}
	h, failed := v.height(c)
	if failed != nil {
		return result{}, failed
	}
	return result{write: func(w io.Writer) error { return v.writeResults(w, h) }}, nil
}

func validators(v view, c call) (result, *rpcError) {
	h, failed := v.height(c)
	if failed != nil {
		return result{}, failed
	}
	set := []json.RawMessage{}
	if s, ok := v.store.(simulation); ok {
		w, _ := s.now()
		for _, who := range w.validators {
			set = append(set, object("address", who.hexAddress, "pub_key", object("type", "tendermint/PubKeyEd25519", "value", who.key),
				"voting_power", fmt.Sprint(int64(who.stake)/pocket.UpoktPerPOKT), "proposer_priority", "0"))
		}
	} else {
		address, key := v.key()
		set = append(set, object("address", address, "pub_key", object("type", "tendermint/PubKeyEd25519", "value", key),
			"voting_power", "1000000", "proposer_priority", "0"))
	}
	count := fmt.Sprint(len(set))
	return result{raw: object("block_height", heightText(h), "validators", set, "count", count, "total", count)}, nil
}

func unconfirmed(view, call) (result, *rpcError) {
	return result{raw: object("n_txs", "0", "total", "0", "total_bytes", "0", "txs", []string{})}, nil
}
