package index_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

// everyKind is a block in which everything happens at least twice: to others, and where a block can have it to the same ones.
func everyKind(w *world, h pocket.Height) []pocket.Event {
	s, o, a, r := w.suppliers, w.owners, w.applications, w.recipients
	work := func(i int) pocket.Work {
		return pocket.Work{Supplier: s[i], Application: a[i], Service: "eth", SessionEnd: h - 33, Relays: 9, Claimed: pocket.Upokt(100 + i)}
	}
	settled := func(i int) pocket.Settlement {
		return pocket.Settlement{
			Supplier: s[i], Owner: o[0], Application: a[i], Service: "poly", SessionID: hash("s", i), SessionEnd: h - 33, Relays: 7, Claimed: 1000,
			Settled: 900, Minted: 800, Overserviced: 100, Deflated: 100, MintRatio: "0.9",
			Shares: []pocket.Share{{Recipient: r[0], Reason: pocket.ReasonSupplier, Amount: 500}, {Recipient: r[1], Reason: reasons[2], Amount: 300}},
		}
	}
	unbonding := func(phase pocket.UnbondingPhase, i int) pocket.Unbonding {
		return pocket.Unbonding{Phase: phase, Supplier: pocket.Supplier{Operator: s[i], Owner: o[0], Stake: 60_000}, SessionEnd: h + 3}
	}
	inBlock := []pocket.Event{
		settled(0), settled(1),
		pocket.ClaimExpiry{Work: work(0), Reason: "PROOF_MISSING"}, pocket.ClaimExpiry{Work: work(1), Reason: "PROOF_INVALID"},
		pocket.ClaimDiscard{Supplier: s[0], Application: a[0], Service: "sol", SessionEnd: h - 33, Error: "x"},
		pocket.ClaimDiscard{Supplier: s[1], Application: a[0], Service: "sol", SessionEnd: h - 33, Error: "x"},
		pocket.Slash{Supplier: s[0], Application: a[0], Service: "eth", SessionEnd: h - 33, Penalty: 5, StakeAfter: 95},
		pocket.Slash{Supplier: s[0], Application: a[1], Service: "eth", SessionEnd: h - 33, Penalty: 5, StakeAfter: 90},
		pocket.Slash{Supplier: s[1], Application: a[1], Service: "eth", SessionEnd: h - 33, Penalty: 5, StakeAfter: 95},
		pocket.Overservicing{Supplier: s[0], Application: a[0], Service: "eth", SessionEnd: h - 33, Expected: 9, Effective: 5},
		pocket.Overservicing{Supplier: s[0], Application: a[1], Service: "eth", SessionEnd: h - 33, Expected: 9, Effective: 5},
		pocket.Reimbursement{Supplier: s[0], Owner: o[0], Application: a[0], Service: "eth", SessionID: hash("r", 1), Amount: 3},
		pocket.Reimbursement{Supplier: s[0], Owner: o[0], Application: a[0], Service: "eth", SessionID: hash("r", 2), Amount: 3},
		pocket.ProofCheck{Supplier: s[0], Application: a[0], Service: "eth", SessionEnd: h - 33, Status: pocket.ProofValidated},
		pocket.ProofCheck{Supplier: s[0], Application: a[0], Service: "eth", SessionEnd: h - 23, Status: pocket.ProofInvalid},
		pocket.ServiceActivation{Supplier: s[0], Service: "eth", Activation: h}, pocket.ServiceActivation{Supplier: s[0], Service: "sol", Activation: h},
		unbonding(pocket.UnbondingBegan, 0), unbonding(pocket.UnbondingEnded, 1), unbonding(pocket.UnbondingEnded, 2),
		pocket.StakeStuck{Supplier: s[0], Owner: o[0], Amount: 4}, pocket.StakeStuck{Supplier: s[1], Owner: o[0], Amount: 4},
		pocket.ApplicationUnbonding{Phase: pocket.UnbondingBegan, Application: pocket.Application{Address: a[0]}, SessionEnd: h},
		pocket.ApplicationUnbonding{Phase: pocket.UnbondingEnded, Application: pocket.Application{Address: a[0]}, SessionEnd: h},
		pocket.ValidatorReward{Validator: r[0], Reason: "one", PoolShare: 4}, pocket.ValidatorReward{Validator: r[0], Reason: "two", PoolShare: 4},
		pocket.SettlementBatch{Operation: "mint", Sender: "x", Amount: 5}, pocket.SettlementBatch{Operation: "burn", Sender: "x", Amount: 5},
		pocket.RevShareFallback{Supplier: s[0], Owner: o[0], Service: "eth", Amount: 7}, // of two claims
		pocket.RevShareFallback{Supplier: s[0], Owner: o[0], Service: "eth", Amount: 7},
		pocket.RevShareFallback{Supplier: s[0], Owner: o[0], Service: "eth", Amount: 8},
		pocket.DifficultyUpdate{Service: "eth", Relays: 4}, pocket.DifficultyUpdate{Service: "sol", Relays: 4},
	}
	inTx := []pocket.Event{
		pocket.ClaimCreation{Work: work(0)}, pocket.ClaimCreation{Work: work(0), Updated: true}, pocket.ClaimCreation{Work: work(1)},
		pocket.ProofSubmission{Work: work(0)}, pocket.ProofSubmission{Work: work(1)},
		pocket.SupplierStake{Supplier: s[0], SessionEnd: h}, pocket.SupplierStake{Supplier: s[0], SessionEnd: h}, // twice in one transaction
		unbonding(pocket.UnbondingBegan, 3), unbonding(pocket.UnbondingCanceled, 3),
		pocket.Migration{As: pocket.MigratedSupplier, Morse: morse(1), Destination: s[0], Owner: o[0], Stake: 5},
		pocket.Migration{As: pocket.MigratedSupplier, Morse: morse(2), Destination: s[0], Owner: o[0], Stake: 5},
		pocket.Transaction{Fee: 1, FeePayer: s[0], Messages: []string{"/a"}},
	}
	var events []pocket.Event
	for tx := range 2 {
		for _, e := range inTx {
			if m, ok := e.(pocket.Migration); ok {
				m.Morse = morse(10*tx + int(m.Morse.Bytes()[19]))
				e = m
			}
			events = append(events, movedTo(e, pocket.At{TxHash: hash("tx", h, tx)}))
		}
	}
	events = append(events, inBlock...)
	for i, e := range events {
		at := e.Where()
		at.Height, at.Index, at.Time = h, 2*i, w.block(h).Time
		events[i] = movedTo(e, at)
	}
	return events
}

