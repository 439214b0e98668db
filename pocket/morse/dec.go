package morse

import "math/big"

// The chain computes with decimals of 18 digits after the point, kept as integers: 1 is 10^18. Each product and each quotient is rounded
// half to even at once, so the order of operations decides the last digit, and the last digit decides a upokt. What is here does the same
// steps in the same order (types/decimal.go of the node).

var (
	decOne  = new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil)
	decHalf = new(big.Int).Div(decOne, big.NewInt(2))
)

// decRound drops 18 digits, rounding half to even.
func decRound(n *big.Int) *big.Int {
	if n.Sign() < 0 {
		return new(big.Int).Neg(decRound(new(big.Int).Neg(n)))
	}
	whole, rest := new(big.Int).QuoRem(n, decOne, new(big.Int))
	if c := rest.Cmp(decHalf); c > 0 || c == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole
}

func decMul(a, b *big.Int) *big.Int { return decRound(new(big.Int).Mul(a, b)) }

// decQuo divides to 36 digits, cuts, and rounds what is left.
func decQuo(a, b *big.Int) *big.Int {
	n := new(big.Int).Mul(a, decOne)
	n.Mul(n, decOne)
	return decRound(n.Quo(n, b))
}

// decPower multiplies x with itself by squaring, the lowest bit of n first.
func decPower(x *big.Int, n uint64) *big.Int {
	if n == 0 {
		return new(big.Int).Set(decOne)
	}
	odd := new(big.Int).Set(decOne)
	for ; n > 1; n /= 2 {
		if n%2 == 1 {
			odd = decMul(odd, x)
		}
		x = decMul(x, x)
	}
	return decMul(x, odd)
}

// rootDenominator is into how many parts the chain cuts an exponent.
const rootDenominator = 100

// decRoot is the hundredth root by Newton's steps, which end when one is as small as can be. It is nil if they do not end, as they do for
// every number that a stake can make; the chain would hang there.
func decRoot(x *big.Int) *big.Int {
	if x.Sign() == 0 || x.Cmp(decOne) == 0 {
		return new(big.Int).Set(x)
	}
	guess, step := new(big.Int).Set(decOne), new(big.Int).Set(decOne)
	for range 100_000 {
		if step.CmpAbs(big.NewInt(1)) <= 0 {
			return guess
		}
		before := decPower(guess, rootDenominator-1)
		if before.Sign() == 0 {
			before.SetInt64(1)
		}
		step = decQuo(x, before)
		step.Sub(step, guess)
		step.Quo(step, big.NewInt(rootDenominator))
		guess = new(big.Int).Add(guess, step)
	}
	return nil
}

// decFraction raises a whole number to a power given in hundredths.
func decFraction(whole, hundredths int64) *big.Int {
	root := decRoot(new(big.Int).Mul(big.NewInt(whole), decOne))
	if root == nil {
		return nil
	}
	return decPower(root, uint64(hundredths))
}
