package pocket

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestUpoktPrintsInPOKTWithNoMoreDecimalsThanItNeeds(t *testing.T) {
	for amount, want := range map[Upokt]string{
		0:             "0 POKT",
		1:             "0.000001 POKT",
		-1:            "-0.000001 POKT",
		1_500_000:     "1.5 POKT",
		POKT(60_000):  "60000 POKT",
		math.MaxInt64: "9223372036854.775807 POKT",
		math.MinInt64: "-9223372036854.775808 POKT",
	} {
		assert.Equal(t, want, amount.String())
		assert.Equal(t, want, amount.Decimal().String()+" POKT", "the decimal is the same number")
	}
	assert.Equal(t, "1.500000", Upokt(1_500_000).Fixed())
	assert.Equal(t, "1500000upokt", Upokt(1_500_000).Coin())
}

func TestParseUpoktReadsWhatTheChainWrites(t *testing.T) {
	for text, want := range map[string]Upokt{"1897upokt": 1897, "0upokt": 0, "42": 42, "9223372036854775807upokt": math.MaxInt64} {
		got, err := ParseUpokt(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{"", "upokt", "-1upokt", "+1upokt", "1.5upokt", "1 upokt", "1pokt", "5ibc/ABC", "1upoktupokt", "0x10"} {
		_, err := ParseUpokt(text)
		assert.ErrorContains(t, err, "want digits and upokt", text)
	}
	_, err := ParseUpokt("9223372036854775808upokt")
	assert.ErrorIs(t, err, ErrOverflow)
}

func TestParsePOKTReadsWhatAPersonWrites(t *testing.T) {
	for text, want := range map[string]Upokt{
		"1.5": 1_500_000, " 1.5 POKT ": 1_500_000, "60000pokt": POKT(60_000), "0.000001": 1, "-2": -POKT(2), "-0.5": -500_000,
		"1500000upokt": 1_500_000, "1500000 uPOKT": 1_500_000, "007": POKT(7),
	} {
		got, err := ParsePOKT(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "POKT", "1,5", "1.", ".5", "1e6", "--1", "1.2.3", "٣", "1.0000001", "NaN", "99999999999999"} {
		_, err := ParsePOKT(text)
		assert.Error(t, err, text)
	}
}

func TestCheckedArithmeticRefusesToWrap(t *testing.T) {
	_, err := Upokt(math.MaxInt64).Add(1)
	assert.ErrorIs(t, err, ErrOverflow)
	_, err = Upokt(math.MinInt64).Sub(1)
	assert.ErrorIs(t, err, ErrOverflow)
	_, err = Upokt(math.MinInt64).Mul(-1)
	assert.ErrorIs(t, err, ErrOverflow)
	_, err = Upokt(math.MaxInt64 / 2).Mul(3)
	assert.ErrorIs(t, err, ErrOverflow)
	assert.Panics(t, func() { POKT(math.MaxInt64) })
}

func TestCheckedArithmeticAgreesWithDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := Upokt(rapid.Int64().Draw(t, "a")), Upokt(rapid.Int64().Draw(t, "b"))
		for _, c := range []struct {
			name    string
			checked func() (Upokt, error)
			want    string
		}{
			{"add", func() (Upokt, error) { return a.Add(b) }, a.Decimal().Add(b.Decimal()).String()},
			{"sub", func() (Upokt, error) { return a.Sub(b) }, a.Decimal().Sub(b.Decimal()).String()},
			{"mul", func() (Upokt, error) { return a.Mul(int64(b)) }, a.Decimal().Mul(b.Decimal().Shift(6)).String()},
		} {
			got, err := c.checked()
			if err == nil {
				assert.Equal(t, c.want, got.Number(), c.name)
				continue
			}
			exact, parseErr := ParsePOKT(c.want)
			assert.Error(t, parseErr, "%s said overflow but %v fits", c.name, exact)
		}
	})
}

func TestUpoktSurvivesJSONAsAString(t *testing.T) {
	body, err := json.Marshal(map[string]Upokt{"stake_upokt": math.MinInt64 + 1})
	require.NoError(t, err)
	assert.JSONEq(t, `{"stake_upokt":"-9223372036854775807"}`, string(body))
	var back map[string]Upokt
	require.NoError(t, json.Unmarshal(body, &back))
	assert.Equal(t, Upokt(math.MinInt64+1), back["stake_upokt"])
}

func FuzzParsePOKT(f *testing.F) {
	for _, seed := range []string{"1.5", "-0.5 POKT", "1897upokt", "1,5", "9223372036854.775807", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := ParsePOKT(text)
		if err != nil {
			return
		}
		again, err := ParsePOKT(amount.String())
		require.NoError(t, err)
		assert.Equal(t, amount, again)
	})
}
