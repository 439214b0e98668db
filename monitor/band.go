package monitor

import "github.com/shopspring/decimal"

// band returns the worst band that a reading is in, counted from 1, 0 for none. held is the band that it was in: that one and milder ones
// are left only beyond their Clear.
func (r Rule) band(reading decimal.Decimal, held int) int {
	in := 0
	for i := range r.Bands {
		edge := r.Bands[i].At
		if i < held {
			edge = r.Bands[i].clear()
		}
		side := reading.Cmp(edge)
		if r.Below {
			side = -side
		}
		if side < 0 {
			break
		}
		in = i + 1
	}
	return in
}

// clear is beyond which reading the band is left.
func (b Band) clear() decimal.Decimal {
	if b.Clear.Valid {
		return b.Clear.Decimal
	}
	return b.At
}
