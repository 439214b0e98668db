package morsetest

import (
	"maps"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// What follows computes rewards as the chain does. It is written anew, with decimals in place of integers, so that it can stand against the
// package that it tests.

func mul(a, b decimal.Decimal) decimal.Decimal { return a.Mul(b).RoundBank(18) }

func quo(a, b decimal.Decimal) decimal.Decimal {
	q, _ := a.QuoRem(b, 36)
	return q.RoundBank(18)
}

func power(x decimal.Decimal, n int64) decimal.Decimal {
	result := decimal.New(1, 0)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			result = mul(result, x)
		}
		x = mul(x, x)
	}
	return result
}

func hundredthRoot(x decimal.Decimal) decimal.Decimal {
	one := decimal.New(1, 0)
	if x.IsZero() || x.Equal(one) {
		return x
	}
	guess, step := one, one
	for step.Abs().GreaterThan(decimal.New(1, -18)) {
		q, _ := quo(x, power(guess, 99)).Sub(guess).QuoRem(decimal.New(100, 0), 18)
		step = q
		guess = guess.Add(step)
	}
	return guess
}

// weigh returns what a stake multiplies rewards with.
func (s *state) weigh(stake int64) decimal.Decimal {
	floor, ceiling := s.param("pos/ServicerStakeFloorMultiplier"), s.param("pos/ServicerStakeWeightCeiling")
	bin := min(stake-stake%floor, ceiling-ceiling%floor) / floor
	exponent := decimal.RequireFromString(s.textParam("pos/ServicerStakeFloorMultiplierExponent"))
	weight := decimal.RequireFromString(s.textParam("pos/ServicerStakeWeightMultiplier"))
	return quo(power(hundredthRoot(decimal.NewFromInt(bin)), exponent.Shift(2).Round(0).IntPart()), weight)
}

// reward returns what relays are worth and what is minted for them.
func (w *work) reward(relays int64, chain string, a pocket.Address) (coins int64, mints []Mint) {
	s, h, config := w.state, w.block.height, w.chain.config
	custodial, weighed := !s.active("NCUST", h), s.active("RSCAL", h)
	n, found := s.nodes[a]
	if !found && (weighed || !custodial) {
		return 0, nil
	}
	multiplier := s.param("pos/RelaysToTokensMultiplier")
	if s.active("PerChainRTTM", h) {
		if own, ok := s.multipliers()[chain]; ok {
			multiplier = number(own)
		}
	}
	coins = multiplier * relays
	if weighed {
		coins = s.weigh(n.tokens).Mul(decimal.NewFromInt(multiplier * relays)).IntPart()
	}
	to := a
	mistaken := !custodial && weighed && h <= config.OutputPaidUntil
	if !custodial && (mistaken || h >= config.OutputPaidFrom) && !n.stake.Output.IsZero() {
		to = n.stake.Output
	}
	if _, ok := s.nodes[to]; mistaken && !ok {
		return coins, nil
	}
	mint := func(to pocket.Address, amount int64) {
		if amount > 0 {
			mints = append(mints, Mint{to, amount})
		}
	}
	fees := coins * (s.param("pos/DAOAllocation") + s.param("pos/ProposerPercentage")) / 100
	left := coins - fees
	if s.active("RewardDelegators", h) {
		cost := min(left, s.fee("claim")+s.fee("proof"))
		mint(a, cost)
		left -= cost
	}
	if left > 0 {
		rest := left
		for _, d := range slices.SortedFunc(maps.Keys(n.stake.Delegators), pocket.Address.Compare) {
			part := left * n.stake.Delegators[d] / 100
			mint(d, part)
			rest -= part
		}
		mint(to, rest)
	}
	mint(feePool, fees)
	return coins, mints
}

// split shares out what the fee pool holds at the start of a block.
func (w *work) split() {
	s, h := w.state, w.block.height
	pool := s.balances[feePool]
	if pool == 0 || len(w.chain.blocks) == 0 {
		return
	}
	dao, proposer := s.param("pos/DAOAllocation"), s.param("pos/ProposerPercentage")
	cut := decimal.NewFromInt(pool).Mul(quo(decimal.NewFromInt(dao), decimal.NewFromInt(dao+proposer))).IntPart()
	w.block.begin = append(w.block.begin, w.move(feePool, daoPool, cut)...)
	to := w.chain.blocks[len(w.chain.blocks)-1].proposer
	rest := pool - cut
	if s.active("NCUST", h) {
		n, ok := s.nodes[to]
		if !ok {
			return
		}
		if !n.stake.Output.IsZero() {
			to = n.stake.Output
		}
		if s.active("RewardDelegators", h) {
			whole := rest
			for _, d := range slices.SortedFunc(maps.Keys(n.stake.Delegators), pocket.Address.Compare) {
				part := whole * n.stake.Delegators[d] / 100
				w.block.begin = append(w.block.begin, w.move(feePool, d, part)...)
				rest -= part
			}
		}
	}
	w.block.begin = append(w.block.begin, w.move(feePool, to, rest)...)
}

// move moves coins and returns the events that tell of it.
func (w *work) move(from, to pocket.Address, amount int64) []event {
	if amount <= 0 {
		return nil
	}
	w.state.balances[from] -= amount
	w.state.balances[to] += amount
	return []event{
		{"transfer", [][2]string{{"recipient", to.String()}, {"amount", strconv.FormatInt(amount, 10) + "upokt"}}},
		{"message", [][2]string{{"sender", from.String()}}},
	}
}
