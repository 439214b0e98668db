package monitortest

import (
	"context"
	"errors"
	"sync"

	"github.com/poktbot/poktbot/monitor"
)

// A Recorder is a notifier that remembers the messages that arrived, and fails on demand. Its zero value takes everything.
type Recorder struct {
	mu       sync.Mutex
	messages []monitor.Message
	attempts int
	answer   func(monitor.Message) error
	taken    int // messages that Told has returned
}

var _ monitor.Notifier = (*Recorder)(nil)

// ErrDown is what a Recorder answers after Down.
var ErrDown = errors.New("the recorder is down")

// Notify implements [monitor.Notifier].
func (r *Recorder) Notify(ctx context.Context, m monitor.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts++
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.answer != nil {
		if err := r.answer(m); err != nil {
			return err
		}
	}
	r.messages = append(r.messages, m)
	return nil
}

// Answer makes the recorder answer every message by f from now on. A message that f answers with nil has arrived. A nil f takes everything.
func (r *Recorder) Answer(f func(monitor.Message) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// Down makes every message fail until Up.
func (r *Recorder) Down() { r.Answer(func(monitor.Message) error { return ErrDown }) }

// Up takes messages again.
func (r *Recorder) Up() { r.Answer(nil) }

// Attempts returns how often the recorder was called.
func (r *Recorder) Attempts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.attempts
}

// Messages returns all messages that arrived, in order.
func (r *Recorder) Messages() []monitor.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]monitor.Message(nil), r.messages...)
}

// Told returns the messages that arrived since Told was last called.
func (r *Recorder) Told() []monitor.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := append([]monitor.Message(nil), r.messages[r.taken:]...)
	r.taken = len(r.messages)
	return news
}
