package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A pending session has ended and not settled yet.
type pendingSession struct {
	pocket.Session
	windows pocket.Windows
}

// pending returns the sessions whose claims have not settled before the block, and those whose claim windows have closed while older blocks
// were read, oldest first.
func (b *claimsBlock) pending(ctx context.Context) ([]pendingSession, error) {
	var list []pendingSession
	// The newest one: that of the block may have another length than the one before.
	end := b.params.Shared.Session(b.head.Height).Start - 1
	for end > 0 {
		shared, err := b.protocol.sharedAt(ctx, end)
		if err != nil {
			return nil, err
		}
		s := pendingSession{shared.Session(end), shared.Windows(end)}
		unsettled, missed := s.windows.Settlement >= b.head.Height, s.windows.ClaimClose >= b.first && !b.book.session(end).closed
		if !unsettled && (!missed || len(list) >= b.config.Recent) || s.Start < 1 {
			break
		}
		list = append(list, s)
		end = s.Start - 1
	}
	slices.Reverse(list)
	return list, nil
}

// judge tells what is missing.
func (b *claimsBlock) judge(ctx context.Context) error {
	sessions, err := b.pending(ctx)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if err := b.claimsOf(ctx, s); err != nil {
			return err
		}
		b.proofsOf(ctx, s)
	}
	if len(sessions) > 0 {
		length := sessions[0].End - sessions[0].Start + 1
		b.book.forget(sessions[0].Start-2*length, sessions[0].Start-pastKept*length)
		b.members.forget(sessions[0].Start - 2*length)
	}
	return nil
}

// lead is how many blocks before its end a window is spoken of.
func (c ClaimsConfig) lead(opens, closes pocket.Height) pocket.Height {
	return min(pocket.Height(c.Lead), (closes-opens)/2)
}

// claimsOf looks at the claim window of a session.
func (b *claimsBlock) claimsOf(ctx context.Context, s pendingSession) error {
	book := b.book.session(s.End)
	left, lead := s.windows.ClaimClose-b.head.Height, b.config.lead(s.windows.ClaimOpen, s.windows.ClaimClose)
	switch {
	case book.closed:
		return nil
	case left == lead+1 && b.quiet():
		b.askSessions(ctx, s.End, callsOf(b.candidates(s, book))) // so that the answers are there when it matters
		return nil
	case left > lead:
		return nil
	case s.windows.ClaimClose < b.first:
		book.closed = true // all of it was before this program looked
		return nil
	case !book.judged:
		if err := b.expect(ctx, s, book); err != nil {
			return err
		}
	}
	for _, k := range book.expected {
		if book.made[k.claimKey] {
			continue
		}
		r := b.about(monitor.ClaimMissing, k.claimKey, s.End)
		if !k.sure {
			r.Severity = monitor.Warning
		}
		if p := b.book.past[k.claimKey]; p != nil && p.claimed > 0 {
			r.Facts = append(r.Facts, monitor.Amount("usual", p.claimed))
		}
		book.missing[k.claimKey] = true
		if left > 0 {
			r.Health, r.Facts = monitor.Failing, append(r.Facts, b.pace.left(left)...)
			b.results = append(b.results, r)
			continue
		}
		r.Facts = append(r.Facts, monitor.Text("outcome", "lost"))
		b.occurred(r, fmt.Sprintf("lost-%d", s.End))
	}
	if left > 0 {
		return nil
	}
	if s.Start < b.first { // one that this program found pending may have been told of before it ran
		for _, k := range b.candidates(s, book) {
			if !book.missing[k] {
				b.healthy(b.about(monitor.ClaimMissing, k, s.End))
			}
		}
	}
	book.closed = true
	return b.relaysOf(ctx, s, book)
}

// candidates are the claims that may be expected for a session and were not made.
func (b *claimsBlock) candidates(s pendingSession, book *sessionBook) []claimKey {
	found := map[claimKey]bool{}
	offers := map[offer]bool{}
	for k := range b.book.past {
		if !b.watched.set[k.supplier] || !b.recent(k, s) {
			continue
		}
		offers[k.offer()] = true
		if !book.made[k] {
			found[k] = true
		}
	}
	byService := map[pocket.ServiceID][]call{}
	for c := range book.called {
		byService[c.service] = append(byService[c.service], c)
	}
	for o := range offers {
		for _, c := range byService[o.service] { // it may be in a session of an application that it never served
			if k := (claimKey{o.supplier, c.application, c.service}); !book.made[k] {
				found[k] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), claimKey.compare)
}

func (k claimKey) compare(l claimKey) int {
	return cmp.Or(k.supplier.Compare(l.supplier), cmp.Compare(k.service, l.service), k.application.Compare(l.application))
}

func callsOf(claims []claimKey) []call {
	calls := make([]call, len(claims))
	for i, k := range claims {
		calls[i] = k.call()
	}
	return calls
}

// expect finds out which claims are to be expected of those that were not made.
func (b *claimsBlock) expect(ctx context.Context, s pendingSession, book *sessionBook) error {
	candidates := b.candidates(s, book)
	whole := b.askSessions(ctx, s.End, callsOf(candidates))
	members := slices.DeleteFunc(slices.Clone(candidates), func(k claimKey) bool {
		return b.members.of(k.call(), s.End, k.supplier) != member
	})
	b.askClaims(ctx, s, callsOf(members), s.windows.ClaimOpen)
	var serves func(offer) bool // looked up when it is needed
	book.expected = book.expected[:0]
	for _, k := range candidates {
		sure := false
		switch b.members.of(k.call(), s.End, k.supplier) {
		case member:
			seen := b.witnessOf(k.call(), s.End, book)
			if _, made := b.members.claims[sessionCall{k.call(), s.End}].claims[k.supplier]; made || seen == silent || seen == noWitness && !b.recent(k, s) {
				continue
			}
			sure = seen == busy
		case noMember:
			continue
		case unknownMember:
			if !b.always(k, s) {
				continue
			}
			if serves == nil {
				serving, err := b.serving(ctx, s)
				if err != nil {
					return err
				}
				serves = serving.serves
			}
			if !serves(k.offer()) {
				continue
			}
		}
		book.expected = append(book.expected, expectedClaim{k, sure})
	}
	book.judged = whole // what was not answered is asked again at the next block
	return nil
}

// recent reports whether a claim was made in one of the sessions before one that count.
func (b *claimsBlock) recent(k claimKey, s pendingSession) bool {
	p := b.book.past[k]
	oldest := s.End - pocket.Height(b.config.Recent)*(s.End-s.Start+1)
	return p != nil && slices.ContainsFunc(p.ends, func(end pocket.Height) bool { return end >= oldest && end < s.End })
}

// alwaysSessions is in how many sessions before one a claim must have been made to be expected of a supplier without the chain's word.
const alwaysSessions = 3

// always reports whether a claim was made in each of the last sessions.
func (b *claimsBlock) always(k claimKey, s pendingSession) bool {
	p := b.book.past[k]
	if p == nil {
		return false
	}
	length := s.End - s.Start + 1
	for i := pocket.Height(1); i <= alwaysSessions; i++ {
		if _, made := slices.BinarySearch(p.ends, s.End-i*length); !made {
			return false
		}
	}
	return true
}
