package shannon

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// How events were written in the protocol's earlier versions. The attributes are those of the versions' event.proto files, as the chain
// prints them.

const (
	testOperator    = "pokt1l53dkzw5aewqp78k2jeytt94zx53jnup7azyjt"
	testOwner       = "pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"
	testApplication = "pokt1vd9kcl6lvh0jndwpe470r7yxypl8e2agsnm698"
	testSession     = "600000d39b87f598d444f1aefa4dca2ed7ee8aafe9c5ffe642978b608b43fc3c"

	oldClaim = `{"supplier_operator_address":"` + testOperator + `","session_header":{"application_address":"` + testApplication +
		`","service_id":"eth","session_id":"` + testSession + `","session_start_block_height":"11","session_end_block_height":"20"},` +
		`"root_hash":"AAAA","proof_validation_status":"VALIDATED"}`
	oldProof = `{"supplier_operator_address":"` + testOperator + `","session_header":{"application_address":"` + testApplication +
		`","service_id":"eth","session_id":"` + testSession + `","session_start_block_height":"11","session_end_block_height":"20"},` +
		`"closest_merkle_proof":"AAAA"}`
	wholeSupplier = `{"owner_address":"` + testOwner + `","operator_address":"` + testOperator +
		`","stake":{"denom":"upokt","amount":"60000000000"},"services":[{"service_id":"eth","endpoints":[{"url":"https://a.example",` +
		`"rpc_type":"JSON_RPC","configs":[]}],"rev_share":[{"address":"` + testOwner + `","rev_share_percentage":"100"}]}],` +
		`"unstake_session_end_height":"0","service_config_history":[]}`
)

func addr(text string) pocket.Address { return pocket.MustParseAddress(text) }

// onlyEvent decodes a body with a single event.
func onlyEvent(t *testing.T, name string, attributes map[string]string) pocket.Event {
	t.Helper()
	events := decodeAll(t, bodyOf(t, name, attributes), pocket.Block{}, pocket.Selection{})
	require.Len(t, events, 1)
	return events[0]
}

