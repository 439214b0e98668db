package shannon

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
)

// A recordedBlock is one of [pockettest.RecordedBlocks]: heights 1 to 460 of a local network that ran protocol v0.1.35.
type recordedBlock struct {
	block   pocket.Block
	results []byte // the bare result of /block_results
}

// parsed returns the result as encoding/json reads it, with numbers kept as text.
func (r recordedBlock) parsed() map[string]any {
	var parsed map[string]any
	numbers := json.NewDecoder(bytes.NewReader(r.results))
	numbers.UseNumber()
	if err := numbers.Decode(&parsed); err != nil {
		panic(err)
	}
	return parsed
}

var recordedBlocks = sync.OnceValues(func() ([]recordedBlock, error) {
	var blocks []recordedBlock
	for _, r := range pockettest.RecordedBlocks() {
		block, err := r.Decoded()
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, recordedBlock{
			block:   pocket.Block{Height: block.Height, Time: block.Time, Txs: block.Txs},
			results: r.Results,
		})
	}
	return blocks, nil
})

func recorded(t testing.TB) []recordedBlock {
	t.Helper()
	blocks, err := recordedBlocks()
	require.NoError(t, err)
	require.Len(t, blocks, 460)
	return blocks
}

// decodeAll returns all events of a body that must be sound.
func decodeAll(t testing.TB, body []byte, block pocket.Block, sel pocket.Selection) []pocket.Event {
	t.Helper()
	var events []pocket.Event
	for event, err := range DecodeBlock(bytes.NewReader(body), block, sel) {
		require.NoError(t, err, "height %d", block.Height)
		require.NotNil(t, event)
		events = append(events, event)
	}
	return events
}

// A rawEvent is an event straight from the JSON, with the number that it must have.
type rawEvent struct {
	name  string
	attrs map[string]string
	index int
	tx    int // -1 for what the block itself did
}

// independentEvents lists the events of a block without any of the decoder's code.
func independentEvents(r recordedBlock) (events []rawEvent, txIndexes []int) {
	next := 0
	add := func(list any, tx int) {
		elements, _ := list.([]any)
		for _, element := range elements {
			object := element.(map[string]any)
			event := rawEvent{name: object["type"].(string), attrs: map[string]string{}, index: next, tx: tx}
			next++
			attributes, _ := object["attributes"].([]any)
			for _, attribute := range attributes {
				pair := attribute.(map[string]any)
				event.attrs[pair["key"].(string)] = pair["value"].(string)
			}
			events = append(events, event)
		}
	}
	results := r.parsed()
	txs, _ := results["txs_results"].([]any)
	for i, tx := range txs {
		add(tx.(map[string]any)["events"], i)
		txIndexes = append(txIndexes, next)
		next++
	}
	add(results["finalize_block_events"], -1)
	return events, txIndexes
}

// inner reads an attribute's JSON text.
func inner(t *testing.T, text string) any {
	t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&v), text)
	return v
}

func coinNumber(t *testing.T, v any) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.TrimSuffix(v.(string), "upokt"), 10, 64)
	require.NoError(t, err)
	return n
}

