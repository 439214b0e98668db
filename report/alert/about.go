package alert

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
)

// About is what a template may use. Everything is text for people, made safe where a stranger chose it; what is not known is "".
type About struct {
	event monitor.Event
	texts *Texts
}

func (t *Texts) about(e monitor.Event) About { return About{e, t} }

// Name returns what is wrong, as programs call it.
func (a About) Name() string { return string(a.event.Alert.Name) }

// Subject returns whom the alert concerns: the user's own word for it, or a shortened address.
func (a About) Subject() string { return a.texts.subject(a.event.Alert.Subject) }

// Part returns which part of the subject it concerns, such as a service.
func (a About) Part() string { return report.Line(a.event.Alert.Part, 80) }

// Severity returns how bad it is, in a word.
func (a About) Severity() string { return a.event.Alert.Severity.String() }

// Count returns how many times it happened.
func (a About) Count() string { return report.Count(a.event.Alert.Count) }

// Since returns when it began.
func (a About) Since() string { return a.texts.moment(a.event.Alert.Since) }

// For returns how long it has lasted.
func (a About) For() string { return report.Duration(a.event.Alert.Duration(a.event.At)) }

// By returns who acknowledged or muted it.
func (a About) By() string { return report.Line(a.event.By, 80) }

// Note returns what he said to it.
func (a About) Note() string { return report.Line(a.event.Note, 200) }

// Label returns a label of the alert.
func (a About) Label(name string) string {
	return report.Line(a.event.Alert.Labels[name], 80)
}

// Fact returns what a check found out under that name, shown as its unit wants it.
func (a About) Fact(name string) string {
	fact, ok := a.event.Alert.Facts.Get(name)
	if !ok {
		return ""
	}
	return a.texts.valued(fact, a.event.At)
}

// Has reports whether a fact is known.
func (a About) Has(name string) bool {
	_, ok := a.event.Alert.Facts.Get(name)
	return ok
}

// Is reports whether a fact has that value, as programs write it: Is "forced" "true".
func (a About) Is(name, value string) bool {
	fact, ok := a.event.Alert.Facts.Get(name)
	return ok && fact.Value == value
}

// Less reports whether a fact is a number below a limit: Less "proofs_left" "0".
func (a About) Less(name, limit string) bool {
	fact, ok := a.event.Alert.Facts.Get(name)
	if !ok {
		return false
	}
	value, err := number(fact.Value)
	if err != nil {
		return false
	}
	bound, err := number(limit)
	return err == nil && value.LessThan(bound)
}

// valuedFacts are the amounts beside which it stands what they were worth: those that change hands or are lost. What a stake or a balance
// is worth is no news.
var valuedFacts = map[string]bool{"amount": true, "claimed": true, "income": true, "lost": true, "penalty": true, "reward": true}

// valued returns a fact for people, and beside an amount that is lost or paid what that was worth at a moment.
func (t *Texts) valued(f monitor.Fact, at time.Time) string {
	text := t.show(f)
	if f.Unit != monitor.UnitUpokt || !valuedFacts[f.Name] || t.options.Worth == nil || at.IsZero() {
		return text
	}
	n, err := number(f.Value)
	if err != nil || !n.IsInteger() || !n.BigInt().IsInt64() || n.IsZero() {
		return text
	}
	if worth := report.Line(t.options.Worth(pocket.Upokt(n.IntPart()), at), 60); worth != "" {
		text += " (" + worth + ")"
	}
	return text
}

// show returns a fact for people. A value that does not fit its unit is shown as it is.
func (t *Texts) show(f monitor.Fact) string {
	switch f.Unit {
	case monitor.UnitCount, monitor.UnitUpokt:
		n, err := number(f.Value)
		if err != nil || !n.IsInteger() || !n.BigInt().IsInt64() {
			break
		}
		if f.Unit == monitor.UnitUpokt {
			return report.Amount(pocket.Upokt(n.IntPart()))
		}
		return report.Count(n.IntPart())
	case monitor.UnitPart:
		if d, err := number(f.Value); err == nil {
			return report.Share(d)
		}
	case monitor.UnitDecimal:
		if d, err := number(f.Value); err == nil {
			if d.Abs().LessThan(decimal.NewFromInt(10)) {
				return d.Round(1).String()
			}
			return d.Round(0).String()
		}
	case monitor.UnitSpan:
		if d, err := time.ParseDuration(f.Value); err == nil {
			return report.Duration(d)
		}
	case monitor.UnitTime:
		if at, err := time.Parse(time.RFC3339Nano, f.Value); err == nil {
			return t.moment(at)
		}
	case monitor.UnitAddress:
		return t.subject(f.Value)
	}
	return report.Line(f.Value, 200)
}

// number reads a decimal number of a size that a page can hold: a few characters can stand for millions of digits.
func number(s string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(s)
	if err == nil && (len(s) > 64 || d.Exponent() > 64 || d.Exponent() < -64) {
		err = pocket.ErrInvalid
	}
	return d, err
}

// subject returns the user's own word for s, an address shortened, or s itself.
func (t *Texts) subject(s string) string {
	if name := t.options.Names[s]; name != "" {
		return report.Line(name, 80)
	}
	if a, err := pocket.ParseAddress(s); err == nil {
		return a.Short()
	}
	return report.Line(s, 120)
}

func (t *Texts) moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(t.options.Zone).Format(t.options.TimeLayout)
}
