package pockettest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// A ledgerBook knows all balances after some heights, from which those after others are counted on.
type ledgerBook struct {
	mu    sync.Mutex
	marks []balanceSheet // by height
}

type balanceSheet struct {
	height   pocket.Height
	balances map[string]pocket.Upokt
}

// marksApart is how many blocks lie at most between two marks that are kept, so that an older height is counted quickly, too.
const marksApart = 20_000

// Balance returns what an address holds after block h, 0 being the newest. It is exact: the sum of all that the chain's blocks moved
// from block 1 on. The first question therefore takes as long as making all those blocks, which for a big chain is minutes; later ones
// count on from there. Ending ctx ends it early, with an error, and so does a height that is not there.
func (c *Chain) Balance(ctx context.Context, who pocket.Address, h pocket.Height) (pocket.Upokt, error) {
	w, head := c.now()
	if h == 0 {
		h = head
	}
	if err := within(h, head); err != nil {
		return 0, err
	}
	sheet, err := c.balances.after(ctx, w, h)
	return sheet[who.String()], err
}

// after returns all balances after block h. They must not be changed.
func (b *ledgerBook) after(ctx context.Context, w *world, h pocket.Height) (map[string]pocket.Upokt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := len(b.marks) - 1
	for at >= 0 && b.marks[at].height > h {
		at--
	}
	from := balanceSheet{balances: w.genesis}
	if at >= 0 {
		from = b.marks[at]
	}
	if from.height == h {
		return from.balances, nil
	}
	now := maps.Clone(from.balances)
	for height := from.height + 1; height <= h; height++ {
		if err := context.Cause(ctx); err != nil {
			b.keep(balanceSheet{height - 1, now})
			return nil, err
		}
		w.book(now, height)
		if height%marksApart == 0 && height < h {
			b.keep(balanceSheet{height, maps.Clone(now)})
		}
	}
	b.keep(balanceSheet{h, now})
	return now, nil
}

// keep adds a mark, and drops one that is close to its neighbours so that there are never many.
func (b *ledgerBook) keep(s balanceSheet) {
	i := 0
	for i < len(b.marks) && b.marks[i].height < s.height {
		i++
	}
	if i < len(b.marks) && b.marks[i].height == s.height {
		return
	}
	b.marks = slices.Insert(b.marks, i, s)
	for j := 1; j+1 < len(b.marks); j++ {
		if b.marks[j].height%marksApart != 0 && b.marks[j].height != s.height {
			b.marks = slices.Delete(b.marks, j, j+1)
			j--
		}
	}
}

// forget drops what was counted of block h and later, which is going to change.
func (b *ledgerBook) forget(h pocket.Height) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.marks = slices.DeleteFunc(b.marks, func(s balanceSheet) bool { return s.height >= h })
}

// book adds what block h moves to balances.
func (w *world) book(balances map[string]pocket.Upokt, h pocket.Height) {
	move := func(e placed) {
		p, ok := e.wireEvent.(plain)
		if !ok || p.kind != "coin_spent" && p.kind != "coin_received" || p.list[1].value == "" {
			return
		}
		amount, err := pocket.ParseUpokt(p.list[1].value)
		if err != nil {
			panic("pockettest: " + err.Error()) // this package wrote it
		}
		if p.kind == "coin_spent" {
			amount = -amount
		}
		balances[p.list[0].value] += amount
	}
	b := w.body(h)
	for _, t := range b.txs {
		for _, e := range t.events() {
			move(e)
		}
	}
	for _, e := range b.block {
		move(e)
	}
}
