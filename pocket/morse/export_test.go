package morse

import "github.com/poktbot/poktbot/pocket"

// WithProgramHeights sets the heights in the node's program, which the late recorded chain has lowered.
func WithProgramHeights(until, from pocket.Height) Option {
	return func(c *config) { c.outputPaidUntil, c.outputPaidFrom = until, from }
}
