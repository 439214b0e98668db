package rewards

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// Worth is what the amounts of [Sums] were worth in a currency, each part of them valued at the price of its event's moment. The figures are exact, with up
// to 30 decimals: round them when they are shown.
//
// A part at whose moment no price is known is in none of them, but in Unpriced: so Worth.Gross is what Sums.Gross - Unpriced.Gross
// upokt were worth. An amount of which nothing at all had a price is not valid, and never zero; an amount of 0 upokt is worth 0.
type Worth struct {
	Currency string // its code in upper case, such as "EUR"

	Claimed      decimal.NullDecimal
	Settled      decimal.NullDecimal
	Minted       decimal.NullDecimal
	Overserviced decimal.NullDecimal
	Deflated     decimal.NullDecimal

	Gross      decimal.NullDecimal
	Mine       decimal.NullDecimal
	OtherRoles decimal.NullDecimal

	ExpiredClaimed decimal.NullDecimal
	Slashed        decimal.NullDecimal

	Unattributed     decimal.NullDecimal
	UnattributedMine decimal.NullDecimal

	// Unpriced are the sums of those events at whose moment no price is known: how many there were, and their upokt.
	Unpriced Sums
}

// worthCount is how many of [Sums] are amounts.
const worthCount = 12

// amounts returns the amounts of s, in the order of the fields of [Worth].
func (s *Sums) amounts() [worthCount]int64 {
	return [worthCount]int64{
		int64(s.Claimed), int64(s.Settled), int64(s.Minted), int64(s.Overserviced), int64(s.Deflated),
		int64(s.Gross), int64(s.Mine), int64(s.OtherRoles),
		int64(s.ExpiredClaimed), int64(s.Slashed), int64(s.Unattributed), int64(s.UnattributedMine),
	}
}

// fields are the figures of w, in the order of [Sums.amounts].
func (w *Worth) fields() [worthCount]*decimal.NullDecimal {
	return [worthCount]*decimal.NullDecimal{
		&w.Claimed, &w.Settled, &w.Minted, &w.Overserviced, &w.Deflated, &w.Gross, &w.Mine, &w.OtherRoles,
		&w.ExpiredClaimed, &w.Slashed, &w.Unattributed, &w.UnattributedMine,
	}
}

// Plus returns w and v added figure by figure. The error wraps [pocket.ErrInvalid] when they are in different currencies or one of them is no
// worth that this package makes, and [pocket.ErrOverflow] when a sum does not fit.
func (w *Worth) Plus(v *Worth) (*Worth, error) {
	if w.Currency != v.Currency {
		return nil, errCurrencies(w.Currency, v.Currency)
	}
	var t tally
	for _, term := range []*Worth{w, v} {
		if err := t.addWorth(term); err != nil {
			return nil, err
		}
	}
	return t.worth(w.Currency), nil
}

// NoWorth returns the worth of nothing at all in a currency: every amount is 0 upokt, and worth 0.
func NoWorth(currency string) *Worth { return new(tally).worth(currency) }

// Full reports whether every amount had a price.
func (w *Worth) Full() bool { return w.Unpriced == Sums{} }

// TotalWorth returns the worth of rows added up, nil when they have none, as when there are no rows. Rows of which some have a worth and some
// have not, and rows by recipient, which overlap, are refused with [pocket.ErrInvalid].
func TotalWorth(rows []Row) (*Worth, error) {
	var t tally
	var total *Worth
	for i := range rows {
		worth := rows[i].Worth
		switch {
		case !rows[i].Recipient.IsZero():
			return nil, errOverlap
		case i > 0 && (worth == nil) != (rows[0].Worth == nil):
			return nil, errUnvalued
		case worth == nil:
			continue
		case worth.Currency != rows[0].Worth.Currency:
			return nil, errCurrencies(rows[0].Worth.Currency, worth.Currency)
		}
		if err := t.addWorth(worth); err != nil {
			return nil, err
		}
	}
	if len(rows) > 0 && rows[0].Worth != nil {
		total = t.worth(rows[0].Worth.Currency)
	}
	return total, nil
}

var (
	errOverlap  = fmt.Errorf("rows by recipient overlap and cannot be added: %w", pocket.ErrInvalid)
	errUnvalued = fmt.Errorf("of what is to be added some has a worth and some has none: ask for all of it with the same prices: %w", pocket.ErrInvalid)
)

func errCurrencies(a, b string) error {
	return fmt.Errorf("%s and %s cannot be added: %w", a, b, pocket.ErrInvalid)
}

// A tally is a [Worth] in the making.
type tally struct {
	sums     [worthCount]fixed
	unpriced *Sums // nil while there is none
}

// add adds what the sums of events of one moment are worth at its price, nil when there is none. It reports whether all fits.
func (t *tally) add(s *Sums, price *scaled) bool {
	if price == nil {
		return t.addUnpriced(s)
	}
	fits := true
	for i, amount := range s.amounts() {
		if amount != 0 {
			fits = t.sums[i].addWorth(amount, *price) && fits
		}
	}
	return fits
}

func (t *tally) addUnpriced(s *Sums) bool {
	if *s == (Sums{}) {
		return true
	}
	if t.unpriced == nil {
		t.unpriced = new(Sums)
	}
	return t.unpriced.add(s)
}

// merge adds what another holds and reports whether all fits.
func (t *tally) merge(other *tally) bool {
	fits := true
	for i := range t.sums {
		if !other.sums[i].isZero() {
			fits = t.sums[i].add(&other.sums[i]) && fits
		}
	}
	return fits && (other.unpriced == nil || t.addUnpriced(other.unpriced))
}

// addWorth adds what a tally had become.
func (t *tally) addWorth(w *Worth) error {
	fits := true
	for i, field := range w.fields() {
		if !field.Valid || field.Decimal.IsZero() {
			continue
		}
		n, ok := fixedOf(field.Decimal)
		if !ok {
			return fmt.Errorf("a worth of %s %s: want at most %d decimals: %w", brief(field.Decimal), w.Currency, worthPlaces, pocket.ErrInvalid)
		}
		fits = t.sums[i].add(&n) && fits
	}
	if !t.addUnpriced(&w.Unpriced) || !fits {
		return errOverflow
	}
	return nil
}

// worth returns what was added up.
func (t *tally) worth(currency string) *Worth {
	w := &Worth{Currency: currency}
	if t.unpriced != nil {
		w.Unpriced = *t.unpriced
	}
	unpriced := w.Unpriced.amounts()
	for i, field := range w.fields() {
		// Prices are more than zero: a sum of nothing beside amounts without a price was never valued.
		if !t.sums[i].isZero() || unpriced[i] == 0 {
			*field = decimal.NewNullDecimal(t.sums[i].decimal())
		}
	}
	return w
}
