package poktscan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

// nodes decodes the rows of a recorded list.
func nodes[N any](t *testing.T, recording, list string) []N {
	t.Helper()
	var answer struct {
		Data map[string]struct {
			Nodes []N `json:"nodes"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(poktscantest.Recorded(recording).Response), &answer))
	require.NotEmpty(t, answer.Data[list].Nodes, recording)
	return answer.Data[list].Nodes
}

func TestRecordedSettlementsAreReadWithTheirShares(t *testing.T) {
	_, c := server(t)
	of := map[string][]*wireShare{}
	shares := nodes[wireShare](t, "claim-recipients", "modToAcctTransfers")
	for i := range shares {
		of[shares[i].Claim] = append([]*wireShare{&shares[i]}, of[shares[i].Claim]...) // in any order
	}
	var got []pocket.Settlement
	claims := nodes[wireSettled](t, "claims-settled-page-1", "eventClaimSettleds")
	for i := range claims {
		row, err := c.settlement(&claims[i], of[claims[i].ID])
		require.NoError(t, err)
		got = append(got, row.event.(pocket.Settlement))
	}
	require.Len(t, got, 3)
	assert.Equal(t, pocket.Settlement{
		At:       pocket.At{Height: 1013950, Time: time.Date(2026, 11, 19, 23, 9, 0, 123e6, time.UTC), Index: -1},
		Supplier: supplier1, Owner: ownerA, Application: app2, Service: "poly",
		SessionID: "d213cd1f78e77e6e8a7d5866de9a65bed7c815f27aef6a73da4ff833d2e6a7d1", SessionEnd: 1013940,
		Relays: 3752, EstimatedRelays: 3752, ClaimedComputeUnits: 9567600, EstimatedComputeUnits: 9567600,
		Claimed: 397_533, Settled: 397_533, Minted: 387_594, Deflated: 9_939, MintRatio: "0.975",
		Shares: []pocket.Share{
			{Recipient: delegator, Reason: pocket.ReasonSupplier, Amount: 241_859}, {Recipient: ownerA, Reason: pocket.ReasonSupplier, Amount: 60_464},
			{Recipient: dao, Reason: "TLM_RELAY_BURN_EQUALS_MINT_DAO_REWARD_DISTRIBUTION", Amount: 38_759},
			{Recipient: svcOwner, Reason: "TLM_RELAY_BURN_EQUALS_MINT_SOURCE_OWNER_REWARD_DISTRIBUTION", Amount: 27_131},
		},
	}, got[0])
	for _, s := range got[:2] {
		// The part of the proposer is paid per block; the rest of what was minted are the shares: 78 % the supplier's.
		var sum pocket.Upokt
		for _, share := range s.Shares {
			sum += share.Amount
		}
		assert.InDelta(t, int64(s.Minted)*95/100, int64(sum), 4)
		assert.InDelta(t, int64(s.Minted)*78/100, int64(s.SupplierSide()), 4)
		assert.Zero(t, s.Lacks)
	}
	assert.Equal(t, pocket.LacksShares, got[2].Lacks, "its shares were not recorded: unknown, not none")
}

func TestWhatWasClaimedIsMoreThanTheColumnOfThatName(t *testing.T) {
	overserviced := nodes[wireSettled](t, "claims-settled-overserviced", "eventClaimSettleds")
	for i := range overserviced {
		w := &overserviced[i]
		f := fields{}
		assert.Equal(t, pocket.Upokt(*w.Claimed), pocket.Upokt(*w.Settled), "the column holds what was settled")
		assert.Equal(t, pocket.Upokt(*w.Settled+*w.Overserviced), f.claimed(w))
	}
	// What the application should have burned in the same block, as its own event tells, is what was claimed.
	events := nodes[wireOverservicing](t, "overserviced-events", "eventApplicationOverserviceds")
	for i := range events {
		f := fields{}
		assert.Equal(t, events[i].Height, overserviced[i].Height)
		assert.Equal(t, pocket.Upokt(*events[i].Expected), f.claimed(&overserviced[i]))
		assert.Equal(t, *events[i].Effective, *overserviced[i].Settled)
	}
}

func TestRowsOfOldVersionsTellNoMoreThanTheChainDid(t *testing.T) {
	_, c := server(t)
	const row = `{"id":"5-EndBlock-3","blockId":"5","block":{"timestamp":"2025-06-01T00:00:00"},"supplierId":"pokt1p8evmws220ta5mvghcca5ag0nngdme5803x323",` +
		`"applicationId":"pokt1qcvxskwnpynfh76w4the8chz9a7823s6rlv499","serviceId":"eth","sessionEndHeight":"1","proofRequirement":"NOT_REQUIRED",` +
		`"proofValidationStatus":null,"numRelays":"3","numEstimatedRelays":"9","numClaimedComputedUnits":"30","numEstimatedComputedUnits":"90","claimedAmount":"60",` +
		`"settledAmount":"60","mintedAmount":"60","mintRatio":"1","overservicingLossAmount":"40","deflationLossAmount":"0"`
	share := func(reason string) *wireShare {
		sixty := amount(60)
		return &wireShare{ID: "5-EndBlock-3-0", Claim: "5-EndBlock-3", Recipient: delegator.String(), Reason: reason, Amount: &sixty, Denom: "upokt"}
	}
	read := func(row string, shares ...*wireShare) pocket.Settlement {
		t.Helper()
		var w wireSettled
		require.NoError(t, json.Unmarshal([]byte(row), &w))
		made, err := c.settlement(&w, shares)
		require.NoError(t, err)
		return made.event.(pocket.Settlement)
	}
	t.Run("bank operations tell all", func(t *testing.T) {
		s := read(row+`,"mints":[{"opReason":1,"destinationModule":"supplier","amount":"60n"},{"opReason":3,"destinationModule":"tokenomics","amount":"7n"}],`+
			`"burns":[{"opReason":2,"destinationModule":"application","amount":"60n"}]}`, share("TLM_RELAY_BURN_EQUALS_MINT_SUPPLIER_SHAREHOLDER_RD"))
		assert.Equal(t, []any{pocket.Upokt(100), pocket.Upokt(60), pocket.Upokt(60), pocket.Upokt(40), "1", pocket.Lack(0), int64(0)},
			[]any{s.Claimed, s.Settled, s.Minted, s.Overserviced, s.MintRatio, s.Lacks, s.EstimatedRelays})
		assert.Equal(t, pocket.Upokt(60), s.SupplierSide())
	})
	t.Run("bank operations that contradict the claim are not trusted", func(t *testing.T) {
		s := read(row + `,"mints":[{"opReason":1,"destinationModule":"supplier","amount":"60n"}],"burns":[{"opReason":2,"destinationModule":"x","amount":"59n"}]}`)
		assert.Equal(t, pocket.LacksAmounts, s.Lacks)
		assert.Zero(t, s.Settled)
	})
	t.Run("shares by address only", func(t *testing.T) {
		s := read(row+`,"mints":[{"opReason":3,"destinationModule":"","amount":"0n"}],"burns":[]}`, share("UNSPECIFIED"))
		assert.Equal(t, pocket.LacksAmounts|pocket.LacksReasons, s.Lacks)
		assert.Equal(t, pocket.Upokt(100), s.Claimed)
		assert.Equal(t, []pocket.Share{{Recipient: delegator, Amount: 60}}, s.Shares)
		assert.Zero(t, s.Settled+s.Minted+s.Overserviced, "a guess of the indexer's is no fact")
	})
	t.Run("the claim only", func(t *testing.T) {
		s := read(row + `,"mints":[],"burns":[]}`)
		assert.Equal(t, pocket.LacksAmounts|pocket.LacksShares, s.Lacks)
	})
	t.Run("a row from before the service kept what was settled", func(t *testing.T) {
		old := strings.NewReplacer(`"settledAmount":"60"`, `"settledAmount":null`, `"overservicingLossAmount":"40"`, `"overservicingLossAmount":null`).Replace(row)
		assert.Equal(t, pocket.Upokt(60), read(old+`}`).Claimed, "then the column holds the claim")
	})
	t.Run("today's row without amounts", func(t *testing.T) {
		s := read(strings.Replace(row, `"mintedAmount":"60"`, `"mintedAmount":null`, 1)+`,"supplierOwnerId":"`+ownerA.String()+`"}`, share("X_RD"))
		assert.Equal(t, pocket.LacksAmounts, s.Lacks)
		assert.Equal(t, pocket.Reason("X_REWARD_DISTRIBUTION"), s.Shares[0].Reason)
	})
	for name, broken := range map[string]string{
		"no supplier":            strings.Replace(row, supplier1.String(), "", 1),
		"a wrong supplier":       strings.Replace(row, supplier1.String(), supplier1.String()[:40], 1),
		"no height":              strings.Replace(row, `"blockId":"5"`, `"blockId":null`, 1),
		"no block":               strings.Replace(row, `{"timestamp":"2025-06-01T00:00:00"}`, `null`, 1),
		"an unknown status":      strings.Replace(row, `"proofValidationStatus":null`, `"proofValidationStatus":"NEW"`, 1),
		"an unknown need":        strings.Replace(row, `NOT_REQUIRED`, `SOMETIMES`, 1),
		"mints that are no such": row + `,"mints":3`,
	} {
		t.Run(name, func(t *testing.T) {
			var w wireSettled
			require.NoError(t, json.Unmarshal([]byte(broken+`}`), &w))
			_, err := c.settlement(&w, nil)
			assert.Error(t, err)
		})
	}
}

func TestRecordedEventsAreRead(t *testing.T) {
	_, c := server(t)
	withBlock := func(w *inBlock) {
		if w.Block == nil { // the question did not ask for it
			require.NoError(t, json.Unmarshal([]byte(`{"block":{"timestamp":"2026-11-09T04:10:00.123","hash":"AB"}}`), w))
		}
	}
	expired := nodes[wireWork](t, "claims-expired", "eventClaimExpireds")
	withBlock(&expired[0].inBlock)
	row, err := c.expiry(&expired[0])
	require.NoError(t, err)
	lost := row.event.(pocket.ClaimExpiry)
	assert.Equal(t, pocket.ClaimExpiry{
		At: pocket.At{Height: 998411, Time: time.Date(2026, 11, 9, 4, 10, 0, 123e6, time.UTC), Index: -1}, Reason: "PROOF_MISSING",
		Work: pocket.Work{
			Supplier: supplier1, Application: app2, Service: "eth", SessionEnd: 998401, Relays: 2100, EstimatedRelays: 8400, ClaimedComputeUnits: 8782200,
			EstimatedComputeUnits: 35128800, Claimed: 1_475_409,
		},
	}, lost)

	slashes := nodes[wireSlash](t, "slashings", "eventSupplierSlasheds")
	row, err = c.slash(&slashes[0])
	require.NoError(t, err)
	assert.Equal(t, pocket.Slash{
		At: lost.At, Supplier: supplier1, Application: app2, Service: "eth", SessionEnd: 998401, Penalty: pocket.POKT(10), StakeAfter: 59_995_000_000,
	}, row.event, "it follows in the same block")

	claims := nodes[wireWork](t, "claims-created", "msgCreateClaims")
	withBlock(&claims[0].inBlock)
	row, err = c.creation(&claims[0])
	require.NoError(t, err)
	assert.Equal(t, pocket.Upokt(1_852_303), row.event.(pocket.ClaimCreation).Claimed)
	assert.Equal(t, "2458AB7CAF3E6E3BDA603B697F9B975615F279893C4820F4A7EC289E4BA9FEE1", row.event.Where().TxHash)

	proofs := nodes[wireWork](t, "proofs-submitted", "msgSubmitProofs")
	proofs[0].Supplier = supplier3.String()
	withBlock(&proofs[0].inBlock)
	_, err = c.submission(&proofs[0])
	require.NoError(t, err)

	checks := nodes[wireWork](t, "proof-validity", "eventProofValidityCheckeds")
	checks[0].Supplier, checks[0].Application = supplier3.String(), `"`+app1.String()+`"`
	withBlock(&checks[0].inBlock)
	row, err = c.check(&checks[0])
	require.NoError(t, err)
	assert.Equal(t, pocket.ProofValidated, row.event.(pocket.ProofCheck).Status)
	assert.EqualValues(t, -1, row.place.number, "an id may end in no number")

	stakes := nodes[wireStake](t, "stake-messages", "msgStakeSuppliers")
	withBlock(&stakes[0].inBlock)
	row, err = c.stake(&stakes[0])
	require.NoError(t, err)
	assert.Equal(t, &pocket.Supplier{Operator: supplier1, Owner: ownerA, Stake: 60_005_000_000}, row.event.(pocket.SupplierStake).Config)

	begins, ends := nodes[wireUnbonding](t, "unbonding-events", "begins"), nodes[wireUnbonding](t, "unbonding-events", "ends")
	withBlock(&begins[0].inBlock)
	withBlock(&ends[0].inBlock)
	row, err = c.unbonding(pocket.UnbondingBegan)(&begins[0])
	require.NoError(t, err)
	began := row.event.(pocket.Unbonding)
	assert.Equal(t, []any{supplier2, false, pocket.Height(1010040), pocket.Height(1040240)}, []any{began.Supplier.Operator, began.Forced, began.SessionEnd, began.EventEndHeight})
	assert.Equal(t, "73189560DDF5C4678C23E8F4AF6AC3D066CD9C3BC6F936F60C09EB992603F039", began.TxHash)
	row, err = c.unbonding(pocket.UnbondingEnded)(&ends[0])
	require.NoError(t, err)
	assert.True(t, row.event.(pocket.Unbonding).Forced)
	assert.Equal(t, pocket.KindUnbondingEnd, row.event.Kind())
}

func TestStakeMessagesAreRead(t *testing.T) {
	s, c := server(t)
	s.AddRange(1, 10, begin, time.Minute)
	edited(t, s, `"supplierId"`, `"block":{"timestamp":"2026-09-21T00:01:00.123"},"supplierId"`, "Staked", "stake-messages", "msgStakeSuppliers", "list")
	edited(t, s, `"supplierId"`, `"block":{"timestamp":"2026-11-17T05:19:00.123"},"supplierId"`, "Unstaked", "stake-messages", "msgUnstakeSuppliers", "list")
	list := collect(t, c.StakeMessages(t.Context(), []pocket.Address{supplier1, supplier2}, 1, 0))
	require.Len(t, list, 3)
	assert.Equal(t, pocket.Upokt(60_005_000_000), list[0].Stake)
	assert.True(t, list[2].Unstake)
	assert.Equal(t, []pocket.Address{ownerA, supplier2, {}}, []pocket.Address{list[2].Signer, list[2].Supplier, list[2].Owner})
}

func TestPlacesOrderTheEventsOfABlock(t *testing.T) {
	tx := strings.Repeat("A", 64)
	ids := []string{tx + "-0", tx + "-Message-9", tx + "-Message-10", strings.Repeat("B", 64) + "-0", "5-EndBlock-s31", "5-EndBlock-2", "5-EndBlock-10"}
	for i := range ids[1:] {
		assert.Negative(t, placeOf(ids[i]).compare(placeOf(ids[i+1])), "%s comes before %s", ids[i], ids[i+1])
		assert.Positive(t, placeOf(ids[i+1]).compare(placeOf(ids[i])))
	}
	assert.Zero(t, placeOf("x").compare(placeOf("x")))
}
