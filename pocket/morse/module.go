package morse

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/poktbot/poktbot/pocket"
)

// A Module is an account of the chain itself.
type Module string

// The chain's own accounts.
const (
	FeePool    Module = "fee_collector" // fees and the DAO's and proposers' part of rewards, until the next block
	DAO        Module = "dao"
	NodePool   Module = "staked_tokens_pool" // the stakes of nodes; rewards are minted into it first
	AppPool    Module = "application_staked_tokens_pool"
	NodeModule Module = "pos"
)

var moduleAddresses = map[Module]pocket.Address{
	FeePool: moduleAddress(FeePool), DAO: moduleAddress(DAO), NodePool: moduleAddress(NodePool),
	AppPool: moduleAddress(AppPool), NodeModule: moduleAddress(NodeModule),
}

// ModuleAddress returns a module's address.
func ModuleAddress(m Module) pocket.Address {
	if a, ok := moduleAddresses[m]; ok {
		return a
	}
	return moduleAddress(m)
}

func moduleAddress(m Module) pocket.Address { return addressOf([]byte(m)) }

// addressOf returns the address of a public key, or of a module's name: the first 20 bytes of its hash.
func addressOf(key []byte) pocket.Address {
	sum := sha256.Sum256(key)
	return addressOfBytes(sum[:20])
}

// addressOfBytes returns the address of its 20 bytes.
func addressOfBytes(raw []byte) pocket.Address {
	return pocket.MustParseAddress(hex.EncodeToString(raw))
}
