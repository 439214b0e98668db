package monitor_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// childVariable makes this test binary a program that watches and notifies without end, to be killed. Its value is the file of the store
// and the address of the receiver.
const childVariable = "MONITOR_TEST_CHILD"

// child watches a chain that grows without end.
func child(job string) int {
	path, receiver, _ := strings.Cut(job, "|")
	write, read, err := openSQLite(path)
	if err == nil {
		var store monitor.Store
		store, err = monitor.NewStore(context.Background(), monitor.StoreDB{Write: write, Read: read, Dialect: monitor.SQLite})
		if err == nil {
			var w *monitor.Watcher
			if w, err = childWatcher(store, receiver, 1<<40); err == nil {
				fmt.Println("ready")
				err = w.Run(context.Background())
			}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// childWatcher is the watcher of the child, over a chain that ends at a height.
func childWatcher(store monitor.Store, receiver string, last pocket.Height) (*monitor.Watcher, error) {
	rules, err := monitor.NewRules(monitor.Override{Change: func(r *monitor.Rule) { *r = monitor.Rule{Severity: r.Severity, FlapCount: -1} }})
	if err != nil {
		return nil, err
	}
	return monitor.New(store, monitor.WithRules(rules), monitor.WithGrouping(monitor.Grouping{Wait: -1}), monitor.WithBlocks(endless(last)),
		monitor.OnBlock("blocks", monitortest.BlockCheckFunc(childBlock)),
		monitor.To(monitor.Destination{Name: "receiver", Notifier: sender(receiver), PerMinute: -1, GiveUp: 24 * time.Hour}))
}

// childKeys is how many things come and go, by turns.
const childKeys = 8

// childBlock is what a block does: something begins or ends, and now and then something happens once.
func childBlock(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
	k := key("custom.lasts", fmt.Sprint(h.Height%childKeys))
	results := []monitor.Result{healthy(k)}
	if h.Height/childKeys%2 == 0 {
		results[0] = failing(k)
	}
	if h.Height%7 == 0 {
		results = append(results, occurrence(key("custom.occurs", "x"), fmt.Sprint(h.Height)))
	}
	if rand.IntN(50) == 0 {
		return nil, errors.New("now and then a block cannot be judged")
	}
	return results, nil
}

// endless is a chain whose blocks are there from the first to the last as soon as they are asked for.
type endless pocket.Height

func (e endless) Heads(ctx context.Context, after pocket.Height) iter.Seq2[monitor.Head, error] {
	return func(yield func(monitor.Head, error) bool) {
		for h := max(after, 0) + 1; h <= pocket.Height(e) && ctx.Err() == nil; h++ {
			if !yield(monitor.Head{Block: pocket.Block{Height: h, Time: time.Now()}, CaughtUp: true}, nil) {
				return
			}
			time.Sleep(time.Millisecond) // the chain's own pace
		}
		<-ctx.Done()
		yield(monitor.Head{}, context.Cause(ctx))
	}
}

// sender sends messages to an address, one a connection, and waits for a word in return.
type sender string

func (s sender) Notify(ctx context.Context, m monitor.Message) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", string(s))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(m); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if answer != "ok\n" {
		return errors.New(strings.TrimSpace(answer))
	}
	return nil
}

// A receiver takes messages, though sometimes its answer does not arrive, and sometimes it takes nothing.
type receiver struct {
	listener net.Listener
	wg       sync.WaitGroup
	mu       sync.Mutex
	messages []monitor.Message
}

func newReceiver(t *testing.T) *receiver {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &receiver{listener: listener}
	r.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.take(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); r.wg.Wait() })
	return r
}

func (r *receiver) take(conn net.Conn) {
	defer conn.Close()
	var m monitor.Message
	if json.NewDecoder(conn).Decode(&m) != nil {
		return // it was killed
	}
	mood := rand.IntN(40)
	if mood == 0 {
		_, _ = fmt.Fprintln(conn, "not now")
		return
	}
	r.mu.Lock()
	r.messages = append(r.messages, m)
	r.mu.Unlock()
	if mood > 1 {
		_, _ = fmt.Fprintln(conn, "ok")
	}
}

