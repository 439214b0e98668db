package morse_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

// A stage is a chain on which things happen to node and others that all pay wallet.
type stage struct {
	chain *morsetest.Chain
	app   morsetest.Key
	first int64
}

const stageFirst = 150_001 // the first block of a session

func newStage(nodes int, features ...string) *stage {
	s := &stage{app: morsetest.KeyOf("app"), first: stageFirst}
	accounts := map[pocket.Address]int64{address("wallet"): 1_000_000_000_000, address("governor"): 1_000_000_000_000}
	var stakes []morsetest.Stake
	for i := range nodes {
		accounts[address(nodeName(i))] = 1_000_000_000_000
		stakes = append(stakes, s.stake(nodeName(i), 15_100, "wallet"))
	}
	s.chain = morsetest.NewChain(morsetest.Config{
		FirstHeight: stageFirst, Governor: morsetest.KeyOf("governor"), Accounts: accounts, Stakes: stakes,
		Apps: map[string]morsetest.Key{"app": s.app}, Features: append([]string{"NCUST:100", "RSCAL:100"}, features...),
		Params: map[string]string{"pos/ServicerStakeWeightCeiling": `"60000000000"`, "pos/ServicerStakeWeightMultiplier": `"1.300000000000000000"`},
	})
	return s
}

func nodeName(i int) string { return fmt.Sprintf("node %d", i) }

func (s *stage) stake(name string, pokt int64, output string) morsetest.Stake {
	stake := morsetest.Stake{Key: morsetest.KeyOf(name), Chains: []string{"0001", "0021"}, Value: pokt * 1_000_000, URL: "https://x.example:443"}
	if output != "" {
		stake.Output = address(output)
	}
	return stake
}

func (s *stage) claim(name string, relays int64) morsetest.Tx {
	return morsetest.Tx{Signer: morsetest.KeyOf(name), Message: morsetest.Claim{
		Node: address(name), App: s.app, Chain: "0021", Session: stageFirst, Relays: relays,
	}}
}

func (s *stage) proof(name string) morsetest.Tx {
	return morsetest.Tx{Signer: morsetest.KeyOf(name), Message: morsetest.Proof{Servicer: morsetest.KeyOf(name), App: s.app, Chain: "0021", Session: stageFirst}}
}

func by(name string, m morsetest.Message) morsetest.Tx {
	return morsetest.Tx{Signer: morsetest.KeyOf(name), Message: m}
}

// to makes empty blocks up to but not including height offset.
func (s *stage) to(offset int64) {
	for s.chain.Height() < s.first+offset-1 {
		s.chain.Step(nil)
	}
}

// requireSettled reads the whole chain in every way and holds the settlements against what was minted.
func requireSettled(t *testing.T, chain *morsetest.Chain, watched ...pocket.Address) {
	t.Helper()
	require.NotEmpty(t, chain.Settled)
	last := pocket.Height(chain.Height())
	read := map[string]func(c *morse.Client) []pocket.Event{
		"everything": func(c *morse.Client) []pocket.Event { return eventsOf(t, c, stageFirst+1, last) },
		"watched":    func(c *morse.Client) []pocket.Event { return eventsOf(t, c, stageFirst+1, last, watched...) },
		"searched": func(c *morse.Client) []pocket.Event {
			heights := map[pocket.Height]bool{}
			for _, a := range watched {
				for b, err := range c.Search(t.Context(), a, stageFirst+1, last) {
					require.NoError(t, err)
					heights[b.Height] = true
				}
			}
			var events []pocket.Event
			for h := range heights {
				events = append(events, eventsOf(t, c, h, h, watched...)...)
			}
			return events
		},
	}
	for how, events := range read {
		c, _ := serve(t, chain, morsetest.NodeConfig{})
		got := map[string]pocket.Settlement{}
		for _, e := range events(c) {
			if s, ok := e.(pocket.Settlement); ok {
				got[s.TxHash] = s
			}
		}
		require.Len(t, got, len(chain.Settled), how)
		for _, want := range chain.Settled {
			s := got[want.TxHash]
			mints := map[morsetest.Mint]int{}
			for _, m := range want.Mints {
				mints[m]++
			}
			require.Equal(t, mints, mintsOf(s.Shares), "%s: proof at %d", how, want.Height)
			require.EqualValues(t, want.Coins, s.Claimed, how)
		}
	}
}

