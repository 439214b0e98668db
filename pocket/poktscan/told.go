package poktscan

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// Told yields the blocks from one height to another, both inclusive, oldest first, in which one of the addresses is concerned, each with its
// events of the kinds of [WithKinds]: as supplier, as owner, or as one whom a settlement pays; everybody when none is named. Blocks without
// such events are left out. It ends with the tip: see [Client.Tip]. An error is yielded last.
//
// An owner is concerned by what happened to the suppliers that it owns now, and by settlements that name it.
//
// The order of a block's events is the chain's as far as the service tells it; their At.Index is -1, because it does not tell that. Their
// identity is the height, the kind, whom they concern and the session; a block may slash a supplier twice for the same. Times are cut to
// the millisecond. Several pages are read at a time, at the rate that [WithRate] allows, and no more than a few thousand events are held
// for each of them, or the events of the largest block.
func (c *Client) Told(ctx context.Context, about []pocket.Address, from, to pocket.Height) iter.Seq2[pocket.Told, error] {
	return func(yield func(pocket.Told, error) bool) {
		tip, err := c.Tip(ctx)
		if err == nil {
			err = needAll(about, "suppliers, owners or recipients")
		}
		if err != nil {
			yield(pocket.Told{}, err)
			return
		}
		from, to = max(from, 1), min(to, tip.Height)
		if from > to {
			return
		}
		scopes, err := c.about(ctx, about, tip.Height)
		if err != nil {
			yield(pocket.Told{}, err)
			return
		}
		chain := c.ChainID()
		for rows, err := range c.blocks(ctx, scopes, setOf(c.kinds, true), from, to, false) {
			if err != nil {
				yield(pocket.Told{}, err)
				return
			}
			told := pocket.Told{Block: rows[0].block, Newest: rows[0].block.Height == tip.Height}
			told.Block.ChainID, told.Block.Hash = chain, strings.Clone(told.Block.Hash) // not a part of a page
			for i := range rows {
				told.Events = append(told.Events, rows[i].event)
			}
			if !yield(told, nil) {
				return
			}
		}
	}
}

// setOf returns the kinds, and of each whether it is wanted by name.
func setOf(kinds []pocket.Kind, byName bool) map[pocket.Kind]bool {
	set := make(map[pocket.Kind]bool, len(kinds))
	for _, kind := range kinds {
		set[kind] = byName
	}
	return set
}

// blocks yields the rows of each block that has any, in order. The blocks come oldest first, or newest first; then a block's rows come last
// first. An error is yielded last.
func (c *Client) blocks(ctx context.Context, scopes []scope, kinds map[pocket.Kind]bool, from, to pocket.Height, newest bool) iter.Seq2[[]row, error] {
	return func(yield func([]row, error) bool) {
		var readers []*reader
		defer func() {
			for _, r := range readers {
				r.stop()
			}
		}()
		for _, s := range scopes {
			for _, src := range c.sources(s, kinds) {
				readers = append(readers, newReader(c.past().scan(ctx, src, from, to, newest), newest))
			}
		}
		for {
			next, found := pocket.Height(0), false
			for _, r := range readers {
				height, ok, err := r.peek()
				if err != nil {
					yield(nil, err)
					return
				}
				if ok && (!found || newest && height > next || !newest && height < next) {
					next, found = height, true
				}
			}
			if !found {
				return
			}
			var block []row
			for _, r := range readers {
				block = append(block, r.take(next)...)
			}
			if !yield(inOrder(block, newest), nil) {
				return
			}
		}
	}
}

// inOrder sorts the rows of a block and drops those that came twice: the same address may be named in two questions, and two services may
// answer them who number events otherwise. So settlements go by whose claim it is; of other events two questions never ask for the same.
func inOrder(block []row, newest bool) []row {
	slices.SortFunc(block, func(a, b row) int { return a.place.compare(b.place) })
	known := make(map[identity]bool, len(block))
	block = slices.DeleteFunc(block, func(r row) bool {
		key := identityOf(r)
		twice := known[key]
		known[key] = true
		return twice
	})
	if newest {
		slices.Reverse(block)
	}
	return block
}

// An identity is what makes two rows of a block the same event.
type identity struct {
	kind                  pocket.Kind
	id                    string
	supplier, application pocket.Address
	service               pocket.ServiceID
	sessionEnd            pocket.Height
}

func identityOf(r row) identity {
	if s, ok := r.event.(pocket.Settlement); ok {
		return identity{
			kind: pocket.KindSettlement, supplier: s.Supplier, application: s.Application, service: s.Service, sessionEnd: s.SessionEnd,
		}
	}
	return identity{kind: r.event.Kind(), id: r.place.id}
}

// A reader takes the rows of one source block by block.
type reader struct {
	next   func() ([]row, error, bool)
	stop   func()
	newest bool
	rows   []row // of a window, by height
}

func newReader(windows iter.Seq2[[]row, error], newest bool) *reader {
	next, stop := iter.Pull2(windows)
	return &reader{next: next, stop: stop, newest: newest}
}

// peek returns the height of the next block, and whether there is one.
func (r *reader) peek() (pocket.Height, bool, error) {
	for len(r.rows) == 0 {
		rows, err, ok := r.next()
		if err != nil || !ok {
			return 0, false, err
		}
		slices.SortStableFunc(rows, func(a, b row) int {
			if r.newest {
				a, b = b, a
			}
			return int(a.block.Height - b.block.Height)
		})
		r.rows = rows
	}
	return r.rows[0].block.Height, true, nil
}

// take returns the rows of the next block if that is at height h.
func (r *reader) take(h pocket.Height) []row {
	n := 0
	for n < len(r.rows) && r.rows[n].block.Height == h {
		n++
	}
	taken := r.rows[:n:n]
	r.rows = r.rows[n:]
	return taken
}
