package rewards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
)

// Statistics are what the nodes of a question earned and lost: today, lately and ever. All of them go by one clock, Now, and one
// calendar, that of its zone. Spans end at Now at the latest and do not hold it.
type Statistics struct {
	Now   time.Time // in the question's zone
	Since time.Time // when the first node was staked, or without nodes when the first day with any event began; zero when there is neither
	Nodes int       // staked at Now
	// NodesKnown is false when the question does not say whose nodes to count: then there are totals, but no averages.
	NodesKnown bool
	// Currency is the code of the currency that figures have a [Worth] in, "" when the question has no prices: then there is none.
	Currency string

	Today     Trend  // so far, beside as long a part of yesterday
	Yesterday Trend  // beside the day before
	Last7     Trend  // the seven complete days before today, beside the seven before those
	Last30    Trend  // the thirty complete days before today, beside the thirty before those
	Everyday  Figure // all complete days: from the first that began with a node staked up to today. Its PerNodeDay is the daily average
	ThisMonth Trend  // so far, beside as long a part of last month
	LastMonth Trend  // beside the month before
	Monthly   Months // all complete months, likewise
	AllTime   Figure // everything up to Now
}

// Months is a figure over a number of complete months.
type Months struct {
	Figure
	Months int
}

// PerMonth returns what all nodes together earned in an average month, in POKT, rounded like [Figure.PerNodeDay]. It is not valid when no
// month is complete.
func (m Months) PerMonth(amount pocket.Upokt) decimal.NullDecimal {
	return divide(amount.Decimal(), decimal.NewFromInt(int64(m.Months)), averagePlaces)
}

// WorthPerMonth is [Months.PerMonth] of a part of the Worth: see [Figure.WorthPerNodeDay].
func (m Months) WorthPerMonth(worth decimal.NullDecimal) decimal.NullDecimal {
	return divideWorth(worth, decimal.NewFromInt(1), decimal.NewFromInt(int64(m.Months)))
}

// WorthPerNodeMonth is [Months.PerNodeMonth] of a part of the Worth: see [Figure.WorthPerNodeDay].
func (m Months) WorthPerNodeMonth(worth decimal.NullDecimal) decimal.NullDecimal {
	return divideWorth(worth, m.Days, m.NodeDays.Mul(decimal.NewFromInt(int64(m.Months))))
}

// PerNodeMonth returns what an average node earned in an average month, in POKT: its average day times the days of an average month in which
// any node was staked. It is rounded like [Figure.PerNodeDay], and not valid when no month is complete or no node was staked.
func (m Months) PerNodeMonth(amount pocket.Upokt) decimal.NullDecimal {
	return divide(amount.Decimal().Mul(m.Days), m.NodeDays.Mul(decimal.NewFromInt(int64(m.Months))), averagePlaces)
}

// A StatsQuery asks for the statistics of nodes.
type StatsQuery struct {
	// Filter chooses whose events count. The nodes of the averages are its Suppliers; without them the suppliers of its Owners, as OwnerOf
	// tells them; with neither, all that the source knows. If it has Applications or Recipients but no suppliers or owners, there is no
	// telling whose nodes are meant, and so no average.
	pocket.Filter
	Wallets []pocket.Address                  // whose shares are [Sums.Mine]
	OwnerOf map[pocket.Address]pocket.Address // owner by supplier: see [Query.OwnerOf]
	Zone    *time.Location                    // nil is UTC
	Now     time.Time                         // the moment that statistics are of; needed
	Prices  *Prices                           // nil: no figure has a [Worth]
}

// Check returns an error that names what is wrong with q, nil when nothing is.
func (q StatsQuery) Check() error {
	var errs []error
	if q.Now.IsZero() {
		errs = append(errs, fmt.Errorf("statistics need to know what time it is: %w", pocket.ErrInvalid))
	}
	if len(q.Owners) > 0 && len(q.Suppliers) == 0 && len(q.OwnerOf) == 0 {
		errs = append(errs, fmt.Errorf("statistics of owners need to know their suppliers: %w", pocket.ErrInvalid))
	}
	return errors.Join(errs...)
}

// nodes returns the suppliers to count, none for all that are known, and whether that can be told.
func (q StatsQuery) nodes() (suppliers []pocket.Address, known bool) {
	switch {
	case len(q.Suppliers) > 0:
		return q.Suppliers, true
	case len(q.Owners) > 0:
		for supplier, owner := range q.OwnerOf {
			if slices.Contains(q.Owners, owner) {
				suppliers = append(suppliers, supplier)
			}
		}
		slices.SortFunc(suppliers, pocket.Address.Compare)
		return suppliers, len(suppliers) > 0
	default:
		return nil, len(q.Applications) == 0 && len(q.Recipients) == 0
	}
}

func (q StatsQuery) query(span pocket.Span, period Period) Query {
	return Query{Span: span, Filter: q.Filter, Wallets: q.Wallets, Period: period, Zone: q.Zone, OwnerOf: q.OwnerOf, Prices: q.Prices}
}

