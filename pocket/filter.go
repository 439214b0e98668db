package pocket

import "slices"

// A Subject is whom an [Event] concerns. A field that the event does not tell is zero.
type Subject struct {
	Supplier    Address // its operator
	Owner       Address // of the supplier
	Application Address
	Service     ServiceID
}

// SubjectOf returns whom e concerns. Expiries, discards and slashes tell no owner, nor do settlements before v0.1.33.
// Events of a whole block, of validators and transactions concern nobody in this sense.
func SubjectOf(e Event) Subject {
	switch e := e.(type) {
	case Settlement:
		return Subject{e.Supplier, e.Owner, e.Application, e.Service}
	case ClaimExpiry:
		return e.Work.subject()
	case ClaimDiscard:
		return Subject{Supplier: e.Supplier, Application: e.Application, Service: e.Service}
	case Slash:
		return Subject{Supplier: e.Supplier, Application: e.Application, Service: e.Service}
	case Overservicing:
		return Subject{Supplier: e.Supplier, Application: e.Application, Service: e.Service}
	case Reimbursement:
		return Subject{e.Supplier, e.Owner, e.Application, e.Service}
	case ClaimCreation:
		return e.Work.subject()
	case ProofSubmission:
		return e.Work.subject()
	case ProofCheck:
		return Subject{Supplier: e.Supplier, Application: e.Application, Service: e.Service}
	case SupplierStake:
		if e.Config == nil {
			return Subject{Supplier: e.Supplier}
		}
		return Subject{Supplier: e.Supplier, Owner: e.Config.Owner}
	case ServiceActivation:
		return Subject{Supplier: e.Supplier, Service: e.Service}
	case Unbonding:
		return Subject{Supplier: e.Supplier.Operator, Owner: e.Supplier.Owner}
	case StakeStuck:
		return Subject{Supplier: e.Supplier, Owner: e.Owner}
	case RevShareFallback:
		return Subject{Supplier: e.Supplier, Owner: e.Owner, Service: e.Service}
	case ApplicationUnbonding:
		return Subject{Application: e.Application.Address}
	case DifficultyUpdate:
		return Subject{Service: e.Service}
	case Migration:
		return e.subject()
	default:
		return Subject{}
	}
}

// subject tells the supplier or application that was made of a Morse account. Of a mere account it tells nobody.
func (m Migration) subject() Subject {
	switch m.As {
	case MigratedSupplier:
		return Subject{Supplier: m.Destination, Owner: m.Owner}
	case MigratedApplication:
		return Subject{Application: m.Destination}
	default:
		return Subject{}
	}
}

func (w Work) subject() Subject {
	return Subject{Supplier: w.Supplier, Application: w.Application, Service: w.Service}
}

// Match reports whether f lets e through. An event that does not tell what a field of f asks for does not match: a filter by
// owner leaves out slashes, and one by recipient leaves out all but settlements that say whom they paid.
func (f Filter) Match(e Event) bool {
	return f.IsZero() || f.MatchSubject(SubjectOf(e)) && f.MatchRecipient(e)
}

// MatchSubject is the part of [Filter.Match] that looks at whom an event concerns. Callers that know more than the event tells, such as
// a supplier's owner, fill it in first.
func (f Filter) MatchSubject(s Subject) bool {
	return matches(f.Suppliers, s.Supplier) && matches(f.Owners, s.Owner) &&
		matches(f.Applications, s.Application) && matches(f.Services, s.Service)
}

// MatchRecipient is the part of [Filter.Match] that looks at whom a settlement paid, be it nothing.
func (f Filter) MatchRecipient(e Event) bool {
	if len(f.Recipients) == 0 {
		return true
	}
	s, ok := e.(Settlement)
	return ok && !s.Lacks.Has(LacksShares) && slices.ContainsFunc(s.Shares, func(share Share) bool {
		return slices.Contains(f.Recipients, share.Recipient)
	})
}

// Match reports whether e is among what q asks for, its Limit and order aside. An event without a time is in no span that has an end.
func (q EventQuery) Match(e Event) bool {
	at := e.Where().Time
	if at.IsZero() && q.Span != (Span{}) || !q.Span.Contains(at) {
		return false
	}
	return matches(q.Kinds, e.Kind()) && q.Filter.Match(e)
}

func matches[T comparable](wanted []T, got T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, got)
}
