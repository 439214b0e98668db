package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Window is a time of the week on the clocks of a zone, such as "Sun 02:00-04:00 Europe/Madrid". One that ends before it begins goes on
// to the next day, and one that ends when it begins lasts a day. An hour that the clocks show twice belongs to it both times.
type Window struct {
	Days     []time.Weekday // on which it begins; none is every day
	From, To int            // minutes after midnight, To up to 24 * 60
	Zone     *time.Location // nil is UTC
}

var weekdays = []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// ParseWindow reads a window: days ("Sun", "Mon-Fri", "Sat,Sun", or "daily", which may be left out), times, and a zone of the IANA
// database, which is UTC when it is left out.
func ParseWindow(text string) (Window, error) {
	w, err := parseWindow(strings.Fields(text))
	if err != nil {
		return Window{}, fmt.Errorf("window %q: %w: want something like Sun 02:00-04:00 Europe/Madrid", text, err)
	}
	return w, nil
}

func parseWindow(words []string) (Window, error) {
	w := Window{Zone: time.UTC}
	if len(words) > 0 && !strings.Contains(words[0], ":") {
		days, err := parseDays(words[0])
		if err != nil {
			return w, err
		}
		w.Days, words = days, words[1:]
	}
	if len(words) == 0 || len(words) > 2 {
		return w, fmt.Errorf("it has too few or too many words")
	}
	from, to, ok := strings.Cut(words[0], "-")
	if !ok {
		return w, fmt.Errorf("%q is no span of time", words[0])
	}
	var err error
	if w.From, err = parseClock(from); err != nil {
		return w, err
	}
	if w.To, err = parseClock(to); err != nil {
		return w, err
	}
	if len(words) == 2 {
		if w.Zone, err = time.LoadLocation(words[1]); err != nil || words[1] == "Local" {
			return w, fmt.Errorf("zone %q is not known", words[1])
		}
	}
	return w, w.Validate()
}

func parseDays(text string) ([]time.Weekday, error) {
	if strings.EqualFold(text, "daily") {
		return nil, nil
	}
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		from := slices.IndexFunc(weekdays, func(d string) bool { return strings.EqualFold(d, first) })
		to := from
		if ranged {
			to = slices.IndexFunc(weekdays, func(d string) bool { return strings.EqualFold(d, last) })
		}
		if from < 0 || to < 0 {
			return nil, fmt.Errorf("%q is no day of the week", part)
		}
		for d := from; ; d = (d + 1) % len(weekdays) {
			if day := time.Weekday(d); !slices.Contains(days, day) {
				days = append(days, day)
			}
			if d == to {
				break
			}
		}
	}
	return days, nil
}

func parseClock(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of day", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Validate reports what cannot be meant.
func (w Window) Validate() error {
	if w.From < 0 || w.From >= 24*60 || w.To < 0 || w.To > 24*60 {
		return fmt.Errorf("window: want times from 00:00 to 24:00")
	}
	for _, d := range w.Days {
		if d < time.Sunday || d > time.Saturday {
			return fmt.Errorf("window: %d is no day of the week", d)
		}
	}
	if name := w.zone().String(); name == "Local" || !known(name) {
		return fmt.Errorf("window: zone %q has no name that others know", name)
	}
	return nil
}

// String writes w as ParseWindow reads it.
func (w Window) String() string {
	days := "daily"
	if len(w.Days) > 0 {
		names := make([]string, len(w.Days))
		for i, d := range w.Days {
			names[i] = weekdays[d]
		}
		days = strings.Join(names, ",")
	}
	return fmt.Sprintf("%s %02d:%02d-%02d:%02d %s", days, w.From/60, w.From%60, w.To/60, w.To%60, w.zone())
}

// MarshalText writes what String returns.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads what ParseWindow reads.
func (w *Window) UnmarshalText(b []byte) (err error) {
	*w, err = ParseWindow(string(b))
	return err
}

func known(zone string) bool {
	_, err := time.LoadLocation(zone)
	return err == nil
}

func (w Window) zone() *time.Location {
	if w.Zone == nil {
		return time.UTC
	}
	return w.Zone
}

// on reports whether the window begins on a day.
func (w Window) on(d time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, d) }

// Contains reports whether t is in the window, by what the clocks of its zone show.
func (w Window) Contains(t time.Time) bool {
	local := t.In(w.zone())
	day, minute := local.Weekday(), local.Hour()*60+local.Minute()
	if w.From < w.To {
		return w.on(day) && w.From <= minute && minute < w.To
	}
	yesterday := (day + 6) % 7
	return w.on(day) && minute >= w.From || w.on(yesterday) && minute < w.To
}

// Next returns when t's being in the window changes next, the zero time for never.
func (w Window) Next(t time.Time) time.Time {
	var next time.Time
	inside := w.Contains(t)
	for _, edge := range w.edges(t) {
		if edge.After(t) && (next.IsZero() || edge.Before(next)) && w.Contains(edge) != inside {
			next = edge
		}
	}
	return next
}

// edges returns the moments of the days around t at which the window may begin or end: when clocks show its ends, which may be twice on
// a day on which they are put back, and when they are changed.
func (w Window) edges(t time.Time) []time.Time {
	var edges []time.Time
	local := t.In(w.zone())
	y, m, d := local.Date()
	for days := -1; days <= 8; days++ {
		for _, minute := range []int{w.From, w.To} {
			shown := time.Date(y, m, d+days, 0, minute, 0, 0, time.UTC)
			for _, near := range []time.Duration{-day, day} {
				_, offset := shown.Add(near).In(w.zone()).Zone()
				edges = append(edges, shown.Add(-time.Duration(offset)*time.Second))
			}
		}
	}
	for range 3 {
		_, changed := local.ZoneBounds()
		if changed.IsZero() {
			break
		}
		edges = append(edges, changed.UTC())
		local = changed
	}
	return edges
}
