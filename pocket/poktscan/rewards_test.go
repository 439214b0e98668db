package poktscan

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
	"github.com/poktbot/poktbot/rewards"
)

// week is the span of the recorded sums.
var week = pocket.Span{From: time.Date(2026, 11, 13, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}

func TestRecordedRewardsAgreeWithEachOther(t *testing.T) {
	s, c := server(t)
	q := RewardsQuery{Span: week, Recipients: []pocket.Address{delegator, ownerA}}
	recorded(t, s, "RewardsTotal", "rewards-total")
	total, err := c.Rewards(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, pocket.Upokt(204_361_770), total.Value)
	assert.Equal(t, pocket.Height(1014000), total.AsOf.Height)
	assert.False(t, total.Whole, "the tip is of 23:59, so the last minute is still to come")
	require.Len(t, total.Known, 1)
	assert.Equal(t, pocket.Span{From: week.From, To: total.AsOf.Time.Add(time.Millisecond)}, total.Known[0])

	recorded(t, s, "RewardsByDate", "rewards-by-address-and-date")
	series, err := c.RewardsByDate(t.Context(), q, rewards.Day, nil)
	require.NoError(t, err)
	require.Len(t, series.Value, 21, "three addresses on seven days")
	var sum pocket.Upokt
	for _, r := range series.Value {
		if r.Recipient != ownerB {
			sum += r.Amount
		}
	}
	assert.Equal(t, total.Value, sum)
	assert.Equal(t, Reward{week.From, ownerB, 15_376_666}, series.Value[0])

	recorded(t, s, "RewardsByService", "rewards-by-service")
	recorded(t, s, "PaidByService", "transfers-summarized-by-service", "modToAcctTransfersSummarizeds", "paid")
	recorded(t, s, "Status", "indexer-status")
	recorded(t, s, "BlockFrom", "block-at-or-after-time")
	services, err := c.RewardsByService(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, []ServiceReward{{"base", 28_196_727}, {"eth", 168_665_243}, {"poly", 7_499_800}}, services.Value,
		"the function explains all of the total, the payments of the last day only a part")
}

func TestRecordedNothingIsNothing(t *testing.T) {
	s, c := server(t)
	q := RewardsQuery{Span: week, Recipients: []pocket.Address{friend}}
	recorded(t, s, "RewardsTotal", "rewards-total-none")
	total, err := c.Rewards(t.Context(), q)
	require.NoError(t, err)
	assert.Zero(t, total.Value)
	recorded(t, s, "RewardsByDate", "rewards-by-address-and-date-none")
	series, err := c.RewardsByDate(t.Context(), q, rewards.Day, nil)
	require.NoError(t, err)
	assert.Empty(t, series.Value, "null is the service's word for it")
	recorded(t, s, "RewardsByService", "rewards-by-service-none")
	_, err = c.netByService(t.Context(), q)
	require.NoError(t, err)
}

func TestRewardsOfSomeSuppliers(t *testing.T) {
	s, c := server(t)
	q := RewardsQuery{Span: week, Recipients: []pocket.Address{delegator, ownerA}, Suppliers: []pocket.Address{supplier1}}
	recorded(t, s, "RewardsOfSuppliers", "rewards-of-addresses-by-suppliers")
	total, err := c.Rewards(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, pocket.Upokt(145_529_498), total.Value)
	recorded(t, s, "RewardsOfSuppliersByDate", "rewards-of-addresses-by-suppliers")
	series, err := c.RewardsByDate(t.Context(), q, rewards.Week, nil)
	require.NoError(t, err)
	var sum pocket.Upokt
	for _, r := range series.Value {
		sum += r.Amount
	}
	assert.Equal(t, total.Value, sum)
	assert.Equal(t, time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), series.Value[0].Start, "weeks begin on Monday")
	_, err = c.RewardsByService(t.Context(), q)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

// paidWorld is a world in a service, and what its settlements paid an address in a span.
func paidWorld(t *testing.T, seed uint64) (*world, *poktscantest.Server) {
	t.Helper()
	w := makeWorld(seed, 5_000, 4, today)
	return w, w.serve(t)
}

func (w *world) paid(a pocket.Address, span pocket.Span, key func(pocket.Settlement) any) map[any]pocket.Upokt {
	sums := map[any]pocket.Upokt{}
	for _, e := range w.events {
		s, ok := e.(pocket.Settlement)
		if !ok || !span.Contains(s.Time) {
			continue
		}
		for _, share := range s.Shares {
			if share.Recipient == a {
				sums[key(s)] += share.Amount
			}
		}
	}
	return sums
}

func TestBoundsThatIncludeTheirEndCountNoBlockTwice(t *testing.T) {
	w, s := paidWorld(t, 21)
	c := clientOf(t, []string{s.URL})
	edge := timeAt(130) // of a block in which claims settle
	one := func(pocket.Settlement) any { return 0 }
	east := time.FixedZone("east", 5*3600+1800)
	for _, span := range []pocket.Span{
		{From: begin, To: edge}, {From: edge, To: timeAt(4_000)}, {From: edge.In(east), To: timeAt(4_000).In(east)},
		{From: edge, To: edge.Add(time.Nanosecond)}, {From: edge.Add(time.Nanosecond), To: timeAt(190).Add(time.Nanosecond)}, {From: edge, To: edge},
	} {
		got, err := c.Rewards(t.Context(), RewardsQuery{Span: span, Recipients: []pocket.Address{delegator, delegator}})
		require.NoError(t, err)
		assert.Equal(t, w.paid(delegator, span, one)[0], got.Value, span)
		assert.True(t, got.Whole)
	}
}

func TestRewardsByDateAreGroupedInAnyZone(t *testing.T) {
	w, s := paidWorld(t, 22)
	c := clientOf(t, []string{s.URL})
	span := pocket.Span{From: begin, To: timeAt(4_990)}
	kolkata := time.FixedZone("half an hour", 5*3600+1800)
	madrid := time.FixedZone("whole hours", 2*3600)
	for name, tt := range map[string]struct {
		period   rewards.Period
		zone     *time.Location
		interval string
	}{
		"days":                      {rewards.Day, nil, "day"},
		"weeks":                     {rewards.Week, time.UTC, "week"},
		"months":                    {rewards.Month, nil, "month"},
		"hours":                     {rewards.Hour, nil, "hour"},
		"days of whole hours":       {rewards.Day, madrid, "hour"},
		"days that begin at 18:30":  {rewards.Day, kolkata, "minute"},
		"hours that begin at 18:30": {rewards.Hour, kolkata, "minute"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.RewardsByDate(t.Context(), RewardsQuery{Span: span, Recipients: []pocket.Address{delegator, dao}}, tt.period, tt.zone)
			require.NoError(t, err)
			for _, a := range []pocket.Address{delegator, dao} {
				want := w.paid(a, span, func(s pocket.Settlement) any {
					from, _ := tt.period.Of(s.Time, tt.zone)
					return from.UnixNano()
				})
				sums := map[any]pocket.Upokt{}
				for _, r := range got.Value {
					if r.Recipient == a {
						sums[r.Start.UnixNano()] += r.Amount
					}
				}
				assert.Equal(t, want, sums)
			}
			asked := s.Requests()
			assert.Equal(t, tt.interval, asked[len(asked)-1].Variables["interval"])
		})
	}
	_, err := c.RewardsByDate(t.Context(), RewardsQuery{Span: span, Recipients: []pocket.Address{dao}}, rewards.Whole, nil)
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}

