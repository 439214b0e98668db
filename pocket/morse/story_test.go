package morse_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

const (
	storyFirst  = 100_001
	storyBlocks = 1000
)

func address(name string) pocket.Address { return morsetest.KeyOf(name).Address() }

// eventsOf reads blocks one by one.
func eventsOf(t testing.TB, c *morse.Client, from, to pocket.Height, mentions ...pocket.Address) []pocket.Event {
	t.Helper()
	var list []pocket.Event
	for h := from; h <= to; h++ {
		block, err := c.Block(t.Context(), h)
		require.NoError(t, err)
		list = append(list, collect(t, c.Events(t.Context(), block, pocket.Selection{Mentions: mentions}))...)
	}
	return list
}

// lines writes events so that a difference can be read.
func lines(t testing.TB, events []pocket.Event) []string {
	t.Helper()
	list := make([]string, len(events))
	for i, e := range events {
		body, err := json.Marshal(e)
		require.NoError(t, err)
		list[i] = string(e.Kind()) + " " + string(body)
	}
	return list
}

func TestAStoryIsToldAsItWas(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: storyBlocks})
	c, _ := serve(t, chain, morsetest.NodeConfig{})
	events := eventsOf(t, c, storyFirst+1, storyFirst+storyBlocks-1)

	var settled []pocket.Settlement
	var expired []pocket.ClaimExpiry
	var slashes []pocket.Slash
	var unbondings []pocket.Unbonding
	var stakes []pocket.SupplierStake
	var refused []pocket.ProofCheck
	claims := map[string]pocket.ClaimCreation{}
	placed := map[string]bool{}
	for _, e := range events {
		at := fmt.Sprintf("%d/%d/%s", e.Where().Height, e.Where().Index, e.Kind())
		require.False(t, placed[at], "two events at %s", at)
		placed[at] = true
		switch e := e.(type) {
		case pocket.Settlement:
			settled = append(settled, e)
		case pocket.ClaimExpiry:
			expired = append(expired, e)
		case pocket.Slash:
			slashes = append(slashes, e)
		case pocket.Unbonding:
			unbondings = append(unbondings, e)
		case pocket.SupplierStake:
			stakes = append(stakes, e)
		case pocket.ProofCheck:
			refused = append(refused, e)
		case pocket.ClaimCreation:
			claims[claimOf(e.Work)] = e
		}
	}

	t.Run("every proof is a settlement", func(t *testing.T) {
		require.Len(t, settled, len(chain.Settled))
		byTx := map[string]pocket.Settlement{}
		for _, s := range settled {
			byTx[s.TxHash] = s
		}
		for _, want := range chain.Settled {
			got := byTx[want.TxHash]
			require.EqualValues(t, want.Height, got.Height)
			require.Equal(t, want.Claim.Node, got.Supplier)
			require.Equal(t, want.Claim.App.Address(), got.Application)
			require.EqualValues(t, want.Claim.Session+3, got.SessionEnd)
			require.Equal(t, want.Claim.Relays, got.Relays)
			require.EqualValues(t, want.Coins, got.Claimed)
			mints := map[morsetest.Mint]int{}
			for _, m := range want.Mints {
				mints[m]++
			}
			require.Equal(t, mints, mintsOf(got.Shares))
			if want.Claim.Challenges {
				require.Equal(t, pocket.ServiceID(want.Claim.Chain+"-challenge"), got.Service)
			} else {
				require.Equal(t, pocket.ServiceID(want.Claim.Chain), got.Service)
			}
		}
	})
	t.Run("no two settlements are taken for one", func(t *testing.T) {
		seen := map[string]bool{}
		for _, s := range settled {
			key := fmt.Sprint(s.SessionEnd, s.Supplier, s.Application, s.Service)
			require.False(t, seen[key], key)
			seen[key] = true
		}
	})
	t.Run("every claim that was not proved expires", func(t *testing.T) {
		want := map[string]int64{}
		for _, e := range chain.Expired {
			service := e.Claim.Chain
			want[fmt.Sprint(e.Claim.Session+3, e.Claim.Node, e.Claim.App.Address(), service)] = e.Height
		}
		require.Len(t, expired, len(want))
		invalid := 0
		for _, e := range expired {
			require.EqualValues(t, want[claimOf(e.Work)], e.Height)
			require.Equal(t, claims[claimOf(e.Work)].Claimed, e.Claimed, "it is worth what it was when it was made")
			require.NotZero(t, e.Relays)
			if e.Reason == "PROOF_INVALID" {
				invalid++
			} else {
				require.Equal(t, "PROOF_MISSING", e.Reason)
			}
		}
		assert.Positive(t, invalid)
		assert.Less(t, invalid, len(expired))
		assert.Len(t, refused, invalid+pendingRefused(refused, expired))
	})
	t.Run("a slash is told, and who unstakes", func(t *testing.T) {
		gamma, delta := address(morsetest.StoryGamma), address(morsetest.StoryDelta)
		require.Len(t, slashes, 1)
		assert.Equal(t, gamma, slashes[0].Supplier)
		assert.EqualValues(t, 15_000, slashes[0].Penalty)
		assert.Equal(t, pocket.POKT(15_000)-15_000, slashes[0].StakeAfter)
		require.Len(t, unbondings, 2)
		began, ended := unbondings[0], unbondings[1]
		assert.Equal(t, pocket.UnbondingBegan, began.Phase)
		assert.Equal(t, delta, began.Supplier.Operator)
		assert.EqualValues(t, storyFirst+storyBlocks/2, began.Height)
		assert.Zero(t, began.SessionEnd%4)
		assert.Equal(t, pocket.UnbondingEnded, ended.Phase)
		assert.Equal(t, delta, ended.Supplier.Operator)
		assert.Equal(t, address(morsetest.StoryWallet), ended.Supplier.Owner)
		assert.Equal(t, pocket.POKT(15_000), ended.Supplier.Stake)
		assert.Greater(t, ended.Height, began.SessionEnd)
	})
	t.Run("stakes tell the whole supplier", func(t *testing.T) {
		require.Len(t, stakes, 3)
		assert.Equal(t, address(morsetest.StoryEpsilon), stakes[0].Supplier)
		assert.Equal(t, address(morsetest.StorySaver), stakes[0].Config.Owner)
		assert.Equal(t, pocket.POKT(45_100), stakes[0].Config.Stake)
		assert.Len(t, stakes[0].Config.Services, 3)
	})
}

