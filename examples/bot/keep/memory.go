package keep

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
)

// A Memory is a [Store] that forgets everything when the program ends: for tests, and for demonstrations.
type Memory struct {
	config config

	mu     sync.Mutex
	spaces map[string]map[string]held
}

// held is an entry as a database would hold it.
type held struct {
	value   []byte
	expires int64
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store in memory.
func NewMemory(opts ...Option) *Memory {
	return &Memory{config: newConfig(opts), spaces: map[string]map[string]held{}}
}

// find returns an entry that has not expired. The caller holds the lock.
func (m *Memory) find(space, key string) (Entry, error) {
	h, ok := m.spaces[space][key]
	if !ok || over(h.expires, micros(m.config.now())) {
		return Entry{}, ErrNone
	}
	return Entry{Space: space, Key: key, Value: append([]byte{}, h.value...), Expires: moment(h.expires)}, nil
}

// Get implements [Store].
func (m *Memory) Get(ctx context.Context, space, key string) (Entry, error) {
	if err := context.Cause(ctx); err != nil {
		return Entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(space, key)
}

// Put implements [Store].
func (m *Memory) Put(ctx context.Context, entries ...Entry) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		if m.spaces[e.Space] == nil {
			m.spaces[e.Space] = map[string]held{}
		}
		m.spaces[e.Space][e.Key] = held{value: bytes.Clone(e.Value), expires: micros(e.Expires)}
	}
	return nil
}

// Take implements [Store].
func (m *Memory) Take(ctx context.Context, space, key string) (Entry, error) {
	if err := context.Cause(ctx); err != nil {
		return Entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.find(space, key)
	delete(m.spaces[space], key)
	return e, err
}

// Delete implements [Store].
func (m *Memory) Delete(ctx context.Context, space string, keys ...string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.spaces[space], key)
	}
	if len(keys) == 0 || len(m.spaces[space]) == 0 {
		delete(m.spaces, space)
	}
	return nil
}

// List implements [Store].
func (m *Memory) List(ctx context.Context, space string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(Entry{}, err)
			return
		}
		m.mu.Lock()
		keys := slices.Sorted(maps.Keys(m.spaces[space]))
		m.mu.Unlock()
		for _, key := range keys {
			e, err := m.Get(ctx, space, key)
			if errors.Is(err, ErrNone) { // deleted meanwhile, or expired
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Expire implements [Store].
func (m *Memory) Expire(ctx context.Context) (int64, error) {
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now, n := micros(m.config.now()), int64(0)
	for name, space := range m.spaces {
		before := len(space)
		maps.DeleteFunc(space, func(_ string, h held) bool { return over(h.expires, now) })
		n += int64(before - len(space))
		if len(space) == 0 {
			delete(m.spaces, name)
		}
	}
	return n, nil
}
