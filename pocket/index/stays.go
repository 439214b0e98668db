package index

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Stays returns when suppliers were staked, by supplier and time; of all that the index knows when none are named.
//
// A stay begins when the supplier staked: with that event, or with the first service that its history tells of, or else when the index
// first saw it, be it by a settlement. It ends with the session in which the supplier, or its owner, asked to leave, up to which it
// serves; to cancel that before resumes the stay, and after begins another. Being slashed below the minimum ends nothing: such a
// supplier goes on earning. A supplier that is gone without a word ends its stay when that was seen. Where a block is not stored its
// time is reckoned: see [Index.TimeOf].
func (x *Index) Stays(ctx context.Context, suppliers []pocket.Address) ([]rewards.Stay, error) {
	ids, err := x.lookupAddresses(ctx, suppliers)
	if err != nil {
		return nil, err
	}
	var only []int64
	if len(suppliers) > 0 {
		only = unique(ids)
	}
	firsts, err := x.firstSeen(ctx, only)
	if err != nil {
		return nil, err
	}
	lives := map[pocket.Address][]SupplierChange{}
	for c, err := range x.history(ctx, only) {
		if err != nil {
			return nil, err
		}
		lives[c.Supplier] = append(lives[c.Supplier], c)
		if _, ok := firsts[c.Supplier]; !ok {
			firsts[c.Supplier] = c.At
		}
	}
	clock := heightClock{ctx: ctx, x: x, known: map[pocket.Height]time.Time{}}
	var stays []rewards.Stay
	for _, supplier := range sortedAddresses(firsts) {
		list, err := clock.staysOf(firsts[supplier], lives[supplier])
		if err != nil {
			return nil, fmt.Errorf("stays of %s: %w", supplier, err)
		}
		for i := range list {
			list[i].Supplier = supplier
		}
		stays = append(stays, list...)
	}
	return stays, nil
}

// heightClock tells when heights were, asking for each once.
type heightClock struct {
	ctx   context.Context
	x     *Index
	known map[pocket.Height]time.Time
}

func (c *heightClock) time(height pocket.Height) (time.Time, error) {
	if t, ok := c.known[height]; ok {
		return t, nil
	}
	t, _, err := c.x.TimeOf(c.ctx, height)
	if err == nil {
		c.known[height] = t
	}
	return t, err
}

// A life is what is made of a supplier's changes, in order: its stays, and whether it has left for good since the last.
type life struct {
	stays []rewards.Stay
	left  bool
}

// last returns the last stay, nil when there is none.
func (l *life) last() *rewards.Stay {
	if len(l.stays) == 0 {
		return nil
	}
	return &l.stays[len(l.stays)-1]
}

// stake begins a stay, unless one lasts; one that was to end later is resumed.
func (l *life) stake(from time.Time) {
	l.left = false
	switch last := l.last(); {
	case last == nil, !last.To.IsZero() && from.After(last.To):
		l.stays = append(l.stays, rewards.Stay{From: from})
	default:
		last.To = time.Time{}
	}
}

// show takes note that the supplier is there, which begins a stay only if nothing told of one.
func (l *life) show(at time.Time) {
	if len(l.stays) == 0 || l.left {
		l.stake(at)
	}
}

// end ends the last stay, if it lasts.
func (l *life) end(to time.Time) {
	if last := l.last(); last != nil && last.To.IsZero() {
		last.To = to
	}
}

