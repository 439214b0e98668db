package morse

import (
	"context"
	"errors"
	"sync"
)

// A cache remembers the newest answers to questions, up to a number of them. Who asks what is being asked for already waits for that
// answer. Errors are not remembered.
type cache[K comparable, V any] struct {
	most int

	mu      sync.Mutex
	entries map[K]*cached[V]
	order   []K // as they came
}

type cached[V any] struct {
	done  chan struct{}
	value V
	err   error
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{most: most, entries: map[K]*cached[V]{}}
}

// get returns what is remembered of key, or loads it.
func (c *cache[K, V]) get(ctx context.Context, key K, load func() (V, error)) (V, error) {
	for {
		c.mu.Lock()
		e, ok := c.entries[key]
		if !ok {
			e = &cached[V]{done: make(chan struct{})}
			c.add(key, e)
			c.mu.Unlock()
			e.value, e.err = load()
			if e.err != nil {
				c.forget(key, e)
			}
			close(e.done)
			return e.value, e.err
		}
		c.mu.Unlock()
		select {
		case <-e.done:
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
		// Who loaded it may have been called off. That is no answer for others.
		if !errors.Is(e.err, context.Canceled) && !errors.Is(e.err, context.DeadlineExceeded) {
			return e.value, e.err
		}
		if ctx.Err() != nil {
			var none V
			return none, ctx.Err()
		}
	}
}

func (c *cache[K, V]) add(key K, e *cached[V]) {
	c.entries[key] = e
	c.order = append(c.order, key)
	for len(c.entries) > c.most {
		delete(c.entries, c.order[0])
		c.order = c.order[1:]
	}
	if len(c.order) > 2*c.most { // failures leave their keys behind
		kept := c.order[:0]
		for _, k := range c.order {
			if _, ok := c.entries[k]; ok {
				kept = append(kept, k)
			}
		}
		c.order = kept
	}
}

func (c *cache[K, V]) forget(key K, e *cached[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[key] == e {
		delete(c.entries, key)
	}
}

// peek returns what is remembered without waiting.
func (c *cache[K, V]) peek(key K) (V, bool) {
	c.mu.Lock()
	e, ok := c.entries[key]
	c.mu.Unlock()
	if ok {
		select {
		case <-e.done:
			return e.value, e.err == nil
		default:
		}
	}
	var none V
	return none, false
}
