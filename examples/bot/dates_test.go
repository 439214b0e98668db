package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func calendar(t *testing.T, now, zone string, layout DateLayout) Calendar {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", now, loc)
	require.NoError(t, err)
	return Calendar{Now: at, Zone: loc, Layout: layout}
}

func TestParseRange(t *testing.T) {
	const form = "2006-01-02 15:04"
	tests := []struct {
		typed, from, to, name string
	}{
		{"", "", "", ""},
		{"all", "", "", "all time"},
		{"today", "2026-11-22 00:00", "2026-11-23 00:00", "today"},
		{"YESTERDAY", "2026-11-21 00:00", "2026-11-22 00:00", "yesterday"},
		{"week", "2026-11-16 00:00", "2026-11-23 00:00", "this week"},
		{"last week", "2026-11-09 00:00", "2026-11-16 00:00", "last week"},
		{"this month", "2026-11-01 00:00", "2026-12-01 00:00", "November 2026"},
		{"last month", "2026-10-01 00:00", "2026-11-01 00:00", "October 2026"},
		{"last year", "2025-01-01 00:00", "2026-01-01 00:00", "2025"},
		{"7d", "2026-11-16 00:00", "", "the last 7 days"},
		{"1d", "2026-11-22 00:00", "", "the last 1 day"},
		{"2w", "2026-11-09 00:00", "", "the last 2 weeks"},
		{"3m", "2026-08-23 00:00", "", "the last 3 months"},
		{"1y", "2025-11-23 00:00", "", "the last 1 year"},
		{"12h", "2026-11-22 03:30", "", "the last 12 hours"},
		{"november", "2026-11-01 00:00", "2026-12-01 00:00", "November 2026"},
		{"dec", "2025-12-01 00:00", "2026-01-01 00:00", "December 2025"},
		{"december 2024", "2024-12-01 00:00", "2025-01-01 00:00", "December 2024"},
		{"2026-10", "2026-10-01 00:00", "2026-11-01 00:00", "October 2026"},
		{"2025", "2025-01-01 00:00", "2026-01-01 00:00", "2025"},
		{"2026-11-01", "2026-11-01 00:00", "", ""},
		{"2026-11-01 2026-11-15", "2026-11-01 00:00", "2026-11-16 00:00", ""},
		{"2026-11-01..2026-11-15", "2026-11-01 00:00", "2026-11-16 00:00", ""},
		{"from 2026-11-01 to 2026-11-01", "2026-11-01 00:00", "2026-11-02 00:00", ""},
		{"since november", "2026-11-01 00:00", "", ""},
		{"until 2026-11-15", "", "2026-11-16 00:00", ""},
		{"september october", "2026-09-01 00:00", "2026-11-01 00:00", ""},
		{"3m yesterday", "2026-08-23 00:00", "2026-11-22 00:00", ""},
		{"2026-11-01 now", "2026-11-01 00:00", "", ""},
		{"25/12/2025", "2025-12-25 00:00", "", ""},
		{"12/25/2025", "2025-12-25 00:00", "", ""},
		{"11/11/2026", "2026-11-11 00:00", "", ""},
		{"1.2.2026 2026/03/05", "", "", "ambiguous"},
		{"2026-11-01 2026-12-31", "2026-11-01 00:00", "2027-01-01 00:00", ""},
	}
	for _, tt := range tests {
		t.Run(tt.typed, func(t *testing.T) {
			c := calendar(t, "2026-11-22 15:30", "Europe/Madrid", "")
			got, err := c.ParseRange(strings.Fields(tt.typed))
			if tt.name == "ambiguous" {
				require.ErrorIs(t, err, ErrUsage)
				return
			}
			require.NoError(t, err)
			show := func(at time.Time) string {
				if at.IsZero() {
					return ""
				}
				return at.In(c.Zone).Format(form)
			}
			assert.Equal(t, []string{tt.from, tt.to, tt.name}, []string{show(got.From), show(got.To), got.Name})
		})
	}
}

