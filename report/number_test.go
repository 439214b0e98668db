package report

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

func TestNumbersForPeople(t *testing.T) {
	assert.Equal(t, "1,234.5 POKT", Amount(1_234_500_000))
	assert.Equal(t, "-1,000 POKT", Amount(-1_000_000_000))
	assert.Equal(t, "0.000001 POKT", Amount(1))
	assert.Equal(t, "100 POKT", Amount(100_000_000))
	assert.Equal(t, "1,234.50 POKT", Rounded(1_234_499_999, 2))
	assert.Equal(t, "<0.01 POKT", Rounded(4_999, 2))
	assert.Equal(t, ">-0.01 POKT", Rounded(-4_999, 2))
	assert.Equal(t, "0.01 POKT", Rounded(5_000, 2))
	assert.Equal(t, "0.00 POKT", Rounded(0, 2))
	assert.Equal(t, "12.30 EUR", Money(decimal.RequireFromString("12.3"), "EUR"))
	assert.Equal(t, "0.000123 EUR", Money(decimal.RequireFromString("0.000123"), "EUR"))
	assert.Equal(t, "<0.000001 EUR", Money(decimal.RequireFromString("0.0000001"), "EUR"))
	assert.Equal(t, "12,345", Count(12_345))
	assert.Equal(t, "-123", Count(-123))
	assert.Equal(t, "12.5 %", Share(decimal.RequireFromString("0.125")))
	assert.Equal(t, "2 days 3 hours", Duration(51*time.Hour+59*time.Minute))
	assert.Equal(t, "1 hour", Duration(time.Hour+30*time.Second))
	assert.Equal(t, "1 minute", Duration(-90*time.Second))
	assert.Equal(t, "less than a minute", Duration(0))
}

func TestAmountsAreGroupedWithoutLoss(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := pocket.Upokt(rapid.Int64().Draw(t, "upokt"))
		back, err := pocket.ParsePOKT(strings.ReplaceAll(Amount(u), ",", ""))
		if err != nil || back != u {
			t.Fatalf("%d became %s", u, Amount(u))
		}
	})
}
