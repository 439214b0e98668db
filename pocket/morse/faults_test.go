package morse_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

func TestANodeThatMisbehaves(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 40})
	alpha := address(morsetest.StoryAlpha)
	quick := morse.WithPauses(time.Millisecond, 2*time.Millisecond)
	for _, row := range []struct {
		kind  morsetest.FaultKind
		want  error // when it lasts
		again bool  // a fault that passes is not seen
	}{
		{morsetest.Overloaded, pocket.ErrUnavailable, true},
		{morsetest.HTML, pocket.ErrUnavailable, true},
		{morsetest.Cut, pocket.ErrUnavailable, true},
		{morsetest.Slow, pocket.ErrUnavailable, true},
		{morsetest.Pruned, pocket.ErrPruned, false},
		{morsetest.Garbage, pocket.ErrMalformed, false},
		{morsetest.TwoValues, nil, true},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			c, node := serve(t, chain, morsetest.NodeConfig{}, morse.WithRetries(2), quick, morse.WithTimeout(2*time.Second))
			fault := morsetest.Fault{Path: "/v1/query/node", Kind: row.kind, Delay: time.Hour, Times: 1}
			node.Inject(fault)
			n, err := c.Node(t.Context(), alpha, 0)
			if row.again {
				require.NoError(t, err)
				assert.Equal(t, pocket.POKT(60_100), n.Stake)
			} else {
				require.ErrorIs(t, err, row.want)
			}
			if row.kind == morsetest.Slow {
				return // to wait for it three times takes long
			}
			fault.Times = 0
			node.Inject(fault)
			_, err = c.Node(t.Context(), alpha, 0)
			if row.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, row.want)
			}
			node.Mend()
			_, err = c.Node(t.Context(), alpha, 0)
			require.NoError(t, err)
		})
	}
}

func TestAnotherNodeIsAsked(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 60})
	pruned, whole := morsetest.NewNode(chain, morsetest.NodeConfig{Lowest: storyFirst + 50}), morsetest.NewNode(chain, morsetest.NodeConfig{})
	t.Cleanup(pruned.Close)
	t.Cleanup(whole.Close)
	c, err := morse.New([]string{pruned.URL, whole.URL}, morse.WithRetries(0))
	require.NoError(t, err)
	n, err := c.Node(t.Context(), address(morsetest.StoryAlpha), storyFirst+5)
	require.NoError(t, err)
	assert.Equal(t, pocket.POKT(60_100), n.Stake)
	b, err := c.Block(t.Context(), storyFirst+5)
	require.NoError(t, err)
	assert.EqualValues(t, storyFirst+5, b.Height)
}

func TestANodeThatPrunesTellsFromWhereOnItCanBeRead(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 300})
	c, _ := serve(t, chain, morsetest.NodeConfig{Lowest: storyFirst + 100})
	s, err := c.Status(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, storyFirst+101, s.Earliest)
	assert.EqualValues(t, storyFirst+299, s.Latest)
	x := openIndex(t)
	require.NoError(t, x.Watch(t.Context(), address(morsetest.StoryAlpha)))
	follower := index.NewFollower(x, c, index.FollowerConfig{From: storyFirst, SkipPruned: true})
	_, err = follower.CatchUp(t.Context())
	require.NoError(t, err)
	want := 0
	for _, settled := range chain.Settled {
		if settled.Height > storyFirst+100 && settled.Claim.Node == address(morsetest.StoryAlpha) {
			want++
		}
	}
	assert.Len(t, collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{})), want)
	_, err = c.Block(t.Context(), storyFirst+5)
	require.ErrorIs(t, err, pocket.ErrPruned)
	_, err = c.SupplierAt(t.Context(), address(morsetest.StoryAlpha), storyFirst+5)
	require.ErrorIs(t, err, pocket.ErrPruned)
	_, err = c.Block(t.Context(), storyFirst+5000)
	require.ErrorIs(t, err, pocket.ErrFutureHeight)
	for _, err := range c.Search(t.Context(), address(morsetest.StoryAlpha), storyFirst+5, storyFirst+5000) {
		require.ErrorIs(t, err, pocket.ErrFutureHeight)
	}
}

func TestAStateThatIsNotThereYet(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 60})
	c, _ := serve(t, chain, morsetest.NodeConfig{LateHead: true})
	h, err := c.Height(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, storyFirst+59, h)
	s, err := c.Status(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, storyFirst+58, s.Latest)
	assert.NotEmpty(t, collect(t, c.Nodes(t.Context(), morse.NodeQuery{})))
	for block, err := range c.Heads(t.Context(), 0) {
		require.NoError(t, err)
		assert.EqualValues(t, storyFirst+58, block.Height)
		break
	}
}

func TestHeadsFollowTheChain(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 20})
	c, node := serve(t, chain, morsetest.NodeConfig{}, morse.WithPollInterval(time.Millisecond))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next := pocket.Height(storyFirst + 10)
	for block, err := range c.Heads(ctx, next-1) {
		require.NoError(t, err)
		require.Equal(t, next, block.Height)
		next++
		switch {
		case next == storyFirst+20:
			node.Inject(morsetest.Fault{Path: "/v1/query/block", Kind: morsetest.Garbage, Times: 2}) // is waited for
			node.Grow(func(c *morsetest.Chain) { c.Step(nil); c.Step(nil) })
		case next == storyFirst+22:
			cancel()
		}
	}
	assert.EqualValues(t, storyFirst+22, next)

	pruned, _ := serve(t, chain, morsetest.NodeConfig{Lowest: storyFirst + 10})
	for block, err := range pruned.Heads(t.Context(), storyFirst+2) {
		require.ErrorIs(t, err, pocket.ErrPruned)
		assert.Zero(t, block.Height)
	}
}

