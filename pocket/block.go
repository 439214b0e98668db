package pocket

import "time"

// A Height is a block's number, counted from 1. It has a type of its own so that it is never taken for a time.
type Height int64

// A Block is a block's header and what its body holds.
type Block struct {
	Height   Height
	Time     time.Time // UTC, as the proposers agreed on it
	Hash     string    // 64 upper-case hexadecimal digits
	ChainID  string
	Proposer string   // consensus address, 40 upper-case hexadecimal digits
	Txs      [][]byte // the transactions as signed; nil in a header alone
}

// A Span is the time from From up to but not including To. A zero end is open.
type Span struct{ From, To time.Time }

// Contains reports whether t lies in s.
func (s Span) Contains(t time.Time) bool {
	return !t.Before(s.From) && (s.To.IsZero() || t.Before(s.To))
}

// Status is what a full node says of itself.
type Status struct {
	ChainID      string
	Version      string // of the CometBFT inside, such as 0.38.19
	Latest       Height
	LatestTime   time.Time // UTC
	Earliest     Height    // the first block that the node still has
	CatchingUp   bool
	TxIndex      bool  // whether transactions and blocks can be searched
	VotingPower  int64 // of this node's validator key, 0 for a plain full node
	Moniker      string
	ValidatorHex string // consensus address of this node's key, 40 upper-case hexadecimal digits
}

// An Upgrade is a change of the protocol's version that governance has planned: at its height every node that does not run the new
// version stops.
type Upgrade struct {
	Name   string // of the version, such as v0.1.36
	Height Height // the first block that needs it; 0 when none is planned
	Info   string // often JSON with the addresses of binaries; free text
}
