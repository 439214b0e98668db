package pockettest

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// A told claim is a claim with the world that knows the names of those it concerns.
type told struct {
	w *world
	*claim
}

func (t told) operator() pocket.Address    { return t.w.suppliers[t.supplier].operator }
func (t told) owner() pocket.Address       { return t.w.suppliers[t.supplier].owner }
func (t told) app() pocket.Address         { return t.w.applications[t.application].address }
func (t told) serviceID() pocket.ServiceID { return t.w.services[t.service].ID }
func (t told) status() pocket.ProofStatus {
	switch t.proof {
	case goodProof:
		return pocket.ProofValidated
	case badProof:
		return pocket.ProofInvalid
	default:
		return pocket.ProofPending
	}
}

// work is what the events of a claim's life say of it.
func (t told) work(status pocket.ProofStatus) pocket.Work {
	return pocket.Work{
		Supplier: t.operator(), Application: t.app(), Service: t.serviceID(), SessionEnd: t.session.End,
		Relays: t.relays, EstimatedRelays: t.estimatedRelays, ClaimedComputeUnits: t.units, EstimatedComputeUnits: t.estimatedUnits,
		Claimed: t.claimed, Proof: status,
	}
}

func (t told) writeWork(a *attributes, status pocket.ProofStatus, reason string) {
	a.address("application_address", t.app())
	a.small("claim_proof_status_int", int64(status))
	a.coin("claimed_upokt", t.claimed)
	if reason != "" {
		a.text("expiration_reason", reason)
	}
	a.number("num_claimed_compute_units", t.units)
	a.number("num_estimated_compute_units", t.estimatedUnits)
	a.number("num_estimated_relays", t.estimatedRelays)
	a.number("num_relays", t.relays)
	a.text("service_id", string(t.serviceID()))
	a.number("session_end_block_height", int64(t.session.End))
	a.address("supplier_operator_address", t.operator())
}

type claimCreated struct{ told }

func (claimCreated) name() string          { return "pocket.proof.EventClaimCreated" }
func (e claimCreated) write(a *attributes) { e.writeWork(a, pocket.ProofPending, "") }
func (e claimCreated) truth(at pocket.At) pocket.Event {
	return pocket.ClaimCreation{At: at, Work: e.work(pocket.ProofPending)}
}

type proofSubmitted struct{ told }

func (proofSubmitted) name() string          { return "pocket.proof.EventProofSubmitted" }
func (e proofSubmitted) write(a *attributes) { e.writeWork(a, pocket.ProofPending, "") }
func (e proofSubmitted) truth(at pocket.At) pocket.Event {
	return pocket.ProofSubmission{At: at, Work: e.work(pocket.ProofPending)}
}

type proofChecked struct {
	told
	h pocket.Height
}

func (e proofChecked) failure() string {
	if e.proof == goodProof {
		return ""
	}
	return "simulated: the closest merkle proof does not lead to the claimed root"
}

func (proofChecked) name() string { return "pocket.proof.EventProofValidityChecked" }
func (e proofChecked) write(a *attributes) {
	a.address("application_address", e.app())
	a.number("block_height", int64(e.h))
	a.small("claim_proof_status_int", int64(e.status()))
	a.text("failure_reason", e.failure())
	a.text("service_id", string(e.serviceID()))
	a.number("session_end_block_height", int64(e.session.End))
	a.address("supplier_operator_address", e.operator())
}

func (e proofChecked) truth(at pocket.At) pocket.Event {
	return pocket.ProofCheck{
		At: at, Supplier: e.operator(), Application: e.app(), Service: e.serviceID(), SessionEnd: e.session.End,
		Status: e.status(), Failure: e.failure(),
	}
}

// claimSettled is a claim that is paid.
type claimSettled struct {
	told
	o         *outcome
	mintRatio decimal.Decimal
}

func (claimSettled) name() string { return "pocket.tokenomics.EventClaimSettled" }
func (e claimSettled) write(a *attributes) {
	a.address("application_address", e.app())
	a.small("claim_proof_status_int", int64(e.status()))
	a.coin("claimed_upokt", e.claimed)
	a.coin("deflation_loss_upokt", e.o.settled-e.o.minted)
	a.text("mint_ratio", e.mintRatio.String())
	a.coin("minted_upokt", e.o.minted)
	a.number("num_claimed_compute_units", e.units)
	a.number("num_estimated_compute_units", e.estimatedUnits)
	a.number("num_estimated_relays", e.estimatedRelays)
	a.number("num_relays", e.relays)
	a.coin("overservicing_loss_upokt", e.claimed-e.o.settled)
	a.small("proof_requirement_int", int64(e.requirement))
	a.bare("reward_distribution", string(e.appendDistribution(nil)))
	a.bare("reward_distribution_detailed", string(e.appendDetails(nil)))
	a.text("service_id", string(e.serviceID()))
	a.number("session_end_block_height", int64(e.session.End))
	a.text("session_id", e.sessionID)
	a.coin("settled_upokt", e.o.settled)
	a.address("supplier_operator_address", e.operator())
	a.address("supplier_owner_address", e.owner())
}

