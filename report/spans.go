package report

import (
	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/rewards"
)

// Statistics is the table of statistics: a row for each span, beside what was earned and lost the average of a node and the change. When
// they have a currency, each amount has its value beside it; an average of which a part had no price is not told in the currency.
func Statistics(s rewards.Statistics, withMine bool) Table {
	columns := spanColumns(s, withMine)
	t := Table{
		Title: "Summary",
		Notes: append([]string{
			"Gross rewards of the nodes' side. A node counts only while it is staked. Changes are beside the time before: of a day or month that is " +
				"not over, beside as long a part of the one before.",
		}, append(lacks(s.AllTime.Total), withoutPrice(s.AllTime.Worth)...)...),
	}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	t.Rows = func(yield func([]Cell, error) bool) {
		row := make([]Cell, len(columns))
		for _, span := range spans(s) {
			for i, c := range columns {
				row[i] = c.cell(&span)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return t
}

// A span is a row of the statistics.
type span struct {
	name string
	rewards.Trend
}

func spans(s rewards.Statistics) []span {
	return []span{
		{"Today so far", s.Today},
		{"Yesterday", s.Yesterday},
		{"Last 7 days", s.Last7},
		{"Last 30 days", s.Last30},
		{"Every complete day", rewards.Trend{Figure: s.Everyday}},
		{"This month so far", s.ThisMonth},
		{"Last month", s.LastMonth},
		{"Every complete month", rewards.Trend{Figure: s.Monthly.Figure}},
		{"All time", rewards.Trend{Figure: s.AllTime}},
	}
}

// A spanColumn is a column of the statistics.
type spanColumn struct {
	Column
	cell func(*span) Cell
}

func spanColumns(s rewards.Statistics, withMine bool) []spanColumn {
	columns := []spanColumn{
		{Column{Name: "Span", Kind: KindText}, func(s *span) Cell { return String(s.name) }},
		{Column{Name: "From", Kind: KindTime}, func(s *span) Cell { return Time(s.From) }},
		{Column{Name: "Up to", Kind: KindTime}, func(s *span) Cell { return Time(s.To) }},
		{Column{Name: "Nodes", Kind: KindInteger}, func(span *span) Cell {
			if !s.NodesKnown {
				return Cell{}
			}
			return Integer(int64(span.Nodes))
		}},
	}
	add := func(c spanColumn, valued ...spanColumn) {
		columns = append(columns, c)
		if s.Currency != "" {
			columns = append(columns, valued...)
		}
	}
	value := func(name string, cell func(*span) Cell) spanColumn {
		return spanColumn{Column{Name: name, Kind: KindFiat, Currency: s.Currency}, cell}
	}
	percent := func(name string, of func(*span) decimal.NullDecimal) spanColumn {
		return spanColumn{Column{Name: name, Kind: KindPercent}, func(s *span) Cell { return percentOfOne(of(s)) }}
	}
	amount := func(m money) {
		c := m.columns("", false)[0]
		add(spanColumn{c, func(s *span) Cell { return m.pokt(&s.Total) }}, value(m.called(), func(s *span) Cell { return m.value(&s.Total, s.Worth) }))
	}
	add(spanColumn{Column{Name: "Average of a node POKT", Kind: KindPOKT}, func(s *span) Cell { return rounded(s.PerNode(s.Total.Gross)) }},
		value("Average of a node", func(s *span) Cell { return s.averageWorth(rewards.Figure.WorthPerNode) }))
	add(spanColumn{Column{Name: "Average of a node and day POKT", Kind: KindPOKT}, func(s *span) Cell { return rounded(s.PerNodeDay(s.Total.Gross)) }},
		value("Average of a node and day", func(s *span) Cell { return s.averageWorth(rewards.Figure.WorthPerNodeDay) }))
	add(percent("Change by node", func(s *span) decimal.NullDecimal { return s.ChangePerNode(gross) }),
		percent("Change of value by node", func(s *span) decimal.NullDecimal { return s.ChangeWorthPerNode(grossWorth) }))
	amount(nodeSide)
	add(percent("Change", func(s *span) decimal.NullDecimal { return s.Change(gross) }),
		percent("Change of value", func(s *span) decimal.NullDecimal { return s.ChangeWorth(grossWorth) }))
	if withMine {
		amount(mine)
	}
	add(spanColumn{Column{Name: "Settlements", Kind: KindInteger}, func(s *span) Cell { return Integer(s.Total.Settlements) }})
	for _, m := range []money{claimed, overserviced, deflation, expired, slashed} {
		amount(m)
	}
	if unpriced(s.AllTime.Worth) > 0 {
		add(spanColumn{Column{Name: "Without a price", Kind: KindInteger}, func(s *span) Cell { return Integer(unpriced(s.Worth)) }})
	}
	return columns
}

// averageWorth is an average in the currency, empty when a part of it had no price.
func (s *span) averageWorth(per func(rewards.Figure, decimal.NullDecimal) decimal.NullDecimal) Cell {
	if s.Worth == nil || s.Worth.Unpriced.Gross != 0 {
		return Cell{}
	}
	return fiat(per(s.Figure, s.Worth.Gross))
}
