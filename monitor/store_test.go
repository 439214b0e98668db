package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
)

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for v, err := range seq {
		require.NoError(t, err)
		list = append(list, v)
	}
	return list
}

func stateOf(name monitor.Name, subject string) monitor.State {
	return monitor.State{
		Alert: monitor.Alert{
			Key: monitor.Key{Name: name, Subject: subject, Part: "eth"}, Severity: monitor.Warning, Since: t0, Fired: t0.Add(time.Second), Count: 3,
			Facts:  monitor.Facts{monitor.Text("words", "ü \x00 \" \\ 你"), monitor.Amount("stake", 5)},
			Labels: map[string]string{"host": "one"},
		},
		Check: "check", Rule: "abc", Reading: decimal.NewNullDecimal(decimal.RequireFromString("0.30")), Heard: []string{"chat"},
		Causes: []monitor.Key{{Name: "a"}}, Fires: []time.Time{t0}, Seen: map[string]int64{"x": 1}, Told: t0,
	}
}

func eventOf(sequence int64, kind monitor.EventKind, s monitor.State, at time.Time) monitor.Event {
	return monitor.Event{ID: fmt.Sprint("e-", sequence), Sequence: sequence, Kind: kind, Severity: s.Alert.Severity, Alert: s.Alert, At: at}
}

func TestAStoreGivesBackWhatItWasGiven(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		ctx, store := t.Context(), open()
		empty, err := store.Take(ctx, "first")
		require.NoError(t, err)
		require.NotEmpty(t, empty.Instance)
		assert.Equal(t, &monitor.Snapshot{Instance: empty.Instance, Cursors: map[string]pocket.Height{}, Notes: map[string]string{}}, empty)

		a, b := stateOf(monitor.ProofMissing, "pokt1a"), stateOf(monitor.TLSExpired, "host:443")
		e1, e2, e3 := eventOf(1, monitor.Fired, a, t0), eventOf(2, monitor.Fired, b, t0.Add(time.Minute)), eventOf(3, monitor.Resolved, a, t0.Add(time.Hour))
		window, err := monitor.ParseWindow("Sun 02:00-04:00 Europe/Madrid")
		require.NoError(t, err)
		mute := monitor.Mute{ID: "m1", Match: monitor.Match{Name: "tls.*", Labels: map[string]string{"host": "one"}}, Windows: []monitor.Window{window},
			By: "ada", Comment: "night", Created: t0}
		sent := monitor.Delivery{ID: "d4", Destination: "chat", Sequence: 4, State: monitor.Pending, Events: []int64{1}, Created: t0, Tried: t0, Attempts: 1}
		require.NoError(t, store.Commit(ctx, &monitor.Change{
			Watcher: "first", Sequence: 4, States: []monitor.State{a, b}, Events: []monitor.Event{e1, e2, e3},
			Cursors: map[string]pocket.Height{"claims": 100, "stakes": 99}, Mutes: []monitor.Mute{mute}, Notes: map[string]string{"offline": "since"},
			Waiting:    []monitor.Waiting{{"chat", 2}, {"chat", 3}, {"mail", 2}},
			Deliveries: []monitor.Delivery{sent},
		}))

		want := &monitor.Snapshot{
			Instance: empty.Instance, Sequence: 4, States: []monitor.State{a, b}, Cursors: map[string]pocket.Height{"claims": 100, "stakes": 99},
			Mutes: []monitor.Mute{mute}, Waiting: []monitor.Waiting{{"chat", 2}, {"mail", 2}, {"chat", 3}}, Pending: []monitor.Delivery{sent},
			Events: []monitor.Event{e1, e2, e3}, Notes: map[string]string{"offline": "since"},
		}
		got, err := open().Take(ctx, "second")
		require.NoError(t, err)
		assert.Equal(t, asJSON(t, want), asJSON(t, got))

		alerts, err := store.Alerts(ctx)
		require.NoError(t, err)
		assert.Equal(t, asJSON(t, []monitor.Alert{a.Alert, b.Alert}), asJSON(t, alerts))
		mutes, err := store.Mutes(ctx)
		require.NoError(t, err)
		assert.Equal(t, asJSON(t, want.Mutes), asJSON(t, mutes))

		b.Alert.Count = 9
		sent.State, sent.Done = monitor.Delivered, t0.Add(time.Minute)
		require.NoError(t, store.Commit(ctx, &monitor.Change{
			Watcher: "second", Sequence: 5, States: []monitor.State{b}, Gone: []monitor.Key{a.Alert.Key}, Cursors: map[string]pocket.Height{"claims": 101},
			Taken: []monitor.Waiting{{"chat", 2}, {"chat", 3}}, Deliveries: []monitor.Delivery{sent}, Unmuted: []string{"m1"},
			Notes: map[string]string{"offline": ""},
		}))
		want = &monitor.Snapshot{
			Instance: empty.Instance, Sequence: 5, States: []monitor.State{b}, Cursors: map[string]pocket.Height{"claims": 101, "stakes": 99},
			Waiting: []monitor.Waiting{{"mail", 2}}, Events: []monitor.Event{e2}, Notes: map[string]string{"offline": ""},
		}
		got, err = open().Take(ctx, "third")
		require.NoError(t, err)
		assert.Equal(t, asJSON(t, want), asJSON(t, got))
		assert.Equal(t, asJSON(t, []monitor.Delivery{sent}), asJSON(t, collect(t, store.Deliveries(ctx, monitor.DeliveryQuery{}))))
	})
}

