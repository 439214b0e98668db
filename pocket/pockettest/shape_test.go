package pockettest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// eventful is a chain on which everything happens within its 3000 blocks.
func eventful(t testing.TB) *Chain {
	t.Helper()
	plain := NewChain(Config{Seed: 7, Params: SmallParams(), Blocks: 3000})
	who, apps := plain.Operators(), plain.Applications()
	return NewChain(Config{
		Seed: 7, Params: SmallParams(), Blocks: 3000, Rates: Rates{Expiries: 0.5, Misses: 1, Leaves: 0.2, Overserviced: 5, Sends: 400},
		Incidents: []Incident{
			{Kind: Expire, Height: 50, Supplier: who[0]},
			{Kind: Expire, Height: 80, Supplier: who[1], Invalid: true},
			{Kind: BelowMinimum, Height: 100, Supplier: who[2]},
			{Kind: CancelUnstake, Height: 700, Supplier: who[2]},
			{Kind: Unstake, Height: 200, Supplier: who[3]},
			{Kind: Unstake, Height: 210, Supplier: who[4]},
			{Kind: CancelUnstake, Height: 222, Supplier: who[4]},
			{Kind: Discard, Height: 300, Supplier: who[5]},
			{Kind: Overserve, Height: 400, Application: apps[0]},
			{Kind: MissClaims, Height: 500, Supplier: who[6], Sessions: 3},
		},
	})
}

// A shape is what JSON looks like without its values: keys in their order, and types. Of a list it is the shapes that occur in it.
func shape(t testing.TB, text []byte) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	s, err := shapeOf(d)
	require.NoError(t, err, "%.200s", text)
	return s
}

func shapeOf(d *json.Decoder) (string, error) {
	token, err := d.Token()
	if err != nil {
		return "", err
	}
	switch token {
	case json.Delim('{'):
		var b strings.Builder
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return "", err
			}
			inner, err := shapeOf(d)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "%v:%s ", key, inner)
		}
		_, err := d.Token()
		return "{" + b.String() + "}", err
	case json.Delim('['):
		kinds := map[string]bool{}
		for d.More() {
			inner, err := shapeOf(d)
			if err != nil {
				return "", err
			}
			kinds[inner] = true
		}
		_, err := d.Token()
		return "[" + strings.Join(slices.Sorted(maps.Keys(kinds)), "|") + "]", err
	}
	return fmt.Sprintf("%T", token), nil
}

// eventShapes returns, for each type of event and place, how its attributes look: keys in their order and how each value is written.
func eventShapes(t testing.TB, events []placed, into map[string]map[string]bool) {
	t.Helper()
	for _, e := range events {
		list := e.appendAttributes(nil)
		var b strings.Builder
		place := "tx"
		for _, a := range list {
			if a.key == "mode" {
				place = a.value
			}
			look := "text"
			if strings.Contains(e.name(), "pocket.") && a.key != "mode" && a.key != "msg_index" {
				look = shape(t, []byte(a.value))
				if strings.HasPrefix(a.value, `"`) && strings.Trim(a.value, `"0123456789`) == "" && a.value != `""` {
					look = "quoted number"
				}
				if a.key == "reward_distribution" {
					look = "object of coins"
				}
			}
			fmt.Fprintf(&b, "%s=%s ", a.key, look)
		}
		key := place + " " + e.name()
		if into[key] == nil {
			into[key] = map[string]bool{}
		}
		into[key][mayBeEmpty.Replace(b.String())] = true
	}
}

// mayBeEmpty evens out lists that were never, or always, empty in the recordings.
var mayBeEmpty = strings.NewReplacer(
	"delegatee_gateway_addresses:[string]", "delegatee_gateway_addresses:[]",
	"reward_distribution_detailed=[]", "reward_distribution_detailed=[{recipient_address:string op_reason:string amount:string }]",
)

func recordedStore(t testing.TB) *recording {
	t.Helper()
	r, err := newRecording(RecordedBlocks())
	require.NoError(t, err)
	return r
}

