package rewards

import (
	"testing"
	"time"
	_ "time/tzdata" // so that the tests run on machines without zones

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/poktbot/poktbot/pocket"
)

func zone(t require.TestingT, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// at reads an instant such as 2017-10-15T01:00:00-02:00.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return instant
}

func TestPeriodBounds(t *testing.T) {
	tests := []struct {
		name     string
		period   Period
		zone     string
		at       string
		from, to string
	}{
		{"a plain day", Day, "UTC", "2026-11-22T08:31:57Z", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"midnight begins the day", Day, "UTC", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"the last nanosecond ends it", Day, "UTC", "2026-11-22T23:59:59.999999999Z", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"a day of 23 hours", Day, "Europe/Madrid", "2026-03-29T12:00:00Z", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"a day of 25 hours", Day, "Europe/Madrid", "2026-10-25T12:00:00Z", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
		{"a day without midnight", Day, "America/Sao_Paulo", "2017-10-15T12:00:00Z", "2017-10-15T01:00:00-02:00", "2017-10-16T00:00:00-02:00"},
		{"the day before one without midnight", Day, "America/Sao_Paulo", "2017-10-15T02:59:59.999999999Z", "2017-10-14T00:00:00-03:00", "2017-10-15T01:00:00-02:00"},
		{"a day whose last hour comes twice", Day, "America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T00:00:00-02:00", "2018-02-18T00:00:00-03:00"},
		{"a day without midnight in Beirut", Day, "Asia/Beirut", "2022-03-27T12:00:00Z", "2022-03-27T01:00:00+03:00", "2022-03-28T00:00:00+03:00"},
		{"a clock put back from 00:01 to 23:01", Day, "America/St_Johns", "2010-11-07T02:30:30Z", "2010-11-06T00:00:00-02:30", "2010-11-07T00:00:00-03:30"},
		{"the hour that comes again after it", Day, "America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-06T00:00:00-02:30", "2010-11-07T00:00:00-03:30"},
		{"the day before a skipped one", Day, "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"the day after a skipped one", Day, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"},
		{"half an hour of summer time", Day, "Australia/Lord_Howe", "2024-04-07T00:00:00Z", "2024-04-07T00:00:00+11:00", "2024-04-08T00:00:00+10:30"},
		{"a zone of a quarter", Day, "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+05:45", "2026-01-02T00:00:00+05:45"},

		{"a week begins on Monday", Week, "UTC", "2026-11-22T08:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"on Monday it has just begun", Week, "UTC", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
		{"a week with a change of clock", Week, "Europe/Madrid", "2026-03-25T00:00:00Z", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"a week over a year's end", Week, "UTC", "2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"},

		{"a month", Month, "UTC", "2026-02-28T23:59:59Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"a leap February", Month, "UTC", "2024-02-29T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"the 31st", Month, "UTC", "2026-01-31T12:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
		{"a month in its own zone", Month, "Asia/Tokyo", "2026-10-31T15:00:00Z", "2026-11-01T00:00:00+09:00", "2026-12-01T00:00:00+09:00"},
		{"a month with a change of clock", Month, "America/New_York", "2026-11-22T00:00:00Z", "2026-11-01T00:00:00-04:00", "2026-12-01T00:00:00-05:00"},

		{"an hour", Hour, "UTC", "2026-11-22T08:31:57Z", "2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z"},
		{"an hour of a zone with half an hour", Hour, "Asia/Kolkata", "2026-11-22T08:15:00Z", "2026-11-22T13:00:00+05:30", "2026-11-22T14:00:00+05:30"},
		{"the first of two hours of one name", Hour, "Europe/Madrid", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"},
		{"the second of them", Hour, "Europe/Madrid", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"},
		{"the hour after a skipped one", Hour, "Europe/Madrid", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"},
		{"a short hour where the clock moves by half of one", Hour, "Australia/Lord_Howe", "2024-04-06T15:10:00Z", "2024-04-07T01:30:00+10:30", "2024-04-07T02:00:00+10:30"},
		{"the full hour before it", Hour, "Australia/Lord_Howe", "2024-04-06T14:10:00Z", "2024-04-07T01:00:00+11:00", "2024-04-07T01:30:00+10:30"},
		{"the short hour in spring", Hour, "Australia/Lord_Howe", "2024-10-05T15:31:00Z", "2024-10-06T02:30:00+11:00", "2024-10-06T03:00:00+11:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from, to := test.period.Of(at(t, test.at), zone(t, test.zone))
			assert.Equal(t, at(t, test.from).UTC(), from.UTC())
			assert.Equal(t, at(t, test.to).UTC(), to.UTC())
			assert.Equal(t, test.zone, from.Location().String())
			assert.Equal(t, test.zone, to.Location().String())
		})
	}
	t.Run("no zone is UTC", func(t *testing.T) {
		from, to := DayOf(at(t, "2026-11-22T23:00:00-05:00"), nil)
		assert.Equal(t, at(t, "2026-11-23T00:00:00Z"), from)
		assert.Equal(t, at(t, "2026-11-24T00:00:00Z"), to)
	})
	t.Run("the whole has no bounds", func(t *testing.T) {
		from, to := Whole.Of(at(t, "2026-11-22T23:00:00Z"), time.UTC)
		assert.True(t, from.IsZero() && to.IsZero())
	})
}

func TestPeriodIn(t *testing.T) {
	starts := func(p Period, from, to, name string) (texts []string) {
		for start := range p.In(pocket.Span{From: at(t, from), To: at(t, to)}, zone(t, name)) {
			texts = append(texts, start.Format("2006-01-02T15:04Z07:00"))
		}
		return texts
	}
	t.Run("the first and the last period are whole, whatever the span", func(t *testing.T) {
		assert.Equal(t, []string{"2026-11-21T00:00Z", "2026-11-22T00:00Z"}, starts(Day, "2026-11-21T23:00:00Z", "2026-11-22T01:00:00Z", "UTC"))
	})
	t.Run("a span that ends at midnight has no part in the next day", func(t *testing.T) {
		assert.Equal(t, []string{"2026-11-21T00:00Z"}, starts(Day, "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", "UTC"))
	})
	t.Run("a skipped day does not come", func(t *testing.T) {
		assert.Equal(t, []string{"2011-12-29T00:00-10:00", "2011-12-31T00:00+14:00"},
			starts(Day, "2011-12-29T12:00:00Z", "2011-12-31T00:00:00Z", "Pacific/Apia"))
	})
	t.Run("a day of 25 hours has 25 hours", func(t *testing.T) {
		assert.Len(t, starts(Hour, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", "Europe/Madrid"), 25)
		assert.Len(t, starts(Hour, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "Europe/Madrid"), 23)
	})
	t.Run("an empty or reversed span has no periods", func(t *testing.T) {
		assert.Empty(t, starts(Day, "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", "UTC"))
		assert.Empty(t, starts(Day, "2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z", "UTC"))
	})
	t.Run("a span open at an end has none", func(t *testing.T) {
		for range Day.In(pocket.Span{To: at(t, "2026-11-22T00:00:00Z")}, nil) {
			t.Fatal("a period")
		}
		for range Day.In(pocket.Span{From: at(t, "2026-11-22T00:00:00Z")}, nil) {
			t.Fatal("a period")
		}
	})
	t.Run("the whole is the span itself", func(t *testing.T) {
		assert.Equal(t, []string{"2026-11-21T23:00Z"}, starts(Whole, "2026-11-21T23:00:00Z", "2026-11-22T01:00:00Z", "UTC"))
	})
	t.Run("the loop may stop", func(t *testing.T) {
		n := 0
		for range Hour.In(pocket.Span{From: at(t, "2026-11-21T00:00:00Z"), To: at(t, "2026-11-22T00:00:00Z")}, nil) {
			if n++; n == 3 {
				break
			}
		}
		assert.Equal(t, 3, n)
	})
}

var oddZones = []string{
	"UTC", "Europe/Madrid", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns",
	"Asia/Kathmandu", "Africa/Casablanca", "Pacific/Kwajalein", "America/Caracas", "Asia/Tehran", "Antarctica/Troll", "Asia/Gaza", "Africa/Monrovia",
	"Europe/Dublin", "Asia/Manila", "America/Juneau",
}

func TestPeriodsDivideTime(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		loc := zone(t, rapid.SampledFrom(oddZones).Draw(r, "zone"))
		period := rapid.SampledFrom([]Period{Hour, Day, Week, Month}).Draw(r, "period")
		moment := time.Unix(rapid.Int64Range(-4e9, 4e9).Draw(r, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(r, "nanoseconds"))
		if rapid.Bool().Draw(r, "near a change of clock") {
			if _, end := moment.In(loc).ZoneBounds(); !end.IsZero() {
				moment = end.Add(time.Duration(rapid.Int64Range(-3e13, 3e13).Draw(r, "away")))
			}
		}
		from, to := period.Of(moment, loc)
		if moment.Before(from) || !moment.Before(to) {
			r.Fatalf("%v is not in its %s, %v to %v", moment.In(loc), period, from, to)
		}
		for _, other := range []time.Time{from, to.Add(-1)} {
			if f, e := period.Of(other, loc); !f.Equal(from) || !e.Equal(to) {
				r.Fatalf("%v is in %v to %v, want %v to %v", other, f, e, from, to)
			}
		}
		if f, _ := period.Of(to, loc); !f.Equal(to) {
			r.Fatalf("the next %s begins at %v, want %v", period, f, to)
		}
		if period == Hour {
			if to.Sub(from) > time.Hour {
				r.Fatalf("an hour of %v", to.Sub(from))
			}
			dayFrom, dayTo := DayOf(moment, loc)
			if from.Before(dayFrom) || to.After(dayTo) {
				r.Fatalf("the hour from %v to %v crosses the day from %v to %v", from, to, dayFrom, dayTo)
			}
			return
		}
		// The clock shows the first date at the start and never an earlier one from then on.
		date := from.Format(time.DateOnly)
		for step := time.Duration(0); step < 3*time.Hour && from.Add(step).Before(to); step += time.Minute {
			if got := from.Add(step).Format(time.DateOnly); got < date {
				r.Fatalf("%v shows an earlier date than %s", from.Add(step), date)
			}
		}
		if before := from.Add(-1).Format(time.DateOnly); before >= date && from.Add(-1).In(loc).Year() > 0 {
			// Only a clock put back over midnight shows the date before its day begins.
			if _, end := from.Add(-2 * time.Hour).ZoneBounds(); end.IsZero() || end.After(from) {
				r.Fatalf("%v shows %s before it begins", from.Add(-1), before)
			}
		}
	})
}

func TestZone(t *testing.T) {
	for name, want := range map[string]string{"": "UTC", "UTC": "UTC", "Europe/Madrid": "Europe/Madrid", " Asia/Tokyo ": "Asia/Tokyo"} {
		loc, err := Zone(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, loc.String())
	}
	local, err := Zone("Local")
	require.NoError(t, err)
	assert.Same(t, time.Local, local)
	tests := []struct{ name, zone, hint string }{
		{"a city that is no zone", "Europe/Sevilla", "want a name such as"},
		{"an offset", "UTC+2", "an offset does not know summer time"},
		{"another offset", "+02:00", "an offset does not know summer time"},
		{"a way out of the database", "../../etc/passwd", "want a name such as"},
		{"something very long", string(make([]byte, 10_000)), "is not known"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			loc, err := Zone(test.zone)
			assert.Nil(t, loc)
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.ErrorContains(t, err, test.hint)
			assert.Less(t, len(err.Error()), 500)
		})
	}
	t.Run("the database's own spelling is found", func(t *testing.T) {
		assert.Equal(t, "America/New_York", zoneSpelling("america/new york"))
		assert.Equal(t, "UTC", zoneSpelling("utc"))
		assert.Equal(t, "America/Port-Au-Prince", zoneSpelling("AMERICA/PORT-AU-PRINCE"))
	})
}

func FuzzZone(f *testing.F) {
	for _, name := range []string{"", "UTC", "Local", "Europe/Madrid", "europe/madrid", "UTC+2", "../x", "/etc/passwd", "\\x00", "a b/c_d-e"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		loc, err := Zone(name)
		if err != nil {
			assert.Nil(t, loc)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
			assert.Less(t, len(err.Error()), 1000)
			return
		}
		from, to := DayOf(time.Unix(1_700_000_000, 0), loc)
		assert.True(t, from.Before(to))
	})
}
