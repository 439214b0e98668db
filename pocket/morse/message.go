package morse

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// A Message is what a transaction asks for: one of [Send], [Stake], [BeginUnstake], [Unjail], [ClaimWork], [ProveWork], [DAOTransfer],
// [ChangeParam], [ChangeUpgrade] and [OtherMessage], each by value.
type Message interface{ message() }

// A Send moves coins (pos/Send).
type Send struct {
	From, To pocket.Address
	Amount   pocket.Upokt
}

// A Stake stakes a node, or changes one that is staked: nothing tells which (pos/MsgStake, pos/8.0MsgStake).
type Stake struct {
	Node       pocket.Address // the address of the public key
	PublicKey  string         // 64 hexadecimal digits
	Chains     []pocket.ServiceID
	Value      pocket.Upokt // the whole stake, of which only what is more than before is taken from the signer
	URL        string       // free text of its owner that looks like a URL
	Output     pocket.Address
	Delegators []Delegator // by address
}

// A BeginUnstake ends a node's service with the session (pos/MsgBeginUnstake, pos/8.0MsgBeginUnstake).
type BeginUnstake struct {
	Node   pocket.Address
	Signer pocket.Address // zero before 8.0
}

// An Unjail lets a jailed node serve again (pos/MsgUnjail, pos/8.0MsgUnjail).
type Unjail struct {
	Node   pocket.Address
	Signer pocket.Address // zero before 8.0
}

// A ClaimWork claims relays (pocketcore/claim). Its Expires is 0: the state knows it.
type ClaimWork struct{ Claim }

// A ProveWork proves a claim, and is paid (pocketcore/proof). It names neither the relays, which are in the claim, nor the node, which is
// its signer.
type ProveWork struct {
	AppKey        string // 64 hexadecimal digits
	Chain         pocket.ServiceID
	SessionHeight pocket.Height // of the session's first block
	Evidence      Evidence
}

// A DAOTransfer moves or burns the DAO's coins (gov/msg_dao_transfer). Who signs it is in From; the coins are the DAO's.
type DAOTransfer struct {
	From, To pocket.Address
	Amount   pocket.Upokt
	Action   string // dao_transfer or dao_burn
}

// A ChangeParam changes a parameter (gov/msg_change_param).
type ChangeParam struct {
	From  pocket.Address
	Key   string // such as pos/RelaysToTokensMultiplier
	Value string // JSON
}

// A ChangeUpgrade announces a version or features (gov/msg_upgrade).
type ChangeUpgrade struct {
	From    pocket.Address
	Upgrade Upgrade
}

// An OtherMessage is any that has no type here, such as those of applications.
type OtherMessage struct {
	Type  string // such as apps/MsgAppStake
	Value json.RawMessage
}

func (Send) message()          {}
func (Stake) message()         {}
func (BeginUnstake) message()  {}
func (Unjail) message()        {}
func (ClaimWork) message()     {}
func (ProveWork) message()     {}
func (DAOTransfer) message()   {}
func (ChangeParam) message()   {}
func (ChangeUpgrade) message() {}
func (OtherMessage) message()  {}

// wireMessage is a message as a node writes it.
type wireMessage struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// typed decodes a message by its type.
func (w wireMessage) typed() (Message, error) {
	decode, ok := messageDecoders[w.Type]
	if !ok {
		return OtherMessage(w), nil
	}
	m, err := decode(w.Value)
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", w.Type, err)
	}
	return m, nil
}

var messageDecoders = map[string]func(json.RawMessage) (Message, error){
	"pos/Send":               decoded[wireSend],
	"pos/MsgStake":           decoded[wireStake],
	"pos/8.0MsgStake":        decoded[wireStake],
	"pos/MsgBeginUnstake":    decoded[wireUnstake],
	"pos/8.0MsgBeginUnstake": decoded[wireUnstake],
	"pos/MsgUnjail":          decoded[wireUnjail],
	"pos/8.0MsgUnjail":       decoded[wireUnjail],
	"pocketcore/claim":       decoded[wireClaim],
	"pocketcore/proof":       decoded[wireProof],
	"gov/msg_dao_transfer":   decoded[wireDAOTransfer],
	"gov/msg_change_param":   decoded[wireChangeParam],
	"gov/msg_upgrade":        decoded[wireChangeUpgrade],
}

func decoded[W interface{ typed() (Message, error) }](b json.RawMessage) (Message, error) {
	var w W
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, err
	}
	return w.typed()
}

type wireSend struct {
	From   pocket.Address `json:"from_address"`
	To     pocket.Address `json:"to_address"`
	Amount pocket.Upokt   `json:"amount"`
}

func (w wireSend) typed() (Message, error) { return Send(w), nil }

type wireKey struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type wireStake struct {
	Key        wireKey            `json:"public_key"`
	Chains     []pocket.ServiceID `json:"chains"`
	Value      pocket.Upokt       `json:"value"`
	URL        string             `json:"service_url"`
	Output     pocket.Address     `json:"output_address"`
	Delegators wireDelegators     `json:"reward_delegators"`
}

