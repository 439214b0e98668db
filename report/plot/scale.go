package plot

import (
	"math"
	"strings"

	"github.com/shopspring/decimal"
)

// A scale is a value axis that starts at 0 and has steps of 1, 2 or 5 times a power of ten.
type scale struct {
	step  decimal.Decimal
	steps int
}

// niceScale returns a scale that reaches most in about so many steps. For 0 it goes to 1.
func niceScale(most decimal.Decimal, about int) scale {
	value := most.InexactFloat64()
	if value <= 0 { // also what is too small for a float
		return scale{step: decimal.NewFromInt(1), steps: 1}
	}
	raw := value / float64(about)
	exponent := int32(math.Floor(math.Log10(raw)))
	// From below what is needed, so that an error of rounding in the logarithm does not matter.
	for exponent--; ; exponent++ {
		for _, n := range []int64{1, 2, 5} {
			step := decimal.New(n, exponent)
			if step.Mul(decimal.NewFromInt(int64(about) + 1)).LessThan(most) {
				continue
			}
			s := scale{step: step, steps: 1}
			for s.value(s.steps).LessThan(most) {
				s.steps++
			}
			return s
		}
	}
}

func (s scale) value(i int) decimal.Decimal { return s.step.Mul(decimal.NewFromInt(int64(i))) }

func (s scale) top() float64 { return s.value(s.steps).InexactFloat64() }

// units are what large numbers are counted in. B is 1e9 and T is 1e12.
var units = []struct {
	name     string
	exponent int32
}{{"T", 12}, {"B", 9}, {"M", 6}, {"k", 3}, {"", 0}}

// labels returns the numbers at the steps, from 0 up, all in one unit and with the same decimals: "0", "0.5M", "1.0M".
func (s scale) labels() []string {
	top := s.value(s.steps)
	labels := []string{"0"}
	if s.step.LessThan(decimal.New(1, -6)) { // zeros that nobody counts
		for i := 1; i <= s.steps; i++ {
			labels = append(labels, scientific(s.value(i)))
		}
		return labels
	}
	unit := units[len(units)-1]
	for _, u := range units {
		// Four digits read better as they are.
		if top.GreaterThanOrEqual(decimal.New(1, u.exponent)) && (u.exponent != 3 || top.GreaterThanOrEqual(decimal.New(1, 4))) {
			unit = u
			break
		}
	}
	places := int32(0)
	for i := 1; i <= s.steps; i++ {
		places = max(places, decimals(s.value(i).Shift(-unit.exponent)))
	}
	for i := 1; i <= s.steps; i++ {
		labels = append(labels, s.value(i).Shift(-unit.exponent).StringFixed(places)+unit.name)
	}
	return labels
}

// decimals tells how many digits behind the point d needs.
func decimals(d decimal.Decimal) int32 {
	_, fraction, _ := strings.Cut(d.String(), ".")
	return int32(len(strings.TrimRight(fraction, "0")))
}

func scientific(d decimal.Decimal) string {
	digits := strings.TrimRight(d.Coefficient().String(), "0")
	if digits == "" {
		return "0"
	}
	exponent := int64(d.NumDigits()-1) + int64(d.Exponent())
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	return digits + "e" + decimal.NewFromInt(exponent).String()
}

// amount writes d short, with a unit when it is large: "812.35", "12.35k". Below 1 it has four digits: "0.001234".
func amount(d decimal.Decimal) string {
	if d.IsZero() {
		return "0"
	}
	if d.LessThan(decimal.NewFromInt(1)) {
		d = d.Round(4 - int32(d.NumDigits()) - d.Exponent())
		if d.LessThan(decimal.New(1, -6)) {
			return scientific(d)
		}
		return d.String()
	}
	unit := len(units) - 1
	for i, u := range units {
		if d.GreaterThanOrEqual(decimal.New(1, u.exponent)) {
			unit = i
			break
		}
	}
	if unit == len(units)-1 && d.IsInteger() {
		return d.String()
	}
	in := func(unit int) decimal.Decimal {
		d := d.Shift(-units[unit].exponent)
		if d.LessThan(decimal.NewFromInt(100)) {
			return d.Round(2)
		}
		return d.Round(1)
	}
	if unit > 0 && in(unit).GreaterThanOrEqual(decimal.NewFromInt(1000)) { // 999.99k is not 1000.0k
		unit--
	}
	places := int32(2)
	if in(unit).GreaterThanOrEqual(decimal.NewFromInt(100)) {
		places = 1
	}
	return in(unit).StringFixed(places) + units[unit].name
}

// behind returns the scale of whole numbers with so many steps that reaches at least most and leaves room above it: what is drawn behind
// something else should not hide it.
func behind(most int, steps int) scale {
	const share = 0.6 // of the height, at most
	for exponent := int32(0); ; exponent++ {
		for _, n := range []int64{1, 2, 5} {
			s := scale{step: decimal.New(n, exponent), steps: steps}
			if s.top()*share >= float64(most) || s.steps == 1 && s.top() >= float64(most) {
				return s
			}
		}
	}
}
