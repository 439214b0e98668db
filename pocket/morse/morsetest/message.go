package morsetest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A Message is what a transaction asks for: one of [Send], [Stake], [Unstake], [Unjail], [Claim], [Proof], [ChangeParam], [Upgrade] and
// [DAOTransfer].
type Message interface {
	// wire returns the message's type and value in JSON, its kind, its type in bytes and its bytes.
	wire() (typ string, value any, kind, typeURL string, bytes []byte)
}

// A Send moves coins.
type Send struct {
	From, To pocket.Address
	Amount   int64
}

// A Stake stakes a node, or changes it.
type Stake struct {
	Key        Key
	Chains     []string
	Value      int64
	URL        string
	Output     pocket.Address           // makes it an 8.0 stake
	Delegators map[pocket.Address]int64 // likewise
}

// An Unstake ends a node's service with the session.
type Unstake struct {
	Node, Signer pocket.Address // Signer makes it an 8.0 one
}

// An Unjail frees a node.
type Unjail struct {
	Node, Signer pocket.Address
}

// A Claim claims relays, or challenges.
type Claim struct {
	Node       pocket.Address
	App        Key
	Chain      string
	Session    int64 // its first block
	Relays     int64
	Challenges bool
}

// A Proof proves a claim.
type Proof struct {
	Servicer   Key
	App        Key
	Chain      string
	Session    int64
	Challenges bool
}

// A ChangeParam changes a parameter to a value in JSON.
type ChangeParam struct {
	From       pocket.Address
	Key, Value string
}

// An Upgrade announces features, such as RSCAL:47.
type Upgrade struct {
	From     pocket.Address
	Features []string
}

// A DAOTransfer moves the DAO's coins.
type DAOTransfer struct {
	From, To pocket.Address
	Amount   int64
}

func (m Send) wire() (string, any, string, string, []byte) {
	return "pos/Send", object{"from_address": m.From, "to_address": m.To, "amount": digits(m.Amount)}, "send", "/x.nodes.MsgSend",
		join(field(1, m.From.Bytes()), field(2, m.To.Bytes()), field(3, []byte(digits(m.Amount))))
}

func (m Stake) newer() bool { return !m.Output.IsZero() || len(m.Delegators) > 0 }

func (m Stake) wire() (string, any, string, string, []byte) {
	value := object{
		"public_key": object{"type": "crypto/ed25519_public_key", "value": m.Key.String()}, "chains": m.Chains, "value": digits(m.Value),
		"service_url": m.URL,
	}
	bytes := field(1, m.Key.public[:])
	for _, chain := range m.Chains {
		bytes = join(bytes, field(2, []byte(chain)))
	}
	bytes = join(bytes, field(3, []byte(digits(m.Value))), field(4, []byte(m.URL)))
	if !m.newer() {
		return "pos/MsgStake", value, "stake_validator", "/x.nodes.MsgProtoStake", bytes
	}
	value["output_address"] = m.Output
	bytes = join(bytes, field(5, m.Output.Bytes()))
	if len(m.Delegators) > 0 {
		value["reward_delegators"] = m.Delegators
		for _, a := range slices.SortedFunc(maps.Keys(m.Delegators), pocket.Address.Compare) {
			bytes = join(bytes, field(6, join(field(1, []byte(a.String())), varint(2, uint64(m.Delegators[a])))))
		}
	}
	return "pos/8.0MsgStake", value, "stake_validator", "/x.nodes.MsgProtoStake8", bytes
}

func (m Unstake) wire() (string, any, string, string, []byte) {
	value, bytes := object{"validator_address": m.Node}, field(1, m.Node.Bytes())
	if m.Signer.IsZero() {
		return "pos/MsgBeginUnstake", value, "begin_unstake_validator", "/x.nodes.MsgBeginUnstake", bytes
	}
	value["signer_address"] = m.Signer
	return "pos/8.0MsgBeginUnstake", value, "begin_unstake_validator", "/x.nodes.MsgBeginUnstake8", join(bytes, field(2, m.Signer.Bytes()))
}

