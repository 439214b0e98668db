package morse_test

import (
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

var _ index.Chain = (*morse.Client)(nil)

var _ index.Search = (*morse.Client)(nil).Search

func serve(t testing.TB, chain *morsetest.Chain, config morsetest.NodeConfig, opts ...morse.Option) (*morse.Client, *morsetest.Node) {
	t.Helper()
	node := morsetest.NewNode(chain, config)
	t.Cleanup(node.Close)
	c, err := morse.New([]string{node.URL}, append([]morse.Option{morse.WithRetries(0)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, node
}

func openIndex(t testing.TB) *index.Index {
	t.Helper()
	x, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "index.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for v, err := range seq {
		require.NoError(t, err)
		list = append(list, v)
	}
	return list
}

// late are the options for the recorded chain whose node's program was changed.
func late(is bool) []morse.Option {
	if is {
		return []morse.Option{morse.WithProgramHeights(1, 2)}
	}
	return nil
}

type proofKey struct {
	height  pocket.Height
	node    pocket.Address
	chain   pocket.ServiceID
	session pocket.Height
}

// requireRecorded checks that settlements are those that the recorded chain paid, to the upokt.
func requireRecorded(t testing.TB, recorded morsetest.RecordedChain, got []pocket.Settlement, only func(morsetest.Reward) bool) {
	t.Helper()
	want := map[proofKey]map[morsetest.Mint]int{}
	for _, r := range recorded.Rewards {
		if !only(r) {
			continue
		}
		mints := map[morsetest.Mint]int{}
		for _, m := range r.Minted {
			mints[m]++
		}
		want[proofKey{r.ProofHeight, r.Node, r.Chain, r.SessionHeight + 3}] = mints
	}
	require.Len(t, got, len(want))
	for _, s := range got {
		mints := map[morsetest.Mint]int{}
		var sum pocket.Upokt
		for _, share := range s.Shares {
			mints[morsetest.Mint{To: share.Recipient, Amount: int64(share.Amount)}]++
			sum += share.Amount
		}
		key := proofKey{s.Height, s.Supplier, s.Service, s.SessionEnd}
		require.Equal(t, want[key], mints, "%v", key)
		require.Equal(t, sum, s.Minted)
		require.Len(t, s.TxHash, 64)
		require.False(t, s.Time.IsZero())
		require.Equal(t, s.Claimed, s.Settled)
		require.Equal(t, s.Settled-s.Minted, s.Deflated)
	}
}

func TestTheRecordedChainIsIndexedToTheUpokt(t *testing.T) {
	if testing.Short() {
		t.Skip("whole chains are indexed")
	}
	for _, of := range []struct {
		name   string
		late   bool
		events bool
	}{{"computed", false, false}, {"read from events", false, true}, {"computed on the late chain", true, false}} {
		t.Run(of.name, func(t *testing.T) {
			chain, recorded := morsetest.Replay(of.late), morsetest.Rewards(of.late)
			c, _ := serve(t, chain, morsetest.NodeConfig{Events: of.events}, late(of.late)...)
			x := openIndex(t)
			require.NoError(t, x.SetMode(t.Context(), index.Everything))
			_, err := index.NewFollower(x, c, index.FollowerConfig{From: 1}).CatchUp(t.Context())
			require.NoError(t, err)
			settlements := collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{}))
			requireRecorded(t, recorded, settlements, func(morsetest.Reward) bool { return true })
		})
	}
}

func TestANodeIsIndexedByWalkingAndBySearch(t *testing.T) {
	if testing.Short() {
		t.Skip("whole chains are indexed")
	}
	chain, recorded := morsetest.Replay(false), morsetest.Rewards(false)
	for _, name := range []string{"s1", "nc", "u1", "leg"} {
		for _, searched := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s searched %v", name, searched), func(t *testing.T) {
				c, node := serve(t, chain, morsetest.NodeConfig{})
				x, a := openIndex(t), morsetest.Actor(name).Address()
				require.NoError(t, x.Watch(t.Context(), a))
				config := index.BackfillConfig{}
				if searched {
					config.Search = c.Search
				}
				_, err := x.Backfill(t.Context(), c, 1, pocket.Height(chain.Height()), config)
				require.NoError(t, err)
				requireRecorded(t, recorded, collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{Filter: pocket.Filter{Suppliers: []pocket.Address{a}}})),
					func(r morsetest.Reward) bool { return r.Node == a })
				for _, s := range collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{})) {
					if s.Supplier != a {
						assert.Contains(t, append(recipients(s), s.Owner), a)
					}
				}
				t.Logf("%d questions", len(node.Asked()))
			})
		}
	}
}

func recipients(s pocket.Settlement) []pocket.Address {
	var list []pocket.Address
	for _, share := range s.Shares {
		list = append(list, share.Recipient)
	}
	return list
}
