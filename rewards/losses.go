package rewards

import (
	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
)

// A Cause is why something claimed was not received, or something staked was taken.
type Cause string

// The causes, in the order in which [Losses] lists them.
const (
	CauseOverserviced Cause = "overserviced" // the application could not pay for all it was served
	CauseDeflation    Cause = "deflation"    // the chain mints less than it burns
	CauseExpired      Cause = "expired"      // the proof was missing or invalid
	CauseDiscarded    Cause = "discarded"    // the chain could not process the claim
	CauseSlashed      Cause = "slashed"      // taken from the stake for an expired claim
)

// A Loss is what one cause cost.
type Loss struct {
	Cause  Cause
	Count  int64        // settlements, claims or slashes concerned
	Amount pocket.Upokt // of whole claims, before the split among all roles; of slashes, of the stake. 0 for discarded claims: see Unknown
	// Unknown: the chain does not tell what was lost, only how often, so the loss is in no total. True for discarded claims.
	Unknown bool
	// OfClaimed is the amount in percent of all that was claimed, rounded half away from zero to 4 places. It is not valid for
	// slashes, which are no part of a claim, for unknown amounts, and when nothing was claimed.
	OfClaimed decimal.NullDecimal
	// Estimate is how much of it the suppliers' sides would have got, in POKT, rounded to 6 places. It is an estimate: it takes the suppliers' part of what
	// was really paid in the same rows for the part of what was not. Of slashes it is the whole amount, exactly. It is not valid when the
	// amount is unknown or nothing was paid to estimate by.
	Estimate decimal.NullDecimal

	// Worth is what the amount was worth in the report's currency, without the part that had no price, Unpriced. It is not valid when the question has no
	// prices, nothing of the amount had one, or the amount is unknown. EstimateWorth is the same part of it that Estimate is of the amount, rounded to
	// 18 places.
	Worth, EstimateWorth decimal.NullDecimal
	Unpriced             pocket.Upokt
}

// A LossReport is what was claimed and not received, by cause.
type LossReport struct {
	Causes  []Loss       // all five, in the order of the constants, also those that cost nothing
	Claimed pocket.Upokt // all that was claimed and told: by settled and by expired claims
	// Unpaid is the total of overserviced, deflation and expired. Its Cause is "".
	Unpaid Loss
	// Lost estimates what the suppliers' sides lost in all, in POKT: the estimate of Unpaid and what was slashed. Not valid without both.
	Lost decimal.NullDecimal

	// Currency is the code of the currency that worths are in, "" when the rows have none. ClaimedWorth is the worth of Claimed, without the
	// part that had no price, ClaimedUnpriced; LostWorth is the worth of Lost, by the EstimateWorths.
	Currency                string
	ClaimedWorth, LostWorth decimal.NullDecimal
	ClaimedUnpriced         pocket.Upokt

	// LackAmounts counts settlements that did not tell what was overserviced or deflated, so that these two are lower bounds.
	LackAmounts int64
}

// Losses adds up rows, however they are kept apart, and tells what was lost by cause. Rows by recipient overlap and are refused with
// [pocket.ErrInvalid]; sums that do not fit are [pocket.ErrOverflow].
func Losses(rows []Row) (LossReport, error) {
	s, err := Total(rows)
	if err != nil {
		return LossReport{}, err
	}
	report := LossReport{LackAmounts: s.LackAmounts}
	if report.Claimed, err = s.Claimed.Add(s.ExpiredClaimed); err != nil {
		return LossReport{}, errOverflow
	}
	worth, err := TotalWorth(rows)
	if err != nil {
		return LossReport{}, err
	}
	if worth == nil {
		worth = &Worth{} // nothing in it is valid
	}
	report.Currency = worth.Currency
	// What is overserviced or expired would have been settled, what is deflated would have been minted.
	perSettled := part{s.Gross, s.Settled}
	overserviced := report.loss(CauseOverserviced, s.OverservicedClaims, s.Overserviced, perSettled).
		valued(worth.Overserviced, worth.Unpriced.Overserviced, perSettled)
	perMinted := part{s.Gross, s.Minted}
	deflated := report.loss(CauseDeflation, s.DeflatedClaims, s.Deflated, perMinted).valued(worth.Deflated, worth.Unpriced.Deflated, perMinted)
	expired := report.loss(CauseExpired, s.Expired, s.ExpiredClaimed, perSettled).
		valued(worth.ExpiredClaimed, worth.Unpriced.ExpiredClaimed, perSettled)
	slashed := Loss{
		Cause: CauseSlashed, Count: s.Slashes, Amount: s.Slashed, Estimate: decimal.NewNullDecimal(s.Slashed.Decimal()),
		Worth: worth.Slashed, EstimateWorth: worth.Slashed, Unpriced: worth.Unpriced.Slashed,
	}
	report.claimed(worth)
	report.Causes = []Loss{overserviced, deflated, expired, {Cause: CauseDiscarded, Count: s.Discarded, Unknown: true}, slashed}
	return report, report.addUp(overserviced, deflated, expired, slashed)
}

