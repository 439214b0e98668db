package rest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/poktbot/poktbot/pocket"
)

// A run is one call on its way: over the servers in order, round after round.
type run struct {
	*Client
	call  Call
	ctx   context.Context // the caller's; a run lives no longer than the call
	once  bool            // no retries and no admission
	order []*endpoint     // of this round
	place int             // in order
	round int
	out   []*endpoint // cannot answer this question

	wait     time.Duration // before the next attempt
	sent     time.Time     // the present attempt
	answer   *Answer
	done     bool
	final    *pocket.APIError
	failures []failure // the last of each endpoint
}

type failure struct {
	endpoint *endpoint
	err      *pocket.APIError
}

// errAgain tells go-retryablehttp to go on; the failure itself is in the run.
var errAgain = errors.New("again")

type runKey struct{}

func (c *Client) run(ctx context.Context, call Call, order []*endpoint, once bool) error {
	if call.Method == "" {
		call.Method = http.MethodGet
	}
	r := &run{Client: c, call: call, ctx: ctx, once: once, order: order}
	if len(order) == 0 {
		return c.allBanned()
	}
	if err := r.keepQuiet(); err != nil {
		return err
	}
	// A retrying client for each call, because what to do next depends on the call; connections belong to the shared http.Client.
	retrying := retryablehttp.Client{
		HTTPClient:   c.http,
		RetryMax:     math.MaxInt32, // the run decides
		CheckRetry:   r.checkRetry,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return r.wait },
		PrepareRetry: r.aim,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	var body any
	if call.Body != nil {
		body = bytes.NewReader(call.Body)
	}
	request, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, runKey{}, r), call.Method, "http://unset.invalid", body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", call.Method, call.Path, err)
	}
	for key, values := range call.Header {
		request.Header[key] = slices.Clone(values)
	}
	if request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "application/json")
	}
	_ = r.aim(request.Request)
	request.SetResponseHandler(r.read)
	response, err := retrying.Do(request)
	if response != nil {
		_ = response.Body.Close()
	}
	return r.result(err)
}

// aim points the request at the endpoint whose turn it is.
func (r *run) aim(request *http.Request) error {
	request.URL = join(r.current().base, r.call.Path, r.call.Query)
	request.Host = request.URL.Host
	return nil
}

func (r *run) current() *endpoint { return r.order[r.place] }

// read hands an answer to the call's reader.
func (r *run) read(response *http.Response) error {
	defer response.Body.Close()
	e := r.current()
	a := &Answer{Status: response.StatusCode, Header: response.Header, run: r, endpoint: e}
	r.answer = a
	err := a.take(response, r.call)
	if err == nil {
		e.succeeded(a.latency, time.Now())
		r.done = true
		return nil
	}
	if r.failed(a.explain(err)) {
		return errAgain
	}
	return nil
}

// checkRetry is asked after each attempt: with nil when an answer came and read has to judge it or was content, with errAgain
// when read wants to go on, and with another error when there was no answer.
func (r *run) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil:
		return false, nil
	case errors.Is(err, errAgain):
		return true, nil
	default:
		return r.failed(r.unanswered(err)), nil
	}
}

// unanswered describes an error of the transport, without the URL that net/http puts into it.
func (r *run) unanswered(err error) *pocket.APIError {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var known *pocket.APIError
	if errors.As(err, &known) {
		return r.complete(known)
	}
	return r.complete(&pocket.APIError{Reason: pocket.ErrUnavailable, Cause: scrubbed{r.current().scrub(err.Error()), err}})
}

// complete fills in what e leaves open of where it happened.
func (r *run) complete(e *pocket.APIError) *pocket.APIError {
	whole := *e
	if whole.Host == "" {
		whole.Host = r.current().host()
	}
	if whole.Call == "" {
		whole.Call = r.call.Path
	}
	whole.Message = r.current().scrub(whole.Message)
	return &whole
}

// What a failure means for the rest of the call.
type course int

