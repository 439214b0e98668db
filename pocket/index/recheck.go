package index

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/internal/same"
	"github.com/poktbot/poktbot/pocket"
)

// A Difference is an event that is stored otherwise than a chain tells it. One of the two is nil when only the other side has it.
type Difference struct {
	Height        pocket.Height
	Stored, Chain pocket.Event
}

// Recheck reads up to n stored blocks, drawn by lot, from a chain again and returns where they differ from what is stored: half of them
// blocks in which claims settled, half any. It changes nothing: [Index.Repair] does. It is for rows from a source that is merely
// trusted, such as a [Feed]: of blocks that are known from one only, other kinds of events than settlements, expiries, discards and slashes
// may be missing without being a difference.
func (x *Index) Recheck(ctx context.Context, chain Chain, n int) ([]Difference, error) {
	pruned, err := settingNumber(ctx, x.db.Read, settingPruned)
	if err != nil {
		return nil, x.fault("recheck", err)
	}
	heights := map[int64]bool{}
	for query, count := range map[string]int{
		"SELECT height FROM digests WHERE height >= $1 ORDER BY random() LIMIT $2": (n + 1) / 2,
		"SELECT height FROM blocks WHERE height >= $1 ORDER BY random() LIMIT $2":  n / 2,
	} {
		rows, err := x.db.Read.QueryContext(ctx, query, pruned, count)
		if err != nil {
			return nil, x.fault("recheck", err)
		}
		if err := each(rows, func() error {
			var h int64
			err := rows.Scan(&h)
			heights[h] = true
			return err
		}); err != nil {
			return nil, x.fault("recheck", err)
		}
	}
	var differences []Difference
	for h := range heights {
		found, err := x.RecheckBlock(ctx, chain, pocket.Height(h))
		if err != nil {
			return differences, err
		}
		differences = append(differences, found...)
	}
	slices.SortStableFunc(differences, func(a, b Difference) int { return int(a.Height - b.Height) })
	return differences, nil
}

// RecheckBlock is [Index.Recheck] of one block.
func (x *Index) RecheckBlock(ctx context.Context, chain Chain, height pocket.Height) ([]Difference, error) {
	l, err := x.lookAt(ctx, height, false)
	if err != nil {
		return nil, err
	}
	r, err := fetch(ctx, chain, pocket.Block{Height: height}, l)
	if err != nil {
		return nil, fmt.Errorf("recheck: %w", err)
	}
	return x.compare(ctx, l, r)
}

// lookAt reads what the index holds, or should, of one block. Ever takes in all addresses that ever were watched.
func (x *Index) lookAt(ctx context.Context, height pocket.Height, ever bool) (look, error) {
	known, read, err := x.knows(ctx, 0, height)
	if err != nil {
		return look{}, err
	}
	if known {
		l := look{set: watchSet{mode: Everything}}
		if !read {
			l.read = map[pocket.Address]bool{}
		}
		return l, nil
	}
	query := "SELECT address FROM watched WHERE until = 0"
	if ever {
		query = "SELECT DISTINCT address FROM watched"
	}
	addresses, err := x.addresses(ctx, query)
	if err != nil {
		return look{}, err
	}
	ids, err := x.lookupAddresses(ctx, addresses)
	if err != nil {
		return look{}, err
	}
	l := look{set: watchSet{mode: Watching}, mentions: map[pocket.Address]bool{}, read: map[pocket.Address]bool{}}
	for i, a := range addresses {
		known, read, err := x.knows(ctx, ids[i], height)
		if err != nil {
			return look{}, err
		}
		if !known && !ever {
			continue
		}
		l.selection.Mentions = append(l.selection.Mentions, a)
		l.mentions[a] = true
		if read {
			l.read[a] = true
		}
	}
	l.nothing = len(l.mentions) == 0
	return l, nil
}

// knows reports whether everything about an address is known of a height, or about everybody with 0, and whether it was read from a chain.
func (x *Index) knows(ctx context.Context, id int64, height pocket.Height) (known, read bool, err error) {
	ranges, err := coverageOf(ctx, x.db.Read, id, told)
	if err != nil || !holds(ranges, height) {
		return false, false, x.fault("coverage", err)
	}
	ranges, err = coverageOf(ctx, x.db.Read, id, searched)
	return true, holds(ranges, height), x.fault("coverage", err)
}

func holds(ranges []Range, height pocket.Height) bool {
	return slices.ContainsFunc(ranges, func(r Range) bool { return r.From <= height && height <= r.To })
}

// compare finds the differences between a block as read and as stored.
func (x *Index) compare(ctx context.Context, l look, r reading) ([]Difference, error) {
	block, err := x.Block(ctx, r.block.Height)
	if err != nil {
		return nil, err
	}
	if block.Hash != "" && block.Hash != r.block.Hash {
		return nil, fmt.Errorf("index: block %d has hash %s here, %s on the chain: %w", block.Height, block.Hash, r.block.Hash, ErrConflict)
	}
	if block.Time.Sub(r.block.Time).Abs() >= time.Second {
		return nil, fmt.Errorf("index: block %d is timed %v here, %v on the chain: %w", block.Height, block.Time, r.block.Time, ErrConflict)
	}
	stored := map[pocket.Kind][]pocket.Event{}
	span := pocket.Span{From: block.Time, To: block.Time.Add(time.Microsecond)}
	for e, err := range x.Events(ctx, pocket.EventQuery{Span: span}) {
		if err != nil {
			return nil, err
		}
		if e.Where().Height == block.Height {
			stored[e.Kind()] = append(stored[e.Kind()], e)
		}
	}
	chain := map[pocket.Kind][]pocket.Event{}
	for _, e := range r.events {
		chain[e.Kind()] = append(chain[e.Kind()], e)
		if stored[e.Kind()] == nil {
			stored[e.Kind()] = []pocket.Event{}
		}
	}
	var differences []Difference
	for kind, mine := range stored {
		differences = append(differences, l.differences(kind, mine, chain[kind])...)
	}
	slices.SortFunc(differences, func(a, b Difference) int { return a.index() - b.index() })
	return differences, nil
}

