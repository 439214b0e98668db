package pocket

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/decred/dcrd/bech32"
)

// An Address names an account, a validator or a Morse account. It is parsed once, by [ParseAddress], and
// holds its canonical spelling from then on: two addresses are the same when they are ==, and it is a map key.
// The zero Address names nobody.
type Address struct{ text string }

// An AddressKind tells what an [Address] names.
type AddressKind int

// The kinds of address and how each is written.
const (
	NoAddress        AddressKind = iota // the zero Address
	AccountAddress                      // pokt1…: suppliers, owners, applications, gateways, wallets
	ValidatorAddress                    // poktvaloper1…: the operator of a validator
	ConsensusAddress                    // poktvalcons1…: the key a validator signs blocks with
	MorseAddress                        // 40 hexadecimal digits: any account of the Morse chain
)

// String returns the kind in words.
func (k AddressKind) String() string {
	switch k {
	case AccountAddress:
		return "account"
	case ValidatorAddress:
		return "validator"
	case ConsensusAddress:
		return "consensus key"
	case MorseAddress:
		return "Morse account"
	default:
		return "none"
	}
}

const (
	accountPrefix   = "pokt"
	validatorPrefix = "poktvaloper"
	consensusPrefix = "poktvalcons"
)

// ParseAddress reads an address in any of its spellings: bech32 with the prefix pokt, poktvaloper or
// poktvalcons, all lower or all upper case, or the 40 hexadecimal digits of Morse. White space around it is
// ignored. The error of a mistyped address says which character looks wrong, counted from 1.
func ParseAddress(s string) (Address, error) {
	text := strings.TrimSpace(s)
	if text == "" {
		return Address{}, fmt.Errorf("address is empty: want pokt1… or the 40 hexadecimal digits of a Morse address")
	}
	lower := strings.ToLower(text)
	if text != lower && text != strings.ToUpper(text) && !isHex(text) {
		return Address{}, fmt.Errorf("address %s mixes upper and lower case", quote(text))
	}
	if isHex(lower) && len(lower) == 40 {
		return Address{lower}, nil
	}
	prefix, payload, err := bech32.DecodeNoLimit(lower)
	if err != nil || len(lower) > 90 {
		return Address{}, fmt.Errorf("address %s: %s", quote(text), diagnose(lower))
	}
	switch prefix {
	case accountPrefix, validatorPrefix, consensusPrefix:
	default:
		return Address{}, fmt.Errorf("address %s: the prefix is %s, want pokt, poktvaloper or poktvalcons", quote(text), quote(prefix))
	}
	raw, err := bech32.ConvertBits(payload, 5, 8, false)
	if err != nil || len(raw) != 20 && len(raw) != 32 {
		return Address{}, fmt.Errorf("address %s holds %d bytes, want 20 or 32", quote(text), len(raw))
	}
	return Address{lower}, nil
}

// MustParseAddress is [ParseAddress] for constants in tests and examples: it panics on a bad address.
func MustParseAddress(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic("pocket: " + err.Error())
	}
	return a
}

// AccountFromBytes returns the pokt1… address of the 20 or 32 bytes of an account.
func AccountFromBytes(raw []byte) (Address, error) { return encode(accountPrefix, raw) }

// ValidatorFromBytes returns the poktvaloper1… address of the 20 bytes of a validator's operator.
func ValidatorFromBytes(raw []byte) (Address, error) { return encode(validatorPrefix, raw) }

func encode(prefix string, raw []byte) (Address, error) {
	if len(raw) != 20 && len(raw) != 32 {
		return Address{}, fmt.Errorf("address of %d bytes: want 20 or 32", len(raw))
	}
	text, err := bech32.EncodeFromBase256(prefix, raw)
	if err != nil {
		return Address{}, fmt.Errorf("address: %w", err)
	}
	return Address{text}, nil
}

// String returns the canonical spelling, all lower case; the zero Address is "".
func (a Address) String() string { return a.text }

// Short returns the beginning and the end of the address, for where room is scarce: "pokt1cctz…rcuu5".
func (a Address) Short() string {
	if len(a.text) <= 16 {
		return a.text
	}
	return a.text[:9] + "…" + a.text[len(a.text)-5:]
}

// IsZero reports whether a names nobody.
func (a Address) IsZero() bool { return a.text == "" }

// Kind tells what a names.
func (a Address) Kind() AddressKind {
	switch {
	case a.text == "":
		return NoAddress
	case strings.HasPrefix(a.text, accountPrefix+"1"):
		return AccountAddress
	case strings.HasPrefix(a.text, validatorPrefix+"1"):
		return ValidatorAddress
	case strings.HasPrefix(a.text, consensusPrefix+"1"):
		return ConsensusAddress
	default:
		return MorseAddress
	}
}

// Bytes returns the bytes that the address encodes: 20, or 32 for some module accounts; none for the zero Address.
func (a Address) Bytes() []byte {
	if a.Kind() == MorseAddress {
		raw, _ := hex.DecodeString(a.text)
		return raw
	}
	_, payload, err := bech32.DecodeNoLimit(a.text)
	if err != nil {
		return nil
	}
	raw, _ := bech32.ConvertBits(payload, 5, 8, false)
	return raw
}

// Compare orders addresses by their spelling.
func (a Address) Compare(b Address) int { return strings.Compare(a.text, b.text) }

// MarshalText writes the canonical spelling.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.text), nil }

// UnmarshalText reads what [ParseAddress] reads; empty text is the zero Address.
func (a *Address) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = Address{}
		return nil
	}
	parsed, err := ParseAddress(string(b))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// quote shows a stranger's text in an error: escaped, and cut so that it cannot fill a screen.
func quote(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return fmt.Sprintf("%q", s)
}
