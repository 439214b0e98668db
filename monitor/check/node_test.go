package check

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// aNode is a source of what a node says, without a wire.
type aNode struct {
	status  pocket.Status
	err     error
	peers   int
	version string
}

func (n *aNode) Status(context.Context) (pocket.Status, error)  { return n.status, n.err }
func (n *aNode) Peers(context.Context) (int, error)             { return n.peers, nil }
func (n *aNode) AppVersion(ctx context.Context) (string, error) { return n.version, nil }

// at is a good node at a height, one minute a block.
func at(height pocket.Height) *aNode {
	return &aNode{status: pocket.Status{ChainID: "pocket", Latest: height, LatestTime: blockTime(height)}, peers: 9, version: "0.1.35"}
}

func blockTime(h pocket.Height) time.Time { return testNow.Add(time.Duration(h-1000) * time.Minute) }

// fleet looks at nodes, of which the first is ours and called "own".
type fleet struct {
	t     *testing.T
	check *Nodes
	now   time.Time
}

func newFleet(t *testing.T, nodes ...*aNode) *fleet {
	f := &fleet{t: t, now: testNow}
	var list []Node
	for i, n := range nodes {
		list = append(list, Node{Name: fmt.Sprintf("reference %d", i), Source: n, Reference: i > 0})
	}
	list[0].Name, list[0].Host = "own", "node.example"
	check, err := NewNodes(list, NodesConfig{Chain: "pocket", Clock: func() time.Time { return f.now }})
	require.NoError(t, err)
	f.check = check
	return f
}

func (f *fleet) look() map[monitor.Name]monitor.Result {
	f.t.Helper()
	results, err := f.check.Look(f.t.Context())
	require.NoError(f.t, err)
	by := map[monitor.Name]monitor.Result{}
	for _, r := range results {
		require.NotContains(f.t, by, r.Name)
		by[r.Name] = r
		if r.Name != monitor.ChainStalled {
			require.Equal(f.t, "own", r.Subject, "nothing is told of references")
			require.Equal(f.t, map[string]string{"chain": "pocket", "host": "node.example"}, r.Labels)
		}
	}
	return by
}

// failing are the names of what fails.
func failing(by map[monitor.Name]monitor.Result) (names []monitor.Name) {
	for _, name := range []monitor.Name{
		monitor.NodeUnreachable, monitor.NodeChainMismatch, monitor.NodeOutOfSync, monitor.NodeFrozen, monitor.NodePeersLow, monitor.NodeVersionOld, monitor.ChainStalled,
	} {
		if by[name].Health == monitor.Failing {
			names = append(names, name)
		}
	}
	return names
}

