package report

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// OtherServices is the column of [Services] for what the largest services leave.
const OtherServices = "other services"

// AllServices is the column of [Services] for the period's sum in POKT.
const AllServices = "All services POKT"

// Services is a table with a row for each period and a column for each service: what the nodes' sides got. rows are kept apart by
// period and service. The services that paid most have a column each, at most so many, the largest first; the others share one, so that
// nothing is left out. The last column is the period's sum. With prices the same columns follow once more in the currency. An error wraps
// [pocket.ErrOverflow].
func Services(rows []rewards.Row, q rewards.Query, most int) (Table, error) {
	places, columns, err := rank(rows, max(most, 1))
	if err != nil {
		return Table{}, err
	}
	period := periodColumn(q.Period)
	t := Table{Title: "Rewards by " + string(cmp.Or(q.Period, rewards.Day)) + " and service (" + cmp.Or(q.Zone, time.UTC).String() + ")", TotalLabel: "Total"}
	t.Columns = append([]Column{period.Column}, columns...)
	t.Columns = append(t.Columns, Column{Name: AllServices, Kind: KindPOKT, Sum: true})
	currency := currencyOf(rows, q)
	if currency != "" {
		for _, c := range append(columns, Column{Name: "All services"}) {
			t.Columns = append(t.Columns, Column{Name: c.Name, Kind: KindFiat, Currency: currency, Sum: true})
		}
	}
	sums := map[time.Time]*serviceSums{}
	for i := range rows {
		start := rows[i].Start.UTC()
		if sums[start] == nil {
			sums[start] = newServiceSums(len(columns) + 1)
		}
		for _, place := range []int{places[rows[i].Service], len(columns)} {
			if err := sums[start].add(place, &rows[i]); err != nil {
				return Table{}, err
			}
		}
	}
	zone := cmp.Or(q.Zone, time.UTC)
	starts := slices.SortedFunc(maps.Keys(sums), time.Time.Compare)
	t.Rows = func(yield func([]Cell, error) bool) {
		cells := make([]Cell, 0, len(t.Columns))
		for _, start := range starts {
			cells = append(cells[:0], period.cell(&rewards.Key{Start: start.In(zone)}))
			for _, sum := range sums[start].pokt {
				cells = append(cells, POKT(sum))
			}
			if currency != "" {
				for place := range len(columns) + 1 {
					cells = append(cells, sums[start].value(place))
				}
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
	t.Notes = append(incomplete(rows), rowsWithoutPrice(rows)...)
	return t, nil
}

// serviceSums are those of one period, by column.
type serviceSums struct {
	pokt     []pocket.Upokt
	unpriced []pocket.Upokt // the part without a price
	worth    []decimal.Decimal
}

func newServiceSums(columns int) *serviceSums {
	return &serviceSums{make([]pocket.Upokt, columns), make([]pocket.Upokt, columns), make([]decimal.Decimal, columns)}
}

func (s *serviceSums) add(place int, r *rewards.Row) (err error) {
	if s.pokt[place], err = s.pokt[place].Add(r.Gross); err != nil || r.Worth == nil {
		return err
	}
	s.worth[place] = s.worth[place].Add(r.Worth.Gross.Decimal)
	s.unpriced[place], err = s.unpriced[place].Add(r.Worth.Unpriced.Gross)
	return err
}

// value is a cell with what a sum was worth, empty when nothing of it had a price.
func (s *serviceSums) value(place int) Cell {
	if s.worth[place].IsZero() && s.unpriced[place] != 0 {
		return Cell{}
	}
	return Fiat(s.worth[place])
}

// rank gives each service its column: the largest by what they paid have one each.
func rank(rows []rewards.Row, most int) (places map[pocket.ServiceID]int, columns []Column, err error) {
	totals := map[pocket.ServiceID]pocket.Upokt{}
	for i := range rows {
		sum, overflow := totals[rows[i].Service].Add(rows[i].Gross)
		err = errors.Join(err, overflow)
		totals[rows[i].Service] = sum
	}
	services := slices.SortedFunc(maps.Keys(totals), func(a, b pocket.ServiceID) int {
		return cmp.Or(cmp.Compare(totals[b], totals[a]), cmp.Compare(a, b))
	})
	places = make(map[pocket.ServiceID]int, len(services))
	for i, service := range services {
		places[service] = min(i, most)
		name := Line(string(service), 40)
		switch {
		case i > most:
			continue
		case i == most:
			name = OtherServices
		case name == "":
			name = "(no service)"
		}
		columns = append(columns, Column{Name: name, Kind: KindPOKT, Sum: true})
	}
	return places, columns, err
}
