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
	series := map[string][]decimal.Decimal{}
	for _, row := range rows {
		if series[id(row.Key)] == nil {
			series[id(row.Key)] = make([]decimal.Decimal, len(stack.Starts))
		}
		values := series[id(row.Key)]
		i := place[row.Start.UnixNano()]
		values[i] = values[i].Add(amount(row.Sums).Decimal())
		stack.Untold = stack.Untold.plus(Untold{Settlements: row.LackShares, Unattributed: row.Unattributed.Decimal()})
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
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b rewards.Row) int { return a.Start.Compare(b.Start) })
	var losses []Loss
	for len(sorted) > 0 {
		start := sorted[0].Start
		n := slices.IndexFunc(sorted, func(r rewards.Row) bool { return !r.Start.Equal(start) })
		if n < 0 {
			n = len(sorted)
		}
		report, err := rewards.Losses(sorted[:n])
		if err != nil {
			return nil, fmt.Errorf("losses since %s: %w", start.Format(time.RFC3339), err)
		}
		losses = append(losses, lossOf(start, report))
		sorted = sorted[n:]
	}
	return losses, nil
}

func lossOf(start time.Time, report rewards.LossReport) Loss {
	loss := Loss{Start: start, Unknown: report.LackAmounts}
	for _, cause := range report.Causes {
		switch amount := cause.Amount.Decimal(); cause.Cause {
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