func TestNodes(t *testing.T) {
	changed := func(n *aNode, change func(*aNode)) *aNode {
		change(n)
		return n
	}
	tests := []struct {
		name  string
		nodes []*aNode
		want  []monitor.Name
		facts map[string]string // of the first
	}{
		{"all is well", []*aNode{at(1000), at(1000), at(1000)}, nil, nil},
		{"a few blocks behind is well", []*aNode{at(997), at(1000), at(1000)}, nil, nil},
		{"more is not", []*aNode{at(996), at(1000), at(1001)}, []monitor.Name{monitor.NodeOutOfSync},
			map[string]string{"node": "own", "height": "996", "tip": "1000", "lag": "4", "age": "4m0s", "reason": "it is behind others"}},
		{"far behind at the first look is frozen, too, until it moves", []*aNode{at(900), at(1000), at(1000)}, []monitor.Name{monitor.NodeOutOfSync, monitor.NodeFrozen}, nil},
		{"ahead of all is well", []*aNode{at(1010), at(1000), at(1000)}, nil, nil},
		{"one that is wrong makes nobody lag", []*aNode{at(1000), at(1000), at(5000)}, nil, nil},
		{"one other is enough where there is one", []*aNode{at(990), at(1000)}, []monitor.Name{monitor.NodeOutOfSync, monitor.NodeFrozen}, nil},
		{"others that catch up tell nothing", []*aNode{at(1000), at(1000), changed(at(900), func(n *aNode) { n.status.CatchingUp = true })}, nil, nil},
		{"who says that it catches up does", []*aNode{changed(at(1000), func(n *aNode) { n.status.CatchingUp = true }), at(1000), at(1000)}, []monitor.Name{monitor.NodeOutOfSync},
			map[string]string{"reason": "it says that it is catching up"}},
		{"alone and well", []*aNode{at(1000)}, nil, nil},
		{"alone and catching up", []*aNode{changed(at(1000), func(n *aNode) { n.status.CatchingUp = true })}, []monitor.Name{monitor.NodeOutOfSync}, nil},
		{"another chain", []*aNode{changed(at(7), func(n *aNode) { n.status.ChainID = "pocket-lego-testnet" }), at(1000), at(1000)}, []monitor.Name{monitor.NodeChainMismatch},
			map[string]string{"chain": "pocket-lego-testnet", "want": "pocket"}},
		{"no answer", []*aNode{changed(at(0), func(n *aNode) { n.err = fmt.Errorf("dial: %w", syscall.ECONNREFUSED) }), at(1000), at(1000)}, []monitor.Name{monitor.NodeUnreachable},
			map[string]string{"reason": "the connection is refused"}},
		{"a proxy's answer", []*aNode{changed(at(0), func(n *aNode) { n.err = &pocket.APIError{Reason: pocket.ErrUnavailable, Status: 502} }), at(1000), at(1000)},
			[]monitor.Name{monitor.NodeUnreachable}, map[string]string{"reason": "it answers with HTTP status 502"}},
		{"an answer that is none", []*aNode{changed(at(0), func(n *aNode) { n.err = &pocket.APIError{Reason: pocket.ErrMalformed, Status: 200} }), at(1000), at(1000)},
			[]monitor.Name{monitor.NodeUnreachable}, map[string]string{"reason": "its answer is none of a node's"}},
		{"few peers", []*aNode{changed(at(1000), func(n *aNode) { n.peers = 2 }), at(1000), at(1000)}, []monitor.Name{monitor.NodePeersLow}, map[string]string{"peers": "2", "want": "3"}},
		{"an old version", []*aNode{changed(at(1000), func(n *aNode) { n.version = "v0.1.9-rc1" }), at(1000), at(1000)}, []monitor.Name{monitor.NodeVersionOld},
			map[string]string{"version": "v0.1.9-rc1", "newest": "0.1.35"}},
		{"a version newer than one other", []*aNode{at(1000), changed(at(1000), func(n *aNode) { n.version = "0.1.36" }), at(1000)}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			by := newFleet(t, tt.nodes...).look()
			got := failing(by)
			assert.Equal(t, tt.want, got)
			for name, value := range tt.facts {
				assert.Equal(t, value, fact(by[got[0]], name), name)
			}
		})
	}
	t.Run("what is not known for want of others is unknown", func(t *testing.T) {
		broken := at(0)
		broken.err = pocket.ErrUnavailable
		by := newFleet(t, at(1000), at(1000), broken).look()
		assert.Empty(t, failing(by))
		assert.Equal(t, monitor.Unknown, by[monitor.NodeOutOfSync].Health)
		assert.ErrorContains(t, by[monitor.NodeOutOfSync].Err, "only 1 of 2 others")
		by = newFleet(t, at(1000), broken, broken).look()
		assert.Equal(t, monitor.Unknown, by[monitor.ChainStalled].Health)
		assert.ErrorContains(t, by[monitor.ChainStalled].Err, "only 1 of 3 sources")
	})
	t.Run("nothing is said of a node that does not answer, and why", func(t *testing.T) {
		own := at(1000)
		f := newFleet(t, own, at(1000), at(1000))
		f.look()
		own.err = &pocket.APIError{Reason: pocket.ErrUnavailable, Cause: syscall.ECONNRESET}
		by := f.look()
		assert.Equal(t, []monitor.Name{monitor.NodeUnreachable}, failing(by))
		assert.Equal(t, "1000", fact(by[monitor.NodeUnreachable], "height"), "where it was last")
		for _, name := range []monitor.Name{monitor.NodeChainMismatch, monitor.NodeOutOfSync, monitor.NodeFrozen, monitor.NodePeersLow, monitor.NodeVersionOld} {
			assert.Equal(t, monitor.Unknown, by[name].Health, name)
			assert.Contains(t, by[name].Causes, monitor.Key{Name: monitor.NodeUnreachable, Subject: "own"}, name)
		}
		own.err = pocket.ErrRateLimited
		assert.Equal(t, monitor.Unknown, f.look()[monitor.NodeUnreachable].Health, "who asks too often cannot look")
		own.err = &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
		assert.Equal(t, monitor.Unknown, f.look()[monitor.NodeUnreachable].Health, "nor can who has no network")
	})
	t.Run("a binary without a version has no such result", func(t *testing.T) {
		own := at(1000)
		own.version = ""
		assert.NotContains(t, newFleet(t, own, at(1000), at(1000)).look(), monitor.NodeVersionOld)
	})
	t.Run("a node is frozen when it stands still for four blocks while others go on", func(t *testing.T) {
		own, one, two := at(1000), at(1000), at(1000)
		f := newFleet(t, own, one, two)
		for minute := range 5 {
			f.now = testNow.Add(time.Duration(minute) * time.Minute)
			one.status.Latest, two.status.Latest = pocket.Height(1000+minute), pocket.Height(1000+minute)
			require.NotContains(t, failing(f.look()), monitor.NodeFrozen, "minute %d", minute)
		}
		f.now = testNow.Add(5 * time.Minute)
		by := f.look()
		assert.Equal(t, []monitor.Name{monitor.NodeOutOfSync, monitor.NodeFrozen}, failing(by))
		assert.Equal(t, "5m0s", fact(by[monitor.NodeFrozen], "age"))
		assert.Contains(t, by[monitor.NodeOutOfSync].Causes, monitor.Key{Name: monitor.NodeFrozen, Subject: "own"}, "which explains the lag")
		own.status.Latest++
		assert.Equal(t, []monitor.Name(nil), failing(f.look()), "once it moves it is not")
	})
	t.Run("a node that is behind but moves is not frozen", func(t *testing.T) {
		own, one, two := at(900), at(1000), at(1000)
		f := newFleet(t, own, one, two)
		f.look()
		for range 5 {
			f.now = f.now.Add(3 * time.Minute)
			for _, n := range []*aNode{own, one, two} {
				n.status.Latest++
			}
			assert.Equal(t, []monitor.Name{monitor.NodeOutOfSync}, failing(f.look()))
		}
	})
	t.Run("a node alone is frozen when it stands still", func(t *testing.T) {
		f := newFleet(t, at(1000))
		f.look()
		f.now = f.now.Add(5 * time.Minute)
		assert.Equal(t, []monitor.Name{monitor.NodeFrozen}, failing(f.look()))
	})
	t.Run("a chain that halts is told once, and explains the nodes", func(t *testing.T) {
		own, one, two := at(1000), at(1000), at(1000)
		f := newFleet(t, own, one, two)
		f.look()
		f.now = f.now.Add(5 * time.Minute)
		assert.Empty(t, failing(f.look()))
		f.now = f.now.Add(time.Minute)
		by := f.look()
		assert.Equal(t, []monitor.Name{monitor.ChainStalled}, failing(by))
		stalled := by[monitor.ChainStalled]
		assert.Equal(t, "pocket", stalled.Subject)
		assert.Equal(t, "6m0s", fact(stalled, "age"))
		assert.Equal(t, "3", fact(stalled, "sources"))
		for _, name := range []monitor.Name{monitor.NodeOutOfSync, monitor.NodeFrozen} {
			assert.Contains(t, by[name].Causes, stalled.Key)
		}
		one.status.Latest++
		assert.Empty(t, failing(f.look()), "one source that goes on is enough")
	})
	t.Run("whether an old block is the last is not known at the first look", func(t *testing.T) {
		f := newFleet(t, at(1000), at(1000), at(1000))
		f.now = testNow.Add(time.Hour)
		r := f.look()[monitor.ChainStalled]
		assert.Equal(t, monitor.Unknown, r.Health, "%v", r)
		f.now = f.now.Add(6 * time.Minute)
		r = f.look()[monitor.ChainStalled]
		assert.Equal(t, monitor.Failing, r.Health)
		assert.Equal(t, "1h6m0s", fact(r, "age"))
	})
	t.Run("nodes that cannot be told apart are refused", func(t *testing.T) {
		for _, list := range [][]Node{{{Name: "a", Source: at(1)}, {Name: "a", Source: at(1)}}, {{Source: at(1)}}, {{Name: "a"}}} {
			_, err := NewNodes(list, NodesConfig{Chain: "pocket"})
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
		_, err := NewNodes(nil, NodesConfig{})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("a node that hangs does not hold up the others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			list := []Node{{Name: "hangs", Source: hanging{}}}
			for i := range 100 {
				list = append(list, Node{Name: fmt.Sprint("node ", i), Source: at(1000)})
			}
			check, err := NewNodes(list, NodesConfig{Chain: "pocket", Timeout: 7 * time.Second})
			require.NoError(t, err)
			began := time.Now()
			results, err := check.Look(t.Context())
			require.NoError(t, err)
			assert.Equal(t, 7*time.Second, time.Since(began))
			assert.Equal(t, "no answer in time", fact(results[0], "reason"))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			results, err = check.Look(ctx)
			require.NoError(t, err)
			assert.Equal(t, monitor.Unknown, results[0].Health, "what is cut short by the look is unknown")
			assert.Equal(t, monitor.Healthy, results[len(results)-2].Health)
		})
	})
}

