package rewards

import (
	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
)

// A Figure is what the nodes of a question earned and lost in a span, and how many of them there were.
//
// A node is a supplier, and counts only while it was staked. How long that was is measured in node-days: a node staked for a whole calendar
// day of the zone, be it of 23 or 25 hours, makes one; for a part of the day, that part. So one that left long ago, or came a
// minute ago, does not dilute an average. What a node is still paid after it left counts in the sums all the same.
type Figure struct {
	pocket.Span // in the question's zone; To is not in it
	Total       Sums
	Worth       *Worth // of Total; nil when the question has no prices

	Nodes    int             // nodes staked at any moment of the span
	NodeDays decimal.Decimal // the time that they were staked, added up; rounded to 18 places
	Days     decimal.Decimal // the time in which at least one of them was staked; rounded to 18 places
}

// averagePlaces is to how many places of a POKT averages are rounded: a millionth of a upokt, so that what is priced, added
// and rounded after comes out as if it had been exact.
const averagePlaces = 12

// PerNodeDay returns what an average node earned a day, in POKT, of an amount of f's Total such as f.Total.Gross:
// the amount divided by NodeDays, rounded half away from zero to 12 places. It is not valid when no node was staked.
func (f Figure) PerNodeDay(amount pocket.Upokt) decimal.NullDecimal {
	return divide(amount.Decimal(), f.NodeDays, averagePlaces)
}

// PerNode returns what an average node earned in the whole span, in POKT: its average day times Days. Of a day that is not over it is
// what an average node has earned so far; of time in which nobody was staked nothing is assumed. It is rounded like
// [Figure.PerNodeDay], and not valid when no node was staked.
func (f Figure) PerNode(amount pocket.Upokt) decimal.NullDecimal {
	return divide(amount.Decimal().Mul(f.Days), f.NodeDays, averagePlaces)
}

// PerDay returns what all nodes together earned in an average day, in POKT: the amount divided by Days, rounded like
// [Figure.PerNodeDay], and not valid when no node was staked.
func (f Figure) PerDay(amount pocket.Upokt) decimal.NullDecimal {
	return divide(amount.Decimal(), f.Days, averagePlaces)
}

// worthAveragePlaces is to how many places of a currency averages are rounded. A POKT may be a very small part of one, such as of a bitcoin.
const worthAveragePlaces = 18

// WorthPerNodeDay is [Figure.PerNodeDay] of a part of f's Worth, such as f.Worth.Gross: what an average node earned a day in the currency,
// rounded half away from zero to 18 places. It is not valid when the part is not, or no node was staked. What had no price (see [Worth.Unpriced]) is
// missing from it as from the part itself.
func (f Figure) WorthPerNodeDay(worth decimal.NullDecimal) decimal.NullDecimal {
	return divideWorth(worth, decimal.NewFromInt(1), f.NodeDays)
}

// WorthPerNode is [Figure.PerNode] of a part of f's Worth: see [Figure.WorthPerNodeDay].
func (f Figure) WorthPerNode(worth decimal.NullDecimal) decimal.NullDecimal {
	return divideWorth(worth, f.Days, f.NodeDays)
}

// WorthPerDay is [Figure.PerDay] of a part of f's Worth: see [Figure.WorthPerNodeDay].
func (f Figure) WorthPerDay(worth decimal.NullDecimal) decimal.NullDecimal {
	return divideWorth(worth, decimal.NewFromInt(1), f.Days)
}

func divideWorth(worth decimal.NullDecimal, times, by decimal.Decimal) decimal.NullDecimal {
	if !worth.Valid {
		return decimal.NullDecimal{}
	}
	return divide(worth.Decimal.Mul(times), by, worthAveragePlaces)
}

// complete reports whether nothing is missing from the sums because old versions of the protocol did not tell it.
func (s *Sums) complete() bool {
	return s.LackAmounts == 0 && s.LackShares == 0 && s.Unattributed == 0
}

// A Trend is a figure beside the one of the time before. Only like is compared with like: a span that is not over yet with
// as long a beginning of the one before.
type Trend struct {
	Figure
	Previous *Figure // nil when no node was staked and nothing earned before
	Whole    bool    // Previous began at or after [Statistics.Since], so that it has no time in which there was nothing to earn
}

// Change returns by how many percent an amount of the Total has changed: t.Change(func(s Sums) pocket.Upokt { return s.Gross }). It is
// not valid, there being no comparison, when there was nothing before or Previous is not Whole, or when one of both spans has settlements
// that did not tell all ([Sums.LackAmounts], [Sums.LackShares], [Sums.Unattributed]). It is rounded to 4 places.
func (t Trend) Change(amount func(Sums) pocket.Upokt) decimal.NullDecimal {
	if !t.comparable() || !t.Whole {
		return decimal.NullDecimal{}
	}
	return Change(amount(t.Total).Decimal(), amount(t.Previous.Total).Decimal())
}

// ChangePerNode is [Trend.Change] of what an average node earned a day. Unlike totals it does not grow by adding nodes.
func (t Trend) ChangePerNode(amount func(Sums) pocket.Upokt) decimal.NullDecimal {
	if !t.comparable() {
		return decimal.NullDecimal{}
	}
	now, before := t.PerNodeDay(amount(t.Total)), t.Previous.PerNodeDay(amount(t.Previous.Total))
	if !now.Valid || !before.Valid {
		return decimal.NullDecimal{}
	}
	return Change(now.Decimal, before.Decimal)
}

func (t Trend) comparable() bool {
	return t.Previous != nil && t.Total.complete() && t.Previous.Total.complete()
}

// ChangeWorth is [Trend.Change] of a part of the Worth: t.ChangeWorth(func(w Worth) decimal.NullDecimal { return w.Gross }). It is not valid either
// when one of both spans has something without a price. It tells what more or less the income was worth, be it by the income or by the
// price.
func (t Trend) ChangeWorth(part func(Worth) decimal.NullDecimal) decimal.NullDecimal {
	if !t.comparableWorth() || !t.Whole {
		return decimal.NullDecimal{}
	}
	return changeWorth(part(*t.Worth), part(*t.Previous.Worth))
}

// ChangeWorthPerNode is [Trend.ChangePerNode] of a part of the Worth: see [Trend.ChangeWorth].
func (t Trend) ChangeWorthPerNode(part func(Worth) decimal.NullDecimal) decimal.NullDecimal {
	if !t.comparableWorth() {
		return decimal.NullDecimal{}
	}
	return changeWorth(t.WorthPerNodeDay(part(*t.Worth)), t.Previous.WorthPerNodeDay(part(*t.Previous.Worth)))
}

func (t Trend) comparableWorth() bool {
	return t.comparable() && t.Worth != nil && t.Previous.Worth != nil && t.Worth.Full() && t.Previous.Worth.Full()
}

func changeWorth(now, before decimal.NullDecimal) decimal.NullDecimal {
	if !now.Valid || !before.Valid {
		return decimal.NullDecimal{}
	}
	return Change(now.Decimal, before.Decimal)
}

// Change returns by how many percent now is more than before, less when negative, rounded half away from zero to 4 places. It is not
// valid when before is zero or less: there is no comparison.
func Change(now, before decimal.Decimal) decimal.NullDecimal {
	if !before.IsPositive() {
		return decimal.NullDecimal{}
	}
	return divide(now.Sub(before).Shift(2), before, 4)
}

func divide(amount, by decimal.Decimal, places int32) decimal.NullDecimal {
	if !by.IsPositive() {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(amount.DivRound(by, places))
}
