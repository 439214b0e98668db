package rbac

import (
	"sync"
	"time"
)

// A limiter counts attempts by who makes them, in hours. It remembers so many accounts, and then begins anew.
type limiter struct {
	most int
	mu   *sync.Mutex
	by   map[string]*attempts
}

type attempts struct {
	since time.Time
	count int
}

const (
	limitSpan = time.Hour
	limitWho  = 10_000
)

func newLimiter(most int) limiter {
	return limiter{most: most, mu: new(sync.Mutex), by: map[string]*attempts{}}
}

// take counts an attempt. It returns how long to wait when it is one too many, and for the first of an hour how many were too many in the hour before.
func (l limiter) take(who string, now time.Time) (wait time.Duration, dropped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.by[who]
	if x == nil || now.Sub(x.since).Abs() >= limitSpan {
		if len(l.by) >= limitWho {
			clear(l.by)
		}
		if x != nil {
			dropped = max(x.count-l.most, 0)
		}
		x = &attempts{since: now}
		l.by[who] = x
	}
	if x.count++; x.count > l.most {
		return limitSpan - now.Sub(x.since), 0
	}
	return 0, dropped
}

// giveBack takes back an attempt that does not count.
func (l limiter) giveBack(who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if x := l.by[who]; x != nil && x.count > 0 {
		x.count--
	}
}
