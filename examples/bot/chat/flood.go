package chat

import (
	"container/list"
	"sync"
	"time"
)

// floods keeps count of what accounts ask for. It remembers so many of them; those that were quiet the longest are forgotten first, and begin anew.
type floods struct {
	perMinute, burst float64

	mu       sync.Mutex
	accounts map[string]*list.Element
	order    *list.List // of *account, the latest first
}

// mostAccounts is how many accounts are remembered: a few megabytes.
const mostAccounts = 10_000

type account struct {
	name    string
	tokens  float64
	at      time.Time // when tokens was right
	warned  bool      // he was told to slow down, and did not
	running int
	polite  time.Time // when a stranger was told that he is one
}

func newFloods(perMinute, burst int) *floods {
	return &floods{perMinute: float64(perMinute), burst: float64(burst), accounts: map[string]*list.Element{}, order: list.New()}
}

// of returns an account. The caller holds the lock.
func (f *floods) of(name string) *account {
	if element, ok := f.accounts[name]; ok {
		f.order.MoveToFront(element)
		return element.Value.(*account)
	}
	for old := f.order.Back(); old != nil && f.order.Len() >= mostAccounts; {
		before := old.Prev()
		if a := old.Value.(*account); a.running == 0 {
			f.order.Remove(old)
			delete(f.accounts, a.name)
		}
		old = before
	}
	a := &account{name: name, tokens: f.burst, at: time.Now()}
	f.accounts[name] = f.order.PushFront(a)
	return a
}

// What becomes of something that an account asks for.
type verdict int

const (
	floodPass verdict = iota
	floodWord         // it is not done, and he is told why, once
	floodDrop         // it is not done, in silence
)

// ask takes what asking costs: 1 for a command.
func (f *floods) ask(name string, cost float64) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, now := f.of(name), time.Now()
	a.tokens = min(f.burst, a.tokens+now.Sub(a.at).Minutes()*f.perMinute)
	a.at = now
	if a.tokens >= f.burst-0.5 {
		a.warned = false
	}
	if a.tokens >= cost {
		a.tokens -= cost
		return floodPass
	}
	if a.warned {
		return floodDrop
	}
	a.warned = true
	return floodWord
}

// start notes that a command begins, unless so many of the account run already.
func (f *floods) start(name string, most int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.of(name)
	if a.running >= most {
		return false
	}
	a.running++
	return true
}

func (f *floods) end(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of(name).running--
}

// courtesy is how often a stranger is told that he is one.
const courtesy = time.Hour

// stranger reports whether it is time to tell a stranger that he is one.
func (f *floods) stranger(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, now := f.of(name), time.Now()
	if !a.polite.IsZero() && now.Sub(a.polite) < courtesy {
		return false
	}
	a.polite = now
	return true
}
