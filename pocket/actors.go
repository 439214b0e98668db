package pocket

import (
	"time"

	"github.com/shopspring/decimal"
)

// An Application pays for relays with its stake.
type Application struct {
	Address           Address
	Stake             Upokt
	Services          []ServiceID
	Gateways          []Address // it lets these sign for it
	UnstakeSessionEnd Height    // 0 while staked
	SpendLimit        *Upokt    // per session; nil when it set none
}

// A Gateway sends relays for applications.
type Gateway struct {
	Address           Address
	Stake             Upokt
	UnstakeSessionEnd Height // 0 while staked
}

// A Service is a kind of RPC that suppliers serve.
type Service struct {
	ID                   ServiceID
	Name                 string // free text of its owner
	ComputeUnitsPerRelay int64
	Owner                Address
}

// A Validator makes blocks and is paid by delegations.
type Validator struct {
	Operator   Address // poktvaloper1…
	Moniker    string  // free text of its operator
	Status     string  // BOND_STATUS_BONDED, _UNBONDING or _UNBONDED
	Jailed     bool
	Tokens     Upokt
	Commission string // a decimal fraction such as 0.1
	PubKey     []byte // ed25519; its SHA-256's first 20 bytes are the consensus address
}

// SigningInfo is how well a validator has signed lately.
type SigningInfo struct {
	Address      Address // poktvalcons1…
	StartHeight  Height
	MissedBlocks int64 // within the slashing window
	JailedUntil  time.Time
	Tombstoned   bool
}

// SigningParams say how many blocks a validator must sign.
type SigningParams struct {
	Window    int64           // the blocks that are looked at
	MinSigned decimal.Decimal // the part of them that must be signed
}

// MostMissed returns how many blocks of the window may be missed: one more, and the validator is jailed.
func (p SigningParams) MostMissed() int64 {
	signed := p.MinSigned.Mul(decimal.NewFromInt(p.Window)).RoundBank(0).IntPart()
	return p.Window - signed
}

// An Account is an address that the chain knows.
type Account struct {
	Address  Address
	Number   uint64
	Sequence uint64
	PubKey   []byte // nil until it first signs: such an operator cannot claim
	Module   string // the name of a module account, "" for a person's
}

// A Claim is a supplier's word on what it served in a session, before it settles.
type Claim struct {
	Supplier, Application Address
	Service               ServiceID
	SessionID             string
	SessionStart          Height
	SessionEnd            Height
	RootHash              []byte
	ComputeUnits          int64 // from the root hash; 0 when that is too short to hold it
	Relays                int64 // likewise: mined relays, before scaling by difficulty
	Status                ProofStatus
}

// SessionInfo is a session of one application and service and who serves it.
type SessionInfo struct {
	Session
	ID          string
	Application Application
	Service     ServiceID
	Suppliers   []Supplier
}

// Difficulty is how many relays of a service are mined: those whose hash lies below the target.
type Difficulty struct {
	Service    ServiceID
	Height     Height
	RelaysEMA  int64
	TargetHash []byte // 32 bytes
}
