package rewards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

func morse(n int) pocket.Address { return pocket.MustParseAddress(fmt.Sprintf("%040x", n)) }

// twoChains are the events of a Morse chain and of the Shannon chain after it, on which some of the same nodes and wallets go on.
type twoChains struct {
	aliases        map[pocket.Address]pocket.Address
	morse, shannon []pocket.Event
}

func newTwoChains(seed uint64) *twoChains {
	r := rand.New(rand.NewPCG(seed, 5))
	c := &twoChains{aliases: map[pocket.Address]pocket.Address{
		morse(1): node1, morse(2): node2, morse(11): owner1, morse(12): owner1, morse(13): wallet, // two wallets became one
	}}
	event := func(at pocket.At, suppliers, paid []pocket.Address) pocket.Event {
		supplier, service := suppliers[r.IntN(len(suppliers))], pocket.ServiceID([]string{"eth", "poly"}[r.IntN(2)])
		switch r.IntN(6) {
		case 0:
			return pocket.ClaimExpiry{At: at, Work: pocket.Work{Supplier: supplier, Application: app1, Service: service, Claimed: pocket.Upokt(r.IntN(90))}}
		case 1:
			return pocket.Slash{At: at, Supplier: supplier, Application: app1, Service: service, Penalty: pocket.Upokt(r.IntN(90))}
		}
		s := settled(at.Time, supplier)
		s.At, s.Service, s.Owner = at, service, paid[r.IntN(len(paid))]
		for range r.IntN(4) {
			s.Shares = append(s.Shares, share(paid[r.IntN(len(paid))], []pocket.Reason{pocket.ReasonSupplier, reasonDAO, ""}[r.IntN(3)], pocket.Upokt(r.IntN(1000))))
		}
		return s
	}
	for i := range 60 {
		at := pocket.At{Height: pocket.Height(i + 1), Time: noon.Add(time.Duration(i) * 7 * time.Hour), Index: i}
		c.morse = append(c.morse, event(at, []pocket.Address{morse(1), morse(2), morse(3)}, []pocket.Address{morse(11), morse(12), morse(13), morse(14)}))
		at.Time = at.Time.Add(10 * 24 * time.Hour) // both ran for a while
		c.shannon = append(c.shannon, event(at, []pocket.Address{node1, node2}, []pocket.Address{owner1, wallet, dao}))
	}
	return c
}

func (c *twoChains) joint() *Joint {
	return Join(c.aliases, NewMemory(c.morse, nil), NewMemory(c.shannon, nil))
}

// one is what the two chains did under the addresses of today, by time.
func (c *twoChains) one() []pocket.Event {
	a := newAliasing(c.aliases)
	var all []pocket.Event
	for _, e := range slices.Concat(c.morse, c.shannon) {
		all = append(all, a.readdress(e))
	}
	slices.SortStableFunc(all, func(a, b pocket.Event) int { return a.Where().Time.Compare(b.Where().Time) })
	return all
}

func collectEvents(t require.TestingT, events iter.Seq2[pocket.Event, error]) []pocket.Event {
	var list []pocket.Event
	for e, err := range events {
		require.NoError(t, err)
		list = append(list, e)
	}
	return list
}

