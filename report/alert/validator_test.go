package alert_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report/alert"
)

// A telling is what a check found out and how each audience reads it: the title, then the lines below.
type telling struct {
	name               monitor.Name
	facts              monitor.Facts
	sysadmin, investor string
}

// told checks that everybody reads what is meant for him.
func told(t *testing.T, subject string, tellings []telling) {
	t.Helper()
	for _, tell := range tellings {
		for audience, want := range map[alert.Audience]string{alert.Sysadmin: tell.sysadmin, alert.Investor: tell.investor} {
			title, lines, err := texts(t, alert.Options{Plain: true, Audience: audience, Names: map[string]string{subject: "val-1"}}).Event(monitor.Event{
				Kind: monitor.Fired, At: t0, Alert: monitor.Alert{Key: monitor.Key{Name: tell.name, Subject: subject}, Facts: tell.facts, Since: t0},
			})
			require.NoError(t, err)
			title = strings.Join(append([]string{title}, lines...), "\n")
			assert.Equal(t, want, title)
		}
	}
}

func TestWhatIsWrongWithAValidatorIsToldWithWhatToDo(t *testing.T) {
	who, about := monitor.Text("moniker", "rack"), monitor.Amount("stake", pocket.POKT(15_000))
	told(t, "poktvaloper15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7", []telling{
		{
			monitor.ValidatorJailed, monitor.Facts{who, about, monitor.Instant("jailed_until", t0.Add(10*time.Minute))},
			"The validator val-1 is in jail\nIt calls itself rack.\nIt can be unjailed from 2026-11-24 03:20 on: bring its node back in sync before.",
			"The validator val-1 is in jail\nAt stake: 15,000 POKT.\nIt earns nothing until somebody unjails it.",
		},
		{
			monitor.ValidatorJailed, monitor.Facts{monitor.Text("tombstoned", "yes")},
			"The validator val-1 is in jail\nIt signed two blocks of one height, so it can never come back: its stake has to be moved to another.",
			"The validator val-1 is in jail\nIt can never come back: its stake has to be moved to another.",
		},
		{
			monitor.ValidatorMissingBlocks, monitor.Facts{
				who, monitor.Count("missed", 60), monitor.Count("most", 180), monitor.Count("window", 200), monitor.Count("jailed_in", 121), monitor.Instant("jailed_at", t0.Add(2*time.Hour)),
			},
			"The validator val-1 misses blocks: 60 of the last 200\nIt calls itself rack.\nMore than 180 jail it.\n" +
				"At this pace that is in 121 blocks, about 2026-11-24 05:10.\nLook at its node, the node's key and its peers.",
			"The validator val-1 misses blocks: 60 of the last 200\nIf it goes on like this it is in jail about 2026-11-24 05:10, and earns nothing.",
		},
		{
			monitor.ValidatorInactive, monitor.Facts{who, about, monitor.Text("status", "unbonded")},
			"The validator val-1 makes no blocks: it is unbonded\nIt calls itself rack.\nIt has too little stake to be among those who make blocks, or was unjailed just now.",
			"The validator val-1 makes no blocks: it is unbonded\nAt stake: 15,000 POKT.\nIt earns nothing meanwhile.",
		},
		{
			monitor.ValidatorInactive, monitor.Facts{monitor.Text("status", "gone")},
			"The validator val-1 makes no blocks: there is none of that address\nIt has left, or the address in the configuration is wrong.",
			"The validator val-1 makes no blocks: there is none of that address\nIt earns nothing meanwhile.",
		},
	})
}