// differences compares a block's events of one kind, as stored and as the chain tells them.
func (l look) differences(kind pocket.Kind, stored, chain []pocket.Event) []Difference {
	var differences []Difference
	found := make([]bool, len(stored))
	for i, place := range same.Recognize(kind, occurrences(stored), occurrences(chain), true) {
		e := chain[i]
		switch {
		case place >= 0:
			found[place] = true
			if differ(stored[place], e) {
				differences = append(differences, Difference{e.Where().Height, stored[place], e})
			}
		case place == same.New && l.promised(e):
			differences = append(differences, Difference{Height: e.Where().Height, Chain: e})
		}
	}
	for i, e := range stored {
		if !found[i] && l.concerns(e) {
			differences = append(differences, Difference{Height: e.Where().Height, Stored: e})
		}
	}
	return differences
}

func occurrences(events []pocket.Event) []same.Occurrence {
	list := make([]same.Occurrence, len(events))
	for i, e := range events {
		list[i] = same.Occurrence{Traits: same.TraitsOf(e), Index: int64(e.Where().Index)}
	}
	return list
}

// promised reports whether an event of a chain ought to be stored. A feed promises only what sums are made of.
func (l look) promised(e pocket.Event) bool {
	_, counts := formOf(e.Kind())
	return counts || look{mentions: l.read}.concerns(e)
}

func (d Difference) index() int {
	if d.Chain != nil {
		return d.Chain.Where().Index
	}
	return d.Stored.Where().Index
}

// differ reports whether an event is stored otherwise than the chain tells it. Of one that came without the chain's number, from a source
// that may know less, it is enough if nothing of what it says is otherwise and nothing lacks that enters into sums.
func differ(stored, chain pocket.Event) bool {
	if !same.IsForeign(int64(stored.Where().Index)) {
		return essence(stored) != essence(chain)
	}
	s, settled := stored.(pocket.Settlement)
	c, both := chain.(pocket.Settlement)
	return len(same.Compare(stored, chain).Differ) > 0 || settled && both && s.Lacks != c.Lacks
}

// essence is all that e says but for where it stands.
func essence(e pocket.Event) string {
	if s, ok := e.(pocket.Settlement); ok {
		s.At = pocket.At{}
		if len(s.Shares) == 0 {
			s.Shares = nil
		}
		e = s
	}
	text, err := packPayload(withoutTime(e))
	if err != nil {
		return err.Error()
	}
	return text
}

// withoutTime zeroes what may differ without meaning: times are stored to the microsecond.
func withoutTime(e pocket.Event) pocket.Event {
	at := e.Where()
	text, err := packPayload(e)
	if err != nil || e.Kind() == pocket.KindSettlement {
		return e
	}
	plain, err := unpackPayload(e.Kind(), []byte(text), int64(at.Height), 0, int64(at.Index))
	if err != nil {
		return e
	}
	return plain
}

// Repair replaces what is stored of one block by what a chain tells of it, of all addresses that ever were watched, and returns what was
// different. Sums follow. It is for what [Index.Recheck] found, and for an [ErrConflict].
func (x *Index) Repair(ctx context.Context, chain Chain, height pocket.Height) ([]Difference, error) {
	l, err := x.lookAt(ctx, height, true)
	if err != nil {
		return nil, err
	}
	r, err := fetch(ctx, chain, pocket.Block{Height: height}, l)
	if err != nil {
		return nil, fmt.Errorf("repair: %w", err)
	}
	differences, err := x.compareLenient(ctx, l, r)
	if err != nil {
		return nil, err
	}
	return differences, x.write(ctx, fmt.Sprintf("repair block %d", height), func(w *writer) error {
		w.source = w.id("repair")
		if err := w.removeBlock(int64(height)); err != nil {
			return err
		}
		_, err := w.putReading(r)
		return err
	})
}

// compareLenient is compare for a block that may have another hash, or not be stored, or not any more.
func (x *Index) compareLenient(ctx context.Context, l look, r reading) ([]Difference, error) {
	differences, err := x.compare(ctx, l, r)
	if err == nil || ctx.Err() != nil {
		return differences, err
	}
	differences = nil
	for _, e := range r.events {
		differences = append(differences, Difference{Height: r.block.Height, Chain: e})
	}
	return differences, nil
}

// removeBlock removes all that is stored of one block, its part in the ready-made sums too.
func (w *writer) removeBlock(height int64) error {
	old, err := w.digest(height)
	if err != nil {
		return err
	}
	if err := w.replaceDigest(old, &digest{height: height}); err != nil {
		return err
	}
	if _, err := w.removeRows(reach{height, height}, 0); err != nil {
		return err
	}
	if err := w.exec("DELETE FROM supplier_history WHERE height = $1", height); err != nil {
		return err
	}
	return w.exec("DELETE FROM blocks WHERE height = $1", height)
}
