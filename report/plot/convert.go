package plot

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
	"github.com/shopspring/decimal"
)

// GrossByNode returns what [Painter.AverageByNode] shows of the points of a graph: all that was paid to the suppliers' sides, in POKT.
func GrossByNode(points []rewards.DayPoint) []NodeDay {
	return nodeDaysOf(points, func(p rewards.DayPoint) (decimal.NullDecimal, pocket.Upokt, pocket.Upokt) {
		return p.Average, p.Total.Gross, p.Total.Unattributed
	})
}

// MineByNode is like [GrossByNode] of the part that went to the wallets asked for.
func MineByNode(points []rewards.DayPoint) []NodeDay {
	return nodeDaysOf(points, func(p rewards.DayPoint) (decimal.NullDecimal, pocket.Upokt, pocket.Upokt) {
		return p.AverageMine, p.Total.Mine, p.Total.UnattributedMine
	})
}

// WorthByNode is like [GrossByNode] of what it was worth, and returns the currency for [Options.Currency]: "" when the points were not valued. A
// day of which a part had no price has no average, which is a gap; what had none is in no total and said at the foot.
func WorthByNode(points []rewards.DayPoint) (days []NodeDay, currency string) {
	return worthOf(points, func(p rewards.DayPoint) (average, total, unattributed decimal.NullDecimal) {
		return p.AverageWorth, p.Worth.Gross, p.Worth.Unattributed
	})
}

// MineWorthByNode is like [WorthByNode] of the part that went to the wallets asked for.
func MineWorthByNode(points []rewards.DayPoint) (days []NodeDay, currency string) {
	return worthOf(points, func(p rewards.DayPoint) (average, total, unattributed decimal.NullDecimal) {
		return p.AverageMineWorth, p.Worth.Mine, p.Worth.UnattributedMine
	})
}

func worthOf(
	points []rewards.DayPoint, amounts func(rewards.DayPoint) (average, total, unattributed decimal.NullDecimal),
) (days []NodeDay, currency string) {
	days = make([]NodeDay, len(points))
	for i, p := range points {
		days[i] = NodeDay{Start: p.Start, Partial: p.Partial, Nodes: p.Nodes, Untold: Untold{Settlements: p.Total.LackShares}}
		if p.Worth == nil {
			continue
		}
		average, total, unattributed := amounts(p)
		currency = p.Worth.Currency
		days[i].Average, days[i].Total = average, total.Decimal
		days[i].Untold.Unattributed, days[i].Untold.Unpriced = unattributed.Decimal, p.Worth.Unpriced.Settlements
	}
	return days, currency
}

func nodeDaysOf(
	points []rewards.DayPoint, amounts func(rewards.DayPoint) (average decimal.NullDecimal, total, unattributed pocket.Upokt),
) []NodeDay {
	days := make([]NodeDay, len(points))
	for i, p := range points {
		average, total, unattributed := amounts(p)
		days[i] = NodeDay{
			Start: p.Start, Partial: p.Partial, Nodes: p.Nodes, Average: average, Total: total.Decimal(),
			Untold: Untold{Settlements: p.Total.LackShares, Unattributed: unattributed.Decimal()},
		}
	}
	return days
}

// StackOf returns what [Painter.Stacked] shows of rows that are kept apart by period and, at least, by one dimension: a series for each of
// its values, with one amount of the sums, in POKT. Rows may come in any order.
//
//	stack, err := plot.StackOf(rows, rewards.ByService, func(s rewards.Sums) pocket.Upokt { return s.Gross })
//
// Of rows by recipient, take Gross, Mine or OtherRoles: the other amounts overlap.
func StackOf(rows []rewards.Row, by rewards.Dimension, amount func(rewards.Sums) pocket.Upokt) (Stack, error) {
	return stackOf(rows, by, func(r *rewards.Row) (decimal.NullDecimal, Untold) {
		return decimal.NewNullDecimal(amount(r.Sums).Decimal()), Untold{Settlements: r.LackShares, Unattributed: r.Unattributed.Decimal()}
	})
}

// StackWorthOf is like [StackOf] of what an amount was worth, and returns the currency for [Options.Currency]: "" when the rows were not valued. A
// period in which nothing had a price is unknown; what else had none is in no bar and said at the foot.
//
//	stack, currency, err := plot.StackWorthOf(rows, rewards.ByService, func(w rewards.Worth) decimal.NullDecimal { return w.Gross })
func StackWorthOf(rows []rewards.Row, by rewards.Dimension, part func(rewards.Worth) decimal.NullDecimal) (stack Stack, currency string, err error) {
	stack, err = stackOf(rows, by, func(r *rewards.Row) (decimal.NullDecimal, Untold) {
		if r.Worth == nil {
			return decimal.NullDecimal{}, Untold{Settlements: r.LackShares}
		}
		currency = r.Worth.Currency
		return part(*r.Worth), Untold{Settlements: r.LackShares, Unattributed: r.Worth.Unattributed.Decimal, Unpriced: r.Worth.Unpriced.Settlements}
	})
	return stack, currency, err
}

