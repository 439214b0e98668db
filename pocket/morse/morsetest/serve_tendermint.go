package morsetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// result is an answer in the envelope of the Tendermint RPC.
func result(v any) response {
	body, err := json.MarshalIndent(object{"jsonrpc": "2.0", "id": -1, "result": v}, "", "  ")
	if err != nil {
		panic("morsetest: " + err.Error())
	}
	return response{status: http.StatusOK, contentType: "application/json", body: string(body)}
}

func trouble(data string) response {
	body, err := json.MarshalIndent(object{"jsonrpc": "2.0", "id": -1, "error": object{"code": -32603, "message": "Internal error", "data": data}}, "", "  ")
	if err != nil {
		panic("morsetest: " + err.Error())
	}
	return response{status: http.StatusOK, contentType: "application/json", body: string(body)}
}

func (s *server) tendermint(path, rawQuery string) response {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return trouble(err.Error())
	}
	switch path {
	case "/status":
		newest := s.chain.blocks[len(s.chain.blocks)-1]
		return result(object{
			"node_info": object{
				"network": s.chain.config.ChainID, "version": "0.33.8", "moniker": "story", "other": object{"tx_index": "on"},
			},
			"sync_info": object{
				"latest_block_height": digits(newest.height), "latest_block_time": newest.time, "catching_up": false,
				"earliest_block_height": digits(max(s.config.Lowest, s.chain.config.FirstHeight)),
			},
			"validator_info": []object{{"address": strings.ToUpper(newest.proposer.String()), "voting_power": "500000"}},
		})
	case "/tx":
		hash := strings.ToUpper(strings.TrimPrefix(strings.Trim(query.Get("hash"), `"`), "0x"))
		p, ok := s.chain.txs[hash]
		if !ok || p.tx.Refused {
			return trouble("tx (" + hash + ") not found")
		}
		return result(object{"hash": p.hash, "height": digits(p.height), "index": p.position, "tx_result": p.outcome(), "tx": p.raw})
	case "/block_results":
		h := number(query.Get("height"))
		i := h - s.chain.config.FirstHeight
		if i < 0 || i >= int64(len(s.chain.blocks)) {
			return trouble(fmt.Sprintf("height %d must be less than or equal to the current blockchain height %d", h, s.chain.Height()))
		}
		b := s.chain.blocks[i]
		var txs []object
		for _, p := range b.txs {
			txs = append(txs, p.outcome())
		}
		return result(object{
			"height": digits(h), "txs_results": txs, "begin_block_events": eventsJSON(b.begin), "end_block_events": []any{},
			"validator_updates": nil, "consensus_param_updates": nil,
		})
	}
	return text(http.StatusNotFound, "404 page not found\n")
}

func (p *placed) outcome() object {
	_, _, kind, _, _ := p.tx.Message.wire()
	var recipient []byte
	if m, ok := p.tx.Message.(Send); ok {
		recipient = m.To.Bytes()
	}
	return object{
		"code": p.code, "codespace": p.codespace, "data": nil, "log": "", "info": "", "gasWanted": "0", "gasUsed": "0",
		"events": eventsJSON(p.events), "signer": p.tx.Signer.Address().Bytes(), "recipient": recipient, "message_type": kind,
	}
}
