package tax

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// Options say how [Write] writes. The zero value is what the platform documents, without prices.
type Options struct {
	// Zone is of the times of CoinTracking and Ledger; nil is UTC. Koinly and CoinLedger want UTC and get it, whatever this is. CoinTracking's own
	// layout tells no offset, so in a zone where clocks are put back the hour that comes twice cannot be told apart: prefer UTC, which its import can be
	// told, or a layout with an offset.
	Zone *time.Location
	// TimeLayout is of times, as [TimeLayout] takes it; "" is the format's own.
	TimeLayout string
	// DecimalMark is '.' or ','; 0 is '.', which all platforms read. See [report.CSVOptions] for the separator that comes with a comma.
	DecimalMark byte
	Separator   byte // between fields: see [report.CSVOptions]
	BOM         bool // begin with a byte order mark: Excel takes the file for UTF-8 only then

	// Currency is the code of the prices' currency, such as "EUR". It must be that of the income. "" leaves out prices and values.
	Currency string
	// Alias is what the currency is called in names of columns, and in the ledger's currency column, such as "Euro"; "" is its code.
	Alias    string
	Asset    string // what the platform calls POKT; "" is "POKT"
	Platform string // where it was earned, for formats with such a column; "" is "Pocket"
	// Types are the words for what kinds of events are, in place of the format's own: {Earned: "Staking"}. With a word for a kind of
	// which the format has none, its events are written too; with an empty word they are left out.
	Types map[Kind]string
	// Columns are which of the format's columns the file has, in which order, under which names. Empty means all of them as they are.
	Columns []Column
}

// A Column is one of a format's own, by its name there.
type Column struct {
	Name string // "Buy Amount Euro" is called "Buy Amount" and what the currency is called
	As   string // what the file calls it; "" is Name
}

// Check returns an error that names all that is wrong with the options for files in format f, nil when nothing is. It wraps [pocket.ErrInvalid].
func (o Options) Check(f Format) error {
	_, err := newWriter(f, o)
	return err
}

// Write writes income as a CSV file in format f, a line for each event in their order, and tells what it wrote. Memory does not grow with
// the number of lines. Text is made safe for spreadsheets by [report.WriteCSV]. Events of a kind that f has no word for are left out and
// counted. After an error the file is incomplete; [report.WriteFile] keeps it from being left behind. What is wrong with the options
// is [pocket.ErrInvalid], and then nothing is written.
func Write(ctx context.Context, to io.Writer, f Format, income iter.Seq2[Event, error], o Options) (Summary, error) {
	f, err := ParseFormat(string(f))
	if err != nil {
		return Summary{}, err
	}
	var s Summary
	table, w, err := newTable(f, s.Count(f, income, o), o)
	if err != nil {
		return s, err
	}
	err = report.WriteCSV(ctx, to, table, report.CSVOptions{
		Zone: w.zone, TimeLayout: w.layout, DecimalMark: o.DecimalMark, Separator: o.Separator, BOM: o.BOM,
	})
	if err != nil {
		return s, fmt.Errorf("%s file: %w", f, err)
	}
	return s, nil
}

// Table is what [Write] writes, as a table for other writers, such as a workbook's sheet. Times are shown as those writers do.
func Table(f Format, income iter.Seq2[Event, error], o Options) (report.Table, error) {
	t, _, err := newTable(f, income, o)
	return t, err
}

// A writer is the options with all that they leave open filled in.
type writer struct {
	Options
	types                   map[Kind]string
	zone                    *time.Location
	layout, asset, platform string
	columns                 []column
}

func (w *writer) alias() string { return cmp.Or(w.Alias, w.Currency) }

