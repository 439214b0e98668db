package tax

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report"
	"github.com/poktbot/poktbot/rewards"
)

// ByDay makes one event of what a wallet earned in a day of the zone, for files with fewer lines; nil is UTC. Income must come oldest first, else
// there is an error that wraps [pocket.ErrInvalid].
//
// What one event becomes of is of the same kind and wallet, and either has a price throughout or none: so a value is always that of the whole
// amount. Amounts and values are the sums, and the price is the one divided by the other, to 18 decimals. The time is that of the
// day's last, by which a day's events are sorted. The node, the service and the role stay where they are the same throughout.
//
// The reference names the day and the wallet, so that a day imported again is known again. For that a day must be whole: the
// days not over at now are left out, and income should begin with the beginning of a day. A zero now leaves out none.
func ByDay(income iter.Seq2[Event, error], zone *time.Location, now time.Time) iter.Seq2[Event, error] {
	if zone == nil {
		zone = time.UTC
	}
	return func(yield func(Event, error) bool) {
		g := &days{zone: zone, place: map[group]int{}}
		for e, err := range income {
			if err == nil && e.Time.Before(g.from) {
				err = fmt.Errorf("income by day: %s comes after %s: want the oldest first: %w",
					e.Time.UTC().Format(time.RFC3339), g.from.UTC().Format(time.RFC3339), pocket.ErrInvalid)
			}
			if err == nil && !e.Time.Before(g.to) {
				if !g.flush(yield, now) {
					return
				}
				g.from, g.to = rewards.DayOf(e.Time, zone)
			}
			if err == nil && e.Kind != Untold {
				err = g.add(&e)
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			if e.Kind == Untold && !yield(e, nil) {
				return
			}
		}
		g.flush(yield, now)
	}
}

// A group is what becomes one event of a day.
type group struct {
	kind   Kind
	wallet pocket.Address
	priced bool
}

// days holds the events of one day in the making.
type days struct {
	zone     *time.Location
	from, to time.Time
	events   []Event
	place    map[group]int
}

func (g *days) add(e *Event) error {
	key := group{e.Kind, e.Wallet, e.Value.Valid}
	i, known := g.place[key]
	if !known {
		g.place[key] = len(g.events)
		g.events = append(g.events, *e)
		return nil
	}
	sum := &g.events[i]
	amount, err := sum.Amount.Add(e.Amount)
	switch {
	case err != nil:
		return fmt.Errorf("income of %s: %w", g.from.Format(time.DateOnly), err)
	case sum.Currency != e.Currency:
		return errCurrencies(sum.Currency, e.Currency)
	}
	sum.Amount = amount
	sum.Count += e.Count
	sum.Time, sum.Height = e.Time, e.Height
	if key.priced {
		sum.Value.Decimal = sum.Value.Decimal.Add(e.Value.Decimal)
	}
	if sum.Node != e.Node {
		sum.Node = pocket.Address{}
	}
	if sum.Service != e.Service {
		sum.Service = ""
	}
	if sum.Role != e.Role {
		sum.Role = ""
	}
	if sum.Source != e.Source {
		sum.Source = ""
	}
	return nil
}

// flush yields the day's events and forgets them.
func (g *days) flush(yield func(Event, error) bool, now time.Time) bool {
	over := now.IsZero() || !g.to.After(now)
	slices.SortStableFunc(g.events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	for i := range g.events {
		e := &g.events[i]
		e.TxHash, e.Note = "", counted(e)
		e.Reference = fmt.Sprintf("%s-%s-%s", g.from.Format(time.DateOnly), e.Kind, e.Wallet)
		if e.Value.Valid {
			e.Price = decimal.NewNullDecimal(e.Value.Decimal.DivRound(e.Amount.Decimal(), pricePlaces))
		} else if e.Currency != "" {
			e.Reference += "-without-price"
		}
		if over && !yield(*e, nil) {
			return false
		}
	}
	g.events = g.events[:0]
	clear(g.place)
	return true
}

// counted says how many events a day's is made of.
func counted(e *Event) string {
	names := map[Kind][2]string{Earned: {"reward", "rewards"}, Slashed: {"slash", "slashes"}, Fee: {"fee", "fees"}}[e.Kind]
	if e.Count == 1 {
		return "1 " + names[0] + " of the day"
	}
	return report.Count(e.Count) + " " + names[1] + " of the day"
}

func errCurrencies(a, b string) error {
	return fmt.Errorf("income in %s and in %s: want one currency: %w", a, b, pocket.ErrInvalid)
}