func TestRewardsByServiceAddUpToTheTotal(t *testing.T) {
	w, s := paidWorld(t, 23)
	c := clientOf(t, []string{s.URL})
	span := pocket.Span{From: begin, To: timeAt(4_990)}
	q := RewardsQuery{Span: span, Recipients: []pocket.Address{delegator, ownerA}}
	want := map[any]pocket.Upokt{}
	for _, a := range q.Recipients {
		for service, amount := range w.paid(a, span, func(s pocket.Settlement) any { return s.Service }) {
			want[service] += amount
		}
	}
	check := func(want map[any]pocket.Upokt) {
		t.Helper()
		got, err := c.RewardsByService(t.Context(), q)
		require.NoError(t, err)
		sums := map[any]pocket.Upokt{}
		for _, r := range got.Value {
			sums[r.Service] = r.Amount
		}
		assert.Equal(t, want, sums)
	}
	check(want)

	// Without payments by block there is the function, which knows only services that staked suppliers are configured for now.
	s.SetReply("PaidByService", poktscantest.Reply{Body: `{"data":{"_metadata":{"chain":"pocket","lastProcessedHeight":5000,"targetHeight":5000},"paid":{"groupedAggregates":[]}}}`})
	s.AddSuppliers(pocket.Supplier{Operator: account(1), Owner: ownerA, Stake: 1, Services: []pocket.ServiceConfig{{
		Service: "eth", RevShares: []pocket.RevShare{{Address: delegator, Percent: 50}, {Address: ownerA, Percent: 50}},
	}}})
	check(map[any]pocket.Upokt{pocket.ServiceID("eth"): want[pocket.ServiceID("eth")], pocket.ServiceID(""): want[pocket.ServiceID("base")]})
}

func TestQuestionsAboutRewardsThatMakeNoSenseAreRefused(t *testing.T) {
	s, c := server(t)
	who := []pocket.Address{delegator}
	for name, q := range map[string]RewardsQuery{
		"nobody": {Span: week}, "no end": {Span: pocket.Span{From: week.From}, Recipients: who}, "no beginning": {Span: pocket.Span{To: week.To}, Recipients: who},
		"the wrong way round": {Span: pocket.Span{From: week.To, To: week.From}, Recipients: who},
		"a validator":         {Span: week, Recipients: []pocket.Address{pocket.MustParseAddress("poktvaloper1fq34374waf4u0z4ajz98rqup8mm37udtl36yn9")}},
	} {
		_, err := c.Rewards(t.Context(), q)
		assert.ErrorIs(t, err, pocket.ErrInvalid, name)
	}
	assert.Empty(t, s.Requests())
}
