package pocket

import "time"

// An Event is something that a block did: one of [Settlement], [ClaimExpiry], [ClaimDiscard], [Slash], [Overservicing],
// [Reimbursement], [ClaimCreation], [ProofSubmission], [ProofCheck], [SupplierStake], [ServiceActivation], [Unbonding],
// [StakeStuck], [ApplicationUnbonding], [ValidatorReward], [SettlementBatch], [RevShareFallback], [DifficultyUpdate], [Migration] and
// [Transaction], each by value. Switch on the type to read it.
type Event interface {
	Kind() Kind
	Where() At
	event()
}

// At is where on the chain an event stands. Height and Index name it for ever: they do not depend on what was filtered out.
type At struct {
	Height Height
	Time   time.Time // of the block, UTC; zero when the source gave the event without its block
	Index  int       // the event's number among all of the block's results, transactions first, from 0; -1 when the source did not tell
	TxHash string    // 64 upper-case hexadecimal digits; "" for what the block itself did, as all settlements of Shannon are
}

// Where returns a itself. Embedding an At is what makes a struct of this package an [Event].
func (a At) Where() At { return a }

func (At) event() {}

// A Kind names a kind of event in storage, filters and APIs.
type Kind string

// The kinds of events.
const (
	KindSettlement           Kind = "settlement"
	KindClaimExpiry          Kind = "claim_expiry"
	KindClaimDiscard         Kind = "claim_discard"
	KindSlash                Kind = "slash"
	KindOverservicing        Kind = "overservicing"
	KindReimbursement        Kind = "reimbursement"
	KindClaimCreation        Kind = "claim_creation"
	KindProofSubmission      Kind = "proof_submission"
	KindProofCheck           Kind = "proof_check"
	KindSupplierStake        Kind = "supplier_stake"
	KindServiceActivation    Kind = "service_activation"
	KindUnbondingBegin       Kind = "unbonding_begin"
	KindUnbondingCancel      Kind = "unbonding_cancel"
	KindUnbondingEnd         Kind = "unbonding_end"
	KindStakeStuck           Kind = "stake_stuck"
	KindApplicationUnbonding Kind = "application_unbonding"
	KindValidatorReward      Kind = "validator_reward"
	KindSettlementBatch      Kind = "settlement_batch"
	KindRevShareFallback     Kind = "rev_share_fallback"
	KindDifficultyUpdate     Kind = "difficulty_update"
	KindMigration            Kind = "migration"
	KindTransaction          Kind = "transaction"
)

// Work is what the events of a claim's life say of it.
type Work struct {
	Supplier              Address // its operator
	Application           Address
	Service               ServiceID
	SessionEnd            Height
	Relays                int64
	EstimatedRelays       int64 // 0 when the protocol's version did not say (before v0.1.33)
	ClaimedComputeUnits   int64
	EstimatedComputeUnits int64
	Claimed               Upokt
	Proof                 ProofStatus
}

// A ClaimExpiry is a claim that was not paid because its proof was missing or invalid (EventClaimExpired).
// A [Slash] usually follows in the same block.
type ClaimExpiry struct {
	At
	Work
	Reason string // PROOF_MISSING or PROOF_INVALID
}

// A ClaimDiscard is a claim that the chain dropped at settlement because it could not process it
// (EventClaimDiscarded). Its reward is lost and nobody is slashed. The event does not tell what was claimed.
type ClaimDiscard struct {
	At
	Supplier    Address
	Application Address
	Service     ServiceID
	SessionEnd  Height
	Error       string // the chain's words, often long
}

// A Slash is a part of a supplier's stake burned for an expired claim (EventSupplierSlashed). A block may slash one supplier several times.
type Slash struct {
	At
	Supplier    Address
	Application Address
	Service     ServiceID
	SessionEnd  Height
	Penalty     Upokt
	StakeAfter  Upokt // 0 with StakeUnknown
	// StakeUnknown: before v0.1.34 the event did not tell the stake that was left.
	StakeUnknown bool
}

// An Overservicing is an application that could not pay for all it was served (EventApplicationOverserviced).
// The part not paid is in the settlement's Overserviced, too: do not add both.
type Overservicing struct {
	At
	Supplier           Address
	Application        Address
	Service            ServiceID
	SessionEnd         Height // 0 when the protocol's version did not say
	Expected           Upokt  // what should have been burned, inflation included
	Effective          Upokt  // what was
	SpendLimitExceeded bool
}

// A Reimbursement is an application's claim on the DAO for the inflation it prepaid (EventApplicationReimbursementRequest).
type Reimbursement struct {
	At
	Supplier    Address
	Owner       Address
	Application Address
	Service     ServiceID
	SessionID   string
	Amount      Upokt
}

// A ClaimCreation is a claim sent in time (EventClaimCreated), or changed after (EventClaimUpdated).
type ClaimCreation struct {
	At
	Work
	Updated bool
}

// A ProofSubmission is a proof sent in time (EventProofSubmitted), or again (EventProofUpdated). Whether it holds, a [ProofCheck] tells.
type ProofSubmission struct {
	At
	Work
	Updated bool
}

// A ProofCheck is the chain's verdict on a proof (EventProofValidityChecked), at the end of the block that carried it.
type ProofCheck struct {
	At
	Supplier    Address
	Application Address
	Service     ServiceID
	SessionEnd  Height
	Status      ProofStatus
	Failure     string // why it does not hold; "" when it does
}