func TestAStoreListensToTheWatcherThatTookItLast(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		ctx, mine, other := t.Context(), open(), open()
		_, err := mine.Take(ctx, "mine")
		require.NoError(t, err)
		_, err = other.Take(ctx, "other")
		require.NoError(t, err)
		e := eventOf(1, monitor.Fired, stateOf("a.b", "c"), t0)
		require.ErrorIs(t, mine.Commit(ctx, &monitor.Change{Watcher: "mine", Sequence: 1, Events: []monitor.Event{e}}), monitor.ErrTaken)
		assert.Empty(t, collect(t, mine.Events(ctx, monitor.EventQuery{})), "and nothing was written")
		require.NoError(t, other.Commit(ctx, &monitor.Change{Watcher: "other", Sequence: 1, Events: []monitor.Event{e}}))
		assert.Len(t, collect(t, mine.Events(ctx, monitor.EventQuery{})), 1)
	})
}

// history stores events of many kinds, and returns them oldest first.
func history(t *testing.T, store monitor.Store, n int) []monitor.Event {
	t.Helper()
	_, err := store.Take(t.Context(), "w")
	require.NoError(t, err)
	var events []monitor.Event
	for i := range int64(n) {
		s := stateOf([]monitor.Name{monitor.ProofMissing, monitor.TLSExpired, "custom.mine"}[i%3], fmt.Sprint("subject", i%7))
		s.Alert.Severity = monitor.Severity(i%3) + 1
		s.Alert.Labels = map[string]string{"host": fmt.Sprint("host", i%5)}
		events = append(events, eventOf(2*i+1, []monitor.EventKind{monitor.Fired, monitor.Resolved}[i%2], s, t0.Add(time.Duration(i)*time.Minute)))
	}
	require.NoError(t, store.Commit(t.Context(), &monitor.Change{Watcher: "w", Sequence: int64(2 * n), Events: events}))
	return events
}

