package poktscan

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

var (
	paramsQuery = load("params")
	paramQuery  = load("param")
)

// A Param is one parameter of the protocol as the service keeps it.
type Param struct {
	Module string        // such as "shared"
	Key    string        // such as "num_blocks_per_session"
	Value  string        // a number or word bare; a coin or a table as JSON
	Since  pocket.Height // the block that set it
}

type wireParam struct {
	ID     string `json:"id"`
	Module string `json:"namespace"`
	Key    string `json:"key"`
	Value  string `json:"value"`
	Since  number `json:"blockId"`
}

func (w *wireParam) name() string { return w.ID }

func (w *wireParam) param() (Param, error) {
	if w.Module == "" || w.Key == "" {
		return Param{}, fmt.Errorf("param %.60q without its module or key", w.ID)
	}
	return Param{w.Module, w.Key, w.Value, pocket.Height(w.Since)}, nil
}

// RawParams yields every parameter that the service has, as of now or of the client's height, by module and key. An error is yielded last.
func (c *Client) RawParams(ctx context.Context) iter.Seq2[Param, error] {
	return rows(ctx, c, paramsQuery, nil, c.state(), (*wireParam).param)
}

// Param returns one parameter, such as "num_blocks_per_session" of module "shared"; [pocket.ErrNotFound] when the service has none of that
// name.
func (c *Client) Param(ctx context.Context, module, key string) (Param, error) {
	variables := map[string]any{"id": module + "-" + key}
	if c.height > 0 {
		variables["at"] = wireHeight(c.height)
	}
	data, _, err := ask[struct {
		header
		Param *wireParam `json:"param"`
	}](ctx, c, paramQuery, variables, c.state())
	if err == nil && data.Param == nil {
		err = pocket.ErrNotFound
	}
	if err != nil {
		return Param{}, fmt.Errorf("param %.50q of module %.50q: %w", key, module, err)
	}
	p, err := data.Param.param()
	if err != nil {
		return Param{}, malformed(paramQuery, err)
	}
	return p, nil
}

// Params returns the parameters of the protocol's modules, as of now or of the client's height. Those that the service does not have, of
// modules that it does not index, are zero.
func (c *Client) Params(ctx context.Context) (pocket.Params, error) {
	r, err := c.readParams(ctx)
	if err != nil {
		return pocket.Params{}, fmt.Errorf("params: %w", err)
	}
	p := pocket.Params{
		Shared: r.shared(),
		Tokenomics: pocket.TokenomicsParams{
			DAO:                      r.address("tokenomics", "dao_reward_address"),
			MintRatio:                r.decimal("tokenomics", "mint_ratio", decimal.New(1, 0)),
			Split:                    r.table("tokenomics", "mint_equals_burn_claim_distribution"),
			GlobalInflation:          r.decimal("tokenomics", "global_inflation_per_claim", decimal.Zero),
			GlobalInflationSplit:     r.table("tokenomics", "mint_allocation_percentages"),
			OverservicingBonusFactor: r.number("tokenomics", "overservicing_bonus_multiplier"),
		},
		Proof: pocket.ProofParams{
			RequestProbability:   r.decimal("proof", "proof_request_probability", decimal.Zero),
			RequirementThreshold: r.coin("proof", "proof_requirement_threshold"),
			MissingPenalty:       r.coin("proof", "proof_missing_penalty"),
			SubmissionFee:        r.coin("proof", "proof_submission_fee"),
		},
		SuppliersPerSession:   r.number("session", "num_suppliers_per_session"),
		SupplierMinStake:      r.coin("supplier", "min_stake"),
		SupplierStakingFee:    r.coin("supplier", "staking_fee"),
		ApplicationMinStake:   r.coin("application", "min_stake"),
		MaxDelegatedGateways:  r.number("application", "max_delegated_gateways"),
		GatewayMinStake:       r.coin("gateway", "min_stake"),
		AddServiceFee:         r.coin("service", "add_service_fee"),
		TargetRelays:          r.number("service", "target_num_relays"),
		MorseClaimsOpen:       r.flag("migration", "morse_account_claiming_enabled"),
		MorseClaimFeesWaived:  r.flag("migration", "waive_morse_claim_gas_fees"),
		MorseOverwriteAllowed: r.flag("migration", "allow_morse_account_import_overwrite"),
	}
	if r.err != nil {
		return pocket.Params{}, malformed(paramsQuery, r.err)
	}
	return p, nil
}

// SharedParams returns the shared module's parameters in force at height h, or now when h is 0. Unlike a node the service knows none of
// coming heights.
func (c *Client) SharedParams(ctx context.Context, h pocket.Height) (pocket.SharedParams, error) {
	if h < 0 {
		return pocket.SharedParams{}, fmt.Errorf("shared params at height %d: want 1 or more, or 0 for now: %w", h, pocket.ErrInvalid)
	}
	r, err := c.At(h).readParams(ctx)
	if err != nil {
		return pocket.SharedParams{}, fmt.Errorf("shared params: %w", err)
	}
	p := r.shared()
	if r.err != nil {
		return pocket.SharedParams{}, malformed(paramsQuery, r.err)
	}
	return p, nil
}

