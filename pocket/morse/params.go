package morse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// NodeParams are the parameters of nodes (pos/…). Those of a feature that is not active yet are zero.
type NodeParams struct {
	RelaysToTokensMultiplier    int64                      // upokt for a relay
	RelaysToTokensMultiplierMap map[pocket.ServiceID]int64 // likewise, for the chains in it
	DAOAllocation               int64                      // percent
	ProposerPercentage          int64                      // percent
	StakeFloor                  pocket.Upokt               // ServicerStakeFloorMultiplier: how wide a bin of stakes is
	StakeCeiling                pocket.Upokt               // ServicerStakeWeightCeiling
	StakeExponent               decimal.Decimal            // ServicerStakeFloorMultiplierExponent
	StakeWeight                 decimal.Decimal            // ServicerStakeWeightMultiplier

	BlocksPerSession        int64
	StakeMinimum            pocket.Upokt
	UnstakingTime           time.Duration
	MaximumChains           int64
	MaxValidators           int64
	MaxJailedBlocks         int64
	MaxEvidenceAge          time.Duration
	SignedBlocksWindow      int64
	MinSignedPerWindow      decimal.Decimal
	DowntimeJailDuration    time.Duration
	SlashFractionDowntime   decimal.Decimal
	SlashFractionDoubleSign decimal.Decimal
	StakeDenom              string
}

// A fraction is a decimal that a node leaves empty before it exists.
type fraction struct{ decimal.Decimal }

func (f *fraction) UnmarshalJSON(b []byte) error {
	if text := strings.Trim(string(b), `"`); text == "" || text == "null" {
		return nil
	}
	if len(b) > 64 {
		return fmt.Errorf("%.40q… is no decimal", b)
	}
	if err := f.Decimal.UnmarshalJSON(b); err != nil {
		return err
	}
	if !plain(f.Decimal) {
		return fmt.Errorf("%.40q is no decimal of 18 digits", b)
	}
	return nil
}

// plain reports whether a decimal is of a size that the chain can hold: one such as 1e999999999 would take for ever to compare.
func plain(d decimal.Decimal) bool { return d.Exponent() >= -18 && d.Exponent() <= 18 }

type wireNodeParams struct {
	Multiplier       number                      `json:"relays_to_tokens_multiplier"`
	Multipliers      map[pocket.ServiceID]number `json:"relays_to_tokens_multiplier_map"`
	DAO              number                      `json:"dao_allocation"`
	Proposer         number                      `json:"proposer_allocation"`
	Floor            number                      `json:"servicer_stake_floor_multipler"` // the chain's spelling
	Ceiling          number                      `json:"servicer_stake_weight_ceiling"`
	Exponent         fraction                    `json:"servicer_stake_floor_multiplier_exponent"`
	Weight           fraction                    `json:"servicer_stake_weight_multipler"` // likewise
	BlocksPerSession number                      `json:"session_block_frequency"`
	StakeMinimum     number                      `json:"stake_minimum"`
	UnstakingTime    number                      `json:"unstaking_time"`
	MaximumChains    number                      `json:"maximum_chains"`
	MaxValidators    number                      `json:"max_validators"`
	MaxJailedBlocks  number                      `json:"max_jailed_blocks"`
	MaxEvidenceAge   number                      `json:"max_evidence_age"`
	SignedWindow     number                      `json:"signed_blocks_window"`
	MinSigned        fraction                    `json:"min_signed_per_window"`
	JailDuration     number                      `json:"downtime_jail_duration"`
	SlashDowntime    fraction                    `json:"slash_fraction_downtime"`
	SlashDoubleSign  fraction                    `json:"slash_fraction_double_sign"`
	Denom            string                      `json:"stake_denom"`
}

