package check_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
	"github.com/poktbot/poktbot/pocket/pockettest"
	"github.com/poktbot/poktbot/pocket/shannon"
)

// A stage is the whole way from a node's bytes to a message, in simulated time: a chain, a node, a client, an index with its follower, and
// a watcher whose recorder hears everything.
type stage struct {
	*testing.T
	chain  *pockettest.Chain
	node   *pockettest.Node
	client *shannon.Client
	index  *index.Index
	bench  *monitortest.Bench

	pace   time.Duration // between blocks
	source monitor.BlockSource
	store  monitor.Store
	rules  *monitor.Rules

	mu       sync.Mutex
	watching []pocket.Address
	events   []monitor.Event // heard so far
}

// A scene is what is played on a stage.
type scene struct {
	config pockettest.Config
	head   pocket.Height // where to begin; 0 is the chain's end
	// watch chooses who is watched; nil is every supplier but the last.
	watch  func(*pockettest.Chain) []pocket.Address
	checks func(*stage) []monitor.Option // nil is both block checks
	lasts  time.Duration                 // how long occurrences do; 0 is as by default
	past   pocket.Height                 // how many blocks are read before it begins; 0 is 100
	mode   index.Mode                    // "" is watched
	edit   func(events []any) []any      // changes what the node tells of the events of a block, as it stands in its JSON
}

// calm is a quick chain on which nothing goes wrong by itself and every supplier claims in every session.
func calm(blocks int64) pockettest.Config {
	params := pockettest.SmallParams()
	params.Proof.MissingPenalty = 1000 // so that nobody is near the minimum
	return pockettest.Config{
		Seed: 5, Params: params, Blocks: blocks, Suppliers: 5, Owners: 2, Services: 1, Applications: 1,
		ClaimsPerSession: 100, ClaimValue: pocket.POKT(5), Growth: -1, Rates: pockettest.Calm(),
	}
}

func play(t *testing.T, s scene, act func(*stage)) {
	t.Helper()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s.config.Now = time.Now()
		st := &stage{T: t, chain: pockettest.NewChain(s.config)}
		if s.head > 0 {
			st.chain.SetHead(s.head)
		}
		st.pace = max(s.config.BlockTime, time.Minute)
		st.node = pockettest.Unserved(st.chain)
		defer st.node.Close()
		var err error
		st.client, err = shannon.New([]string{st.node.RPC}, []string{st.node.REST}, shannon.WithTransport(edited{st.node.Transport(), s.edit}),
			shannon.WithoutWebsocket(), shannon.WithPollInterval(20*time.Second))
		require.NoError(t, err)
		defer st.client.Close()
		st.index, err = sqlite.Open(t.Context(), filepath.Join(folder, "index.db"))
		require.NoError(t, err)
		defer func() { assert.NoError(t, st.index.Close()) }()
		st.watching = st.chain.Operators()[:s.config.Suppliers-1]
		if s.watch != nil {
			st.watching = s.watch(st.chain)
		}
		require.NoError(t, st.index.Watch(t.Context(), st.watching...))
		ctx, stop := context.WithCancel(t.Context())
		followed := make(chan error, 1)
		if s.mode != "" {
			require.NoError(t, st.index.SetMode(t.Context(), s.mode))
		}
		from := max(1, st.chain.Head()-cmp.Or(s.past, 100))
		tail := &awake{index: st.index, news: make(chan struct{})}
		go func() {
			followed <- index.NewFollower(st.index, st.client, index.FollowerConfig{From: from, Stored: tail.stored}).Run(ctx)
		}()
		defer func() {
			stop()
			assert.ErrorIs(t, <-followed, context.Canceled)
		}()
		synctest.Wait()
		if s.checks == nil {
			s.checks = blockChecks
		}
		st.source, st.store, st.rules = check.Heads(tail), monitor.NewMemory(), s.rules(t)
		st.bench = st.start(s.checks(st))
		defer func() { st.bench.Stop() }()
		act(st)
	})
}

// awake is the tail of an index that no other process writes to, so that it need not look for news each second: in simulated time there
// are thousands of those.
type awake struct {
	index *index.Index
	mu    sync.Mutex
	news  chan struct{} // closed when a block is stored
}

func (a *awake) stored(pocket.Block, []pocket.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.news)
	a.news = make(chan struct{})
}

func (a *awake) wait() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.news
}

// Heads implements [check.Tail].
func (a *awake) Heads(ctx context.Context, after pocket.Height) iter.Seq2[pocket.Told, error] {
	return func(yield func(pocket.Told, error) bool) {
		for ctx.Err() == nil {
			news := a.wait()
			cursor, err := a.index.Cursor(ctx)
			if err != nil {
				yield(pocket.Told{}, err)
				return
			}
			if after < 0 {
				after = cursor
			}
			if after < cursor {
				for t, err := range a.index.Heads(ctx, after) {
					if !yield(t, err) || err != nil {
						return
					}
					if after = t.Block.Height; after >= cursor {
						break
					}
				}
				continue
			}
			select {
			case <-ctx.Done():
			case <-news:
			}
		}
	}
}

