package shannon

import "github.com/poktbot/poktbot/pocket"

// Whom and what a claim is about: in attributes of their own since v0.1.27, in the claim as an object before.

func (f *eventFields) claimSupplier() pocket.Address {
	if a := f.find("supplier_operator_address", "supplier_operator_addr"); a != nil {
		return f.parseAddress(a)
	}
	if claim := f.whole(); claim != nil {
		return f.named("claim", claim.Supplier)
	}
	f.fail("supplier_operator_address", errMissing)
	return pocket.Address{}
}

func (f *eventFields) claimApplication() pocket.Address {
	if a := f.find("application_address", "application_addr"); a != nil {
		return f.parseAddress(a)
	}
	if claim := f.whole(); claim != nil {
		return f.named("claim", claim.Session.Application)
	}
	f.fail("application_address", errMissing)
	return pocket.Address{}
}

func (f *eventFields) claimService() pocket.ServiceID {
	if a := f.find("service_id"); a != nil {
		return pocket.ServiceID(f.names.word(f.text(a)))
	}
	if claim := f.whole(); claim != nil {
		return pocket.ServiceID(f.names.word([]byte(claim.Session.Service)))
	}
	return ""
}

func (f *eventFields) claimSession() string {
	if a := f.find("session_id"); a != nil {
		return f.names.word(f.text(a))
	}
	if claim := f.whole(); claim != nil {
		return f.names.word([]byte(claim.Session.ID))
	}
	return ""
}

func (f *eventFields) claimSessionEnd() pocket.Height {
	if f.has("session_end_block_height") {
		return f.height("session_end_block_height")
	}
	if claim := f.whole(); claim != nil {
		return pocket.Height(claim.Session.End)
	}
	return 0
}

// claimProof returns what became of the claim's proof, and whether the event tells.
func (f *eventFields) claimProof() (pocket.ProofStatus, bool) {
	if status, known := f.proofStatus("claim_proof_status_int", "proof_status"); known {
		return status, true
	}
	claim := f.whole()
	if claim == nil || claim.Status == "" {
		return 0, false
	}
	status, err := parseEnum(claim.Status, "PENDING_VALIDATION", "VALIDATED", "INVALID")
	if err != nil {
		f.fail("claim", err)
	}
	return pocket.ProofStatus(status), true
}

func (f *eventFields) work() pocket.Work {
	var w pocket.Work
	w.Application = f.claimApplication()
	w.Proof, _ = f.claimProof()
	w.Claimed = f.amount("claimed_upokt")
	w.ClaimedComputeUnits = f.count("num_claimed_compute_units", "num_compute_units")
	w.EstimatedComputeUnits = f.count("num_estimated_compute_units")
	w.EstimatedRelays = f.count("num_estimated_relays")
	w.Relays = f.count("num_relays")
	w.Service = f.claimService()
	w.SessionEnd = f.claimSessionEnd()
	w.Supplier = f.claimSupplier()
	return w
}

func claimExpiry(f *eventFields, at pocket.At) pocket.Event {
	return pocket.ClaimExpiry{At: at, Work: f.work(), Reason: f.word("expiration_reason")}
}

func claimDiscard(f *eventFields, at pocket.At) pocket.Event {
	return pocket.ClaimDiscard{
		At:          at,
		Application: f.claimApplication(),
		Error:       f.prose("error"),
		Service:     f.claimService(),
		SessionEnd:  f.claimSessionEnd(),
		Supplier:    f.claimSupplier(),
	}
}

func claimCreated(f *eventFields, at pocket.At) pocket.Event {
	return pocket.ClaimCreation{At: at, Work: f.work()}
}

func claimUpdated(f *eventFields, at pocket.At) pocket.Event {
	return pocket.ClaimCreation{At: at, Work: f.work(), Updated: true}
}

func proofSubmitted(f *eventFields, at pocket.At) pocket.Event {
	return pocket.ProofSubmission{At: at, Work: f.work()}
}

func proofUpdated(f *eventFields, at pocket.At) pocket.Event {
	return pocket.ProofSubmission{At: at, Work: f.work(), Updated: true}
}

func proofCheck(f *eventFields, at pocket.At) pocket.Event {
	check := pocket.ProofCheck{At: at, Application: f.claimApplication()}
	known := false
	if check.Status, known = f.claimProof(); !known {
		f.fail("claim_proof_status_int", errMissing)
	}
	check.Failure = f.prose("failure_reason")
	check.Service = f.claimService()
	check.SessionEnd = f.claimSessionEnd()
	check.Supplier = f.claimSupplier()
	return check
}

func slash(f *eventFields, at pocket.At) pocket.Event {
	s := pocket.Slash{At: at, Application: f.optionalClaimApplication()}
	s.Penalty = f.amount("proof_missing_penalty", "slashing_amount")
	s.Service = f.claimService()
	s.SessionEnd = f.claimSessionEnd()
	s.Supplier = f.claimSupplier()
	known := false
	s.StakeAfter, known = f.optionalAmount("supplier_stake_after_slash")
	s.StakeUnknown = !known
	return s
}

// optionalClaimApplication is claimApplication for the oldest slashes, which named the supplier and the amount only.
func (f *eventFields) optionalClaimApplication() pocket.Address {
	if !f.has("application_address", "application_addr") && f.whole() == nil {
		return pocket.Address{}
	}
	return f.claimApplication()
}

func overservicing(f *eventFields, at pocket.At) pocket.Event {
	return pocket.Overservicing{
		At:                 at,
		Application:        f.claimApplication(),
		Effective:          f.amount("effective_burn"),
		Expected:           f.amount("expected_burn"),
		Service:            f.claimService(),
		SessionEnd:         f.claimSessionEnd(),
		SpendLimitExceeded: f.flag("spend_limit_exceeded"),
		Supplier:           f.claimSupplier(),
	}
}

func reimbursement(f *eventFields, at pocket.At) pocket.Event {
	return pocket.Reimbursement{
		At:          at,
		Amount:      f.amount("amount"),
		Application: f.claimApplication(),
		Service:     f.claimService(),
		SessionID:   f.claimSession(),
		Supplier:    f.claimSupplier(),
		Owner:       f.optionalAddress("supplier_owner_addr", "supplier_owner_address"),
	}
}
