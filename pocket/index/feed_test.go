package index_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

// A fakeFeed tells of a chain what somebody else has gathered: without hashes, with times to the millisecond, and with numbers of its own.
type fakeFeed struct {
	chain  *fakeChain
	tip    pocket.Height
	number func(i int, e pocket.Event) int                            // how it numbers; nil is not at all
	change func(pocket.Height, []pocket.Event) []pocket.Event         // what it tells otherwise
	tell   func(from, to pocket.Height) iter.Seq2[pocket.Told, error] // all that it tells instead
	asked  []index.Range
}

func newFakeFeed(w *world, tip pocket.Height) *fakeFeed {
	return &fakeFeed{chain: newFakeChain(w, tip), tip: tip}
}

func (f *fakeFeed) Tip(context.Context) (pocket.Block, error) {
	b := f.chain.block(f.tip)
	b.Txs = nil
	return b, nil
}

func (f *fakeFeed) Told(ctx context.Context, about []pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Told, error] {
	f.asked = append(f.asked, index.Range{From: from, To: to})
	if f.tell != nil {
		return f.tell(from, to)
	}
	return func(yield func(pocket.Told, error) bool) {
		for h := from; h <= to; h++ {
			if err := ctx.Err(); err != nil {
				yield(pocket.Told{}, err)
				return
			}
			t := f.told(h, about)
			if len(t.Events) > 0 && !yield(t, nil) {
				return
			}
		}
	}
}

func (f *fakeFeed) told(h pocket.Height, about []pocket.Address) pocket.Told {
	b := f.chain.block(h)
	t := pocket.Told{Block: pocket.Block{Height: h, Time: b.Time.Truncate(time.Millisecond), ChainID: b.ChainID}}
	events := selected(f.chain.happening(h), pocket.Selection{Mentions: about})
	if f.change != nil {
		events = f.change(h, events)
	}
	for i, e := range events {
		n := -1
		if f.number != nil {
			n = f.number(i, e)
		}
		t.Events = append(t.Events, numberedAs(e, n))
	}
	return t
}

// happening is what a block of the chain did, lies included.
func (c *fakeChain) happening(h pocket.Height) []pocket.Event {
	events := c.events(h)
	if c.lie != nil {
		events = c.lie(h, events)
	}
	return events
}

// numberedAs returns e as if it stood at another place of its block.
func numberedAs(e pocket.Event, n int) pocket.Event {
	at := e.Where()
	at.Index = n
	at.Time = at.Time.Truncate(time.Millisecond)
	return movedTo(e, at)
}

func movedTo(e pocket.Event, at pocket.At) pocket.Event {
	switch e := e.(type) {
	case pocket.Settlement:
		e.At = at
		return e
	case pocket.ClaimExpiry:
		e.At = at
		return e
	case pocket.ClaimDiscard:
		e.At = at
		return e
	case pocket.Slash:
		e.At = at
		return e
	case pocket.Overservicing:
		e.At = at
		return e
	case pocket.Reimbursement:
		e.At = at
		return e
	case pocket.ClaimCreation:
		e.At = at
		return e
	case pocket.ProofSubmission:
		e.At = at
		return e
	case pocket.ProofCheck:
		e.At = at
		return e
	case pocket.SupplierStake:
		e.At = at
		return e
	case pocket.ServiceActivation:
		e.At = at
		return e
	case pocket.Unbonding:
		e.At = at
		return e
	case pocket.StakeStuck:
		e.At = at
		return e
	case pocket.ApplicationUnbonding:
		e.At = at
		return e
	case pocket.ValidatorReward:
		e.At = at
		return e
	case pocket.SettlementBatch:
		e.At = at
		return e
	case pocket.RevShareFallback:
		e.At = at
		return e
	case pocket.DifficultyUpdate:
		e.At = at
		return e
	case pocket.Migration:
		e.At = at
		return e
	case pocket.Transaction:
		e.At = at
		return e
	}
	panic(fmt.Sprintf("%T", e))
}

// plainly is what events say, without where in their block they stand and what a feed rounds, in any order.
func plainly(events []pocket.Event) []pocket.Event {
	var list []pocket.Event
	for _, e := range events {
		at := e.Where()
		at.Index, at.Time = 0, at.Time.Truncate(time.Millisecond).UTC()
		list = append(list, movedTo(e, at))
	}
	slices.SortFunc(list, func(a, b pocket.Event) int {
		return cmp.Or(cmp.Compare(a.Where().Height, b.Where().Height), cmp.Compare(fmt.Sprintf("%T %v", a, a), fmt.Sprintf("%T %v", b, b)))
	})
	return list
}

