package poktscan

import (
	"context"
	"iter"
	"maps"

	"github.com/poktbot/poktbot/pocket"
)

// A list is a page of rows and where the next begins. In all our questions its name is "list".
type list[N any] struct {
	header
	List *connection[N] `json:"list"`
}

type connection[N any] struct {
	PageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
	Nodes []N `json:"nodes"`
}

// A page is a part of a list.
type page[N any] struct {
	rows []N
	asOf AsOf
}

// pages yields the pages of a list up to the last, whatever number of rows the service puts on one.
func pages[N any](ctx context.Context, c *Client, q query, variables map[string]any, n need) iter.Seq2[[]N, error] {
	return func(yield func([]N, error) bool) {
		for p, err := range pagesOf[N](ctx, c, q, variables, n, c.pageSize) {
			if !yield(p.rows, err) {
				return
			}
		}
	}
}

// pagesOf is pages of a size.
func pagesOf[N any](ctx context.Context, c *Client, q query, variables map[string]any, n need, size int) iter.Seq2[page[N], error] {
	return func(yield func(page[N], error) bool) {
		variables := maps.Clone(variables)
		if variables == nil {
			variables = map[string]any{}
		}
		variables["first"] = size
		if c.height > 0 {
			variables["at"] = wireHeight(c.height)
		}
		seen := map[string]bool{}
		for {
			data, asOf, err := ask[list[N]](ctx, c, q, variables, n)
			if err == nil && data.List == nil {
				err = &pocket.APIError{Reason: pocket.ErrMalformed, Call: q.operation, Message: "an answer without its list"}
			}
			if err != nil {
				yield(page[N]{}, err)
				return
			}
			info := data.List.PageInfo
			if !yield(page[N]{data.List.Nodes, asOf}, nil) || !info.HasNextPage {
				return
			}
			if info.EndCursor == "" || seen[info.EndCursor] || len(data.List.Nodes) == 0 {
				yield(page[N]{}, &pocket.APIError{Reason: pocket.ErrMalformed, Call: q.operation, Message: "the pages go round in a circle"})
				return
			}
			seen[info.EndCursor] = true
			variables["after"] = info.EndCursor
		}
	}
}

// A node is a row with the name that the service gives it.
type node[N any] interface {
	*N
	name() string
}

// rows yields the rows of a list, made into Ts by convert. Where one service goes on for another a row may come again, which is left out.
// An error is yielded last.
func rows[N, T any, P node[N]](ctx context.Context, c *Client, q query, variables map[string]any, n need, convert func(*N) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		last := ""
		for page, err := range pages[N](ctx, c, q, variables, n) {
			if err != nil {
				yield(none, err)
				return
			}
			for i := range page {
				name := P(&page[i]).name()
				if name == last && name != "" {
					continue
				}
				last = name
				made, err := convert(&page[i])
				if err != nil {
					yield(none, malformed(q, err))
					return
				}
				if !yield(made, nil) {
					return
				}
			}
		}
	}
}

// malformed is the error of a row that is not what it should be.
func malformed(q query, err error) error {
	return &pocket.APIError{Reason: pocket.ErrMalformed, Call: q.operation, Message: err.Error()}
}
