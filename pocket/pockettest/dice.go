package pockettest

import (
	"crypto/sha256"
	"encoding/binary"
)

// dice are numbers that look random and are the same on every machine: integers only, since the last bits of floating-point
// results differ between processors.
type dice uint64

// throw returns dice for the place that the parts name, such as a session and a supplier.
func throw(seed uint64, parts ...uint64) dice {
	d := dice(seed)
	d.next()
	for _, p := range parts {
		d = dice(uint64(d)*0x9E3779B97F4A7C15 ^ p)
		d = dice(d.next())
	}
	return d
}

// next returns 64 random bits (splitmix64).
func (d *dice) next() uint64 {
	*d += 0x9E3779B97F4A7C15
	z := uint64(*d)
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

// below returns a number from 0 to n-1; 0 when n is not positive.
func (d *dice) below(n int64) int64 {
	if n <= 0 {
		return 0
	}
	return int64(d.next() % uint64(n))
}

// between returns a number from lo to hi, both inclusive.
func (d *dice) between(lo, hi int64) int64 { return lo + d.below(hi-lo+1) }

// chance reports true in n of a million cases.
func (d *dice) chance(perMillion int64) bool { return d.below(1_000_000) < perMillion }

// digest returns 32 bytes that belong to a word and some numbers under a seed.
func digest(seed uint64, word string, parts ...uint64) [32]byte {
	buf := make([]byte, 0, 64)
	buf = binary.BigEndian.AppendUint64(buf, seed)
	buf = append(buf, word...)
	for _, p := range parts {
		buf = binary.BigEndian.AppendUint64(buf, p)
	}
	return sha256.Sum256(buf)
}

// The purposes of throws, so that two of them never share dice.
const (
	forTime uint64 = iota + 1
	forLife
	forSupplier
	forTraffic
	forClaim
	forWindow
	forMiss
	forApplication
	forSend
	forService
)

func sha256Sum(b []byte) [32]byte { return sha256.Sum256(b) }
