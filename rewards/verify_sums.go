package rewards

import (
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A sumField is one of the numbers of [Sums], and what must be told of every settlement for it to be known: "amounts", "shares" or "reasons".
type sumField struct {
	name   string
	of     func(*Sums) *int64
	needs  string
	count  bool // 0 is not told
	amount bool // in upokt
}

var sumFields = []sumField{
	{"settlements", func(s *Sums) *int64 { return &s.Settlements }, "", false, false},
	{"relays", func(s *Sums) *int64 { return &s.Relays }, "", true, false},
	{"estimated relays", func(s *Sums) *int64 { return &s.EstimatedRelays }, "", true, false},
	{"compute units", func(s *Sums) *int64 { return &s.ComputeUnits }, "", true, false},
	{"claimed", func(s *Sums) *int64 { return (*int64)(&s.Claimed) }, "", false, true},
	{"settled", func(s *Sums) *int64 { return (*int64)(&s.Settled) }, "amounts", false, true},
	{"minted", func(s *Sums) *int64 { return (*int64)(&s.Minted) }, "amounts", false, true},
	{"overserviced", func(s *Sums) *int64 { return (*int64)(&s.Overserviced) }, "amounts", false, true},
	{"deflated", func(s *Sums) *int64 { return (*int64)(&s.Deflated) }, "amounts", false, true},
	{"overserviced claims", func(s *Sums) *int64 { return &s.OverservicedClaims }, "amounts", false, false},
	{"deflated claims", func(s *Sums) *int64 { return &s.DeflatedClaims }, "amounts", false, false},
	{"gross", func(s *Sums) *int64 { return (*int64)(&s.Gross) }, "reasons", false, true},
	{"mine", func(s *Sums) *int64 { return (*int64)(&s.Mine) }, "reasons", false, true},
	{"other roles", func(s *Sums) *int64 { return (*int64)(&s.OtherRoles) }, "reasons", false, true},
	{"expired", func(s *Sums) *int64 { return &s.Expired }, "", false, false},
	{"expired claimed", func(s *Sums) *int64 { return (*int64)(&s.ExpiredClaimed) }, "", false, true},
	{"discarded", func(s *Sums) *int64 { return &s.Discarded }, "", false, false},
	{"slashes", func(s *Sums) *int64 { return &s.Slashes }, "", false, false},
	{"slashed", func(s *Sums) *int64 { return (*int64)(&s.Slashed) }, "", false, true},
	{"unattributed", func(s *Sums) *int64 { return (*int64)(&s.Unattributed) }, "reasons", false, true},
	{"unattributed mine", func(s *Sums) *int64 { return (*int64)(&s.UnattributedMine) }, "reasons", false, true},
}

// untold returns what two sums do not tell.
func untold(a, b *Sums) []string {
	var list []string
	if a.LackAmounts > 0 || b.LackAmounts > 0 {
		list = append(list, "amounts")
	}
	if a.LackShares > 0 || b.LackShares > 0 {
		return append(list, "shares", "reasons")
	}
	if a.Unattributed > 0 || b.Unattributed > 0 {
		list = append(list, "reasons")
	}
	return list
}

// openDay makes the day that a block lies in the one that is added up.
func (v *verifier) openDay(first, second []pocket.Event) error {
	at := slices.Concat(first, second)[0].Where().Time
	if v.sums[0] != nil && at.Before(v.day.To) {
		return nil
	}
	if err := v.closeDay(); err != nil {
		return err
	}
	v.day.From, v.day.To = DayOf(at, v.zone)
	for i := range v.sums {
		adder, err := NewAdder(Query{By: []Dimension{BySupplier}, Wallets: v.query.Wallets})
		if err != nil {
			return err
		}
		v.sums[i] = adder
	}
	return nil
}

// closeDay tells how the sums of the day differ.
func (v *verifier) closeDay() error {
	if v.sums[0] == nil {
		return nil
	}
	var rows [2][]Row
	for i, adder := range v.sums {
		var err error
		if rows[i], err = adder.Rows(); err != nil {
			return err
		}
		v.sums[i] = nil
	}
	for len(rows[0])+len(rows[1]) > 0 {
		d := Difference{Kind: SumsDiffer, Span: v.day}
		order := 0
		switch {
		case len(rows[0]) == 0:
			order = 1
		case len(rows[1]) == 0:
			order = -1
		default:
			order = rows[0][0].Compare(rows[1][0].Key)
		}
		if order <= 0 {
			d.Supplier, d.FirstSums = rows[0][0].Supplier, rows[0][0].Sums
			rows[0] = rows[0][1:]
		}
		if order >= 0 {
			d.Supplier, d.SecondSums = rows[1][0].Supplier, rows[1][0].Sums
			rows[1] = rows[1][1:]
		}
		if err := v.tellSums(d); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) tellSums(d Difference) error {
	d.Untold = untold(&d.FirstSums, &d.SecondSums)
	for _, f := range sumFields {
		a, b := *f.of(&d.FirstSums), *f.of(&d.SecondSums)
		if a == b || slices.Contains(d.Untold, f.needs) || f.count && (a == 0 || b == 0) {
			continue
		}
		d.Fields = append(d.Fields, f.name)
	}
	d.Untold = slices.DeleteFunc(d.Untold, func(what string) bool { return what == "reasons" && slices.Contains(d.Untold, "shares") })
	switch {
	case len(d.Fields) > 0:
		return v.tell(d)
	case len(d.Untold) > 0:
		d.Kind = CannotTell
		return v.tell(d)
	}
	return nil
}
