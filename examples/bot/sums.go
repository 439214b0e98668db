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

// A sorting is a way in which /rewards keeps sums apart.
type sorting struct {
	word      string
	period    rewards.Period
	by        rewards.Dimension
	otherwise string // the range when none is given
}

func sortings() []sorting {
	return []sorting{
		{word: "day", period: rewards.Day, otherwise: "15d"},
		{word: "week", period: rewards.Week, otherwise: "12w"},
		{word: "month", period: rewards.Month, otherwise: "all"},
		{word: "hour", period: rewards.Hour, otherwise: "today"},
		{word: "service", by: rewards.ByService, otherwise: "30d"},
		{word: "node", by: rewards.BySupplier, otherwise: "30d"},
		{word: "owner", by: rewards.ByOwner, otherwise: "30d"},
		{word: "wallet", by: rewards.ByRecipient, otherwise: "30d"},
	}
}

func (c *call) rewards() error {
	nodes, words, err := c.cut(c.args)
	if err != nil {
		return err
	}
	how := sortings()[0]
	if len(words) > 0 {
		if how, err = sortingOf(words[0]); err != nil {
			return err
		}
		words = words[1:]
	}
	span, named, err := c.span(words, how.otherwise)
	if err != nil {
		return err
	}
	filter, err := c.filter(nodes)
	if err != nil {
		return err
	}
	prices, err := c.pricesOf(span)
	if err != nil {
		return err
	}
	q := rewards.Query{Span: span, Filter: filter, Wallets: c.wallets, Period: how.period, Zone: c.zone, Prices: prices}
	if how.by != "" {
		q.By = []rewards.Dimension{how.by}
	}
	if how.by == rewards.ByOwner {
		if q.OwnerOf, err = c.bot.owners(c.ctx); err != nil {
			return err
		}
	}
	rows, err := c.bot.index.Sums(c.ctx, q)
	if err != nil {
		return fmt.Errorf("rewards: %w", err)
	}
	title := fmt.Sprintf("Rewards by %s of %s: %s", how.word, whose(filter), named)
	if len(rows) == 0 {
		return c.nothingIn(title, filter)
	}
	if how.period != rewards.Whole {
		rows = c.everyPeriod(rows, how.period, span, prices)
	} else {
		if how.by == rewards.ByRecipient {
			rows = slices.DeleteFunc(rows, func(r rewards.Row) bool { return r.Gross == 0 && r.OtherRoles == 0 && r.UnattributedMine == 0 })
		}
		slices.SortStableFunc(rows, func(a, b rewards.Row) int { return cmp.Compare(b.Gross+b.OtherRoles, a.Gross+a.OtherRoles) })
	}
	t := report.RewardsBrief(rows, q)
	t.Title = title
	t.Notes = append(t.Notes, c.priceNotes(prices, span)...)
	return c.say(c.table(t))
}

func sortingOf(word string) (sorting, error) {
	var words []string
	for _, s := range sortings() {
		if strings.EqualFold(word, s.word) || strings.EqualFold(word, s.word+"s") {
			return s, nil
		}
		words = append(words, s.word)
	}
	list := strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	if near := nearest(word, words); near != "" {
		return sorting{}, usage("/rewards %s is not known; did you mean /rewards %s? Want %s", clip(word), near, list)
	}
	return sorting{}, usage("/rewards %s is not known: want %s", clip(word), list)
}

// everyPeriod puts periods in which nothing happened between those in which something did, up to now.
func (c *call) everyPeriod(rows []rewards.Row, period rewards.Period, span pocket.Span, prices *rewards.Prices) []rewards.Row {
	end := c.now()
	if !span.To.IsZero() && span.To.Before(end) {
		end = span.To
	}
	var all []rewards.Row
	for from := range period.In(pocket.Span{From: rows[0].Start, To: end}, c.zone) {
		row := rewards.Row{Key: rewards.Key{Start: from}}
		if prices != nil {
			row.Worth = rewards.NoWorth(prices.Currency())
		}
		if len(rows) > 0 && rows[0].Start.Equal(from) {
			row, rows = rows[0], rows[1:]
		}
		all = append(all, row)
	}
	return append(all, rows...)
}

func (c *call) losses() error {
	nodes, words, err := c.cut(c.args)
	if err != nil {
		return err
	}
	span, named, err := c.span(words, "30d")
	if err != nil {
		return err
	}
	filter, err := c.filter(nodes)
	if err != nil {
		return err
	}
	prices, err := c.pricesOf(span)
	if err != nil {
		return err
	}
	rows, err := c.bot.index.Sums(c.ctx, rewards.Query{Span: span, Filter: filter, Zone: c.zone, Prices: prices})
	if err != nil {
		return fmt.Errorf("losses: %w", err)
	}
	title := fmt.Sprintf("Losses of %s: %s", whose(filter), named)
	if len(rows) == 0 {
		return c.nothingIn(title, filter)
	}
	lost, err := rewards.Losses(rows)
	if err != nil {
		return fmt.Errorf("losses: %w", err)
	}
	t := report.Losses(lost)
	t.Title = title
	t.Notes = append(t.Notes, c.priceNotes(prices, span)...)
	return c.say(c.table(t))
}
