package pockettest

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// transactions returns those of block h, in order.
func (w *world) transactions(h pocket.Height) []*tx {
	var txs []*tx
	for _, a := range w.acts[h] {
		if t := w.actTx(a); t != nil {
			txs = append(txs, t)
		}
	}
	txs = append(txs, w.restakes(h)...)
	txs = append(txs, w.claimTxs(h)...)
	txs = append(txs, w.sends(h)...)
	for i, t := range txs {
		t.seed, t.height, t.position = w.cfg.Seed, h, i
		d := throw(w.cfg.Seed, forWindow, uint64(h), uint64(i))
		if t.gas == 0 {
			t.gas = 60_000 + int64(len(t.messages))*d.between(60_000, 120_000)
		}
		if t.used == 0 {
			t.used = t.gas * d.between(600, 850) / 1000
		}
	}
	return txs
}

// actTx returns the transaction that an act of a supplier's life shows as, nil for what the block does itself.
func (w *world) actTx(a act) *tx {
	who := w.suppliers[a.supplier]
	after, _ := w.supplierAt(a.supplier, a.height)
	end := w.session(a.height).End
	stake := stakeSupplier{
		signer: who.owner, supplier: after, added: a.amount, sessionEnd: end, height: a.height,
		fee: inForce(w.others, a.height).params.SupplierStakingFee,
	}
	switch a.kind {
	case actStake:
		stake.services = who.configs
		return &tx{signer: who.owner, messages: []txMessage{stake}}
	case actCancel:
		stake.canceled = true
		return &tx{signer: who.owner, messages: []txMessage{stake}, memo: "simulated: cancel unbonding"}
	case actRestore:
		stake.signer, stake.services = who.operator, who.configs
		return &tx{signer: who.operator, messages: []txMessage{stake}}
	case actUnstake:
		unstake := unstakeSupplier{signer: who.operator, supplier: after, end: w.sharedAt(end).UnbondingEnd(end)}
		unstake.supplier.UnstakeSessionEnd = end
		return &tx{signer: who.operator, messages: []txMessage{unstake}, memo: "simulated: unstake by operator"}
	default:
		return nil
	}
}

// claimTxs returns the claims and proofs that are sent in block h.
func (w *world) claimTxs(h pocket.Height) []*tx {
	var claims, proofs []*tx
	fee := inForce(w.others, h).params.Proof.SubmissionFee
	for s, windows := range w.pending(h) {
		if h < windows.ClaimOpen || h > windows.ProofClose {
			continue
		}
		p := w.page(s)
		for _, from := range p.senders {
			if from.claimedAt == h {
				t := &tx{signer: w.suppliers[from.supplier].operator, timeout: windows.ClaimClose}
				for _, i := range from.claims {
					t.messages = append(t.messages, createClaim{told{w, &p.claims[i]}})
				}
				claims = append(claims, t)
			}
			if from.provedAt == h {
				t := &tx{signer: w.suppliers[from.supplier].operator, timeout: windows.ProofClose}
				for _, i := range from.claims {
					if p.claims[i].provedAt == h {
						t.messages = append(t.messages, submitProof{told{w, &p.claims[i]}, fee})
					}
				}
				if len(t.messages) > 0 {
					proofs = append(proofs, t)
				}
			}
		}
	}
	return append(claims, proofs...)
}

// memos are what people write, with signs that those who show them must be careful with.
var memos = []string{
	"", "", "", "simulated payout %d", "simulated invoice %d", "simulated ✓ \"quoted\" %d", "=simulated+%d", "<b>simulated</b> %d", "simulated, with a comma; %d",
}

// sends returns the plain transfers of block h, and those that fail.
func (w *world) sends(h pocket.Height) []*tx {
	if w.cfg.Rates.Sends <= 0 {
		return nil
	}
	var txs []*tx
	d := throw(w.cfg.Seed, forSend, uint64(h))
	perBlock := int64(w.cfg.Rates.Sends*1_000_000) / w.blocksIn(24*time.Hour)
	n := perBlock / 1_000_000
	if d.chance(perBlock % 1_000_000) {
		n++
	}
	for range n {
		from, to := w.wallets[d.below(int64(len(w.wallets)))], w.owners[d.below(int64(len(w.owners)))]
		switch d.below(4) {
		case 0:
			from, to = to, from
		case 1:
			to = w.suppliers[d.below(int64(len(w.suppliers)))].operator
		}
		t := &tx{signer: from, messages: []txMessage{sendMessage{from, to, pocket.Upokt(d.between(1, 500_000_000))}}}
		if memo := memos[d.below(int64(len(memos)))]; memo != "" {
			t.memo = fmt.Sprintf(memo, h)
		}
		txs = append(txs, t)
	}
	if failing := max(1, 24*1_000_000/max(1, perBlock)); int64(h)%failing == 7%failing {
		txs = append(txs, w.failure(h, int64(h)/failing, perBlock))
	} else if int64(h)%failing == (7+failing/2)%failing {
		from := w.wallets[d.below(int64(len(w.wallets)))]
		txs = append(txs, &tx{
			signer: from, messages: []txMessage{sendMessage{from, w.owners[0], 1_000_000}}, memo: "simulated: too little gas",
			gas: 62_000, used: 62_765, code: 11, log: "out of gas in location: WriteFlat; gasWanted: 62000, gasUsed: 62765: out of gas",
		})
	}
	return txs
}

