package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// Served is an endpoint that an operator serves, by his own configuration.
type Served struct {
	Operator pocket.Address
	Service  pocket.ServiceID
	RPCType  string // JSON_RPC, REST, WEBSOCKET, GRPC, COMET_BFT
	URL      string // as gateways are to reach it
}

// EndpointMatch compares the endpoints that operators serve with those they staked, since gateways only know the latter.
//
// It reports [monitor.SupplierEndpointMismatch] for each service and RPC type of the operators it is told about. Another spelling of
// the same URL is no difference. Facts: service, rpc_type, staked, serving; either may be "nothing".
type EndpointMatch struct {
	stakes StakeList
	served map[pocket.Address]map[servedKind][]string
	chain  string
}

type servedKind struct {
	service pocket.ServiceID
	rpcType string
}

// NewEndpointMatch returns a check of what is served against what stakes tell. chain is the chain's id, for labels.
func NewEndpointMatch(stakes StakeList, served []Served, chain string) (*EndpointMatch, error) {
	m := &EndpointMatch{stakes: stakes, served: map[pocket.Address]map[servedKind][]string{}, chain: chain}
	for _, s := range served {
		if _, err := parseAddress(s.URL); err != nil {
			return nil, fmt.Errorf("%s serves %s %s at %q: %w: %w", s.Operator, s.Service, s.RPCType, cleaned(s.URL, 200), err, pocket.ErrInvalid)
		}
		of := m.served[s.Operator]
		if of == nil {
			of = map[servedKind][]string{}
			m.served[s.Operator] = of
		}
		kind := servedKind{s.Service, s.RPCType}
		of[kind] = append(of[kind], canonicalURL(s.URL))
	}
	return m, nil
}

// canonicalURL is a URL as it is compared and shown.
func canonicalURL(raw string) string {
	a, err := parseAddress(raw)
	if err != nil {
		return cleaned(raw, 200)
	}
	return cleaned(a.short(), 200)
}

// Look implements [monitor.Check].
func (m *EndpointMatch) Look(ctx context.Context) ([]monitor.Result, error) {
	suppliers, err := m.stakes.Staked(ctx)
	if err != nil {
		return nil, err
	}
	var results []monitor.Result
	for _, s := range suppliers {
		served := m.served[s.Operator]
		if len(served) == 0 || s.UnstakeSessionEnd != 0 {
			continue // he said nothing of it, or it serves for nobody much longer
		}
		staked := map[servedKind][]string{}
		for _, service := range s.Services {
			for _, e := range service.Endpoints {
				kind := servedKind{service.Service, e.RPCType}
				staked[kind] = append(staked[kind], canonicalURL(e.URL))
			}
		}
		for _, kind := range kindsOf(staked, served) {
			results = append(results, m.compare(s, kind, staked[kind], served[kind]))
		}
	}
	return results, nil
}

// kindsOf returns the kinds that are in either, in order.
func kindsOf(maps ...map[servedKind][]string) []servedKind {
	var kinds []servedKind
	for _, m := range maps {
		for kind := range m {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	slices.SortFunc(kinds, func(a, b servedKind) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.rpcType, b.rpcType))
	})
	return kinds
}

func (m *EndpointMatch) compare(s pocket.Supplier, kind servedKind, staked, serving []string) monitor.Result {
	service, rpcType := cleaned(string(kind.service), 50), cleaned(kind.rpcType, 20)
	r := monitor.Result{
		Key:    monitor.Key{Name: monitor.SupplierEndpointMismatch, Subject: s.Operator.String(), Part: service + " " + rpcType},
		Health: monitor.Healthy, Labels: Labels{Chain: m.chain, Owner: s.Owner, Operator: s.Operator, Service: kind.service}.Map(),
	}
	staked, serving = distinct(staked), distinct(serving)
	if !slices.Equal(staked, serving) {
		r.Health = monitor.Failing
		r.Facts = monitor.Facts{
			monitor.Text("service", service), monitor.Text("rpc_type", rpcType),
			monitor.Text("staked", orNothing(staked)), monitor.Text("serving", orNothing(serving)),
		}
	}
	return r
}

// distinct sorts a list and leaves each once.
func distinct(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func orNothing(list []string) string {
	return cmp.Or(strings.Join(list, ", "), "nothing")
}
