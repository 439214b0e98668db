package report

import (
	"cmp"
	"iter"
	"strings"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Differences is the table of the differences between two sources, as [rewards.Verify] finds them, in their order: what differs, when, of
// which node and event, and what each of both says. First and second are the names of the sources. Days are those of the zone that the sums
// were compared in.
//
// The last two columns are by how much the first source's sum of a day is higher. They are empty for single events, which are in the sums of
// their day, and where nobody can tell, so that they may be added up.
func Differences(differences iter.Seq2[rewards.Difference, error], first, second string) Table {
	first, second = cmp.Or(Line(first, 40), "the first source"), cmp.Or(Line(second, 40), "the second source")
	return Table{
		Title: "Differences between " + first + " and " + second,
		Columns: []Column{
			{Name: "What", Kind: KindText},
			{Name: "Time", Kind: KindTime},
			{Name: "Day", Kind: KindDate},
			{Name: "Node", Kind: KindAddress},
			{Name: "Event", Kind: KindText},
			{Name: "Service", Kind: KindText},
			{Name: "Application", Kind: KindAddress},
			{Name: "Block", Kind: KindHeight},
			{Name: upper(first), Kind: KindText},
			{Name: upper(second), Kind: KindText},
			{Name: "Claimed more POKT", Kind: KindPOKT, Sum: true},
			{Name: "Node side more POKT", Kind: KindPOKT, Sum: true},
		},
		TotalLabel: "Total",
		Notes: []string{
			"More is by how much " + first + " has more than " + second + " on a day; single events are in the sums of their day.",
			"What cannot be told is no difference: one of both, or the protocol's version of that time, does not say it.",
		},
		Rows: func(yield func([]Cell, error) bool) {
			for d, err := range differences {
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(differenceRow(d, first, second), nil) {
					return
				}
			}
		},
	}
}

func differenceRow(d rewards.Difference, first, second string) []Cell {
	if d.First == nil && d.Second == nil {
		return sumsRow(d, first, second)
	}
	e := d.First
	if e == nil {
		e = d.Second
	}
	who := pocket.SubjectOf(e)
	a, b := eventsSay(d)
	return []Cell{
		String(what(d, first, second)), Time(e.Where().Time), {}, Address(who.Supplier), String(strings.ReplaceAll(string(e.Kind()), "_", " ")),
		String(string(who.Service)), Address(who.Application), Height(e.Where().Height), String(a), String(b), {}, {},
	}
}

// eventsSay returns what each source says of an event: all of the fields that differ, or its amount when only one has it.
func eventsSay(d rewards.Difference) (first, second string) {
	if d.Kind == rewards.Differs {
		return fieldsSay(d)
	}
	first, second = d.Values("amount")
	return cmp.Or(first, "nothing"), cmp.Or(second, "nothing")
}

func fieldsSay(d rewards.Difference) (first, second string) {
	var a, b []string
	for _, field := range d.Fields {
		x, y := d.Values(field)
		a, b = append(a, field+" "+x), append(b, field+" "+y)
	}
	return strings.Join(a, ", "), strings.Join(b, ", ")
}

func sumsRow(d rewards.Difference, first, second string) []Cell {
	row := []Cell{String(what(d, first, second)), {}, {}, Address(d.Supplier), {}, {}, {}, {}, {}, {}, {}, {}}
	if d.Kind == rewards.CannotTell && d.Note != "" { // of a whole time
		row[1] = Time(d.From)
		row[4] = String(strings.ReplaceAll(strings.Join(d.Untold, ", "), "_", " "))
		return row
	}
	row[2], row[4] = Date(d.From), String("sums of the day")
	if d.Kind != rewards.SumsDiffer {
		return row
	}
	a, b := fieldsSay(d)
	row[8], row[9] = String(a), String(b)
	delta := d.Delta()
	if delta.Claimed != 0 {
		row[10] = POKT(delta.Claimed)
	}
	if delta.Gross != 0 {
		row[11] = POKT(delta.Gross)
	}
	return row
}

// what says a difference's kind with the sources' names, and what cannot be told.
func what(d rewards.Difference, first, second string) string {
	var text string
	switch d.Kind {
	case rewards.OnlyFirst:
		text = "only in " + first
	case rewards.OnlySecond:
		text = "only in " + second
	case rewards.CannotTell:
		if d.Note != "" {
			return "cannot tell: " + strings.NewReplacer("the first source", first, "the second source", second).Replace(d.Note)
		}
		return "cannot tell: " + strings.Join(d.Untold, ", ")
	default:
		text = string(d.Kind)
	}
	if len(d.Untold) > 0 {
		text += " (cannot tell: " + strings.Join(d.Untold, ", ") + ")"
	}
	return text
}
