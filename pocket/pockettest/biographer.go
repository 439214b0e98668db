package pockettest

import (
	"cmp"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A biographer works out one life, in the order of heights.
type biographer struct {
	w    *world
	i    int
	life *life
	now  phase
	todo []turn
}

// A turn is something that is going to happen.
type turn struct {
	height pocket.Height
	kind   turnKind
	strike strike
	tries  int
	until  bool // strikes go on until the stake is below the minimum
	count  int  // sessions, for strikes and misses
	end    pocket.Height
	amount pocket.Upokt
	first  pocket.Height // nothing before this height may be touched
}

type turnKind uint8

const everyClaim = 1 << 30

// newLife works out what becomes of supplier i up to horizon.
func (w *world) newLife(i int, horizon pocket.Height) *life {
	b := biographer{w: w, i: i, life: &life{
		strikes: map[pocket.Height]strike{}, discards: map[pocket.Height]bool{}, missed: map[pocket.Height]bool{},
		late: map[pocket.Height]bool{},
	}}
	b.plan(horizon)
	for _, incident := range w.incidents {
		if w.supplierOf[incident.Supplier] == i && incident.Supplier == w.suppliers[i].operator {
			b.planIncident(incident)
		}
	}
	for len(b.todo) > 0 {
		next := b.todo[0]
		b.todo = b.todo[1:]
		b.turn(next)
	}
	slices.SortStableFunc(b.life.acts, func(x, y act) int { return cmp.Compare(x.height, y.height) })
	return b.life
}

// plan makes up what happens to the supplier by itself.
func (b *biographer) plan(horizon pocket.Height) {
	w := b.w
	d := throw(w.cfg.Seed, forLife, uint64(b.i))
	born := pocket.Height(0)
	if long := w.cfg.Blocks > w.blocksIn(5*24*time.Hour); long && w.cfg.Rates.Leaves > 0 && d.chance(200_000) {
		born = pocket.Height(d.between(2, w.cfg.Blocks*6/10)) // a fifth of the suppliers join later
	}
	b.add(turn{height: born, kind: turnJoin})
	// Each kind has dice of its own, so that looking further ahead changes nothing that comes before.
	d = throw(w.cfg.Seed, forLife, uint64(b.i), 1)
	for h := range b.every(w.cfg.Rates.Expiries, &d, horizon) {
		bad := strike{count: 1 + int(d.below(10)/9), invalid: d.chance(150_000)}
		if h > born {
			b.add(turn{height: h, kind: turnStrike, strike: bad, count: 1})
		}
	}
	d = throw(w.cfg.Seed, forLife, uint64(b.i), 2)
	for h := range b.every(w.cfg.Rates.Leaves, &d, horizon) {
		b.add(turn{height: h, kind: turnUnstake})
		if d.chance(500_000) {
			b.add(turn{height: h + pocket.Height(d.between(1, w.blocksIn(48*time.Hour))), kind: turnCancel})
		}
	}
}

// every yields heights at which something that happens so often a day happens, day by day.
func (b *biographer) every(perDay float64, d *dice, horizon pocket.Height) func(func(pocket.Height) bool) {
	return func(yield func(pocket.Height) bool) {
		if perDay <= 0 {
			return
		}
		day, rate := b.w.blocksIn(24*time.Hour), int64(perDay*1_000_000)
		for first := pocket.Height(1); first < horizon; first += pocket.Height(day) {
			times := rate / 1_000_000
			if d.chance(rate % 1_000_000) {
				times++
			}
			for range times {
				if !yield(first + pocket.Height(d.below(day))) {
					return
				}
			}
		}
	}
}

// planIncident plans what the supplier is made to suffer.
func (b *biographer) planIncident(i Incident) {
	sessions := max(1, i.Sessions)
	switch i.Kind {
	case Expire:
		b.addStrike(turn{first: i.Height, strike: strike{1, i.Invalid}, count: 1})
	case Slash:
		b.addStrike(turn{first: i.Height, strike: strike{everyClaim, i.Invalid}, count: sessions})
	case BelowMinimum:
		b.addStrike(turn{first: i.Height, strike: strike{everyClaim, i.Invalid}, count: everyClaim, until: true})
	case Discard:
		b.addFirst(turn{kind: turnDiscard, first: i.Height}, func(w pocket.Windows) pocket.Height { return w.ProofOpen })
	case MissClaims:
		b.addFirst(turn{kind: turnMiss, first: i.Height, count: sessions}, func(w pocket.Windows) pocket.Height { return w.ClaimOpen })
	case LateClaims:
		b.addFirst(turn{kind: turnLate, first: i.Height, count: sessions}, func(w pocket.Windows) pocket.Height { return w.ClaimOpen })
	case Unstake:
		b.add(turn{height: i.Height, kind: turnUnstake})
	case CancelUnstake:
		b.add(turn{height: i.Height, kind: turnCancel})
	case Migrate:
		b.add(turn{height: i.Height, kind: turnMigrate})
	case Restake:
		b.add(turn{height: i.Height, kind: turnRestake, amount: i.Amount})
	}
}

func (b *biographer) addStrike(t turn) {
	t.kind = turnStrike
	b.addFirst(t, func(w pocket.Windows) pocket.Height { return w.ProofOpen })
}

// addFirst adds t at the end of the first session whose window opens at t.first or later.
func (b *biographer) addFirst(t turn, opens func(pocket.Windows) pocket.Height) {
	s := b.w.session(t.first)
	for {
		before := b.w.before(s)
		if before.End == 0 || opens(b.w.windows(before)) < t.first {
			break
		}
		s = before
	}
	for opens(b.w.windows(s)) < t.first {
		s = b.w.session(s.End + 1)
	}
	t.height = s.End
	b.add(t)
}

// rank orders what happens at one height as a block does: transactions, then settlement, then those who leave.
func (t turn) rank() int {
	switch t.kind {
	case turnLeave:
		return 2
	case turnSlash:
		return 1
	default:
		return 0
	}
}

// add puts t behind what happens before it and what was planned before it.
func (b *biographer) add(t turn) {
	i, _ := slices.BinarySearchFunc(b.todo, t, func(a, t turn) int {
		return cmp.Or(cmp.Compare(a.height, t.height), cmp.Compare(a.rank(), t.rank()), -1)
	})
	b.todo = slices.Insert(b.todo, i, t)
}

// enter begins a new phase at the end of block h.
func (b *biographer) enter(h pocket.Height) {
	b.now.from = h
	b.now.eras = slices.Clone(b.now.eras)
	if n := len(b.life.phases); n > 0 && b.life.phases[n-1].from == h {
		b.life.phases[n-1] = b.now
		return
	}
	b.life.phases = append(b.life.phases, b.now)
}

func (b *biographer) turn(t turn) {
	switch t.kind {
	case turnJoin:
		b.join(t)
	case turnStrike:
		b.strike(t)
	case turnSlash:
		b.slash(t)
	case turnUnstake:
		b.unstake(t)
	case turnCancel:
		b.cancel(t)
	case turnRestore:
		b.restore(t)
	case turnLeave:
		b.leave(t)
	case turnDiscard:
		b.discard(t)
	case turnMiss:
		b.sessions(t, b.life.missed)
	case turnLate:
		b.sessions(t, b.life.late)
	case turnMigrate:
		b.migrate(t)
	case turnRestake:
		b.restake(t)
	}
}

func (b *biographer) act(h pocket.Height, kind actKind, amount pocket.Upokt) {
	b.life.acts = append(b.life.acts, act{height: h, kind: kind, supplier: b.i, amount: amount})
}
