package index

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Prune removes the single events and transactions of all blocks before a time, and returns how many. Everything that [Index.Sums],
// [Index.Stays], [Index.Aliases] and [Index.Blocks] answer stays exactly as it was; [Index.Events] of that time are [pocket.ErrPruned] from then on. It
// works in small transactions, so that it may be interrupted and readers and a follower go on meanwhile. The room is used again for new
// rows, not given back to the disk.
func (x *Index) Prune(ctx context.Context, before time.Time) (int64, error) {
	r, err := x.reach(ctx, pocket.Span{To: before})
	if err != nil {
		return 0, err
	}
	if r == everything { // all blocks are older: go up to the last
		if err := x.db.Read.QueryRowContext(ctx, "SELECT coalesce(max(height), 0) FROM blocks").Scan(&r.high); err != nil {
			return 0, x.fault("prune", err)
		}
	}
	removed := int64(0)
	for {
		n, more, err := x.pruneSome(ctx, r.high+1)
		removed += n
		if err != nil || !more {
			return removed, err
		}
	}
}

// heightsPruned is how many blocks are pruned in one transaction.
const heightsPruned = 50

// pruneSome prunes some of the blocks below end and reports whether there are more.
func (x *Index) pruneSome(ctx context.Context, end int64) (removed int64, more bool, err error) {
	err = x.write(ctx, "prune", func(w *writer) error {
		removed, more = 0, false
		if w.pruned >= end {
			return nil
		}
		var first sql.NullInt64
		if err := w.tx.QueryRowContext(ctx, "SELECT min(height) FROM blocks WHERE height >= $1", w.pruned).Scan(&first); err != nil {
			return err
		}
		r := reach{max(w.pruned, first.Int64), 0}
		r.high = min(r.low+heightsPruned, end) - 1
		if !r.empty() {
			if removed, err = w.removeRows(r, w.kind(pocket.KindMigration)); err != nil {
				return err
			}
		}
		more = r.high+1 < end
		return w.setNumber(settingPruned, r.high+1)
	})
	return removed, more, err
}

// removeRows removes the rows of blocks and returns how many events and transactions those were. Events of the kind to keep, 0 for none,
// stay, and so do digests, sums and histories.
func (w *writer) removeRows(r reach, keep int64) (int64, error) {
	if err := w.removePaid(r); err != nil {
		return 0, err
	}
	if err := w.removeParties(r); err != nil {
		return 0, err
	}
	removed := int64(0)
	for t, only := range map[*table]string{
		settlementsTable: "", eventsTable: fmt.Sprintf(" AND kind <> %d", keep), transactionsTable: "",
	} {
		w.changed = true
		result, err := w.tx.ExecContext(w.ctx, "DELETE FROM "+t.name+" WHERE height >= $1 AND height <= $2"+only, r.low, r.high)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		removed += n
	}
	return removed, nil
}

// A mention is an address in a block. By it the rows of paid and parties are found, which have no index by height.
type mention struct{ id, height int64 }

func (w *writer) removePaid(r reach) error {
	rows, err := w.tx.QueryContext(w.ctx, "SELECT height, shares FROM settlements WHERE height >= $1 AND height <= $2", r.low, r.high)
	if err != nil {
		return err
	}
	mentions := map[mention]bool{}
	var height int64
	var packed sql.RawBytes
	err = each(rows, func() error {
		if err := rows.Scan(&height, &packed); err != nil {
			return err
		}
		u := unpacker{b: packed}
		for _, s := range u.shares(nil) {
			mentions[mention{s.recipient, height}] = true
		}
		if u.short {
			return fmt.Errorf("settlement of block %d: %w", height, ErrCorrupt)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.removeMentions("DELETE FROM paid WHERE recipient = $1 AND height = $2", mentions)
}

func (w *writer) removeParties(r reach) error {
	stream := transactionStream("transactions t", nil)
	rows, err := w.tx.QueryContext(w.ctx,
		"SELECT "+stream.columns+" FROM transactions t WHERE t.height >= $1 AND t.height <= $2", r.low, r.high)
	if err != nil {
		return err
	}
	mentions := map[mention]bool{}
	err = each(rows, func() error {
		i, err := stream.scan(rows)
		if err != nil {
			return err
		}
		t := i.value.(pocket.Transaction)
		for _, party := range partiesOf(&t) {
			mentions[mention{w.address(party), i.height}] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.removeMentions("DELETE FROM parties WHERE address = $1 AND height = $2", mentions)
}

func (w *writer) removeMentions(query string, mentions map[mention]bool) error {
	for m := range mentions {
		if err := w.exec(query, m.id, m.height); err != nil {
			return err
		}
	}
	return nil
}
