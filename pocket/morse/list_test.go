package morse_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

func TestListsAreToldOnceWhileTheChainGrows(t *testing.T) {
	send := by("node 0", morsetest.Send{From: address("node 0"), To: address("wallet"), Amount: 1})
	for _, newest := range []bool{false, true} {
		s := newStage(1)
		for range 10 {
			s.chain.Step([]morsetest.Tx{send, send, send})
		}
		c, node := serve(t, s.chain, morsetest.NodeConfig{}, morse.WithPageSize(4))
		seen := map[string]bool{}
		var heights []pocket.Height
		for tx, err := range c.AccountTxs(t.Context(), morse.TxQuery{Account: address("node 0"), Newest: newest}) {
			require.NoError(t, err)
			require.False(t, seen[tx.Hash], "told twice")
			seen[tx.Hash] = true
			heights = append(heights, tx.Height)
			if len(seen)%5 == 0 && len(seen) < 20 {
				node.Grow(func(c *morsetest.Chain) { c.Step([]morsetest.Tx{send}) }) // the pages shift
			}
		}
		if newest {
			assert.IsNonIncreasing(t, heights)
			assert.Len(t, seen, 30, "what was there when the list began")
		} else {
			assert.IsNonDecreasing(t, heights)
			assert.Len(t, seen, 33)
		}
	}
}

func TestAListMayBeLeft(t *testing.T) {
	s := newStage(9)
	s.to(3)
	c, node := serve(t, s.chain, morsetest.NodeConfig{}, morse.WithPageSize(2))
	node.Asked()
	for n, err := range c.Nodes(t.Context(), morse.NodeQuery{Height: stageFirst}) {
		require.NoError(t, err)
		require.NotEmpty(t, n.URL)
		break
	}
	assert.Len(t, node.Asked(), 1)
	assert.Len(t, collect(t, c.Nodes(t.Context(), morse.NodeQuery{Height: stageFirst})), 9)
	assert.Len(t, node.Asked(), 3, "the third page is short, and so the last")
	assert.Len(t, collect(t, c.Accounts(t.Context(), 0)), 9+4)
}

func TestOnlyTheKindsThatAreWantedAreRead(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 60})
	c, node := serve(t, chain, morsetest.NodeConfig{})
	block, err := c.Block(t.Context(), pocket.Height(chain.Settled[10].Height))
	require.NoError(t, err)
	node.Asked()
	events := collect(t, c.Events(t.Context(), block, pocket.Selection{Kinds: []pocket.Kind{pocket.KindTransaction}}))
	require.Len(t, events, len(block.Txs))
	for _, asked := range node.Asked() {
		assert.NotContains(t, asked, "nodeclaims")
		assert.NotContains(t, asked, "/nodes")
	}
	for _, e := range collect(t, c.Events(t.Context(), block, pocket.Selection{Kinds: []pocket.Kind{pocket.KindSettlement}})) {
		assert.Equal(t, pocket.KindSettlement, e.Kind())
	}
	shannon, err := pocket.AccountFromBytes(make([]byte, 20))
	require.NoError(t, err)
	node.Asked()
	assert.Empty(t, collect(t, c.Events(t.Context(), block, pocket.Selection{Mentions: []pocket.Address{shannon}})), "an address of the other chain")
	assert.Empty(t, collect(t, c.Search(t.Context(), shannon, 1, 5)))
	assert.Empty(t, node.Asked())
}

func TestChainsHaveNames(t *testing.T) {
	for id, want := range map[pocket.ServiceID]string{"0021": "Ethereum", "03df": "DFKchain Subnet", "0021-challenge": "Ethereum challenges"} {
		name, ok := morse.ChainName(id)
		assert.True(t, ok)
		assert.Equal(t, want, name)
	}
	_, ok := morse.ChainName("FFFF")
	assert.False(t, ok)
	assert.Equal(t, "pocketcore 66: the merkle proof does not hold", morse.FailureText("pocketcore", 66))
	assert.Equal(t, "apps 7", morse.FailureText("apps", 7))
}