func morse(n int) pocket.Address { return pocket.MustParseAddress(fmt.Sprintf("%040x", n)) }

// The ways in which sources number a block's events.
var numberings = map[string]func(i int, e pocket.Event) int{
	"not at all":         nil,
	"by its own count":   func(i int, _ pocket.Event) int { return i },
	"from the end":       func(i int, _ pocket.Event) int { return 1000 - i },
	"beside the chain's": func(_ int, e pocket.Event) int { return e.Where().Index + 2 }, // so that each has the number of another
	"like the chain":     func(_ int, e pocket.Event) int { return e.Where().Index },
}

// untold are fields that a source may leave out; the event is the same.
var untold = map[string]func(pocket.Event) pocket.Event{
	"everything": func(e pocket.Event) pocket.Event { return e },
	"all but transactions' hashes": func(e pocket.Event) pocket.Event {
		at := e.Where()
		if e.Kind() != pocket.KindTransaction {
			at.TxHash = ""
		}
		return movedTo(e, at)
	},
	"slashes by the supplier alone": func(e pocket.Event) pocket.Event {
		if s, ok := e.(pocket.Slash); ok {
			s.Application, s.Service, s.SessionEnd, s.StakeAfter, s.StakeUnknown = pocket.Address{}, "", 0, 0, true
			return s
		}
		return e
	},
	"amounts that nobody can check": func(e pocket.Event) pocket.Event {
		switch e := e.(type) {
		case pocket.RevShareFallback:
			e.Amount = 0
			return e
		case pocket.Unbonding:
			e.Supplier.Stake, e.Supplier.Owner = 0, pocket.Address{}
			return e
		case pocket.Reimbursement:
			e.SessionID, e.Owner = "", pocket.Address{}
			return e
		case pocket.Overservicing:
			e.SessionEnd = 0
			return e
		}
		return e
	},
}

