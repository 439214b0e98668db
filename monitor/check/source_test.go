package check

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// aSource is a source of chain data without a wire.
type aSource struct {
	tip     pocket.Height
	err     error
	hash    string // of every block; "" is what the others have
	stake   pocket.Upokt
	gone    bool // no supplier is staked there
	unasked bool // it can only be asked for its tip
}

func (a *aSource) source(name string) Source {
	s := Source{Name: name, Host: name + ".example", Tip: func(context.Context) (pocket.Block, error) { return pocket.Block{Height: a.tip}, a.err }}
	if a.unasked {
		return s
	}
	s.Block = func(_ context.Context, h pocket.Height) (pocket.Block, error) {
		if h > a.tip {
			return pocket.Block{}, pocket.ErrFutureHeight
		}
		return pocket.Block{Height: h, Hash: fmt.Sprint("HASH", h, a.hash)}, a.err
	}
	s.Supplier = func(_ context.Context, operator pocket.Address) (pocket.Supplier, error) {
		if a.gone {
			return pocket.Supplier{}, pocket.ErrNotFound
		}
		return pocket.Supplier{Operator: operator, Stake: a.stake}, a.err
	}
	return s
}

func TestSources(t *testing.T) {
	looks := func(t *testing.T, list ...*aSource) func() map[string]monitor.Result {
		var sources []Source
		for i, a := range list {
			sources = append(sources, a.source(fmt.Sprint("s", i)))
		}
		check, err := NewSources(sources, Fixed(anOperator, another), SourcesConfig{Chain: "pocket"})
		require.NoError(t, err)
		return func() map[string]monitor.Result {
			results, err := check.Look(t.Context())
			require.NoError(t, err)
			by := map[string]monitor.Result{}
			for _, r := range results {
				require.NotContains(t, by, r.Key.String())
				by[r.Key.String()] = r
			}
			require.Len(t, by, 3*len(list))
			return by
		}
	}
	fails := func(by map[string]monitor.Result) map[string]string {
		reasons := map[string]string{}
		for k, r := range by {
			if r.Health == monitor.Failing {
				reasons[k] = fact(r, "reason")
			}
		}
		return reasons
	}
	good := func() *aSource { return &aSource{tip: 1000, stake: 60_000_000_000} }
	with := func(change func(*aSource)) *aSource {
		a := good()
		change(a)
		return a
	}
	tests := []struct {
		name    string
		sources []*aSource
		want    map[string]string
	}{
		{"all agree", []*aSource{good(), good(), good()}, map[string]string{}},
		{"one that is a little behind is fine", []*aSource{good(), with(func(a *aSource) { a.tip = 991 })}, map[string]string{}},
		{"one that is far behind", []*aSource{good(), with(func(a *aSource) { a.tip = 900 })}, map[string]string{"source.degraded s1": "it is behind others"}},
		{"an old stake of one that is behind", []*aSource{good(), good(), with(func(a *aSource) { a.tip, a.stake = 900, 1 })},
			map[string]string{"source.degraded s2": "it is behind others"}},
		{"one that answers with errors", []*aSource{good(), with(func(a *aSource) { a.err = &pocket.APIError{Reason: pocket.ErrUnavailable, Status: 503} })},
			map[string]string{"source.degraded s1": "it answers with HTTP status 503"}},
		{"one that is asked too often", []*aSource{good(), with(func(a *aSource) { a.err = pocket.ErrRateLimited })},
			map[string]string{"source.degraded s1": "it was asked too often"}},
		{"another block, of two the first is right", []*aSource{good(), with(func(a *aSource) { a.hash = "x" })},
			map[string]string{"source.disagree s1 block": "its block is another than others have"}},
		{"another block, of three the majority is right", []*aSource{with(func(a *aSource) { a.hash = "x" }), good(), good()},
			map[string]string{"source.disagree s0 block": "its block is another than others have"}},
		{"ahead of all others, who agree", []*aSource{good(), good(), with(func(a *aSource) { a.tip = 5000 })},
			map[string]string{"source.disagree s2 block": "it is ahead of all others, who agree"}},
		{"another stake", []*aSource{good(), good(), with(func(a *aSource) { a.stake = 1 })}, map[string]string{"source.disagree s2 stake": "it tells another stake than others"}},
		{"no stake at all", []*aSource{good(), with(func(a *aSource) { a.gone = true })}, map[string]string{"source.disagree s1 stake": "it tells another stake than others"}},
		{"one that can only be asked for its tip", []*aSource{good(), with(func(a *aSource) { a.unasked = true })}, map[string]string{}},
		{"one alone", []*aSource{good()}, map[string]string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			by := looks(t, tt.sources...)()
			assert.Equal(t, tt.want, fails(by))
			for k, r := range by {
				assert.Equal(t, r.Subject+".example", r.Labels["host"], k)
				if r.Name == monitor.SourceDisagree {
					assert.Equal(t, []monitor.Key{{Name: monitor.SourceDegraded, Subject: r.Subject}}, r.Causes)
				}
			}
		})
	}
	t.Run("a stake that changed is no disagreement with who has not come there", func(t *testing.T) {
		one, two, late := good(), good(), with(func(a *aSource) { a.tip = 997 })
		look := looks(t, one, two, late)
		assert.Empty(t, fails(look()))
		one.tip, two.tip, one.stake, two.stake = 1001, 1001, 59_000_000_000, 59_000_000_000
		assert.Empty(t, fails(look()))
		late.tip = 1001
		assert.Equal(t, map[string]string{"source.disagree s2 stake": "it tells another stake than others"}, fails(look()))
		late.stake = 59_000_000_000
		assert.Empty(t, fails(look()))
	})
	t.Run("what a source cannot tell is unknown", func(t *testing.T) {
		broken := with(func(a *aSource) { a.err = pocket.ErrUnavailable })
		by := looks(t, good(), broken)()
		assert.Equal(t, monitor.Unknown, by["source.disagree s1 block"].Health)
		assert.Equal(t, monitor.Unknown, by["source.disagree s1 stake"].Health)
	})
	t.Run("the same suppliers are compared for a day", func(t *testing.T) {
		now := testNow
		check, err := NewSources([]Source{good().source("a")}, nil, SourcesConfig{Stakes: 1, Clock: func() time.Time { return now }})
		require.NoError(t, err)
		list := []pocket.Address{anOperator, another, anOwner}
		chosen := map[pocket.Address]bool{}
		for range 30 {
			got := check.choose(list)
			now = now.Add(time.Hour)
			assert.Len(t, got, 1)
			now = now.Add(23 * time.Hour)
			chosen[got[0]] = true
		}
		assert.Len(t, chosen, 3, "and over the days all")
	})
	t.Run("sources that cannot be told apart are refused, and no list is no result", func(t *testing.T) {
		for _, list := range [][]Source{{good().source("a"), good().source("a")}, {good().source("")}, {{Name: "a"}}} {
			_, err := NewSources(list, nil, SourcesConfig{})
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
		check, err := NewSources(nil, func(context.Context) ([]pocket.Address, error) { return nil, pocket.ErrUnavailable }, SourcesConfig{})
		require.NoError(t, err)
		_, err = check.Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
}

// From the wire to the message.
func TestSourcesAreTold(t *testing.T) {
	ofNode := func(name string, c *shannon.Client) Source {
		return Source{
			Name: name, Tip: func(ctx context.Context) (pocket.Block, error) { return c.Block(ctx, 0) },
			Block: c.Block, Supplier: c.Supplier,
		}
	}
	synctest.Test(t, func(t *testing.T) {
		own, other := newWireNode(491, time.Now()), newWireNode(491, time.Now())
		latest, old, supplier := recorded(t, "rpc_block_latest"), recorded(t, "rpc_block_at_height"), recorded(t, "rest_supplier_one")
		path := "/pokt-network/poktroll/supplier/supplier/"
		for _, n := range []*wireNode{own, other} {
			n.replies["/block"], n.replies[path] = latest, supplier
		}
		check, err := NewSources([]Source{ofNode("own", own.client(t)), ofNode("indexer", other.client(t))}, Fixed(anOperator), SourcesConfig{Chain: "pocket"})
		require.NoError(t, err)
		// The recorded block is of one height: what is asked of a height below the tip is this one as well.
		check.config.Depth = 0
		b := monitortest.Start(t, monitor.Every("sources", check, time.Minute))
		b.Pass(10 * time.Minute)
		require.Empty(t, b.Lines())

		other.change(func(n *wireNode) { n.replies["/block"] = old })
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"fired warning source.degraded indexer"}, b.Lines(), "hundreds of blocks behind")
		other.change(func(n *wireNode) { n.replies["/block"] = latest })
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved warning source.degraded indexer"}, b.Lines())

		other.change(func(n *wireNode) { n.status = 503 })
		b.Pass(30 * time.Minute)
		assert.Equal(t, []string{"fired warning source.degraded indexer"}, b.Lines())
		other.change(func(n *wireNode) { n.status = 0 })
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved warning source.degraded indexer"}, b.Lines())

		other.change(func(n *wireNode) {
			n.replies[path] = changed(supplier, map[string]any{"stake": map[string]any{"denom": "upokt", "amount": "1"}})
		})
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"fired warning source.disagree indexer stake"}, b.Lines())
		other.change(func(n *wireNode) { n.replies[path] = supplier })
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved warning source.disagree indexer stake"}, b.Lines())

		other.change(func(n *wireNode) {
			n.replies["/block"] = changed(latest, map[string]any{"block_id": map[string]any{"hash": "00000000000000000000000000000000000000000000000000000000000000FF"}})
		})
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"fired warning source.disagree indexer block"}, b.Lines())
		other.change(func(n *wireNode) { n.replies["/block"] = latest })
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved warning source.disagree indexer block"}, b.Lines())
	})
}
