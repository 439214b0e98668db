package pockettest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

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
		"root_hash", t.rootHash(), "proof_validation_status", status)
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
		return nil, restFailure(grpcInternal,
			"block height %d is ahead of the last committed block height %d: error during session hydration", h, s.h)
	}
	app := slices.IndexFunc(s.w.applications, func(a application) bool { return a.address.String() == address })
	if app < 0 {
		return nil, restFailure(grpcInternal,
			"could not find app with address %q at height %d: application for session not found not found ", address, h)
	}
	if string(s.w.services[s.w.applications[app].service].ID) != id {
		return nil, restFailure(grpcInternal,
			"application %q not staked for service ID %q: application in session not staked for requested service", address, id)
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