func TestWhatABlockChangesBeforeAProofCounts(t *testing.T) {
	governor := address("governor")
	dearer := by("governor", morsetest.ChangeParam{From: governor, Key: "pos/RelaysToTokensMultiplier", Value: `"5000"`})
	for _, row := range []struct {
		what   string
		before []morsetest.Tx
		after  []morsetest.Tx
		mishap []morsetest.Mishap
	}{
		{what: "nothing"},
		{what: "a parameter before", before: []morsetest.Tx{dearer}},
		{what: "a parameter after", after: []morsetest.Tx{dearer}},
		{what: "a parameter whose change failed", before: []morsetest.Tx{{Signer: dearer.Signer, Message: dearer.Message, Fails: 3, Codespace: "gov"}}},
		{what: "fees that are made good", before: []morsetest.Tx{by("governor", morsetest.ChangeParam{From: governor, Key: "auth/FeeMultipliers", Value: `{"fee_multiplier":[{"key":"claim","multiplier":"7"}],"default":"1"}`})}},
		{what: "the chain's own multiplier", before: []morsetest.Tx{by("governor", morsetest.ChangeParam{From: governor, Key: "pos/RelaysToTokensMultiplierMap", Value: `{"0021":"9000"}`})}},
		{what: "a stake before", before: []morsetest.Tx{by("node 0", morsetest.Stake{Key: morsetest.KeyOf("node 0"), Chains: []string{"0021"}, Value: 60_000_000_000, Output: address("other")})}},
		{what: "a stake after", after: []morsetest.Tx{by("node 0", morsetest.Stake{Key: morsetest.KeyOf("node 0"), Chains: []string{"0021"}, Value: 60_000_000_000, Output: address("other")})}},
		{what: "a stake that was refused", before: []morsetest.Tx{by("node 0", morsetest.Stake{Key: morsetest.KeyOf("node 0"), Chains: []string{"0021"}, Value: 1, Output: address("other")})}},
		{what: "a slash that takes the bin", mishap: []morsetest.Mishap{{Node: address("node 0"), Slash: 100_000_001}}},
	} {
		t.Run(row.what, func(t *testing.T) {
			s := newStage(2, "PerChainRTTM:100", "RewardDelegators:100")
			s.to(6)
			s.chain.Step([]morsetest.Tx{s.claim("node 0", 1234), s.claim("node 1", 777)})
			s.to(14)
			txs := append(append([]morsetest.Tx{s.proof("node 1")}, row.before...), s.proof("node 0"))
			s.chain.Step(append(txs, row.after...), row.mishap...)
			s.to(30)
			require.Len(t, s.chain.Settled, 2)
			requireSettled(t, s.chain, address("node 0"), address("node 1"))
		})
	}
}

func TestAWalletOfManyNodes(t *testing.T) {
	const nodes = 40 // more than are read one by one
	s := newStage(nodes)
	s.to(6)
	var claims, proofs []morsetest.Tx
	for i := range nodes {
		claims, proofs = append(claims, s.claim(nodeName(i), int64(100+i))), append(proofs, s.proof(nodeName(i)))
	}
	s.chain.Step(claims)
	s.to(14)
	s.chain.Step(proofs)
	s.to(20)
	requireSettled(t, s.chain, address("wallet"))
}

func TestANodeThatIsGoneIsNotPaid(t *testing.T) {
	s := newStage(1)
	s.to(6)
	s.chain.Step([]morsetest.Tx{s.claim("node 0", 1000)})
	s.chain.Step([]morsetest.Tx{by("node 0", morsetest.Unstake{Node: address("node 0")})})
	s.to(14) // the stake is back after 40 seconds, which is the next block
	s.chain.Step([]morsetest.Tx{s.proof("node 0")})
	s.to(20)
	require.Empty(t, s.chain.Settled[0].Mints)
	requireSettled(t, s.chain, address("node 0"))
}

func TestBytesThatCannotBeDecodedAreReadByTheNode(t *testing.T) {
	s := newStage(2)
	s.to(6)
	claim := s.claim("node 0", 1000)
	claim.Opaque = true // the node cannot decode it: its bytes can
	s.chain.Step([]morsetest.Tx{claim, s.claim("node 1", 500)})
	s.to(14)
	proof := s.proof("node 0")
	proof.Opaque = true
	s.chain.Step([]morsetest.Tx{proof, s.proof("node 1")})
	s.to(20)
	requireSettled(t, s.chain, address("node 0"), address("node 1"))
}

