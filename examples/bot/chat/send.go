package chat

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// onceLength is how long [Message.Once] is: as much as platforms take, and more than enough to be like no other.
const onceLength = 24

// An outlet sends to a channel, patiently.
type outlet struct {
	channel Channel
	open    func() (Channel, error) // the chat itself, for when what answers an interaction has ended
	tries   int
	once    bool          // what may have arrived is not sent again
	longest time.Duration // pause
}

func (e *Engine) outlet(u Update) *outlet {
	return &outlet{channel: u.Answer, tries: 5, longest: time.Minute, open: func() (Channel, error) { return e.platform.Open(u.Chat) }}
}

// opened is the outlet of a chat in which nobody asked.
func (e *Engine) opened(chat string) (*outlet, error) {
	channel, err := e.platform.Open(chat)
	if err != nil {
		return nil, err
	}
	return &outlet{channel: channel, tries: 5, longest: time.Minute}, nil
}

// send sends a message. It waits and tries again while the platform is busy; what may have arrived is sent again only when nobody minds to have it twice.
func (o *outlet) send(ctx context.Context, m Message) (id string, err error) {
	plainly := false
	if m.Once == "" {
		m.Once = crand.Text()[:onceLength]
	}
	for try := 1; ; try++ {
		if err := rewind(m); err != nil {
			return "", err
		}
		id, err = o.channel.Send(ctx, m)
		switch {
		case err == nil:
			return id, nil
		case Is(err, Gone) && o.open != nil && !m.Private:
			channel, openErr := o.open()
			if openErr != nil {
				return "", errors.Join(err, openErr)
			}
			o.channel, o.open = channel, nil
			continue
		case Is(err, Refused) && !plainly && m.Picture == nil && m.File == nil:
			plainly = true
			m.Text = m.Text.plainly()
			continue
		case Is(err, Busy):
		case Is(err, Blocked), Is(err, Gone), Is(err, Refused), m.Picture != nil, m.File != nil, o.once:
			return "", err
		}
		if err := o.pause(ctx, try, err); err != nil {
			return "", err
		}
	}
}

// edit puts another message in the place of one, and returns what it is called then: when the one is no more, the other is sent anew.
func (o *outlet) edit(ctx context.Context, id string, m Message) (string, error) {
	for try := 1; ; try++ {
		err := o.channel.Edit(ctx, id, m)
		switch {
		case err == nil:
			return id, nil
		case Is(err, Gone):
			return o.send(ctx, m)
		case Is(err, Blocked), Is(err, Refused):
			return "", err
		}
		if err := o.pause(ctx, try, err); err != nil {
			return "", err
		}
	}
}

// tidy edits a message if it is still there. That it cannot be is nobody's trouble: what matters was said.
func (o *outlet) tidy(ctx context.Context, id string, m Message) {
	for try := 1; ; try++ {
		err := o.channel.Edit(ctx, id, m)
		if !Is(err, Busy) || o.pause(ctx, try, err) != nil {
			return
		}
	}
}

// remove takes a message away where the platform can, and else puts a word in its place.
func (o *outlet) remove(ctx context.Context, id, word string) {
	if deleter, ok := o.channel.(Deleter); ok && deleter.Delete(ctx, id) == nil {
		return
	}
	o.tidy(ctx, id, Message{Text: Rich{{Text: word, Style: Faint}}})
}

// pause waits before another try, for as long as the platform wants. It returns the error when there is to be none.
func (o *outlet) pause(ctx context.Context, try int, cause error) error {
	if try >= o.tries {
		return fmt.Errorf("given up after %d tries: %w", try, cause)
	}
	wait := min(o.longest, time.Second<<(try-1))
	wait = wait/2 + rand.N(wait/2+1)
	if e, ok := errors.AsType[*Error](cause); ok && e.RetryAfter > 0 {
		wait = e.RetryAfter + rand.N(e.RetryAfter/8+1)
		if e.RetryAfter > o.longest {
			return fmt.Errorf("the platform asks to wait for %s: %w", e.RetryAfter, cause)
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// rewind makes a file be read from its start.
func rewind(m Message) error {
	if m.File == nil || m.File.Body == nil {
		return nil
	}
	if _, err := m.File.Body.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%s: %w", m.File.Name, err)
	}
	return nil
}
