package rewards

import (
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A matcher is a [pocket.Filter] made for asking often.
type matcher struct {
	suppliers, owners, applications, recipients set[pocket.Address]
	services                                    set[pocket.ServiceID]
}

func newMatcher(f pocket.Filter) matcher {
	return matcher{newSet(f.Suppliers), newSet(f.Owners), newSet(f.Applications), newSet(f.Recipients), newSet(f.Services)}
}

func (m *matcher) subject(s *pocket.Subject) bool {
	return m.suppliers.allows(s.Supplier) && m.owners.allows(s.Owner) &&
		m.applications.allows(s.Application) && m.services.allows(s.Service)
}

func (m *matcher) recipient(shares []pocket.Share) bool {
	return m.recipients.empty() || slices.ContainsFunc(shares, func(s pocket.Share) bool { return m.recipients.has(s.Recipient) })
}

// A set holds a few values in a slice and many in a map, whichever is faster.
type set[T comparable] struct {
	few  []T
	many map[T]struct{}
}

const fewAtMost = 8

func newSet[T comparable](values []T) set[T] {
	if len(values) <= fewAtMost {
		return set[T]{few: values}
	}
	many := make(map[T]struct{}, len(values))
	for _, v := range values {
		many[v] = struct{}{}
	}
	return set[T]{many: many}
}

func (s *set[T]) empty() bool { return len(s.few) == 0 && len(s.many) == 0 }

func (s *set[T]) has(v T) bool {
	if s.many != nil {
		_, ok := s.many[v]
		return ok
	}
	return slices.Contains(s.few, v)
}

// allows reports whether v is in s, or s asks for nothing.
func (s *set[T]) allows(v T) bool { return s.empty() || s.has(v) }
