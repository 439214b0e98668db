package morse

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

func TestRewardsAreWhatTheChainMinted(t *testing.T) {
	for _, chain := range []struct {
		name string
		late bool
		// Of the rows whose claim the node could decode, exact run on the parameters after the block before. The others follow a change of a
		// parameter in their block.
		exact, claims int
	}{{"the recorded chain", false, 278, 280}, {"the late chain", true, 179, 180}} {
		t.Run(chain.name, func(t *testing.T) {
			recorded := morsetest.Rewards(chain.late)
			features := featuresOf(t, recorded, chain.late)
			claims, exact := 0, 0
			var others []morsetest.Reward
			for _, row := range recorded.Rewards {
				if row.Relays == nil {
					continue
				}
				claims++
				split, err := Reward(paramsOf(t, row, features), workOf(row))
				require.NoError(t, err)
				if !assert.ObjectsAreEqual(recordedMints(row), mintsOf(split.Shares)) {
					others = append(others, row)
					continue
				}
				exact++
				var sum pocket.Upokt
				for _, s := range split.Shares {
					sum += s.Amount
				}
				assert.Equal(t, sum, split.Minted)
				assert.Contains(t, []pocket.Upokt{0, split.Coins}, split.Minted)
			}
			assert.Equal(t, chain.claims, claims)
			assert.Equal(t, chain.exact, exact)
			for _, row := range others {
				changed := paramsOf(t, row, features)
				if chain.late {
					changed.ChainMultipliers = map[pocket.ServiceID]int64{"0021": 2500}
				} else {
					changed.Weight = decimal.RequireFromString("1.5")
				}
				split, err := Reward(changed, workOf(row))
				require.NoError(t, err)
				assert.Equal(t, recordedMints(row), mintsOf(split.Shares), "proof at %d of %s", row.ProofHeight, row.Name)
			}
		})
	}
}

func TestTheWorkedExample(t *testing.T) {
	nc, s1 := pocket.MustParseAddress("7779b02a83414392f5325640b702deffd58fac5c"), pocket.MustParseAddress("033ea9ad832a1941124871c18cb5c4ce0a2af5ab")
	d1, d2 := pocket.MustParseAddress("6f0bcdde8adbaf7fc75656bfbd5570b60a399440"), pocket.MustParseAddress("e953a7dbf07b4a0c4016e32fd15cd918a9ab4e09")
	split, err := Reward(pip22(), Work{Height: 80_000, Relays: 12, Chain: "0021", Node: Servicer{
		Operator: nc, Output: s1, Stake: pocket.POKT(60_000), Delegators: []Delegator{{d1, 20}, {d2, 5}},
	}})
	require.NoError(t, err)
	assert.Equal(t, RewardSplit{Coins: 52_780, Minted: 52_780, Shares: []pocket.Share{
		{Recipient: nc, Reason: pocket.ReasonMorseCost, Amount: 20_000},
		{Recipient: d1, Reason: pocket.ReasonMorseDelegator, Amount: 5_395},
		{Recipient: d2, Reason: pocket.ReasonMorseDelegator, Amount: 1_348},
		{Recipient: s1, Reason: pocket.ReasonMorseRelays, Amount: 20_232},
		{Recipient: ModuleAddress(FeePool), Reason: pocket.ReasonMorseFees, Amount: 5_805},
	}}, split)
}

// pip22 are parameters with every feature, as late on mainnet.
func pip22() RewardParams {
	return RewardParams{
		Multiplier: 1000, ChainMultipliers: map[pocket.ServiceID]int64{"0021": 2500}, DAO: 10, Proposer: 1,
		Floor: pocket.POKT(15_000), Ceiling: pocket.POKT(60_000), Exponent: decimal.RequireFromString("0.7"),
		Weight: decimal.RequireFromString("1.5"), ClaimFee: 10_000, ProofFee: 10_000,
		Features: Features{NonCustodial: 69_232, StakeWeight: 69_243, ChainMultipliers: 100_000, Delegators: 150_000, OutputPaidFrom: 74_622}.at(1),
	}
}

// at moves features to a height.
func (f Features) at(h pocket.Height) Features {
	f.NonCustodial, f.StakeWeight, f.ChainMultipliers, f.Delegators = h, h, h, h
	return f
}

