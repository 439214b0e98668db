package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/rewards"
)

// Rewards is the table of rows that answer q: a column for the period, one for each dimension, and everything that was earned and lost.
// Rows by recipient overlap, so they have no totals. Amounts that nobody told are left out of the sums; a last column counts the
// settlements concerned when there are any. With prices each amount has its value beside it, and what had no price is counted likewise.
func Rewards(rows []rewards.Row, q rewards.Query) Table {
	currency := currencyOf(rows, q)
	return rewardsTable(rows, q, withGaps(rows, append(earned(q, currency), lost(currency)...)))
}

// RewardsBrief is [Rewards] with what fits a chat: how many claims were settled, what the nodes' sides got, and what of it went to the
// query's wallets.
func RewardsBrief(rows []rewards.Row, q rewards.Query) Table {
	currency := currencyOf(rows, q)
	all := nodeSide
	all.name = ""
	figures := append([]figure{number("Claims", func(s *rewards.Sums) int64 { return s.Settlements })}, amounts(currency, all)...)
	if len(q.Wallets) > 0 {
		figures = append(figures, amounts(currency, mine)...)
	}
	return rewardsTable(rows, q, figures)
}

// A figure is a column of sums.
type figure struct {
	Column
	cell func(*rewards.Row) Cell
}

// amounts are the columns of several amounts, each with its value beside it when there is a currency.
func amounts(currency string, list ...money) []figure {
	var figures []figure
	for _, m := range list {
		columns := m.columns(currency, true)
		figures = append(figures, figure{columns[0], func(r *rewards.Row) Cell { return m.pokt(&r.Sums) }})
		if currency != "" {
			figures = append(figures, figure{columns[1], func(r *rewards.Row) Cell { return m.value(&r.Sums, r.Worth) }})
		}
	}
	return figures
}

func number(name string, of func(*rewards.Sums) int64) figure {
	return figure{Column{Name: name, Kind: KindInteger, Sum: true}, func(r *rewards.Row) Cell { return Integer(of(&r.Sums)) }}
}

func earned(q rewards.Query, currency string) []figure {
	figures := append([]figure{
		number("Settlements", func(s *rewards.Sums) int64 { return s.Settlements }),
		number("Relays", func(s *rewards.Sums) int64 { return s.Relays }),
	}, amounts(currency, claimed, settledMoney, minted, nodeSide)...)
	if len(q.Wallets) == 0 {
		return figures
	}
	return append(figures, amounts(currency, mine, otherRoles)...)
}

func lost(currency string) []figure {
	return slices.Concat(
		amounts(currency, overserviced, deflation),
		[]figure{number("Expired claims", func(s *rewards.Sums) int64 { return s.Expired })},
		amounts(currency, expired),
		[]figure{
			number("Discarded claims", func(s *rewards.Sums) int64 { return s.Discarded }),
			number("Slashes", func(s *rewards.Sums) int64 { return s.Slashes }),
		},
		amounts(currency, slashed),
	)
}

// withGaps adds columns that count what was not told and what had no price, when anything was not or had not.
func withGaps(rows []rewards.Row, figures []figure) []figure {
	if slices.ContainsFunc(rows, func(r rewards.Row) bool { return r.LackAmounts > 0 || r.LackShares > 0 }) {
		figures = append(figures, number("Not told in full", func(s *rewards.Sums) int64 { return max(s.LackAmounts, s.LackShares) }))
	}
	if slices.ContainsFunc(rows, func(r rewards.Row) bool { return unpriced(r.Worth) > 0 }) {
		figures = append(figures, figure{Column{Name: "Without a price", Kind: KindInteger, Sum: true},
			func(r *rewards.Row) Cell { return Integer(unpriced(r.Worth)) }})
	}
	return figures
}

