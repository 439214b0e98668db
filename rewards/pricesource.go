package rewards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A PriceSource tells what POKT cost.
type PriceSource interface {
	// Prices yields the prices of one POKT in a currency, named by its code in any case, whose time lies in the span, oldest first; an open
	// end of the span reaches as far as the source knows. An error is yielded last, with a zero Price. When it is a *[MissingPrices] all
	// else was told; a currency that the source does not know is [ErrCurrency].
	Prices(ctx context.Context, currency string, span pocket.Span) iter.Seq2[Price, error]
}

// ErrCurrency is what a source answers that does not know a currency.
var ErrCurrency = errors.New("unknown currency")

// MissingPrices is the error of a [PriceSource] that told what it could, but not all: which times have no prices, and why. It is a notice
// rather than a failure, since what was told is good.
type MissingPrices struct {
	Gaps []Gap // oldest first, at least one
}

// A Gap is a time of which a source could not tell the prices.
type Gap struct {
	pocket.Span
	Err error // why, and what can be done about it
}

// Error names each gap and why.
func (m *MissingPrices) Error() string {
	texts := make([]string, len(m.Gaps))
	for i, gap := range m.Gaps {
		texts[i] = gap.String()
	}
	return strings.Join(texts, "; ")
}

// Unwrap gives errors.Is and errors.As the reasons.
func (m *MissingPrices) Unwrap() []error {
	reasons := make([]error, len(m.Gaps))
	for i, gap := range m.Gaps {
		reasons[i] = gap.Err
	}
	return reasons
}

// String says from when to when there are no prices, in UTC, and why.
func (g Gap) String() string {
	text := "no prices"
	if !g.From.IsZero() {
		text += " from " + g.From.UTC().Format(time.RFC3339)
	}
	if !g.To.IsZero() {
		text += " until " + g.To.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s: %v", text, g.Err)
}

// LoadPrices asks source for the prices of all moments in span, and so for prices up to [DefaultWindow] before and after it. What the source
// says is missing is no failure: [Prices.Missing] tells it. Any other error of the source is one, and there are no prices then.
func LoadPrices(ctx context.Context, source PriceSource, currency string, span pocket.Span) (*Prices, error) {
	if err := span.Check(); err != nil {
		return nil, err
	}
	var points []Price
	var missing []Gap
	for price, err := range source.Prices(ctx, currency, wider(span, DefaultWindow)) {
		if notice, ok := errors.AsType[*MissingPrices](err); ok {
			missing = notice.Gaps
			break
		}
		if err != nil {
			return nil, fmt.Errorf("prices in %.40s: %w", strings.ToUpper(currency), err)
		}
		points = append(points, price)
	}
	prices, err := NewPrices(currency, points, DefaultWindow)
	if err != nil {
		return nil, err
	}
	for _, gap := range missing {
		if common, any := overlap(gap.Span, span); any {
			prices.missing = append(prices.missing, Gap{common, gap.Err})
		}
	}
	return prices, nil
}

// Missing returns the times of which the source that the prices were loaded from could not tell them, and why: what to show beside
// figures that are not complete. They lie in the span that was asked for. There are none when all was told, and of [NewPrices].
func (p *Prices) Missing() []Gap { return slices.Clone(p.missing) }
