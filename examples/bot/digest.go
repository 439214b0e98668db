package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// A digestKind is a span of complete days that is summed up, and how many days its picture shows.
type digestKind struct {
	word, title string
	of          func(rewards.Statistics) rewards.Trend
	days        int
}

func digestKinds() []digestKind {
	return []digestKind{
		{"day", "Yesterday", func(s rewards.Statistics) rewards.Trend { return s.Yesterday }, 15},
		{"week", "The last seven days", func(s rewards.Statistics) rewards.Trend { return s.Last7 }, 30},
		{"month", "Last month", func(s rewards.Statistics) rewards.Trend { return s.LastMonth }, 62},
	}
}

// digest is /digest: what was earned and lost in a complete day, week or month, with a picture.
func (c *call) digest() error {
	word := "day"
	if len(c.args) > 0 {
		word = strings.ToLower(c.args[0])
	}
	kinds := digestKinds()
	i := slices.IndexFunc(kinds, func(k digestKind) bool { return k.word == word })
	if i < 0 || len(c.args) > 1 {
		return usage("/digest takes day, week or month")
	}
	kind := kinds[i]
	filter, err := c.filter(nil)
	if err != nil {
		return err
	}
	prices, err := c.pricesOf(pocket.Span{})
	if err != nil {
		return err
	}
	s, err := c.bot.statistics(c.ctx, rewards.StatsQuery{Filter: filter, Wallets: c.wallets, Zone: c.zone, Now: c.now(), Prices: prices})
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	if s.AllTime.Total == (rewards.Sums{}) {
		return c.nothingYet(filter)
	}
	trend := kind.of(s)
	last := trend.To.AddDate(0, 0, -1)
	name := kind.title + ", " + c.day(trend.From)
	if !sameDay(trend.From, last) {
		name += " to " + c.day(last)
	}
	if err := c.details("📬 "+name, filter, trend); err != nil {
		return err
	}
	if err := c.extremes(filter, trend.Span); err != nil {
		return err
	}
	c.args = []string{fmt.Sprint(kind.days)}
	return c.graph()
}

// told is how many nodes a digest names at either end.
const told = 3

// extremes names the nodes that earned most, and those that earned nothing though they were staked.
func (c *call) extremes(filter pocket.Filter, span pocket.Span) error {
	if len(filter.Suppliers) < 2 {
		return nil
	}
	rows, err := c.bot.index.Sums(c.ctx, rewards.Query{Span: span, Filter: filter, Zone: c.zone, By: []rewards.Dimension{rewards.BySupplier}})
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	stays, err := c.bot.index.Stays(c.ctx, filter.Suppliers)
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	slices.SortStableFunc(rows, func(a, b rewards.Row) int { return cmp.Compare(b.Gross, a.Gross) })
	var text Text
	earned := map[pocket.Address]bool{}
	var most []string
	for _, row := range rows {
		if row.Gross <= 0 {
			continue
		}
		earned[row.Supplier] = true
		if len(most) < told {
			most = append(most, row.Supplier.Short()+" "+report.Rounded(row.Gross, places))
		}
	}
	if len(most) > 0 {
		text.Lines = append(text.Lines, "Most: "+strings.Join(most, ", "))
	}
	var idle []string
	for _, stay := range stays {
		whole := !stay.From.After(span.From) && (stay.To.IsZero() || !stay.To.Before(span.To))
		if whole && !earned[stay.Supplier] {
			idle = append(idle, stay.Supplier.Short())
		}
	}
	if n := len(idle); n > 0 {
		line := fmt.Sprintf("⚠ %s staked all the time earned nothing: %s", plural(n, "node"), strings.Join(idle[:min(n, told)], ", "))
		if n > told {
			line += fmt.Sprintf(" and %d more", n-told)
		}
		text.Lines = append(text.Lines, line)
	}
	if len(text.Lines) == 0 {
		return nil
	}
	return c.say(text)
}
