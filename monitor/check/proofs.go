package check

import (
	"context"
	"slices"

	"github.com/poktbot/poktbot/monitor"
)

// A need says whether a claim needs a proof.
type need int8

const (
	unknownNeed  need = iota // not found out yet
	noNeed                   // neither by its worth nor by chance
	byWorth                  // it is worth at least the threshold
	drawn                    // the chain has drawn it
	possibleNeed             // it may be drawn, and that cannot be reckoned
)

// proofsOf looks at the proof window of a session.
func (b *claimsBlock) proofsOf(ctx context.Context, s pendingSession) {
	left, lead := s.windows.ProofClose-b.head.Height, b.config.lead(s.windows.ProofOpen, s.windows.ProofClose)
	if left <= 0 || b.head.Height < s.windows.ProofOpen {
		return
	}
	book := b.book.sessions[s.End]
	if book == nil {
		return
	}
	claims := b.unproved(book, left <= lead)
	b.learnNeeds(ctx, s, book, claims)
	for _, k := range claims {
		c := book.claims[k]
		if c.need == noNeed {
			continue
		}
		c.told = true
		r := b.about(monitor.ProofMissing, k, s.End)
		r.Health = monitor.Failing
		r.Facts = append(append(r.Facts, monitor.Amount("claimed", c.claimed)), b.reward(c.claimed)...)
		r.Facts = append(r.Facts, monitor.Amount("penalty", b.params.Proof.MissingPenalty))
		switch c.need {
		case byWorth:
			r.Facts = append(r.Facts, monitor.Text("requirement", "threshold"))
		case drawn:
			r.Facts = append(r.Facts, monitor.Text("requirement", "drawn"))
		default:
			r.Severity = monitor.Warning
			r.Facts = append(r.Facts, monitor.Text("requirement", "possible"), monitor.Part("probability", b.params.Proof.RequestProbability))
		}
		if c.refused != "" {
			r.Facts = append(r.Facts, monitor.Text("refused", c.refused))
		}
		r.Facts = append(r.Facts, b.pace.left(left)...)
		b.results = append(b.results, r)
	}
}

// unproved returns the claims of a session without a good proof: all, or only those whose proof was refused.
func (b *claimsBlock) unproved(book *sessionBook, all bool) []claimKey {
	var list []claimKey
	for k, c := range book.claims {
		if !c.proved && (all || c.refused != "") && b.watched.set[k.supplier] {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, claimKey.compare)
	return list
}

// learnNeeds finds out which claims need a proof. What cannot be reckoned now is tried again at the next block.
func (b *claimsBlock) learnNeeds(ctx context.Context, s pendingSession, book *sessionBook, claims []claimKey) {
	proof := b.params.Proof
	var chance []claimKey
	for _, k := range claims {
		switch c := book.claims[k]; {
		case c.claimed >= proof.RequirementThreshold:
			c.need = byWorth
		case !proof.RequestProbability.IsPositive():
			c.need = noNeed
		case c.need != noNeed && c.need != drawn:
			c.need = possibleNeed
			chance = append(chance, k)
		}
	}
	if len(chance) == 0 {
		return
	}
	seed, err := b.past.Block(ctx, s.windows.SeedHeight())
	if err != nil {
		return
	}
	b.askSessions(ctx, s.End, callsOf(chance))
	b.askClaims(ctx, s, callsOf(chance), s.windows.ClaimClose)
	for _, k := range chance {
		if is := b.reckon(s, k, seed.Hash); is != unknownNeed {
			book.claims[k].need = is
		}
	}
}

// reckon finds out whether the chain has drawn a claim.
func (b *claimsBlock) reckon(s pendingSession, k claimKey, seedHash string) need {
	claim, known := b.members.claims[sessionCall{k.call(), s.End}].claims[k.supplier]
	if !known || claim.SessionEnd != s.End {
		return unknownNeed
	}
	switch is, err := b.params.Proof.Draws(claim, seedHash); {
	case err != nil:
		return unknownNeed
	case is:
		return drawn
	}
	return noNeed
}
