package rewards

import (
	"fmt"
	"time"

	"github.com/poktbot/poktbot/internal/same"
	"github.com/poktbot/poktbot/pocket"
)

// Values returns what both tell of a field that [Difference.Fields] names, or of the "amount" that an event is about, for people: "1.5 POKT",
// "12". It is "" for a source that does not tell the event.
func (d Difference) Values(field string) (first, second string) {
	if d.Kind == SumsDiffer || d.Kind == CannotTell {
		return sumValue(&d.FirstSums, field), sumValue(&d.SecondSums, field)
	}
	return eventValue(d.First, field), eventValue(d.Second, field)
}

func sumValue(s *Sums, field string) string {
	for _, f := range sumFields {
		switch {
		case f.name != field:
		case f.amount:
			return pocket.Upokt(*f.of(s)).String()
		default:
			return fmt.Sprint(*f.of(s))
		}
	}
	return ""
}

func eventValue(e pocket.Event, field string) string {
	if e == nil {
		return ""
	}
	switch field {
	case "time":
		return e.Where().Time.UTC().Format(time.RFC3339Nano)
	case "amount":
		return same.AmountOf(e).String()
	}
	switch e := e.(type) {
	case pocket.Settlement:
		return settlementValue(&e, field)
	case pocket.ClaimExpiry:
		switch field {
		case "claimed":
			return e.Claimed.String()
		case "reason":
			return e.Reason
		case "relays":
			return fmt.Sprint(e.Relays)
		case "compute units":
			return fmt.Sprint(e.EstimatedComputeUnits)
		}
	case pocket.Slash:
		switch field {
		case "penalty":
			return e.Penalty.String()
		case "stake after":
			return e.StakeAfter.String()
		}
	}
	return ""
}

func settlementValue(s *pocket.Settlement, field string) string {
	switch field {
	case "claimed":
		return s.Claimed.String()
	case "settled":
		return s.Settled.String()
	case "minted":
		return s.Minted.String()
	case "overserviced":
		return s.Overserviced.String()
	case "deflated":
		return s.Deflated.String()
	case "owner":
		return s.Owner.String()
	case "relays":
		return fmt.Sprint(s.Relays)
	case "estimated relays":
		return fmt.Sprint(s.EstimatedRelays)
	case "compute units":
		return fmt.Sprint(s.EstimatedComputeUnits)
	case "shares":
		var sum pocket.Upokt
		for _, share := range s.Shares {
			sum += share.Amount
		}
		return fmt.Sprintf("%s in %d shares, %s of it to the supplier's side", sum, len(s.Shares), s.SupplierSide())
	}
	return ""
}
