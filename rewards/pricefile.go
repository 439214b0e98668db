package rewards

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Prices yields the known prices in the span, so that a table may be a [PriceSource] itself. Another currency than its own is [ErrCurrency].
func (p *Prices) Prices(ctx context.Context, currency string, span pocket.Span) iter.Seq2[Price, error] {
	return func(yield func(Price, error) bool) {
		code, err := CurrencyCode(currency)
		if err == nil && code != p.currency {
			err = fmt.Errorf("%s: these prices are in %s: %w", code, p.currency, ErrCurrency)
		}
		if err = errors.Join(err, span.Check(), ctx.Err()); err != nil {
			yield(Price{}, err)
			return
		}
		for _, point := range p.points {
			if span.Contains(point.Time) && !yield(point, nil) {
				return
			}
		}
	}
}

// OpenPrices reads a file as [ReadPrices] does. Its errors name the file.
func OpenPrices(path, currency string) (*Prices, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	defer file.Close()
	prices, err := ReadPrices(file, currency)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return prices, nil
}

// maxPriceFile is more than a hundred years of hourly prices take.
const maxPriceFile = 64 << 20

// ReadPrices reads a person's own prices, in one currency, from CSV: a time and a price a line, in any order.
//
// Columns are apart by semicolons, tabs or commas. A header names them: one called time, date or the like and one called price, close, value, rate or as the
// currency; further columns are passed over, so that what CoinGecko's site exports is read as it is. Without a header there are two columns, the time and the
// price. Lines that begin with # and lines without a price are skipped.
//
// A time is a date, which is 00:00 UTC of that day; a date and a time of day, in UTC or with an offset, such as 2026-11-22T13:00:00+01:00; or Unix seconds or
// milliseconds. Dates are written 2026-11-22 or 22.11.2026; with slashes nobody could tell the day from the month.
//
// A price is a number with one decimal mark, the same in the whole file, a point or a comma. Where commas part the columns a number with one
// is put in quotes.
//
// An error names the line and what to do, and wraps [pocket.ErrInvalid]: among others of a price of 0, two prices at one moment, and a file without
// prices or of more than 64 MiB.
func ReadPrices(r io.Reader, currency string) (*Prices, error) {
	code, err := CurrencyCode(currency)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxPriceFile+1))
	if err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	file := priceFile{currency: code, seen: map[time.Time]pricedLine{}}
	if err := file.read(text); err != nil {
		return nil, fmt.Errorf("prices: %w: %w", err, pocket.ErrInvalid)
	}
	prices, err := NewPrices(code, file.points, DefaultWindow)
	if err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	return prices, nil
}

// A priceFile is a CSV file while it is read.
type priceFile struct {
	currency    string
	comma       rune
	time, price int // columns
	columns     int // 0 when there is a header, so that a line may have more than are used
	mark        decimalMark
	seen        map[time.Time]pricedLine
	points      []Price
}

// A pricedLine is a price and where it stands.
type pricedLine struct {
	line  int
	price Price
}

func (f *priceFile) read(text []byte) error {
	switch {
	case len(text) > maxPriceFile:
		return fmt.Errorf("the file is larger than %d MiB: is it one of prices?", maxPriceFile>>20)
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return errors.New("the file is in UTF-16: save it as CSV in UTF-8")
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	f.comma = separatorOf(text)
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma, reader.Comment, reader.FieldsPerRecord, reader.ReuseRecord = f.comma, '#', -1, true
	reader.TrimLeadingSpace = f.comma != '\t'
	for first := true; ; {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			return fmt.Errorf("line %d: %w: close the quotes, or leave them out", e.Line, e.Err)
		}
		if err != nil {
			return err
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], "\u00a0", " "))
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		line, _ := reader.FieldPos(0)
		if first {
			first = false
			if header, err := f.header(cells); err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			} else if header {
				continue
			}
		}
		if err := f.row(line, cells); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	if len(f.points) == 0 {
		return errors.New("there are no prices: want lines such as 2026-11-22,0.0512")
	}
	return nil
}

// separatorOf returns what parts the columns, as the first line that is no comment shows.
func separatorOf(text []byte) rune {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		for _, comma := range []rune{';', '\t'} {
			if bytes.ContainsRune(line, comma) {
				return comma
			}
		}
		break
	}
	return ','
}

// The names that columns of time and price have, in lower case.
var (
	timeColumns  = []string{"time", "date", "datetime", "date time", "timestamp", "day", "snapped_at", "unix", "datum", "zeit", "fecha", "hora", "data", "jour"}
	priceColumns = []string{"price", "close", "value", "rate", "price per pokt", "pokt", "preis", "kurs", "wert", "precio", "valor", "prix", "prezzo"}
)

// header finds the columns, and tells whether cells name them.
func (f *priceFile) header(cells []string) (bool, error) {
	if _, err := parsePriceTime(cells[0]); err == nil {
		if len(cells) > 2 {
			return false, fmt.Errorf("it has %d columns, and there is no header to say which is the price: write one such as time%cprice "+
				"(a number with a decimal comma goes in quotes where commas part the columns)", len(cells), f.comma)
		}
		f.time, f.price, f.columns = 0, 1, 2
		return false, nil
	}
	f.time, f.price = -1, -1
	for i, cell := range cells {
		name := strings.ToLower(cell)
		switch {
		case f.time < 0 && slices.Contains(timeColumns, name):
			f.time = i
		case f.price < 0 && f.isPrice(name):
			f.price = i
		}
	}
	if f.time < 0 || f.price < 0 {
		return false, fmt.Errorf("want a header with a column called time or date and one called price, or a time and a price; got %s", quoted(cells))
	}
	return true, nil
}

// isPrice tells whether a column of that name holds prices: "price", "eur", "price (EUR)", "close eur".
func (f *priceFile) isPrice(name string) bool {
	currency := strings.ToLower(f.currency)
	if slices.Contains(priceColumns, name) || name == currency {
		return true
	}
	rest, found := strings.CutSuffix(strings.Trim(name, "()"), currency)
	return found && slices.Contains(priceColumns, strings.TrimRight(rest, " _-/(["))
}

func quoted(cells []string) string {
	text := fmt.Sprintf("%q", cells)
	if len(text) > 100 {
		return strings.ToValidUTF8(text[:100], "") + "…"
	}
	return text
}

// row takes a line.
func (f *priceFile) row(line int, cells []string) error {
	if len(cells) <= f.time || f.columns > 0 && len(cells) > f.columns {
		return fmt.Errorf("it has %d columns: want a time and a price (a number with a decimal comma goes in quotes where commas part the columns)", len(cells))
	}
	if len(cells) <= f.price || cells[f.price] == "" {
		return nil
	}
	t, err := parsePriceTime(cells[f.time])
	if err != nil {
		return err
	}
	value, err := f.mark.parse(cells[f.price], f.currency, f.comma == ',')
	if err != nil {
		return err
	}
	p, err := Price{t, value}.clean()
	if err != nil {
		return fmt.Errorf("the price %.40q is not one: want more than 0 (leave it empty where it is not known) and less than a million millions", cells[f.price])
	}
	if other, told := f.seen[p.Time]; told {
		if other.price.Value.Equal(p.Value) {
			return nil
		}
		return fmt.Errorf("%s has another price in line %d: keep one of them", p.Time.Format(time.RFC3339), other.line)
	}
	f.seen[p.Time] = pricedLine{line, p}
	f.points = append(f.points, p)
	return nil
}
