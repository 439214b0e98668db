package index

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A digest is all that a block adds to sums: its settlements, expiries, discards and slashes, without what only a reader of single
// events wants. Packed it takes a fifth of the rows' room, and sums over any span, zone, dimension and filter can be
// made of digests alone. So rows can be pruned while sums stay exact.
//
// A digest is also what tells whether an event is known already, even when its row is gone.
type digest struct {
	height  int64
	time    int64   // microseconds
	entries []entry // by idx
}

// An entry is one event. Words are numbers of the index's names.
type entry struct {
	form                           form
	idx                            int64
	supplier, application, service int64
	sessionEnd                     int64
	amount                         int64 // claimed; of a slash the penalty

	// Of settlements only:
	owner                                   int64
	lacks                                   pocket.Lack
	relays, estimatedRelays, units          int64
	settled, minted, overserviced, deflated int64
	shares                                  []share
}

type share struct{ recipient, reason, amount int64 }

// A form is the kind of an entry.
type form byte

const (
	formSettlement form = iota
	formExpiry
	formDiscard
	formSlash
	forms
)

// formOf returns the form in which events of a kind stand in digests, and whether they do.
func formOf(k pocket.Kind) (form, bool) {
	switch k {
	case pocket.KindSettlement:
		return formSettlement, true
	case pocket.KindClaimExpiry:
		return formExpiry, true
	case pocket.KindClaimDiscard:
		return formDiscard, true
	case pocket.KindSlash:
		return formSlash, true
	}
	return 0, false
}

// A claimKey is what makes a settlement the same settlement, whoever tells of it.
type claimKey struct{ sessionEnd, supplier, application, service int64 }

func (e *entry) claim() claimKey {
	return claimKey{e.sessionEnd, e.supplier, e.application, e.service}
}

const digestVersion = 1

// pack returns d as bytes.
func (d *digest) pack() []byte {
	slices.SortFunc(d.entries, func(a, b entry) int { return int(a.idx - b.idx) })
	b := append(make([]byte, 0, 1+len(d.entries)*64), digestVersion)
	last := int64(0)
	for i := range d.entries {
		e := &d.entries[i]
		b = append(b, byte(e.form))
		b = binary.AppendUvarint(b, uint64(e.idx-last))
		last = e.idx
		b = binary.AppendUvarint(b, uint64(e.supplier))
		b = binary.AppendUvarint(b, uint64(e.application))
		b = binary.AppendUvarint(b, uint64(e.service))
		b = binary.AppendVarint(b, d.height-e.sessionEnd)
		b = binary.AppendVarint(b, e.amount)
		if e.form == formSettlement {
			b = e.packSettlement(b)
		}
	}
	return b
}

func (e *entry) packSettlement(b []byte) []byte {
	b = append(b, byte(e.lacks))
	b = binary.AppendUvarint(b, uint64(e.owner))
	for _, n := range [...]int64{e.relays, e.estimatedRelays, e.units, e.settled, e.minted, e.overserviced, e.deflated} {
		b = binary.AppendVarint(b, n)
	}
	return packShares(b, e.shares)
}

func packShares(b []byte, shares []share) []byte {
	b = binary.AppendUvarint(b, uint64(len(shares)))
	for _, s := range shares {
		b = binary.AppendUvarint(b, uint64(s.recipient))
		b = binary.AppendUvarint(b, uint64(s.reason))
		b = binary.AppendVarint(b, s.amount)
	}
	return b
}

// An unpacker reads packed numbers. After the bytes end too early it yields zeros and says so.
type unpacker struct {
	b     []byte
	i     int // what is read of b
	short bool
}

func (u *unpacker) left() int { return len(u.b) - u.i }

func (u *unpacker) uint() int64 {
	// One byte holds most numbers: the common case is here, so that it is inlined.
	if u.i < len(u.b) && u.b[u.i] < 0x80 {
		u.i++
		return int64(u.b[u.i-1])
	}
	return u.longUint()
}

func (u *unpacker) longUint() int64 {
	n, size := binary.Uvarint(u.b[u.i:])
	if size <= 0 {
		u.fail()
		return 0
	}
	u.i += size
	return int64(n)
}

func (u *unpacker) fail() { u.short, u.i = true, len(u.b) }

func (u *unpacker) int() int64 {
	n := uint64(u.uint())
	return int64(n>>1) ^ -int64(n&1)
}

func (u *unpacker) byte() byte {
	if u.i >= len(u.b) {
		u.fail()
		return 0
	}
	u.i++
	return u.b[u.i-1]
}

