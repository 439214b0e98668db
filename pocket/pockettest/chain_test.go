package pockettest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

// print is the hash of all that a chain's blocks from one height to another hold.
func print(t testing.TB, c *Chain, from, to pocket.Height) string {
	t.Helper()
	hash := sha256.New()
	for h := from; h <= to; h++ {
		block, err := c.Block(h)
		require.NoError(t, err)
		fmt.Fprintln(hash, block.Height, block.Time, block.Hash, len(block.Txs))
		for _, tx := range block.Txs {
			hash.Write(tx)
		}
		require.NoError(t, c.WriteBlockResults(hash, h))
	}
	return hex.EncodeToString(hash.Sum(nil))[:16]
}

func TestChainIsTheSameEverywhere(t *testing.T) {
	t.Run("its bytes are those that were kept", func(t *testing.T) {
		// A change of these says that the simulator tells another story. That is allowed, but never by accident.
		assert.Equal(t, "7009968cb9ddfd7d", print(t, eventful(t), 1, 600))
	})
	t.Run("two chains of one configuration are equal", func(t *testing.T) {
		c := Config{Seed: 4, Params: SmallParams(), Blocks: 300}
		assert.Equal(t, print(t, NewChain(c), 1, 300), print(t, NewChain(c), 1, 300))
	})
	t.Run("another seed makes another chain", func(t *testing.T) {
		a, b := Config{Seed: 4, Params: SmallParams(), Blocks: 60}, Config{Seed: 5, Params: SmallParams(), Blocks: 60}
		assert.NotEqual(t, print(t, NewChain(a), 1, 60), print(t, NewChain(b), 1, 60))
	})
	t.Run("a chain that grows by and by equals one that is long at once", func(t *testing.T) {
		c := Config{Seed: 4, Params: SmallParams(), Blocks: 2000, BlockTime: 10 * time.Minute, Rates: Rates{Expiries: 1, Leaves: 0.1}}
		c.Suppliers, c.ClaimsPerSession = 5, 10
		long, grown := NewChain(c), NewChain(c)
		for grown.Head() < 8000 { // beyond what was planned at first
			grown.Advance(100)
		}
		long.SetHead(8000)
		assert.Equal(t, print(t, long, 1, 300), print(t, grown, 1, 300))
		assert.Equal(t, print(t, long, 7000, 7300), print(t, grown, 7000, 7300))
	})
	t.Run("the order of questions does not matter", func(t *testing.T) {
		c := Config{Seed: 4, Params: SmallParams(), Blocks: 300}
		forward, backward := NewChain(c), NewChain(c)
		var there, back [300]string
		for h := range 300 {
			there[h] = print(t, forward, pocket.Height(h+1), pocket.Height(h+1))
			back[299-h] = print(t, backward, pocket.Height(300-h), pocket.Height(300-h))
		}
		assert.Equal(t, there, back)
	})
}

func TestBlocksComeOneAfterAnother(t *testing.T) {
	chain := NewChain(Config{Seed: 2, Blocks: 2000, BlockTime: time.Minute})
	for h := pocket.Height(2); h <= 2000; h++ {
		gap := chain.TimeOf(h).Sub(chain.TimeOf(h - 1))
		require.Greater(t, gap, 40*time.Second)
		require.Less(t, gap, 80*time.Second)
	}
	t.Run("the head may be at a chosen time", func(t *testing.T) {
		now := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
		c := NewChain(Config{Seed: 2, Days: 3, Now: now})
		assert.Equal(t, pocket.Height(3*24*60), c.Head())
		assert.WithinDuration(t, now, c.TimeOf(c.Head()), 15*time.Second)
	})
	t.Run("heights that are not there are errors", func(t *testing.T) {
		_, err := chain.Block(2001)
		assert.ErrorIs(t, err, pocket.ErrFutureHeight)
		assert.ErrorIs(t, chain.WriteBlockResults(io.Discard, -1), pocket.ErrInvalid)
		for e, err := range chain.Truth(2000, 2002) {
			if err != nil {
				assert.Nil(t, e)
				assert.ErrorIs(t, err, pocket.ErrFutureHeight)
			}
		}
	})
	t.Run("a broken writer is an error", func(t *testing.T) {
		r, w := io.Pipe()
		require.NoError(t, r.CloseWithError(errors.New("disk full")))
		assert.ErrorContains(t, chain.WriteBlockResults(w, 53), "disk full")
	})
}

func TestChainRunsInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := NewChain(Config{Seed: 2, Params: SmallParams(), Blocks: 100, Rates: Calm()})
		require.NoError(t, chain.Inject(Incident{Kind: Halt, Height: 103, Duration: 5 * time.Minute}))
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() { done <- chain.Run(ctx, time.Second) }()
		at := func(seconds int) pocket.Height {
			time.Sleep(time.Duration(seconds)*time.Second + time.Millisecond)
			synctest.Wait()
			return chain.Head()
		}
		assert.Equal(t, pocket.Height(102), at(2))
		assert.Equal(t, pocket.Height(103), at(1))
		assert.Equal(t, pocket.Height(103), at(5), "halted")
		assert.Equal(t, pocket.Height(105), at(2))
		assert.Greater(t, chain.TimeOf(104).Sub(chain.TimeOf(103)), 5*time.Minute)
		over := errors.New("enough")
		cancel(over)
		assert.ErrorIs(t, <-done, over)
	})
}

// sums are what a block's settlements paid, by recipient and reason.
func sums(events []pocket.Event) (shares, batches map[string]pocket.Upokt) {
	shares, batches = map[string]pocket.Upokt{}, map[string]pocket.Upokt{}
	for _, e := range events {
		switch e := e.(type) {
		case pocket.Settlement:
			for _, s := range e.Shares {
				shares[s.Recipient.String()+" "+string(s.Reason)] += s.Amount
			}
		case pocket.SettlementBatch:
			if e.Operation == "mod_to_acct" && e.Reason.Role() != pocket.RoleValidator {
				batches[e.Recipient+" "+string(e.Reason)] += e.Amount
			}
		}
	}
	return shares, batches
}

func TestWhatIsPaidAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Config{
			Seed: rapid.Uint64().Draw(rt, "seed"), Params: MainnetParams(), Blocks: 150,
			Suppliers: rapid.IntRange(1, 30).Draw(rt, "suppliers"), RevShares: rapid.IntRange(0, 4).Draw(rt, "rev shares"),
			Services: rapid.IntRange(1, 4).Draw(rt, "services"), Validators: rapid.IntRange(1, 3).Draw(rt, "validators"),
			ClaimValue: pocket.Upokt(rapid.Int64Range(1, 50_000_000).Draw(rt, "claim value")),
			Rates:      Rates{Expiries: 2, Overserviced: 20, Misses: 3, Leaves: 1},
		}
		if rapid.Bool().Draw(rt, "small") {
			c.Params = SmallParams()
		}
		chain := NewChain(c)
		for h := pocket.Height(1); h <= 150; h++ {
			var events []pocket.Event
			for e, err := range chain.Truth(h, h) {
				require.NoError(rt, err)
				events = append(events, e)
			}
			shares, batches := sums(events)
			require.Equal(rt, shares, batches, "block %d", h)
			checkBlock(rt, c.withDefaults().Params, events)
		}
	})
}