const (
	stop  course = iota // this is the answer
	next                // another server may know
	again               // this server may know later
)

func courseOf(e *pocket.APIError) course {
	switch {
	case errors.Is(e.Reason, pocket.ErrInvalid) && e.Status == http.StatusNotImplemented:
		return next // an older server; a newer one may know the call
	case errors.Is(e.Reason, pocket.ErrNotFound), errors.Is(e.Reason, pocket.ErrInvalid):
		return stop
	case errors.Is(e.Reason, pocket.ErrUnavailable) && refused(e.Status):
		return next
	case errors.Is(e.Reason, pocket.ErrUnavailable), errors.Is(e.Reason, pocket.ErrRateLimited):
		return again
	default:
		return next
	}
}

// refused tells of statuses that asking again does not change: a key is missing, or the server moved.
func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status >= 300 && status < 400
}

// failed notes a failed attempt and tells whether there is to be another, of what endpoint and when.
func (r *run) failed(e *pocket.APIError) bool {
	here, now := r.current(), time.Now()
	r.note(here, e, now)
	turn := courseOf(e)
	given := r.answer != nil && r.answer.committed
	if r.once || given || turn == stop || turn == again && !r.repeatable() {
		r.final = e
		return false
	}
	if turn == next {
		r.out = append(r.out, here)
	}
	r.log.Debug("attempt failed", "host", here.host(), "call", r.call.Path, "error", e)
	for r.place++; r.place < len(r.order); r.place++ {
		if banned := r.current().banned(); banned == nil {
			r.wait = 0
			return true
		}
	}
	return r.nextRound(now)
}

func (r *run) repeatable() bool {
	return r.call.Repeatable || r.call.Method == http.MethodGet || r.call.Method == http.MethodHead
}

// note keeps the failure for the final error and for the endpoint's health.
func (r *run) note(here *endpoint, e *pocket.APIError, now time.Time) {
	r.failures = slices.DeleteFunc(r.failures, func(f failure) bool { return f.endpoint == here })
	r.failures = append(r.failures, failure{here, e})
	switch {
	case errors.Is(e.Reason, pocket.ErrWrongChain):
		here.mu.Lock()
		here.ban = e
		here.mu.Unlock()
		r.log.Error("server banned", "host", here.host(), "error", e)
	case errors.Is(e.Reason, pocket.ErrUnavailable), errors.Is(e.Reason, pocket.ErrRateLimited), errors.Is(e.Reason, pocket.ErrMalformed):
		if !errors.Is(e, errLagging) {
			here.failed(now, e.RetryAfter)
		}
	case r.answer != nil: // it works, it only does not have this
		here.succeeded(r.answer.latency, now)
	}
}

// nextRound begins another round, unless there have been enough, nobody is left, or the wait would be too long.
func (r *run) nextRound(now time.Time) bool {
	r.round++
	order := slices.DeleteFunc(r.ranked(now), func(e *endpoint) bool { return slices.Contains(r.out, e) })
	if r.round > r.retries || len(order) == 0 {
		r.final = r.best()
		return false
	}
	r.order, r.place = order, 0
	quiet := r.order[0].quiet(now)
	for _, e := range r.order[1:] {
		quiet = min(quiet, e.quiet(now))
	}
	slices.SortStableFunc(r.order, func(a, b *endpoint) int { return cmp.Compare(a.quiet(now), b.quiet(now)) })
	r.wait = max(r.pause(), quiet)
	if deadline, ok := r.ctx.Deadline(); quiet > r.maxRetryAfter || ok && now.Add(r.wait).After(deadline) {
		r.final = r.best()
		return false
	}
	last := r.failures[len(r.failures)-1].err
	r.log.Debug("asking again", "call", r.call.Path, "round", r.round, "after", r.wait, "error", last)
	return true
}

// pause returns the growing pause of the round, shortened by chance so that many clients do not ask in step.
func (r *run) pause() time.Duration {
	full := min(r.maxPause, r.minPause<<min(r.round-1, 20))
	if full <= 0 {
		return 0
	}
	return full - rand.N(full/2+1)
}

