package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

func TestASubscriberSeesEverythingHoweverSlow(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		ctx, cancel := context.WithCancel(t.Context())
		var slow, quick, early []int64
		var wg sync.WaitGroup
		subscribe := func(to *[]int64, pause time.Duration) {
			events := b.Subscribe(ctx)
			wg.Go(func() {
				for e := range events {
					*to = append(*to, e.Sequence)
					time.Sleep(pause)
				}
			})
		}
		subscribe(&slow, time.Second)
		subscribe(&quick, 0)
		events := b.Subscribe(ctx)
		many := nodes(monitor.NodeUnreachable, 600)
		for range 5 {
			for _, k := range many {
				s.set(failing(k))
			}
			b.Pass(15 * time.Second)
			for _, k := range many {
				s.set(healthy(k))
			}
			b.Pass(15 * time.Second)
		}
		wg.Go(func() { // from when Subscribe was called, though it is read later
			for e := range events {
				early = append(early, e.Sequence)
			}
		})
		b.Pass(3 * time.Hour)
		cancel()
		wg.Wait()
		var all []int64
		for e, err := range b.Events(t.Context(), monitor.EventQuery{Oldest: true}) {
			require.NoError(t, err)
			all = append(all, e.Sequence)
		}
		require.Greater(t, len(all), 3000)
		assert.Equal(t, all, quick)
		assert.Equal(t, all, slow)
		assert.Equal(t, all, early)
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for e := range b.Subscribe(ctx) {
			assert.Fail(t, "nothing happens any more", "%v", e)
		}
	}, func(testing.TB) monitor.Option {
		return monitor.WithRules(rulesOf(func(r *monitor.Rule) { r.For, r.Confirmations, r.FlapCount = 0, 0, -1 }))
	})
}

func rulesOf(change func(*monitor.Rule)) *monitor.Rules {
	rules, err := monitor.NewRules(monitor.Override{Change: change})
	if err != nil {
		panic(err)
	}
	return rules
}

func TestASubscriberMayComeBeforeTheWatcherRunsAndGoesWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		s.set(failing(down))
		store := monitor.NewMemory()
		b := monitortest.StartIn(t, store, simple(t), monitor.Every("scene", s, time.Second))
		b.Pass(10 * time.Second)
		b.Stop()
		w, err := monitor.New(store, simple(t), monitor.Every("scene", s, time.Second))
		require.NoError(t, err)
		var seen []string
		done := make(chan struct{})
		events := w.Subscribe(t.Context())
		go func() {
			defer close(done)
			for e := range events {
				seen = append(seen, string(e.Kind)+" "+e.Alert.Key.String())
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- w.Run(ctx) }()
		time.Sleep(5 * time.Second)
		s.set(healthy(down))
		time.Sleep(5 * time.Second)
		cancel()
		require.ErrorIs(t, <-ran, context.Canceled)
		<-done
		assert.Equal(t, []string{"resolved node.unreachable node1"}, seen, "what happened before is the past")
	})
}

func TestATestAlertGoesToEverybodyAndSaysHowItWent(t *testing.T) {
	broken, picky, phone := &monitortest.Recorder{}, &monitortest.Recorder{}, &monitortest.Recorder{}
	broken.Answer(func(monitor.Message) error {
		return &monitor.DeliveryError{Permanent: true, Err: errors.New("wrong token")}
	})
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		for range 2 {
			deliveries, err := b.Test(t.Context(), "ada")
			require.NoError(t, err)
			states := map[string]string{}
			for _, d := range deliveries {
				states[d.Destination] = string(d.State) + " " + d.Error
			}
			assert.Equal(t, map[string]string{"recorder": "delivered ", "picky": "delivered ", "phone": "delivered ", "broken": "dead wrong token"}, states)
			assert.Contains(t, strings.Join(b.Lines(), ";"), "fired info monitor.test ada")
		}
		broken.Down()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		deliveries, err := b.Test(ctx, "bob")
		require.NoError(t, err)
		require.Len(t, deliveries, 4)
		for _, d := range deliveries {
			if d.Destination == "broken" {
				assert.Equal(t, monitor.Pending, d.State)
				assert.Equal(t, monitortest.ErrDown.Error(), d.Error)
			}
		}
		b.Pass(time.Hour)
		assert.NotContains(t, strings.Join(b.Lines(), ";"), "resolved info")
	}, to(monitor.Destination{Name: "broken", Notifier: broken}),
		to(monitor.Destination{Name: "picky", Notifier: picky, Filter: monitor.Filter{Severity: monitor.Critical, Match: []monitor.Match{{Name: "tls.*"}}}}),
		to(monitor.Destination{Name: "phone", Notifier: phone, Escalation: true}))
}

// A moody store fails when it is told to, before or after it has made a change.
type moody struct {
	monitor.Store
	mu     sync.Mutex
	before func() error
	after  func() error
}

func (m *moody) Commit(ctx context.Context, c *monitor.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.before != nil {
		if err := m.before(); err != nil {
			return err
		}
	}
	if err := m.Store.Commit(ctx, c); err != nil {
		return err
	}
	if m.after != nil {
		return m.after()
	}
	return nil
}

func (m *moody) set(before func() error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = before
}

func TestAStoreThatFailsNowAndThenLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &moody{Store: monitor.NewMemory()}
		calls := 0
		store.set(func() error {
			if calls++; calls%3 != 0 {
				return errors.New("database is locked")
			}
			return nil
		})
		check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
			return []monitor.Result{occurrence(slash, fmt.Sprint(h.Height))}, nil
		})
		b := monitortest.StartIn(t, store, simple(t), monitor.OnBlock("slashes", check))
		for h := range 50 {
			b.Feed(head(pocket.Height(h + 1)))
			b.Pass(time.Second)
		}
		b.Pass(10 * time.Minute)
		var seen []string
		for _, e := range b.Told() {
			seen = append(seen, e.Alert.Occurrence)
		}
		require.Len(t, seen, 50)
		for i, name := range seen {
			assert.Equal(t, fmt.Sprint(i+1), name)
		}
		require.NoError(t, b.Healthy())
		store.set(func() error { return errors.New("no room left") })
		b.Feed(head(51))
		b.Pass(2 * time.Minute)
		require.ErrorContains(t, b.Healthy(), "the store has not taken a change since")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, b.Ack(ctx, slash, "ada", ""), context.DeadlineExceeded)
		store.set(nil)
		b.Pass(time.Minute)
		require.NoError(t, b.Healthy())
		assert.Len(t, b.Told(), 1)
	})
}

func TestMetrics(t *testing.T) {
	deaf := &monitortest.Recorder{}
	deaf.Down()
	check := monitortest.BlockCheckFunc(func(context.Context, monitor.Head) ([]monitor.Result, error) { return nil, nil })
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		s.set(failing(down), failing(lag, down), failing(key("custom.x", `"\`)), blind(proof), failing(stall))
		_, err := b.Mute(t.Context(), monitor.Mute{Match: monitor.Match{Name: "chain.*"}})
		require.NoError(t, err)
		b.Feed(head(7))
		b.Pass(time.Minute)
		answer := httptest.NewRecorder()
		b.Metrics().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		assert.Equal(t, "text/plain; version=0.0.4; charset=utf-8", answer.Header().Get("Content-Type"))
		page := answer.Body.String()
		for _, line := range []string{
			"# TYPE poktbot_monitor_looks_total counter", "poktbot_monitor_healthy 1", `poktbot_monitor_alerts_firing{severity="critical"} 1`,
			`poktbot_monitor_alerts_firing{severity="warning"} 1`, `poktbot_monitor_alerts_quiet{why="muted"} 1`, `poktbot_monitor_alerts_quiet{why="explained"} 1`,
			`poktbot_monitor_outbox_events{destination="a \"deaf\" one"} 2`, `poktbot_monitor_outbox_events{destination="recorder"} 0`,
			`poktbot_monitor_messages_total{destination="recorder"} 2`, `poktbot_monitor_messages_total{destination="a \"deaf\" one"} 0`,
			`poktbot_monitor_block_height{check="blocks"} 7`, `poktbot_monitor_outbox_oldest_timestamp_seconds{destination="recorder"} 0`,
			`poktbot_monitor_looks_total{check="blocks"} 1`,
		} {
			assert.Contains(t, page, line+"\n")
		}
		for line := range strings.Lines(page) {
			assert.Regexp(t, `^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="([^"\\\n]|\\["\\n])*"\})? [0-9.e+-]+)\n$`, line)
		}
	}, to(monitor.Destination{Name: `a "deaf" one`, Notifier: deaf}), func(testing.TB) monitor.Option { return monitor.OnBlock("blocks", check) })
	w, err := monitor.New(monitor.NewMemory())
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	w.Metrics().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	assert.Contains(t, answer.Body.String(), "poktbot_monitor_healthy 0\n", "also before it runs")
}

func TestTheHeartbeatBeatsWhileTheWatcherIsHealthy(t *testing.T) {
	var mu sync.Mutex
	var beats []string
	status := http.StatusOK
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		beats = append(beats, r.URL.Path)
		w.WriteHeader(status)
	})
	taken := func() int {
		mu.Lock()
		defer mu.Unlock()
		n := len(beats)
		beats = nil
		return n
	}
	var log strings.Builder
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		b := monitortest.Start(t, simple(t), monitor.Every("scene", s, 10*time.Second), monitor.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
			monitor.WithHeartbeat("https://beat.example/secret-token", time.Minute, &http.Client{Transport: monitortest.Transport(handler)}))
		b.Pass(10*time.Minute + time.Second)
		assert.Equal(t, 11, taken())
		b.Recorder.Down()
		s.set(failing(down))
		b.Pass(10 * time.Minute)
		taken()
		b.Pass(10 * time.Minute)
		assert.Zero(t, taken(), "nobody is told anything any more, so the switch must notice")
		b.Recorder.Up()
		b.Pass(10 * time.Minute)
		assert.Positive(t, taken())
		mu.Lock()
		status = http.StatusNotFound
		mu.Unlock()
		b.Pass(2 * time.Minute)
	})
	assert.Contains(t, log.String(), "404")
	assert.NotContains(t, log.String(), "secret-token")
	log.Reset()
	synctest.Test(t, func(t *testing.T) {
		refuse := roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") })
		b := monitortest.Start(t, monitor.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
			monitor.WithHeartbeat("https://beat.example/secret-token", time.Minute, &http.Client{Transport: refuse}))
		b.Pass(time.Minute)
	})
	assert.Contains(t, log.String(), "refused")
	assert.NotContains(t, log.String(), "secret-token")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAGateIsOpenWhenOneTargetAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	require.NoError(t, monitor.Dial(closed.Addr().String(), listener.Addr().String())(t.Context()))
	require.NoError(t, monitor.Dial()(t.Context()))
	require.NoError(t, listener.Close())
	require.Error(t, monitor.Dial(closed.Addr().String(), listener.Addr().String())(t.Context()))
}

// exposed returns a watcher's metrics.
func exposed(w *monitor.Watcher) string {
	answer := httptest.NewRecorder()
	w.Metrics().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}
