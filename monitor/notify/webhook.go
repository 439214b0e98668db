package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/monitor"
)

// WebhookVersion is the version of [WebhookBody]: it grows when a field changes its meaning or goes, and not when one is added.
const WebhookVersion = 1

// WebhookBody is what a webhook is sent, as JSON.
type WebhookBody struct {
	Version     int             `json:"version"`
	ID          string          `json:"id"` // also in the header Idempotency-Key: the same when the message is sent again
	Destination string          `json:"destination"`
	Sequence    int64           `json:"sequence"`     // grows with each message of the destination
	Created     time.Time       `json:"created"`      // UTC
	LateSeconds int64           `json:"late_seconds"` // how long after its creation the message is sent, 0 when in time
	Attempt     int             `json:"attempt"`      // from 1
	Title       string          `json:"title"`        // for people, plain text
	Text        string          `json:"text"`         // title and lines, plain text
	Events      []monitor.Event `json:"events"`       // for programs
}

// A Webhook posts messages to a URL. Make it with [NewWebhook].
type Webhook struct {
	url    *url.URL
	secret string
	words  Words
	client *http.Client
}

// A WebhookOption changes a default of [NewWebhook].
type WebhookOption func(*Webhook)

// WithSecret signs each request with a secret that the receiver knows: see [SignatureHeader]. By default they are not signed.
func WithSecret(secret string) WebhookOption { return func(w *Webhook) { w.secret = secret } }

// WithWebhookTransport sends requests by t. By default a webhook has a transport of its own with the standard library's settings.
func WithWebhookTransport(t http.RoundTripper) WebhookOption {
	return func(w *Webhook) { w.client.Transport = t }
}

// NewWebhook returns a notifier that posts each message as a [WebhookBody] to target, an http or https URL, which is kept secret. Any answer
// of the 200s means that it arrived. 400, 410, 413 and 422 mean that this message never will, all other answers that it is worth trying
// again, after Retry-After if there is one. Redirects are not followed. It opens no connection yet.
func NewWebhook(target string, words Words, opts ...WebhookOption) (*Webhook, error) {
	parsed, err := url.Parse(strings.TrimSpace(target))
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
		return nil, errors.New("webhook: want an address such as https://hooks.example/path")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	w := &Webhook{url: parsed, words: words, client: &http.Client{
		Transport:     transport,
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for _, opt := range opts {
		opt(w)
	}
	return w, nil
}

// Notify posts m.
func (w *Webhook) Notify(ctx context.Context, m monitor.Message) error {
	title, lines, err := w.words(m)
	if err != nil {
		return fmt.Errorf("words of message %s: %w", m.ID, err)
	}
	body, err := json.Marshal(WebhookBody{
		Version: WebhookVersion, ID: m.ID, Destination: m.Destination, Sequence: m.Sequence, Created: m.Created.UTC(),
		LateSeconds: int64(m.Late / time.Second), Attempt: m.Attempt, Title: title, Text: text(title, lines), Events: m.Events,
	})
	if err != nil {
		return &monitor.DeliveryError{Refused: true, Err: fmt.Errorf("message %s: %w", m.ID, err)}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.String(), bytes.NewReader(body))
	if err != nil {
		return &monitor.DeliveryError{Err: fmt.Errorf("webhook %s: %w", w.url.Host, bare(err))}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "poktbot")
	request.Header.Set("Idempotency-Key", m.ID)
	if w.secret != "" {
		request.Header.Set(SignatureHeader, Sign(w.secret, body, time.Now()))
	}
	response, err := w.client.Do(request)
	if err != nil {
		return &monitor.DeliveryError{Err: fmt.Errorf("webhook %s: %w", w.url.Host, bare(err))}
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 200)) // so much is enough to see why, and the connection is not used again
	if response.StatusCode/100 == 2 {
		return nil
	}
	return &monitor.DeliveryError{
		RetryAfter: retryAfter(response.Header, time.Now()),
		Permanent:  response.StatusCode == http.StatusGone,
		Refused:    hopeless(response.StatusCode),
		Err:        fmt.Errorf("webhook %s: %s: %s", w.url.Host, response.Status, visible(string(said))),
	}
}

// bare takes the URL, which may hold a key, from an error of package http.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// hopeless reports whether a status means that the same message will never be taken, though another may be. An address that is wrong or not allowed may be put
// right by its operator, so those are tried for as long as messages are kept.
func hopeless(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// retryAfter reads the header of that name, in seconds or as a date; 0 when there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
