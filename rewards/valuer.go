package rewards

import "time"

// A valuer is what an [Adder] knows of worth: the prices to value events at, or only the currency of the rows it was given.
type valuer struct {
	prices   *Prices
	currency string // "" when nothing is valued
	step     int    // the step of the prices that was asked for last
	rows     bool   // rows were added, so that the currency is settled
}

func newValuer(prices *Prices) valuer {
	if prices == nil {
		return valuer{}
	}
	return valuer{prices: prices, currency: prices.currency}
}

func (v *valuer) on() bool { return v.currency != "" }

// admit checks that the worth of a row can be added to what there is; empty says that there is nothing yet.
func (v *valuer) admit(worth *Worth, empty bool) error {
	if empty && !v.rows && v.prices == nil && worth != nil {
		v.currency = worth.Currency
	}
	v.rows = true
	switch {
	case v.on() != (worth != nil):
		return errUnvalued
	case worth != nil && worth.Currency != v.currency:
		return errCurrencies(v.currency, worth.Currency)
	}
	return nil
}

// at returns the price of a moment, nil when there is none. Events mostly come in order, so that the step is seldom looked for.
func (v *valuer) at(t time.Time) *scaled {
	steps := v.prices.steps
	if i := v.step; i > 0 && t.Before(steps[i].from) || i+1 < len(steps) && !t.Before(steps[i+1].from) {
		v.step = v.prices.stepAt(t)
	}
	if s := &steps[v.step]; s.point != noPrice {
		return &s.price
	}
	return nil
}

// nothing returns the worth of no events, nil without prices.
func (p *Prices) nothing() *Worth {
	if p == nil {
		return nil
	}
	return new(tally).worth(p.currency)
}
