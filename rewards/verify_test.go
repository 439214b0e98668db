package rewards

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

// claim is the n-th settlement of the day at noon plus days: of its own application, so that each is another claim.
func claim(n int, day int) pocket.Settlement {
	s := settled(noon.AddDate(0, 0, day), node1, share(owner1, pocket.ReasonSupplier, 500), share(dao, reasonDAO, 90))
	s.Height, s.Index, s.SessionEnd, s.Application = pocket.Height(100+10*day), n, pocket.Height(60+10*day), address(1000+n)
	return s
}

func verify(t testing.TB, first, second Source, q VerifyQuery) []Difference {
	t.Helper()
	var list []Difference
	for d, err := range Verify(t.Context(), first, second, q) {
		require.NoError(t, err)
		list = append(list, d)
	}
	return list
}

func memory(events ...pocket.Event) *Memory { return NewMemory(events, nil) }

func TestSourcesThatAgreeDifferInNothing(t *testing.T) {
	events := []pocket.Event{claim(1, 0), claim(2, 0), claim(1, 1),
		pocket.Slash{At: pocket.At{Height: 110, Index: 5, Time: noon.AddDate(0, 0, 1)}, Supplier: node1, Application: app1, Service: "eth", SessionEnd: 50, Penalty: 3}}
	var others []pocket.Event // as somebody tells them who numbers them otherwise and rounds times
	for i, e := range slices.Backward(events) {
		at := e.Where()
		at.Index, at.Time = -1, at.Time.Add(-300*time.Microsecond)
		switch e := e.(type) {
		case pocket.Settlement:
			e.At = at
			e.Shares = slices.Clone(e.Shares)
			slices.Reverse(e.Shares)
			others = append(others, e)
		case pocket.Slash:
			e.At = at
			others = append(others, e)
		}
		_ = i
	}
	for _, q := range []VerifyQuery{{}, {Addresses: []pocket.Address{node1}}, {Addresses: []pocket.Address{node1, owner1, dao}}, {Addresses: []pocket.Address{wallet}}} {
		assert.Empty(t, verify(t, memory(events...), memory(others...), q))
	}
}

