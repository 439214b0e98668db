package xlsx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/internal/generated"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// contents makes the whole workbook's contents of n generated settlements, through rewards.
func contents(t testing.TB, n int, zone *time.Location) Contents {
	t.Helper()
	add := func(q rewards.Query) []rewards.Row {
		adder, err := rewards.NewAdder(q)
		require.NoError(t, err)
		for event := range generated.Settlements(n) {
			require.NoError(t, adder.Add(event))
		}
		rows, err := adder.Rows()
		require.NoError(t, err)
		return rows
	}
	var last time.Time
	var stays []rewards.Stay
	staked := map[pocket.Address]bool{}
	for event := range generated.Settlements(n) {
		s := event.(pocket.Settlement)
		last = s.Time
		if !staked[s.Supplier] {
			staked[s.Supplier] = true
			stays = append(stays, rewards.Stay{Supplier: s.Supplier, From: s.Time.AddDate(0, 0, len(stays)/2)})
		}
	}
	facts := rewards.Facts{Now: last.Add(time.Minute), Zone: zone, Days: add(rewards.Query{Period: rewards.Day, Zone: zone}), Stays: stays, NodesKnown: true}
	stats, err := rewards.NewStatistics(facts)
	require.NoError(t, err)
	days, err := rewards.DayPoints(facts, 60)
	require.NoError(t, err)
	months := add(rewards.Query{Period: rewards.Month, Zone: zone})
	for i := range months {
		months[i].Expired, months[i].ExpiredClaimed = int64(i), pocket.POKT(int64(300*i))
		months[i].Slashes, months[i].Slashed = int64(i), pocket.POKT(int64(40*i))
	}
	losses, err := rewards.Losses(months)
	require.NoError(t, err)
	return Contents{
		Title: "Rewards", Creator: "poktbot", Zone: zone, Created: last,
		Statistics: &stats, Days: days, Months: months, Losses: &losses,
		Nodes:       add(rewards.Query{By: []rewards.Dimension{rewards.BySupplier}}),
		Services:    add(rewards.Query{Period: rewards.Month, Zone: zone, By: []rewards.Dimension{rewards.ByService}}),
		Settlements: generated.Settlements(n),
	}
}
