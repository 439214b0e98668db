package report

import (
	"math"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
)

// A Kind says what a [Column] or [Cell] holds, and so how each writer shows it.
type Kind uint8

// The kinds.
const (
	KindNone    Kind = iota // an empty cell: nothing to say, or not known
	KindText                // free text, often a stranger's: every writer makes it safe for the place it goes to
	KindInteger             // a count
	KindPOKT                // an exact amount, shown in POKT
	KindDecimal             // an exact decimal number
	KindFiat                // money of the column's currency: exact, and shown with as many decimals as that has
	KindPercent             // a part of one: 0.125 is shown as 12.5 %, and stays 0.125 in CSV and XLSX
	KindTime                // an instant, shown in the writer's zone
	KindDate                // a calendar day, the same in every zone
	KindMonth               // a calendar month, the same in every zone
	KindAddress             // an address, which may be shortened where room is scarce
	KindHeight              // a block's height
)

// A Cell is one value of a table. It is small and holds no pointer but a text's, so that a row of them costs nothing to make. Make it
// by the functions below; the zero Cell is empty, which every writer shows as such and never as 0.
type Cell struct {
	text   string
	number int64
	kind   Kind
	places int8 // of a decimal number: number × 10^-places; inText when it does not fit
}

// inText marks a decimal number too large or fine for an int64: its digits are in text.
const inText = -1

// maxPlaces is how many decimal places fit beside the digits of an int64.
const maxPlaces = 18

// String is a cell of free text; "" is an empty cell.
func String(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return Cell{text: s, kind: KindText}
}

// Integer is a cell with a count.
func Integer(n int64) Cell { return Cell{number: n, kind: KindInteger} }

// POKT is a cell with an amount, kept exactly.
func POKT(u pocket.Upokt) Cell { return Cell{number: int64(u), kind: KindPOKT, places: 6} }

// Decimal is a cell with a decimal number, kept exactly.
func Decimal(d decimal.Decimal) Cell { return fraction(d, KindDecimal) }

// Fiat is a cell with money of the column's currency, kept exactly: writers round it to the currency's own decimals, see [Places], after they have
// added up their totals. A price, and what is a small part of them, belongs into a [Decimal] cell.
func Fiat(d decimal.Decimal) Cell { return fraction(d, KindFiat) }

// Percent is a cell with a part of one: 0.125 is 12.5 %.
func Percent(part decimal.Decimal) Cell { return fraction(part, KindPercent) }

// Time is a cell with an instant; the zero time is an empty cell. Parts of a microsecond are dropped.
func Time(t time.Time) Cell {
	if t.IsZero() {
		return Cell{}
	}
	return Cell{number: t.UnixMicro(), kind: KindTime}
}

// Date is a cell with the calendar day that t shows in its own location; the zero time is an empty cell.
func Date(t time.Time) Cell { return calendar(t, KindDate) }

// Month is a cell with the calendar month that t shows in its own location; the zero time is an empty cell.
func Month(t time.Time) Cell { return calendar(t, KindMonth) }

// Address is a cell with an address; the zero address is an empty cell.
func Address(a pocket.Address) Cell {
	if a.IsZero() {
		return Cell{}
	}
	return Cell{text: a.String(), kind: KindAddress}
}

// Height is a cell with a height; 0 is an empty cell.
func Height(h pocket.Height) Cell {
	if h == 0 {
		return Cell{}
	}
	return Cell{number: int64(h), kind: KindHeight}
}

func calendar(t time.Time, kind Kind) Cell {
	if t.IsZero() {
		return Cell{}
	}
	y, m, d := t.Date()
	if kind == KindMonth {
		d = 1
	}
	return Cell{number: time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMicro(), kind: kind}
}

func fraction(d decimal.Decimal, kind Kind) Cell {
	if places := -d.Exponent(); places >= 0 && places <= maxPlaces && d.NumDigits() <= maxPlaces {
		return Cell{number: d.CoefficientInt64(), kind: kind, places: int8(places)}
	}
	return Cell{text: d.String(), kind: kind, places: inText}
}

// Kind tells what the cell holds; [KindNone] is an empty cell.
func (c Cell) Kind() Kind { return c.kind }

// Empty reports whether the cell holds nothing.
func (c Cell) Empty() bool { return c.kind == KindNone }

// Text returns the text of a [KindText] or [KindAddress] cell, as it came: make it safe before it goes anywhere.
func (c Cell) Text() string {
	if c.kind == KindText || c.kind == KindAddress {
		return c.text
	}
	return ""
}

// Int returns the number of a [KindInteger], [KindHeight] or [KindPOKT] cell; of the latter in upokt.
func (c Cell) Int() int64 {
	switch c.kind {
	case KindInteger, KindHeight, KindPOKT:
		return c.number
	}
	return 0
}

// Decimal returns the number of a cell that holds one, exactly; amounts in POKT.
func (c Cell) Decimal() decimal.Decimal {
	switch {
	case !c.kind.Numeric():
		return decimal.Decimal{}
	case c.places == inText:
		d, _ := decimal.NewFromString(c.text) // its own String
		return d
	}
	return decimal.New(c.number, -int32(c.places))
}

// Time returns the instant of a [KindTime] cell in UTC, and of a day or month its beginning in UTC.
func (c Cell) Time() time.Time {
	switch c.kind {
	case KindTime, KindDate, KindMonth:
		return time.UnixMicro(c.number).UTC()
	}
	return time.Time{}
}

// Numeric reports whether cells of kind k are numbers, which line up at the right and can be added up.
func (k Kind) Numeric() bool {
	switch k {
	case KindInteger, KindPOKT, KindDecimal, KindFiat, KindPercent, KindHeight:
		return true
	}
	return false
}

// AppendNumber appends the cell's number to b, exactly, with a point and no grouping: an amount with all six places, other decimals as
// they are. It appends nothing for a cell that holds no number.
func (c Cell) AppendNumber(b []byte) []byte {
	switch {
	case !c.kind.Numeric():
		return b
	case c.kind == KindPOKT:
		return pocket.Upokt(c.number).AppendFixed(b)
	case c.places == inText:
		return append(b, c.text...)
	}
	return appendFraction(b, c.number, int(c.places))
}

// appendFraction appends n × 10^-places.
func appendFraction(b []byte, n int64, places int) []byte {
	var digits [24]byte
	u := uint64(n)
	if n < 0 {
		b = append(b, '-')
		u = -u
	}
	i := len(digits)
	for written := 0; u > 0 || written <= places; written++ {
		if written == places && places > 0 {
			i--
			digits[i] = '.'
		}
		i--
		digits[i] = '0' + byte(u%10)
		u /= 10
	}
	return append(b, digits[i:]...)
}

// addExact returns a + b, and false when that does not fit.
func addExact(a, b int64) (int64, bool) {
	sum := a + b
	if (b > 0 && sum < a) || (b < 0 && sum > a) {
		return math.MaxInt64, false
	}
	return sum, true
}