// appendDistribution appends the sum that each address gets, by address.
func (e claimSettled) appendDistribution(b []byte) []byte {
	sums := make([]pocket.Share, 0, len(e.o.shares))
	for _, s := range e.o.shares {
		i := slices.IndexFunc(sums, func(x pocket.Share) bool { return x.Recipient == s.Recipient })
		if i < 0 {
			sums = append(sums, s)
			continue
		}
		sums[i].Amount += s.Amount
	}
	slices.SortFunc(sums, func(a, b pocket.Share) int { return a.Recipient.Compare(b.Recipient) })
	b = append(b, '{')
	for i, s := range sums {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), s.Recipient.String()...), `":"`...)
		b = append(strconv.AppendInt(b, int64(s.Amount), 10), `upokt"`...)
	}
	return append(b, '}')
}

func (e claimSettled) appendDetails(b []byte) []byte {
	b = append(b, '[')
	for i, s := range e.o.shares {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"recipient_address":"`...), s.Recipient.String()...)
		b = append(append(b, `","op_reason":"`...), s.Reason...)
		b = append(strconv.AppendInt(append(b, `","amount":"`...), int64(s.Amount), 10), `upokt"}`...)
	}
	return append(b, ']')
}

func (e claimSettled) truth(at pocket.At) pocket.Event {
	return pocket.Settlement{
		At: at, Supplier: e.operator(), Owner: e.owner(), Application: e.app(), Service: e.serviceID(),
		SessionID: e.sessionID, SessionEnd: e.session.End,
		Relays: e.relays, EstimatedRelays: e.estimatedRelays, ClaimedComputeUnits: e.units, EstimatedComputeUnits: e.estimatedUnits,
		Requirement: e.requirement, Proof: e.status(),
		Claimed: e.claimed, Settled: e.o.settled, Minted: e.o.minted,
		Overserviced: e.claimed - e.o.settled, Deflated: e.o.settled - e.o.minted, MintRatio: e.mintRatio.String(),
		Shares: slices.Clone(e.o.shares),
	}
}

type claimExpired struct{ told }

func (e claimExpired) reason() string {
	if e.proof == badProof {
		return "PROOF_INVALID"
	}
	return "PROOF_MISSING"
}

func (claimExpired) name() string          { return "pocket.tokenomics.EventClaimExpired" }
func (e claimExpired) write(a *attributes) { e.writeWork(a, e.status(), e.reason()) }
func (e claimExpired) truth(at pocket.At) pocket.Event {
	return pocket.ClaimExpiry{At: at, Work: e.work(e.status()), Reason: e.reason()}
}

type claimDiscarded struct {
	told
	stake pocket.Upokt
}

// words are the chain's. Their stake is written as a protobuf text, with angle brackets.
func (e claimDiscarded) words() string {
	return fmt.Sprintf("[UNEXPECTED ERROR] Critical error during claim settlement during session %q for operator %s and service %s. "+
		"Claim will be discarded to prevent chain halt: TLM \"TLMRelayBurnEqualsMint\": queueing operation: distributing rewards to supplier "+
		"with operator address %s shareholders: SHOULD NEVER HAPPEN: service %q not found for supplier owner_address:%q operator_address:%q "+
		"stake:<denom:\"upokt\" amount:\"%d\" > : constraint violation: internal token logic module error: failed to process token logic "+
		"module: internal claim settlement error",
		e.sessionID, e.operator(), e.serviceID(), e.operator(), e.serviceID(), e.owner(), e.operator(), e.stake)
}

func (claimDiscarded) name() string { return "pocket.tokenomics.EventClaimDiscarded" }
func (e claimDiscarded) write(a *attributes) {
	a.address("application_address", e.app())
	a.small("claim_proof_status_int", int64(e.status()))
	a.text("error", e.words())
	a.text("service_id", string(e.serviceID()))
	a.number("session_end_block_height", int64(e.session.End))
	a.address("supplier_operator_address", e.operator())
}

func (e claimDiscarded) truth(at pocket.At) pocket.Event {
	return pocket.ClaimDiscard{
		At: at, Supplier: e.operator(), Application: e.app(), Service: e.serviceID(), SessionEnd: e.session.End, Error: e.words(),
	}
}

type supplierSlashed struct {
	told
	penalty, after pocket.Upokt
}

func (supplierSlashed) name() string { return "pocket.tokenomics.EventSupplierSlashed" }
func (e supplierSlashed) write(a *attributes) {
	a.address("application_address", e.app())
	a.small("claim_proof_status_int", int64(e.status()))
	a.coin("proof_missing_penalty", e.penalty)
	a.text("service_id", string(e.serviceID()))
	a.number("session_end_block_height", int64(e.session.End))
	a.address("supplier_operator_address", e.operator())
	a.coin("supplier_stake_after_slash", e.after)
}

func (e supplierSlashed) truth(at pocket.At) pocket.Event {
	return pocket.Slash{
		At: at, Supplier: e.operator(), Application: e.app(), Service: e.serviceID(), SessionEnd: e.session.End,
		Penalty: e.penalty, StakeAfter: e.after,
	}
}