// start begins a watcher on what the one before it has stored.
func (s *stage) start(checks []monitor.Option) *monitortest.Bench {
	return monitortest.StartIn(s.T, s.store, append(checks, monitor.WithBlocks(s.source),
		monitor.WithGrouping(monitor.Grouping{Wait: -1}), monitor.WithRules(s.rules))...)
}

func (s scene) rules(t *testing.T) *monitor.Rules {
	rules, err := monitor.NewRules(monitor.Override{Match: monitor.Match{}, Change: func(r *monitor.Rule) { r.Lasts = s.lasts }})
	require.NoError(t, err)
	return rules
}

func blockChecks(s *stage) []monitor.Option {
	return []monitor.Option{
		monitor.OnBlock("suppliers", check.NewSuppliers(s.watched, s.index, s.client)),
		monitor.OnBlock("claims", check.NewClaims(s.watched, s.index, s.client, check.ClaimsConfig{})),
	}
}

func (s *stage) watched(context.Context) ([]pocket.Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.watching), nil
}

func (s *stage) watch(who ...pocket.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watching = who
}

// to lets blocks come until the chain has reached a height.
func (s *stage) to(h pocket.Height) {
	for s.chain.Head() < h {
		s.chain.Advance(1)
		s.bench.Pass(s.pace)
	}
}

func (s *stage) inject(i pockettest.Incident) {
	s.Helper()
	require.NoError(s, s.chain.Inject(i))
}

// heard returns what was told since it was last asked, without what several names of it hold back: one line for each event.
func (s *stage) heard(names ...monitor.Name) []string {
	var lines []string
	for _, e := range s.bench.Told() {
		s.events = append(s.events, e)
		if len(names) == 0 || slices.Contains(names, e.Alert.Name) {
			lines = append(lines, strings.Join([]string{string(e.Kind), e.Severity.String(), string(e.Alert.Name), s.short(e.Alert.Subject), e.Alert.Part}, " "))
		}
	}
	return lines
}

// short names suppliers by their numbers.
func (s *stage) short(subject string) string {
	for i, operator := range s.chain.Operators() {
		if operator.String() == subject {
			return string(rune('A' + i))
		}
	}
	return subject
}

// last returns the last event heard of a name.
func (s *stage) last(name monitor.Name) monitor.Event {
	s.Helper()
	for _, e := range slices.Backward(s.events) {
		if e.Alert.Name == name {
			return e
		}
	}
	require.Fail(s, "nothing was heard", "%s", name)
	return monitor.Event{}
}

// firing returns how many alerts of a name fire.
func (s *stage) firing(name monitor.Name) int {
	s.Helper()
	alerts, err := s.bench.Store.Alerts(s.Context())
	require.NoError(s, err)
	return len(slices.DeleteFunc(alerts, func(a monitor.Alert) bool { return a.Name != name || a.Fired.IsZero() || !a.Resolved.IsZero() }))
}

// facts returns facts as text.
func facts(e monitor.Event) map[string]string {
	m := map[string]string{}
	for _, f := range e.Alert.Facts {
		m[f.Name] = f.Value
	}
	return m
}

// edited is a node of which a test changes what it tells of blocks: what a simulated chain does not do, a real one may.
type edited struct {
	http.RoundTripper
	edit func([]any) []any
}

// RoundTrip implements [http.RoundTripper].
func (e edited) RoundTrip(r *http.Request) (*http.Response, error) {
	if e.edit != nil {
		r = r.Clone(r.Context())
		r.Header.Set("Accept-Encoding", "identity")
	}
	response, err := e.RoundTripper.RoundTrip(r)
	if err != nil || e.edit == nil || !strings.HasPrefix(r.URL.Path, "/block_results") {
		return response, err
	}
	defer response.Body.Close()
	var tree struct { // in the order in which nodes write it
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Result  struct {
			Height json.RawMessage  `json:"height"`
			Txs    []map[string]any `json:"txs_results"`
			Events []any            `json:"finalize_block_events"`
		} `json:"result"`
	}
	if err := json.NewDecoder(response.Body).Decode(&tree); err != nil {
		return nil, err
	}
	tree.Result.Events = e.edit(tree.Result.Events)
	for _, tx := range tree.Result.Txs {
		events, _ := tx["events"].([]any)
		tx["events"] = e.edit(events)
	}
	body, err := json.Marshal(tree)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Del("Content-Length")
	return response, err
}
