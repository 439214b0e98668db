package morse

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// RewardParams are what of a chain's state decides how a claim is paid. They are those that the proof's transaction ran on: the state
// after the block before, changed by what came earlier in the block, with the features that are active at the proof's height.
// [NodeParams.Reward] makes them of what a node answers.
type RewardParams struct {
	Multiplier       int64                      // pos/RelaysToTokensMultiplier: upokt for a relay
	ChainMultipliers map[pocket.ServiceID]int64 // pos/RelaysToTokensMultiplierMap: in its place, for the chains in it
	DAO, Proposer    int64                      // pos/DAOAllocation and pos/ProposerPercentage: percent of what is minted

	// The weight of a stake, of which nothing is looked at before [Features.StakeWeight].
	Floor    pocket.Upokt    // pos/ServicerStakeFloorMultiplier: how wide a bin is
	Ceiling  pocket.Upokt    // pos/ServicerStakeWeightCeiling: a stake above counts as this
	Exponent decimal.Decimal // pos/ServicerStakeFloorMultiplierExponent, of which hundredths count
	Weight   decimal.Decimal // pos/ServicerStakeWeightMultiplier: what the weight is divided by

	ClaimFee, ProofFee pocket.Upokt // made good to the node since [Features.Delegators]

	Features Features
}

// Features are from which height on a chain has a rule; 0 means that it has not. A node tells them in [Upgrade].
type Features struct {
	NonCustodial     pocket.Height // NCUST: a node may have an output address
	StakeWeight      pocket.Height // RSCAL: PIP-22, a reward goes by stake
	ChainMultipliers pocket.Height // PerChainRTTM
	Delegators       pocket.Height // RewardDelegators: PIP-32

	// OutputPaidUntil and OutputPaidFrom are heights in the node's program and no features of the chain: 69583, up to which a mistake
	// paid output addresses (see [Formula.Reward]), and 74622, from which they are paid by rule. 0 stands for those.
	OutputPaidUntil, OutputPaidFrom pocket.Height
}

// The heights at which mainnet's nodes changed whom they pay.
const (
	outputPaidUntil pocket.Height = 69_583
	outputPaidFrom  pocket.Height = 74_622
)

func active(since, at pocket.Height) bool { return since > 0 && at >= since }

// Work is a claim that was proved, and the node that served it as it was then.
type Work struct {
	Height pocket.Height // of the block with the proof
	Relays int64         // as claimed; of a challenge one for each hundred claimed: see [Claim.Paid]
	Chain  pocket.ServiceID
	Node   Servicer
}

// A Servicer is what of a node's record decides whom its work pays.
type Servicer struct {
	Operator   pocket.Address
	Output     pocket.Address // zero when it has none
	Stake      pocket.Upokt
	Delegators []Delegator
	// OutputIsNode: the output address is itself a node. It matters only while a mistake was in force: see [Formula.Reward].
	OutputIsNode bool
	// Gone: there was no such node any more.
	Gone bool
}

// A Delegator gets a part of what a node earns.
type Delegator struct {
	Address pocket.Address
	Percent int64
}

// A RewardSplit is what a proof minted and for whom.
type RewardSplit struct {
	Coins  pocket.Upokt // what the relays are worth
	Minted pocket.Upokt // what was shared out of that: all of it, but for nodes that the chain failed to pay
	// Shares are in the order in which the chain mints them, delegators by address, for which it has no order. The last, if anything was
	// minted, is mostly the fee pool's.
	Shares []pocket.Share
}

// Reward returns what a proof mints. It makes the [Formula] of params anew; to compute many rewards make one with [NewFormula].
func Reward(params RewardParams, work Work) (RewardSplit, error) {
	f, err := NewFormula(params)
	if err != nil {
		return RewardSplit{}, err
	}
	return f.Reward(work)
}

// A Formula computes rewards under the same parameters. It is safe for concurrent use.
type Formula struct {
	params     RewardParams
	exponent   int64    // in hundredths
	divisor    *big.Int // Weight, 18 digits
	highestBin int64

	mu      sync.RWMutex
	weights map[int64]weight // by bin
}

// A weight is what a reward is multiplied with: a whole number and 10^-18ths.
type weight struct{ whole, fraction uint64 }

