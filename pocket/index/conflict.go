package index

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/poktbot/poktbot/internal/same"
	"github.com/poktbot/poktbot/pocket"
)

// A Conflict is a settlement, expiry or slash that a source tells otherwise than it is stored. What is stored stays as it is:
// [Index.Repair] replaces the block by what the chain says. What one of both does not tell is no conflict.
type Conflict struct {
	Stored   pocket.Event // with all that sums are made of
	Told     pocket.Event
	StoredBy string // the source it came from; "" when its row was pruned away
	ToldBy   string
}

func (c Conflict) String() string {
	at := c.Stored.Where()
	return fmt.Sprintf("%s of %s in block %d: %s tells it otherwise than %s",
		c.Stored.Kind(), pocket.SubjectOf(c.Stored).Supplier, at.Height, c.ToldBy, c.StoredBy)
}

// tellConflicts hands what a transaction met to who asked for it, after it was committed.
func tellConflicts(list []Conflict, tell func(Conflict), log *slog.Logger) {
	for _, c := range list {
		if log != nil {
			at := c.Stored.Where()
			log.Warn("a source contradicts what is stored", "height", at.Height, "kind", c.Stored.Kind(),
				"supplier", pocket.SubjectOf(c.Stored).Supplier, "stored_by", c.StoredBy, "told_by", c.ToldBy)
		}
		if tell != nil {
			tell(c)
		}
	}
}

// compareSettlement notes a conflict when a settlement that is known is told otherwise. Of another height than the told one known is nil.
func (r *rowsOf) compareSettlement(known *entry, told pocket.Settlement, key claimKey) error {
	var stored pocket.Event
	if known != nil {
		stored = known.event(r.w.words(), r.height, timeOf(r.time), new([]pocket.Share))
		if len(same.Compare(stored, told).Differ) == 0 {
			return nil
		}
	}
	row, source, err := r.w.storedClaim(key)
	if err != nil {
		return err
	}
	if stored == nil { // at another height
		if row == nil {
			return nil
		}
		stored = row
	}
	r.w.conflict(stored, told, source)
	return nil
}

// compareLoss does the same for an expiry, a discard or a slash that is known under a number.
func (r *rowsOf) compareLoss(told pocket.Event, idx int64) error {
	form, counts := formOf(told.Kind())
	at := slices.IndexFunc(r.digest.entries, func(e entry) bool { return e.idx == idx && e.form == form })
	if !counts || at < 0 {
		return nil
	}
	stored := r.digest.entries[at].event(r.w.words(), r.height, timeOf(r.time), nil)
	if same.AmountOf(stored) == same.AmountOf(told) {
		return nil
	}
	var source int64
	err := r.w.tx.QueryRowContext(r.w.ctx, "SELECT coalesce(max(source), 0) FROM events WHERE height = $1 AND idx = $2 AND kind = $3",
		r.height, idx, r.w.kind(told.Kind())).Scan(&source)
	r.w.conflict(stored, told, r.w.words().text(source))
	return err
}

func (w *writer) conflict(stored, told pocket.Event, source string) {
	w.conflicts = append(w.conflicts, Conflict{Stored: stored, Told: told, StoredBy: source, ToldBy: w.words().text(w.source)})
}

// storedClaim returns a settlement's row, wherever it stands, and who told of it; nil when there is none.
func (w *writer) storedClaim(key claimKey) (pocket.Event, string, error) {
	words := &lexicon{ctx: w.ctx, x: w.x, vocabulary: w.words()}
	scanner := newSettlementScanner(words)
	var source int64
	scanner.targets = append(scanner.targets, &source)
	rows, err := w.tx.QueryContext(w.ctx, "SELECT "+settlementColumns+", source FROM settlements "+
		"WHERE session_end = $1 AND supplier = $2 AND application = $3 AND service = $4", key.sessionEnd, key.supplier, key.application, key.service)
	if err != nil {
		return nil, "", err
	}
	var stored pocket.Event
	err = each(rows, func() error {
		s, err := scanner.scan(rows)
		stored = s
		return err
	})
	return stored, words.text(source), err
}

// Source returns who told of a stored event, such as "chain" or "poktscan": an event as [Index.Events] yields it.
// [pocket.ErrNotFound] when it is not stored, or not any more.
func (x *Index) Source(ctx context.Context, e pocket.Event) (string, error) {
	at := e.Where()
	query, args := "SELECT source FROM events WHERE height = $1 AND idx = $2 AND kind = $3", []any{int64(at.Height), int64(at.Index)}
	switch e.Kind() {
	case pocket.KindSettlement:
		query = "SELECT source FROM settlements WHERE height = $1 AND idx = $2"
	case pocket.KindTransaction:
		query = "SELECT source FROM transactions WHERE height = $1 AND idx = $2"
	default:
		kinds, err := x.lookup(ctx, string(e.Kind()))
		if err != nil {
			return "", err
		}
		args = append(args, kinds[0])
	}
	rows, err := x.db.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return "", x.fault("source of an event", err)
	}
	words, source := x.lexicon(ctx), ""
	err = each(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		source = words.text(id)
		return err
	})
	if err == nil && source == "" {
		return "", fmt.Errorf("index: event %d of block %d: %w", at.Index, at.Height, pocket.ErrNotFound)
	}
	return source, x.fault("source of an event", err)
}