func (w wireNodeParams) params() NodeParams {
	p := NodeParams{
		RelaysToTokensMultiplier: int64(w.Multiplier), DAOAllocation: int64(w.DAO), ProposerPercentage: int64(w.Proposer),
		StakeFloor: pocket.Upokt(w.Floor), StakeCeiling: pocket.Upokt(w.Ceiling), StakeExponent: w.Exponent.Decimal, StakeWeight: w.Weight.Decimal,
		BlocksPerSession: int64(w.BlocksPerSession), StakeMinimum: pocket.Upokt(w.StakeMinimum), UnstakingTime: time.Duration(w.UnstakingTime),
		MaximumChains: int64(w.MaximumChains), MaxValidators: int64(w.MaxValidators), MaxJailedBlocks: int64(w.MaxJailedBlocks),
		MaxEvidenceAge: time.Duration(w.MaxEvidenceAge), SignedBlocksWindow: int64(w.SignedWindow), MinSignedPerWindow: w.MinSigned.Decimal,
		DowntimeJailDuration: time.Duration(w.JailDuration), SlashFractionDowntime: w.SlashDowntime.Decimal,
		SlashFractionDoubleSign: w.SlashDoubleSign.Decimal, StakeDenom: w.Denom,
	}
	for chain, multiplier := range w.Multipliers {
		if p.RelaysToTokensMultiplierMap == nil {
			p.RelaysToTokensMultiplierMap = map[pocket.ServiceID]int64{}
		}
		p.RelaysToTokensMultiplierMap[chain] = int64(multiplier)
	}
	return p
}

// Reward returns what of p decides rewards, with the features and fees that go with it.
func (p NodeParams) Reward(features Features, fees Fees) RewardParams {
	return RewardParams{
		Multiplier: p.RelaysToTokensMultiplier, ChainMultipliers: p.RelaysToTokensMultiplierMap, DAO: p.DAOAllocation, Proposer: p.ProposerPercentage,
		Floor: p.StakeFloor, Ceiling: p.StakeCeiling, Exponent: p.StakeExponent, Weight: p.StakeWeight,
		ClaimFee: fees.Of("claim"), ProofFee: fees.Of("proof"), Features: features,
	}
}

// same reports whether p and q say the same.
func (p NodeParams) same(q NodeParams) bool {
	return maps.Equal(p.RelaysToTokensMultiplierMap, q.RelaysToTokensMultiplierMap) &&
		p.StakeExponent.Equal(q.StakeExponent) && p.StakeWeight.Equal(q.StakeWeight) &&
		p.RelaysToTokensMultiplier == q.RelaysToTokensMultiplier && p.DAOAllocation == q.DAOAllocation &&
		p.ProposerPercentage == q.ProposerPercentage && p.StakeFloor == q.StakeFloor && p.StakeCeiling == q.StakeCeiling &&
		p.BlocksPerSession == q.BlocksPerSession && p.StakeMinimum == q.StakeMinimum && p.UnstakingTime == q.UnstakingTime
}

// NodeParams returns the parameters of nodes as of after block h; 0 is now.
func (c *Client) NodeParams(ctx context.Context, h pocket.Height) (NodeParams, error) {
	if err := checkHeight(h); err != nil {
		return NodeParams{}, err
	}
	w, err := ask(ctx, c, "/query/nodeparams", atHeight{Height: h}, func(a *rest.Answer, w *wireNodeParams) error {
		if w.BlocksPerSession < 1 {
			return a.Fail(pocket.ErrMalformed, fmt.Sprintf("sessions of %d blocks", w.BlocksPerSession))
		}
		return nil
	})
	return w.params(), err
}

// PocketParams are the parameters of relays (pocketcore/…).
type PocketParams struct {
	ClaimSubmissionWindow      int64 // in sessions, from the session's start: claims are due until then, proofs after
	ClaimExpiration            int64 // in sessions, from the claim
	MinimumNumberOfProofs      int64 // relays that are worth a claim
	SessionNodeCount           int64
	SupportedChains            []pocket.ServiceID
	ReplayAttackBurnMultiplier int64
	BlockByteSize              int64 // 0 before it exists
}

func (p PocketParams) same(q PocketParams) bool {
	return p.ClaimSubmissionWindow == q.ClaimSubmissionWindow && p.ClaimExpiration == q.ClaimExpiration
}

