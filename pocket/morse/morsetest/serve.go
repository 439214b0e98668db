package morsetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// A NodeConfig says how a node serves a chain. Its zero value keeps all of it and tells no events of transactions, as most do.
type NodeConfig struct {
	Events   bool  // tells the events of transactions (disable_tx_events: false)
	Lowest   int64 // the first height of which it has blocks and state; 0 is all
	LateHead bool  // has the newest block, and its state not yet
	Seed     uint64
}

// NewNode returns a node that serves a chain. More blocks may be made of the chain with [Node.Grow] only.
func NewNode(chain *Chain, config NodeConfig) *Node {
	s := &server{chain: chain, config: config, dice: rand.New(rand.NewPCG(config.Seed, 7))}
	n := start(s.answer)
	n.grow = func(make func(*Chain)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		make(chain)
	}
	return n
}

// Grow lets make add blocks to the chain while the node serves it.
func (n *Node) Grow(make func(*Chain)) { n.grow(make) }

type server struct {
	config NodeConfig

	mu    sync.Mutex
	chain *Chain
	dice  *rand.Rand
}

// A query is what bodies may ask for.
type query struct {
	Height  int64          `json:"height"`
	Address hexText        `json:"address"`
	Page    int            `json:"page"`
	PerPage int            `json:"per_page"`
	Order   string         `json:"order"`
	Hash    string         `json:"hash"`
	Key     string         `json:"key"`
	Options nodeQuery      `json:"opts"`
	AppKey  string         `json:"app_pubkey"`
	Chain   string         `json:"blockchain"`
	Session int64          `json:"session_block_height"`
	Receipt string         `json:"receipt_type"`
	Gets    bool           `json:"received"`
	Public  string         `json:"app_public_key"`
	On      string         `json:"chain"`
	At      int64          `json:"session_height"`
	who     pocket.Address // of Address
}

type nodeQuery struct {
	Page, PerPage int
	Status        int
	Jailed        int
	Chain         string
}

func (q *nodeQuery) UnmarshalJSON(b []byte) error {
	var w struct {
		Page    int    `json:"page"`
		PerPage int    `json:"per_page"`
		Status  int    `json:"staking_status"`
		Jailed  int    `json:"jailed_status"`
		Chain   string `json:"blockchain"`
	}
	err := json.Unmarshal(b, &w)
	*q = nodeQuery{w.Page, w.PerPage, w.Status, w.Jailed, w.Chain}
	return err
}

type hexText string

func (s *server) answer(tendermint bool, method, path, rawQuery, body string) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	if tendermint {
		return s.tendermint(path, rawQuery)
	}
	if path == "/v1" && method == http.MethodGet {
		r := raw("RC-0.12.0")
		return r
	}
	handler, ok := handlers[strings.TrimPrefix(path, "/v1")]
	if !ok {
		return text(http.StatusNotFound, "404 page not found\n")
	}
	if r, refused := onlyPost(method); refused {
		return r
	}
	var q query
	if path != "/v1/query/height" && body != "" {
		if err := json.Unmarshal([]byte(body), &q); err != nil {
			return failure(err.Error())
		}
	}
	if q.Address != "" {
		if strings.Trim(string(q.Address), "0123456789abcdefABCDEF") != "" {
			return failure(fmt.Sprintf("encoding/hex: invalid byte: U+%04X %q", q.Address[0], q.Address[0]))
		}
		q.who, _ = pocket.ParseAddress(string(q.Address))
	}
	return handler(s, q)
}

var handlers = map[string]func(*server, query) response{
	"/query/height":     (*server).height,
	"/query/block":      (*server).block,
	"/query/tx":         (*server).tx,
	"/query/blocktxs":   (*server).blockTxs,
	"/query/accounttxs": (*server).accountTxs,
	"/query/unconfirmedtxs": func(*server, query) response {
		return lossy(object{"page_count": 0, "total_txs": 0, "txs": []any{}})
	},
	"/query/unconfirmedtx": func(*server, query) response { return lossy(nil) },
	"/query/node":          ofState((*server).node),
	"/query/nodes":         ofState((*server).nodes),
	"/query/app":           ofState((*server).app),
	"/query/apps":          ofState((*server).apps),
	"/query/balance":       ofState((*server).balance),
	"/query/account":       ofState((*server).account),
	"/query/accounts":      ofState((*server).accounts),
	"/query/nodeclaims":    ofState((*server).claims),
	"/query/nodeclaim":     ofState((*server).claim),
	"/query/signinginfo":   ofState((*server).signing),
	"/query/nodeparams":    ofState(func(_ *server, s *state, _ query) response { return lossy(s.nodeParams()) }),
	"/query/pocketparams":  ofState(func(_ *server, s *state, _ query) response { return lossy(s.pocketParams()) }),
	"/query/appparams":     ofState(func(_ *server, s *state, _ query) response { return lossy(s.appParams()) }),
	"/query/allparams":     ofState((*server).allParams),
	"/query/param":         ofState((*server).oneParam),
	"/query/supply":        ofState((*server).supply),
	"/query/upgrade":       ofState((*server).upgrade),
	"/query/supportedchains": ofState(func(_ *server, s *state, _ query) response {
		return inString(json.RawMessage(s.params["pocketcore/SupportedBlockchains"]))
	}),
	"/query/acl": ofState((*server).acl),
	"/query/daoowner": func(s *server, _ query) response {
		return inString(s.chain.config.Governor.Address())
	},
}

