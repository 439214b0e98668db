package monitor_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
)

// BenchmarkBlockToNotification measures how long it takes from a block with 3,000 settled claims of 1,000 suppliers to the notification of
// what is critical in it, with a store on disk. Of the claims one in a hundred has expired, and one proof is missing.
func BenchmarkBlockToNotification(b *testing.B) {
	var blocks monitortest.Blocks
	arrived := make(chan string, 1000) // subjects of the missing proofs
	check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
		results := make([]monitor.Result, 0, 3001)
		for i := range 3000 {
			supplier := fmt.Sprintf("pokt1supplier%04d", i%1000)
			r := healthy(monitor.Key{Name: monitor.ClaimMissing, Subject: supplier, Part: fmt.Sprint("service", i/1000)})
			if i%100 == 0 {
				r = occurrence(monitor.Key{Name: monitor.ClaimExpired, Subject: supplier}, fmt.Sprint(h.Height, "-", i))
			}
			results = append(results, r)
		}
		return append(results, failing(key(monitor.ProofMissing, fmt.Sprint("pokt1supplier", h.Height)))), nil
	})
	notifier := notifierFunc(func(_ context.Context, m monitor.Message) error {
		if m.Events[0].Alert.Name == monitor.ProofMissing {
			arrived <- m.Events[0].Alert.Subject
		}
		return nil
	})
	w, err := monitor.New(sqliteStore(b, filepath.Join(b.TempDir(), "monitor.db")), monitor.WithBlocks(&blocks), monitor.OnBlock("claims", check),
		monitor.WithGrouping(monitor.Grouping{Wait: -1}), monitor.To(monitor.Destination{Name: "chat", Notifier: notifier, PerMinute: -1}))
	require.NoError(b, err)
	stop := running(b, w)
	defer stop()
	var took []time.Duration
	height := pocket.Height(0)
	for begun := false; !begun; { // a check without a cursor begins at the present, which may be a moment after the watcher does
		height++
		blocks.Feed(head(height))
		select {
		case <-arrived:
			begun = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	for b.Loop() {
		height++
		fed := time.Now()
		blocks.Feed(head(height))
		for <-arrived != fmt.Sprint("pokt1supplier", height) { // those of blocks before
		}
		took = append(took, time.Since(fed))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}

// running runs a watcher until the function that it returns is called.
func running(b *testing.B, w *monitor.Watcher) func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	_, err := w.Alerts(ctx) // waits until it has begun
	require.NoError(b, err)
	return func() {
		cancel()
		<-done
	}
}

// BenchmarkOutbox stores an event with what waits for it, and then, in one transaction, marks that the message before arrived and takes the
// next one: what a destination's messages cost the store, on SQLite.
func BenchmarkOutbox(b *testing.B) {
	ctx := context.Background()
	store := sqliteStore(b, filepath.Join(b.TempDir(), "monitor.db"))
	_, err := store.Take(ctx, "w")
	require.NoError(b, err)
	state := stateOf(monitor.ProofMissing, "pokt1a")
	sequence := int64(0)
	var before []monitor.Delivery
	for b.Loop() {
		sequence += 2
		e := eventOf(sequence-1, monitor.Fired, state, t0)
		waits := []monitor.Waiting{{Destination: "chat", Event: e.Sequence}}
		change := &monitor.Change{Watcher: "w", Sequence: sequence, States: []monitor.State{state}, Events: []monitor.Event{e}, Waiting: waits}
		require.NoError(b, store.Commit(ctx, change))
		d := monitor.Delivery{ID: e.ID, Destination: "chat", Sequence: sequence, State: monitor.Pending, Events: []int64{e.Sequence}, Created: t0, Attempts: 1}
		require.NoError(b, store.Commit(ctx, &monitor.Change{Watcher: "w", Sequence: sequence, Taken: waits, Deliveries: append(before, d)}))
		d.State, d.Done = monitor.Delivered, t0
		before = []monitor.Delivery{d}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkDelivery measures the whole way of a message: an occurrence in a block is judged and stored, a message of its own is made of it,
// sent to a notifier that takes it at once, and marked, on SQLite. A block has a hundred of them.
func BenchmarkDelivery(b *testing.B) {
	const perBlock = 100
	var blocks monitortest.Blocks
	arrived := make(chan struct{}, perBlock)
	check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
		results := make([]monitor.Result, perBlock)
		for i := range results {
			results[i] = occurrence(monitor.Key{Name: monitor.ClaimExpired, Subject: fmt.Sprint("pokt1supplier", i)}, fmt.Sprint(h.Height, "-", i))
		}
		return results, nil
	})
	notifier := notifierFunc(func(context.Context, monitor.Message) error {
		arrived <- struct{}{}
		return nil
	})
	w, err := monitor.New(sqliteStore(b, filepath.Join(b.TempDir(), "monitor.db")), monitor.WithBlocks(&blocks), monitor.OnBlock("claims", check),
		monitor.WithGrouping(monitor.Grouping{Wait: -1, Most: 1}), monitor.To(monitor.Destination{Name: "chat", Notifier: notifier, PerMinute: -1}))
	require.NoError(b, err)
	stop := running(b, w)
	defer stop()
	height, messages := pocket.Height(0), 0
	block := func() (all bool) {
		height++
		blocks.Feed(head(height))
		for range perBlock {
			select {
			case <-arrived:
			case <-time.After(time.Second):
				return false
			}
		}
		return true
	}
	for !block() { // a check without a cursor begins at the present, which may be a moment after the watcher does
	}
	for b.Loop() {
		require.True(b, block())
		messages += perBlock
	}
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkThousandChats measures how long it takes until each of 1,000 destinations was told of one alert, with a store on disk.
func BenchmarkThousandChats(b *testing.B) {
	const chats = 1000
	var blocks monitortest.Blocks
	arrived := make(chan struct{}, chats)
	check := monitortest.BlockCheckFunc(func(_ context.Context, h monitor.Head) ([]monitor.Result, error) {
		return []monitor.Result{failing(key(monitor.ProofMissing, fmt.Sprint("pokt1supplier", h.Height)))}, nil
	})
	notifier := notifierFunc(func(context.Context, monitor.Message) error {
		arrived <- struct{}{}
		return nil
	})
	w, err := monitor.New(sqliteStore(b, filepath.Join(b.TempDir(), "monitor.db")), monitor.WithBlocks(&blocks), monitor.OnBlock("claims", check),
		monitor.WithGrouping(monitor.Grouping{Wait: -1}))
	require.NoError(b, err)
	stop := running(b, w)
	defer stop()
	for i := range chats {
		require.NoError(b, w.Tell(b.Context(), monitor.Destination{Name: fmt.Sprint("chat ", i), Notifier: notifier, PerMinute: -1}))
	}
	height := pocket.Height(0)
	all := func(patience time.Duration) bool {
		height++
		blocks.Feed(head(height))
		for range chats {
			select {
			case <-arrived:
			case <-time.After(patience):
				return false
			}
		}
		return true
	}
	for !all(time.Second) { // a check without a cursor begins at the present, which may be a moment after the watcher does
	}
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		require.True(b, all(time.Minute))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
}