type wirePocketParams struct {
	Window     number             `json:"proof_waiting_period"`
	Expiration number             `json:"claim_expiration"`
	MinProofs  number             `json:"minimum_number_of_proofs"`
	Nodes      number             `json:"session_node_count"`
	Chains     []pocket.ServiceID `json:"supported_blockchains"`
	Burn       number             `json:"replay_attack_burn_multiplier"`
	BlockSize  number             `json:"block_byte_size"`
}

// PocketParams returns the parameters of relays as of after block h; 0 is now.
func (c *Client) PocketParams(ctx context.Context, h pocket.Height) (PocketParams, error) {
	if err := checkHeight(h); err != nil {
		return PocketParams{}, err
	}
	w, err := ask[wirePocketParams](ctx, c, "/query/pocketparams", atHeight{Height: h}, nil)
	return PocketParams{
		int64(w.Window), int64(w.Expiration), int64(w.MinProofs), int64(w.Nodes), w.Chains, int64(w.Burn), int64(w.BlockSize),
	}, err
}

// AppParams are the parameters of applications (application/…).
type AppParams struct {
	StakeMinimum        pocket.Upokt
	BaseRelaysPerPOKT   int64
	MaxApplications     int64
	MaximumChains       int64
	ParticipationRateOn bool
	StabilityAdjustment int64
	UnstakingTime       time.Duration
}

type wireAppParams struct {
	StakeMinimum  number `json:"app_stake_minimum"`
	BaseRelays    number `json:"base_relays_per_pokt"`
	MaxApps       number `json:"max_applications"`
	MaxChains     number `json:"maximum_chains"`
	Participation bool   `json:"participation_rate_on"`
	Stability     number `json:"stability_adjustment"`
	Unstaking     number `json:"unstaking_time"`
}

// AppParams returns the parameters of applications as of after block h; 0 is now.
func (c *Client) AppParams(ctx context.Context, h pocket.Height) (AppParams, error) {
	if err := checkHeight(h); err != nil {
		return AppParams{}, err
	}
	w, err := ask[wireAppParams](ctx, c, "/query/appparams", atHeight{Height: h}, nil)
	return AppParams{
		pocket.Upokt(w.StakeMinimum), int64(w.BaseRelays), int64(w.MaxApps), int64(w.MaxChains), w.Participation, int64(w.Stability),
		time.Duration(w.Unstaking),
	}, err
}

// AllParams returns every parameter as of after block h by its key, such as pos/StakeMinimum; 0 is now. Values are as the chain keeps them:
// JSON without the quotes of a string. Those of features that are not active yet are missing.
func (c *Client) AllParams(ctx context.Context, h pocket.Height) (map[string]string, error) {
	if err := checkHeight(h); err != nil {
		return nil, err
	}
	type entry struct {
		Key   string `json:"param_key"`
		Value string `json:"param_value"`
	}
	w, err := ask[map[string][]entry](ctx, c, "/query/allparams", atHeight{Height: h}, nil)
	if err != nil {
		return nil, err
	}
	params := map[string]string{}
	for _, module := range slices.Sorted(maps.Keys(w)) {
		for _, e := range w[module] {
			params[e.Key] = e.Value
		}
	}
	return params, nil
}

// Param returns one parameter as of after block h; 0 is now. See [Client.AllParams] for its shape. [pocket.ErrNotFound]: there is none of
// that key, or not yet.
func (c *Client) Param(ctx context.Context, key string, h pocket.Height) (string, error) {
	if err := checkHeight(h); err != nil {
		return "", err
	}
	type wire struct {
		Key   string `json:"param_key"`
		Value string `json:"param_value"`
	}
	w, err := ask(ctx, c, "/query/param", struct {
		atHeight
		Key string `json:"key"`
	}{atHeight{Height: h}, key}, func(a *rest.Answer, w *wire) error {
		if w.Key == "" {
			return a.Fail(pocket.ErrNotFound, fmt.Sprintf("there is no parameter %.80q", key))
		}
		return nil
	})
	return w.Value, err
}

