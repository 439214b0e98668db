package pockettest

import (
	"encoding/json"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

func sharedForm(p pocket.SharedParams) json.RawMessage {
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	return object("params", object(
		"num_blocks_per_session", n(p.BlocksPerSession), "grace_period_end_offset_blocks", n(p.GraceEndOffset),
		"claim_window_open_offset_blocks", n(p.ClaimOpenOffset), "claim_window_close_offset_blocks", n(p.ClaimCloseOffset),
		"proof_window_open_offset_blocks", n(p.ProofOpenOffset), "proof_window_close_offset_blocks", n(p.ProofCloseOffset),
		"supplier_unbonding_period_sessions", n(p.SupplierUnbonding), "application_unbonding_period_sessions", n(p.ApplicationUnbonding),
		"compute_units_to_tokens_multiplier", n(p.ComputeUnitMultiplier), "gateway_unbonding_period_sessions", n(p.GatewayUnbonding),
		"compute_unit_cost_granularity", n(p.ComputeUnitCost), "session_grid_anchor_height", heightText(p.GridAnchor),
		"session_number_at_anchor", n(p.NumberAtAnchor)))
}

func sharedParams(s *state) (json.RawMessage, *restError) { return sharedForm(s.w.sharedAt(s.h)), nil }

func sharedParamsAt(s *state) (json.RawMessage, *restError) {
	h, failed := s.heightInPath()
	if failed != nil {
		return nil, failed
	}
	return sharedForm(s.w.sharedKnown(h, s.h)), nil
}

func (s *state) params() pocket.Params { return inForce(s.w.others, s.h).params }

// real is a decimal as a JSON number.
func real(d decimal.Decimal) json.RawMessage { return json.RawMessage(d.String()) }

func splitForm(split map[string]decimal.Decimal) json.RawMessage {
	return object("dao", real(split["dao"]), "proposer", real(split["proposer"]), "supplier", real(split["supplier"]),
		"source_owner", real(split["source_owner"]), "application", real(split["application"]))
}

func tokenomicsParams(s *state) (json.RawMessage, *restError) {
	t := s.params().Tokenomics
	return object("params", object("dao_reward_address", s.w.dao.String(), "mint_allocation_percentages", splitForm(t.GlobalInflationSplit),
		"global_inflation_per_claim", real(t.GlobalInflation), "mint_equals_burn_claim_distribution", splitForm(t.Split),
		"mint_ratio", real(t.MintRatio), "overservicing_bonus_multiplier", strconv.FormatInt(t.OverservicingBonusFactor, 10))), nil
}

func proofParams(s *state) (json.RawMessage, *restError) {
	p := s.params().Proof
	return object("params", object("proof_request_probability", real(p.RequestProbability),
		"proof_requirement_threshold", coinOf(p.RequirementThreshold), "proof_missing_penalty", coinOf(p.MissingPenalty),
		"proof_submission_fee", coinOf(p.SubmissionFee))), nil
}

func sessionParams(s *state) (json.RawMessage, *restError) {
	return object("params", object("num_suppliers_per_session", strconv.FormatInt(s.params().SuppliersPerSession, 10))), nil
}

func supplierParams(s *state) (json.RawMessage, *restError) {
	p := s.params()
	return object("params", object("min_stake", coinOf(p.SupplierMinStake), "staking_fee", coinOf(p.SupplierStakingFee))), nil
}

func serviceParams(s *state) (json.RawMessage, *restError) {
	p := s.params()
	return object("params", object("add_service_fee", coinOf(p.AddServiceFee), "target_num_relays", strconv.FormatInt(p.TargetRelays, 10))), nil
}

func applicationParams(s *state) (json.RawMessage, *restError) {
	p := s.params()
	return object("params", object("max_delegated_gateways", strconv.FormatInt(p.MaxDelegatedGateways, 10),
		"min_stake", coinOf(p.ApplicationMinStake))), nil
}

func gatewayParams(s *state) (json.RawMessage, *restError) {
	return object("params", object("min_stake", coinOf(s.params().GatewayMinStake))), nil
}

func migrationParams(s *state) (json.RawMessage, *restError) {
	p := s.params()
	return object("params", object("waive_morse_claim_gas_fees", p.MorseClaimFeesWaived,
		"allow_morse_account_import_overwrite", p.MorseOverwriteAllowed, "morse_account_claiming_enabled", p.MorseClaimsOpen)), nil
}