func TestAMigratedNodeIsOne(t *testing.T) {
	early, late := noon, noon.Add(400*24*time.Hour)
	joint := Join(map[pocket.Address]pocket.Address{morse(1): node1},
		NewMemory([]pocket.Event{settled(early, morse(1), share(wallet, pocket.ReasonSupplier, 5)), settled(early, morse(2))}, nil),
		NewMemory([]pocket.Event{settled(late, node1, share(wallet, pocket.ReasonSupplier, 7))}, nil))
	for name, asked := range map[string]pocket.Address{"by its new address": node1, "by its old address": morse(1)} {
		t.Run(name, func(t *testing.T) {
			filter := pocket.Filter{Suppliers: []pocket.Address{asked}}
			events := collectEvents(t, joint.Events(t.Context(), pocket.EventQuery{Filter: filter}))
			require.Len(t, events, 2)
			for i, at := range []time.Time{early, late} {
				assert.Equal(t, node1, pocket.SubjectOf(events[i]).Supplier)
				assert.Equal(t, at, events[i].Where().Time)
			}
			rows, err := joint.Sums(t.Context(), Query{Filter: filter, By: []Dimension{BySupplier}, Wallets: []pocket.Address{wallet}})
			require.NoError(t, err)
			require.Len(t, rows, 1)
			assert.Equal(t, node1, rows[0].Supplier)
			assert.Equal(t, int64(2), rows[0].Settlements)
			assert.Equal(t, pocket.Upokt(12), rows[0].Mine)
		})
	}
	t.Run("others stay what they are", func(t *testing.T) {
		rows, err := joint.Sums(t.Context(), Query{By: []Dimension{BySupplier}})
		require.NoError(t, err)
		require.Len(t, rows, 2)
		assert.Equal(t, morse(2), rows[0].Supplier)
	})
	t.Run("the sources keep their own", func(t *testing.T) {
		rows, err := joint.sources[0].Sums(t.Context(), Query{By: []Dimension{BySupplier}})
		require.NoError(t, err)
		assert.Equal(t, morse(1), rows[0].Supplier)
	})
}

// TestAJointAnswersAsOneSourceWould compares with a memory of all events under the addresses of today.
func TestAJointAnswersAsOneSourceWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newTwoChains(rapid.Uint64().Draw(t, "chains"))
		one := c.one()
		prices, err := NewPrices("eur", []Price{price(noon, "0.5"), price(noon.Add(9*24*time.Hour), "0.25")}, 200*time.Hour)
		require.NoError(t, err)
		some := func(label string, from ...pocket.Address) []pocket.Address {
			if rapid.IntRange(0, 2).Draw(t, label+" wanted") > 0 {
				return nil
			}
			return rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(t, label)
		}
		filter := pocket.Filter{
			Suppliers:  some("suppliers", node1, morse(1), morse(2), morse(3)),
			Owners:     some("owners", owner1, morse(11), morse(14)),
			Recipients: some("recipients", owner1, morse(12), wallet, morse(13), dao),
		}
		today := newAliasing(c.aliases)
		span := pocket.Span{}
		if rapid.Bool().Draw(t, "some time") {
			span = pocket.Span{From: noon.Add(3 * 24 * time.Hour), To: noon.Add(20 * 24 * time.Hour)}
		}

		q := pocket.EventQuery{Span: span, Filter: filter, Newest: rapid.Bool().Draw(t, "newest"), Limit: rapid.IntRange(0, 30).Draw(t, "limit")}
		oneQ := q
		oneQ.Filter = today.filter(filter)
		want := slices.DeleteFunc(slices.Clone(one), func(e pocket.Event) bool { return !oneQ.Match(e) })
		if q.Newest {
			slices.Reverse(want)
		}
		if q.Limit > 0 {
			want = want[:min(len(want), q.Limit)]
		}
		got := collectEvents(t, c.joint().Events(t.Context(), q))
		require.Equal(t, len(want), len(got))
		for i := range want {
			require.Equal(t, want[i].Where().Time, got[i].Where().Time)
		}
		require.ElementsMatch(t, want, got)

		sums := Query{
			Span: span, Filter: filter, Wallets: some("wallets", owner1, morse(11), wallet),
			Period: rapid.SampledFrom([]Period{Whole, Day, Month}).Draw(t, "period"),
			By:     rapid.SliceOfNDistinct(rapid.SampledFrom([]Dimension{BySupplier, ByOwner, ByRecipient, ByService}), 0, 3, rapid.ID).Draw(t, "by"),
		}
		if rapid.Bool().Draw(t, "owners known") {
			sums.OwnerOf = map[pocket.Address]pocket.Address{node1: owner1, morse(2): morse(14)}
		}
		if rapid.Bool().Draw(t, "valued") {
			sums.Prices = prices
		}
		oneSums := today.query(sums)
		wantRows, err := Aggregate(oneSums, each(one...))
		require.NoError(t, err)
		if owner := oneSums.OwnerOf[node2]; !owner.IsZero() {
			require.Equal(t, morse(14), owner)
		}
		gotRows, err := c.joint().Sums(t.Context(), sums)
		require.NoError(t, err)
		require.Equal(t, wantRows, gotRows)
	})
}

