package plot

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// maxPeriods is how many periods a picture may show: more than two years of hours. More is an error, never a silent cut.
const maxPeriods = 20_000

// A slot is the place of one period on the time axis.
type slot struct {
	from, to time.Time
	datum    int  // which datum is of this period, -1 when none is
	open     bool // the period is not over
	unknown  bool // nothing is known of the period, which is not nothing
}

// A timeline is the periods that a picture shows, oldest first, without gaps. It is empty when there is neither data nor a closed span.
type timeline struct {
	period rewards.Period
	zone   *time.Location
	slots  []slot
}

// newTimeline places data that start at these times. Each has to be where a period starts, and later than the one before.
func newTimeline(starts []time.Time, o Options) (timeline, error) {
	line := timeline{period: o.Period, zone: o.Zone}
	for i, start := range starts {
		if start.IsZero() {
			return line, fmt.Errorf("period %d has no start: %w", i, pocket.ErrInvalid)
		}
		if from, _ := o.Period.Of(start, o.Zone); !from.Equal(start) {
			return line, fmt.Errorf("%s is not the start of a %s in %s, add up in the zone and by the period of the picture: %w",
				start.Format(time.RFC3339), o.Period, o.Zone, pocket.ErrInvalid)
		}
		if i > 0 && !starts[i-1].Before(start) {
			return line, fmt.Errorf("%s comes after %s, want each period once and the oldest first: %w",
				start.Format(time.RFC3339), starts[i-1].Format(time.RFC3339), pocket.ErrInvalid)
		}
	}
	span := o.Span
	if len(starts) > 0 {
		if span.From.IsZero() || starts[0].Before(span.From) {
			span.From = starts[0]
		}
		if last := starts[len(starts)-1]; span.To.IsZero() || !last.Before(span.To) {
			_, span.To = o.Period.Of(last, o.Zone)
		}
	}
	next := 0
	for from, to := range o.Period.In(span, o.Zone) {
		if len(line.slots) == maxPeriods {
			return line, fmt.Errorf("more than %d periods of one %s, ask for longer ones or less time: %w", maxPeriods, o.Period, pocket.ErrInvalid)
		}
		s := slot{from: from, to: to, datum: -1, open: !o.Now.IsZero() && !o.Now.Before(from) && o.Now.Before(to)}
		if next < len(starts) && starts[next].Equal(from) {
			s.datum = next
			next++
		}
		line.slots = append(line.slots, s)
	}
	if next < len(starts) { // cannot be, and a picture without a part of the data must not be
		return line, errors.New("the calendar has no place for " + starts[next].Format(time.RFC3339))
	}
	return line, nil
}

// doubt marks the periods that start at these times as unknown.
func (l timeline) doubt(starts []time.Time) {
	for i, s := range l.slots {
		l.slots[i].unknown = slices.ContainsFunc(starts, s.from.Equal)
	}
}

// doubtful reports whether a period is unknown.
func (l timeline) doubtful() bool {
	return slices.ContainsFunc(l.slots, func(s slot) bool { return s.unknown })
}

// known yields the runs of periods that are not unknown.
func (l timeline) known() iter.Seq[[]slot] {
	return func(yield func([]slot) bool) {
		from := 0
		for i, s := range append(l.slots, slot{unknown: true}) {
			if !s.unknown {
				continue
			}
			if i > from && !yield(l.slots[from:i]) {
				return
			}
			from = i + 1
		}
	}
}

func (l timeline) first() time.Time { return l.slots[0].from }

func (l timeline) end() time.Time { return l.slots[len(l.slots)-1].to }

// open reports whether a period that has data is not over.
func (l timeline) open() bool {
	return slices.ContainsFunc(l.slots, func(s slot) bool { return s.open && s.datum >= 0 })
}

// at returns where on the axis t is, 0 for the first moment and 1 for the last.
func (l timeline) at(t time.Time) float64 {
	return float64(t.Sub(l.first())) / float64(l.end().Sub(l.first()))
}

// centre returns the middle of the period that starts at t, or t where none does.
func (l timeline) centre(t time.Time) float64 {
	i := sort.Search(len(l.slots), func(i int) bool { return !l.slots[i].from.Before(t) })
	if i < len(l.slots) && l.slots[i].from.Equal(t) {
		return (l.at(l.slots[i].from) + l.at(l.slots[i].to)) / 2
	}
	return l.at(t)
}

// words returns what several periods are called, and the one that is not over.
func words(p rewards.Period) (one, many, open string) {
	switch p {
	case rewards.Hour:
		return "hour", "hours", "this hour so far"
	case rewards.Week:
		return "week", "weeks", "this week so far"
	case rewards.Month:
		return "month", "months", "this month so far"
	default:
		return "day", "days", "today so far"
	}
}

// count says how many periods are shown: "15 days", or "last 15 days" when they reach to now.
func (l timeline) count() string {
	one, many, _ := words(l.period)
	n := len(l.slots)
	last := n > 0 && l.slots[n-1].open
	switch {
	case n == 1 && last && l.period == rewards.Day:
		return "today"
	case n == 1 && last:
		return "this " + one
	case n == 1:
		return "1 " + one
	case last:
		return fmt.Sprintf("last %d %s", n, many)
	default:
		return fmt.Sprintf("%d %s", n, many)
	}
}

// titled adds to a title how many periods are shown.
func (l timeline) titled(title string) string {
	if len(l.slots) == 0 {
		return title
	}
	return title + ", " + l.count()
}

// dateRange says from which to which day the picture goes, both included: "8–22 Nov 2026". A period that holds now goes to now.
func (l timeline) dateRange(now time.Time) string {
	if len(l.slots) == 0 {
		return ""
	}
	from, to := l.first().In(l.zone), l.end().Add(-1).In(l.zone)
	if !now.IsZero() && !now.Before(l.slots[len(l.slots)-1].from) && now.Before(to) {
		to = now.In(l.zone)
	}
	switch {
	case from.Year() != to.Year():
		return from.Format("2 Jan 2006 – ") + to.Format("2 Jan 2006")
	case from.Month() != to.Month():
		return from.Format("2 Jan – ") + to.Format("2 Jan 2006")
	case from.Day() != to.Day():
		return from.Format("2–") + to.Format("2 Jan 2006")
	default:
		return to.Format("2 Jan 2006")
	}
}
