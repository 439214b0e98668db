package index

import (
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// only returns the events that l would have chosen of a chain's block. Events may be changed.
func (l look) only(events []pocket.Event) []pocket.Event {
	if l.mentions == nil {
		return events
	}
	return slices.DeleteFunc(events, func(e pocket.Event) bool { return e != nil && !l.concerns(e) })
}

// concerns reports whether l would have chosen an event: one of its addresses stands in it, in whatever role.
func (l look) concerns(e pocket.Event) bool {
	if l.mentions == nil {
		return true
	}
	who := pocket.SubjectOf(e)
	if l.mentions[who.Supplier] || l.mentions[who.Owner] || l.mentions[who.Application] {
		return true
	}
	switch e := e.(type) { // the most frequent ones, whose addresses are all looked at here
	case pocket.Settlement:
		return slices.ContainsFunc(e.Shares, func(s pocket.Share) bool { return l.mentions[s.Recipient] })
	case pocket.ClaimCreation, pocket.ProofSubmission, pocket.ProofCheck, pocket.ClaimExpiry, pocket.Slash, pocket.Overservicing:
		return false
	}
	text, err := packPayload(e)
	if err != nil {
		return false
	}
	for a := range l.mentions {
		if strings.Contains(text, a.String()) {
			return true
		}
	}
	return false
}
