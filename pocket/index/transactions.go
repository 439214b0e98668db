package index

import (
	"context"
	"fmt"
	"iter"

	"github.com/poktbot/poktbot/pocket"
)

// A TransactionQuery chooses transactions.
type TransactionQuery struct {
	pocket.Span
	Parties []pocket.Address // who paid the fee, sent or received, any of them; empty means all transactions
	Newest  bool             // newest first; oldest first otherwise
	Limit   int              // at most so many; 0 means all
}

// Transactions yields the stored transactions that match q, in the order of the chain. See [Index.Events]. An error is yielded last,
// with a zero Transaction.
func (x *Index) Transactions(ctx context.Context, q TransactionQuery) iter.Seq2[pocket.Transaction, error] {
	return func(yield func(pocket.Transaction, error) bool) {
		if err := x.yieldTransactions(ctx, q, func(t pocket.Transaction) bool { return yield(t, nil) }); err != nil {
			yield(pocket.Transaction{}, err)
		}
	}
}

func (x *Index) yieldTransactions(ctx context.Context, q TransactionQuery, yield func(pocket.Transaction) bool) error {
	if err := (pocket.EventQuery{Span: q.Span, Limit: q.Limit}).Check(); err != nil {
		return err
	}
	reach, err := x.rowsReach(ctx, q.Span)
	if err != nil || reach.empty() {
		return err
	}
	parties, err := x.lookupAddresses(ctx, q.Parties)
	if err != nil {
		return err
	}
	words := x.lexicon(ctx)
	var streams []*stream[pocket.Event]
	if len(parties) == 0 {
		streams = append(streams, transactionStream("transactions t", words))
	}
	for _, id := range unique(parties) {
		s := transactionStream("parties p JOIN transactions t ON t.height = p.height AND t.idx = p.idx", words)
		s.where, s.key = []string{fmt.Sprintf("p.address = %d", id)}, []string{"p.height", "p.idx"}
		streams = append(streams, s)
	}
	for _, s := range streams {
		s.reach, s.newest, s.page = reach, q.Newest, firstPage
	}
	left := q.Limit
	for i, err := range merge(ctx, x.db.Read, streams, q.Newest) {
		if err != nil {
			return x.fault("transactions", err)
		}
		if !q.Contains(i.value.Where().Time) {
			continue // stored since the heights were looked up
		}
		if !yield(i.value.(pocket.Transaction)) {
			return nil
		}
		if left--; left == 0 {
			return nil
		}
	}
	return nil
}

// Transaction returns the transaction with that hash, 64 hexadecimal digits in upper case; [pocket.ErrNotFound] when it is not stored.
// One that failed may have been included twice: then it is the first.
func (x *Index) Transaction(ctx context.Context, hash string) (pocket.Transaction, error) {
	s := transactionStream("transactions t", x.lexicon(ctx))
	rows, err := x.db.Read.QueryContext(ctx,
		"SELECT "+s.columns+" FROM "+s.from+" WHERE t.hash = $1 ORDER BY t.height, t.idx LIMIT 1", packHex(hash))
	if err != nil {
		return pocket.Transaction{}, x.fault("transaction", err)
	}
	var found *pocket.Transaction
	err = each(rows, func() error {
		i, err := s.scan(rows)
		if t, ok := i.value.(pocket.Transaction); ok {
			found = &t
		}
		return err
	})
	if err != nil {
		return pocket.Transaction{}, x.fault("transaction", err)
	}
	if found == nil {
		return pocket.Transaction{}, fmt.Errorf("index: transaction %.64q: %w", hash, pocket.ErrNotFound)
	}
	return *found, nil
}
