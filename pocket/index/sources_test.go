package index_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/poktscan"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
	"github.com/poktbot/poktbot/pocket/shannon"
	"github.com/poktbot/poktbot/rewards"
)

var _ index.Feed = (*poktscan.Client)(nil)

// A network is a simulated chain, a full node of it, and a PoktScan that has indexed it.
type network struct {
	chain   *pockettest.Chain
	node    *shannon.Client
	service *poktscantest.Server
	scan    *poktscan.Client
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	config := pockettest.Config{
		Seed: 11, Params: pockettest.SmallParams(), Blocks: 300, Suppliers: 5, ClaimsPerSession: 12,
		Rates: pockettest.Rates{Expiries: 30, Overserviced: 30, Leaves: -1, Sends: -1},
	}
	operators := pockettest.NewChain(config).Operators()
	config.Incidents = []pockettest.Incident{
		{Kind: pockettest.Discard, Height: 90, Supplier: operators[1]}, {Kind: pockettest.Slash, Height: 120, Supplier: operators[0], Sessions: 3},
		{Kind: pockettest.Unstake, Height: 150, Supplier: operators[2]},
	}
	node := pockettest.NewNode(pockettest.NewChain(config))
	t.Cleanup(node.Close)
	n := &network{chain: node.Chain(), node: clientOf(t, node), service: poktscantest.New()}
	t.Cleanup(n.service.Close)
	n.service.SetChain(pockettest.ChainID)
	for h := pocket.Height(1); h <= n.chain.Head(); h++ {
		block, err := n.node.Block(t.Context(), h)
		require.NoError(t, err)
		n.service.AddBlocks(block)
	}
	n.service.AddSuppliers(n.chain.Suppliers()...)
	for e, err := range n.chain.Truth(1, n.chain.Head()) {
		require.NoError(t, err)
		n.service.AddEvents(e)
	}
	var err error
	n.scan, err = poktscan.New([]string{n.service.URL}, poktscan.WithRate(10_000), poktscan.WithPauses(time.Millisecond, 5*time.Millisecond),
		poktscan.WithClock(func() time.Time { return n.chain.TimeOf(n.chain.Head()).Add(time.Minute) }))
	require.NoError(t, err)
	t.Cleanup(n.scan.Close)
	return n
}

func differences(t *testing.T, first, second rewards.Source, q rewards.VerifyQuery) []rewards.Difference {
	t.Helper()
	return collect(t, rewards.Verify(t.Context(), first, second, q))
}

// requireOnlyDiscards holds that two sources agree in all but that one does not know of discarded claims.
func requireOnlyDiscards(t *testing.T, list []rewards.Difference, which string) {
	t.Helper()
	var about [][]string
	for _, d := range list {
		require.Equal(t, rewards.CannotTell, d.Kind, "%+v", d)
		if d.Untold != nil {
			about = append(about, d.Untold)
			assert.Equal(t, "the "+which+" source does not tell of such events", d.Note)
		}
	}
	assert.Equal(t, [][]string{{string(pocket.KindClaimDiscard)}}, about)
}

// TestAllSourcesTellTheSame compares a full node's RPC, PoktScan, an index that walked the chain and one that PoktScan filled: each reads over
// real HTTP what one simulated chain did.
func TestAllSourcesTellTheSame(t *testing.T) {
	long(t)
	n := newNetwork(t)
	rpc := index.NewChainSource(n.node, 0)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		walked := open()
		require.NoError(t, walked.SetMode(t.Context(), index.Everything))
		_, err := walked.Backfill(t.Context(), n.node, 1, n.chain.Head(), index.BackfillConfig{})
		require.NoError(t, err)
		told := opened(t, placeLike(t, t.Name()))
		require.NoError(t, told.SetMode(t.Context(), index.Everything))
		_, err = told.BackfillFrom(t.Context(), n.scan, 1, n.chain.Head(), index.FeedConfig{Source: "poktscan"})
		require.NoError(t, err)
		owner, operator := n.chain.Owners()[0], n.chain.Operators()[1]
		for _, q := range []rewards.VerifyQuery{
			{Wallets: n.chain.Owners()},
			{Addresses: []pocket.Address{owner, operator}, Wallets: []pocket.Address{owner}},
			{Span: pocket.Span{From: n.chain.TimeOf(60).Truncate(time.Second), To: n.chain.TimeOf(200).Truncate(time.Second)}},
		} {
			assert.Empty(t, eventful(differences(t, rpc, walked, q)), "the node and the index that walked it")
			requireOnlyDiscards(t, eventful(differences(t, rpc, n.scan, q)), "second")
			requireOnlyDiscards(t, eventful(differences(t, n.scan, walked, q)), "first")
			q.Kinds = []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash}
			assert.Empty(t, eventful(differences(t, walked, told, q)), "the two indexes")
		}
		t.Run("what PoktScan does not know is what the index that it filled lacks", func(t *testing.T) {
			lost := 0
			for _, d := range differences(t, walked, told, rewards.VerifyQuery{}) {
				switch d.Kind {
				case rewards.OnlyFirst:
					lost++
					assert.Equal(t, pocket.KindClaimDiscard, d.First.Kind())
				case rewards.SumsDiffer:
					assert.Equal(t, []string{"discarded"}, d.Fields)
				default:
					t.Errorf("%+v", d)
				}
			}
			assert.Positive(t, lost)
		})
		t.Run("a walk fills in the rest, and nothing twice", func(t *testing.T) {
			_, err := told.Backfill(t.Context(), n.node, 1, n.chain.Head(), index.BackfillConfig{Conflict: func(c index.Conflict) { t.Error(c) }})
			require.NoError(t, err)
			assert.Empty(t, differences(t, walked, told, rewards.VerifyQuery{}))
			count := func(x *index.Index) map[pocket.Kind]int {
				kinds := map[pocket.Kind]int{}
				for _, e := range collect(t, x.Events(t.Context(), pocket.EventQuery{})) {
					kinds[e.Kind()]++
				}
				return kinds
			}
			assert.Equal(t, count(walked), count(told), "of every kind")
			found, err := told.Recheck(t.Context(), n.node, 100)
			require.NoError(t, err)
			assert.Empty(t, found)
		})
	})
}