type hanging struct{}

func (hanging) Status(ctx context.Context) (pocket.Status, error) {
	<-ctx.Done()
	return pocket.Status{}, ctx.Err()
}
func (hanging) Peers(context.Context) (int, error)         { return 0, nil }
func (hanging) AppVersion(context.Context) (string, error) { return "", nil }

func TestVersions(t *testing.T) {
	for text, want := range map[string]version{"0.1.35": {0, 1, 35}, "v0.38.19": {0, 38, 19}, "1": {1}, "0.1.35-rc1": {0, 1, 35}, " 1.2.3.4.5 ": {1, 2, 3, 4}, "1.2.": {1, 2}} {
		got, ok := parseVersion(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{"", "v", "main", "..", "99999999999999999999", "-1"} {
		_, ok := parseVersion(text)
		assert.False(t, ok, text)
	}
}

// From the wire to the message: each fault of a node fires and resolves.
func TestNodesAreTold(t *testing.T) {
	faults := []struct {
		name         string
		fault, heals func(*wireNode)
		fired        string
		resolved     string
	}{
		{"unreachable", func(n *wireNode) { n.down = syscall.ECONNREFUSED }, func(n *wireNode) { n.down = nil },
			"fired critical node.unreachable own", "resolved critical node.unreachable own"},
		{"behind a broken proxy", func(n *wireNode) { n.status = 502 }, func(n *wireNode) { n.status = 0 },
			"fired critical node.unreachable own", "resolved critical node.unreachable own"},
		{"out of sync", func(n *wireNode) { n.syncing = true }, func(n *wireNode) { n.syncing = false },
			"fired critical node.out_of_sync own", "resolved critical node.out_of_sync own"},
		{"of another chain", func(n *wireNode) { n.chain = "pocket-lego-testnet" }, func(n *wireNode) { n.chain = "pocket" },
			"fired critical node.chain_mismatch own", "resolved critical node.chain_mismatch own"},
		{"with few peers", func(n *wireNode) { n.peers = 1 }, func(n *wireNode) { n.peers = 9 },
			"fired warning node.peers_low own", "resolved warning node.peers_low own"},
		{"of an old version", func(n *wireNode) { n.version = "0.1.33" }, func(n *wireNode) { n.version = "0.1.35" },
			"fired info node.version_old own", "resolved info node.version_old own"},
	}
	for _, tt := range faults {
		t.Run("a node "+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newWireChain(t)
				c.grow(10)
				require.Empty(t, c.bench.Lines())
				c.own.change(tt.fault)
				c.grow(70)
				assert.Equal(t, []string{tt.fired}, c.bench.Lines())
				c.own.change(tt.heals)
				c.grow(10)
				assert.Equal(t, []string{tt.resolved}, c.bench.Lines())
			})
		})
	}
	t.Run("a frozen node, which explains that it is behind", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newWireChain(t)
			c.grow(10)
			c.frozen = true
			c.grow(20)
			assert.Equal(t, []string{"fired critical node.frozen own"}, c.bench.Lines())
			c.frozen = false
			c.grow(10)
			assert.Equal(t, []string{"resolved critical node.frozen own"}, c.bench.Lines())
		})
	})
	t.Run("a chain that halts, which explains all nodes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newWireChain(t)
			c.grow(10)
			c.bench.Pass(30 * time.Minute)
			assert.Equal(t, []string{"fired critical chain.stalled pocket"}, c.bench.Lines())
			c.grow(10)
			assert.Equal(t, []string{"resolved critical chain.stalled pocket"}, c.bench.Lines())
		})
	})
}

