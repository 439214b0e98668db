package pockettest

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

const module = "/pokt-network/poktroll"

// pocketRoutes are those of the protocol's own modules.
func pocketRoutes() map[string]route {
	return map[string]route{
		module + "/supplier/supplier":                                  suppliers,
		module + "/supplier/supplier/{operator}":                       oneSupplier,
		module + "/application/application":                            applications,
		module + "/application/application/{address}":                  oneApplication,
		module + "/gateway/gateway":                                    gateways,
		module + "/gateway/gateway/{address}":                          oneGateway,
		module + "/service/service":                                    services,
		module + "/service/service/{id}":                               oneService,
		module + "/service/relay_mining_difficulty":                    difficulties,
		module + "/service/relay_mining_difficulty/{id}":               difficultyNow,
		module + "/service/relay_mining_difficulty/{id}/at_height/{h}": difficultyAt,
		module + "/service/relay_mining_difficulty/{id}/history":       difficultyHistory,
		module + "/service/compute_units_per_relay/{id}/at_height/{h}": unitsPerRelay,
		module + "/service/compute_units_per_relay/{id}/history":       unitsHistory,
		module + "/proof/claim":                                        claims,
		module + "/proof/claim/{session}/{operator}":                   oneClaim,
		module + "/proof/proof":                                        proofs,
		module + "/session/get_session":                                oneSession,
		module + "/shared/params/{h}":                                  sharedParamsAt,
		module + "/shared/params":                                      sharedParams,
		module + "/tokenomics/params":                                  tokenomicsParams,
		module + "/proof/params":                                       proofParams,
		module + "/session/params":                                     sessionParams,
		module + "/supplier/params":                                    supplierParams,
		module + "/service/params":                                     serviceParams,
		module + "/application/params":                                 applicationParams,
		module + "/gateway/params":                                     gatewayParams,
		module + "/migration/params":                                   migrationParams,
	}
}

// An entry is a supplier in one of the store's orders.
type entry struct {
	key      string
	supplier pocket.Supplier
}

// suppliers lists them. The limit counts entries of the store, and the filters are applied afterwards.
func suppliers(s *state) (json.RawMessage, *restError) {
	query := s.r.URL.Query()
	owner, operator, wanted := query.Get("owner_address"), query.Get("operator_address"), query.Get("service_id")
	dehydrated := query.Get("dehydrated") == "true"
	if owner != "" {
		if problem := accountProblem(owner); problem != "" {
			return nil, restFailure(grpcInvalid, "invalid owner address %s; (%s): invalid address", owner, problem)
		}
	}
	form := func(e entry) any { return supplierForm(e.supplier, dehydrated) }
	if operator != "" && owner == "" && wanted == "" {
		found := slices.DeleteFunc(s.supplierEntries(), func(e entry) bool { return e.supplier.Operator.String() != operator })
		return object("supplier", list(found, form), "pagination", nil), nil
	}
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	all := s.supplierEntries()
	if wanted != "" {
		all = s.configEntries(pocket.ServiceID(wanted))
	}
	page, pagination := cut(p, all, func(e entry) string { return e.key })
	seen := map[pocket.Address]bool{}
	page = slices.DeleteFunc(slices.Clone(page), func(e entry) bool {
		who := e.supplier
		out := owner != "" && who.Owner.String() != owner || operator != "" && who.Operator.String() != operator || seen[who.Operator]
		seen[who.Operator] = true
		return out
	})
	return object("supplier", list(page, form), "pagination", pagination), nil
}

