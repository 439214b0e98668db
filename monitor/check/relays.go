package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// relays is what is known of those who claim nothing.
type relays struct {
	silent map[offer]int                // sessions in a row in which an offer was in session and brought no claim
	told   map[offer]bool               // offers that were told of since the check began
	lastIn map[pocket.Address]time.Time // when a supplier was last in a session, or when that was first asked
	lonely map[pocket.Address]bool      // told to be in no session
}

func newRelays() relays {
	return relays{
		silent: map[offer]int{}, told: map[offer]bool{}, lastIn: map[pocket.Address]time.Time{}, lonely: map[pocket.Address]bool{},
	}
}

// A roster is the services that suppliers serve. One of which nothing is known is not in it.
type roster map[pocket.Address][]pocket.ServiceID

// serves reports whether a supplier serves a service. One of which nothing is known may.
func (r roster) serves(o offer) bool {
	services, known := r[o.supplier]
	return !known || slices.Contains(services, o.service)
}

// serving returns the services that watched suppliers had in force throughout a session.
func (b *claimsBlock) serving(ctx context.Context, s pendingSession) (roster, error) {
	known, err := b.past.Suppliers(ctx)
	if err != nil {
		return nil, fmt.Errorf("suppliers: %w", err)
	}
	serving := roster{}
	for _, k := range known {
		if !b.watched.set[k.Operator] {
			continue
		}
		serving[k.Operator] = nil
		if k.Gone {
			continue
		}
		if !k.Owner.IsZero() {
			b.book.owners[k.Operator] = k.Owner
		}
		for _, c := range k.Services {
			if inForce(k.Supplier, c.Service, s) {
				serving[k.Operator] = append(serving[k.Operator], c.Service)
			}
		}
		slices.Sort(serving[k.Operator])
	}
	return serving, nil
}

// inForce reports whether a service that is in force now was so throughout a session. A history that tells nothing is no objection.
func inForce(k pocket.Supplier, service pocket.ServiceID, s pendingSession) bool {
	told := false
	for _, u := range k.History {
		if u.Service != service {
			continue
		}
		told = true
		if u.Activation <= s.Start && (u.Deactivation == 0 || u.Deactivation > s.End) {
			return true
		}
	}
	return !told
}

// relaysOf tells who was in a session whose claim window has closed, and claimed nothing; and who is in no session for long.
func (b *claimsBlock) relaysOf(ctx context.Context, s pendingSession, book *sessionBook) error {
	serving, err := b.serving(ctx, s)
	if err != nil {
		return err
	}
	b.askSilent(ctx, s, serving, book.offers)
	for _, who := range slices.SortedFunc(maps.Keys(serving), pocket.Address.Compare) {
		if len(serving[who]) == 0 {
			continue
		}
		was, absent := false, true
		for _, service := range serving[who] {
			o := offer{who, service}
			if book.offers[o] {
				was, absent = true, false
				b.spoke(o)
				continue
			}
			state, application := b.inSession(ctx, o, s, book)
			if state == unknownMember && b.alwaysClaimed(o, s) {
				state = member
			}
			switch state {
			case member:
				was, absent = true, false
				b.silence(o, s, book, application)
			case idleMember:
				was, absent = true, false
			case unknownMember:
				absent = false
			}
		}
		b.presence(who, serving[who], was, absent)
	}
	b.leave(func(o offer) bool { return slices.Contains(serving[o.supplier], o.service) },
		func(who pocket.Address) bool { return len(serving[who]) > 0 })
	return nil
}

// askSilent asks for the sessions of all services with which somebody brought no claim, and who claimed for those that he was in.
func (b *claimsBlock) askSilent(ctx context.Context, s pendingSession, serving roster, claimed map[offer]bool) {
	silent := map[pocket.ServiceID][]pocket.Address{}
	for who, list := range serving {
		for _, service := range list {
			if !claimed[offer{who, service}] {
				silent[service] = append(silent[service], who)
			}
		}
	}
	var calls []call
	for service := range silent {
		applications, _ := b.members.applications(ctx, service, s.End)
		for _, a := range applications {
			calls = append(calls, call{a, service})
		}
	}
	slices.SortFunc(calls, func(x, y call) int {
		return cmp.Or(cmp.Compare(x.service, y.service), x.application.Compare(y.application))
	})
	b.askSessions(ctx, s.End, calls)
	calls = slices.DeleteFunc(calls, func(c call) bool {
		return !slices.ContainsFunc(silent[c.service], func(who pocket.Address) bool { return b.members.of(c, s.End, who) == member })
	})
	b.askClaims(ctx, s, calls, s.windows.ClaimOpen)
}

// inSession reports whether an offer was in a session of any application in which there were relays to serve, and of which.
func (b *claimsBlock) inSession(ctx context.Context, o offer, s pendingSession, book *sessionBook) (memberState, pocket.Address) {
	applications, known := b.members.applications(ctx, o.service, s.End)
	if !known {
		return unknownMember, pocket.Address{}
	}
	state := noMember
	for _, a := range applications {
		c := call{a, o.service}
		switch b.members.of(c, s.End, o.supplier) {
		case member:
			if b.witnessOf(c, s.End, book) != silent {
				return member, a
			}
			state = idleMember
		case unknownMember:
			if state == noMember {
				state = unknownMember
			}
		}
	}
	return state, pocket.Address{}
}

