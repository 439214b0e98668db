package rewards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/poktbot/poktbot/internal/same"
	"github.com/poktbot/poktbot/pocket"
)

// A VerifyQuery says what two sources are compared about.
type VerifyQuery struct {
	pocket.Span
	Addresses []pocket.Address // suppliers, owners and recipients, in whichever role; empty is everybody
	Kinds     []pocket.Kind    // of events; empty are those that enter into sums: settlements, expiries, discards and slashes
	Wallets   []pocket.Address // whose shares are [Sums.Mine]
	Zone      *time.Location   // whose days are added up; nil is UTC
}

// A DifferenceKind tells in what way two sources differ.
type DifferenceKind string

// The ways in which sources differ.
const (
	OnlyFirst  DifferenceKind = "only in the first"
	OnlySecond DifferenceKind = "only in the second"
	Differs    DifferenceKind = "told differently"
	SumsDiffer DifferenceKind = "sums differ"
	// CannotTell is no difference: one of both sources, or the protocol's version, does not tell what would have to be compared.
	CannotTell DifferenceKind = "cannot tell"
)

// A Difference is something in which two sources differ, or of which nobody can tell whether they do.
type Difference struct {
	Kind DifferenceKind

	// An event: nil on the side that does not tell it. Both are nil when it is about sums or a time.
	First, Second pocket.Event

	// Of sums the day and the supplier; of what cannot be told for a whole time, that time.
	pocket.Span
	Supplier              pocket.Address
	FirstSums, SecondSums Sums

	Fields []string // what differs: "claimed", "shares", "gross"
	Untold []string // what one of both does not tell: "amounts", "shares"
	Note   string   // more about what cannot be told
}

// Delta returns the first's sums less the second's, of those that [Difference.Fields] names; the others are 0.
func (d Difference) Delta() Sums {
	var delta Sums
	for _, f := range sumFields {
		if slices.Contains(d.Fields, f.name) {
			*f.of(&delta) = *f.of(&d.FirstSums) - *f.of(&d.SecondSums)
		}
	}
	return delta
}

// Verify compares what two sources of one chain tell and yields the differences, by block, and after the blocks of each day the differences of
// that day's sums, by supplier. Sources that agree yield nothing. It reads both once, as streams, and holds one block and the sums of
// one day in memory. An error is yielded last.
//
// Events are known by what they say, not by their numbers: see [pocket.At]. What an old version of the protocol did not tell, or one of the
// sources does not know, is [CannotTell] and never a difference: amounts and shares that a settlement lacks, counts of 0, kinds of events that
// a source refuses as [pocket.ErrNotIndexed], and the time after the last block of a source that has a method Tip, as feeds have.
func Verify(ctx context.Context, first, second Source, q VerifyQuery) iter.Seq2[Difference, error] {
	return func(yield func(Difference, error) bool) {
		v := &verifier{ctx: ctx, query: q, yield: yield, zone: zoneOr(q.Zone)}
		if err := v.run(first, second); err != nil && !errors.Is(err, errStopped) {
			yield(Difference{}, fmt.Errorf("verify: %w", err))
		}
	}
}

// errStopped: whoever reads wants no more.
var errStopped = errors.New("stopped")

// A verifier is a comparison that is going on.
type verifier struct {
	ctx   context.Context
	query VerifyQuery
	zone  *time.Location
	yield func(Difference, error) bool

	day  pocket.Span
	sums [2]*Adder
}

func (v *verifier) tell(d Difference) error {
	if !v.yield(d, nil) {
		return errStopped
	}
	return nil
}

func (v *verifier) run(first, second Source) error {
	if err := v.query.Check(); err != nil {
		return err
	}
	if len(v.query.Kinds) == 0 {
		v.query.Kinds = counted
	}
	names := [2]string{"first", "second"}
	for i, source := range []Source{first, second} {
		if err := v.reach(names[i], source); err != nil {
			return err
		}
	}
	if !v.query.From.IsZero() && !v.query.To.IsZero() && !v.query.From.Before(v.query.To) {
		return nil
	}
	for i, source := range []Source{first, second} {
		if err := v.kinds(names[i], source); err != nil {
			return err
		}
	}
	if len(v.query.Kinds) == 0 {
		return nil
	}
	a, b := v.blocks(first), v.blocks(second)
	defer a.stop()
	defer b.stop()
	for {
		height, err := nextHeight(a, b)
		if err != nil {
			return err
		}
		if height == 0 {
			return v.closeDay()
		}
		mine, err := a.take(height)
		if err != nil {
			return err
		}
		other, err := b.take(height)
		if err != nil {
			return err
		}
		if err := v.block(mine, other); err != nil {
			return err
		}
	}
}

