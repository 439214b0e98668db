package poktscan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/poktbot/poktbot/pocket"
)

// How a range of heights is cut into windows, each read whole before it is yielded. They grow and shrink so that each holds about as many
// rows as make a few pages: in a window pages follow each other, and windows are read beside each other.
const (
	firstWindow = 256   // heights
	mostHeights = 65536 // of a window, however empty: a statement must end in time
	pagesWanted = 2     // of a window
	growth      = 4     // a window has at most so many times the heights of the one before
	splitInto   = 4     // parts of a window whose statement took too long
)

// A source reads rows by heights, both inclusive, in any order.
type source func(ctx context.Context, from, to pocket.Height) ([]row, error)

type window struct {
	from, to pocket.Height
	rows     []row
	slow     bool // a statement took too long
	err      error
	done     chan struct{}
}

// A planner decides how many heights the next window has.
type planner struct {
	heights int64
	most    int64
	target  int
}

func newPlanner(pageSize int) *planner {
	return &planner{heights: firstWindow, most: mostHeights, target: pagesWanted * pageSize}
}

// learn takes in how full a window was.
func (p *planner) learn(w *window) {
	had := int64(w.to-w.from) + 1
	if w.slow {
		p.most = max(1, had/splitInto)
	}
	fit := had * growth
	if n := int64(len(w.rows)); n > 0 {
		fit = min(fit, had*int64(p.target)/n)
	}
	p.heights = min(p.most, max(1, fit))
}

