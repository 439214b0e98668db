package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// StatisticsOptions say what [StatisticsText] tells beside the statistics themselves.
type StatisticsOptions struct {
	Whose string // whose statistics they are, such as a node's name; "" is "your nodes"
	// Mine adds what went to the question's wallets. Set it when there are any.
	Mine bool
	// Updated is the newest block that the numbers know of, and its time. A zero Height says that there is none yet.
	Updated pocket.Block
	// Stale is after how long without a newer block the numbers are called old; 0 is an hour.
	Stale time.Duration
}

// StatisticsText is the message with what nodes earn: the average of one node and the totals of all, today, everyday, this month and all
// time, beside the time before, in POKT. It says what its numbers mean, since when, how fresh they are, and what they lack. It is
// plain text of several lines: escape it for where it goes, by [Markdown] or [HTML].
func StatisticsText(s rewards.Statistics, o StatisticsOptions) string {
	w := &statisticsWriter{Statistics: s, StatisticsOptions: o}
	w.line("📈 Stats of %s", Line(cmp.Or(o.Whose, "your nodes"), 60))
	w.intro()
	w.averages()
	w.totals("Total, all nodes together", func(s rewards.Sums) pocket.Upokt { return s.Gross })
	if o.Mine {
		w.totals("Of that to your wallets", func(s rewards.Sums) pocket.Upokt { return s.Mine })
	}
	w.lost()
	w.legend()
	return strings.TrimRight(w.b.String(), "\n")
}

type statisticsWriter struct {
	rewards.Statistics
	StatisticsOptions
	b      strings.Builder
	arrows bool
}

func (w *statisticsWriter) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *statisticsWriter) intro() {
	switch {
	case w.Since.IsZero():
		w.line("Nothing was earned yet, and no node is known to be staked.")
	case w.NodesKnown:
		w.line("%s staked now, since %s", count(int64(w.Nodes), "node", "nodes"), w.Since.Format("2 January 2006"))
	default:
		w.line("Since %s", w.Since.Format("2 January 2006"))
	}
}

func gross(s rewards.Sums) pocket.Upokt { return s.Gross }

func (w *statisticsWriter) averages() {
	w.line("")
	w.line("Average of one node")
	if !w.NodesKnown {
		w.line("• not told: these are not the rewards of certain nodes")
		return
	}
	w.average("Today so far", w.Today.PerNode(w.Today.Total.Gross), w.Today.ChangePerNode(gross))
	w.average("Everyday", w.Everyday.PerNodeDay(w.Everyday.Total.Gross), decimal.NullDecimal{})
	w.average("This month so far", w.ThisMonth.PerNode(w.ThisMonth.Total.Gross), w.ThisMonth.ChangePerNode(gross))
	w.average("All time", w.AllTime.PerNode(w.AllTime.Total.Gross), decimal.NullDecimal{})
}

func (w *statisticsWriter) average(name string, pokt, change decimal.NullDecimal) {
	if !pokt.Valid {
		w.line("• %s: none yet", name)
		return
	}
	w.line("• %s: %s POKT%s", name, round(pokt.Decimal, 2), w.arrow(change))
}

func (w *statisticsWriter) totals(title string, of func(rewards.Sums) pocket.Upokt) {
	w.line("")
	w.line("%s", title)
	total := func(name string, t rewards.Figure, change decimal.NullDecimal) {
		w.line("• %s: %s%s", name, Rounded(of(t.Total), 2), w.arrow(change))
	}
	total("Today so far", w.Today.Figure, w.Today.Change(of))
	total("Yesterday", w.Yesterday.Figure, w.Yesterday.Change(of))
	total("This month so far", w.ThisMonth.Figure, w.ThisMonth.Change(of))
	total("Last month", w.LastMonth.Figure, w.LastMonth.Change(of))
	total("All time", w.AllTime, decimal.NullDecimal{})
}

// lost tells what was not paid or taken this month, if anything was beyond the deflation that everybody has.
func (w *statisticsWriter) lost() {
	s := w.ThisMonth.Total
	var parts []string
	if s.Overserviced > 0 {
		parts = append(parts, Rounded(s.Overserviced, 2)+" overserviced")
	}
	if s.Expired > 0 {
		parts = append(parts, fmt.Sprintf("%s in %s", Rounded(s.ExpiredClaimed, 2), count(s.Expired, "expired claim", "expired claims")))
	}
	if s.Discarded > 0 {
		parts = append(parts, count(s.Discarded, "discarded claim", "discarded claims"))
	}
	if s.Slashes > 0 {
		parts = append(parts, fmt.Sprintf("%s slashed (%s)", Rounded(s.Slashed, 2), count(s.Slashes, "time", "times")))
	}
	if len(parts) > 0 {
		w.line("")
		w.line("⚠ Lost this month: %s", strings.Join(parts, ", "))
	}
}

