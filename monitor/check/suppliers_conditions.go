package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// conditions adds how a supplier stands after the block.
func (b *supplierBlock) conditions(ctx context.Context, who pocket.Address) {
	l := b.standings[who]
	if !l.after.known {
		return // a wallet, or a supplier of which nothing is known yet
	}
	b.unbonding(ctx, who, l.after)
	b.idling(who, l.after)
	b.headroom(who, l.after)
}

func (b *supplierBlock) unbonding(ctx context.Context, who pocket.Address, s standing) {
	r := b.result(monitor.SupplierUnbonding, who)
	if !s.leaving {
		r.Health = monitor.Healthy
		b.results = append(b.results, r)
		return
	}
	r.Health, r.Height = monitor.Failing, s.since.Height
	if !s.since.Time.IsZero() {
		r.At = s.since.Time
	}
	reason := "own"
	switch {
	case s.forced:
		reason, r.Severity = "below minimum", monitor.Critical
	case b.migratedHere(who):
		reason = "migrated"
	}
	facts := monitor.Facts{monitor.Text("reason", reason), monitor.Height("session_end", s.leaveEnd)}
	if !s.forced {
		if shared, err := b.protocol.sharedAt(ctx, s.leaveEnd); err == nil {
			end := shared.UnbondingEnd(s.leaveEnd)
			facts = append(append(facts, monitor.Height("ends", end)), b.pace.when("ends_at", end)...)
		}
	}
	if s.stakeKnown {
		facts = append(facts, monitor.Amount("stake", s.stake))
	}
	r.Facts = append(facts, r.Facts...)
	b.results = append(b.results, r)
}

// migratedHere reports whether the block tells that the supplier was leaving when its Morse node was claimed.
func (b *supplierBlock) migratedHere(who pocket.Address) bool {
	return slices.ContainsFunc(b.head.Events, func(event pocket.Event) bool {
		u, ok := event.(pocket.Unbonding)
		return ok && u.Migrated && u.Supplier.Operator == who
	})
}

func (b *supplierBlock) idling(who pocket.Address, s standing) {
	r := b.result(monitor.SupplierIdle, who)
	r.Health = monitor.Healthy
	delete(b.idle, who)
	if s.idle() {
		b.idle[who] = true // until it has a service it is told again at each block
		r.Health = monitor.Failing
		if s.stakeKnown {
			r.Facts = append(monitor.Facts{monitor.Amount("stake", s.stake)}, r.Facts...)
		}
	}
	b.results = append(b.results, r)
}

// proofsLeft returns how many missed proofs a stake bears before the chain makes its supplier leave: less than 0 when it is too small
// already. It cannot be told while the parameters are unknown, and where a missed proof costs nothing.
func (b *supplierBlock) proofsLeft(stake pocket.Upokt) (int64, bool) {
	penalty := b.params.Proof.MissingPenalty
	if b.paramsErr != nil || penalty <= 0 {
		return 0, false
	}
	above := stake - b.params.SupplierMinStake
	left := above / penalty
	if above%penalty < 0 {
		left-- // rounded down, not toward zero
	}
	return int64(left), true
}

func (b *supplierBlock) headroom(who pocket.Address, s standing) {
	r := b.result(monitor.SupplierStakeLow, who)
	switch left, ok := b.proofsLeft(s.stake); {
	case s.staked && b.paramsErr != nil:
		r.Health, r.Err = monitor.Unknown, b.paramsErr
	case !s.staked, !ok:
		r.Health = monitor.Healthy
	case !s.stakeKnown:
		return // it was slashed on an old version of the protocol, which did not tell
	default:
		r.Health = monitor.Healthy
		if left < 0 {
			r.Health = monitor.Failing
		}
		r.Reading = decimal.NewNullDecimal(decimal.NewFromInt(left))
		r.Facts = append(monitor.Facts{
			monitor.Count("proofs_left", left), monitor.Amount("stake", s.stake), monitor.Amount("minimum", b.params.SupplierMinStake),
			monitor.Amount("penalty", b.params.Proof.MissingPenalty),
		}, r.Facts...)
		if o := s.outlook(b.params.SupplierMinStake, b.head.Time); o.Days.Valid && left >= 0 {
			r.Facts = append(r.Facts, monitor.Decimal("days", o.Days.Decimal), monitor.Instant("minimum_at", o.At.Round(time.Minute)))
		}
	}
	b.results = append(b.results, r)
}

// compare reads the state of the next supplier and tells what no event had told of it.
func (b *supplierBlock) compare(ctx context.Context) error {
	if len(b.watched.last) == 0 || b.head.Height < b.rested {
		return nil
	}
	b.turn = (b.turn + 1) % len(b.watched.last)
	who := b.watched.last[b.turn]
	if who.Kind() != pocket.AccountAddress {
		return nil
	}
	known, err := livesAt(ctx, b.lives, b.head.Height, b.params.SupplierMinStake, []pocket.Address{who})
	if err != nil {
		return fmt.Errorf("history of %s: %w", who, err)
	}
	before := known[who].after
	asking, cancel := context.WithTimeout(ctx, compareTimeout)
	defer cancel()
	state, err := b.chain.SupplierAt(asking, who, b.head.Height)
	switch {
	case errors.Is(err, pocket.ErrNotFound):
		if !before.staked {
			return nil
		}
		err = b.lives.PutGone(ctx, compareSource, b.head.Height, who)
	case err != nil:
		b.rested = b.head.Height + restBlocks
		return nil
	case before.agrees(state):
		return nil
	default:
		err = b.lives.PutSuppliers(ctx, compareSource, b.head.Height, state)
	}
	if err != nil {
		return fmt.Errorf("state of %s: %w", who, err)
	}
	return b.found(ctx, who, before)
}

// compareSource is the name under which what was found is stored.
const compareSource = "check"

// agrees reports whether a state is what the history says.
func (s *standing) agrees(state pocket.Supplier) bool {
	return s.staked && s.stakeKnown && s.stake == state.Stake && s.leaving == (state.UnstakeSessionEnd > 0) && s.config != nil &&
		len(s.config.Services) == len(state.Services) && !compareServices(offered(s.config), offered(&state)).any()
}

// found tells what comparing has found out about a supplier.
func (b *supplierBlock) found(ctx context.Context, who pocket.Address, before standing) error {
	known, err := livesAt(ctx, b.lives, b.head.Height, b.params.SupplierMinStake, []pocket.Address{who})
	if err != nil {
		return fmt.Errorf("history of %s: %w", who, err)
	}
	l := life{before, known[who].after}
	b.standings[who] = l
	at := pocket.At{Height: b.head.Height, Time: b.head.Time, Index: -1} // no event's place
	switch {
	case !l.after.staked:
		b.occurred(b.result(monitor.SupplierUnstaked, who, monitor.Text("seen", "gone")), at)
	case before.known:
		b.staked(who, at, l, 0, false)
	}
	b.conditions(ctx, who)
	return nil
}
