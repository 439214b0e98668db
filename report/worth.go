package report

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A money is an amount of sums, and what it was worth.
type money struct {
	name  string // "" of the one that needs none
	of    func(*rewards.Sums) pocket.Upokt
	worth func(*rewards.Worth) decimal.NullDecimal
	lack  func(*rewards.Sums) int64 // how many settlements did not tell it; nil when all do
}

func lackAmounts(s *rewards.Sums) int64 { return s.LackAmounts }
func lackShares(s *rewards.Sums) int64  { return s.LackShares }

// The amounts there are.
var (
	claimed      = money{"Claimed", func(s *rewards.Sums) pocket.Upokt { return s.Claimed }, func(w *rewards.Worth) decimal.NullDecimal { return w.Claimed }, nil}
	settledMoney = money{"Settled", func(s *rewards.Sums) pocket.Upokt { return s.Settled }, func(w *rewards.Worth) decimal.NullDecimal { return w.Settled }, lackAmounts}
	minted       = money{"Minted", func(s *rewards.Sums) pocket.Upokt { return s.Minted }, func(w *rewards.Worth) decimal.NullDecimal { return w.Minted }, lackAmounts}
	nodeSide     = money{"Node side", func(s *rewards.Sums) pocket.Upokt { return s.Gross }, func(w *rewards.Worth) decimal.NullDecimal { return w.Gross }, lackShares}
	mine         = money{"Mine", func(s *rewards.Sums) pocket.Upokt { return s.Mine }, func(w *rewards.Worth) decimal.NullDecimal { return w.Mine }, lackShares}
	otherRoles   = money{"Mine in other roles", func(s *rewards.Sums) pocket.Upokt { return s.OtherRoles }, func(w *rewards.Worth) decimal.NullDecimal { return w.OtherRoles }, lackShares}
	overserviced = money{"Overserviced", func(s *rewards.Sums) pocket.Upokt { return s.Overserviced }, func(w *rewards.Worth) decimal.NullDecimal { return w.Overserviced }, lackAmounts}
	deflation    = money{"Deflation", func(s *rewards.Sums) pocket.Upokt { return s.Deflated }, func(w *rewards.Worth) decimal.NullDecimal { return w.Deflated }, lackAmounts}
	expired      = money{"Expired", func(s *rewards.Sums) pocket.Upokt { return s.ExpiredClaimed }, func(w *rewards.Worth) decimal.NullDecimal { return w.ExpiredClaimed }, nil}
	slashed      = money{"Slashed", func(s *rewards.Sums) pocket.Upokt { return s.Slashed }, func(w *rewards.Worth) decimal.NullDecimal { return w.Slashed }, nil}
)

// untold reports whether nothing of the amount is known: that is not nothing earned.
func (m money) untold(s *rewards.Sums) bool {
	return m.lack != nil && m.lack(s) > 0 && m.lack(s) == s.Settlements && m.of(s) == 0
}

// pokt is a cell with the amount, empty when nothing of it is known.
func (m money) pokt(s *rewards.Sums) Cell {
	if m.untold(s) {
		return Cell{}
	}
	return POKT(m.of(s))
}

// value is a cell with what the amount was worth, empty when nothing of it is known or had a price.
func (m money) value(s *rewards.Sums, w *rewards.Worth) Cell {
	if w == nil || m.untold(s) {
		return Cell{}
	}
	return fiat(m.worth(w))
}

func fiat(d decimal.NullDecimal) Cell {
	if !d.Valid {
		return Cell{}
	}
	return Fiat(d.Decimal)
}

// columns are those of the amount and, in a currency, of its value.
func (m money) columns(currency string, sum bool) []Column {
	columns := []Column{{Name: strings.TrimSpace(m.name + " POKT"), Kind: KindPOKT, Sum: sum}}
	if currency != "" {
		columns = append(columns, Column{Name: m.called(), Kind: KindFiat, Currency: currency, Sum: sum})
	}
	return columns
}

// called is the name of the value's column.
func (m money) called() string {
	if m.name == "" {
		return "Value"
	}
	return m.name
}

// cells are those of the columns.
func (m money) cells(currency string, s *rewards.Sums, w *rewards.Worth) []Cell {
	if currency == "" {
		return []Cell{m.pokt(s)}
	}
	return []Cell{m.pokt(s), m.value(s, w)}
}

// currencyOf returns the currency that the rows of q are valued in, "" when they are not.
func currencyOf(rows []rewards.Row, q rewards.Query) string {
	if q.Prices != nil {
		return q.Prices.Currency()
	}
	for i := range rows {
		if rows[i].Worth != nil {
			return rows[i].Worth.Currency
		}
	}
	return ""
}

// unpriced counts what had no price.
func unpriced(w *rewards.Worth) int64 {
	if w == nil {
		return 0
	}
	return w.Unpriced.Settlements + w.Unpriced.Expired + w.Unpriced.Slashes
}

// noPrice begins a note on what had none.
const noPrice = "Without a price, so in no value: "

// withoutPrice says what of several worths had no price, nothing when all had.
func withoutPrice(worths ...*rewards.Worth) []string {
	var s rewards.Sums
	for _, w := range worths {
		if w != nil {
			s.Settlements += w.Unpriced.Settlements
			s.Gross += w.Unpriced.Gross
			s.Expired += w.Unpriced.Expired
			s.Slashes += w.Unpriced.Slashes
		}
	}
	var parts []string
	if s.Settlements > 0 {
		parts = append(parts, count(s.Settlements, "settlement", "settlements")+" ("+Amount(s.Gross)+" to the nodes' sides)")
	}
	if s.Expired > 0 {
		parts = append(parts, count(s.Expired, "expired claim", "expired claims"))
	}
	if s.Slashes > 0 {
		parts = append(parts, count(s.Slashes, "slash", "slashes"))
	}
	if parts == nil {
		return nil
	}
	return []string{noPrice + strings.Join(parts, ", ") + "."}
}

// rowsWithoutPrice is [withoutPrice] of rows. Those by recipient overlap, so that they cannot be counted.
func rowsWithoutPrice(rows []rewards.Row) []string {
	var worths []*rewards.Worth
	for i := range rows {
		worths = append(worths, rows[i].Worth)
	}
	notes := withoutPrice(worths...)
	if notes != nil && slices.ContainsFunc(rows, func(r rewards.Row) bool { return !r.Recipient.IsZero() }) {
		return []string{noPrice + "some settlements."}
	}
	return notes
}
