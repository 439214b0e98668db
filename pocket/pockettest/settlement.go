package pockettest

import "github.com/poktbot/poktbot/pocket"

// settlement returns the events of the claims that settle in block h.
func (w *world) settlement(h pocket.Height, sessions []pocket.Session) []wireEvent {
	var events []wireEvent
	var expired []told
	cash, drawer := w.newCashier(h), newTill()
	ratio := inForce(w.others, h).params.Tokenomics.MintRatio
	served := map[int]pocket.Session{}
	first := pocket.Height(0)
	for _, s := range sessions {
		for _, o := range cash.settle(w.page(s)) {
			t := told{w, o.claim}
			if first == 0 {
				first = s.End
			}
			served[o.service] = s
			switch {
			case o.discarded:
				events = append(events, claimDiscarded{t, w.lives[o.supplier].settling(h).stake})
			case o.expires():
				expired = append(expired, t)
				events = append(events, claimExpired{t})
			default:
				drawer.add(&o)
				events = append(events, w.paid(h, t, &o)...)
				events = append(events, claimSettled{t, &o, ratio})
			}
		}
	}
	if first == 0 {
		return nil
	}
	events = append(events, w.validatorRewards(drawer, first)...)
	for _, p := range drawer.payments() {
		events = append(events, p.bank()...)
		events = append(events, settlementBatch{p, first})
	}
	events = append(events, w.slashes(h, expired)...)
	for v := range w.services {
		if s, ok := served[v]; ok {
			events = append(events, difficultyUpdated{&w.services[v], w.relaysEMA(v, w.before(s)), w.relaysEMA(v, s)})
		}
	}
	return events
}

// relaysEMA is a service's moving average of relays after a session, made up.
func (w *world) relaysEMA(v int, s pocket.Session) int64 {
	return 50 * w.rhythm(max(1, s.Start)) / int64(v+1)
}

// paid returns what comes before the event of a paid claim.
func (w *world) paid(h pocket.Height, t told, o *outcome) []wireEvent {
	var events []wireEvent
	if o.short {
		events = append(events, applicationOverserviced{t, o})
	}
	if o.inflation > 0 {
		events = append(events, reimbursementRequest{t, o.inflation})
	}
	if o.applicationLeaves {
		a := w.applicationAt(t.application, h-1)
		a.Stake, a.UnstakeSessionEnd, a.Gateways = 0, w.session(h).End, nil
		p := w.sharedAt(a.UnstakeSessionEnd)
		events = append(events, applicationUnbonding{
			phase: pocket.UnbondingBegan, application: a, sessionEnd: a.UnstakeSessionEnd,
			end: a.UnstakeSessionEnd + pocket.Height(p.ApplicationUnbonding*p.BlocksPerSession),
		})
	}
	return events
}

// validatorRewards shares out the validators' part of the block and puts it into the till.
func (w *world) validatorRewards(drawer *till, sessionEnd pocket.Height) []wireEvent {
	var events []wireEvent
	for _, p := range drawer.pools {
		if p.amount == 0 {
			continue
		}
		weights := make([]pocket.Upokt, len(w.validators))
		for i, v := range w.validators {
			weights[i] = v.stake
		}
		for i, amount := range proportional(p.amount, weights...) {
			v := &w.validators[i]
			commission := amount / 10
			parts := proportional(amount-commission, v.stake*9/10, v.stake/10)
			events = append(events, validatorReward{
				who: v, reason: p.validators, pool: amount, commission: commission, self: parts[0], delegators: parts[1], sessionEnd: sessionEnd,
			})
			own := drawer.toAccount(v.account, p.validators)
			own.amount, own.claims = own.amount+commission+parts[0], own.claims+1
			theirs := drawer.toAccount(v.delegator, p.delegators)
			theirs.amount, theirs.claims = theirs.amount+parts[1], theirs.claims+1
		}
	}
	return events
}

// moduleAddress returns the account of a module.
func moduleAddress(name string) string {
	switch name {
	case "supplier":
		return supplierModule
	case "application":
		return applicationModule
	case "tokenomics":
		return tokenomicsModule
	default:
		return name // an address
	}
}

// bank returns the events of the bank operation itself.
func (p payment) bank() []wireEvent {
	from, to, amount := moduleAddress(p.sender), moduleAddress(p.recipient), p.amount.Coin()
	switch p.operation {
	case "mint":
		return []wireEvent{sdk("coin_received", "receiver", from, "amount", amount), sdk("coinbase", "minter", from, "amount", amount)}
	case "burn":
		return burned(from, amount)
	default:
		return moved(from, to, amount)
	}
}

func burned(from, amount string) []wireEvent {
	return []wireEvent{sdk("coin_spent", "spender", from, "amount", amount), sdk("burn", "burner", from, "amount", amount)}
}

// slashes returns the events of what expired claims cost. A supplier's stake falls step by step; the step that takes it
// below the minimum forces it to unbond.
func (w *world) slashes(h pocket.Height, expired []told) []wireEvent {
	var events []wireEvent
	params := inForce(w.others, h).params
	states := map[int]*phase{}
	for _, t := range expired {
		state, ok := states[t.supplier]
		if !ok {
			now := w.lives[t.supplier].settling(h)
			state = &now
			states[t.supplier] = state
		}
		penalty := min(params.Proof.MissingPenalty, state.stake)
		state.stake -= penalty
		events = append(events, moved(supplierModule, tokenomicsModule, penalty.Coin())...)
		events = append(events, burned(tokenomicsModule, penalty.Coin())...)
		if state.stake < params.SupplierMinStake && state.unstakeEnd == 0 {
			state.unstakeEnd = w.session(h).End
			events = append(events, unbonding{
				phase: pocket.UnbondingBegan, forced: true, supplier: w.forcedOut(t.supplier, h, state), sessionEnd: state.unstakeEnd,
				end: state.unstakeEnd, // the chain says so, though the supplier then stays for ever
			})
		}
		events = append(events, supplierSlashed{t, penalty, state.stake})
	}
	return events
}

func (w *world) forcedOut(i int, h pocket.Height, state *phase) pocket.Supplier {
	s, _ := w.supplierAt(i, h)
	s.Stake, s.UnstakeSessionEnd, s.History = state.stake, state.unstakeEnd, nil
	return s
}
