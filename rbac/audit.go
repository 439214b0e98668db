package rbac

import (
	"context"
	"iter"
)

// auditPage is how many records are read at once.
const auditPage = 200

// Audit yields the records that match, the newest first. An error is yielded last. It asks nobody for a permission: who shows records to others asks
// for [SeeUsers].
func (a *Authority) Audit(ctx context.Context, q AuditQuery) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		left := q.Limit
		for {
			page := q
			if page.Limit = auditPage; q.Limit > 0 {
				page.Limit = min(left, auditPage)
			}
			var list []Record
			err := a.store.Look(ctx, func(v View) (err error) {
				list, err = v.Records(page)
				return err
			})
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range list {
				if !yield(r, nil) {
					return
				}
			}
			if left -= len(list); len(list) < page.Limit || q.Limit > 0 && left <= 0 {
				return
			}
			q.Before = list[len(list)-1].ID
		}
	}
}
