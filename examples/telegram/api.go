package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
)

const (
	officialAPI = "https://api.telegram.org"
	requestTime = time.Minute
	uploadTime  = 5 * time.Minute // for a file of 50 MB on a slow line
	mostAnswer  = 64 << 20        // bytes of an answer that are read
)

// The errors that end the program: another try will not do.
var (
	errToken    = errors.New("telegram.token is not a token that Telegram knows: @BotFather tells the present one")
	errConflict = errors.New("another program asks for the updates of this bot, or a webhook is set: one bot is one program; end the other, or make another bot")
)

// An api makes requests to a Bot API server. The token is in their addresses: errors are cleaned of it before anybody sees them.
type api struct {
	*tg.Bot
	base   string
	client *client
}

// tokenForm is what tokens look like: the number of the bot, and what is secret.
var tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{3,200}$`)

// newAPI returns what makes requests as configured. It does not connect.
func newAPI(c bot.Telegram, transport http.RoundTripper, log *slog.Logger) (*api, error) {
	token := c.Token.Reveal()
	if !tokenForm.MatchString(token) {
		return nil, errors.New("telegram.token is not a token, which is a number, a colon and about 35 letters and digits; @BotFather makes one")
	}
	a := &api{base: strings.TrimSuffix(c.APIURL, "/"), client: newClient(token, transport)}
	if a.base == "" {
		a.base = officialAPI
	}
	var err error
	a.Bot, err = tg.New(token, tg.WithServerURL(a.base), tg.WithSkipGetMe(), tg.WithHTTPClient(pollTime, a.client),
		tg.WithErrorsHandler(func(err error) { log.Debug("the client of Telegram", "error", a.client.clean(err.Error())) }))
	if err != nil {
		return nil, errors.New(a.client.clean(err.Error()))
	}
	return a, nil
}

// A client makes HTTP requests, and errors that do not tell the token: those of net/http tell the whole address, and a proxy's page may repeat it.
type client struct {
	http   *http.Client
	hidden *strings.Replacer
}

func newClient(token string, transport http.RoundTripper) *client {
	_, secret, _ := strings.Cut(token, ":")
	return &client{
		// A redirect would carry the token elsewhere.
		http:   &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		hidden: strings.NewReplacer(token, "REDACTED", url.PathEscape(token), "REDACTED", url.QueryEscape(token), "REDACTED", secret, "REDACTED"),
	}
}

// clean takes the token out of a text.
func (c *client) clean(text string) string { return c.hidden.Replace(text) }

// Do makes a request.
func (c *client) Do(r *http.Request) (*http.Response, error) {
	response, err := c.http.Do(r)
	if err != nil {
		return nil, c.hide(err)
	}
	response.Body = &answerBody{Reader: io.LimitReader(response.Body, mostAnswer), body: response.Body, client: c}
	return response, nil
}

// An answerBody is read to some length, and its errors are clean.
type answerBody struct {
	io.Reader
	body   io.Closer
	client *client
}

func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = b.client.hide(err)
	}
	return n, err
}

func (b *answerBody) Close() error { return b.body.Close() }

// A hidden error has the text of another without the token. It does not unwrap: what is below it would tell.
type hidden struct {
	text     string
	canceled bool
	late     bool
	dial     bool // no connection was made: nothing can have arrived
}

func (c *client) hide(err error) error {
	op, isOp := errors.AsType[*net.OpError](err)
	_, isDNS := errors.AsType[*net.DNSError](err)
	return &hidden{
		text: c.clean(err.Error()), canceled: errors.Is(err, context.Canceled), late: errors.Is(err, context.DeadlineExceeded),
		dial: isDNS || isOp && op.Op == "dial",
	}
}

func (e *hidden) Error() string { return e.text }
func (e *hidden) Is(target error) bool {
	return e.canceled && target == context.Canceled || e.late && target == context.DeadlineExceeded
}

// told turns an error of the library into one that says how to go on, and holds no secret.
func (a *api) told(doing string, err error) error {
	if err == nil {
		return nil
	}
	text := cut(a.client.clean(err.Error()), 300)
	clean := fmt.Errorf("%s: %s", doing, text)
	low := strings.ToLower(text)
	if e, ok := errors.AsType[*tg.TooManyRequestsError](err); ok {
		return &chat.Error{Kind: chat.Busy, RetryAfter: max(time.Duration(e.RetryAfter), 1) * time.Second, Err: clean}
	}
	if e, ok := errors.AsType[*tg.MigrateError](err); ok {
		return &migrated{to: int64(e.MigrateToChatID), error: clean}
	}
	switch {
	case errors.Is(err, tg.ErrorUnauthorized), errors.Is(err, tg.ErrorNotFound): // 404 is what the server says to a token of another form
		return fmt.Errorf("%s: %w", doing, errToken)
	case errors.Is(err, tg.ErrorConflict):
		return fmt.Errorf("%s: %w", doing, errConflict)
	case errors.Is(err, tg.ErrorForbidden):
		return &chat.Error{Kind: chat.Blocked, Err: clean}
	case errors.Is(err, tg.ErrorBadRequest):
		kind := chat.Refused
		switch {
		case contains(low, "chat not found", "peer_id_invalid", "user is deactivated", "group chat was deactivated", "have no rights to send",
			"not enough rights to send", "chat_write_forbidden", "need administrator rights in the channel", "topic_closed", "message thread not found", "topic_deleted"):
			kind = chat.Blocked
		case contains(low, "message to edit not found", "message can't be edited", "message_id_invalid", "message to delete not found", "query is too old"):
			kind = chat.Gone
		}
		return &chat.Error{Kind: kind, Err: clean}
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %w", clean, context.Canceled)
	}
	if e, ok := errors.AsType[*hidden](err); ok && e.dial {
		return &unreachable{error: clean}
	}
	if _, ok := errors.AsType[*halfway](err); ok {
		return &unreachable{error: clean, halfway: true}
	}
	return clean
}

// An unreachable error says that no connection was made, or that it ended halfway, so that what was to be sent has certainly not arrived.
type unreachable struct {
	error
	halfway bool
}

func contains(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// A migrated error says that a group has become a supergroup, which has another number.
type migrated struct {
	error
	to int64
}

// updates asks for updates, and waits so long for some. It is here because the library's own loop confirms what nobody has taken yet. An update
// stays raw, to be kept.
func (a *api) updates(ctx context.Context, offset int64, wait time.Duration) ([]json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"offset": offset, "limit": 100, "timeout": int(wait.Seconds()), "allowed_updates": allowedUpdates})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait+20*time.Second) // longer than Telegram waits
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/bot"+a.Token()+"/getUpdates", bytes.NewReader(body))
	if err != nil {
		return nil, a.told("getUpdates", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		return nil, a.told("getUpdates", err)
	}
	defer response.Body.Close()
	var answer struct {
		OK          bool              `json:"ok"`
		Result      []json.RawMessage `json:"result"`
		Code        int               `json:"error_code"`
		Description string            `json:"description"`
		Parameters  struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, a.told("getUpdates", fmt.Errorf("HTTP %d: %w", response.StatusCode, err))
	}
	if answer.OK {
		return answer.Result, nil
	}
	cause := errors.New(answer.Description)
	switch answer.Code {
	case http.StatusUnauthorized, http.StatusNotFound:
		cause = tg.ErrorUnauthorized
	case http.StatusConflict:
		cause = tg.ErrorConflict
	case http.StatusTooManyRequests:
		cause = &tg.TooManyRequestsError{Message: answer.Description, RetryAfter: answer.Parameters.RetryAfter}
	}
	return nil, a.told("getUpdates", cause)
}
