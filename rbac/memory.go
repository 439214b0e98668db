package rbac

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// A Memory is a store that forgets everything when the program ends.
type Memory struct {
	mu    sync.Mutex
	state memory
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{state: memory{}.clone()} }

// Look implements [Store].
func (m *Memory) Look(_ context.Context, do func(View) error) error {
	m.mu.Lock()
	state := m.state // what changes it makes another
	m.mu.Unlock()
	return do(&state)
}

// Change implements [Store].
func (m *Memory) Change(ctx context.Context, do func(Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	state := m.state.clone()
	if err := do(&state); err != nil {
		return err
	}
	m.state = state
	return nil
}

type linkKey struct {
	subject Subject
	address pocket.Address
}

type memory struct {
	assignments map[Subject]Assignment
	links       map[linkKey]Linked
	invitations map[string]Invitation
	keys        map[string]Subject
	records     []Record
}

func (m memory) clone() memory {
	return memory{
		assignments: cloned(m.assignments), links: cloned(m.links), invitations: cloned(m.invitations), keys: cloned(m.keys), records: slices.Clone(m.records),
	}
}

func cloned[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

func (m *memory) Assignment(s Subject) (Assignment, error) {
	a, ok := m.assignments[s]
	if !ok {
		return a, ErrUnknown
	}
	return a, nil
}

func (m *memory) Assignments() ([]Assignment, error) {
	return slices.SortedFunc(maps.Values(m.assignments), func(a, b Assignment) int { return cmp.Compare(a.Subject, b.Subject) }), nil
}

func (m *memory) Links(s Subject) ([]Linked, error) {
	var list []Linked
	for _, l := range m.links {
		if s == "" || l.Subject == s {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b Linked) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Address.String(), b.Address.String()))
	})
	return list, nil
}

func (m *memory) Invitations() ([]Invitation, error) {
	return slices.SortedFunc(maps.Values(m.invitations), func(a, b Invitation) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Hash, b.Hash))
	}), nil
}

func (m *memory) Key(hash string) (Subject, error) {
	s, ok := m.keys[hash]
	if !ok {
		return "", ErrUnknown
	}
	return s, nil
}

func (m *memory) Records(q AuditQuery) ([]Record, error) {
	var list []Record
	for _, r := range slices.Backward(m.records) {
		if q.Before > 0 && r.ID >= q.Before || q.Subject != "" && r.By != q.Subject && r.Subject != q.Subject || !q.Contains(r.At) {
			continue
		}
		if list = append(list, r); len(list) == q.Limit {
			break
		}
	}
	return list, nil
}

func (m *memory) SetAssignment(a Assignment) error { m.assignments[a.Subject] = a; return nil }

func (m *memory) DropAssignment(s Subject) error { delete(m.assignments, s); return nil }

func (m *memory) AddLink(l Linked) error {
	m.links[linkKey{l.Subject, l.Address}] = l
	return nil
}

func (m *memory) DropLink(s Subject, a pocket.Address) error {
	delete(m.links, linkKey{s, a})
	return nil
}

func (m *memory) SetInvitation(i Invitation) error { m.invitations[i.Hash] = i; return nil }

func (m *memory) DropInvitation(hash string) error { delete(m.invitations, hash); return nil }

func (m *memory) SetKey(hash string, s Subject) error { m.keys[hash] = s; return nil }

func (m *memory) DropKeys(s Subject) error {
	maps.DeleteFunc(m.keys, func(_ string, of Subject) bool { return of == s })
	return nil
}

func (m *memory) Append(r Record) error {
	r.ID = int64(len(m.records) + 1)
	m.records = append(m.records, r)
	return nil
}

func (m *memory) Rename(from, to Subject) error {
	for i, r := range m.records {
		m.records[i], _ = r.forgotten(from, to)
	}
	return nil
}