func TestNothingIsToldTwice(t *testing.T) {
	long(t)
	w := newWorld(81)
	chain := newFakeChain(w, 1000)
	chain.lie = func(h pocket.Height, _ []pocket.Event) []pocket.Event { return everyKind(w, h) }
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		h := pocket.Height(50)
		for numbering, number := range numberings {
			for knows, leaveOut := range untold {
				if number == nil && knows == "slashes by the supplier alone" {
					continue // two that say the same are two only if their source numbers them
				}
				feed := newFakeFeed(w, 1000)
				feed.chain.lie, feed.number = chain.lie, number
				feed.change = func(_ pocket.Height, events []pocket.Event) []pocket.Event {
					told := slices.Clone(events)
					for i := range told {
						told[i] = leaveOut(told[i])
					}
					return told
				}
				tell := map[string]func() int64{
					"feed": func() int64 {
						n, err := x.BackfillFrom(t.Context(), feed, h, h, index.FeedConfig{})
						require.NoError(t, err)
						return n
					},
					"chain": func() int64 {
						n, err := x.Backfill(t.Context(), chain, h, h, index.BackfillConfig{})
						require.NoError(t, err)
						return n
					},
					"put": func() int64 { // past what is known of coverage
						n, err := x.Put(t.Context(), "chain", w.block(h), everyKind(w, h))
						require.NoError(t, err)
						return int64(n)
					},
				}
				for _, order := range [][]string{{"feed", "chain", "put"}, {"chain", "feed", "put"}, {"put", "feed", "chain"}} {
					t.Run(fmt.Sprintf("numbered %s, knowing %s, %v", numbering, knows, order), func(t *testing.T) {
						h++
						for i, who := range order {
							want := 0
							if i == 0 {
								want = len(everyKind(w, h))
							}
							assert.Equal(t, want, int(tell[who]()), "what %s tells is new", who)
						}
						requireBlockIsWhole(t, x, w, h, knows == "slashes by the supplier alone")
						found, err := x.RecheckBlock(t.Context(), chain, h)
						require.NoError(t, err)
						if knows != "amounts that nobody can check" {
							assert.Empty(t, found)
						}
					})
				}
			}
		}
	})
}

// requireBlockIsWhole looks whether all of a block is there, once.
func requireBlockIsWhole(t *testing.T, x *index.Index, w *world, h pocket.Height, suppliersOnly bool) {
	t.Helper()
	span := pocket.Span{From: w.block(h).Time.Truncate(time.Millisecond), To: w.block(h + 1).Time.Truncate(time.Millisecond)}
	want, got := map[pocket.Kind]int{}, map[pocket.Kind]int{}
	for _, e := range everyKind(w, h) {
		want[e.Kind()]++
	}
	for _, e := range collect(t, x.Events(t.Context(), pocket.EventQuery{Span: span})) {
		got[e.Kind()]++
	}
	assert.Equal(t, want, got)
	queries := allSums(w)
	if suppliersOnly {
		queries = []rewards.Query{{By: []rewards.Dimension{rewards.BySupplier}}}
	}
	for _, q := range queries {
		q.Span = span
		truth, err := rewards.Aggregate(q, all(everyKind(w, h)))
		require.NoError(t, err)
		sums, err := x.Sums(t.Context(), q)
		require.NoError(t, err)
		requireSame(t, truth, sums)
	}
	changes := 0
	for c, err := range x.SupplierHistory(t.Context()) {
		require.NoError(t, err)
		if c.Height == h && c.Kind != index.Seen && c.Kind != index.Gone {
			changes++
		}
	}
	assert.Equal(t, 16, changes, "in the history of suppliers")
}

