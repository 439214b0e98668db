package rewards

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A Joint is one source made of several: see [Join].
type Joint struct {
	aliasing
	sources []Source
}

var _ Source = (*Joint)(nil)

// Join makes one source of several that tell of different things, such as Shannon and Morse. What two of them tell is there twice: they must not
// overlap. Of a chain that has ended give [Ended].
//
// Aliases name the address that another became ([Aliases]): an answer holds the new one only, and a question about either finds what is told
// of both, so that a migrated node is one. A question is put to every source, each of which must be able to answer.
func Join(aliases map[pocket.Address]pocket.Address, sources ...Source) *Joint {
	return &Joint{newAliasing(aliases), slices.Clone(sources)}
}

// Events yields the events of all sources by time; those of one moment in the order of the sources. Heights are those of each one's own chain.
func (j *Joint) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		if err := q.Check(); err != nil {
			yield(nil, err)
			return
		}
		found := 0
		for event, err := range j.merge(ctx, q) {
			if err != nil {
				yield(nil, err)
				return
			}
			if found++; !yield(j.readdress(event), nil) || found == q.Limit {
				return
			}
		}
	}
}

// merge yields the events of all sources by time, as they tell them.
func (j *Joint) merge(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		q.Filter = j.filter(q.Filter)
		heads := make([]*head, 0, len(j.sources))
		defer func() {
			for _, h := range heads {
				h.stop()
			}
		}()
		for _, source := range j.sources {
			heads = append(heads, newHead(source.Events(ctx, q)))
		}
		for {
			var next *head
			for _, h := range heads {
				if h.err != nil {
					yield(nil, h.err)
					return
				}
				if h.event == nil {
					continue
				}
				if next == nil || q.Newest && h.at().After(next.at()) || !q.Newest && h.at().Before(next.at()) {
					next = h
				}
			}
			if next == nil || !yield(next.event, nil) {
				return
			}
			next.pull()
		}
	}
}

// A head is a sequence and its next event, nil at the end.
type head struct {
	next  func() (pocket.Event, error, bool)
	stop  func()
	event pocket.Event
	err   error
}

func newHead(events iter.Seq2[pocket.Event, error]) *head {
	h := &head{}
	h.next, h.stop = iter.Pull2(events)
	h.pull()
	return h
}

func (h *head) pull() { h.event, h.err, _ = h.next() }

func (h *head) at() time.Time { return h.event.Where().Time }

// Sums adds up what all sources answer. It is exact, also where several addresses became one.
func (j *Joint) Sums(ctx context.Context, q Query) ([]Row, error) {
	adder, err := NewAdder(q)
	if err != nil {
		return nil, err
	}
	asked := j.query(q)
	for _, source := range j.sources {
		rows, err := j.sumsOf(ctx, source, asked)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if err := adder.AddRow(row); err != nil {
				return nil, err
			}
		}
	}
	return adder.Rows()
}

// sumsOf returns the sums of one source, under the addresses that its own became. Of rows by recipient those of two that became one overlap
// and cannot be added up: then the events are.
func (j *Joint) sumsOf(ctx context.Context, source Source, q Query) ([]Row, error) {
	rows, err := source.Sums(ctx, q)
	if err != nil {
		return nil, err
	}
	met := map[Key]bool{}
	for i := range rows {
		rows[i].Key = j.key(rows[i].Key)
		if met[rows[i].Key] && slices.Contains(q.By, ByRecipient) {
			return j.aggregate(ctx, source, q)
		}
		met[rows[i].Key] = true
	}
	return rows, nil
}

// aggregate adds up the events of one source, under the addresses that its own became.
func (j *Joint) aggregate(ctx context.Context, source Source, q Query) ([]Row, error) {
	adder, err := NewAdder(q) // its filter holds both addresses of everybody
	if err != nil {
		return nil, err
	}
	for event, err := range source.Events(ctx, pocket.EventQuery{Span: q.Span, Kinds: counted}) {
		if err != nil {
			return nil, fmt.Errorf("events of several addresses that became one: %w", err)
		}
		if err := adder.Add(j.readdress(event)); err != nil {
			return nil, err
		}
	}
	return adder.Rows()
}

// counted are the kinds of events that enter into sums.
var counted = []pocket.Kind{pocket.KindSettlement, pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindSlash}

// Stays returns the stays that all sources know. Those of one node that touch are one.
func (j *Joint) Stays(ctx context.Context, suppliers []pocket.Address) ([]Stay, error) {
	var all []Stay
	for _, source := range j.sources {
		stays, err := source.Stays(ctx, j.all(suppliers))
		if err != nil {
			return nil, err
		}
		for _, s := range stays {
			s.Supplier = j.of(s.Supplier)
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Stay) int { return cmp.Or(a.Supplier.Compare(b.Supplier), a.From.Compare(b.From)) })
	var joined []Stay
	for _, s := range all {
		if n := len(joined); n > 0 && joined[n-1].Supplier == s.Supplier && (joined[n-1].To.IsZero() || !s.From.After(joined[n-1].To)) {
			last := &joined[n-1]
			if !last.To.IsZero() && (s.To.IsZero() || s.To.After(last.To)) {
				last.To = s.To
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined, nil
}

// Ended returns a source of a chain that came to an end, as Morse did in 2025: stays that no event has ended are over then.
func Ended(source Source, at time.Time) Source { return ended{source, at} }

type ended struct {
	Source
	at time.Time
}

func (e ended) Stays(ctx context.Context, suppliers []pocket.Address) ([]Stay, error) {
	stays, err := e.Source.Stays(ctx, suppliers)
	if err != nil {
		return nil, err
	}
	over := make([]Stay, 0, len(stays))
	for _, s := range stays {
		if s.To.IsZero() || s.To.After(e.at) {
			s.To = e.at
		}
		if s.From.Before(s.To) {
			over = append(over, s)
		}
	}
	return over, nil
}