// keepQuiet waits as long as the only servers there are have asked for.
func (r *run) keepQuiet() error {
	now := time.Now()
	first := r.order[0]
	quiet := first.quiet(now) // ranked puts such servers last: when the first wants quiet, all do
	if quiet == 0 {
		return nil
	}
	for _, e := range r.order[1:] {
		if q := e.quiet(now); q < quiet {
			first, quiet = e, q
		}
	}
	slices.SortStableFunc(r.order, func(a, b *endpoint) int { return cmp.Compare(a.quiet(now), b.quiet(now)) })
	deadline, ok := r.ctx.Deadline()
	if r.once || quiet > r.maxRetryAfter || ok && now.Add(quiet).After(deadline) {
		return &pocket.APIError{Reason: pocket.ErrRateLimited, Host: first.host(), Call: r.call.Path,
			Message: "it asked to be left alone", RetryAfter: quiet}
	}
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.ctx.Done():
		return fmt.Errorf("%s%s: %w", first.host(), r.call.Path, r.ctx.Err())
	}
}

// result is what the caller gets.
func (r *run) result(err error) error {
	switch {
	case r.done:
		return nil
	case r.ctx.Err() != nil:
		text := ""
		if len(r.failures) > 0 {
			text = " (before that: " + r.failures[len(r.failures)-1].err.Error() + ")"
		}
		return fmt.Errorf("%s%s: %w%s", r.order[min(r.place, len(r.order)-1)].host(), r.call.Path, r.ctx.Err(), text)
	case r.final != nil:
		return r.final
	default:
		return r.unanswered(err)
	}
}

// weight orders reasons by how much they say when several servers failed: what may pass comes first, since the data may still be there.
var weight = []error{
	pocket.ErrUnavailable, pocket.ErrRateLimited, pocket.ErrFutureHeight, pocket.ErrPruned,
	pocket.ErrNotIndexed, pocket.ErrTooLarge, pocket.ErrMalformed, pocket.ErrInvalid, pocket.ErrWrongChain,
}

// best returns the failure that says most, with the lowest height of all pruned servers, the newest of all that are not there
// yet and the shortest wait, and a word on the other servers.
func (r *run) best() *pocket.APIError {
	if len(r.failures) == 0 {
		return &pocket.APIError{Reason: pocket.ErrUnavailable, Call: r.call.Path}
	}
	rankOf := func(f failure) int {
		return slices.IndexFunc(weight, func(reason error) bool { return errors.Is(f.err.Reason, reason) })
	}
	chosen := slices.MinFunc(r.failures, func(a, b failure) int { return rankOf(a) - rankOf(b) })
	e := *chosen.err
	var others []string
	for _, f := range r.failures {
		if f.err == chosen.err {
			continue
		}
		others = append(others, fmt.Sprintf("%s: %v", f.err.Host, f.err.Reason))
		if f.err.Lowest > 0 && (e.Lowest == 0 || f.err.Lowest < e.Lowest) && errors.Is(e.Reason, pocket.ErrPruned) {
			e.Lowest = f.err.Lowest
		}
		if errors.Is(e.Reason, pocket.ErrFutureHeight) {
			e.Latest = max(e.Latest, f.err.Latest)
		}
		if f.err.RetryAfter > 0 && e.RetryAfter > 0 {
			e.RetryAfter = min(e.RetryAfter, f.err.RetryAfter)
		}
	}
	if len(others) > 0 {
		e.Message = strings.TrimSpace(e.Message + " (other servers: " + strings.Join(others, "; ") + ")")
	}
	return &e
}

func (c *Client) allBanned() error {
	for _, e := range c.endpoints {
		if banned := e.banned(); banned != nil {
			return banned
		}
	}
	return &pocket.APIError{Reason: pocket.ErrUnavailable, Message: "there is no server to ask"}
}
