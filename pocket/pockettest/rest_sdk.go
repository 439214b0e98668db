package pockettest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/decred/dcrd/bech32"

	"github.com/poktbot/poktbot/pocket"
)

// sdkRoutes are those of the Cosmos SDK's modules.
func sdkRoutes() map[string]route {
	return map[string]route{
		"/cosmos/bank/v1beta1/balances/{address}":              balances,
		"/cosmos/bank/v1beta1/spendable_balances/{address}":    balances,
		"/cosmos/bank/v1beta1/balances/{address}/by_denom":     balanceByDenom,
		"/cosmos/bank/v1beta1/supply/by_denom":                 supply,
		"/cosmos/auth/v1beta1/accounts/{address}":              oneAccount,
		"/cosmos/auth/v1beta1/module_accounts/{name}":          moduleAccount,
		"/cosmos/staking/v1beta1/validators":                   stakingValidators,
		"/cosmos/staking/v1beta1/validators/{operator}":        stakingValidator,
		"/cosmos/staking/v1beta1/pool":                         stakingPool,
		"/cosmos/slashing/v1beta1/signing_infos":               signingInfos,
		"/cosmos/slashing/v1beta1/params":                      slashingParams,
		"/cosmos/upgrade/v1beta1/current_plan":                 upgradePlan,
		"/cosmos/gov/v1/proposals":                             noProposals,
		"/cosmos/authz/v1beta1/grants":                         grants,
		"/cosmos/authz/v1beta1/grants/granter/{address}":       grantsOf,
		"/cosmos/authz/v1beta1/grants/grantee/{address}":       grantsOf,
		"/cosmos/base/tendermint/v1beta1/validatorsets/latest": validatorSet,
	}
}

// holder returns the balance of the address in the path.
func (s *state) holder() (pocket.Upokt, *restError) {
	address := s.r.PathValue("address")
	if problem := accountProblem(address); problem != "" {
		if len(problem) > 3 && problem[:3] == "hrp" {
			problem += ": internal logic error"
		}
		return 0, restFailure(grpcInvalid, "invalid address: %s", problem)
	}
	sheet, err := s.chain.balances.after(s.r.Context(), s.w, s.h)
	if err != nil {
		return 0, restFailure(grpcUnknown, "%v", err)
	}
	return sheet[address], nil
}

func balances(s *state) (json.RawMessage, *restError) {
	amount, failed := s.holder()
	if failed != nil {
		return nil, failed
	}
	coins := []coinJSON{}
	if amount > 0 {
		coins = append(coins, coinOf(amount))
	}
	return object("balances", coins, "pagination", object("next_key", nil, "total", strconv.Itoa(len(coins)))), nil
}

func balanceByDenom(s *state) (json.RawMessage, *restError) {
	amount, failed := s.holder()
	if failed != nil {
		return nil, failed
	}
	coin := coinOf(amount)
	if denom := s.r.URL.Query().Get("denom"); denom != "upokt" {
		coin = coinJSON{denom, "0"}
	}
	return object("balance", coin), nil
}

func supply(s *state) (json.RawMessage, *restError) {
	sheet, err := s.chain.balances.after(s.r.Context(), s.w, s.h)
	if err != nil {
		return nil, restFailure(grpcUnknown, "%v", err)
	}
	var sum pocket.Upokt
	for _, amount := range sheet {
		sum += amount
	}
	return object("amount", coinOf(sum)), nil
}

// signers are who signs transactions, and so has shown a public key.
func (w *world) signers() map[string]bool {
	all := map[string]bool{w.spendthrift.String(): true}
	for _, list := range [][]pocket.Address{w.owners, w.wallets} {
		for _, a := range list {
			all[a.String()] = true
		}
	}
	for _, s := range w.suppliers {
		all[s.operator.String()] = true
	}
	for _, a := range w.applications {
		all[a.address.String()] = true
	}
	return all
}

func oneAccount(s *state) (json.RawMessage, *restError) {
	address := s.r.PathValue("address")
	if problem := accountProblem(address); problem != "" {
		return nil, restFailure(grpcUnknown, "%s", problem)
	}
	signs := s.w.signers()[address]
	known := signs
	if !known {
		sheet, err := s.chain.balances.after(s.r.Context(), s.w, s.h)
		if err != nil {
			return nil, restFailure(grpcUnknown, "%v", err)
		}
		_, known = sheet[address]
	}
	if !known {
		return nil, restFailure(grpcNotFound, "account %s not found", address)
	}
	var key any
	sequence := uint64(0)
	if signs {
		who, _ := pocket.ParseAddress(address) // it was looked at above
		key = object("@type", "/cosmos.crypto.secp256k1.PubKey", "key", publicKey(who))
		sequence = uint64(s.h+1) << 8 // what a transaction in the next block could carry
	}
	return object("account", object("@type", "/cosmos.auth.v1beta1.BaseAccount", "address", address, "pub_key", key,
		"account_number", strconv.Itoa(s.w.accountNumber(address)), "sequence", strconv.FormatUint(sequence, 10))), nil
}

// accountNumber is an account's place among those of the beginning; those that came later share one.
func (w *world) accountNumber(address string) int {
	known := slices.Sorted(maps.Keys(w.genesis))
	i, _ := slices.BinarySearch(known, address)
	return i
}

func moduleAccount(s *state) (json.RawMessage, *restError) {
	name := s.r.PathValue("name")
	address := moduleAddress(name)
	if address == name {
		return nil, restFailure(grpcNotFound, "account %s not found", name)
	}
	return object("account", object("@type", "/cosmos.auth.v1beta1.ModuleAccount",
		"base_account", object("address", address, "pub_key", nil, "account_number", strconv.Itoa(s.w.accountNumber(address)), "sequence", "0"),
		"name", name, "permissions", []string{"minter", "burner", "staking"})), nil
}