func TestStaysOfANodeThatMigratedAreJoined(t *testing.T) {
	day := func(n int) time.Time { return noon.Add(time.Duration(n) * 24 * time.Hour) }
	first := NewMemory(nil, []Stay{{morse(1), day(0), time.Time{}}, {morse(2), day(1), day(3)}, {morse(3), day(2), time.Time{}}, {morse(4), day(20), time.Time{}}})
	second := NewMemory(nil, []Stay{{node1, day(8), day(12)}, {node1, day(15), time.Time{}}, {node2, day(5), time.Time{}}})
	joint := Join(map[pocket.Address]pocket.Address{morse(1): node1, morse(2): node2}, Ended(first, day(10)), second)
	stays, err := joint.Stays(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, []Stay{
		{morse(3), day(2), day(10)}, {node2, day(1), day(3)}, {node2, day(5), time.Time{}}, {node1, day(0), day(12)}, {node1, day(15), time.Time{}},
	}, stays, "one that began after the end never was")
	stays, err = joint.Stays(t.Context(), []pocket.Address{node1})
	require.NoError(t, err)
	assert.Equal(t, []Stay{{node1, day(0), day(12)}, {node1, day(15), time.Time{}}}, stays)
	points, err := Daily(t.Context(), joint, StatsQuery{Now: day(12)}, 5)
	require.NoError(t, err)
	assert.Equal(t, []int{3, 3, 3, 2, 2}, []int{points[0].Nodes, points[1].Nodes, points[2].Nodes, points[3].Nodes, points[4].Nodes})
}

type brokenSource struct{ error }

func (b brokenSource) Events(context.Context, pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) { yield(nil, b.error) }
}
func (b brokenSource) Sums(context.Context, Query) ([]Row, error)              { return nil, b.error }
func (b brokenSource) Stays(context.Context, []pocket.Address) ([]Stay, error) { return nil, b.error }

func TestAJointIsSilentAboutNoFault(t *testing.T) {
	broken := errors.New("broken")
	joint := Join(nil, NewMemory([]pocket.Event{settled(noon, node1)}, nil), brokenSource{broken})
	var err error
	for _, err = range joint.Events(t.Context(), pocket.EventQuery{}) {
	}
	require.ErrorIs(t, err, broken)
	_, err = joint.Sums(t.Context(), Query{})
	require.ErrorIs(t, err, broken)
	_, err = joint.Stays(t.Context(), nil)
	require.ErrorIs(t, err, broken)
	_, err = joint.Sums(t.Context(), Query{Period: "year"})
	require.ErrorIs(t, err, pocket.ErrInvalid)
	for _, err = range joint.Events(t.Context(), pocket.EventQuery{Limit: -1}) {
	}
	require.ErrorIs(t, err, pocket.ErrInvalid)
	t.Run("a loop may stop at any event", func(t *testing.T) {
		for range newTwoChains(1).joint().Events(t.Context(), pocket.EventQuery{}) {
			break
		}
	})
}

