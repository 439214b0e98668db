package index

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// Events yields the stored events that match q, in the order of the chain. It reads page by page and holds nothing in between, so it takes
// constant memory and writers need not wait; what is stored behind the reader's back may or may not be seen. An error is
// yielded last, with a nil event: [pocket.ErrPruned] when q's span begins before what [Index.Prune] has left.
func (x *Index) Events(ctx context.Context, q pocket.EventQuery) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		if err := x.yieldEvents(ctx, q, func(e pocket.Event) bool { return yield(e, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

// Settlements yields the stored settlements that match q, whatever its Kinds. See [Index.Events]. An error is yielded last, with a zero
// Settlement.
func (x *Index) Settlements(ctx context.Context, q pocket.SettlementQuery) iter.Seq2[pocket.Settlement, error] {
	return func(yield func(pocket.Settlement, error) bool) {
		q.Kinds = []pocket.Kind{pocket.KindSettlement}
		err := x.yieldEvents(ctx, q, func(e pocket.Event) bool { return yield(e.(pocket.Settlement), nil) })
		if err != nil {
			yield(pocket.Settlement{}, err)
		}
	}
}

func (x *Index) yieldEvents(ctx context.Context, q pocket.EventQuery, yield func(pocket.Event) bool) error {
	if err := q.Check(); err != nil {
		return err
	}
	reach, err := x.rowsReach(ctx, q.Span)
	if err != nil || reach.empty() {
		return err
	}
	return x.yieldReach(ctx, q, reach, yield)
}

// yieldReach yields the events of q that lie in a reach.
func (x *Index) yieldReach(ctx context.Context, q pocket.EventQuery, reach reach, yield func(pocket.Event) bool) error {
	streams, err := x.eventStreams(ctx, q)
	if err != nil {
		return err
	}
	for _, s := range streams {
		s.reach, s.newest, s.page = reach, q.Newest, firstPage
	}
	left := q.Limit
	manyRecipients := len(q.Recipients) > fewStreams
	for i, err := range merge(ctx, x.db.Read, streams, q.Newest) {
		if err != nil {
			return x.fault("events", err)
		}
		// A block may have been stored since its height was looked up, so that the range of heights reaches further than the span.
		if !q.Contains(i.value.Where().Time) || manyRecipients && !q.MatchRecipient(i.value) {
			continue
		}
		if !yield(i.value) {
			return nil
		}
		if left--; left == 0 {
			return nil
		}
	}
	return nil
}

// fewStreams is up to how many suppliers or recipients are read by the index of each. Of more it is cheaper to read everybody's rows and
// to leave out the others'.
const fewStreams = 16

// eventStreams returns the streams that together hold what q asks for.
func (x *Index) eventStreams(ctx context.Context, q pocket.EventQuery) ([]*stream[pocket.Event], error) {
	f, err := x.filter(ctx, q.Filter)
	if err != nil {
		return nil, err
	}
	wants := func(k pocket.Kind) bool { return len(q.Kinds) == 0 || slices.Contains(q.Kinds, k) }
	words := x.lexicon(ctx)
	var streams []*stream[pocket.Event]
	if wants(pocket.KindSettlement) {
		streams = x.settlementStreams(f, words)
	}
	if len(q.Recipients) > 0 {
		return streams, nil // nobody else pays
	}
	if wants(pocket.KindTransaction) && q.MatchSubject(pocket.Subject{}) {
		streams = append(streams, transactionStream("transactions t", words))
	}
	others, err := x.otherStreams(ctx, q.Kinds, f, words)
	return append(streams, others...), err
}

// A filter is a pocket.Filter in numbers. An empty field lets all through.
type filter struct {
	suppliers, owners, applications, recipients, services []int64
}

func (x *Index) filter(ctx context.Context, f pocket.Filter) (n filter, err error) {
	for _, field := range []struct {
		to   *[]int64
		from []pocket.Address
	}{{&n.suppliers, f.Suppliers}, {&n.owners, f.Owners}, {&n.applications, f.Applications}, {&n.recipients, f.Recipients}} {
		if *field.to, err = x.lookupAddresses(ctx, field.from); err != nil {
			return n, err
		}
		*field.to = unique(*field.to)
	}
	n.services, err = x.lookupServices(ctx, f.Services)
	n.services = unique(n.services)
	return n, err
}

func unique(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// conditions are those that no index serves. The plus sign keeps databases from thinking that one could.
func (f filter) conditions(prefix string, suppliers bool) []string {
	var where []string
	add := func(column string, ids []int64) {
		if len(ids) > 0 {
			where = append(where, "+"+prefix+column+" IN ("+listOf(ids)+")")
		}
	}
	if suppliers {
		add("supplier", f.suppliers)
	}
	add("owner", f.owners)
	add("application", f.applications)
	add("service", f.services)
	return where
}

func few(ids []int64) bool { return len(ids) > 0 && len(ids) <= fewStreams }

// settlementStreams reads by recipient, by supplier or everything, whichever has the fewest rows.
func (x *Index) settlementStreams(f filter, words *lexicon) []*stream[pocket.Event] {
	settlements := func(from, prefix string, where []string) *stream[pocket.Event] {
		rows := newSettlementScanner(words)
		return &stream[pocket.Event]{
			columns: qualified(prefix, settlementColumns), from: from, where: where, key: []string{prefix + "height", prefix + "idx"},
			scan: func(s scanner) (item[pocket.Event], error) {
				settlement, err := rows.scan(s)
				return item[pocket.Event]{height: rows.height, idx: rows.idx, value: settlement}, err
			},
		}
	}
	var streams []*stream[pocket.Event]
	switch {
	case few(f.suppliers):
		for _, id := range f.suppliers {
			where := append(f.conditions("s.", false), fmt.Sprintf("s.supplier = %d", id), paidCondition(f.recipients))
			streams = append(streams, settlements("settlements s", "s.", where))
		}
	case few(f.recipients):
		for _, id := range f.recipients {
			s := settlements("paid p JOIN settlements s ON s.height = p.height AND s.idx = p.idx", "s.",
				append(f.conditions("s.", true), fmt.Sprintf("p.recipient = %d", id)))
			s.key = []string{"p.height", "p.idx"}
			streams = append(streams, s)
		}
	default:
		streams = append(streams, settlements("settlements s", "s.", f.conditions("s.", true)))
	}
	return streams
}

// paidCondition keeps the settlements that paid one of recipients. Of very many the reader is asked instead.
func paidCondition(recipients []int64) string {
	if !few(recipients) {
		return "1 = 1"
	}
	return "EXISTS (SELECT 1 FROM paid p WHERE p.recipient IN (" + listOf(recipients) + ") AND p.height = s.height AND p.idx = s.idx)"
}

func qualified(prefix, columns string) string {
	return prefix + strings.ReplaceAll(columns, ", ", ", "+prefix)
}

// transactionStream reads transactions; from names them t and may join and choose.
func transactionStream(from string, words *lexicon) *stream[pocket.Event] {
	return &stream[pocket.Event]{
		columns: "t.height, t.idx, t.time, t.payload", from: from, key: []string{"t.height", "t.idx"},
		scan: func(s scanner) (item[pocket.Event], error) {
			var height, idx, when int64
			var payload []byte
			if err := s.Scan(&height, &idx, &when, &payload); err != nil {
				return item[pocket.Event]{}, err
			}
			event, err := unpackPayload(pocket.KindTransaction, payload, height, when, idx)
			return item[pocket.Event]{height: height, idx: idx, value: event}, err
		},
	}
}

// otherStreams reads the events that are neither settlements nor transactions: by supplier, by kind, or everything.
func (x *Index) otherStreams(ctx context.Context, kinds []pocket.Kind, f filter, words *lexicon) ([]*stream[pocket.Event], error) {
	var wanted []int64
	for _, k := range kinds {
		if k == pocket.KindSettlement || k == pocket.KindTransaction {
			continue
		}
		ids, err := x.lookup(ctx, string(k))
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, ids...)
	}
	if wanted = unique(wanted); len(kinds) > 0 && len(wanted) == 0 {
		return nil, nil
	}
	events := func(where []string) *stream[pocket.Event] {
		return &stream[pocket.Event]{
			columns: "height, idx, kind, time, payload", from: "events", where: where, key: []string{"height", "idx", "kind"},
			scan: func(s scanner) (item[pocket.Event], error) {
				var height, idx, kind, when int64
				var payload []byte
				if err := s.Scan(&height, &idx, &kind, &when, &payload); err != nil {
					return item[pocket.Event]{}, err
				}
				event, err := unpackPayload(pocket.Kind(words.text(kind)), payload, height, when, idx)
				return item[pocket.Event]{height: height, idx: idx, tie: kind, value: event}, err
			},
		}
	}
	var streams []*stream[pocket.Event]
	switch {
	case few(f.suppliers):
		for _, id := range f.suppliers {
			where := append(f.conditions("", false), fmt.Sprintf("supplier = %d", id))
			if len(wanted) > 0 {
				where = append(where, "+kind IN ("+listOf(wanted)+")")
			}
			streams = append(streams, events(where))
		}
	case len(wanted) > 0:
		for _, id := range wanted {
			streams = append(streams, events(append(f.conditions("", true), fmt.Sprintf("kind = %d", id))))
		}
	default:
		streams = append(streams, events(f.conditions("", true)))
	}
	return streams, nil
}
