package bot

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A DateLayout says how dates are written, and in which order typed ones are read.
type DateLayout string

// layouts maps each DateLayout to Go's.
var layouts = map[DateLayout]string{
	"YYYY-MM-DD": "2006-01-02",
	"YYYY/MM/DD": "2006/01/02",
	"DD/MM/YYYY": "02/01/2006",
	"DD.MM.YYYY": "02.01.2006",
	"DD-MM-YYYY": "02-01-2006",
	"MM/DD/YYYY": "01/02/2006",
}

// DateLayouts returns the layouts there are.
func DateLayouts() []string {
	var names []string
	for name := range layouts {
		names = append(names, string(name))
	}
	slices.Sort(names)
	return names
}

// UnmarshalText takes a layout in upper or lower case. [Config.Validate] checks it.
func (l *DateLayout) UnmarshalText(b []byte) error {
	*l = DateLayout(strings.ToUpper(strings.TrimSpace(string(b))))
	return nil
}

// Go returns the layout as package time writes it; that of YYYY-MM-DD for one that does not exist.
func (l DateLayout) Go() string {
	if layout, ok := layouts[l]; ok {
		return layout
	}
	return time.DateOnly
}

// A Range is a span of whole days, or of hours, that somebody asked for.
type Range struct {
	pocket.Span
	Name string // how it was asked for, such as "today" or "November 2026"; "" when dates were given
}

// A Calendar reads dates and ranges as people type them. Now is the moment they are typed at.
type Calendar struct {
	Now    time.Time
	Zone   *time.Location // nil is UTC
	Layout DateLayout     // decides what 01/11/2026 means; with one that begins with the year it is refused
}

// ParseRange reads the range that the words name:
//
//	all                       everything
//	today, yesterday          one day; so do this and last with week, month or year
//	7d, 2w, 3m, 1y, 12h       the last 7 days, today included; weeks of 7 days; months of the calendar; hours
//	november, nov 2025        a month, the latest one of that name when no year is given; 2026-11 and 2026 too
//	2026-11-01                from that day until now
//	2026-11-01 2026-11-15     from the first day to the end of the second; any period above may be an end
//
// The words from, since, to, until and two dots may stand between. No words give the zero Range. Errors are [ErrUsage] and say what was wrong.
func (c Calendar) ParseRange(words []string) (Range, error) {
	text := strings.ToLower(strings.Join(words, " "))
	text = strings.NewReplacer("..", " to ", "–", " to ", "—", " to ", ",", " ").Replace(text)
	tokens := joinTokens(strings.Fields(text))
	from, to, err := cutRange(tokens)
	if err != nil {
		return Range{}, err
	}
	if from == "" && to == "" {
		return Range{}, nil
	}
	return c.between(from, to)
}

// joinTokens puts together what is one name in two words: "last month", "november 2026".
func joinTokens(fields []string) []string {
	var tokens []string
	for i := 0; i < len(fields); i++ {
		word := fields[i]
		if i+1 < len(fields) {
			next := fields[i+1]
			_, isMonth := monthOf(word)
			isUnit := next == "week" || next == "month" || next == "year"
			if isMonth && yearPattern.MatchString(next) || (word == "last" || word == "this") && isUnit {
				word += " " + next
				i++
			}
		}
		tokens = append(tokens, word)
	}
	return tokens
}

// cutRange finds the two ends. With "from" or "since" the first one stands open even when it is a whole period.
func cutRange(tokens []string) (from, to string, err error) {
	open := false
	var ends []string
	for i, token := range tokens {
		switch token {
		case "from", "since":
			if i > 0 {
				return "", "", usage("%q belongs before the first date", token)
			}
			open = true
		case "to", "until", "till":
			if i == 0 {
				ends = append(ends, "all")
			}
		default:
			ends = append(ends, token)
		}
	}
	switch {
	case len(ends) > 2:
		return "", "", usage("%q is one date too many: give a first and a last day", clip(ends[2]))
	case len(ends) == 2:
		return ends[0], ends[1], nil
	case len(ends) == 1 && open:
		return ends[0], "now", nil
	case len(ends) == 1:
		return ends[0], "", nil
	case len(tokens) > 0:
		return "", "", usage("%q without a date", clip(tokens[0]))
	}
	return "", "", nil
}

