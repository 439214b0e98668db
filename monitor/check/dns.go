package check

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// NamesConfig says how [Names] look. Its zero value takes the defaults that the fields name.
type NamesConfig struct {
	Hosts    []string      // of the operator, besides those that were staked
	Learn    int           // how many looks teach what a name's addresses are, before a new one is a change; 0 is 5
	Gone     int           // after how many looks without it an address is gone; 0 is 3
	Timeout  time.Duration // for one name; 0 is 5 seconds
	AtOnce   int           // names at the same time; 0 is 32
	Resolver Resolver      // nil is the system's
	Clock    func() time.Time
	Chain    string // the chain's id, for labels
}

// Names looks whether the names in staked URLs, and any others, still have the addresses that they had.
//
// It reports [monitor.DNSChanged], whose subject is the host: an occurrence when a name has an address that it did not have before, or
// lost one for several looks. Facts: host, added, removed, now. A name that gives some of many addresses by turns is known by that after
// a while: then only an address outside the networks of the others is a change. What is known survives in a [Memory]. A change is
// reported by the same occurrence for a day, so that none is lost.
type Names struct {
	stakes StakeList
	memory Memory
	config NamesConfig
	hosts  []string
	known  map[string]nameState // what memory has, as far as it was asked
}

// A nameState is what is known of a name.
type nameState struct {
	Looks   int                    `json:"looks"`   // up to Learn
	Pool    map[netip.Addr]missing `json:"pool"`    // its addresses
	Rotates bool                   `json:"rotates"` // it gives some of them by turns
	Change  *nameChange            `json:"change,omitempty"`
}

// missing tells since how many looks an address was not given, and when it was last.
type missing struct {
	Looks int       `json:"looks,omitempty"`
	Seen  time.Time `json:"seen"` // to the day
}

type nameChange struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Added   []string  `json:"added,omitempty"`
	Removed []string  `json:"removed,omitempty"`
	Now     []string  `json:"now"`
}

const (
	mostAddresses = 64  // of one answer
	mostKnown     = 256 // of a name that rotates; those seen last

	retold     = 24 * time.Hour     // how long a change is reported
	turnedAway = 7 * 24 * time.Hour // how long a name that rotates may leave out an address
)

// NewNames returns a check of the hosts of the endpoints of stakes, which may be nil for none, and of c.Hosts.
func NewNames(stakes StakeList, memory Memory, c NamesConfig) (*Names, error) {
	c.Learn, c.Gone, c.AtOnce = cmp.Or(c.Learn, 5), cmp.Or(c.Gone, 3), cmp.Or(c.AtOnce, 32)
	c.Timeout, c.Clock = cmp.Or(c.Timeout, 5*time.Second), clockOr(c.Clock)
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	n := &Names{stakes: stakes, memory: memory, config: c, known: map[string]nameState{}}
	for _, host := range c.Hosts {
		if err := checkHost(canonicalHost(host)); err != nil {
			return nil, fmt.Errorf("host %q: %w: %w", cleaned(host, 100), err, pocket.ErrInvalid)
		}
		n.hosts = append(n.hosts, canonicalHost(host))
	}
	return n, nil
}

// A watchedName is a name to look at.
type watchedName struct {
	host   string
	labels Labels
	causes []monitor.Key // what explains that it cannot be looked at
}

