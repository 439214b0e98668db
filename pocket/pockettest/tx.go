package pockettest

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A tx is a transaction of a block and what came of it.
type tx struct {
	seed     uint64
	height   pocket.Height
	position int
	signer   pocket.Address
	messages []txMessage
	memo     string
	timeout  pocket.Height
	gas      int64 // wanted
	used     int64
	code     uint32 // 0 when it succeeded
	log      string
}

// A txMessage is what a transaction does.
type txMessage interface {
	url() string
	encode() protobuf
	form() any           // proto JSON, without its type
	events() []wireEvent // besides the message event that comes first
	count() int          // how many events
}

// module returns the name that the message event tells: bank for /cosmos.bank.v1beta1.MsgSend.
func moduleOf(url string) string { return strings.Split(url, ".")[1] }

// fee is a thousandth of the gas, rounded up beyond it.
func (t *tx) fee() pocket.Upokt { return pocket.Upokt(t.gas/1000 + 1) }

// sequence grows from one transaction of a signer to the next. A real chain counts them one by one.
func (t *tx) sequence() uint64 { return uint64(t.height)<<8 | uint64(t.position&0xff) }

func (t *tx) signature() []byte {
	a := digest(t.seed, "signature", uint64(t.height), uint64(t.position), 0)
	b := digest(t.seed, "signature", uint64(t.height), uint64(t.position), 1)
	return append(a[:], b[:]...)
}

// publicKey returns the 33 bytes of an account's key.
func publicKey(who pocket.Address) []byte {
	hash := sha256Sum(append([]byte("simulated key "), who.Bytes()...))
	return append([]byte{2}, hash[:]...)
}

func coinBytes(amount pocket.Upokt) protobuf {
	return protobuf(nil).text(1, "upokt").text(2, strconv.FormatInt(int64(amount), 10))
}

// raw returns the transaction as signed: a TxRaw.
func (t *tx) raw() []byte {
	var body protobuf
	for _, m := range t.messages {
		body = body.message(1, anyOf(m.url(), m.encode()))
	}
	body = body.text(2, t.memo).number(3, uint64(t.timeout))
	key := anyOf("/cosmos.crypto.secp256k1.PubKey", protobuf(nil).message(1, publicKey(t.signer)))
	mode := protobuf(nil).message(1, protobuf(nil).number(1, 1))
	signer := protobuf(nil).message(1, key).message(2, mode).number(3, t.sequence())
	fee := protobuf(nil).message(1, coinBytes(t.fee())).number(2, uint64(t.gas))
	auth := protobuf(nil).message(1, signer).message(2, fee)
	return protobuf(nil).message(1, body).message(2, auth).message(3, t.signature())
}

func hashOf(raw []byte) string {
	hash := sha256Sum(raw)
	return strings.ToUpper(hex.EncodeToString(hash[:]))
}

// data is what its messages answered; nil when it failed.
func (t *tx) data() []byte {
	if t.code != 0 {
		return nil
	}
	var p protobuf
	for _, m := range t.messages {
		p = p.message(2, anyOf(m.url()+"Response", nil))
	}
	return p
}

// events are those of the fee, and of each message when it succeeded.
func (t *tx) events() []placed {
	signer, fee := t.signer.String(), t.fee().Coin()
	var events []placed
	add := func(e wireEvent) { events = append(events, placed{wireEvent: e}) }
	for _, e := range moved(signer, feeCollector, fee) {
		add(e)
	}
	add(sdk("tx", "fee", fee, "fee_payer", signer))
	add(sdk("tx", "acc_seq", signer+"/"+strconv.FormatUint(t.sequence(), 10)))
	add(sdk("tx", "signature", base64.StdEncoding.EncodeToString(t.signature())))
	if t.code != 0 {
		return events
	}
	for i, m := range t.messages {
		events = append(events, message(i, sdk("message", "action", m.url(), "sender", signer, "module", moduleOf(m.url()))))
		for _, e := range m.events() {
			events = append(events, message(i, e))
		}
	}
	return events
}

// countEvents returns how many events there are, without making those of messages that are frequent.
func (t *tx) countEvents() int {
	const fee = 7
	n := fee
	if t.code == 0 {
		for _, m := range t.messages {
			n += 1 + m.count()
		}
	}
	return n
}

