package morse

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

// featuresOf returns the features of a recorded chain. Of the late one the heights in the node's program were lowered.
func featuresOf(t testing.TB, recorded morsetest.RecordedChain, late bool) Features {
	t.Helper()
	heights := map[string]pocket.Height{}
	for _, text := range recorded.Features {
		name, digits, ok := strings.Cut(text, ":")
		require.True(t, ok)
		n, err := strconv.ParseInt(digits, 10, 64)
		require.NoError(t, err)
		heights[name] = pocket.Height(n)
	}
	f := Features{
		NonCustodial: heights["NCUST"], StakeWeight: heights["RSCAL"], ChainMultipliers: heights["PerChainRTTM"],
		Delegators: heights["RewardDelegators"],
	}
	if late {
		f.OutputPaidUntil, f.OutputPaidFrom = 1, 2
	}
	return f
}

func paramsOf(t testing.TB, row morsetest.Reward, f Features) RewardParams {
	t.Helper()
	number := func(key string) int64 {
		if row.Params[key] == "" {
			return 0
		}
		n, err := strconv.ParseInt(row.Params[key], 10, 64)
		require.NoError(t, err)
		return n
	}
	p := RewardParams{
		Multiplier: number("RelaysToTokensMultiplier"), DAO: number("DAOAllocation"), Proposer: number("ProposerPercentage"),
		Floor: pocket.Upokt(number("ServicerStakeFloorMultiplier")), Ceiling: pocket.Upokt(number("ServicerStakeWeightCeiling")),
		ClaimFee: 10_000, ProofFee: 10_000, Features: f,
	}
	if p.Floor == 0 {
		p.Features.StakeWeight = 0
	} else {
		p.Exponent = decimal.RequireFromString(row.Params["ServicerStakeFloorMultiplierExponent"])
		p.Weight = decimal.RequireFromString(row.Params["ServicerStakeWeightMultiplier"])
	}
	if text := row.Params["RelaysToTokensMultiplierMap"]; text != "" {
		var chains map[pocket.ServiceID]string
		require.NoError(t, json.Unmarshal([]byte(text), &chains))
		p.ChainMultipliers = map[pocket.ServiceID]int64{}
		for chain, digits := range chains {
			n, err := strconv.ParseInt(digits, 10, 64)
			require.NoError(t, err)
			p.ChainMultipliers[chain] = n
		}
	}
	return p
}

func workOf(row morsetest.Reward) Work {
	w := Work{Height: row.ProofHeight, Chain: row.Chain, Node: Servicer{Operator: row.Node, Output: row.Output, Stake: row.Stake}}
	if row.Relays != nil {
		w.Relays = *row.Relays
	}
	if row.OutputIsNode != nil {
		w.Node.OutputIsNode = *row.OutputIsNode
	}
	for a, percent := range row.Delegators {
		w.Node.Delegators = append(w.Node.Delegators, Delegator{a, percent})
	}
	sortDelegators(w.Node.Delegators)
	return w
}

// mintsOf returns mints by recipient: delegators are minted in no fixed order.
func mintsOf(shares []pocket.Share) map[morsetest.Mint]int {
	list := map[morsetest.Mint]int{}
	for _, s := range shares {
		list[morsetest.Mint{To: s.Recipient, Amount: int64(s.Amount)}]++
	}
	return list
}

func recordedMints(row morsetest.Reward) map[morsetest.Mint]int {
	list := map[morsetest.Mint]int{}
	for _, m := range row.Minted {
		list[m]++
	}
	return list
}
