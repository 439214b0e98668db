package plot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := rewards.Zone(name)
	require.NoError(t, err)
	return z
}

func timelineOf(t testing.TB, starts []time.Time, o Options) timeline {
	t.Helper()
	line, err := newTimeline(starts, o.filled(painter(t).letters))
	require.NoError(t, err)
	return line
}

func TestDaysAreAsLongAsTheyAre(t *testing.T) {
	madrid := zone(t, "Europe/Madrid")
	days := starts(rewards.Day, 3, time.Date(2026, 3, 30, 12, 0, 0, 0, madrid), madrid)
	line := timelineOf(t, days, Options{Zone: madrid})
	require.Len(t, line.slots, 3)
	assert.Equal(t, 23*time.Hour, line.slots[1].to.Sub(line.slots[1].from), "the clock goes forward on 29 March")
	assert.InDelta(t, 24.0/71, line.at(line.slots[1].from), 1e-12)
	assert.InDelta(t, 47.0/71, line.at(line.slots[2].from), 1e-12)
	assert.InDelta(t, (24+23.0/2)/71, line.centre(line.slots[1].from), 1e-12)

	line = timelineOf(t, starts(rewards.Day, 3, time.Date(2026, 10, 26, 12, 0, 0, 0, madrid), madrid), Options{Zone: madrid})
	assert.Equal(t, 25*time.Hour, line.slots[1].to.Sub(line.slots[1].from), "and back on 25 October")
}

func TestTimeline(t *testing.T) {
	utc := func(day int) time.Time { return time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC) }
	t.Run("days without data have their place", func(t *testing.T) {
		line := timelineOf(t, []time.Time{utc(3), utc(6)}, Options{})
		require.Len(t, line.slots, 4)
		assert.Equal(t, []int{0, -1, -1, 1}, []int{line.slots[0].datum, line.slots[1].datum, line.slots[2].datum, line.slots[3].datum})
	})
	t.Run("a span shows days before and after the data", func(t *testing.T) {
		line := timelineOf(t, []time.Time{utc(3)}, Options{Span: pocket.Span{From: utc(1).Add(time.Hour), To: utc(5)}})
		assert.Len(t, line.slots, 4)
		assert.Equal(t, 0, line.slots[2].datum)
	})
	t.Run("data outside the span is not lost", func(t *testing.T) {
		line := timelineOf(t, []time.Time{utc(1), utc(9)}, Options{Span: pocket.Span{From: utc(3), To: utc(5)}})
		assert.Len(t, line.slots, 9)
		assert.Equal(t, 1, line.slots[8].datum)
	})
	t.Run("the day that holds now is open, and no other", func(t *testing.T) {
		line := timelineOf(t, []time.Time{utc(1), utc(2)}, Options{Now: utc(2)})
		assert.False(t, line.slots[0].open)
		assert.True(t, line.slots[1].open)
		assert.True(t, line.open())
		line = timelineOf(t, []time.Time{utc(1), utc(2)}, Options{Now: utc(3)})
		assert.False(t, line.open(), "at midnight it is over")
	})
	t.Run("an open day without data is not explained in the legend", func(t *testing.T) {
		line := timelineOf(t, []time.Time{utc(1)}, Options{Now: utc(2), Span: pocket.Span{To: utc(3)}})
		assert.True(t, line.slots[1].open)
		assert.False(t, line.open())
	})
}