// reach ends the span with the last block of a source that says which that is.
func (v *verifier) reach(which string, source Source) error {
	tipped, ok := source.(interface {
		Tip(context.Context) (pocket.Block, error)
	})
	if !ok {
		return nil
	}
	tip, err := tipped.Tip(v.ctx)
	if err != nil {
		return fmt.Errorf("the %s source's newest block: %w", which, err)
	}
	end := tip.Time.Add(time.Millisecond) // sources may round times down
	if !v.query.To.IsZero() && !v.query.To.After(end) {
		return nil
	}
	untold := pocket.Span{From: end, To: v.query.To}
	v.query.To = end
	return v.tell(Difference{
		Kind: CannotTell, Span: untold, Note: fmt.Sprintf("the %s source knows blocks up to %d only", which, tip.Height),
	})
}

// kinds leaves out the kinds of events that a source does not know.
func (v *verifier) kinds(which string, source Source) error {
	asked := func(kinds ...pocket.Kind) error {
		for _, err := range source.Events(v.ctx, pocket.EventQuery{Span: v.query.Span, Filter: v.roles()[0], Kinds: kinds, Limit: 1}) {
			return err
		}
		return nil
	}
	if err := asked(v.query.Kinds...); !errors.Is(err, pocket.ErrNotIndexed) {
		return err
	}
	var known []pocket.Kind
	for _, k := range v.query.Kinds {
		err := asked(k)
		switch {
		case err == nil:
			known = append(known, k)
		case !errors.Is(err, pocket.ErrNotIndexed):
			return err
		default:
			if err := v.tell(Difference{
				Kind: CannotTell, Span: v.query.Span, Untold: []string{string(k)}, Note: fmt.Sprintf("the %s source does not tell of such events", which),
			}); err != nil {
				return err
			}
		}
	}
	v.query.Kinds = known
	return nil
}

// roles are the filters that together find the query's addresses.
func (v *verifier) roles() []pocket.Filter {
	a := v.query.Addresses
	if len(a) == 0 {
		return []pocket.Filter{{}}
	}
	return []pocket.Filter{{Suppliers: a}, {Owners: a}, {Recipients: a}}
}

// block compares what both tell of a block.
func (v *verifier) block(first, second []pocket.Event) error {
	if err := v.openDay(first, second); err != nil {
		return err
	}
	for i, events := range [][]pocket.Event{first, second} {
		for _, e := range events {
			if err := v.sums[i].Add(e); err != nil {
				return err
			}
		}
	}
	kinds := map[pocket.Kind][2][]pocket.Event{}
	for i, events := range [][]pocket.Event{first, second} {
		for _, e := range events {
			both := kinds[e.Kind()]
			both[i] = append(both[i], e)
			kinds[e.Kind()] = both
		}
	}
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		if err := v.compare(k, kinds[k][0], kinds[k][1]); err != nil {
			return err
		}
	}
	return nil
}

// compare compares a block's events of one kind.
func (v *verifier) compare(k pocket.Kind, first, second []pocket.Event) error {
	found := make([]bool, len(first))
	for i, place := range same.Recognize(k, occurrences(first), occurrences(second), false) {
		d := Difference{Kind: OnlySecond, Second: second[i]}
		if place >= 0 && !found[place] {
			found[place] = true
			d = Difference{Kind: Differs, First: first[place], Second: second[i]}
			c := same.Compare(d.First, d.Second)
			d.Fields, d.Untold = c.Differ, c.Untold
			if d.First.Where().Time.Sub(d.Second.Where().Time).Abs() >= time.Second {
				d.Fields = append(d.Fields, "time")
			}
			if len(d.Fields) == 0 {
				continue // what is untold is told once for the day
			}
		}
		if err := v.tell(d); err != nil {
			return err
		}
	}
	for i, e := range first {
		if !found[i] {
			if err := v.tell(Difference{Kind: OnlyFirst, First: e}); err != nil {
				return err
			}
		}
	}
	return nil
}

func occurrences(events []pocket.Event) []same.Occurrence {
	list := make([]same.Occurrence, len(events))
	for i, e := range events {
		list[i] = same.Occurrence{Traits: same.TraitsOf(e), Index: int64(e.Where().Index)}
	}
	return list
}