func (w wireStake) typed() (Message, error) {
	node, err := addressOfKey(w.Key.Value)
	if err != nil {
		return nil, err
	}
	return Stake{
		Node: node, PublicKey: w.Key.Value, Chains: w.Chains, Value: w.Value, URL: w.URL, Output: w.Output,
		Delegators: w.Delegators.list(),
	}, nil
}

// wireDelegators are delegators by address.
type wireDelegators map[pocket.Address]number

func (w wireDelegators) list() []Delegator {
	var list []Delegator
	for a, percent := range w {
		list = append(list, Delegator{a, int64(percent)})
	}
	sortDelegators(list)
	return list
}

type wireUnstake struct {
	Node   pocket.Address `json:"validator_address"`
	Signer pocket.Address `json:"signer_address"`
}

func (w wireUnstake) typed() (Message, error) { return BeginUnstake(w), nil }

type wireUnjail struct {
	Node   pocket.Address `json:"address"`
	Signer pocket.Address `json:"signer_address"`
}

func (w wireUnjail) typed() (Message, error) { return Unjail(w), nil }

type wireClaim struct {
	From   pocket.Address `json:"from_address"`
	Header struct {
		AppKey        string           `json:"app_public_key"`
		Chain         pocket.ServiceID `json:"chain"`
		SessionHeight number           `json:"session_height"`
	} `json:"header"`
	Proofs   number `json:"total_proofs"`
	Evidence number `json:"evidence_type"`
	Expires  number `json:"expiration_height"`
}

func (w wireClaim) claim() (Claim, error) {
	app, err := addressOfKey(w.Header.AppKey)
	if err != nil {
		return Claim{}, fmt.Errorf("claim's application: %w", err)
	}
	return Claim{
		ClaimKey: ClaimKey{
			Node: w.From, AppKey: w.Header.AppKey, Chain: w.Header.Chain, SessionHeight: pocket.Height(w.Header.SessionHeight),
			Evidence: Evidence(w.Evidence),
		},
		App: app, Relays: int64(w.Proofs), Expires: pocket.Height(w.Expires),
	}, nil
}

func (w wireClaim) typed() (Message, error) {
	c, err := w.claim()
	return ClaimWork{c}, err
}

type wireRelayProof struct {
	Chain         pocket.ServiceID `json:"blockchain"`
	SessionHeight number           `json:"session_block_height"`
	Token         struct {
		AppKey string `json:"app_pub_key"`
	} `json:"aat"`
}

type wireProof struct {
	Evidence number `json:"evidence_type"`
	Leaf     struct {
		Type  string `json:"type"`
		Value struct {
			wireRelayProof
			Minority struct { // of a challenge, whose proofs are all of one session
				Proof wireRelayProof `json:"proof"`
			} `json:"minority_response"`
		} `json:"value"`
	} `json:"leaf"`
}

func (w wireProof) typed() (Message, error) {
	proof := w.Leaf.Value.wireRelayProof
	if proof.Token.AppKey == "" {
		proof = w.Leaf.Value.Minority.Proof
	}
	if _, err := addressOfKey(proof.Token.AppKey); err != nil {
		return nil, fmt.Errorf("proof's application: %w", err)
	}
	return ProveWork{
		AppKey: proof.Token.AppKey, Chain: proof.Chain, SessionHeight: pocket.Height(proof.SessionHeight), Evidence: Evidence(w.Evidence),
	}, nil
}

type wireDAOTransfer struct {
	From   pocket.Address `json:"from_address"`
	To     pocket.Address `json:"to_address"`
	Amount pocket.Upokt   `json:"amount"`
	Action string         `json:"action"`
}

func (w wireDAOTransfer) typed() (Message, error) { return DAOTransfer(w), nil }

type wireChangeParam struct {
	From  pocket.Address `json:"address"`
	Key   string         `json:"param_key"`
	Value []byte         `json:"param_value"`
}

func (w wireChangeParam) typed() (Message, error) {
	return ChangeParam{w.From, w.Key, string(w.Value)}, nil
}

type wireChangeUpgrade struct {
	From    pocket.Address `json:"address"`
	Upgrade wireUpgrade    `json:"upgrade"`
}

func (w wireChangeUpgrade) typed() (Message, error) {
	return ChangeUpgrade{w.From, w.Upgrade.upgrade()}, nil
}

// addressOfKey returns the address of a public key of 64 hexadecimal digits.
func addressOfKey(key string) (pocket.Address, error) {
	raw, err := hex.DecodeString(key)
	if err != nil || len(raw) != 32 {
		return pocket.Address{}, fmt.Errorf("%.80q is no public key of 64 hexadecimal digits", key)
	}
	return addressOf(raw), nil
}

// App returns the address of the application that p is about; zero when its key is none.
func (p ProveWork) App() pocket.Address {
	a, _ := addressOfKey(p.AppKey)
	return a
}

func isNull(b json.RawMessage) bool {
	b = bytes.TrimSpace(b)
	return len(b) == 0 || bytes.Equal(b, []byte("null"))
}
