package index_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/rewards"
)

// A life is what happened to one supplier: block h is an hour after block h-1.
func lifeBlock(h pocket.Height) pocket.Block {
	return pocket.Block{Height: h, Time: genesis.Add(time.Duration(h) * time.Hour), Hash: hash("life", h)}
}

// A told is what happens to a supplier in one block; each case has its own supplier, and all cases lie in the same blocks.
type told struct {
	height int
	make   func(at pocket.At, who pocket.Address) pocket.Event
}

func hourOf(h int) time.Time { return lifeBlock(pocket.Height(h)).Time.Truncate(time.Microsecond) }

func TestStaysFollowASuppliersLife(t *testing.T) {
	staked := func(h int) told {
		return told{h, func(at pocket.At, who pocket.Address) pocket.Event {
			return pocket.SupplierStake{At: at, Supplier: who}
		}}
	}
	stakedSince := func(h, since int) told {
		return told{h, func(at pocket.At, who pocket.Address) pocket.Event {
			config := pocket.Supplier{Operator: who, Stake: 1, History: []pocket.ServiceUpdate{{Activation: pocket.Height(since)}}}
			return pocket.SupplierStake{At: at, Supplier: who, Config: &config}
		}}
	}
	settled := func(h int) told {
		return told{h, func(at pocket.At, who pocket.Address) pocket.Event {
			return pocket.Settlement{At: at, Supplier: who, SessionEnd: at.Height - 1, Service: "eth"}
		}}
	}
	slashed := func(h int) told {
		return told{h, func(at pocket.At, who pocket.Address) pocket.Event { return pocket.Slash{At: at, Supplier: who} }}
	}
	activated := func(h int) told {
		return told{h, func(at pocket.At, who pocket.Address) pocket.Event {
			return pocket.ServiceActivation{At: at, Supplier: who}
		}}
	}
	unbonding := func(h int, phase pocket.UnbondingPhase, end int, forced bool) told {
		return told{h, func(at pocket.At, who pocket.Address) pocket.Event {
			return pocket.Unbonding{At: at, Phase: phase, Forced: forced, SessionEnd: pocket.Height(end), Supplier: pocket.Supplier{Operator: who}}
		}}
	}
	began := func(h, end int) told { return unbonding(h, pocket.UnbondingBegan, end, false) }
	forced := func(h, end int) told { return unbonding(h, pocket.UnbondingBegan, end, true) }
	canceled := func(h int) told { return unbonding(h, pocket.UnbondingCanceled, h+1, false) }
	ended := func(h int) told { return unbonding(h, pocket.UnbondingEnded, h, false) }
	stay := func(from, to int) rewards.Stay {
		s := rewards.Stay{From: hourOf(from)}
		if to > 0 {
			s.To = hourOf(to)
		}
		return s
	}
	tests := []struct {
		name   string
		events []told
		want   []rewards.Stay
	}{
		{"it stakes and stays", []told{staked(3), settled(9)}, []rewards.Stay{stay(3, 0)}},
		{"it was first seen by what it earned", []told{settled(9), staked(12)}, []rewards.Stay{stay(9, 0)}},
		{"it was first seen when it was slashed", []told{slashed(7)}, []rewards.Stay{stay(7, 0)}},
		{"its history tells more than its events", []told{stakedSince(12, 4)}, []rewards.Stay{stay(4, 0)}},
		{"it serves up to the end of the session", []told{staked(3), began(5, 10), ended(30)}, []rewards.Stay{stay(3, 10)}},
		{"it earns after the session it left in", []told{staked(3), began(5, 10), settled(13)}, []rewards.Stay{stay(3, 10)}},
		{"it changes its mind in time", []told{staked(3), began(5, 10), canceled(8)}, []rewards.Stay{stay(3, 0)}},
		{"it changes its mind late", []told{staked(3), began(5, 10), canceled(15)}, []rewards.Stay{stay(3, 10), stay(15, 0)}},
		{"it comes back", []told{staked(3), began(5, 10), ended(20), staked(25)}, []rewards.Stay{stay(3, 10), stay(25, 0)}},
		{"its history does not reach into an earlier stay", []told{staked(3), began(5, 10), ended(20), stakedSince(25, 4)},
			[]rewards.Stay{stay(3, 10), stay(25, 0)}},
		{"slashed below the minimum it goes on", []told{staked(3), forced(5, 10), settled(25)}, []rewards.Stay{stay(3, 0)}},
		{"slashed below the minimum, and then the end came", []told{staked(3), forced(5, 10), ended(25)}, []rewards.Stay{stay(3, 25)}},
		{"it stakes again before it left", []told{staked(3), began(5, 10), staked(8)}, []rewards.Stay{stay(3, 0)}},
		{"a service that activates while it leaves keeps nothing", []told{staked(3), began(5, 10), activated(11)}, []rewards.Stay{stay(3, 10)}},
		{"it was first seen when a service activated", []told{activated(11)}, []rewards.Stay{stay(11, 0)}},
		{"it came back unseen", []told{staked(3), began(5, 10), ended(20), activated(31)}, []rewards.Stay{stay(3, 10), stay(31, 0)}},
		{"it was already leaving", []told{began(5, 10), ended(20)}, []rewards.Stay{stay(5, 10)}},
	}
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		for h := 1; h <= 40; h++ {
			block := lifeBlock(pocket.Height(h))
			var events []pocket.Event
			for n, test := range tests {
				for i, e := range test.events {
					if e.height == h {
						at := pocket.At{Height: block.Height, Time: block.Time, Index: 10*n + i}
						events = append(events, e.make(at, address("supplier", n)))
					}
				}
			}
			_, err := x.Put(t.Context(), "test", block, events)
			require.NoError(t, err)
		}
		every, err := x.Stays(t.Context(), nil)
		require.NoError(t, err)
		for n, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				who := address("supplier", n)
				got, err := x.Stays(t.Context(), []pocket.Address{who})
				require.NoError(t, err)
				assert.Subset(t, every, got)
				for i := range got {
					assert.Equal(t, who, got[i].Supplier)
					got[i].Supplier = pocket.Address{}
				}
				assert.Equal(t, test.want, got)
			})
		}
		none, err := x.Stays(t.Context(), []pocket.Address{address("nobody", 0)})
		require.NoError(t, err)
		assert.Empty(t, none)
	})
}

