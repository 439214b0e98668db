package bot

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report/tax"
	"github.com/poktbot/poktbot/rewards"
)

// writeIncome writes income in the format of a tax program, and returns what the file holds and what it lacks.
func (c *call) writeIncome(w io.Writer, q fileQuestion) (tax.Summary, error) {
	income, prices, err := c.income(q)
	if err != nil {
		return tax.Summary{}, err
	}
	config := c.bot.config
	config.Zone, config.Decimal = c.zone.String(), c.decimal
	options, err := config.taxOptions(prices)
	if err != nil {
		return tax.Summary{}, err
	}
	return tax.Write(c.ctx, w, tax.Format(q.format), income, options)
}

// income yields what was earned in the span: by the wallets, or by the nodes' sides where there are no wallets.
func (c *call) income(q fileQuestion) (iter.Seq2[tax.Event, error], *rewards.Prices, error) {
	prices, err := c.pricesOf(q.span)
	if err != nil {
		return nil, nil, err
	}
	config := c.bot.config
	income := tax.Income(c.earning(q), tax.IncomeOptions{
		Wallets: c.wallets, Losses: config.Tax.Losses, Nodes: q.filter.Suppliers, Prices: prices,
	})
	if config.Tax.ByDay {
		income = tax.ByDay(income, c.zone, c.now())
	}
	return income, prices, nil
}

// earning yields the events that income is made of, and tells how far it has come. Fees are of nobody's node, so a question that has
// them cannot be put to the index by node.
func (c *call) earning(q fileQuestion) iter.Seq2[pocket.Event, error] {
	if !c.bot.config.Tax.Losses {
		return c.settlements(q)
	}
	whole := q
	whole.filter.Suppliers = nil
	return func(yield func(pocket.Event, error) bool) {
		for event, err := range c.events(whole, pocket.KindSettlement, pocket.KindSlash, pocket.KindTransaction) {
			if err == nil && event.Kind() != pocket.KindTransaction && !q.filter.Match(event) {
				continue
			}
			if !yield(event, err) || err != nil {
				return
			}
		}
	}
}

// taxOptions are how the configuration wants the files of tax programs.
func (c *Config) taxOptions(prices *rewards.Prices) (tax.Options, error) {
	o := tax.Options{
		Zone: c.Location(), TimeLayout: c.Tax.Times, DecimalMark: '.', Alias: c.Tax.CurrencyAlias, Asset: c.Tax.Asset, Platform: c.Tax.Platform,
	}
	if c.Decimal == "comma" {
		o.DecimalMark = ','
	}
	if prices != nil {
		o.Currency = prices.Currency()
	}
	for _, text := range c.Tax.Columns {
		name, as, _ := strings.Cut(string(text), "=")
		o.Columns = append(o.Columns, tax.Column{Name: strings.TrimSpace(name), As: strings.TrimSpace(as)})
	}
	for _, text := range c.Tax.Types {
		kind, word, ok := strings.Cut(string(text), "=")
		if !ok {
			return o, fmt.Errorf("%q; want KIND=WORD, such as reward=Staking", clip(string(text)))
		}
		if o.Types == nil {
			o.Types = map[tax.Kind]string{}
		}
		o.Types[tax.Kind(strings.TrimSpace(kind))] = strings.TrimSpace(word)
	}
	return o, nil
}

// checkTax returns what is wrong with the configuration of tax files. Columns are each format's own, so they are right when they are for one.
func (c *Config) checkTax() error {
	o, err := c.taxOptions(nil)
	if err != nil {
		return c.fault("tax.types", "%w", err)
	}
	if o.TimeLayout != "" {
		if _, err := tax.TimeLayout(o.TimeLayout); err != nil {
			return c.fault("tax.times", "%w", err)
		}
	}
	o.Currency = strings.ToUpper(c.Prices.Currency)
	var errs []error
	for _, format := range tax.Formats() {
		if err := o.Check(format); err == nil {
			return nil
		} else if errs = append(errs, err); len(o.Columns) == 0 {
			break
		}
	}
	return c.fault("tax", "%w", errors.Join(errs...))
}

// year is /tax: the income of a year by month.
func (c *call) tax() error {
	nodes, words, err := c.cut(c.args)
	if err != nil {
		return err
	}
	year := c.now().Year()
	switch {
	case len(words) > 1:
		return usage("%q is one word too many: /tax takes a year and nodes", clip(words[1]))
	case len(words) == 1:
		if year, err = strconv.Atoi(words[0]); err != nil || year < 2020 || year > c.now().Year() {
			return usage("/tax %s: want a year between 2020 and %d", clip(words[0]), c.now().Year())
		}
	}
	q := fileQuestion{span: pocket.Span{
		From: time.Date(year, 1, 1, 0, 0, 0, 0, c.zone), To: time.Date(year+1, 1, 1, 0, 0, 0, 0, c.zone),
	}}
	if q.filter, err = c.filter(nodes); err != nil {
		return err
	}
	income, prices, err := c.income(q)
	if err != nil {
		return err
	}
	currency := ""
	if prices != nil {
		currency = prices.Currency()
	}
	t, err := tax.Year(income, year, c.zone, currency)
	if err != nil {
		return fmt.Errorf("tax: %w", err)
	}
	t.Notes = append(t.Notes, c.priceNotes(prices, q.span)...)
	return c.say(c.table(t))
}

// taxFormats are the names of the formats of tax programs.
func taxFormats() []string {
	var names []string
	for _, format := range tax.Formats() {
		names = append(names, string(format))
	}
	return names
}

func isTaxFormat(name string) bool { return slices.Contains(taxFormats(), name) }
