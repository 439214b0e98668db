package shannon

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// wireShared are the shared module's params. Those that some version lacks may be absent; the length of a session may not.
type wireShared struct {
	BlocksPerSession      number `json:"num_blocks_per_session"`
	GraceEndOffset        number `json:"grace_period_end_offset_blocks"`
	ClaimOpenOffset       number `json:"claim_window_open_offset_blocks"`
	ClaimCloseOffset      number `json:"claim_window_close_offset_blocks"`
	ProofOpenOffset       number `json:"proof_window_open_offset_blocks"`
	ProofCloseOffset      number `json:"proof_window_close_offset_blocks"`
	SupplierUnbonding     number `json:"supplier_unbonding_period_sessions"`
	ApplicationUnbonding  number `json:"application_unbonding_period_sessions"`
	GatewayUnbonding      number `json:"gateway_unbonding_period_sessions"`
	ComputeUnitMultiplier number `json:"compute_units_to_tokens_multiplier"`
	ComputeUnitCost       number `json:"compute_unit_cost_granularity"`
	GridAnchor            number `json:"session_grid_anchor_height"`
	NumberAtAnchor        number `json:"session_number_at_anchor"`
}

type wireParams[P any] struct {
	Params *P `json:"params"`
}

func (w wireShared) params() (pocket.SharedParams, error) {
	for _, n := range []number{
		w.GraceEndOffset, w.ClaimOpenOffset, w.ClaimCloseOffset, w.ProofOpenOffset, w.ProofCloseOffset,
		w.SupplierUnbonding, w.ApplicationUnbonding, w.GatewayUnbonding, w.ComputeUnitMultiplier, w.ComputeUnitCost, w.GridAnchor, w.NumberAtAnchor,
	} {
		if n < 0 {
			return pocket.SharedParams{}, fmt.Errorf("shared params with the value %d", n)
		}
	}
	if w.BlocksPerSession < 1 {
		return pocket.SharedParams{}, fmt.Errorf("shared params with sessions of %d blocks", w.BlocksPerSession)
	}
	if w.ComputeUnitCost == 0 {
		w.ComputeUnitCost = 1 // versions before it counted whole upokt
	}
	return pocket.SharedParams{
		BlocksPerSession: int64(w.BlocksPerSession), GraceEndOffset: int64(w.GraceEndOffset),
		ClaimOpenOffset: int64(w.ClaimOpenOffset), ClaimCloseOffset: int64(w.ClaimCloseOffset),
		ProofOpenOffset: int64(w.ProofOpenOffset), ProofCloseOffset: int64(w.ProofCloseOffset),
		SupplierUnbonding: int64(w.SupplierUnbonding), ApplicationUnbonding: int64(w.ApplicationUnbonding), GatewayUnbonding: int64(w.GatewayUnbonding),
		ComputeUnitMultiplier: int64(w.ComputeUnitMultiplier), ComputeUnitCost: int64(w.ComputeUnitCost),
		GridAnchor: pocket.Height(w.GridAnchor), NumberAtAnchor: int64(w.NumberAtAnchor),
	}, nil
}

// SharedParams returns the shared module's params in force at height h, or now when h is 0. They are known for coming heights too, as
// far as decided: a change that governance made takes force with the next session. Take those at a session's end for its windows and
// those at its start for its prices.
func (c *Client) SharedParams(ctx context.Context, h pocket.Height) (pocket.SharedParams, error) {
	path := protocol + "/shared/params"
	if h < 0 {
		return pocket.SharedParams{}, fmt.Errorf("shared params at height %d: want 1 or more, or 0 for now: %w", h, pocket.ErrInvalid)
	}
	if h > 0 {
		path += "/" + strconv.FormatInt(int64(h), 10)
	}
	return moduleParams(ctx, c, path, wireShared.params)
}

func moduleParams[W, T any](ctx context.Context, c *Client, path string, convert func(W) (T, error)) (T, error) {
	return askState(ctx, c, path, nil, func(w wireParams[W]) (T, error) {
		if w.Params == nil {
			var none T
			return none, errors.New("an answer without params")
		}
		return convert(*w.Params)
	})
}

// wireTokenomics are the tokenomics module's params. Fractions are JSON numbers; they are read as decimals, without rounding.
type wireTokenomics struct {
	DAO                  pocket.Address             `json:"dao_reward_address"`
	MintRatio            *decimal.Decimal           `json:"mint_ratio"`
	Split                map[string]decimal.Decimal `json:"mint_equals_burn_claim_distribution"`
	GlobalInflation      decimal.Decimal            `json:"global_inflation_per_claim"`
	GlobalInflationSplit map[string]decimal.Decimal `json:"mint_allocation_percentages"`
	BonusFactor          number                     `json:"overservicing_bonus_multiplier"`
}

