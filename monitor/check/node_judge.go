package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// frozenBlocks is for how many block times a node may stand still while others go on.
const frozenBlocks = 4

// judge makes results of what was seen, and remembers what moved.
func (n *Nodes) judge(seen []observation, now time.Time) []monitor.Result {
	stalled := n.stalled(seen, now)
	var results []monitor.Result
	for i := range seen {
		o := &seen[i]
		tip, tipErr := n.tip(seen, i)
		still := n.standsStill(o, tip, tipErr == nil, now)
		if o.Reference {
			continue
		}
		results = append(results, n.unreachable(o, now), n.mismatch(o), n.outOfSync(o, tip, tipErr), n.frozen(o, tip, tipErr, still))
		if n.config.MinPeers > 0 {
			results = append(results, n.peersLow(o))
		}
		if r, ok := n.versionOld(o, seen); ok {
			results = append(results, r)
		}
	}
	if stalled != nil {
		results = append(results, *stalled)
	}
	return results
}

func (n *Nodes) result(o *observation, name monitor.Name) monitor.Result {
	return monitor.Result{
		Key: monitor.Key{Name: name, Subject: o.Name}, Health: monitor.Healthy, Labels: Labels{Chain: n.config.Chain, Host: o.Host}.Map(),
	}
}

func key(name monitor.Name, subject string) monitor.Key {
	return monitor.Key{Name: name, Subject: subject}
}

// fail makes a result failing, with facts behind the node's name.
func fail(r monitor.Result, facts ...monitor.Fact) monitor.Result {
	r.Health, r.Facts = monitor.Failing, append(monitor.Facts{monitor.Text("node", r.Subject)}, facts...)
	return r
}

func unknown(r monitor.Result, format string, args ...any) monitor.Result {
	r.Health, r.Err = monitor.Unknown, fmt.Errorf("node %s: "+format, append([]any{r.Subject}, args...)...)
	return r
}

func (n *Nodes) unreachable(o *observation, now time.Time) monitor.Result {
	r := n.result(o, monitor.NodeUnreachable)
	if o.err == nil {
		return r
	}
	reason, verdict := faultOf(o.err)
	if verdict == blind {
		return unknown(r, "%s", reason)
	}
	facts := []monitor.Fact{monitor.Text("reason", reason)}
	if last, known := n.seen[o.Name]; known {
		facts = append(facts, monitor.Height("height", last.height))
	}
	return fail(r, facts...)
}

// explained is a result about a node of which nothing can be said, and why.
func (n *Nodes) explained(r monitor.Result, o *observation) monitor.Result {
	if o.err != nil {
		reason, _ := faultOf(o.err)
		r.Causes = append(r.Causes, key(monitor.NodeUnreachable, o.Name))
		return unknown(r, "%s", reason)
	}
	r.Causes = append(r.Causes, key(monitor.NodeChainMismatch, o.Name))
	return unknown(r, "it serves another chain")
}

func (n *Nodes) mismatch(o *observation) monitor.Result {
	r := n.result(o, monitor.NodeChainMismatch)
	switch {
	case o.err != nil:
		return n.explained(r, o)
	case o.status.ChainID != n.config.Chain:
		return fail(r, monitor.Text("chain", cleaned(o.status.ChainID, 50)), monitor.Text("want", n.config.Chain))
	}
	return r
}

// tip returns how far the chain is by those other than the i-th, that do not say themselves that they are behind.
func (n *Nodes) tip(seen []observation, i int) (pocket.Status, error) {
	var others []pocket.Status
	for j := range seen {
		if o := &seen[j]; j != i && o.serves(n.config.Chain) && !o.status.CatchingUp {
			others = append(others, o.status)
		}
	}
	want := min(2, len(seen)-1)
	if len(others) < want || want == 0 {
		return pocket.Status{}, fmt.Errorf("only %d of %d others tell how far the chain is", len(others), len(seen)-1)
	}
	slices.SortFunc(others, func(a, b pocket.Status) int { return int(b.Latest - a.Latest) })
	return others[want-1], nil
}

func (n *Nodes) outOfSync(o *observation, tip pocket.Status, tipErr error) monitor.Result {
	r := n.result(o, monitor.NodeOutOfSync)
	r.Causes = []monitor.Key{key(monitor.ChainStalled, n.config.Chain), key(monitor.NodeFrozen, o.Name)}
	if !o.serves(n.config.Chain) {
		return n.explained(r, o)
	}
	facts := []monitor.Fact{monitor.Height("height", o.status.Latest)}
	lag := int64(tip.Latest - o.status.Latest)
	if tipErr == nil && lag > 0 {
		facts = append(facts, monitor.Height("tip", tip.Latest), monitor.Count("lag", lag), monitor.Span("age", tip.LatestTime.Sub(o.status.LatestTime)))
	}
	switch {
	case o.status.CatchingUp:
		return fail(r, append(facts, monitor.Text("reason", "it says that it is catching up"))...)
	case tipErr != nil && len(n.nodes) > 1:
		return unknown(r, "%w", tipErr)
	case tipErr == nil && lag > n.config.MaxLag:
		return fail(r, append(facts, monitor.Text("reason", "it is behind others"))...)
	}
	return r
}