// committed is the newest height whose state is there.
func (s *server) committed() int64 {
	if s.config.LateHead {
		return s.chain.Height() - 1
	}
	return s.chain.Height()
}

// ofState makes a handler of one that looks at the state of a height.
func ofState(handle func(*server, *state, query) response) func(*server, query) response {
	return func(s *server, q query) response {
		h := q.Height
		if h == 0 {
			h = s.committed()
		}
		switch {
		case h > s.committed():
			return failure(fmt.Sprintf("error loading store: KVStoreKey{0x%x, main}, in LoadLazyVersion: wanted to load target %d but only found up to %d",
				s.dice.Uint64()>>16, h, s.committed()))
		case h < s.config.Lowest || h < s.chain.config.FirstHeight:
			return failure(fmt.Sprintf("error loading store: KVStoreKey{0x%x, main}, in LoadLazyVersion: version does not exist", s.dice.Uint64()>>16))
		}
		q.Height = h
		return handle(s, s.chain.at(h), q)
	}
}

func (s *server) height(query) response { return lossy(object{"height": s.chain.Height()}) }

func (s *server) block(q query) response {
	h := q.Height
	if h == 0 {
		h = s.chain.Height()
	}
	switch {
	case h < 0:
		return failure(fmt.Sprintf("height must be greater than 0, but got %d", h))
	case h > s.chain.Height():
		return failure(fmt.Sprintf("height %d must be less than or equal to the current blockchain height %d", h, s.chain.Height()))
	case h < s.config.Lowest || h < s.chain.config.FirstHeight:
		return failure("block at height not found")
	}
	b := s.chain.blocks[h-s.chain.config.FirstHeight]
	var txs [][]byte
	for _, p := range b.txs {
		txs = append(txs, p.raw)
	}
	hash := "0000000000000000000000000000000000000000000000000000000000000000"
	return raw(object{
		"block_id": object{"hash": b.hash, "parts": object{"hash": hash, "total": "1"}},
		"block": object{
			"header": object{
				"chain_id": s.chain.config.ChainID, "height": digits(h), "time": b.time, "num_txs": strconv.Itoa(len(txs)),
				"proposer_address": strings.ToUpper(b.proposer.String()), "last_block_id": object{"hash": hash, "parts": object{"hash": hash, "total": "1"}},
			},
			"data": object{"txs": txs}, "evidence": object{"evidence": nil}, "last_commit": object{"precommits": nil},
		},
	})
}

// json is a transaction as the node writes it.
func (p *placed) json(events bool) object {
	typ, value, kind, _, _ := p.tx.Message.wire()
	std := object{
		"entropy": entropy(p.height, p.position), "memo": p.tx.Memo, "fee": []object{{"amount": digits(p.fee), "denom": "upokt"}},
		"msg":       object{"type": typ, "value": value},
		"signature": object{"pub_key": p.tx.Signer.String(), "signature": strings.Repeat("0", 128)},
	}
	if p.tx.Opaque {
		std = object{"entropy": 0, "memo": "", "fee": []any{}, "msg": nil, "signature": object{"pub_key": "", "signature": ""}}
	}
	recipient := ""
	if m, ok := p.tx.Message.(Send); ok {
		recipient = strings.ToUpper(m.To.String())
	}
	var told any
	if events {
		told = eventsJSON(p.events)
	}
	return object{
		"hash": p.hash, "height": p.height, "index": p.position, "tx": p.raw, "stdTx": std,
		"proof": object{"data": nil, "root_hash": "", "proof": object{"aunts": nil, "index": 0, "leaf_hash": nil, "total": 0}},
		"tx_result": object{
			"code": p.code, "codespace": p.codespace, "data": nil, "events": told, "info": "", "log": "", "message_type": kind,
			"recipient": recipient, "signer": strings.ToUpper(p.tx.Signer.Address().String()),
		},
	}
}

func eventsJSON(events []event) []object {
	list := []object{}
	for _, e := range events {
		attributes := []object{}
		for _, a := range e.attributes {
			attributes = append(attributes, object{"key": []byte(a[0]), "value": []byte(a[1])})
		}
		list = append(list, object{"type": e.kind, "attributes": attributes})
	}
	return list
}

