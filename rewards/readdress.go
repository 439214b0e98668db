package rewards

import (
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// readdress returns e with what its addresses became in their place. A migration stays as it is: it tells of both. Of who else a supplier's
// config names nothing is changed: Morse knew no such configs.
func (a *aliasing) readdress(e pocket.Event) pocket.Event {
	if len(a.become) == 0 {
		return e
	}
	change := func(addresses ...*pocket.Address) {
		for _, address := range addresses {
			*address = a.of(*address)
		}
	}
	switch e := e.(type) {
	case pocket.Settlement:
		change(&e.Supplier, &e.Owner, &e.Application)
		if slices.ContainsFunc(e.Shares, func(s pocket.Share) bool { return a.of(s.Recipient) != s.Recipient }) {
			e.Shares = slices.Clone(e.Shares)
			for i := range e.Shares {
				change(&e.Shares[i].Recipient)
			}
		}
		return e
	case pocket.ClaimExpiry:
		change(&e.Supplier, &e.Application)
		return e
	case pocket.ClaimDiscard:
		change(&e.Supplier, &e.Application)
		return e
	case pocket.Slash:
		change(&e.Supplier, &e.Application)
		return e
	case pocket.Overservicing:
		change(&e.Supplier, &e.Application)
		return e
	case pocket.Reimbursement:
		change(&e.Supplier, &e.Owner, &e.Application)
		return e
	case pocket.ClaimCreation:
		change(&e.Supplier, &e.Application)
		return e
	case pocket.ProofSubmission:
		change(&e.Supplier, &e.Application)
		return e
	case pocket.ProofCheck:
		change(&e.Supplier, &e.Application)
		return e
	case pocket.SupplierStake:
		change(&e.Supplier)
		if e.Config != nil {
			config := *e.Config
			change(&config.Operator, &config.Owner)
			e.Config = &config
		}
		return e
	case pocket.ServiceActivation:
		change(&e.Supplier)
		return e
	case pocket.Unbonding:
		change(&e.Supplier.Operator, &e.Supplier.Owner)
		return e
	case pocket.StakeStuck:
		change(&e.Supplier, &e.Owner)
		return e
	case pocket.ApplicationUnbonding:
		change(&e.Application.Address)
		return e
	case pocket.RevShareFallback:
		change(&e.Supplier, &e.Owner)
		return e
	case pocket.Transaction:
		change(&e.FeePayer)
		e.Transfers = slices.Clone(e.Transfers) // the source may keep its own
		for i := range e.Transfers {
			change(&e.Transfers[i].From, &e.Transfers[i].To)
		}
		return e
	}
	return e
}