// checkBlock checks what must hold of a block's amounts whatever the chain is.
func checkBlock(t require.TestingT, p pocket.Params, events []pocket.Event) {
	var minted, mintBatch, burned, burnBatch, validators, validatorBatch, inflation, inflationBatch, reimbursed pocket.Upokt
	slashed := map[pocket.Address]pocket.Upokt{}
	for _, e := range events {
		switch e := e.(type) {
		case pocket.Settlement:
			minted, burned = minted+e.Minted, burned+e.Settled
			require.GreaterOrEqual(t, e.Claimed, e.Settled)
			require.GreaterOrEqual(t, e.Settled, e.Minted)
			require.Equal(t, e.Claimed-e.Settled, e.Overserviced)
			require.Equal(t, e.Settled-e.Minted, e.Deflated)
			require.Equal(t, p.Tokenomics.MintRatio.Mul(e.Settled.Decimal().Shift(6)).Floor().IntPart(), int64(e.Minted))
			own := pocket.Upokt(p.Tokenomics.Split["supplier"].Mul(e.Minted.Decimal().Shift(6)).Floor().IntPart())
			var paid pocket.Upokt
			for _, s := range e.Shares {
				require.Positive(t, int64(s.Amount))
				if s.Reason == pocket.ReasonSupplier {
					paid += s.Amount
				}
			}
			require.Equal(t, own, paid, "the supplier's side is shared out whole")
			require.Equal(t, e.Claimed, pocket.Upokt(e.EstimatedComputeUnits*p.Shared.ComputeUnitMultiplier/p.Shared.ComputeUnitCost))
		case pocket.Reimbursement:
			reimbursed += e.Amount
		case pocket.ValidatorReward:
			validators += e.PoolShare
			require.Equal(t, e.PoolShare, e.Commission+e.SelfDelegation+e.Delegators)
		case pocket.Slash:
			if before, again := slashed[e.Supplier]; again {
				require.Equal(t, before-e.Penalty, e.StakeAfter)
			}
			slashed[e.Supplier] = e.StakeAfter
		case pocket.SettlementBatch:
			switch {
			case e.Operation == "mint" && e.Reason == reasonMint:
				mintBatch = e.Amount
			case e.Operation == "mint":
				inflationBatch = e.Amount
			case e.Operation == "burn":
				burnBatch = e.Amount
			case e.Operation == "mod_to_acct" && e.Reason.Role() == pocket.RoleValidator:
				validatorBatch += e.Amount
			}
			if e.Reason == reasonReimbursement {
				inflation += e.Amount
			}
		}
	}
	require.Equal(t, minted, mintBatch)
	require.Equal(t, burned, burnBatch)
	require.Equal(t, validators, validatorBatch)
	require.Equal(t, reimbursed, inflation)
	require.Equal(t, reimbursed, inflationBatch)
}

func TestSimulatedNumbersAreTheRecordedOnes(t *testing.T) {
	// Block 28 of the recorded chain, as facts: what was claimed, and what each rev share got of it.
	params := SmallParams().Tokenomics
	cash := cashier{mintRatio: parts(params.MintRatio), inflationRate: parts(params.GlobalInflation), minted: newSplit(params.Split), inflated: newSplit(params.GlobalInflationSplit)}
	who := func(i int) pocket.Address { return account(1, "x", i) }
	cash.w = &world{cast: &cast{
		dao:      who(9),
		services: []service{{Service: pocket.Service{Owner: who(8)}}},
		suppliers: []supplier{
			{shares: []pocket.RevShare{{Address: who(0), Percent: 10}, {Address: who(1), Percent: 60}, {Address: who(2), Percent: 30}}},
			{shares: []pocket.RevShare{{Address: who(1), Percent: 100}}},
		},
	}}
	pay := func(supplier int, claimed, budget pocket.Upokt) outcome {
		o := outcome{claim: &claim{supplier: supplier, claimed: claimed}}
		cash.pay(&o, []pocket.Upokt{budget})
		return o
	}
	amounts := func(o outcome) (all []pocket.Upokt) {
		for _, s := range o.shares {
			all = append(all, s.Amount)
		}
		return all
	}
	assert.Equal(t, []pocket.Upokt{146, 876, 438, 46, 85, 3, 7, 3, 2, 4, 19}, amounts(pay(0, 1897, -1)))
	assert.Equal(t, []pocket.Upokt{62970, 1992, 3589, 572, 122, 84, 818}, amounts(pay(1, 81754, -1)))
	assert.Equal(t, []pocket.Upokt{6, 33, 16, 1, 5, 1, 1}, amounts(pay(0, 72, -1)))
	short := pay(1, 71535, 66760) // block 38
	assert.Equal(t, []pocket.Upokt{51421, 1627, 2931, 467, 100, 68, 668}, amounts(short))
	assert.Equal(t, []pocket.Upokt{65091, 72251, 67428}, []pocket.Upokt{short.minted, short.expected, short.burned})
	assert.True(t, short.short)
	assert.Equal(t, []pocket.Upokt{11408, 1268}, proportional(14084-1408, 900_000_000_000, 100_000_000_000))
	assert.Equal(t, []pocket.Upokt{39, 4}, proportional(43, 900_000_000_000, 100_000_000_000))
}

