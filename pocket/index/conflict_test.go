package index_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

// forger makes a feed tell one settlement, one expiry and one slash of a block otherwise, and keep one settlement and all but what is paid
// or lost to itself.
func forger(w *world, h pocket.Height) (change func(pocket.Height, []pocket.Event) []pocket.Event, forged map[pocket.Kind]pocket.Event) {
	forged = map[pocket.Kind]pocket.Event{}
	hidden := false
	return func(at pocket.Height, events []pocket.Event) []pocket.Event {
		if at != h {
			return events
		}
		var told []pocket.Event
		for _, e := range events {
			_, done := forged[e.Kind()]
			switch e := e.(type) {
			case pocket.Settlement:
				if done && !hidden {
					hidden = true
					continue
				}
				if !done {
					e.Shares = []pocket.Share{{Recipient: w.recipients[0], Reason: pocket.ReasonSupplier, Amount: 1_000_000}}
					forged[e.Kind()] = e
				}
				told = append(told, e)
			case pocket.ClaimExpiry:
				if !done {
					e.Claimed++
					forged[e.Kind()] = e
				}
				told = append(told, e)
			case pocket.Slash:
				if !done {
					e.Penalty++
					forged[e.Kind()] = e
				}
				told = append(told, e)
			case pocket.ClaimDiscard:
				told = append(told, e)
			}
		}
		return told
	}, forged
}

func TestWhatAFeedToldWrongIsReportedFoundAndRepaired(t *testing.T) {
	const h = 48
	w := newWorld(91)
	chain := newFakeChain(w, 100)
	chain.lie = func(at pocket.Height, events []pocket.Event) []pocket.Event {
		if at == h {
			return everyKind(w, h)
		}
		return events
	}
	var truth []pocket.Event
	for at := pocket.Height(1); at <= 100; at++ {
		truth = append(truth, chain.happening(at)...)
	}
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		feed := newFakeFeed(w, 100)
		feed.chain.lie = chain.lie
		change, forged := forger(w, h)
		feed.change = change
		_, err := x.BackfillFrom(t.Context(), feed, 1, 100, index.FeedConfig{Source: "poktscan"})
		require.NoError(t, err)
		require.Len(t, forged, 3)

		t.Run("a recheck finds it, and nothing that the feed did not promise", func(t *testing.T) {
			found, err := x.RecheckBlock(t.Context(), chain, h)
			require.NoError(t, err)
			require.Len(t, found, 4)
			kinds := map[pocket.Kind]int{}
			for _, d := range found {
				require.NotNil(t, d.Chain)
				kinds[d.Chain.Kind()]++
				if d.Stored != nil {
					assert.Equal(t, plainly([]pocket.Event{forged[d.Chain.Kind()]}), plainly([]pocket.Event{d.Stored}))
				}
			}
			assert.Equal(t, map[pocket.Kind]int{pocket.KindSettlement: 2, pocket.KindClaimExpiry: 1, pocket.KindSlash: 1}, kinds)
			found, err = x.Recheck(t.Context(), chain, 200)
			require.NoError(t, err)
			assert.Len(t, found, 4, "all else is well")
		})
		t.Run("a walk reports it and leaves it", func(t *testing.T) {
			var met []index.Conflict
			var log bytes.Buffer
			_, err := x.Backfill(t.Context(), chain, 1, 100, index.BackfillConfig{
				Conflict: func(c index.Conflict) { met = append(met, c) }, Log: slog.New(slog.NewTextHandler(&log, nil)),
			})
			require.NoError(t, err)
			require.Len(t, met, 3)
			for _, c := range met {
				assert.Equal(t, "poktscan", c.StoredBy)
				assert.Equal(t, "chain", c.ToldBy)
				assert.Equal(t, pocket.Height(h), c.Stored.Where().Height)
				assert.Equal(t, pocket.SubjectOf(forged[c.Told.Kind()]).Supplier, pocket.SubjectOf(c.Stored).Supplier)
				assert.Contains(t, c.String(), "in block 48: chain tells it otherwise than poktscan")
			}
			assert.Contains(t, log.String(), "a source contradicts what is stored")
			rows, err := x.Sums(t.Context(), rewards.Query{Wallets: w.recipients[:1], Span: pocket.Span{From: w.block(h).Time.Add(-time.Second), To: w.block(h + 1).Time}})
			require.NoError(t, err)
			assert.Equal(t, pocket.Upokt(1_000_500), rows[0].Mine, "what was told first stays")
		})
		t.Run("a feed that contradicts the chain is reported, too", func(t *testing.T) {
			y := opened(t, placeLike(t, t.Name()))
			require.NoError(t, y.SetMode(t.Context(), index.Everything))
			_, err := y.Put(t.Context(), "chain", w.block(h), everyKind(w, h))
			require.NoError(t, err)
			change, _ := forger(w, h)
			feed.change = change
			var met []index.Conflict
			n, err := y.BackfillFrom(t.Context(), feed, h, h, index.FeedConfig{Source: "poktscan", Conflict: func(c index.Conflict) { met = append(met, c) }})
			require.NoError(t, err)
			assert.Zero(t, n)
			require.Len(t, met, 3)
			assert.Equal(t, "chain", met[0].StoredBy)
			assert.Equal(t, "poktscan", met[0].ToldBy)
		})
		t.Run("after a repair the chain's word stands", func(t *testing.T) {
			_, err := x.Repair(t.Context(), chain, h)
			require.NoError(t, err)
			found, err := x.Recheck(t.Context(), chain, 200)
			require.NoError(t, err)
			assert.Empty(t, found)
			requireSaysTheSame(t, truth, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
			for _, q := range allSums(w) {
				want, err := rewards.Aggregate(q, all(truth))
				require.NoError(t, err)
				got, err := x.Sums(t.Context(), q)
				require.NoError(t, err)
				requireSame(t, want, got)
			}
			source, err := x.Source(t.Context(), everyKind(w, h)[0])
			require.NoError(t, err)
			assert.Equal(t, "repair", source)
		})
	})
}

