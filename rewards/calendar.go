package rewards

import (
	"iter"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// DayOf returns the calendar day in loc that holds t: from is in it, to is the start of the next. It may have 23 or 25 hours, or
// begin at one o'clock where midnight was skipped. Where the clock was put back over midnight, a day begins when midnight
// passes for the last time. Both are in loc; a nil loc is UTC.
func DayOf(t time.Time, loc *time.Location) (from, to time.Time) {
	return calendar(t, loc, func(date time.Time) time.Time { return date }, 0, 1)
}

// WeekOf returns the week in loc that holds t, from Monday up to but not including the next Monday. See [DayOf].
func WeekOf(t time.Time, loc *time.Location) (from, to time.Time) {
	return calendar(t, loc, func(date time.Time) time.Time {
		return date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
	}, 0, 7)
}

// MonthOf returns the calendar month in loc that holds t. See [DayOf].
func MonthOf(t time.Time, loc *time.Location) (from, to time.Time) {
	return calendar(t, loc, func(date time.Time) time.Time {
		return date.AddDate(0, 0, 1-date.Day())
	}, 1, 0)
}

// HourOf returns the hour that holds t: 60 minutes from one full hour on the clock of loc to the next. The hour that comes twice
// when a clock is put back is two hours. Only where a clock moves by a part of an hour, as on Lord Howe Island, is there a
// shorter one. Hours never cross the bounds of days.
func HourOf(t time.Time, loc *time.Location) (from, to time.Time) {
	t = t.In(zoneOr(loc)).Round(0)
	_, offset := t.Zone()
	shift := time.Duration(offset) * time.Second
	from = t.Add(shift).Truncate(time.Hour).Add(-shift)
	to = from.Add(time.Hour)
	begin, end := clockSteady(t, offset)
	if !begin.IsZero() && begin.After(from) {
		from = begin
	}
	if !end.IsZero() && end.Before(to) {
		to = end
	}
	return from, to
}

// Of returns the period of kind p in loc that holds t. With [Whole] both ends are zero.
func (p Period) Of(t time.Time, loc *time.Location) (from, to time.Time) {
	switch p {
	case Hour:
		return HourOf(t, loc)
	case Day:
		return DayOf(t, loc)
	case Week:
		return WeekOf(t, loc)
	case Month:
		return MonthOf(t, loc)
	default:
		return time.Time{}, time.Time{}
	}
}

// In yields the start and end of every period of kind p in loc that has a part in span, oldest first and each whole: the first may begin
// before span does, the last may end after it. [Whole] yields span itself. A span that is empty, the wrong way round or open
// at an end has no periods.
func (p Period) In(span pocket.Span, loc *time.Location) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		if span.From.IsZero() || !span.From.Before(span.To) {
			return
		}
		if p == Whole {
			yield(span.From.In(zoneOr(loc)), span.To.In(zoneOr(loc)))
			return
		}
		for t := span.From; t.Before(span.To); {
			from, to := p.Of(t, loc)
			if !to.After(t) || !yield(from, to) {
				return
			}
			t = to
		}
	}
}

// calendar returns the period around t whose first date floor finds and which is so many months and days long.
// Dates are reckoned as midnights in UTC, where each day has 24 hours.
func calendar(t time.Time, loc *time.Location, floor func(time.Time) time.Time, months, days int) (from, to time.Time) {
	loc = zoneOr(loc)
	year, month, day := t.In(loc).Date()
	date := floor(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
	from = startOf(date, loc)
	for t.Before(from) { // the clock showed this date already, and was then put back over midnight
		date = floor(date.AddDate(0, 0, -1))
		from = startOf(date, loc)
	}
	return from, startOf(date.AddDate(0, months, days), loc)
}

// startOf returns when date, a midnight in UTC, begins in loc: the moment from which the clock never again shows an
// earlier date. Neither time.Date nor Truncate find it where the clock moves at midnight.
func startOf(date time.Time, loc *time.Location) time.Time {
	// No clock is two days away from UTC, so the search goes back from a moment when the date has surely begun.
	t := date.Add(48 * time.Hour).In(loc)
	for {
		_, offset := t.Zone()
		begin, end := t.ZoneBounds()
		midnight := date.Add(-time.Duration(offset) * time.Second).In(loc)
		switch {
		case !end.IsZero() && !midnight.Before(end):
			return end // the clock jumped over midnight
		case begin.IsZero() || !midnight.Before(begin):
			return midnight
		}
		t = begin.Add(-1)
	}
}

// clockSteady returns the bounds, as far as an hour from t, within which the clock stays at offset. A zone may
// change its name alone.
func clockSteady(t time.Time, offset int) (begin, end time.Time) {
	begin, end = t.ZoneBounds()
	for !begin.IsZero() && t.Sub(begin) < time.Hour {
		before := begin.Add(-1)
		if _, o := before.Zone(); o != offset {
			break
		}
		begin, _ = before.ZoneBounds()
	}
	for !end.IsZero() && end.Sub(t) < time.Hour {
		if _, o := end.Zone(); o != offset {
			break
		}
		_, end = end.ZoneBounds()
	}
	return begin, end
}

func zoneOr(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}
