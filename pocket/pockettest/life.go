package pockettest

import (
	"cmp"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A life is all that becomes of one supplier: how its stake and state change, and which of its sessions end badly. It is worked out
// before any block is made, so that each block can be made alone.
type life struct {
	phases   []phase                  // by height; the first is from 0
	acts     []act                    // by height
	strikes  map[pocket.Height]strike // by the session's first block
	discards map[pocket.Height]bool
	missed   map[pocket.Height]bool
}

// A phase is a supplier's state from the end of a block on.
type phase struct {
	from       pocket.Height
	staked     bool
	stake      pocket.Upokt
	unstakeEnd pocket.Height // the session in whose end it asked or was made to leave; 0 while it stays
	forced     bool
	eras       []era
}

// An era is when a supplier's services were in force.
type era struct{ activation, deactivation pocket.Height }

// serves reports whether the supplier's services are in force at h.
func (p phase) serves(h pocket.Height) bool {
	if !p.staked {
		return false
	}
	for _, e := range p.eras {
		if e.activation <= h && (e.deactivation == 0 || h < e.deactivation) {
			return true
		}
	}
	return false
}

// forgotten reports whether claims of the supplier that settle at h find no service to pay for: its unstake was cancelled
// and its services are not yet restored. While it unbonds the chain still remembers them.
func (p phase) forgotten(h pocket.Height) bool { return p.unstakeEnd == 0 && !p.serves(h) }

// A strike is how many of a supplier's claims of a session have no good proof, the first ones.
type strike struct {
	count   int
	invalid bool
}

type actKind uint8

const (
	actStake    actKind = iota // transaction: joins
	actUnstake                 // transaction
	actCancel                  // transaction of the owner, who adds to the stake
	actRestore                 // transaction of the operator, who stakes the services again
	actActivate                // block event at the start of a session
	actLeave                   // block event: the stake goes back to the owner
)

// An act is what shows of a life in a block.
type act struct {
	height   pocket.Height
	kind     actKind
	supplier int
	amount   pocket.Upokt // what actStake and actCancel add to the stake, what actLeave gives back
}

// at returns the supplier's state after block h.
func (l *life) at(h pocket.Height) phase {
	i, _ := slices.BinarySearchFunc(l.phases, h+1, func(p phase, h pocket.Height) int { return cmp.Compare(p.from, h) })
	if i == 0 {
		return phase{}
	}
	return l.phases[i-1]
}

// settling returns the supplier's state when block h settles claims: after its transactions.
func (l *life) settling(h pocket.Height) phase {
	p := l.at(h - 1)
	i, _ := slices.BinarySearchFunc(l.acts, h, func(a act, h pocket.Height) int { return cmp.Compare(a.height, h) })
	for ; i < len(l.acts) && l.acts[i].height == h; i++ {
		switch a := l.acts[i]; a.kind {
		case actStake:
			p.staked, p.stake = true, p.stake+a.amount
		case actUnstake:
			p.unstakeEnd = l.at(h).unstakeEnd
		case actCancel:
			p.stake, p.unstakeEnd = p.stake+a.amount, 0
		}
	}
	return p
}

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
	first  pocket.Height // nothing before this height may be touched
}

type turnKind uint8

const (
	turnJoin turnKind = iota
	turnStrike
	turnSlash
	turnUnstake
	turnCancel
	turnRestore
	turnLeave
	turnDiscard
	turnMiss
)

const everyClaim = 1 << 30

