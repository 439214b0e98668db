package index

import (
	"context"
	"fmt"
	"iter"
	"strings"
)

// An item is a row read, and its place among others.
type item[T any] struct {
	height, idx, tie int64
	value            T
}

func (a *item[T]) before(b *item[T]) bool {
	if a.height != b.height {
		return a.height < b.height
	}
	if a.idx != b.idx {
		return a.idx < b.idx
	}
	return a.tie < b.tie
}

func (a *item[T]) same(b *item[T]) bool {
	return a.height == b.height && a.idx == b.idx && a.tie == b.tie
}

// A stream reads the rows of one table in order, a page at a time. Between pages it holds no connection, no lock and no snapshot, so a
// slow reader hinders nobody: a page begins behind the last row of the one before, wherever that was.
type stream[T any] struct {
	columns string
	from    string   // tables and how they are joined
	where   []string // without values from outside
	key     []string // the columns that order the rows: height, index and perhaps one to part rows with the same
	reach   reach
	newest  bool
	page    int
	scan    func(scanner) (item[T], error)

	buffer []item[T]
	last   item[T]
	begun  bool
	ended  bool
}

// head returns the next item, nil at the end.
func (s *stream[T]) head(ctx context.Context, db querier) (*item[T], error) {
	if len(s.buffer) == 0 && !s.ended {
		if err := s.fetch(ctx, db); err != nil {
			return nil, err
		}
	}
	if len(s.buffer) == 0 {
		return nil, nil
	}
	return &s.buffer[0], nil
}

func (s *stream[T]) pop() { s.buffer = s.buffer[1:] }

func (s *stream[T]) fetch(ctx context.Context, db querier) error {
	query, args := s.query()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	s.buffer = s.buffer[:0]
	err = each(rows, func() error {
		i, err := s.scan(rows)
		s.buffer = append(s.buffer, i)
		return err
	})
	if err != nil {
		return err
	}
	s.ended = len(s.buffer) < s.page
	if len(s.buffer) > 0 {
		s.last, s.begun = s.buffer[len(s.buffer)-1], true
	}
	s.page = min(2*s.page, largestPage) // the first page comes soon, the others are worth their while
	return nil
}

const (
	firstPage   = 128
	largestPage = 4096
)

func (s *stream[T]) query() (string, []any) {
	key := strings.Join(s.key, ", ")
	low, high := s.reach.low, s.reach.high
	if s.begun && s.newest {
		high = s.last.height // or the database would search from the first row on again
	} else if s.begun {
		low = s.last.height
	}
	args := []any{low, high}
	where := append([]string{s.key[0] + " >= $1", s.key[0] + " <= $2"}, s.where...)
	compare, order := ">", strings.Join(s.key, ", ")
	if s.newest {
		compare, order = "<", strings.Join(s.key, " DESC, ")+" DESC"
	}
	if s.begun {
		marks := []string{"$3", "$4", "$5"}[:len(s.key)]
		args = append(args, []any{s.last.height, s.last.idx, s.last.tie}[:len(s.key)]...)
		where = append(where, "("+key+") "+compare+" ("+strings.Join(marks, ", ")+")")
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", s.columns, s.from, strings.Join(where, " AND "), order, s.page), args
}

// merge yields the items of all streams in order, each once even if several streams have it.
func merge[T any](ctx context.Context, db querier, streams []*stream[T], newest bool) iter.Seq2[item[T], error] {
	return func(yield func(item[T], error) bool) {
		var last item[T]
		for begun := false; ; begun = true {
			next, from, err := nextOf(ctx, db, streams, newest)
			if err != nil {
				yield(item[T]{}, err)
				return
			}
			if next == nil {
				return
			}
			current := *next
			from.pop()
			if begun && current.same(&last) {
				continue
			}
			last = current
			if !yield(current, nil) {
				return
			}
		}
	}
}

func nextOf[T any](ctx context.Context, db querier, streams []*stream[T], newest bool) (next *item[T], from *stream[T], err error) {
	for _, s := range streams {
		head, err := s.head(ctx, db)
		if err != nil {
			return nil, nil, err
		}
		if head != nil && (next == nil || newest != head.before(next) && !head.same(next)) {
			next, from = head, s
		}
	}
	return next, from, nil
}
