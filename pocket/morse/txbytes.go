package morse

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/poktbot/poktbot/pocket"
)

// A signed transaction is a length and fields: 1 the message, 2 fees, 3 the signature, 4 the memo. Until its codec changed (block 30024 of
// mainnet) the chain wrote it in amino, which differs by four bytes that name the type, before the whole, before a message and before a
// public key. Where a node cannot decode a transaction that it nonetheless executed, its bytes still tell.

var errBytes = errors.New("not a transaction's bytes")

// Amino's names of types: of each name the first bytes of its hash.
var (
	aminoTx      = [4]byte{0xdb, 0x0b, 0x17, 0x0d} // posmint/StdTx
	aminoEd25519 = [4]byte{0x9d, 0x54, 0x47, 0x74} // crypto/ed25519_public_key
)

// messageBytes tells of each kind of message how it is named in bytes and how they are decoded.
var messageBytes = []struct {
	typeURL string
	amino   [4]byte
	name    string
	decode  func(fields) (Message, error)
}{
	{"/x.nodes.MsgSend", [4]byte{0xa5, 0xe3, 0x44, 0xa6}, "pos/Send", sendBytes},
	{"/x.nodes.MsgProtoStake", [4]byte{0x2e, 0xc4, 0x38, 0x4a}, "pos/MsgStake", stakeBytes},
	{"/x.nodes.MsgProtoStake8", [4]byte{}, "pos/8.0MsgStake", stakeBytes},
	{"/x.nodes.MsgBeginUnstake", [4]byte{0xc9, 0x47, 0xd0, 0x7c}, "pos/MsgBeginUnstake", unstakeBytes},
	{"/x.nodes.MsgBeginUnstake8", [4]byte{}, "pos/8.0MsgBeginUnstake", unstakeBytes},
	{"/x.nodes.MsgUnjail", [4]byte{0x76, 0x48, 0xa5, 0x01}, "pos/MsgUnjail", unjailBytes},
	{"/x.nodes.MsgUnjail8", [4]byte{}, "pos/8.0MsgUnjail", unjailBytes},
	{"/x.pocketcore.MsgClaim", [4]byte{0xab, 0x83, 0xfa, 0x7c}, "pocketcore/claim", claimBytes},
	{"/", [4]byte{0xa8, 0x9a, 0x48, 0xb3}, "pocketcore/proof", proofBytes}, // the node leaves the name of this one empty
	{"/x.gov.MsgChangeParam", [4]byte{0x56, 0x24, 0x31, 0xb5}, "gov/msg_change_param", changeParamBytes},
}

// A signedTx is what a transaction's bytes say.
type signedTx struct {
	signer  pocket.Address // zero when the key is of no kind that is known
	typ     string         // of the message, such as pos/Send; "" when not known
	message Message        // nil when there is no type for it here
	fee     pocket.Upokt
	memo    string
	// mentions are all addresses that occur in the message, also by their public keys, and the signer.
	mentions []pocket.Address
}

// decodeTx reads a transaction's bytes.
func decodeTx(raw []byte) (signedTx, error) {
	var t signedTx
	body, n := protowire.ConsumeBytes(raw)
	if n < 0 || n != len(raw) {
		return t, fmt.Errorf("%w: the length does not fit", errBytes)
	}
	amino := len(body) > 4 && [4]byte(body[:4]) == aminoTx
	if amino {
		body = body[4:]
	}
	parts, err := parseFields(body)
	if err != nil {
		return t, err
	}
	if err := t.readMessage(parts.bytes(1), amino); err != nil {
		return t, err
	}
	for _, fee := range parts.all(2) {
		coin, err := parseFields(fee)
		if err != nil {
			return t, err
		}
		amount, err := pocket.ParseUpokt(string(coin.bytes(2)))
		if err != nil || string(coin.bytes(1)) != "upokt" {
			return t, fmt.Errorf("%w: the fee is none in upokt", errBytes)
		}
		t.fee += amount
	}
	signature, err := parseFields(parts.bytes(3))
	if err != nil {
		return t, err
	}
	if key := plainKey(signature.bytes(1)); key != nil {
		t.signer = addressOf(key)
		t.mention(t.signer)
	}
	t.memo = string(parts.bytes(4))
	return t, nil
}

