package plot

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// A Format is a kind of picture file.
type Format string

// The formats.
const (
	PNG Format = "png" // for chats: every phone shows it
	SVG Format = "svg" // for web pages: sharp at any size, its letters are shapes, so that it needs no font
)

// A Theme is a set of colours. Both tell their colours apart for colour-blind eyes too.
type Theme string

// The themes.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// The default size of a picture, and the sizes that can be asked for, all in pixels. The text grows and shrinks with the picture.
const (
	DefaultWidth  = 1200
	DefaultHeight = 800
	MinSide       = 200
	MaxSide       = 4000
)

// Options say how a picture looks and what time it shows. The zero value is a PNG of 1200 × 800 pixels in light colours,
// by days in UTC, in POKT.
type Options struct {
	Title  string // in place of the picture's own title; it is cut when it is too long
	Note   string // put first in the line below the title, such as whose nodes these are
	Format Format // empty is PNG
	Theme  Theme  // empty is Light
	Width  int    // pixels, 0 is DefaultWidth
	Height int    // pixels, 0 is DefaultHeight

	Currency  string         // the name of what the amounts are in; empty is POKT
	Zone      *time.Location // whose days the periods are, and whose dates are written; nil is UTC
	Period    rewards.Period // how long each period is; empty is rewards.Day
	Simulated bool           // mark the picture as made from simulated data

	// Span is the time that the picture shows. Periods without data stay empty, and data outside widens it. An open end, as in the zero
	// value, is where the data ends.
	Span pocket.Span
	// Now is the time at which the data was taken. The period that holds it is not over, so it is drawn apart as "today so far".
	// Zero means that all periods are over.
	Now time.Time
}

// Check returns an error that names each wrong option, nil when nothing is. Every error is a [pocket.ErrInvalid].
func (o Options) Check() error {
	errs := []error{o.Span.Check()}
	switch o.Format {
	case "", PNG, SVG:
	default:
		errs = append(errs, fmt.Errorf("format %q: want png or svg: %w", o.Format, pocket.ErrInvalid))
	}
	switch o.Theme {
	case "", Light, Dark:
	default:
		errs = append(errs, fmt.Errorf("theme %q: want light or dark: %w", o.Theme, pocket.ErrInvalid))
	}
	switch o.Period {
	case rewards.Whole, rewards.Hour, rewards.Day, rewards.Week, rewards.Month:
	default:
		errs = append(errs, fmt.Errorf("period %q: want hour, day, week or month: %w", o.Period, pocket.ErrInvalid))
	}
	for _, side := range []struct {
		name   string
		pixels int
	}{{"width", o.Width}, {"height", o.Height}} {
		if side.pixels != 0 && (side.pixels < MinSide || side.pixels > MaxSide) {
			errs = append(errs, fmt.Errorf("%s of %d pixels: want %d to %d: %w", side.name, side.pixels, MinSide, MaxSide, pocket.ErrInvalid))
		}
	}
	return errors.Join(errs...)
}

// coin is what amounts are in when nothing else is said.
const coin = "POKT"

// inCurrency is what a title says of another currency, and bracketed what a legend says.
func (o Options) inCurrency() string {
	if o.Currency == coin {
		return ""
	}
	return " in " + o.Currency
}

func (o Options) bracketed() string {
	if o.Currency == coin {
		return ""
	}
	return " (" + o.Currency + ")"
}

// sum says what an amount is, of which a part may have had no price: then it is worth more, and of nothing else nobody knows.
func (o Options) sum(what string, d decimal.Decimal, unpriced bool) string {
	switch {
	case unpriced && d.IsZero():
		return what + " not known"
	case unpriced:
		what += " at least"
	}
	return what + " " + amount(d) + " " + o.Currency
}

// zone is the name of the zone, which anybody may have made up.
func (o Options) zone(letters *typeface) string { return letters.clean(o.Zone.String(), maxLabel) }

// filled returns o with its defaults in place of what is empty, and every text made fit for a picture.
func (o Options) filled(letters *typeface) Options {
	o.Title = letters.clean(o.Title, maxTitle)
	o.Note = letters.clean(o.Note, maxTitle)
	o.Currency = letters.clean(o.Currency, maxCurrency)
	if o.Currency == "" {
		o.Currency = coin
	}
	if o.Format == "" {
		o.Format = PNG
	}
	if o.Theme == "" {
		o.Theme = Light
	}
	if o.Period == rewards.Whole {
		o.Period = rewards.Day
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Width == 0 {
		o.Width = DefaultWidth
	}
	if o.Height == 0 {
		o.Height = DefaultHeight
	}
	return o
}