func TestTheTimeOfABlockThatIsNotStoredIsReckoned(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		_, _, err := x.TimeOf(t.Context(), 5)
		require.ErrorIs(t, err, pocket.ErrNotFound)
		put := func(h pocket.Height) {
			_, err := x.Put(t.Context(), "test", lifeBlock(h), nil)
			require.NoError(t, err)
		}
		put(100)
		got, exact, err := x.TimeOf(t.Context(), 101)
		require.NoError(t, err)
		assert.False(t, exact)
		assert.Equal(t, lifeBlock(100).Time.Add(time.Minute), got, "of one block nothing can be told but what is usual")
		put(120)
		for _, h := range []pocket.Height{50, 100, 110, 120, 200} {
			got, exact, err := x.TimeOf(t.Context(), h)
			require.NoError(t, err)
			assert.Equal(t, h == 100 || h == 120, exact)
			assert.WithinDuration(t, lifeBlock(h).Time, got, time.Millisecond)
		}
		at, err := x.BlockAt(t.Context(), lifeBlock(119).Time)
		require.NoError(t, err)
		assert.Equal(t, pocket.Height(100), at.Height)
		_, err = x.BlockAt(t.Context(), genesis)
		require.ErrorIs(t, err, pocket.ErrNotFound)
	})
}

func TestABlockOutOfTimeIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		for _, h := range []pocket.Height{10, 20} {
			_, err := x.Put(t.Context(), "test", lifeBlock(h), nil)
			require.NoError(t, err)
		}
		for _, wrong := range []pocket.Height{9, 21} {
			b := lifeBlock(15)
			b.Time = lifeBlock(wrong).Time
			_, err := x.Put(t.Context(), "a liar", b, nil)
			require.ErrorIs(t, err, index.ErrConflict)
		}
		b := lifeBlock(10)
		b.Hash = hash("another")
		_, err := x.Put(t.Context(), "a liar", b, nil)
		require.ErrorIs(t, err, index.ErrConflict)
		assert.ErrorContains(t, err, b.Hash)
	})
}

