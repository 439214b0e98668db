package poktscan

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

// sharesOf1 is how the first recorded supplier shares what it earns.
var sharesOf1 = []pocket.RevShare{{Address: delegator, Percent: 80}, {Address: ownerA, Percent: 20}}

func recordedConfigs() []pocket.ServiceConfig {
	url := func(service, kind string) pocket.Endpoint {
		scheme := map[string]string{"JSON_RPC": "https", "WEBSOCKET": "wss"}[kind]
		return pocket.Endpoint{URL: scheme + "://" + service + ".rm1.alpha-nodes.example:443", RPCType: kind}
	}
	return []pocket.ServiceConfig{
		{Service: "base", Endpoints: []pocket.Endpoint{url("base", "JSON_RPC")}, RevShares: sharesOf1},
		{Service: "eth", Endpoints: []pocket.Endpoint{url("eth", "JSON_RPC"), url("eth-ws", "WEBSOCKET")}, RevShares: sharesOf1},
		{Service: "poly", Endpoints: []pocket.Endpoint{url("poly", "JSON_RPC")}, RevShares: sharesOf1},
	}
}

// recordedSupplier answers for a supplier with what was recorded, in which the owner is told by a relation.
func recordedSupplier(t *testing.T, s *poktscantest.Server, name string, owner pocket.Address) {
	t.Helper()
	edited(t, s, `"stakeDenom":"upokt"`, `"ownerId":"`+owner.String()+`"`, "Supplier", name)
}

func TestARecordedSupplierIsRead(t *testing.T) {
	s, c := server(t)
	recordedSupplier(t, s, "supplier-detail", ownerA)
	got, err := c.Supplier(t.Context(), supplier1)
	require.NoError(t, err)
	want := pocket.Supplier{Operator: supplier1, Owner: ownerA, Stake: 59_995_000_000, Services: recordedConfigs()}
	for _, config := range want.Services {
		want.History = append(want.History, pocket.ServiceUpdate{ServiceConfig: config, Activation: 927660})
	}
	assert.Equal(t, want, got)
	assert.Equal(t, pocket.SupplierActive, got.State(pocket.POKT(59_500)))
	assert.Equal(t, pocket.Height(927660), got.StakedSince())
}

func TestASupplierThatLeavesTellsTheSessionInWhichItAsked(t *testing.T) {
	s, c := server(t)
	recordedSupplier(t, s, "supplier-detail-unstaking", ownerA)
	recorded(t, s, "UnbondingBegan", "unbonding-events", "begins", "list")
	got, err := c.Supplier(t.Context(), supplier2)
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(1010040), got.UnstakeSessionEnd)
	assert.Empty(t, got.Services, "it serves up to that session's end")
	require.Len(t, got.History, 2)
	assert.Equal(t, pocket.Height(1010041), got.History[0].Deactivation)
	assert.Equal(t, pocket.SupplierUnbonding, got.State(pocket.POKT(59_500)))

	// By its parameters the chain reckons the height at which the stake comes back, which the service has as 1040240.
	params := pocket.SharedParams{BlocksPerSession: 60, SupplierUnbonding: 504, GraceEndOffset: 1}
	assert.InDelta(t, 1040240, int64(params.UnbondingEnd(got.UnstakeSessionEnd)), 60)

	s.SetReply("UnbondingBegan", poktscantest.Reply{Body: `{"data":{"_metadata":{"chain":"pocket","lastProcessedHeight":1014000,"targetHeight":1014000},` +
		`"list":{"pageInfo":{"hasNextPage":false},"nodes":[]}}}`})
	got, err = c.Supplier(t.Context(), supplier2)
	require.NoError(t, err)
	assert.Equal(t, pocket.Height(1010000), got.UnstakeSessionEnd, "the block in which it began is in that session")
}

func TestASupplierThatIsGoneOrNeverWasIsNotFound(t *testing.T) {
	s, c := server(t)
	recordedSupplier(t, s, "supplier-detail-unstaked", ownerB)
	_, err := c.Supplier(t.Context(), supplier4)
	assert.ErrorIs(t, err, pocket.ErrNotFound)
	recorded(t, s, "Supplier", "supplier-detail-unknown")
	_, err = c.Supplier(t.Context(), friend)
	assert.ErrorIs(t, err, pocket.ErrNotFound)
	_, err = c.Supplier(t.Context(), pocket.Address{})
	assert.ErrorIs(t, err, pocket.ErrInvalid)
	_, err = c.Supplier(t.Context(), supplier1)
	assert.Error(t, err)
}