func TestDecodeBlockOfEveryRecordedHeight(t *testing.T) {
	wantOfType := map[string]int{
		"pocket.tokenomics.EventClaimSettled": 273, "pocket.tokenomics.EventClaimExpired": 12,
		"pocket.tokenomics.EventSupplierSlashed": 12, "pocket.tokenomics.EventClaimDiscarded": 10,
		"pocket.tokenomics.EventApplicationOverserviced": 5, "pocket.tokenomics.EventApplicationReimbursementRequest": 273,
		"pocket.tokenomics.EventSettlementBatch": 1041, "pocket.tokenomics.EventValidatorRewardDistribution": 88,
		"pocket.proof.EventClaimCreated": 295, "pocket.proof.EventProofSubmitted": 112, "pocket.proof.EventProofValidityChecked": 112,
		"pocket.service.EventRelayMiningDifficultyUpdated": 86, "pocket.supplier.EventSupplierStaked": 39,
		"pocket.supplier.EventSupplierServiceConfigActivated": 48, "pocket.supplier.EventSupplierUnbondingBegin": 20,
		"pocket.supplier.EventSupplierUnbondingCanceled": 14, "pocket.supplier.EventSupplierUnbondingEnd": 5,
		"pocket.application.EventApplicationUnbondingBegin": 5, "pocket.application.EventApplicationUnbondingCanceled": 5,
	}
	kindOf := map[string]pocket.Kind{
		"pocket.tokenomics.EventClaimSettled": pocket.KindSettlement, "pocket.tokenomics.EventClaimExpired": pocket.KindClaimExpiry,
		"pocket.tokenomics.EventSupplierSlashed": pocket.KindSlash, "pocket.tokenomics.EventClaimDiscarded": pocket.KindClaimDiscard,
		"pocket.tokenomics.EventApplicationOverserviced":         pocket.KindOverservicing,
		"pocket.tokenomics.EventApplicationReimbursementRequest": pocket.KindReimbursement,
		"pocket.tokenomics.EventSettlementBatch":                 pocket.KindSettlementBatch,
		"pocket.tokenomics.EventValidatorRewardDistribution":     pocket.KindValidatorReward,
		"pocket.proof.EventClaimCreated":                         pocket.KindClaimCreation,
		"pocket.proof.EventProofSubmitted":                       pocket.KindProofSubmission,
		"pocket.proof.EventProofValidityChecked":                 pocket.KindProofCheck,
		"pocket.service.EventRelayMiningDifficultyUpdated":       pocket.KindDifficultyUpdate,
		"pocket.supplier.EventSupplierStaked":                    pocket.KindSupplierStake,
		"pocket.supplier.EventSupplierServiceConfigActivated":    pocket.KindServiceActivation,
		"pocket.supplier.EventSupplierUnbondingBegin":            pocket.KindUnbondingBegin,
		"pocket.supplier.EventSupplierUnbondingCanceled":         pocket.KindUnbondingCancel,
		"pocket.supplier.EventSupplierUnbondingEnd":              pocket.KindUnbondingEnd,
		"pocket.application.EventApplicationUnbondingBegin":      pocket.KindApplicationUnbonding,
		"pocket.application.EventApplicationUnbondingCanceled":   pocket.KindApplicationUnbonding,
	}
	types := map[string]int{}
	txs := 0
	for _, r := range recorded(t) {
		want := map[int]pocket.Kind{} // by number
		raw, txIndexes := independentEvents(r)
		for _, event := range raw {
			types[event.name]++
			if kind, known := kindOf[event.name]; known {
				want[event.index] = kind
			}
		}
		for _, index := range txIndexes {
			want[index] = pocket.KindTransaction
			txs++
		}
		got := map[int]pocket.Kind{}
		last := -1
		for _, event := range decodeAll(t, r.results, r.block, pocket.Selection{}) {
			at := event.Where()
			assert.Equal(t, r.block.Height, at.Height)
			assert.Equal(t, r.block.Time, at.Time)
			assert.Greater(t, at.Index, last, "numbers rise")
			last = at.Index
			got[at.Index] = event.Kind()
			hash := ""
			for _, e := range raw {
				if e.index == at.Index && e.tx >= 0 {
					hash = txHash(r.block.Txs[e.tx])
				}
			}
			for position, index := range txIndexes {
				if index == at.Index {
					hash = txHash(r.block.Txs[position])
				}
			}
			assert.Equal(t, hash, at.TxHash, "height %d index %d", at.Height, at.Index)
		}
		require.Equal(t, want, got, "height %d", r.block.Height)
	}
	for name, count := range wantOfType {
		assert.Equal(t, count, types[name], name)
	}
	assert.Equal(t, 409, txs)
}

