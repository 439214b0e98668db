package check

import (
	"maps"
	"slices"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// tell adds what happened to a supplier in the block.
func (b *supplierBlock) tell(who pocket.Address, events []pocket.Event) {
	l := b.standings[who]
	slashed, stayed, migrated := penalties(events), phase(events, pocket.UnbondingCanceled), first[pocket.Migration](events)
	var stake pocket.At
	for _, event := range events {
		switch e := event.(type) {
		case pocket.SupplierStake:
			stake = e.At
		case pocket.Unbonding:
			if e.Phase == pocket.UnbondingEnded {
				b.occurred(b.result(monitor.SupplierUnstaked, who, monitor.Amount("stake", e.Supplier.Stake)), e.At)
			}
		case pocket.StakeStuck:
			b.occurred(b.result(monitor.SupplierStakeStuck, who, monitor.Amount("stake", e.Amount), monitor.Text("reason", e.Reason)), e.At)
		}
	}
	if migrated != nil {
		b.migrated(who, *migrated, l)
	}
	if stayed != nil {
		r := b.result(monitor.SupplierUnbondingStopped, who, stakeFacts(l, slashed)...)
		b.occurred(r, stayed.At)
	}
	if stake.Height > 0 {
		b.staked(who, stake, l, slashed, migrated != nil || stayed != nil)
	}
	b.slashed(who, events)
}

func first[E pocket.Event](events []pocket.Event) *E {
	for _, event := range events {
		if e, ok := event.(E); ok {
			return &e
		}
	}
	return nil
}

func phase(events []pocket.Event, p pocket.UnbondingPhase) *pocket.Unbonding {
	for _, event := range events {
		if e, ok := event.(pocket.Unbonding); ok && e.Phase == p {
			return &e
		}
	}
	return nil
}

// penalties returns what slashes of a block took in all.
func penalties(events []pocket.Event) pocket.Upokt {
	var total pocket.Upokt
	for _, event := range events {
		if e, ok := event.(pocket.Slash); ok {
			total += e.Penalty
		}
	}
	return total
}

// stakeFacts are the facts of how a stake changed by what was staked, not by what the same block's end slashed.
func stakeFacts(l life, slashed pocket.Upokt) monitor.Facts {
	var facts monitor.Facts
	if l.after.stakeKnown {
		facts = append(facts, monitor.Amount("stake", l.after.stake+slashed))
	}
	if l.before.staked && l.before.stakeKnown {
		facts = append(facts, monitor.Amount("stake_before", l.before.stake))
	}
	return facts
}

func (b *supplierBlock) migrated(who pocket.Address, m pocket.Migration, l life) {
	r := b.result(monitor.SupplierMigrated, who, monitor.Address("morse", m.Morse))
	if l.after.stakeKnown {
		r.Facts = append(r.Facts, monitor.Amount("stake", l.after.stake))
	}
	r.Facts = append(r.Facts, monitor.Amount("added", m.Stake), monitor.Amount("balance", m.Balance))
	b.occurred(r, m.At)
}

// staked tells what a new stake changed. explained says that another result tells of the amount.
func (b *supplierBlock) staked(who pocket.Address, at pocket.At, l life, slashed pocket.Upokt, explained bool) {
	now := offered(l.after.config)
	if !l.before.staked {
		if explained {
			return
		}
		r := b.result(monitor.SupplierStaked, who, stakeFacts(l, slashed)...)
		if len(now) > 0 {
			r.Facts = append(r.Facts, monitor.Text("services", list(slices.Sorted(maps.Keys(now)))))
		}
		r.Facts = append(r.Facts, activeFrom(l.after.config, b.head.Height)...)
		b.occurred(r, at)
		return
	}
	stake := l.after.stake + slashed
	if !explained && l.before.stakeKnown && l.after.stakeKnown && stake != l.before.stake {
		r := b.result(monitor.SupplierStakeChanged, who, stakeFacts(l, slashed)...)
		r.Facts = append(r.Facts, monitor.Amount("difference", stake-l.before.stake))
		b.occurred(r, at)
	}
	if l.before.config == nil || l.after.config == nil || l.before.leaving {
		return // what is not known has not changed, and who stays after all has no services
	}
	if change := compareServices(offered(l.before.config), now); change.any() {
		r := b.result(monitor.SupplierServicesChanged, who)
		for _, part := range []struct {
			name     string
			services []pocket.ServiceID
		}{{"added", change.added}, {"removed", change.removed}, {"endpoints", change.endpoints}, {"rev_shares", change.revShares}} {
			if len(part.services) > 0 {
				r.Facts = append(r.Facts, monitor.Text(part.name, list(part.services)))
			}
		}
		r.Facts = append(r.Facts, activeFrom(l.after.config, b.head.Height)...)
		b.occurred(r, at)
	}
}

// activeFrom is the fact of when services that were staked come into force, none when none lie ahead.
func activeFrom(s *pocket.Supplier, after pocket.Height) monitor.Facts {
	if s == nil {
		return nil
	}
	var from pocket.Height
	for _, u := range s.History {
		if u.Activation > after && u.Deactivation == 0 && (from == 0 || u.Activation < from) {
			from = u.Activation
		}
	}
	if from == 0 {
		return nil
	}
	return monitor.Facts{monitor.Height("active_from", from)}
}

// slashed tells of all slashes of a block at once: each expired claim costs one, and a miner that was down has many.
func (b *supplierBlock) slashed(who pocket.Address, events []pocket.Event) {
	var last *pocket.Slash
	var at pocket.At
	var services []pocket.ServiceID
	slashes := int64(0)
	for _, event := range events {
		e, ok := event.(pocket.Slash)
		if !ok {
			continue
		}
		if slashes++; slashes == 1 {
			at = e.At
		}
		if !slices.Contains(services, e.Service) {
			services = append(services, e.Service)
		}
		last = &e
	}
	if last == nil {
		return
	}
	penalty := penalties(events)
	r := b.result(monitor.SupplierSlashed, who, monitor.Amount("penalty", penalty), monitor.Count("slashes", slashes))
	if !last.StakeUnknown {
		r.Facts = append(r.Facts, monitor.Amount("stake", last.StakeAfter), monitor.Amount("stake_before", last.StakeAfter+penalty))
		if left, ok := b.proofsLeft(last.StakeAfter); ok {
			r.Facts = append(r.Facts, monitor.Count("proofs_left", left))
		}
	}
	r.Facts = append(r.Facts, monitor.Text("services", list(services)), monitor.Height("session_end", last.SessionEnd))
	b.occurred(r, at)
}