// NewFormula checks params and returns their formula. It keeps them: do not change the map.
func NewFormula(params RewardParams) (*Formula, error) {
	f := &Formula{params: params, weights: map[int64]weight{}}
	p := &f.params
	p.Features.OutputPaidUntil = cmp.Or(p.Features.OutputPaidUntil, outputPaidUntil)
	p.Features.OutputPaidFrom = cmp.Or(p.Features.OutputPaidFrom, outputPaidFrom)
	switch {
	case p.Multiplier < 0:
		return nil, fmt.Errorf("%d upokt for a relay: want 0 or more: %w", p.Multiplier, pocket.ErrInvalid)
	case p.DAO < 0 || p.Proposer < 0 || p.DAO+p.Proposer > 100:
		return nil, fmt.Errorf("%d%% to the DAO and %d%% to proposers: want 0 to 100 together: %w", p.DAO, p.Proposer, pocket.ErrInvalid)
	case p.ClaimFee < 0 || p.ProofFee < 0:
		return nil, fmt.Errorf("fees of %v and %v: want 0 or more: %w", p.ClaimFee, p.ProofFee, pocket.ErrInvalid)
	}
	if p.Features.StakeWeight == 0 || p.Floor == 0 && p.Ceiling == 0 { // a feature is announced before its parameters are there
		return f, nil
	}
	switch {
	case !plain(p.Weight) || !plain(p.Exponent):
		return nil, fmt.Errorf("weight or exponent of more than 18 digits: %w", pocket.ErrInvalid)
	case p.Floor <= 0 || p.Ceiling < 0:
		return nil, fmt.Errorf("stakes weighed in steps of %v up to %v: want more than 0: %w", p.Floor, p.Ceiling, pocket.ErrInvalid)
	case p.Weight.Sign() <= 0 || p.Weight.GreaterThan(decimal.New(1, 18)):
		return nil, fmt.Errorf("weight divided by %v: want more than 0: %w", p.Weight, pocket.ErrInvalid)
	case p.Exponent.Sign() < 0 || p.Exponent.GreaterThan(decimal.New(10, 0)):
		return nil, fmt.Errorf("exponent %v: want 0 to 10: %w", p.Exponent, pocket.ErrInvalid)
	}
	f.exponent = p.Exponent.Shift(2).RoundBank(0).IntPart()
	f.divisor = p.Weight.Shift(18).BigInt()
	f.highestBin = int64(p.Ceiling / p.Floor)
	return f, nil
}

// Reward returns what work mints. What is minted is worth the relays times the chain's multiplier, times the stake's weight since
// [Features.StakeWeight]. The percentages of DAO and proposer go to the fee pool. Of the rest the node gets its fees back and delegators
// their percentages, both since [Features.Delegators]; what is left goes to the output address, or to the node that has none.
//
// Whom the chain failed to pay:
//   - From the day of output addresses up to block 69583 the node was paid, unless stakes were weighed, too: then it was the output
//     address if that is itself a node, and else nothing was minted at all. From there up to block 74621 the node was paid.
//   - A node that is gone when its proof comes gets nothing since either feature, and was paid before.
//   - A node with delegators that do not add up gets no more than its fees back. The fee pool gets its part.
//   - A stake below the first step has no weight.
//
// An error is [pocket.ErrInvalid], or [pocket.ErrOverflow] for amounts that cannot be.
func (f *Formula) Reward(work Work) (RewardSplit, error) {
	var split RewardSplit
	var err error
	if split.Coins, err = f.coins(&work); err != nil {
		return RewardSplit{}, fmt.Errorf("reward of %s for %d relays: %w", work.Node.Operator, work.Relays, err)
	}
	to, paid := f.recipient(&work)
	if !paid || split.Coins == 0 {
		return split, nil
	}
	fees := percent(split.Coins, f.params.DAO+f.params.Proposer)
	left := split.Coins - fees
	split.Shares = make([]pocket.Share, 0, 3+len(work.Node.Delegators))
	pay := func(to pocket.Address, why pocket.Reason, amount pocket.Upokt) {
		if amount > 0 {
			split.Shares = append(split.Shares, pocket.Share{Recipient: to, Reason: why, Amount: amount})
			split.Minted += amount
		}
	}
	if active(f.params.Features.Delegators, work.Height) {
		cost := min(left, f.params.ClaimFee+f.params.ProofFee)
		pay(work.Node.Operator, pocket.ReasonMorseCost, cost)
		left -= cost
	}
	if left > 0 && delegatorsHold(work.Node.Delegators) {
		rest := left
		for _, d := range work.Node.Delegators {
			part := percent(left, d.Percent)
			pay(d.Address, pocket.ReasonMorseDelegator, part)
			rest -= part
		}
		pay(to, pocket.ReasonMorseRelays, rest)
	}
	pay(ModuleAddress(FeePool), pocket.ReasonMorseFees, fees)
	return split, nil
}

// recipient returns who gets what is left of a reward, and whether anything is minted.
func (f *Formula) recipient(work *Work) (to pocket.Address, paid bool) {
	features, node := &f.params.Features, &work.Node
	nonCustodial, weighed := active(features.NonCustodial, work.Height), active(features.StakeWeight, work.Height)
	mistaken := nonCustodial && weighed && work.Height <= features.OutputPaidUntil
	to = node.Operator
	if node.Gone {
		return to, !nonCustodial && !weighed
	}
	if node.Output.IsZero() || !nonCustodial || !mistaken && work.Height < features.OutputPaidFrom {
		return to, true
	}
	return node.Output, !mistaken || node.OutputIsNode || node.Output == node.Operator
}

