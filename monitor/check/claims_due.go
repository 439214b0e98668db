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

// pending returns the sessions whose claims have not settled before the block, oldest first.
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
		if s.windows.Settlement < b.head.Height || s.Start < 1 {
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
		b.ask(ctx, s, b.candidates(s, book)) // so that the answers are there when it matters
		return nil
	case left > lead:
		return nil
	case s.windows.ClaimClose < b.first:
		book.closed = true // all of it was before this program looked
		return nil
	case !book.judged:
		b.expect(ctx, s, book)
	}
	for _, k := range book.expected {
		if book.made[k] {
			continue
		}
		r := b.about(monitor.ClaimMissing, k, s.End)
		if p := b.book.past[k]; p != nil && p.claimed > 0 {
			r.Facts = append(r.Facts, monitor.Amount("usual", p.claimed))
		}
		book.missing[k] = true
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
	book.closed = true
	return b.relaysOf(ctx, s, book)
}

// candidates are the claims that may be expected for a session and were not made.
func (b *claimsBlock) candidates(s pendingSession, book *sessionBook) []claimKey {
	oldest := s.End - pocket.Height(b.config.Recent)*(s.End-s.Start+1)
	recent := func(ends []pocket.Height) bool {
		return slices.ContainsFunc(ends, func(end pocket.Height) bool { return end >= oldest && end < s.End })
	}
	found := map[claimKey]bool{}
	offers := map[offer]bool{}
	for k, p := range b.book.past {
		if !b.watched.set[k.supplier] || !recent(p.ends) {
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
		for _, c := range byService[o.service] {
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

// expect finds out which claims are to be expected of those that were not made.
func (b *claimsBlock) expect(ctx context.Context, s pendingSession, book *sessionBook) {
	candidates := b.candidates(s, book)
	whole := b.ask(ctx, s, candidates)
	book.expected = book.expected[:0]
	for _, k := range candidates {
		switch b.members.of(k.call(), s.End, k.supplier) {
		case member:
			book.expected = append(book.expected, k)
		case unknownMember:
			if b.always(k, s) {
				book.expected = append(book.expected, k)
			}
		}
	}
	book.judged = whole // what was not answered is asked again at the next block
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
