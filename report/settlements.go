package report

import (
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Settlements is the table of the settlements among events, one row each, in their order: when, who, for whom, what was claimed,
// settled and minted, what was lost on the way, what the supplier's side got and, if there are wallets, what part of that went to them. An amount that the
// protocol's version did not tell is an empty cell. Other events are left out.
//
// With prices, which may be nil, there is also the price of that moment and what the supplier's side and the wallets' part of it were worth, to
// eight decimals, as one settlement may be worth less than a cent. They are empty when there was no price.
//
// The last column names the settlement for ever: its block's height, a #, and its number among the events of that block. Settlements
// on Shannon are done by the block itself, so no transaction has a part in them and they have no hash.
func Settlements(events iter.Seq2[pocket.Event, error], wallets []pocket.Address, prices *rewards.Prices) Table {
	columns := settlementColumns(wallets, prices)
	t := Table{
		Title:      "Settlements",
		TotalLabel: "Total",
		Notes:      []string{"Node side is what all rev-share addresses of the node got. An empty amount was not told by the protocol's version of that time."},
	}
	if len(wallets) > 0 {
		t.Notes = append(t.Notes, "Mine is the part of it that went to the linked wallets.")
	}
	if prices != nil {
		t.Notes = append(t.Notes, "Values are at the price of the settlement's moment. Without one they are empty, and in no total.")
	}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	t.Rows = func(yield func([]Cell, error) bool) {
		row := make([]Cell, len(columns))
		one := valuer{prices: prices}
		for event, err := range events {
			if err != nil {
				yield(nil, err)
				return
			}
			settlement, is := event.(pocket.Settlement)
			if !is {
				continue
			}
			one.look(&settlement, wallets)
			for i, c := range columns {
				row[i] = c.cell(&one)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return t
}

// A valuer knows a settlement, and what its supplier's side was worth.
type valuer struct {
	pocket.Settlement
	told        bool // whether the settlement told who got what
	gross, mine pocket.Upokt

	prices *rewards.Prices
	at     time.Time // of the last price looked up: the settlements of one block follow each other
	price  decimal.NullDecimal
}

func (v *valuer) look(s *pocket.Settlement, wallets []pocket.Address) {
	v.Settlement = *s
	v.gross, v.mine = shares(s, wallets)
	v.told = !s.Lacks.Has(pocket.LacksShares) && !s.Lacks.Has(pocket.LacksReasons)
	if v.prices != nil && (v.at.IsZero() || !v.at.Equal(s.Time)) {
		price, known := v.prices.At(s.Time)
		v.at, v.price = s.Time, decimal.NullDecimal{Decimal: shortest(price.Value), Valid: known}
	}
}

// shortest returns d without zeros at the end of its decimals, so that it fits a cell as a number.
func shortest(d decimal.Decimal) decimal.Decimal {
	short, err := decimal.NewFromString(d.String())
	if err != nil { // cannot be: it is d's own
		return d
	}
	return short
}

// valuePlaces is to how many decimals the value of one settlement is rounded.
const valuePlaces = 8

func (v *valuer) value(u pocket.Upokt) Cell {
	if !v.told || !v.price.Valid {
		return Cell{}
	}
	return Decimal(v.price.Decimal.Mul(u.Decimal()).Round(valuePlaces))
}

// A settlementColumn is a column of settlements.
type settlementColumn struct {
	Column
	cell func(*valuer) Cell
}

func settlementColumns(wallets []pocket.Address, prices *rewards.Prices) []settlementColumn {
	columns := []settlementColumn{
		{Column{Name: "Time", Kind: KindTime}, func(v *valuer) Cell { return Time(v.Time) }},
		{Column{Name: "Node", Kind: KindAddress}, func(v *valuer) Cell { return Address(v.Supplier) }},
		{Column{Name: "Service", Kind: KindText}, func(v *valuer) Cell { return String(string(v.Service)) }},
		{Column{Name: "Application", Kind: KindAddress}, func(v *valuer) Cell { return Address(v.Application) }},
		{Column{Name: "Session end", Kind: KindHeight}, func(v *valuer) Cell { return Height(v.SessionEnd) }},
		{Column{Name: "Block", Kind: KindHeight}, func(v *valuer) Cell { return Height(v.Height) }},
		{Column{Name: "Relays", Kind: KindInteger, Sum: true}, func(v *valuer) Cell { return Integer(v.Relays) }},
		{Column{Name: "Claimed POKT", Kind: KindPOKT, Sum: true}, func(v *valuer) Cell { return POKT(v.Claimed) }},
	}
	pokt := func(name string, of func(*valuer) pocket.Upokt, told func(*valuer) bool) {
		columns = append(columns, settlementColumn{Column{Name: name, Kind: KindPOKT, Sum: true}, func(v *valuer) Cell {
			if !told(v) {
				return Cell{}
			}
			return POKT(of(v))
		}})
	}
	amounts := func(v *valuer) bool { return !v.Lacks.Has(pocket.LacksAmounts) }
	pokt("Settled POKT", func(v *valuer) pocket.Upokt { return v.Settled }, amounts)
	pokt("Minted POKT", func(v *valuer) pocket.Upokt { return v.Minted }, amounts)
	pokt("Overserviced POKT", func(v *valuer) pocket.Upokt { return v.Overserviced }, amounts)
	pokt("Deflation POKT", func(v *valuer) pocket.Upokt { return v.Deflated }, amounts)
	told := func(v *valuer) bool { return v.told }
	gross, mine := func(v *valuer) pocket.Upokt { return v.gross }, func(v *valuer) pocket.Upokt { return v.mine }
	value := func(name string, of func(*valuer) pocket.Upokt) {
		if prices != nil {
			columns = append(columns, settlementColumn{Column{Name: name, Kind: KindDecimal, Currency: prices.Currency(), Sum: true},
				func(v *valuer) Cell { return v.value(of(v)) }})
		}
	}
	if prices != nil {
		columns = append(columns, settlementColumn{Column{Name: "Price", Kind: KindDecimal, Currency: prices.Currency()}, func(v *valuer) Cell {
			if !v.price.Valid {
				return Cell{}
			}
			return Decimal(v.price.Decimal)
		}})
	}
	pokt("Node side POKT", gross, told)
	value("Node side", gross)
	if len(wallets) > 0 {
		pokt("Mine POKT", mine, told)
		value("Mine", mine)
	}
	return append(columns, settlementColumn{Column{Name: "Reference", Kind: KindText}, func(v *valuer) Cell { return String(reference(v.At)) }})
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