func (s *server) tx(q query) response {
	if q.Hash == "" {
		return failure("transaction hash cannot be empty")
	}
	p, ok := s.chain.txs[strings.ToUpper(q.Hash)]
	if !ok || p.tx.Refused {
		return failure("tx (" + strings.ToUpper(q.Hash) + ") not found")
	}
	return lossy(p.json(s.config.Events))
}

// txPage answers with a page of transactions, which are the oldest first. Order is the wrong way round.
func (s *server) txPage(q query, list []*placed) response {
	if q.Order == "asc" {
		slices.Reverse(list)
	}
	page, size := max(q.Page, 1), q.PerPage
	if size <= 0 {
		size = 30
	}
	size = min(size, 10_000)
	txs := []object{}
	for i := (page - 1) * size; i < min(page*size, len(list)); i++ {
		txs = append(txs, list[i].json(s.config.Events))
	}
	return lossy(object{"page_count": len(txs), "total_txs": len(list), "txs": txs})
}

func (s *server) blockTxs(q query) response {
	var list []*placed
	if i := q.Height - s.chain.config.FirstHeight; i >= 0 && i < int64(len(s.chain.blocks)) && q.Height >= s.config.Lowest {
		for _, p := range s.chain.blocks[i].txs {
			if !p.tx.Refused {
				list = append(list, p)
			}
		}
	}
	return s.txPage(q, list)
}

// accountTxs looks from a height on.
func (s *server) accountTxs(q query) response {
	var list []*placed
	for _, b := range s.chain.blocks {
		if b.height < q.Height || b.height < s.config.Lowest {
			continue
		}
		for _, p := range b.txs {
			who := p.tx.Signer.Address()
			if q.Gets {
				m, _ := p.tx.Message.(Send)
				who = m.To
			}
			if !p.tx.Refused && who == q.who && !who.IsZero() {
				list = append(list, p)
			}
		}
	}
	return s.txPage(q, list)
}

// statePage answers with a page, whose number of pages is computed from what is on it.
func statePage[T any](page, size int, list []T, usual int) object {
	page = max(page, 1)
	if size <= 0 {
		size = usual
	}
	low, high := min((page-1)*size, len(list)), min(page*size, len(list))
	if low == high {
		return object{"result": nil, "total_pages": 0, "page": 0}
	}
	part := list[low:high]
	return object{"result": part, "total_pages": (len(list) + len(part) - 1) / len(part), "page": page}
}

func (n node) json(a pocket.Address) object {
	var delegators any
	if len(n.stake.Delegators) > 0 {
		delegators = n.stake.Delegators
	}
	unstaking := "0001-01-01T00:00:00Z"
	if !n.unstaking.IsZero() {
		unstaking = n.unstaking.Format("2006-01-02T15:04:05.999999999Z07:00")
	}
	return object{
		"address": a, "public_key": n.stake.Key.String(), "jailed": n.jailed, "status": n.status, "chains": n.stake.Chains, "service_url": n.stake.URL,
		"tokens": digits(n.tokens), "unstaking_time": unstaking, "output_address": n.stake.Output, "reward_delegators": delegators,
	}
}

func (s *server) node(at *state, q query) response {
	n, ok := at.nodes[q.who]
	if !ok {
		return failure("validator not found for " + q.who.String())
	}
	return lossy(n.json(q.who))
}

func (s *server) nodes(at *state, q query) response {
	var list []object
	for _, a := range sorted(at.nodes) {
		n := at.nodes[a]
		o := q.Options
		if o.Status != 0 && n.status != o.Status || o.Jailed == 1 && !n.jailed || o.Jailed == 2 && n.jailed ||
			o.Chain != "" && !slices.Contains(n.stake.Chains, o.Chain) {
			continue
		}
		list = append(list, n.json(a))
	}
	return raw(statePage(q.Options.Page, q.Options.PerPage, list, 1000))
}

func (s *server) appJSON(key Key) object {
	return object{
		"address": key.Address(), "public_key": key.String(), "jailed": false, "status": 2, "chains": []string{"0001", "0021"}, "max_relays": "10000000",
		"staked_tokens": "5000000000", "unstaking_time": "0001-01-01T00:00:00Z",
	}
}

func (s *server) app(at *state, q query) response {
	key, ok := at.apps[q.who]
	if !ok {
		return failure("ERROR:\nCodespace: application\nCode: 101\nMessage: \"application does not exist for that address\"\n")
	}
	return lossy(s.appJSON(key))
}

func (s *server) apps(at *state, q query) response {
	var list []object
	for _, a := range sorted(at.apps) {
		list = append(list, s.appJSON(at.apps[a]))
	}
	return raw(statePage(q.Options.Page, q.Options.PerPage, list, 1000))
}