func requireSaysTheSame(t require.TestingT, want, got []pocket.Event) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	requireSame(t, plainly(want), plainly(got))
}

// asTold returns events with their times as a feed tells those of blocks up to a height: to the millisecond. A price is looked up by the time.
func asTold(events []pocket.Event, upTo pocket.Height) []pocket.Event {
	list := slices.Clone(events)
	for i, e := range list {
		if at := e.Where(); at.Height <= upTo {
			at.Time = at.Time.Truncate(time.Millisecond)
			list[i] = movedTo(e, at)
		}
	}
	return list
}

func TestAFeedBringsThePast(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(71)
		require.NoError(t, x.Watch(t.Context(), w.suppliers[1], w.recipients[2]))
		feed := newFakeFeed(w, 100)
		var progress []index.Progress
		config := index.FeedConfig{Source: "poktscan", Chunk: 30, Progress: func(p index.Progress) { progress = append(progress, p) }}
		n, err := x.BackfillFrom(t.Context(), feed, 1, 100, config)
		require.NoError(t, err)
		want := concerning(happened(w, 1, 100), w.suppliers[1], w.recipients[2])
		stored := collect(t, x.Events(t.Context(), pocket.EventQuery{}))
		requireSaysTheSame(t, want, stored)
		assert.Equal(t, int64(len(want)), n)
		assert.Equal(t, []index.Range{{From: 1, To: 30}, {From: 31, To: 60}, {From: 61, To: 90}, {From: 91, To: 100}}, feed.asked)
		require.Len(t, progress, 4)
		assert.Equal(t, index.Progress{Height: 100, Done: 100, Total: 100, Stored: n, Rate: progress[3].Rate}, progress[3])

		t.Run("its rows keep its name", func(t *testing.T) {
			for _, e := range stored {
				source, err := x.Source(t.Context(), e)
				require.NoError(t, err)
				assert.Equal(t, "poktscan", source)
			}
			_, err := x.Source(t.Context(), pocket.Slash{At: pocket.At{Height: 1, Index: 77}})
			assert.ErrorIs(t, err, pocket.ErrNotFound)
		})
		t.Run("it counts as known for reading, not as walked", func(t *testing.T) {
			for walked, want := range map[bool][]index.Range{false: {{From: 1, To: 100}}, true: nil} {
				got, err := x.Coverage(t.Context(), w.suppliers[1], walked)
				require.NoError(t, err)
				assert.Equal(t, want, got)
			}
			missing, err := x.Missing(t.Context(), 1, 100, false)
			require.NoError(t, err)
			assert.Empty(t, missing)
			missing, err = x.Missing(t.Context(), 1, 100, true)
			require.NoError(t, err)
			assert.Equal(t, []index.Range{{From: 1, To: 100}}, missing)
		})
		t.Run("what is known is not asked for again", func(t *testing.T) {
			asked := len(feed.asked)
			n, err := x.BackfillFrom(t.Context(), feed, 1, 100, config)
			require.NoError(t, err)
			assert.Zero(t, n)
			assert.Len(t, feed.asked, asked)
		})
		t.Run("one watched later gets its past alone", func(t *testing.T) {
			require.NoError(t, x.Watch(t.Context(), w.suppliers[3]))
			_, err := x.BackfillFrom(t.Context(), feed, 1, 100, config)
			require.NoError(t, err)
			want := concerning(happened(w, 1, 100), w.suppliers[1], w.recipients[2], w.suppliers[3])
			requireSaysTheSame(t, want, collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		})
		t.Run("sums are those of the chain", func(t *testing.T) {
			for _, q := range someQueries(w, zones(t)) {
				q.Suppliers = w.suppliers[1:2]
				want, err := rewards.Aggregate(q, all(asTold(happened(w, 1, 100), 100)))
				require.NoError(t, err)
				got, err := x.Sums(t.Context(), q)
				require.NoError(t, err)
				requireSame(t, want, got)
			}
		})
		t.Run("a walk reads it from the chain all the same", func(t *testing.T) {
			n, err := x.Backfill(t.Context(), newFakeChain(w, 100), 1, 100, index.BackfillConfig{})
			require.NoError(t, err)
			assert.Zero(t, n, "nothing of it is new")
			got, err := x.Coverage(t.Context(), w.suppliers[1], true)
			require.NoError(t, err)
			assert.Equal(t, []index.Range{{From: 1, To: 100}}, got)
		})
	})
}