func TestSettlementBeforeVersion27(t *testing.T) {
	attributes := map[string]string{
		"claim": oldClaim, "proof_requirement": `"THRESHOLD"`, "num_relays": `"80"`,
		"num_claimed_compute_units": `"560000"`, "num_estimated_compute_units": `"600000"`,
		"claimed_upokt": `{"denom":"upokt","amount":"1000"}`,
	}
	want := pocket.Settlement{
		At: pocket.At{Height: 77}, Supplier: addr(testOperator), Application: addr(testApplication), Service: "eth",
		SessionID: testSession, SessionEnd: 20, Relays: 80, ClaimedComputeUnits: 560000, EstimatedComputeUnits: 600000,
		Requirement: pocket.ProofThreshold, Proof: pocket.ProofValidated, Claimed: 1000,
		Lacks: pocket.LacksAmounts | pocket.LacksShares,
	}
	for _, module := range []string{"pocket", "poktroll"} {
		t.Run("as a whole claim, of package "+module, func(t *testing.T) {
			assert.Equal(t, want, onlyEvent(t, module+".tokenomics.EventClaimSettled", attributes))
		})
	}
	result := func(burned string) string {
		coin := func(amount string) string { return `{"denom":"upokt","amount":"` + amount + `"}` }
		return `{"claim":null,"mints":[{"op_reason":"TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_STAKE_MINT","DestinationModule":"supplier","coin":` +
			coin("900") + `},{"op_reason":"TLM_GLOBAL_MINT_INFLATION","DestinationModule":"tokenomics","coin":` + coin("9") + `}],` +
			`"burns":[{"op_reason":"TLM_RELAY_BURN_EQUALS_MINT_APPLICATION_STAKE_BURN","DestinationModule":"application","coin":` + coin(burned) + `}],` +
			`"mod_to_mod_transfers":[],"mod_to_acct_transfers":[{"op_reason":"TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_SHAREHOLDER_REWARD_DISTRIBUTION",` +
			`"SenderModule":"supplier","RecipientAddress":"` + testOwner + `","coin":` + coin("900") + `},{"op_reason":` +
			`"TLM_GLOBAL_MINT_DAO_REWARD_DISTRIBUTION","SenderModule":"tokenomics","RecipientAddress":"` + testApplication + `","coin":` + coin("9") + `}]}`
	}
	t.Run("with the bank operations the amounts and shares are known", func(t *testing.T) {
		attributes["settlement_result"] = result("900")
		want := want
		want.Lacks = 0
		want.Settled, want.Minted, want.Overserviced, want.MintRatio = 900, 900, 100, "1"
		want.Shares = []pocket.Share{
			{Recipient: addr(testOwner), Reason: pocket.ReasonSupplier, Amount: 900},
			{Recipient: addr(testApplication), Reason: "TLM_GLOBAL_MINT_DAO_REWARD_DISTRIBUTION", Amount: 9},
		}
		got := onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes).(pocket.Settlement)
		assert.Equal(t, want, got)
		assert.Equal(t, pocket.Upokt(900), got.SupplierSide())
	})
	t.Run("with bank operations that do not add up only the shares are known", func(t *testing.T) {
		attributes["settlement_result"] = result("950")
		got := onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes).(pocket.Settlement)
		assert.Equal(t, pocket.LacksAmounts, got.Lacks)
		assert.Len(t, got.Shares, 2)
		assert.Zero(t, got.Settled)
		assert.Empty(t, got.MintRatio)
	})
	t.Run("with an operation without an amount it is refused", func(t *testing.T) {
		attributes["settlement_result"] = strings.Replace(result("900"), `,"coin":{"denom":"upokt","amount":"9"}}]}`, `}]}`, 1)
		_, err := collectEvents(strings.NewReader(string(bodyOf(t, "pocket.tokenomics.EventClaimSettled", attributes))), pocket.Block{}, pocket.Selection{})
		require.ErrorIs(t, err, pocket.ErrMalformed)
		assert.ErrorContains(t, err, "settlement_result")
	})
}

func TestSettlementOfVersions27To32(t *testing.T) {
	attributes := map[string]string{
		"application_address": `"` + testApplication + `"`, "claim_proof_status_int": `0`, "claimed_upokt": `"1000upokt"`,
		"num_claimed_compute_units": `"560000"`, "num_estimated_compute_units": `"600000"`, "num_relays": `"80"`,
		"proof_requirement_int": `1`, "service_id": `"eth"`, "session_end_block_height": `"20"`,
		"supplier_operator_address": `"` + testOperator + `"`,
		"reward_distribution":       `{"` + testOwner + `":"700upokt","` + testApplication + `":"50upokt"}`,
	}
	want := pocket.Settlement{
		At: pocket.At{Height: 77}, Supplier: addr(testOperator), Application: addr(testApplication), Service: "eth", SessionEnd: 20,
		Relays: 80, ClaimedComputeUnits: 560000, EstimatedComputeUnits: 600000, Requirement: pocket.ProofProbabilistic,
		Claimed: 1000, Lacks: pocket.LacksAmounts | pocket.LacksReasons,
		Shares: []pocket.Share{{Recipient: addr(testOwner), Amount: 700}, {Recipient: addr(testApplication), Amount: 50}},
	}
	t.Run("shares are known by address only", func(t *testing.T) {
		assert.Equal(t, want, onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes))
	})
	t.Run("the object may be text in quotes", func(t *testing.T) {
		attributes["reward_distribution"] = `"{\"` + testOwner + `\":\"700upokt\",\"` + testApplication + `\":\"50upokt\"}"`
		assert.Equal(t, want, onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes))
	})
	t.Run("the requirement may be a name", func(t *testing.T) {
		delete(attributes, "proof_requirement_int")
		attributes["proof_requirement"] = `"PROBABILISTIC"`
		assert.Equal(t, want, onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes))
	})
	t.Run("without requirement or status they are marked unknown", func(t *testing.T) {
		delete(attributes, "proof_requirement")
		got := onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes).(pocket.Settlement)
		assert.True(t, got.Lacks.Has(pocket.LacksProof))
	})
	t.Run("a claim that paid nobody has no shares but lacks none", func(t *testing.T) {
		attributes["reward_distribution"] = `{}`
		got := onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes).(pocket.Settlement)
		assert.Empty(t, got.Shares)
		assert.False(t, got.Lacks.Has(pocket.LacksShares))
	})
}