// shares appends to list.
func (u *unpacker) shares(list []share) []share {
	n := u.uint()
	if n < 0 || n > int64(u.left()) { // each takes three bytes at least
		u.fail()
		return list
	}
	list = slices.Grow(list, int(n))
	for range n {
		list = append(list, share{u.uint(), u.uint(), u.int()})
	}
	return list
}

// visitDigest calls visit for each entry of a packed digest, until it returns false. The entry is reused.
func visitDigest(height int64, packed []byte, visit func(*entry) bool) error {
	u := unpacker{b: packed}
	if v := u.byte(); v != digestVersion {
		return fmt.Errorf("digest of block %d has version %d: %w", height, v, ErrCorrupt)
	}
	var e entry
	last := int64(0)
	for u.left() > 0 {
		shares := e.shares[:0]
		e = entry{form: form(u.byte())}
		e.idx = last + u.uint()
		last = e.idx
		e.supplier, e.application, e.service = u.uint(), u.uint(), u.uint()
		e.sessionEnd = height - u.int()
		e.amount = u.int()
		if e.form == formSettlement {
			e.lacks = pocket.Lack(u.byte())
			e.owner = u.uint()
			e.relays, e.estimatedRelays, e.units = u.int(), u.int(), u.int()
			e.settled, e.minted, e.overserviced, e.deflated = u.int(), u.int(), u.int(), u.int()
			e.shares = u.shares(shares)
		} else {
			e.shares = shares
		}
		if u.short || e.form >= forms {
			return fmt.Errorf("digest of block %d is damaged: %w", height, ErrCorrupt)
		}
		if !visit(&e) {
			return nil
		}
	}
	return nil
}

// unpackDigest returns the whole of a packed digest.
func unpackDigest(height, when int64, packed []byte) (*digest, error) {
	d := &digest{height: height, time: when}
	err := visitDigest(height, packed, func(e *entry) bool {
		kept := *e
		kept.shares = append([]share(nil), e.shares...)
		d.entries = append(d.entries, kept)
		return true
	})
	return d, err
}

// event returns e as the event that it tells of, with all that sums are made of. A settlement's shares lie in memory that is used again
// by the next call.
func (e *entry) event(words vocabulary, height int64, when time.Time, memory *[]pocket.Share) pocket.Event {
	at := pocket.At{Height: pocket.Height(height), Time: when, Index: int(e.idx)}
	supplier, application := words.address(e.supplier), words.address(e.application)
	service, sessionEnd := pocket.ServiceID(words.text(e.service)), pocket.Height(e.sessionEnd)
	switch e.form {
	case formExpiry:
		return pocket.ClaimExpiry{At: at, Work: pocket.Work{
			Supplier: supplier, Application: application, Service: service, SessionEnd: sessionEnd, Claimed: pocket.Upokt(e.amount),
		}}
	case formDiscard:
		return pocket.ClaimDiscard{At: at, Supplier: supplier, Application: application, Service: service, SessionEnd: sessionEnd}
	case formSlash:
		return pocket.Slash{
			At: at, Supplier: supplier, Application: application, Service: service, SessionEnd: sessionEnd, Penalty: pocket.Upokt(e.amount),
			StakeUnknown: true,
		}
	}
	*memory = words.shares(e.shares, (*memory)[:0])
	return pocket.Settlement{
		At: at, Supplier: supplier, Owner: words.address(e.owner), Application: application, Service: service, SessionEnd: sessionEnd,
		Relays: e.relays, EstimatedRelays: e.estimatedRelays, EstimatedComputeUnits: e.units,
		Claimed: pocket.Upokt(e.amount), Settled: pocket.Upokt(e.settled), Minted: pocket.Upokt(e.minted),
		Overserviced: pocket.Upokt(e.overserviced), Deflated: pocket.Upokt(e.deflated),
		Shares: *memory, Lacks: e.lacks,
	}
}

// shares appends packed shares to list as shares.
func (v vocabulary) shares(packed []share, list []pocket.Share) []pocket.Share {
	for _, s := range packed {
		list = append(list, pocket.Share{
			Recipient: v.address(s.recipient), Reason: pocket.Reason(v.text(s.reason)), Amount: pocket.Upokt(s.amount),
		})
	}
	return list
}

// maxName returns the highest number that e uses.
func (e *entry) maxName() int64 {
	highest := max(e.supplier, e.application, e.service, e.owner)
	for _, s := range e.shares {
		highest = max(highest, s.recipient, s.reason)
	}
	return highest
}
