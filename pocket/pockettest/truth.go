package pockettest

import (
	"iter"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// Truth yields what the simulator did from height from to height to, both inclusive, as package pocket's events in the order of the
// chain; of these kinds only, when some are named. It is worked out from the simulator's own books, not from the JSON it
// writes. An error is yielded last, with a nil event.
func (c *Chain) Truth(from, to pocket.Height, kinds ...pocket.Kind) iter.Seq2[pocket.Event, error] {
	return func(yield func(pocket.Event, error) bool) {
		for h := from; h <= to; h++ {
			w, head := c.now()
			if err := within(h, head); err != nil {
				yield(nil, err)
				return
			}
			if !w.truth(h, kinds, func(e pocket.Event) bool { return yield(e, nil) }) {
				return
			}
		}
	}
}

// inTransactions are the kinds of events that transactions bring about.
func inTransactions(kind pocket.Kind) bool {
	switch kind {
	case pocket.KindClaimCreation, pocket.KindProofSubmission, pocket.KindSupplierStake, pocket.KindUnbondingBegin,
		pocket.KindUnbondingCancel, pocket.KindApplicationUnbonding, pocket.KindMigration, pocket.KindTransaction:
		return true
	}
	return false
}

// truth yields the events of block h; it reports whether yield wants more.
func (w *world) truth(h pocket.Height, kinds []pocket.Kind, yield func(pocket.Event) bool) bool {
	b := w.body(h)
	at := pocket.At{Height: h, Time: w.timeOf(h)}
	wanted := func(e pocket.Event) bool { return e != nil && (len(kinds) == 0 || slices.Contains(kinds, e.Kind())) }
	skip := len(kinds) > 0 && !slices.ContainsFunc(kinds, inTransactions)
	for _, t := range b.txs {
		if skip { // most of the work, for nothing
			at.Index += t.countEvents() + 1
			continue
		}
		at.TxHash = hashOf(t.raw())
		for _, e := range t.events() {
			if event := e.truth(at); wanted(event) && !yield(event) {
				return false
			}
			at.Index++
		}
		if event := t.truth(at); wanted(event) && !yield(event) {
			return false
		}
		at.Index++
	}
	at.TxHash = ""
	for _, e := range b.block {
		if event := e.truth(at); wanted(event) && !yield(event) {
			return false
		}
		at.Index++
	}
	return true
}