// facts returns what statistics of q are made of, as far as q tells.
func (q StatsQuery) facts() Facts {
	f := Facts{Now: q.Now, Zone: q.Zone}
	if q.Prices != nil {
		f.Currency = q.Prices.currency
	}
	return f
}

func (q StatsQuery) stays(ctx context.Context, source Source) ([]Stay, bool, error) {
	nodes, known := q.nodes()
	if !known {
		return nil, false, nil
	}
	stays, err := source.Stays(ctx, nodes)
	if err != nil {
		return nil, false, fmt.Errorf("when nodes were staked: %w", err)
	}
	return stays, true, nil
}

// Compute asks source for what statistics are made of, the sums of each day and of two parts of spans, and makes them.
func Compute(ctx context.Context, source Source, q StatsQuery) (Statistics, error) {
	if err := q.Check(); err != nil {
		return Statistics{}, err
	}
	facts := q.facts()
	var err error
	if facts.Stays, facts.NodesKnown, err = q.stays(ctx, source); err != nil {
		return Statistics{}, err
	}
	if facts.Days, err = source.Sums(ctx, q.query(pocket.Span{To: q.Now}, Day)); err != nil {
		return Statistics{}, fmt.Errorf("sums of each day: %w", err)
	}
	for _, part := range []struct {
		period Period
		to     *Sums
		worth  **Worth
	}{{Day, &facts.DayBefore, &facts.DayBeforeWorth}, {Month, &facts.MonthBefore, &facts.MonthBeforeWorth}} {
		span := SamePart(q.Now, part.period, q.Zone)
		if !span.From.Before(span.To) {
			continue
		}
		rows, err := source.Sums(ctx, q.query(span, Whole))
		if err == nil {
			*part.to, err = Total(rows)
		}
		if err == nil {
			*part.worth, err = TotalWorth(rows)
		}
		if err != nil {
			return Statistics{}, fmt.Errorf("sums of the %s before: %w", part.period, err)
		}
	}
	return NewStatistics(facts)
}

// Facts are what statistics are made of.
type Facts struct {
	Now  time.Time
	Zone *time.Location // nil is UTC

	// Days are the sums of each day in Zone, from the very first event up to but not including Now. They may be kept apart by supplier, service,
	// owner or application, in any order.
	Days []Row
	// DayBefore and MonthBefore are the sums of yesterday and of last month up to the same point: of the spans that [SamePart] tells.
	DayBefore, MonthBefore Sums

	// Currency is the code of the currency that the rows' worths are in; "" when they have none. All rows have one then, and so have the two sums
	// before, unless nothing happened: nil.
	Currency                         string
	DayBeforeWorth, MonthBeforeWorth *Worth

	Stays      []Stay // of the nodes to count; they should cover all that the sums hold. A zero From is the first of Days
	NodesKnown bool   // false: count none, whatever Stays says
}

// NewStatistics makes statistics of f. It needs no source. An error wraps [pocket.ErrInvalid] when f makes no sense, and
// [pocket.ErrOverflow] when a sum does not fit.
func NewStatistics(f Facts) (Statistics, error) {
	if f.Now.IsZero() {
		return Statistics{}, fmt.Errorf("statistics need to know what time it is: %w", pocket.ErrInvalid)
	}
	m, err := newMaker(f)
	if err != nil {
		return Statistics{}, err
	}
	stats := Statistics{Now: m.now, Since: m.since, NodesKnown: f.NodesKnown, Nodes: m.presence.nodes, Currency: m.currency}
	today, _ := DayOf(m.now, m.zone)
	month, _ := MonthOf(m.now, m.zone)

	stats.Today = m.trend(pocket.Span{From: today, To: m.now}, SamePart(m.now, Day, m.zone), &portion{f.DayBefore, f.DayBeforeWorth})
	stats.Yesterday = m.daysBefore(today, 1)
	stats.Last7 = m.daysBefore(today, 7)
	stats.Last30 = m.daysBefore(today, 30)
	stats.Everyday = m.figure(m.complete(Day, today))
	stats.ThisMonth = m.trend(pocket.Span{From: month, To: m.now}, SamePart(m.now, Month, m.zone), &portion{f.MonthBefore, f.MonthBeforeWorth})
	lastMonth := Before(pocket.Span{From: month, To: month}, Month, 1, m.zone)
	stats.LastMonth = m.trend(lastMonth, Before(lastMonth, Month, 1, m.zone), nil)
	stats.Monthly.Figure = m.figure(m.complete(Month, month))
	for range Month.In(stats.Monthly.Span, m.zone) {
		stats.Monthly.Months++
	}
	stats.AllTime = m.figure(pocket.Span{From: m.since, To: m.now})
	stats.AllTime.Total, stats.AllTime.Worth, stats.AllTime.From = m.total, m.totalWorth, m.first()
	return stats, m.err
}

// A maker makes figures of facts. After an error they mean nothing.
type maker struct {
	now      time.Time
	zone     *time.Location
	days     []Row // one a day, by Start
	total    Sums
	presence *presence
	since    time.Time
	err      error

	currency   string  // "" when nothing has a worth
	tallies    []tally // of days
	totalWorth *Worth
}

