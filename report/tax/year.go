package tax

import (
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// A Month is what was earned and lost in a calendar month.
type Month struct {
	Start time.Time // in the zone asked for
	Summary
}

// Average returns what one POKT that was earned was worth on average, by what had a price. It is not valid when nothing had.
func (m Month) Average() decimal.NullDecimal {
	priced := m.Earned - m.EarnedUnpriced
	if priced <= 0 || m.Currency == "" {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(m.EarnedValue.DivRound(priced.Decimal(), pricePlaces))
}

// Months adds up the income of a year of the zone by month, all twelve, in any order; nil is UTC. Income of other years is passed over. An error
// is that of income, or wraps [pocket.ErrOverflow].
func Months(income iter.Seq2[Event, error], year int, zone *time.Location) ([]Month, error) {
	if zone == nil {
		zone = time.UTC
	}
	months := make([]Month, 12)
	for i := range months {
		// Noon, as midnight may not be there.
		months[i].Start, _ = rewards.MonthOf(time.Date(year, time.January+time.Month(i), 1, 12, 0, 0, 0, zone), zone)
	}
	for e, err := range income {
		if err != nil {
			return nil, err
		}
		local := e.Time.In(zone)
		if local.Year() != year {
			continue
		}
		m := &months[local.Month()-1]
		if m.Currency != "" && e.Currency != "" && m.Currency != e.Currency {
			return nil, errCurrencies(m.Currency, e.Currency)
		}
		if err := m.add(&e, true, e.Currency != ""); err != nil {
			return nil, fmt.Errorf("income of %s: %w", m.Start.Format("January 2006"), err)
		}
	}
	return months, nil
}

// Year is the table of a year's income by month: how much, how often, what it was worth in the currency of that code, and the average price. With ""
// it tells nothing of prices. Losses have columns when there are any. What had no price is counted in a column of its own, and
// what the chain did not tell in a note. Errors are those of [Months].
func Year(income iter.Seq2[Event, error], year int, zone *time.Location, currency string) (report.Table, error) {
	if currency != "" {
		var err error
		if currency, err = rewards.CurrencyCode(currency); err != nil {
			return report.Table{}, fmt.Errorf("income of %d: %w", year, err)
		}
	}
	months, err := Months(income, year, zone)
	if err != nil {
		return report.Table{}, err
	}
	var whole Month
	for i := range months {
		m := &months[i]
		if err := whole.plus(&m.Summary); err != nil {
			return report.Table{}, fmt.Errorf("income of %d: %w", year, err)
		}
		if currency != "" && m.Currency != "" && m.Currency != currency {
			return report.Table{}, errCurrencies(m.Currency, currency)
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	t := report.Table{Title: fmt.Sprintf("Income of %d by month (%s)", year, zone), TotalLabel: fmt.Sprint(year)}
	columns := yearColumns(whole, currency)
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	t.Rows = func(yield func([]report.Cell, error) bool) {
		row := make([]report.Cell, len(columns))
		for i := range months {
			for j, c := range columns {
				row[j] = c.cell(&months[i])
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	t.Notes = yearNotes(whole, currency)
	return t, nil
}

// A figure is a column of the year.
type figure struct {
	report.Column
	cell func(*Month) report.Cell
}

func yearColumns(whole Month, currency string) []figure {
	pokt := func(name string, of func(*Month) pocket.Upokt) figure {
		return figure{report.Column{Name: name, Kind: report.KindPOKT, Sum: true}, func(m *Month) report.Cell { return report.POKT(of(m)) }}
	}
	worth := func(name string, of func(*Month) decimal.Decimal, amount func(*Month) pocket.Upokt) figure {
		return figure{report.Column{Name: name, Kind: report.KindFiat, Currency: currency, Sum: true}, func(m *Month) report.Cell {
			if of(m).IsZero() && amount(m) > 0 { // nothing of it had a price
				return report.Cell{}
			}
			return report.Fiat(of(m))
		}}
	}
	earned := func(m *Month) pocket.Upokt { return m.Earned }
	lost := func(m *Month) pocket.Upokt { return m.Lost }
	columns := []figure{
		{report.Column{Name: "Month", Kind: report.KindMonth}, func(m *Month) report.Cell { return report.Month(m.Start) }},
		{report.Column{Name: "Events", Kind: report.KindInteger, Sum: true}, func(m *Month) report.Cell { return report.Integer(m.Events) }},
		pokt("Earned POKT", earned),
	}
	if currency != "" {
		columns = append(columns, worth("Value", func(m *Month) decimal.Decimal { return m.EarnedValue }, earned),
			figure{report.Column{Name: "Average price", Kind: report.KindDecimal, Currency: currency}, func(m *Month) report.Cell { return known(m.Average(), averagePlaces) }})
	}
	if whole.Lost > 0 {
		columns = append(columns, pokt("Lost POKT", lost))
		if currency != "" {
			columns = append(columns, worth("Lost value", func(m *Month) decimal.Decimal { return m.LostValue }, lost))
		}
	}
	if currency != "" {
		columns = append(columns,
			figure{report.Column{Name: "Without a price", Kind: report.KindInteger, Sum: true}, func(m *Month) report.Cell { return report.Integer(m.Unpriced) }},
			pokt("Earned without a price POKT", func(m *Month) pocket.Upokt { return m.EarnedUnpriced }))
	}
	return columns
}

// averagePlaces are enough for a price of a cent to have six digits.
const averagePlaces = 8

func yearNotes(whole Month, currency string) []string {
	var notes []string
	if average := whole.Average(); currency != "" && average.Valid {
		notes = append(notes, fmt.Sprintf("One POKT was worth %s %s on average over the year.", average.Decimal.Round(averagePlaces), currency))
	}
	if whole.Unpriced > 0 {
		notes = append(notes, whole.unpriced())
	}
	if whole.Untold > 0 {
		notes = append(notes, fmt.Sprintf("Incomplete: %s did not tell who got what.", lines(whole.Untold, "settlement")))
	}
	return notes
}