func TestSuppliersAreKnownAsLastSeen(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(41)
		who := w.suppliers[0]
		require.NoError(t, x.Watch(t.Context(), who))
		chain := newFakeChain(w, 5)
		chain.stakes = map[pocket.Address]pocket.Supplier{who: {
			Operator: who, Owner: w.owners[0], Stake: 70_000_000_000,
			Services: []pocket.ServiceConfig{{Service: "eth", RevShares: []pocket.RevShare{{Address: w.owners[0], Percent: 100}}}},
		}}
		_, err := index.NewFollower(x, chain, index.FollowerConfig{From: 1}).CatchUp(t.Context())
		require.NoError(t, err)
		known, err := x.Suppliers(t.Context())
		require.NoError(t, err)
		require.Len(t, known, 1)
		assert.Equal(t, chain.stakes[who], known[0].Supplier)
		assert.False(t, known[0].Gone)

		_, err = x.Put(t.Context(), "test", w.block(6), []pocket.Event{
			pocket.Unbonding{At: pocket.At{Height: 6, Time: w.block(6).Time}, Phase: pocket.UnbondingEnded, Supplier: pocket.Supplier{Operator: who}},
		})
		require.NoError(t, err)
		gone, err := x.Supplier(t.Context(), who)
		require.NoError(t, err)
		assert.True(t, gone.Gone)
		history := collect(t, x.SupplierHistory(t.Context(), who))
		require.NotEmpty(t, history)
		assert.Equal(t, index.Left, history[len(history)-1].Kind)
		operators, err := x.Operators(t.Context())
		require.NoError(t, err)
		assert.Contains(t, operators, who)
		services, err := x.Services(t.Context())
		require.NoError(t, err)
		assert.Subset(t, w.services, services)
	})
}

func TestASightingTellsOfAStay(t *testing.T) {
	services := []pocket.ServiceConfig{{Service: "eth"}}
	tests := []struct {
		name string
		seen *pocket.Supplier // after block 20; nil is gone
		want rewards.Stay
	}{
		{"staked", &pocket.Supplier{Services: services}, rewards.Stay{From: hourOf(10)}},
		{"staked for long", &pocket.Supplier{History: []pocket.ServiceUpdate{{Activation: 5}}}, rewards.Stay{From: hourOf(5)}},
		{"leaving", &pocket.Supplier{UnstakeSessionEnd: 25}, rewards.Stay{From: hourOf(10), To: hourOf(25)}},
		{"left", &pocket.Supplier{UnstakeSessionEnd: 15}, rewards.Stay{From: hourOf(10), To: hourOf(15)}},
		{"below the minimum", &pocket.Supplier{UnstakeSessionEnd: 15, Services: services}, rewards.Stay{From: hourOf(10)}},
		{"gone", nil, rewards.Stay{From: hourOf(10), To: hourOf(20)}},
	}
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		for h := pocket.Height(1); h <= 30; h++ {
			var events []pocket.Event
			for n := range tests {
				if h == 10 {
					at := pocket.At{Height: h, Index: n}
					events = append(events, pocket.Settlement{At: at, Supplier: address("supplier", n), SessionEnd: 5, Service: "eth"})
				}
			}
			_, err := x.Put(t.Context(), "test", lifeBlock(h), events)
			require.NoError(t, err)
		}
		for n, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				who := address("supplier", n)
				test.want.Supplier = who
				if test.seen == nil {
					require.NoError(t, x.PutGone(t.Context(), "test", 20, who))
				} else {
					s := *test.seen
					s.Operator = who
					require.NoError(t, x.PutSuppliers(t.Context(), "test", 20, s))
				}
				got, err := x.Stays(t.Context(), []pocket.Address{who})
				require.NoError(t, err)
				assert.Equal(t, []rewards.Stay{test.want}, got)
			})
		}
	})
}

func TestAWatchedSupplierThatLeftUnseenIsGone(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x, w := open(), newWorld(42)
		who := w.suppliers[0]
		require.NoError(t, x.Watch(t.Context(), who))
		chain := newFakeChain(w, 1)
		chain.stakes = map[pocket.Address]pocket.Supplier{who: {Operator: who, Stake: 1}}
		_, err := index.NewFollower(x, chain, index.FollowerConfig{From: 1}).CatchUp(t.Context())
		require.NoError(t, err)
		delete(chain.stakes, who)
		chain.grow(2)
		_, err = index.NewFollower(x, chain, index.FollowerConfig{}).CatchUp(t.Context())
		require.NoError(t, err)
		known, err := x.Supplier(t.Context(), who)
		require.NoError(t, err)
		assert.True(t, known.Gone)
		stays, err := x.Stays(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, stays, 1)
		assert.False(t, stays[0].To.IsZero())
	})
}