func (m Unjail) wire() (string, any, string, string, []byte) {
	value, bytes := object{"address": m.Node}, field(1, m.Node.Bytes())
	if m.Signer.IsZero() {
		return "pos/MsgUnjail", value, "unjail_validator", "/x.nodes.MsgUnjail", bytes
	}
	value["signer_address"] = m.Signer
	return "pos/8.0MsgUnjail", value, "unjail_validator", "/x.nodes.MsgUnjail8", join(bytes, field(2, m.Signer.Bytes()))
}

func evidence(challenges bool) int64 {
	if challenges {
		return 2
	}
	return 1
}

func (m Claim) root() []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "root %s %s %s %d", m.Node, m.App, m.Chain, m.Session))
	return sum[:]
}

const rootUpper = 14454675364559156729 // above what a float holds exactly

// json is the claim as the state writes it, with numbers as strings or not.
func (m Claim) json(number func(int64) any, upper any, expires int64) object {
	return object{
		"from_address": m.Node, "total_proofs": number(m.Relays), "evidence_type": number(evidence(m.Challenges)), "expiration_height": number(expires),
		"header":      object{"app_public_key": m.App.String(), "chain": m.Chain, "session_height": number(m.Session)},
		"merkle_root": object{"merkleHash": base64.StdEncoding.EncodeToString(m.root()), "range": object{"lower": number(0), "upper": upper}},
	}
}

func (m Claim) wire() (string, any, string, string, []byte) {
	header := join(field(1, []byte(m.App.String())), field(2, []byte(m.Chain)), varint(3, uint64(m.Session)))
	root := join(field(1, m.root()), field(2, varint(2, rootUpper)))
	bytes := join(field(1, header), field(2, root), varint(3, uint64(m.Relays)), field(4, m.Node.Bytes()), varint(5, uint64(evidence(m.Challenges))))
	return "pocketcore/claim", m.json(asText, "14454675364559156729", 0), "claim", "/x.pocketcore.MsgClaim", bytes
}

func (m Proof) relay() (object, []byte) {
	hash, signature, client := strings.Repeat("ab", 32), strings.Repeat("cd", 64), KeyOf("a client").String()
	value := object{
		"request_hash": hash, "entropy": "3499985020058453381", "session_block_height": digits(m.Session), "servicer_pub_key": m.Servicer.String(),
		"blockchain": m.Chain, "signature": signature,
		"aat": object{"version": "0.0.1", "app_pub_key": m.App.String(), "client_pub_key": client, "signature": signature},
	}
	token := join(field(1, []byte("0.0.1")), field(2, []byte(m.App.String())), field(3, []byte(client)), field(4, []byte(signature)))
	return value, join(field(1, []byte(hash)), varint(2, 3499985020058453381), varint(3, uint64(m.Session)), field(4, []byte(m.Servicer.String())),
		field(5, []byte(m.Chain)), field(6, token), field(7, []byte(signature)))
}

func (m Proof) wire() (string, any, string, string, []byte) {
	relay, relayBytes := m.relay()
	leaf, leafBytes := object{"type": "pocketcore/relay_proof", "value": relay}, field(1, relayBytes)
	if m.Challenges {
		answer := object{"signature": "", "payload": "", "proof": relay}
		leaf = object{"type": "pocketcore/challenge_proof_invalid_data", "value": object{
			"majority_responses": []object{answer, answer}, "minority_response": answer, "address": m.Servicer.Address(),
		}}
		reply := join(field(3, relayBytes))
		leafBytes = field(2, join(field(1, reply), field(1, reply), field(2, reply), field(3, m.Servicer.Address().Bytes())))
	}
	hashRange := object{"merkleHash": base64.StdEncoding.EncodeToString(make([]byte, 32)), "range": object{"lower": "0", "upper": "6269824671514757617"}}
	value := object{
		"evidence_type": digits(evidence(m.Challenges)), "leaf": leaf,
		"merkle_proofs": object{"index": "0", "hash_ranges": []object{hashRange}, "target_range": hashRange},
	}
	merkle := field(3, join(field(1, make([]byte, 32)), field(2, varint(2, 6269824671514757617))))
	return "pocketcore/proof", value, "proof", "/", join(field(1, merkle), field(2, leafBytes), varint(3, uint64(evidence(m.Challenges))))
}

