package pockettest

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

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
