package shannon

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// protocol is where the routes of Pocket's own modules begin, although their package is called pocket.
const protocol = "/pokt-network/poktroll"

// The headers that name the height of a state: of the one wanted, and of the one that answered.
const (
	wantHeight = "X-Cosmos-Block-Height"
	hadHeight  = "Grpc-Metadata-X-Cosmos-Block-Height"
)

// askState puts a question to the REST API, about the state of the client's height. The answer is decoded into a W, and made into a T by
// convert, whose error is of the answer.
func askState[W, T any](ctx context.Context, c *Client, path string, query url.Values, convert func(W) (T, error)) (T, error) {
	var result T
	if c.rest == nil {
		return result, fmt.Errorf("%s: the client has no REST URL: %w", path, pocket.ErrInvalid)
	}
	if c.height < 0 {
		return result, fmt.Errorf("state at height %d: want 1 or more, or 0 for now: %w", c.height, pocket.ErrInvalid)
	}
	call := rest.Call{Path: path, Query: query.Encode(), Read: func(a *rest.Answer) error {
		var wire W
		if a.Status != http.StatusOK {
			return stateFailure(a)
		}
		if err := a.JSON(&wire); err != nil {
			return err
		}
		if err := c.checkHeight(a); err != nil {
			return err
		}
		made, err := convert(wire)
		if err != nil {
			return a.Fail(pocket.ErrMalformed, err.Error())
		}
		result = made
		return nil
	}}
	if c.height > 0 {
		call.Header = http.Header{wantHeight: {strconv.FormatInt(int64(c.height), 10)}}
	}
	err := c.rest.Do(ctx, call)
	return result, err
}

// checkHeight refuses the state of another height than the one asked: a proxy that drops the request's header would pass off the
// present for the past. It also notes how fresh the node is. A node that does not tell its height is believed.
func (c *Client) checkHeight(a *rest.Answer) error {
	had, err := strconv.ParseInt(a.Header.Get(hadHeight), 10, 64)
	if err != nil {
		return nil
	}
	if c.height == 0 {
		a.Saw(had)
		return nil
	}
	if pocket.Height(had) != c.height {
		return a.Fail(pocket.ErrMalformed, fmt.Sprintf("asked for the state of height %d, got that of %d", c.height, had))
	}
	return nil
}

// A grpcError is the body of a REST error.
type grpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// The gRPC codes that decide something. The HTTP statuses are made from them.
const (
	grpcInvalidArgument   = 3
	grpcNotFound          = 5
	grpcResourceExhausted = 8
	grpcOutOfRange        = 11
	grpcUnimplemented     = 12
)

// stateFailure gives an error of the REST API its type. Only an error that the node itself made can say that something does not exist:
// a proxy's 404 must not unstake a supplier.
func stateFailure(a *rest.Answer) error {
	var e grpcError
	if err := a.JSON(&e); err != nil {
		return err
	}
	if e.Code == 0 {
		return a.Odd("the answer is no node's: " + string(a.Body))
	}
	known := classify(e.Message)
	if known.Reason == nil {
		switch e.Code {
		case grpcInvalidArgument, grpcOutOfRange, grpcUnimplemented:
			known.Reason = pocket.ErrInvalid
		case grpcNotFound:
			known.Reason = pocket.ErrNotFound
		case grpcResourceExhausted:
			known.Reason = pocket.ErrRateLimited
		default:
			known.Reason = pocket.ErrUnavailable
		}
	}
	failure := a.Fail(known.Reason, e.Message)
	failure.Code, failure.Lowest, failure.Latest = e.Code, known.Lowest, known.Latest
	return failure
}

// A paging is where a list goes on.
type paging struct {
	NextKey string `json:"next_key"` // base64; "" at the end
}

// A page is a part of a list.
type page[T any] struct {
	items []T
	next  string
}

// pageSize is how many stored entries a page is made of. Filters apply afterwards, so a page may hold fewer, or none.
const pageSize = 500

// walk yields the items of a list that comes in pages, up to the last page. convert makes a page of an answer.
func walk[W, T any](ctx context.Context, c *Client, path string, filter url.Values, convert func(W) (page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query := maps.Clone(filter)
		if query == nil {
			query = url.Values{}
		}
		query.Set("pagination.limit", strconv.Itoa(pageSize))
		seen := map[string]bool{}
		for {
			p, err := askState(ctx, c, path, query, convert)
			if err == nil && seen[p.next] {
				err = &pocket.APIError{Reason: pocket.ErrMalformed, Call: path, Message: "the pages go round in a circle"}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range p.items {
				if !yield(item, nil) {
					return
				}
			}
			if p.next == "" {
				return
			}
			seen[p.next] = true
			query.Set("pagination.key", p.next)
		}
	}
}