type applicationOverserviced struct {
	told
	o *outcome
}

func (applicationOverserviced) name() string { return "pocket.tokenomics.EventApplicationOverserviced" }
func (e applicationOverserviced) write(a *attributes) {
	a.address("application_addr", e.app())
	a.coin("effective_burn", e.o.burned)
	a.coin("expected_burn", e.o.expected)
	a.text("service_id", string(e.serviceID()))
	a.number("session_end_block_height", int64(e.session.End))
	a.bare("spend_limit_exceeded", "false")
	a.address("supplier_operator_addr", e.operator())
}

func (e applicationOverserviced) truth(at pocket.At) pocket.Event {
	return pocket.Overservicing{
		At: at, Supplier: e.operator(), Application: e.app(), Service: e.serviceID(), SessionEnd: e.session.End,
		Expected: e.o.expected, Effective: e.o.burned,
	}
}

type reimbursementRequest struct {
	told
	amount pocket.Upokt
}

func (reimbursementRequest) name() string {
	return "pocket.tokenomics.EventApplicationReimbursementRequest"
}
func (e reimbursementRequest) write(a *attributes) {
	a.coin("amount", e.amount)
	a.address("application_addr", e.app())
	a.text("service_id", string(e.serviceID()))
	a.text("session_id", e.sessionID)
	a.address("supplier_operator_addr", e.operator())
	a.address("supplier_owner_addr", e.owner())
}

func (e reimbursementRequest) truth(at pocket.At) pocket.Event {
	return pocket.Reimbursement{
		At: at, Supplier: e.operator(), Owner: e.owner(), Application: e.app(), Service: e.serviceID(),
		SessionID: e.sessionID, Amount: e.amount,
	}
}

// settlementBatch is one bank operation of the block's settlements.
type settlementBatch struct {
	payment
	sessionEnd pocket.Height
}

func (settlementBatch) name() string { return "pocket.tokenomics.EventSettlementBatch" }
func (e settlementBatch) write(a *attributes) {
	a.small("num_claims", e.claims)
	a.text("op_reason", string(e.reason))
	a.text("op_type", e.operation)
	a.text("recipient", e.recipient)
	a.text("sender_module", e.sender)
	a.number("session_end_block_height", int64(e.sessionEnd))
	a.coin("total_amount", e.amount)
}

func (e settlementBatch) truth(at pocket.At) pocket.Event {
	return pocket.SettlementBatch{
		At: at, Operation: e.operation, Sender: e.sender, Recipient: e.recipient, Reason: e.reason,
		Amount: e.amount, Claims: e.claims, SessionEnd: e.sessionEnd,
	}
}

type validatorReward struct {
	who                                *validator
	reason                             pocket.Reason
	pool, commission, self, delegators pocket.Upokt
	sessionEnd                         pocket.Height
}

func (validatorReward) name() string { return "pocket.tokenomics.EventValidatorRewardDistribution" }
func (e validatorReward) write(a *attributes) {
	a.text("commission_rate", "0.100000000000000000")
	a.number("commission_upokt", int64(e.commission))
	a.number("delegators_reward_upokt", int64(e.delegators))
	a.small("num_delegators", 1)
	a.text("op_reason", string(e.reason))
	a.number("pool_share_upokt", int64(e.pool))
	a.number("self_delegation_reward_upokt", int64(e.self))
	a.number("session_end_block_height", int64(e.sessionEnd))
	a.number("total_delegated_stake_upokt", int64(e.who.stake))
	a.address("validator_account_address", e.who.account)
	a.address("validator_operator_address", e.who.operator)
}

func (e validatorReward) truth(at pocket.At) pocket.Event {
	return pocket.ValidatorReward{
		At: at, Validator: e.who.operator, Account: e.who.account, Reason: e.reason,
		Commission: e.commission, SelfDelegation: e.self, Delegators: e.delegators, PoolShare: e.pool,
		NumDelegators: 1, SessionEnd: e.sessionEnd,
	}
}

// difficultyUpdated tells a service's mining difficulty anew. The simulator's never changes.
type difficultyUpdated struct {
	service       *service
	before, after int64 // moving averages of relays
}

func (difficultyUpdated) name() string { return "pocket.service.EventRelayMiningDifficultyUpdated" }
func (e difficultyUpdated) write(a *attributes) {
	target := fmt.Sprintf("%x", e.service.target())
	a.number("new_num_relays_ema", e.after)
	a.text("new_target_hash_hex_encoded", target)
	a.number("prev_num_relays_ema", e.before)
	a.text("prev_target_hash_hex_encoded", target)
	a.text("service_id", string(e.service.ID))
}

func (e difficultyUpdated) truth(at pocket.At) pocket.Event {
	target := fmt.Sprintf("%x", e.service.target())
	return pocket.DifficultyUpdate{
		At: at, Service: e.service.ID, RelaysBefore: e.before, Relays: e.after, TargetBefore: target, Target: target,
	}
}

// target is the hash below which a relay is mined: all ones but for the first shift bits.
func (s *service) target() []byte {
	target := slices.Repeat([]byte{0xff}, 32)
	target[0] >>= s.shift
	return target
}