// A portion is what was earned in a part of a span that days are not fine enough for.
type portion struct {
	total Sums
	worth *Worth // nil when nothing happened, or nothing is valued
}

func newMaker(f Facts) (*maker, error) {
	m := &maker{zone: zoneOr(f.Zone)}
	m.now = f.Now.Round(0).In(m.zone)
	adder, err := NewAdder(Query{Period: Day, Zone: m.zone})
	if err != nil {
		return nil, err
	}
	var day time.Time
	for i := range f.Days {
		if start := f.Days[i].Start; !start.Equal(day) {
			if day, _ = DayOf(start, m.zone); !start.Equal(day) {
				return nil, fmt.Errorf("no day begins at %s in %s: %w", start.Format(time.RFC3339), m.zone, pocket.ErrInvalid)
			}
		}
		if err := adder.AddRow(f.Days[i]); err != nil {
			return nil, err
		}
	}
	if m.days, err = adder.Rows(); err != nil {
		return nil, err
	}
	if m.total, err = Total(m.days); err != nil {
		return nil, err
	}
	if err := m.value(f.Currency); err != nil {
		return nil, err
	}
	if !f.NodesKnown {
		f.Stays = nil
	}
	m.since = m.now
	if len(m.days) > 0 {
		m.since = m.days[0].Start
	}
	m.presence = newPresence(f.Stays, m.since, m.now, m.zone)
	switch {
	case !m.presence.since.IsZero():
		m.since = m.presence.since.In(m.zone)
	case len(m.days) == 0:
		m.since = time.Time{}
	}
	return m, nil
}

// first returns when the earliest of what is known began: a day with an event, or the first stake.
func (m *maker) first() time.Time {
	if len(m.days) > 0 && (m.since.IsZero() || m.days[0].Start.Before(m.since)) {
		return m.days[0].Start
	}
	return m.since
}

// figure returns the figure of a span of whole days, or whole days up to now.
func (m *maker) figure(span pocket.Span) Figure {
	f := Figure{Span: span}
	var worth tally
	for i := range m.days {
		if start := m.days[i].Start; start.Before(span.From) || !start.Before(span.To) {
			continue
		}
		if !f.Total.add(&m.days[i].Sums) || m.currency != "" && !worth.merge(&m.tallies[i]) {
			m.err = errOverflow
		}
	}
	f.Worth = m.worth(&worth)
	m.presence.fill(&f)
	return f
}

// value makes days and total ready to be added in a currency, if there is one.
func (m *maker) value(currency string) error {
	m.currency = currency
	if currency == "" {
		return nil
	}
	m.tallies = make([]tally, len(m.days))
	var total tally
	for i := range m.days {
		switch worth := m.days[i].Worth; {
		case worth == nil:
			return errUnvalued
		case worth.Currency != currency:
			return errCurrencies(currency, worth.Currency)
		default:
			if err := m.tallies[i].addWorth(worth); err != nil {
				return err
			}
		}
		if !total.merge(&m.tallies[i]) {
			return errOverflow
		}
	}
	m.totalWorth = m.worth(&total)
	return nil
}

// worth returns what was added up, nil when nothing is valued.
func (m *maker) worth(sum *tally) *Worth {
	if m.currency == "" {
		return nil
	}
	return sum.worth(m.currency)
}

// trend returns the figure of now beside that of before, whose sums are those of a portion unless that is nil: then it is of whole days.
func (m *maker) trend(now, before pocket.Span, known *portion) Trend {
	previous := m.figure(before)
	if known != nil {
		previous.Total, previous.Worth = known.total, m.worthOf(known)
	}
	t := Trend{Figure: m.figure(now)}
	if previous.Nodes > 0 || previous.Total != (Sums{}) {
		t.Previous = &previous
		t.Whole = !before.From.Before(m.since) && !m.presence.since.IsZero() || before.From.After(m.since)
	}
	return t
}

// worthOf returns the worth of a portion.
func (m *maker) worthOf(p *portion) *Worth {
	switch {
	case m.currency == "":
		return nil
	case p.worth == nil && p.total == Sums{}:
		return m.worth(new(tally))
	case p.worth == nil:
		m.err = errUnvalued
		return nil
	case p.worth.Currency != m.currency:
		m.err = errCurrencies(m.currency, p.worth.Currency)
	}
	return p.worth
}

func (m *maker) daysBefore(today time.Time, n int) Trend {
	span := Before(pocket.Span{From: today, To: today}, Day, n, m.zone)
	return m.trend(span, Before(span, Day, n, m.zone), nil)
}

// complete returns the span of all complete periods that end at end or before.
func (m *maker) complete(period Period, end time.Time) pocket.Span {
	if m.since.IsZero() {
		return pocket.Span{From: end, To: end}
	}
	from, to := period.Of(m.since, m.zone)
	if from.Before(m.since) || m.presence.since.IsZero() { // without stays nobody knows how much of the first period there was
		from = to
	}
	if from.After(end) {
		from = end
	}
	return pocket.Span{From: from, To: end}
}
