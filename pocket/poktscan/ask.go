package poktscan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

const defaultTimeout = 45 * time.Second

// wireRequest is a question as it is posted.
type wireRequest struct {
	Operation string         `json:"operationName,omitempty"`
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

// A wireAnswer is the body of an answer. StatusCode and Message are of refusals that are no GraphQL.
type wireAnswer[T any] struct {
	Data       *T          `json:"data"`
	Errors     []wireError `json:"errors"`
	StatusCode int         `json:"statusCode"`
	Message    any         `json:"message"`
}

// decode reads an answer: its data, which may be a part, and what the service has against the question beside that. An error means that
// there is no data, and says by its reason how to go on.
func decode[T any](a *rest.Answer) (*T, *pocket.APIError, error) {
	if missingBody(a) {
		return nil, nil, a.Fail(pocket.ErrInvalid, string(a.Body[:min(len(a.Body), 100)]))
	}
	if fresh := new(T); a.Status == http.StatusOK {
		if q, ok := any(fresh).(interface{ quick([]byte) bool }); ok && q.quick(a.Body) {
			return fresh, nil, nil
		}
	}
	var wire wireAnswer[T]
	if err := a.JSON(&wire); err != nil {
		return nil, nil, err
	}
	switch {
	case len(wire.Errors) > 0:
		e := failure(a, wire.Errors)
		if wire.Data == nil || a.Status != http.StatusOK || again(e) {
			return nil, nil, e
		}
		return wire.Data, e, nil
	case wire.Data == nil || a.Status != http.StatusOK:
		words := "an answer without data"
		if text, ok := wire.Message.(string); ok && text != "" {
			words = text
		}
		return nil, nil, oddStatus(a, words)
	}
	return wire.Data, nil, nil
}

// post asks until an answer was read, and hands each to read, which decides like a [rest.Call]'s.
func (c *Client) post(ctx context.Context, q query, variables map[string]any, read func(*rest.Answer) error) error {
	body, err := json.Marshal(wireRequest{q.operation, q.text, variables})
	if err != nil {
		return fmt.Errorf("%s: variables: %w", q.operation, err)
	}
	release, err := c.slot(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", q.operation, err)
	}
	defer release()
	head := http.Header{"Content-Type": {"application/json"}, "User-Agent": {c.agent}}
	if c.key.text != "" {
		head[c.keyHeader] = []string{c.key.text}
	}
	call := rest.Call{Method: http.MethodPost, Header: head, Body: body, Repeatable: true, Read: func(a *rest.Answer) error {
		a.Body = c.key.scrub(a.Body)
		return read(a)
	}}
	return q.named(c.rest.Do(ctx, call))
}

// named says in an error of the service which question it is about: they all go to the same path.
func (q query) named(err error) error {
	e, ok := errors.AsType[*pocket.APIError](err)
	if !ok || e.Call != "" {
		return err
	}
	named := *e
	named.Call = " " + q.operation
	return &named
}

// ask puts a question and decodes the answer into a T. Data that misses fields because the service could not make them is no answer,
// except where only the header does.
func ask[T any, P interface {
	*T
	head() *header
}](ctx context.Context, c *Client, q query, variables map[string]any, n need) (*T, AsOf, error) {
	var data *T
	var partial *pocket.APIError
	tip := pocket.Height(0)
	if n.now || n.upTo == 0 {
		tip = c.chainHeight(ctx)
	}
	err := c.post(ctx, q, variables, func(a *rest.Answer) error {
		fresh, failed, err := decode[T](a)
		if err != nil {
			return c.noteMissing(a, err)
		}
		if failed != nil && !onlyHeader(failed) {
			data, partial = nil, failed
			return nil // asking again would not help
		}
		if err := c.checkHeader(a, P(fresh).head(), n, tip); err != nil {
			return err
		}
		data, partial = fresh, nil
		saw(ctx, a.Host())
		return nil
	})
	var lag *LagError
	switch {
	case errors.As(err, &lag):
		return nil, lag.AsOf, unavailable(err)
	case err != nil:
		return nil, AsOf{}, err
	case partial != nil:
		return nil, AsOf{}, q.named(partial)
	}
	return data, c.asOf(P(data).head(), tip), nil
}

// unavailable gives an error of lag the reason by which callers know that the service cannot tell.
func unavailable(err error) error {
	if e, ok := errors.AsType[*pocket.APIError](err); ok {
		known := *e
		known.Reason = pocket.ErrUnavailable
		return &known
	}
	return err
}

// onlyHeader tells whether all that is missing of the data is what it says of the indexer's newest block.
func onlyHeader(e *pocket.APIError) bool {
	q, ok := errors.AsType[*QueryError](e)
	return ok && !q.has(func(p Problem) bool { return p.Field != "tip" })
}

var operationName = regexp.MustCompile(`(?:^|[^\w$])query\s+(\w+)`)

// Query puts a question of your own in GraphQL and decodes the data of the answer into into, as [json.Unmarshal] does. When the service
// could not make some fields, the others are decoded all the same, and the error's cause is a [QueryError] that tells which. A question
// that only reads may be put to several services and again, as all questions are. It is not held to a chain.
func (c *Client) Query(ctx context.Context, text string, variables map[string]any, into any) error {
	q := query{text: text}
	if names := operationName.FindAllStringSubmatch(text, 2); len(names) == 1 {
		q.operation = names[0][1]
	}
	var data *json.RawMessage
	var partial *pocket.APIError
	err := c.post(ctx, q, variables, func(a *rest.Answer) error {
		fresh, failed, err := decode[json.RawMessage](a)
		if err != nil {
			return err
		}
		data, partial = fresh, failed
		return nil
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(*data, into); err != nil {
		return fmt.Errorf("%s: data: %w", strings.TrimSpace(q.operation), errors.Join(err, pocket.ErrMalformed))
	}
	if partial != nil {
		return q.named(partial)
	}
	return nil
}
