package pocket

// A ServiceID names a service, such as "eth".
type ServiceID string

// A Supplier is a staked provider of relays: what front ends call a node.
type Supplier struct {
	Operator Address // signs claims and proofs, and names the supplier
	Owner    Address // owns the stake, and gets it back
	Stake    Upokt
	Services []ServiceConfig // active now; empty while unbonding, and before the first session
	History  []ServiceUpdate // each change of services; absent when asked without details

	// UnstakeSessionEnd is 0 while staked; else the end of the session in which the unstake was asked or forced.
	UnstakeSessionEnd Height
}

// A ServiceConfig says where a supplier serves a service and who gets what it earns.
type ServiceConfig struct {
	Service   ServiceID
	Endpoints []Endpoint
	RevShares []RevShare // they add up to 100
}

// An Endpoint is a URL that the supplier staked. A stranger chose it.
type Endpoint struct {
	URL     string
	RPCType string // JSON_RPC, REST, WEBSOCKET, GRPC, COMET_BFT
}

// A RevShare is an address's part of what a supplier earns with a service.
type RevShare struct {
	Address Address
	Percent int64
}

// A ServiceUpdate is a service config and the heights between which it is in force.
type ServiceUpdate struct {
	ServiceConfig
	Activation   Height // the first block of a session, which may lie ahead
	Deactivation Height // 0 while in force
}

// A SupplierState tells where a supplier is in its life.
type SupplierState string

const (
	// SupplierActive: staked and serving.
	SupplierActive SupplierState = "active"
	// SupplierIdle: staked with no active service, so it earns nothing. It was just staked and its services start with the
	// next session, or its owner cancelled an unstake and the operator must stake the services again.
	SupplierIdle SupplierState = "idle"
	// SupplierUnbonding: its owner or operator unstaked it; the stake comes back at [SharedParams.UnbondingEnd].
	SupplierUnbonding SupplierState = "unbonding"
	// SupplierBelowMinimum: a slash took its stake below the minimum. It looks like unbonding but no end comes: services stay
	// active and claims go on settling until the owner restakes. (Observed on protocol v0.1.35.)
	SupplierBelowMinimum SupplierState = "below minimum stake"
)

// State tells where s is in its life. minStake is the supplier module's min_stake.
func (s Supplier) State(minStake Upokt) SupplierState {
	switch {
	case s.UnstakeSessionEnd > 0 && s.Stake < minStake:
		return SupplierBelowMinimum
	case s.UnstakeSessionEnd > 0:
		return SupplierUnbonding
	case len(s.Services) == 0:
		return SupplierIdle
	default:
		return SupplierActive
	}
}

// StakedSince returns the earliest height at which s is known to have had a service, 0 when its history tells none.
func (s Supplier) StakedSince() Height {
	var first Height
	for _, update := range s.History {
		if first == 0 || update.Activation < first {
			first = update.Activation
		}
	}
	return first
}