func TestWhatOneSourceDoesNotTellIsNoConflict(t *testing.T) {
	const h = 48
	w := newWorld(92)
	chain := newFakeChain(w, 100)
	chain.lie = func(pocket.Height, []pocket.Event) []pocket.Event { return everyKind(w, h) }
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		feed := newFakeFeed(w, 100)
		feed.chain.lie = chain.lie
		feed.change = func(_ pocket.Height, events []pocket.Event) []pocket.Event {
			var told []pocket.Event
			for _, e := range events {
				if s, ok := e.(pocket.Settlement); ok {
					s.Lacks = pocket.LacksAmounts | pocket.LacksShares
					s.Settled, s.Minted, s.Overserviced, s.Deflated, s.Shares, s.Owner, s.Relays = 0, 0, 0, 0, nil, pocket.Address{}, 0
					e = s
				}
				told = append(told, e)
			}
			return told
		}
		_, err := x.BackfillFrom(t.Context(), feed, h, h, index.FeedConfig{})
		require.NoError(t, err)
		_, err = x.Backfill(t.Context(), chain, h, h, index.BackfillConfig{Conflict: func(c index.Conflict) { t.Error(c) }})
		require.NoError(t, err)
		found, err := x.RecheckBlock(t.Context(), chain, h)
		require.NoError(t, err)
		assert.Len(t, found, 2, "but a recheck says that the chain knows more")
	})
}

func TestASettlementThatIsToldAtAnotherHeightIsAConflict(t *testing.T) {
	w := newWorld(93)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		s := everyKind(w, 48)[24].(pocket.Settlement)
		_, err := x.Put(t.Context(), "poktscan", w.block(47), []pocket.Event{movedTo(s, pocket.At{Index: -1})})
		require.NoError(t, err)
		chain := newFakeChain(w, 60)
		chain.lie = func(h pocket.Height, _ []pocket.Event) []pocket.Event {
			if h != 48 {
				return nil
			}
			return []pocket.Event{s}
		}
		var met []index.Conflict
		n, err := x.Backfill(t.Context(), chain, 40, 60, index.BackfillConfig{Conflict: func(c index.Conflict) { met = append(met, c) }})
		require.NoError(t, err)
		assert.Zero(t, n, "it is one settlement all the same")
		require.Len(t, met, 1)
		assert.Equal(t, pocket.Height(47), met[0].Stored.Where().Height)
		assert.Equal(t, pocket.Height(48), met[0].Told.Where().Height)
		assert.Equal(t, "poktscan", met[0].StoredBy)
		for _, h := range []pocket.Height{47, 48} {
			_, err = x.Repair(t.Context(), chain, h)
			require.NoError(t, err)
		}
		stored := collect(t, x.Settlements(t.Context(), pocket.SettlementQuery{}))
		require.Len(t, stored, 1)
		assert.Equal(t, pocket.Height(48), stored[0].Height)
	})
}

func TestABlockThatIsTimedOtherwiseIsRefused(t *testing.T) {
	w := newWorld(94)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		block := w.block(30)
		block.Hash = ""
		_, err := x.Put(t.Context(), "poktscan", block, nil)
		require.NoError(t, err)
		block.Time = block.Time.Add(time.Millisecond)
		_, err = x.Put(t.Context(), "chain", block, nil)
		require.NoError(t, err, "some sources round")
		block.Time = block.Time.Add(2 * time.Hour)
		_, err = x.Put(t.Context(), "chain", block, nil)
		require.ErrorIs(t, err, index.ErrConflict)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		require.NoError(t, x.Cover(t.Context(), index.Range{From: 30, To: 30}))
		covered, err := x.Coverage(t.Context(), pocket.Address{}, true)
		require.NoError(t, err)
		assert.Empty(t, covered, "whoever covers has not walked")
		other := newFakeChain(w, 60)
		other.world = newWorld(94)
		other.spacing = 8 * time.Minute
		_, err = x.RecheckBlock(t.Context(), other, 30)
		require.ErrorIs(t, err, index.ErrConflict)
		_, err = x.Repair(t.Context(), other, 30)
		require.NoError(t, err)
		stored, err := x.Block(t.Context(), 30)
		require.NoError(t, err)
		assert.Equal(t, other.block(30).Time.Truncate(time.Microsecond), stored.Time)
	})
}