func TestEventsLookLikeRecordedOnes(t *testing.T) {
	if testing.Short() {
		t.Skip("it does much, one thing after the other")
	}
	recorded, simulated := map[string]map[string]bool{}, map[string]map[string]bool{}
	r := recordedStore(t)
	for h := range r.blocks {
		results, err := r.results(pocket.Height(h + 1))
		require.NoError(t, err)
		eventShapes(t, results.block, recorded)
		for _, tx := range results.txs {
			eventShapes(t, tx.events, recorded)
		}
	}
	w, head := eventful(t).now()
	for h := pocket.Height(1); h <= head; h++ {
		b := w.body(h)
		eventShapes(t, b.block, simulated)
		for _, tx := range b.txs {
			eventShapes(t, tx.events(), simulated)
		}
	}
	for kind, looks := range simulated {
		require.Contains(t, recorded, kind, "no node ever told such an event there")
		for look := range looks {
			assert.Contains(t, recorded[kind], look, kind)
		}
	}
	for kind := range recorded {
		if strings.Contains(kind, "pocket.") && !strings.Contains(kind, "pocket.gateway") && !strings.Contains(kind, "EventRedelegation") {
			assert.Contains(t, simulated, kind, "the simulated chain lacks what a recorded one has")
		}
	}
}

// get returns the body and status of a GET.
func get(t testing.TB, url string, headers ...string) (string, *http.Response) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body), response
}

func recordedBody(t testing.TB, name string) []byte {
	t.Helper()
	text, err := fs.ReadFile(Recordings(), name+".json")
	require.NoError(t, err)
	return text
}