// readMessage finds the message's type and decodes what is known of it.
func (t *signedTx) readMessage(packed []byte, amino bool) error {
	typeURL, value := "", packed
	if len(packed) < 4 {
		return fmt.Errorf("%w: no message", errBytes)
	}
	if amino {
		value = packed[4:]
	} else {
		any, err := parseFields(packed)
		if err != nil {
			return err
		}
		typeURL, value = string(any.bytes(1)), any.bytes(2)
	}
	parts, err := parseFields(value)
	if err != nil {
		return err
	}
	t.collect(value, 0)
	for _, kind := range messageBytes {
		if amino && kind.amino == [4]byte(packed[:4]) && kind.amino != [4]byte{} || !amino && kind.typeURL == typeURL {
			t.typ = kind.name
			t.message, err = kind.decode(parts)
			return err
		}
	}
	return nil
}

func (t *signedTx) mention(a pocket.Address) {
	if !slices.Contains(t.mentions, a) {
		t.mentions = append(t.mentions, a)
	}
}

// collect takes in every address that occurs in a message, whatever its type: 20 bytes or 40 digits are an address, 32 bytes or 64 digits a
// public key. What merely looks like one does no harm.
func (t *signedTx) collect(b []byte, depth int) {
	switch {
	case len(b) == 20:
		t.mention(addressOfBytes(b))
		return
	case plainKey(b) != nil:
		t.mention(addressOf(plainKey(b)))
		return
	case len(b) == 40 || len(b) == 64:
		if raw, err := hex.DecodeString(string(b)); err == nil {
			if len(raw) == 20 {
				t.mention(pocket.MustParseAddress(string(b)))
			} else {
				t.mention(addressOf(raw))
			}
			return
		}
	}
	if depth > 6 {
		return
	}
	parts, err := parseFields(b)
	if err != nil && len(b) > 4 {
		parts, err = parseFields(b[4:]) // amino's name of a type
	}
	if err != nil {
		return
	}
	for _, f := range parts {
		if f.kind == protowire.BytesType {
			t.collect(f.data, depth+1)
		}
	}
}

// plainKey returns the 32 bytes of an ed25519 key, be it in amino; nil for any other.
func plainKey(b []byte) []byte {
	if len(b) == 37 && [4]byte(b[:4]) == aminoEd25519 && b[4] == 32 {
		return b[5:]
	}
	if len(b) == 32 {
		return b
	}
	return nil
}

// fields are the fields of one message, in order.
type fields []field

type field struct {
	number protowire.Number
	kind   protowire.Type
	data   []byte
	value  uint64
}

func parseFields(b []byte) (fields, error) {
	var list fields
	for len(b) > 0 {
		f := field{}
		var n int
		if f.number, f.kind, n = protowire.ConsumeTag(b); n < 0 {
			return nil, fmt.Errorf("%w: %w", errBytes, protowire.ParseError(n))
		}
		b = b[n:]
		switch f.kind {
		case protowire.BytesType:
			f.data, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		default:
			return nil, fmt.Errorf("%w: a group", errBytes)
		}
		if n < 0 {
			return nil, fmt.Errorf("%w: %w", errBytes, protowire.ParseError(n))
		}
		b = b[n:]
		list = append(list, f)
	}
	return list, nil
}

// bytes returns the last field of that number, nil when there is none.
func (list fields) bytes(number protowire.Number) []byte {
	for _, f := range slices.Backward(list) {
		if f.number == number && f.kind == protowire.BytesType {
			return f.data
		}
	}
	return nil
}

func (list fields) all(number protowire.Number) (found [][]byte) {
	for _, f := range list {
		if f.number == number && f.kind == protowire.BytesType {
			found = append(found, f.data)
		}
	}
	return found
}

func (list fields) int(number protowire.Number) int64 {
	for _, f := range slices.Backward(list) {
		if f.number == number && f.kind == protowire.VarintType {
			return int64(f.value)
		}
	}
	return 0
}

