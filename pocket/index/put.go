package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// Put stores the events of one block as told by source, such as "poktscan", and returns how many were new. It moves no cursor and claims
// no coverage: see [Index.Cover]. Events known already are left as they are, whoever told of them first. A settlement is the same one if
// session end, supplier, application and service are; every other event if height, index and kind are, so those must be true.
//
// All of it is stored in one transaction, or nothing. A block whose hash differs from what is stored is refused with [ErrConflict].
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
	when, err := w.putHeader(block)
	if err != nil {
		return 0, err
	}
	old, err := w.digest(int64(block.Height))
	if err != nil {
		return 0, err
	}
	r := newRowsOf(w, block, when, old)
	for _, e := range events {
		if err := r.add(e); err != nil {
			return 0, err
		}
	}
	return r.store()
}

// putHeader stores the block's row and returns its time as stored.
func (w *writer) putHeader(block pocket.Block) (int64, error) {
	var when int64
	var hash []byte
	err := w.tx.QueryRowContext(w.ctx, "SELECT time, hash FROM blocks WHERE height = $1", int64(block.Height)).Scan(&when, &hash)
	packed := packHex(block.Hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		when = micros(block.Time)
	case err != nil:
		return 0, err
	case len(hash) > 0 && len(packed) > 0 && !slices.Equal(hash, packed):
		return 0, fmt.Errorf("block %d has hash %s here, the source says %s: %w", block.Height, unpackHex(hash), block.Hash, ErrConflict)
	case len(hash) > 0 || len(packed) == 0:
		return when, nil // nothing to add
	}
	if err := w.checkTime(int64(block.Height), when); err != nil {
		return 0, err
	}
	return when, w.put(blocksTable, []any{int64(block.Height), when, packed, w.source})
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
	digest *digest

	used     map[int64]bool    // indexes taken by events that sums are made of
	claims   map[claimKey]bool // settlements known
	sessions map[int64]bool    // sessions whose claims were looked up
	entries  []entry           // new ones

	settlements, paid, events, transactions, parties, history, suppliers []any
	stored                                                               int
}

func newRowsOf(w *writer, block pocket.Block, when int64, known *digest) *rowsOf {
	r := &rowsOf{
		w: w, height: int64(block.Height), time: when, digest: known,
		used: map[int64]bool{}, claims: map[claimKey]bool{}, sessions: map[int64]bool{},
	}
	for i := range known.entries {
		e := &known.entries[i]
		r.used[e.idx] = true
		if e.form == formSettlement {
			r.claims[e.claim()] = true
		}
	}
	return r
}

// add takes in one event.
func (r *rowsOf) add(e pocket.Event) error {
	if e == nil {
		return fmt.Errorf("block %d: an event is nil: %w", r.height, pocket.ErrInvalid)
	}
	if at := e.Where(); at.Index < 0 || at.Height != 0 && int64(at.Height) != r.height {
		return fmt.Errorf("block %d: an event says that it is number %d of block %d: %w", r.height, at.Index, at.Height, pocket.ErrInvalid)
	}
	switch e := e.(type) {
	case pocket.Settlement:
		return r.addSettlement(&e)
	case pocket.Transaction:
		return r.addTransaction(&e)
	case pocket.ClaimExpiry:
		r.addLoss(formExpiry, e.Index, pocket.SubjectOf(e), e.SessionEnd, e.Claimed)
	case pocket.ClaimDiscard:
		r.addLoss(formDiscard, e.Index, pocket.SubjectOf(e), e.SessionEnd, 0)
	case pocket.Slash:
		r.addLoss(formSlash, e.Index, pocket.SubjectOf(e), e.SessionEnd, e.Penalty)
	}
	r.addChange(e)
	return r.addEvent(e)
}

func (r *rowsOf) addSettlement(s *pocket.Settlement) error {
	e := r.w.entryOf(s)
	if err := r.lookUpSession(e.sessionEnd); err != nil {
		return err
	}
	if r.claims[e.claim()] {
		return nil
	}
	r.claims[e.claim()] = true
	for r.used[e.idx] { // another source counts otherwise; the number need only be unlike the others
		e.idx = max(e.idx, foreignIndex) + 1
	}
	r.used[e.idx] = true
	r.entries = append(r.entries, e)
	r.settlements = append(r.settlements, r.w.settlementRow(r.height, r.time, &e, s)...)
	if !s.Lacks.Has(pocket.LacksShares) {
		for _, recipient := range e.recipients() {
			r.paid = append(r.paid, recipient, r.height, e.idx)
		}
	}
	r.stored++
	return nil
}

// foreignIndex is beyond every index that a block can have.
const foreignIndex = 1 << 40

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
		r.claims[key] = true
		return nil
	})
}

func (r *rowsOf) addLoss(f form, index int, who pocket.Subject, sessionEnd pocket.Height, amount pocket.Upokt) {
	if r.used[int64(index)] {
		return
	}
	r.used[int64(index)] = true
	r.entries = append(r.entries, entry{
		form: f, idx: int64(index), supplier: r.w.address(who.Supplier), application: r.w.address(who.Application),
		service: r.w.service(who.Service), sessionEnd: int64(sessionEnd), amount: int64(amount),
	})
}

func (r *rowsOf) addEvent(e pocket.Event) error {
	payload, err := packPayload(e)
	if err != nil {
		return fmt.Errorf("event %d of block %d: %w", e.Where().Index, r.height, err)
	}
	who, w := pocket.SubjectOf(e), r.w
	r.events = append(r.events, r.height, int64(e.Where().Index), w.kind(e.Kind()), r.time, w.address(who.Supplier),
		w.address(who.Owner), w.address(who.Application), w.service(who.Service), amountOf(e), payload, w.source)
	return nil
}

func (r *rowsOf) addTransaction(t *pocket.Transaction) error {
	payload, err := packPayload(*t)
	if err != nil {
		return fmt.Errorf("transaction %d of block %d: %w", t.Position, r.height, err)
	}
	w := r.w
	r.transactions = append(r.transactions, r.height, int64(t.Index), r.time, packHex(t.TxHash), int64(t.Code), int64(t.Fee),
		w.address(t.FeePayer), payload, w.source)
	for _, party := range partiesOf(t) {
		r.parties = append(r.parties, w.address(party), r.height, int64(t.Index))
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
	for _, rows := range []struct {
		table  *table
		values []any
		counts bool
	}{
		{settlementsTable, r.settlements, false},
		{paidTable, r.paid, false},
		{eventsTable, r.events, true},
		{transactionsTable, r.transactions, true},
		{partiesTable, r.parties, false},
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
	if len(r.entries) == 0 {
		return r.stored, nil
	}
	old := r.digest
	now := &digest{height: r.height, time: r.time, entries: slices.Concat(old.entries, r.entries)}
	return r.stored, r.w.replaceDigest(old, now)
}
