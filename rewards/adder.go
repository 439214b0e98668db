package rewards

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Aggregate adds up the events that match q and returns the rows, sorted as [Key.Compare] orders them.
//
// What counts: settlements, expiries, discards and slashes. All else is passed over, overservicing too, since a settlement's own
// Overserviced already tells it. An event counts in the period that holds its block's time and only if that lies in q's span. The order of the
// events does not matter; one that comes twice counts twice. A combination that no event falls into has no row, so of no events
// there are no rows. A settlement's fields that [pocket.Settlement.Lacks] names are not added but counted in LackAmounts and
// LackShares; shares paid for no told reason go to Unattributed. With [Query.Prices] each row has its [Worth].
//
// It stops at the first error: of events, an event without a time where q needs one ([pocket.ErrMalformed]), or a sum that does
// not fit ([pocket.ErrOverflow]). There are no rows then.
func Aggregate(q Query, events iter.Seq2[pocket.Event, error]) ([]Row, error) {
	adder, err := NewAdder(q)
	if err != nil {
		return nil, err
	}
	for event, err := range events {
		if err != nil {
			return nil, err
		}
		if err := adder.Add(event); err != nil {
			return nil, err
		}
	}
	return adder.Rows()
}

// An Adder adds up events one by one, as [Aggregate] does. Make one with [NewAdder]. It is not safe for concurrent use: give each
// goroutine its own and merge them.
type Adder struct {
	query   Query
	match   matcher
	wallets set[pocket.Address]
	reasons reasons
	paid    []payment // scratch of split

	by      struct{ supplier, service, owner, application, recipient bool }
	groups  groups
	buckets []*bucket // by start
	current *bucket
	values  valuer
	err     error
}

// NewAdder returns an Adder without any rows, or what [Query.Check] finds wrong with q. It keeps q: do not change its slices and maps.
func NewAdder(q Query) (*Adder, error) {
	if err := q.Check(); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	q.Zone = zoneOr(q.Zone)
	a := &Adder{query: q, match: newMatcher(q.Filter), wallets: newSet(q.Wallets), groups: newGroups(len(q.By)), values: newValuer(q.Prices)}
	a.by.supplier = slices.Contains(q.By, BySupplier)
	a.by.service = slices.Contains(q.By, ByService)
	a.by.owner = slices.Contains(q.By, ByOwner)
	a.by.application = slices.Contains(q.By, ByApplication)
	a.by.recipient = slices.Contains(q.By, ByRecipient)
	return a, nil
}

// Add counts event if the query asks for it. After an error the sums mean nothing, and Add and Rows go on returning the error.
func (a *Adder) Add(event pocket.Event) error {
	if a.err != nil {
		return a.err
	}
	switch e := event.(type) {
	case pocket.Settlement:
		a.err = a.addSettlement(&e)
	case pocket.ClaimExpiry:
		a.err = a.addLoss(event, Sums{Expired: 1, ExpiredClaimed: e.Claimed})
	case pocket.ClaimDiscard:
		a.err = a.addLoss(event, Sums{Discarded: 1})
	case pocket.Slash:
		a.err = a.addLoss(event, Sums{Slashes: 1, Slashed: e.Penalty})
	}
	return a.err
}

// AddRow adds sums made before under the same zone, filter and wallets, such as a day's to a month's or one part of the chain to another. Fields of its
// key that the query does not keep apart are dropped; its Start must lie in the period it is to be added to. The query's span and filter
// are not looked at. A row of one recipient is refused unless the query is by recipient: see [ByRecipient].
//
// Its worth is added to that of the others, also by an adder whose query has no prices: either all rows have one, in the same currency, or none.
func (a *Adder) AddRow(row Row) error {
	if a.err != nil {
		return a.err
	}
	if a.err = a.values.admit(row.Worth, len(a.buckets) == 0); a.err == nil {
		a.err = a.addRow(&row, func(b *bucket, place uint32) error {
			if row.Worth == nil {
				return nil
			}
			return b.tally(place).addWorth(row.Worth)
		})
	}
	return a.err
}

// AddRowAt is [Adder.AddRow] of sums of events that all happened when the query's prices were the same as at t: see [Prices.Steady]. They are
// valued at that price, and row.Worth is not looked at. Without prices it is AddRow of a row without a worth.
func (a *Adder) AddRowAt(row Row, t time.Time) error {
	row.Worth = nil
	if a.query.Prices == nil {
		return a.AddRow(row)
	}
	if a.err == nil {
		a.err = a.addRow(&row, func(b *bucket, place uint32) error { return a.value(b, place, &row.Sums, t) })
	}
	return a.err
}

func (a *Adder) addRow(row *Row, value func(*bucket, uint32) error) error {
	switch {
	case !row.Recipient.IsZero() && !a.by.recipient:
		return errOverlap
	case row.Start.IsZero() && a.query.Period != Whole:
		return fmt.Errorf("row without a start cannot be added by %s: %w", a.query.Period, pocket.ErrInvalid)
	}
	b := a.bucketOf(row.Start)
	place, err := a.add(b, a.groupOf(pocket.Subject{
		Supplier: row.Supplier, Owner: a.ownerOf(row.Supplier, row.Owner), Application: row.Application, Service: row.Service,
	}, row.Recipient), &row.Sums)
	if err != nil {
		return err
	}
	return value(b, place)
}