// supplierEntries returns all that are staked, by operator.
func (s *state) supplierEntries() []entry {
	var all []entry
	for i := range s.w.suppliers {
		if who, ok := s.w.supplierAt(i, s.h); ok {
			all = append(all, entry{who.Operator.String() + "/", who})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return all
}

// configEntries returns a supplier for each of its configurations of a service, by activation and operator.
func (s *state) configEntries(id pocket.ServiceID) []entry {
	var all []entry
	for _, e := range s.supplierEntries() {
		for _, u := range e.supplier.History {
			if u.Service == id {
				key := string(binary.BigEndian.AppendUint64(nil, uint64(u.Activation))) + "/" + e.key
				all = append(all, entry{key, e.supplier})
			}
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return all
}

func oneSupplier(s *state) (json.RawMessage, *restError) {
	operator := s.r.PathValue("operator")
	for _, e := range s.supplierEntries() {
		if e.supplier.Operator.String() == operator {
			return object("supplier", supplierForm(e.supplier, s.r.URL.Query().Get("dehydrated") == "true")), nil
		}
	}
	return nil, restFailure(grpcNotFound, "supplier with operator address: %q: supplier not found", operator)
}

// applicationsNow returns all applications, by address.
func (s *state) applicationsNow() []pocket.Application {
	var all []pocket.Application
	for i := range s.w.applications {
		all = append(all, s.w.applicationAt(i, s.h))
	}
	slices.SortFunc(all, func(a, b pocket.Application) int { return a.Address.Compare(b.Address) })
	return all
}

func applications(s *state) (json.RawMessage, *restError) {
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	page, pagination := cut(p, s.applicationsNow(), func(a pocket.Application) string { return a.Address.String() + "/" })
	if gateway := s.r.URL.Query().Get("delegatee_gateway_address"); gateway != "" {
		page = slices.DeleteFunc(slices.Clone(page), func(a pocket.Application) bool {
			return !slices.ContainsFunc(a.Gateways, func(g pocket.Address) bool { return g.String() == gateway })
		})
	}
	return object("applications", list(page, func(a pocket.Application) any { return applicationForm(a) }), "pagination", pagination), nil
}

func oneApplication(s *state) (json.RawMessage, *restError) {
	address := s.r.PathValue("address")
	for _, a := range s.applicationsNow() {
		if a.Address.String() == address {
			return object("application", applicationForm(a)), nil
		}
	}
	return nil, restFailure(grpcNotFound, "app address: %s: application not found", address)
}

func (s *state) gatewayForm() json.RawMessage {
	return object("address", s.w.gateway.String(), "stake", coinOf(pocket.POKT(5_000)+1), "unstake_session_end_height", "0", "metadata", nil)
}

func gateways(s *state) (json.RawMessage, *restError) {
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	page, pagination := cut(p, []json.RawMessage{s.gatewayForm()}, func(json.RawMessage) string { return s.w.gateway.String() + "/" })
	return object("gateways", page, "pagination", pagination), nil
}

func oneGateway(s *state) (json.RawMessage, *restError) {
	if address := s.r.PathValue("address"); address != s.w.gateway.String() {
		return nil, restFailure(grpcNotFound, "gateway not found: address %s", address)
	}
	return object("gateway", s.gatewayForm()), nil
}

func serviceForm(v service) any {
	return object("id", v.ID, "name", v.Name, "compute_units_per_relay", strconv.FormatInt(v.ComputeUnitsPerRelay, 10),
		"owner_address", v.Owner.String(), "metadata", nil)
}

func services(s *state) (json.RawMessage, *restError) {
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	page, pagination := cut(p, s.w.services, func(v service) string { return string(v.ID) + "/" })
	return object("service", list(page, serviceForm), "pagination", pagination), nil
}

// serviceNamed returns the number of the service that the path names, -1 when there is none.
func (s *state) serviceNamed() int {
	return slices.IndexFunc(s.w.services, func(v service) bool { return string(v.ID) == s.r.PathValue("id") })
}

func oneService(s *state) (json.RawMessage, *restError) {
	v := s.serviceNamed()
	if v < 0 {
		return nil, restFailure(grpcNotFound, "service ID not found: %q", s.r.PathValue("id"))
	}
	return object("service", serviceForm(s.w.services[v])), nil
}

// difficulty tells a service's mining difficulty in the session of h.
func (s *state) difficulty(v int, h pocket.Height) json.RawMessage {
	session := s.w.session(h)
	return object("service_id", s.w.services[v].ID, "block_height", heightText(session.Start),
		"num_relays_ema", strconv.FormatInt(s.w.relaysEMA(v, session), 10), "target_hash", s.w.services[v].target())
}

func difficulties(s *state) (json.RawMessage, *restError) {
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	numbers := []int{}
	for v := range s.w.services {
		numbers = append(numbers, v)
	}
	page, pagination := cut(p, numbers, func(v int) string { return string(s.w.services[v].ID) + "/" })
	return object("relayMiningDifficulty", list(page, func(v int) any { return s.difficulty(v, s.h) }), "pagination", pagination), nil
}

func (s *state) noService() *restError {
	return restFailure(grpcNotFound, "serviceID: %s: service not found", s.r.PathValue("id"))
}

func difficultyNow(s *state) (json.RawMessage, *restError) {
	v := s.serviceNamed()
	if v < 0 {
		return nil, s.noService()
	}
	return object("relayMiningDifficulty", s.difficulty(v, s.h)), nil
}

// heightInPath returns the height that the path names.
func (s *state) heightInPath() (pocket.Height, *restError) {
	text := s.r.PathValue("h")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, restFailure(grpcInvalid, "type mismatch, parameter: block_height, error: %v", err)
	}
	return pocket.Height(n), nil
}

func difficultyAt(s *state) (json.RawMessage, *restError) {
	h, failed := s.heightInPath()
	if failed != nil {
		return nil, failed
	}
	v := s.serviceNamed()
	if v < 0 {
		return nil, s.noService()
	}
	return object("relayMiningDifficulty", s.difficulty(v, max(1, min(h, s.h)))), nil
}

func difficultyHistory(s *state) (json.RawMessage, *restError) {
	v := s.serviceNamed()
	if v < 0 {
		return nil, s.noService()
	}
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	var starts []pocket.Height
	for session := s.w.session(1); session.Start <= s.h; session = s.w.session(session.End + 1) {
		starts = append(starts, session.Start)
	}
	page, pagination := cut(p, starts, func(h pocket.Height) string { return string(binary.BigEndian.AppendUint64(nil, uint64(h))) })
	return object("relayMiningDifficultyHistory", list(page, func(h pocket.Height) any {
		return object("effective_height", heightText(h), "difficulty", s.difficulty(v, h))
	}), "pagination", pagination), nil
}

func unitsPerRelay(s *state) (json.RawMessage, *restError) {
	if _, failed := s.heightInPath(); failed != nil {
		return nil, failed
	}
	v := s.serviceNamed()
	if v < 0 {
		return nil, s.noService()
	}
	return object("computeUnitsPerRelay", strconv.FormatInt(s.w.services[v].ComputeUnitsPerRelay, 10)), nil
}

func unitsHistory(s *state) (json.RawMessage, *restError) {
	if s.serviceNamed() < 0 {
		return nil, s.noService()
	}
	return object("computeUnitsPerRelayHistory", []string{}, "pagination", object("next_key", nil, "total", "0")), nil
}

// pendingClaims returns the claims that are on the chain after block h, by session id and operator.
func (s *state) pendingClaims() []told {
	var all []told
	for session, windows := range s.w.pending(s.h + 1) {
		if windows.ClaimOpen > s.h {
			continue
		}
		p := s.w.page(session)
		for i := range p.claims {
			if p.claims[i].claimedAt <= s.h {
				all = append(all, told{s.w, &p.claims[i]})
			}
		}
	}
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(strings.Compare(a.sessionID, b.sessionID), a.operator().Compare(b.operator()))
	})
	return all
}

// claimForm is a claim as the state shows it: its proof is known once it was sent.
func (s *state) claimForm(t told) any {
	status := "PENDING_VALIDATION"
	if t.provedAt > 0 && t.provedAt <= s.h {
		status = map[proofKind]string{goodProof: "VALIDATED", badProof: "INVALID"}[t.proof]
	}
	return object("supplier_operator_address", t.operator().String(), "session_header", t.header(),
		"root_hash", t.rootHash(s.w.cfg.Seed), "proof_validation_status", status)
}

func claims(s *state) (json.RawMessage, *restError) {
	query := s.r.URL.Query()
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	operator, session, end := query.Get("supplier_operator_address"), query.Get("session_id"), query.Get("session_end_height")
	if operator != "" {
		if problem := accountProblem(operator); problem != "" {
			return nil, restFailure(grpcInvalid, "invalid supplier operator address: %s", problem)
		}
	}
	all := slices.DeleteFunc(s.pendingClaims(), func(t told) bool {
		return operator != "" && t.operator().String() != operator || session != "" && t.sessionID != session ||
			end != "" && heightText(t.session.End) != end
	})
	page, pagination := cut(p, all, func(t told) string { return "/" + t.sessionID + "/" + t.operator().String() })
	return object("claims", list(page, s.claimForm), "pagination", pagination), nil
}

func oneClaim(s *state) (json.RawMessage, *restError) {
	session, operator := s.r.PathValue("session"), s.r.PathValue("operator")
	for _, t := range s.pendingClaims() {
		if t.sessionID == session && t.operator().String() == operator {
			return object("claim", s.claimForm(t)), nil
		}
	}
	return nil, restFailure(grpcNotFound, "session ID %q and supplier %q: claim not found", session, operator)
}

// proofs are deleted in the block that carries them: none is ever seen.
func proofs(*state) (json.RawMessage, *restError) {
	return object("proofs", []string{}, "pagination", object("next_key", nil, "total", "0")), nil
}

func oneSession(s *state) (json.RawMessage, *restError) {
	query := s.r.URL.Query()
	address, id := query.Get("application_address"), query.Get("service_id")
	n, err := strconv.ParseInt(cmp.Or(query.Get("block_height"), "0"), 10, 64)
	if err != nil {
		return nil, restFailure(grpcInvalid, "type mismatch, parameter: block_height, error: %v", err)
	}
	h := pocket.Height(n)
	if h == 0 {
		h = s.h
	}
	if h > s.h {
		return nil, restFailure(grpcInternal, "block height %d is ahead of the last committed block height %d: error during session hydration", h, s.h)
	}
	app := slices.IndexFunc(s.w.applications, func(a application) bool { return a.address.String() == address })
	if app < 0 {
		return nil, restFailure(grpcInternal, "could not find app with address %q at height %d: application for session not found not found ", address, h)
	}
	if string(s.w.services[s.w.applications[app].service].ID) != id {
		return nil, restFailure(grpcInternal, "application %q not staked for service ID %q: application in session not staked for requested service", address, id)
	}
	session := s.w.session(max(1, h))
	key := s.w.sessionID(session, app)
	header := sessionHeader{address, id, key, heightText(session.Start), heightText(session.End)}
	return object("session", object("header", header, "session_id", key, "session_number", strconv.FormatInt(session.Number, 10),
		"num_blocks_per_session", heightText(session.End-session.Start+1),
		"application", applicationForm(s.w.applicationAt(app, session.Start)),
		"suppliers", list(s.sessionSuppliers(session, app, id), func(who pocket.Supplier) any { return supplierForm(who, false) }))), nil
}

// sessionSuppliers returns who serves an application in a session, cut to that service.
func (s *state) sessionSuppliers(session pocket.Session, app int, id string) []pocket.Supplier {
	var all []pocket.Supplier
	circle := s.w.servedBy[s.w.applications[app].service]
	first, count := s.w.served(session, app)
	for i := range count {
		who, _ := s.w.supplierAt(circle[(first+i)%int64(len(circle))], session.Start)
		who.Services = slices.DeleteFunc(slices.Clone(who.Services), func(c pocket.ServiceConfig) bool { return string(c.Service) != id })
		who.History = nil
		if len(who.Services) > 0 {
			all = append(all, who)
		}
	}
	return all
}

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
	return object("params", object("max_delegated_gateways", strconv.FormatInt(p.MaxDelegatedGateways, 10), "min_stake", coinOf(p.ApplicationMinStake))), nil
}

func gatewayParams(s *state) (json.RawMessage, *restError) {
	return object("params", object("min_stake", coinOf(s.params().GatewayMinStake))), nil
}

func migrationParams(s *state) (json.RawMessage, *restError) {
	p := s.params()
	return object("params", object("waive_morse_claim_gas_fees", p.MorseClaimFeesWaived,
		"allow_morse_account_import_overwrite", p.MorseOverwriteAllowed, "morse_account_claiming_enabled", p.MorseClaimsOpen)), nil
}