func TestBalancesAreExact(t *testing.T) {
	chain := eventful(t)
	w, head := chain.now()
	t.Run("no coin is lost: the supply changes by what is minted and burned", func(t *testing.T) {
		var supply pocket.Upokt
		for _, amount := range w.genesis {
			supply += amount
		}
		now, err := chain.balances.after(t.Context(), w, head)
		require.NoError(t, err)
		var sum pocket.Upokt
		for who, amount := range now {
			sum += amount
			assert.GreaterOrEqual(t, amount, pocket.Upokt(0), who)
		}
		for e, err := range chain.Truth(1, head) {
			require.NoError(t, err)
			switch e := e.(type) {
			case pocket.SettlementBatch:
				if e.Operation == "mint" {
					supply += e.Amount
				} else if e.Operation == "burn" {
					supply -= e.Amount
				}
			case pocket.Slash:
				supply -= e.Penalty
			}
		}
		assert.Equal(t, supply, sum)
	})
	t.Run("the module holds the stakes", func(t *testing.T) {
		for _, h := range []pocket.Height{1, 111, 205, 1000, head} {
			var staked, fees pocket.Upokt
			for i := range w.suppliers {
				if p := w.lives[i].at(h); p.staked {
					staked += p.stake
				}
				for _, a := range w.lives[i].acts {
					if a.height <= h && (a.kind == actStake || a.kind == actCancel || a.kind == actRestore) {
						fees++ // a staking fee of 1upokt stays with the module
					}
				}
			}
			held, err := chain.Balance(t.Context(), pocket.MustParseAddress(supplierModule), h)
			require.NoError(t, err)
			assert.Equal(t, staked+fees+joiners(w, h), held, "after block %d", h)
		}
	})
	t.Run("asked in any order they are the same", func(t *testing.T) {
		fresh := eventful(t)
		who := chain.Owners()[0]
		for _, h := range []pocket.Height{2500, 10, 2499, 2501, 1, 3000} {
			want, err := chain.Balance(t.Context(), who, h)
			require.NoError(t, err)
			got, err := fresh.Balance(t.Context(), who, h)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
	})
	t.Run("a question may be given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := eventful(t).Balance(ctx, chain.Owners()[0], 100)
		assert.ErrorIs(t, err, context.Canceled)
	})
}

// joiners is what the module was given at the beginning for suppliers that join later or not at all.
func joiners(w *world, _ pocket.Height) pocket.Upokt {
	var sum pocket.Upokt
	for i, s := range w.suppliers {
		if len(w.lives[i].phases) == 0 || w.lives[i].phases[0].from > 0 {
			sum += s.stake
		}
	}
	return sum
}

func TestTruthOfSomeKindsIsPartOfTheWholeTruth(t *testing.T) {
	chain := eventful(t)
	for _, kinds := range [][]pocket.Kind{
		{pocket.KindSettlement, pocket.KindSlash}, {pocket.KindTransaction}, {pocket.KindUnbondingBegin, pocket.KindUnbondingEnd},
	} {
		var want, got []pocket.Event
		for e, err := range chain.Truth(1, 800) {
			require.NoError(t, err)
			if slices.Contains(kinds, e.Kind()) {
				want = append(want, e)
			}
		}
		for e, err := range chain.Truth(1, 800, kinds...) {
			require.NoError(t, err)
			got = append(got, e)
		}
		require.NotEmpty(t, want)
		require.Equal(t, want, got)
	}
}

func TestResultsAreWrittenInPieces(t *testing.T) {
	chain := NewChain(Config{Seed: 9, Params: SmallParams(), Blocks: 40, Suppliers: 100, ClaimsPerSession: 400, Applications: 8, Rates: Calm()})
	var whole bytes.Buffer
	pieces := 0
	require.NoError(t, chain.WriteBlockResults(writerFunc(func(b []byte) (int, error) {
		pieces++
		assert.Less(t, len(b), sheetSize+64<<10)
		return whole.Write(b)
	}), 38))
	assert.Greater(t, pieces, 10)
	assert.Greater(t, whole.Len(), 1_000_000)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
