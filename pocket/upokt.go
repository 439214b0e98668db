package pocket

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Upokt is an amount of the chain's base coin: 1 POKT is 1,000,000 upokt. The whole supply is about
// 2.3e15 upokt, so an int64 holds thousands of times what can exist. It may be negative as a difference.
//
// As text and in JSON it is a string of digits ("1250000"), which no reader rounds.
type Upokt int64

// UpoktPerPOKT is how many upokt make one POKT.
const UpoktPerPOKT = 1_000_000

// ErrOverflow is what checked arithmetic answers when a result does not fit.
var ErrOverflow = errors.New("amount out of range")

// POKT returns n whole POKT as upokt. It panics when that does not fit, so give it constants;
// what a person typed goes through [ParsePOKT].
func POKT(n int64) Upokt {
	u, err := Upokt(n).Mul(UpoktPerPOKT)
	if err != nil {
		panic(fmt.Sprintf("pocket: POKT(%d): %v", n, err))
	}
	return u
}

// ParseUpokt reads a coin as the chain writes it: digits and "upokt", such as "1897upokt". Bare digits
// are upokt too. Another coin, a fraction or a sign is an error.
func ParseUpokt(s string) (Upokt, error) {
	digits := strings.TrimSuffix(s, "upokt")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("amount %s: want digits and upokt, such as 1897upokt", quote(s))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %s: %w", quote(s), ErrOverflow)
	}
	return Upokt(n), nil
}

// ParsePOKT reads what a person writes: "1.5", "1.5 POKT", "60000pokt" or "1500000upokt". A comma is
// refused rather than guessed at, and so are more than six places, which the chain cannot hold.
func ParsePOKT(s string) (Upokt, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if strings.HasSuffix(text, "upokt") {
		return ParseUpokt(strings.ReplaceAll(text, " ", ""))
	}
	text = strings.TrimSpace(strings.TrimSuffix(text, "pokt"))
	sign, rest := "", text
	if strings.HasPrefix(rest, "-") {
		sign, rest = "-", rest[1:]
	}
	whole, fraction, point := strings.Cut(rest, ".")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" || point && fraction == "" {
		return 0, fmt.Errorf("amount %s: want a number of POKT with a point for decimals, such as 1.5", quote(s))
	}
	if len(fraction) > 6 {
		return 0, fmt.Errorf("amount %s: POKT has at most 6 decimals", quote(s))
	}
	n, err := strconv.ParseInt(sign+whole+fraction+strings.Repeat("0", 6-len(fraction)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %s: %w", quote(s), ErrOverflow)
	}
	return Upokt(n), nil
}

// Decimal returns the amount in POKT, exactly.
func (u Upokt) Decimal() decimal.Decimal { return decimal.New(int64(u), -6) }

// String returns the amount in POKT with no more decimals than it needs: "60000 POKT", "0.000001 POKT".
func (u Upokt) String() string { return u.Number() + " POKT" }

// Number returns the amount in POKT without its name: "60000", "0.000001".
func (u Upokt) Number() string {
	var buf [24]byte
	return string(u.appendPOKT(buf[:0], true))
}

// Fixed returns the amount in POKT with all six decimals, so that a column of them lines up: "1.500000".
func (u Upokt) Fixed() string {
	var buf [24]byte
	return string(u.appendPOKT(buf[:0], false))
}

// AppendFixed appends what [Upokt.Fixed] returns to b.
func (u Upokt) AppendFixed(b []byte) []byte { return u.appendPOKT(b, false) }

func (u Upokt) appendPOKT(b []byte, trim bool) []byte {
	n := uint64(u)
	if u < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendUint(b, n/UpoktPerPOKT, 10)
	b = append(b, '.')
	fraction := n % UpoktPerPOKT
	for place := uint64(UpoktPerPOKT / 10); place > 0; place /= 10 {
		b = append(b, '0'+byte(fraction/place%10))
	}
	if trim {
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
		if b[len(b)-1] == '.' {
			b = b[:len(b)-1]
		}
	}
	return b
}

// Coin returns the amount as the chain writes it: "1897upokt".
func (u Upokt) Coin() string { return strconv.FormatInt(int64(u), 10) + "upokt" }

// MarshalText writes the upokt as digits.
func (u Upokt) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(u), 10), nil }

// UnmarshalText reads what MarshalText writes, and a coin such as "1897upokt".
func (u *Upokt) UnmarshalText(b []byte) error {
	text, negative := strings.CutPrefix(string(b), "-")
	n, err := ParseUpokt(text)
	if err != nil {
		return err
	}
	if negative {
		n = -n
	}
	*u = n
	return nil
}

// Add returns u + v, or [ErrOverflow].
func (u Upokt) Add(v Upokt) (Upokt, error) {
	sum := u + v
	if (v > 0 && sum < u) || (v < 0 && sum > u) {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Sub returns u - v, or [ErrOverflow].
func (u Upokt) Sub(v Upokt) (Upokt, error) {
	difference := u - v
	if (v > 0 && difference > u) || (v < 0 && difference < u) {
		return 0, ErrOverflow
	}
	return difference, nil
}

// Mul returns u × n, or [ErrOverflow].
func (u Upokt) Mul(n int64) (Upokt, error) {
	product := u * Upokt(n)
	if n != 0 && (product/Upokt(n) != u || u == math.MinInt64 && n == -1) {
		return 0, ErrOverflow
	}
	return product, nil
}
