package bot

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// places is how many decimals of a POKT people are shown; files have all six.
const places = 2

func gross(s rewards.Sums) pocket.Upokt { return s.Gross }

func (c *call) stats() error {
	nodes, words, err := c.cut(c.args)
	if err != nil {
		return err
	}
	if len(words) > 1 {
		return usage("%q is one word too many: /stats takes today, month or all, and nodes", clip(words[1]))
	}
	word := ""
	if len(words) == 1 {
		word = strings.ToLower(words[0])
	}
	if err := knownStats(word); err != nil {
		return err
	}
	filter, err := c.filter(nodes)
	if err != nil {
		return err
	}
	prices, err := c.pricesOf(pocket.Span{})
	if err != nil {
		return err
	}
	s, err := c.bot.statistics(c.ctx, rewards.StatsQuery{
		Filter: filter, Wallets: c.wallets, Zone: c.zone, Now: c.now(), Prices: prices,
	})
	if err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	if s.AllTime.Total == (rewards.Sums{}) {
		return c.nothingYet(filter)
	}
	switch word {
	case "today":
		return c.details("Today so far", filter, s.Today)
	case "month":
		return c.details(s.ThisMonth.From.Format("January 2006")+" so far", filter, s.ThisMonth)
	case "all":
		return c.details("All time", filter, rewards.Trend{Figure: s.AllTime})
	default:
		return c.overview(filter, s)
	}
}

func knownStats(word string) error {
	switch word {
	case "", "today", "month", "all":
		return nil
	}
	if near := nearest(word, []string{"today", "month", "all"}); near != "" {
		return usage("/stats %s is not known; did you mean /stats %s?", clip(word), near)
	}
	return usage("/stats %s is not known: want today, month, all or the address of a node", clip(word))
}

// overview tells what an average node earns, and all together, in the spans that people ask for most.
func (c *call) overview(filter pocket.Filter, s rewards.Statistics) error {
	updated, err := c.bot.updated(c.ctx)
	if err != nil {
		return err
	}
	title, body, _ := strings.Cut(report.StatisticsText(s, report.StatisticsOptions{
		Whose: whose(filter), Mine: len(c.wallets) > 0, Updated: updated,
	}), "\n")
	text := Text{Title: title, Lines: strings.Split(body, "\n")}
	if c.bot.simulated {
		text.Lines = append(text.Lines, "All of it is simulated.")
	}
	return c.say(text)
}

// details tells everything of one span.
func (c *call) details(name string, filter pocket.Filter, t rewards.Trend) error {
	sums := t.Total
	text := Text{Title: name + ": " + whose(filter)}
	line := func(format string, args ...any) { text.Lines = append(text.Lines, fmt.Sprintf(format, args...)) }
	line("%s gross%s, from %s", report.Amount(sums.Gross), worth(t.Worth), counted(sums.Settlements, "claim"))
	if len(c.wallets) > 0 {
		line("%s of it is my share; in other roles my wallets got %s", report.Amount(sums.Mine), report.Amount(sums.OtherRoles))
	}
	if per := t.PerNode(sums.Gross); per.Valid {
		line("%s by node, %s by node a day, of %s", pokt(per.Decimal), pokt(t.PerNodeDay(sums.Gross).Decimal), plural(t.Nodes, "node"))
	}
	if change := t.Change(gross); change.Valid {
		line("%s against as much of the time before, %s", signed(change), report.Amount(t.Previous.Total.Gross))
	}
	line("claimed %s, settled %s, minted %s, for %s", report.Amount(sums.Claimed), report.Amount(sums.Settled), report.Amount(sums.Minted),
		counted(max(sums.EstimatedRelays, sums.Relays), "relay"))
	if sums.Expired+sums.Discarded+sums.Slashes > 0 {
		line("%s expired, %s dropped by the chain, slashed %s (%s). /losses tells more",
			counted(sums.Expired, "claim"), report.Count(sums.Discarded), counted(sums.Slashes, "time"), report.Amount(sums.Slashed))
	}
	text.Lines = append(text.Lines, lacking(sums)...)
	line("%s", c.asOf())
	return c.say(text)
}

// worth tells what a gross amount was worth, in brackets; nothing without a currency.
func worth(w *rewards.Worth) string {
	if w == nil || !w.Gross.Valid {
		return ""
	}
	least := ""
	if w.Unpriced.Gross > 0 {
		least = "at least " // of a part of it nobody knows the price
	}
	return " (" + least + report.Money(w.Gross.Decimal, w.Currency) + ")"
}

// lacking says what old versions of the protocol did not tell of the events in the sums.
func lacking(s rewards.Sums) []string {
	var lines []string
	if s.LackAmounts > 0 {
		lines = append(lines, fmt.Sprintf("Of %s the chain did not tell what was settled and minted: those amounts are not in the sums.", counted(s.LackAmounts, "claim")))
	}
	if s.LackShares > 0 {
		lines = append(lines, fmt.Sprintf("Of %s the chain did not tell who was paid: they are not in the gross.", counted(s.LackShares, "claim")))
	}
	if s.Unattributed > 0 {
		lines = append(lines, fmt.Sprintf("%s were paid for reasons that the chain did not tell: they are not in the gross.", report.Amount(s.Unattributed)))
	}
	return lines
}

// table makes a table of the report a part of the reply, as of now.
func (c *call) table(t report.Table) Table {
	t.Notes = append(t.Notes, c.asOf())
	return Table{Table: t, Options: report.TextOptions{Zone: c.zone, Places: places}}
}

// asOf says when figures were taken, and where days begin, so that stale ones are seen for what they are.
func (c *call) asOf() string {
	text := "As of " + c.now().In(c.zone).Format(c.dates.Go()+" 15:04") + " " + c.zone.String()
	if head, err := c.bot.index.Cursor(c.ctx); err == nil && head > 0 {
		text += ", block " + report.Count(int64(head))
	}
	if c.bot.simulated {
		text += ". Simulated"
	}
	return text + "."
}

func pokt(d decimal.Decimal) string {
	return report.Rounded(pocket.Upokt(d.Shift(6).Round(0).IntPart()), places)
}

// signed returns a change in percent with its sign.
func signed(percent decimal.NullDecimal) string {
	text := report.Share(percent.Decimal.Shift(-2))
	if percent.Decimal.IsPositive() {
		text = "+" + text
	}
	return text
}

// counted returns "1 claim" or "1,234 claims".
func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return report.Count(n) + " " + noun
}
