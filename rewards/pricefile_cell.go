package rewards

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// The ways in which times of prices are written; without an offset they are in UTC. Go reads fractions of a second wherever seconds stand.
var priceTimes = []string{
	time.DateOnly, time.RFC3339, "2006-01-02 15:04:05 UTC", "2006-01-02 15:04 UTC", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05-07:00",
	time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006/01/02", "2006/01/02 15:04:05",
	"2006/01/02 15:04", "02.01.2006", "02.01.2006 15:04:05", "02.01.2006 15:04",
}

// parsePriceTime reads a time in one of those ways, or Unix seconds or milliseconds.
func parsePriceTime(text string) (time.Time, error) {
	for _, layout := range priceTimes {
		if t, err := time.Parse(layout, text); err == nil {
			return inRange(t.UTC(), text)
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n > 100_000_000_000 { // as seconds, the year 5138
			return inRange(time.UnixMilli(n).UTC(), text)
		}
		return inRange(time.Unix(n, 0).UTC(), text)
	}
	if strings.Count(text, "/") == 2 {
		return time.Time{}, fmt.Errorf("the time %.40q could be read in two ways: write the year first, as 2026-11-22", text)
	}
	return time.Time{}, fmt.Errorf("the time %.40q is not one: want a date such as 2026-11-22, or 2026-11-22 13:00:00 in UTC, or 2026-11-22T13:00:00+01:00", text)
}

// inRange refuses what surely is no time of a price, such as the number of a line.
func inRange(t time.Time, text string) (time.Time, error) {
	if t.Year() < 2009 || t.Year() > 2200 {
		return time.Time{}, fmt.Errorf("the time %.40q is in the year %d: want one of this century in which there were coins", text, t.Year())
	}
	return t, nil
}

// A decimalMark is what decimals are written with in a file, 0 while no number has any.
type decimalMark byte

// parse reads a number such as "0.0512", "0,0512", "1.234,56", "€ 0.05", "0.05 EUR" or "5.1E-07". apart says that commas part the columns.
func (m *decimalMark) parse(cell, currency string, apart bool) (decimal.Decimal, error) {
	number := strings.TrimSpace(strings.Trim(cell, "€$£¥ "))
	if rest, found := strings.CutSuffix(strings.ToUpper(number), currency); found && len(currency) == 3 {
		number = strings.TrimSpace(rest)
	} else if rest, found := strings.CutPrefix(strings.ToUpper(number), currency); found && len(currency) == 3 {
		number = strings.TrimSpace(rest)
	}
	mark, plain, err := markOf(number, apart)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("the price %.40q %w", cell, err)
	}
	if mark != 0 && *m != 0 && mark != *m {
		return decimal.Decimal{}, fmt.Errorf("the price %.40q has the decimal mark %c, those before it have %c: use one in the whole file", cell, mark, *m)
	}
	if mark != 0 {
		*m = mark
	}
	value, err := decimal.NewFromString(plain)
	if err != nil || len(plain) > 60 || strings.Trim(plain, "0123456789.eE+-") != "" {
		return decimal.Decimal{}, fmt.Errorf("the price %.40q is no number: want one such as 0.0512", cell)
	}
	return value, nil
}

// markOf returns the decimal mark of a number, 0 when it has none, and the number with a point for it and without marks between thousands.
func markOf(number string, apart bool) (mark decimalMark, plain string, err error) {
	points, commas := strings.Count(number, "."), strings.Count(number, ",")
	switch {
	case points == 0 && commas == 0:
		return 0, number, nil
	case points == 1 && commas == 0:
		return '.', number, nil
	case commas == 1 && points == 0:
		whole, decimals, _ := strings.Cut(number, ",")
		if apart && len(decimals) == 3 && strings.Trim(whole, "0+-") != "" {
			return 0, "", fmt.Errorf("could mean %s.%s or %s%s: write it without a comma", whole, decimals, whole, decimals)
		}
		return ',', strings.Replace(number, ",", ".", 1), nil
	case commas == 1 && strings.LastIndexByte(number, ',') > strings.LastIndexByte(number, '.'):
		return ',', ungroup(number, ".", ","), nil
	case points == 1 && strings.LastIndexByte(number, '.') > strings.LastIndexByte(number, ','):
		return '.', ungroup(number, ",", "."), nil
	default:
		return 0, "", fmt.Errorf("has marks that make no number: write it without marks between thousands, such as 1234.56")
	}
}

// ungroup takes the marks between thousands out of a number; one with groups that are not of three digits becomes no number.
func ungroup(number, group, mark string) string {
	whole, decimals, _ := strings.Cut(number, mark)
	parts := strings.Split(strings.TrimLeft(whole, "+-"), group)
	for i, part := range parts {
		if i > 0 && len(part) != 3 || i == 0 && (len(part) == 0 || len(part) > 3) {
			return "no number"
		}
	}
	return strings.ReplaceAll(whole, group, "") + "." + decimals
}
