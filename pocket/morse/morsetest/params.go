package morsetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// usualParams are the parameters of a chain that is told nothing else, as the chain keeps them: JSON.
var usualParams = map[string]string{
	"pos/RelaysToTokensMultiplier": `"1000"`, "pos/DAOAllocation": `"10"`, "pos/ProposerPercentage": `"1"`,
	"pos/BlocksPerSession": `"4"`, "pos/StakeMinimum": `"15000000000"`, "pos/UnstakingTime": `"40000000000"`, "pos/MaximumChains": `"15"`,
	"pos/MaxValidators": `"5"`, "pos/MaxJailedBlocks": `"37960"`, "pos/MaxEvidenceAge": `"120000000000"`, "pos/SignedBlocksWindow": `"10"`,
	"pos/MinSignedPerWindow": `"0.600000000000000000"`, "pos/DowntimeJailDuration": `"3600000000000"`,
	"pos/SlashFractionDowntime": `"0.000001000000000000"`, "pos/SlashFractionDoubleSign": `"0.000001000000000000"`, "pos/StakeDenom": `"upokt"`,
	"pocketcore/ClaimSubmissionWindow": `"3"`, "pocketcore/ClaimExpiration": `"24"`, "pocketcore/MinimumNumberOfProofs": `"5"`,
	"pocketcore/SessionNodeCount": `"3"`, "pocketcore/ReplayAttackBurnMultiplier": `"3"`, "pocketcore/SupportedBlockchains": `["0001","0021"]`,
	"pocketcore/BlockByteSize":            `"4000000"`,
	"application/ApplicationStakeMinimum": `"1000000"`, "application/BaseRelaysPerPOKT": `"200000"`, "application/MaxApplications": `"2000"`,
	"application/MaximumChains": `"15"`, "application/ParticipationRateOn": `false`, "application/StabilityAdjustment": `"0"`,
	"application/AppUnstakingTime": `"60000000000"`,
	"auth/FeeMultipliers":          `{"fee_multiplier":null,"default":"1"}`, "auth/MaxMemoCharacters": `"75"`, "auth/TxSigLimit": `"8"`,
}

// What a feature brings when it becomes active.
var featureParams = map[string]map[string]string{
	"RSCAL": {
		"pos/ServicerStakeFloorMultiplier": `"15000000000"`, "pos/ServicerStakeWeightCeiling": `"15000000000"`,
		"pos/ServicerStakeWeightMultiplier": `"1.000000000000000000"`, "pos/ServicerStakeFloorMultiplierExponent": `"1.000000000000000000"`,
	},
	"PerChainRTTM": {"pos/RelaysToTokensMultiplierMap": `{}`},
}

// number reads the digits of a parameter or a height; 0 for none.
func number(text string) int64 {
	n, _ := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
	return n
}

func (s *state) param(key string) int64 { return number(s.params[key]) }

// textParam is a parameter as nodeparams writes it.
func (s *state) textParam(key string) string {
	if value, ok := s.params[key]; ok {
		return strings.Trim(value, `"`)
	}
	return "0"
}

func (s *state) multipliers() map[string]string {
	m := map[string]string{}
	if value, ok := s.params["pos/RelaysToTokensMultiplierMap"]; ok {
		if err := json.Unmarshal([]byte(value), &m); err != nil {
			panic(fmt.Sprintf("morsetest: multipliers %s: %v", value, err))
		}
	}
	return m
}

// fee returns what a kind of transaction costs.
func (s *state) fee(kind string) int64 {
	var w struct {
		Kinds []struct {
			Key        string `json:"key"`
			Multiplier string `json:"multiplier"`
		} `json:"fee_multiplier"`
		Default string `json:"default"`
	}
	if err := json.Unmarshal([]byte(s.params["auth/FeeMultipliers"]), &w); err != nil {
		panic(fmt.Sprintf("morsetest: fees: %v", err))
	}
	for _, k := range w.Kinds {
		if k.Key == kind {
			return 10_000 * number(k.Multiplier)
		}
	}
	return 10_000 * number(w.Default)
}

func (s *state) nodeParams() object {
	text := s.textParam
	return object{
		"dao_allocation": text("pos/DAOAllocation"), "downtime_jail_duration": text("pos/DowntimeJailDuration"), "max_evidence_age": text("pos/MaxEvidenceAge"),
		"max_jailed_blocks": text("pos/MaxJailedBlocks"), "max_validators": text("pos/MaxValidators"), "maximum_chains": text("pos/MaximumChains"),
		"min_signed_per_window": text("pos/MinSignedPerWindow"), "proposer_allocation": text("pos/ProposerPercentage"),
		"relays_to_tokens_multiplier": text("pos/RelaysToTokensMultiplier"), "relays_to_tokens_multiplier_map": s.multipliers(),
		"servicer_stake_floor_multipler":           text("pos/ServicerStakeFloorMultiplier"),
		"servicer_stake_floor_multiplier_exponent": text("pos/ServicerStakeFloorMultiplierExponent"),
		"servicer_stake_weight_ceiling":            text("pos/ServicerStakeWeightCeiling"),
		"servicer_stake_weight_multipler":          text("pos/ServicerStakeWeightMultiplier"),
		"session_block_frequency":                  text("pos/BlocksPerSession"), "signed_blocks_window": text("pos/SignedBlocksWindow"),
		"slash_fraction_double_sign": text("pos/SlashFractionDoubleSign"), "slash_fraction_downtime": text("pos/SlashFractionDowntime"),
		"stake_denom": "upokt", "stake_minimum": text("pos/StakeMinimum"), "unstaking_time": text("pos/UnstakingTime"),
	}
}

func (s *state) pocketParams() object {
	text := s.textParam
	return object{
		"block_byte_size": text("pocketcore/BlockByteSize"), "claim_expiration": text("pocketcore/ClaimExpiration"),
		"minimum_number_of_proofs": text("pocketcore/MinimumNumberOfProofs"), "proof_waiting_period": text("pocketcore/ClaimSubmissionWindow"),
		"replay_attack_burn_multiplier": text("pocketcore/ReplayAttackBurnMultiplier"), "session_node_count": text("pocketcore/SessionNodeCount"),
		"supported_blockchains": json.RawMessage(s.params["pocketcore/SupportedBlockchains"]),
	}
}

func (s *state) appParams() object {
	text := s.textParam
	return object{
		"app_stake_minimum": text("application/ApplicationStakeMinimum"), "base_relays_per_pokt": text("application/BaseRelaysPerPOKT"),
		"max_applications": text("application/MaxApplications"), "maximum_chains": text("application/MaximumChains"),
		"participation_rate_on": json.RawMessage(s.params["application/ParticipationRateOn"]),
		"stability_adjustment":  text("application/StabilityAdjustment"), "unstaking_time": text("application/AppUnstakingTime"),
	}
}
