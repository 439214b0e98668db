package pockettest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// happened returns the events of kind T from one height to another.
func happened[T pocket.Event](t testing.TB, c *Chain, from, to pocket.Height) []T {
	t.Helper()
	var out []T
	for e, err := range c.Truth(from, to) {
		require.NoError(t, err)
		if e, ok := e.(T); ok {
			out = append(out, e)
		}
	}
	return out
}

func calmChain(blocks int64) *Chain {
	return NewChain(Config{Seed: 21, Params: SmallParams(), Blocks: blocks, ClaimsPerSession: 100, Rates: Calm()})
}

func TestIncidents(t *testing.T) {
	t.Run("a calm chain has none", func(t *testing.T) {
		chain := calmChain(500)
		assert.NotEmpty(t, happened[pocket.Settlement](t, chain, 1, 500))
		assert.Empty(t, happened[pocket.ClaimExpiry](t, chain, 1, 500))
		assert.Empty(t, happened[pocket.Unbonding](t, chain, 1, 500))
		assert.Empty(t, happened[pocket.Overservicing](t, chain, 1, 500))
	})
	t.Run("an expired claim is slashed once", func(t *testing.T) {
		for _, invalid := range []bool{false, true} {
			chain := calmChain(100)
			who := chain.Suppliers()[1]
			require.NoError(t, chain.Inject(Incident{Kind: Expire, Supplier: who.Operator, Invalid: invalid}))
			chain.Advance(60)
			expired, slashed := happened[pocket.ClaimExpiry](t, chain, 101, 160), happened[pocket.Slash](t, chain, 101, 160)
			require.Len(t, expired, 1)
			require.Len(t, slashed, 1)
			assert.Equal(t, map[bool]string{false: "PROOF_MISSING", true: "PROOF_INVALID"}[invalid], expired[0].Reason)
			assert.Equal(t, who.Operator, slashed[0].Supplier)
			assert.Equal(t, pocket.POKT(200), slashed[0].Penalty)
			assert.Equal(t, who.Stake-pocket.POKT(200), slashed[0].StakeAfter)
			assert.Equal(t, slashed[0].StakeAfter, chain.Suppliers()[1].Stake)
			invalidChecks := slices.DeleteFunc(happened[pocket.ProofCheck](t, chain, 101, 160), func(c pocket.ProofCheck) bool { return c.Status != pocket.ProofInvalid })
			assert.Len(t, invalidChecks, map[bool]int{true: 1}[invalid])
		}
	})
	t.Run("a slash strikes every claim of the sessions", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[1]
		require.NoError(t, chain.Inject(Incident{Kind: Slash, Supplier: who.Operator, Sessions: 2}))
		chain.Advance(60)
		ends := map[pocket.Height]bool{}
		for _, s := range happened[pocket.Slash](t, chain, 101, 160) {
			ends[s.SessionEnd] = true
		}
		assert.Len(t, ends, 2)
		for _, s := range happened[pocket.Settlement](t, chain, 101, 160) {
			assert.False(t, s.Supplier == who.Operator && ends[s.SessionEnd], "a claim of a struck session was paid")
		}
	})
	t.Run("below the minimum a supplier begins to unbond, never ends, and goes on earning", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[2]
		require.NoError(t, chain.Inject(Incident{Kind: BelowMinimum, Supplier: who.Operator}))
		chain.Advance(900)
		moves := happened[pocket.Unbonding](t, chain, 101, 1000)
		require.Len(t, moves, 1)
		assert.Equal(t, pocket.UnbondingBegan, moves[0].Phase)
		assert.True(t, moves[0].Forced)
		assert.Equal(t, moves[0].SessionEnd, moves[0].EventEndHeight)
		assert.Less(t, moves[0].Supplier.Stake, pocket.POKT(59_500))
		state := chain.Suppliers()[2]
		assert.Equal(t, pocket.SupplierBelowMinimum, state.State(pocket.POKT(59_500)))
		last := happened[pocket.Settlement](t, chain, 900, 1000)
		assert.True(t, slices.ContainsFunc(last, func(s pocket.Settlement) bool { return s.Supplier == who.Operator }))
		slashes := happened[pocket.Slash](t, chain, 101, 1000)
		assert.Equal(t, state.Stake, slashes[len(slashes)-1].StakeAfter)

		require.NoError(t, chain.Inject(Incident{Kind: CancelUnstake, Supplier: who.Operator}))
		chain.Advance(20)
		state = chain.Suppliers()[2]
		assert.Equal(t, pocket.POKT(60_000), state.Stake)
		assert.Equal(t, pocket.SupplierActive, state.State(pocket.POKT(59_500)))
	})
	t.Run("who unstakes serves until the session ends, gets the stake back and is gone", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[3]
		owner, err := chain.Balance(t.Context(), who.Owner, 0)
		require.NoError(t, err)
		require.NoError(t, chain.Inject(Incident{Kind: Unstake, Height: 103, Supplier: who.Operator}))
		chain.Advance(10)
		state := chain.Suppliers()[3]
		assert.Equal(t, pocket.Height(110), state.UnstakeSessionEnd)
		assert.NotEmpty(t, state.Services)
		chain.Advance(1)
		assert.Empty(t, chain.Suppliers()[3].Services)
		chain.Advance(30)
		moves := happened[pocket.Unbonding](t, chain, 101, 141)
		require.Len(t, moves, 2)
		assert.Equal(t, []pocket.Height{103, 130}, []pocket.Height{moves[0].Height, moves[1].Height})
		assert.Equal(t, pocket.Height(130), moves[0].EventEndHeight)
		assert.NotEmpty(t, moves[0].TxHash)
		assert.Empty(t, moves[1].TxHash)
		now, err := chain.Balance(t.Context(), who.Owner, 0)
		require.NoError(t, err)
		assert.Greater(t, now-owner, who.Stake)
		assert.False(t, slices.ContainsFunc(chain.Suppliers(), func(s pocket.Supplier) bool { return s.Operator == who.Operator }))
	})
	t.Run("a cancelled unstake leaves no services, discards what they earned last, and is mended", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[4]
		require.NoError(t, chain.Inject(Incident{Kind: Unstake, Height: 103, Supplier: who.Operator}))
		require.NoError(t, chain.Inject(Incident{Kind: CancelUnstake, Height: 112, Supplier: who.Operator}))
		chain.Advance(15)
		state := chain.Suppliers()[4]
		assert.Equal(t, pocket.SupplierIdle, state.State(pocket.POKT(59_500)))
		assert.Equal(t, who.Stake+1, state.Stake)
		chain.Advance(60)
		assert.Equal(t, pocket.SupplierActive, chain.Suppliers()[4].State(pocket.POKT(59_500)))
		for _, d := range happened[pocket.ClaimDiscard](t, chain, 101, 175) {
			assert.Equal(t, who.Operator, d.Supplier)
			assert.Equal(t, pocket.Height(110), d.SessionEnd)
		}
		assert.NotEmpty(t, happened[pocket.ClaimDiscard](t, chain, 101, 175))
		assert.Empty(t, happened[pocket.Slash](t, chain, 101, 175))
		assert.NotEmpty(t, happened[pocket.ServiceActivation](t, chain, 101, 175))
	})
	t.Run("discarded claims are lost without a slash", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[5]
		require.NoError(t, chain.Inject(Incident{Kind: Discard, Supplier: who.Operator}))
		chain.Advance(60)
		lost := happened[pocket.ClaimDiscard](t, chain, 101, 160)
		require.NotEmpty(t, lost)
		assert.Equal(t, who.Operator, lost[0].Supplier)
		assert.Empty(t, happened[pocket.Slash](t, chain, 101, 160))
	})
	t.Run("a Morse node is claimed once, and adds to the supplier's stake", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[5]
		before, err := chain.Balance(t.Context(), who.Owner, 0)
		require.NoError(t, err)
		for _, h := range []pocket.Height{105, 107} {
			require.NoError(t, chain.Inject(Incident{Kind: Migrate, Height: h, Supplier: who.Operator}))
		}
		chain.Advance(10)
		node, output := chain.Morse(who.Operator)
		assert.Equal(t, pocket.MorseAddress, node.Kind())
		claimed := happened[pocket.Migration](t, chain, 101, 110)
		require.Len(t, claimed, 1)
		assert.Equal(t, pocket.Migration{
			At: claimed[0].At, As: pocket.MigratedSupplier, Morse: node, MorseOutput: output, Destination: who.Operator, Owner: who.Owner,
			Balance: pocket.POKT(25), Stake: pocket.POKT(15_000), SessionEnd: 110,
		}, claimed[0])
		assert.NotEmpty(t, claimed[0].TxHash)
		assert.Equal(t, who.Stake+pocket.POKT(15_000), chain.Suppliers()[5].Stake)
		after, err := chain.Balance(t.Context(), who.Owner, 0)
		require.NoError(t, err)
		fees := pocket.Upokt(0)
		for _, tx := range happened[pocket.Transaction](t, chain, 101, 110) {
			if tx.FeePayer == who.Owner {
				fees += tx.Fee
			}
		}
		var earned pocket.Upokt
		for _, s := range happened[pocket.Settlement](t, chain, 101, 110) {
			for _, share := range s.Shares {
				if share.Recipient == who.Owner {
					earned += share.Amount
				}
			}
		}
		assert.Equal(t, before+pocket.POKT(25)+earned-fees, after)
	})
	t.Run("an application that cannot pay leaves, and stakes again", func(t *testing.T) {
		chain := calmChain(100)
		app := chain.Applications()[0]
		require.NoError(t, chain.Inject(Incident{Kind: Overserve, Application: app}))
		chain.Advance(60)
		short := happened[pocket.Overservicing](t, chain, 101, 160)
		require.NotEmpty(t, short)
		moves := happened[pocket.ApplicationUnbonding](t, chain, 101, 160)
		require.Len(t, moves, 2)
		assert.Equal(t, pocket.UnbondingBegan, moves[0].Phase)
		assert.Equal(t, pocket.UnbondingCanceled, moves[1].Phase)
		var lost pocket.Upokt
		for _, s := range happened[pocket.Settlement](t, chain, 101, 160) {
			if s.Overserviced > 0 {
				assert.Equal(t, app, s.Application)
			}
			lost += s.Overserviced
		}
		assert.Positive(t, int64(lost))
		w, _ := chain.now()
		assert.Zero(t, w.applicationAt(0, moves[0].Height).Stake)
		assert.Equal(t, pocket.POKT(2_000), w.applicationAt(0, moves[1].Height).Stake)
	})
	t.Run("missed claims are never heard of", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[6]
		require.NoError(t, chain.Inject(Incident{Kind: MissClaims, Height: 110, Supplier: who.Operator, Sessions: 3}))
		chain.Advance(100)
		ends := map[pocket.Height]bool{}
		for _, s := range happened[pocket.Settlement](t, chain, 60, 200) {
			if s.Supplier == who.Operator {
				ends[s.SessionEnd] = true
			}
		}
		for _, c := range happened[pocket.ClaimCreation](t, chain, 110, 140) {
			assert.False(t, c.Supplier == who.Operator && c.SessionEnd >= 110 && c.SessionEnd <= 130)
		}
		assert.False(t, ends[110] || ends[120] || ends[130])
		assert.True(t, ends[80] && ends[150])
	})
	t.Run("parameters change at the next session, and are known before", func(t *testing.T) {
		chain := calmChain(100)
		next := SmallParams()
		next.Shared.BlocksPerSession = 20
		next.Proof.MissingPenalty = pocket.POKT(300)
		require.NoError(t, chain.Inject(Incident{Kind: ParamChange, Height: 103, Params: next}))
		chain.Advance(200)
		assert.EqualValues(t, 10, chain.Params(110).Shared.BlocksPerSession)
		after := chain.Params(111).Shared
		assert.EqualValues(t, 20, after.BlocksPerSession)
		assert.Equal(t, pocket.Height(111), after.GridAnchor)
		assert.EqualValues(t, 12, after.NumberAtAnchor)
		assert.Equal(t, pocket.POKT(200), chain.Params(102).Proof.MissingPenalty)
		assert.Equal(t, pocket.POKT(300), chain.Params(103).Proof.MissingPenalty)
		w, _ := chain.now()
		assert.EqualValues(t, 10, w.sharedKnown(111, 102).BlocksPerSession)
		assert.EqualValues(t, 20, w.sharedKnown(111, 103).BlocksPerSession)
		assert.EqualValues(t, 10, w.sharedKnown(110, 300).BlocksPerSession)
		heights := map[pocket.Height]pocket.Height{}
		for _, s := range happened[pocket.Settlement](t, chain, 90, 300) {
			heights[s.SessionEnd] = s.Height
		}
		assert.Equal(t, pocket.Height(118), heights[110])
		assert.Equal(t, pocket.Height(138), heights[130])
		assert.NotContains(t, heights, pocket.Height(120))
	})
	t.Run("an owner adds to a stake", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Suppliers()[1]
		require.NoError(t, chain.Inject(Incident{Kind: Restake, Supplier: who.Operator, Amount: 250}))
		require.NoError(t, chain.Inject(Incident{Kind: Restake, Height: 105, Supplier: who.Operator}))
		chain.Advance(10)
		assert.Len(t, happened[pocket.SupplierStake](t, chain, 101, 110), 2)
		assert.Equal(t, who.Stake+250+pocket.POKT(1000), chain.Suppliers()[1].Stake)
	})
	t.Run("a validator that signs nothing is jailed, and released", func(t *testing.T) {
		chain := calmChain(100)
		who := chain.Validators()[0]
		require.NoError(t, chain.Inject(Incident{Kind: Jail, Validator: who, Duration: 20 * time.Minute}))
		w, _ := chain.now()
		at := func(h pocket.Height) penance { return w.penance(w.validators[0], h) }
		assert.Equal(t, penance{}, at(100))
		assert.Equal(t, penance{missed: 1}, at(101))
		assert.Equal(t, penance{missed: 180}, at(280))
		assert.Equal(t, penance{jailed: true, until: chain.TimeOf(281).Add(10 * time.Minute)}, at(281))
		assert.True(t, at(300).jailed)
		assert.False(t, at(301).jailed)
	})
	t.Run("a supplier is late", func(t *testing.T) {
		chain := calmChain(110)
		who := chain.Operators()[1]
		require.NoError(t, chain.Inject(Incident{Kind: LateClaims, Supplier: who}))
		chain.Advance(20)
		for _, e := range happened[pocket.ClaimCreation](t, chain, 111, 118) {
			if e.Supplier == who {
				assert.EqualValues(t, 115, e.Height)
			}
		}
		proofs := 0
		for _, e := range happened[pocket.ProofSubmission](t, chain, 111, 130) {
			if e.Supplier == who && e.SessionEnd == 110 {
				assert.EqualValues(t, 118, e.Height)
				proofs++
			}
		}
		assert.Positive(t, proofs)
	})
	t.Run("what cannot be is refused", func(t *testing.T) {
		chain := calmChain(100)
		for _, bad := range []Incident{
			{Kind: Expire}, {Kind: Overserve}, {Kind: "flood"}, {Kind: Halt}, {Kind: ParamChange}, {Kind: Jail}, {Kind: Restake},
			{Kind: Halt, Height: 100, Duration: time.Minute}, {Kind: Expire, Height: 50, Supplier: chain.Operators()[0]},
		} {
			assert.ErrorIs(t, chain.Inject(bad), pocket.ErrInvalid, "%+v", bad)
		}
	})
}

func TestIncidentsDoNotChangeThePast(t *testing.T) {
	if testing.Short() {
		t.Skip("it does much, one thing after the other")
	}
	restless := Rates{Expiries: 1, Misses: 1, Leaves: 0.3, Overserviced: 5, Sends: 100}
	for _, head := range []int64{100, 113, 115, 118, 121} { // in all windows of a session
		for _, kind := range []IncidentKind{Expire, Slash, BelowMinimum, Discard, Unstake, CancelUnstake, Overserve, MissClaims, LateClaims, ParamChange, Halt, Restake, Jail} {
			chain := NewChain(Config{Seed: 31, Params: SmallParams(), Blocks: head, Rates: restless})
			before := print(t, chain, 1, chain.Head())
			next := SmallParams()
			next.Shared.BlocksPerSession, next.Shared.ClaimCloseOffset = 15, 5
			require.NoError(t, chain.Inject(Incident{
				Kind: kind, Supplier: chain.Operators()[2], Application: chain.Applications()[1], Validator: chain.Validators()[0], Sessions: 2, Duration: time.Hour, Params: next,
			}))
			assert.Equal(t, before, print(t, chain, 1, chain.Head()), "%s at %d", kind, head)
		}
	}
}
