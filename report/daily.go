package report

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Daily is the table of the points of a graph, one day each: the average node's reward, how many nodes there were, and the sums. On
// a day without nodes there is no average. A day that is not over yet says so. What went to the
// question's wallets has a column when it is anything. With prices each amount has its value beside it; the average is not told in the
// currency when a part of it had no price.
func Daily(points []rewards.DayPoint) Table {
	currency, worths := valuedPoints(points)
	list := dayAmounts(points)
	t := Table{
		Title:      "Daily",
		Columns:    []Column{{Name: "Day", Kind: KindDate}, {Name: "Average by node POKT", Kind: KindPOKT}},
		TotalLabel: "Total",
		Notes:      []string{"The average is what a node earned that day, gross; a node counts for the part of the day it was staked."},
	}
	if currency != "" {
		t.Columns = append(t.Columns, Column{Name: "Average by node", Kind: KindFiat, Currency: currency})
	}
	t.Columns = append(t.Columns,
		Column{Name: "Nodes", Kind: KindInteger},
		Column{Name: "Node-days", Kind: KindDecimal, Sum: true},
		Column{Name: "Settlements", Kind: KindInteger, Sum: true},
	)
	for _, m := range list {
		t.Columns = append(t.Columns, m.columns(currency, true)...)
	}
	t.Columns = append(t.Columns, Column{Name: "Remark", Kind: KindText})
	var all rewards.Sums
	for i := range points {
		all.Settlements += points[i].Total.Settlements
		all.LackAmounts += points[i].Total.LackAmounts
		all.LackShares += points[i].Total.LackShares
		all.Unattributed += points[i].Total.Unattributed
	}
	t.Notes = append(append(t.Notes, lacks(all)...), withoutPrice(worths...)...)
	t.Rows = func(yield func([]Cell, error) bool) {
		for i := range points {
			if !yield(dayRow(&points[i], currency, list), nil) {
				return
			}
		}
	}
	return t
}

// valuedPoints returns the currency of points, "" when they are not valued, and what each is worth.
func valuedPoints(points []rewards.DayPoint) (currency string, worths []*rewards.Worth) {
	for i := range points {
		if w := points[i].Worth; w != nil {
			currency, worths = w.Currency, append(worths, w)
		}
	}
	return currency, worths
}

func dayAmounts(points []rewards.DayPoint) []money {
	list := []money{nodeSide}
	if slices.ContainsFunc(points, func(p rewards.DayPoint) bool { return p.Total.Mine != 0 }) {
		list = append(list, mine)
	}
	return append(list, overserviced, deflation, expired, slashed)
}

// dayPlaces is to how many decimals node-days are rounded in tables.
const dayPlaces = 6

func dayRow(p *rewards.DayPoint, currency string, list []money) []Cell {
	row := []Cell{Date(p.Start), rounded(p.Average)}
	if currency != "" {
		row = append(row, fiat(p.AverageWorth))
	}
	row = append(row, Integer(int64(p.Nodes)), Decimal(p.NodeDays.Round(dayPlaces)), Integer(p.Total.Settlements))
	for _, m := range list {
		row = append(row, m.cells(currency, &p.Total, p.Worth)...)
	}
	return append(row, String(remark(p)))
}

func remark(p *rewards.DayPoint) string {
	var remarks []string
	if p.Partial {
		remarks = append(remarks, "so far")
	}
	if p.Total.LackAmounts > 0 || p.Total.LackShares > 0 || p.Total.Unattributed != 0 {
		remarks = append(remarks, "incomplete")
	}
	if n := unpriced(p.Worth); n > 0 {
		remarks = append(remarks, Count(n)+" without a price")
	}
	return strings.Join(remarks, ", ")
}

// rounded is a cell with an average in POKT, to the upokt; empty when there is none, or when it is out of all reason.
func rounded(pokt decimal.NullDecimal) Cell {
	upokt := pokt.Decimal.Shift(6).Round(0)
	if !pokt.Valid || upokt.NumDigits() > maxPlaces {
		return Cell{}
	}
	return POKT(pocket.Upokt(upokt.IntPart()))
}
