package index

import (
	"encoding/json"
	"fmt"

	"github.com/poktbot/poktbot/pocket"
)

// A ChangeKind tells what happened to a supplier's stake.
type ChangeKind string

// The kinds of change.
const (
	Staked    ChangeKind = "staked"    // staked, or staked again with another amount or other services
	Activated ChangeKind = "activated" // a service came into force
	Slashed   ChangeKind = "slashed"
	Leaving   ChangeKind = "leaving" // unbonding began
	Stayed    ChangeKind = "stayed"  // unbonding was cancelled
	Left      ChangeKind = "left"    // unbonding ended and the stake was returned
	Seen      ChangeKind = "seen"    // a chain client told the supplier's state as of after this block
	Gone      ChangeKind = "gone"    // a chain client found no such supplier any more
)

// A SupplierChange is an entry of a supplier's history.
type SupplierChange struct {
	pocket.At  `json:"-"`
	Supplier   pocket.Address `json:"-"`
	Kind       ChangeKind
	Stake      pocket.Upokt // after the change; with StakeKnown
	StakeKnown bool
	Forced     bool             // of Leaving: a slash took the stake below the minimum, and no end follows
	SessionEnd pocket.Height    // of Leaving: the supplier serves up to and with this block; 0 otherwise
	Config     *pocket.Supplier // the whole supplier, where the source told it
}

// seenIndex is the place of Seen and Gone in a block's history: after all of its events.
const seenIndex = 1 << 41

// changeOf returns what e changes about a supplier, nil for nothing.
func changeOf(e pocket.Event) *SupplierChange {
	switch e := e.(type) {
	case pocket.SupplierStake:
		c := &SupplierChange{At: e.At, Supplier: e.Supplier, Kind: Staked, Config: e.Config}
		if e.Config != nil {
			c.Stake, c.StakeKnown = e.Config.Stake, true
		}
		return c
	case pocket.ServiceActivation:
		return &SupplierChange{At: e.At, Supplier: e.Supplier, Kind: Activated}
	case pocket.Slash:
		return &SupplierChange{At: e.At, Supplier: e.Supplier, Kind: Slashed, Stake: e.StakeAfter, StakeKnown: !e.StakeUnknown}
	case pocket.Unbonding:
		c := &SupplierChange{
			At: e.At, Supplier: e.Supplier.Operator, Stake: e.Supplier.Stake, StakeKnown: e.Supplier.Stake > 0, Config: &e.Supplier,
		}
		switch e.Phase {
		case pocket.UnbondingBegan:
			c.Kind, c.Forced = Leaving, e.Forced
			c.SessionEnd = max(e.SessionEnd, e.Supplier.UnstakeSessionEnd)
		case pocket.UnbondingCanceled:
			c.Kind = Stayed
		case pocket.UnbondingEnded:
			c.Kind, c.Stake, c.StakeKnown = Left, 0, true
		}
		return c
	}
	return nil
}

// addChange takes the history that e tells of into the rows.
func (r *rowsOf) addChange(e pocket.Event, idx int64) {
	c := changeOf(e)
	if c == nil || c.Supplier.IsZero() {
		return
	}
	r.history = append(r.history, r.w.historyRow(c, r.height, idx, r.time)...)
	if c.Config != nil {
		state := *c.Config
		state.Operator = c.Supplier
		r.suppliers = append(r.suppliers, r.w.supplierRow(state, r.height, r.time, c.Kind == Left)...)
	}
}

func (w *writer) historyRow(c *SupplierChange, height, idx, when int64) []any {
	return []any{w.address(c.Supplier), height, idx, when, mustJSON(c), w.source}
}

func (w *writer) supplierRow(s pocket.Supplier, height, when int64, gone bool) []any {
	flag := int64(0)
	if gone {
		flag = 1
	}
	return []any{w.address(s.Operator), height, when, flag, mustJSON(s), w.source}
}

// putSupplier stores a supplier as a client saw it after a block; nil for one that is gone.
func (w *writer) putSupplier(operator pocket.Address, s *pocket.Supplier, height, when int64) error {
	c := SupplierChange{Supplier: operator, Kind: Gone, StakeKnown: true}
	state := pocket.Supplier{Operator: operator}
	if s != nil {
		c = SupplierChange{Supplier: operator, Kind: Seen, Stake: s.Stake, StakeKnown: true, Config: s}
		state = *s
	}
	if err := w.put(historyTable, w.historyRow(&c, height, seenIndex, when)); err != nil {
		return err
	}
	if s == nil { // keep what was known of it, and mark it gone
		return w.exec("UPDATE suppliers SET gone = 1, height = $1, time = $2 WHERE supplier = $3 AND height <= $1",
			height, when, w.address(operator))
	}
	return w.put(suppliersTable, w.supplierRow(state, height, when, false))
}

// mustJSON is for our own plain structs, which always fit.
func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("index: %T is no JSON: %v", v, err))
	}
	return string(b)
}
