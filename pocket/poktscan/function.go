package poktscan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// The service has sums as functions of its database, in two dialects. The older one has names such as getRewardsByAddressesAndTime. Since
// October 2026 there is a catalog of functions besides, in which the same is called legacyRewardsByAddressesAndTime. Which ones a service
// has is asked once; one that tells nothing of itself is asked by the older name first, and by the other when it does not know that.

var functionsQuery = load("functions")

// legacy returns the name of an older function in the catalog.
func legacy(name string) string { return "legacy" + strings.TrimPrefix(name, "get") }

// noteMissing remembers which function a host does not have.
func (s *shared) noteMissing(a *rest.Answer, err error) error {
	q, ok := errors.AsType[*QueryError](err)
	if !ok {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range q.Problems {
		if field := p.missing(); field != "" {
			s.has(a.Host())[field] = false
		}
	}
	return err
}

// has returns what is known of the functions of a host. The caller holds the lock.
func (s *shared) has(host string) map[string]bool {
	if s.functions[host] == nil {
		s.functions[host] = map[string]bool{}
	}
	return s.functions[host]
}

// learn asks the service that would be asked next which functions it has, once. One that refuses to tell is left alone.
func (c *Client) learn(ctx context.Context) (host string, err error) {
	if base := c.rest.Preferred(); base != nil {
		host = base.Host
	}
	c.mu.Lock()
	known := c.listed[host]
	c.mu.Unlock()
	if known {
		return host, nil
	}
	type answer struct {
		Type *struct {
			Fields []struct {
				Name string `json:"name"`
			} `json:"fields"`
		} `json:"__type"`
	}
	err = c.post(ctx, functionsQuery, nil, func(a *rest.Answer) error {
		data, _, err := decode[answer](a)
		var refusal *QueryError
		if err != nil && !(errors.As(err, &refusal) && a.Status == http.StatusBadRequest) {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		host = a.Host()
		c.listed[host] = true
		if err != nil || data.Type == nil {
			c.log.Info("the service does not tell which functions it has", "host", host)
			return nil
		}
		has := c.has(host)
		for _, field := range data.Type.Fields {
			has[field.Name] = true
		}
		has[listedMark] = true
		return nil
	})
	return host, err
}

// listedMark among the functions of a host says that those not named are absent. No function can have this name.
const listedMark = "*"

// lacks tells whether a host is known not to have a function.
func (c *Client) lacks(host, name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	has, known := c.functions[host][name]
	return known && !has || !known && c.functions[host][listedMark]
}

// callFunction asks q, which calls the function of that name, under the first of its names that the service has.
func callFunction[T any, P interface {
	*T
	head() *header
}](ctx context.Context, c *Client, q query, variables map[string]any, names ...string) (*T, AsOf, error) {
	host, err := c.learn(ctx)
	if err != nil {
		return nil, AsOf{}, err
	}
	for _, name := range names {
		if c.lacks(host, name) {
			continue
		}
		data, asOf, err := ask[T, P](ctx, c, q.with(names[0], name), variables, need{})
		if errors.Is(err, ErrNoSuchField) {
			continue
		}
		return data, asOf, err
	}
	return nil, AsOf{}, &pocket.APIError{
		Reason: pocket.ErrNotIndexed, Host: host, Call: " " + q.operation,
		Message: "the service does not have the function " + strings.Join(names, " or "), Cause: ErrNoSuchField,
	}
}

// An Answer is what the service makes of a span of time.
type Answer[T any] struct {
	Value T
	Reach
}

// A Reach tells what an answer about a span of time covers.
type Reach struct {
	AsOf AsOf
	// Known are the parts of the span that the value covers, oldest first. What lies between them the service has not summed up; what lies
	// after the tip has not happened. When nothing of the span is summed up there is no answer but [pocket.ErrNotIndexed].
	Known []pocket.Span
	// Whole says that the value covers the whole span that was asked for.
	Whole bool
}

// ranged is what a function of the catalog says of the times that its data cover. Before that was told, functions answered data alone.
type ranged struct {
	Range *struct {
		From    stamp `json:"requested_from"`
		To      stamp `json:"requested_to"`
		Covered stamp `json:"covered_from"` // null when nothing is
		Until   stamp `json:"covered_to"`
		Gaps    []struct {
			From stamp `json:"from"`
			To   stamp `json:"to"`
		} `json:"gaps"`
	} `json:"range"`
	Data json.RawMessage `json:"data"`
}

// reachOf returns what an answer covers when the service does not say: all of span up to the tip.
func reachOf(span pocket.Span, asOf AsOf) Reach {
	if asOf.Time.IsZero() {
		return Reach{AsOf: asOf, Known: cutGaps(span, nil)}
	}
	covered := span
	covered.To = earlier(span.To, asOf.Time.Add(time.Millisecond)) // the tip is in it
	return Reach{asOf, cutGaps(covered, nil), !span.To.After(asOf.Time)}
}

// unpack splits what a function answered into its data and what they cover.
func unpack(raw json.RawMessage, span pocket.Span, asOf AsOf) (json.RawMessage, Reach, error) {
	reach := reachOf(span, asOf)
	var r ranged
	if len(raw) > 0 && raw[0] == '{' {
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, Reach{}, err
		}
	}
	if r.Range == nil {
		return raw, reach, nil
	}
	if r.Range.Covered.IsZero() || r.Range.Until.IsZero() {
		return nil, Reach{}, fmt.Errorf("the service has not summed up anything of %s: %w", describe(span), pocket.ErrNotIndexed)
	}
	if len(reach.Known) == 0 {
		return r.Data, reach, nil
	}
	covered, whole := reach.Known[0], reach.Whole
	if r.Range.Covered.After(covered.From) {
		covered.From, whole = r.Range.Covered.Time, false
	}
	if until := r.Range.Until.Add(time.Millisecond); until.Before(covered.To) {
		covered.To, whole = until, false
	}
	var gaps []pocket.Span
	for _, gap := range r.Range.Gaps {
		gaps = append(gaps, pocket.Span{From: gap.From.Time, To: gap.To.Time})
	}
	known := cutGaps(covered, gaps)
	return r.Data, Reach{asOf, known, whole && len(known) == 1 && known[0] == covered}, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// cutGaps returns what is left of a span without gaps, of which an end may be open. They come in order.
func cutGaps(span pocket.Span, gaps []pocket.Span) []pocket.Span {
	var parts []pocket.Span
	for _, gap := range gaps {
		if !gap.From.IsZero() && gap.From.After(span.From) {
			if part := (pocket.Span{From: span.From, To: earlier(gap.From, span.To)}); part.From.Before(part.To) {
				parts = append(parts, part)
			}
		}
		if gap.To.IsZero() {
			return parts
		}
		if gap.To.After(span.From) {
			span.From = gap.To
		}
	}
	if span.From.Before(span.To) {
		parts = append(parts, span)
	}
	return parts
}

func describe(span pocket.Span) string {
	return fmt.Sprintf("the time from %s to %s", span.From.UTC().Format(time.RFC3339), span.To.UTC().Format(time.RFC3339))
}

// bounded checks that both ends of a span are told, as sums need them.
func bounded(span pocket.Span) error {
	if span.From.IsZero() || span.To.IsZero() {
		return fmt.Errorf("a sum needs both ends of its time: %w", pocket.ErrInvalid)
	}
	return span.Check()
}

// bounds are the variables of a span for functions that include both ends.
func bounds(span pocket.Span) map[string]any {
	return map[string]any{"start": wireTime(span.From), "end": wireEnd(span.To)}
}