// Merge adds what other has added up, for the same query over other events. Other stays as it is.
func (a *Adder) Merge(other *Adder) error {
	rows, err := other.Rows()
	if err != nil {
		return errors.Join(a.err, err)
	}
	for i := range rows {
		if err := a.AddRow(rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// Rows returns what was added up so far, sorted as [Key.Compare] orders it. More may be added after.
func (a *Adder) Rows() ([]Row, error) {
	if a.err != nil {
		return nil, a.err
	}
	n := 0
	for _, b := range a.buckets {
		n += len(b.entries)
	}
	rows, ranks := make([]Row, 0, n), a.groups.ranks()
	var order []int
	for _, b := range a.buckets {
		order = order[:0]
		for i := range b.entries {
			order = append(order, i)
		}
		slices.SortFunc(order, func(x, y int) int { return ranks[b.entries[x].group] - ranks[b.entries[y].group] })
		for _, i := range order {
			key := a.groups.keys[b.entries[i].group]
			key.Start = b.from
			row := Row{Key: key, Sums: b.entries[i].sums}
			if a.values.on() {
				row.Worth = b.tally(uint32(i)).worth(a.values.currency)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func (a *Adder) addLoss(event pocket.Event, loss Sums) error {
	if len(a.query.Recipients) > 0 {
		return nil // it paid nobody
	}
	return a.place(event.Where(), pocket.SubjectOf(event), &loss)
}

// place adds sums where an event at that place that concerns who belongs, if the query asks for it.
func (a *Adder) place(at pocket.At, who pocket.Subject, sums *Sums) error {
	who.Owner = a.ownerOf(who.Supplier, who.Owner)
	if !a.match.subject(&who) {
		return nil
	}
	b, err := a.bucketAt(&at)
	if b == nil || err != nil {
		return err
	}
	return a.addAt(b, a.groupOf(who, pocket.Address{}), sums, at.Time)
}

// addAt adds sums of an event of that time.
func (a *Adder) addAt(b *bucket, key Key, sums *Sums, t time.Time) error {
	place, err := a.add(b, key, sums)
	if err == nil && a.values.on() {
		err = a.value(b, place, sums, t)
	}
	return err
}

func (a *Adder) add(b *bucket, key Key, sums *Sums) (place uint32, err error) {
	place = b.place(a.groups.number(&key))
	if !b.entries[place].sums.add(sums) {
		return 0, fmt.Errorf("period from %s: %w", b.from.Format(time.RFC3339), errOverflow)
	}
	return place, nil
}

// value adds what sums are worth at the price of that time.
func (a *Adder) value(b *bucket, place uint32, sums *Sums, t time.Time) error {
	if a.values.prices == nil {
		return errUnvalued
	}
	if !b.tally(place).add(sums, a.values.at(t)) {
		return fmt.Errorf("worth in the period from %s: %w", b.from.Format(time.RFC3339), errOverflow)
	}
	return nil
}

func (a *Adder) ownerOf(supplier, told pocket.Address) pocket.Address {
	if !told.IsZero() || len(a.query.OwnerOf) == 0 {
		return told
	}
	return a.query.OwnerOf[supplier]
}

// groupOf keeps of a subject what the query keeps apart. The key has no Start.
func (a *Adder) groupOf(who pocket.Subject, recipient pocket.Address) (k Key) {
	if a.by.supplier {
		k.Supplier = who.Supplier
	}
	if a.by.service {
		k.Service = who.Service
	}
	if a.by.owner {
		k.Owner = who.Owner
	}
	if a.by.application {
		k.Application = who.Application
	}
	if a.by.recipient {
		k.Recipient = recipient
	}
	return k
}

// bucketAt returns the bucket of an event at that place, nil when that lies outside the query's span.
func (a *Adder) bucketAt(at *pocket.At) (*bucket, error) {
	if at.Time.IsZero() && (a.query.Period != Whole || a.query.Span != pocket.Span{} || a.query.Prices != nil) {
		return nil, fmt.Errorf("event %d of block %d has no time: %w", at.Index, at.Height, pocket.ErrMalformed)
	}
	if !a.query.Contains(at.Time) {
		return nil, nil
	}
	return a.bucketOf(at.Time), nil
}

// bucketOf returns the bucket that holds t. The calendar is asked once for each period, not for each event.
func (a *Adder) bucketOf(t time.Time) *bucket {
	if a.current != nil && a.current.contains(t) {
		return a.current
	}
	i, _ := slices.BinarySearchFunc(a.buckets, t, func(b *bucket, t time.Time) int {
		if b.from.After(t) {
			return 1
		}
		return -1
	}) // the first bucket that begins after t
	if i > 0 && a.buckets[i-1].contains(t) {
		a.current = a.buckets[i-1]
		return a.current
	}
	from, to := a.query.Period.Of(t, a.query.Zone)
	a.current = newBucket(from, to, a.current)
	a.buckets = slices.Insert(a.buckets, i, a.current)
	return a.current
}
