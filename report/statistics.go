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
// time, beside the time before, in POKT, and in the statistics' currency when they have one. It says what its numbers mean, since when, how fresh they are, and what they lack. It is
// plain text of several lines: escape it for where it goes, by [Markdown] or [HTML].
func StatisticsText(s rewards.Statistics, o StatisticsOptions) string {
	w := &statisticsWriter{Statistics: s, StatisticsOptions: o}
	w.line("📈 Stats of %s", Line(cmp.Or(o.Whose, "your nodes"), 60))
	w.intro()
	w.averages()
	w.totals("Total, all nodes together", nodeSide)
	if o.Mine {
		w.totals("Of that to your wallets", mine)
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
	least  bool // whether a value was told of which a part had no price
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

func grossWorth(w rewards.Worth) decimal.NullDecimal { return w.Gross }

func (w *statisticsWriter) averages() {
	w.line("")
	w.line("Average of one node")
	if !w.NodesKnown {
		w.line("• not told: these are not the rewards of certain nodes")
		return
	}
	w.average("Today so far", w.Today, rewards.Figure.PerNode, rewards.Figure.WorthPerNode)
	w.average("Everyday", rewards.Trend{Figure: w.Everyday}, rewards.Figure.PerNodeDay, rewards.Figure.WorthPerNodeDay)
	w.average("This month so far", w.ThisMonth, rewards.Figure.PerNode, rewards.Figure.WorthPerNode)
	w.average("All time", rewards.Trend{Figure: w.AllTime}, rewards.Figure.PerNode, rewards.Figure.WorthPerNode)
}

// average tells what one node earned in a span, by one of the ways to reckon it.
func (w *statisticsWriter) average(name string, t rewards.Trend, per func(rewards.Figure, pocket.Upokt) decimal.NullDecimal,
	worth func(rewards.Figure, decimal.NullDecimal) decimal.NullDecimal,
) {
	pokt := per(t.Figure, t.Total.Gross)
	if !pokt.Valid {
		w.line("• %s: none yet", name)
		return
	}
	value := ""
	if t.Worth != nil {
		value = w.value(worth(t.Figure, t.Worth.Gross), t.Worth.Unpriced.Gross) + w.arrow(t.ChangeWorthPerNode(grossWorth))
	}
	w.line("• %s: %s POKT%s%s", name, round(pokt.Decimal, 2), w.arrow(t.ChangePerNode(gross)), value)
}

func (w *statisticsWriter) totals(title string, m money) {
	w.line("")
	w.line("%s", title)
	of := func(s rewards.Sums) pocket.Upokt { return m.of(&s) }
	worth := func(w rewards.Worth) decimal.NullDecimal { return m.worth(&w) }
	total := func(name string, t rewards.Trend) {
		value := ""
		if t.Worth != nil {
			value = w.value(m.worth(t.Worth), m.of(&t.Worth.Unpriced)) + w.arrow(t.ChangeWorth(worth))
		}
		w.line("• %s: %s%s%s", name, Rounded(of(t.Total), 2), w.arrow(t.Change(of)), value)
	}
	total("Today so far", w.Today)
	total("Yesterday", w.Yesterday)
	total("This month so far", w.ThisMonth)
	total("Last month", w.LastMonth)
	total("All time", rewards.Trend{Figure: w.AllTime})
}

// value tells what an amount was worth of which a part may have had no price: then it is worth more than that.
func (w *statisticsWriter) value(d decimal.NullDecimal, unpriced pocket.Upokt) string {
	switch {
	case !d.Valid:
		return ", no price"
	case unpriced != 0:
		w.least = true
		return ", ≥ " + Money(d.Decimal, w.Currency)
	}
	return ", " + Money(d.Decimal, w.Currency)
}

// lost tells what was not paid or taken this month, if anything was beyond the deflation that everybody has.
func (w *statisticsWriter) lost() {
	s := w.ThisMonth.Total
	var parts []string
	if s.Overserviced > 0 {
		parts = append(parts, w.amount(overserviced)+" overserviced")
	}
	if s.Expired > 0 {
		parts = append(parts, fmt.Sprintf("%s in %s", w.amount(expired), count(s.Expired, "expired claim", "expired claims")))
	}
	if s.Discarded > 0 {
		parts = append(parts, count(s.Discarded, "discarded claim", "discarded claims"))
	}
	if s.Slashes > 0 {
		parts = append(parts, fmt.Sprintf("%s slashed (%s)", w.amount(slashed), count(s.Slashes, "time", "times")))
	}
	if len(parts) > 0 {
		w.line("")
		w.line("⚠ Lost this month: %s", strings.Join(parts, ", "))
	}
}

// amount is one of this month, with its value.
func (w *statisticsWriter) amount(m money) string {
	t := &w.ThisMonth
	text := Rounded(m.of(&t.Total), 2)
	if t.Worth == nil {
		return text
	}
	return text + " (" + strings.TrimPrefix(w.value(m.worth(t.Worth), m.of(&t.Worth.Unpriced)), ", ") + ")"
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
	if w.Currency != "" {
		w.line("Values in %s are those of the moment of each settlement.", w.Currency)
	}
	if w.least {
		w.line("≥ is at least: a part had no price.")
	}
	for _, note := range append(lacks(w.AllTime.Total), withoutPrice(w.AllTime.Worth)...) {
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