// address returns the address in a field, zero when the field is missing.
func (list fields) address(number protowire.Number) (pocket.Address, error) {
	raw := list.bytes(number)
	if len(raw) == 0 {
		return pocket.Address{}, nil
	}
	if len(raw) != 20 {
		return pocket.Address{}, fmt.Errorf("%w: an address of %d bytes", errBytes, len(raw))
	}
	return pocket.ParseAddress(hex.EncodeToString(raw))
}

func sendBytes(f fields) (Message, error) {
	from, errFrom := f.address(1)
	to, errTo := f.address(2)
	amount, errAmount := pocket.ParseUpokt(string(f.bytes(3)))
	return Send{from, to, amount}, errors.Join(errFrom, errTo, errAmount)
}

func stakeBytes(f fields) (Message, error) {
	key := plainKey(f.bytes(1))
	if key == nil {
		return nil, fmt.Errorf("%w: a stake without a key", errBytes)
	}
	s := Stake{Node: addressOf(key), PublicKey: hex.EncodeToString(key), URL: string(f.bytes(4))}
	var err error
	if s.Value, err = pocket.ParseUpokt(string(f.bytes(3))); err != nil {
		return nil, err
	}
	if s.Output, err = f.address(5); err != nil {
		return nil, err
	}
	for _, chain := range f.all(2) {
		s.Chains = append(s.Chains, pocket.ServiceID(chain))
	}
	for _, entry := range f.all(6) {
		pair, err := parseFields(entry)
		if err != nil {
			return nil, err
		}
		to, err := pocket.ParseAddress(string(pair.bytes(1)))
		if err != nil {
			return nil, err
		}
		s.Delegators = append(s.Delegators, Delegator{to, pair.int(2)})
	}
	sortDelegators(s.Delegators)
	return s, nil
}

func unstakeBytes(f fields) (Message, error) {
	node, errNode := f.address(1)
	signer, errSigner := f.address(2)
	return BeginUnstake{node, signer}, errors.Join(errNode, errSigner)
}

func unjailBytes(f fields) (Message, error) {
	node, errNode := f.address(1)
	signer, errSigner := f.address(2)
	return Unjail{node, signer}, errors.Join(errNode, errSigner)
}

func claimBytes(f fields) (Message, error) {
	header, err := parseFields(f.bytes(1))
	if err != nil {
		return nil, err
	}
	c := Claim{ClaimKey: ClaimKey{
		AppKey: string(header.bytes(1)), Chain: pocket.ServiceID(header.bytes(2)), SessionHeight: pocket.Height(header.int(3)),
		Evidence: Evidence(f.int(5)),
	}, Relays: f.int(3), Expires: pocket.Height(f.int(6))}
	if c.Node, err = f.address(4); err != nil {
		return nil, err
	}
	if c.App, err = addressOfKey(c.AppKey); err != nil {
		return nil, err
	}
	return ClaimWork{c}, nil
}

func proofBytes(f fields) (Message, error) {
	leaf, err := parseFields(f.bytes(2))
	if err != nil && len(f.bytes(2)) > 4 {
		leaf, err = parseFields(f.bytes(2)[4:]) // amino: the proof itself after the name of its type
	} else if err == nil && len(leaf.bytes(1)) != 64 {
		relay := leaf.bytes(1)
		if relay == nil {
			return nil, nil // a challenge: the node decodes those
		}
		leaf, err = parseFields(relay)
	}
	if err != nil {
		return nil, err
	}
	token, err := parseFields(leaf.bytes(6))
	if err != nil {
		return nil, err
	}
	p := ProveWork{
		AppKey: string(token.bytes(2)), Chain: pocket.ServiceID(leaf.bytes(5)), SessionHeight: pocket.Height(leaf.int(3)),
		Evidence: Evidence(f.int(3)),
	}
	if _, err := addressOfKey(p.AppKey); err != nil {
		return nil, err
	}
	return p, nil
}

func changeParamBytes(f fields) (Message, error) {
	from, err := f.address(1)
	return ChangeParam{from, string(f.bytes(2)), string(f.bytes(3))}, err
}

// unquoted returns what a parameter's JSON holds, without the quotes of a string.
func unquoted(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}