func TestWhoIsPaid(t *testing.T) {
	node, out := addressOf([]byte("node")), addressOf([]byte("out"))
	params := pip22()
	params.Features = Features{NonCustodial: 69_000, StakeWeight: 69_243}
	plain, weighed := params, params
	plain.Features.StakeWeight = 0
	weighed.Features.NonCustodial = 0
	whole := Servicer{Operator: node, Output: out, Stake: pocket.POKT(60_000)}
	relative := whole
	relative.OutputIsNode = true
	own, none, gone := whole, whole, whole
	own.Output, none.Output, gone.Gone = node, pocket.Address{}, true
	for _, row := range []struct {
		what   string
		params RewardParams
		height pocket.Height
		node   Servicer
		want   pocket.Address // zero for nobody
	}{
		{"before output addresses the node", params, 68_999, whole, node},
		{"with them the node all the same", params, 69_000, whole, node},
		{"once stakes are weighed nobody", params, 69_243, whole, pocket.Address{}},
		{"unless the output address is a node", params, 69_243, relative, out},
		{"or the node's own", params, 69_243, own, node},
		{"or there is none", params, 69_243, none, node},
		{"up to the block in which that was mended", params, 69_583, whole, pocket.Address{}},
		{"then the node", params, 69_584, whole, node},
		{"until output addresses came back", params, 74_621, whole, node},
		{"then the output address", params, 74_622, whole, out},
		{"or the node that has none", params, 74_622, none, node},
		{"without weights there is no mistake", plain, 69_583, whole, node},
		{"a node that is gone is paid at first", params, 68_999, gone, node},
		{"and not with output addresses", plain, 69_000, gone, pocket.Address{}},
		{"nor with weights", weighed, 69_243, gone, pocket.Address{}},
	} {
		split, err := Reward(row.params, Work{Height: row.height, Relays: 1000, Chain: "0001", Node: row.node})
		require.NoError(t, err, row.what)
		if row.want.IsZero() {
			assert.Empty(t, split.Shares, row.what)
			assert.Zero(t, split.Minted, row.what)
			continue
		}
		require.Len(t, split.Shares, 2, row.what)
		assert.Equal(t, row.want, split.Shares[0].Recipient, row.what)
		assert.Equal(t, split.Coins, split.Minted, row.what)
	}
}

func TestDelegatorsThatDoNotAddUpGetNothing(t *testing.T) {
	node, out, d := addressOf([]byte("node")), addressOf([]byte("out")), addressOf([]byte("d"))
	for _, list := range [][]Delegator{{{d, 60}, {out, 41}}, {{d, 0}}, {{d, -1}}, {{pocket.Address{}, 5}}} {
		split, err := Reward(pip22(), Work{Height: 80_000, Relays: 1000, Chain: "0001", Node: Servicer{
			Operator: node, Output: out, Stake: pocket.POKT(15_000), Delegators: list,
		}})
		require.NoError(t, err)
		require.Len(t, split.Shares, 2)
		assert.Equal(t, pocket.ReasonMorseCost, split.Shares[0].Reason)
		assert.Equal(t, pocket.ReasonMorseFees, split.Shares[1].Reason)
		assert.Less(t, split.Minted, split.Coins)
	}
	split, err := Reward(pip22(), Work{Height: 80_000, Relays: 1000, Chain: "0001", Node: Servicer{
		Operator: node, Output: out, Stake: pocket.POKT(15_000), Delegators: []Delegator{{d, 100}},
	}})
	require.NoError(t, err)
	assert.Equal(t, []pocket.Reason{pocket.ReasonMorseCost, pocket.ReasonMorseDelegator, pocket.ReasonMorseFees},
		[]pocket.Reason{split.Shares[0].Reason, split.Shares[1].Reason, split.Shares[2].Reason}, "the delegator takes it all")
}

