package bot

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/report/tax"
	"github.com/poktbot/poktbot/report/xlsx"
	"github.com/poktbot/poktbot/rewards"
)

// A fileQuestion is what /report is to write: of whom, when, and how many settlements there are.
type fileQuestion struct {
	format string
	filter pocket.Filter
	span   pocket.Span // From is set
	named  string
	days   []rewards.Row
	total  int64
	prices *rewards.Prices // nil without a currency
}

// reportFormats are what /report writes.
func reportFormats() []string { return append([]string{"csv", "xlsx"}, taxFormats()...) }

func (c *call) report() error {
	formats := reportFormats()
	all := strings.Join(formats[:len(formats)-1], ", ") + " or " + formats[len(formats)-1]
	if len(c.args) == 0 {
		return usage("/report wants %s, and a range when it is not to be everything: /report xlsx last month", all)
	}
	format := strings.ToLower(c.args[0])
	if !slices.Contains(formats, format) {
		return unknownWord("report", format, formats...)
	}
	nodes, words, err := c.cut(c.args[1:])
	if err != nil {
		return err
	}
	q := fileQuestion{format: format}
	if q.span, q.named, err = c.span(words, "all"); err != nil {
		return err
	}
	if q.filter, err = c.filter(nodes); err != nil {
		return err
	}
	if q.prices, err = c.pricesOf(q.span); err != nil {
		return err
	}
	q.days, err = c.bot.index.Sums(c.ctx, rewards.Query{
		Span: q.span, Filter: q.filter, Wallets: c.wallets, Period: rewards.Day, Zone: c.zone, Prices: q.prices,
	})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if len(q.days) == 0 {
		return c.nothingIn("Report of "+whose(q.filter)+": "+q.named, q.filter)
	}
	if q.span.From.IsZero() {
		q.span.From = q.days[0].Start
	}
	for _, day := range q.days {
		q.total += day.Settlements
	}
	return c.writeReport(q)
}

// writeReport writes the file into the machine's temporary folder and hands it out from there.
func (c *call) writeReport(q fileQuestion) (err error) {
	file, err := os.CreateTemp("", "poktbot-*."+q.format)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	defer func() {
		_ = file.Close()
		_ = os.Remove(file.Name())
	}()
	kind := "text/csv; charset=utf-8"
	caption := fmt.Sprintf("%s of %s: %s", counted(q.total, "settlement"), whose(q.filter), q.named)
	switch {
	case q.format == "xlsx":
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = c.writeWorkbook(file, q)
	case isTaxFormat(q.format):
		var held tax.Summary
		held, err = c.writeIncome(file, q)
		caption = fmt.Sprintf("Income of %s: %s. %s", whose(q.filter), q.named, held.Text())
	default:
		err = report.WriteCSV(c.ctx, file, report.Settlements(c.settlements(q), c.wallets, q.prices), c.csvOptions())
	}
	if errors.Is(err, pocket.ErrPruned) && c.bot.config.Retention > 0 {
		kept := c.now().Add(-time.Duration(c.bot.config.Retention))
		return usage("single settlements older than %s are not kept (retention): ask from %s on. /rewards still adds up all of them",
			c.bot.config.Retention, c.day(kept.AddDate(0, 0, 1)))
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if c.bot.simulated {
		caption = "Simulated: " + caption
	}
	return c.say(File{Name: c.fileName(q), Type: kind, Size: size, Caption: caption, Body: file})
}

// fileName tells what the file holds: "rewards-2026-11-01-to-2026-11-22.csv".
func (c *call) fileName(q fileQuestion) string {
	last := c.now()
	if !q.span.To.IsZero() && q.span.To.Before(last) {
		last = q.span.To.Add(-1)
	}
	date := func(t time.Time) string { return t.In(c.zone).Format(time.DateOnly) }
	name, ending := "rewards", q.format
	if isTaxFormat(q.format) {
		name, ending = "income-"+q.format, "csv"
	}
	name += fmt.Sprintf("-%s-to-%s", date(q.span.From), date(last))
	if len(q.filter.Suppliers) == 1 {
		name += "-" + q.filter.Suppliers[0].String()[:12]
	}
	if c.bot.simulated {
		name = "simulated-" + name
	}
	return name + "." + ending
}

func (c *call) csvOptions() report.CSVOptions {
	o := report.CSVOptions{Zone: c.zone, DateLayout: c.dates.Go(), DecimalMark: '.'}
	if c.decimal == "comma" {
		o.DecimalMark = ','
	}
	if o.DateLayout != time.DateOnly {
		o.TimeLayout = o.DateLayout + " 15:04:05 -0700"
	}
	return o
}

// howOften is after how many rows progress is told.
const howOften = 5000

// settlements yields the settlements asked for, and tells how far it has come.
func (c *call) settlements(q fileQuestion) iter.Seq2[pocket.Event, error] {
	return c.events(q, pocket.KindSettlement)
}

// events yields the events of some kinds asked for, and tells how far it has come.
func (c *call) events(q fileQuestion, kinds ...pocket.Kind) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		done := int64(0)
		for event, err := range c.bot.index.Events(c.ctx, pocket.EventQuery{Span: q.span, Filter: q.filter, Kinds: kinds}) {
			if err == nil && done%howOften == 0 && done > 0 {
				err = c.say(Progress{Doing: "writing the report", Done: done, Total: q.total, Unit: "settlements"})
			}
			done++
			if !yield(event, err) || err != nil {
				return
			}
		}
	}
}

