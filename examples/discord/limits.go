package main

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/disgoorg/disgo/rest"
	"golang.org/x/time/rate"
)

// A pace keeps requests within what Discord allows, as the headers of its answers tell. That of disgo is not used: it takes only whole seconds, and keeps
// a goroutine for ever. After a 429 nothing is tried again here: package chat knows whether somebody still waits.
type pace struct {
	mu      sync.Mutex
	buckets map[string]*bucket // by route
	global  time.Time
	all     *rate.Limiter // of all requests
}

// A bucket is how many requests of a route are left until it is full again.
type bucket struct {
	left    int
	until   time.Time
	flying  int // under way, of which no answer has told yet
	unknown bool
}

// Discord takes 50 requests a second of a bot (Rate Limits, Global Rate Limit).
const (
	requestsASecond = 45
	requestsAtOnce  = 10
)

var _ rest.RateLimiter = (*pace)(nil)

func newPace() *pace {
	return &pace{buckets: map[string]*bucket{}, all: rate.NewLimiter(requestsASecond, requestsAtOnce)}
}

// MaxRetries is one try.
func (p *pace) MaxRetries() int { return 1 }

// Close does nothing: nothing runs.
func (p *pace) Close(context.Context) {}

// Reset forgets all limits.
func (p *pace) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.buckets)
	p.global = time.Time{}
}

func route(e *rest.CompiledEndpoint) string {
	return e.Endpoint.Method + " " + e.Endpoint.Route + " " + e.MajorParams
}

// Wait waits until the request is allowed.
func (p *pace) Wait(ctx context.Context, e *rest.CompiledEndpoint) error {
	if e.Endpoint.BotAuth { // what answers interactions is not bound by what is for all
		if err := p.all.Wait(ctx); err != nil {
			return err
		}
	}
	for {
		wait := p.take(e)
		if wait <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// take counts a request that is allowed now, and otherwise returns how long to wait before it is asked again.
func (p *pace) take(e *rest.CompiledEndpoint) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := time.Until(p.global); wait > 0 && e.Endpoint.BotAuth {
		return wait
	}
	b := p.buckets[route(e)]
	if b == nil {
		b = &bucket{unknown: true}
		p.buckets[route(e)] = b
	}
	wait := time.Until(b.until)
	if wait <= 0 { // it is full again; how much that is, the next answer tells
		b.unknown = true
	}
	switch {
	case b.unknown && b.flying >= unknownAtOnce:
		return unknownPause // the first find out for all
	case !b.unknown && b.left <= 0:
		return wait
	}
	b.left--
	b.flying++
	return 0
}

// How many requests of a route may be under way before an answer has told how many are allowed, and how often it is looked whether one has.
const (
	unknownAtOnce = 3
	unknownPause  = 10 * time.Millisecond
)

// Unlock learns from an answer, nil when there was none.
func (p *pace) Unlock(e *rest.CompiledEndpoint, answer *http.Response) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for name, b := range p.buckets {
		if b.flying == 0 && b.until.Before(now) {
			delete(p.buckets, name)
		}
	}
	b := p.buckets[route(e)]
	if b == nil {
		b = &bucket{unknown: true}
		p.buckets[route(e)] = b
	}
	b.flying = max(b.flying-1, 0)
	if answer == nil {
		return nil
	}
	header := answer.Header
	if answer.StatusCode == http.StatusTooManyRequests {
		if wait, ok := seconds(header, "Retry-After"); ok && header.Get("X-RateLimit-Global") != "" {
			p.global = now.Add(wait)
		}
	}
	left, err := strconv.Atoi(header.Get("X-RateLimit-Remaining"))
	wait, ok := seconds(header, "X-RateLimit-Reset-After")
	if err == nil && ok && left >= 0 {
		b.left, b.until, b.unknown = left-b.flying, now.Add(wait), false
	}
	return nil
}

// seconds reads a header. What is not a number, or more than an hour, is no limit of Discord's.
func seconds(header http.Header, name string) (time.Duration, bool) {
	n, err := strconv.ParseFloat(header.Get(name), 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > 3600 {
		return 0, false
	}
	return time.Duration(n * float64(time.Second)), true
}