func TestRewardsThatCannotBe(t *testing.T) {
	node := Servicer{Operator: addressOf([]byte("node")), Stake: pocket.POKT(15_000)}
	for what, change := range map[string]func(*RewardParams, *Work){
		"relays below 0":           func(_ *RewardParams, w *Work) { w.Relays = -1 },
		"a stake below 0":          func(_ *RewardParams, w *Work) { w.Node.Stake = -1 },
		"a multiplier below 0":     func(p *RewardParams, _ *Work) { p.Multiplier = -1 },
		"a chain's below 0":        func(p *RewardParams, _ *Work) { p.ChainMultipliers = map[pocket.ServiceID]int64{"0001": -1} },
		"more than all":            func(p *RewardParams, _ *Work) { p.DAO = 100 },
		"a fee below 0":            func(p *RewardParams, _ *Work) { p.ClaimFee = -1 },
		"no step":                  func(p *RewardParams, _ *Work) { p.Floor = 0 },
		"no weights at all":        func(p *RewardParams, _ *Work) { p.Floor, p.Ceiling = 0, 0 },
		"no weight":                func(p *RewardParams, _ *Work) { p.Weight = decimal.Zero },
		"an exponent below 0":      func(p *RewardParams, _ *Work) { p.Exponent = decimal.New(-1, 0) },
		"a weight out of reach":    func(p *RewardParams, _ *Work) { p.Weight = decimal.New(1, 999_999_999) },
		"an exponent out of reach": func(p *RewardParams, _ *Work) { p.Exponent = decimal.New(1, 999_999_999) },
		"a huge exponent":          func(p *RewardParams, _ *Work) { p.Exponent = decimal.New(1, 9) },
		"too many relays":          func(_ *RewardParams, w *Work) { w.Relays = 1 << 62 },
	} {
		params, work := pip22(), Work{Height: 80_000, Relays: 10, Chain: "0001", Node: node}
		change(&params, &work)
		split, err := Reward(params, work)
		if what == "too many relays" {
			assert.ErrorIs(t, err, pocket.ErrOverflow, what)
		} else {
			assert.ErrorIs(t, err, pocket.ErrInvalid, what)
		}
		assert.Zero(t, split, what)
	}
}

func TestTheFeePoolIsSharedOutAsTheChainDoes(t *testing.T) {
	for _, row := range []struct {
		pool, dao, proposer pocket.Upokt
		percentDAO          int64
		percentProposer     int64
	}{
		{41_760, 37_963, 3_797, 10, 1}, // as recorded
		{10_000, 9_090, 910, 10, 1},    // likewise
		{0, 0, 0, 10, 1},
		{3, 0, 3, 1, 2}, // a third is rounded down, so that three thirds make no whole
		{7, 7, 0, 5, 0},
		{7, 0, 7, 0, 5},
	} {
		dao, proposer, err := SplitFees(row.pool, row.percentDAO, row.percentProposer)
		require.NoError(t, err)
		assert.Equal(t, row.dao, dao)
		assert.Equal(t, row.proposer, proposer)
	}
	_, _, err := SplitFees(5, 0, 0)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
	_, _, err = SplitFees(-5, 10, 1)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

// generatedWork is a fixed day of claims: four stakes, three chains, output addresses and delegators among them.
func generatedWork(n int) []Work {
	list := make([]Work, n)
	for i := range list {
		node := Servicer{Operator: addressOf(fmt.Append(nil, "node", i%500)), Stake: pocket.POKT(int64(15_000 + i%4*15_000 + 100))}
		if i%3 > 0 {
			node.Output = addressOf(fmt.Append(nil, "out", i%50))
		}
		if i%5 == 0 {
			node.Delegators = []Delegator{{addressOf([]byte("d1")), 20}, {addressOf([]byte("d2")), 5}}
		}
		list[i] = Work{Height: 160_000, Relays: int64(10 + i%9000), Chain: []pocket.ServiceID{"0001", "0021", "0009"}[i%3], Node: node}
	}
	return list
}

func BenchmarkRewards(b *testing.B) {
	work := generatedWork(10_000)
	formula, err := NewFormula(pip22())
	require.NoError(b, err)
	var sum pocket.Upokt
	b.ReportAllocs()
	for b.Loop() {
		for i := range work {
			split, err := formula.Reward(work[i])
			if err != nil {
				b.Fatal(err)
			}
			sum += split.Minted
		}
	}
	require.NotZero(b, sum)
	b.ReportMetric(float64(len(work))*float64(b.N)/b.Elapsed().Seconds(), "claims/s")
}
