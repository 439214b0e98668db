package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

func TestBodies(t *testing.T) {
	t.Run("a body above the cap is too large", func(t *testing.T) {
		_, err := greet(t.Context(), client(t, []string{serve(t, say(strings.Repeat("x", 2000)))}, WithMaxBody(1000)))
		assert.ErrorIs(t, err, pocket.ErrTooLarge)
		assert.Contains(t, err.Error(), "1000 bytes")
	})
	t.Run("a body of exactly the cap is not", func(t *testing.T) {
		word, err := greet(t.Context(), client(t, []string{serve(t, say("12345"))}, WithMaxBody(int64(len(`{"Word":"12345"}`)))))
		require.NoError(t, err)
		assert.Equal(t, "12345", word)
	})
	t.Run("a gzip bomb is cut off at the cap", func(t *testing.T) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write([]byte(`{"Word":"`))
		for range 64 {
			_, _ = z.Write(make([]byte, 1<<20))
		}
		require.NoError(t, z.Close())
		require.Less(t, packed.Len(), 1<<18)
		_, err := greet(t.Context(), client(t, []string{serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		})}, WithMaxBody(1<<20)))
		assert.ErrorIs(t, err, pocket.ErrTooLarge)
	})
	t.Run("an endless body ends at the cap", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 4096)); err != nil {
					return
				}
			}
		})
		_, err := greet(t.Context(), client(t, []string{url}, WithMaxBody(1<<20)))
		assert.ErrorIs(t, err, pocket.ErrTooLarge)
	})
	t.Run("a body that is cut off is asked for again", func(t *testing.T) {
		var n atomic.Int64
		url := serve(t, counted(&n, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"Word":"hal`)
		}))
		_, err := greet(t.Context(), client(t, []string{url}))
		require.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.EqualValues(t, 3, n.Load())
	})
	t.Run("garbage is malformed and not asked again", func(t *testing.T) {
		var n atomic.Int64
		_, err := greet(t.Context(), client(t, []string{serve(t, counted(&n, status(200, "\x00\x01garbage")))}))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		assert.EqualValues(t, 1, n.Load())
	})
	t.Run("an HTML page is named as such", func(t *testing.T) {
		page := "<html><head><title>502 Bad Gateway</title></head></html>"
		_, err := greet(t.Context(), client(t, []string{serve(t, status(502, page))}))
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.Contains(t, err.Error(), `HTML page ("502 Bad Gateway")`)
		_, err = greet(t.Context(), client(t, []string{serve(t, status(200, page))}))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
	})
	t.Run("a wrong type of a field is told without Go's words", func(t *testing.T) {
		_, err := greet(t.Context(), client(t, []string{serve(t, status(200, `{"Word":[]}`))}))
		assert.ErrorIs(t, err, pocket.ErrMalformed)
		assert.Contains(t, err.Error(), `field "Word" holds a JSON array`)
	})
}

func TestDeadlines(t *testing.T) {
	t.Run("a server that says nothing is left", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithTimeout(5*time.Second), WithRetries(1), WithTransport(transport(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})))
			began := time.Now()
			_, err := greet(t.Context(), c)
			require.ErrorIs(t, err, pocket.ErrUnavailable)
			assert.NotErrorIs(t, err, context.Canceled)
			assert.Contains(t, err.Error(), "within 5s")
			assert.Equal(t, 10*time.Second, time.Since(began))
		})
	})
	// drip gives a byte of JSON white space every so often.
	drip := func(every time.Duration, count int) transport {
		return func(r *http.Request) (*http.Response, error) {
			response := respond(r, 200, nil, "")
			response.ContentLength = -1
			response.Body = &dripping{ctx: r.Context(), every: every, left: count}
			return response, nil
		}
	}
	t.Run("a body that drips is left at the deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithTimeout(5*time.Second), WithRetries(0), WithTransport(drip(time.Second, 100)))
			_, err := greet(t.Context(), c)
			assert.ErrorIs(t, err, pocket.ErrUnavailable)
		})
	})
	stream := func(t *testing.T, c *Client, pause time.Duration) (int, error) {
		n := 0
		err := c.Do(t.Context(), Call{Path: "/", Stream: true, Read: func(a *Answer) error {
			n = 0
			for p := make([]byte, 1); ; n++ {
				if _, err := a.Stream.Read(p); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				time.Sleep(pause)
			}
		}})
		return n, err
	}
	t.Run("a stream may drip for as long as it is not silent for long", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithTimeout(time.Second), WithIdle(5*time.Second), WithTransport(drip(4*time.Second, 100)))
			n, err := stream(t, c, 0)
			require.NoError(t, err)
			assert.Equal(t, 100, n)
		})
	})
	t.Run("a reader that takes its time is not the server's fault", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithIdle(5*time.Second), WithTransport(drip(time.Second, 10)))
			n, err := stream(t, c, time.Hour)
			require.NoError(t, err)
			assert.Equal(t, 10, n)
		})
	})
	t.Run("a silent stream is left", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, []string{"http://a.test"}, WithIdle(5*time.Second), WithRetries(0), WithTransport(drip(6*time.Second, 100)))
			_, err := stream(t, c, 0)
			require.ErrorIs(t, err, pocket.ErrUnavailable)
			assert.Contains(t, err.Error(), "not a byte for 5s")
		})
	})
	t.Run("a stream is capped", func(t *testing.T) {
		c := client(t, []string{"http://a.test"}, WithMaxStream(3), WithTransport(drip(0, 100)))
		_, err := stream(t, c, 0)
		assert.ErrorIs(t, err, pocket.ErrTooLarge)
	})
	t.Run("after something was given away nobody else is asked", func(t *testing.T) {
		var n atomic.Int64
		url := serve(t, counted(&n, say("x")))
		c := client(t, []string{url, url})
		err := c.Do(t.Context(), Call{Path: "/", Stream: true, Read: func(a *Answer) error { a.Commit(); return a.Fail(pocket.ErrUnavailable, "broke") }})
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.EqualValues(t, 1, n.Load())
	})
	t.Run("a context that has ended asks nobody", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var n atomic.Int64
		_, err := greet(ctx, client(t, []string{serve(t, counted(&n, say("x")))}))
		assert.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, n.Load())
	})
}