// truth returns the transaction in package pocket's words.
func (t *tx) truth(at pocket.At) pocket.Transaction {
	out := pocket.Transaction{
		At: at, Position: t.position, Code: t.code, Log: t.log, GasWanted: t.gas, GasUsed: t.used,
		Fee: t.fee(), FeePayer: t.signer, Memo: t.memo,
	}
	if t.code != 0 {
		out.Codespace = "sdk"
	}
	for _, m := range t.messages {
		out.Messages = append(out.Messages, m.url())
	}
	for _, e := range t.events() {
		if transfer, ok := asTransfer(e); ok {
			out.Transfers = append(out.Transfers, transfer)
		}
	}
	return out
}

// asTransfer returns the coins that an event of the SDK says went from one account to another.
func asTransfer(e placed) (pocket.Transfer, bool) {
	p, ok := e.wireEvent.(plain)
	if !ok || p.kind != "transfer" {
		return pocket.Transfer{}, false
	}
	amount, err := pocket.ParseUpokt(p.list[2].value)
	if err != nil {
		return pocket.Transfer{}, false
	}
	return pocket.Transfer{
		From: pocket.MustParseAddress(p.list[1].value), To: pocket.MustParseAddress(p.list[0].value), Amount: amount,
	}, true
}

type sendMessage struct {
	from, to pocket.Address
	amount   pocket.Upokt
}

func (sendMessage) url() string { return "/cosmos.bank.v1beta1.MsgSend" }
func (m sendMessage) encode() protobuf {
	return protobuf(nil).text(1, m.from.String()).text(2, m.to.String()).message(3, coinBytes(m.amount))
}

func (m sendMessage) form() any {
	return struct {
		From   string     `json:"from_address"`
		To     string     `json:"to_address"`
		Amount []coinJSON `json:"amount"`
	}{m.from.String(), m.to.String(), []coinJSON{coinOf(m.amount)}}
}

func (m sendMessage) events() []wireEvent {
	return moved(m.from.String(), m.to.String(), m.amount.Coin())
}

// sessionHeader is the session that a claim is of.
type sessionHeader struct {
	Application string `json:"application_address"`
	Service     string `json:"service_id"`
	ID          string `json:"session_id"`
	Start       string `json:"session_start_block_height"`
	End         string `json:"session_end_block_height"`
}

func (t told) header() sessionHeader {
	return sessionHeader{t.app().String(), string(t.serviceID()), t.sessionID, heightText(t.session.Start), heightText(t.session.End)}
}

func (t told) headerBytes() protobuf {
	return protobuf(nil).text(1, t.app().String()).text(2, string(t.serviceID())).text(3, t.sessionID).
		number(4, uint64(t.session.Start)).number(5, uint64(t.session.End))
}

type createClaim struct{ told }

func (createClaim) url() string { return "/pocket.proof.MsgCreateClaim" }
func (m createClaim) encode() protobuf {
	return protobuf(nil).text(1, m.operator().String()).message(2, m.headerBytes()).message(3, m.rootHash())
}

func (m createClaim) form() any {
	return struct {
		Operator string        `json:"supplier_operator_address"`
		Header   sessionHeader `json:"session_header"`
		Root     []byte        `json:"root_hash"`
	}{m.operator().String(), m.header(), m.rootHash()}
}

func (sendMessage) count() int { return 4 }
func (createClaim) count() int { return 1 }
func (submitProof) count() int { return 5 }

func (m createClaim) events() []wireEvent { return []wireEvent{claimCreated(m)} }

type submitProof struct {
	told
	cost pocket.Upokt
}

// proofBytes stand for the merkle proof of a relay, which is some 2 kB on a real chain.
func (m submitProof) proofBytes() []byte {
	hash := digest(m.w.cfg.Seed, "proof", uint64(m.session.Start), uint64(m.application), uint64(m.supplier))
	return append([]byte("simulated proof "), hash[:]...)
}

func (submitProof) url() string { return "/pocket.proof.MsgSubmitProof" }
func (m submitProof) encode() protobuf {
	return protobuf(nil).text(1, m.operator().String()).message(2, m.headerBytes()).message(3, m.proofBytes())
}

func (m submitProof) form() any {
	return struct {
		Operator string        `json:"supplier_operator_address"`
		Header   sessionHeader `json:"session_header"`
		Proof    []byte        `json:"proof"`
	}{m.operator().String(), m.header(), m.proofBytes()}
}

func (m submitProof) events() []wireEvent {
	return append(moved(m.operator().String(), proofModule, m.cost.Coin()), proofSubmitted{m.told})
}
