package tax

import (
	"cmp"
	"fmt"
	"iter"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// A Summary is what a file holds, and what it lacks.
type Summary struct {
	Lines  int64 // of the file, its header aside
	Events int64 // that they stand for: more when they are grouped

	Earned, Lost           pocket.Upokt
	EarnedValue, LostValue decimal.Decimal // of those that had a price, exactly
	Currency               string          // of both; "" without prices

	Unpriced                     int64 // events in the file without a price
	EarnedUnpriced, LostUnpriced pocket.Upokt

	Untold  int64 // settlements that did not tell who got what, and are in no line
	LeftOut int64 // events of a kind that the format has no word for, and are in no line
}

// Count yields income and adds up in s what [Write] would make of it, so that one reading serves for both; s must not be used before the end.
func (s *Summary) Count(f Format, income iter.Seq2[Event, error], o Options) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		words := o.words(f)
		for e, err := range income {
			if err == nil {
				err = s.add(&e, words[e.Kind] != "", o.Currency != "")
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Summary) add(e *Event, written, valued bool) (err error) {
	switch {
	case e.Kind == Untold:
		s.Untold += e.Count
		return nil
	case !written:
		s.LeftOut += e.Count
		return nil
	}
	s.Lines++
	s.Events += e.Count
	sum, worth, without := &s.Earned, &s.EarnedValue, &s.EarnedUnpriced
	if e.Loss() {
		sum, worth, without = &s.Lost, &s.LostValue, &s.LostUnpriced
	}
	if *sum, err = sum.Add(e.Amount); err != nil || !valued {
		return err
	}
	if e.Value.Valid {
		s.Currency = e.Currency
		*worth = worth.Add(e.Value.Decimal)
		return nil
	}
	s.Unpriced += e.Count
	*without, err = without.Add(e.Amount)
	return err
}

// plus adds what another summary holds. Both are of the same currency.
func (s *Summary) plus(t *Summary) error {
	s.Lines, s.Events, s.Unpriced = s.Lines+t.Lines, s.Events+t.Events, s.Unpriced+t.Unpriced
	s.Untold, s.LeftOut = s.Untold+t.Untold, s.LeftOut+t.LeftOut
	s.EarnedValue, s.LostValue = s.EarnedValue.Add(t.EarnedValue), s.LostValue.Add(t.LostValue)
	s.Currency = cmp.Or(s.Currency, t.Currency)
	for sum, more := range map[*pocket.Upokt]pocket.Upokt{&s.Earned: t.Earned, &s.Lost: t.Lost, &s.EarnedUnpriced: t.EarnedUnpriced, &s.LostUnpriced: t.LostUnpriced} {
		var err error
		if *sum, err = sum.Add(more); err != nil {
			return err
		}
	}
	return nil
}

// Text tells a person what the file holds, and in a sentence each what it lacks.
func (s Summary) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s earned", lines(s.Lines, "line"), report.Amount(s.Earned))
	s.worth(&b, s.EarnedValue)
	if s.Lost != 0 {
		fmt.Fprintf(&b, ", %s lost", report.Amount(s.Lost))
		s.worth(&b, s.LostValue)
	}
	b.WriteByte('.')
	if s.Unpriced > 0 {
		fmt.Fprintf(&b, " %s", s.unpriced())
	}
	if s.Untold > 0 {
		fmt.Fprintf(&b, " %s did not tell who got what (protocol before v0.1.33): not in the file.", lines(s.Untold, "settlement"))
	}
	if s.LeftOut > 0 {
		fmt.Fprintf(&b, " %s left out: the format has no type for such.", lines(s.LeftOut, "event"))
	}
	return b.String()
}

// unpriced says what had no price.
func (s Summary) unpriced() string {
	parts := make([]string, 0, 2)
	if s.EarnedUnpriced > 0 {
		parts = append(parts, report.Amount(s.EarnedUnpriced)+" earned")
	}
	if s.LostUnpriced > 0 {
		parts = append(parts, report.Amount(s.LostUnpriced)+" lost")
	}
	return fmt.Sprintf("%s without a price (%s): in no value.", lines(s.Unpriced, "event"), strings.Join(parts, ", "))
}

func (s Summary) worth(b *strings.Builder, d decimal.Decimal) {
	if s.Currency != "" {
		fmt.Fprintf(b, ", worth %s", report.Money(d, s.Currency))
	}
}

// lines says n of a thing: "1 line", "2 lines".
func lines(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return report.Count(n) + " " + noun + "s"
}