func TestDifferences(t *testing.T) {
	dayOf := func(day int) pocket.Span {
		from, to := DayOf(noon.AddDate(0, 0, day), time.UTC)
		return pocket.Span{From: from, To: to}
	}
	changed := claim(1, 0)
	changed.Claimed++
	changed.Shares = []pocket.Share{share(owner1, pocket.ReasonSupplier, 600), share(dao, reasonDAO, 90)}
	moved := claim(1, 0)
	moved.Time = moved.Time.Add(time.Hour)
	old := claim(1, 0)
	old.Lacks, old.Settled, old.Minted, old.Overserviced, old.Deflated, old.Shares = pocket.LacksAmounts|pocket.LacksShares, 0, 0, 0, 0, nil
	byAddress := claim(1, 0)
	byAddress.Lacks = pocket.LacksReasons
	byAddress.Shares = []pocket.Share{share(owner1, "", 500), share(dao, "", 90)}
	expiry := pocket.ClaimExpiry{At: pocket.At{Height: 100, Index: 9, Time: noon}, Work: pocket.Work{Supplier: node2, Application: app1, Service: "eth", SessionEnd: 50, Claimed: 7}}
	otherExpiry := expiry
	otherExpiry.Claimed = 8
	tests := []struct {
		name          string
		first, second []pocket.Event
		want          []Difference
	}{
		{"only the first tells of it", []pocket.Event{claim(1, 0), claim(2, 0)}, []pocket.Event{claim(1, 0)}, []Difference{
			{Kind: OnlyFirst, First: claim(2, 0)},
			{Kind: SumsDiffer, Span: dayOf(0), Supplier: node1, Fields: []string{"settlements", "relays", "estimated relays", "compute units", "claimed", "settled",
				"minted", "overserviced", "deflated", "overserviced claims", "deflated claims", "gross"}},
		}},
		{"only the second tells of it, and of a whole day", []pocket.Event{claim(1, 0)}, []pocket.Event{claim(1, 0), expiry, claim(1, 3)}, []Difference{
			{Kind: OnlySecond, Second: expiry},
			{Kind: SumsDiffer, Span: dayOf(0), Supplier: node2, Fields: []string{"expired", "expired claimed"}},
			{Kind: OnlySecond, Second: claim(1, 3)},
			{Kind: SumsDiffer, Span: dayOf(3), Supplier: node1, Fields: []string{"settlements", "claimed", "settled", "minted", "overserviced", "deflated",
				"overserviced claims", "deflated claims", "gross"}},
		}},
		{"it is told twice", []pocket.Event{expiry}, []pocket.Event{expiry, expiry}, []Difference{
			{Kind: OnlySecond, Second: expiry}, {Kind: SumsDiffer, Span: dayOf(0), Supplier: node2, Fields: []string{"expired", "expired claimed"}},
		}},
		{"amounts and shares are others", []pocket.Event{claim(1, 0)}, []pocket.Event{changed}, []Difference{
			{Kind: Differs, First: claim(1, 0), Second: changed, Fields: []string{"claimed", "shares"}},
			{Kind: SumsDiffer, Span: dayOf(0), Supplier: node1, Fields: []string{"claimed", "gross"}},
		}},
		{"an expiry is another", []pocket.Event{expiry}, []pocket.Event{otherExpiry}, []Difference{
			{Kind: Differs, First: expiry, Second: otherExpiry, Fields: []string{"claimed"}},
			{Kind: SumsDiffer, Span: dayOf(0), Supplier: node2, Fields: []string{"expired claimed"}},
		}},
		{"the time is another", []pocket.Event{claim(1, 0)}, []pocket.Event{moved}, []Difference{
			{Kind: Differs, First: claim(1, 0), Second: moved, Fields: []string{"time"}},
		}},
		{"one of both is of an old version: nobody can tell", []pocket.Event{claim(1, 0)}, []pocket.Event{old}, []Difference{
			{Kind: CannotTell, Span: dayOf(0), Supplier: node1, Untold: []string{"amounts", "shares"}},
		}},
		{"both are: nobody can tell", []pocket.Event{old}, []pocket.Event{old}, []Difference{
			{Kind: CannotTell, Span: dayOf(0), Supplier: node1, Untold: []string{"amounts", "shares"}},
		}},
		{"one of both tells no reasons", []pocket.Event{claim(1, 0)}, []pocket.Event{byAddress}, []Difference{
			{Kind: CannotTell, Span: dayOf(0), Supplier: node1, Untold: []string{"reasons"}},
		}},
		{"what is told differs all the same", []pocket.Event{claim(1, 0), claim(2, 0)}, []pocket.Event{old}, []Difference{
			{Kind: OnlyFirst, First: claim(2, 0)},
			{Kind: SumsDiffer, Span: dayOf(0), Supplier: node1, Fields: []string{"settlements", "relays", "estimated relays", "compute units", "claimed"}, Untold: []string{"amounts", "shares"}},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first, second := memory(test.first...), memory(test.second...)
			got := verify(t, first, second, VerifyQuery{})
			for i := range got { // the sums are those of the sources
				if d := &got[i]; d.Kind == SumsDiffer || d.Kind == CannotTell {
					for source, sums := range map[*Memory]*Sums{first: &d.FirstSums, second: &d.SecondSums} {
						rows, err := source.Sums(t.Context(), Query{Span: d.Span, Filter: pocket.Filter{Suppliers: []pocket.Address{d.Supplier}}})
						require.NoError(t, err)
						want, err := Total(rows)
						require.NoError(t, err)
						assert.Equal(t, want, *sums)
						*sums = Sums{}
					}
				}
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestWhatSumsDifferBy(t *testing.T) {
	second := claim(1, 0)
	second.Claimed += 40
	second.Shares[0].Amount -= 100
	got := verify(t, memory(claim(1, 0)), memory(second), VerifyQuery{Wallets: []pocket.Address{owner1}})
	require.Len(t, got, 2)
	assert.Equal(t, []string{"claimed", "gross", "mine"}, got[1].Fields)
	assert.Equal(t, Sums{Claimed: -40, Gross: 100, Mine: 100}, got[1].Delta())
	for field, want := range map[string][2]string{"claimed": {"0.001 POKT", "0.00104 POKT"}, "gross": {"0.0005 POKT", "0.0004 POKT"}, "settlements": {"1", "1"}, "?": {}} {
		a, b := got[1].Values(field)
		assert.Equal(t, want, [2]string{a, b}, field)
	}
	for field, want := range map[string][2]string{
		"claimed": {"0.001 POKT", "0.00104 POKT"}, "amount": {"0.001 POKT", "0.00104 POKT"}, "time": {"2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"},
		"shares": {"0.00059 POKT in 2 shares, 0.0005 POKT of it to the supplier's side", "0.00049 POKT in 2 shares, 0.0004 POKT of it to the supplier's side"}, "?": {},
	} {
		a, b := got[0].Values(field)
		assert.Equal(t, want, [2]string{a, b}, field)
	}
	t.Run("every field has values", func(t *testing.T) {
		at := pocket.At{Height: 9, Time: noon}
		first := pocket.Settlement{At: at, Supplier: node1, Application: app1, Service: "eth", SessionEnd: 5, Owner: owner1, Relays: 1, EstimatedRelays: 1, EstimatedComputeUnits: 1}
		other := pocket.Settlement{At: at, Supplier: node1, Application: app1, Service: "eth", SessionEnd: 5, Owner: wallet, Relays: 2, EstimatedRelays: 2,
			EstimatedComputeUnits: 2, Claimed: 2, Settled: 2, Minted: 2, Overserviced: 2, Deflated: 2, Shares: []pocket.Share{share(dao, reasonDAO, 2)}}
		work := pocket.Work{Supplier: node1, Application: app1, Service: "eth", SessionEnd: 6, Relays: 1, EstimatedComputeUnits: 1}
		otherWork := work
		otherWork.Relays, otherWork.EstimatedComputeUnits, otherWork.Claimed = 2, 2, 2
		slash := pocket.Slash{At: at, Supplier: node1, Application: app1, Service: "eth", SessionEnd: 7}
		otherSlash := slash
		otherSlash.Penalty, otherSlash.StakeAfter = 2, 2
		fields := 0
		for _, d := range verify(t, memory(first, pocket.ClaimExpiry{At: at, Work: work, Reason: "a"}, slash),
			memory(other, pocket.ClaimExpiry{At: at, Work: otherWork, Reason: "b"}, otherSlash), VerifyQuery{Wallets: []pocket.Address{dao}}) {
			for _, field := range d.Fields {
				fields++
				a, b := d.Values(field)
				assert.NotEmpty(t, a, field)
				assert.NotEqual(t, a, b, field)
			}
		}
		assert.Greater(t, fields, 25)
	})
}

// A laggard is a source that reaches up to a block only, and does not know some kinds.
type laggard struct {
	*Memory
	tip     pocket.Block
	unknown []pocket.Kind
	asked   *int
}

func (l laggard) Tip(context.Context) (pocket.Block, error) { return l.tip, nil }

func (l laggard) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	*l.asked++
	if slices.ContainsFunc(q.Kinds, func(k pocket.Kind) bool { return slices.Contains(l.unknown, k) }) {
		return func(yield func(pocket.Event, error) bool) {
			yield(nil, fmt.Errorf("kind: %w", pocket.ErrNotIndexed))
		}
	}
	return l.Memory.Events(ctx, q)
}

func TestWhatASourceDoesNotKnowIsNoDifference(t *testing.T) {
	discard := pocket.ClaimDiscard{At: pocket.At{Height: 100, Index: 7, Time: noon}, Supplier: node1, Application: app1, Service: "eth", SessionEnd: 50}
	whole := memory(claim(1, 0), discard, claim(1, 1), claim(1, 2))
	asked := 0
	behind := laggard{memory(claim(1, 0), claim(1, 1)), pocket.Block{Height: 110, Time: noon.AddDate(0, 0, 1)}, []pocket.Kind{pocket.KindClaimDiscard}, &asked}
	end := noon.AddDate(0, 0, 5)
	for name, test := range map[string]struct {
		first, second Source
		which         string
	}{"as the first": {behind, whole, "first"}, "as the second": {whole, behind, "second"}} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, []Difference{
				{Kind: CannotTell, Span: pocket.Span{From: noon.AddDate(0, 0, 1).Add(time.Millisecond), To: end},
					Note: "the " + test.which + " source knows blocks up to 110 only"},
				{Kind: CannotTell, Span: pocket.Span{To: noon.AddDate(0, 0, 1).Add(time.Millisecond)}, Untold: []string{"claim_discard"},
					Note: "the " + test.which + " source does not tell of such events"},
			}, verify(t, test.first, test.second, VerifyQuery{Span: pocket.Span{To: end}}))
		})
	}
	t.Run("nor is it when it knows nothing that is asked", func(t *testing.T) {
		got := verify(t, whole, behind, VerifyQuery{Span: pocket.Span{To: noon.AddDate(0, 0, 1)}, Kinds: []pocket.Kind{pocket.KindClaimDiscard}})
		require.Len(t, got, 1)
		assert.Equal(t, CannotTell, got[0].Kind)
		got = verify(t, whole, behind, VerifyQuery{Span: pocket.Span{From: noon.AddDate(0, 0, 3), To: end}})
		require.Len(t, got, 1)
		assert.Equal(t, CannotTell, got[0].Kind)
	})
}