func TestSettlementSinceVersion33(t *testing.T) {
	attributes := map[string]string{
		"application_address": `"` + testApplication + `"`, "claim_proof_status_int": `1`, "claimed_upokt": `"1000upokt"`,
		"settled_upokt": `"900upokt"`, "minted_upokt": `"877upokt"`, "mint_ratio": `"0.975"`, "num_estimated_relays": `"90"`,
		"overservicing_loss_upokt": `"100upokt"`, "deflation_loss_upokt": `"23upokt"`,
		"num_relays": `"80"`, "proof_requirement_int": `0`, "service_id": `"eth"`, "session_end_block_height": `"20"`,
		"supplier_operator_address": `"` + testOperator + `"`, "reward_distribution": `{}`, "reward_distribution_detailed": `[]`,
		"a_new_attribute": `{"nobody":["knows"]}`,
	}
	t.Run("a claim overserviced whole has no shares and lacks nothing", func(t *testing.T) {
		got := onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes).(pocket.Settlement)
		assert.Zero(t, got.Lacks)
		assert.Nil(t, got.Shares)
		assert.True(t, got.Owner.IsZero())
		assert.Equal(t, int64(90), got.EstimatedRelays)
	})
	t.Run("losses that are not told are computed", func(t *testing.T) {
		delete(attributes, "overservicing_loss_upokt")
		delete(attributes, "deflation_loss_upokt")
		got := onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes).(pocket.Settlement)
		assert.Equal(t, pocket.Upokt(100), got.Overserviced)
		assert.Equal(t, pocket.Upokt(23), got.Deflated)
	})
	t.Run("letters written as numbers mean the same", func(t *testing.T) {
		attributes["service_id"] = `"\u0065th"`
		attributes["reward_distribution_detailed"] = `[ {"amount":"\u0039upokt", "op_reason":"TLM\u005fX", "new":[1,{}],"recipient_address":"\u0070` +
			testOwner[1:] + `"} ]`
		got := onlyEvent(t, "pocket.tokenomics.EventClaimSettled", attributes).(pocket.Settlement)
		assert.Equal(t, pocket.ServiceID("eth"), got.Service)
		assert.Equal(t, []pocket.Share{{Recipient: addr(testOwner), Reason: "TLM_X", Amount: 9}}, got.Shares)
	})
}