// alwaysClaimed reports whether an offer brought a claim in each of the last sessions.
func (b *claimsBlock) alwaysClaimed(o offer, s pendingSession) bool {
	length := s.End - s.Start + 1
	for i := pocket.Height(1); i <= alwaysSessions; i++ {
		book := b.book.sessions[s.End-i*length]
		if book == nil || !book.offers[o] {
			return false
		}
	}
	return true
}

// spoke tells that an offer brings claims.
func (b *claimsBlock) spoke(o offer) {
	if b.relays.silent[o] == 0 && b.relays.told[o] {
		return
	}
	b.relays.told[o] = true
	delete(b.relays.silent, o)
	b.healthy(b.result(monitor.RelayNone, o.supplier, o.service, string(o.service), monitor.Text("service", string(o.service))))
}

// silence tells that an offer was in session and brought no claim.
func (b *claimsBlock) silence(o offer, s pendingSession, book *sessionBook, application pocket.Address) {
	b.relays.told[o] = true
	b.relays.silent[o]++
	r := b.result(monitor.RelayNone, o.supplier, o.service, string(o.service), monitor.Text("service", string(o.service)),
		monitor.Count("sessions", int64(b.relays.silent[o])), monitor.Height("session_end", s.End))
	if !application.IsZero() {
		r.Facts = append(r.Facts, monitor.Address("application", application))
	}
	r.Health = monitor.Failing
	for _, k := range book.expected {
		if k.offer() == o && !book.made[k.claimKey] {
			r.Causes = append(r.Causes, monitor.Key{Name: monitor.ClaimMissing, Subject: o.supplier.String(), Part: k.part(s.End)})
		}
	}
	r.Causes = append(r.Causes, causesOf(o.supplier, monitor.SupplierUnbonding, monitor.SupplierIdle)...)
	b.results = append(b.results, r)
}

// causesOf are keys of a supplier that explain others.
func causesOf(supplier pocket.Address, names ...monitor.Name) []monitor.Key {
	list := make([]monitor.Key, len(names))
	for i, name := range names {
		list[i] = monitor.Key{Name: name, Subject: supplier.String()}
	}
	return list
}

// presence tells whether a supplier is in sessions at all.
func (b *claimsBlock) presence(who pocket.Address, services []pocket.ServiceID, was, absent bool) {
	last, known := b.relays.lastIn[who]
	if was || !known {
		last = b.head.Time
		b.relays.lastIn[who] = last
	}
	r := b.result(monitor.SupplierNoSession, who, "", "", monitor.Instant("since", last), monitor.Text("services", list(services)))
	switch {
	case was && (b.relays.lonely[who] || !known):
		delete(b.relays.lonely, who)
		b.healthy(r)
	case absent && b.head.Time.Sub(last) >= b.config.Alone:
		b.relays.lonely[who] = true
		r.Health = monitor.Failing
		r.Causes = causesOf(who, monitor.SupplierUnbonding, monitor.SupplierIdle)
		b.results = append(b.results, r)
	}
}

// leave ends what was told of a supplier or a service that is not watched any more, or does not serve.
func (b *claimsBlock) leave(keeps func(offer) bool, stays func(pocket.Address) bool) {
	gone := monitor.Text("outcome", "not watched any more")
	for o := range b.relays.told {
		if keeps(o) {
			continue
		}
		if b.relays.silent[o] > 0 {
			b.healthy(b.result(monitor.RelayNone, o.supplier, o.service, string(o.service), gone))
		}
		delete(b.relays.told, o)
		delete(b.relays.silent, o)
	}
	for who := range b.relays.lastIn {
		if stays(who) {
			continue
		}
		if b.relays.lonely[who] {
			b.healthy(b.result(monitor.SupplierNoSession, who, "", "", gone))
		}
		delete(b.relays.lastIn, who)
		delete(b.relays.lonely, who)
	}
}

// unwatch ends all that was told of suppliers that are not watched any more.
func (b *claimsBlock) unwatch(went []pocket.Address) {
	if len(went) == 0 {
		return
	}
	b.leave(func(o offer) bool { return b.watched.set[o.supplier] }, func(who pocket.Address) bool { return b.watched.set[who] })
	for end, book := range b.book.sessions {
		for k := range book.missing {
			if !b.watched.set[k.supplier] {
				b.healthy(b.about(monitor.ClaimMissing, k, end))
				delete(book.missing, k)
			}
		}
		for k, c := range book.claims {
			if c.told && !b.watched.set[k.supplier] {
				b.healthy(b.about(monitor.ProofMissing, k, end))
				c.told = false
			}
		}
		book.expected = slices.DeleteFunc(book.expected, func(k expectedClaim) bool { return !b.watched.set[k.supplier] })
	}
}
