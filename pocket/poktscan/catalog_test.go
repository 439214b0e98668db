package poktscan

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
	"github.com/poktbot/poktbot/rewards"
)

func TestTheCatalogIsAskedByItsNamesWhereTheOldOnesAreGone(t *testing.T) {
	for name, secretive := range map[string]bool{"a service that tells its functions": false, "one that does not": true} {
		t.Run(name, func(t *testing.T) {
			s, c := server(t)
			s.SetSecretive(secretive)
			s.AddRange(1, 10, begin, time.Minute)
			s.SetAbsent(true, totalFunction)
			s.SetAbsent(false, legacy(totalFunction))
			q := RewardsQuery{Span: pocket.Span{From: begin, To: timeAt(9)}, Recipients: []pocket.Address{friend}}
			for range 2 {
				got, err := c.Rewards(t.Context(), q)
				require.NoError(t, err)
				assert.True(t, got.Whole)
			}
			asked := 0
			for _, r := range s.Requests() {
				if strings.Contains(r.Query, totalFunction) {
					asked++
				}
			}
			if secretive {
				assert.Equal(t, 1, asked, "it is tried once")
			} else {
				assert.Zero(t, asked)
			}
			s.SetAbsent(true, legacy(totalFunction))
			c = clientOf(t, []string{s.URL})
			_, err := c.Rewards(t.Context(), q)
			assert.ErrorIs(t, err, pocket.ErrNotIndexed)
			assert.ErrorIs(t, err, ErrNoSuchField)
		})
	}
}

func TestBothShapesOfTheCatalogAreRead(t *testing.T) {
	s, c := server(t)
	s.SetAbsent(true, totalFunction, byDateFunction, byServiceFunction)
	s.SetAbsent(false, legacy(totalFunction), legacy(byDateFunction), legacy(byServiceFunction))
	q := RewardsQuery{Span: week, Recipients: []pocket.Address{delegator, ownerA}}
	for _, name := range []string{"legacy-rewards-total--bare", "legacy-rewards-total--ranged"} {
		recorded(t, s, "RewardsTotal", name, "legacyRewardsByAddressesAndTime", "total")
		total, err := c.Rewards(t.Context(), q)
		require.NoError(t, err, name)
		assert.Equal(t, pocket.Upokt(204_361_770), total.Value)
		assert.Equal(t, []pocket.Span{{From: week.From, To: total.AsOf.Time.Add(time.Millisecond)}}, total.Known, name)
	}
	recorded(t, s, "RewardsByDate", "legacy-rewards-by-address-and-date--ranged", "legacyRewardsByAddressesAndTimeGroupByAddressAndDate", "series")
	series, err := c.RewardsByDate(t.Context(), q, rewards.Day, nil)
	require.NoError(t, err)
	assert.Equal(t, []Reward{{time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), delegator, 21_114_820}, {time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), ownerA, 5_278_691}}, series.Value)

	recorded(t, s, "RewardsByService", "legacy-rewards-by-service--ranged", "legacyRewardsByAddressesAndTimeGroupByService", "services")
	net, err := c.netByService(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, byService{"base": 28_196_727}, net)

	recorded(t, s, "RewardsTotal", "legacy-rewards-total--not-covered", "legacyRewardsByAddressesAndTime", "total")
	q.Span = pocket.Span{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)}
	_, err = c.Rewards(t.Context(), q)
	assert.ErrorIs(t, err, pocket.ErrNotIndexed, "unknown is not zero")
	for _, words := range []string{
		"no settlement height is written yet", "range_start is before the first written settlement", "3 settlement heights which are not written (settlement_gaps)",
		"run rebuild_rollups first",
	} {
		s.SetReply("RewardsTotal", poktscantest.Reply{Body: `{"errors":[{"message":"` + words + `","path":["total"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":{"total":null}}`})
		_, err = c.Rewards(t.Context(), q)
		assert.ErrorIs(t, err, pocket.ErrNotIndexed, words)
	}
}