func allSums(w *world) []rewards.Query {
	return []rewards.Query{
		{Wallets: w.recipients}, {By: []rewards.Dimension{rewards.BySupplier, rewards.ByService, rewards.ByApplication}, Period: rewards.Hour},
		{By: []rewards.Dimension{rewards.ByRecipient}},
	}
}

func requireSameSumsIn(t require.TestingT, want, got *index.Index, queries ...rewards.Query) {
	for _, q := range queries {
		a, err := want.Sums(context.Background(), q)
		require.NoError(t, err)
		b, err := got.Sums(context.Background(), q)
		require.NoError(t, err)
		requireSame(t, a, b)
	}
}

// TestTellingsInAnyOrderEndWithTheSame lets a feed and a chain tell blocks in any order, in parts, of some or all, with numbers of any kind.
func TestTellingsInAnyOrderEndWithTheSame(t *testing.T) {
	const blocks = 24
	onEach(t, func(t *testing.T, _ func() *index.Index) {
		runs := 0
		w := newWorld(82)
		chain := newFakeChain(w, blocks)
		chain.lie = func(h pocket.Height, events []pocket.Event) []pocket.Event {
			if h%8 == 0 {
				return everyKind(w, h)
			}
			return events
		}
		calm := opened(t, placeLike(t, t.Name()))
		require.NoError(t, calm.SetMode(t.Context(), index.Everything))
		_, err := calm.Backfill(t.Context(), chain, 1, blocks, index.BackfillConfig{})
		require.NoError(t, err)
		var whole []pocket.Event
		for h := pocket.Height(1); h <= blocks; h++ {
			whole = append(whole, chain.happening(h)...)
		}
		rapid.Check(t, func(r *rapid.T) {
			if runs++; runs > 10 { // each takes a database
				return
			}
			x := opened(t, placeLike(t, t.Name()))
			require.NoError(r, x.SetMode(t.Context(), index.Everything))
			for range rapid.IntRange(1, 6).Draw(r, "steps") {
				from := pocket.Height(rapid.IntRange(1, blocks).Draw(r, "from"))
				to := pocket.Height(rapid.IntRange(int(from), blocks).Draw(r, "to"))
				if rapid.Bool().Draw(r, "by the chain") {
					_, err := x.Backfill(t.Context(), chain, from, to, index.BackfillConfig{})
					require.NoError(r, err)
					continue
				}
				feed := newFakeFeed(w, blocks)
				feed.chain.lie = chain.lie
				feed.number = numberings[rapid.SampledFrom([]string{"not at all", "by its own count", "beside the chain's"}).Draw(r, "numbers")]
				everyone := rapid.Bool().Draw(r, "knows everything")
				dice := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(r, "seed")))
				feed.change = func(_ pocket.Height, events []pocket.Event) []pocket.Event {
					if everyone {
						return events
					}
					return slices.DeleteFunc(slices.Clone(events), func(pocket.Event) bool { return dice.IntN(3) == 0 })
				}
				_, err := x.BackfillFrom(t.Context(), feed, from, to, index.FeedConfig{Chunk: 5})
				require.NoError(r, err)
			}
			_, err := x.Backfill(t.Context(), chain, 1, blocks, index.BackfillConfig{})
			require.NoError(r, err)
			requireSaysTheSame(r, whole, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
			requireSameSumsIn(r, calm, x, allSums(w)...)
		})
	})
}
