package index

import (
	"encoding/hex"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// entryOf returns a settlement as a digest holds it.
func (w *writer) entryOf(s *pocket.Settlement) entry {
	e := entry{
		form: formSettlement, idx: int64(s.Index), supplier: w.address(s.Supplier), owner: w.address(s.Owner),
		application: w.address(s.Application), service: w.service(s.Service), sessionEnd: int64(s.SessionEnd), lacks: s.Lacks,
		relays: s.Relays, estimatedRelays: s.EstimatedRelays, units: s.EstimatedComputeUnits, amount: int64(s.Claimed),
		settled: int64(s.Settled), minted: int64(s.Minted), overserviced: int64(s.Overserviced), deflated: int64(s.Deflated),
		shares: make([]share, 0, len(s.Shares)),
	}
	for _, paid := range s.Shares {
		e.shares = append(e.shares, share{w.address(paid.Recipient), w.reason(paid.Reason), int64(paid.Amount)})
	}
	return e
}

// recipients returns whom e paid, each once.
func (e *entry) recipients() []int64 {
	list := make([]int64, 0, len(e.shares))
	for _, s := range e.shares {
		if !slices.Contains(list, s.recipient) {
			list = append(list, s.recipient)
		}
	}
	return list
}

// settlementColumns is the order in which settlements are read.
const settlementColumns = "height, idx, time, owner, relays, est_relays, claimed_cu, est_cu, claimed, settled, minted, " +
	"overserviced, deflated, mint_ratio, flags, session, shares, session_end, supplier, application, service, tx"

// settlementRow is the row of settlementsTable.
func (w *writer) settlementRow(height, when int64, e *entry, s *pocket.Settlement) []any {
	flags := int64(s.Requirement)&0xff | int64(s.Proof)&0xff<<8 | int64(s.Lacks)<<16
	return []any{
		height, e.idx, when, e.owner, s.Relays, s.EstimatedRelays, s.ClaimedComputeUnits, s.EstimatedComputeUnits,
		e.amount, e.settled, e.minted, e.overserviced, e.deflated, w.id(clean(s.MintRatio)), flags,
		packHex(s.SessionID), packShares(nil, e.shares), e.sessionEnd, e.supplier, e.application, e.service, w.source,
		packHex(s.TxHash),
	}
}

// A settlementScanner reads rows of settlementColumns. It reuses its memory but for what it returns.
type settlementScanner struct {
	words                                                 *lexicon
	height, idx, when, owner, mintRatio, flags            int64
	sessionEnd, supplier, application, service            int64
	claimed, settled, minted, overserviced, deflated      int64
	relays, estimatedRelays, claimedUnits, estimatedUnits int64
	session, packed, tx                                   []byte
	shares                                                []share
	targets                                               []any
}

func newSettlementScanner(words *lexicon) *settlementScanner {
	s := &settlementScanner{words: words}
	s.targets = []any{
		&s.height, &s.idx, &s.when, &s.owner, &s.relays, &s.estimatedRelays, &s.claimedUnits, &s.estimatedUnits, &s.claimed, &s.settled,
		&s.minted, &s.overserviced, &s.deflated, &s.mintRatio, &s.flags, &s.session, &s.packed, &s.sessionEnd, &s.supplier,
		&s.application, &s.service, &s.tx,
	}
	return s
}

// scanner is *sql.Rows.
type scanner interface{ Scan(...any) error }

func (s *settlementScanner) scan(rows scanner) (pocket.Settlement, error) {
	if err := rows.Scan(s.targets...); err != nil {
		return pocket.Settlement{}, err
	}
	u := unpacker{b: s.packed}
	s.shares = u.shares(s.shares[:0])
	w := s.words
	settlement := pocket.Settlement{
		At:       pocket.At{Height: pocket.Height(s.height), Time: timeOf(s.when), Index: int(s.idx), TxHash: unpackHex(s.tx)},
		Supplier: w.address(s.supplier), Owner: w.address(s.owner), Application: w.address(s.application),
		Service: pocket.ServiceID(w.text(s.service)), SessionID: unpackHex(s.session), SessionEnd: pocket.Height(s.sessionEnd),
		Relays: s.relays, EstimatedRelays: s.estimatedRelays,
		ClaimedComputeUnits: s.claimedUnits, EstimatedComputeUnits: s.estimatedUnits,
		Requirement: pocket.ProofRequirement(s.flags & 0xff), Proof: pocket.ProofStatus(s.flags >> 8 & 0xff),
		Claimed: pocket.Upokt(s.claimed), Settled: pocket.Upokt(s.settled), Minted: pocket.Upokt(s.minted),
		Overserviced: pocket.Upokt(s.overserviced), Deflated: pocket.Upokt(s.deflated),
		MintRatio: w.text(s.mintRatio), Lacks: pocket.Lack(s.flags >> 16),
	}
	if len(s.shares) > 0 {
		settlement.Shares = make([]pocket.Share, 0, len(s.shares))
	}
	for _, paid := range s.shares {
		settlement.Shares = append(settlement.Shares, pocket.Share{
			Recipient: w.address(paid.recipient), Reason: pocket.Reason(w.text(paid.reason)), Amount: pocket.Upokt(paid.amount),
		})
	}
	if u.short {
		return pocket.Settlement{}, ErrCorrupt
	}
	return settlement, w.err
}

// packHex halves the room of hexadecimal digits in either case and keeps any other text as it is. The first byte tells which.
func packHex(s string) []byte {
	if s == "" {
		return []byte{}
	}
	packed := make([]byte, 1, 1+len(s)/2)
	packed[0] = hexLower
	if raw, err := hex.AppendDecode(packed, []byte(s)); err == nil {
		switch s {
		case hex.EncodeToString(raw[1:]):
			return raw
		case upper(raw[1:]):
			raw[0] = hexUpper
			return raw
		}
	}
	return append([]byte{hexNot}, s...)
}

const (
	hexNot   = 0
	hexLower = 1
	hexUpper = 2
)

func unpackHex(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	switch b[0] {
	case hexLower:
		return hex.EncodeToString(b[1:])
	case hexUpper:
		return upper(b[1:])
	default:
		return string(b[1:])
	}
}

func upper(raw []byte) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 2*len(raw))
	for _, c := range raw {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return string(b)
}