func TestExpiryAndSlashOfEarlierVersions(t *testing.T) {
	at := pocket.At{Height: 77}
	assert.Equal(t,
		pocket.ClaimExpiry{At: at, Reason: "PROOF_MISSING", Work: pocket.Work{
			Supplier: addr(testOperator), Application: addr(testApplication), Service: "eth", SessionEnd: 20,
			Relays: 80, ClaimedComputeUnits: 7, Claimed: 1000, Proof: pocket.ProofValidated,
		}},
		onlyEvent(t, "poktroll.tokenomics.EventClaimExpired", map[string]string{
			"claim": oldClaim, "expiration_reason": `"PROOF_MISSING"`, "num_relays": `"80"`, "num_compute_units": `"7"`,
			"claimed_upokt": `{"denom":"upokt","amount":"1000"}`,
		}))
	t.Run("before v0.1.27 a slash held the whole claim", func(t *testing.T) {
		assert.Equal(t,
			pocket.Slash{
				At: at, Supplier: addr(testOperator), Application: addr(testApplication), Service: "eth", SessionEnd: 20,
				Penalty: 320, StakeUnknown: true,
			},
			onlyEvent(t, "pocket.tokenomics.EventSupplierSlashed", map[string]string{
				"claim": oldClaim, "proof_missing_penalty": `{"denom":"upokt","amount":"320"}`,
			}))
	})
	t.Run("before that only supplier and amount", func(t *testing.T) {
		assert.Equal(t, pocket.Slash{At: at, Supplier: addr(testOperator), Penalty: 320, StakeUnknown: true},
			onlyEvent(t, "poktroll.tokenomics.EventSupplierSlashed", map[string]string{
				"supplier_operator_addr": `"` + testOperator + `"`, "slashing_amount": `{"denom":"upokt","amount":"320"}`,
			}))
	})
	t.Run("up to v0.1.33 the stake left is unknown", func(t *testing.T) {
		got := onlyEvent(t, "pocket.tokenomics.EventSupplierSlashed", map[string]string{
			"supplier_operator_address": `"` + testOperator + `"`, "application_address": `"` + testApplication + `"`,
			"proof_missing_penalty": `"320upokt"`, "service_id": `"eth"`, "session_end_block_height": `"20"`,
		}).(pocket.Slash)
		assert.True(t, got.StakeUnknown)
		assert.Equal(t, pocket.Upokt(320), got.Penalty)
	})
	t.Run("a stake slashed to nothing is known to be nothing", func(t *testing.T) {
		got := onlyEvent(t, "pocket.tokenomics.EventSupplierSlashed", map[string]string{
			"supplier_operator_address": `"` + testOperator + `"`, "proof_missing_penalty": `"320upokt"`,
			"supplier_stake_after_slash": `"0upokt"`,
		}).(pocket.Slash)
		assert.False(t, got.StakeUnknown)
	})
}

func TestClaimsAndProofsOfEarlierVersions(t *testing.T) {
	at := pocket.At{Height: 77}
	work := pocket.Work{
		Supplier: addr(testOperator), Application: addr(testApplication), Service: "eth", SessionEnd: 20,
		Relays: 80, ClaimedComputeUnits: 7, EstimatedComputeUnits: 8, Claimed: 1000, Proof: pocket.ProofValidated,
	}
	attributes := map[string]string{
		"claim": oldClaim, "num_relays": `"80"`, "num_claimed_compute_units": `"7"`, "num_estimated_compute_units": `"8"`,
		"claimed_upokt": `{"denom":"upokt","amount":"1000"}`,
	}
	assert.Equal(t, pocket.ClaimCreation{At: at, Work: work}, onlyEvent(t, "pocket.proof.EventClaimCreated", attributes))
	assert.Equal(t, pocket.ClaimCreation{At: at, Work: work, Updated: true}, onlyEvent(t, "pocket.proof.EventClaimUpdated", attributes))
	attributes["proof"] = oldProof
	assert.Equal(t, pocket.ProofSubmission{At: at, Work: work}, onlyEvent(t, "pocket.proof.EventProofSubmitted", attributes))
	assert.Equal(t, pocket.ProofSubmission{At: at, Work: work, Updated: true}, onlyEvent(t, "poktroll.proof.EventProofUpdated", attributes))

	check := pocket.ProofCheck{
		At: at, Supplier: addr(testOperator), Application: addr(testApplication), Service: "eth", SessionEnd: 20,
		Status: pocket.ProofInvalid, Failure: `bad "signature"`,
	}
	assert.Equal(t, check, onlyEvent(t, "pocket.proof.EventProofValidityChecked", map[string]string{
		"proof": oldProof, "block_height": `"26"`, "proof_status": `"INVALID"`, "failure_reason": `"bad \"signature\""`,
	}))
	discard := pocket.ClaimDiscard{
		At: at, Supplier: addr(testOperator), Application: addr(testApplication), Service: "eth", SessionEnd: 20, Error: "why <not>",
	}
	assert.Equal(t, discard, onlyEvent(t, "pocket.tokenomics.EventClaimDiscarded", map[string]string{
		"claim": oldClaim, "error": `"why \u003cnot\u003e"`,
	}))
}

