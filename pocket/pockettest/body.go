package pockettest

import (
	"slices"
	"strconv"

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

// endEvents returns what block h does after its transactions: it checks proofs, settles claims, slashes, and lets go who has
// waited long enough.
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