// TestKilledAtAnyMomentEverythingIsTold kills a real process at random moments and compares what the receiver was told with what happened.
func TestKilledAtAnyMomentEverythingIsTold(t *testing.T) {
	kills := 110
	if testing.Short() {
		kills = 10
	}
	path := filepath.Join(t.TempDir(), "monitor.db")
	r := newReceiver(t)
	killOne(t, path+"|"+r.listener.Addr().String(), time.Second) // so that it gets somewhere on a slow machine, too
	for range kills {
		killOne(t, path+"|"+r.listener.Addr().String(), time.Duration(rand.IntN(100_000))*time.Microsecond)
	}
	store := sqliteStore(t, path)
	last := drain(t, store, r)
	require.Positive(t, last, "the child got nowhere")

	r.mu.Lock()
	defer r.mu.Unlock()
	toldBy := map[string]string{}              // event → message
	said := map[string]string{}                // message → what it said
	lives := map[monitor.Key][]monitor.Event{} // what was told, each once, in order
	var newest int64
	for _, m := range r.messages {
		require.GreaterOrEqual(t, m.Sequence, newest, "messages arrive in order, and only the last is repeated")
		newest = m.Sequence
		text := asJSON(t, m.Events)
		if before, again := said[m.ID]; again {
			require.Equal(t, before, text, "a message that is repeated says the same")
			continue
		}
		said[m.ID] = text
		for _, e := range m.Events {
			require.Empty(t, toldBy[e.ID], "an event is told by one message")
			toldBy[e.ID] = m.ID
			lives[e.Alert.Key] = append(lives[e.Alert.Key], e)
		}
	}

	merged := map[int64]bool{} // told by telling how it ended
	for _, d := range collect(t, store.Deliveries(t.Context(), monitor.DeliveryQuery{})) {
		require.Contains(t, []monitor.DeliveryState{monitor.Delivered, monitor.Merged}, d.State)
		if d.State == monitor.Delivered {
			for _, e := range d.Merged {
				merged[e] = true
			}
		}
	}
	occurred := map[string]bool{}
	fires := map[monitor.Key]int{}
	events := collect(t, store.Events(t.Context(), monitor.EventQuery{Oldest: true}))
	for _, e := range events {
		if !e.Silent {
			require.True(t, toldBy[e.ID] != "" || merged[e.Sequence], "%s %s, event %d, reached nobody: %s", e.Kind, e.Alert.Key, e.Sequence,
				asJSON(t, collect(t, store.Deliveries(t.Context(), monitor.DeliveryQuery{Event: e.Sequence}))))
		}
		if e.Alert.Occurrence != "" {
			require.False(t, occurred[e.Alert.Occurrence], "an occurrence is told once")
			occurred[e.Alert.Occurrence] = true
		} else if e.Kind == monitor.Fired {
			fires[e.Alert.Key]++
		}
	}
	assert.Equal(t, int(last/7), len(occurred), "no block was skipped, none counted twice")
	for n := range pocket.Height(childKeys) {
		k := key("custom.lasts", fmt.Sprint(n))
		want := 0
		for h := pocket.Height(1); h <= last; h++ {
			if h%childKeys == n && h/childKeys%2 == 0 {
				want++
			}
		}
		assert.Equal(t, want, fires[k], "%s fired each time and no more", k)
		for i, e := range lives[k] {
			if i > 0 {
				before := lives[k][i-1]
				require.Greater(t, e.Sequence, before.Sequence)
				if e.Kind == monitor.Resolved && !e.Untold {
					require.Equal(t, monitor.Fired, before.Kind, "nobody hears resolved who did not hear fired")
					require.Equal(t, before.Alert.Fired, e.Alert.Fired)
				}
			}
		}
	}
}

// drain runs a watcher in this process until everything is told, and returns the last block that was judged.
func drain(t *testing.T, store monitor.Store, r *receiver) pocket.Height {
	t.Helper()
	snap, err := store.Take(t.Context(), "test")
	require.NoError(t, err)
	last := snap.Cursors["blocks"]
	w, err := childWatcher(store, r.listener.Addr().String(), last)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	require.Eventually(t, func() bool {
		return strings.Contains(exposed(w), "poktbot_monitor_outbox_events{destination=\"receiver\"} 0\n")
	}, 2*time.Minute, 20*time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	return last
}

// killOne starts a child and kills it some time after it has begun to work.
func killOne(t *testing.T, job string, after time.Duration) {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	command := exec.Command(executable)
	command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, childVariable) }), childVariable+"="+job)
	var stderr strings.Builder
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		time.Sleep(after) // real time: it is a real process that works meanwhile
	}
	require.NoError(t, command.Process.Kill())
	err = command.Wait()
	require.Equal(t, "ready\n", line, "%s", stderr.String())
	require.ErrorContains(t, err, "killed", "%s", stderr.String())
}
