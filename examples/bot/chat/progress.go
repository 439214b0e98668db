package chat

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	beforeProgress  = time.Second     // work that ends sooner shows none
	betweenProgress = 2 * time.Second // between changes of it
)

// A progress is one message that tells how far a command has come. It is sent by a goroutine of its own, so that the work goes on meanwhile, and so
// that work which tells nothing for long is seen all the same.
type progress struct {
	channel Channel
	began   time.Time

	mu     sync.Mutex
	latest string

	stop chan struct{}
	done sync.WaitGroup
	id   string // of the message, once done
}

func newProgress(ctx context.Context, channel Channel, began time.Time) *progress {
	p := &progress{channel: channel, began: began, stop: make(chan struct{})}
	p.done.Go(func() { p.run(ctx) })
	return p
}

func (p *progress) tell(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest = text
}

func (p *progress) run(ctx context.Context) {
	shown, wait := "", beforeProgress-time.Since(p.began)
	for {
		timer := time.NewTimer(max(wait, 0))
		select {
		case <-timer.C:
		case <-p.stop:
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
		wait = betweenProgress
		p.mu.Lock()
		text := p.latest
		p.mu.Unlock()
		if text == shown || blank(text) {
			continue
		}
		err := p.show(ctx, text)
		switch busy, ok := errors.AsType[*Error](err); {
		case err == nil:
			shown = text
		case ok && busy.Kind == Busy:
			wait = max(wait, busy.RetryAfter)
		default:
			return // the result is what matters
		}
	}
}

func (p *progress) show(ctx context.Context, text string) (err error) {
	m := Message{Text: Rich{{Text: text, Style: Faint}}, Silent: true}
	if p.id != "" {
		return p.channel.Edit(ctx, p.id, m)
	}
	p.id, err = p.channel.Send(ctx, m)
	return err
}

// end stops it and returns what the message is called, "" when there is none.
func (p *progress) end() string {
	close(p.stop)
	p.done.Wait()
	return p.id
}