func TestAComparisonThatCannotBeIsAnError(t *testing.T) {
	good := memory(claim(1, 0))
	for name, test := range map[string]struct {
		first, second Source
		query         VerifyQuery
		want          error
	}{
		"the first fails":         {brokenSource{pocket.ErrUnavailable}, good, VerifyQuery{}, pocket.ErrUnavailable},
		"the second fails":        {good, brokenSource{pocket.ErrPruned}, VerifyQuery{}, pocket.ErrPruned},
		"a span the wrong way":    {good, good, VerifyQuery{Span: pocket.Span{From: noon, To: noon.Add(-1)}}, pocket.ErrInvalid},
		"blocks in wrong order":   {good, unordered{claim(1, 3), claim(1, 1)}, VerifyQuery{}, pocket.ErrMalformed},
		"a sum that does not fit": {memory(huge(1), huge(2)), good, VerifyQuery{}, pocket.ErrOverflow},
	} {
		t.Run(name, func(t *testing.T) {
			var last error
			for _, err := range Verify(t.Context(), test.first, test.second, test.query) {
				last = err
			}
			require.ErrorIs(t, last, test.want)
		})
	}
	t.Run("a reader may stop at any difference", func(t *testing.T) {
		for range Verify(t.Context(), memory(claim(1, 0), claim(2, 0)), memory(), VerifyQuery{}) {
			break
		}
	})
}

