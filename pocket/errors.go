package pocket

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// What a source of chain data may answer instead of data. Test with [errors.Is]; an [APIError] carries the facts.
var (
	// ErrNotFound: the chain has no such thing (now, or at the height asked).
	ErrNotFound = errors.New("not found")
	// ErrPruned: the node had it and dropped it; [APIError.Lowest] is the first height it still has, when it says so.
	ErrPruned = errors.New("pruned away")
	// ErrFutureHeight: the chain is not there yet; [APIError.Latest] is the newest height, when the node says so.
	ErrFutureHeight = errors.New("height is in the future")
	// ErrRateLimited: asked too often; [APIError.RetryAfter] says how long to wait, when the source does.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: no answer, or one that says the server is broken. Trying again may help.
	ErrUnavailable = errors.New("unavailable")
	// ErrMalformed: an answer that is not what the protocol says. Trying again rarely helps.
	ErrMalformed = errors.New("malformed answer")
	// ErrTooLarge: an answer larger than the cap set for it.
	ErrTooLarge = errors.New("answer too large")
	// ErrWrongChain: the source serves another chain than asked for.
	ErrWrongChain = errors.New("wrong chain")
	// ErrNotIndexed: the node keeps no search index, or no block results. Another node may.
	ErrNotIndexed = errors.New("not indexed by this node")
	// ErrInvalid: the question itself is wrong; asking again will not help.
	ErrInvalid = errors.New("invalid request")
)

// An APIError is a failed question to a source. errors.Is finds the reason among the sentinels above.
type APIError struct {
	Reason     error         // one of the sentinels of this package
	Host       string        // the host asked, without path, user or query, so that no key can leak
	Call       string        // what was asked, such as "/block_results"
	Status     int           // HTTP status, 0 when there was no answer
	Code       int           // the source's own error code, 0 when it gave none
	Message    string        // the source's words, cut to a line
	RetryAfter time.Duration // how long the source asks to wait, 0 when it does not say
	Lowest     Height        // with ErrPruned: the first height still kept, 0 when not told
	Latest     Height        // with ErrFutureHeight: the newest height, 0 when not told
	Cause      error         // what failed below, such as a broken connection; may be nil
}

// Error says what was asked of whom and what came back, in one line.
func (e *APIError) Error() string {
	text := fmt.Sprintf("%s%s: %v", e.Host, e.Call, e.Reason)
	if e.Status != 0 && e.Status != http.StatusOK {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf("; try again in %v", e.RetryAfter)
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives errors.Is and errors.As the reason and the cause.
func (e *APIError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}