// all returns the names, each once.
func (n *Names) all(ctx context.Context) ([]watchedName, error) {
	var list []watchedName
	place := map[string]int{}
	add := func(host string, l Labels) *watchedName {
		if at, known := place[host]; known {
			return &list[at]
		}
		place[host] = len(list)
		list = append(list, watchedName{host: host, labels: l})
		return &list[len(list)-1]
	}
	for _, host := range n.hosts {
		add(host, Labels{Chain: n.config.Chain, Host: host})
	}
	if n.stakes == nil {
		return list, nil
	}
	suppliers, err := n.stakes.Staked(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range endpointsOf(suppliers) {
		host := one.address.host
		if _, err := netip.ParseAddr(host); one.invalid != nil || err == nil || !strings.Contains(host, ".") {
			continue // nothing to look up
		}
		w := add(host, Labels{Chain: n.config.Chain, Owner: one.supplier.Owner, Operator: one.supplier.Operator, Host: host})
		w.labels = w.labels.shared(one.supplier)
		if len(w.causes) < enoughCauses {
			w.causes = append(w.causes, one.downKey())
		}
	}
	return list, nil
}

// Look implements [monitor.Check]. It is not to be called again before it has returned. What the deadline of ctx leaves no time for is
// unknown.
func (n *Names) Look(ctx context.Context) ([]monitor.Result, error) {
	list, err := n.all(ctx)
	if err != nil {
		return nil, err
	}
	answers := make([][]netip.Addr, len(list))
	errs := slices.Repeat([]error{errUnfinished}, len(list))
	parallel(ctx, len(list), n.config.AtOnce, func(i int) { answers[i], errs[i] = n.lookup(ctx, list[i].host) })
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	results := make([]monitor.Result, len(list))
	watched := map[string]bool{}
	for i, w := range list {
		watched[w.host] = true
		results[i] = monitor.Result{Key: monitor.Key{Name: monitor.DNSChanged, Subject: w.host}, Labels: w.labels.Map()}
		if errs[i] == nil {
			errs[i] = n.judge(context.WithoutCancel(ctx), &results[i], answers[i])
		}
		if errs[i] != nil {
			results[i].Health, results[i].Causes, results[i].Err = monitor.Unknown, w.causes, fmt.Errorf("name %s: %w", w.host, errs[i])
		}
	}
	maps.DeleteFunc(n.known, func(host string, _ nameState) bool { return !watched[host] })
	return results, nil
}

// lookup returns the addresses of a host, in order.
func (n *Names) lookup(look context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(look, n.config.Timeout)
	defer cancel()
	found, err := n.config.Resolver.LookupNetIP(ctx, "ip", host+".")
	switch {
	case err != nil && look.Err() != nil:
		return nil, errUnfinished
	case err != nil:
		reason, _ := reasonOf(err)
		return nil, errors.New(reason)
	case len(found) == 0:
		return nil, errors.New("it has no addresses")
	case len(found) > mostAddresses:
		return nil, fmt.Errorf("it has %d addresses, too many to watch", len(found))
	}
	for i := range found {
		found[i] = found[i].Unmap().WithZone("")
	}
	slices.SortFunc(found, netip.Addr.Compare)
	return slices.Compact(found), nil
}

// judge compares an answer with what is known, and keeps what it learns before anybody hears of it.
func (n *Names) judge(ctx context.Context, r *monitor.Result, answer []netip.Addr) error {
	state, known := n.known[r.Subject]
	if !known {
		var err error
		if state, known, err = recall[nameState](ctx, n.memory, "dns/"+r.Subject); err != nil {
			return err
		}
	}
	now := n.config.Clock().UTC()
	next := state.next(answer, now, n.config)
	if !known || next.differs(state) {
		if err := keep(ctx, n.memory, "dns/"+r.Subject, next); err != nil {
			return err
		}
	}
	n.known[r.Subject] = next
	r.Health = monitor.Healthy
	if c := next.Change; c != nil && now.Sub(c.At) < retold {
		r.Health, r.Occurrence, r.At = monitor.Failing, c.ID, c.At
		r.Facts = monitor.Facts{
			monitor.Text("host", r.Subject), monitor.Text("added", orNothing(c.Added)), monitor.Text("removed", orNothing(c.Removed)),
			monitor.Text("now", strings.Join(c.Now, ", ")),
		}
	}
	return nil
}

// next is what an answer makes of a state. The state is not changed.
func (s nameState) next(answer []netip.Addr, now time.Time, c NamesConfig) nameState {
	learned := s.Looks >= c.Learn
	next := nameState{Looks: min(s.Looks+1, c.Learn), Pool: maps.Clone(s.Pool), Rotates: s.Rotates, Change: s.Change}
	if next.Pool == nil {
		next.Pool = map[netip.Addr]missing{}
	}
	var added, removed []netip.Addr
	common := false
	for _, a := range answer {
		before, known := s.Pool[a]
		common = common || known
		if !known && !(s.Rotates && s.near(a)) {
			added = append(added, a)
		}
		next.Rotates = next.Rotates || before.Looks > 0 // it was away, and is back
		next.Pool[a] = missing{Seen: now.Truncate(24 * time.Hour)}
	}
	replaced := !common && !next.Rotates && len(s.Pool) > 0
	for a, m := range s.Pool {
		if slices.Contains(answer, a) {
			continue
		}
		m.Looks = min(m.Looks+1, c.Gone)
		next.Pool[a] = m
		switch {
		case replaced, !next.Rotates && m.Looks >= c.Gone:
			delete(next.Pool, a)
			removed = append(removed, a)
		case next.Rotates && now.Sub(m.Seen) > turnedAway:
			delete(next.Pool, a) // of many, one less
		}
	}
	next.forget()
	if !learned && len(added) > 0 {
		next.Looks = 1 // there is still something to learn
	}
	if !learned || len(added) == 0 && len(removed) == 0 {
		return next
	}
	slices.SortFunc(removed, netip.Addr.Compare)
	change := &nameChange{At: now, Added: texts(added), Removed: texts(removed), Now: texts(answer)}
	sum := sha256.Sum256([]byte(fmt.Sprint(change.Added, change.Removed, change.Now)))
	change.ID = fmt.Sprintf("%d-%x", now.UnixMilli(), sum[:6])
	next.Change = change
	return next
}

// forget drops the addresses that were not seen for longest when there are too many.
func (s nameState) forget() {
	if len(s.Pool) <= mostKnown {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(s.Pool), func(a, b netip.Addr) int {
		return cmp.Or(s.Pool[a].Seen.Compare(s.Pool[b].Seen), cmp.Compare(s.Pool[b].Looks, s.Pool[a].Looks), a.Compare(b))
	})
	for _, a := range oldest[:len(oldest)-mostKnown] {
		delete(s.Pool, a)
	}
}

// near reports whether an address lies in the network of one that is known: /24 of IPv4, /48 of IPv6.
func (s nameState) near(a netip.Addr) bool {
	bits := 24
	if a.Is6() {
		bits = 48
	}
	network, err := a.Prefix(bits)
	if err != nil {
		return false
	}
	for known := range s.Pool {
		if network.Contains(known) {
			return true
		}
	}
	return false
}

// differs reports whether anything in s is worth keeping that was not in before.
func (s nameState) differs(before nameState) bool {
	return s.Looks != before.Looks || s.Rotates != before.Rotates || s.Change != before.Change || !maps.Equal(s.Pool, before.Pool)
}

func texts(addrs []netip.Addr) []string {
	var list []string
	for _, a := range addrs {
		list = append(list, a.String())
	}
	return list
}