// paramReader reads values by module and key and keeps the first error. What is not there is zero.
type paramReader struct {
	values map[string]string
	err    error
}

func (c *Client) readParams(ctx context.Context) (*paramReader, error) {
	r := &paramReader{values: map[string]string{}}
	for p, err := range c.RawParams(ctx) {
		if err != nil {
			return nil, err
		}
		r.values[p.Module+"-"+p.Key] = p.Value
	}
	return r, nil
}

func (r *paramReader) read(module, key string, into func(string) error) {
	text, ok := r.values[module+"-"+key]
	text = strings.TrimSpace(text)
	if !ok || text == "" || text == "null" {
		return
	}
	if err := into(text); err != nil && r.err == nil {
		r.err = fmt.Errorf("param %s of module %s: %w", key, module, err)
	}
}

func (r *paramReader) number(module, key string) (n int64) {
	r.read(module, key, func(text string) (err error) {
		n, err = wholeNumber(bare(text))
		return err
	})
	return n
}

func (r *paramReader) decimal(module, key string, absent decimal.Decimal) decimal.Decimal {
	d := absent
	r.read(module, key, func(text string) (err error) {
		d, err = parseDecimal(bare(text))
		return err
	})
	return d
}

func parseDecimal(text string) (decimal.Decimal, error) {
	if len(text) > maxDigits {
		return decimal.Decimal{}, fmt.Errorf("%.50q is too long for a number", text)
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > maxDigits || d.Exponent() < -maxDigits {
		return decimal.Decimal{}, fmt.Errorf("%.50q is no number", text)
	}
	return d, nil
}

func (r *paramReader) flag(module, key string) (is bool) {
	r.read(module, key, func(text string) error {
		is = text == "true"
		if !is && text != "false" {
			return fmt.Errorf("%.50q is neither true nor false", text)
		}
		return nil
	})
	return is
}

func (r *paramReader) address(module, key string) (a pocket.Address) {
	r.read(module, key, func(text string) (err error) {
		a, err = pocket.ParseAddress(bare(text))
		return err
	})
	return a
}

func (r *paramReader) coin(module, key string) (u pocket.Upokt) {
	r.read(module, key, func(text string) (err error) {
		u, err = parseCoin(text)
		return err
	})
	return u
}

// parseCoin reads {"denom":"upokt","amount":"1"} or "1upokt".
func parseCoin(text string) (pocket.Upokt, error) {
	if !strings.HasPrefix(text, "{") {
		return pocket.ParseUpokt(bare(text))
	}
	var coin wireCoin
	if err := json.Unmarshal([]byte(text), &coin); err != nil {
		return 0, err
	}
	if coin.Denom != "upokt" {
		return 0, fmt.Errorf("coin of %.50q, want upokt", coin.Denom)
	}
	return pocket.Upokt(coin.Amount), nil
}

type wireCoin struct {
	Denom  string `json:"denom"`
	Amount amount `json:"amount"`
}

func (r *paramReader) table(module, key string) (t map[string]decimal.Decimal) {
	r.read(module, key, func(text string) error {
		var wire map[string]json.Number
		if err := json.Unmarshal([]byte(text), &wire); err != nil {
			return err
		}
		t = make(map[string]decimal.Decimal, len(wire))
		for name, value := range wire {
			d, err := parseDecimal(value.String())
			if err != nil {
				return err
			}
			t[name] = d
		}
		return nil
	})
	return t
}

func (r *paramReader) shared() pocket.SharedParams {
	number := func(key string) int64 { return r.number("shared", key) }
	p := pocket.SharedParams{
		BlocksPerSession: number("num_blocks_per_session"), GraceEndOffset: number("grace_period_end_offset_blocks"),
		ClaimOpenOffset: number("claim_window_open_offset_blocks"), ClaimCloseOffset: number("claim_window_close_offset_blocks"),
		ProofOpenOffset: number("proof_window_open_offset_blocks"), ProofCloseOffset: number("proof_window_close_offset_blocks"),
		SupplierUnbonding: number("supplier_unbonding_period_sessions"), ApplicationUnbonding: number("application_unbonding_period_sessions"),
		GatewayUnbonding: number("gateway_unbonding_period_sessions"), ComputeUnitMultiplier: number("compute_units_to_tokens_multiplier"),
		ComputeUnitCost: number("compute_unit_cost_granularity"),
		GridAnchor:      pocket.Height(number("session_grid_anchor_height")), NumberAtAnchor: number("session_number_at_anchor"),
	}
	if p.ComputeUnitCost == 0 {
		p.ComputeUnitCost = 1 // versions before it counted whole upokt
	}
	if p.BlocksPerSession < 1 && r.err == nil {
		r.err = fmt.Errorf("sessions of %d blocks", p.BlocksPerSession)
	}
	return p
}