func (s *state) validatorForm(v validator) any {
	began := nanoTime(s.w.cfg.Start)
	tokens := strconv.FormatInt(int64(v.stake), 10)
	status, jailed := "BOND_STATUS_BONDED", s.w.penance(v, s.h).jailed
	if jailed {
		status = "BOND_STATUS_UNBONDING"
	}
	return object("operator_address", v.operator.String(),
		"consensus_pubkey", object("@type", "/cosmos.crypto.ed25519.PubKey", "key", v.key),
		"jailed", jailed, "status", status, "tokens", tokens, "delegator_shares", tokens+".000000000000000000",
		"description", object("moniker", "simulated-validator-"+strconv.Itoa(s.w.validatorNumber(v)), "identity", "", "website", "",
			"security_contact", "", "details", "simulated"),
		"unbonding_height", "0", "unbonding_time", "1970-01-01T00:00:00Z",
		"commission", object("commission_rates", object("rate", "0.100000000000000000", "max_rate", "0.500000000000000000",
			"max_change_rate", "0.050000000000000000"), "update_time", began),
		"min_self_delegation", "1", "unbonding_on_hold_ref_count", "0", "unbonding_ids", []string{})
}

func (w *world) validatorNumber(v validator) int {
	return 1 + slices.IndexFunc(w.validators, func(x validator) bool { return x.operator == v.operator })
}

func stakingValidators(s *state) (json.RawMessage, *restError) {
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	all := s.w.validators
	if status := s.r.URL.Query().Get("status"); status != "" {
		all = slices.DeleteFunc(slices.Clone(all), func(v validator) bool {
			return (status == "BOND_STATUS_BONDED") == s.w.penance(v, s.h).jailed
		})
	}
	page, pagination := cut(p, all, func(v validator) string { return fmt.Sprintf("%04d", s.w.validatorNumber(v)) })
	return object("validators", list(page, s.validatorForm), "pagination", pagination), nil
}

func stakingValidator(s *state) (json.RawMessage, *restError) {
	operator := s.r.PathValue("operator")
	if _, _, err := bech32.Decode(operator); err != nil {
		return nil, restFailure(grpcUnknown, "decoding bech32 failed: %v", err)
	}
	for _, v := range s.w.validators {
		if v.operator.String() == operator {
			return object("validator", s.validatorForm(v)), nil
		}
	}
	return nil, restFailure(grpcNotFound, "validator %s not found", operator)
}

func stakingPool(s *state) (json.RawMessage, *restError) {
	var bonded pocket.Upokt
	for _, v := range s.w.validators {
		bonded += v.stake
	}
	return object("pool", object("not_bonded_tokens", "0", "bonded_tokens", strconv.FormatInt(int64(bonded), 10))), nil
}

// consensusAddress is poktvalcons1… of a validator's key.
func (v validator) consensusAddress() string {
	raw, _ := hex.DecodeString(v.hexAddress)                // it was encoded here
	text, _ := bech32.EncodeFromBase256("poktvalcons", raw) // and 20 bytes always encode
	return text
}

func signingInfos(s *state) (json.RawMessage, *restError) {
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	page, pagination := cut(p, s.w.validators, func(v validator) string { return v.hexAddress })
	return object("info", list(page, func(v validator) any {
		p := s.w.penance(v, s.h)
		until := "1970-01-01T00:00:00Z"
		if !p.until.IsZero() {
			until = nanoTime(p.until)
		}
		return object("address", v.consensusAddress(), "start_height", "0", "index_offset", heightText(s.h),
			"jailed_until", until, "tombstoned", false, "missed_blocks_counter", strconv.FormatInt(p.missed, 10))
	}), "pagination", pagination), nil
}

func upgradePlan(*state) (json.RawMessage, *restError) { return object("plan", nil), nil }

func noProposals(*state) (json.RawMessage, *restError) {
	return object("proposals", []string{}, "pagination", object("next_key", nil, "total", "0")), nil
}

// grants: nobody has granted anything on a simulated chain.
func grants(s *state) (json.RawMessage, *restError) {
	query := s.r.URL.Query()
	for _, name := range []string{"granter", "grantee"} {
		if problem := accountProblem(query.Get(name)); problem != "" {
			return nil, restFailure(grpcUnknown, "%s", problem)
		}
	}
	if url := query.Get("msg_type_url"); url != "" {
		return nil, restFailure(grpcUnknown, "codespace authz code 2: authorization not found: authorization not found for %s type", url)
	}
	return object("grants", []string{}, "pagination", object("next_key", nil, "total", "0")), nil
}

func grantsOf(s *state) (json.RawMessage, *restError) {
	if problem := accountProblem(s.r.PathValue("address")); problem != "" {
		return nil, restFailure(grpcUnknown, "%s", problem)
	}
	return object("grants", []string{}, "pagination", object("next_key", nil, "total", "0")), nil
}

func validatorSet(s *state) (json.RawMessage, *restError) {
	return object("block_height", heightText(s.h), "validators", list(s.w.validators, func(v validator) any {
		return object("address", v.consensusAddress(), "pub_key", object("@type", "/cosmos.crypto.ed25519.PubKey", "key", v.key),
			"voting_power", strconv.FormatInt(int64(v.stake)/pocket.UpoktPerPOKT, 10), "proposer_priority", "0")
	}), "pagination", object("next_key", nil, "total", strconv.Itoa(len(s.w.validators)))), nil
}