// A wireChain is a chain that three nodes serve, with a watcher that looks at the first, "own".
type wireChain struct {
	own, one, two *wireNode
	frozen        bool // own has no new blocks
	height        pocket.Height
	bench         *monitortest.Bench
}

func newWireChain(t *testing.T) *wireChain {
	c := &wireChain{height: 900_000}
	now := time.Now().UTC()
	c.own, c.one, c.two = newWireNode(c.height, now), newWireNode(c.height, now), newWireNode(c.height, now)
	check, err := NewNodes([]Node{
		{Name: "own", Source: c.own.client(t)}, {Name: "one", Source: c.one.client(t), Reference: true}, {Name: "two", Source: c.two.client(t), Reference: true},
	}, NodesConfig{Chain: "pocket"})
	require.NoError(t, err)
	c.bench = monitortest.Start(t, monitor.Every("nodes", check, 30*time.Second))
	return c
}

// grow adds blocks, one a minute.
func (c *wireChain) grow(blocks int) {
	for range blocks {
		c.height++
		for _, n := range []*wireNode{c.own, c.one, c.two} {
			if n != c.own || !c.frozen {
				n.change(func(n *wireNode) { n.height, n.at = c.height, time.Now().UTC() })
			}
		}
		c.bench.Pass(time.Minute)
	}
}
