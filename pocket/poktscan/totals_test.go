package poktscan

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// autumn is the span of all recorded data.
var autumn = pocket.Span{From: time.Date(2026, 9, 21, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}

func TestRecordedTotalsOfClaims(t *testing.T) {
	s, c := server(t)
	recorded(t, s, "Status", "indexer-status")
	recorded(t, s, "BlockFrom", "block-at-or-after-time")
	recorded(t, s, "ClaimTotals", "claims-settled-grouped", "eventClaimSettleds", "claims")
	got, err := c.ClaimTotals(t.Context(), []pocket.Address{supplier1, supplier2, supplier3}, week)
	require.NoError(t, err)
	require.Len(t, got.Value, 7)
	var count int64
	for _, total := range got.Value {
		count += total.Settlements
		assert.Equal(t, total.Settled+total.Overserviced, total.Claimed)
		assert.LessOrEqual(t, total.Minted, total.Settled)
	}
	assert.EqualValues(t, 404, count, "as many as the service counted")
	assert.Equal(t, ClaimTotal{
		Supplier: supplier2, Service: "base", Settlements: 25, Relays: 44591, EstimatedRelays: 89182, ClaimedComputeUnits: 143137110,
		EstimatedComputeUnits: 286274220, Claimed: 11_371_526 + 523_153, Overserviced: 523_153, Settled: 11_371_526, Minted: 11_087_225,
	}, got.Value[0])
	recorded(t, s, "ClaimTotals", "claims-settled-none", "eventClaimSettleds", "claims")
	none, err := c.ClaimTotals(t.Context(), []pocket.Address{friend}, week)
	require.NoError(t, err)
	assert.Empty(t, none.Value)
}

func TestTotalsOfClaimsAreThoseOfTheEvents(t *testing.T) {
	w := makeWorld(31, 3_000, 5, byAddress, today)
	c := clientOf(t, []string{w.serve(t).URL})
	span := pocket.Span{From: timeAt(100), To: timeAt(2_500)}
	var suppliers []pocket.Address
	for _, p := range w.suppliers[:3] {
		suppliers = append(suppliers, p.Operator)
	}
	got, err := c.ClaimTotals(t.Context(), suppliers, span)
	require.NoError(t, err)
	assert.True(t, got.Whole)
	want, err := c.Sums(t.Context(), rewards.Query{Span: span, Filter: pocket.Filter{Suppliers: suppliers}, By: []rewards.Dimension{rewards.BySupplier, rewards.ByService}})
	require.NoError(t, err)
	require.Len(t, got.Value, len(want))
	for i, row := range want {
		assert.Equal(t, row.Supplier, got.Value[i].Supplier)
		assert.Equal(t, row.Service, got.Value[i].Service)
		assert.Equal(t, row.Settlements, got.Value[i].Settlements)
		assert.Equal(t, row.Claimed, got.Value[i].Claimed)
		assert.Equal(t, row.Relays, got.Value[i].Relays)
	}
}

func TestRecordedClaimsAndProofs(t *testing.T) {
	s, c := server(t)
	s.SetSecretive(true)
	for operation, name := range map[string]string{"ClaimsAndProofs": "claims-vs-proofs", "ClaimsAndProofsOfAll": "claims-vs-proofs-network"} {
		recorded(t, s, operation, name)
		var who []pocket.Address
		if operation == "ClaimsAndProofs" {
			who = []pocket.Address{delegator, ownerB}
		}
		got, err := c.ClaimsAndProofs(t.Context(), who, week, rewards.Day, nil)
		require.NoError(t, err)
		last := got.Value[len(got.Value)-1]
		work := WorkTotal{44, 111188, 333773, 406090116, 1324585494, 55_036_503}
		assert.Equal(t, ClaimsAndProofs{time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), work, work, WorkTotal{}}, last)
		whole, err := c.ClaimsAndProofs(t.Context(), who, week, rewards.Month, nil)
		require.NoError(t, err)
		require.Len(t, whole.Value, 1)
		assert.Greater(t, whole.Value[0].Made.Claims, int64(44))
	}
}

func TestRecordedOverservicingAndRollups(t *testing.T) {
	s, c := server(t)
	s.SetSecretive(true)
	who := []pocket.Address{delegator, ownerB}
	recorded(t, s, "OverservicedByDate", "overserviced-series")
	series, err := c.OverservicedByDate(t.Context(), who, autumn, rewards.Week, nil)
	require.NoError(t, err)
	require.Len(t, series.Value, 8)
	assert.Equal(t, Overserviced{autumn.From, 1_829_137, 1_097_482}, series.Value[0])

	for _, name := range []string{"operator-rollup-by-time", "operator-rollup-by-height"} {
		recorded(t, s, "Rollup", name)
		rollups, err := c.Rollups(t.Context(), who, autumn)
		require.NoError(t, err)
		require.Len(t, rollups.Value, 2)
		if name == "operator-rollup-by-time" {
			assert.Equal(t, Rollup{
				Recipient: ownerB, Slashed: 20_000_000,
				Made:    WorkTotal{Claims: 1201, Relays: 2717959, ComputeUnits: 9871891194, Amount: 1_373_565_249},
				Settled: WorkTotal{Claims: 1201, Relays: 2717959, ComputeUnits: 9871891194, Amount: 1_369_054_260},
			}, rollups.Value[0])
		}
	}
}
