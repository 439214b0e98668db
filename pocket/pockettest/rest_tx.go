package pockettest

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// txRoutes are those of the SDK's transaction service.
func txRoutes() map[string]route {
	return map[string]route{
		"/cosmos/tx/v1beta1/txs":           txsByQuery,
		"/cosmos/tx/v1beta1/txs/{hash}":    txInPath,
		"/cosmos/tx/v1beta1/txs/block/{h}": txsOfBlock,
	}
}

// form is the transaction in proto JSON.
func (t *tx) form() json.RawMessage {
	messages := []json.RawMessage{}
	for _, m := range t.messages {
		body := mustJSON(m.form())
		messages = append(messages, append([]byte(`{"@type":`+quoted(m.url())+`,`), body[1:]...))
	}
	return object(
		"body", object("messages", messages, "memo", t.memo, "timeout_height", heightText(t.timeout), "unordered", false,
			"timeout_timestamp", nil, "extension_options", []string{}, "non_critical_extension_options", []string{}),
		"auth_info", object(
			"signer_infos", []json.RawMessage{object(
				"public_key", object("@type", "/cosmos.crypto.secp256k1.PubKey", "key", publicKey(t.signer)),
				"mode_info", object("single", object("mode", "SIGN_MODE_DIRECT")),
				"sequence", strconv.FormatUint(t.sequence(), 10))},
			"fee", object("amount", []coinJSON{coinOf(t.fee())}, "gas_limit", strconv.FormatInt(t.gas, 10), "payer", "", "granter", ""),
			"tip", nil),
		"signatures", [][]byte{t.signature()})
}

// response is what came of the transaction.
func (t *tx) response(w *world) json.RawMessage {
	form := t.form()
	tagged := append([]byte(`{"@type":"/cosmos.tx.v1beta1.Tx",`), form[1:]...)
	return object("height", heightText(t.height), "txhash", hashOf(t.raw()), "codespace", t.codespace(), "code", t.code,
		"data", strings.ToUpper(hex.EncodeToString(t.data())), "raw_log", t.log, "logs", []string{}, "info", "",
		"gas_wanted", strconv.FormatInt(t.gas, 10), "gas_used", strconv.FormatInt(t.used, 10), "tx", json.RawMessage(tagged),
		"timestamp", w.timeOf(t.height).Format(time.RFC3339), "events", eventList(t.events()))
}

func txInPath(s *state) (json.RawMessage, *restError) {
	raw, err := hex.DecodeString(s.r.PathValue("hash"))
	if err != nil {
		return nil, restFailure(grpcUnknown, "%v", err)
	}
	if s.noIndex {
		return nil, restFailure(grpcUnknown, "transaction indexing is disabled")
	}
	hash := strings.ToUpper(hex.EncodeToString(raw))
	found, ok, err := s.find(hash)
	switch {
	case err != nil:
		return nil, restFailure(grpcUnknown, "%v", err)
	case !ok:
		return nil, restFailure(grpcNotFound, "tx not found: %s", s.r.PathValue("hash"))
	case found.height < s.low:
		return nil, restFailure(grpcInternal, "height %d is not available, lowest height is %d", found.height, s.low)
	}
	t := s.w.transactions(found.height)[found.position]
	return object("tx", t.form(), "tx_response", t.response(s.w)), nil
}

// txsByQuery searches. Only page and limit cut the list: pagination.limit is not looked at.
func txsByQuery(s *state) (json.RawMessage, *restError) {
	values := s.r.URL.Query()
	text := values.Get("query")
	if text == "" {
		return nil, restFailure(grpcInternal, "query cannot be empty")
	}
	if s.noIndex {
		return nil, restFailure(grpcInternal, "failed to search for txs: transaction indexing is disabled")
	}
	q, err := parseQuery(text)
	if err != nil {
		return nil, restFailure(grpcInternal, "failed to search for txs: %v", err)
	}
	found, err := s.searchTxs(q)
	if err != nil {
		return nil, restFailure(grpcInternal, "failed to search for txs: %v", err)
	}
	if values.Get("order_by") == "ORDER_BY_DESC" {
		slices.Reverse(found)
	}
	limit, page := numberOr(values.Get("limit"), 100), numberOr(values.Get("page"), 1)
	limit = min(limit, 100)
	if pages := max(1, (len(found)+limit-1)/limit); page > pages {
		return nil, restFailure(grpcInternal, "failed to search for txs: page should be within [1, %d] range, given %d", pages, page)
	}
	txs, responses := []json.RawMessage{}, []json.RawMessage{}
	for _, f := range found[(page-1)*limit : min(page*limit, len(found))] {
		if f.height < s.low {
			return nil, restFailure(grpcInternal, "height %d is not available, lowest height is %d", f.height, s.low)
		}
		t := s.w.transactions(f.height)[f.position]
		txs, responses = append(txs, t.form()), append(responses, t.response(s.w))
	}
	return object("txs", txs, "tx_responses", responses, "pagination", nil, "total", strconv.Itoa(len(found))), nil
}

// numberOr returns a positive number, or another when text is none.
func numberOr(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func txsOfBlock(s *state) (json.RawMessage, *restError) {
	h, failed := s.heightInPath()
	if failed == nil {
		failed = s.blockReachable(h)
	}
	if failed != nil {
		return nil, failed
	}
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	all := s.w.transactions(h)
	from := min(p.offset, len(all))
	txs := []json.RawMessage{}
	for _, t := range all[from:min(from+p.limit, len(all))] {
		txs = append(txs, t.form())
	}
	pagination := object("next_key", nil, "total", strconv.Itoa(len(all)))
	block, failed := s.blockForm(h, pagination)
	if failed != nil {
		return nil, failed
	}
	return append(append([]byte(`{"txs":`), mustJSON(txs)...), append([]byte(","), block[1:]...)...), nil
}