func TestSupplierEventsOfEarlierVersions(t *testing.T) {
	at := pocket.At{Height: 77}
	supplier := pocket.Supplier{
		Operator: addr(testOperator), Owner: addr(testOwner), Stake: pocket.POKT(60_000),
		Services: []pocket.ServiceConfig{{
			Service:   "eth",
			Endpoints: []pocket.Endpoint{{URL: "https://a.example", RPCType: "JSON_RPC"}},
			RevShares: []pocket.RevShare{{Address: addr(testOwner), Percent: 100}},
		}},
	}
	t.Run("a stake held the whole supplier", func(t *testing.T) {
		assert.Equal(t, pocket.SupplierStake{At: at, Supplier: addr(testOperator), SessionEnd: 20, Config: &supplier},
			onlyEvent(t, "pocket.supplier.EventSupplierStaked", map[string]string{"supplier": wholeSupplier, "session_end_height": `"20"`}))
	})
	t.Run("an activation was of all services", func(t *testing.T) {
		assert.Equal(t, pocket.ServiceActivation{At: at, Supplier: addr(testOperator), Activation: 21},
			onlyEvent(t, "pocket.supplier.EventSupplierServiceConfigActivated", map[string]string{"supplier": wholeSupplier, "activation_height": `"21"`}))
	})
	for reason, forced := range map[string]bool{
		`"SUPPLIER_UNBONDING_REASON_BELOW_MIN_STAKE"`: true, `"BELOW_MIN_STAKE"`: true, `"below_min_stake"`: true, `2`: true,
		`"SUPPLIER_UNBONDING_REASON_VOLUNTARY"`: false, `1`: false, `"SUPPLIER_UNBONDING_REASON_UNSPECIFIED"`: false,
		`"SUPPLIER_UNBONDING_REASON_MIGRATION"`: false, `3`: false,
	} {
		t.Run("unbonding for "+reason, func(t *testing.T) {
			assert.Equal(t,
				pocket.Unbonding{At: at, Phase: pocket.UnbondingBegan, Supplier: supplier, Forced: forced, SessionEnd: 20, EventEndHeight: 60,
					Migrated: strings.Contains(reason, "MIGRATION") || reason == "3"},
				onlyEvent(t, "pocket.supplier.EventSupplierUnbondingBegin", map[string]string{
					"supplier": wholeSupplier, "reason": reason, "session_end_height": `"20"`, "unbonding_end_height": `"60"`,
				}))
		})
	}
	t.Run("unbonding of a supplier of which only the name is told", func(t *testing.T) {
		got := onlyEvent(t, "pocket.supplier.EventSupplierUnbondingEnd", map[string]string{
			"operator_address": `"` + testOperator + `"`, "session_end_height": `20`, "unbonding_end_height": `60`,
		}).(pocket.Unbonding)
		assert.Equal(t, pocket.KindUnbondingEnd, got.Kind())
		assert.Equal(t, pocket.Supplier{Operator: addr(testOperator)}, got.Supplier)
	})
	t.Run("a supplier without an operator is refused", func(t *testing.T) {
		for _, broken := range []string{`{}`, `null`, `[]`, `"x"`, `{"operator_address":"x","stake":{"denom":"upokt","amount":"1"}}`,
			`{"operator_address":"` + testOperator + `"}`} {
			body := bodyOf(t, "pocket.supplier.EventSupplierUnbondingEnd", map[string]string{"supplier": broken})
			_, err := collectEvents(strings.NewReader(string(body)), pocket.Block{}, pocket.Selection{})
			require.ErrorIs(t, err, pocket.ErrMalformed, broken)
		}
	})
	t.Run("a stake that could not be returned", func(t *testing.T) {
		assert.Equal(t,
			pocket.StakeStuck{At: at, Supplier: addr(testOperator), Owner: addr(testOwner), Amount: 5, Reason: "not allowed"},
			onlyEvent(t, "pocket.supplier.EventSupplierStakeStuckInModulePool", map[string]string{
				"operator_address": `"` + testOperator + `"`, "owner_address": `"` + testOwner + `"`, "reason": `"not allowed"`,
				"session_end_height": `"20"`, "stuck_coin": `{"denom":"upokt","amount":"5"}`,
			}))
	})
}

