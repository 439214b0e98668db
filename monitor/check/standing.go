package check

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// A standing is how a supplier stands after a block, as far as its history tells.
type standing struct {
	known      bool // the history says something
	staked     bool
	stakeKnown bool
	stake      pocket.Upokt
	owner      pocket.Address
	config     *pocket.Supplier // with its services; nil when no source told them

	leaving  bool
	forced   bool          // it is leaving since its stake is below the minimum
	leaveEnd pocket.Height // the end of the session in which it asked or was made to leave
	since    pocket.At     // when it began to leave

	stakes []monitor.Sample // as it changed
}

// outlook foresees when the stake reaches a minimum if it is slashed as it was in the last week. What was added to it is no part of that.
func (s *standing) outlook(minStake pocket.Upokt, now time.Time) monitor.Outlook {
	return monitor.Forecast{Limit: float64(minStake), Below: true, Steps: true, Refill: 1}.Foresee(s.stakes, now)
}

// take applies an entry of the history. Entries come in the order of the chain.
func (s *standing) take(c index.SupplierChange, minStake pocket.Upokt) {
	s.known = true
	if c.StakeKnown {
		s.stake, s.stakeKnown = c.Stake, true
		if !c.Time.IsZero() {
			s.stakes = append(s.stakes, monitor.Sample{At: c.Time, Value: float64(c.Stake)})
		}
	}
	if c.Config != nil && !c.Config.Owner.IsZero() {
		s.owner = c.Config.Owner
	}
	switch c.Kind {
	case index.Staked:
		s.staked = true
		if c.Config != nil {
			s.see(*c.Config, c.At, minStake)
		}
	case index.Seen:
		s.staked = true
		s.see(*c.Config, c.At, minStake)
	case index.Leaving:
		s.staked, s.leaving, s.forced, s.leaveEnd, s.since = true, true, c.Forced, c.SessionEnd, c.At
	case index.Stayed:
		s.leaving, s.forced, s.leaveEnd = false, false, 0
	case index.Left, index.Gone:
		*s = standing{known: true, owner: s.owner, config: s.config, stakeKnown: true}
	case index.Activated, index.Slashed: // what came of it was told by the stake, or is by what is seen next
	}
}

// see takes in the whole supplier. Its state does not say why it is leaving; a stake below the minimum does.
func (s *standing) see(config pocket.Supplier, at pocket.At, minStake pocket.Upokt) {
	s.config = &config
	switch end := config.UnstakeSessionEnd; {
	case end == 0:
		s.leaving, s.forced, s.leaveEnd = false, false, 0
	case !s.leaving:
		s.leaving, s.leaveEnd, s.since = true, end, at
		s.forced = config.State(minStake) == pocket.SupplierBelowMinimum
	default:
		s.leaveEnd = end
	}
}

// idle reports whether it is staked without a service in force or to come; false while nobody told its services.
func (s *standing) idle() bool {
	return s.staked && !s.leaving && s.config != nil && len(s.config.Services) == 0 && len(offered(s.config)) == 0
}

// offered are the services that a supplier has staked and not withdrawn: in force, or from the next session on.
func offered(s *pocket.Supplier) map[pocket.ServiceID]pocket.ServiceConfig {
	services := map[pocket.ServiceID]pocket.ServiceConfig{}
	if s == nil {
		return services
	}
	newest := map[pocket.ServiceID]pocket.Height{}
	for _, u := range s.History {
		if u.Deactivation == 0 && u.Activation >= newest[u.Service] {
			newest[u.Service], services[u.Service] = u.Activation, u.ServiceConfig
		}
	}
	if len(s.History) == 0 { // asked without details
		for _, c := range s.Services {
			services[c.Service] = c
		}
	}
	return services
}

// A changedServices is how what a supplier offers differs from what it did.
type changedServices struct {
	added, removed []pocket.ServiceID
	endpoints      []pocket.ServiceID // served at other URLs
	revShares      []pocket.ServiceID // shared among others, or otherwise
}

func (c changedServices) any() bool {
	return len(c.added)+len(c.removed)+len(c.endpoints)+len(c.revShares) > 0
}

func compareServices(before, after map[pocket.ServiceID]pocket.ServiceConfig) changedServices {
	var c changedServices
	for _, id := range slices.Sorted(maps.Keys(after)) {
		now := after[id]
		was, known := before[id]
		if !known {
			c.added = append(c.added, id)
			continue
		}
		if !slices.Equal(sortedEndpoints(was), sortedEndpoints(now)) {
			c.endpoints = append(c.endpoints, id)
		}
		if !slices.Equal(sortedShares(was), sortedShares(now)) {
			c.revShares = append(c.revShares, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[id]; !still {
			c.removed = append(c.removed, id)
		}
	}
	return c
}

func sortedEndpoints(c pocket.ServiceConfig) []pocket.Endpoint {
	return slices.SortedFunc(slices.Values(c.Endpoints), func(a, b pocket.Endpoint) int {
		return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.RPCType, b.RPCType))
	})
}

func sortedShares(c pocket.ServiceConfig) []pocket.RevShare {
	return slices.SortedFunc(slices.Values(c.RevShares), func(a, b pocket.RevShare) int {
		return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.Percent, b.Percent))
	})
}

// A Lives has the histories of suppliers: *index.Index is one.
type Lives interface {
	// SupplierHistory yields what happened to the stakes of suppliers, by height and place. An error is yielded last.
	SupplierHistory(ctx context.Context, suppliers ...pocket.Address) iter.Seq2[index.SupplierChange, error]
	Block(context.Context, pocket.Height) (pocket.Block, error)
	// PutSuppliers stores suppliers as they were seen after a block.
	PutSuppliers(ctx context.Context, source string, after pocket.Height, suppliers ...pocket.Supplier) error
	// PutGone stores that suppliers were not there after a block.
	PutGone(ctx context.Context, source string, after pocket.Height, operators ...pocket.Address) error
}

// A life is a supplier before and after a block.
type life struct{ before, after standing }

// livesAt reads how suppliers stood before block h and after it.
func livesAt(ctx context.Context, lives Lives, h pocket.Height, minStake pocket.Upokt, suppliers []pocket.Address) (map[pocket.Address]life, error) {
	found := make(map[pocket.Address]life, len(suppliers))
	if len(suppliers) == 0 {
		return found, nil
	}
	for c, err := range lives.SupplierHistory(ctx, suppliers...) {
		if err != nil {
			return nil, err
		}
		if c.Height > h {
			continue // the index is ahead of what is being looked at
		}
		l := found[c.Supplier]
		if c.Height < h {
			l.before.take(c, minStake)
		}
		l.after.take(c, minStake)
		found[c.Supplier] = l
	}
	return found, nil
}