// scan yields the rows of src in a range of heights, window by window from the oldest on, or from the newest back. Within a window rows are
// in no order. An error is yielded last.
func (c *Client) scan(ctx context.Context, src source, from, to pocket.Height, newest bool) iter.Seq2[[]row, error] {
	return func(yield func([]row, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		plan := newPlanner(c.pageSize)
		var queue []*window
		for from <= to || len(queue) > 0 {
			for from <= to && len(queue) <= c.inFlight {
				w := cutWindow(&from, &to, plan.heights, newest)
				queue = append(queue, w)
				running.Go(func() {
					defer close(w.done)
					w.read(ctx, src)
				})
			}
			w := queue[0]
			queue = queue[1:]
			<-w.done
			plan.learn(w)
			if w.err != nil {
				yield(nil, w.err)
				return
			}
			if len(w.rows) > 0 && !yield(w.rows, nil) {
				return
			}
		}
	}
}

// cutWindow takes the next window off a range.
func cutWindow(from, to *pocket.Height, heights int64, newest bool) *window {
	w := &window{from: *from, to: *to, done: make(chan struct{})}
	if int64(*to-*from)+1 > heights {
		if newest {
			w.from = *to - pocket.Height(heights) + 1
		} else {
			w.to = *from + pocket.Height(heights) - 1
		}
	}
	if newest {
		*to = w.from - 1
	} else {
		*from = w.to + 1
	}
	return w
}

// read reads the window, in parts when its statement takes too long: once.
func (w *window) read(ctx context.Context, src source) {
	src = oneService(src)
	w.rows, w.err = src(ctx, w.from, w.to)
	if !errors.Is(w.err, ErrStatementTimeout) {
		return
	}
	w.slow, w.rows, w.err = true, nil, nil
	step := max(1, (w.to-w.from+1)/splitInto)
	for from := w.from; from <= w.to; from += step {
		part, err := src(ctx, from, min(w.to, from+step-1))
		if err != nil {
			w.rows, w.err = nil, err
			return
		}
		w.rows = append(w.rows, part...)
	}
}

// A witness notes which services answered the questions that share a context.
type witness struct {
	mu    sync.Mutex
	host  string
	mixed bool
}

type witnessKey struct{}

// saw notes in the context's witness, if it has one, that a host answered.
func saw(ctx context.Context, host string) {
	w, ok := ctx.Value(witnessKey{}).(*witness)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.host == "" {
		w.host = host
	}
	w.mixed = w.mixed || w.host != host
}

// tries is how often a window is read anew because two services had a part in it.
const tries = 5

// oneService makes of src a source whose rows all come from one service. Services may number the same events otherwise, so that shares of
// one would be joined with claims of another, and a page would begin where another one's did not end.
func oneService(src source) source {
	return func(ctx context.Context, from, to pocket.Height) ([]row, error) {
		for range tries {
			w := &witness{}
			found, err := src(context.WithValue(ctx, witnessKey{}, w), from, to)
			if err == nil && !w.mixed || err != nil && !strangeCursor(err) {
				return found, err
			}
		}
		return nil, fmt.Errorf("blocks %d to %d: the services take turns in answering: %w", from, to, pocket.ErrUnavailable)
	}
}

// strangeCursor tells whether a service was given the cursor of another and noticed.
func strangeCursor(err error) bool {
	q, ok := errors.AsType[*QueryError](err)
	return ok && q.has(func(p Problem) bool { return strings.HasPrefix(p.Message, "Invalid cursor") })
}

// between adds a range of heights to a condition.
func between(filter map[string]any, from, to pocket.Height) map[string]any {
	both := maps.Clone(filter)
	if both == nil {
		both = map[string]any{}
	}
	both["blockId"] = map[string]any{"greaterThanOrEqualTo": wireHeight(from), "lessThanOrEqualTo": wireHeight(to)}
	return both
}

// sources returns what reads the events of these kinds in a scope. A kind that is not wanted by name may be one that the service does not
// show: then there are none.
func (c *Client) sources(s scope, kinds map[pocket.Kind]bool) []source {
	var list []source
	if _, wanted := kinds[pocket.KindSettlement]; wanted {
		reader := &settledReader{c: c, scope: s}
		list = append(list, reader.read)
	}
	for _, t := range tables {
		filter, ok := s.filter(t)
		byName, wanted := kinds[t.kind]
		if !ok || !wanted {
			continue
		}
		list = append(list, func(ctx context.Context, from, to pocket.Height) ([]row, error) {
			found, err := t.fetch(ctx, c, t.query, between(filter, from, to), need{upTo: to})
			if !byName && errors.Is(err, ErrNoSuchField) {
				c.log.Debug("the service does not show these events", "kind", t.kind)
				return nil, nil
			}
			return found, err
		})
	}
	return list
}

// A settledReader reads settled claims with their shares.
type settledReader struct {
	c     *Client
	scope scope
	// operations says that the rows are of a protocol that told bank operations, or nothing of amounts: then those are asked for, too.
	operations atomic.Bool
}

func (r *settledReader) read(ctx context.Context, from, to pocket.Height) ([]row, error) {
	if len(r.scope.claims) == 0 && len(r.scope.recipients) == 0 {
		return r.readAll(ctx, from, to)
	}
	claims, err := r.claims(ctx, from, to)
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	shares, err := r.c.sharesOf(ctx, claims, need{upTo: to})
	if err != nil {
		return nil, err
	}
	return r.c.settlements(claims, shares)
}

// readAll reads everybody's claims, and their shares at the same time.
func (r *settledReader) readAll(ctx context.Context, from, to pocket.Height) ([]row, error) {
	group, ctx := errgroup.WithContext(ctx)
	var claims []*wireSettled
	var shares []*wireShare
	group.Go(func() (err error) {
		claims, err = r.settled(ctx, between(nil, from, to), need{upTo: to})
		return err
	})
	group.Go(func() (err error) {
		// Shares of no claim are rewards of validators and their delegators.
		filter := between(map[string]any{"eventClaimSettledId": map[string]any{"notEqualTo": ""}}, from, to)
		shares, err = gather[wireShare](ctx, r.c, sharesQuery, map[string]any{"filter": filter}, need{upTo: to})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return r.c.settlements(claims, shares)
}

// claims reads the claims of the scope, each once.
func (r *settledReader) claims(ctx context.Context, from, to pocket.Height) ([]*wireSettled, error) {
	n := need{upTo: to}
	var found []*wireSettled
	if !r.scope.onlyPaid && len(r.scope.claims) > 0 {
		var err error
		if found, err = r.settled(ctx, between(anyOf(r.scope.claims), from, to), n); err != nil {
			return nil, err
		}
	}
	if len(r.scope.recipients) == 0 {
		return found, nil
	}
	known := make(map[string]bool, len(found))
	for _, w := range found {
		known[w.ID] = true
	}
	var paid []string
	for part := range slices.Chunk(r.scope.recipients, addressesAtOnce) {
		filter := between(map[string]any{"recipientId": in(part), "eventClaimSettledId": map[string]any{"notEqualTo": ""}}, from, to)
		shares, err := gather[wireShare](ctx, r.c, paidQuery, map[string]any{"filter": filter}, n)
		if err != nil {
			return nil, err
		}
		for _, share := range shares {
			if !known[share.Claim] {
				known[share.Claim] = true
				paid = append(paid, share.Claim)
			}
		}
	}
	narrow := map[string]any{}
	if r.scope.onlyPaid {
		narrow = anyOf(r.scope.claims)
	}
	more, err := byIDs(ctx, paid, claimsAtOnce*2, func(ctx context.Context, ids []string) ([]*wireSettled, error) {
		filter := maps.Clone(narrow)
		filter["id"] = map[string]any{"in": ids}
		return r.settled(ctx, filter, n)
	})
	return append(found, more...), err
}

// anyOf is the condition that one of several holds, or none when there is none.
func anyOf(conditions []map[string]any) map[string]any {
	switch len(conditions) {
	case 0:
		return map[string]any{}
	case 1:
		return maps.Clone(conditions[0])
	default:
		return map[string]any{"or": conditions}
	}
}

// settled reads rows, with the bank operations when they are of the time that had such.
func (r *settledReader) settled(ctx context.Context, filter map[string]any, n need) ([]*wireSettled, error) {
	for {
		asked := r.operations.Load()
		found, err := gather[wireSettled](ctx, r.c, settledQuery, map[string]any{"filter": filter, "operations": asked}, n)
		if err != nil {
			return nil, err
		}
		old := false
		for _, w := range found {
			old = old || w.old()
		}
		if len(found) > 0 {
			r.operations.Store(old)
		}
		if !old || asked {
			return found, nil
		}
	}
}

// claimsAtOnce is how many claims are named when their shares are asked for: these make about a page.
const claimsAtOnce = 150

func (c *Client) sharesOf(ctx context.Context, claims []*wireSettled, n need) ([]*wireShare, error) {
	ids := make([]string, len(claims))
	for i, w := range claims {
		ids[i] = w.ID
	}
	return byIDs(ctx, ids, claimsAtOnce, func(ctx context.Context, ids []string) ([]*wireShare, error) {
		filter := map[string]any{"eventClaimSettledId": map[string]any{"in": ids}}
		return gather[wireShare](ctx, c, sharesQuery, map[string]any{"filter": filter}, n)
	})
}

// settlements puts claims and shares together.
func (c *Client) settlements(claims []*wireSettled, shares []*wireShare) ([]row, error) {
	of := make(map[string][]*wireShare, len(claims))
	for _, share := range shares {
		of[share.Claim] = append(of[share.Claim], share)
	}
	made := make([]row, 0, len(claims))
	for _, w := range claims {
		r, err := c.settlement(w, of[w.ID])
		if err != nil {
			return nil, malformed(settledQuery, err)
		}
		made = append(made, r)
	}
	return made, nil
}

// gather reads all rows of a list, each once.
func gather[N any, P node[N]](ctx context.Context, c *Client, q query, variables map[string]any, n need) ([]*N, error) {
	var found []*N
	last := ""
	for page, err := range pages[N](ctx, c, q, variables, n) {
		if err != nil {
			return nil, err
		}
		for i := range page {
			if name := P(&page[i]).name(); name != last {
				last = name
				found = append(found, &page[i])
			}
		}
	}
	return found, nil
}

// byIDs asks for rows by their ids, for several parts of them at the same time.
func byIDs[T any](ctx context.Context, ids []string, atOnce int, ask func(context.Context, []string) ([]T, error)) ([]T, error) {
	group, ctx := errgroup.WithContext(ctx)
	parts := make([][]T, (len(ids)+atOnce-1)/atOnce)
	for i := range parts {
		group.Go(func() (err error) {
			parts[i], err = ask(ctx, ids[i*atOnce:min(len(ids), (i+1)*atOnce)])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var all []T
	for _, part := range parts {
		all = append(all, part...)
	}
	return all, nil
}
