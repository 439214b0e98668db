package rewards

import (
	"cmp"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// Plus returns s and t added field by field, or an error that wraps [pocket.ErrOverflow].
func (s Sums) Plus(t Sums) (Sums, error) {
	if !s.add(&t) {
		return Sums{}, errOverflow
	}
	return s, nil
}

// Total returns the rows added up. Rows kept apart by recipient overlap and are refused with [pocket.ErrInvalid]. [TotalWorth] adds up what they
// were worth.
func Total(rows []Row) (Sums, error) {
	var total Sums
	for i := range rows {
		if !rows[i].Recipient.IsZero() {
			return Sums{}, errOverlap
		}
		if !total.add(&rows[i].Sums) {
			return Sums{}, errOverflow
		}
	}
	return total, nil
}

// Compare orders keys as rows are sorted: by Start, Supplier, Service, Owner, Application, Recipient.
func (k Key) Compare(l Key) int {
	if c := cmp.Or(k.Start.Compare(l.Start), k.Supplier.Compare(l.Supplier)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(k.Service, l.Service), k.Owner.Compare(l.Owner), k.Application.Compare(l.Application),
		k.Recipient.Compare(l.Recipient))
}

var errOverflow = fmt.Errorf("sum: %w", pocket.ErrOverflow)

// add adds t to s and reports whether all of it fit; if not, s means nothing any more.
func (s *Sums) add(t *Sums) bool {
	var wrapped int64
	plus(&s.Settlements, t.Settlements, &wrapped)
	plus(&s.Relays, t.Relays, &wrapped)
	plus(&s.EstimatedRelays, t.EstimatedRelays, &wrapped)
	plus(&s.ComputeUnits, t.ComputeUnits, &wrapped)
	plus(&s.Claimed, t.Claimed, &wrapped)
	plus(&s.Settled, t.Settled, &wrapped)
	plus(&s.Minted, t.Minted, &wrapped)
	plus(&s.Overserviced, t.Overserviced, &wrapped)
	plus(&s.Deflated, t.Deflated, &wrapped)
	plus(&s.OverservicedClaims, t.OverservicedClaims, &wrapped)
	plus(&s.DeflatedClaims, t.DeflatedClaims, &wrapped)
	plus(&s.Gross, t.Gross, &wrapped)
	plus(&s.Mine, t.Mine, &wrapped)
	plus(&s.OtherRoles, t.OtherRoles, &wrapped)
	plus(&s.Expired, t.Expired, &wrapped)
	plus(&s.ExpiredClaimed, t.ExpiredClaimed, &wrapped)
	plus(&s.Discarded, t.Discarded, &wrapped)
	plus(&s.Slashes, t.Slashes, &wrapped)
	plus(&s.Slashed, t.Slashed, &wrapped)
	plus(&s.LackAmounts, t.LackAmounts, &wrapped)
	plus(&s.LackShares, t.LackShares, &wrapped)
	plus(&s.Unattributed, t.Unattributed, &wrapped)
	plus(&s.UnattributedMine, t.UnattributedMine, &wrapped)
	return wrapped >= 0
}

// plus adds n to *to. The sign of *wrapped turns when the sum does not fit: both terms then have the sign that the sum has not.
func plus[T ~int64](to *T, n T, wrapped *int64) {
	sum := *to + n
	*wrapped |= int64((*to ^ sum) & (n ^ sum))
	*to = sum
}
