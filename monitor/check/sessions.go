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

// membership knows who is in which session: the chain is asked once for each.
type membership struct {
	chain ClaimChain
	known map[sessionCall]sessionAnswer

	calls     map[pocket.ServiceID][]pocket.Address // applications by service
	callsRead pocket.Height
}

func newMembership(chain ClaimChain) membership {
	return membership{chain: chain, known: map[sessionCall]sessionAnswer{}}
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
}

// read asks for sessions that are not known, at most so many, several at once. It returns how many were asked for and whether all are known.
func (m *membership) read(ctx context.Context, calls []call, end pocket.Height, most, atOnce int) (asked int, whole bool) {
	var missing []call
	seen := map[call]bool{}
	for _, c := range calls {
		if _, known := m.known[sessionCall{c, end}]; !known && !seen[c] {
			seen[c] = true
			missing = append(missing, c)
		}
	}
	asked = min(len(missing), most)
	answers := make([]*sessionAnswer, asked)
	parallel(ctx, asked, atOnce, func(i int) { answers[i] = m.ask(ctx, missing[i], end) })
	whole = asked == len(missing)
	for i, answer := range answers {
		if answer == nil {
			whole = false
			continue
		}
		m.known[sessionCall{missing[i], end}] = *answer
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

// ask asks for the sessions of claims, as many as may still be asked for in this block.
func (b *claimsBlock) ask(ctx context.Context, s pendingSession, claims []claimKey) (whole bool) {
	calls := make([]call, len(claims))
	for i, k := range claims {
		calls[i] = k.call()
	}
	return b.askCalls(ctx, s.End, calls)
}

// askCalls is ask of applications and services.
func (b *claimsBlock) askCalls(ctx context.Context, end pocket.Height, calls []call) (whole bool) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	asked, whole := b.members.read(ctx, calls, end, b.lookups, b.config.AtOnce)
	b.lookups -= asked
	return whole
}

// askTimeout is how long a block may wait for sessions, all together.
const askTimeout = 5 * time.Second
