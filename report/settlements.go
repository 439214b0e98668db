package report

import (
	"iter"
	"slices"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

// Settlements is the table of the settlements among events, one row each, in their order: when, who, for whom, what was claimed,
// settled and minted, what was lost on the way, what the supplier's side got and, if there are wallets, what part of that went to them. An amount that the
// protocol's version did not tell is an empty cell. Other events are left out.
//
// The last column names the settlement for ever: its block's height, a #, and its number among the events of that block. Settlements
// are done by the block itself, so no transaction has a part in them and they have no hash.
func Settlements(events iter.Seq2[pocket.Event, error], wallets []pocket.Address) Table {
	t := Table{
		Title: "Settlements",
		Columns: []Column{
			{Name: "Time", Kind: KindTime},
			{Name: "Node", Kind: KindAddress},
			{Name: "Service", Kind: KindText},
			{Name: "Application", Kind: KindAddress},
			{Name: "Session end", Kind: KindHeight},
			{Name: "Block", Kind: KindHeight},
			{Name: "Relays", Kind: KindInteger, Sum: true},
			{Name: "Claimed POKT", Kind: KindPOKT, Sum: true},
			{Name: "Settled POKT", Kind: KindPOKT, Sum: true},
			{Name: "Minted POKT", Kind: KindPOKT, Sum: true},
			{Name: "Overserviced POKT", Kind: KindPOKT, Sum: true},
			{Name: "Deflation POKT", Kind: KindPOKT, Sum: true},
			{Name: "Node side POKT", Kind: KindPOKT, Sum: true},
		},
		TotalLabel: "Total",
		Notes:      []string{"Node side is what all rev-share addresses of the node got. An empty amount was not told by the protocol's version of that time."},
	}
	if len(wallets) > 0 {
		t.Columns = append(t.Columns, Column{Name: "Mine POKT", Kind: KindPOKT, Sum: true})
		t.Notes = append(t.Notes, "Mine is the part of it that went to the linked wallets.")
	}
	t.Columns = append(t.Columns, Column{Name: "Reference", Kind: KindText})
	t.Rows = func(yield func([]Cell, error) bool) {
		row := make([]Cell, len(t.Columns))
		for event, err := range events {
			if err != nil {
				yield(nil, err)
				return
			}
			s, is := event.(pocket.Settlement)
			if !is {
				continue
			}
			settlementRow(row, &s, wallets)
			if !yield(row, nil) {
				return
			}
		}
	}
	return t
}

func settlementRow(row []Cell, s *pocket.Settlement, wallets []pocket.Address) {
	clear(row)
	row[0] = Time(s.Time)
	row[1] = Address(s.Supplier)
	row[2] = String(string(s.Service))
	row[3] = Address(s.Application)
	row[4] = Height(s.SessionEnd)
	row[5] = Height(s.Height)
	row[6] = Integer(s.Relays)
	row[7] = POKT(s.Claimed)
	if !s.Lacks.Has(pocket.LacksAmounts) {
		row[8] = POKT(s.Settled)
		row[9] = POKT(s.Minted)
		row[10] = POKT(s.Overserviced)
		row[11] = POKT(s.Deflated)
	}
	if !s.Lacks.Has(pocket.LacksShares) && !s.Lacks.Has(pocket.LacksReasons) {
		gross, mine := shares(s, wallets)
		row[12] = POKT(gross)
		if len(wallets) > 0 {
			row[13] = POKT(mine)
		}
	}
	row[len(row)-1] = String(reference(s.At))
}

// shares returns what the supplier's side got, and what of it went to wallets.
func shares(s *pocket.Settlement, wallets []pocket.Address) (gross, mine pocket.Upokt) {
	for i := range s.Shares {
		share := &s.Shares[i]
		if share.Reason.Role() != pocket.RoleSupplier {
			continue
		}
		gross += share.Amount
		if slices.Contains(wallets, share.Recipient) {
			mine += share.Amount
		}
	}
	return gross, mine
}

// reference names an event for ever: height and number in the block.
func reference(at pocket.At) string {
	var buf [40]byte
	b := strconv.AppendInt(buf[:0], int64(at.Height), 10)
	b = append(b, '#') // a slash would make a date of it
	return string(strconv.AppendInt(b, int64(at.Index), 10))
}
