package rewards

import (
	"fmt"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A payment is the place of a share in a settlement, kept to sort shares by whom they paid.
type payment struct {
	recipient pocket.Address
	share     int
}

func (a *Adder) addSettlement(s *pocket.Settlement) error {
	shares := s.Shares
	if s.Lacks.Has(pocket.LacksShares) {
		shares = nil
	}
	if !a.match.recipient(shares) {
		return nil
	}
	who := pocket.Subject{
		Supplier: s.Supplier, Owner: a.ownerOf(s.Supplier, s.Owner), Application: s.Application, Service: s.Service,
	}
	if !a.match.subject(&who) {
		return nil
	}
	b, err := a.bucketAt(&s.At)
	if b == nil || err != nil {
		return err
	}
	sums := claimSums(s)
	if a.by.recipient && len(shares) > 0 {
		return a.split(b, who, s, shares, &sums)
	}
	if !a.addShares(&sums, shares) {
		return fmt.Errorf("settlement %d of block %d: %w", s.Index, s.Height, errOverflow)
	}
	return a.addAt(b, a.groupOf(who, pocket.Address{}), &sums, s.Time)
}

// claimSums returns what a settlement adds whoever it paid.
func claimSums(s *pocket.Settlement) Sums {
	sums := Sums{
		Settlements: 1, Relays: s.Relays, EstimatedRelays: s.EstimatedRelays, ComputeUnits: s.EstimatedComputeUnits, Claimed: s.Claimed,
	}
	if s.Lacks.Has(pocket.LacksShares) {
		sums.LackShares = 1
	}
	if s.Lacks.Has(pocket.LacksAmounts) {
		sums.LackAmounts = 1
		return sums
	}
	sums.Settled, sums.Minted, sums.Overserviced, sums.Deflated = s.Settled, s.Minted, s.Overserviced, s.Deflated
	if s.Overserviced > 0 {
		sums.OverservicedClaims = 1
	}
	if s.Deflated > 0 {
		sums.DeflatedClaims = 1
	}
	return sums
}

// split adds a settlement to the row of everybody it paid: the claim whole, and of the shares their own.
func (a *Adder) split(b *bucket, who pocket.Subject, s *pocket.Settlement, shares []pocket.Share, claim *Sums) error {
	paid := a.paid[:0]
	for i := range shares {
		paid = append(paid, payment{shares[i].Recipient, i})
	}
	a.paid = paid
	slices.SortFunc(paid, func(x, y payment) int { return x.recipient.Compare(y.recipient) })
	for len(paid) > 0 {
		recipient, own := paid[0].recipient, *claim
		for len(paid) > 0 && paid[0].recipient == recipient {
			i := paid[0].share
			if !a.addShares(&own, shares[i:i+1]) {
				return fmt.Errorf("shares of %s: %w", recipient, errOverflow)
			}
			paid = paid[1:]
		}
		if err := a.addAt(b, a.groupOf(who, recipient), &own, s.Time); err != nil {
			return err
		}
	}
	return nil
}

// addShares adds what shares paid to sums and reports whether it fit.
func (a *Adder) addShares(sums *Sums, shares []pocket.Share) bool {
	var wrapped int64
	for i := range shares {
		share := &shares[i]
		mine := !a.wallets.empty() && a.wallets.has(share.Recipient)
		switch a.reasons.kindOf(share.Reason) {
		case paysSupplier:
			plus(&sums.Gross, share.Amount, &wrapped)
			if mine {
				plus(&sums.Mine, share.Amount, &wrapped)
			}
		case paysUnsaid:
			plus(&sums.Unattributed, share.Amount, &wrapped)
			if mine {
				plus(&sums.UnattributedMine, share.Amount, &wrapped)
			}
		default:
			if mine {
				plus(&sums.OtherRoles, share.Amount, &wrapped)
			}
		}
	}
	return wrapped >= 0
}

// A reasonKind tells which sum a share belongs to.
type reasonKind int

const (
	paysOther reasonKind = iota
	paysSupplier
	paysUnsaid
)

// reasons remembers the kinds of the reasons seen, since reading a reason's role takes longer than all else about a share.
// The chain has about a dozen.
type reasons []struct {
	reason pocket.Reason
	kind   reasonKind
}

const maxReasons = 32 // a source that makes up more gets them read each time

func (r *reasons) kindOf(reason pocket.Reason) reasonKind {
	for i := range *r {
		if (*r)[i].reason == reason {
			return (*r)[i].kind
		}
	}
	kind := paysOther
	switch {
	case reason == "":
		kind = paysUnsaid
	case reason.Role() == pocket.RoleSupplier:
		kind = paysSupplier
	}
	if len(*r) < maxReasons {
		*r = append(*r, struct {
			reason pocket.Reason
			kind   reasonKind
		}{reason, kind})
	}
	return kind
}
