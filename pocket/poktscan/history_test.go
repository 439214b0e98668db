package poktscan

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
	"github.com/poktbot/poktbot/rewards"
)

func TestEventsMatchAQueryAsAnySourceDoes(t *testing.T) {
	w := makeWorld(11, 3_000, 6, operations, today)
	c := clientOf(t, []string{w.serve(t).URL}, WithPageSize(100))
	memory := rewards.NewMemory(w.events, nil)
	p := w.suppliers
	tests := map[string]pocket.EventQuery{
		"everything":                {},
		"newest first":              {Newest: true},
		"the newest ten":            {Newest: true, Limit: 10},
		"the first three":           {Limit: 3},
		"a span":                    {Span: pocket.Span{From: timeAt(130), To: timeAt(250)}},
		"up to a block's moment":    {Span: pocket.Span{To: timeAt(190)}},
		"from a block's moment on":  {Span: pocket.Span{From: timeAt(190)}},
		"a span without blocks":     {Span: pocket.Span{From: timeAt(131), To: timeAt(131).Add(time.Second)}},
		"a span that is to come":    {Span: pocket.Span{From: timeAt(5_000)}},
		"up to what is to come":     {Span: pocket.Span{From: timeAt(2_900), To: timeAt(5_000)}},
		"a span before all":         {Span: pocket.Span{To: begin.Add(-time.Hour)}},
		"suppliers":                 {Filter: pocket.Filter{Suppliers: []pocket.Address{p[0].Operator, p[4].Operator}}},
		"an owner":                  {Filter: pocket.Filter{Owners: []pocket.Address{ownerB}}},
		"a supplier and its owner":  {Filter: pocket.Filter{Owners: []pocket.Address{p[2].Owner}, Suppliers: []pocket.Address{p[2].Operator, p[0].Operator}}},
		"an application":            {Filter: pocket.Filter{Applications: []pocket.Address{app1}}},
		"a service":                 {Filter: pocket.Filter{Services: []pocket.ServiceID{"eth"}}},
		"a recipient":               {Filter: pocket.Filter{Recipients: []pocket.Address{delegator}}},
		"a recipient of a supplier": {Filter: pocket.Filter{Recipients: []pocket.Address{p[1].Operator}, Suppliers: []pocket.Address{p[1].Operator}}},
		"all at once":               {Filter: pocket.Filter{Recipients: []pocket.Address{dao}, Owners: []pocket.Address{ownerA}, Applications: []pocket.Address{app2}, Services: []pocket.ServiceID{"base"}}},
		"kinds":                     {Kinds: []pocket.Kind{pocket.KindSlash, pocket.KindClaimExpiry}},
		"nobody":                    {Filter: pocket.Filter{Suppliers: []pocket.Address{friend}}},
	}
	for name, q := range tests {
		t.Run(name, func(t *testing.T) {
			want := collect(t, memory.Events(t.Context(), q))
			got := collect(t, c.Events(t.Context(), q))
			if q.Newest { // equal indexes keep their order in memory
				byHeight := func(a, b pocket.Event) int { return int(b.Where().Height - a.Where().Height) }
				slices.Reverse(got)
				slices.Reverse(want)
				slices.SortStableFunc(got, byHeight)
				slices.SortStableFunc(want, byHeight)
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestEventsAskNoMoreThanTheirLimitNeeds(t *testing.T) {
	w := makeWorld(12, 20_000, 3, today)
	s := w.serve(t)
	c := clientOf(t, []string{s.URL})
	list := collect(t, c.Events(t.Context(), pocket.EventQuery{Kinds: []pocket.Kind{pocket.KindSettlement}, Newest: true, Limit: 2}))
	require.Len(t, list, 2)
	assert.Less(t, len(s.Requests()), 20)
}

func TestEventsOfKindsThatAreNotKeptAreRefusedByName(t *testing.T) {
	_, c := server(t)
	for _, err := range c.Events(t.Context(), pocket.EventQuery{Kinds: []pocket.Kind{pocket.KindClaimDiscard}}) {
		assert.ErrorIs(t, err, pocket.ErrNotIndexed)
	}
	for _, err := range c.Events(t.Context(), pocket.EventQuery{Limit: -1}) {
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	}
}

func TestEventsThatTheServiceHidesAreMissedOnlyByName(t *testing.T) {
	w := makeWorld(15, 500, 3, today)
	s := w.serve(t)
	s.SetAbsent(true, "eventProofValidityCheckeds")
	c := clientOf(t, []string{s.URL})
	assert.Len(t, collect(t, c.Events(t.Context(), pocket.EventQuery{})), len(w.events), "a newer service shows no checks of proofs")
	for _, err := range c.Events(t.Context(), pocket.EventQuery{Kinds: []pocket.Kind{pocket.KindProofCheck}}) {
		assert.ErrorIs(t, err, ErrNoSuchField)
	}
}

func TestSettlementsAreEventsOfOneKind(t *testing.T) {
	w := makeWorld(13, 500, 3, today)
	c := clientOf(t, []string{w.serve(t).URL})
	var want []pocket.Settlement
	for _, e := range w.events {
		if s, ok := e.(pocket.Settlement); ok {
			want = append(want, s)
		}
	}
	assert.Equal(t, want, collect(t, c.Settlements(t.Context(), pocket.SettlementQuery{})))
}

func TestSumsAreThoseOfTheEvents(t *testing.T) {
	w := makeWorld(14, 4_000, 6, claimedOnly, operations, byAddress, today)
	c := clientOf(t, []string{w.serve(t).URL})
	ownerOf := map[pocket.Address]pocket.Address{}
	for _, p := range w.suppliers {
		ownerOf[p.Operator] = p.Owner
	}
	every := func(yield func(pocket.Event, error) bool) {
		for _, e := range w.events {
			if !yield(e, nil) {
				return
			}
		}
	}
	tests := map[string]rewards.Query{
		"in all":                  {},
		"by day and supplier":     {Period: rewards.Day, By: []rewards.Dimension{rewards.BySupplier}, Wallets: []pocket.Address{delegator}},
		"of owners known by name": {Filter: pocket.Filter{Owners: []pocket.Address{ownerB}}, OwnerOf: ownerOf, By: []rewards.Dimension{rewards.ByOwner}},
		"of owners in the events": {Filter: pocket.Filter{Owners: []pocket.Address{ownerB}}},
		"of a supplier's owner":   {Filter: pocket.Filter{Owners: []pocket.Address{ownerA}, Suppliers: []pocket.Address{w.suppliers[0].Operator}}, OwnerOf: ownerOf},
		"of recipients":           {Filter: pocket.Filter{Recipients: []pocket.Address{delegator}}, By: []rewards.Dimension{rewards.ByRecipient}},
		"of a span by service":    {Span: pocket.Span{From: timeAt(700), To: timeAt(2_000)}, Period: rewards.Hour, By: []rewards.Dimension{rewards.ByService}},
	}
	for name, q := range tests {
		t.Run(name, func(t *testing.T) {
			want, err := rewards.Aggregate(q, every)
			require.NoError(t, err)
			got, err := c.Sums(t.Context(), q)
			require.NoError(t, err)
			assert.NotEmpty(t, got)
			assert.Equal(t, want, got)
		})
	}
}

func TestStaysBeginAndEndWithTheStake(t *testing.T) {
	s := poktscantest.New()
	t.Cleanup(s.Close)
	s.AddRange(1, 2_000, begin, time.Minute)
	stake := func(h pocket.Height, a pocket.Address) pocket.Event {
		e := pocket.SupplierStake{At: at(h), Supplier: a, Config: &pocket.Supplier{Operator: a, Owner: ownerA, Stake: 1}}
		e.TxHash = poktscantest.Hash(h)
		return e
	}
	leave := func(h, end pocket.Height, a pocket.Address, forced bool) pocket.Event {
		return pocket.Unbonding{At: at(h), Phase: pocket.UnbondingBegan, Supplier: pocket.Supplier{Operator: a}, Forced: forced, SessionEnd: end}
	}
	gone := func(h pocket.Height, a pocket.Address) pocket.Event {
		return pocket.Unbonding{At: at(h), Phase: pocket.UnbondingEnded, Supplier: pocket.Supplier{Operator: a}}
	}
	paid := func(h pocket.Height, a pocket.Address) pocket.Event {
		return pocket.Settlement{At: at(h), Supplier: a, Application: app1, Service: "eth", SessionEnd: h - 10, MintRatio: "1", Owner: ownerA}
	}
	s.AddEvents(
		stake(100, supplier1), paid(190, supplier1), // is there
		stake(100, supplier2), leave(130, 180, supplier2, false), gone(900, supplier2), stake(1_000, supplier2), // left and came again
		paid(70, supplier3), stake(300, supplier3), leave(400, 420, supplier3, true), // came from Morse; too little stake is no end
		stake(100, supplier4), leave(1_990, 2_060, supplier4, false), // leaves with a session to come
	)
	staked := stake(500, friend) // changed its mind before the session ended
	s.AddEvents(staked, leave(510, 540, friend, false), stake(520, friend))
	s.AddSuppliers(pocket.Supplier{Operator: supplier1, Owner: ownerA, Stake: 1}, pocket.Supplier{Operator: supplier2, Owner: ownerA, Stake: 0})
	c := clientOf(t, []string{s.URL})
	got, err := c.Stays(t.Context(), []pocket.Address{supplier1, supplier2, supplier3, supplier4, friend, exchange, supplier1})
	require.NoError(t, err)
	want := []rewards.Stay{
		{Supplier: supplier1, From: timeAt(100)},
		{Supplier: supplier2, From: timeAt(100), To: timeAt(180)},
		{Supplier: supplier2, From: timeAt(1_000)},
		{Supplier: supplier3, From: timeAt(70)},
		{Supplier: supplier4, From: timeAt(100), To: timeAt(2_060)},
		{Supplier: friend, From: timeAt(500)},
	}
	assert.ElementsMatch(t, want, got)
	assert.True(t, slices.IsSortedFunc(got, func(a, b rewards.Stay) int { return a.Supplier.Compare(b.Supplier) }))
	all, err := c.Stays(t.Context(), nil)
	require.NoError(t, err)
	assert.ElementsMatch(t, want[:3], all, "of all that the service knows, be they gone")
}
