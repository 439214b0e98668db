package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/poktbot/poktbot/internal/same"
	"github.com/poktbot/poktbot/pocket"
)

// Put stores the events of one block as told by source, such as "poktscan", and returns how many were new. It moves no cursor and claims
// no coverage: see [Index.Cover]. Events known already are left as they are, whoever told of them first.
//
// A settlement is the same one if session end, supplier, application and service are, and so are other events of a claim. Every other event
// is known by what it says: its kind, whom it concerns and its transaction. So a source may number events by its own count, or not at all
// (an Index of -1): such an event stands behind those that the chain numbered, with a number from 2^40 on. Of several events that say the
// same, as many are kept as the source that tells of most tells of in one go.
//
// All of it is stored in one transaction, or nothing. A block whose hash differs from what is stored, or whose time does by a second, is
// refused with [ErrConflict].
func (x *Index) Put(ctx context.Context, source string, block pocket.Block, events []pocket.Event) (int, error) {
	stored := 0
	err := x.write(ctx, fmt.Sprintf("store block %d", block.Height), func(w *writer) error {
		w.source = w.id(clean(source))
		if err := w.checkChain(block.ChainID); err != nil {
			return err
		}
		var err error
		stored, err = w.putBlock(block, events)
		return err
	})
	if err != nil {
		return 0, err
	}
	return stored, nil
}

// putBlock stores a block and those of its events that are not known, and brings the sums up to them.
func (w *writer) putBlock(block pocket.Block, events []pocket.Event) (int, error) {
	if block.Height < 1 || block.Time.IsZero() {
		return 0, fmt.Errorf("block %d at %v: a height from 1 on and a time are needed: %w", block.Height, block.Time, pocket.ErrInvalid)
	}
	when, stored, err := w.putHeader(block)
	if err != nil {
		return 0, err
	}
	old, err := w.digest(int64(block.Height))
	if err != nil {
		return 0, err
	}
	r := newRowsOf(w, block, when, stored, old)
	if err := r.addAll(events); err != nil {
		return 0, err
	}
	return r.store()
}

// putHeader stores the block's row and returns its time as stored, and whether it was known before.
func (w *writer) putHeader(block pocket.Block) (when int64, known bool, err error) {
	var hash []byte
	err = w.tx.QueryRowContext(w.ctx, "SELECT time, hash FROM blocks WHERE height = $1", int64(block.Height)).Scan(&when, &hash)
	packed := packHex(block.Hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		when = micros(block.Time)
	case err != nil:
		return 0, false, err
	case len(hash) > 0 && len(packed) > 0 && !slices.Equal(hash, packed):
		return 0, false, fmt.Errorf("block %d has hash %s here, the source says %s: %w", block.Height, unpackHex(hash), block.Hash, ErrConflict)
	case timeOf(when).Sub(block.Time).Abs() >= time.Second: // some sources round to milliseconds
		return 0, false, fmt.Errorf("block %d is timed %v here, the source says %v: %w", block.Height, timeOf(when), block.Time, ErrConflict)
	case len(hash) > 0 || len(packed) == 0:
		return when, true, nil // nothing to add
	default:
		known = true
	}
	if err := w.checkTime(int64(block.Height), when); err != nil {
		return 0, false, err
	}
	return when, known, w.put(blocksTable, []any{int64(block.Height), when, packed, w.source})
}

// checkTime refuses a block that is timed before an earlier or after a later one: spans of time are looked up as ranges of heights.
func (w *writer) checkTime(height, when int64) error {
	var before, after int64
	err := w.tx.QueryRowContext(w.ctx, `SELECT
		coalesce((SELECT time FROM blocks WHERE height < $1 ORDER BY height DESC LIMIT 1), $2),
		coalesce((SELECT time FROM blocks WHERE height > $1 ORDER BY height LIMIT 1), $2)`, height, when).Scan(&before, &after)
	if err != nil {
		return err
	}
	if when < before || when > after {
		return fmt.Errorf("block %d is timed %v, outside the time between its neighbours, %v to %v: %w",
			height, timeOf(when), timeOf(before), timeOf(after), ErrConflict)
	}
	return nil
}