func TestAliases(t *testing.T) {
	supplier := func(node, output int, operator, owner pocket.Address) pocket.Event {
		m := pocket.Migration{As: pocket.MigratedSupplier, Morse: morse(node), Destination: operator, Owner: owner}
		if output > 0 {
			m.MorseOutput = morse(output)
		}
		return m
	}
	for name, test := range map[string]struct {
		events []pocket.Event
		want   map[pocket.Address]pocket.Address
	}{
		"a node and its output":                 {[]pocket.Event{supplier(1, 9, node1, owner1)}, map[pocket.Address]pocket.Address{morse(1): node1, morse(9): owner1}},
		"a node that is its own output":         {[]pocket.Event{supplier(1, 1, node1, owner1)}, map[pocket.Address]pocket.Address{morse(1): node1}},
		"a node without an output":              {[]pocket.Event{supplier(1, 0, node1, owner1)}, map[pocket.Address]pocket.Address{morse(1): node1}},
		"nodes of an output and one owner":      {[]pocket.Event{supplier(1, 9, node1, owner1), supplier(2, 9, node2, owner1)}, map[pocket.Address]pocket.Address{morse(1): node1, morse(2): node2, morse(9): owner1}},
		"nodes of an output and several owners": {[]pocket.Event{supplier(1, 9, node1, owner1), supplier(2, 9, node2, wallet), supplier(3, 9, app1, owner1)}, map[pocket.Address]pocket.Address{morse(1): node1, morse(2): node2, morse(3): app1}},
		"an output that was claimed by itself": {[]pocket.Event{
			supplier(1, 9, node1, owner1), pocket.Migration{As: pocket.MigratedAccount, Morse: morse(9), Destination: wallet},
		}, map[pocket.Address]pocket.Address{morse(1): node1, morse(9): wallet}},
		"an account without an address, and what is no migration": {[]pocket.Event{
			pocket.Migration{As: pocket.MigratedRecovery, Destination: wallet}, settled(noon, node1),
		}, map[pocket.Address]pocket.Address{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Aliases(each(test.events...))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
	_, err := Aliases(brokenSource{pocket.ErrPruned}.Events(t.Context(), pocket.EventQuery{}))
	require.ErrorIs(t, err, pocket.ErrPruned)
}

// TestEveryAddressOfAnEventIsReplaced fails when package pocket has an event whose addresses a joint would leave as they were.
func TestEveryAddressOfAnEventIsReplaced(t *testing.T) {
	old := morse(1)
	a := newAliasing(map[pocket.Address]pocket.Address{old: node1})
	work := pocket.Work{Supplier: old, Application: old}
	config := pocket.Supplier{Operator: old, Owner: old}
	for _, e := range []pocket.Event{
		settledBy(old), pocket.ClaimExpiry{Work: work}, pocket.ClaimDiscard{Supplier: old, Application: old}, pocket.Slash{Supplier: old, Application: old},
		pocket.Overservicing{Supplier: old, Application: old}, pocket.Reimbursement{Supplier: old, Owner: old, Application: old},
		pocket.ClaimCreation{Work: work}, pocket.ProofSubmission{Work: work}, pocket.ProofCheck{Supplier: old, Application: old},
		pocket.SupplierStake{Supplier: old, Config: &config}, pocket.ServiceActivation{Supplier: old}, pocket.Unbonding{Supplier: config},
		pocket.StakeStuck{Supplier: old, Owner: old}, pocket.ApplicationUnbonding{Application: pocket.Application{Address: old}},
		pocket.RevShareFallback{Supplier: old, Owner: old}, pocket.Transaction{FeePayer: old, Transfers: []pocket.Transfer{{From: old, To: old}}},
	} {
		assert.Contains(t, fmt.Sprintf("%v", e), old.String())
		assert.NotContains(t, fmt.Sprintf("%+v", a.readdress(e)), old.String(), "%T", e)
		assert.Contains(t, fmt.Sprintf("%v", e), old.String(), "the source's own is not changed")
	}
	assert.Equal(t, old, config.Operator)
	m := pocket.Migration{Morse: old, Destination: node1}
	assert.Equal(t, m, a.readdress(m))
}

func settledBy(a pocket.Address) pocket.Settlement {
	s := settled(noon, a, share(a, pocket.ReasonSupplier, 5))
	s.Owner, s.Application = a, a
	return s
}