func huge(n int) pocket.Settlement {
	s := claim(n, 0)
	s.Claimed = 1 << 62
	return s
}

type unordered []pocket.Event

func (u unordered) Events(context.Context, pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return each(u...)
}
func (u unordered) Sums(context.Context, Query) ([]Row, error)              { return nil, nil }
func (u unordered) Stays(context.Context, []pocket.Address) ([]Stay, error) { return nil, nil }

// TestEveryDifferenceIsFound takes events away from a source and changes others, and looks for each of them.
func TestEveryDifferenceIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var first, second []pocket.Event
		want := map[DifferenceKind]int{}
		var delta pocket.Upokt
		for i := range rapid.IntRange(0, 30).Draw(t, "claims") {
			c := claim(i, rapid.IntRange(0, 4).Draw(t, "day"))
			c.Supplier = []pocket.Address{node1, node2}[rapid.IntRange(0, 1).Draw(t, "node")]
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				first, delta = append(first, c), delta+500
				want[OnlyFirst]++
			case 1:
				second, delta = append(second, c), delta-500
				want[OnlySecond]++
			case 2:
				first = append(first, c)
				c.Index, c.Shares = -1, []pocket.Share{share(owner1, pocket.ReasonSupplier, 510), share(dao, reasonDAO, 90)}
				second, delta = append(second, c), delta-10
				want[Differs]++
			default:
				first = append(first, c)
				c.Index = -1
				second = append(second, c)
			}
		}
		got := map[DifferenceKind]int{}
		var sum pocket.Upokt
		q := VerifyQuery{}
		if rapid.Bool().Draw(t, "by addresses") {
			q.Addresses = []pocket.Address{owner1, node1, node2, dao}
		}
		for d, err := range Verify(context.Background(), memory(first...), memory(second...), q) {
			require.NoError(t, err)
			if d.Kind == SumsDiffer {
				sum += d.Delta().Gross
				continue
			}
			got[d.Kind]++
		}
		assert.Equal(t, want, got)
		assert.Equal(t, delta, sum)
	})
}
