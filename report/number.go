package report

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// Amount returns u in POKT for people, exactly: thousands in groups, no more decimals than it needs, such as "1,234.5 POKT".
func Amount(u pocket.Upokt) string { return group(u.Number()) + " POKT" }

// Rounded returns u in POKT for people with so many decimals, rounded half away from zero: "1,234.50 POKT". What is not zero is never
// shown as zero: it becomes "<0.01 POKT" or ">-0.01 POKT".
func Rounded(u pocket.Upokt, places int) string { return round(u.Decimal(), places) + " POKT" }

// Count returns n for people: "12,345".
func Count(n int64) string { return group(decimal.NewFromInt(n).String()) }

// Share returns a part of one for people, in percent with one decimal: "12.5 %".
func Share(part decimal.Decimal) string { return round(part.Shift(2), 1) + " %" }

func round(d decimal.Decimal, places int) string {
	rounded := d.Round(int32(places))
	if !rounded.IsZero() || d.IsZero() {
		return group(rounded.StringFixed(int32(places)))
	}
	least := decimal.New(1, int32(-places)).StringFixed(int32(places))
	if d.IsNegative() {
		return ">-" + least
	}
	return "<" + least
}

// group puts a comma between each three digits before the point.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, c := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	if point {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

// count says n of a thing: "1 claim", "2 claims".
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}
