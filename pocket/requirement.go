package pocket

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand"
)

// SeedHeight returns the height of the block whose hash decides for which of a session's smaller claims a proof is drawn: the one before
// the proof window opens.
func (w Windows) SeedHeight() Height { return w.ProofOpen - 1 }

// Draws reports whether a claim of less than the threshold needs a proof, which chance decides once the hash of block [Windows.SeedHeight] is
// known. It is what the chain itself would find: the draw is seeded by that hash and by the claim as it stands while no proof of it was
// accepted. A claim whose proof was accepted is seeded anew when it settles, so that its settlement may say that none was needed.
//
// The error says that a hash cannot be read. (From the protocol's source; it agrees with all 221 smaller claims of a recorded chain of v0.1.35.)
func (p ProofParams) Draws(c Claim, seedHash string) (bool, error) {
	seed, err := hex.DecodeString(seedHash)
	if err != nil || len(seed) != sha256.Size {
		return false, fmt.Errorf("block hash %.70q: want 64 hexadecimal digits: %w", seedHash, ErrInvalid)
	}
	claim := sha256.Sum256(c.pending())
	hash := sha256.Sum256(append(claim[:], seed...))
	number, _ := binary.Varint(hash[:]) // as the chain reads it, be it a number that does not fit
	draw := rand.New(rand.NewSource(number)).Float64()
	return draw <= p.RequestProbability.InexactFloat64(), nil
}

// pending returns the claim as the chain stores it before a proof was accepted: protobuf in the order of its fields.
func (c Claim) pending() []byte {
	var header []byte
	header = appendText(header, 1, c.Application.String())
	header = appendText(header, 2, string(c.Service))
	header = appendText(header, 3, c.SessionID)
	header = appendNumber(header, 4, int64(c.SessionStart))
	header = appendNumber(header, 5, int64(c.SessionEnd))
	claim := appendText(nil, 1, c.Supplier.String())
	claim = appendText(claim, 2, string(header))
	return appendText(claim, 3, string(c.RootHash))
}

// appendText appends a field of text or bytes; protobuf leaves out empty ones.
func appendText(b []byte, field int, text string) []byte {
	if text == "" {
		return b
	}
	b = binary.AppendUvarint(b, uint64(field)<<3|2)
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendNumber(b []byte, field int, n int64) []byte {
	if n == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(field)<<3)
	return binary.AppendUvarint(b, uint64(n))
}
