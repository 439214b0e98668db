package plot

import (
	"fmt"
	"io"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/shopspring/decimal"
	"gonum.org/v1/plot/vg"
)

// A Loss is what was claimed but not paid in a period, by cause, and what was slashed. Amounts are in the picture's currency and those of
// whole claims, before the split among all roles, as the chain tells them.
type Loss struct {
	Start        time.Time       // of the period, in the picture's zone
	Overserviced decimal.Decimal // the application could not pay
	Deflated     decimal.Decimal // burned but not minted again
	Expired      decimal.Decimal // claims without a good proof
	Slashed      decimal.Decimal // taken from stakes: lost capital, not a reward that never came

	Discarded int64 // claims the chain dropped without telling what they were worth
	Unknown   int64 // settlements of which the chain did not tell what was overserviced and deflated

	// Unpriced is what was lost in POKT at moments at which the picture's currency had no price. A period with nothing else is unknown.
	Unpriced decimal.Decimal
}

// Losses writes a picture of losses as bars, one for each period, with a part for each cause. What was slashed is striped: it was taken
// from stakes. What the chain did not tell is said at the foot.
//
// A picture of no losses says so, and is no error. What is wrong with the data or the options is a [pocket.ErrInvalid], and then
// nothing is written.
func (p *Painter) Losses(w io.Writer, losses []Loss, o Options) error {
	err := p.losses(w, losses, o)
	if err != nil {
		return fmt.Errorf("picture of losses: %w", err)
	}
	return nil
}

func (p *Painter) losses(w io.Writer, losses []Loss, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	o = o.filled(p.letters)
	ink := o.Theme.palette()
	layers := []layer{
		{name: "overserviced", colour: ink.overserviced},
		{name: "deflation", colour: ink.deflated},
		{name: "expired", colour: ink.expired},
		{name: "slashed", colour: ink.slashed, hatched: true},
	}
	starts := make([]time.Time, len(losses))
	discarded, unknown, unpriced := int64(0), int64(0), decimal.Zero
	for i, loss := range losses {
		starts[i] = loss.Start
		for j, value := range []decimal.Decimal{loss.Overserviced, loss.Deflated, loss.Expired, loss.Slashed} {
			if err := checkAmount(value); err != nil {
				return fmt.Errorf("%s on %s: %w", layers[j].name, loss.Start.Format(time.DateOnly), err)
			}
			layers[j].values = append(layers[j].values, value)
			layers[j].total = layers[j].total.Add(value)
		}
		if err := checkAmount(loss.Unpriced); err != nil {
			return fmt.Errorf("without a price on %s: %w", loss.Start.Format(time.DateOnly), err)
		}
		if loss.Discarded < 0 || loss.Unknown < 0 {
			return fmt.Errorf("count below 0 on %s: %w", loss.Start.Format(time.DateOnly), pocket.ErrInvalid)
		}
		discarded += loss.Discarded
		unknown += loss.Unknown
		unpriced = unpriced.Add(loss.Unpriced)
	}
	when, err := newTimeline(starts, o)
	if err != nil {
		return err
	}
	when.doubt(unpricedLosses(losses))
	title := when.titled("Losses by cause" + o.inCurrency())
	slashed := layers[3].total
	unpaid := layers[0].total.Add(layers[1].total).Add(layers[2].total)
	facts := []string{o.Note, when.dateRange(o.Now), o.zone(p.letters),
		o.sum("unpaid claims", unpaid, unpriced.IsPositive())}
	notes := lossNotes(unpaid.IsPositive(), discarded, unknown, unpriced)
	s := newSheet(p.letters, o)
	if unpaid.IsZero() && slashed.IsZero() {
		f := newFrame(s, o, when, title, facts[:3], nil, notes)
		if when.doubtful() {
			f.message("No price in this time")
			return p.finish(w, s, title, o)
		}
		f.noLosses(len(notes) > 0)
		return p.finish(w, s, title, o)
	}
	newFrame(s, o, when, title, facts, stackLegend(layers, when, o), notes).stack(layers, false)
	return p.finish(w, s, title, o)
}

// unpricedLosses are the starts of the periods in which nothing of what was lost had a price.
func unpricedLosses(losses []Loss) []time.Time {
	var starts []time.Time
	for _, l := range losses {
		if l.Unpriced.IsPositive() && decimal.Sum(l.Overserviced, l.Deflated, l.Expired, l.Slashed).IsZero() {
			starts = append(starts, l.Start)
		}
	}
	return starts
}

// lossNotes says what the amounts are not.
func lossNotes(whole bool, discarded, unknown int64, unpriced decimal.Decimal) []string {
	var parts []string
	if discarded > 0 {
		parts = append(parts, counted(discarded, "discarded claim")+" of unknown worth")
	}
	if unknown > 0 {
		parts = append(parts, counted(unknown, "settlement")+" of which the chain did not tell the amounts")
	}
	if unpriced.IsPositive() {
		parts = append(parts, amount(unpriced)+" "+coin+" without a price")
	}
	notes := uncounted(parts)
	if whole {
		notes = append([]string{"Unpaid claims are counted whole; the supplier's side would have got a part."}, notes...)
	}
	return notes
}

// noLosses says that nothing is known to be lost, with a tick when nothing is unknown either.
func (f *frame) noLosses(doubtful bool) {
	if doubtful {
		f.message("No losses that the chain told")
		return
	}
	centre := vg.Point{X: (f.left + f.right) / 2, Y: (f.top+f.bottom)/2 + 34*f.unit}
	radius := 26 * f.unit
	f.fill(circle(centre, radius), f.ink.good)
	f.stroke(vg.Path{
		move(vg.Point{X: centre.X - radius*0.42, Y: centre.Y - radius*0.02}),
		lineTo(vg.Point{X: centre.X - radius*0.1, Y: centre.Y - radius*0.34}),
		lineTo(vg.Point{X: centre.X + radius*0.44, Y: centre.Y + radius*0.32}),
	}, pen{color: f.ink.background, width: 5 * f.unit})
	f.top = centre.Y - radius
	f.bottom = f.top - 44*f.unit
	f.message("No losses in this time")
}
