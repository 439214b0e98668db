package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A NodeSource is one full node. A *shannon.Client of one RPC URL is one: make it with WithAnyChain, since a client that is held to a
// chain never looks at a node of another again, and with WithRetries(0), since a watcher looks again anyway.
type NodeSource interface {
	Status(ctx context.Context) (pocket.Status, error)
	Peers(ctx context.Context) (int, error)
	AppVersion(ctx context.Context) (string, error)
}

// A Node is a full node to look at.
type Node struct {
	Name   string // what the operator calls it; the subject of its results
	Source NodeSource
	Host   string // for labels; may be ""
	// Reference: it is somebody else's, such as a public one, that the others are compared with. Nothing is reported of it.
	Reference bool
}

// NodesConfig says how [Nodes] look. Its zero value but for the chain takes the defaults that the fields name.
type NodesConfig struct {
	Chain      string        // the id of the chain that all must serve, such as "pocket"
	Timeout    time.Duration // for one question to one node; 0 is 10 seconds
	AtOnce     int           // nodes at the same time; 0 is 64
	BlockTime  time.Duration // of the chain; 0 is a minute
	MaxLag     int64         // how many blocks a node may be behind; 0 is 3
	MinPeers   int           // 0 is 3, below 0 needs none
	StallAfter time.Duration // how long no source may have a new block; 0 is 5 block times
	Clock      func() time.Time
}

// Nodes looks at full nodes and compares them with each other. Each is asked by requests of its own, all at the same time, so that one
// that hangs does not hold up the others.
//
// Results, of each node that is no reference: [monitor.NodeUnreachable]; [monitor.NodeChainMismatch]; [monitor.NodeOutOfSync]: it says that
// it catches up, or is more than MaxLag blocks behind; [monitor.NodeFrozen]: it says that all is well, but has had no new block for 4
// block times while others have; [monitor.NodePeersLow]; [monitor.NodeVersionOld]: most others run a newer version of the protocol (a node
// whose binary was built without one has no such result). Of the chain: [monitor.ChainStalled], when there are at least two sources and none
// has a new block; it explains frozen and lagging nodes. Facts: node, height, tip, lag, age, reason, chain, want, peers, version, newest.
//
// How far the chain is, is what two other nodes say, or one where there is no more: a single one that is wrong makes nobody lag. Ages are
// reckoned by block times and by how long nothing moved, so that the clock of this machine may be off. What is not known for want of
// others is unknown. What was seen is not kept over a restart.
type Nodes struct {
	nodes  []Node
	config NodesConfig

	mu    sync.Mutex
	seen  map[string]motion // of each node
	chain motion
}

// motion is how high something was seen, and when it last moved.
type motion struct {
	height pocket.Height
	at     time.Time
	sure   bool // it was seen moving, or standing still since at
}

// NewNodes returns a check of nodes.
func NewNodes(nodes []Node, c NodesConfig) (*Nodes, error) {
	if c.Chain == "" {
		return nil, fmt.Errorf("nodes: want the chain's id, such as pocket: %w", pocket.ErrInvalid)
	}
	names := map[string]bool{}
	for _, n := range nodes {
		if n.Name == "" || n.Source == nil || names[n.Name] {
			return nil, fmt.Errorf("node %q: want a name of its own, and a source: %w", n.Name, pocket.ErrInvalid)
		}
		names[n.Name] = true
	}
	c.Timeout, c.AtOnce, c.BlockTime = cmp.Or(c.Timeout, 10*time.Second), cmp.Or(c.AtOnce, 64), cmp.Or(c.BlockTime, time.Minute)
	c.MaxLag, c.MinPeers, c.StallAfter = cmp.Or(c.MaxLag, 3), cmp.Or(c.MinPeers, 3), cmp.Or(c.StallAfter, 5*c.BlockTime)
	c.Clock = clockOr(c.Clock)
	return &Nodes{nodes: nodes, config: c, seen: map[string]motion{}}, nil
}

// An observation is what was seen of a node.
type observation struct {
	Node
	status     pocket.Status
	err        error // why there is no status
	peers      int
	peersErr   error
	version    string
	versionErr error
}

// serves reports whether the node answered, of the right chain.
func (o *observation) serves(chain string) bool { return o.err == nil && o.status.ChainID == chain }

// Look implements [monitor.Check]. What the deadline of ctx leaves no time for is unknown.
func (n *Nodes) Look(ctx context.Context) ([]monitor.Result, error) {
	seen := make([]observation, len(n.nodes))
	for i, node := range n.nodes {
		seen[i] = observation{Node: node, err: errUnfinished, peersErr: errUnfinished, versionErr: errUnfinished}
	}
	parallel(ctx, len(seen), n.config.AtOnce, func(i int) { n.observe(ctx, &seen[i]) })
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.judge(seen, n.config.Clock().UTC()), nil
}

// observe asks a node, each question with its own deadline.
func (n *Nodes) observe(look context.Context, o *observation) {
	o.status, o.err = asked(look, n.config.Timeout, o.Source.Status)
	if o.err != nil {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { o.version, o.versionErr = asked(look, n.config.Timeout, o.Source.AppVersion) })
	if !o.Reference && n.config.MinPeers > 0 {
		wg.Go(func() { o.peers, o.peersErr = asked(look, n.config.Timeout, o.Source.Peers) })
	}
	wg.Wait()
}

// asked asks with a deadline of its own. What the look itself cut short is unfinished.
func asked[T any](look context.Context, timeout time.Duration, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(look, timeout)
	defer cancel()
	got, err := ask(ctx)
	if err != nil && look.Err() != nil {
		err = errUnfinished
	}
	return got, err
}

// faultOf says in words what is wrong with a source of chain data that did not answer.
func faultOf(err error) (string, verdict) {
	switch {
	case errors.Is(err, pocket.ErrRateLimited):
		return "it was asked too often", blind
	case errors.Is(err, pocket.ErrInvalid):
		return "it cannot be asked for this", blind
	}
	if reason, v := reasonOf(err); v == blind {
		return reason, blind
	}
	if e, ok := errors.AsType[*pocket.APIError](err); ok && e.Status != 0 {
		if e.Status == 200 {
			return "its answer is none of a node's", down
		}
		return fmt.Sprintf("it answers with HTTP status %d", e.Status), down
	}
	return reasonOf(err)
}
