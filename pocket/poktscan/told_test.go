package poktscan

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

func TestToldYieldsWhatHappenedBlockByBlock(t *testing.T) {
	tests := []struct {
		name  string
		limit int
		eras  []era
	}{
		{"today", 1000, []era{today}},
		{"on small pages", 7, []era{today}},
		{"of all versions of the protocol", 50, []era{claimedOnly, operations, byAddress, today}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := makeWorld(1, 3_000, 6, tt.eras...)
			s := w.serve(t)
			s.SetLimit(tt.limit)
			c := clientOf(t, []string{s.URL})
			assert.Equal(t, w.byBlock(1, w.last, everything), told(t, c, nil, 1, w.last))
			assert.Equal(t, w.byBlock(130, 250, everything), told(t, c, nil, 130, 250))
			assert.Empty(t, told(t, c, nil, 71, 129))
		})
	}
}

func TestToldIsAboutSuppliersOwnersAndRecipients(t *testing.T) {
	w := makeWorld(2, 2_000, 6, byAddress, today)
	c := clientOf(t, []string{w.serve(t).URL})
	owner := map[pocket.Address]pocket.Address{}
	for _, p := range w.suppliers {
		owner[p.Operator] = p.Owner
	}
	concerns := func(a pocket.Address) func(pocket.Event) bool {
		return func(e pocket.Event) bool {
			who := pocket.SubjectOf(e)
			s, _ := e.(pocket.Settlement)
			return who.Supplier == a || owner[who.Supplier] == a || slices.ContainsFunc(s.Shares, func(share pocket.Share) bool { return share.Recipient == a })
		}
	}
	for name, a := range map[string]pocket.Address{"supplier": w.suppliers[2].Operator, "owner": ownerB, "recipient": delegator, "nobody": friend} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, w.byBlock(1, w.last, concerns(a)), told(t, c, []pocket.Address{a}, 1, w.last))
		})
	}
	t.Run("several at once", func(t *testing.T) {
		first, second := w.suppliers[0].Operator, ownerB
		want := w.byBlock(1, w.last, func(e pocket.Event) bool { return concerns(first)(e) || concerns(second)(e) })
		assert.Equal(t, want, told(t, c, []pocket.Address{first, second, first}, 1, w.last))
	})
	t.Run("more than fit into a question", func(t *testing.T) {
		many := []pocket.Address{w.suppliers[0].Operator, delegator}
		for i := range 1000 {
			many = append(many, account(1000+i))
		}
		want := w.byBlock(1, w.last, func(e pocket.Event) bool { return concerns(many[0])(e) || concerns(delegator)(e) })
		assert.Equal(t, want, told(t, c, many, 1, w.last))
	})
}

func TestToldEndsWithTheTip(t *testing.T) {
	w := makeWorld(3, 1_000, 2, today)
	s := w.serve(t)
	s.SetTip(500)
	s.SetTarget(1_000)
	c := clientOf(t, []string{s.URL})
	assert.Equal(t, w.byBlock(1, 500, everything), told(t, c, nil, 1, 900), "what lies beyond is not there yet")
	assert.Empty(t, told(t, c, nil, 501, 900))
}

func TestToldKnowsMoreKindsWhenAsked(t *testing.T) {
	s := poktscantest.New()
	t.Cleanup(s.Close)
	s.AddRange(1, 100, begin, 60e9)
	work := pocket.Work{Supplier: supplier1, Application: app1, Service: "eth", SessionEnd: 60, Relays: 5, EstimatedRelays: 10, Claimed: 77, ClaimedComputeUnits: 3, EstimatedComputeUnits: 6}
	claim := pocket.ClaimCreation{At: at(62), Work: work}
	claim.TxHash = "2458AB7CAF3E6E3BDA603B697F9B975615F279893C4820F4A7EC289E4BA9FEE1"
	proof := pocket.ProofSubmission{At: at(63), Work: pocket.Work{Supplier: supplier1, Application: app1, Service: "eth", SessionEnd: 60}}
	proof.TxHash = claim.TxHash
	check := pocket.ProofCheck{At: at(63), Supplier: supplier1, Application: app1, Service: "eth", SessionEnd: 60, Status: pocket.ProofInvalid, Failure: "no"}
	began := pocket.Unbonding{At: at(64), Phase: pocket.UnbondingBegan, Supplier: pocket.Supplier{Operator: supplier1}, SessionEnd: 120, EventEndHeight: 900}
	began.TxHash = claim.TxHash
	ended := pocket.Unbonding{At: at(90), Phase: pocket.UnbondingEnded, Supplier: pocket.Supplier{Operator: supplier1}, Forced: true, SessionEnd: 120, EventEndHeight: 90}
	s.AddEvents(claim, proof, check, began, ended)
	c := clientOf(t, []string{s.URL}, WithKinds(Kinds()...))
	for _, about := range [][]pocket.Address{nil, {supplier1}} {
		list := told(t, c, about, 1, 100)
		require.Len(t, list, 4)
		assert.Equal(t, []pocket.Event{claim}, list[0].Events)
		assert.Equal(t, []pocket.Event{proof, check}, list[1].Events, "transactions come before what the block does")
		assert.Equal(t, []pocket.Event{began}, list[2].Events)
		assert.Equal(t, []pocket.Event{ended}, list[3].Events)
	}
	usual := clientOf(t, []string{s.URL})
	assert.Len(t, told(t, usual, nil, 1, 100), 2)
	_, err := New([]string{s.URL}, WithKinds(pocket.KindClaimDiscard))
	assert.ErrorIs(t, err, pocket.ErrNotIndexed)
}