// stackOf makes a stack of an amount of each row, which is not valid when it is not known.
func stackOf(rows []rewards.Row, by rewards.Dimension, amount func(*rewards.Row) (decimal.NullDecimal, Untold)) (Stack, error) {
	id, err := idOf(by)
	if err != nil {
		return Stack{}, err
	}
	stack := Stack{By: string(by)}
	place := map[int64]int{} // of a start among the starts, by its instant: the same time may be written in two zones
	for _, row := range rows {
		if _, known := place[row.Start.UnixNano()]; !known {
			place[row.Start.UnixNano()] = 0
			stack.Starts = append(stack.Starts, row.Start)
		}
	}
	slices.SortFunc(stack.Starts, time.Time.Compare)
	for i, start := range stack.Starts {
		place[start.UnixNano()] = i
	}
	missing, known := make([]bool, len(stack.Starts)), make([]bool, len(stack.Starts))
	series := map[string][]decimal.Decimal{}
	for i := range rows {
		row := &rows[i]
		if series[id(row.Key)] == nil {
			series[id(row.Key)] = make([]decimal.Decimal, len(stack.Starts))
		}
		values := series[id(row.Key)]
		i := place[row.Start.UnixNano()]
		value, untold := amount(row)
		values[i] = values[i].Add(value.Decimal)
		missing[i] = missing[i] || !value.Valid
		known[i] = known[i] || !value.Decimal.IsZero()
		stack.Untold = stack.Untold.plus(untold)
	}
	for i := range known {
		if missing[i] && !known[i] {
			stack.Unknown = append(stack.Unknown, stack.Starts[i])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(series)) {
		label := name
		if address, err := pocket.ParseAddress(name); err == nil && by != rewards.ByService {
			label = address.Short() // a legend has no room for all of it
		}
		stack.Series = append(stack.Series, Series{Name: label, Values: series[name]})
	}
	return stack, nil
}

func idOf(by rewards.Dimension) (func(rewards.Key) string, error) {
	switch by {
	case rewards.BySupplier:
		return func(k rewards.Key) string { return k.Supplier.String() }, nil
	case rewards.ByService:
		return func(k rewards.Key) string { return string(k.Service) }, nil
	case rewards.ByOwner:
		return func(k rewards.Key) string { return k.Owner.String() }, nil
	case rewards.ByApplication:
		return func(k rewards.Key) string { return k.Application.String() }, nil
	case rewards.ByRecipient:
		return func(k rewards.Key) string { return k.Recipient.String() }, nil
	default:
		return nil, fmt.Errorf("stack by %q: want supplier, service, owner, application or recipient: %w", by, pocket.ErrInvalid)
	}
}

// LossesOf returns what [Painter.Losses] shows of rows that are kept apart by period, in POKT. Rows may come in any order; rows by
// recipient overlap and are a [pocket.ErrInvalid].
func LossesOf(rows []rewards.Row) ([]Loss, error) {
	losses, _, err := lossesBy(rows, func(start time.Time, r rewards.LossReport) Loss {
		return lossOf(start, r, func(l *rewards.Loss) decimal.Decimal { return l.Amount.Decimal() })
	})
	return losses, err
}

// LossesWorthOf is like [LossesOf] of what was lost in a currency, which it returns for [Options.Currency]: "" when the rows were not valued. What
// had no price is in no bar and said at the foot.
func LossesWorthOf(rows []rewards.Row) (losses []Loss, currency string, err error) {
	return lossesBy(rows, func(start time.Time, r rewards.LossReport) Loss {
		loss := lossOf(start, r, func(l *rewards.Loss) decimal.Decimal { return l.Worth.Decimal })
		for i := range r.Causes {
			loss.Unpriced = loss.Unpriced.Add(r.Causes[i].Unpriced.Decimal())
		}
		return loss
	})
}

func lossesBy(rows []rewards.Row, make func(time.Time, rewards.LossReport) Loss) (losses []Loss, currency string, err error) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b rewards.Row) int { return a.Start.Compare(b.Start) })
	for len(sorted) > 0 {
		start := sorted[0].Start
		n := slices.IndexFunc(sorted, func(r rewards.Row) bool { return !r.Start.Equal(start) })
		if n < 0 {
			n = len(sorted)
		}
		report, err := rewards.Losses(sorted[:n])
		if err != nil {
			return nil, "", fmt.Errorf("losses since %s: %w", start.Format(time.RFC3339), err)
		}
		currency = report.Currency
		losses = append(losses, make(start, report))
		sorted = sorted[n:]
	}
	return losses, currency, nil
}

func lossOf(start time.Time, report rewards.LossReport, amount func(*rewards.Loss) decimal.Decimal) Loss {
	loss := Loss{Start: start, Unknown: report.LackAmounts}
	for i := range report.Causes {
		cause := &report.Causes[i]
		switch amount := amount(cause); cause.Cause {
		case rewards.CauseOverserviced:
			loss.Overserviced = amount
		case rewards.CauseDeflation:
			loss.Deflated = amount
		case rewards.CauseExpired:
			loss.Expired = amount
		case rewards.CauseSlashed:
			loss.Slashed = amount
		case rewards.CauseDiscarded:
			loss.Discarded = cause.Count
		}
	}
	return loss
}