func txHash(tx []byte) string {
	sum := sha256.Sum256(tx)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func TestDecodeBlockAgreesWithThePlainReadingOfEverySettlement(t *testing.T) {
	compared := 0
	for _, r := range recorded(t) {
		byIndex := map[int]pocket.Event{}
		for _, event := range decodeAll(t, r.results, r.block, pocket.Selection{}) {
			byIndex[event.Where().Index] = event
		}
		raw, _ := independentEvents(r)
		for _, e := range raw {
			word := func(name string) string {
				switch v := inner(t, e.attrs[name]).(type) {
				case string:
					return v
				default:
					return fmt.Sprint(v)
				}
			}
			switch got := byIndex[e.index].(type) {
			case pocket.Settlement:
				compared++
				assert.Equal(t, word("supplier_operator_address"), got.Supplier.String())
				assert.Equal(t, word("supplier_owner_address"), got.Owner.String())
				assert.Equal(t, word("application_address"), got.Application.String())
				assert.Equal(t, word("service_id"), string(got.Service))
				assert.Equal(t, word("session_id"), got.SessionID)
				assert.Equal(t, word("session_end_block_height"), fmt.Sprint(got.SessionEnd))
				assert.Equal(t, word("num_relays"), fmt.Sprint(got.Relays))
				assert.Equal(t, word("num_estimated_relays"), fmt.Sprint(got.EstimatedRelays))
				assert.Equal(t, word("num_claimed_compute_units"), fmt.Sprint(got.ClaimedComputeUnits))
				assert.Equal(t, word("num_estimated_compute_units"), fmt.Sprint(got.EstimatedComputeUnits))
				assert.Equal(t, word("proof_requirement_int"), fmt.Sprint(int(got.Requirement)))
				assert.Equal(t, word("claim_proof_status_int"), fmt.Sprint(int(got.Proof)))
				assert.Equal(t, word("claimed_upokt"), got.Claimed.Coin())
				assert.Equal(t, word("settled_upokt"), got.Settled.Coin())
				assert.Equal(t, word("minted_upokt"), got.Minted.Coin())
				assert.Equal(t, word("overservicing_loss_upokt"), got.Overserviced.Coin())
				assert.Equal(t, word("deflation_loss_upokt"), got.Deflated.Coin())
				assert.Equal(t, word("mint_ratio"), got.MintRatio)
				assert.Zero(t, got.Lacks)
				assert.Equal(t, got.Claimed-got.Settled, got.Overserviced)
				assert.Equal(t, got.Settled-got.Minted, got.Deflated)
				// Shares: by reason in the chain's order, and by address alone.
				detailed := inner(t, e.attrs["reward_distribution_detailed"]).([]any)
				require.Len(t, got.Shares, len(detailed))
				sums := map[string]int64{}
				for i, element := range detailed {
					share := element.(map[string]any)
					assert.Equal(t, share["recipient_address"], got.Shares[i].Recipient.String())
					assert.Equal(t, share["op_reason"], string(got.Shares[i].Reason))
					assert.Equal(t, share["amount"], got.Shares[i].Amount.Coin())
					sums[got.Shares[i].Recipient.String()] += int64(got.Shares[i].Amount)
				}
				plain := inner(t, e.attrs["reward_distribution"]).(map[string]any)
				require.Len(t, sums, len(plain))
				for address, coin := range plain {
					assert.Equal(t, coinNumber(t, coin), sums[address])
				}
			case pocket.ClaimExpiry:
				compared++
				assert.Equal(t, word("claimed_upokt"), got.Claimed.Coin())
				assert.Equal(t, word("expiration_reason"), got.Reason)
				assert.Equal(t, word("supplier_operator_address"), got.Supplier.String())
				assert.Equal(t, word("num_estimated_relays"), fmt.Sprint(got.EstimatedRelays))
			case pocket.Slash:
				compared++
				assert.Equal(t, word("proof_missing_penalty"), got.Penalty.Coin())
				assert.Equal(t, word("supplier_stake_after_slash"), got.StakeAfter.Coin())
				assert.False(t, got.StakeUnknown)
			case pocket.ClaimDiscard:
				compared++
				assert.Equal(t, word("error"), got.Error)
				assert.Equal(t, word("application_address"), got.Application.String())
			case pocket.Overservicing:
				compared++
				assert.Equal(t, word("expected_burn"), got.Expected.Coin())
				assert.Equal(t, word("effective_burn"), got.Effective.Coin())
				assert.Equal(t, word("application_addr"), got.Application.String())
				assert.Equal(t, word("supplier_operator_addr"), got.Supplier.String())
				assert.Equal(t, word("spend_limit_exceeded"), fmt.Sprint(got.SpendLimitExceeded))
			case pocket.Reimbursement:
				compared++
				assert.Equal(t, word("amount"), got.Amount.Coin())
				assert.Equal(t, word("supplier_owner_addr"), got.Owner.String())
				assert.Equal(t, word("session_id"), got.SessionID)
			case pocket.ClaimCreation:
				compared++
				assert.Equal(t, word("claimed_upokt"), got.Claimed.Coin())
				assert.Equal(t, word("num_relays"), fmt.Sprint(got.Relays))
				assert.Equal(t, word("session_end_block_height"), fmt.Sprint(got.SessionEnd))
			case pocket.ProofSubmission:
				compared++
				assert.Equal(t, word("claimed_upokt"), got.Claimed.Coin())
			case pocket.ProofCheck:
				compared++
				assert.Equal(t, word("failure_reason"), got.Failure)
				assert.Equal(t, word("claim_proof_status_int"), fmt.Sprint(int(got.Status)))
			case pocket.SettlementBatch:
				compared++
				assert.Equal(t, word("total_amount"), got.Amount.Coin())
				assert.Equal(t, word("op_type"), got.Operation)
				assert.Equal(t, word("op_reason"), string(got.Reason))
				assert.Equal(t, word("recipient"), got.Recipient)
				assert.Equal(t, word("sender_module"), got.Sender)
				assert.Equal(t, word("num_claims"), fmt.Sprint(got.Claims))
			case pocket.ValidatorReward:
				compared++
				assert.Equal(t, word("commission_upokt"), strconv.FormatInt(int64(got.Commission), 10))
				assert.Equal(t, word("self_delegation_reward_upokt"), strconv.FormatInt(int64(got.SelfDelegation), 10))
				assert.Equal(t, word("delegators_reward_upokt"), strconv.FormatInt(int64(got.Delegators), 10))
				assert.Equal(t, word("pool_share_upokt"), strconv.FormatInt(int64(got.PoolShare), 10))
				assert.Equal(t, got.PoolShare, got.Commission+got.SelfDelegation+got.Delegators)
				assert.Equal(t, word("validator_operator_address"), got.Validator.String())
				assert.Equal(t, word("validator_account_address"), got.Account.String())
				assert.Equal(t, word("num_delegators"), fmt.Sprint(got.NumDelegators))
			case pocket.DifficultyUpdate:
				compared++
				assert.Equal(t, word("new_num_relays_ema"), fmt.Sprint(got.Relays))
				assert.Equal(t, word("prev_num_relays_ema"), fmt.Sprint(got.RelaysBefore))
				assert.Equal(t, word("new_target_hash_hex_encoded"), got.Target)
				assert.Equal(t, word("prev_target_hash_hex_encoded"), got.TargetBefore)
			case pocket.SupplierStake:
				compared++
				assert.Equal(t, word("operator_address"), got.Supplier.String())
				assert.Nil(t, got.Config)
			case pocket.ServiceActivation:
				compared++
				assert.Equal(t, word("operator_address"), got.Supplier.String())
				assert.Equal(t, word("activation_height"), fmt.Sprint(got.Activation))
				assert.Equal(t, word("service_id"), string(got.Service))
			case pocket.Unbonding:
				compared++
				object := inner(t, e.attrs["supplier"]).(map[string]any)
				assert.Equal(t, object["operator_address"], got.Supplier.Operator.String())
				assert.Equal(t, object["owner_address"], got.Supplier.Owner.String())
				assert.Equal(t, object["stake"].(map[string]any)["amount"].(string)+"upokt", got.Supplier.Stake.Coin())
				assert.Len(t, got.Supplier.Services, len(object["services"].([]any)))
				assert.Len(t, got.Supplier.History, len(object["service_config_history"].([]any)))
				assert.Equal(t, object["unstake_session_end_height"], fmt.Sprint(got.Supplier.UnstakeSessionEnd))
				assert.Equal(t, strings.Contains(e.attrs["reason"], "BELOW_MIN_STAKE"), got.Forced)
				assert.Equal(t, word("session_end_height"), fmt.Sprint(got.SessionEnd))
				if got.Phase != pocket.UnbondingCanceled {
					assert.Equal(t, word("unbonding_end_height"), fmt.Sprint(got.EventEndHeight))
				}
			case pocket.ApplicationUnbonding:
				compared++
				object := inner(t, e.attrs["application"]).(map[string]any)
				assert.Equal(t, object["address"], got.Application.Address.String())
				assert.Equal(t, object["stake"].(map[string]any)["amount"].(string)+"upokt", got.Application.Stake.Coin())
				assert.Equal(t, strings.Contains(e.attrs["reason"], "BELOW_MIN_STAKE"), got.Forced)
				assert.Nil(t, got.Application.SpendLimit)
			}
		}
	}
	assert.Equal(t, 2455, compared)
}

func TestDecodeBlockPaysWhatTheBankPaid(t *testing.T) {
	type payment struct{ recipient, reason string }
	settling := 0
	for _, r := range recorded(t) {
		shares, batches := map[payment]pocket.Upokt{}, map[payment]pocket.Upokt{}
		for _, event := range decodeAll(t, r.results, r.block, pocket.Selection{}) {
			switch e := event.(type) {
			case pocket.Settlement:
				for _, share := range e.Shares {
					shares[payment{share.Recipient.String(), string(share.Reason)}] += share.Amount
				}
			case pocket.SettlementBatch:
				role := e.Reason.Role()
				if e.Operation == "mod_to_acct" && role != pocket.RoleValidator { // those are in no claim's event
					batches[payment{e.Recipient, string(e.Reason)}] += e.Amount
				}
			}
		}
		if len(shares) > 0 {
			settling++
		}
		require.Equal(t, batches, shares, "height %d", r.block.Height)
	}
	assert.Equal(t, 44, settling)
}

func TestDecodeBlockReadsEveryRecordedTransaction(t *testing.T) {
	failed, memos, transfers := map[uint32]int{}, 0, 0
	for _, r := range recorded(t) {
		txs, _ := r.parsed()["txs_results"].([]any)
		raw, _ := independentEvents(r)
		position := 0
		for _, event := range decodeAll(t, r.results, r.block, pocket.Selection{Kinds: []pocket.Kind{pocket.KindTransaction}}) {
			tx := event.(pocket.Transaction)
			want := txs[position].(map[string]any)
			require.Equal(t, position, tx.Position)
			assert.Equal(t, fmt.Sprint(want["code"]), fmt.Sprint(tx.Code))
			assert.Equal(t, want["codespace"], tx.Codespace)
			assert.Equal(t, want["log"], tx.Log)
			assert.Equal(t, want["gas_wanted"], fmt.Sprint(tx.GasWanted))
			assert.Equal(t, want["gas_used"], fmt.Sprint(tx.GasUsed))
			assert.False(t, tx.MemoAbsent)
			require.NotEmpty(t, tx.Messages)
			for _, message := range tx.Messages {
				assert.Regexp(t, `^/(pocket|cosmos)\.`, message)
			}
			var moved []string
			for _, e := range raw {
				if e.tx != position {
					continue
				}
				if fee := e.attrs["fee"]; e.name == "tx" && fee != "" {
					assert.Equal(t, fee, tx.Fee.Coin())
					assert.Equal(t, e.attrs["fee_payer"], tx.FeePayer.String())
				}
				if e.name == "transfer" && e.attrs["amount"] != "" {
					moved = append(moved, e.attrs["sender"]+" "+e.attrs["recipient"]+" "+e.attrs["amount"])
				}
			}
			var got []string
			for _, transfer := range tx.Transfers {
				got = append(got, transfer.From.String()+" "+transfer.To.String()+" "+transfer.Amount.Coin())
			}
			assert.Equal(t, moved, got)
			transfers += len(got)
			if tx.Failed() {
				failed[tx.Code]++
			}
			if tx.Memo != "" {
				memos++
			}
			position++
		}
		require.Equal(t, len(txs), position)
	}
	assert.Equal(t, map[uint32]int{5: 11, 11: 11}, failed)
	assert.Positive(t, memos)
	assert.Greater(t, transfers, 409)
}

func TestDecodeBlockOfRecordedAnswersInAnEnvelope(t *testing.T) {
	files, err := filepath.Glob("testdata/blocks/rpc_block_results_*.json")
	require.NoError(t, err)
	require.Len(t, files, 11)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			var envelope struct {
				Result struct {
					Height string
					Txs    []any `json:"txs_results"`
				}
			}
			require.NoError(t, json.Unmarshal(body, &envelope))
			events := decodeAll(t, body, pocket.Block{}, pocket.Selection{})
			txs := 0
			for _, event := range events {
				assert.Equal(t, envelope.Result.Height, fmt.Sprint(event.Where().Height))
				assert.Empty(t, event.Where().TxHash)
				if tx, ok := event.(pocket.Transaction); ok {
					txs++
					assert.True(t, tx.MemoAbsent)
					assert.Empty(t, tx.Messages)
				}
			}
			assert.Len(t, envelope.Result.Txs, txs)
		})
	}
}

