package pockettest

import (
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

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

func (b *biographer) restake(t turn) {
	if !b.now.staked || b.now.unstakeEnd > 0 {
		return
	}
	if t.amount <= 0 {
		t.amount = pocket.POKT(1000)
	}
	b.now.stake += t.amount
	b.act(t.height, actRestake, t.amount)
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

// sessions marks as many sessions as the turn is about.
func (b *biographer) sessions(t turn, marked map[pocket.Height]bool) {
	for s := b.w.session(t.height); t.count > 0; t.count-- {
		marked[s.Start] = true
		s = b.w.session(s.End + 1)
	}
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
