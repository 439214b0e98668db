package plot

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestScaleLabels(t *testing.T) {
	tests := []struct {
		name, most, want string
	}{
		{"nothing", "0", "0 1"},
		{"ones", "4", "0 1 2 3 4"},
		{"a maximum that is a step has no empty step above", "20", "0 5 10 15 20"},
		{"four digits need no unit", "4800", "0 1000 2000 3000 4000 5000"},
		{"tens of thousands", "47000", "0 10k 20k 30k 40k 50k"},
		{"halves of a million have the same decimals", "1900000", "0 0.5M 1.0M 1.5M 2.0M"},
		{"a step below the unit", "1200000", "0 0.5M 1.0M 1.5M"},
		{"huge", "1000000000", "0 0.2B 0.4B 0.6B 0.8B 1.0B"},
		{"all there is", "9000000000000", "0 2T 4T 6T 8T 10T"},
		{"fractions", "0.37", "0 0.1 0.2 0.3 0.4"},
		{"a upokt", "0.000001", "0 2e-7 4e-7 6e-7 8e-7 1e-6"},
		{"a few upokt", "0.000009", "0 0.000002 0.000004 0.000006 0.000008 0.000010"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, strings.Join(niceScale(dec(test.most), 4).labels(), " "))
		})
	}
}

func anyAmount(t *rapid.T) decimal.Decimal {
	return decimal.New(rapid.Int64Range(1, 999_999_999).Draw(t, "digits"), rapid.Int32Range(-40, 5).Draw(t, "exponent"))
}

func TestEveryScaleIsNice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := anyAmount(t)
		s := niceScale(most, 4)
		assert.True(t, s.value(s.steps).GreaterThanOrEqual(most), "the axis reaches the highest value")
		assert.True(t, s.value(s.steps-1).LessThan(most), "no step is above it in vain")
		assert.GreaterOrEqual(t, s.steps, 1)
		assert.LessOrEqual(t, s.steps, 5)
		assert.Contains(t, []string{"1", "2", "5"}, strings.TrimRight(s.step.Coefficient().String(), "0"))
		labels := s.labels()
		assert.Len(t, labels, s.steps+1)
		for i, label := range labels {
			assert.True(t, unshort(label).Equal(s.value(i)), "%s is not %s", label, s.value(i))
		}
	})
}

// unshort reads what a label says.
func unshort(label string) decimal.Decimal {
	for _, u := range units {
		if number, cut := strings.CutSuffix(label, u.name); cut && u.name != "" {
			return dec(number).Shift(u.exponent)
		}
	}
	return dec(label)
}

func TestAmounts(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"0", "0"}, {"1", "1"}, {"812", "812"}, {"812.349", "812.3"}, {"99.999", "100.0"}, {"12.345", "12.35"}, {"1.5", "1.50"},
		{"999.99", "1.00k"}, {"1000", "1.00k"}, {"12345.6", "12.35k"}, {"999999", "1.00M"}, {"1234567", "1.23M"}, {"123456789", "123.5M"},
		{"1000000000", "1.00B"}, {"999999999999", "1.00T"}, {"0.001234", "0.001234"}, {"0.00123456", "0.001235"}, {"0.000001", "0.000001"},
		{"0.99999", "1"}, {"0.0000000123", "1.23e-8"},
	} {
		assert.Equal(t, test.want, amount(dec(test.in)), test.in)
	}
}

func TestEveryAmountIsNearlyItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyAmount(t)
		short := amount(d)
		off := unshort(short).Sub(d).Abs()
		assert.True(t, off.LessThanOrEqual(d.Shift(-2)), "%s for %s", short, d)
		assert.LessOrEqual(t, len(short), 11, "%s for %s", short, d)
	})
}

func TestBarsBehindStayBelowTheLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most, steps := rapid.IntRange(0, maxNodes).Draw(t, "nodes"), rapid.IntRange(1, 5).Draw(t, "steps")
		s := behind(most, steps)
		assert.Equal(t, steps, s.steps)
		assert.True(t, s.step.IsInteger(), "there are no parts of nodes")
		assert.GreaterOrEqual(t, s.top(), float64(most))
		if steps > 1 {
			assert.LessOrEqual(t, float64(most), s.top()*0.6)
		}
	})
}
