package plot

import (
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
	"gonum.org/v1/plot/vg"
)

// A mark is a place on the time axis with a label below: what changes from mark to mark, and below that,
// where it is new, what it is a part of.
type mark struct {
	time  time.Time
	at    float64 // from 0 to 1
	label string
	part  string
}

// A rhythm is how often the time axis has a mark.
type rhythm struct {
	hours, days, months int // one of them is set
}

// rhythms are tried from the densest; years are months too. Seven days are Mondays.
var rhythms = []rhythm{
	{hours: 1}, {hours: 2}, {hours: 3}, {hours: 6}, {hours: 12}, {days: 1}, {days: 2}, {days: 7}, {days: 14},
	{months: 1}, {months: 2}, {months: 3}, {months: 6},
	{months: 12}, {months: 24}, {months: 60}, {months: 120}, {months: 240}, {months: 600}, {months: 1200}, {months: 12000},
}

// marks returns the densest marks whose labels do not touch on an axis so wide. There is always at least one.
func (l timeline) marks(width vg.Length, letters lettering) []mark {
	gap := letters.size * 0.55
	for _, r := range rhythms {
		if r.finerThan(l.period) {
			continue
		}
		marks := l.every(r)
		fits := len(marks) > 0
		for i := 1; i < len(marks) && fits; i++ {
			room := vg.Length(marks[i].at-marks[i-1].at) * width
			fits = room >= (letters.width(marks[i].label)+letters.width(marks[i-1].label))/2+gap
		}
		if fits {
			return l.parts(marks, width, letters)
		}
	}
	return []mark{l.mark(l.first(), rhythm{days: 1})}
}

func (r rhythm) finerThan(p rewards.Period) bool {
	switch p {
	case rewards.Hour:
		return false
	case rewards.Day:
		return r.hours > 0
	case rewards.Week:
		return r.hours > 0 || r.days > 0 && r.days < 7
	default:
		return r.months == 0
	}
}

// every returns the marks of a rhythm within the timeline, as far as so many are of use.
func (l timeline) every(r rhythm) []mark {
	const enough = 1000 // more fit no picture, however wide and low
	var marks []mark
	add := func(t time.Time) bool {
		if !t.Before(l.first()) && t.Before(l.end()) {
			marks = append(marks, l.mark(t, r))
		}
		return len(marks) < enough
	}
	year, month, _ := l.first().In(l.zone).Date()
	switch {
	case r.hours > 0:
		for from, to := range rewards.Day.In(pocket.Span{From: l.first(), To: l.end()}, l.zone) {
			last := -1
			for hour := range rewards.Hour.In(pocket.Span{From: from, To: to}, l.zone) {
				// A clock that is put back shows an hour twice: the second time has no mark.
				if h := hour.Hour(); h%r.hours == 0 && h > last && hour.Minute() == 0 {
					last = h
					if !add(hour) {
						return marks
					}
				}
			}
		}
	case r.days == 1 || r.days == 2:
		// Back from the last day, which is the one most looked at.
		day, _ := rewards.DayOf(l.end().Add(-1), l.zone)
		for n := 0; !day.Before(l.first()); n++ {
			if n%r.days == 0 && !add(day) {
				break
			}
			day, _ = rewards.DayOf(day.Add(-1), l.zone)
		}
		slices.Reverse(marks)
	case r.days > 0:
		week, _ := rewards.WeekOf(l.end().Add(-1), l.zone)
		for n := 0; !week.Before(l.first()); n++ {
			if n%(r.days/7) == 0 && !add(week) {
				break
			}
			week, _ = rewards.WeekOf(week.Add(-1), l.zone)
		}
		slices.Reverse(marks)
	default:
		// Months are counted from year 0, so that every third is a quarter and every 120th a decade.
		n := year*12 + int(month) - 1
		for n -= n % r.months; ; n += r.months {
			noon := time.Date(0, time.January+time.Month(n), 1, 12, 0, 0, 0, l.zone)
			if !noon.Before(l.end()) {
				break
			}
			from, _ := rewards.MonthOf(noon, l.zone)
			if !add(from) {
				break
			}
		}
	}
	return marks
}

func (l timeline) mark(t time.Time, r rhythm) mark {
	t = t.In(l.zone)
	m := mark{time: t, at: l.centre(t)}
	switch {
	case r.hours > 0:
		m.label, m.part = t.Format("15:04"), t.Format("2 Jan")
	case r.days > 0:
		m.label, m.part = t.Format("2"), t.Format("Jan")
		if t.Year() != l.first().In(l.zone).Year() {
			m.part = t.Format("Jan 2006")
		}
	case r.months < 12:
		m.label, m.part = t.Format("Jan"), t.Format("2006")
	default:
		m.label = t.Format("2006")
	}
	return m
}

// parts keeps the lower labels where they are new and have room. The first gives way to the second, which stands at its true begin.
func (l timeline) parts(marks []mark, width vg.Length, letters lettering) []mark {
	before, kept := "", -1
	for i := range marks {
		part := marks[i].part
		marks[i].part = ""
		if part == before {
			continue
		}
		before = part
		if kept >= 0 {
			room := vg.Length(marks[i].at-marks[kept].at) * width
			if room < (letters.width(part)+letters.width(marks[kept].part))/2+letters.size*0.6 {
				if kept > 0 {
					continue
				}
				marks[kept].part = ""
			}
		}
		marks[i].part = part
		kept = i
	}
	return marks
}