func rewardsTable(rows []rewards.Row, q rewards.Query, figures []figure) Table {
	keys := keyColumns(q)
	t := Table{Title: "Rewards" + by(q), TotalLabel: "Total"}
	for _, k := range keys {
		t.Columns = append(t.Columns, k.Column)
	}
	for _, f := range figures {
		t.Columns = append(t.Columns, f.Column)
	}
	if slices.Contains(q.By, rewards.ByRecipient) {
		t.TotalLabel = ""
		t.Notes = append(t.Notes, "Rows of several recipients overlap: one settlement pays many. Do not add them up.")
	}
	t.Notes = append(t.Notes, incomplete(rows)...)
	t.Notes = append(t.Notes, rowsWithoutPrice(rows)...)
	t.Rows = func(yield func([]Cell, error) bool) {
		cells := make([]Cell, len(t.Columns))
		for i := range rows {
			for j, k := range keys {
				cells[j] = k.cell(&rows[i].Key)
			}
			for j, f := range figures {
				cells[len(keys)+j] = f.cell(&rows[i])
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
	return t
}

// A key is a column of what rows are kept apart by.
type key struct {
	Column
	cell func(*rewards.Key) Cell
}

// keyColumns are the period and the dimensions of q, in its order. A query without either has a column that says so.
func keyColumns(q rewards.Query) []key {
	var keys []key
	if q.Period != rewards.Whole {
		keys = append(keys, periodColumn(q.Period))
	}
	for _, dimension := range q.By {
		switch dimension {
		case rewards.BySupplier:
			keys = append(keys, key{Column{Name: "Node", Kind: KindAddress}, func(k *rewards.Key) Cell { return Address(k.Supplier) }})
		case rewards.ByService:
			keys = append(keys, key{Column{Name: "Service", Kind: KindText}, func(k *rewards.Key) Cell { return String(string(k.Service)) }})
		case rewards.ByOwner:
			keys = append(keys, key{Column{Name: "Owner", Kind: KindAddress}, func(k *rewards.Key) Cell { return Address(k.Owner) }})
		case rewards.ByApplication:
			keys = append(keys, key{Column{Name: "Application", Kind: KindAddress}, func(k *rewards.Key) Cell { return Address(k.Application) }})
		case rewards.ByRecipient:
			keys = append(keys, key{Column{Name: "Recipient", Kind: KindAddress}, func(k *rewards.Key) Cell { return Address(k.Recipient) }})
		}
	}
	if keys == nil {
		keys = append(keys, key{Column{Name: "What", Kind: KindText}, func(*rewards.Key) Cell { return String("All") }})
	}
	return keys
}

func periodColumn(p rewards.Period) key {
	switch p {
	case rewards.Hour:
		return key{Column{Name: "Hour", Kind: KindTime}, func(k *rewards.Key) Cell { return Time(k.Start) }}
	case rewards.Week:
		return key{Column{Name: "Week from", Kind: KindDate}, func(k *rewards.Key) Cell { return Date(k.Start) }}
	case rewards.Month:
		return key{Column{Name: "Month", Kind: KindMonth}, func(k *rewards.Key) Cell { return Month(k.Start) }}
	default:
		return key{Column{Name: "Day", Kind: KindDate}, func(k *rewards.Key) Cell { return Date(k.Start) }}
	}
}

// by names what q's rows are, for a title: " by month and service (Europe/Madrid)".
func by(q rewards.Query) string {
	var parts []string
	if q.Period != rewards.Whole {
		parts = append(parts, string(q.Period))
	}
	for _, d := range q.By {
		if d == rewards.BySupplier {
			d = "node"
		}
		parts = append(parts, string(d))
	}
	text := ""
	for i, part := range parts {
		switch {
		case i == 0:
			text = " by " + part
		case i == len(parts)-1:
			text += " and " + part
		default:
			text += ", " + part
		}
	}
	if q.Period != rewards.Whole {
		text += " (" + cmp.Or(q.Zone, time.UTC).String() + ")"
	}
	return text
}

// incomplete says what the rows' sums leave out, nothing when they are whole.
func incomplete(rows []rewards.Row) []string {
	var s rewards.Sums
	for i := range rows {
		s.Settlements += rows[i].Settlements
		s.LackAmounts += rows[i].LackAmounts
		s.LackShares += rows[i].LackShares
		s.Unattributed += rows[i].Unattributed
	}
	return lacks(s)
}

// lacks says what s leaves out, in a sentence each.
func lacks(s rewards.Sums) []string {
	var notes []string
	if s.LackAmounts > 0 {
		notes = append(notes, fmt.Sprintf("Incomplete: %s of %s did not tell what was settled, minted and lost (protocol before v0.1.33).",
			Count(s.LackAmounts), count(s.Settlements, "settlement", "settlements")))
	}
	if s.LackShares > 0 {
		notes = append(notes, fmt.Sprintf("Incomplete: %s of %s did not tell who got what (protocol before v0.1.27).",
			Count(s.LackShares), count(s.Settlements, "settlement", "settlements")))
	}
	if s.Unattributed != 0 {
		notes = append(notes, fmt.Sprintf("Incomplete: %s was paid for reasons that were not told (protocol v0.1.27 to v0.1.32), and is in no reward.",
			Amount(s.Unattributed)))
	}
	return notes
}
