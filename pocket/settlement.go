package pocket

import "strings"

// A Settlement is a claim that was paid (pocket.tokenomics.EventClaimSettled). Of its amounts,
// claimed ≥ settled ≥ minted: what the application's stake could not pay is overserviced, what was not minted is deflation.
type Settlement struct {
	At
	Supplier    Address // its operator
	Owner       Address // zero when the chain did not say: before v0.1.33
	Application Address
	Service     ServiceID
	SessionID   string // 64 hexadecimal digits; "" before v0.1.33
	SessionEnd  Height

	Relays                int64 // mined leaves
	EstimatedRelays       int64 // scaled by difficulty
	ClaimedComputeUnits   int64
	EstimatedComputeUnits int64
	Requirement           ProofRequirement
	Proof                 ProofStatus

	Claimed      Upokt
	Settled      Upokt // what the application burned
	Minted       Upokt // what was shared out, before the global inflation on top
	Overserviced Upokt // claimed - settled
	Deflated     Upokt // settled - minted
	MintRatio    string

	// Shares say who got what and why, in the chain's order. Empty when the claim was overserviced whole. Rewards of validators and
	// their delegators are not here: they are only told per block, by [ValidatorReward].
	Shares []Share

	Lacks Lack // what this version of the protocol did not tell: those fields mean nothing
}

// A Share is what one address got of a settlement for one reason.
type Share struct {
	Recipient Address
	Reason    Reason
	Amount    Upokt
}

// Lack says which fields of a [Settlement] the chain left out. A lacking field is unknown, not zero.
type Lack uint8

const (
	// LacksAmounts: Settled, Minted, Overserviced, Deflated and MintRatio are unknown (protocol before v0.1.33).
	LacksAmounts Lack = 1 << iota
	// LacksReasons: the shares are known by address but not by reason (v0.1.27 up to v0.1.32).
	LacksReasons
	// LacksShares: who got what is unknown (before v0.1.27, where the event did not hold the bank operations).
	LacksShares
	// LacksProof: Requirement or Proof is unknown. No version is known to leave them out.
	LacksProof
)

// Has reports whether l includes all of the lacks in m.
func (l Lack) Has(m Lack) bool { return l&m == m }

// SupplierSide returns what the settlement paid for the supplier's work: the sum over all its rev-share addresses, from
// the claim itself and from the global inflation on top. It is a part of nothing when shares or reasons lack: ask [Settlement.Lacks].
func (s *Settlement) SupplierSide() Upokt {
	var sum Upokt
	for _, share := range s.Shares {
		if share.Reason.Role() == RoleSupplier {
			sum += share.Amount
		}
	}
	return sum
}

// A Reason is the chain's word for why a share was paid, such as
// TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_SHAREHOLDER_REWARD_DISTRIBUTION. It is "" when the protocol's version did not say.
type Reason string

// The reasons that pay a supplier's side.
const (
	ReasonSupplier          Reason = "TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_SHAREHOLDER_REWARD_DISTRIBUTION"
	ReasonSupplierInflation Reason = "TLM_GLOBAL_MINT_SUPPLIER_SHAREHOLDER_REWARD_DISTRIBUTION"
)

// The reasons of the Morse chain, which has no words of its own for them. All but the last two pay a supplier's side.
const (
	ReasonMorseRelays    Reason = "MORSE_RELAYS"    // what is left for the output address, or for the node that has none
	ReasonMorseDelegator Reason = "MORSE_DELEGATOR" // a reward delegator's percentage
	ReasonMorseCost      Reason = "MORSE_COST"      // makes good the fees of claim and proof, to the node itself
	ReasonMorseFees      Reason = "MORSE_FEES"      // to the fee pool, which the next block shares out to DAO and proposer
	ReasonMorseProposer  Reason = "MORSE_PROPOSER"  // the proposer's part of the fee pool, told by a [ValidatorReward]
)

// A Role is in what capacity somebody is paid.
type Role string

// The roles that reasons belong to.
const (
	RoleSupplier      Role = "supplier"
	RoleSourceOwner   Role = "service owner"
	RoleDAO           Role = "DAO"
	RoleApplication   Role = "application"
	RoleValidator     Role = "validator"
	RoleReimbursement Role = "reimbursement"
	RoleFeePool       Role = "fee pool" // of Morse: for the DAO and the block's proposer
	RoleUnknown       Role = "unknown"
)

// Role tells in what capacity r pays.
func (r Reason) Role() Role {
	switch {
	case r == ReasonSupplier || r == ReasonSupplierInflation:
		return RoleSupplier
	case r == ReasonMorseRelays || r == ReasonMorseDelegator || r == ReasonMorseCost:
		return RoleSupplier
	case r == ReasonMorseFees:
		return RoleFeePool
	case r == ReasonMorseProposer:
		return RoleValidator
	case strings.Contains(string(r), "_REIMBURSEMENT_"):
		return RoleReimbursement
	case strings.Contains(string(r), "_SUPPLIER_"):
		return RoleSupplier
	case strings.Contains(string(r), "_SOURCE_OWNER_"):
		return RoleSourceOwner
	case strings.Contains(string(r), "_DAO_"):
		return RoleDAO
	case strings.Contains(string(r), "_APPLICATION_"):
		return RoleApplication
	case strings.Contains(string(r), "_VALIDATOR_"), strings.Contains(string(r), "_PROPOSER_"), strings.Contains(string(r), "_DELEGATOR_"):
		return RoleValidator
	default:
		return RoleUnknown
	}
}

// A ProofRequirement tells whether a claim needed a proof. It says nothing of whether one was sent: see [ProofStatus].
type ProofRequirement int

// The requirements, with the chain's own numbers.
const (
	ProofNotRequired   ProofRequirement = 0
	ProofProbabilistic ProofRequirement = 1 // drawn by chance
	ProofThreshold     ProofRequirement = 2 // the claim was worth enough
)

// A ProofStatus tells what became of a claim's proof.
type ProofStatus int

// The statuses, with the chain's own numbers.
const (
	ProofPending   ProofStatus = 0
	ProofValidated ProofStatus = 1
	ProofInvalid   ProofStatus = 2
)
