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
	if !f.From.Before(f.To) {
		return
	}
	var nodeDays, days dayCount
	last, throughout := -1, int64(0)
	for i := range p.stays {
		s := &p.stays[i]
		switch {
		case !s.From.Before(f.To) || !s.To.After(f.From):
			continue
		case !s.From.After(f.From) && !s.To.Before(f.To): // most nodes, most days
			throughout++
		default:
			p.count(&nodeDays, s, f.Span, 1)
		}
		if last < 0 || p.stays[last].Supplier != s.Supplier {
			f.Nodes++
		}
		last = i
	}
	if throughout > 0 {
		p.count(&nodeDays, &Stay{From: f.From, To: f.To}, f.Span, throughout)
	}
	for i := range p.any {
		p.count(&days, &p.any[i], f.Span, 1)
	}
	f.NodeDays, f.Days = nodeDays.decimal(), days.decimal()
}

// count adds to c how many days of s lie in span, so many times.
func (p *presence) count(c *dayCount, s *Stay, span pocket.Span, times int64) {
	from, to := s.From, s.To
	if from.Before(span.From) {
		from = span.From
	}
	if to.After(span.To) {
		to = span.To
	}
	if from.Before(to) {
		c.add(p.place(to), times)
		c.add(p.place(from), -times)
	}
}

// A place is a moment as the number of its day and the part of that day, of so many nanoseconds, that has passed.
type place struct{ day, part, length int64 }

// place returns where t is, which lies between the start of the first day and now.
func (p *presence) place(t time.Time) place {
	i, _ := slices.BinarySearchFunc(p.days, t, func(d calendarDay, t time.Time) int {
		if d.from.After(t) {
			return 1
		}
		return -1
	})
	day := p.days[i-1]
	return place{int64(i - 1), int64(t.Sub(day.from)), int64(day.to.Sub(day.from))}
}

// A dayCount is a number of days, exactly: whole ones and parts of days by how long the day is.
type dayCount struct {
	whole int64
	parts map[int64]*big.Int // nanoseconds by the length of the day
}

// add adds the days up to p, so many times.
func (c *dayCount) add(p place, times int64) {
	c.whole += p.day * times
	if p.part == 0 {
		return
	}
	if c.parts == nil {
		c.parts = map[int64]*big.Int{}
	}
	if c.parts[p.length] == nil {
		c.parts[p.length] = new(big.Int)
	}
	part := big.NewInt(p.part)
	c.parts[p.length].Add(c.parts[p.length], part.Mul(part, big.NewInt(times)))
}

func (c *dayCount) decimal() decimal.Decimal {
	sum := new(big.Rat).SetInt64(c.whole)
	for length, part := range c.parts {
		sum.Add(sum, new(big.Rat).SetFrac(part, big.NewInt(length)))
	}
	return decimal.NewFromBigRat(sum, 18)
}