// standsStill remembers how high a node is and tells for how long it has not moved. A node that is seen for the first time is taken to
// have stood still for as long as its block is older than the tip's.
func (n *Nodes) standsStill(o *observation, tip pocket.Status, tipKnown bool, now time.Time) time.Duration {
	if !o.serves(n.config.Chain) {
		return 0
	}
	last, known := n.seen[o.Name]
	switch {
	case !known && tipKnown:
		last = motion{height: o.status.Latest, at: now.Add(-max(0, tip.LatestTime.Sub(o.status.LatestTime)))}
	case !known, o.status.Latest != last.height:
		last = motion{height: o.status.Latest, at: now}
	}
	n.seen[o.Name] = last
	return now.Sub(last.at)
}

func (n *Nodes) frozen(o *observation, tip pocket.Status, tipErr error, still time.Duration) monitor.Result {
	r := n.result(o, monitor.NodeFrozen)
	r.Causes = []monitor.Key{key(monitor.ChainStalled, n.config.Chain)}
	alone := len(n.nodes) == 1 // then nobody tells whether the chain goes on
	switch {
	case !o.serves(n.config.Chain):
		return n.explained(r, o)
	case o.status.CatchingUp || still <= frozenBlocks*n.config.BlockTime:
		return r
	case tipErr != nil && !alone:
		return unknown(r, "%w", tipErr)
	case alone || tip.Latest > o.status.Latest:
		return fail(r, monitor.Height("height", o.status.Latest), monitor.Span("age", still.Round(time.Second)), monitor.Instant("block_time", o.status.LatestTime))
	}
	return r
}

func (n *Nodes) peersLow(o *observation) monitor.Result {
	r := n.result(o, monitor.NodePeersLow)
	switch {
	case !o.serves(n.config.Chain):
		return n.explained(r, o)
	case o.peersErr != nil:
		reason, _ := faultOf(o.peersErr)
		return unknown(r, "peers: %s", reason)
	case o.peers < n.config.MinPeers:
		return fail(r, monitor.Count("peers", int64(o.peers)), monitor.Count("want", int64(n.config.MinPeers)))
	}
	return r
}

// versionOld compares a node's version with those of the others. There is no result where the node tells none.
func (n *Nodes) versionOld(o *observation, seen []observation) (monitor.Result, bool) {
	r := n.result(o, monitor.NodeVersionOld)
	switch {
	case !o.serves(n.config.Chain):
		return n.explained(r, o), true
	case o.versionErr != nil:
		reason, _ := faultOf(o.versionErr)
		return unknown(r, "version: %s", reason), true
	}
	own, ok := parseVersion(o.version)
	if !ok {
		return r, false
	}
	newer, others, newest, newestText := 0, 0, own, ""
	for i := range seen {
		other := &seen[i]
		v, ok := parseVersion(other.version)
		if other.Name == o.Name || !other.serves(n.config.Chain) || other.versionErr != nil || !ok {
			continue
		}
		others++
		if v.compare(own) > 0 {
			newer++
		}
		if v.compare(newest) > 0 {
			newest, newestText = v, other.version
		}
	}
	if 2*newer > others {
		return fail(r, monitor.Text("version", cleaned(o.version, 50)), monitor.Text("newest", cleaned(newestText, 50))), true
	}
	return r, true
}

// stalled tells whether any source goes on; nil when there are too few sources for that to be known of.
func (n *Nodes) stalled(seen []observation, now time.Time) *monitor.Result {
	if len(seen) < 2 {
		return nil
	}
	r := monitor.Result{Key: key(monitor.ChainStalled, n.config.Chain), Health: monitor.Healthy, Labels: Labels{Chain: n.config.Chain}.Map()}
	sources, newest := 0, pocket.Status{}
	for i := range seen {
		if o := &seen[i]; o.serves(n.config.Chain) {
			sources++
			if o.status.Latest > newest.Latest {
				newest = o.status
			}
		}
	}
	if sources < 2 {
		r.Health, r.Err = monitor.Unknown, fmt.Errorf("chain %s: only %d of %d sources answer", n.config.Chain, sources, len(seen))
		return &r
	}
	switch first := n.chain.height == 0; {
	case first:
		n.chain = motion{height: newest.Latest, at: now}
	case newest.Latest > n.chain.height:
		n.chain = motion{height: newest.Latest, at: now, sure: true}
	}
	age := now.Sub(newest.LatestTime) // by the clock of this machine, which may be off
	switch still := now.Sub(n.chain.at); {
	case still > n.config.StallAfter:
		r.Health = monitor.Failing
		r.Facts = monitor.Facts{
			monitor.Text("chain", n.config.Chain), monitor.Height("height", newest.Latest), monitor.Span("age", max(age, still).Round(time.Second)),
			monitor.Count("sources", int64(sources)), monitor.Instant("block_time", newest.LatestTime),
		}
	case !n.chain.sure && age > n.config.StallAfter:
		r.Health, r.Err = monitor.Unknown, fmt.Errorf("chain %s: its newest block is %v old; whether another comes is not known yet", n.config.Chain, age.Round(time.Second))
	}
	return &r
}
