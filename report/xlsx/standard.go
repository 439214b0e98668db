package xlsx

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// Contents are what [Standard] makes a workbook of. What is nil or zero has no sheet.
type Contents struct {
	Title      string
	Creator    string
	Created    time.Time
	Zone       *time.Location // of everything; nil is UTC
	Wallets    []pocket.Address
	Prices     *rewards.Prices // of the settlements, and those by which all else was valued; nil when nothing was
	Statistics *rewards.Statistics
	Nodes      []rewards.Row       // by supplier, of the whole time
	Days       []rewards.DayPoint  // oldest first, of the same zone
	Months     []rewards.Row       // by month, of the same zone
	Services   []rewards.Row       // by month and service, of the same zone
	Losses     *rewards.LossReport // of the whole time
	// Settlements are read once, as the workbook is written.
	Settlements iter.Seq2[pocket.Event, error]
}

// chartedServices is how many services have a colour of their own; the others share one.
const chartedServices = 11

// Standard returns the workbook of what nodes earned and lost: Statistics, Summary with a line for each node, Daily with the average node's
// reward as a line and the number of nodes as bars, Monthly, Services with the services stacked, Losses with the causes stacked, Causes,
// and Settlements. What was valued has columns in the currency beside those in POKT, and each chart a second one in the currency. An error wraps
// [pocket.ErrOverflow].
func Standard(c Contents) (Workbook, error) {
	book := Workbook{Title: c.Title, Creator: c.Creator, Created: c.Created, Zone: c.Zone}
	add := func(name string, t report.Table, charts ...Chart) {
		book.Sheets = append(book.Sheets, Sheet{Name: name, Table: t, Charts: inCurrency(t, charts)})
	}
	monthly := rewards.Query{Period: rewards.Month, Zone: c.Zone, Wallets: c.Wallets, Prices: c.Prices}
	nodes := rewards.Query{Zone: c.Zone, Wallets: c.Wallets, By: []rewards.Dimension{rewards.BySupplier}, Prices: c.Prices}
	if c.Statistics != nil {
		add("Statistics", report.Statistics(*c.Statistics, len(c.Wallets) > 0))
	}
	if c.Nodes != nil {
		add("Summary", report.Rewards(c.Nodes, nodes))
	}
	if c.Days != nil {
		add("Daily", report.Daily(c.Days), Chart{
			Title: "Average reward by node, and nodes", X: "Day",
			Bars: []string{"Nodes"}, BarsTitle: "Nodes", Lines: []string{"Average by node POKT"}, LinesTitle: "POKT by node",
		})
	}
	if c.Months != nil {
		add("Monthly", report.Rewards(c.Months, monthly), Chart{
			Title: "Rewards by month", X: "Month", Bars: []string{"Node side POKT"}, BarsTitle: "POKT",
		})
	}
	if c.Services != nil {
		t, err := report.Services(c.Services, monthly, chartedServices)
		if err != nil {
			return Workbook{}, err
		}
		stacked := Chart{Title: "Rewards by service", X: "Month", Stacked: true, BarsTitle: "POKT"}
		for _, column := range t.Columns[1:] {
			if column.Kind == report.KindPOKT && column.Name != report.AllServices {
				stacked.Bars = append(stacked.Bars, column.Name)
			}
		}
		add("Services", t, stacked)
	}
	if c.Months != nil {
		add("Losses", report.LossesOver(c.Months, monthly), Chart{
			Title: "Claimed and not received, by cause", X: "Month", Stacked: true, BarsTitle: "POKT",
			Bars: []string{"Overserviced POKT", "Deflation POKT", "Expired POKT", "Slashed POKT"},
		})
	}
	if c.Losses != nil {
		add("Causes", report.Losses(*c.Losses))
	}
	if c.Settlements != nil {
		add("Settlements", report.Settlements(c.Settlements, c.Wallets, c.Prices))
	}
	return book, nil
}

// inCurrency returns charts, and after them the same of the values when the table has columns of money.
func inCurrency(t report.Table, charts []Chart) []Chart {
	i := slices.IndexFunc(t.Columns, func(c report.Column) bool { return c.Kind == report.KindFiat })
	if i < 0 {
		return charts
	}
	currency := t.Columns[i].Currency
	valued := func(names []string) []string {
		var list []string
		for _, name := range names {
			money := report.Column{Name: strings.TrimSuffix(name, " POKT"), Currency: currency}
			if slices.ContainsFunc(t.Columns, func(c report.Column) bool { return c.Header() == money.Header() }) {
				name = money.Header()
			}
			list = append(list, name)
		}
		return list
	}
	all := charts
	for _, c := range charts {
		c.Title += ", in " + currency
		c.Bars, c.BarsTitle = valued(c.Bars), strings.ReplaceAll(c.BarsTitle, "POKT", currency)
		c.Lines, c.LinesTitle = valued(c.Lines), strings.ReplaceAll(c.LinesTitle, "POKT", currency)
		all = append(all, c)
	}
	return all
}
