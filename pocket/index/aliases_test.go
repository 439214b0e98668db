package index_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/rewards"
)

func TestAnIndexKnowsWhatMorseAddressesBecame(t *testing.T) {
	w := newWorld(95)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		x := open()
		aliases, err := x.Aliases(t.Context())
		require.NoError(t, err)
		assert.Empty(t, aliases)
		require.NoError(t, x.SetMode(t.Context(), index.Everything))
		chain := newFakeChain(w, 60)
		chain.lie = func(h pocket.Height, events []pocket.Event) []pocket.Event {
			if h == 30 {
				return []pocket.Event{
					pocket.Migration{At: pocket.At{Height: h}, As: pocket.MigratedSupplier, Morse: morse(1), MorseOutput: morse(2), Destination: w.suppliers[0], Owner: w.owners[0]},
					pocket.Migration{At: pocket.At{Height: h, Index: 1}, As: pocket.MigratedAccount, Morse: morse(3), Destination: w.recipients[0]},
				}
			}
			return events
		}
		following(t, x, chain, index.FollowerConfig{From: 1}, 60)
		want := map[pocket.Address]pocket.Address{morse(1): w.suppliers[0], morse(2): w.owners[0], morse(3): w.recipients[0]}
		aliases, err = x.Aliases(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, aliases)

		_, err = x.Prune(t.Context(), w.block(50).Time)
		require.NoError(t, err)
		aliases, err = x.Aliases(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, aliases, "also of what was pruned")

		chain.lie = nil
		_, err = x.Repair(t.Context(), chain, 30)
		require.NoError(t, err)
		aliases, err = x.Aliases(t.Context())
		require.NoError(t, err)
		assert.Empty(t, aliases, "but not what the chain never said")
	})
}

// TestANodeOfMorseIsOneWithItsSupplier joins an index of Morse with one of Shannon, from the chain's own word that they are the same.
func TestANodeOfMorseIsOneWithItsSupplier(t *testing.T) {
	config := pockettest.Config{Seed: 5, Params: pockettest.SmallParams(), Blocks: 60, Suppliers: 3}
	operator := pockettest.NewChain(config).Operators()[1]
	config.Incidents = []pockettest.Incident{{Kind: pockettest.Migrate, Height: 20, Supplier: operator}}
	node := pockettest.NewNode(pockettest.NewChain(config))
	t.Cleanup(node.Close)
	before, output := node.Chain().Morse(operator)
	onEach(t, func(t *testing.T, open func() *index.Index) {
		shannon := open()
		require.NoError(t, shannon.Watch(t.Context(), operator))
		_, err := shannon.Backfill(t.Context(), clientOf(t, node), 1, 60, index.BackfillConfig{})
		require.NoError(t, err)
		morse := opened(t, placeLike(t, t.Name()))
		of := node.Chain().TimeOf(1).Add(-300 * 24 * time.Hour)
		_, err = morse.Put(t.Context(), "morse", pocket.Block{Height: 77_000, Time: of, ChainID: "mainnet"}, []pocket.Event{pocket.Settlement{
			Supplier: before, Application: address("app", 1), Service: "0021", SessionEnd: 76_990, Claimed: 900, Settled: 900, Minted: 900,
			Shares: []pocket.Share{{Recipient: output, Reason: pocket.ReasonSupplier, Amount: 800}},
		}})
		require.NoError(t, err)
		aliases, err := shannon.Aliases(t.Context())
		require.NoError(t, err)
		assert.Equal(t, operator, aliases[before])

		joint := rewards.Join(aliases, rewards.Ended(morse, of.Add(time.Hour)), shannon)
		q := rewards.Query{Filter: pocket.Filter{Suppliers: []pocket.Address{operator}}, By: []rewards.Dimension{rewards.BySupplier}}
		whole, err := joint.Sums(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, whole, 1)
		late, err := shannon.Sums(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, late[0].Settlements+1, whole[0].Settlements)
		assert.Equal(t, late[0].Gross+800, whole[0].Gross)
		assert.Equal(t, operator, whole[0].Supplier)
		stays, err := joint.Stays(t.Context(), []pocket.Address{operator})
		require.NoError(t, err)
		require.Len(t, stays, 2)
		assert.Equal(t, of.Truncate(time.Microsecond), stays[0].From)
		assert.Equal(t, of.Add(time.Hour), stays[0].To)
		first := collect(t, joint.Events(t.Context(), pocket.EventQuery{Filter: q.Filter, Limit: 1}))
		assert.Equal(t, operator, pocket.SubjectOf(first[0]).Supplier)
	})
}