func TestAFeedTellsOfEverybody(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(72)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		following(t, x, newFakeChain(w, 120), index.FollowerConfig{From: 90}, 120)
		feed := newFakeFeed(w, 119)
		_, err := x.BackfillFrom(t.Context(), feed, 1, 119, index.FeedConfig{})
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 1, To: 89}}, feed.asked, "the chain has told the rest")
		following(t, x, newFakeChain(w, 130), index.FollowerConfig{}, 130)
		requireSaysTheSame(t, happened(w, 1, 130), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		missing, err := x.Missing(t.Context(), 1, 130, false)
		require.NoError(t, err)
		assert.Empty(t, missing)
		for _, q := range someQueries(w, zones(t)) {
			want, err := rewards.Aggregate(q, all(asTold(happened(w, 1, 130), 89)))
			require.NoError(t, err)
			got, err := x.Sums(t.Context(), q)
			require.NoError(t, err)
			requireSame(t, want, got)
		}
		found, err := x.Recheck(t.Context(), newFakeChain(w, 130), 260)
		require.NoError(t, err)
		assert.Empty(t, found)
	})
}

func TestAFeedThatLagsIsFilledFromUpToItsTip(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(73)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		feed := newFakeFeed(w, 40)
		n, err := x.BackfillFrom(t.Context(), feed, 1, 60, index.FeedConfig{Source: "poktscan"})
		require.ErrorIs(t, err, pocket.ErrFutureHeight)
		assert.ErrorContains(t, err, "backfill from poktscan")
		assert.ErrorContains(t, err, "it knows blocks up to 40, of 2026-03-28T00:40:00Z, and is filled from up to there; those to 60 are still missing")
		e, ok := errors.AsType[*pocket.APIError](err)
		require.True(t, ok)
		assert.Equal(t, pocket.Height(40), e.Latest)
		assert.Equal(t, int64(len(happened(w, 1, 40))), n)
		missing, err := x.Missing(t.Context(), 1, 60, false)
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 41, To: 60}}, missing)

		_, err = x.BackfillFrom(t.Context(), feed, 50, 60, index.FeedConfig{})
		require.ErrorIs(t, err, pocket.ErrFutureHeight)
		feed.tip = 60
		_, err = x.BackfillFrom(t.Context(), feed, 1, 60, index.FeedConfig{})
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 1, To: 40}, {From: 41, To: 60}}, feed.asked)
		requireSaysTheSame(t, happened(w, 1, 60), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
	})
}

func TestAFeedThatTellsMoreThanItWasAskedIsHeldToTheQuestion(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(74)
		require.NoError(t, x.Watch(t.Context(), w.suppliers[1]))
		feed := newFakeFeed(w, 30)
		feed.tell = func(from, to pocket.Height) iter.Seq2[pocket.Told, error] {
			return func(yield func(pocket.Told, error) bool) {
				for h := from; h <= to; h++ {
					if !yield(feed.told(h, nil), nil) {
						return
					}
				}
			}
		}
		_, err := x.BackfillFrom(t.Context(), feed, 1, 30, index.FeedConfig{})
		require.NoError(t, err)
		requireSaysTheSame(t, concerning(happened(w, 1, 30), w.suppliers[1]), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
	})
}

func TestABlockMayBeToldInParts(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(75)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		feed := newFakeFeed(w, 30)
		feed.tell = func(from, to pocket.Height) iter.Seq2[pocket.Told, error] {
			return func(yield func(pocket.Told, error) bool) {
				for h := from; h <= to; h++ {
					whole := feed.told(h, nil)
					for _, e := range whole.Events {
						if !yield(pocket.Told{Block: whole.Block, Events: []pocket.Event{e}}, nil) {
							return
						}
					}
				}
			}
		}
		_, err := x.BackfillFrom(t.Context(), feed, 1, 30, index.FeedConfig{})
		require.NoError(t, err)
		requireSaysTheSame(t, happened(w, 1, 30), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
	})
}

func TestAFeedThatTalksNonsenseIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(76)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		feed := newFakeFeed(w, 30)
		telling := func(told ...pocket.Told) {
			feed.tell = func(pocket.Height, pocket.Height) iter.Seq2[pocket.Told, error] {
				return func(yield func(pocket.Told, error) bool) {
					for _, t := range told {
						if !yield(t, nil) {
							return
						}
					}
				}
			}
		}
		for name, blocks := range map[string][]pocket.Told{
			"blocks in the wrong order": {feed.told(3, nil), feed.told(2, nil)},
			"a block before the first":  {{Block: pocket.Block{Height: 0, Time: genesis}}},
			"a block after the last":    {feed.told(31, nil)},
		} {
			telling(blocks...)
			_, err := x.BackfillFrom(t.Context(), feed, 1, 30, index.FeedConfig{})
			require.ErrorIs(t, err, pocket.ErrMalformed, name)
		}
		telling(pocket.Told{Block: pocket.Block{Height: 3}})
		_, err := x.BackfillFrom(t.Context(), feed, 1, 30, index.FeedConfig{})
		require.ErrorIs(t, err, pocket.ErrInvalid, "a block without a time")
		other := feed.told(4, nil)
		other.Block.ChainID = "another"
		telling(feed.told(3, nil), other)
		_, err = x.BackfillFrom(t.Context(), feed, 1, 30, index.FeedConfig{})
		require.ErrorIs(t, err, pocket.ErrWrongChain)
		for _, r := range []index.Range{{From: 5, To: 4}, {From: 0, To: 4}} {
			_, err := x.BackfillFrom(t.Context(), feed, r.From, r.To, index.FeedConfig{})
			require.ErrorIs(t, err, pocket.ErrInvalid)
		}
		covered, err := x.Coverage(t.Context(), pocket.Address{}, false)
		require.NoError(t, err)
		assert.Empty(t, covered)
		assert.Empty(t, collect(t, x.Events(t.Context(), pocket.EventQuery{})), "nothing half-told is stored")

		t.Run("one of another chain too, before it is asked anything", func(t *testing.T) {
			following(t, x, newFakeChain(w, 10), index.FollowerConfig{From: 1}, 10)
			asked := len(feed.asked)
			_, err := x.BackfillFrom(t.Context(), foreignFeed{feed}, 1, 20, index.FeedConfig{})
			require.ErrorIs(t, err, pocket.ErrWrongChain)
			assert.Len(t, feed.asked, asked)
		})
	})
}

type foreignFeed struct{ *fakeFeed }

func (f foreignFeed) Tip(ctx context.Context) (pocket.Block, error) {
	b, err := f.fakeFeed.Tip(ctx)
	b.ChainID = "another"
	return b, err
}

func TestWhatAFeedToldBeforeItFailedIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(77)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		feed := newFakeFeed(w, 60)
		broken := &pocket.APIError{Reason: pocket.ErrRateLimited}
		feed.tell = func(from, to pocket.Height) iter.Seq2[pocket.Told, error] {
			return func(yield func(pocket.Told, error) bool) {
				for h := from; h <= to; h++ {
					if h == 40 {
						yield(pocket.Told{}, broken)
						return
					}
					if !yield(feed.told(h, nil), nil) {
						return
					}
				}
			}
		}
		_, err := x.BackfillFrom(t.Context(), feed, 1, 60, index.FeedConfig{Chunk: 25})
		require.ErrorIs(t, err, pocket.ErrRateLimited)
		covered, err := x.Coverage(t.Context(), pocket.Address{}, false)
		require.NoError(t, err)
		assert.Equal(t, []index.Range{{From: 1, To: 38}}, covered, "39 might have had another part")
		requireSaysTheSame(t, happened(w, 1, 38), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
		feed.tell = nil
		_, err = x.BackfillFrom(t.Context(), feed, 1, 60, index.FeedConfig{})
		require.NoError(t, err)
		assert.Equal(t, index.Range{From: 39, To: 60}, feed.asked[len(feed.asked)-1])
		requireSaysTheSame(t, happened(w, 1, 60), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
	})
}

func TestABackfillFromAFeedMayBeInterrupted(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(78)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		feed := newFakeFeed(w, 90)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := x.BackfillFrom(ctx, feed, 1, 90, index.FeedConfig{Chunk: 10, Progress: func(p index.Progress) {
			if p.Done == 40 {
				cancel()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		missing, err := x.Missing(t.Context(), 1, 90, false)
		require.NoError(t, err)
		require.Len(t, missing, 1)
		assert.GreaterOrEqual(t, missing[0].From, pocket.Height(41))
		_, err = x.BackfillFrom(t.Context(), feed, 1, 90, index.FeedConfig{})
		require.NoError(t, err)
		assert.Equal(t, missing[0], feed.asked[len(feed.asked)-1])
		requireSaysTheSame(t, happened(w, 1, 90), collect(t, x.Events(t.Context(), pocket.EventQuery{})))
	})
}
