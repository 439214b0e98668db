package rewards

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
)

// A DayPoint is one day of a graph.
type DayPoint struct {
	Start    time.Time       // of the day, in the question's zone
	End      time.Time       // of the day; today's lies ahead
	Partial  bool            // the day is not over yet
	Nodes    int             // nodes staked at any moment of the day, until now
	NodeDays decimal.Decimal // the parts of the day that they were staked, added up
	Total    Sums
	// Average is what an average node earned that day, gross, in POKT, and AverageMine the wallets' part of it: see [Figure.PerNode].
	// They are not valid when no node was staked, which a graph shows as a gap, not as zero.
	Average, AverageMine decimal.NullDecimal

	Worth *Worth // of Total; nil when the question has no prices
	// AverageWorth and AverageMineWorth are the averages in the currency: see [Figure.WorthPerNode]. They are not valid either when a part of what
	// they are of had no price: a graph shows a gap, not a dip.
	AverageWorth, AverageMineWorth decimal.NullDecimal
}

// maxDays is a hundred years, more than anybody can look at.
const maxDays = 36_525

// Daily asks source for the points of the last n days, oldest first, the last of them being q.Now's own. Every day that the calendar of the
// zone has is there, with events or without.
func Daily(ctx context.Context, source Source, q StatsQuery, n int) ([]DayPoint, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	first, err := firstDay(q.Now, q.Zone, n)
	if err != nil {
		return nil, err
	}
	facts := q.facts()
	if facts.Stays, facts.NodesKnown, err = q.stays(ctx, source); err != nil {
		return nil, err
	}
	if facts.Days, err = source.Sums(ctx, q.query(pocket.Span{From: first, To: q.Now}, Day)); err != nil {
		return nil, fmt.Errorf("sums of each day: %w", err)
	}
	return DayPoints(facts, n)
}

// DayPoints makes the points of the last n days of f, oldest first, the last of them being f.Now's own. Of f.Days it needs those days only.
func DayPoints(f Facts, n int) ([]DayPoint, error) {
	first, err := firstDay(f.Now, f.Zone, n)
	if err != nil {
		return nil, err
	}
	m, err := newMaker(f)
	if err != nil {
		return nil, err
	}
	points := make([]DayPoint, 0, n)
	_, end := DayOf(m.now, m.zone)
	for from, to := range Day.In(pocket.Span{From: first, To: end}, m.zone) {
		p := DayPoint{Start: from, End: to, Partial: to.After(m.now)}
		i, found := slices.BinarySearchFunc(m.days, from, func(row Row, t time.Time) int { return row.Start.Compare(t) })
		p.Worth = m.worth(new(tally))
		if found {
			p.Total = m.days[i].Sums
			p.Worth = m.days[i].Worth
		}
		figure := Figure{Span: pocket.Span{From: from, To: to}}
		m.presence.fill(&figure)
		p.Nodes, p.NodeDays = figure.Nodes, figure.NodeDays
		p.Average, p.AverageMine = figure.PerNode(p.Total.Gross), figure.PerNode(p.Total.Mine)
		if w := p.Worth; w != nil && w.Unpriced.Gross == 0 {
			p.AverageWorth = figure.WorthPerNode(w.Gross)
		}
		if w := p.Worth; w != nil && w.Unpriced.Mine == 0 {
			p.AverageMineWorth = figure.WorthPerNode(w.Mine)
		}
		points = append(points, p)
	}
	return points, nil
}

func firstDay(now time.Time, loc *time.Location, n int) (time.Time, error) {
	if now.IsZero() {
		return time.Time{}, fmt.Errorf("a graph needs to know what time it is: %w", pocket.ErrInvalid)
	}
	if n < 1 || n > maxDays {
		return time.Time{}, fmt.Errorf("%d days: want 1 to %d: %w", n, maxDays, pocket.ErrInvalid)
	}
	_, end := DayOf(now, loc)
	return Before(pocket.Span{From: end}, Day, n, loc).From, nil
}
