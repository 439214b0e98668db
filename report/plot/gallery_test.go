package plot

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// TestGallery writes pictures to look at: POKTBOT_PICTURES=/tmp/pictures go test -run Gallery ./report/plot
func TestGallery(t *testing.T) {
	folder := os.Getenv("POKTBOT_PICTURES")
	if folder == "" {
		t.Skip("writes pictures to look at when POKTBOT_PICTURES names a folder")
	}
	require.NoError(t, os.MkdirAll(folder, 0o755))
	zone, p := berlin(t), painter(t)
	now := time.Date(2026, 11, 22, 14, 30, 0, 0, zone)
	save := func(name string, o Options, draw func(*bytes.Buffer, Options) error) {
		for _, o.Format = range []Format{PNG, SVG} {
			var out bytes.Buffer
			require.NoError(t, draw(&out, o), name)
			require.NoError(t, os.WriteFile(filepath.Join(folder, name+"."+string(o.Format)), out.Bytes(), 0o644))
		}
	}
	average := func(days []NodeDay) func(*bytes.Buffer, Options) error {
		return func(w *bytes.Buffer, o Options) error { return p.AverageByNode(w, days, o) }
	}
	stacked := func(stack Stack) func(*bytes.Buffer, Options) error {
		return func(w *bytes.Buffer, o Options) error { return p.Stacked(w, stack, o) }
	}
	losses := func(losses []Loss) func(*bytes.Buffer, Options) error {
		return func(w *bytes.Buffer, o Options) error { return p.Losses(w, losses, o) }
	}
	light := Options{Zone: zone, Now: now, Simulated: true}
	dark := light
	dark.Theme = Dark
	days := func(n int) []time.Time { return starts(rewards.Day, n, now, zone) }

	save("average-15", light, average(nodeDays(days(15), 24)))
	save("average-15-dark", dark, average(nodeDays(days(15), 24)))
	for _, n := range []int{1, 2, 7, 31, 90, 365} {
		save("average-"+decimal.NewFromInt(int64(n)).String(), light, average(nodeDays(days(n), n*3)))
	}
	gap := nodeDays(days(15), 3)
	for _, i := range []int{4, 5, 7} {
		gap[i].Nodes, gap[i].Average.Valid = 0, false
	}
	save("average-gaps", dark, average(gap))
	none := nodeDays(days(15), 3)
	for i := range none {
		none[i].Total, none[i].Average.Decimal = decimal.Zero, decimal.Zero
	}
	save("average-zero", light, average(none))
	save("average-empty", light, average(nil))

	save("stacked-15", light, stacked(serviceStack(days(15), 10)))
	save("stacked-15-dark", dark, stacked(serviceStack(days(15), 10)))
	save("stacked-1", light, stacked(serviceStack(days(1), 3)))
	save("stacked-90", dark, stacked(serviceStack(days(90), 5)))
	save("stacked-365", light, stacked(serviceStack(days(365), 9)))
	area := serviceStack(days(365), 9)
	area.Area = true
	save("stacked-365-area", dark, stacked(area))
	area = serviceStack(days(31), 5)
	area.Area = true
	save("stacked-31-area", light, stacked(area))
	strange := serviceStack(days(15), 4)
	strange.Top = 8
	strange.Untold = Untold{Settlements: 17, Unattributed: decimal.RequireFromString("1234.5")}
	strange.Series[0].Name = "a name that goes on and on because nobody stopped the person who chose it"
	strange.Series[1].Name = "\x1b[31mred\u202e\u200bZ̴̵̶a\nl"
	strange.Series[2].Name = "中文 😀 <b>&amp;"
	save("stacked-strange", light, stacked(strange))
	months := light
	months.Period = rewards.Month
	save("stacked-months", months, stacked(serviceStack(starts(rewards.Month, 14, now, zone), 6)))
	hours := dark
	hours.Period = rewards.Hour
	save("stacked-hours", hours, stacked(serviceStack(starts(rewards.Hour, 40, now, zone), 6)))
	weeks := light
	weeks.Period = rewards.Week
	save("stacked-weeks", weeks, stacked(serviceStack(starts(rewards.Week, 30, now, zone), 6)))

	save("losses-15", light, losses(someLosses(days(15))))
	save("losses-15-dark", dark, losses(someLosses(days(15))))
	nothing := light
	nothing.Span = pocket.Span{From: days(15)[0], To: now}
	save("losses-none", nothing, losses(nil))
	nothing.Theme = Dark
	save("losses-none-dark", nothing, losses(nil))
	save("losses-unknown", nothing, losses([]Loss{{Start: days(3)[0], Unknown: 12, Discarded: 1}}))
	valuedDays, currency := WorthByNode(valuedPoints(t, zone, 15, 3, 4, 8))
	euros := light
	euros.Currency, euros.Now = currency, noon
	save("average-eur", euros, average(valuedDays))
	bare, _ := WorthByNode(valuedPoints(t, zone, 5, 0, 1, 2, 3, 4))
	save("average-eur-none", euros, average(bare))
	worth, _, err := StackWorthOf(valuedRows(t, zone, 15, []rewards.Dimension{rewards.ByService}, 3, 4, 8), rewards.ByService, grossWorth)
	require.NoError(t, err)
	save("stacked-eur", euros, stacked(worth))
	worth.Area = true
	euros.Theme = Dark
	save("stacked-eur-area", euros, stacked(worth))
	valuedLosses, _, err := LossesWorthOf(valuedRows(t, zone, 15, nil, 3, 4, 8))
	require.NoError(t, err)
	save("losses-eur", euros, losses(valuedLosses))

	small := light
	small.Width, small.Height = 400, 300
	save("small", small, average(nodeDays(days(15), 24)))
	wide := dark
	wide.Width, wide.Height, wide.Title = 2000, 600, "A title of one's own that is much too long to fit into a picture even when it is made as small as it may be, and so on and on"
	save("wide", wide, stacked(serviceStack(days(60), 8)))

	extreme := light
	extreme.Note, extreme.Currency = strings.Repeat("a note without end ", 20), "CURRENCYWITHANAME"
	extreme.Zone = time.FixedZone(strings.Repeat("Zone", 30), 3600)
	long := serviceStack(starts(rewards.Day, 15, now, extreme.Zone), 10)
	for i := range long.Series {
		long.Series[i].Name = strings.Repeat("long", 20)
	}
	long.Top, long.Untold = 8, Untold{Settlements: 1e18, Unattributed: decimal.New(1, 14)}
	save("extreme", extreme, stacked(long))
	hours.Theme = Light
	save("stacked-year-of-hours", hours, stacked(serviceStack(starts(rewards.Hour, 8760, now, zone), 6)))
	save("losses-365", light, losses(someLosses(days(365))))
}
