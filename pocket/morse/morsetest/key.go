package morsetest

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/poktbot/poktbot/pocket"
)

// A Key is an account's public key.
type Key struct{ public [32]byte }

// KeyOf returns the key of an account of that name: the same for the same name.
func KeyOf(name string) Key { return Key{sha256.Sum256([]byte("key of " + name))} }

// PublicKey returns the key of 64 hexadecimal digits. It panics on others.
func PublicKey(text string) Key {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 {
		panic("morsetest: no public key: " + text)
	}
	return Key{[32]byte(raw)}
}

// Address returns the key's address.
func (k Key) Address() pocket.Address { return addressOf(k.public[:]) }

// String returns the key's 64 hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k.public[:]) }

func addressOf(b []byte) pocket.Address {
	sum := sha256.Sum256(b)
	return pocket.MustParseAddress(hex.EncodeToString(sum[:20]))
}

// The chain's own accounts.
var (
	feePool  = addressOf([]byte("fee_collector"))
	daoPool  = addressOf([]byte("dao"))
	nodePool = addressOf([]byte("staked_tokens_pool"))
	appPool  = addressOf([]byte("application_staked_tokens_pool"))
	posPool  = addressOf([]byte("pos"))
)

var modules = map[pocket.Address]string{
	feePool: "fee_collector", daoPool: "dao", nodePool: "staked_tokens_pool", appPool: "application_staked_tokens_pool", posPool: "pos",
}
