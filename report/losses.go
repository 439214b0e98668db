package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/rewards"
)

// Losses is the table of what was claimed and not received, by cause, with what each cause means. Amounts are those of whole claims;
// the nodes' part of them is an estimate, of slashes it is exact. A cause that the chain does not put a number on has no amount. When the
// report has a currency, amounts have their value beside them.
func Losses(r rewards.LossReport) Table {
	t := Table{
		Title: "Losses",
		Columns: []Column{
			{Name: "Cause", Kind: KindText},
			{Name: "Cases", Kind: KindInteger},
			{Name: "Lost POKT", Kind: KindPOKT},
			{Name: "Of claimed", Kind: KindPercent},
			{Name: "Nodes' part POKT (estimate)", Kind: KindPOKT},
			{Name: "Meaning", Kind: KindText},
		},
		Notes: []string{"Of " + Amount(r.Claimed) + " claimed. Slashes are taken from the stake and are no part of a claim."},
	}
	row := lossRow
	if r.Currency != "" {
		t.Columns = slices.Insert(t.Columns, 5, Column{Name: "Nodes' part (estimate)", Kind: KindFiat, Currency: r.Currency})
		t.Columns = slices.Insert(t.Columns, 3, Column{Name: "Lost", Kind: KindFiat, Currency: r.Currency})
		row = valuedLossRow
	}
	var rows [][]Cell
	for _, loss := range r.Causes {
		rows = append(rows, row(causeName(loss.Cause), loss, meaning(loss.Cause)))
	}
	t.Rows = Rows(append(rows, row("Not paid in all", r.Unpaid, "overserviced, deflation and expired"))...)
	if r.Lost.Valid {
		t.Notes = append(t.Notes, "The nodes lost about "+round(r.Lost.Decimal, 2)+" POKT"+lossWorth(r)+" in all, slashes included.")
	}
	if r.LackAmounts > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("Incomplete: %s did not tell what was overserviced or deflated, so these two are at least as high.",
			count(r.LackAmounts, "settlement", "settlements")))
	}
	t.Notes = append(t.Notes, unpricedLosses(r)...)
	return t
}

func lossRow(name string, loss rewards.Loss, meaning string) []Cell {
	row := []Cell{String(name), Integer(loss.Count), {}, {}, {}, String(meaning)}
	if !loss.Unknown {
		row[2] = POKT(loss.Amount)
	}
	row[3] = percentOfOne(loss.OfClaimed)
	row[4] = rounded(loss.Estimate)
	return row
}

func valuedLossRow(name string, loss rewards.Loss, meaning string) []Cell {
	row := lossRow(name, loss, meaning)
	worth := Cell{}
	if !loss.Unknown {
		worth = fiat(loss.Worth)
	}
	return []Cell{row[0], row[1], row[2], worth, row[3], row[4], fiat(loss.EstimateWorth), row[5]}
}

// lossWorth is what the nodes lost in the currency, for a sentence.
func lossWorth(r rewards.LossReport) string {
	if !r.LostWorth.Valid {
		return ""
	}
	return " (" + Money(r.LostWorth.Decimal, r.Currency) + ")"
}

// unpricedLosses says what had no price.
func unpricedLosses(r rewards.LossReport) []string {
	var parts []string
	for _, loss := range r.Causes {
		if loss.Unpriced > 0 {
			parts = append(parts, Amount(loss.Unpriced)+" "+strings.ToLower(causeName(loss.Cause)))
		}
	}
	if parts == nil {
		return nil
	}
	return []string{noPrice + strings.Join(parts, ", ") + "."}
}

func causeName(c rewards.Cause) string {
	switch c {
	case rewards.CauseOverserviced:
		return "Overserviced"
	case rewards.CauseDeflation:
		return "Deflation"
	case rewards.CauseExpired:
		return "Expired"
	case rewards.CauseDiscarded:
		return "Discarded"
	case rewards.CauseSlashed:
		return "Slashed"
	}
	return Line(string(c), 40)
}

func meaning(c rewards.Cause) string {
	switch c {
	case rewards.CauseOverserviced:
		return "the application could not pay for all it was served"
	case rewards.CauseDeflation:
		return "the chain mints less than it burns, for everybody"
	case rewards.CauseExpired:
		return "the proof was missing or invalid"
	case rewards.CauseDiscarded:
		return "the chain could not process the claim and does not say its worth"
	case rewards.CauseSlashed:
		return "taken from the stake for an expired claim"
	}
	return ""
}

// LossesOver is the table of losses in the course of time: rows with a period, one column for each cause that has an amount, and with
// prices one for its value.
func LossesOver(rows []rewards.Row, q rewards.Query) Table {
	t := rewardsTable(rows, q, withGaps(rows, lost(currencyOf(rows, q))))
	t.Title = "Losses" + by(q)
	return t
}

// percentOfOne turns percent into a part of one.
func percentOfOne(percent decimal.NullDecimal) Cell {
	if !percent.Valid {
		return Cell{}
	}
	return Percent(percent.Decimal.Shift(-2))
}