// arrow tells a change by so many percent; nothing when there is no comparison.
func (w *statisticsWriter) arrow(change decimal.NullDecimal) string {
	if !change.Valid {
		return ""
	}
	w.arrows = true
	sign := "="
	switch change.Decimal.Sign() {
	case 1:
		sign = "▲"
	case -1:
		sign = "▼"
	}
	return " " + sign + " " + round(change.Decimal.Abs(), 1) + " %"
}

// defaultStale is several settlements' time.
const defaultStale = time.Hour

func (w *statisticsWriter) legend() {
	w.line("")
	if w.NodesKnown {
		w.line("Gross rewards of the nodes' side. A node counts only while it is staked. Everyday is the average of complete days.")
	} else {
		w.line("Gross rewards of the nodes' side.")
	}
	if w.arrows {
		w.line("▲▼ beside the time before: of a day or month that is not over, beside as long a part of the one before.")
	}
	for _, note := range lacks(w.AllTime.Total) {
		w.line("%s", note)
	}
	zone := w.Now.Location().String()
	if w.Updated.Height == 0 {
		w.line("Last update: none yet. Days go by the clock of %s.", zone)
		return
	}
	w.line("Last update: block %s, %s. Days go by the clock of %s.", Count(int64(w.Updated.Height)),
		w.Updated.Time.In(w.Now.Location()).Format("2006-01-02 15:04"), zone)
	if age := w.Now.Sub(w.Updated.Time); age > cmp.Or(w.Stale, defaultStale) {
		w.line("⚠ That is %s ago: what was earned since is not in the numbers.", Duration(age))
	}
}

// Duration returns how long d is, for people, in its two largest units: "2 days 3 hours", "5 minutes", "less than a minute".
func Duration(d time.Duration) string {
	d = d.Abs()
	units := []struct {
		length time.Duration
		one    string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}}
	for i, unit := range units {
		if d < unit.length {
			continue
		}
		text := count(int64(d/unit.length), unit.one, unit.one+"s")
		if i+1 < len(units) {
			if rest := d % unit.length / units[i+1].length; rest > 0 {
				text += " " + count(int64(rest), units[i+1].one, units[i+1].one+"s")
			}
		}
		return text
	}
	return "less than a minute"
}

// Statistics is the table of statistics: a row for each span, beside what was earned and lost the average of a node and the change.
func Statistics(s rewards.Statistics, mine bool) Table {
	t := Table{
		Title: "Summary",
		Columns: []Column{
			{Name: "Span", Kind: KindText},
			{Name: "From", Kind: KindTime},
			{Name: "Up to", Kind: KindTime},
			{Name: "Nodes", Kind: KindInteger},
			{Name: "Average of a node POKT", Kind: KindPOKT},
			{Name: "Average of a node and day POKT", Kind: KindPOKT},
			{Name: "Change by node", Kind: KindPercent},
			{Name: "Node side POKT", Kind: KindPOKT},
			{Name: "Change", Kind: KindPercent},
		},
		Notes: append([]string{
			"Gross rewards of the nodes' side. A node counts only while it is staked. Changes are beside the time before: of a day or month that is " +
				"not over, beside as long a part of the one before.",
		}, lacks(s.AllTime.Total)...),
	}
	if mine {
		t.Columns = append(t.Columns, Column{Name: "Mine POKT", Kind: KindPOKT})
	}
	t.Columns = append(t.Columns,
		Column{Name: "Settlements", Kind: KindInteger},
		Column{Name: "Claimed POKT", Kind: KindPOKT},
		Column{Name: "Overserviced POKT", Kind: KindPOKT},
		Column{Name: "Deflation POKT", Kind: KindPOKT},
		Column{Name: "Expired POKT", Kind: KindPOKT},
		Column{Name: "Slashed POKT", Kind: KindPOKT},
	)
	t.Rows = func(yield func([]Cell, error) bool) {
		for _, span := range spans(s) {
			if !yield(spanRow(span, s.NodesKnown, mine), nil) {
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

func spanRow(s span, nodes, mine bool) []Cell {
	t := &s.Total
	row := []Cell{String(s.name), Time(s.From), Time(s.To), {}, rounded(s.PerNode(t.Gross)), rounded(s.PerNodeDay(t.Gross)),
		percentOfOne(s.ChangePerNode(gross)), known(t, t.Gross, t.LackShares), percentOfOne(s.Change(gross))}
	if nodes {
		row[3] = Integer(int64(s.Nodes))
	}
	if mine {
		row = append(row, known(t, t.Mine, t.LackShares))
	}
	return append(row, Integer(t.Settlements), POKT(t.Claimed), known(t, t.Overserviced, t.LackAmounts),
		known(t, t.Deflated, t.LackAmounts), POKT(t.ExpiredClaimed), POKT(t.Slashed))
}
