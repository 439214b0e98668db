package pockettest

import (
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// An IncidentKind names something that can be made to happen.
type IncidentKind string

// The incidents, and the fields of [Incident] that each reads besides Height.
const (
	// Expire: one claim of Supplier has no proof, or with Invalid a bad one. It expires at settlement and the supplier is slashed.
	Expire IncidentKind = "expire"
	// Slash: the same for every claim that Supplier has in a session, and for that many Sessions in a row (1 when 0).
	Slash IncidentKind = "slash"
	// BelowMinimum: Supplier is slashed session after session until its stake is below the minimum and the chain forces it to unbond.
	BelowMinimum IncidentKind = "below minimum"
	// Discard: the chain drops Supplier's claims of one session at settlement, with an error.
	Discard IncidentKind = "discard"
	// Unstake: Supplier leaves. Its stake comes back after the unbonding period.
	Unstake IncidentKind = "unstake"
	// CancelUnstake: the owner of Supplier cancels its unbonding. After a voluntary one its services are restored two sessions later; a
	// supplier below the minimum is topped up and keeps its services.
	CancelUnstake IncidentKind = "cancel unstake"
	// Migrate: the owner of Supplier claims its node of Morse, which adds to its stake: see [Chain.Morse].
	Migrate IncidentKind = "migrate"
	// Restake: the owner of Supplier adds Amount to its stake (1,000 POKT when 0).
	Restake IncidentKind = "restake"
	// Jail: Validator stops signing, is jailed when it has missed too many blocks, and stays so for Duration (for ever when 0).
	Jail IncidentKind = "jail"
	// Overserve: Application cannot pay for all of one session, starts to unbond and stakes again soon after.
	Overserve IncidentKind = "overserve"
	// MissClaims: Supplier sends no claims for that many Sessions (1 when 0), so they are never heard of.
	MissClaims IncidentKind = "miss claims"
	// LateClaims: Supplier sends the claims and proofs of that many Sessions (1 when 0) in the last blocks of their windows.
	LateClaims IncidentKind = "late claims"
	// ParamChange: Params come into force: those of the shared module at the next session's start, the others with the next block.
	ParamChange IncidentKind = "param change"
	// Halt: no block follows Height for Duration.
	Halt IncidentKind = "halt"
)

// An Incident is something that is made to happen on a [Chain]. Nothing at or below the height it is given at is changed by it:
// what concerns a claim strikes the first session whose proof window opens at Height or later (for MissClaims and
// LateClaims, whose claim window does).
type Incident struct {
	Kind        IncidentKind
	Height      pocket.Height
	Supplier    pocket.Address
	Application pocket.Address
	Validator   pocket.Address // poktvaloper1…
	Amount      pocket.Upokt
	Sessions    int
	Invalid     bool
	Params      pocket.Params
	Duration    time.Duration
}
