package coingecko

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// A pace keeps calls to so many in any minute. Every attempt counts, as CoinGecko counts failed ones; it only holds back the first of a
// call, since those that repeat it have pauses of their own. It is the transport that notes them.
type pace struct {
	next  http.RoundTripper
	calls int
	turn  chan struct{} // one call at a time

	mu   sync.Mutex
	made []time.Time // in the last minute, oldest first
}

func newPace(next http.RoundTripper, calls int) *pace {
	return &pace{next: next, calls: calls, turn: make(chan struct{}, 1)}
}

// RoundTrip notes the attempt.
func (p *pace) RoundTrip(request *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.made = append(p.made, time.Now())
	p.mu.Unlock()
	return p.next.RoundTrip(request)
}

// CloseIdleConnections closes those of the transport below.
func (p *pace) CloseIdleConnections() {
	if t, ok := p.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// begin waits until a call may be made. After it the caller must call end.
func (p *pace) begin(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	timer := time.NewTimer(p.wait(time.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		p.end()
		return ctx.Err()
	}
}

func (p *pace) end() { <-p.turn }

// wait returns how long there is no room for another call.
func (p *pace) wait(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.made) > 0 && now.Sub(p.made[0]) >= time.Minute {
		p.made = p.made[1:]
	}
	if len(p.made) < p.calls {
		return 0
	}
	return p.made[len(p.made)-p.calls].Add(time.Minute).Sub(now)
}
