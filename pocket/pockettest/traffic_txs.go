package pockettest

import (
	"fmt"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// actTx returns the transaction that an act of a supplier's life shows as, nil for what the block does itself.
func (w *world) actTx(a act) *tx {
	who := w.suppliers[a.supplier]
	after, _ := w.supplierAt(a.supplier, a.height)
	now := w.lives[a.supplier].settling(a.height) // before the block slashes
	after.Stake, after.UnstakeSessionEnd = now.stake, now.unstakeEnd
	end := w.session(a.height).End
	stake := stakeSupplier{
		signer: who.owner, supplier: after, added: a.amount, sessionEnd: end, height: a.height,
		fee: inForce(w.others, a.height).params.SupplierStakingFee,
	}
	switch a.kind {
	case actStake:
		stake.services = who.configs
		return &tx{signer: who.owner, messages: []txMessage{stake}}
	case actMigrate:
		node, output := w.morse(a.supplier)
		return &tx{signer: who.owner, messages: []txMessage{claimMorseSupplier{stake, node, output}}, memo: "simulated: claim a Morse node"}
	case actRestake:
		return &tx{signer: who.owner, messages: []txMessage{stake}, memo: "simulated: more stake"}
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
	"", "", "", "simulated payout %d", "simulated invoice %d", "simulated ✓ \"quoted\" %d", "=simulated+%d", "<b>simulated</b> %d",
	"simulated, with a comma; %d",
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
		txs = append(txs, w.failure(int64(h)/failing))
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
func (w *world) failure(n int64) *tx {
	t := &tx{
		signer: w.spendthrift, messages: []txMessage{sendMessage{w.spendthrift, w.owners[0], 999_999_999_999_999}},
		memo: "simulated: must fail", gas: 150_000, used: 66_935, code: 5,
	}
	left := w.genesis[w.spendthrift.String()] - pocket.Upokt(n+1)*t.fee()
	t.log = fmt.Sprintf("failed to execute message; message index: 0: spendable balance %s is smaller than 999999999999999upokt: "+
		"insufficient funds", left.Coin())
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
