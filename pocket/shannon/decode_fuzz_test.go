package shannon

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/poktbot/poktbot/pocket"
)

// FuzzDecodeBlock holds the decoder to what its documentation promises of any body: it never panics, takes only what encoding/json takes
// as well and in the shape of block results, chooses as a filter of everything would, and does not care how the body arrives.
func FuzzDecodeBlock(f *testing.F) {
	for _, name := range []string{
		"rpc_block_results_quiet.json", "rpc_block_results_unstake_tx.json", "rpc_block_results_unbonding_end.json",
		"rpc_block_results_failed_tx_code5.json",
	} {
		f.Add(bytes.TrimSpace(recordedFile(f, name)))
	}
	for name, attributes := range map[string]map[string]string{
		"pocket.tokenomics.EventClaimSettled": {
			"supplier_operator_address": `"` + testOperator + `"`, "application_address": `"` + testApplication + `"`, "claimed_upokt": `"9upokt"`,
			"reward_distribution_detailed": `[{"recipient_address":"` + testOwner + `","op_reason":"R","amount":"1upokt"}]`,
		},
		"poktroll.tokenomics.EventClaimSettled": {
			"claim": oldClaim, "claimed_upokt": `{"denom":"upokt","amount":"9"}`, "reward_distribution": `{"` + testOwner + `":"1upokt"}`,
		},
		"pocket.tokenomics.EventSupplierSlashed":            {"claim": oldClaim, "proof_missing_penalty": `"1upokt"`},
		"pocket.supplier.EventSupplierUnbondingBegin":       {"supplier": wholeSupplier, "reason": `2`},
		"pocket.migration.EventMorseSupplierClaimed":        {"morse_node_address": `"` + testMorse + `"`, "claimed_supplier_stake": `{"denom":"","amount":"0"}`, "supplier": wholeSupplier},
		"pocket.tokenomics.EventSettlementBatch":            {"op_type": `"mint"`, "total_amount": `"1upokt"`},
		"pocket.proof.EventProofValidityChecked":            {"proof": oldProof, "proof_status": `"INVALID"`},
		"pocket.application.EventApplicationUnbondingBegin": {"application": `{"address":"` + testApplication + `","stake":{"denom":"upokt","amount":"7"}}`},
	} {
		f.Add(bodyOf(f, name, attributes))
	}
	f.Add([]byte(`{"jsonrpc":"2.0","id":-1,"error":{"code":-32603,"message":"Internal error","data":"height 2 is not available"}}`))
	f.Add([]byte(`<html>`))

	operator := pocket.MustParseAddress(testOperator)
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := collectEvents(bytes.NewReader(body), pocket.Block{}, pocket.Selection{})
		if err != nil {
			if _, ok := errors.AsType[*pocket.APIError](err); !ok {
				t.Fatalf("an error of type %T: %v", err, err)
			}
		} else {
			checkAccepted(t, body, events)
		}
		slowly, slowErr := collectEvents(iotest.OneByteReader(bytes.NewReader(body)), pocket.Block{}, pocket.Selection{})
		if (err == nil) != (slowErr == nil) || !sameEvents(events, slowly) {
			t.Fatalf("read byte by byte: %v and %v", err, slowErr)
		}
		sel := pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement, pocket.KindTransaction}, Mentions: []pocket.Address{operator}}
		chosen, chosenErr := collectEvents(bytes.NewReader(body), pocket.Block{}, sel)
		if err == nil && chosenErr != nil {
			t.Fatalf("all events can be read, some cannot: %v", chosenErr)
		}
		for _, event := range chosen {
			if err == nil && !oneOf(events, event) {
				t.Fatalf("%+v is chosen, but not among all", event)
			}
		}
	})
}

// checkAccepted compares what was read without an error with what encoding/json makes of the body.
func checkAccepted(t *testing.T, body []byte, events []pocket.Event) {
	if !json.Valid(body) {
		t.Fatalf("accepted, but not JSON: %q", body)
	}
	type results struct {
		Height json.RawMessage
		Txs    []struct{ Events []struct{ Type string } } `json:"txs_results"`
		Begin  []struct{ Type string }                    `json:"begin_block_events"`
		End    []struct{ Type string }                    `json:"end_block_events"`
		Final  []struct{ Type string }                    `json:"finalize_block_events"`
	}
	var answer struct {
		results
		Result *results `json:"result"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Skip("names that differ in case only are one to encoding/json")
	}
	all := answer.results
	if answer.Result != nil {
		all = *answer.Result
	}
	counted, last := len(all.Begin)+len(all.End)+len(all.Final), -1
	for _, tx := range all.Txs {
		counted += len(tx.Events) + 1
	}
	for _, event := range events {
		at := event.Where()
		if at.Index <= last || at.Index >= counted && !foldedNames(body) || at.Height < 1 {
			t.Fatalf("event at %+v behind %d, of %d", at, last, counted)
		}
		last = at.Index
	}
}

// foldedNames reports whether encoding/json may have taken a name for another, because it ignores case.
func foldedNames(body []byte) bool {
	return bytes.Count(bytes.ToLower(body), []byte("events")) != bytes.Count(body, []byte("events")) ||
		bytes.Count(bytes.ToLower(body), []byte("results")) != bytes.Count(body, []byte("results")) || bytes.Contains(body, []byte(`\u`)) ||
		bytes.ContainsRune(body, 'ſ')
}

func sameEvents(a, b []pocket.Event) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Where() != b[i].Where() || a[i].Kind() != b[i].Kind() {
			return false
		}
	}
	return true
}

func oneOf(events []pocket.Event, event pocket.Event) bool {
	for _, e := range events {
		if e.Where() == event.Where() && e.Kind() == event.Kind() {
			return true
		}
	}
	return false
}
