package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A ParamsReader tells the parameters in force now: *shannon.Client is one.
type ParamsReader interface {
	Params(ctx context.Context) (pocket.Params, error)
}

// ParamChanges tells what governance changed: no event of the chain does.
//
// It reports [monitor.ChainParamsChanged], whose subject is the chain's id and whose part the parameter, such as
// "proof.proof_missing_penalty": an occurrence for each change. Facts: chain, param, old, new. What is known survives in a [Memory]. A change
// is reported by the same occurrence for a day, so that none is lost.
type ParamChanges struct {
	params ParamsReader
	memory Memory
	chain  string
	clock  func() time.Time
	known  map[string]paramState
}

// A paramState is a parameter's value and its last change.
type paramState struct {
	Value string    `json:"value"`
	Old   string    `json:"old,omitempty"`
	At    time.Time `json:"at,omitzero"` // of the change; zero when there was none
}

// NewParamChanges returns a check of the parameters of a chain with that id. clock may be nil.
func NewParamChanges(params ParamsReader, memory Memory, chain string, clock func() time.Time) *ParamChanges {
	return &ParamChanges{params: params, memory: memory, chain: chain, clock: clockOr(clock)}
}

// Look implements [monitor.Check]. It is not to be called again before it has returned.
func (p *ParamChanges) Look(ctx context.Context) ([]monitor.Result, error) {
	params, err := p.params.Params(ctx)
	if err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	name := "params/" + p.chain
	if p.known == nil {
		if p.known, _, err = recall[map[string]paramState](ctx, p.memory, name); err != nil {
			return nil, err
		}
	}
	now := p.clock().UTC()
	next := map[string]paramState{}
	for param, value := range paramTexts(params) {
		before, known := p.known[param]
		switch {
		case !known:
			next[param] = paramState{Value: value}
		case before.Value != value:
			next[param] = paramState{Value: value, Old: before.Value, At: now}
		default:
			next[param] = before
		}
	}
	for param, before := range p.known { // what is not told this time, such as a share that is gone
		if _, told := next[param]; !told && before.Value != "" {
			next[param] = paramState{Old: before.Value, At: now}
		} else if !told {
			next[param] = before
		}
	}
	if !maps.Equal(next, p.known) {
		if err := keep(ctx, p.memory, name, next); err != nil {
			return nil, err
		}
	}
	p.known = next
	return p.results(now), nil
}

func (p *ParamChanges) results(now time.Time) []monitor.Result {
	var results []monitor.Result
	for _, param := range slices.Sorted(maps.Keys(p.known)) {
		s := p.known[param]
		r := monitor.Result{
			Key:    monitor.Key{Name: monitor.ChainParamsChanged, Subject: p.chain, Part: param},
			Health: monitor.Healthy, Labels: Labels{Chain: p.chain}.Map(),
		}
		if !s.At.IsZero() && now.Sub(s.At) < retold {
			r.Health, r.At, r.Occurrence = monitor.Failing, s.At, strconv.FormatInt(s.At.UnixMilli(), 10)
			r.Facts = monitor.Facts{
				monitor.Text("chain", p.chain), monitor.Text("param", param), monitor.Text("old", orNone(s.Old)), monitor.Text("new", orNone(s.Value)),
			}
		}
		results = append(results, r)
	}
	return results
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// paramTexts are all parameters as text, by the chain's own names.
func paramTexts(p pocket.Params) map[string]string {
	s := p.Shared
	texts := map[string]string{
		"tokenomics.dao_reward_address":         p.Tokenomics.DAO.String(),
		"tokenomics.mint_ratio":                 p.Tokenomics.MintRatio.String(),
		"tokenomics.global_inflation_per_claim": p.Tokenomics.GlobalInflation.String(),
		"proof.proof_request_probability":       p.Proof.RequestProbability.String(),
	}
	for name, n := range map[string]int64{
		"shared.num_blocks_per_session": s.BlocksPerSession, "shared.grace_period_end_offset_blocks": s.GraceEndOffset,
		"shared.claim_window_open_offset_blocks": s.ClaimOpenOffset, "shared.claim_window_close_offset_blocks": s.ClaimCloseOffset,
		"shared.proof_window_open_offset_blocks": s.ProofOpenOffset, "shared.proof_window_close_offset_blocks": s.ProofCloseOffset,
		"shared.supplier_unbonding_period_sessions": s.SupplierUnbonding, "shared.application_unbonding_period_sessions": s.ApplicationUnbonding,
		"shared.gateway_unbonding_period_sessions": s.GatewayUnbonding, "shared.compute_units_to_tokens_multiplier": s.ComputeUnitMultiplier,
		"shared.compute_unit_cost_granularity": s.ComputeUnitCost, "shared.session_grid_anchor_height": int64(s.GridAnchor),
		"shared.session_number_at_anchor":           s.NumberAtAnchor,
		"tokenomics.overservicing_bonus_multiplier": p.Tokenomics.OverservicingBonusFactor,
		"session.num_suppliers_per_session":         p.SuppliersPerSession, "application.max_delegated_gateways": p.MaxDelegatedGateways,
		"service.target_num_relays": p.TargetRelays,
	} {
		texts[name] = strconv.FormatInt(n, 10)
	}
	for name, amount := range map[string]pocket.Upokt{
		"proof.proof_requirement_threshold": p.Proof.RequirementThreshold, "proof.proof_missing_penalty": p.Proof.MissingPenalty,
		"proof.proof_submission_fee": p.Proof.SubmissionFee, "supplier.min_stake": p.SupplierMinStake, "supplier.staking_fee": p.SupplierStakingFee,
		"application.min_stake": p.ApplicationMinStake, "gateway.min_stake": p.GatewayMinStake, "service.add_service_fee": p.AddServiceFee,
	} {
		texts[name] = amount.String()
	}
	for name, on := range map[string]bool{
		"migration.allow_morse_account_import_overwrite": p.MorseOverwriteAllowed, "migration.morse_account_claiming_enabled": p.MorseClaimsOpen,
		"migration.waive_morse_claim_gas_fees": p.MorseClaimFeesWaived,
	} {
		texts[name] = strconv.FormatBool(on)
	}
	for name, split := range map[string]map[string]decimal.Decimal{
		"tokenomics.mint_equals_burn_claim_distribution": p.Tokenomics.Split, "tokenomics.mint_allocation_percentages": p.Tokenomics.GlobalInflationSplit,
	} {
		for who, part := range split {
			texts[name+"."+cleaned(who, 50)] = part.String()
		}
	}
	return texts
}