func (c Calendar) between(from, to string) (Range, error) {
	first, err := c.period(from)
	if err != nil {
		return Range{}, err
	}
	if first.From.After(c.Now) {
		return Range{}, usage("%s lies in the future: today is %s", from, c.write(c.Now))
	}
	if to == "" {
		if first.exact {
			first.To = time.Time{}
		}
		return Range{Span: first.Span, Name: first.name}, nil
	}
	if to == "now" {
		return Range{Span: pocket.Span{From: first.From}}, nil
	}
	last, err := c.period(to)
	if err != nil {
		return Range{}, err
	}
	if last.To.IsZero() && to != "all" {
		return Range{}, usage("%q cannot be the end of a range: want a date or a period such as today or november", to)
	}
	span := pocket.Span{From: first.From, To: last.To}
	if span.Check() != nil || !span.To.IsZero() && !span.From.Before(span.To) {
		return Range{}, usage("the range is the wrong way round: %s comes after %s; put the earlier one first", from, to)
	}
	return Range{Span: span}, nil
}

// A period is what one end of a range names.
type period struct {
	pocket.Span
	name  string
	exact bool // a single date rather than a period of its own
}

var (
	lastPattern  = regexp.MustCompile(`^(\d{1,5})(h|d|w|m|y)$`)
	datePattern  = regexp.MustCompile(`^(\d{1,4})([-/.])(\d{1,2})[-/.](\d{1,4})$`)
	monthPattern = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})$`)
	yearPattern  = regexp.MustCompile(`^(19|20|21)\d\d$`)
)

func (c Calendar) period(word string) (period, error) {
	today := c.day(c.Now, 0)
	switch word {
	case "all", "ever", "everything", "beginning":
		return period{name: "all time"}, nil
	case "now":
		return period{Span: pocket.Span{From: c.Now}}, nil
	case "today":
		return c.days(c.Now, 1, "today"), nil
	case "yesterday":
		return c.days(today.AddDate(0, 0, -1), 1, "yesterday"), nil
	case "week", "this week":
		return c.days(c.monday(), 7, "this week"), nil
	case "last week":
		return c.days(c.monday().AddDate(0, 0, -7), 7, "last week"), nil
	case "month", "this month":
		return c.month(today.Year(), today.Month()), nil
	case "last month":
		return c.month(today.Year(), today.Month()-1), nil
	case "year", "this year":
		return c.year(today.Year()), nil
	case "last year":
		return c.year(today.Year() - 1), nil
	}
	if m := lastPattern.FindStringSubmatch(word); m != nil {
		return c.last(m[1], m[2])
	}
	if m := datePattern.FindStringSubmatch(word); m != nil {
		return c.date(word, m)
	}
	if m := monthPattern.FindStringSubmatch(word); m != nil {
		year, _ := strconv.Atoi(m[1])
		month, _ := strconv.Atoi(m[2])
		if month < 1 || month > 12 || !yearPattern.MatchString(m[1]) {
			return period{}, usage("%q is not a month that exists", word)
		}
		return c.month(year, time.Month(month)), nil
	}
	if yearPattern.MatchString(word) {
		year, _ := strconv.Atoi(word)
		return c.year(year), nil
	}
	name, yearText, hasYear := strings.Cut(word, " ")
	if month, ok := monthOf(name); ok {
		year := today.Year()
		if hasYear {
			year, _ = strconv.Atoi(yearText)
		} else if month > today.Month() {
			year--
		}
		return c.month(year, month), nil
	}
	return period{}, c.unknown(word)
}

func (c Calendar) unknown(word string) error {
	words := []string{"today", "yesterday", "week", "month", "year", "all"}
	for m := time.January; m <= time.December; m++ {
		words = append(words, strings.ToLower(m.String()))
	}
	if near := nearest(word, words); near != "" {
		return usage("%q is not a date; did you mean %s?", clip(word), near)
	}
	return usage("%q is not a date; want one such as %s, today, 7d, 2w, 3m or november", clip(word), c.write(c.Now))
}

// monthOf reads the English name of a month, or its first three letters.
func monthOf(word string) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if len(word) >= 3 && strings.HasPrefix(name, word) || word == "sept" && m == time.September {
			return m, true
		}
	}
	return 0, false
}

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// day returns the start of the day that is n days after that of t.
func (c Calendar) day(t time.Time, n int) time.Time {
	y, m, d := t.In(c.zone()).Date()
	return startOfDay(y, m, d+n, c.zone())
}

// startOfDay returns the first moment of a date, whose parts may be out of range as those of [time.Date].
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	from, _ := rewards.DayOf(time.Date(y, m, d, 12, 0, 0, 0, zone), zone)
	return from
}

func (c Calendar) monday() time.Time {
	back := (int(c.Now.In(c.zone()).Weekday()) + 6) % 7
	return c.day(c.Now, -back)
}

func (c Calendar) days(t time.Time, n int, name string) period {
	return period{Span: pocket.Span{From: c.day(t, 0), To: c.day(t, n)}, name: name}
}

func (c Calendar) month(year int, month time.Month) period {
	span := pocket.Span{From: startOfDay(year, month, 1, c.zone()), To: startOfDay(year, month+1, 1, c.zone())}
	return period{Span: span, name: span.From.AddDate(0, 0, 7).Format("January 2006")}
}

func (c Calendar) year(year int) period {
	return period{
		Span: pocket.Span{From: startOfDay(year, 1, 1, c.zone()), To: startOfDay(year+1, 1, 1, c.zone())},
		name: strconv.Itoa(year),
	}
}

// last returns the last n units up to and with now. A month back from the 31st is the last day of a shorter month.
func (c Calendar) last(count, unit string) (period, error) {
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return period{}, usage("%q: want at least 1", count+unit)
	}
	y, m, d := c.Now.In(c.zone()).Date()
	p := period{name: "the last " + plural(n, map[string]string{"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}[unit])}
	switch unit {
	case "h":
		p.From = c.Now.Add(-time.Duration(n) * time.Hour).In(c.zone())
	case "d":
		p.From = c.day(c.Now, 1-n)
	case "w":
		p.From = c.day(c.Now, 1-7*n)
	case "m", "y":
		if unit == "y" {
			n *= 12
		}
		last := time.Date(y, m-time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC).Day()
		p.From = startOfDay(y, m-time.Month(n), min(d, last)+1, c.zone())
	}
	return p, nil
}

var errAmbiguous = errors.New("ambiguous")

// date reads a single date: year first, or in the order of the layout.
func (c Calendar) date(word string, m []string) (period, error) {
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[3])
	d, _ := strconv.Atoi(m[4])
	year, month, day := a, b, d
	if len(m[1]) != 4 {
		if len(m[4]) != 4 {
			return period{}, usage("%q: write the year with four digits, as in %s", word, c.write(c.Now))
		}
		var err error
		if day, month, err = c.dayMonth(a, b); err != nil {
			iso := func(day, month int) string { return fmt.Sprintf("%04d-%02d-%02d", d, month, day) }
			return period{}, usage("%q may be %s or %s: write it like that, year first, or set \"dates\" in the configuration",
				word, iso(a, b), iso(b, a))
		}
		year = d
	}
	noon := time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC)
	if !yearPattern.MatchString(strconv.Itoa(year)) || noon.Day() != day || int(noon.Month()) != month {
		return period{}, usage("%q is not a day that exists", word)
	}
	from, to := startOfDay(year, time.Month(month), day, c.zone()), startOfDay(year, time.Month(month), day+1, c.zone())
	return period{Span: pocket.Span{From: from, To: to}, exact: true}, nil
}

// dayMonth tells which of the two is the day.
func (c Calendar) dayMonth(a, b int) (day, month int, err error) {
	switch layout := string(c.Layout); {
	case strings.HasPrefix(layout, "DD"):
		return a, b, nil
	case strings.HasPrefix(layout, "MM"):
		return b, a, nil
	case a == b || a > 12:
		return a, b, nil
	case b > 12:
		return b, a, nil
	default:
		return 0, 0, errAmbiguous
	}
}

func (c Calendar) write(t time.Time) string { return t.In(c.zone()).Format(c.Layout.Go()) }

// plural returns "1 day" or "2 days".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
