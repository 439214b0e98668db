package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter returns how long a server that is too busy asks to be left alone, 0 when it does not say.
func (a *Answer) retryAfter() time.Duration {
	if a.Status != http.StatusTooManyRequests && a.Status != http.StatusServiceUnavailable {
		return 0
	}
	return parseRetryAfter(a.Header.Get("Retry-After"), time.Now())
}

// parseRetryAfter reads seconds or a date. What cannot be read, or has passed, is 0.
func parseRetryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(0, seconds), math.MaxInt64/int64(time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}
