package morse

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scaled reads a decimal of 18 digits.
func scaled(t *testing.T, text string) *big.Int {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	require.True(t, ok, text)
	n := r.Mul(r, new(big.Rat).SetInt(decOne))
	require.True(t, n.IsInt(), text)
	return n.Num()
}

func TestFractionalPowersAreTheChainsToTheLastDigit(t *testing.T) {
	for _, row := range []struct {
		bin                 int64
		one, seventy, fifty string
	}{
		{1, "1.000000000000000000", "1.000000000000000000", "1.000000000000000000"},
		{2, "2.000000000000000037", "1.624504792712471066", "1.414213562373095062"},
		{3, "3.000000000000000158", "2.157669279974593180", "1.732050807568877339"},
		{4, "4.000000000000000149", "2.639015821545788587", "2.000000000000000037"},
	} {
		assert.Equal(t, scaled(t, row.one), decFraction(row.bin, 100))
		assert.Equal(t, scaled(t, row.seventy), decFraction(row.bin, 70))
		assert.Equal(t, scaled(t, row.fifty), decFraction(row.bin, 50))
		assert.Equal(t, decOne, decFraction(row.bin, 0))
	}
	assert.Zero(t, decFraction(0, 70).Sign())
	assert.Zero(t, decFraction(0, 100).Sign())
}

func TestProductsAreRoundedHalfToEven(t *testing.T) {
	half := scaled(t, "0.5")
	for in, want := range map[int64]int64{1: 0, 2: 1, 3: 2, 4: 2, 5: 2, 6: 3, 7: 4} {
		assert.Equal(t, want, decMul(big.NewInt(in), half).Int64(), in)
		assert.Equal(t, -want, decMul(big.NewInt(-in), half).Int64(), -in)
	}
	assert.Equal(t, scaled(t, "0.333333333333333333"), decQuo(decOne, scaled(t, "3")))
	assert.Equal(t, scaled(t, "0.666666666666666667"), decQuo(scaled(t, "2"), scaled(t, "3")))
}