func TestToldStopsWhenItsReaderDoes(t *testing.T) {
	w := makeWorld(4, 20_000, 3, today)
	s := w.serve(t)
	c := clientOf(t, []string{s.URL})
	for range c.Told(t.Context(), nil, 1, w.last) {
		break
	}
	asked := len(s.Requests())
	assert.Less(t, asked, 100, "only what was read ahead")
	assert.Len(t, s.Requests(), asked, "and nothing goes on behind")
}

func TestAStatementThatTookTooLongIsAskedForInParts(t *testing.T) {
	w := makeWorld(5, 6_000, 6, today)
	s := w.serve(t)
	c := clientOf(t, []string{s.URL})
	want := w.byBlock(1, w.last, everything)
	s.SetMostRows(400)
	assert.Equal(t, want, told(t, c, nil, 1, w.last))
	s.SetMostRows(2)
	var last error
	for _, err := range c.Told(t.Context(), nil, 1, w.last) {
		last = err
	}
	require.ErrorIs(t, last, ErrStatementTimeout)
	require.ErrorIs(t, last, pocket.ErrUnavailable)
	assert.NotContains(t, last.Error(), "secret inside")
}

func TestToldGoesOnWithAnotherServiceWhenOneFails(t *testing.T) {
	w := makeWorld(6, 4_000, 4, today)
	bad, good := w.serve(t), w.serve(t)
	bad.SetLimit(10)
	good.SetLimit(10)
	c := clientOf(t, []string{bad.URL, good.URL})
	bad.Fail(poktscantest.RateLimited, poktscantest.BadGateway, poktscantest.Page, poktscantest.Half, poktscantest.Broken)
	assert.Equal(t, w.byBlock(1, w.last, everything), told(t, c, nil, 1, w.last))
	assert.NotEmpty(t, good.Requests())
}

func TestServicesThatNumberEventsOtherwiseAreNotMixed(t *testing.T) {
	w := makeWorld(8, 3_000, 5, today)
	forward := w.serve(t)
	backward := poktscantest.New()
	t.Cleanup(backward.Close)
	backward.AddRange(1, w.last, begin, time.Minute)
	backward.AddSuppliers(w.suppliers...)
	events := slices.Clone(w.events)
	slices.Reverse(events)
	backward.AddEvents(events...)
	c := clientOf(t, []string{forward.URL, backward.URL}, WithPageSize(20))
	forward.SetReply("Shares", poktscantest.BadGateway) // so that claims come from one, and their shares from the other
	want := w.byBlock(1, w.last, everything)
	got := told(t, c, nil, 1, w.last)
	require.Len(t, got, len(want))
	for i := range want {
		assert.ElementsMatch(t, want[i].Events, got[i].Events, "at %d", want[i].Block.Height)
	}
	assert.NotEmpty(t, backward.Requests())
}

func TestASettlementThatTwoServicesNumberOtherwiseComesOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	claim := settle(r, today, 70, supplier1, ownerA, app1, "eth")
	other := settle(r, today, 70, supplier2, ownerA, app1, "eth")
	told := func(id string, s pocket.Settlement) row {
		return row{event: s, block: blockAt(70), place: placeOf(id)}
	}
	got := inOrder([]row{told("70-EndBlock-3", claim), told("70-EndBlock-9", claim), told("70-EndBlock-3", other), told("70-EndBlock-9", other)}, false)
	require.Len(t, got, 2, "by what it is about, not by its id")
	var suppliers []pocket.Address
	for _, one := range got {
		suppliers = append(suppliers, one.event.(pocket.Settlement).Supplier)
	}
	assert.ElementsMatch(t, []pocket.Address{supplier1, supplier2}, suppliers)
}

func TestAServiceThatIsFurtherBehindIsNotBelieved(t *testing.T) {
	w := makeWorld(7, 2_000, 3, today)
	ahead, behind := w.serve(t), w.serve(t)
	behind.SetTip(300)
	c := clientOf(t, []string{ahead.URL, behind.URL}, WithRetries(20))
	count := 0
	want := w.byBlock(1, w.last, everything)
	for block, err := range c.Told(t.Context(), nil, 1, w.last) {
		require.NoError(t, err)
		if count == 2 {
			for range 12 {
				ahead.Fail(poktscantest.BadGateway) // so that the other is asked, which knows less
			}
		}
		assert.Equal(t, want[count], block)
		count++
	}
	assert.Len(t, want, count)
}