func (w wireTokenomics) params() (pocket.TokenomicsParams, error) {
	p := pocket.TokenomicsParams{
		DAO: w.DAO, MintRatio: decimal.New(1, 0), Split: w.Split, GlobalInflation: w.GlobalInflation, GlobalInflationSplit: w.GlobalInflationSplit,
		OverservicingBonusFactor: int64(w.BonusFactor),
	}
	if w.MintRatio != nil {
		p.MintRatio = *w.MintRatio
	}
	return p, nil
}

// Params returns the parameters of the protocol's modules, in nine small requests. Governance may change one between two of them: ask
// for them at a height ([Client.At]) where that matters. What a version of the protocol does not know is zero.
func (c *Client) Params(ctx context.Context) (pocket.Params, error) {
	var p pocket.Params
	ask := func(module string, load func(path string) error) error {
		return of(load(protocol+"/"+module+"/params"), "params of", module)
	}
	steps := []struct {
		module string
		load   func(path string) error
	}{
		{"shared", func(path string) (err error) {
			p.Shared, err = moduleParams(ctx, c, path, wireShared.params)
			return err
		}},
		{"tokenomics", func(path string) (err error) {
			p.Tokenomics, err = moduleParams(ctx, c, path, wireTokenomics.params)
			return err
		}},
		{"proof", func(path string) (err error) {
			p.Proof, err = moduleParams(ctx, c, path, func(w struct {
				Probability decimal.Decimal `json:"proof_request_probability"`
				Threshold   coin            `json:"proof_requirement_threshold"`
				Penalty     coin            `json:"proof_missing_penalty"`
				Fee         coin            `json:"proof_submission_fee"`
			}) (pocket.ProofParams, error) {
				return pocket.ProofParams{
					RequestProbability: w.Probability, RequirementThreshold: pocket.Upokt(w.Threshold),
					MissingPenalty: pocket.Upokt(w.Penalty), SubmissionFee: pocket.Upokt(w.Fee),
				}, nil
			})
			return err
		}},
		{"session", func(path string) (err error) {
			p.SuppliersPerSession, err = moduleParams(ctx, c, path, func(w struct {
				Suppliers number `json:"num_suppliers_per_session"`
			}) (int64, error) {
				return int64(w.Suppliers), nil
			})
			return err
		}},
		{"supplier", func(path string) error {
			stake, fee, err := c.stakeParams(ctx, path)
			p.SupplierMinStake, p.SupplierStakingFee = stake, fee
			return err
		}},
		{"application", func(path string) error {
			gateways, err := moduleParams(ctx, c, path, func(w struct {
				Gateways number `json:"max_delegated_gateways"`
				MinStake *coin  `json:"min_stake"`
			}) (int64, error) {
				if w.MinStake != nil {
					p.ApplicationMinStake = pocket.Upokt(*w.MinStake)
				}
				return int64(w.Gateways), nil
			})
			p.MaxDelegatedGateways = gateways
			return err
		}},
		{"gateway", func(path string) (err error) {
			p.GatewayMinStake, _, err = c.stakeParams(ctx, path)
			return err
		}},
		{"service", func(path string) error {
			relays, err := moduleParams(ctx, c, path, func(w struct {
				Fee    coin   `json:"add_service_fee"`
				Relays number `json:"target_num_relays"`
			}) (int64, error) {
				p.AddServiceFee = pocket.Upokt(w.Fee)
				return int64(w.Relays), nil
			})
			p.TargetRelays = relays
			return err
		}},
		{"migration", func(path string) error {
			_, err := moduleParams(ctx, c, path, func(w struct {
				Waived    bool `json:"waive_morse_claim_gas_fees"`
				Overwrite bool `json:"allow_morse_account_import_overwrite"`
				Open      bool `json:"morse_account_claiming_enabled"`
			}) (struct{}, error) {
				p.MorseClaimsOpen, p.MorseClaimFeesWaived, p.MorseOverwriteAllowed = w.Open, w.Waived, w.Overwrite
				return struct{}{}, nil
			})
			var e *pocket.APIError
			if errors.As(err, &e) && e.Code == grpcUnimplemented {
				return nil // the module came later than the others
			}
			return err
		}},
	}
	for _, step := range steps {
		if err := ask(step.module, step.load); err != nil {
			return pocket.Params{}, err
		}
	}
	return p, nil
}

func (c *Client) stakeParams(ctx context.Context, path string) (stake, fee pocket.Upokt, err error) {
	type stakes struct{ min, fee pocket.Upokt }
	s, err := moduleParams(ctx, c, path, func(w struct {
		MinStake *coin `json:"min_stake"`
		Fee      coin  `json:"staking_fee"`
	}) (stakes, error) {
		if w.MinStake == nil {
			return stakes{}, errors.New("params without a minimum stake")
		}
		return stakes{pocket.Upokt(*w.MinStake), pocket.Upokt(w.Fee)}, nil
	})
	return s.min, s.fee, err
}
