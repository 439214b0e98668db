package bot

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/report/plot"
	"github.com/poktbot/poktbot/rewards"
)

// A question of /graph: how many days, of whom, and which picture.
type graphQuestion struct {
	days   int
	filter pocket.Filter
	what   string // "", services or losses
	worth  bool   // in the currency instead of POKT
	prices *rewards.Prices
}

func (c *call) graph() error {
	q, err := c.graphQuestion()
	if err != nil {
		return err
	}
	now, zone := c.now(), c.zone
	first := c.calendar().day(now, 1-q.days)
	_, last := rewards.DayOf(now, zone)
	options := plot.Options{
		Theme: plot.Theme(c.theme), Zone: zone, Period: rewards.Day, Span: pocket.Span{From: first, To: last}, Now: now,
		Simulated: c.bot.simulated, Note: whose(q.filter),
	}
	var picture bytes.Buffer
	name, caption := "rewards-by-node", "Average reward by node and number of nodes"
	if q.worth {
		if q.prices, err = c.pricesOf(options.Span); err != nil {
			return err
		}
		options.Currency = q.prices.Currency()
	}
	switch q.what {
	case "services":
		name, caption = "rewards-by-service", "Rewards by service"
		err = c.drawServices(&picture, q, options)
	case "losses":
		name, caption = "losses", "Claimed but not received, by cause"
		err = c.drawLosses(&picture, q, options)
	default:
		err = c.drawAverage(&picture, q, options)
	}
	if err != nil {
		return err
	}
	if q.worth {
		name, caption = name+"-"+strings.ToLower(options.Currency), caption+", in "+options.Currency
	}
	if picture.Len() == 0 {
		return c.nothingIn(caption+": the last "+plural(q.days, "day"), q.filter)
	}
	return c.say(Picture{
		Name:    fmt.Sprintf("%s-%s.png", name, now.In(zone).Format(time.DateOnly)),
		Caption: fmt.Sprintf("%s, %s, the last %s", caption, whose(q.filter), plural(q.days, "day")),
		PNG:     picture.Bytes(),
	})
}

func (c *call) graphQuestion() (graphQuestion, error) {
	q := graphQuestion{days: c.graphDays}
	nodes, words, err := c.cut(c.args)
	if err != nil {
		return q, err
	}
	for _, word := range words {
		lower := strings.ToLower(word)
		number := strings.TrimSuffix(lower, "d")
		switch n, err := strconv.Atoi(number); {
		case err == nil && (n < 1 || n > maxGraphDays):
			return q, usage("%s days: a picture shows between 1 and %d", clip(number), maxGraphDays)
		case err == nil:
			q.days = n
		case lower == "service" || lower == "services":
			q.what = "services"
		case lower == "loss" || lower == "losses":
			q.what = "losses"
		case lower == "value" || lower == "worth" || c.currency != "" && strings.EqualFold(word, c.currency):
			if c.currency == "" {
				return q, usage("there is no currency to show values in: /settings currency EUR chooses one")
			}
			q.worth = true
		default:
			return q, unknownGraph(word)
		}
	}
	q.filter, err = c.filter(nodes)
	return q, err
}

func unknownGraph(word string) error {
	if near := nearest(word, []string{"services", "losses", "value"}); near != "" {
		return usage("/graph %s is not known; did you mean /graph %s?", clip(word), near)
	}
	return usage("/graph %s is not known: want a number of days, the address of a node, services, losses or value", clip(word))
}

func (c *call) drawAverage(w *bytes.Buffer, q graphQuestion, o plot.Options) error {
	points, err := rewards.Daily(c.ctx, c.bot.index, rewards.StatsQuery{
		Filter: q.filter, Zone: c.zone, Now: c.now(), Prices: q.prices,
	}, q.days)
	if err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	if !slices.ContainsFunc(points, func(p rewards.DayPoint) bool { return p.Total != rewards.Sums{} }) {
		return nil
	}
	days := plot.GrossByNode(points)
	if q.worth {
		days, _ = plot.WorthByNode(points)
	}
	return c.bot.painter.AverageByNode(w, days, o)
}

func (c *call) drawServices(w *bytes.Buffer, q graphQuestion, o plot.Options) error {
	rows, err := c.bot.index.Sums(c.ctx, rewards.Query{
		Span: o.Span, Filter: q.filter, Period: rewards.Day, Zone: c.zone, By: []rewards.Dimension{rewards.ByService}, Prices: q.prices,
	})
	if err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	stack, err := plot.StackOf(rows, rewards.ByService, gross)
	if q.worth {
		stack, _, err = plot.StackWorthOf(rows, rewards.ByService, func(w rewards.Worth) decimal.NullDecimal { return w.Gross })
	}
	if err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	stack.Area = q.days > 200
	return c.bot.painter.Stacked(w, stack, o)
}

func (c *call) drawLosses(w *bytes.Buffer, q graphQuestion, o plot.Options) error {
	rows, err := c.bot.index.Sums(c.ctx, rewards.Query{Span: o.Span, Filter: q.filter, Period: rewards.Day, Zone: c.zone, Prices: q.prices})
	if err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	losses, err := plot.LossesOf(rows)
	if q.worth {
		losses, _, err = plot.LossesWorthOf(rows)
	}
	if err != nil {
		return fmt.Errorf("graph: %w", err)
	}
	return c.bot.painter.Losses(w, losses, o)
}

// nothingIn says that a question has no answer yet, and why that may be.
func (c *call) nothingIn(title string, filter pocket.Filter) error {
	sums, err := c.allOf(filter)
	if err != nil {
		return err
	}
	if sums == (rewards.Sums{}) {
		return c.nothingYet(filter)
	}
	return c.say(Text{Title: title, Lines: []string{"Nothing settled, expired or was slashed in that time.",
		fmt.Sprintf("In all that is indexed there are %s and %s gross.", counted(sums.Settlements, "claim"), report.Amount(sums.Gross)), c.asOf()}})
}

// allOf adds up all that is known.
func (c *call) allOf(filter pocket.Filter) (rewards.Sums, error) {
	rows, err := c.bot.index.Sums(c.ctx, rewards.Query{Filter: filter, Zone: c.zone})
	if err != nil {
		return rewards.Sums{}, fmt.Errorf("rewards: %w", err)
	}
	return rewards.Total(rows)
}
