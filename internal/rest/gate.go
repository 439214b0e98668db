package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A gate is the transport that every request passes: it lets a server be admitted first, and holds each attempt to its deadlines and caps.
type gate struct{ client *Client }

func (g *gate) RoundTrip(request *http.Request) (*http.Response, error) {
	r, ok := request.Context().Value(runKey{}).(*run)
	if !ok {
		return g.client.transport.RoundTrip(request)
	}
	if err := r.admitted(request.Context()); err != nil {
		closeBody(request)
		return nil, err
	}
	allowed, limit := r.timeout, r.maxBody
	if r.call.Stream {
		allowed, limit = r.idle, r.maxStream
	}
	ctx, cancel := context.WithCancel(request.Context())
	b := &body{cancel: cancel, stream: r.call.Stream, allowed: allowed, limit: limit, left: limit}
	b.timer = time.AfterFunc(allowed, func() { b.late.Store(true); cancel() })
	r.sent = time.Now()
	response, err := r.transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		b.timer.Stop()
		cancel()
		return nil, b.explain(err)
	}
	if b.stream {
		b.timer.Stop() // runs only while somebody waits for a byte
	}
	b.rc, response.Body = response.Body, b
	return response, nil
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}

// admitted lets the client's Admit decide about a server it has not used yet. Callers at the same time wait for the first's verdict.
func (r *run) admitted(ctx context.Context) error {
	e := r.current()
	if r.once || r.admit == nil || e.isAdmitted() {
		return nil
	}
	select {
	case <-e.admission:
		defer func() { e.admission <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if banned := e.banned(); banned != nil {
		return banned
	}
	if e.isAdmitted() {
		return nil
	}
	err := r.admit(ctx, func(ctx context.Context, call Call) error {
		return r.run(ctx, call, []*endpoint{e}, true)
	})
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.admitted = true
	e.mu.Unlock()
	return nil
}

func (e *endpoint) isAdmitted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.admitted
}

// A body is read under a deadline and a cap, both of which turn into errors that say so.
type body struct {
	rc      io.ReadCloser
	cancel  context.CancelFunc
	timer   *time.Timer
	late    atomic.Bool
	stream  bool
	allowed time.Duration
	limit   int64
	left    int64
	err     error // what ended it, other than io.EOF
}

// Read counts bytes after decompression, so that a small body cannot become a large one unseen.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.left == 0 {
		p = make([]byte, 1) // is this the end, or is there more?
	} else if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	if b.stream {
		b.timer.Reset(b.allowed)
	}
	n, err := b.rc.Read(p)
	if b.stream {
		b.timer.Stop()
	}
	if b.left == 0 && n > 0 {
		b.err = &pocket.APIError{Reason: pocket.ErrTooLarge, Message: fmt.Sprintf("more than the cap of %d bytes", b.limit)}
		return 0, b.err
	}
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		b.err = b.explain(err)
		err = b.err
	}
	return n, err
}

func (b *body) Close() error {
	b.timer.Stop()
	b.cancel()
	return b.rc.Close()
}

// explain names the deadline that our own cancelling hides.
func (b *body) explain(err error) error {
	switch {
	case b.late.Load() && b.stream:
		return &pocket.APIError{Reason: pocket.ErrUnavailable, Message: fmt.Sprintf("not a byte for %v", b.allowed)}
	case b.late.Load():
		return &pocket.APIError{Reason: pocket.ErrUnavailable, Message: fmt.Sprintf("no whole answer within %v", b.allowed)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &pocket.APIError{Reason: pocket.ErrUnavailable, Message: "the answer was cut off", Cause: scrubbed{"unexpected end", err}}
	default:
		return err
	}
}