func (m ChangeParam) wire() (string, any, string, string, []byte) {
	return "gov/msg_change_param", object{"address": m.From, "param_key": m.Key, "param_value": []byte(m.Value)}, "change_param", "/x.gov.MsgChangeParam",
		join(field(1, m.From.Bytes()), field(2, []byte(m.Key)), field(3, []byte(m.Value)))
}

func (m Upgrade) wire() (string, any, string, string, []byte) {
	upgrade := object{"Height": "1", "Version": "FEATURE", "Features": m.Features}
	bytes := join(varint(1, 1), field(2, []byte("FEATURE")))
	for _, f := range m.Features {
		bytes = join(bytes, field(4, []byte(f)))
	}
	return "gov/msg_upgrade", object{"address": m.From, "upgrade": upgrade}, "upgrade", "/x.gov.MsgUpgrade", join(field(1, m.From.Bytes()), field(2, bytes))
}

func (m DAOTransfer) wire() (string, any, string, string, []byte) {
	return "gov/msg_dao_transfer", object{"from_address": m.From, "to_address": m.To, "amount": digits(m.Amount), "action": "dao_transfer"},
		"dao_tranfer", "/x.gov.MsgDAOTransfer", join(field(1, m.From.Bytes()), field(2, m.To.Bytes()), field(3, []byte(digits(m.Amount))), field(4, []byte("dao_transfer")))
}

// amino are the bytes that name a type before the codec changed.
var amino = map[string][]byte{
	"pos/Send": {0xa5, 0xe3, 0x44, 0xa6}, "pocketcore/claim": {0xab, 0x83, 0xfa, 0x7c}, "pocketcore/proof": {0xa8, 0x9a, 0x48, 0xb3},
	"pos/MsgStake": {0x2e, 0xc4, 0x38, 0x4a},
}

// A Tx is a transaction to put into a block.
type Tx struct {
	Signer  Key
	Message Message
	Memo    string
	// Refused: its signature does not hold. It stands in the block, does nothing, costs nothing and is not indexed.
	Refused bool
	// Opaque: it is written in amino, the node cannot decode it, and executes it all the same.
	Opaque bool
	// Fails: the handler refuses it with this code of this codespace. It pays its fee.
	Fails     uint32
	Codespace string
}

// sign returns the transaction's bytes.
func (t Tx) sign(fee, height int64, position int) []byte {
	typ, _, _, typeURL, bytes := t.Message.wire()
	key := t.Signer.public[:]
	message := join(field(1, []byte(typeURL)), field(2, bytes))
	if t.Opaque {
		message = join(amino[typ], bytes)
		key = join([]byte{0x9d, 0x54, 0x47, 0x74, 32}, key)
	}
	seal := sha256.Sum256(fmt.Appendf(nil, "signature %d %d", height, position))
	body := join(field(1, message), field(2, join(field(1, []byte("upokt")), field(2, []byte(digits(fee))))),
		field(3, join(field(1, key), field(2, append(seal[:], seal[:]...)))))
	if t.Memo != "" {
		body = join(body, field(4, []byte(t.Memo)))
	}
	body = join(body, varint(5, entropy(height, position)))
	if t.Opaque {
		body = join([]byte{0xdb, 0x0b, 0x17, 0x0d}, body)
	}
	return join(uvarint(uint64(len(body))), body)
}

// entropy makes transactions that say the same different. It is above what a float holds exactly.
func entropy(height int64, position int) uint64 { return 1<<60 + uint64(height)<<20 + uint64(position) }

type object = map[string]any

func digits(n int64) string       { return fmt.Sprint(n) }
func asText(n int64) any          { return digits(n) }
func asNumber(n int64) any        { return n }
func upperHex(b []byte) string    { return strings.ToUpper(hex.EncodeToString(b)) }
func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func uvarint(n uint64) []byte {
	var b []byte
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

func varint(number int, n uint64) []byte { return join(uvarint(uint64(number)<<3), uvarint(n)) }

func field(number int, b []byte) []byte {
	return join(uvarint(uint64(number)<<3|2), uvarint(uint64(len(b))), b)
}
