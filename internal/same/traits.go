package same

import (
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// Traits are by what an event is known again when it is told once more, by a source that numbers otherwise, or not at all, or knows less of
// it. Two tellings of one block are of the same event if their kind and mark are equal and nothing else contradicts: a field that one of them
// leaves empty may be anything.
type Traits struct {
	supplier, application pocket.Address
	service               pocket.ServiceID
	sessionEnd            pocket.Height
	id                    string       // hash of its transaction, session, Morse account: whatever names it further
	mark                  string       // what must be the same, be it empty
	amount                pocket.Upokt // chooses between several that fit
}

// TraitsOf returns the traits of an event.
func TraitsOf(e pocket.Event) Traits {
	who := pocket.SubjectOf(e)
	t := Traits{
		supplier: who.Supplier, application: who.Application, service: who.Service, id: strings.ToUpper(e.Where().TxHash),
		amount: AmountOf(e),
	}
	switch e := e.(type) {
	case pocket.Settlement:
		t.sessionEnd = e.SessionEnd
	case pocket.ClaimExpiry:
		t.sessionEnd = e.SessionEnd
	case pocket.ClaimDiscard:
		t.sessionEnd = e.SessionEnd
	case pocket.Slash:
		t.sessionEnd = e.SessionEnd
	case pocket.Overservicing:
		t.sessionEnd = e.SessionEnd
	case pocket.Reimbursement:
		t.id = e.SessionID
	case pocket.ClaimCreation:
		t.sessionEnd, t.mark = e.SessionEnd, updated(e.Updated)
	case pocket.ProofSubmission:
		t.sessionEnd, t.mark = e.SessionEnd, updated(e.Updated)
	case pocket.ProofCheck:
		t.sessionEnd = e.SessionEnd
	case pocket.ApplicationUnbonding:
		t.mark = string(e.Phase)
	case pocket.ValidatorReward:
		t.mark = e.Validator.String() + " " + string(e.Reason)
	case pocket.SettlementBatch:
		t.mark = strings.Join([]string{e.Operation, e.Sender, e.Recipient, string(e.Reason)}, " ")
	case pocket.Transaction:
		t.supplier, t.amount = e.FeePayer, e.Fee // for one whose hash is not told
	case pocket.Migration:
		t.id, t.mark = e.Morse.String(), string(e.As)
	}
	return t
}

func updated(is bool) string {
	if is {
		return "updated"
	}
	return ""
}

// single returns by what the one event with these traits is named of which a block can have but one, so that a second telling is of the
// same in any case. It returns false where a block may have several, or what would tell them apart is not told: a supplier may be staked
// twice in a transaction, and have several claims that pay its owner.
func (t *Traits) single(k pocket.Kind) (Traits, bool) {
	switch k {
	case pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash, pocket.KindOverservicing, pocket.KindProofCheck:
		return Traits{supplier: t.supplier, application: t.application, service: t.service, sessionEnd: t.sessionEnd},
			!t.supplier.IsZero() && !t.application.IsZero() && t.service != "" && t.sessionEnd != 0
	case pocket.KindReimbursement:
		return Traits{supplier: t.supplier, application: t.application, id: t.id}, !t.supplier.IsZero() && !t.application.IsZero() && t.id != ""
	case pocket.KindTransaction, pocket.KindMigration:
		return Traits{id: t.id}, t.id != ""
	case pocket.KindServiceActivation:
		return Traits{supplier: t.supplier, service: t.service}, !t.supplier.IsZero() && t.service != ""
	case pocket.KindStakeStuck, pocket.KindUnbondingEnd:
		return Traits{supplier: t.supplier}, !t.supplier.IsZero()
	case pocket.KindDifficultyUpdate:
		return Traits{service: t.service}, t.service != ""
	case pocket.KindValidatorReward:
		return Traits{mark: t.mark}, true
	}
	return Traits{}, false
}

// agrees reports whether nothing speaks against t and u being of the same event, as far as both tell.
func (t *Traits) agrees(u *Traits) bool {
	return t.mark == u.mark && either(t.supplier, u.supplier) && either(t.application, u.application) && either(t.service, u.service) &&
		either(t.sessionEnd, u.sessionEnd) && either(t.id, u.id)
}

// either reports whether a and b are the same, or one of them is not told.
func either[T comparable](a, b T) bool {
	var untold T
	return a == b || a == untold || b == untold
}

// AmountOf returns the sum that an event is about, 0 when it is about none.
func AmountOf(e pocket.Event) pocket.Upokt {
	switch e := e.(type) {
	case pocket.Settlement:
		return e.Claimed
	case pocket.ClaimExpiry:
		return e.Claimed
	case pocket.ClaimCreation:
		return e.Claimed
	case pocket.ProofSubmission:
		return e.Claimed
	case pocket.Slash:
		return e.Penalty
	case pocket.Overservicing:
		return e.Expected - e.Effective
	case pocket.Reimbursement:
		return e.Amount
	case pocket.StakeStuck:
		return e.Amount
	case pocket.ValidatorReward:
		return e.PoolShare
	case pocket.SettlementBatch:
		return e.Amount
	case pocket.RevShareFallback:
		return e.Amount
	case pocket.Unbonding:
		return e.Supplier.Stake
	case pocket.Migration:
		return e.Balance + e.Stake
	}
	return 0
}
