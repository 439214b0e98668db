package check

import (
	"context"
	"errors"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A memberState says whether a supplier is in a session.
type memberState int8

const (
	unknownMember memberState = iota // the chain did not answer
	noMember
	idleMember // in a session in which nobody else claimed either
	member
)

// A sessionCall names a session of an application and a service.
type sessionCall struct {
	call
	end pocket.Height
}

// A sessionAnswer is who serves a session.
type sessionAnswer struct {
	id        string
	suppliers map[pocket.Address]bool
}

// A claimsAnswer is which claims of a session there were after a block.
type claimsAnswer struct {
	claims map[pocket.Address]pocket.Claim
	height pocket.Height
}

// membership knows who is in which session, and who has claimed for it: what the chain has answered.
type membership struct {
	chain  ClaimChain
	known  map[sessionCall]sessionAnswer
	claims map[sessionCall]claimsAnswer

	calls     map[pocket.ServiceID][]pocket.Address // applications by service
	callsRead pocket.Height
}

func newMembership(chain ClaimChain) membership {
	return membership{chain: chain, known: map[sessionCall]sessionAnswer{}, claims: map[sessionCall]claimsAnswer{}}
}

func (m *membership) of(c call, end pocket.Height, supplier pocket.Address) memberState {
	answer, known := m.known[sessionCall{c, end}]
	switch {
	case !known:
		return unknownMember
	case answer.suppliers[supplier]:
		return member
	}
	return noMember
}

// forget drops sessions that ended before a height.
func (m *membership) forget(before pocket.Height) {
	for s := range m.known {
		if s.end < before {
			delete(m.known, s)
		}
	}
	for s := range m.claims {
		if s.end < before {
			delete(m.claims, s)
		}
	}
}

// asking is asking the chain for something about calls of a session, at most so many, several at once. It returns how many were asked for,
// and whether all were answered.
func asking[A any](ctx context.Context, calls []call, known func(call) bool, most, atOnce int,
	ask func(context.Context, call) *A, take func(call, A),
) (asked int, whole bool) {
	var missing []call
	seen := map[call]bool{}
	for _, c := range calls {
		if !seen[c] && !known(c) {
			seen[c] = true
			missing = append(missing, c)
		}
	}
	asked = min(len(missing), most)
	answers := make([]*A, asked)
	parallel(ctx, asked, atOnce, func(i int) { answers[i] = ask(ctx, missing[i]) })
	whole = asked == len(missing)
	for i, answer := range answers {
		if answer == nil {
			whole = false
			continue
		}
		take(missing[i], *answer)
	}
	return asked, whole
}

// ask returns who serves a session, nil when the chain does not say.
func (m *membership) ask(ctx context.Context, c call, end pocket.Height) *sessionAnswer {
	info, err := m.chain.Session(ctx, c.application, c.service, end)
	switch {
	case errors.Is(err, pocket.ErrNotFound): // the application is not staked for the service: nobody serves it
		return &sessionAnswer{}
	case err != nil || info.End != end:
		return nil
	}
	answer := &sessionAnswer{id: info.ID, suppliers: make(map[pocket.Address]bool, len(info.Suppliers))}
	for _, s := range info.Suppliers {
		answer.suppliers[s.Operator] = true
	}
	return answer
}

// applications returns who calls a service; false when that cannot be told. They are read once a session.
func (m *membership) applications(ctx context.Context, service pocket.ServiceID, session pocket.Height) ([]pocket.Address, bool) {
	if m.calls == nil || m.callsRead != session {
		calls := map[pocket.ServiceID][]pocket.Address{}
		for a, err := range m.chain.Applications(ctx, pocket.Address{}) {
			if err != nil {
				return m.calls[service], m.calls != nil
			}
			for _, id := range a.Services {
				calls[id] = append(calls[id], a.Address)
			}
		}
		m.calls, m.callsRead = calls, session
	}
	return m.calls[service], true
}

// askClaims returns which claims of a session there are, nil when the chain does not say.
func (m *membership) askClaims(ctx context.Context, id string, now pocket.Height) *claimsAnswer {
	answer := &claimsAnswer{claims: map[pocket.Address]pocket.Claim{}, height: now}
	for claim, err := range m.chain.ClaimsOf(ctx, id) {
		if err != nil {
			return nil
		}
		answer.claims[claim.Supplier] = claim
	}
	return answer
}

// askSessions asks who serves sessions, as many as may still be asked for in this block.
func (b *claimsBlock) askSessions(ctx context.Context, end pocket.Height, calls []call) (whole bool) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	m := &b.members
	asked, whole := asking(ctx, calls, func(c call) bool { _, known := m.known[sessionCall{c, end}]; return known },
		b.lookups, b.config.AtOnce, func(ctx context.Context, c call) *sessionAnswer { return m.ask(ctx, c, end) },
		func(c call, a sessionAnswer) { m.known[sessionCall{c, end}] = a })
	b.lookups -= asked
	return whole
}

// askClaims asks which claims there are of sessions that are known, not counting what was answered before a height.
func (b *claimsBlock) askClaims(ctx context.Context, s pendingSession, calls []call, since pocket.Height) {
	if b.head.Height >= s.windows.Settlement {
		return // they have settled and are gone
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	m := &b.members
	known := func(c call) bool {
		answer, known := m.claims[sessionCall{c, s.End}]
		return known && answer.height >= since || m.known[sessionCall{c, s.End}].id == ""
	}
	asked, _ := asking(ctx, calls, known, b.lookups, b.config.AtOnce,
		func(ctx context.Context, c call) *claimsAnswer {
			return m.askClaims(ctx, m.known[sessionCall{c, s.End}].id, b.head.Height)
		},
		func(c call, a claimsAnswer) { m.claims[sessionCall{c, s.End}] = a })
	b.lookups -= asked
}

// askTimeout is how long a block may wait for answers to one question about many sessions.
const askTimeout = 5 * time.Second

// A witness says whether there were relays to serve in a session.
type witness int8

const (
	noWitness witness = iota // nobody else is in it, or that is not known
	busy                     // others have claimed
	silent                   // nobody else has claimed
)

// witnessOf tells what those who are not watched say of a session: those who are have one and the same owner too often, and fail together.
func (b *claimsBlock) witnessOf(c call, end pocket.Height, book *sessionBook) witness {
	if book.outside[c] {
		return busy
	}
	others := false
	for who := range b.members.known[sessionCall{c, end}].suppliers {
		others = others || !b.watched.set[who]
	}
	answer, known := b.members.claims[sessionCall{c, end}]
	if !others || !known {
		return noWitness
	}
	for who := range answer.claims {
		if !b.watched.set[who] {
			return busy
		}
	}
	return silent
}