func (s *server) balance(at *state, q query) response {
	return lossy(object{"balance": at.balances[q.who]})
}

func accountJSON(at *state, a pocket.Address) object {
	o := object{"address": a, "coins": []object{{"denom": "upokt", "amount": digits(at.balances[a])}}, "public_key": nil}
	if key, ok := at.keys[a]; ok {
		o["public_key"] = key.String()
	}
	if name, ok := modules[a]; ok {
		o["name"], o["permissions"] = name, []string{"burner", "minter", "staking"}
	}
	return o
}

func (s *server) account(at *state, q query) response {
	if _, ok := at.balances[q.who]; !ok {
		return lossy(nil)
	}
	return lossy(accountJSON(at, q.who))
}

func (s *server) accounts(at *state, q query) response {
	var list []object
	for _, a := range sorted(at.balances) {
		list = append(list, accountJSON(at, a))
	}
	return lossy(statePage(q.Page, q.PerPage, list, 30))
}

func (s *server) claims(at *state, q query) response {
	var list []object
	for _, c := range at.pending(q.who) {
		list = append(list, c.json(asNumber, uint64(rootUpper), c.expires))
	}
	return lossy(statePage(q.Page, q.PerPage, list, 30))
}

func (s *server) claim(at *state, q query) response {
	if q.Receipt != "relay" && q.Receipt != "challenge" {
		return failure("ERROR:\nCodespace: sdk\nCode: 1\nMessage: \"type in the receipt query is not recognized: (relay or challenge)\"\n")
	}
	for _, c := range at.pending(q.who) {
		if c.App.String() == q.AppKey && c.Chain == q.Chain && c.Session == q.Session && c.Challenges == (q.Receipt == "challenge") {
			return lossy(object{"type": "pocketcore/claim", "value": c.json(asText, "14454675364559156729", c.expires)})
		}
	}
	return failure("ERROR:\nCodespace: pocketcore\nCode: 65\nMessage: \"the claim was not found for the key given\"\n")
}

func (s *server) signing(at *state, q query) response {
	var list []object
	for _, a := range sorted(at.nodes) {
		n := at.nodes[a]
		if !q.who.IsZero() && a != q.who {
			continue
		}
		until := "1970-01-01T00:00:00Z"
		if !n.jailUntil.IsZero() {
			until = n.jailUntil.Format("2006-01-02T15:04:05Z07:00")
		}
		list = append(list, object{
			"address": a, "index_offset": 0, "jailed_blocks_counter": n.jailedBlocks, "jailed_until": until,
			"missed_blocks_counter": n.missed, "start_height": n.since,
		})
	}
	return lossy(statePage(q.Page, q.PerPage, list, 30))
}

// allParams writes parameters in an order that changes from answer to answer.
func (s *server) allParams(at *state, _ query) response {
	groups := map[string]string{"pos": "node_params", "application": "app_params", "pocketcore": "pocket_params", "gov": "gov_params", "auth": "auth_params"}
	answer := object{}
	keys := slices.Sorted(maps.Keys(at.params))
	s.dice.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for _, key := range keys {
		module, _, _ := strings.Cut(key, "/")
		list, _ := answer[groups[module]].([]object)
		answer[groups[module]] = append(list, object{"param_key": key, "param_value": strings.Trim(at.params[key], `"`)})
	}
	return lossy(answer)
}

func (s *server) oneParam(at *state, q query) response {
	value, ok := at.params[q.Key]
	if !ok {
		return lossy(object{"param_key": "", "param_value": ""})
	}
	return lossy(object{"param_key": q.Key, "param_value": strings.Trim(value, `"`)})
}

func (s *server) supply(at *state, _ query) response {
	total := int64(0)
	for _, amount := range at.balances {
		total += amount
	}
	staked := at.balances[nodePool] + at.balances[appPool] + at.balances[daoPool]
	return lossy(object{
		"node_staked": digits(at.balances[nodePool]), "app_staked": digits(at.balances[appPool]), "dao": digits(at.balances[daoPool]),
		"total_staked": digits(staked), "total_unstaked": digits(total - staked), "total": digits(total),
	})
}

func (s *server) upgrade(at *state, _ query) response {
	answer := object{"Height": 1, "Version": "0.12.0"}
	if len(at.features) > 0 {
		answer["Features"] = at.features
	}
	return lossy(answer)
}

func (s *server) acl(at *state, _ query) response {
	var list []object
	for _, key := range slices.Sorted(maps.Keys(at.params)) {
		list = append(list, object{"acl_key": key, "address": s.chain.config.Governor.Address()})
	}
	return inString(object{"type": "gov/non_map_acl", "value": list})
}
