package rewards

import (
	"encoding/binary"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

const (
	pricePlaces = 24              // of a price: see [Price]
	worthPlaces = pricePlaces + 6 // of upokt times a price, exactly
)

// A fixed is a whole number of 10^-30, which upokt times prices are: 192 bits in two's complement, the lowest word first. A price has 120
// bits at most and sums of upokt have 63, so that 8 are to spare.
type fixed [3]uint64

// A scaled is a price as a whole number of 10^-24, the lowest word first.
type scaled [2]uint64

// addWorth adds what so many upokt are worth and reports whether the sum fits.
func (f *fixed) addWorth(upokt int64, price scaled) bool {
	n := uint64(upokt)
	if upokt < 0 {
		n = -n
	}
	middle, low := bits.Mul64(n, price[0])
	high, more := bits.Mul64(n, price[1])
	middle, carry := bits.Add64(middle, more, 0)
	product := fixed{low, middle, high + carry}
	if upokt < 0 {
		product.negate()
	}
	return f.add(&product)
}

// add adds g and reports whether the sum fits.
func (f *fixed) add(g *fixed) bool {
	var sum fixed
	var carry uint64
	sum[0], carry = bits.Add64(f[0], g[0], 0)
	sum[1], carry = bits.Add64(f[1], g[1], carry)
	sum[2], _ = bits.Add64(f[2], g[2], carry)
	// It does not when both terms have the sign that the sum has not.
	fits := int64((f[2]^sum[2])&(g[2]^sum[2])) >= 0
	*f = sum
	return fits
}

func (f *fixed) negate() {
	var carry uint64
	f[0], carry = bits.Add64(^f[0], 1, 0)
	f[1], carry = bits.Add64(^f[1], 0, carry)
	f[2] = ^f[2] + carry
}

func (f *fixed) isZero() bool { return *f == fixed{} }

// decimal returns f exactly. Zero is the zero Decimal, so that equal sums are equal in memory.
func (f fixed) decimal() decimal.Decimal {
	if f.isZero() {
		return decimal.Decimal{}
	}
	negative := int64(f[2]) < 0
	if negative {
		f.negate()
	}
	n := bigOf(f[:])
	if negative {
		n.Neg(n)
	}
	return decimal.NewFromBigInt(n, -worthPlaces)
}

// fixedOf returns d, and whether it is a whole number of 10^-30 that fits.
func fixedOf(d decimal.Decimal) (f fixed, fits bool) {
	n, exact := wholeOf(d, worthPlaces)
	if !exact || n.BitLen() >= 64*len(f) {
		return f, false
	}
	wordsOf(n, f[:])
	if n.Sign() < 0 {
		f.negate()
	}
	return f, true
}

// wholeOf returns d times ten to the places, and whether that is a whole number. A decimal of absurd size is none.
func wholeOf(d decimal.Decimal, places int32) (*big.Int, bool) {
	const absurd = 200
	switch e := d.Exponent(); {
	case e == -places || d.IsZero():
		return d.Coefficient(), true
	case e < -absurd || e > absurd:
		return new(big.Int), false
	default:
		shifted := d.Shift(places)
		return shifted.BigInt(), shifted.IsInteger()
	}
}

// bigOf returns the number whose words are given, the lowest first.
func bigOf(words []uint64) *big.Int {
	var bytes [8 * len(fixed{})]byte
	for i, w := range words {
		binary.BigEndian.PutUint64(bytes[len(bytes)-8*(i+1):], w)
	}
	return new(big.Int).SetBytes(bytes[:])
}

// wordsOf writes the size of n, without its sign, into words; it must fit.
func wordsOf(n *big.Int, words []uint64) {
	var bytes [8 * len(fixed{})]byte
	n.FillBytes(bytes[:])
	for i := range words {
		words[i] = binary.BigEndian.Uint64(bytes[len(bytes)-8*(i+1):])
	}
}
