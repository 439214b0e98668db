package index

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A writer is one transaction that changes the index. What it learns is the index's only once it is committed.
type writer struct {
	inserter
	ctx       context.Context
	x         *Index
	source    int64      // the name of whence rows come
	foreign   bool       // the numbers of events there are not the chain's
	conflicts []Conflict // met so far

	paid, parties mentions // by whom settlements and transactions are found; written last, in their order

	staged  map[string]int64 // names given out in this transaction
	fresh   numbered
	rollups rollups
	firsts  map[int64]int64 // suppliers newly in earners

	pruned  int64      // heights below have no rows any more
	explain vocabulary // of words
	changed bool       // a row was written, so that the time of the last update is
}

// write runs change in one transaction. Writers take turns, in this process and among processes: what a writer has read cannot
// change before it commits.
func (x *Index) write(ctx context.Context, doing string, change func(*writer) error) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	tx, err := x.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return x.fault(doing, err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	w := &writer{
		inserter: inserter{tx: tx, dialect: x.db.Dialect, prepared: map[string]*sql.Stmt{}}, ctx: ctx, x: x,
		staged: map[string]int64{}, rollups: newRollups(), firsts: map[int64]int64{},
	}
	if err := w.begin(); err != nil {
		return x.fault(doing, err)
	}
	if err := change(w); err != nil {
		return x.fault(doing, err)
	}
	if err := w.finish(); err != nil {
		return x.fault(doing, err)
	}
	if err := tx.Commit(); err != nil {
		return x.fault(doing, err)
	}
	if w.changed {
		x.last.forget()
	}
	x.names.learn(w.fresh)
	for supplier, height := range w.firsts {
		x.firsts.Store(supplier, height)
	}
	return nil
}

// writeLock is the number of PostgreSQL's advisory lock that writers take turns by. SQLite's BEGIN IMMEDIATE does the same.
const writeLock = 0x706f636b6574 // "pocket"

func (w *writer) begin() error {
	if w.dialect == Postgres {
		if _, err := w.tx.ExecContext(w.ctx, "SELECT pg_advisory_xact_lock($1)", int64(writeLock)); err != nil {
			return err
		}
	}
	others, err := namesAfter(w.ctx, w.tx, len(w.x.names.vocabulary()))
	if err != nil {
		return err
	}
	w.x.names.learn(others)
	w.fresh.after = len(w.x.names.vocabulary())
	w.pruned, err = settingNumber(w.ctx, w.tx, settingPruned)
	return err
}

// finish writes what was gathered.
func (w *writer) finish() error {
	for _, r := range w.rollups.all() {
		if err := w.flush(r); err != nil {
			return err
		}
	}
	for _, late := range []struct {
		table *table
		rows  mentions
	}{{paidTable, w.paid}, {partiesTable, w.parties}} {
		if err := w.put(late.table, late.rows.sorted()); err != nil {
			return err
		}
	}
	rows := make([]any, 0, 2*len(w.fresh.names))
	for i, n := range w.fresh.names {
		rows = append(rows, int64(w.fresh.after+i+1), n.text)
	}
	if err := w.put(namesTable, rows); err != nil {
		return err
	}
	if !w.changed {
		return nil
	}
	return w.set(settingUpdated, strconv.FormatInt(micros(time.Now()), 10))
}

// A mentioning is an address and the place of an event that concerns it.
type mentioning struct{ address, height, idx int64 }

type mentions []mentioning

// sorted returns the rows in the order of their table: written so, they are ten times as fast as by height.
func (m mentions) sorted() []any {
	slices.SortFunc(m, func(a, b mentioning) int {
		return cmp.Or(cmp.Compare(a.address, b.address), cmp.Compare(a.height, b.height), cmp.Compare(a.idx, b.idx))
	})
	rows := make([]any, 0, 3*len(m))
	for _, r := range m {
		rows = append(rows, r.address, r.height, r.idx)
	}
	return rows
}

// put inserts rows, given one after the other.
func (w *writer) put(t *table, rows []any) error {
	_, err := w.putNew(t, rows)
	return err
}

// putNew is put and returns how many rows are new or changed.
func (w *writer) putNew(t *table, rows []any) (int64, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	w.changed = true
	return w.insert(w.ctx, t, rows)
}

func (w *writer) exec(query string, args ...any) error {
	w.changed = true
	s, err := w.prepare(w.ctx, query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(w.ctx, args...)
	return err
}

func (w *writer) set(name, value string) error {
	return w.exec("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}

func (w *writer) setNumber(name string, n int64) error { return w.set(name, strconv.FormatInt(n, 10)) }

// id returns the number of a word, giving it one if it has none.
func (w *writer) id(word string) int64 {
	if id, ok := w.x.names.id(word); ok {
		return id
	}
	if id, ok := w.staged[word]; ok {
		return id
	}
	w.fresh.names = append(w.fresh.names, newName(word))
	id := int64(w.fresh.after + len(w.fresh.names))
	w.staged[word] = id
	return id
}

func (w *writer) address(a pocket.Address) int64   { return w.id(a.String()) }
func (w *writer) service(s pocket.ServiceID) int64 { return w.id(clean(string(s))) }
func (w *writer) kind(k pocket.Kind) int64         { return w.id(string(k)) }
func (w *writer) reason(r pocket.Reason) int64     { return w.id(clean(string(r))) }
func (w *writer) setCursor(height pocket.Height) error {
	return w.setNumber(settingCursor, int64(height))
}

// words explains all numbers, those given out in this transaction too.
func (w *writer) words() vocabulary {
	if len(w.explain) != w.fresh.after+len(w.fresh.names) || w.explain == nil {
		w.explain = append(w.x.names.vocabulary(), w.fresh.names...)
	}
	return w.explain
}

// checkChain notes the chain that is indexed, and refuses another.
func (w *writer) checkChain(id string) error {
	if id == "" {
		return nil
	}
	known, err := setting(w.ctx, w.tx, settingChain)
	if err != nil || known == id {
		return err
	}
	if known != "" {
		return fmt.Errorf("the index holds chain %q, the source tells of %q: %w", known, id, pocket.ErrWrongChain)
	}
	return w.set(settingChain, clean(id))
}

// each runs visit for every row and closes rows.
func each(rows *sql.Rows, visit func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := visit(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// listOf writes numbers for IN (…). They come from the index itself, never from a stranger's text.
func listOf(ids []int64) string {
	if len(ids) == 0 {
		return strconv.Itoa(unknown)
	}
	b := make([]byte, 0, 8*len(ids))
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}
