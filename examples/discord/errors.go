package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/disgoorg/disgo/rest"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// The codes of Discord's errors that say how to go on.
const (
	codeUnknownChannel     = 10003
	codeUnknownMessage     = 10008
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeTooLarge           = 40005
	codeAcknowledged       = 40060
	codeMissingAccess      = 50001
	codeCannotSend         = 50007
	codeMissingPermissions = 50013
	codeInvalidToken       = 50027 // of a webhook or interaction
)

// errToken: what to do when Discord does not know the token. It is not repeated.
var errToken = errors.New("discord.token is not known to Discord: it was reset, or is of something else. The developer portal makes a new one, below Bot")

// A refusal is what Discord answered that is no success.
type refusal struct {
	status int
	code   int
	word   string
}

func (r *refusal) Error() string {
	if r.code == 0 {
		return fmt.Sprintf("Discord answers %d %s: %s", r.status, http.StatusText(r.status), r.word)
	}
	return fmt.Sprintf("Discord answers %d, code %d: %s", r.status, r.code, r.word)
}

// codeOf returns the code of Discord's error, 0 when it is none.
func codeOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.code
	}
	return 0
}

// told makes an error of package chat of what a request ended with. What it says holds neither the token nor that of an interaction.
func told(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || e.Response == nil {
		return transport(err)
	}
	var body struct {
		Code       int             `json:"code"`
		Message    string          `json:"message"`
		Errors     json.RawMessage `json:"errors"`
		RetryAfter float64         `json:"retry_after"` // seconds
	}
	_ = json.Unmarshal(e.RsBody, &body) // a proxy may answer with a page
	r := &refusal{status: e.Response.StatusCode, code: body.Code, word: scrub(clip(body.Message+" "+string(body.Errors), 500))}
	answer := func(kind chat.ErrorKind, after time.Duration) error {
		return &chat.Error{Kind: kind, RetryAfter: after, Err: r}
	}
	switch {
	case r.status == http.StatusTooManyRequests:
		return answer(chat.Busy, retryAfter(body.RetryAfter, e.Response.Header))
	case r.status == http.StatusUnauthorized && body.Code != codeInvalidToken:
		return errToken
	}
	switch r.code {
	case codeUnknownChannel, codeMissingAccess, codeCannotSend, codeMissingPermissions:
		return answer(chat.Blocked, 0)
	case codeUnknownMessage, codeUnknownInteraction, codeInvalidToken, codeUnknownWebhook:
		return answer(chat.Gone, 0)
	case codeTooLarge:
		return answer(chat.Refused, 0)
	}
	switch {
	case r.status == http.StatusForbidden:
		return answer(chat.Blocked, 0)
	case r.status >= 400 && r.status < 500:
		return answer(chat.Refused, 0)
	}
	return r
}

// retryAfter is how long Discord wants to be left alone. The body tells fractions of seconds; of a proxy there may be nothing but a header.
func retryAfter(seconds float64, header http.Header) time.Duration {
	if seconds <= 0 {
		wait, err := time.ParseDuration(header.Get("Retry-After") + "s")
		if err != nil {
			return time.Second
		}
		return max(wait, 0)
	}
	return time.Duration(seconds * float64(time.Second))
}

// transport is an error of the connection, without the address: that of an interaction holds its token.
func transport(err error) error {
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return fmt.Errorf("ask Discord: %w", ended)
		}
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return errors.New("ask Discord: " + scrub(err.Error()))
}

// tokens are in the paths of interactions and webhooks.
var tokens = regexp.MustCompile(`(/(?:webhooks|interactions)/\d+/)[^/\s"?]+`)

// longWord is what could be a token: tokens are long and of letters, digits and few signs.
var longWord = regexp.MustCompile(`[A-Za-z0-9_.\-]{50,}`)

// scrub takes out of a text what must not be seen.
func scrub(text string) string {
	return strings.TrimSpace(longWord.ReplaceAllString(tokens.ReplaceAllString(text, "${1}REDACTED"), "REDACTED"))
}