func TestEventsAreFound(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		store := open()
		all := history(t, store, 700) // more than two pages
		for _, q := range []monitor.EventQuery{
			{}, {Oldest: true}, {Limit: 10}, {Limit: 300, Oldest: true}, {After: 500}, {After: 500, Oldest: true, Limit: 300}, {Before: 900, Limit: 5},
			{Before: 900, Oldest: true}, {Span: pocket.Span{From: t0.Add(time.Hour), To: t0.Add(3 * time.Hour)}}, {Span: pocket.Span{From: t0.Add(11 * time.Hour)}},
			{Kinds: []monitor.EventKind{monitor.Fired}}, {Kinds: []monitor.EventKind{monitor.Fired, monitor.Resolved}, Limit: 7}, {Severity: monitor.Critical},
			{Match: monitor.Match{Name: "tls.expired"}}, {Match: monitor.Match{Name: "custom.*", Subject: "subject3"}}, {Match: monitor.Match{Subject: "subject?"}},
			{Match: monitor.Match{Labels: map[string]string{"host": "host4"}}, Limit: 20}, {Match: monitor.Match{Subject: "nobody"}}, {After: 5000},
			{Match: monitor.MatchKey(all[5].Alert.Key)},
		} {
			var want []int64
			for i := range all {
				e := all[i]
				if !q.Oldest {
					e = all[len(all)-1-i]
				}
				if q.Matches(e) && (q.Limit == 0 || len(want) < q.Limit) {
					want = append(want, e.Sequence)
				}
			}
			var got []int64
			for _, e := range collect(t, store.Events(t.Context(), q)) {
				got = append(got, e.Sequence)
			}
			assert.Equal(t, want, got, "%+v", q)
		}
		for range store.Events(t.Context(), monitor.EventQuery{}) {
			break // a reader may stop at any
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range store.Events(ended, monitor.EventQuery{}) {
			assert.ErrorIs(t, err, context.Canceled)
		}
	})
}

func TestDeliveriesAreFound(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		store := open()
		history(t, store, 10)
		var all []monitor.Delivery
		for i := range int64(600) {
			all = append(all, monitor.Delivery{
				ID: fmt.Sprint(i), Sequence: 100 + i, Destination: []string{"chat", "mail"}[i%2], Events: []int64{1 + i/100, 3}, Created: t0,
				State: []monitor.DeliveryState{monitor.Delivered, monitor.Dead, monitor.Pending}[i%3], Merged: []int64{9 + i%2},
			})
		}
		require.NoError(t, store.Commit(t.Context(), &monitor.Change{Watcher: "w", Sequence: 1000, Deliveries: all}))
		for _, q := range []monitor.DeliveryQuery{
			{}, {Limit: 3}, {Destination: "mail"}, {State: monitor.Dead, Limit: 300}, {Event: 4}, {Event: 10}, {Before: 300, Destination: "chat", Limit: 20}, {Destination: "x"},
		} {
			var want []int64
			for i := range all {
				if d := all[len(all)-1-i]; q.Matches(d) && (q.Limit == 0 || len(want) < q.Limit) {
					want = append(want, d.Sequence)
				}
			}
			var got []int64
			for _, d := range collect(t, store.Deliveries(t.Context(), q)) {
				got = append(got, d.Sequence)
			}
			assert.Equal(t, want, got, "%+v", q)
		}
	})
}

func TestPruningForgetsWhatIsOldAndKeepsWhatIsToBeTold(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		ctx, store := t.Context(), open()
		all := history(t, store, 2000)
		done := func(sequence int64, at time.Time, state monitor.DeliveryState, event int64) monitor.Delivery {
			return monitor.Delivery{ID: fmt.Sprint(sequence), Sequence: sequence, Destination: "chat", State: state, Done: at, Events: []int64{event}}
		}
		waits, pending := all[1500].Sequence, all[1400].Sequence
		require.NoError(t, store.Commit(ctx, &monitor.Change{
			Watcher: "w", Sequence: 5000, Waiting: []monitor.Waiting{{"chat", waits}},
			Deliveries: []monitor.Delivery{
				done(4001, t0.Add(time.Minute), monitor.Delivered, 1), done(4002, time.Time{}, monitor.Pending, pending),
				done(4003, t0.Add(2000*time.Minute), monitor.Dead, 3),
			},
		}))
		n, err := store.Prune(ctx, all[1000].At)
		require.NoError(t, err)
		assert.Equal(t, int64(1001), n)
		assert.Len(t, collect(t, store.Events(ctx, monitor.EventQuery{})), 1000)
		_, err = store.Prune(ctx, t0.AddDate(1, 0, 0))
		require.NoError(t, err)
		left := collect(t, store.Events(ctx, monitor.EventQuery{Oldest: true}))
		require.Len(t, left, 600, "those from the pending message's on")
		assert.Equal(t, pending, left[0].Sequence)
		assert.Len(t, collect(t, store.Deliveries(ctx, monitor.DeliveryQuery{})), 1)
		n, err = store.Prune(ctx, t0.AddDate(1, 0, 0))
		require.NoError(t, err)
		assert.Zero(t, n)
	})
}

