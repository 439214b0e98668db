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
// question's wallets has a column when it is anything.
func Daily(points []rewards.DayPoint) Table {
	mine := slices.ContainsFunc(points, func(p rewards.DayPoint) bool { return p.Total.Mine != 0 })
	t := Table{
		Title: "Daily",
		Columns: []Column{
			{Name: "Day", Kind: KindDate},
			{Name: "Average by node POKT", Kind: KindPOKT},
			{Name: "Nodes", Kind: KindInteger},
			{Name: "Node-days", Kind: KindDecimal, Sum: true},
			{Name: "Settlements", Kind: KindInteger, Sum: true},
			{Name: "Node side POKT", Kind: KindPOKT, Sum: true},
		},
		TotalLabel: "Total",
		Notes:      []string{"The average is what a node earned that day, gross; a node counts for the part of the day it was staked."},
	}
	if mine {
		t.Columns = append(t.Columns, Column{Name: "Mine POKT", Kind: KindPOKT, Sum: true})
	}
	t.Columns = append(t.Columns,
		Column{Name: "Overserviced POKT", Kind: KindPOKT, Sum: true},
		Column{Name: "Deflation POKT", Kind: KindPOKT, Sum: true},
		Column{Name: "Expired POKT", Kind: KindPOKT, Sum: true},
		Column{Name: "Slashed POKT", Kind: KindPOKT, Sum: true},
		Column{Name: "Remark", Kind: KindText},
	)
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
			if !yield(dayRow(&points[i], mine), nil) {
				return
			}
		}
	}
	return t
}

// dayPlaces is to how many decimals node-days are rounded in tables.
const dayPlaces = 6

func dayRow(p *rewards.DayPoint, mine bool) []Cell {
	remark := ""
	if p.Partial {
		remark = "so far"
	}
	if p.Total.LackAmounts > 0 || p.Total.LackShares > 0 || p.Total.Unattributed != 0 {
		remark = strings.TrimPrefix(remark+", incomplete", ", ")
	}
	s := &p.Total
	row := []Cell{Date(p.Start), rounded(p.Average), Integer(int64(p.Nodes)), Decimal(p.NodeDays.Round(dayPlaces)), Integer(s.Settlements),
		known(s, s.Gross, s.LackShares)}
	if mine {
		row = append(row, known(s, s.Mine, s.LackShares))
	}
	return append(row, known(s, s.Overserviced, s.LackAmounts), known(s, s.Deflated, s.LackAmounts), POKT(s.ExpiredClaimed), POKT(s.Slashed),
		String(remark))
}

// rounded is a cell with an average in POKT, to the upokt; empty when there is none, or when it is out of all reason.
func rounded(pokt decimal.NullDecimal) Cell {
	upokt := pokt.Decimal.Shift(6).Round(0)
	if !pokt.Valid || upokt.NumDigits() > maxPlaces {
		return Cell{}
	}
	return POKT(pocket.Upokt(upokt.IntPart()))
}