func TestTimelineRefuses(t *testing.T) {
	letters := painter(t).letters
	utc := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	tests := []struct {
		name   string
		starts []time.Time
		o      Options
		want   string
	}{
		{"the same day twice", []time.Time{utc(1, 0), utc(1, 0)}, Options{}, "want each period once and the oldest first"},
		{"the newest first", []time.Time{utc(2, 0), utc(1, 0)}, Options{}, "want each period once and the oldest first"},
		{"a day of another zone", []time.Time{utc(1, 0)}, Options{Zone: berlin(t)}, "2026-11-01T00:00:00Z is not the start of a day in Europe/Berlin"},
		{"days as weeks", []time.Time{utc(3, 0)}, Options{Period: rewards.Week}, "is not the start of a week in UTC"},
		{"no time at all", []time.Time{{}}, Options{}, "period 0 has no start"},
		{"two hundred years of hours", []time.Time{utc(1, 0)}, Options{Period: rewards.Hour, Span: pocket.Span{From: utc(1, 0).AddDate(-200, 0, 0)}},
			"more than 20000 periods"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := newTimeline(test.starts, test.o.filled(letters))
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestTimelineInWords(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)
	tests := []struct {
		period       rewards.Period
		n            int
		now          time.Time
		count, dates string
	}{
		{rewards.Day, 15, now, "last 15 days", "8–22 Nov 2026"},
		{rewards.Day, 15, time.Time{}, "15 days", "8–22 Nov 2026"},
		{rewards.Day, 1, now, "today", "22 Nov 2026"},
		{rewards.Day, 1, time.Time{}, "1 day", "22 Nov 2026"},
		{rewards.Day, 31, now, "last 31 days", "23 Oct – 22 Nov 2026"},
		{rewards.Day, 365, now, "last 365 days", "23 Nov 2025 – 22 Nov 2026"},
		{rewards.Week, 1, now, "this week", "16–22 Nov 2026"},
		{rewards.Month, 2, now, "last 2 months", "1 Oct – 22 Nov 2026"},
		{rewards.Month, 2, time.Time{}, "2 months", "1 Oct – 30 Nov 2026"},
		{rewards.Hour, 3, now, "last 3 hours", "22 Nov 2026"},
	}
	for _, test := range tests {
		t.Run(test.count+" "+test.dates, func(t *testing.T) {
			line := timelineOf(t, starts(test.period, test.n, now, time.UTC), Options{Period: test.period, Now: test.now})
			assert.Equal(t, test.count, line.count())
			assert.Equal(t, test.dates, line.dateRange(test.now))
		})
	}
}

// zones with clocks that change at midnight, by half an hour, and far from UTC.
var zones = []string{"UTC", "Europe/Berlin", "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"}

func TestDateLabelsNeverTouch(t *testing.T) {
	letters := lettering{painter(t).letters.regular, tickSize}
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		period := rapid.SampledFrom([]rewards.Period{rewards.Hour, rewards.Day, rewards.Week, rewards.Month}).Draw(t, "period")
		n := rapid.SampledFrom([]int{1, 2, 3, 7, 15, 31, 60, 90, 365, 1000}).Draw(t, "periods")
		width := vg.Length(rapid.IntRange(60, 1200).Draw(t, "width"))
		now := time.Unix(rapid.Int64Range(1_000_000_000, 2_000_000_000).Draw(t, "now"), 0)
		times := starts(period, n, now, z)
		line, err := newTimeline(times, Options{Period: period, Zone: z})
		require.NoError(t, err)

		marks := line.marks(width, letters)
		require.NotEmpty(t, marks)
		rightEdge := [2]vg.Length{-1e9, -1e9}
		for i, m := range marks {
			assert.GreaterOrEqual(t, m.at, 0.0)
			assert.LessOrEqual(t, m.at, 1.0)
			for row, text := range []string{m.label, m.part} {
				if text == "" {
					continue
				}
				half := letters.width(text) / 2
				middle := vg.Length(m.at) * width
				assert.Greater(t, middle-half, rightEdge[row], "%q touches the label before", text)
				rightEdge[row] = middle + half
			}
			if period != rewards.Hour {
				from, _ := rewards.DayOf(m.time, z)
				assert.True(t, m.time.Equal(from), "%s is not the start of its day", m.time)
			}
			if i > 0 {
				assert.True(t, marks[i-1].time.Before(m.time))
			}
		}
	})
}

func TestDateLabels(t *testing.T) {
	letters := lettering{painter(t).letters.regular, tickSize}
	now := time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)
	read := func(period rewards.Period, n int) (labels, parts string) {
		line := timelineOf(t, starts(period, n, now, time.UTC), Options{Period: period})
		for _, m := range line.marks(520, letters) {
			labels += m.label + " "
			if m.part != "" {
				parts += m.label + "=" + m.part + " "
			}
		}
		return labels, parts
	}
	tests := []struct {
		name          string
		period        rewards.Period
		n             int
		labels, parts string
	}{
		{"one day", rewards.Day, 1, "22 ", "22=Nov "},
		{"each of seven days", rewards.Day, 7, "16 17 18 19 20 21 22 ", "16=Nov "},
		{"every other of 31 days, the last one always", rewards.Day, 31, "23 25 27 29 31 2 4 6 8 10 12 14 16 18 20 22 ", "23=Oct 2=Nov "},
		{"Mondays", rewards.Day, 90, "31 7 14 21 28 5 12 19 26 2 9 16 ", "31=Aug 7=Sep 5=Oct 2=Nov "},
		{"months, and where a year begins", rewards.Day, 365, "Dec Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov ", "Dec=2025 Jan=2026 "},
		{"quarters", rewards.Day, 1000, "Apr Jul Oct Jan Apr Jul Oct Jan Apr Jul Oct ", "Apr=2024 Jan=2025 Jan=2026 "},
		{"hours", rewards.Hour, 24, "15:00 18:00 21:00 00:00 03:00 06:00 09:00 12:00 ", "15:00=21 Nov 00:00=22 Nov "},
		{"years", rewards.Month, 120, "2017 2018 2019 2020 2021 2022 2023 2024 2025 2026 ", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			labels, parts := read(test.period, test.n)
			assert.Equal(t, test.labels, labels)
			assert.Equal(t, test.parts, parts)
		})
	}
}
