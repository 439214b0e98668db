package index_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

func TestWhatWasStoredComesBack(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(1)
		fill(t, x, w, 1, 60)
		want := happened(w, 1, 60)
		require.NotEmpty(t, want)
		t.Run("in the chain's order", func(t *testing.T) {
			requireSame(t, want, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		})
		t.Run("telling it again stores nothing", func(t *testing.T) {
			n, err := x.Put(t.Context(), "another", w.block(30), w.events(30))
			require.NoError(t, err)
			assert.Zero(t, n)
			requireSame(t, want, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		})
		t.Run("a settlement from a source that counts otherwise is the same settlement", func(t *testing.T) {
			var others []pocket.Event
			for _, e := range w.events(30) {
				if s, ok := e.(pocket.Settlement); ok {
					s.Index = 0
					others = append(others, s)
				}
			}
			n, err := x.Put(t.Context(), "another", w.block(30), others)
			require.NoError(t, err)
			assert.Zero(t, n)
		})
	})
}

func TestSettlementsWithoutTrueIndexesAreAllKept(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(1)
		var told []pocket.Event
		for _, e := range w.events(30) {
			if s, ok := e.(pocket.Settlement); ok {
				s.Index = 0
				told = append(told, s)
			}
		}
		n, err := x.Put(t.Context(), "another", w.block(30), told)
		require.NoError(t, err)
		assert.Equal(t, len(told), n)
		assert.Len(t, collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{})), len(told))
		_, err = x.Put(t.Context(), "chain", w.block(30), w.events(30))
		require.NoError(t, err)
		assert.Len(t, collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{})), len(told), "the chain tells of the same ones")
	})
}

// randomFilter draws a filter that often matches something.
func randomFilter(t *rapid.T, w *world) pocket.Filter {
	some := func(label string, from []pocket.Address) []pocket.Address {
		if rapid.IntRange(0, 2).Draw(t, label+" wanted") > 0 {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(append(from, address("nobody", 1))), 1, 3).Draw(t, label)
	}
	f := pocket.Filter{
		Suppliers: some("suppliers", w.suppliers), Owners: some("owners", w.owners), Applications: some("applications", w.applications),
		Recipients: some("recipients", w.recipients),
	}
	if rapid.IntRange(0, 2).Draw(t, "services wanted") == 0 {
		f.Services = rapid.SliceOfN(rapid.SampledFrom(append(w.services, "nothing", "")), 1, 2).Draw(t, "services")
	}
	return f
}

// randomSpan draws a span within or around the first blocks of a world; ends often fall on blocks.
func randomSpan(t *rapid.T, w *world, blocks int) pocket.Span {
	end := func(label string) time.Time {
		switch rapid.IntRange(0, 3).Draw(t, label+" kind") {
		case 0:
			return time.Time{}
		case 1:
			return w.block(pocket.Height(rapid.IntRange(0, blocks+1).Draw(t, label+" block"))).Time
		default:
			return genesis.Add(time.Duration(rapid.Int64Range(-3600, int64(blocks)*7*60+3600).Draw(t, label+" second")) * time.Second)
		}
	}
	span := pocket.Span{From: end("from"), To: end("to")}
	if span.Check() != nil {
		span.From, span.To = span.To, span.From
	}
	return span
}

func TestEventsAreThoseThatMatch(t *testing.T) {
	const blocks = 150
	kinds := []pocket.Kind{pocket.KindSettlement, pocket.KindTransaction, pocket.KindSlash, pocket.KindClaimExpiry, pocket.KindSupplierStake}
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(2)
		w.suppliers, w.recipients = addresses("supplier", 30), addresses("recipient", 30)
		fill(t, x, w, 1, blocks)
		all := happened(w, 1, blocks)
		rapid.Check(t, func(r *rapid.T) {
			q := pocket.EventQuery{
				Span: randomSpan(r, w, blocks), Filter: randomFilter(r, w),
				Kinds:  rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 3).Draw(r, "kinds"),
				Newest: rapid.Bool().Draw(r, "newest"), Limit: rapid.IntRange(0, 300).Draw(r, "limit"),
			}
			if rapid.IntRange(0, 5).Draw(r, "many") == 0 {
				q.Recipients = w.recipients[:20]
			}
			if rapid.IntRange(0, 5).Draw(r, "many suppliers") == 0 {
				q.Suppliers = w.suppliers[:20]
			}
			requireSame(r, matching(all, q), collect(t, x.Events(t.Context(), q)))
		})
	})
}

func TestReadingManyPagesMissesNothing(t *testing.T) {
	long(t)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(3)
		w.claims, w.suppliers = 900, addresses("supplier", 200)
		fill(t, x, w, 1, 24)
		all := happened(w, 1, 24)
		require.Greater(t, len(all), 5000)
		for _, q := range []pocket.EventQuery{{}, {Newest: true}, {Filter: pocket.Filter{Recipients: w.recipients[:2]}}} {
			requireSame(t, matching(all, q), collect(t, x.Events(t.Context(), q)))
		}
	})
}

func TestAReaderMayStopAtAnyEvent(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(3)
		fill(t, x, w, 1, 30)
		all := happened(w, 1, 30)
		for range 20 {
			stop, n := rand.IntN(len(all)), 0
			for e, err := range x.Events(t.Context(), pocket.EventQuery{}) {
				require.NoError(t, err)
				require.Equal(t, all[n], e)
				if n++; n > stop {
					break
				}
			}
			assert.Equal(t, stop+1, n)
		}
	})
}

func TestWrongQuestionsAreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		wrong := pocket.EventQuery{Span: pocket.Span{From: genesis, To: genesis.Add(-time.Hour)}}
		for _, err := range x.Events(t.Context(), wrong) {
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, "wrong way round")
		}
		for _, err := range x.Settlements(t.Context(), pocket.SettlementQuery{Limit: -1}) {
			require.ErrorIs(t, err, pocket.ErrInvalid)
		}
		_, err := x.Put(t.Context(), "test", pocket.Block{}, nil)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		for _, wrong := range []pocket.Event{nil, pocket.Slash{At: pocket.At{Height: 2}}, pocket.Slash{At: pocket.At{Height: 1, Index: -2}}} {
			_, err = x.Put(t.Context(), "test", newWorld(1).block(1), []pocket.Event{wrong})
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
}

func TestTransactionsAreFoundByPartyAndByHash(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(4)
		fill(t, x, w, 1, 40)
		party := w.recipients[1]
		var want []pocket.Transaction
		for _, e := range happened(w, 1, 40) {
			if tx, ok := e.(pocket.Transaction); ok && mentions(tx, party) {
				want = append(want, tx)
			}
		}
		require.NotEmpty(t, want)
		got := collect(t, x.Transactions(t.Context(), index.TransactionQuery{Parties: []pocket.Address{party}}))
		assert.Equal(t, want, got)
		all := collect(t, x.Transactions(t.Context(), index.TransactionQuery{Newest: true, Limit: 7}))
		assert.Len(t, all, 7)
		assert.Equal(t, pocket.Height(40), all[0].Height)
		one, err := x.Transaction(t.Context(), want[0].TxHash)
		require.NoError(t, err)
		assert.Equal(t, want[0], one)
		_, err = x.Transaction(t.Context(), hash("nothing"))
		assert.ErrorIs(t, err, pocket.ErrNotFound)
	})
}