// eventful leaves out that a source does not reach beyond its last block, as it is at the chain's end.
func eventful(list []rewards.Difference) []rewards.Difference {
	var kept []rewards.Difference
	for _, d := range list {
		if d.Kind != rewards.CannotTell || d.Untold != nil {
			kept = append(kept, d)
		}
	}
	return kept
}

func TestAForgedServiceIsFoundOut(t *testing.T) {
	n := newNetwork(t)
	forged := poktscantest.New()
	t.Cleanup(forged.Close)
	forged.SetChain(pockettest.ChainID)
	for h := pocket.Height(1); h <= n.chain.Head(); h++ {
		block, err := n.node.Block(t.Context(), h)
		require.NoError(t, err)
		forged.AddBlocks(block)
	}
	forged.AddSuppliers(n.chain.Suppliers()...)
	var hidden, dearer pocket.Event
	for e, err := range n.chain.Truth(1, n.chain.Head()) {
		require.NoError(t, err)
		if s, ok := e.(pocket.Settlement); ok && s.Height > 100 && len(s.Shares) > 0 && s.Overserviced == 0 {
			switch {
			case hidden == nil:
				hidden = e
				continue
			case dearer == nil:
				s.Shares[0].Amount += 1_000_000
				dearer = s
				e = s
			}
		}
		forged.AddEvents(e)
	}
	scan, err := poktscan.New([]string{forged.URL}, poktscan.WithRate(10_000))
	require.NoError(t, err)
	t.Cleanup(scan.Close)
	kinds := map[rewards.DifferenceKind]int{}
	var lost pocket.Upokt
	for _, d := range eventful(differences(t, index.NewChainSource(n.node, 0), scan, rewards.VerifyQuery{
		Kinds: []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash},
	})) {
		kinds[d.Kind]++
		lost += d.Delta().Gross
		switch d.Kind {
		case rewards.OnlyFirst:
			assert.Equal(t, pocket.SubjectOf(hidden), pocket.SubjectOf(d.First))
		case rewards.Differs:
			assert.Equal(t, pocket.SubjectOf(dearer), pocket.SubjectOf(d.First))
			assert.Equal(t, []string{"shares"}, d.Fields)
		}
	}
	assert.Equal(t, 1, kinds[rewards.OnlyFirst])
	assert.Equal(t, 1, kinds[rewards.Differs])
	assert.Zero(t, kinds[rewards.OnlySecond])
	assert.NotZero(t, kinds[rewards.SumsDiffer])
	s := hidden.(pocket.Settlement)
	assert.Equal(t, s.SupplierSide()-1_000_000, lost)
}

func TestAPoktScanThatLagsFillsUpToItsTip(t *testing.T) {
	n := newNetwork(t)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		n.service.SetTip(200)
		t.Cleanup(func() { n.service.SetTip(0) })
		_, err := x.BackfillFrom(t.Context(), n.scan, 1, n.chain.Head(), index.FeedConfig{Source: "poktscan"})
		require.ErrorIs(t, err, pocket.ErrFutureHeight)
		e, ok := errors.AsType[*pocket.APIError](err)
		require.True(t, ok)
		assert.Equal(t, pocket.Height(200), e.Latest)
		missing, err := x.Missing(t.Context(), 1, n.chain.Head(), false)
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 201, To: 300}}, missing)
		_, err = index.NewFollower(x, n.node, index.FollowerConfig{From: 201, Conflict: func(c index.Conflict) { t.Error(c) }}).CatchUp(t.Context())
		require.NoError(t, err)
		requireSameSums(t, x, collect(t, n.chain.Truth(1, 300, pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindSlash)), n.chain.Owners())
	})
}