func TestASupplierIsReadAsOfABlock(t *testing.T) {
	s, c := server(t)
	edited(t, s, `"stakeAmount"`, `"ownerId":"`+ownerB.String()+`","stakeAmount"`, "Supplier", "supplier-at-height")
	got, err := c.SupplierAt(t.Context(), supplier3, 950000)
	require.NoError(t, err)
	assert.Equal(t, pocket.Upokt(59_985_000_000), got.Stake)
	assert.Len(t, got.Services, 2)
	last := s.Requests()[len(s.Requests())-1]
	assert.Equal(t, "950000", last.Variables["at"])

	_, err = c.SupplierAt(t.Context(), supplier3, 2_000_000)
	assert.ErrorIs(t, err, pocket.ErrFutureHeight, "or the present would pass for the future")
}

func TestRecordedListsOfSuppliersAreRead(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "UnbondingBegan", "unbonding-events", "begins", "list")
	for name, want := range map[string]int{
		"suppliers-by-owner": 4, "suppliers-by-revshare": 2, "suppliers-unstaking": 1, "suppliers-at-height": 4, "suppliers-empty": 0,
	} {
		recorded(t, s, "Suppliers", name, "suppliers", "list")
		assert.Len(t, collect(t, c.Suppliers(t.Context(), SupplierFilter{Brief: true})), want, name)
	}
}