// Fees are what transactions cost: auth/FeeMultipliers.
type Fees struct {
	Default int64
	ByKind  map[string]int64 // by kind of message, such as claim
}

// feeUnit is what every kind of transaction costs before it is multiplied.
const feeUnit = 10_000

// Of returns what a transaction of a kind costs.
func (f Fees) Of(kind string) pocket.Upokt {
	if own, ok := f.ByKind[kind]; ok {
		return pocket.Upokt(own * feeUnit)
	}
	return pocket.Upokt(f.Default * feeUnit)
}

func (f Fees) same(g Fees) bool { return f.Default == g.Default && maps.Equal(f.ByKind, g.ByKind) }

// ParseFees reads the value of auth/FeeMultipliers.
func ParseFees(value string) (Fees, error) {
	var w struct {
		Default number `json:"default"`
		Kinds   []struct {
			Key        string `json:"key"`
			Multiplier number `json:"multiplier"`
		} `json:"fee_multiplier"`
	}
	if err := json.Unmarshal([]byte(value), &w); err != nil {
		return Fees{}, fmt.Errorf("fee multipliers: %w: %w", pocket.ErrMalformed, err)
	}
	f := Fees{Default: int64(w.Default)}
	highest := f.Default
	for _, kind := range w.Kinds {
		if f.ByKind == nil {
			f.ByKind = map[string]int64{}
		}
		f.ByKind[kind.Key] = int64(kind.Multiplier)
		highest = max(highest, int64(kind.Multiplier))
	}
	if _, err := pocket.Upokt(feeUnit).Mul(highest); err != nil {
		return Fees{}, fmt.Errorf("fee multiplier %d: %w", highest, err)
	}
	return f, nil
}

// Fees returns what transactions cost as of after block h; 0 is now.
func (c *Client) Fees(ctx context.Context, h pocket.Height) (Fees, error) {
	value, err := c.Param(ctx, "auth/FeeMultipliers", h)
	if err != nil {
		return Fees{}, err
	}
	return ParseFees(value)
}

// change applies a change of a parameter to p and fees. Keys that do not matter to rewards are passed over.
func (p *NodeParams) change(fees *Fees, m ChangeParam) error {
	value := unquoted(m.Value)
	whole := func(to *int64) error {
		n, err := strconv.ParseInt(value, 10, 64)
		*to = n
		return err
	}
	exact := func(to *decimal.Decimal) error {
		var f fraction
		err := f.UnmarshalJSON([]byte(strconv.Quote(value)))
		*to = f.Decimal
		return err
	}
	var err error
	switch m.Key {
	case "pos/RelaysToTokensMultiplier":
		err = whole(&p.RelaysToTokensMultiplier)
	case "pos/RelaysToTokensMultiplierMap":
		var w map[pocket.ServiceID]number
		err = inner(json.RawMessage(m.Value), &w)
		p.RelaysToTokensMultiplierMap = map[pocket.ServiceID]int64{}
		for chain, n := range w {
			p.RelaysToTokensMultiplierMap[chain] = int64(n)
		}
	case "pos/DAOAllocation":
		err = whole(&p.DAOAllocation)
	case "pos/ProposerPercentage":
		err = whole(&p.ProposerPercentage)
	case "pos/ServicerStakeFloorMultiplier":
		err = whole((*int64)(&p.StakeFloor))
	case "pos/ServicerStakeWeightCeiling":
		err = whole((*int64)(&p.StakeCeiling))
	case "pos/ServicerStakeFloorMultiplierExponent":
		err = exact(&p.StakeExponent)
	case "pos/ServicerStakeWeightMultiplier":
		err = exact(&p.StakeWeight)
	case "auth/FeeMultipliers":
		*fees, err = ParseFees(m.Value)
	}
	if err != nil {
		return fmt.Errorf("change of %s to %.80q: %w: %w", m.Key, m.Value, pocket.ErrMalformed, err)
	}
	return nil
}