func claimOf(w pocket.Work) string {
	return fmt.Sprint(w.SessionEnd, w.Supplier, w.Application, w.Service)
}

// pendingRefused counts refused proofs of claims that have not expired yet.
func pendingRefused(refused []pocket.ProofCheck, expired []pocket.ClaimExpiry) int {
	gone := map[string]bool{}
	for _, e := range expired {
		gone[claimOf(e.Work)] = true
	}
	n := 0
	for _, c := range refused {
		if !gone[fmt.Sprint(c.SessionEnd, c.Supplier, c.Application, c.Service)] {
			n++
		}
	}
	return n
}

func mintsOf(shares []pocket.Share) map[morsetest.Mint]int {
	mints := map[morsetest.Mint]int{}
	for _, s := range shares {
		mints[morsetest.Mint{To: s.Recipient, Amount: int64(s.Amount)}]++
	}
	return mints
}

// mentions reports whether an event names an address in whatever role.
func mentions(t testing.TB, e pocket.Event, a pocket.Address) bool {
	t.Helper()
	body, err := json.Marshal(e)
	require.NoError(t, err)
	return strings.Contains(string(body), a.String())
}

func TestWhatConcernsSomebodyIsFoundInEveryWay(t *testing.T) {
	if testing.Short() {
		t.Skip("it does much, one thing after the other")
	}
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 300})
	first, last := pocket.Height(storyFirst+1), pocket.Height(storyFirst+299)
	everything, _ := serve(t, chain, morsetest.NodeConfig{})
	all := eventsOf(t, everything, first, last)
	for _, name := range append(morsetest.StoryNodes(), morsetest.StoryWallet, morsetest.StorySaver, morsetest.StoryFriend, morsetest.StoryOwner) {
		t.Run(name, func(t *testing.T) {
			a := address(name)
			var want []pocket.Event
			for _, e := range all {
				if mentions(t, e, a) {
					want = append(want, e)
				}
			}
			require.NotEmpty(t, want)
			c, _ := serve(t, chain, morsetest.NodeConfig{})
			requireSame(t, want, eventsOf(t, c, first, last, a), "walked")

			c, node := serve(t, chain, morsetest.NodeConfig{}, morse.WithPageSize(50))
			var found []pocket.Event
			heights := 0
			for block, err := range c.Search(t.Context(), a, first, last) {
				require.NoError(t, err)
				heights++
				found = append(found, eventsOf(t, c, block.Height, block.Height, a)...)
			}
			requireSame(t, want, found, "searched")
			t.Logf("%d events in %d blocks, %d questions", len(want), heights, len(node.Asked()))
		})
	}
}

// requireSame checks that events are those that are wanted. Transactions whose messages name somebody who is in none of their fields may be
// there besides.
func requireSame(t testing.TB, want, got []pocket.Event, how string) {
	t.Helper()
	wanted, found := lines(t, want), lines(t, got)
	for _, line := range wanted {
		require.Contains(t, found, line, how)
	}
	for _, line := range found {
		require.True(t, strings.HasPrefix(line, "transaction ") || slices.Contains(wanted, line), "%s and not wanted: %s", how, line)
	}
}

func TestSeveralAddressesAreReadTogether(t *testing.T) {
	chain := morsetest.Story(morsetest.StoryConfig{Blocks: 300})
	first, last := pocket.Height(storyFirst+1), pocket.Height(storyFirst+299)
	c, _ := serve(t, chain, morsetest.NodeConfig{})
	x := openIndex(t)
	watched := []pocket.Address{address(morsetest.StoryAlpha), address(morsetest.StoryWallet), address(morsetest.StoryGamma)}
	require.NoError(t, x.Watch(t.Context(), watched...))
	_, err := x.Backfill(t.Context(), c, first, last, index.BackfillConfig{Search: c.Search})
	require.NoError(t, err)
	searched := collect(t, x.Events(t.Context(), pocket.EventQuery{}))

	y := openIndex(t)
	require.NoError(t, y.Watch(t.Context(), watched...))
	_, err = y.Backfill(t.Context(), c, first, last, index.BackfillConfig{})
	require.NoError(t, err)
	assert.Equal(t, lines(t, collect(t, y.Events(t.Context(), pocket.EventQuery{}))), lines(t, searched))

	differences, err := y.Recheck(t.Context(), c, 40)
	require.NoError(t, err)
	assert.Empty(t, differences)

	stays, err := y.Stays(t.Context(), []pocket.Address{address(morsetest.StoryAlpha)})
	require.NoError(t, err)
	require.Len(t, stays, 1)
	assert.True(t, slices.ContainsFunc(searched, func(e pocket.Event) bool { return e.Kind() == pocket.KindTransaction }))
}
