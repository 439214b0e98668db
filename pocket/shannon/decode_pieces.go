package shannon

import "encoding/binary"

const (
	// pieceLength is how many letters of an address are looked at at once.
	pieceLength = 4
	// pieceStride is how far the looks are apart. Behind its prefix an address has at least 38 letters, so that at least one look
	// falls on a piece of them, wherever the address begins.
	pieceStride = 38 - pieceLength - 2
)

// pieces is a set of all pieces of some addresses. It tells quickly that none of the addresses stands in a text, looking at every 32nd
// letter only. It may take strange pieces for its own, but never the other way round.
type pieces struct {
	bits  []uint64
	shift int // a hash's upper bits name the bit

	longest int // how long the longest of the addresses is
}

// newPieces returns the pieces of the addresses. Each must have at least 38 letters behind its last '1', as bech32 addresses have.
func newPieces(addresses map[string]bool) pieces {
	// Sixty-four bits for each piece, so that few strange pieces are taken for an address's; at most 256 KiB.
	size := 14
	for size < 21 && 1<<size < 64*40*len(addresses) {
		size++
	}
	p := pieces{bits: make([]uint64, 1<<size/64), shift: 64 - size}
	for address := range addresses {
		p.longest = max(p.longest, len(address))
		start := len(address)
		for start > 0 && address[start-1] != '1' { // the letters behind the prefix do not include 1
			start--
		}
		for i := start; i+pieceLength <= len(address); i++ {
			bit := p.bit([]byte(address[i : i+pieceLength]))
			p.bits[bit/64] |= 1 << (bit % 64)
		}
	}
	return p
}

func (p pieces) bit(piece []byte) uint64 {
	return uint64(binary.LittleEndian.Uint32(piece)) * 0x9e3779b97f4a7c15 >> p.shift
}

// seen calls check with each part of text that may hold one of the addresses, until it returns true. It reports whether it did.
func (p pieces) seen(text []byte, check func(part []byte) bool) bool {
	for i := 0; i+pieceLength <= len(text); i += pieceStride {
		if bit := p.bit(text[i:]); p.bits[bit/64]>>(bit%64)&1 == 1 && check(text[max(0, i-p.longest):min(len(text), i+p.longest)]) {
			return true
		}
	}
	return false
}
