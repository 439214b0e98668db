package rest

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestRateLimits(t *testing.T) {
	limited := func(after string) transport {
		n := 0
		return func(r *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return respond(r, 429, http.Header{"Retry-After": {after}}, "slow down"), nil
			}
			return respond(r, 200, nil, `{"Word":"ok"}`), nil
		}
	}
	t.Run("Retry-After is waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithTransport(limited("7")))
			began := time.Now()
			word, err := greet(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, "ok", word)
			assert.Equal(t, 7*time.Second, time.Since(began))
		})
	})
	t.Run("as a date too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			c := client(t, []string{"http://a.test"}, WithTransport(limited(began.Add(9*time.Second).UTC().Format(http.TimeFormat))))
			_, err := greet(t.Context(), c)
			require.NoError(t, err)
			assert.InDelta(t, 9, time.Since(began).Seconds(), 1)
		})
	})
	t.Run("a wait of a year is given back, and remembered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithTransport(limited("31536000")))
			began := time.Now()
			_, err := greet(t.Context(), c)
			require.ErrorIs(t, err, pocket.ErrRateLimited)
			assert.Equal(t, 365*24*time.Hour, apiError(t, err).RetryAfter)
			_, err = greet(t.Context(), c)
			require.ErrorIs(t, err, pocket.ErrRateLimited)
			assert.Zero(t, time.Since(began), "neither waited nor asked")
		})
	})
	t.Run("a wait beyond the context's deadline is not begun", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithTransport(limited("20")))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			_, err := greet(ctx, c)
			require.ErrorIs(t, err, pocket.ErrRateLimited)
			assert.Zero(t, time.Since(began))
		})
	})
	t.Run("another server is asked meanwhile", func(t *testing.T) {
		busy := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
		})
		word, err := greet(t.Context(), client(t, []string{busy, serve(t, say("b"))}))
		require.NoError(t, err)
		assert.Equal(t, "b", word)
	})
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "5": 5 * time.Second, " 5 ": 5 * time.Second, "Mon, 02 Jan 2006 15:04:05 GMT": 0,
		"9223372036854775807": 9223372036 * time.Second,
	} {
		assert.Equal(t, want, parseRetryAfter(text, time.Unix(1.8e9, 0)), text)
	}
}

func TestFailover(t *testing.T) {
	t.Run("of two servers with one down the other answers, and is asked first from then on", func(t *testing.T) {
		var down atomic.Int64
		c := client(t, []string{serve(t, counted(&down, reset)), serve(t, say("b"))})
		for range 5 {
			word, err := greet(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, "b", word)
		}
		assert.EqualValues(t, 1, down.Load())
	})
	t.Run("one that failed is tried again after a while", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			broken := true
			c := client(t, []string{"http://a.test", "http://b.test"}, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host == "a.test" && broken {
					return nil, errors.New("no")
				}
				return respond(r, 200, nil, `{"Word":"`+r.URL.Host+`"}`), nil
			})))
			word, _ := greet(t.Context(), c)
			assert.Equal(t, "b.test", word)
			broken = false
			word, _ = greet(t.Context(), c)
			assert.Equal(t, "b.test", word)
			time.Sleep(2 * time.Minute)
			word, _ = greet(t.Context(), c)
			assert.Equal(t, "a.test", word)
		})
	})
	t.Run("a slow one is asked after a quick one, for a while", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test", "http://b.test"}, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host == "a.test" {
					time.Sleep(time.Second)
				}
				return respond(r, 200, nil, `{"Word":"`+r.URL.Host+`"}`), nil
			})))
			for _, want := range []string{"a.test", "b.test", "b.test"} {
				word, err := greet(t.Context(), c)
				require.NoError(t, err)
				assert.Equal(t, want, word)
			}
			time.Sleep(2 * time.Minute)
			word, _ := greet(t.Context(), c)
			assert.Equal(t, "a.test", word)
		})
	})
	t.Run("one behind the others is asked last", func(t *testing.T) {
		heights := map[string]int64{"a.test": 100, "b.test": 200}
		c := client(t, []string{"http://a.test", "http://b.test"}, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			return respond(r, 200, nil, `{"Word":"`+r.URL.Host+`"}`), nil
		})))
		c.Each(t.Context(), Call{Path: "/", Read: func(a *Answer) error { a.Saw(heights[a.Host()]); return nil }})
		word, err := greet(t.Context(), c)
		require.NoError(t, err)
		assert.Equal(t, "b.test", word)
	})
	reasons := func(t *testing.T, first, second *pocket.APIError) error {
		c := client(t, []string{"http://a.test", "http://b.test"}, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			return respond(r, 200, nil, ""), nil
		})))
		return c.Do(t.Context(), Call{Path: "/x", Read: func(a *Answer) error {
			if a.Host() == "a.test" {
				return first
			}
			return second
		}})
	}
	t.Run("when all have pruned it the lowest height of all is told", func(t *testing.T) {
		err := reasons(t, &pocket.APIError{Reason: pocket.ErrPruned, Lowest: 80}, &pocket.APIError{Reason: pocket.ErrPruned, Lowest: 60})
		assert.ErrorIs(t, err, pocket.ErrPruned)
		assert.Equal(t, pocket.Height(60), apiError(t, err).Lowest)
		assert.Contains(t, err.Error(), "b.test: pruned away")
	})
	t.Run("when one has pruned it and the other is down it is not known to be gone", func(t *testing.T) {
		err := reasons(t, &pocket.APIError{Reason: pocket.ErrPruned, Lowest: 80}, &pocket.APIError{Reason: pocket.ErrUnavailable})
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.NotErrorIs(t, err, pocket.ErrPruned)
	})
	t.Run("the newest of all is told of the future", func(t *testing.T) {
		err := reasons(t, &pocket.APIError{Reason: pocket.ErrFutureHeight, Latest: 5}, &pocket.APIError{Reason: pocket.ErrFutureHeight, Latest: 9})
		assert.Equal(t, pocket.Height(9), apiError(t, err).Latest)
	})
	t.Run("a server of another chain is never asked again", func(t *testing.T) {
		var foreign atomic.Int64
		admit := WithAdmit(func(ctx context.Context, ask func(context.Context, Call) error) error {
			return ask(ctx, Call{Path: "/chain", Read: func(a *Answer) error {
				if string(a.Body) != `{"Word":"mine"}` {
					return a.Fail(pocket.ErrWrongChain, "another")
				}
				return nil
			}})
		})
		c := client(t, []string{serve(t, counted(&foreign, say("other"))), serve(t, say("mine"))}, admit)
		for range 3 {
			word, err := greet(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, "mine", word)
		}
		assert.EqualValues(t, 1, foreign.Load())
		only := client(t, []string{serve(t, counted(&foreign, say("other")))}, admit)
		for range 3 {
			_, err := greet(t.Context(), only)
			assert.ErrorIs(t, err, pocket.ErrWrongChain)
		}
		assert.EqualValues(t, 2, foreign.Load())
	})
}