func TestAChangeThatFailsLeavesNothingBehind(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		ctx, store := t.Context(), open()
		all := history(t, store, 3)
		if _, ok := store.(*monitor.Memory); ok {
			return // nothing can fail half-way there
		}
		err := store.Commit(ctx, &monitor.Change{
			Watcher: "w", Sequence: 99, States: []monitor.State{stateOf("a.b", "c")}, Events: []monitor.Event{all[0]}, // a sequence that was given before
			Waiting: []monitor.Waiting{{"chat", 1}},
		})
		require.Error(t, err)
		require.False(t, errors.Is(err, monitor.ErrTaken))
		snap, err := store.Take(ctx, "w")
		require.NoError(t, err)
		assert.Empty(t, snap.States)
		assert.Empty(t, snap.Waiting)
		assert.Equal(t, int64(6), snap.Sequence)
	})
}

func TestAStoreMayLiveInTheDatabaseOfAnIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "both.db")
	x, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	store := sqliteStore(t, path)
	history(t, store, 5)
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	assert.Len(t, collect(t, sqliteStore(t, path).Events(t.Context(), monitor.EventQuery{})), 5)
}

func TestAStoreWantsADatabase(t *testing.T) {
	for _, db := range []monitor.StoreDB{{}, {Dialect: "oracle"}} {
		_, err := monitor.NewStore(t.Context(), db)
		require.ErrorIs(t, err, pocket.ErrInvalid)
	}
}

func TestAStrangersTextInAKeyStopsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, open func() monitor.Store) {
		odd := monitor.Result{Key: monitor.Key{Name: monitor.TLSInvalid, Subject: "a\xff\x00b", Part: "\x00"}, Health: monitor.Failing,
			Facts: monitor.Facts{monitor.Text("text", "\xff\x00")}, Labels: map[string]string{"x\x00": "\xff"}}
		check := monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) { return []monitor.Result{odd, odd}, nil })
		recorder := &monitortest.Recorder{}
		w, err := monitor.New(open(), simple(t), monitor.Every("odd", check, 10*time.Millisecond),
			monitor.To(monitor.Destination{Name: "recorder", Notifier: recorder}))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		require.Eventually(t, func() bool { return len(recorder.Messages()) == 1 }, time.Minute, 5*time.Millisecond)
		alerts, err := w.Alerts(t.Context())
		require.NoError(t, err)
		require.Len(t, alerts, 1)
		assert.Equal(t, "a\uFFFD\uFFFDb", alerts[0].Subject)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestACauseIsKnownAgainWhateverAStrangerCalledIt(t *testing.T) {
	bubble(t, func(t *testing.T, s *scene, b *monitortest.Bench) {
		odd := monitor.Key{Name: monitor.NodeUnreachable, Subject: "a\xff\x00b"}
		causes := []monitor.Key{proof, odd}
		s.set(failing(odd), failing(key(monitor.NodeOutOfSync, "x"), causes...))
		b.Pass(time.Minute)
		assert.Equal(t, []string{"fired critical node.unreachable a\uFFFD\uFFFDb"}, b.Lines(), "a cause hides its symptoms")
		assert.Equal(t, "a\xff\x00b", causes[1].Subject, "what a check holds is left as it is")
	})
}