func TestSuppliersAreChosen(t *testing.T) {
	s, c := server(t, WithPageSize(2))
	s.AddRange(1, 1_000, begin, time.Minute)
	supplier := func(a, owner, share pocket.Address, services ...pocket.ServiceID) pocket.Supplier {
		p := pocket.Supplier{Operator: a, Owner: owner, Stake: pocket.POKT(60_000)}
		for _, id := range services {
			config := pocket.ServiceConfig{Service: id, RevShares: []pocket.RevShare{{Address: share, Percent: 100}}, Endpoints: []pocket.Endpoint{{URL: "https://x.example", RPCType: "REST"}}}
			p.Services = append(p.Services, config)
			p.History = append(p.History, pocket.ServiceUpdate{ServiceConfig: config, Activation: 61})
		}
		return p
	}
	first, second := supplier(supplier1, ownerA, delegator, "base", "eth"), supplier(supplier2, ownerA, ownerA, "eth")
	third, gone := supplier(supplier3, ownerB, delegator, "poly"), supplier(supplier4, ownerB, ownerB)
	leaving := second
	leaving.UnstakeSessionEnd = 900
	gone.Stake = 0
	s.AddSuppliers(first, leaving, third, gone)
	s.AddEvents(pocket.Unbonding{At: at(850), Phase: pocket.UnbondingBegan, Supplier: pocket.Supplier{Operator: supplier2}, SessionEnd: 900, EventEndHeight: 3_000})
	leaving.Services, leaving.History = nil, []pocket.ServiceUpdate{{ServiceConfig: second.Services[0], Activation: 61, Deactivation: 901}}

	tests := map[string]struct {
		filter SupplierFilter
		want   []pocket.Supplier
	}{
		"everybody who is staked or leaving": {SupplierFilter{}, []pocket.Supplier{leaving, third, first}},
		"by operator":                        {SupplierFilter{Operators: []pocket.Address{supplier1, supplier4}}, []pocket.Supplier{first}},
		"by owner":                           {SupplierFilter{Owners: []pocket.Address{ownerA}}, []pocket.Supplier{leaving, first}},
		"by rev share":                       {SupplierFilter{Recipients: []pocket.Address{delegator, friend}}, []pocket.Supplier{third, first}},
		"by any of these, each once":         {SupplierFilter{Operators: []pocket.Address{supplier3}, Recipients: []pocket.Address{delegator}}, []pocket.Supplier{third, first}},
		"by service":                         {SupplierFilter{Services: []pocket.ServiceID{"eth"}}, []pocket.Supplier{leaving, first}},
		"that leave":                         {SupplierFilter{Unstaking: true}, []pocket.Supplier{leaving}},
		"nobody":                             {SupplierFilter{Owners: []pocket.Address{friend}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.ElementsMatch(t, tt.want, collect(t, c.Suppliers(t.Context(), tt.filter)))
		})
	}
	t.Run("without services", func(t *testing.T) {
		list := collect(t, c.Suppliers(t.Context(), SupplierFilter{Operators: []pocket.Address{supplier1}, Brief: true}))
		assert.Equal(t, []pocket.Supplier{{Operator: supplier1, Owner: ownerA, Stake: pocket.POKT(60_000)}}, list)
	})
	t.Run("a wrong address is refused", func(t *testing.T) {
		for _, err := range c.Suppliers(t.Context(), SupplierFilter{Owners: []pocket.Address{pocket.MustParseAddress(strings.Repeat("ab", 20))}}) {
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
}

func TestASupplierWithMoreServicesThanARowHoldsHasThemAll(t *testing.T) {
	s, c := server(t)
	s.SetLimit(100)
	s.AddRange(1, 10, begin, time.Minute)
	p := pocket.Supplier{Operator: supplier1, Owner: ownerA, Stake: 1}
	for i := range 250 {
		config := pocket.ServiceConfig{Service: pocket.ServiceID("s" + string(rune('a'+i%26)) + strings.Repeat("x", i/26))}
		p.Services = append(p.Services, config)
		p.History = append(p.History, pocket.ServiceUpdate{ServiceConfig: config, Activation: 2})
	}
	s.AddSuppliers(p)
	got, err := c.Supplier(t.Context(), supplier1)
	require.NoError(t, err)
	assert.Len(t, got.Services, 250)
	assert.ElementsMatch(t, p.Services, got.Services)
}

func TestBalancesAreRead(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "Balances", "balances-by-addresses", "balances", "list")
	assert.Equal(t, []Balance{
		{supplier2, 1_830_000, 1013500}, {friend, 10_000_000, 1013500}, {supplier1, 5_120_345, 1013500}, {ownerA, 152_340_987_654, 1013500},
	}, collect(t, c.Balances(t.Context(), ownerA, supplier1, supplier2, friend)))
	recorded(t, s, "Balances", "balances-none", "balances", "list")
	amount, err := c.Balance(t.Context(), exchange)
	require.NoError(t, err)
	assert.Zero(t, amount, "who never held anything has nothing")
	assert.Empty(t, collect(t, c.Balances(t.Context(), exchange)))

	past := poktscantest.New()
	t.Cleanup(past.Close)
	past.AddRange(1, 100, begin, time.Minute)
	past.AddBalance(friend, 5, 10)
	past.AddBalance(friend, 9, 50)
	of := clientOf(t, []string{past.URL})
	for h, want := range map[pocket.Height]pocket.Upokt{0: 9, 100: 9, 50: 9, 49: 5, 10: 5, 9: 0} {
		amount, err := of.At(h).Balance(t.Context(), friend)
		require.NoError(t, err)
		assert.Equal(t, want, amount, h)
	}
}

func TestRecordedParamsAreRead(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "Params", "params-all", "params", "list")
	p, err := c.Params(t.Context())
	require.NoError(t, err)
	assert.Equal(t, pocket.SharedParams{
		BlocksPerSession: 60, GraceEndOffset: 1, ClaimOpenOffset: 1, ClaimCloseOffset: 4, ProofOpenOffset: 0, ProofCloseOffset: 4,
		SupplierUnbonding: 504, ApplicationUnbonding: 1, GatewayUnbonding: 1, ComputeUnitMultiplier: 41550, ComputeUnitCost: 1_000_000,
	}, p.Shared)
	assert.Equal(t, dao, p.Tokenomics.DAO)
	assert.Equal(t, "0.975", p.Tokenomics.MintRatio.String())
	assert.Equal(t, "0.07", p.Tokenomics.Split["source_owner"].String())
	assert.Equal(t, "0.001", p.Proof.RequestProbability.String())
	assert.Equal(t, pocket.POKT(10), p.Proof.MissingPenalty)
	assert.Equal(t, pocket.POKT(47), p.Proof.RequirementThreshold)
	assert.Equal(t, pocket.POKT(59_500), p.SupplierMinStake)
	assert.Equal(t, pocket.POKT(1_000), p.ApplicationMinStake)
	assert.EqualValues(t, 50, p.SuppliersPerSession)
	assert.EqualValues(t, 100_000, p.TargetRelays)
	assert.Len(t, collect(t, c.RawParams(t.Context())), 25)

	recorded(t, s, "Param", "param-by-id")
	one, err := c.Param(t.Context(), "supplier", "min_stake")
	require.NoError(t, err)
	assert.Equal(t, Param{"supplier", "min_stake", `{"denom":"upokt","amount":"59500000000"}`, 927601}, one)
	_, err = c.At(5).SharedParams(t.Context(), -1)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

func TestParamsAreReadAsOfABlock(t *testing.T) {
	s, c := server(t)
	s.AddRange(1, 1_000, begin, time.Minute)
	s.AddParam("shared", "num_blocks_per_session", "60", 1)
	s.AddParam("shared", "compute_units_to_tokens_multiplier", "42000", 1)
	s.AddParam("shared", "compute_units_to_tokens_multiplier", "43100", 500)
	s.AddParam("migration", "morse_account_claiming_enabled", "true", 1)
	s.AddParam("tokenomics", "mint_ratio", `"0.9"`, 1)
	for h, want := range map[pocket.Height]int64{0: 43100, 500: 43100, 499: 42000} {
		p, err := c.SharedParams(t.Context(), h)
		require.NoError(t, err)
		assert.Equal(t, want, p.ComputeUnitMultiplier)
	}
	one, err := c.At(20).Param(t.Context(), "shared", "compute_units_to_tokens_multiplier")
	require.NoError(t, err)
	assert.Equal(t, "42000", one.Value)
	p, err := c.Params(t.Context())
	require.NoError(t, err)
	assert.True(t, p.MorseClaimsOpen)
	assert.True(t, decimal.RequireFromString("0.9").Equal(p.Tokenomics.MintRatio))
	_, err = c.Param(t.Context(), "shared", "none")
	assert.ErrorIs(t, err, pocket.ErrNotFound)
	s.AddParam("migration", "morse_account_claiming_enabled", "maybe", 2)
	_, err = c.Params(t.Context())
	assert.ErrorIs(t, err, pocket.ErrMalformed)
	assert.ErrorContains(t, err, "morse_account_claiming_enabled")
}

func TestServicesAndTheirDifficultyAreRead(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "Services", "services", "services", "list")
	list := collect(t, c.Services(t.Context()))
	require.Len(t, list, 3)
	assert.Equal(t, pocket.Service{ID: "eth", Name: "Ethereum", ComputeUnitsPerRelay: 4182, Owner: svcOwner}, list[1])
	difficulties := collect(t, c.Difficulties(t.Context()))
	require.Len(t, difficulties, 3)
	assert.Equal(t, int64(4_000_000), difficulties[1].RelaysEMA)
	assert.Equal(t, "3fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", hex.EncodeToString(difficulties[1].TargetHash))
	recorded(t, s, "Service", "service-unknown")
	_, err := c.Service(t.Context(), "nope")
	assert.ErrorIs(t, err, pocket.ErrNotFound)

	own := poktscantest.New()
	t.Cleanup(own.Close)
	own.AddRange(1, 10, begin, time.Minute)
	own.AddService(list[1], nil)
	own.AddService(list[0], &difficulties[0])
	of := clientOf(t, []string{own.URL})
	eth, err := of.Service(t.Context(), "eth")
	require.NoError(t, err)
	assert.Equal(t, list[1], eth)
	_, err = of.Difficulty(t.Context(), "eth")
	assert.ErrorIs(t, err, pocket.ErrNotFound, "it had no update yet")
	base, err := of.Difficulty(t.Context(), "base")
	require.NoError(t, err)
	assert.Equal(t, difficulties[0], base)
}

func TestMorseAccountsAreFoundFromBothSides(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "MorseClaimables", "morse-claimable-account", "morseClaimableAccounts", "list")
	morse := pocket.MustParseAddress("de97baabd476ee5b3783a8ffa713cea1ec807985")
	want := pocket.MorseClaimable{
		Morse: morse, MorseOutput: pocket.MustParseAddress("7CA9E0AA99DDECD0BC518F9B596492515492E68F"), Destination: ownerA, ClaimedAt: 927701,
		Balance: 1_200_000_000, SupplierStake: 60_005_000_000,
	}
	assert.Equal(t, []pocket.MorseClaimable{want}, collect(t, c.MorseClaimables(t.Context(), ownerA)))

	own := poktscantest.New()
	t.Cleanup(own.Close)
	own.AddRange(1, 10, begin, time.Minute)
	open := pocket.MorseClaimable{Morse: pocket.MustParseAddress(strings.Repeat("0a", 20)), Balance: 3}
	own.AddMorse(want)
	own.AddMorse(open)
	of := clientOf(t, []string{own.URL})
	assert.Equal(t, []pocket.MorseClaimable{want}, collect(t, of.MorseClaimables(t.Context(), ownerA, morse)), "named twice, told once")
	assert.ElementsMatch(t, []pocket.MorseClaimable{want, open}, collect(t, of.MorseClaimables(t.Context())))
	got, err := of.MorseClaimable(t.Context(), open.Morse)
	require.NoError(t, err)
	assert.Equal(t, open, got)
	_, err = of.MorseClaimable(t.Context(), pocket.MustParseAddress(strings.Repeat("0b", 20)))
	assert.ErrorIs(t, err, pocket.ErrNotFound)
	_, err = of.MorseClaimable(t.Context(), ownerA)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

func TestTransactionsAndTransfersAreRead(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "Transaction", "transaction-failed")
	const hash = "A6357A797D8A846C5BD7BA6A72548CF19FD1ED157601BC1F1D59506B256D0A5E"
	at := pocket.At{Height: 1013700, Time: time.Date(2026, 11, 19, 18, 59, 0, 123e6, time.UTC), Index: -1, TxHash: hash}
	got, err := c.Transaction(t.Context(), " 0x"+strings.ToLower(hash))
	require.NoError(t, err)
	assert.Equal(t, pocket.Transaction{
		At: at, Code: 5, Codespace: "sdk", GasUsed: 82311, GasWanted: 100000, Fee: 1000, FeePayer: ownerA, Messages: []string{"/cosmos.bank.v1beta1.MsgSend"},
		Log: "failed to execute message; message index: 0: spendable balance 152340987654upokt is smaller than 999999999999999upokt: insufficient funds",
	}, got)
	assert.Equal(t, hash, s.Requests()[0].Variables["id"], "ids are matched as they are written")
	for _, name := range []string{"transaction-unknown", "transaction-lowercase-hash"} {
		recorded(t, s, "Transaction", name)
		_, err = c.Transaction(t.Context(), hash)
		assert.ErrorIs(t, err, pocket.ErrNotFound)
	}
	_, err = c.Transaction(t.Context(), "abc")
	assert.ErrorIs(t, err, pocket.ErrInvalid)

	const more, last = `"hasNextPage":true`, `"hasNextPage":false`
	edited(t, s, more, last, "Transactions", "transactions-by-signer", "transactions", "list")
	assert.Len(t, collect(t, c.TransactionsOf(t.Context(), ownerA, 1, 0)), 4)

	edited(t, s, more, last, "Transfers", "transfers-by-address", "nativeTransfers", "list")
	transfers := collect(t, c.Transfers(t.Context(), ownerA, 1, 0))
	require.Len(t, transfers, 3)
	assert.Equal(t, Transfer{At: at, Transfer: pocket.Transfer{From: ownerA, To: exchange, Amount: 999_999_999_999_999}, Code: 5}, transfers[0])
	assert.True(t, transfers[0].Failed())
	assert.Equal(t, pocket.Transfer{From: delegator, To: ownerA, Amount: 8_449_627_410}, transfers[1].Transfer)
	assert.False(t, transfers[1].DirectionDoubtful, "the indexer was mended by then")
}

func TestTransfersBeforeTheIndexerWasMendedAreDoubtful(t *testing.T) {
	s, c := server(t)
	s.AddRange(1, 100, begin, time.Minute)
	tx := pocket.Transaction{
		At: at(5), FeePayer: friend, Fee: 7, Memo: "hello", Messages: []string{"/a", "/b", "/a"}, Transfers: []pocket.Transfer{{From: friend, To: exchange, Amount: 3}},
	}
	tx.TxHash = poktscantest.Hash(77)
	s.AddEvents(tx)
	list := collect(t, c.Transfers(t.Context(), exchange, 1, 100))
	require.Len(t, list, 1)
	assert.True(t, list[0].DirectionDoubtful)
	assert.Equal(t, "hello", list[0].Memo)
	got := collect(t, c.TransactionsOf(t.Context(), friend, 1, 100))
	require.Len(t, got, 1)
	assert.ElementsMatch(t, tx.Messages, got[0].Messages)
	assert.Empty(t, collect(t, c.TransactionsOf(t.Context(), friend, 6, 100)))
	_, err := c.Transaction(t.Context(), tx.TxHash)
	require.NoError(t, err)
}