// failure is the n-th transfer of somebody who has too little. All it ever spends are its fees.
func (w *world) failure(_ pocket.Height, n, _ int64) *tx {
	t := &tx{
		signer: w.spendthrift, messages: []txMessage{sendMessage{w.spendthrift, w.owners[0], 999_999_999_999_999}},
		memo: "simulated: must fail", gas: 150_000, used: 66_935, code: 5,
	}
	left := w.genesis[w.spendthrift.String()] - pocket.Upokt(n+1)*t.fee()
	t.log = fmt.Sprintf("failed to execute message; message index: 0: spendable balance %s is smaller than 999999999999999upokt: insufficient funds", left.Coin())
	return t
}

// applicationAt returns an application after block h: between running out of stake and staking again it is leaving.
func (w *world) applicationAt(app int, h pocket.Height) pocket.Application {
	a := w.applications[app]
	out := pocket.Application{Address: a.address, Stake: a.stake, Services: []pocket.ServiceID{w.services[a.service].ID}}
	for back := h; back > 0 && back > h-restakeWithin; back-- {
		if again := w.restakeAt(app, back); again > h {
			out.Stake, out.UnstakeSessionEnd = 0, w.session(back).End
			return out
		}
	}
	if app%2 == 0 {
		out.Gateways = []pocket.Address{w.gateway}
	}
	return out
}

// restakeWithin blocks an application has staked again that ran out of stake.
const restakeWithin = 4

// restakeAt returns when an application stakes again that runs out of stake in block h, 0 when it does not run out then.
func (w *world) restakeAt(app int, h pocket.Height) pocket.Height {
	for _, s := range w.settlesAt(h) {
		if !w.cannotPay(s, app) {
			continue
		}
		for _, o := range w.newCashier(h).settle(w.page(s)) {
			if o.application == app && o.applicationLeaves {
				d := throw(w.cfg.Seed, forApplication, uint64(h), uint64(app), 2)
				return h + pocket.Height(d.between(2, restakeWithin-1))
			}
		}
	}
	return 0
}

// restakes returns the transactions of applications that stake again in block h.
func (w *world) restakes(h pocket.Height) []*tx {
	var txs []*tx
	for back := h - 1; back > 0 && back > h-restakeWithin; back-- {
		if len(w.settlesAt(back)) == 0 {
			continue
		}
		for app := range w.applications {
			if w.restakeAt(app, back) == h {
				a := w.applicationAt(app, h)
				txs = append(txs, &tx{
					signer: a.Address, messages: []txMessage{stakeApplication{a, w.session(h).End}}, memo: "simulated: top up",
				})
			}
		}
	}
	return txs
}

// beginEvents returns what block h does before its transactions.
func (w *world) beginEvents(h pocket.Height) []placed {
	var events []placed
	add := func(list ...wireEvent) {
		for _, e := range list {
			events = append(events, begin(e))
		}
	}
	add(moved(mintModule, feeCollector, "")...)
	add(sdk("mint", "bonded_ratio", "0.000996035773636782", "inflation", "0.000000000000000000",
		"annual_provisions", "0.000000000000000000", "amount", "0"))
	if h > 1 {
		add(moved(feeCollector, distributionModule, "")...)
		for _, v := range w.validators {
			add(sdk("commission", "amount", "", "validator", v.operator.String()), sdk("rewards", "amount", "", "validator", v.operator.String()))
		}
	}
	for v := range w.services {
		for _, a := range w.acts[h] {
			if who := w.suppliers[a.supplier]; a.kind == actActivate && slices.Contains(who.services, v) {
				add(serviceActivated{who.operator, w.services[v].ID, h})
			}
		}
	}
	return events
}

// endEvents returns what block h does after its transactions: it checks proofs, settles claims, slashes, and lets go who has waited long enough.
func (w *world) endEvents(h pocket.Height, txs []*tx) []placed {
	var events []placed
	add := func(list ...wireEvent) {
		for _, e := range list {
			events = append(events, end(e))
		}
	}
	for _, t := range txs {
		for _, m := range t.messages {
			if proof, ok := m.(submitProof); ok {
				add(proofChecked{proof.told, h})
			}
		}
	}
	if sessions := w.settlesAt(h); len(sessions) > 0 {
		add(w.settlement(h, sessions)...)
	}
	for _, a := range w.acts[h] {
		if a.kind == actLeave {
			add(moved(supplierModule, w.suppliers[a.supplier].owner.String(), a.amount.Coin())...)
			gone, _ := w.supplierAt(a.supplier, h)
			gone.Services, gone.History = nil, nil
			add(unbonding{phase: pocket.UnbondingEnded, supplier: gone, sessionEnd: w.session(h).End, end: h})
		}
	}
	return events
}

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

// A body is all that happens in a block.
type body struct {
	txs   []*tx
	block []placed // finalize_block_events
}

func (w *world) body(h pocket.Height) body {
	b := body{txs: w.transactions(h)}
	b.block = append(w.beginEvents(h), w.endEvents(h, b.txs)...)
	return b
}

// number returns an int64 in quotes, as the node writes it.
func appendNumber(b []byte, n int64) []byte {
	return append(strconv.AppendInt(append(b, '"'), n, 10), '"')
}
