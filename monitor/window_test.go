package monitor_test

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // so that the tests run on machines without zones

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/monitor"
)

func TestWindows(t *testing.T) {
	for _, test := range []struct {
		name, window, at string
		want             bool
	}{
		{"its first minute", "Sun 02:00-04:00 Europe/Madrid", "2026-08-02T00:00:00Z", true}, // 02:00 in Madrid in summer
		{"the minute before", "Sun 02:00-04:00 Europe/Madrid", "2026-08-01T23:59:59Z", false},
		{"its last second", "Sun 02:00-04:00 Europe/Madrid", "2026-08-02T01:59:59Z", true},
		{"its end", "Sun 02:00-04:00 Europe/Madrid", "2026-08-02T02:00:00Z", false},
		{"the same hour in winter is another one", "Sun 02:00-04:00 Europe/Madrid", "2026-12-06T01:00:00Z", true},
		{"and not that of summer", "Sun 02:00-04:00 Europe/Madrid", "2026-12-06T00:30:00Z", false},
		{"another day", "Sun 02:00-04:00 Europe/Madrid", "2026-08-03T01:00:00Z", false},
		{"after midnight it is still the evening's", "Sat 23:00-02:00", "2026-08-02T01:30:00Z", true},
		{"but not that of another evening", "Sat 23:00-02:00", "2026-08-01T01:30:00Z", false},
		{"a range of days", "Mon-Fri 08:00-18:00 UTC", "2026-08-05T12:00:00Z", true},
		{"outside of the range", "Mon-Fri 08:00-18:00 UTC", "2026-08-02T12:00:00Z", false},
		{"a range over the week's end", "Fri-Mon 08:00-18:00", "2026-08-02T12:00:00Z", true},
		{"every day", "daily 08:00-18:00", "2026-08-02T12:00:00Z", true},
		{"days may be left out", "08:00-18:00", "2026-08-02T12:00:00Z", true},
		{"a list of days", "sat,sun 00:00-24:00", "2026-08-02T23:59:59Z", true},
		{"and after it", "sat,sun 00:00-24:00", "2026-08-03T00:00:00Z", false},
		{"a whole day from hour to hour", "Sun 06:00-06:00", "2026-08-03T05:59:00Z", true},
		{"what begins in an hour that the clocks jump over begins when they have", "Sun 02:30-04:00 Europe/Madrid", "2026-03-29T01:00:00Z", true}, // 03:00
		{"an hour that comes twice is in it both times", "Sun 02:00-03:30 Europe/Madrid", "2026-10-25T00:30:00Z", true},
		{"and again", "Sun 02:00-03:30 Europe/Madrid", "2026-10-25T01:30:00Z", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, err := monitor.ParseWindow(test.window)
			require.NoError(t, err)
			at, err := time.Parse(time.RFC3339, test.at)
			require.NoError(t, err)
			assert.Equal(t, test.want, w.Contains(at))
			again, err := monitor.ParseWindow(w.String())
			require.NoError(t, err)
			assert.Equal(t, w.String(), again.String())
			assert.Equal(t, test.want, again.Contains(at))
		})
	}
}

func TestWindowsThatCannotBeMeant(t *testing.T) {
	for _, text := range []string{"", "Sun", "Sun 02:00", "Sun 2:00-4:00", "Sun 02:00-25:00", "Sun 24:00-02:00", "Someday 02:00-04:00", "Sun 02:00-04:00 Madrid",
		"Sun 02:00-04:00 Local", "Sun 02:00-04:00 UTC please", "Mon- 02:00-04:00"} {
		_, err := monitor.ParseWindow(text)
		assert.ErrorContains(t, err, "want something like Sun 02:00-04:00 Europe/Madrid", text)
	}
	require.Error(t, monitor.Window{Zone: time.FixedZone("somewhere", 3600), To: 60}.Validate(), "it could not be stored")
	require.Error(t, monitor.Window{From: -1}.Validate())
	require.Error(t, monitor.Window{Days: []time.Weekday{7}}.Validate())
}

func TestAWindowChangesWhenNextSays(t *testing.T) {
	zones := []string{"UTC", "Europe/Madrid", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		days := rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 0, 3, rapid.ID).Draw(t, "days")
		w := monitor.Window{From: rapid.IntRange(0, 24*60-1).Draw(t, "from"), To: rapid.IntRange(0, 24*60).Draw(t, "to"), Zone: zone}
		for _, d := range days {
			w.Days = append(w.Days, time.Weekday(d))
		}
		require.NoError(t, w.Validate())
		at := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 366*24*60).Draw(t, "minute"), 0, 0, time.UTC)
		next := w.Next(at)
		if next.IsZero() {
			for i := range 8 * 24 * 4 {
				require.Equal(t, w.Contains(at), w.Contains(at.Add(time.Duration(i)*15*time.Minute)))
			}
			return
		}
		require.True(t, next.After(at))
		require.NotEqual(t, w.Contains(at), w.Contains(next))
		require.Equal(t, w.Contains(at), w.Contains(next.Add(-time.Nanosecond)))
		for i := range 100 {
			between := at.Add(next.Sub(at) * time.Duration(i) / 100)
			require.Equal(t, w.Contains(at), w.Contains(between), "%v", between)
		}
	})
}

func TestMutes(t *testing.T) {
	window, err := monitor.ParseWindow("daily 13:00-14:00")
	require.NoError(t, err)
	at := func(d time.Duration) time.Time { return t0.Add(d) } // t0 is noon
	for _, test := range []struct {
		name   string
		mute   monitor.Mute
		now    time.Time
		active bool
		next   time.Time
	}{
		{"for ever", monitor.Mute{}, t0, true, time.Time{}},
		{"until", monitor.Mute{Until: at(time.Hour)}, t0, true, at(time.Hour)},
		{"over", monitor.Mute{Until: at(time.Hour)}, at(time.Hour), false, time.Time{}},
		{"not yet", monitor.Mute{From: at(time.Hour), Until: at(2 * time.Hour)}, t0, false, at(time.Hour)},
		{"before its window", monitor.Mute{Windows: []monitor.Window{window}}, t0, false, at(time.Hour)},
		{"in its window", monitor.Mute{Windows: []monitor.Window{window}}, at(90 * time.Minute), true, at(2 * time.Hour)},
		{"over before its window", monitor.Mute{Until: t0, Windows: []monitor.Window{window}}, t0, false, time.Time{}},
	} {
		assert.Equal(t, test.active, test.mute.Active(test.now), test.name)
		assert.True(t, test.next.Equal(test.mute.Next(test.now)), test.name)
		text, err := json.Marshal(test.mute)
		require.NoError(t, err)
		var back monitor.Mute
		require.NoError(t, json.Unmarshal(text, &back))
		assert.Equal(t, test.active, back.Active(test.now), test.name)
	}
	require.ErrorContains(t, monitor.Mute{From: at(1), Until: at(0)}.Validate(), "before it begins")
	require.Error(t, monitor.Mute{Match: monitor.Match{Name: `\`}}.Validate())
	require.Error(t, monitor.Mute{Windows: []monitor.Window{{From: -1}}}.Validate())
}

func FuzzParseWindow(f *testing.F) {
	for _, seed := range []string{"Sun 02:00-04:00 Europe/Madrid", "daily 00:00-24:00", "Fri-Mon,Wed 23:00-01:00", "02:00-02:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := monitor.ParseWindow(text)
		if err != nil {
			return
		}
		again, err := monitor.ParseWindow(w.String())
		require.NoError(t, err)
		require.Equal(t, w.String(), again.String())
		require.Equal(t, w.Contains(t0), again.Contains(t0))
	})
}
