package monitortest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poktbot/poktbot/monitor"
)

// A Bench is a watcher at work in simulated time.
type Bench struct {
	*monitor.Watcher
	Recorder *Recorder     // the destination "recorder"
	Blocks   *Blocks       // what block checks look at
	Store    monitor.Store // in memory

	t       testing.TB
	options []monitor.Option
	stop    context.CancelFunc
	done    chan error
}

// Start runs a watcher with these options until the test ends, and tells its Recorder everything. It must be called inside a synctest
// bubble.
func Start(t testing.TB, opts ...monitor.Option) *Bench {
	t.Helper()
	return StartIn(t, monitor.NewMemory(), opts...)
}

// StartIn is Start with a store that may hold something already.
func StartIn(t testing.TB, store monitor.Store, opts ...monitor.Option) *Bench {
	t.Helper()
	b := &Bench{t: t, Recorder: &Recorder{}, Blocks: &Blocks{}, Store: store}
	recorder := monitor.To(monitor.Destination{Name: "recorder", Notifier: b.Recorder, PerMinute: -1})
	b.options = append([]monitor.Option{recorder, monitor.WithBlocks(b.Blocks)}, opts...)
	b.start(b.options)
	t.Cleanup(b.Stop)
	return b
}

func (b *Bench) start(opts []monitor.Option) {
	b.t.Helper()
	w, err := monitor.New(b.Store, opts...)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.Watcher, b.stop, b.done = w, cancel, make(chan error, 1)
	go func() { b.done <- w.Run(ctx) }()
	synctest.Wait()
}

// Stop ends the watcher and waits until it has ended.
func (b *Bench) Stop() {
	if b.stop != nil {
		b.stop()
		<-b.done
		b.stop = nil
	}
}

// Restart ends the watcher and begins another one on the same store, with more options if any are given.
func (b *Bench) Restart(opts ...monitor.Option) {
	b.t.Helper()
	b.Stop()
	b.start(append(b.options[:len(b.options):len(b.options)], opts...))
}

// Pass lets time pass, and everything happen that happens in that time.
func (b *Bench) Pass(d time.Duration) {
	time.Sleep(d) // simulated: it takes no time
	synctest.Wait()
}

// Feed adds blocks to the chain and waits until all that follows from them has happened, as far as it takes no time.
func (b *Bench) Feed(heads ...monitor.Head) {
	b.Blocks.Feed(heads...)
	synctest.Wait()
}

// Told returns the events that the Recorder was told of since Told was last called, in order.
func (b *Bench) Told() []monitor.Event {
	var events []monitor.Event
	for _, m := range b.Recorder.Told() {
		events = append(events, m.Events...)
	}
	return events
}

// Lines returns what Told returns, one short line for each event, such as "fired critical proof.missing pokt1… eth".
func (b *Bench) Lines() []string {
	var lines []string
	for _, e := range b.Told() {
		lines = append(lines, string(e.Kind)+" "+e.Severity.String()+" "+e.Alert.Key.String())
	}
	return lines
}

// A CheckFunc is a check that is a function.
type CheckFunc func(ctx context.Context) ([]monitor.Result, error)

// Look implements [monitor.Check].
func (f CheckFunc) Look(ctx context.Context) ([]monitor.Result, error) { return f(ctx) }

// A BlockCheckFunc is a block check that is a function.
type BlockCheckFunc func(ctx context.Context, head monitor.Head) ([]monitor.Result, error)

// Block implements [monitor.BlockCheck].
func (f BlockCheckFunc) Block(ctx context.Context, head monitor.Head) ([]monitor.Result, error) {
	return f(ctx, head)
}

// Transport asks a handler, without a socket, so that it may be used where time is simulated.
func Transport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	served := request.Clone(request.Context())
	served.RequestURI = request.URL.RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	t.handler.ServeHTTP(recorder, served)
	_, _ = io.Copy(io.Discard, served.Body) // a transport closes the body it was given
	response := recorder.Result()
	response.Request = request
	return response, served.Body.Close()
}
