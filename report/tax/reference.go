package tax

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

// References are made of what every source tells of an event, so that the same line has the same one wherever it is known from. The number of an event
// in its block would not do: not all sources tell it, and what is taken over from another host gets another.

// shareReference names what a settlement paid by its share i.
func shareReference(s *pocket.Settlement, i int) string {
	share := &s.Shares[i]
	nth := 0 // among what the same recipient got
	for _, before := range s.Shares[:i] {
		if before.Recipient == share.Recipient && before.Amount > 0 {
			nth++
		}
	}
	switch {
	case s.TxHash == "":
		return claimReference(s, share.Recipient, nth)
	case share.Reason == pocket.ReasonMorseRelays:
		return s.TxHash // there is one, and it is what the transaction is known for
	}
	parts := whole(part(nil, share.Recipient.String()), int64(nth))
	return string(digest([]byte(s.TxHash+"-"), parts))
}

// claimReference names what a settlement on Shannon paid to a recipient for the nth time, by its claim: there is one of a supplier, application, service
// and session.
func claimReference(s *pocket.Settlement, recipient pocket.Address, nth int) string {
	var buf [room]byte
	b := part(buf[:0], s.Supplier.String())
	b = part(b, s.Application.String())
	b = part(b, string(s.Service))
	b = whole(b, int64(s.SessionEnd))
	b = part(b, recipient.String())
	return digested(s.Height, whole(b, int64(nth)))
}

// slashReference names a slash by the claim that it was for. Without that only its number in the block tells it from others.
func slashReference(s *pocket.Slash) string {
	b := part(part(nil, "slash"), s.Supplier.String())
	if s.Application.IsZero() || s.Service == "" {
		return digested(s.Height, whole(b, int64(s.Index)))
	}
	b = part(part(b, s.Application.String()), string(s.Service))
	return digested(s.Height, whole(b, int64(s.SessionEnd)))
}

// validatorReference names what a block's settlements paid a validator for one reason.
func validatorReference(r *pocket.ValidatorReward) string {
	b := part(part(part(nil, "validator"), r.Account.String()), string(r.Reason))
	return digested(r.Height, whole(b, int64(r.SessionEnd)))
}

// feeReference names the fee of a transaction, apart from what else it paid.
func feeReference(t *pocket.Transaction) string {
	if t.TxHash == "" {
		b := part(part(nil, "fee"), t.FeePayer.String())
		return digested(t.Height, whole(whole(b, int64(t.Index)), int64(t.Position)))
	}
	return t.TxHash + "-fee"
}

// room is how long what is digested usually is at most.
const room = 256

// part and whole append what tells events apart.
func part(b []byte, s string) []byte { return append(append(b, s...), 0) }

func whole(b []byte, n int64) []byte { return append(strconv.AppendInt(b, n, 10), 0) }

// digested is a block's height and a digest of what tells apart the events in it.
func digested(h pocket.Height, parts []byte) string {
	var buf [48]byte
	b := strconv.AppendInt(buf[:0], int64(h), 10)
	return string(digest(append(b, '-'), parts))
}

// digestBytes are enough that no two of a block's lines have the same.
const digestBytes = 8

func digest(b, parts []byte) []byte {
	sum := sha256.Sum256(parts)
	return hex.AppendEncode(b, sum[:digestBytes])
}