// digest returns the digest of a block, an empty one if it has none.
func (w *writer) digest(height int64) (*digest, error) {
	var when int64
	var packed []byte
	err := w.tx.QueryRowContext(w.ctx, "SELECT time, data FROM digests WHERE height = $1", height).Scan(&when, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return &digest{height: height}, nil
	}
	if err != nil {
		return nil, err
	}
	return unpackDigest(height, when, packed)
}

// rowsOf gathers the rows of one block.
type rowsOf struct {
	w      *writer
	height int64
	time   int64
	known  bool // something of the block was stored before
	digest *digest

	used     map[int64]bool      // numbers taken by events that sums are made of
	last     int64               // the last number given out that is not the chain's, 0 before the first
	claims   map[claimKey]*entry // settlements known; nil for those of other heights
	sessions map[int64]bool      // sessions whose claims were looked up
	entries  []entry             // new ones

	settlements, events, transactions, history, suppliers []any
	paid, parties                                         mentions
	stored                                                int
}

func newRowsOf(w *writer, block pocket.Block, when int64, known bool, old *digest) *rowsOf {
	r := &rowsOf{
		w: w, height: int64(block.Height), time: when, known: known, digest: old,
		used: map[int64]bool{}, claims: map[claimKey]*entry{}, sessions: map[int64]bool{},
	}
	for i := range old.entries {
		e := &old.entries[i]
		r.used[e.idx] = true
		if e.form == formSettlement {
			r.claims[e.claim()] = e
		}
	}
	return r
}