func TestAClaimThatWasMadeAgainCountsAsMadeLast(t *testing.T) {
	s := newStage(1)
	s.to(6)
	s.chain.Step([]morsetest.Tx{s.claim("node 0", 1000)})
	s.to(9)
	s.chain.Step([]morsetest.Tx{s.claim("node 0", 3000)})
	s.to(14)
	s.chain.Step([]morsetest.Tx{s.proof("node 0")})
	s.to(130)
	requireSettled(t, s.chain, address("node 0"))
	c, _ := serve(t, s.chain, morsetest.NodeConfig{})
	for _, e := range eventsOf(t, c, stageFirst+1, stageFirst+129, address("node 0")) {
		assert.NotEqual(t, pocket.KindClaimExpiry, e.Kind(), "the first claim was replaced, not lost")
	}
}

func TestTheNewestBlockIsNotTakenForWholeBeforeItIsIndexed(t *testing.T) {
	s := newStage(1)
	recent := morsetest.NewChain(morsetest.Config{
		FirstHeight: stageFirst, Governor: morsetest.KeyOf("governor"), Stakes: []morsetest.Stake{s.stake("node 0", 15_100, "")},
		Accounts: map[pocket.Address]int64{address("node 0"): 1_000_000}, Features: []string{"NCUST:100", "RSCAL:100"},
		Genesis: time.Now().Add(-5 * time.Minute), BlockTime: time.Second, Apps: map[string]morsetest.Key{"app": s.app},
	})
	recent.Step(nil)
	recent.Step([]morsetest.Tx{by("node 0", morsetest.Send{From: address("node 0"), To: address("wallet"), Amount: 5}),
		{Signer: morsetest.KeyOf("node 0"), Message: morsetest.Send{From: address("node 0"), To: address("wallet"), Amount: 6}, Refused: true}})
	c, node := serve(t, recent, morsetest.NodeConfig{})
	block, err := c.Block(t.Context(), stageFirst+1)
	require.NoError(t, err)
	require.Len(t, block.Txs, 2)
	for _, mentions := range [][]pocket.Address{nil, {address("node 0")}} {
		var failed error
		for _, err := range c.Events(t.Context(), block, pocket.Selection{Mentions: mentions}) {
			failed = err
		}
		require.ErrorIs(t, failed, pocket.ErrUnavailable, "a transaction is missing from the index of the newest block")
	}
	node.Grow(func(c *morsetest.Chain) { c.Step(nil) })
	for _, mentions := range [][]pocket.Address{nil, {address("node 0")}} {
		events := collect(t, c.Events(t.Context(), block, pocket.Selection{Mentions: mentions}))
		require.Len(t, events, 1, "with another block after it, it is missing for good")
		assert.Equal(t, pocket.KindTransaction, events[0].Kind())
	}
}

func TestFeaturesBringTheirParametersWithTheirBlock(t *testing.T) {
	for offset := int64(12); offset <= 15; offset++ { // before, with and after the proof
		t.Run(fmt.Sprint(offset), func(t *testing.T) {
			s := &stage{app: morsetest.KeyOf("app"), first: stageFirst}
			at := fmt.Sprint(stageFirst + offset)
			s.chain = morsetest.NewChain(morsetest.Config{
				FirstHeight: stageFirst, Governor: morsetest.KeyOf("governor"),
				Accounts: map[pocket.Address]int64{address("node 0"): 1_000_000, address("governor"): 1_000_000},
				Stakes:   []morsetest.Stake{s.stake("node 0", 60_100, "wallet")}, Apps: map[string]morsetest.Key{"app": s.app}, Features: []string{"NCUST:100"},
			})
			s.to(3)
			s.chain.Step([]morsetest.Tx{by("governor", morsetest.Upgrade{From: address("governor"), Features: []string{"RSCAL:" + at, "PerChainRTTM:" + at, "RewardDelegators:" + at}})})
			s.to(6)
			s.chain.Step([]morsetest.Tx{s.claim("node 0", 1000)})
			s.to(13)
			s.chain.Step([]morsetest.Tx{s.proof("node 0")})
			s.to(20)
			require.Len(t, s.chain.Settled, 1)
			requireSettled(t, s.chain, address("node 0"))
		})
	}
}

func TestABlockThatIsNotThereYetHarmsNothing(t *testing.T) {
	s := newStage(1)
	s.to(20)
	c, _ := serve(t, s.chain, morsetest.NodeConfig{})
	far := pocket.Block{Height: 1 << 40, Time: time.Now(), Txs: [][]byte{}}
	for _, err := range c.Events(t.Context(), far, pocket.Selection{}) {
		require.ErrorIs(t, err, pocket.ErrFutureHeight)
	}
	p, err := c.SharedParams(t.Context(), stageFirst+5)
	require.NoError(t, err)
	assert.EqualValues(t, 4, p.BlocksPerSession)
}