func TestOtherEventsOfEarlierVersions(t *testing.T) {
	at := pocket.At{Height: 77}
	assert.Equal(t,
		pocket.Overservicing{At: at, Supplier: addr(testOperator), Application: addr(testApplication), Expected: 101, Effective: 20},
		onlyEvent(t, "poktroll.tokenomics.EventApplicationOverserviced", map[string]string{
			"application_addr": `"` + testApplication + `"`, "supplier_operator_addr": `"` + testOperator + `"`,
			"expected_burn": `{"denom":"upokt","amount":"101"}`, "effective_burn": `{"denom":"upokt","amount":"20"}`,
		}))
	assert.Equal(t,
		pocket.Reimbursement{
			At: at, Supplier: addr(testOperator), Owner: addr(testOwner), Application: addr(testApplication), Service: "eth",
			SessionID: testSession, Amount: 3,
		},
		onlyEvent(t, "pocket.tokenomics.EventApplicationReimbursementRequest", map[string]string{
			"application_addr": `"` + testApplication + `"`, "supplier_operator_addr": `"` + testOperator + `"`,
			"supplier_owner_addr": `"` + testOwner + `"`, "service_id": `"eth"`, "session_id": `"` + testSession + `"`,
			"amount": `{"denom":"upokt","amount":"3"}`,
		}))
	assert.Equal(t,
		pocket.RevShareFallback{At: at, Supplier: addr(testOperator), Owner: addr(testOwner), Service: "eth", Amount: 1000, Reason: "sum is 140"},
		onlyEvent(t, "pocket.tokenomics.EventSupplierRevShareFallbackDistribution", map[string]string{
			"amount": `"1000upokt"`, "observed_sum_percentage": `"140"`, "op_reason": `"TLM_X"`, "reason": `"sum is 140"`, "service_id": `"eth"`,
			"session_end_block_height": `"20"`, "supplier_operator_address": `"` + testOperator + `"`,
			"supplier_owner_address": `"` + testOwner + `"`,
		}))
	assert.Equal(t,
		pocket.DifficultyUpdate{At: at, Service: "eth", RelaysBefore: 5, Relays: 6, TargetBefore: "ff", Target: "0f"},
		onlyEvent(t, "poktroll.tokenomics.EventRelayMiningDifficultyUpdated", map[string]string{
			"service_id": `"eth"`, "prev_target_hash_hex_encoded": `"ff"`, "new_target_hash_hex_encoded": `"0f"`,
			"prev_num_relays_ema": `"5"`, "new_num_relays_ema": `"6"`,
		}))
	limit := pocket.Upokt(8)
	assert.Equal(t,
		pocket.ApplicationUnbonding{At: at, Phase: pocket.UnbondingEnded, Forced: true, SessionEnd: 20, Application: pocket.Application{
			Address: addr(testApplication), Stake: 7, Services: []pocket.ServiceID{"eth"}, Gateways: []pocket.Address{addr(testOwner)},
			UnstakeSessionEnd: 20, SpendLimit: &limit,
		}},
		onlyEvent(t, "pocket.application.EventApplicationUnbondingEnd", map[string]string{
			"application": `{"address":"` + testApplication + `","stake":{"denom":"upokt","amount":"7"},"service_configs":[{"service_id":"eth"}],` +
				`"delegatee_gateway_addresses":["` + testOwner + `"],"unstake_session_end_height":"20",` +
				`"per_session_spend_limit":{"denom":"upokt","amount":"8"}}`,
			"reason": `"APPLICATION_UNBONDING_REASON_BELOW_MIN_STAKE"`, "session_end_height": `"20"`, "unbonding_height": `"40"`,
		}))
}

