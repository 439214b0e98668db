package report

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/rewards"
)

// Daily is the table of the points of a graph, one day each: the average node's reward, how many nodes there were, and the sums. On
// a day without nodes there is no average. A day that is not over yet says so.
func Daily(points []rewards.DayPoint) Table {
	t := Table{
		Title: "Daily",
		Columns: []Column{
			{Name: "Day", Kind: KindDate},
			{Name: "Average by node POKT", Kind: KindDecimal},
			{Name: "Nodes", Kind: KindInteger},
			{Name: "Node-days", Kind: KindDecimal, Sum: true},
			{Name: "Settlements", Kind: KindInteger, Sum: true},
			{Name: "Node side POKT", Kind: KindPOKT, Sum: true},
			{Name: "Mine POKT", Kind: KindPOKT, Sum: true},
			{Name: "Overserviced POKT", Kind: KindPOKT, Sum: true},
			{Name: "Deflation POKT", Kind: KindPOKT, Sum: true},
			{Name: "Expired POKT", Kind: KindPOKT, Sum: true},
			{Name: "Slashed POKT", Kind: KindPOKT, Sum: true},
			{Name: "Remark", Kind: KindText},
		},
		TotalLabel: "Total",
		Notes:      []string{"The average is what a node earned that day, gross; a node counts for the part of the day it was staked."},
	}
	var all rewards.Sums
	for i := range points {
		all.Settlements += points[i].Total.Settlements
		all.LackAmounts += points[i].Total.LackAmounts
		all.LackShares += points[i].Total.LackShares
		all.Unattributed += points[i].Total.Unattributed
	}
	t.Notes = append(t.Notes, lacks(all)...)
	t.Rows = func(yield func([]Cell, error) bool) {
		for i := range points {
			if !yield(dayRow(&points[i]), nil) {
				return
			}
		}
	}
	return t
}

// dayPlaces is to how many decimals averages and node-days are rounded in tables.
const dayPlaces = 6

func dayRow(p *rewards.DayPoint) []Cell {
	remark := ""
	if p.Partial {
		remark = "so far"
	}
	if p.Total.LackAmounts > 0 || p.Total.LackShares > 0 || p.Total.Unattributed != 0 {
		remark = strings.TrimPrefix(remark+", incomplete", ", ")
	}
	s := &p.Total
	return []Cell{
		Date(p.Start), rounded(p.Average), Integer(int64(p.Nodes)), Decimal(p.NodeDays.Round(dayPlaces)), Integer(s.Settlements),
		known(s, s.Gross, s.LackShares), known(s, s.Mine, s.LackShares), known(s, s.Overserviced, s.LackAmounts), known(s, s.Deflated, s.LackAmounts),
		POKT(s.ExpiredClaimed), POKT(s.Slashed), String(remark),
	}
}

// rounded is a cell with an average, empty when there is none.
func rounded(d decimal.NullDecimal) Cell {
	if !d.Valid {
		return Cell{}
	}
	return Decimal(d.Decimal.Round(dayPlaces))
}
