package monitor

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// Health is what a check says of one thing.
type Health int8

// The healths. The zero Health is Unknown: who says nothing does not know.
const (
	Unknown Health = iota // could not look: keeps an alert where it is
	Healthy
	Failing
)

// String returns the health in a word.
func (h Health) String() string {
	switch h {
	case Healthy:
		return "healthy"
	case Failing:
		return "failing"
	}
	return "unknown"
}

// A Result is what a check found out about one key.
//
// There are three kinds. A condition is failing or healthy, and lasts: a node is out of sync. A measurement has a Reading, and the rule's
// bands decide about its health: a certificate has nine days left. An occurrence happened once, and has an Occurrence: a slash. It counts
// as failing for as long as the rule's Lasts says, and another one meanwhile is told as a change.
type Result struct {
	Key
	Health     Health
	Reading    decimal.NullDecimal // of a measurement; its unit is the name's. Health is not looked at when the rule has bands
	Occurrence string              // of an occurrence: names it for ever, such as "852613-17", so that looking twice tells it once
	// Severity overrides the rule's, for a check that knows better, such as for a forced unbonding; 0 leaves it to the rule.
	Severity Severity
	Facts    Facts
	// Labels are for muting, grouping and routing: "host", "owner", "service", "chain", "operator". May be nil; not changed afterwards.
	Labels map[string]string
	// Causes are keys which, while they fire, explain this one: it stays silent then. "The node is unreachable" hides "out of sync". With
	// Unknown they explain why nobody could look, and that this lasts is no alert of its own meanwhile.
	Causes []Key
	At     time.Time     // when it was so: the block's time for what a block tells; zero means when the check looked
	Height pocket.Height // of the block that told it; 0 when none did
	Err    error         // why it could not look; only with Unknown

	once bool // an occurrence that is known to be new: a block's, which is looked at once
}