// newLife works out what becomes of supplier i up to horizon.
func (w *world) newLife(i int, horizon pocket.Height) *life {
	b := biographer{w: w, i: i, life: &life{
		strikes: map[pocket.Height]strike{}, discards: map[pocket.Height]bool{}, missed: map[pocket.Height]bool{},
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

// every yields heights at which something that happens so often a day happens.
func (b *biographer) every(perDay float64, d *dice, horizon pocket.Height) func(func(pocket.Height) bool) {
	return func(yield func(pocket.Height) bool) {
		if perDay <= 0 {
			return
		}
		mean := max(1, int64(float64(b.w.blocksIn(24*time.Hour))/perDay))
		for h := pocket.Height(1 + d.below(2*mean)); h < horizon; h += pocket.Height(1 + d.below(2*mean)) {
			if !yield(h) {
				return
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
	case Unstake:
		b.add(turn{height: i.Height, kind: turnUnstake})
	case CancelUnstake:
		b.add(turn{height: i.Height, kind: turnCancel})
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

func (b *biographer) act(h pocket.Height, kind actKind, amount pocket.Upokt) {
	b.life.acts = append(b.life.acts, act{height: h, kind: kind, supplier: b.i, amount: amount})
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
		b.miss(t)
	}
}

func (b *biographer) join(t turn) {
	b.now = phase{staked: true, stake: b.w.suppliers[b.i].stake, eras: []era{{activation: 1}}}
	if t.height > 0 {
		b.now.eras[0].activation = b.w.session(t.height).End + 1
		b.act(t.height, actStake, b.now.stake)
		b.act(b.now.eras[0].activation, actActivate, 0)
	}
	b.enter(t.height)
}

// working reports whether the supplier has claims in s, and how many.
func (b *biographer) working(s pocket.Session) int {
	if !b.life.at(s.Start).serves(s.Start) || b.life.missed[s.Start] || b.naturalMiss(s) {
		return 0
	}
	return len(b.w.applicationsOf(s, b.i))
}

// again puts t off to the session after s, which had no claims to strike. What happens by itself is soon forgotten; what was asked for
// waits until the supplier works again, unless that takes very long.
func (b *biographer) again(t turn, s pocket.Session) {
	patience := 20
	if t.first > 0 {
		patience = 3000
	}
	if t.tries++; t.tries < patience {
		t.height = b.w.session(s.End + 1).End
		b.add(t)
	}
}

func (b *biographer) naturalMiss(s pocket.Session) bool {
	d := throw(b.w.cfg.Seed, forMiss, uint64(s.Start), uint64(b.i))
	return d.chance(b.w.perSession(b.w.cfg.Rates.Misses, s))
}

// strike spoils claims of the session that ends at t.height, or of the next in which there are any.
func (b *biographer) strike(t turn) {
	if !b.now.staked && len(b.life.phases) > 0 || t.until && b.now.unstakeEnd > 0 {
		return
	}
	s := b.w.session(t.height)
	if t.height != s.End {
		t.height = s.End
		b.add(t)
		return
	}
	claims := b.working(s)
	settles := b.w.windows(s).Settlement
	if claims == 0 {
		b.again(t, s)
		return
	}
	count := min(t.strike.count, claims)
	if earlier := b.life.strikes[s.Start]; earlier.count < count {
		b.life.strikes[s.Start] = strike{count, t.strike.invalid}
		b.add(turn{height: settles, kind: turnSlash, strike: strike{count: count - earlier.count}, end: s.Start})
	}
	if t.count--; t.count > 0 {
		t.height, t.tries = b.w.session(s.End+1).End, 0
		if t.until {
			t.height = b.w.session(settles + 1).End // see first what is left of the stake
		}
		b.add(t)
	}
}

// slash takes the penalty for each expired claim. Claims that find no service are discarded instead, and cost nothing.
func (b *biographer) slash(t turn) {
	if !b.now.staked || b.now.forgotten(t.height) || b.life.discards[t.end] {
		return
	}
	params := inForce(b.w.others, t.height).params
	for range t.strike.count {
		b.now.stake = max(0, b.now.stake-params.Proof.MissingPenalty)
	}
	if b.now.stake < params.SupplierMinStake && b.now.unstakeEnd == 0 {
		b.now.unstakeEnd, b.now.forced = b.w.session(t.height).End, true
		d := throw(b.w.cfg.Seed, forLife, uint64(b.i), uint64(t.height))
		if b.w.cfg.Rates.Expiries > 0 && d.chance(800_000) { // most owners notice
			b.add(turn{height: t.height + pocket.Height(d.between(10, max(10, b.w.blocksIn(36*time.Hour)))), kind: turnCancel})
		}
	}
	b.enter(t.height)
}

func (b *biographer) unstake(t turn) {
	if !b.now.staked || b.now.unstakeEnd > 0 {
		return
	}
	end := b.w.session(t.height).End
	b.now.unstakeEnd, b.now.forced = end, false
	b.now.eras = slices.Clone(b.now.eras)
	for i := range b.now.eras {
		if b.now.eras[i].deactivation == 0 {
			b.now.eras[i].deactivation = end + 1
		}
	}
	b.act(t.height, actUnstake, 0)
	b.enter(t.height)
	b.add(turn{height: b.w.sharedAt(end).UnbondingEnd(end), kind: turnLeave, end: end})
}

func (b *biographer) cancel(t turn) {
	if !b.now.staked || b.now.unstakeEnd == 0 {
		return
	}
	added := pocket.Upokt(1)
	if b.now.forced {
		added = inForce(b.w.others, t.height).params.SupplierMinStake + pocket.POKT(500) - b.now.stake
	} else {
		session := b.w.session(t.height)
		again := b.w.session(session.End+1).End + 1
		b.add(turn{height: again, kind: turnRestore})
	}
	b.now.stake += added
	b.now.unstakeEnd, b.now.forced = 0, false
	b.act(t.height, actCancel, added)
	b.enter(t.height)
}

func (b *biographer) restore(t turn) {
	if !b.now.staked || b.now.unstakeEnd > 0 || b.now.serves(t.height) {
		return
	}
	activation := b.w.session(t.height).End + 1
	b.now.eras = append(slices.Clone(b.now.eras), era{activation: activation})
	b.act(t.height, actRestore, 0)
	b.act(activation, actActivate, 0)
	b.enter(t.height)
}

func (b *biographer) leave(t turn) {
	if !b.now.staked || b.now.forced || b.now.unstakeEnd != t.end {
		return // cancelled since
	}
	b.act(t.height, actLeave, b.now.stake)
	b.now.staked = false
	b.enter(t.height)
}

func (b *biographer) discard(t turn) {
	s := b.w.session(t.height)
	if b.working(s) == 0 {
		b.again(t, s)
		return
	}
	b.life.discards[s.Start] = true
}

func (b *biographer) miss(t turn) {
	for s := b.w.session(t.height); t.count > 0; t.count-- {
		b.life.missed[s.Start] = true
		s = b.w.session(s.End + 1)
	}
}
