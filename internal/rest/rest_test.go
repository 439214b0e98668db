package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/poktbot/poktbot/pocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server for the test.
func serve(t testing.TB, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func client(t testing.TB, urls []string, opts ...Option) *Client {
	t.Helper()
	c, err := New(urls, append([]Option{WithPauses(0, 0), WithRetries(2)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

type greeting struct{ Word string }

// greet asks for {"Word":"…"}.
func greet(ctx context.Context, c *Client) (string, error) {
	var g greeting
	err := c.Do(ctx, Call{Path: "/greet", Read: func(a *Answer) error {
		g = greeting{}
		if a.Status >= 400 && !bytes.HasPrefix(a.Body, []byte("<")) {
			return a.Odd(string(a.Body))
		}
		return a.JSON(&g)
	}})
	return g.Word, err
}

func say(word string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"Word":%q}`, word) }
}

// counted counts the requests that come to a handler.
func counted(n *atomic.Int64, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { n.Add(1); h(w, r) }
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); _, _ = io.WriteString(w, body) }
}

func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func apiError(t testing.TB, err error) *pocket.APIError {
	t.Helper()
	e, ok := errors.AsType[*pocket.APIError](err)
	require.True(t, ok, "%v", err)
	return e
}

func TestNew(t *testing.T) {
	for _, test := range []struct{ url, says string }{
		{"", "URL is empty"},
		{"node.example:26657", "no scheme"},
		{"node.example", "no scheme"},
		{"ftp://node.example", `scheme "ftp"`},
		{"https://", "no host"},
		{"http://:26657", "no host"},
		{"http://node.example/#x", "fragment"},
		{"http://user:sec%ret@node.example", "cannot be read"},
		{"http://node.example:port", "cannot be read"},
	} {
		t.Run(test.url+" is refused", func(t *testing.T) {
			_, err := New([]string{test.url})
			require.ErrorIs(t, err, pocket.ErrInvalid)
			assert.Contains(t, err.Error(), test.says)
			assert.NotContains(t, err.Error(), "ret@")
		})
	}
	t.Run("the bad one of several is named", func(t *testing.T) {
		_, err := New([]string{"http://a.example", "b.example"})
		assert.ErrorContains(t, err, "URL 2 of 2")
	})
	t.Run("nothing to ask is refused", func(t *testing.T) {
		_, err := New(nil)
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	})
	t.Run("settings that make no sense are refused", func(t *testing.T) {
		for _, opt := range []Option{WithTimeout(0), WithIdle(-1), WithMaxBody(0), WithMaxStream(-1), WithRetries(-1), WithPauses(2, 1)} {
			_, err := New([]string{"http://a.example"}, opt)
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
}

func TestRetries(t *testing.T) {
	t.Run("a 500 is asked again", func(t *testing.T) {
		var n atomic.Int64
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				status(500, "oops")(w, r)
				return
			}
			say("hello")(w, r)
		})
		word, err := greet(t.Context(), client(t, []string{url}))
		require.NoError(t, err)
		assert.Equal(t, "hello", word)
		assert.EqualValues(t, 2, n.Load())
	})
	t.Run("a connection reset is asked again, so often and no more", func(t *testing.T) {
		var n atomic.Int64
		_, err := greet(t.Context(), client(t, []string{serve(t, counted(&n, reset))}))
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.EqualValues(t, 3, n.Load())
	})
	t.Run("leaving while the last server's useless answer is read says so", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		url := serve(t, say("hello"))
		err := client(t, []string{url}).Do(ctx, Call{Path: "/greet", Read: func(*Answer) error {
			leave()
			return &pocket.APIError{Reason: pocket.ErrMalformed, Message: "not this one"}
		}})
		assert.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, "not this one")
	})
	t.Run("a server that is not there is unavailable", func(t *testing.T) {
		server := httptest.NewServer(say(""))
		server.Close()
		_, err := greet(t.Context(), client(t, []string{server.URL}))
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.Contains(t, err.Error(), "refused")
	})
	t.Run("a POST is sent once unless it is said to be repeatable", func(t *testing.T) {
		for _, repeatable := range []bool{false, true} {
			var n atomic.Int64
			var bodies []string
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				bodies = append(bodies, string(body))
				n.Add(1)
				status(503, "{}")(w, r)
			})
			other := serve(t, counted(&n, say("hi")))
			err := client(t, []string{url, other}).Do(t.Context(), Call{Method: "POST", Path: "/", Body: []byte("x"), Repeatable: repeatable, Read: func(a *Answer) error {
				if a.Status != 200 {
					return a.Odd("no")
				}
				return nil
			}})
			if repeatable {
				require.NoError(t, err)
				assert.EqualValues(t, 2, n.Load())
			} else {
				assert.ErrorIs(t, err, pocket.ErrUnavailable)
				assert.EqualValues(t, 1, n.Load())
			}
			assert.Equal(t, []string{"x"}, bodies)
		}
	})
	t.Run("what is not found is not asked again, nor of others", func(t *testing.T) {
		var n atomic.Int64
		url := serve(t, counted(&n, say("x")))
		c := client(t, []string{url, url})
		err := c.Do(t.Context(), Call{Path: "/", Read: func(a *Answer) error { return a.Fail(pocket.ErrNotFound, "none") }})
		assert.ErrorIs(t, err, pocket.ErrNotFound)
		assert.EqualValues(t, 1, n.Load())
	})
	t.Run("pauses grow, are uneven, and end with the context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			c, err := New([]string{"http://a.test"}, WithRetries(9), WithPauses(time.Second, 8*time.Second),
				WithTransport(transport(func(r *http.Request) (*http.Response, error) {
					at = append(at, time.Now())
					return nil, errors.New("no")
				})))
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Second, cancel)
			_, err = greet(ctx, c)
			assert.ErrorIs(t, err, context.Canceled)
			assert.NotErrorIs(t, err, pocket.ErrUnavailable)
			assert.Less(t, time.Since(at[0]), 21*time.Second)
			for i, longest := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
				if i+1 < len(at) {
					pause := at[i+1].Sub(at[i])
					assert.GreaterOrEqual(t, pause, longest/2)
					assert.LessOrEqual(t, pause, longest)
				}
			}
		})
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// respond makes a response without a server.
func respond(r *http.Request, code int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r, ContentLength: int64(len(body))}
}
