package report

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// OtherServices is the column of [Services] for what the largest services leave.
const OtherServices = "other services"

// Services is a table with a row for each period and a column for each service: what the nodes' sides got. rows are kept apart by
// period and service. The services that paid most have a column each, at most so many, the largest first; the others share one, so that
// nothing is left out. The last column is the period's sum. An error wraps [pocket.ErrOverflow].
func Services(rows []rewards.Row, q rewards.Query, most int) (Table, error) {
	places, columns, err := rank(rows, max(most, 1))
	if err != nil {
		return Table{}, err
	}
	period := periodColumn(q.Period)
	t := Table{Title: "Rewards by " + string(cmp.Or(q.Period, rewards.Day)) + " and service (" + cmp.Or(q.Zone, time.UTC).String() + ")", TotalLabel: "Total"}
	t.Columns = append([]Column{period.Column}, columns...)
	t.Columns = append(t.Columns, Column{Name: "All services POKT", Kind: KindPOKT, Sum: true})

	sums := map[time.Time][]pocket.Upokt{}
	for i := range rows {
		start := rows[i].Start.UTC()
		if sums[start] == nil {
			sums[start] = make([]pocket.Upokt, len(columns)+1)
		}
		for _, place := range []int{places[rows[i].Service], len(columns)} {
			sum, err := sums[start][place].Add(rows[i].Gross)
			if err != nil {
				return Table{}, err
			}
			sums[start][place] = sum
		}
	}
	zone := cmp.Or(q.Zone, time.UTC)
	starts := slices.SortedFunc(maps.Keys(sums), time.Time.Compare)
	t.Rows = func(yield func([]Cell, error) bool) {
		cells := make([]Cell, len(t.Columns))
		for _, start := range starts {
			cells[0] = period.cell(&rewards.Key{Start: start.In(zone)})
			for i, sum := range sums[start] {
				cells[1+i] = POKT(sum)
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
	t.Notes = incomplete(rows)
	return t, nil
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
