package plot

import (
	"bytes"
	"fmt"
	"io"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
)

// A Painter draws pictures. It holds the fonts, so make one and keep it; it is safe for concurrent use.
type Painter struct {
	letters *typeface
}

// New returns a painter with the embedded fonts. An error means that they are damaged.
func New() (*Painter, error) {
	letters, err := newTypeface()
	if err != nil {
		return nil, err
	}
	return &Painter{letters}, nil
}

// finish encodes the picture and writes it in one piece.
func (p *Painter) finish(w io.Writer, s *sheet, name string, o Options) error {
	if o.Title != "" {
		name = o.Title
	}
	if o.Simulated {
		name += " (simulated)"
	}
	file, err := s.encode(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, bytes.NewReader(file))
	return err
}

// checkAmount refuses what cannot be drawn truthfully: less than nothing, and what is past all money there is.
func checkAmount(d decimal.Decimal) error {
	const want = "want less than 1e15, and at most 100 decimals"
	switch {
	case d.Exponent() > 15 || d.Exponent() < -100 || d.Coefficient().BitLen() > 512:
		return fmt.Errorf("amount with %d bits times 10 to the %d, %s: %w", d.Coefficient().BitLen(), d.Exponent(), want, pocket.ErrInvalid)
	case d.IsNegative():
		return fmt.Errorf("amount %s is negative: %w", d, pocket.ErrInvalid)
	case d.GreaterThanOrEqual(decimal.New(1, 15)):
		return fmt.Errorf("amount %s, %s: %w", d, want, pocket.ErrInvalid)
	}
	return nil
}

// message writes what is to be said where there is nothing to draw.
func (f *frame) message(text string) {
	letters := f.bold(20)
	f.write(letters.fit(text, f.right-f.left), letters, (f.left+f.right)/2, (f.top+f.bottom)/2, -0.5, f.ink.muted)
}
