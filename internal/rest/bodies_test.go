package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

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