// A SupplierStake is a supplier that staked, restaked or changed its services (EventSupplierStaked). Since v0.1.27 the event names the supplier only.
type SupplierStake struct {
	At
	Supplier   Address
	SessionEnd Height
	Config     *Supplier // nil when the event did not hold it
}

// A ServiceActivation is a service config that came into force at the start of a session (EventSupplierServiceConfigActivated).
type ServiceActivation struct {
	At
	Supplier   Address
	Service    ServiceID // "" when the protocol's version did not say
	Activation Height
}

// An UnbondingPhase is which step of leaving an [Unbonding] tells of.
type UnbondingPhase string

// The steps of leaving.
const (
	UnbondingBegan    UnbondingPhase = "began"
	UnbondingCanceled UnbondingPhase = "canceled"
	UnbondingEnded    UnbondingPhase = "ended"
)

// An Unbonding is a supplier that begins to leave, changes its mind, or has left and got its stake back
// (EventSupplierUnbondingBegin, …Canceled, …End).
type Unbonding struct {
	At
	Phase      UnbondingPhase
	Supplier   Supplier // as the event shows it; Services may be empty
	Forced     bool     // a slash took the stake below the minimum. Then no end follows: see [SupplierBelowMinimum]
	Migrated   bool     // it was leaving already when its Morse node was claimed
	SessionEnd Height
	// EventEndHeight is the event's own unbonding_end_height. It misleads when Forced: it is the session's end then. Use [SharedParams.UnbondingEnd].
	EventEndHeight Height
}

// A StakeStuck is a stake that could not be returned (EventSupplierStakeStuckInModulePool).
type StakeStuck struct {
	At
	Supplier Address
	Owner    Address
	Amount   Upokt
	Reason   string
}

// An ApplicationUnbonding is an application that begins to leave, changes its mind or has left: its suppliers are soon unpaid.
type ApplicationUnbonding struct {
	At
	Phase       UnbondingPhase
	Application Application
	Forced      bool // its stake fell below the minimum
	SessionEnd  Height
}

// A ValidatorReward is what a block's settlements paid one validator and its delegators, for one reason (EventValidatorRewardDistribution).
type ValidatorReward struct {
	At
	Validator      Address // poktvaloper1…
	Account        Address // the same, as pokt1…
	Reason         Reason
	Commission     Upokt
	SelfDelegation Upokt
	Delegators     Upokt // what went to the others
	PoolShare      Upokt // the sum of the three
	NumDelegators  int64
	SessionEnd     Height
}

// A SettlementBatch is one bank operation that a block's settlements added up to (EventSettlementBatch).
type SettlementBatch struct {
	At
	Operation  string // mint, burn, mod_to_mod or mod_to_acct
	Sender     string // a module's name
	Recipient  string // an address, a module's name or ""
	Reason     Reason
	Amount     Upokt
	Claims     int64
	SessionEnd Height // of the first claim of the block only
}

// A RevShareFallback is a reward whose rev share was invalid, so that all of it went to the owner (EventSupplierRevShareFallbackDistribution).
type RevShareFallback struct {
	At
	Supplier Address
	Owner    Address
	Service  ServiceID
	Amount   Upokt
	Reason   string
}

// A DifficultyUpdate is a service whose mining difficulty was computed anew (EventRelayMiningDifficultyUpdated).
type DifficultyUpdate struct {
	At
	Service              ServiceID
	RelaysBefore, Relays int64  // moving averages
	TargetBefore, Target string // hashes, 64 hexadecimal digits
}

// Kind names what happened.
func (Settlement) Kind() Kind { return KindSettlement }

// Kind names what happened.
func (ClaimExpiry) Kind() Kind { return KindClaimExpiry }

// Kind names what happened.
func (ClaimDiscard) Kind() Kind { return KindClaimDiscard }

// Kind names what happened.
func (Slash) Kind() Kind { return KindSlash }

// Kind names what happened.
func (Overservicing) Kind() Kind { return KindOverservicing }

// Kind names what happened.
func (Reimbursement) Kind() Kind { return KindReimbursement }

// Kind names what happened.
func (ClaimCreation) Kind() Kind { return KindClaimCreation }

// Kind names what happened.
func (ProofSubmission) Kind() Kind { return KindProofSubmission }

// Kind names what happened.
func (ProofCheck) Kind() Kind { return KindProofCheck }

// Kind names what happened.
func (SupplierStake) Kind() Kind { return KindSupplierStake }

// Kind names what happened.
func (ServiceActivation) Kind() Kind { return KindServiceActivation }

// Kind names which phase u tells of.
func (u Unbonding) Kind() Kind {
	switch u.Phase {
	case UnbondingCanceled:
		return KindUnbondingCancel
	case UnbondingEnded:
		return KindUnbondingEnd
	default:
		return KindUnbondingBegin
	}
}

// Kind names what happened.
func (StakeStuck) Kind() Kind { return KindStakeStuck }

// Kind names what happened.
func (ApplicationUnbonding) Kind() Kind { return KindApplicationUnbonding }

// Kind names what happened.
func (ValidatorReward) Kind() Kind { return KindValidatorReward }

// Kind names what happened.
func (SettlementBatch) Kind() Kind { return KindSettlementBatch }

// Kind names what happened.
func (RevShareFallback) Kind() Kind { return KindRevShareFallback }

// Kind names what happened.
func (DifficultyUpdate) Kind() Kind { return KindDifficultyUpdate }

// Kind names what happened.
func (Transaction) Kind() Kind { return KindTransaction }