func TestBlocksBeforeCometBFT38(t *testing.T) {
	event := func(service string) string {
		return `{"type":"pocket.service.EventRelayMiningDifficultyUpdated","attributes":[{"key":"service_id","value":"\"` + service + `\"","index":true}]}`
	}
	body := `{"jsonrpc":"2.0","id":1,"result":{"height":"9","txs_results":[{"code":0,"events":[` + event("a") + `]}],"begin_block_events":[` +
		event("b") + `,{"type":"message","attributes":null}],"end_block_events":[` + event("c") + `],"validator_updates":null}}`
	events := decodeAll(t, []byte(body), pocket.Block{}, pocket.Selection{Kinds: []pocket.Kind{pocket.KindDifficultyUpdate}})
	require.Len(t, events, 3)
	for i, want := range []struct {
		service pocket.ServiceID
		index   int
	}{{"a", 0}, {"b", 2}, {"c", 4}} { // 1 is the transaction, 3 the message
		assert.Equal(t, want.service, events[i].(pocket.DifficultyUpdate).Service)
		assert.Equal(t, want.index, events[i].Where().Index)
	}
}

func TestTransactionCoins(t *testing.T) {
	read := func(events string) pocket.Transaction {
		body := `{"height":"9","txs_results":[{"code":5,"codespace":"sdk","log":"no \"funds\" \u003c","gas_wanted":7,"gas_used":"6","events":[` +
			events + `]}],"finalize_block_events":null}`
		got := decodeAll(t, []byte(body), pocket.Block{}, pocket.Selection{Kinds: []pocket.Kind{pocket.KindTransaction}})
		require.Len(t, got, 1)
		return got[0].(pocket.Transaction)
	}
	transfer := func(amount string) string {
		return `{"type":"transfer","attributes":[{"key":"recipient","value":"` + testOwner + `","index":true},{"key":"sender","value":"` +
			testOperator + `","index":true},{"key":"amount","value":"` + amount + `","index":true}]}`
	}
	moved := func(amount pocket.Upokt) []pocket.Transfer {
		return []pocket.Transfer{{From: addr(testOperator), To: addr(testOwner), Amount: amount}}
	}
	assert.Equal(t, moved(5), read(transfer("5upokt")).Transfers)
	assert.Equal(t, moved(5), read(transfer("1ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2,5upokt")).Transfers)
	assert.Equal(t, moved(1), read(transfer("1upokt,5ibc/upokt")).Transfers)
	assert.Empty(t, read(transfer("")).Transfers)
	assert.Empty(t, read(transfer("5ibc/upokt")).Transfers)
	tx := read(`{"type":"tx","attributes":[{"key":"fee","value":"","index":true},{"key":"fee_payer","value":"` + testOwner + `","index":true}]},` +
		`{"type":"tx","attributes":[{"key":"acc_seq","value":"` + testOwner + `/0","index":true}]}`)
	assert.Zero(t, tx.Fee)
	assert.Equal(t, addr(testOwner), tx.FeePayer)
	assert.Equal(t, uint32(5), tx.Code)
	assert.Equal(t, "sdk", tx.Codespace)
	assert.Equal(t, `no "funds" <`, tx.Log)
	assert.Equal(t, int64(7), tx.GasWanted)
	assert.Equal(t, int64(6), tx.GasUsed)
	assert.True(t, tx.MemoAbsent)
	t.Run("an amount beyond 64 bits is refused", func(t *testing.T) {
		body := `{"height":"9","txs_results":[{"events":[` + transfer("99999999999999999999upokt") + `]}]}`
		_, err := collectEvents(strings.NewReader(body), pocket.Block{}, pocket.Selection{})
		require.ErrorIs(t, err, pocket.ErrOverflow)
		require.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a transfer that does not tell the sender keeps it zero", func(t *testing.T) {
		tx := read(`{"type":"transfer","attributes":[{"key":"recipient","value":"` + testOwner + `"},{"key":"amount","value":"5upokt"}]}`)
		assert.Equal(t, []pocket.Transfer{{To: addr(testOwner), Amount: 5}}, tx.Transfers)
	})
}
