package rewards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// A Price is what one POKT cost at a moment. It is more than zero and less than 10^12 of its currency; of its decimals the first 24 count, and
// what is beyond is rounded half away from zero. No source known has more.
type Price struct {
	Time  time.Time // in UTC
	Value decimal.Decimal
}

// DefaultWindow is how far from a moment the nearest price may lie if nothing else is said: a day, so that daily prices serve with one of
// them missing.
const DefaultWindow = 24 * time.Hour

// Prices are the known prices of POKT in one currency. The price of a moment is the nearest that is known, the earlier of two equally
// near; a moment with none within the window has no price, which is never taken for zero. Prices do not change and are safe for
// concurrent use. Make them with [NewPrices] or [LoadPrices].
type Prices struct {
	currency string
	window   time.Duration
	points   []Price
	steps    []step
	missing  []Gap
}

// A step is a time in which the price stays the same. It ends where the next begins; the first and the last are open.
type step struct {
	from  time.Time
	point int    // in the points; noPrice when there is none
	price scaled // of the point
}

const noPrice = -1

// NewPrices returns the prices that points tell, which may be in any order; of several at one moment the last counts. The window is how far
// from a moment its price may lie, a moment at that very distance included; 0 is [DefaultWindow]. The error wraps [pocket.ErrInvalid] and names
// what is wrong: a currency that is no code such as EUR, a price that is none, or one without a time.
func NewPrices(currency string, points []Price, window time.Duration) (*Prices, error) {
	p := &Prices{window: window}
	var err error
	if p.currency, err = CurrencyCode(currency); err != nil {
		return nil, err
	}
	switch {
	case window < 0:
		return nil, fmt.Errorf("window of prices %v is negative: %w", window, pocket.ErrInvalid)
	case window == 0:
		p.window = DefaultWindow
	}
	p.points = make([]Price, 0, len(points))
	for _, point := range points {
		if point, err = point.clean(); err != nil {
			return nil, fmt.Errorf("price in %s: %w", p.currency, err)
		}
		p.points = append(p.points, point)
	}
	slices.SortStableFunc(p.points, func(a, b Price) int { return a.Time.Compare(b.Time) })
	p.points = lastOfEach(p.points)
	p.measure()
	return p, nil
}

// CurrencyCode returns the code of a currency in upper case, as "EUR". It says what is wrong with one that is no two to ten letters and
// digits; whether there is such a currency only a source knows.
func CurrencyCode(code string) (string, error) {
	upper := strings.ToUpper(strings.TrimSpace(code))
	odd := strings.ContainsFunc(upper, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	if odd || len(upper) < 2 || len(upper) > 10 {
		return "", fmt.Errorf("currency %.40q: want a code such as EUR or USD: %w", code, pocket.ErrInvalid)
	}
	return upper, nil
}

// Check returns an error that says what is wrong with p, nil when it is a price with a time. It wraps [pocket.ErrInvalid].
func (p Price) Check() error {
	_, err := p.clean()
	return err
}

// clean returns p as it counts, or what is wrong with it.
func (p Price) clean() (Price, error) {
	if p.Time.IsZero() {
		return p, fmt.Errorf("%s has no time: %w", brief(p.Value), pocket.ErrInvalid)
	}
	p.Time = p.Time.Round(0).UTC()
	if _, ok := scale(p.Value); !ok {
		return p, fmt.Errorf("%s of %s: want more than 0 and less than a million millions: %w",
			brief(p.Value), p.Time.Format(time.RFC3339), pocket.ErrInvalid)
	}
	p.Value = p.Value.Round(pricePlaces)
	return p, nil
}

// brief writes a decimal whose exponent may be absurd.
func brief(d decimal.Decimal) string {
	if d.Exponent() > 40 || d.Exponent() < -40 {
		return fmt.Sprintf("%.20se%d", d.Coefficient(), d.Exponent())
	}
	return fmt.Sprintf("%.60s", d)
}

// tooDear is the first price that is not taken.
var tooDear = decimal.New(1, 12)

// scale returns a price as a whole number, and whether it is in the range of prices.
func scale(d decimal.Decimal) (s scaled, ok bool) {
	if !d.IsPositive() || d.Exponent() > 12 || int(d.Exponent())+d.NumDigits() > 13 || d.Exponent() < -1000 || d.Cmp(tooDear) >= 0 {
		return s, false
	}
	n, _ := wholeOf(d.Round(pricePlaces), pricePlaces)
	wordsOf(n, s[:])
	return s, s != scaled{}
}

// lastOfEach keeps of sorted points with the same time the last.
func lastOfEach(points []Price) []Price {
	kept := points[:0]
	for _, p := range points {
		if n := len(kept); n > 0 && kept[n-1].Time.Equal(p.Time) {
			kept[n-1] = p
			continue
		}
		kept = append(kept, p)
	}
	return slices.Clip(kept)
}

// measure finds from when to when each price is the nearest.
func (p *Prices) measure() {
	p.steps = append(make([]step, 0, len(p.points)+2), step{point: noPrice})
	for i, point := range p.points {
		from := point.Time.Add(-p.window)
		if i > 0 {
			before := p.points[i-1].Time
			if half := point.Time.Sub(before) / 2; half < p.window {
				from = before.Add(half + 1) // a moment half-way belongs to the earlier price
			} else if end := before.Add(p.window + 1); from.Before(end) {
				from = end
			}
			if end := before.Add(p.window + 1); end.Before(from) {
				p.steps = append(p.steps, step{from: end, point: noPrice})
			}
		}
		price, _ := scale(point.Value)
		p.steps = append(p.steps, step{from: from, point: i, price: price})
	}
	if n := len(p.points); n > 0 {
		p.steps = append(p.steps, step{from: p.points[n-1].Time.Add(p.window + 1), point: noPrice})
	}
}

// Currency returns the code of the currency, in upper case.
func (p *Prices) Currency() string { return p.currency }

// Window returns how far from a moment its price may lie.
func (p *Prices) Window() time.Duration { return p.window }

// Points returns a copy of the known prices, oldest first.
func (p *Prices) Points() []Price { return slices.Clone(p.points) }

// At returns the price of a moment: the nearest known within the window. It reports false when there is none.
func (p *Prices) At(t time.Time) (Price, bool) {
	price, _, known := p.Steady(t)
	return price, known
}

// Steady returns the price of a moment as [Prices.At] does, and the span around it in which that stays the same, or in which there is none.
// A zero end of the span is open.
func (p *Prices) Steady(t time.Time) (price Price, span pocket.Span, known bool) {
	i := p.stepAt(t)
	if i > 0 {
		span.From = p.steps[i].from
	}
	if i+1 < len(p.steps) {
		span.To = p.steps[i+1].from
	}
	if point := p.steps[i].point; point != noPrice {
		return p.points[point], span, true
	}
	return Price{}, span, false
}

// stepAt returns the place of the step that holds t.
func (p *Prices) stepAt(t time.Time) int {
	i, _ := slices.BinarySearchFunc(p.steps[1:], t, func(s step, t time.Time) int {
		if s.from.After(t) {
			return 1
		}
		return -1
	}) // the first of the later steps that begins after t
	return i
}

// Worth returns what u was worth at a moment, exactly. It is not valid when there is no price.
func (p *Prices) Worth(u pocket.Upokt, t time.Time) decimal.NullDecimal {
	s := &p.steps[p.stepAt(t)]
	if s.point == noPrice {
		return decimal.NullDecimal{}
	}
	var worth fixed
	worth.addWorth(int64(u), s.price) // of one amount it always fits
	return decimal.NewNullDecimal(worth.decimal())
}