func TestANodeOfAnotherChainIsNotUsed(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 20})
	c, _ := serve(t, chain, morsetest.NodeConfig{}, morse.WithChainID("mainnet"))
	_, err := c.Height(t.Context())
	require.ErrorIs(t, err, pocket.ErrWrongChain)
	c, _ = serve(t, chain, morsetest.NodeConfig{}, morse.WithChainID("morse-story"))
	_, err = c.Height(t.Context())
	require.NoError(t, err)
}

func TestEndingTheContextEndsTheCall(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 20})
	c, node := serve(t, chain, morsetest.NodeConfig{})
	node.Inject(morsetest.Fault{Kind: morsetest.Slow, Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := c.SharedParams(ctx, storyFirst+5)
	require.ErrorIs(t, err, context.Canceled)
	node.Mend()
	p, err := c.SharedParams(t.Context(), storyFirst+5)
	require.NoError(t, err, "an answer that was called off is not remembered")
	assert.EqualValues(t, 4, p.BlocksPerSession)
}

func TestWindowsOfClaimsAreMorses(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 20})
	c, _ := serve(t, chain, morsetest.NodeConfig{})
	p, err := c.SharedParams(t.Context(), storyFirst+5)
	require.NoError(t, err)
	s := p.Session(storyFirst + 5)
	assert.EqualValues(t, storyFirst+4, s.Start)
	w := p.Windows(s.End)
	assert.Equal(t, s.Start+4, w.ClaimOpen)
	assert.Equal(t, s.Start+12, w.ClaimClose, "from then on claims are refused as too late")
	assert.Equal(t, s.Start+13, w.ProofOpen)
	assert.Equal(t, s.Start+4+96-1, w.ProofClose, "the block after drops a claim that was made at once")
}

func TestASupplierIsANodeInPocketsWords(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 300})
	c, _ := serve(t, chain, morsetest.NodeConfig{})
	alpha, err := c.SupplierAt(t.Context(), address(morsetest.StoryAlpha), 0)
	require.NoError(t, err)
	assert.Equal(t, address(morsetest.StoryWallet), alpha.Owner)
	assert.Equal(t, pocket.POKT(60_100), alpha.Stake)
	require.Len(t, alpha.Services, 3)
	assert.ElementsMatch(t, []pocket.RevShare{
		{Address: address(morsetest.StoryFriend), Percent: 20}, {Address: address(morsetest.StoryPartner), Percent: 5},
		{Address: address(morsetest.StoryWallet), Percent: 75},
	}, alpha.Services[0].RevShares)
	assert.Equal(t, pocket.SupplierActive, alpha.State(pocket.POKT(15_000)))

	leaving, err := c.SupplierAt(t.Context(), address(morsetest.StoryDelta), storyFirst+150+20)
	require.NoError(t, err)
	assert.Empty(t, leaving.Services)
	assert.EqualValues(t, (storyFirst+150+3)/4*4, leaving.UnstakeSessionEnd)
	_, err = c.SupplierAt(t.Context(), address(morsetest.StoryDelta), 0)
	require.ErrorIs(t, err, pocket.ErrNotFound)
}

func TestTheProposerIsPaidFromTheFeePool(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 200})
	c, node := serve(t, chain, morsetest.NodeConfig{})
	told, err := morse.New([]string{node.URL}, morse.WithTendermint(node.TendermintURL))
	require.NoError(t, err)
	paid := 0
	for h := pocket.Height(storyFirst + 20); h < storyFirst+200; h++ {
		results, err := told.BlockResults(t.Context(), h)
		require.NoError(t, err)
		reward, err := c.ProposerReward(t.Context(), h)
		if len(results.Begin) == 0 {
			require.ErrorIs(t, err, pocket.ErrNotFound)
			continue
		}
		require.NoError(t, err)
		paid++
		var got []string
		for _, e := range results.Begin[2:] { // the DAO's comes first
			if e.Type == "transfer" {
				got = append(got, e.Get("recipient")+" "+e.Get("amount"))
			}
		}
		last := got[len(got)-1]
		assert.Equal(t, reward.Account.String()+" "+reward.SelfDelegation.Coin(), last, "block %d", h)
		assert.Equal(t, reward.PoolShare, reward.SelfDelegation+reward.Delegators)
		if len(got) > 1 {
			assert.EqualValues(t, 2, reward.NumDelegators)
		}
	}
	assert.Greater(t, paid, 50)
}

func TestMintsAreReadFromTendermint(t *testing.T) {
	chain, recorded := morsetest.Replay(true), morsetest.Rewards(true)
	node := morsetest.NewNode(chain, morsetest.NodeConfig{})
	t.Cleanup(node.Close)
	// The heights of the late chain's program are not told: what is computed is wrong, and what is read is right.
	c, err := morse.New([]string{node.URL}, morse.WithTendermint(node.TendermintURL))
	require.NoError(t, err)
	x := openIndex(t)
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	_, err = x.Backfill(t.Context(), c, 1, pocket.Height(chain.Height()), index.BackfillConfig{})
	require.NoError(t, err)
	requireRecorded(t, recorded, collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{})), func(morsetest.Reward) bool { return true })
}

func TestNoSecretOfAURLIsShown(t *testing.T) {
	c, err := morse.New([]string{"http://user:topsecretword@127.0.0.1:1/some-very-long-secret-path?key=alsosecret"}, morse.WithRetries(0))
	require.NoError(t, err)
	_, err = c.Height(t.Context())
	require.ErrorIs(t, err, pocket.ErrUnavailable)
	for _, secret := range []string{"topsecretword", "alsosecret", "some-very-long-secret-path"} {
		assert.False(t, strings.Contains(err.Error(), secret), err.Error())
	}
	var e *pocket.APIError
	assert.True(t, errors.As(err, &e))
}