// addAll takes in events.
func (r *rowsOf) addAll(events []pocket.Event) error {
	others := map[pocket.Kind][]same.Occurrence{}
	for _, e := range events {
		if e == nil {
			return fmt.Errorf("block %d: an event is nil: %w", r.height, pocket.ErrInvalid)
		}
		if at := e.Where(); at.Index < -1 || at.Height != 0 && int64(at.Height) != r.height {
			return fmt.Errorf("block %d: an event says that it is number %d of block %d: %w", r.height, at.Index, at.Height, pocket.ErrInvalid)
		}
		if k := e.Kind(); k != pocket.KindSettlement {
			others[k] = append(others[k], same.Occurrence{Traits: same.TraitsOf(e), Index: int64(e.Where().Index)})
		}
	}
	known, err := r.recall(others)
	if err != nil {
		return err
	}
	places := map[pocket.Kind][]int{}
	for k, told := range others {
		places[k] = same.Recognize(k, known[k], told, !r.w.foreign)
	}
	for _, e := range events {
		if s, ok := e.(pocket.Settlement); ok {
			if err := r.addSettlement(&s); err != nil {
				return err
			}
			continue
		}
		k := e.Kind()
		place := places[k][0]
		places[k] = places[k][1:]
		if place == same.New {
			err = r.add(e)
		} else if place >= 0 {
			err = r.compareLoss(e, known[k][place].Index)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recall returns what is known of the block, of these kinds. Where the chain numbers what is told, the rows that it had numbered need not
// be read: they are the same if the numbers are.
func (r *rowsOf) recall(kinds map[pocket.Kind][]same.Occurrence) (map[pocket.Kind][]same.Occurrence, error) {
	known := map[pocket.Kind][]same.Occurrence{}
	if !r.known || len(kinds) == 0 {
		return known, nil
	}
	words := r.w.words()
	rows := false
	for k := range kinds {
		form, counts := formOf(k)
		rows = rows || !counts
		for i := range r.digest.entries {
			if e := &r.digest.entries[i]; counts && e.form == form {
				known[k] = append(known[k], same.Occurrence{Traits: same.TraitsOf(e.event(words, r.height, time.Time{}, nil)), Index: e.idx})
			}
		}
	}
	if !rows {
		return known, nil
	}
	least := int64(0)
	if !r.w.foreign {
		least = same.Foreign
	}
	take := func(k pocket.Kind, idx int64, payload []byte) error {
		if _, told := kinds[k]; !told {
			return nil
		}
		if _, counts := formOf(k); counts {
			return nil
		}
		e, err := unpackPayload(k, payload, r.height, r.time, idx)
		if err == nil {
			known[k] = append(known[k], same.Occurrence{Traits: same.TraitsOf(e), Index: idx})
		}
		return err
	}
	for _, query := range []string{
		"SELECT idx, kind, payload FROM events WHERE height = $1 AND idx >= $2 ORDER BY idx",
		"SELECT idx, 0, payload FROM transactions WHERE height = $1 AND idx >= $2 ORDER BY idx",
	} {
		found, err := r.w.tx.QueryContext(r.w.ctx, query, r.height, least)
		if err != nil {
			return nil, err
		}
		err = each(found, func() error {
			var idx, kind int64
			var payload []byte
			if err := found.Scan(&idx, &kind, &payload); err != nil {
				return err
			}
			if kind == 0 {
				return take(pocket.KindTransaction, idx, payload)
			}
			return take(pocket.Kind(words.text(kind)), idx, payload)
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// number returns the number under which an event is stored: the one told, if it is the chain's and free, or else one behind all others.
func (r *rowsOf) number(told int) (int64, error) {
	if idx := int64(told); !r.w.foreign && idx >= 0 && !r.used[idx] {
		return idx, nil
	}
	if r.last == 0 {
		r.last = same.Foreign
		for i := range r.digest.entries {
			r.last = max(r.last, r.digest.entries[i].idx)
		}
	}
	if r.last == same.Foreign && r.known {
		var highest int64
		err := r.w.tx.QueryRowContext(r.w.ctx, `SELECT coalesce(max(idx), 0) FROM (
			SELECT max(idx) AS idx FROM settlements WHERE height = $1 UNION ALL SELECT max(idx) FROM events WHERE height = $1
			UNION ALL SELECT max(idx) FROM transactions WHERE height = $1) stored`, r.height).Scan(&highest)
		if err != nil {
			return 0, err
		}
		r.last = max(r.last, highest)
	}
	r.last++
	return r.last, nil
}

// add takes in an event that is new and no settlement.
func (r *rowsOf) add(e pocket.Event) error {
	idx, err := r.number(e.Where().Index)
	if err != nil {
		return err
	}
	switch e := e.(type) {
	case pocket.Transaction:
		return r.addTransaction(&e, idx)
	case pocket.ClaimExpiry:
		r.addLoss(formExpiry, idx, pocket.SubjectOf(e), e.SessionEnd, e.Claimed)
	case pocket.ClaimDiscard:
		r.addLoss(formDiscard, idx, pocket.SubjectOf(e), e.SessionEnd, 0)
	case pocket.Slash:
		r.addLoss(formSlash, idx, pocket.SubjectOf(e), e.SessionEnd, e.Penalty)
	}
	r.addChange(e, idx)
	return r.addEvent(e, idx)
}

func (r *rowsOf) addSettlement(s *pocket.Settlement) error {
	e := r.w.entryOf(s)
	if err := r.lookUpSession(e.sessionEnd); err != nil {
		return err
	}
	if known, ok := r.claims[e.claim()]; ok {
		return r.compareSettlement(known, *s, e.claim())
	}
	idx, err := r.number(s.Index)
	if err != nil {
		return err
	}
	e.idx = idx
	r.claims[e.claim()] = &e
	r.used[e.idx] = true
	r.entries = append(r.entries, e)
	r.settlements = append(r.settlements, r.w.settlementRow(r.height, r.time, &e, s)...)
	if !s.Lacks.Has(pocket.LacksShares) {
		for _, recipient := range e.recipients() {
			r.paid = append(r.paid, mentioning{recipient, r.height, e.idx})
		}
	}
	r.stored++
	return nil
}

// lookUpSession reads which claims of a session are settled already, be it at another height.
func (r *rowsOf) lookUpSession(end int64) error {
	if r.sessions[end] {
		return nil
	}
	r.sessions[end] = true
	rows, err := r.w.tx.QueryContext(r.w.ctx, "SELECT supplier, application, service FROM settlements WHERE session_end = $1", end)
	if err != nil {
		return err
	}
	return each(rows, func() error {
		key := claimKey{sessionEnd: end}
		if err := rows.Scan(&key.supplier, &key.application, &key.service); err != nil {
			return err
		}
		if r.claims[key] == nil {
			r.claims[key] = nil // of another height
		}
		return nil
	})
}

func (r *rowsOf) addLoss(f form, idx int64, who pocket.Subject, sessionEnd pocket.Height, amount pocket.Upokt) {
	r.used[idx] = true
	r.entries = append(r.entries, entry{
		form: f, idx: idx, supplier: r.w.address(who.Supplier), application: r.w.address(who.Application),
		service: r.w.service(who.Service), sessionEnd: int64(sessionEnd), amount: int64(amount),
	})
}

func (r *rowsOf) addEvent(e pocket.Event, idx int64) error {
	payload, err := packPayload(e)
	if err != nil {
		return fmt.Errorf("event %d of block %d: %w", e.Where().Index, r.height, err)
	}
	who, w := pocket.SubjectOf(e), r.w
	r.events = append(r.events, r.height, idx, w.kind(e.Kind()), r.time, w.address(who.Supplier),
		w.address(who.Owner), w.address(who.Application), w.service(who.Service), int64(same.AmountOf(e)), payload, w.source)
	return nil
}

func (r *rowsOf) addTransaction(t *pocket.Transaction, idx int64) error {
	payload, err := packPayload(*t)
	if err != nil {
		return fmt.Errorf("transaction %d of block %d: %w", t.Position, r.height, err)
	}
	w := r.w
	r.transactions = append(r.transactions, r.height, idx, r.time, packHex(t.TxHash), int64(t.Code), int64(t.Fee),
		w.address(t.FeePayer), payload, w.source)
	for _, party := range partiesOf(t) {
		r.parties = append(r.parties, mentioning{w.address(party), r.height, idx})
	}
	return nil
}

// partiesOf returns whom a transaction concerns, each once.
func partiesOf(t *pocket.Transaction) []pocket.Address {
	var list []pocket.Address
	add := func(a pocket.Address) {
		if !a.IsZero() && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	add(t.FeePayer)
	for _, transfer := range t.Transfers {
		add(transfer.From)
		add(transfer.To)
	}
	return list
}

// store writes the rows and returns how many events were new.
func (r *rowsOf) store() (int, error) {
	if r.height < r.w.pruned { // the rows are gone, and only what outlives them is wanted
		r.settlements, r.paid, r.events, r.transactions, r.parties = nil, nil, nil, nil, nil
	}
	if width := len(suppliersTable.columns); len(r.suppliers) > width { // of each supplier its last state
		last := map[any][]any{}
		for row := range slices.Chunk(r.suppliers, width) {
			last[row[0]] = row
		}
		r.suppliers = slices.Concat(slices.Collect(maps.Values(last))...)
	}
	for _, rows := range []struct {
		table  *table
		values []any
		counts bool
	}{
		{settlementsTable, r.settlements, false},
		{eventsTable, r.events, true},
		{transactionsTable, r.transactions, true},
		{historyTable, r.history, false},
		{suppliersTable, r.suppliers, false},
	} {
		n, err := r.w.putNew(rows.table, rows.values)
		if err != nil {
			return 0, err
		}
		if rows.counts {
			r.stored += int(n)
		}
	}
	r.w.paid, r.w.parties = append(r.w.paid, r.paid...), append(r.w.parties, r.parties...)
	if len(r.entries) == 0 {
		return r.stored, nil
	}
	old := r.digest
	now := &digest{height: r.height, time: r.time, entries: slices.Concat(old.entries, r.entries)}
	return r.stored, r.w.replaceDigest(old, now)
}
