package pockettest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t testing.TB, node *pockettest.Node) *shannon.Client {
	t.Helper()
	client, err := shannon.New([]string{node.RPC}, []string{node.REST}, shannon.WithChainID(pockettest.ChainID))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// eventful is a chain on which everything happens.
func eventful(seed uint64, params pocket.Params, blocks int64) *pockettest.Chain {
	c := pockettest.Config{Seed: seed, Params: params, Blocks: blocks}
	plain := pockettest.NewChain(c)
	who, apps := plain.Operators(), plain.Applications()
	c.Rates = pockettest.Rates{Expiries: 1, Misses: 1, Leaves: 0.2, Overserviced: 5, Sends: 300}
	c.Incidents = []pockettest.Incident{
		{Kind: pockettest.BelowMinimum, Height: 60, Supplier: who[2]},
		{Kind: pockettest.CancelUnstake, Height: 500, Supplier: who[2]},
		{Kind: pockettest.Unstake, Height: 110, Supplier: who[3]},
		{Kind: pockettest.Unstake, Height: 114, Supplier: who[4]},
		{Kind: pockettest.CancelUnstake, Height: 122, Supplier: who[4]},
		{Kind: pockettest.Expire, Height: 150, Supplier: who[5], Invalid: true},
		{Kind: pockettest.Discard, Height: 200, Supplier: who[5]},
		{Kind: pockettest.Overserve, Height: 250, Application: apps[0]},
	}
	return pockettest.NewChain(c)
}

// tidy makes lists of no items equal, whether the reader made one or not.
func tidy(e pocket.Event) pocket.Event {
	tidySupplier := func(s *pocket.Supplier) {
		if len(s.Services) == 0 {
			s.Services = nil
		}
		if len(s.History) == 0 {
			s.History = nil
		}
	}
	switch e := e.(type) {
	case pocket.Settlement:
		if len(e.Shares) == 0 {
			e.Shares = nil
		}
		return e
	case pocket.Unbonding:
		tidySupplier(&e.Supplier)
		return e
	case pocket.ApplicationUnbonding:
		if len(e.Application.Gateways) == 0 {
			e.Application.Gateways = nil
		}
		return e
	case pocket.Transaction:
		if len(e.Transfers) == 0 {
			e.Transfers = nil
		}
		return e
	default:
		return e
	}
}

func TestARealClientReadsWhatTheSimulatorDid(t *testing.T) {
	for name, params := range map[string]pocket.Params{"small": pockettest.SmallParams(), "mainnet": pockettest.MainnetParams()} {
		t.Run(name, func(t *testing.T) {
			chain := eventful(11, params, 900)
			node := pockettest.NewNode(chain)
			defer node.Close()
			client := connect(t, node)
			kinds := map[pocket.Kind]int{}
			for h := pocket.Height(1); h <= chain.Head(); h++ {
				block, err := client.Block(t.Context(), h)
				require.NoError(t, err)
				own, err := chain.Block(h)
				require.NoError(t, err)
				require.Equal(t, own, block)
				var read, did []pocket.Event
				for e, err := range client.Events(t.Context(), block, pocket.Selection{}) {
					require.NoError(t, err)
					read = append(read, tidy(e))
				}
				for e, err := range chain.Truth(h, h) {
					require.NoError(t, err)
					did = append(did, tidy(e))
					kinds[e.Kind()]++
				}
				require.Equal(t, did, read, "block %d", h)
			}
			for _, kind := range []pocket.Kind{
				pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash, pocket.KindOverservicing,
				pocket.KindClaimCreation, pocket.KindProofSubmission, pocket.KindProofCheck, pocket.KindSupplierStake,
				pocket.KindUnbondingBegin, pocket.KindUnbondingCancel, pocket.KindValidatorReward, pocket.KindSettlementBatch,
				pocket.KindDifficultyUpdate, pocket.KindTransaction, pocket.KindApplicationUnbonding, pocket.KindServiceActivation,
			} {
				assert.NotZero(t, kinds[kind], "%s never happened", kind)
			}
		})
	}
}

func TestARealClientReadsTheState(t *testing.T) {
	chain := eventful(12, pockettest.SmallParams(), 700)
	node := pockettest.NewNode(chain)
	defer node.Close()
	client := connect(t, node)

	staked := map[pocket.Address]pocket.Supplier{}
	for s, err := range client.Suppliers(t.Context(), shannon.SupplierFilter{}) {
		require.NoError(t, err)
		staked[s.Operator] = s
	}
	want := chain.Suppliers()
	require.Len(t, staked, len(want))
	for _, s := range want {
		got := staked[s.Operator]
		assert.Equal(t, s.Stake, got.Stake)
		assert.Equal(t, s.UnstakeSessionEnd, got.UnstakeSessionEnd)
		assert.Len(t, got.Services, len(s.Services))
		assert.Len(t, got.History, len(s.History))
	}
	params, err := client.Params(t.Context())
	require.NoError(t, err)
	own := chain.Params(chain.Head())
	assert.Equal(t, own.Shared, params.Shared)
	assert.Equal(t, own.SupplierMinStake, params.SupplierMinStake)
	assert.Equal(t, own.Tokenomics.DAO, params.Tokenomics.DAO)
	assert.True(t, own.Tokenomics.MintRatio.Equal(params.Tokenomics.MintRatio))
	assert.True(t, own.Proof.RequestProbability.Equal(params.Proof.RequestProbability))
	assert.Equal(t, own.Proof.MissingPenalty, params.Proof.MissingPenalty)

	operator := want[0].Operator
	balance, err := client.Balance(t.Context(), operator)
	require.NoError(t, err)
	exact, err := chain.Balance(t.Context(), operator, 0)
	require.NoError(t, err)
	assert.Equal(t, exact, balance)
	then, err := client.At(100).Balance(t.Context(), operator)
	require.NoError(t, err)
	exact, err = chain.Balance(t.Context(), operator, 100)
	require.NoError(t, err)
	assert.Equal(t, exact, then)
	assert.NotEqual(t, balance, then)

	account, err := client.Account(t.Context(), operator)
	require.NoError(t, err)
	assert.NotEmpty(t, account.PubKey)
	status, err := client.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, pockettest.ChainID, status.ChainID)
	assert.Equal(t, chain.Head(), status.Latest)
	for v, err := range client.Validators(t.Context(), true) {
		require.NoError(t, err)
		assert.Contains(t, v.Moniker, "simulated")
	}
	for s, err := range client.SigningInfos(t.Context()) {
		require.NoError(t, err)
		assert.Zero(t, s.MissedBlocks)
	}
	for s, err := range client.Services(t.Context()) {
		require.NoError(t, err)
		assert.Contains(t, s.Name, "simulated")
	}
	app := chain.Applications()[0]
	a, err := client.Application(t.Context(), app)
	require.NoError(t, err)
	session, err := client.Session(t.Context(), app, a.Services[0], 0)
	require.NoError(t, err)
	assert.NotEmpty(t, session.Suppliers)
	for d, err := range client.Difficulties(t.Context()) {
		require.NoError(t, err)
		assert.Len(t, d.TargetHash, 32)
	}
}

func TestPendingClaimsAreThoseThatSettle(t *testing.T) {
	chain := pockettest.NewChain(pockettest.Config{Seed: 5, Params: pockettest.SmallParams(), Blocks: 38, Rates: pockettest.Calm()})
	node := pockettest.NewNode(chain)
	defer node.Close()
	client := connect(t, node)
	chain.SetHead(37) // session 21 to 30 settles at 38
	var pending []string
	for c, err := range client.Claims(t.Context(), shannon.ClaimFilter{}) {
		require.NoError(t, err)
		pending = append(pending, fmt.Sprint(c.SessionID, c.Supplier, c.ComputeUnits, c.Relays))
	}
	chain.SetHead(38)
	var settled []string
	for e, err := range chain.Truth(38, 38) {
		require.NoError(t, err)
		if s, ok := e.(pocket.Settlement); ok {
			settled = append(settled, fmt.Sprint(s.SessionID, s.Supplier, s.ClaimedComputeUnits, s.Relays))
		}
	}
	assert.NotEmpty(t, settled)
	assert.Equal(t, settled, pending)
	for range client.Claims(t.Context(), shannon.ClaimFilter{}) {
		t.Fatal("a settled claim is still pending")
	}
}