// staysOf reads a supplier's life from its changes, in order, and where something of it was first summed up.
func (c *heightClock) staysOf(first pocket.At, changes []SupplierChange) ([]rewards.Stay, error) {
	var l life
	if len(changes) == 0 || first.Height < changes[0].Height {
		l.stake(first.Time)
	}
	for i := range changes {
		if err := c.live(&l, &changes[i]); err != nil {
			return nil, err
		}
		if err := c.sinceStaked(&l, changes[i].Config); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(l.stays, func(s rewards.Stay) bool { return !s.To.IsZero() && !s.To.After(s.From) }), nil
}

// live takes one change into a life.
func (c *heightClock) live(l *life, change *SupplierChange) error {
	switch change.Kind {
	case Staked, Stayed:
		l.stake(change.Time)
	case Activated, Slashed:
		l.show(change.Time)
	case Leaving:
		l.show(change.Time)
		if change.Forced {
			return nil
		}
		return c.leave(l, change.SessionEnd)
	case Left, Gone:
		l.show(change.Time) // it was staked until then, no one knows since when
		l.end(change.Time)
		l.left = true
	case Seen:
		if change.Config == nil || change.Config.UnstakeSessionEnd == 0 {
			l.stake(change.Time)
			return nil
		}
		// One that leaves of its own will looks like one slashed below the minimum until its services end.
		l.show(change.Time)
		if len(change.Config.Services) == 0 {
			return c.leave(l, change.Config.UnstakeSessionEnd)
		}
	}
	return nil
}

// leave ends the last stay with a session.
func (c *heightClock) leave(l *life, sessionEnd pocket.Height) error {
	to, err := c.time(sessionEnd)
	if err != nil {
		return err
	}
	l.end(to)
	return nil
}

// sinceStaked moves the beginning of the last stay, if it lasts, back to the first service of the supplier's history.
func (c *heightClock) sinceStaked(l *life, s *pocket.Supplier) error {
	last := l.last()
	if s == nil || s.StakedSince() == 0 || last == nil || !last.To.IsZero() {
		return nil
	}
	since, err := c.time(s.StakedSince())
	if err != nil {
		return err
	}
	before := len(l.stays) - 2
	if since.Before(last.From) && (before < 0 || since.After(l.stays[before].To)) {
		last.From = since
	}
	return nil
}

// SupplierHistory yields what happened to the stakes of suppliers, of all that are known when none are named, by height and place. An
// error is yielded last, with a zero SupplierChange.
func (x *Index) SupplierHistory(ctx context.Context, suppliers ...pocket.Address) iter.Seq2[SupplierChange, error] {
	return func(yield func(SupplierChange, error) bool) {
		var only []int64
		if len(suppliers) > 0 {
			ids, err := x.lookupAddresses(ctx, suppliers)
			if err != nil {
				yield(SupplierChange{}, err)
				return
			}
			only = unique(ids)
		}
		for c, err := range x.history(ctx, only) {
			if !yield(c, err) {
				return
			}
		}
	}
}

// history yields the changes of some suppliers, nil for all, by height.
func (x *Index) history(ctx context.Context, only []int64) iter.Seq2[SupplierChange, error] {
	return func(yield func(SupplierChange, error) bool) {
		words := x.lexicon(ctx)
		changes := &stream[SupplierChange]{
			columns: "height, idx, supplier, time, payload", from: "supplier_history", key: []string{"height", "idx", "supplier"},
			reach: everything, page: largestPage,
			scan: func(rows scanner) (item[SupplierChange], error) {
				var height, idx, supplier, when int64
				var payload []byte
				if err := rows.Scan(&height, &idx, &supplier, &when, &payload); err != nil {
					return item[SupplierChange]{}, err
				}
				var c SupplierChange
				if err := json.Unmarshal(payload, &c); err != nil {
					return item[SupplierChange]{}, fmt.Errorf("history of a supplier: %w: %w", ErrCorrupt, err)
				}
				c.At = pocket.At{Height: pocket.Height(height), Time: timeOf(when), Index: int(idx)}
				c.Supplier = words.address(supplier)
				return item[SupplierChange]{height: height, idx: idx, tie: supplier, value: c}, words.err
			},
		}
		if only != nil {
			changes.where = []string{"supplier IN (" + listOf(only) + ")"}
		}
		for i, err := range merge(ctx, x.db.Read, []*stream[SupplierChange]{changes}, false) {
			if !yield(i.value, x.fault("supplier history", err)) {
				return
			}
		}
	}
}

// firstSeen returns where something of each supplier was first summed up.
func (x *Index) firstSeen(ctx context.Context, only []int64) (map[pocket.Address]pocket.At, error) {
	query := "SELECT supplier, height, time FROM earners"
	if only != nil {
		query += " WHERE supplier IN (" + listOf(only) + ")"
	}
	rows, err := x.db.Read.QueryContext(ctx, query)
	if err != nil {
		return nil, x.fault("stays", err)
	}
	words := x.lexicon(ctx)
	firsts := map[pocket.Address]pocket.At{}
	err = each(rows, func() error {
		var supplier, height, when int64
		if err := rows.Scan(&supplier, &height, &when); err != nil {
			return err
		}
		if a := words.address(supplier); !a.IsZero() {
			firsts[a] = pocket.At{Height: pocket.Height(height), Time: timeOf(when)}
		}
		return words.err
	})
	return firsts, x.fault("stays", err)
}
