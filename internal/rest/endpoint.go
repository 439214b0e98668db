package rest

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// An endpoint is one server and what is known of its health.
type endpoint struct {
	base    *url.URL
	place   int // in the order given
	secrets []string

	admission chan struct{} // holds one token; who has it may probe

	mu         sync.Mutex
	admitted   bool
	ban        *pocket.APIError // never to be used
	failures   int              // in a row
	coolUntil  time.Time        // our own caution after failures
	quietUntil time.Time        // the server's wish, by Retry-After
	latency    time.Duration    // moving average until the headers came
	measured   time.Time
	height     int64     // newest block seen there
	seen       time.Time // and when
	behind     time.Time
}

func newEndpoint(base *url.URL, place int) *endpoint {
	e := &endpoint{base: base, place: place, secrets: secrets(base), admission: make(chan struct{}, 1)}
	e.admission <- struct{}{}
	return e
}

func (e *endpoint) host() string { return e.base.Host }

// scrub makes a stranger's text fit for one line of a log: no secrets of the base URL, no line breaks, not too long.
func (e *endpoint) scrub(text string) string {
	for _, s := range e.secrets {
		text = strings.ReplaceAll(text, s, "REDACTED")
	}
	return line(text)
}

func line(text string) string {
	const most = 300
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
	text = strings.TrimSpace(strings.ToValidUTF8(text, "�"))
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && text[cut]&0xC0 == 0x80 { // not within a character
		cut--
	}
	return text[:cut] + "…"
}

func (e *endpoint) succeeded(latency time.Duration, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failures, e.coolUntil, e.quietUntil = 0, time.Time{}, time.Time{}
	if e.measured.IsZero() {
		e.latency = latency
	} else {
		e.latency += (latency - e.latency) / 4
	}
	e.measured = now
}

func (e *endpoint) failed(now time.Time, quiet time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failures++
	e.coolUntil = now.Add(min(time.Minute, time.Second<<min(e.failures, 6)))
	if quiet > 0 {
		e.quietUntil = now.Add(quiet)
	}
}

func (e *endpoint) banned() *pocket.APIError {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ban
}

// quiet tells how long the server still wants to be left alone.
func (e *endpoint) quiet(now time.Time) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(0, e.quietUntil.Sub(now))
}

// A rank orders endpoints: the lower, the sooner asked.
type rank struct {
	endpoint      *endpoint
	tier, latency int
}

func (e *endpoint) rank(now time.Time, recheck time.Duration) rank {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := rank{endpoint: e}
	switch {
	case e.quietUntil.After(now):
		r.tier = 3
	case e.coolUntil.After(now):
		r.tier = 2
	case e.behind.After(now):
		r.tier = 1
	}
	if now.Sub(e.measured) < recheck { // an old measurement would keep a slow server last for ever
		switch {
		case e.latency > 2*time.Second:
			r.latency = 2
		case e.latency > 500*time.Millisecond:
			r.latency = 1
		}
	}
	return r
}

// ranked returns the endpoints that may be used, the preferred one first.
func (c *Client) ranked(now time.Time) []*endpoint {
	ranks := make([]rank, 0, len(c.endpoints))
	for _, e := range c.endpoints {
		if e.banned() == nil {
			ranks = append(ranks, e.rank(now, c.recheck))
		}
	}
	slices.SortStableFunc(ranks, func(a, b rank) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(a.latency, b.latency), cmp.Compare(a.endpoint.place, b.endpoint.place))
	})
	order := make([]*endpoint, len(ranks))
	for i, r := range ranks {
		order[i] = r.endpoint
	}
	return order
}

// saw notes that e knows the block at height. An endpoint well behind the newest known block is asked last for a while.
func (c *Client) saw(e *endpoint, height int64, now time.Time) {
	newest := height
	for _, other := range c.endpoints {
		other.mu.Lock()
		newest = max(newest, other.height)
		other.mu.Unlock()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.height, e.seen = height, now
	if height < newest-c.lag {
		e.behind = now.Add(c.recheck)
	} else {
		e.behind = time.Time{}
	}
}

// compare puts the endpoints behind that were seen since then and are behind the newest of them. Heights of different times
// say nothing about each other, so the others are left as they are.
func (c *Client) compare(since, now time.Time) {
	newest := int64(0)
	for _, e := range c.endpoints {
		e.mu.Lock()
		if !e.seen.Before(since) {
			newest = max(newest, e.height)
		}
		e.mu.Unlock()
	}
	for _, e := range c.endpoints {
		e.mu.Lock()
		if !e.seen.Before(since) && e.height < newest-c.lag {
			e.behind = now.Add(c.recheck)
		}
		e.mu.Unlock()
	}
}

// lagging tells whether e was last seen behind the others.
func (e *endpoint) lagging(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.behind.After(now)
}