// writeWorkbook writes everything that is known of the span, each in a sheet of its own.
func (c *call) writeWorkbook(w io.Writer, q fileQuestion) error {
	sums := func(period rewards.Period, by ...rewards.Dimension) ([]rewards.Row, error) {
		return c.bot.index.Sums(c.ctx, rewards.Query{
			Span: q.span, Filter: q.filter, Wallets: c.wallets, Zone: c.zone, Period: period, By: by, Prices: q.prices,
		})
	}
	nodes, err := sums(rewards.Whole, rewards.BySupplier)
	if err != nil {
		return err
	}
	months, err := sums(rewards.Month)
	if err != nil {
		return err
	}
	services, err := sums(rewards.Month, rewards.ByService)
	if err != nil {
		return err
	}
	lost, err := rewards.Losses(nodes)
	if err != nil {
		return err
	}
	days, err := c.dailyPoints(q)
	if err != nil {
		return err
	}
	book, err := xlsx.Standard(xlsx.Contents{
		Title: "Rewards of " + whose(q.filter) + ": " + q.named, Creator: "PoktBot", Created: c.now(), Zone: c.zone,
		Wallets: c.wallets, Prices: q.prices, Nodes: nodes, Days: days, Months: months, Services: services, Losses: &lost,
		Settlements: c.settlements(q),
	})
	if err != nil {
		return err
	}
	summary := &book.Sheets[0].Table
	summary.Notes = append(append(summary.Notes, c.priceNotes(q.prices, q.span)...), c.asOf())
	return xlsx.Write(c.ctx, w, book)
}

// dailyPoints are the days of the span, the last of them whole unless it is today.
func (c *call) dailyPoints(q fileQuestion) ([]rewards.DayPoint, error) {
	now, over := c.now(), 0
	if !q.span.To.IsZero() && !q.span.To.After(now) {
		now, over = q.span.To, 1 // the day that begins then is asked for, too, so that the one before is over
	}
	days := 0
	for range rewards.Day.In(pocket.Span{From: q.span.From, To: now}, c.zone) {
		days++
	}
	points, err := rewards.Daily(c.ctx, c.bot.index, rewards.StatsQuery{
		Filter: q.filter, Wallets: c.wallets, Zone: c.zone, Now: now, Prices: q.prices,
	}, days+over)
	if err != nil {
		return nil, err
	}
	return points[:min(days, len(points))], nil
}

// day is a date as the user writes dates.
func (c *call) day(t time.Time) string { return t.In(c.zone).Format(c.dates.Go()) }