func (r *LossReport) addUp(overserviced, deflated, expired, slashed Loss) error {
	estimate, known := decimal.Zero, true
	var estimateWorth decimal.Decimal
	knownWorth := r.Currency != ""
	for _, loss := range []Loss{overserviced, deflated, expired} {
		var err error
		if r.Unpaid.Amount, err = r.Unpaid.Amount.Add(loss.Amount); err != nil {
			return errOverflow
		}
		r.Unpaid.Count += loss.Count
		estimate = estimate.Add(loss.Estimate.Decimal)
		known = known && loss.Estimate.Valid
		r.Unpaid.Unpriced += loss.Unpriced // no more than the amounts, which fit
		r.Unpaid.Worth.Decimal = r.Unpaid.Worth.Decimal.Add(loss.Worth.Decimal)
		estimateWorth = estimateWorth.Add(loss.EstimateWorth.Decimal)
		knownWorth = knownWorth && (loss.EstimateWorth.Valid || loss.Unpriced > 0 && loss.Unpriced == loss.Amount)
	}
	r.Unpaid.Worth.Valid = r.Currency != "" && (r.Unpaid.Unpriced == 0 || !r.Unpaid.Worth.Decimal.IsZero())
	if knownWorth && r.Unpaid.Worth.Valid {
		r.Unpaid.EstimateWorth = decimal.NewNullDecimal(estimateWorth)
		if slashed.Worth.Valid {
			r.LostWorth = decimal.NewNullDecimal(estimateWorth.Add(slashed.Worth.Decimal))
		}
	}
	r.Unpaid.OfClaimed = percentOf(r.Unpaid.Amount, r.Claimed)
	if known {
		r.Unpaid.Estimate = decimal.NewNullDecimal(estimate)
		r.Lost = decimal.NewNullDecimal(estimate.Add(slashed.Estimate.Decimal))
	}
	return nil
}

// A part is what suppliers' sides were paid out of an amount.
type part struct{ paid, of pocket.Upokt }

func (r *LossReport) loss(cause Cause, count int64, amount pocket.Upokt, suppliers part) Loss {
	loss := Loss{Cause: cause, Count: count, Amount: amount, OfClaimed: percentOf(amount, r.Claimed)}
	switch {
	case amount == 0:
		loss.Estimate = decimal.NewNullDecimal(decimal.Zero)
	case suppliers.paid > 0:
		loss.Estimate = divide(amount.Decimal().Mul(suppliers.paid.Decimal()), suppliers.of.Decimal(), 6)
	}
	return loss
}

// valued adds what the amount was worth.
func (l Loss) valued(worth decimal.NullDecimal, unpriced pocket.Upokt, suppliers part) Loss {
	l.Worth, l.Unpriced = worth, unpriced
	switch {
	case !worth.Valid:
	case worth.Decimal.IsZero():
		l.EstimateWorth = worth
	case suppliers.paid > 0:
		l.EstimateWorth = divide(worth.Decimal.Mul(suppliers.paid.Decimal()), suppliers.of.Decimal(), worthAveragePlaces)
	}
	return l
}

// claimed sets the worth of all that was claimed.
func (r *LossReport) claimed(w *Worth) {
	r.ClaimedUnpriced = w.Unpriced.Claimed + w.Unpriced.ExpiredClaimed // no more than Claimed, which fits
	sum := w.Claimed.Decimal.Add(w.ExpiredClaimed.Decimal)
	if w.Currency != "" && (r.ClaimedUnpriced == 0 || !sum.IsZero()) {
		r.ClaimedWorth = decimal.NewNullDecimal(sum)
	}
}

func percentOf(amount, of pocket.Upokt) decimal.NullDecimal {
	return divide(amount.Decimal().Shift(2), of.Decimal(), 4)
}