func TestGapsAreTold(t *testing.T) {
	s, c := server(t)
	answer := func(from, to, gaps string) Answer[pocket.Upokt] {
		s.SetReply("RewardsTotal", poktscantest.Reply{Body: `{"data":{"_metadata":{"chain":"pocket","lastProcessedHeight":1,"targetHeight":1},` +
			`"tip":{"nodes":[{"id":"1","timestamp":"2026-12-01T00:00:00.000"}]},"total":{"range":{"covered_from":"` + from + `","covered_to":"` + to +
			`","gaps":[` + gaps + `],"end_inclusive":true},"data":"5"}}}`})
		a, err := c.Rewards(t.Context(), RewardsQuery{Span: week, Recipients: []pocket.Address{friend}})
		require.NoError(t, err)
		return a
	}
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	const first, last = "2026-11-13T00:00:00+00:00", "2026-11-19T23:59:59.999+00:00"

	a := answer(first, last, "")
	assert.True(t, a.Whole)
	assert.Equal(t, []pocket.Span{week}, a.Known)
	a = answer("2026-11-14T00:00:00+00:00", last, "")
	assert.False(t, a.Whole)
	assert.Equal(t, []pocket.Span{{From: day(14), To: day(20)}}, a.Known)
	a = answer(first, last, `{"from":"2026-11-15T00:00:00+00:00","to":"2026-11-16T00:00:00+00:00"},{"from":null,"to":"2026-11-12T00:00:00+00:00"}`)
	assert.False(t, a.Whole)
	assert.Equal(t, []pocket.Span{{From: day(13), To: day(15)}, {From: day(16), To: day(20)}}, a.Known)
	a = answer(first, last, `{"from":"2026-11-18T00:00:00+00:00","to":null}`)
	assert.Equal(t, []pocket.Span{{From: day(13), To: day(18)}}, a.Known)
	a = answer(first, "2026-11-17T23:59:59.999+00:00", "")
	assert.False(t, a.Whole)
	assert.Equal(t, []pocket.Span{{From: day(13), To: day(18)}}, a.Known)
}

func TestTheCatalogsOwnSumsAreRead(t *testing.T) {
	s, c := server(t)
	s.SetSecretive(true)
	recorded(t, s, "Income", "income-json--ranged", "getIncomeJson", "rows")
	incomes, err := c.Incomes(t.Context(), CatalogQuery{Span: week, Recipients: []pocket.Address{delegator, ownerA}, Period: rewards.Day, BySupplier: true, ByService: true})
	require.NoError(t, err)
	require.Len(t, incomes.Value, 2)
	assert.Equal(t, Income{
		Bucket:    Bucket{pocket.Span{From: time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), To: week.To}, supplier1, "eth"},
		Recipient: delegator, Role: "rev_share", Amount: 18_105_904, Payments: 17,
	}, incomes.Value[0])
	last := s.Requests()[len(s.Requests())-1]
	assert.Equal(t, "2026-11-20T00:00:00.000Z", last.Variables["end"], "ranges do not hold their end")

	recorded(t, s, "Earnings", "supplier-earnings-json--ranged", "getSupplierEarningsJson", "rows")
	earnings, err := c.Earnings(t.Context(), CatalogQuery{Span: week, Owners: []pocket.Address{ownerA}, BySupplier: true, ByService: true})
	require.NoError(t, err)
	require.Len(t, earnings.Value, 1)
	assert.Equal(t, pocket.Upokt(221_782_219), earnings.Value[0].Claimed)
	assert.EqualValues(t, 156, earnings.Value[0].WithoutProof)
	assert.Equal(t, supplier1, earnings.Value[0].Supplier)

	recorded(t, s, "Penalties", "supplier-penalties-json--ranged", "getSupplierPenaltiesJson", "rows")
	penalties, err := c.Penalties(t.Context(), CatalogQuery{Span: autumn, Owners: []pocket.Address{ownerB}, ByService: true})
	require.NoError(t, err)
	require.Len(t, penalties.Value, 1)
	assert.Equal(t, "slashed", penalties.Value[0].Kind)
	assert.Equal(t, pocket.POKT(20), penalties.Value[0].Slashed)
	assert.False(t, penalties.Whole)

	recorded(t, s, "Income", "catalog-error-bucket")
	_, err = c.Incomes(t.Context(), CatalogQuery{Span: week, Recipients: []pocket.Address{delegator}})
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

func TestWrongQuestionsToTheCatalogAreNotSent(t *testing.T) {
	s, c := server(t)
	who := []pocket.Address{delegator}
	many := make([]pocket.Address, 201)
	for i := range many {
		many[i] = account(i)
	}
	for name, q := range map[string]CatalogQuery{
		"nobody": {Span: week}, "too many": {Span: week, Suppliers: many}, "both": {Span: week, Suppliers: who, Owners: who},
		"too long by the hour": {Span: autumn, Suppliers: who, Period: rewards.Hour}, "no end": {Suppliers: who},
	} {
		_, err := c.Earnings(t.Context(), q)
		assert.ErrorIs(t, err, pocket.ErrInvalid, name)
		_, err = c.Penalties(t.Context(), q)
		assert.ErrorIs(t, err, pocket.ErrInvalid, name)
	}
	assert.Empty(t, s.Requests())
	s.AddRange(1, 10, begin, time.Minute)
	_, err := c.Earnings(t.Context(), CatalogQuery{Span: week, Suppliers: who})
	assert.ErrorIs(t, err, pocket.ErrNotIndexed, "an older service has none of it")
}