func TestParseRangeFaults(t *testing.T) {
	for typed, want := range map[string]string{
		"2026-11-15 2026-11-01":            "the range is the wrong way round: 2026-11-15 comes after 2026-11-01; put the earlier one first",
		"2027-01-01":                       "2027-01-01 lies in the future: today is 2026-11-22",
		"01/11/2026":                       `"01/11/2026" may be 2026-11-01 or 2026-01-11: write it like that, year first, or set "dates" in the configuration`,
		"2026-02-30":                       `"2026-02-30" is not a day that exists`,
		"31/04/2026":                       `"31/04/2026" is not a day that exists`,
		"2026-13":                          `"2026-13" is not a month that exists`,
		"1/2/26":                           `"1/2/26": write the year with four digits, as in 2026-11-22`,
		"todya":                            `"todya" is not a date; did you mean today?`,
		"novemebr":                         `"novemebr" is not a date; did you mean november?`,
		"soonish":                          `"soonish" is not a date; want one such as 2026-11-22, today, 7d, 2w, 3m or november`,
		"0d":                               `"0d": want at least 1`,
		"2026-11-01 7d":                    `"7d" cannot be the end of a range: want a date or a period such as today or november`,
		"from":                             `"from" without a date`,
		"today from":                       `"from" belongs before the first date`,
		"2026-01-01 2026-02-01 2026-03-01": `"2026-03-01" is one date too many: give a first and a last day`,
	} {
		t.Run(typed, func(t *testing.T) {
			_, err := calendar(t, "2026-11-22 15:30", "UTC", "YYYY-MM-DD").ParseRange(strings.Fields(typed))
			require.ErrorIs(t, err, ErrUsage)
			assert.EqualError(t, err, want)
		})
	}
}

func TestRangesFollowTheZone(t *testing.T) {
	t.Run("today is the day in the zone, not in UTC", func(t *testing.T) {
		c := calendar(t, "2026-11-23 00:30", "Europe/Madrid", "")
		c.Now = c.Now.UTC()
		got, err := c.ParseRange([]string{"today"})
		require.NoError(t, err)
		assert.Equal(t, "2026-11-22T23:00:00Z", got.From.UTC().Format(time.RFC3339))
	})
	t.Run("a day may have 23 or 25 hours", func(t *testing.T) {
		c := calendar(t, "2026-11-22 15:30", "Europe/Madrid", "")
		for day, hours := range map[string]float64{"2026-03-29": 23, "2026-10-25": 25, "2026-06-01": 24} {
			got, err := c.ParseRange([]string{day, day})
			require.NoError(t, err)
			assert.Equal(t, hours, got.To.Sub(got.From).Hours(), day)
		}
	})
	t.Run("a day whose midnight is skipped begins when its clocks begin", func(t *testing.T) {
		c := calendar(t, "2018-12-01 12:00", "America/Sao_Paulo", "")
		got, err := c.ParseRange([]string{"2018-11-04", "2018-11-04"})
		require.NoError(t, err)
		assert.Equal(t, "2018-11-04T01:00:00-02:00", got.From.Format(time.RFC3339))
		assert.Equal(t, "2018-11-05T00:00:00-02:00", got.To.Format(time.RFC3339))
		assert.Equal(t, 23.0, got.To.Sub(got.From).Hours())
	})
	t.Run("a month back from the 31st is the end of a shorter month", func(t *testing.T) {
		got, err := calendar(t, "2026-03-31 12:00", "UTC", "").ParseRange([]string{"1m"})
		require.NoError(t, err)
		assert.Equal(t, "2026-03-01", got.From.Format(time.DateOnly))
	})
	t.Run("the configured layout says what is day and what is month", func(t *testing.T) {
		for layout, want := range map[DateLayout]string{"DD/MM/YYYY": "2026-02-01", "MM/DD/YYYY": "2026-01-02", "DD.MM.YYYY": "2026-02-01"} {
			got, err := calendar(t, "2026-11-22 15:30", "UTC", layout).ParseRange([]string{"01/02/2026"})
			require.NoError(t, err)
			assert.Equal(t, want, got.From.Format(time.DateOnly), layout)
		}
	})
}

func FuzzParseRange(f *testing.F) {
	for _, seed := range []string{"today", "7d", "2026-11-01 2026-11-15", "01/02/2026", "from november to now", "99999y", "last", "0001-01-01", "2026-02-29", "..", "1900..2199"} {
		f.Add(seed, "Europe/Madrid", int64(1795361400))
	}
	f.Add("today", "America/Sao_Paulo", int64(1541300400))
	f.Add("3m", "Pacific/Apia", int64(1325239200))
	f.Fuzz(func(t *testing.T, text, zone string, unix int64) {
		loc, err := time.LoadLocation(zone)
		if err != nil || unix < 0 || unix > 4_000_000_000 {
			return
		}
		c := Calendar{Now: time.Unix(unix, 0), Zone: loc}
		got, err := c.ParseRange(strings.Fields(text))
		if err != nil {
			assert.ErrorIs(t, err, ErrUsage)
			return
		}
		assert.False(t, got.From.After(c.Now), "a range never begins in the future")
		if !got.To.IsZero() {
			assert.True(t, got.From.Before(got.To), "%v", got)
		}
	})
}
