package rewards

import (
	"cmp"
	"math/big"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
)

// A presence knows which nodes were staked when. Its stays end at now at the latest and those of one node do not touch.
type presence struct {
	stays []Stay        // by supplier and time
	any   []Stay        // the times in which at least one was staked, by time; Supplier is zero
	days  []calendarDay // from the first stay until now, without gaps
	since time.Time     // the first stake; zero when there is none
	nodes int           // staked at now
}

type calendarDay struct{ from, to time.Time }

// newPresence takes stays in any order, overlapping or not. One that begins at the zero time begins at first instead.
func newPresence(stays []Stay, first, now time.Time, zone *time.Location) *presence {
	p := &presence{}
	var known []Stay
	staked := map[pocket.Address]bool{}
	for _, s := range stays {
		if s.From.IsZero() {
			s.From = first
		}
		if s.To.IsZero() || s.To.After(now) {
			s.To = now
			if !s.From.After(now) {
				staked[s.Supplier] = true
			}
		}
		if s.From.Before(s.To) {
			known = append(known, s)
		}
	}
	p.nodes = len(staked)
	slices.SortFunc(known, func(a, b Stay) int { return cmp.Or(a.Supplier.Compare(b.Supplier), a.From.Compare(b.From)) })
	p.stays = union(known, func(a, b Stay) bool { return a.Supplier == b.Supplier })
	byTime := slices.Clone(p.stays)
	slices.SortFunc(byTime, func(a, b Stay) int { return a.From.Compare(b.From) })
	p.any = union(byTime, func(Stay, Stay) bool { return true })
	if len(p.any) > 0 {
		p.since = p.any[0].From
		for from, to := range Day.In(pocket.Span{From: p.since, To: now}, zone) {
			p.days = append(p.days, calendarDay{from, to})
		}
	}
	return p
}

// union joins neighbours that are alike and touch or overlap. Stays are sorted by From among those that are alike.
func union(stays []Stay, alike func(a, b Stay) bool) []Stay {
	var joined []Stay
	for _, s := range stays {
		if n := len(joined); n > 0 && alike(joined[n-1], s) && !s.From.After(joined[n-1].To) {
			if s.To.After(joined[n-1].To) {
				joined[n-1].To = s.To
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// fill sets how many nodes f's span had and for how long.
func (p *presence) fill(f *Figure) {
	var nodeDays, days dayCount
	var last pocket.Address
	for _, s := range p.stays {
		if p.count(&nodeDays, s, f.Span) && (f.Nodes == 0 || s.Supplier != last) {
			f.Nodes++
			last = s.Supplier
		}
	}
	for _, s := range p.any {
		p.count(&days, s, f.Span)
	}
	f.NodeDays, f.Days = nodeDays.decimal(), days.decimal()
}

// count adds to c how many days of s lie in span, and reports whether any moment does.
func (p *presence) count(c *dayCount, s Stay, span pocket.Span) bool {
	from, to := later(s.From, span.From), s.To
	if to.After(span.To) {
		to = span.To
	}
	if !from.Before(to) {
		return false
	}
	p.addPlace(c, to, 1)
	p.addPlace(c, from, -1)
	return true
}

// addPlace adds to c, or takes from it, how many days lie between the first day's start and t, which is at or after that and not after now.
func (p *presence) addPlace(c *dayCount, t time.Time, sign int64) {
	i, _ := slices.BinarySearchFunc(p.days, t, func(d calendarDay, t time.Time) int {
		if d.from.After(t) {
			return 1
		}
		return -1
	})
	day := p.days[i-1]
	c.add(sign*int64(i-1), sign*int64(t.Sub(day.from)), int64(day.to.Sub(day.from)))
}

// A dayCount is a number of days, exactly: whole ones and parts of days by how long the day is.
type dayCount struct {
	whole int64
	parts map[int64]int64 // nanoseconds by the length of the day, each less than it
}

func (c *dayCount) add(whole, part, length int64) {
	if c.parts == nil {
		c.parts = map[int64]int64{}
	}
	part += c.parts[length]
	c.whole += whole + part/length
	c.parts[length] = part % length
}

func (c *dayCount) decimal() decimal.Decimal {
	sum := new(big.Rat).SetInt64(c.whole)
	for length, part := range c.parts {
		sum.Add(sum, big.NewRat(part, length))
	}
	return decimal.NewFromBigRat(sum, 18)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
