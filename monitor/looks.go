package monitor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// A poll is a check that looks from time to time.
type poll struct {
	name     string
	check    Check
	interval time.Duration
	timeout  time.Duration
	gated    bool

	begun atomic.Int64 // when the look that is under way began, in Unix nanoseconds; 0 when none is
	ended atomic.Int64 // when the last one ended
}

// soon is within what time every check looks for the first time.
const soon = 5 * time.Second

// repeat looks again and again until ctx ends.
func (w *Watcher) repeat(ctx context.Context, p *poll) {
	for wait := rand.N(min(p.interval, soon)); sleep(ctx, wait); {
		select {
		case <-ctx.Done():
			return
		case w.slots <- struct{}{}:
		}
		began := now()
		p.begun.Store(began.UnixNano())
		results, err := w.lookOnce(ctx, p)
		p.begun.Store(0)
		<-w.slots
		if ctx.Err() != nil {
			return
		}
		took := time.Since(began)
		w.stats.looked(p.name, took, results, err)
		w.judge(ctx, p, began, results, err)
		p.ended.Store(time.Now().UnixNano())
		wait = max(0, p.interval-p.interval/10+rand.N(p.interval/5+1)-took)
	}
}

// lookOnce makes one look, whose panic is an error like any other.
func (w *Watcher) lookOnce(ctx context.Context, p *poll) (results []Result, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	defer func() {
		if e := recover(); e != nil {
			w.log.Error("a check panicked", "check", p.name, "panic", e, "stack", string(debug.Stack()))
			results, err = nil, fmt.Errorf("the check panicked: %v", e)
		}
	}()
	return p.check.Look(ctx)
}

// judge makes of a look what it is worth. While the watcher's own network is gone that is nothing, except what is healthy.
func (w *Watcher) judge(ctx context.Context, p *poll, began time.Time, results []Result, err error) {
	if p.gated && (err != nil || !allHealthy(results)) && !w.connected(ctx, began) {
		results = healthyOnes(results)
		_ = w.persist(ctx, func(b *batch) {
			for _, res := range results {
				b.result(p.name, res)
			}
			b.end()
		})
		return
	}
	if err != nil {
		w.log.Warn("a check could not look", "check", p.name, "error", err)
		_ = w.persist(ctx, func(b *batch) { b.lookFailed(p.name, err, true) })
		return
	}
	_ = w.persist(ctx, func(b *batch) { b.look(p.name, results) })
}

func (r Result) healthy() bool {
	return r.Health == Healthy && !r.Reading.Valid && r.Occurrence == "" && r.Err == nil
}

func allHealthy(results []Result) bool {
	for i := range results {
		if !results[i].healthy() {
			return false
		}
	}
	return true
}

func healthyOnes(results []Result) []Result {
	var healthy []Result
	for _, r := range results {
		if r.healthy() {
			healthy = append(healthy, r)
		}
	}
	return healthy
}
