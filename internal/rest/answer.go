package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// An Answer is what a server said, for [Call.Read] to decode.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte    // whole; nil when the call asked for a stream
	Stream io.Reader // the body when the call asked for a stream; valid until Read returns

	run       *run
	endpoint  *endpoint
	body      *body
	latency   time.Duration
	committed bool
}

// errLagging marks an answer that was good but old.
var errLagging = errors.New("behind other servers")

// take reads the body as the call wants it and hands the answer to the call's reader.
func (a *Answer) take(response *http.Response, call Call) error {
	a.latency = time.Since(a.run.sent)
	a.body, _ = response.Body.(*body)
	if a.Status >= 300 && a.Status < 400 {
		return a.Fail(pocket.ErrUnavailable, "it redirects to another host, which is not followed: give the new URL")
	}
	if call.Stream {
		a.Stream = response.Body
		return call.Read(a)
	}
	var buffer bytes.Buffer
	if n := response.ContentLength; n > 0 && n <= 1<<20 {
		buffer.Grow(int(n) + bytes.MinRead)
	}
	if _, err := buffer.ReadFrom(response.Body); err != nil {
		return err
	}
	a.Body = buffer.Bytes()
	return call.Read(a)
}

// explain turns what take returned into an APIError. An error of the connection comes first: what the reader made of half a body is noise.
func (a *Answer) explain(err error) *pocket.APIError {
	if a.body != nil && a.body.err != nil {
		err = a.body.err
	}
	var known *pocket.APIError
	if !errors.As(err, &known) {
		if a.body != nil && a.body.err != nil {
			return a.run.complete(&pocket.APIError{Reason: pocket.ErrUnavailable, Status: a.Status, Cause: scrubbed{a.endpoint.scrub(err.Error()), err}})
		}
		return a.Fail(pocket.ErrMalformed, err.Error())
	}
	whole := a.run.complete(known)
	if whole.Status == 0 {
		whole.Status = a.Status
	}
	return whole
}

// Host returns the host that answered.
func (a *Answer) Host() string { return a.endpoint.host() }

// Commit says that something of the answer has been given away: from here on an error ends the call, and nobody else is asked.
func (a *Answer) Commit() { a.committed = true }

// Saw notes the newest block that the server knows. One that is some blocks behind another of the client's servers is asked last for a
// while.
func (a *Answer) Saw(height int64) { a.run.saw(a.endpoint, height, time.Now()) }

// Lagging returns an error that leads to the next server when this one was last seen behind another, and nil otherwise. caught says
// that the server itself calls its state old.
func (a *Answer) Lagging(caught bool) error {
	now := time.Now()
	if caught {
		a.endpoint.mu.Lock()
		a.endpoint.behind = now.Add(a.run.recheck)
		a.endpoint.mu.Unlock()
	}
	if !a.endpoint.lagging(now) {
		return nil
	}
	a.run.out = append(a.run.out, a.endpoint) // asking again within the call would not help
	e := a.Fail(pocket.ErrUnavailable, "its state is old")
	e.Cause = errLagging
	return e
}

// Fail returns an error of this answer.
func (a *Answer) Fail(reason error, message string) *pocket.APIError {
	return a.run.complete(&pocket.APIError{Reason: reason, Status: a.Status, Message: message, RetryAfter: a.retryAfter()})
}

// JSON decodes the whole body into v. What is no JSON becomes an error that says what came instead: [pocket.ErrRateLimited] and
// [pocket.ErrUnavailable] by the HTTP status, [pocket.ErrMalformed] otherwise.
func (a *Answer) JSON(v any) error {
	if a.Status == http.StatusTooManyRequests {
		return a.Fail(pocket.ErrRateLimited, a.excerpt())
	}
	if a.isHTML() {
		return a.NotJSON()
	}
	if err := json.Unmarshal(a.Body, v); err != nil {
		if !json.Valid(a.Body) {
			return a.NotJSON()
		}
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok { // its own words name Go types
			return a.Odd(fmt.Sprintf("the answer is not what was asked for: field %q holds a JSON %s", e.Field, e.Value))
		}
		return a.Odd("the answer is not what was asked for: " + err.Error())
	}
	return nil
}

// NotJSON returns the error of an answer that is no JSON.
func (a *Answer) NotJSON() *pocket.APIError {
	what := "the answer is no JSON: " + a.excerpt()
	if a.isHTML() {
		what = "the answer is an HTML page" + title(a.Body) + ", no JSON: is the URL that of a node?"
	} else if len(bytes.TrimSpace(a.Body)) == 0 {
		what = "the answer is empty"
	}
	return a.Odd(what)
}

// Odd returns the error of an answer that is none to the question, such as a proxy's own: what it means goes by the HTTP status.
func (a *Answer) Odd(what string) *pocket.APIError {
	switch {
	case a.Status == http.StatusTooManyRequests:
		return a.Fail(pocket.ErrRateLimited, what)
	case a.Status >= 500, a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden, a.Status == http.StatusRequestTimeout:
		return a.Fail(pocket.ErrUnavailable, what)
	default:
		return a.Fail(pocket.ErrMalformed, what)
	}
}

func (a *Answer) isHTML() bool {
	return strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<"))
}

// excerpt returns the beginning of the body.
func (a *Answer) excerpt() string {
	const most = 120
	if len(a.Body) <= most {
		return string(a.Body)
	}
	return string(a.Body[:most]) + "…"
}

// title returns an HTML page's title in quotes, such as "502 Bad Gateway".
func title(page []byte) string {
	_, rest, found := strings.Cut(string(page[:min(len(page), 4096)]), "<title>")
	text, _, closed := strings.Cut(rest, "</title>")
	if !found || !closed || len(text) > 100 {
		return ""
	}
	return fmt.Sprintf(" (%q)", strings.TrimSpace(text))
}

// A scrubbed error is an error of the transport that says no more than is fit to be shown. [errors.Is] still finds what it was.
type scrubbed struct {
	text string
	err  error
}

func (s scrubbed) Error() string { return s.text }
func (s scrubbed) Unwrap() error { return s.err }