// dripping is a body that gives a space every so often.
type dripping struct {
	ctx   context.Context
	every time.Duration
	left  int
}

func (d *dripping) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	d.left--
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(d.every):
	}
	p[0] = ' '
	return 1, nil
}

func (d *dripping) Close() error { return nil }

func TestSecrets(t *testing.T) {
	t.Run("no error or log line holds a key of the URL", func(t *testing.T) {
		var logged bytes.Buffer
		for _, handler := range []http.HandlerFunc{
			reset,
			func(w http.ResponseWriter, r *http.Request) {
				status(500, "you asked for "+r.URL.String()+r.Header.Get("Authorization"))(w, r)
			},
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://evil.example"+r.URL.String(), 302)
			},
			status(200, "<html>"),
		} {
			base := serve(t, handler)
			url := strings.Replace(base, "http://", "http://username:pass-word@", 1) + "/path-that-is-a-long-key?apikey=queryquery"
			c := client(t, []string{url}, WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
			_, err := greet(t.Context(), c)
			require.Error(t, err)
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), logged.String()} {
				for _, secret := range []string{"username", "pass-word", "queryquery", "path-that-is-a-long-key", "dXNlcm5hbWU6cGFzcy13b3Jk"} {
					assert.NotContains(t, text, secret)
				}
			}
			assert.Contains(t, err.Error(), strings.TrimPrefix(base, "http://"), "the host is told")
		}
		assert.NotEmpty(t, logged.String())
	})
	t.Run("keys are sent", func(t *testing.T) {
		var got string
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			got = user + password + r.URL.RequestURI()
			say("x")(w, r)
		})
		_, err := greet(t.Context(), client(t, []string{strings.Replace(base, "http://", "http://u:p@", 1) + "/a%2Fb/?k=v"}))
		require.NoError(t, err)
		assert.Equal(t, "up/a%2Fb/greet?k=v", got)
	})
	t.Run("text of servers is one line of no great length", func(t *testing.T) {
		_, err := greet(t.Context(), client(t, []string{serve(t, status(500, "a\nb\x1b[31m"+strings.Repeat("€", 1000)))}))
		assert.NotContains(t, err.Error(), "\n")
		assert.NotContains(t, err.Error(), "\x1b")
		assert.Less(t, len(err.Error()), 600)
		assert.True(t, strings.ToValidUTF8(err.Error(), "!") == err.Error())
	})
}

func TestRedirects(t *testing.T) {
	t.Run("within the host they are followed", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/greet" {
				http.Redirect(w, r, "/elsewhere", 302)
				return
			}
			say("moved")(w, r)
		})
		word, err := greet(t.Context(), client(t, []string{url}))
		require.NoError(t, err)
		assert.Equal(t, "moved", word)
	})
	t.Run("to other hosts they are not, and this is said", func(t *testing.T) {
		var n atomic.Int64
		other := serve(t, counted(&n, say("evil")))
		_, err := greet(t.Context(), client(t, []string{serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, 307) })}))
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.ErrorContains(t, err, "redirects to another host")
		assert.Zero(t, n.Load())
	})
	t.Run("in a circle they end", func(t *testing.T) {
		_, err := greet(t.Context(), client(t, []string{serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), 302) })}))
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
}

func FuzzParseBase(f *testing.F) {
	for _, seed := range []string{"http://a.example", "https://u:p@h:1/x?y=z", "://", "http://[::1]:80", "http://a b", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseBase(text)
		if err != nil {
			require.ErrorIs(t, err, pocket.ErrInvalid)
			return
		}
		require.NotEmpty(t, u.Hostname())
		require.NotNil(t, URL(u, "/status", "a=b"))
	})
}
