package pocket

// SharedParams are the protocol's parameters that several modules share; the shared module's params query gives
// them. They change by governance at the start of a session: take those in force at the session's end
// for its windows, and never compute across [SharedParams.GridAnchor] with one set.
type SharedParams struct {
	BlocksPerSession      int64 // num_blocks_per_session
	GraceEndOffset        int64 // grace_period_end_offset_blocks
	ClaimOpenOffset       int64 // claim_window_open_offset_blocks
	ClaimCloseOffset      int64 // claim_window_close_offset_blocks
	ProofOpenOffset       int64 // proof_window_open_offset_blocks
	ProofCloseOffset      int64 // proof_window_close_offset_blocks
	SupplierUnbonding     int64 // supplier_unbonding_period_sessions
	ApplicationUnbonding  int64 // application_unbonding_period_sessions
	GatewayUnbonding      int64 // gateway_unbonding_period_sessions
	ComputeUnitMultiplier int64 // compute_units_to_tokens_multiplier: parts of a upokt that a compute unit pays…
	ComputeUnitCost       int64 // compute_unit_cost_granularity: …and how many parts make a upokt

	// Since v0.1.34 sessions are counted from an anchor, so that their length may change; absent before, then both are 0.
	GridAnchor     Height // session_grid_anchor_height: the first block of a session
	NumberAtAnchor int64  // session_number_at_anchor: that session's number
}

// A Session is the span of blocks in which relays are counted towards one claim.
type Session struct {
	Number     int64
	Start, End Height // both inclusive
}

// Windows are the heights at which a session's claims and proofs are due and paid. Opening and closing
// heights are inclusive: a claim in a block from ClaimOpen to ClaimClose is in time.
type Windows struct {
	GraceEnd              Height // until then relays of the session are still served
	ClaimOpen, ClaimClose Height
	ProofOpen, ProofClose Height
	Settlement            Height // the claims settle, or expire, at the end of this block
}

// Session returns the session that h lies in. Params without a grid (blocks per session below 1) give the zero Session.
func (p SharedParams) Session(h Height) Session {
	if p.BlocksPerSession < 1 || h < 1 {
		return Session{}
	}
	anchor, number := p.GridAnchor, p.NumberAtAnchor
	if anchor <= 0 || anchor > h { // as x/shared/types/session.go of the protocol does
		anchor, number = 1, 1
	}
	passed := int64(h-anchor) / p.BlocksPerSession
	start := anchor + Height(passed*p.BlocksPerSession)
	return Session{Number: number + passed, Start: start, End: start + Height(p.BlocksPerSession) - 1}
}

// Windows returns the windows of the session that ends at end.
func (p SharedParams) Windows(end Height) Windows {
	open := end + Height(p.ClaimOpenOffset) + 1
	closed := open + Height(p.ClaimCloseOffset)
	proofOpen := closed + Height(p.ProofOpenOffset)
	proofClosed := proofOpen + Height(p.ProofCloseOffset)
	return Windows{
		GraceEnd:   end + Height(p.GraceEndOffset),
		ClaimOpen:  open,
		ClaimClose: closed,
		ProofOpen:  proofOpen,
		ProofClose: proofClosed,
		Settlement: proofClosed, // end + the four offsets + 1
	}
}

// SettlesAt reports whether h is a height at which claims settle, and of which session.
func (p SharedParams) SettlesAt(h Height) (Session, bool) {
	delay := p.Windows(0).Settlement
	s := p.Session(h - delay)
	return s, s.End != 0 && s.End+delay == h
}

// UnbondingEnd returns the height at which a supplier that unstakes of its own will gets its stake back.
// unstakeSessionEnd is the supplier's UnstakeSessionEnd: the end of the session in which it asked. The chain's own
// event says the same in unbonding_end_height for a voluntary unstake, but for one forced by a slash it repeats the session's
// end, and no end ever comes: see [SupplierState].
func (p SharedParams) UnbondingEnd(unstakeSessionEnd Height) Height {
	return unstakeSessionEnd + Height(p.SupplierUnbonding*p.BlocksPerSession)
}