func newTable(f Format, income iter.Seq2[Event, error], o Options) (report.Table, *writer, error) {
	w, err := newWriter(f, o)
	if err != nil {
		return report.Table{}, nil, err
	}
	t := report.Table{Title: "Income", TotalLabel: "Total"}
	summed := false
	for _, c := range w.columns {
		t.Columns = append(t.Columns, report.Column{Name: c.name, Kind: c.kind, Sum: c.sum})
		summed = summed || c.sum
	}
	if !summed {
		t.TotalLabel = ""
	}
	t.Rows = func(yield func([]report.Cell, error) bool) {
		row := make([]report.Cell, len(w.columns))
		var e Event // of all rows: cells keep nothing of it
		for next, err := range income {
			if err == nil && next.Value.Valid && w.Currency != "" && next.Currency != w.Currency {
				err = errCurrencies(next.Currency, w.Currency)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			e = next
			if w.Currency == "" {
				e.Price.Valid, e.Value.Valid = false, false
			}
			if w.types[e.Kind] == "" {
				continue
			}
			for i := range w.columns {
				row[i] = w.columns[i].cell(w, &e)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return t, w, nil
}

func newWriter(f Format, o Options) (*writer, error) {
	f, err := ParseFormat(string(f))
	if err != nil {
		return nil, err
	}
	s := shapes[f]
	w := &writer{Options: o, zone: o.Zone, layout: s.layout, asset: cmp.Or(o.Asset, "POKT"), platform: cmp.Or(o.Platform, "Pocket"), types: o.words(f)}
	if s.utc || w.zone == nil {
		w.zone = time.UTC
	}
	if o.Currency != "" {
		if w.Currency, err = rewards.CurrencyCode(o.Currency); err != nil {
			return nil, fmt.Errorf("%s file: %w", f, err)
		}
	}
	errs := []error{
		report.CSVOptions{DecimalMark: o.DecimalMark, Separator: o.Separator}.Check(),
		single("alias of the currency", o.Alias), single("asset", o.Asset), single("platform", o.Platform),
	}
	if o.TimeLayout != "" {
		layout, err := TimeLayout(o.TimeLayout)
		w.layout = layout
		errs = append(errs, err)
	}
	for kind, word := range o.Types {
		switch kind {
		case Earned, Slashed, Fee:
			errs = append(errs, single("type of "+string(kind), word))
		default:
			errs = append(errs, fmt.Errorf("type of %.40q: want one of reward, slash or fee: %w", kind, pocket.ErrInvalid))
		}
	}
	w.columns, err = s.choose(o, w.alias())
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("%s file: %w", f, err)
	}
	return w, nil
}

// words are what kinds of events are called in format f; those that have no word are left out.
func (o Options) words(f Format) map[Kind]string {
	words := map[Kind]string{}
	maps.Copy(words, shapes[f].types)
	maps.Copy(words, o.Types)
	return words
}

// single refuses a word of the configuration that is no plain line.
func single(what, s string) error {
	if s != "" && (report.Line(s, 0) != s || report.Line(s, maxWord) != s) {
		return fmt.Errorf("%s %.80q: want a word or two of up to %d characters, in one line: %w", what, s, maxWord, pocket.ErrInvalid)
	}
	return nil
}

const maxWord = 60

// choose returns the columns that the file has, under their names in it.
func (s shape) choose(o Options, currency string) ([]column, error) {
	var all []column
	for _, c := range s.columns {
		if c.priced && o.Currency == "" {
			continue
		}
		c.name = strings.ReplaceAll(c.name, "%s", currency)
		all = append(all, c)
	}
	if len(o.Columns) == 0 {
		return all, nil
	}
	var chosen []column
	var errs []error
	taken := map[string]bool{}
	for _, want := range o.Columns {
		i := slices.IndexFunc(all, func(c column) bool { return strings.EqualFold(c.name, want.Name) })
		if i < 0 {
			errs = append(errs, fmt.Errorf("column %.60q: there is none, want some of %s: %w", want.Name, names(all), pocket.ErrInvalid))
			continue
		}
		c := all[i]
		c.name = cmp.Or(want.As, c.name)
		if taken[c.name] {
			errs = append(errs, fmt.Errorf("column %.60q comes twice: %w", c.name, pocket.ErrInvalid))
		}
		taken[c.name] = true
		errs = append(errs, single("column", want.As))
		chosen = append(chosen, c)
	}
	return chosen, errors.Join(errs...)
}

func names(columns []column) string {
	var list []string
	for _, c := range columns {
		list = append(list, fmt.Sprintf("%q", c.name))
	}
	return strings.Join(list, ", ")
}