func TestTransactionMemoAndMessages(t *testing.T) {
	// The body of a MsgSend with the memo "hello", encoded by hand as the chain's protobuf says.
	body := append(protoBytes(1, protoBytes(1, []byte("/cosmos.bank.v1beta1.MsgSend"))), protoBytes(2, []byte("hello"))...)
	raw := append(protoBytes(1, body), protoBytes(2, []byte("auth info"))...)
	results := `{"height":"7","txs_results":[{"code":0,"events":[]}],"finalize_block_events":null}`
	read := func(tx []byte) pocket.Transaction {
		events := decodeAll(t, []byte(results), pocket.Block{Txs: [][]byte{tx}}, pocket.Selection{})
		require.Len(t, events, 1)
		return events[0].(pocket.Transaction)
	}
	t.Run("come from the signed bytes", func(t *testing.T) {
		tx := read(raw)
		assert.Equal(t, "hello", tx.Memo)
		assert.Equal(t, []string{"/cosmos.bank.v1beta1.MsgSend"}, tx.Messages)
		assert.False(t, tx.MemoAbsent)
		assert.Equal(t, txHash(raw), tx.TxHash)
	})
	t.Run("are absent when the bytes are no transaction", func(t *testing.T) {
		tx := read(raw[:len(raw)-3])
		assert.True(t, tx.MemoAbsent)
		assert.Empty(t, tx.Memo)
		assert.Equal(t, txHash(raw[:len(raw)-3]), tx.TxHash)
	})
	t.Run("hold no broken text", func(t *testing.T) {
		assert.Equal(t, "a\uFFFDb", read(protoBytes(1, protoBytes(2, []byte("a\xffb")))).Memo)
	})
}

func protoBytes(field byte, value []byte) []byte {
	return append([]byte{field<<3 | 2, byte(len(value))}, value...)
}