// coins returns what relays are worth.
func (f *Formula) coins(work *Work) (pocket.Upokt, error) {
	multiplier := f.params.Multiplier
	if active(f.params.Features.ChainMultipliers, work.Height) {
		if own, ok := f.params.ChainMultipliers[work.Chain]; ok {
			multiplier = own
		}
	}
	if work.Relays < 0 || multiplier < 0 || work.Node.Stake < 0 {
		return 0, fmt.Errorf("stake of %v, %d upokt for a relay: want none below 0: %w", work.Node.Stake, multiplier, pocket.ErrInvalid)
	}
	high, flat := bits.Mul64(uint64(multiplier), uint64(work.Relays))
	if high != 0 || flat > math.MaxInt64 {
		return 0, pocket.ErrOverflow
	}
	if !active(f.params.Features.StakeWeight, work.Height) {
		return pocket.Upokt(flat), nil
	}
	if f.divisor == nil {
		return 0, fmt.Errorf("stakes are weighed at height %d, and there are no parameters for it: %w", work.Height, pocket.ErrInvalid)
	}
	if work.Node.Gone {
		return 0, nil // there is no stake to weigh
	}
	w, err := f.weight(min(int64(work.Node.Stake/f.params.Floor), f.highestBin))
	if err != nil {
		return 0, err
	}
	high, coins := bits.Mul64(flat, w.whole)
	if high != 0 || coins > math.MaxInt64 {
		return 0, pocket.ErrOverflow
	}
	high, low := bits.Mul64(flat, w.fraction) // high is less than 10^18, as flat is below 2^63 and the fraction below 2^60
	part, _ := bits.Div64(high, low, 1_000_000_000_000_000_000)
	sum := coins + part
	if sum > math.MaxInt64 {
		return 0, pocket.ErrOverflow
	}
	return pocket.Upokt(sum), nil
}

// weight returns bin^exponent / divisor, computed once for each bin.
func (f *Formula) weight(bin int64) (weight, error) {
	f.mu.RLock()
	w, known := f.weights[bin]
	f.mu.RUnlock()
	if known {
		return w, nil
	}
	power := decFraction(bin, f.exponent)
	if power == nil {
		return weight{}, fmt.Errorf("bin %d has no hundredth root: %w", bin, pocket.ErrInvalid)
	}
	whole, fraction := new(big.Int).QuoRem(decQuo(power, f.divisor), decOne, new(big.Int))
	if !whole.IsUint64() {
		return weight{}, pocket.ErrOverflow
	}
	w = weight{whole.Uint64(), fraction.Uint64()}
	f.mu.Lock()
	f.weights[bin] = w
	f.mu.Unlock()
	return w, nil
}

// percent returns a part of an amount, rounded down.
func percent(amount pocket.Upokt, part int64) pocket.Upokt {
	high, low := bits.Mul64(uint64(amount), uint64(part))
	whole, _ := bits.Div64(high, low, 100) // high is less than 100: part is at most 100
	return pocket.Upokt(whole)
}

// delegatorsHold checks delegators as the chain does before it pays.
func delegatorsHold(list []Delegator) bool {
	sum := int64(0)
	for _, d := range list {
		if d.Percent <= 0 || d.Percent > 100 || d.Address.IsZero() {
			return false
		}
		sum += d.Percent
	}
	return sum <= 100
}

// sortDelegators orders delegators, for which the chain has no order.
func sortDelegators(list []Delegator) {
	slices.SortFunc(list, func(a, b Delegator) int { return a.Address.Compare(b.Address) })
}

// SplitFees returns how the fee pool, as it stood after a block, is shared out at the start of the next: to the DAO and to the proposer of
// the block, whose part goes to its output address since [Features.NonCustodial] and is split with its delegators since
// [Features.Delegators].
func SplitFees(pool pocket.Upokt, dao, proposer int64) (toDAO, toProposer pocket.Upokt, err error) {
	if pool < 0 || dao < 0 || proposer < 0 || dao+proposer <= 0 {
		return 0, 0, fmt.Errorf("fee pool of %v for %d%% and %d%%: want none below 0 and one above: %w", pool, dao, proposer, pocket.ErrInvalid)
	}
	part := decQuo(new(big.Int).Mul(big.NewInt(dao), decOne), new(big.Int).Mul(big.NewInt(dao+proposer), decOne))
	cut := new(big.Int).Mul(big.NewInt(int64(pool)), part)
	toDAO = pocket.Upokt(cut.Quo(cut, decOne).Int64())
	return toDAO, pool - toDAO, nil
}
