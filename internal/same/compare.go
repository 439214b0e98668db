package same

import (
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A Comparison is of two tellings of one event.
type Comparison struct {
	Differ []string // what they tell otherwise: "claimed", "shares"
	Untold []string // what one of them or both do not tell, so that nobody can say
}

// Compare compares two tellings of one event. Of what does not enter into sums only the amount is looked at. Counts, and amounts of
// the latter, that are 0 are taken for not told.
func Compare(a, b pocket.Event) Comparison {
	var c Comparison
	switch a := a.(type) {
	case pocket.Settlement:
		if b, ok := b.(pocket.Settlement); ok {
			c.settlements(&a, &b)
		}
	case pocket.ClaimExpiry:
		if b, ok := b.(pocket.ClaimExpiry); ok {
			c.differ("claimed", a.Claimed != b.Claimed)
			c.differ("reason", a.Reason != "" && b.Reason != "" && strings.Trim(a.Reason, `"`) != strings.Trim(b.Reason, `"`))
			c.counts("relays", a.Relays, b.Relays)
			c.counts("compute units", a.EstimatedComputeUnits, b.EstimatedComputeUnits)
		}
	case pocket.Slash:
		if b, ok := b.(pocket.Slash); ok {
			c.differ("penalty", a.Penalty != b.Penalty)
			c.differ("stake after", !a.StakeUnknown && !b.StakeUnknown && a.StakeAfter != b.StakeAfter)
			c.untold("stake after", a.StakeUnknown || b.StakeUnknown)
		}
	default:
		c.counts("amount", int64(AmountOf(a)), int64(AmountOf(b)))
	}
	return c
}

func (c *Comparison) differ(what string, is bool) {
	if is {
		c.Differ = append(c.Differ, what)
	}
}

func (c *Comparison) untold(what string, is bool) {
	if is {
		c.Untold = append(c.Untold, what)
	}
}

func (c *Comparison) counts(what string, a, b int64) {
	c.differ(what, a != b && a != 0 && b != 0)
}

func (c *Comparison) settlements(a, b *pocket.Settlement) {
	c.differ("owner", !either(a.Owner, b.Owner))
	c.counts("relays", a.Relays, b.Relays)
	c.counts("estimated relays", a.EstimatedRelays, b.EstimatedRelays)
	c.counts("compute units", a.EstimatedComputeUnits, b.EstimatedComputeUnits)
	c.differ("claimed", a.Claimed != b.Claimed)
	lacks := a.Lacks | b.Lacks
	if lacks.Has(pocket.LacksAmounts) {
		c.untold("amounts", true)
	} else {
		c.differ("settled", a.Settled != b.Settled)
		c.differ("minted", a.Minted != b.Minted)
		c.differ("overserviced", a.Overserviced != b.Overserviced)
		c.differ("deflated", a.Deflated != b.Deflated)
	}
	switch {
	case lacks.Has(pocket.LacksShares):
		c.untold("shares", true)
	default:
		c.untold("reasons", lacks.Has(pocket.LacksReasons))
		c.differ("shares", !sameShares(a, b, lacks.Has(pocket.LacksReasons)))
	}
}

// sameShares reports whether both paid the same to everybody, for the same reasons if those are told.
func sameShares(a, b *pocket.Settlement, withoutReasons bool) bool {
	type payment struct {
		to  pocket.Address
		why pocket.Reason
	}
	paid := map[payment]pocket.Upokt{}
	add := func(shares []pocket.Share, sign pocket.Upokt) {
		for _, s := range shares {
			if withoutReasons {
				s.Reason = ""
			}
			paid[payment{s.Recipient, s.Reason}] += sign * s.Amount
		}
	}
	add(a.Shares, 1)
	add(b.Shares, -1)
	for _, amount := range paid {
		if amount != 0 {
			return false
		}
	}
	return true
}
