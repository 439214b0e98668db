package main

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/disgoorg/disgo/rest"
)

// A pace keeps requests within what Discord allows, as the headers of its answers tell. That of disgo is not used: it takes only whole seconds, and keeps
// a goroutine for ever. After a 429 nothing is tried again here: package chat knows whether somebody still waits.
type pace struct {
	mu      sync.Mutex
	buckets map[string]time.Time // by route, those with nothing left, until when
	global  time.Time
}

var _ rest.RateLimiter = (*pace)(nil)

func newPace() *pace { return &pace{buckets: map[string]time.Time{}} }

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
	p.mu.Lock()
	until := p.buckets[route(e)]
	if p.global.After(until) && e.Endpoint.BotAuth { // what answers interactions is not bound by it
		until = p.global
	}
	p.mu.Unlock()
	wait := time.Until(until)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Unlock learns from an answer.
func (p *pace) Unlock(e *rest.CompiledEndpoint, answer *http.Response) error {
	if answer == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for name, until := range p.buckets {
		if until.Before(now) {
			delete(p.buckets, name)
		}
	}
	header := answer.Header
	if answer.StatusCode == http.StatusTooManyRequests {
		if wait, ok := seconds(header, "Retry-After"); ok && header.Get("X-RateLimit-Global") != "" {
			p.global = now.Add(wait)
		}
	}
	if header.Get("X-RateLimit-Remaining") == "0" {
		if wait, ok := seconds(header, "X-RateLimit-Reset-After"); ok {
			p.buckets[route(e)] = now.Add(wait)
		}
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