func TestAnswersLookLikeRecordedOnes(t *testing.T) {
	chain := NewChain(Config{Seed: 7, Params: SmallParams(), Blocks: 3000, Rates: Rates{Leaves: 0.02, Sends: 400}, Incidents: []Incident{
		{Kind: Unstake, Height: 200, Supplier: account(7, "operator", 3)},
	}})
	node := NewNode(chain)
	defer node.Close()
	w, _ := chain.now()
	who, app := w.suppliers[7], w.applications[1] // an application that delegates to no gateway
	delegating := w.applications[0]
	service := string(w.services[app.service].ID)
	const pokt = "/pokt-network/poktroll"
	hash := func(kind string) string {
		for h := pocket.Height(1); ; h++ {
			for _, tx := range w.transactions(h) {
				if strings.HasSuffix(tx.messages[0].url(), kind) && tx.code == 0 && tx.memo != "" == (kind == "MsgSend") && (kind != "MsgCreateClaim" || len(tx.messages) == 2) {
					return hashOf(tx.raw())
				}
			}
		}
	}
	chain.SetHead(2996) // claims are pending there
	pendingClaim := func() string {
		s := &state{view: node.view(t.Context()), w: w, h: 2996}
		c := s.pendingClaims()[0]
		return c.sessionID + "/" + c.operator().String()
	}
	tests := []struct{ recorded, path string }{
		{"rpc_status", "/status"},
		{"rpc_health", "/health"},
		{"rpc_net_info", "/net_info"},
		{"rpc_abci_info", "/abci_info"},
		{"rpc_consensus_params", "/consensus_params"},
		{"rpc_block_latest", "/block?height=2"},
		{"rpc_block_height1", "/block?height=1"},
		{"rpc_header", "/header?height=28"},
		{"rpc_commit", "/commit?height=28"},
		{"rpc_block_by_unknown_hash", "/block_by_hash?hash=0x" + strings.Repeat("00", 32)},
		{"rpc_blockchain_default", "/blockchain"},
		{"rpc_validators", "/validators"},
		{"rpc_block_search_exists", "/block_search?query=%22pocket.supplier.EventSupplierUnbondingEnd.unbonding_end_height%20EXISTS%22&per_page=1&order_by=%22asc%22"},
		{"rpc_block_search_none", "/block_search?query=%22block.height%3D99999999%22"},
		{"rpc_tx_search_none", "/tx_search?query=%22tx.height%3D99999999%22"},
		{"rest_supplier_one", pokt + "/supplier/supplier/" + who.operator.String()},
		{"rest_supplier_one_dehydrated", pokt + "/supplier/supplier/" + who.operator.String() + "?dehydrated=true"},
		{"rest_suppliers_by_operator", pokt + "/supplier/supplier?operator_address=" + who.operator.String()},
		{"rest_suppliers_by_unknown_owner", pokt + "/supplier/supplier?owner_address=" + w.dao.String()},
		{"rest_applications_by_gateway", pokt + "/application/application?delegatee_gateway_address=" + w.gateway.String()},
		{"rest_application_one", pokt + "/application/application/" + delegating.address.String()},
		{"rest_gateways_all", pokt + "/gateway/gateway"},
		{"rest_gateway_one", pokt + "/gateway/gateway/" + w.gateway.String()},
		{"rest_services_all", pokt + "/service/service"},
		{"rest_service_one", pokt + "/service/service/eth"},
		{"rest_difficulty_all", pokt + "/service/relay_mining_difficulty"},
		{"rest_difficulty_one", pokt + "/service/relay_mining_difficulty/eth"},
		{"rest_difficulty_at_height", pokt + "/service/relay_mining_difficulty/eth/at_height/40"},
		{"rest_difficulty_history", pokt + "/service/relay_mining_difficulty/eth/history?pagination.limit=3"},
		{"rest_cupr_at_height", pokt + "/service/compute_units_per_relay/eth/at_height/40"},
		{"rest_cupr_history", pokt + "/service/compute_units_per_relay/eth/history"},
		{"rest_claim_one", pokt + "/proof/claim/" + pendingClaim()},
		{"rest_claims_list", pokt + "/proof/claim"},
		{"rest_proofs_list", pokt + "/proof/proof"},
		{"rest_session_now", pokt + "/session/get_session?application_address=" + app.address.String() + "&service_id=" + service + "&block_height=0"},
		{"rest_params_shared", pokt + "/shared/params"},
		{"rest_params_shared_at_height", pokt + "/shared/params/15"},
		{"rest_params_tokenomics", pokt + "/tokenomics/params"},
		{"rest_params_proof", pokt + "/proof/params"},
		{"rest_params_session", pokt + "/session/params"},
		{"rest_params_supplier", pokt + "/supplier/params"},
		{"rest_params_service", pokt + "/service/params"},
		{"rest_params_application", pokt + "/application/params"},
		{"rest_params_gateway", pokt + "/gateway/params"},
		{"rest_params_migration", pokt + "/migration/params"},
		{"rest_balances", "/cosmos/bank/v1beta1/balances/" + who.owner.String()},
		{"rest_balances_unknown", "/cosmos/bank/v1beta1/balances/" + w.gateway.String()},
		{"rest_balance_by_denom", "/cosmos/bank/v1beta1/balances/" + who.owner.String() + "/by_denom?denom=upokt"},
		{"rest_supply_upokt", "/cosmos/bank/v1beta1/supply/by_denom?denom=upokt"},
		{"rest_account", "/cosmos/auth/v1beta1/accounts/" + who.operator.String()},
		{"rest_account_no_pubkey", "/cosmos/auth/v1beta1/accounts/" + w.dao.String()},
		{"rest_account_module", "/cosmos/auth/v1beta1/module_accounts/supplier"},
		{"rest_staking_validators", "/cosmos/staking/v1beta1/validators?status=BOND_STATUS_BONDED&pagination.limit=5"},
		{"rest_staking_validator", "/cosmos/staking/v1beta1/validators/" + w.validators[0].operator.String()},
		{"rest_staking_pool", "/cosmos/staking/v1beta1/pool"},
		{"rest_slashing_signing_infos", "/cosmos/slashing/v1beta1/signing_infos"},
		{"rest_upgrade_current_plan", "/cosmos/upgrade/v1beta1/current_plan"},
		{"rest_gov_proposals", "/cosmos/gov/v1/proposals"},
		{"rest_validatorsets_latest", "/cosmos/base/tendermint/v1beta1/validatorsets/latest"},
		{"rest_syncing", "/cosmos/base/tendermint/v1beta1/syncing"},
		{"rest_blocks_at_height", "/cosmos/base/tendermint/v1beta1/blocks/2"},
		{"rest_txs_none", "/cosmos/tx/v1beta1/txs?query=tx.height%3D99999999"},
		{"rest_txs_block", "/cosmos/tx/v1beta1/txs/block/2"},
		{"rest_tx_msgsend_memo", "/cosmos/tx/v1beta1/txs/" + hash("MsgSend")},
		{"rest_tx_create_claim", "/cosmos/tx/v1beta1/txs/" + hash("MsgCreateClaim")},
		{"rpc_tx_msgsend_memo", "/tx?hash=0x" + hash("MsgSend")},
		{"rpc_tx_create_claim", "/tx?hash=0x" + hash("MsgCreateClaim")},
	}
	for _, tt := range tests {
		t.Run(tt.recorded, func(t *testing.T) {
			base := node.RPC
			if strings.HasPrefix(tt.recorded, "rest") {
				base = node.REST
			}
			body, response := get(t, base+tt.path)
			assert.Equal(t, http.StatusOK, response.StatusCode, body)
			assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
			want, got := shape(t, recordedBody(t, tt.recorded)), shape(t, []byte(body))
			if tt.recorded == "rest_tx_create_claim" { // a miner's transaction also carries a wall-clock timeout
				want = strings.ReplaceAll(want, "timeout_timestamp:string", "timeout_timestamp:<nil>")
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestErrorsReadLikeRecordedOnes(t *testing.T) {
	chain := NewChain(Config{Seed: 3, Params: SmallParams(), Blocks: 491, Rates: Calm()})
	node := NewNode(chain)
	defer node.Close()
	var index []reply
	text, err := fs.ReadFile(Recordings(), "index.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &index))
	w, _ := chain.now()
	faults := map[string]Fault{
		"pruned": {Kind: Prune, Below: 67}, "noindex": {Kind: NoIndex}, "discarded": {Kind: DiscardResults},
	}
	// What differs for a good reason: the recorded node was at another height, or knew other actors.
	words := strings.NewReplacer("lowest height is 68", "lowest height is 67", "latest height: 83", "latest height: 491",
		"last committed block height 492", "last committed block height 491", "pokt1ey096jd9ake99v0r3q87lkx7s6k3h0q825qzm9", w.applications[0].address.String())
	skip := map[string]bool{
		"rest_err_broadcast_garbage":  true,                                 // nothing can be sent to a simulated chain
		"rest_err_tx_of_pruned_block": true, "rpc_tx_search_err_page": true, // depend on which transactions there are
	}
	seen := 0
	for _, r := range index {
		bad := r.Status >= 400 || strings.Contains(r.Name, "_err")
		if !bad || skip[r.Name] || r.Server != "rpc" && r.Server != "rest" || r.Method == "WS" {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			for word, fault := range faults {
				if strings.Contains(r.Name, word) {
					defer node.Fail(fault)()
				}
			}
			base := node.RPC
			if r.Server == "rest" {
				base = node.REST
			}
			path := words.Replace(r.Path)
			request, err := http.NewRequestWithContext(t.Context(), r.Method, base+path, strings.NewReader(r.Body))
			require.NoError(t, err)
			for key, value := range r.Headers {
				request.Header.Set(key, value)
			}
			response, err := http.DefaultTransport.RoundTrip(request)
			require.NoError(t, err)
			defer response.Body.Close()
			got, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			want, err := fs.ReadFile(Recordings(), r.File)
			require.NoError(t, err)
			assert.Equal(t, r.Status, response.StatusCode)
			assert.Equal(t, words.Replace(string(want)), string(got))
		})
		seen++
	}
	assert.Greater(t, seen, 55)
}

func TestSuppliersThatChangeLookLikeRecordedOnes(t *testing.T) {
	chain := eventful(t)
	node := NewNode(chain)
	defer node.Close()
	who := chain.Operators()
	one := func(i int, h pocket.Height) string {
		body, _ := get(t, node.REST+"/pokt-network/poktroll/supplier/supplier/"+who[i].String(), "x-cosmos-block-height", fmt.Sprint(h))
		return shape(t, []byte(body))
	}
	assert.Equal(t, shape(t, recordedBody(t, "rest_supplier_unbonding_s5")), one(3, 200), "unbonding, with its services")
	assert.Equal(t, shape(t, recordedBody(t, "rest_supplier_after_cancel_no_services")), one(4, 223), "cancelled, without services")
	body, response := get(t, node.REST+"/pokt-network/poktroll/supplier/supplier/"+who[3].String())
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.JSONEq(t, `{"code":5,"message":"supplier with operator address: \"`+who[3].String()+`\": supplier not found","details":[]}`, body)
}
