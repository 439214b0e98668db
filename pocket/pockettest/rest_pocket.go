package pockettest

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

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
		module + "/migration/morse_claimable_account":                  morseClaimables,
		module + "/migration/morse_claimable_account/{address}":        oneMorseClaimable,
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
