package check

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A claimKey names a claim within its session.
type claimKey struct {
	supplier, application pocket.Address
	service               pocket.ServiceID
}

func (k claimKey) offer() offer { return offer{k.supplier, k.service} }
func (k claimKey) call() call   { return call{k.application, k.service} }

// part is the part of a key of package monitor.
func (k claimKey) part(end pocket.Height) string {
	return string(k.service) + "/" + strconv.FormatInt(int64(end), 10) + "/" + k.application.String()
}

// An offer is a supplier and a service that it serves.
type offer struct {
	supplier pocket.Address
	service  pocket.ServiceID
}

// A call is an application and a service that it calls.
type call struct {
	application pocket.Address
	service     pocket.ServiceID
}

// A claimState is what is known of a claim that has not settled.
type claimState struct {
	claimed pocket.Upokt
	proved  bool
	refused string // why the chain did not accept the last proof

	need need
	told bool // that the proof is missing
}

// A sessionBook is what is known of the claims of one session.
type sessionBook struct {
	claims  map[claimKey]*claimState
	made    map[claimKey]bool // claims that were ever made, settled ones too
	offers  map[offer]bool    // with which claims were made
	called  map[call]bool     // for which anybody has claimed
	outside map[call]bool     // for which somebody has who is not watched

	expected []expectedClaim   // those that were missing when the window was about to close
	judged   bool              // expected is filled
	missing  map[claimKey]bool // told to be missing
	closed   bool              // what did not come is lost, and that was told
}

// An expectedClaim is one that should come.
type expectedClaim struct {
	claimKey
	sure bool // others have claimed for the same session
}

// A claimPast is when a supplier claimed for an application and service.
type claimPast struct {
	ends    []pocket.Height // of sessions, ascending
	claimed pocket.Upokt    // for the last of them
}

// A claimBook holds the claims of the last sessions.
type claimBook struct {
	sessions map[pocket.Height]*sessionBook // by their ends
	past     map[claimKey]*claimPast
	owners   map[pocket.Address]pocket.Address
}

func newClaimBook() *claimBook {
	return &claimBook{
		sessions: map[pocket.Height]*sessionBook{}, past: map[claimKey]*claimPast{}, owners: map[pocket.Address]pocket.Address{},
	}
}

func (b *claimBook) session(end pocket.Height) *sessionBook {
	s := b.sessions[end]
	if s == nil {
		s = &sessionBook{
			claims: map[claimKey]*claimState{}, made: map[claimKey]bool{}, offers: map[offer]bool{}, called: map[call]bool{}, outside: map[call]bool{},
			missing: map[claimKey]bool{},
		}
		b.sessions[end] = s
	}
	return s
}

// claim notes that a claim was made, and returns it.
func (b *claimBook) claim(k claimKey, end pocket.Height, claimed pocket.Upokt) *claimState {
	s := b.session(end)
	c := s.claims[k]
	if c == nil {
		c = &claimState{}
		s.claims[k] = c
	}
	c.claimed = claimed
	b.made(k, end, claimed)
	return c
}

// pastKept is of how many sessions it is remembered who claimed.
const pastKept = 16

func (b *claimBook) made(k claimKey, end pocket.Height, claimed pocket.Upokt) {
	s := b.session(end)
	s.made[k], s.offers[k.offer()] = true, true
	p := b.past[k]
	if p == nil {
		p = &claimPast{}
		b.past[k] = p
	}
	if i, known := slices.BinarySearch(p.ends, end); !known {
		p.ends = slices.Insert(p.ends, i, end)
		p.ends = p.ends[max(0, len(p.ends)-pastKept):]
	}
	if claimed > 0 && p.ends[len(p.ends)-1] == end {
		p.claimed = claimed
	}
}

// keyOf returns the claim that an event is about and its session's end; false when it is about none.
func keyOf(event pocket.Event) (claimKey, pocket.Height, bool) {
	var end pocket.Height
	switch e := event.(type) {
	case pocket.ClaimCreation:
		end = e.SessionEnd
	case pocket.ProofSubmission:
		end = e.SessionEnd
	case pocket.ProofCheck:
		end = e.SessionEnd
	case pocket.Settlement:
		end = e.SessionEnd
	case pocket.ClaimExpiry:
		end = e.SessionEnd
	case pocket.ClaimDiscard:
		end = e.SessionEnd
	default:
		return claimKey{}, 0, false
	}
	s := pocket.SubjectOf(event)
	return claimKey{s.Supplier, s.Application, s.Service}, end, end > 0
}

// take enters an event of a watched supplier.
func (b *claimBook) take(event pocket.Event) {
	k, end, ok := keyOf(event)
	if !ok {
		return
	}
	switch e := event.(type) {
	case pocket.ClaimCreation:
		b.claim(k, end, e.Claimed)
	case pocket.ProofSubmission:
		c := b.claim(k, end, e.Claimed)
		c.proved, c.refused = true, ""
	case pocket.ProofCheck:
		if c := b.session(end).claims[k]; c != nil && e.Status != pocket.ProofPending {
			c.proved, c.refused = e.Status == pocket.ProofValidated, e.Failure
		}
	case pocket.Settlement:
		if !e.Owner.IsZero() {
			b.owners[k.supplier] = e.Owner
		}
		b.made(k, end, e.Claimed)
		delete(b.session(end).claims, k)
	case pocket.ClaimExpiry:
		b.made(k, end, e.Claimed)
		delete(b.session(end).claims, k)
	case pocket.ClaimDiscard:
		b.made(k, end, 0)
		delete(b.session(end).claims, k)
	}
}

// forget drops what is too old to matter: sessions that ended before one height, and claims last made before another.
func (b *claimBook) forget(sessions, claims pocket.Height) {
	for end := range b.sessions {
		if end < sessions {
			delete(b.sessions, end)
		}
	}
	for k, p := range b.past {
		if p.ends[len(p.ends)-1] < claims {
			delete(b.past, k)
		}
	}
}

// absorb takes in the block's events and tells what they say.
func (b *claimsBlock) absorb() {
	var proofs []sessionClaim
	for _, event := range b.head.Events {
		if e, ok := event.(pocket.Overservicing); ok {
			b.overserviced(e)
			continue
		}
		k, end, ok := keyOf(event)
		if !ok {
			continue
		}
		if _, made := event.(pocket.ClaimCreation); made {
			s := b.book.session(end)
			s.called[k.call()] = true
			if !b.watched.set[k.supplier] {
				s.outside[k.call()] = true
			}
		}
		if !b.watched.set[k.supplier] {
			continue
		}
		b.event(event, k, end)
		if _, sent := event.(pocket.ProofSubmission); sent {
			proofs = append(proofs, sessionClaim{k, end})
		}
	}
	for _, p := range proofs { // at last, since the block's end says whether they hold
		b.proofCame(p.key, p.end)
	}
}

// A sessionClaim names a claim.
type sessionClaim struct {
	key claimKey
	end pocket.Height
}

// event takes in an event of a watched supplier. Whether anybody was told that something was missing is not known of the time before this
// program ran, so until it has caught up the good news is always told.
func (b *claimsBlock) event(event pocket.Event, k claimKey, end pocket.Height) {
	s := b.book.session(end)
	before := s.claims[k]
	b.book.take(event)
	switch e := event.(type) {
	case pocket.ClaimCreation:
		if s.missing[k] || !b.caughtUp {
			delete(s.missing, k)
			b.healthy(b.about(monitor.ClaimMissing, k, end))
		}
	case pocket.Settlement:
		b.proofOver(before, k, end, "")
	case pocket.ClaimExpiry:
		b.proofOver(before, k, end, "lost")
		r := b.about(monitor.ClaimExpired, k, end)
		r.Facts = append(append(r.Facts, monitor.Amount("claimed", e.Claimed)), b.reward(e.Claimed)...)
		r.Facts = append(r.Facts, monitor.Text("reason", e.Reason))
		b.occurred(r, occurrence(e.At))
	case pocket.ClaimDiscard:
		b.proofOver(before, k, end, "lost")
		r := b.about(monitor.ClaimDiscarded, k, end)
		if before != nil && before.claimed > 0 {
			r.Facts = append(append(r.Facts, monitor.Amount("claimed", before.claimed)), b.reward(before.claimed)...)
		}
		r.Facts = append(r.Facts, monitor.Text("error", e.Error))
		b.occurred(r, occurrence(e.At))
	}
}

// proofCame tells that a proof is not missing any more, unless it was refused.
func (b *claimsBlock) proofCame(k claimKey, end pocket.Height) {
	if c := b.book.session(end).claims[k]; c != nil && c.proved && (c.told || !b.caughtUp) {
		c.told = false
		b.healthy(b.about(monitor.ProofMissing, k, end))
	}
}

// proofOver tells that nothing is missing any more, for good or ill. An outcome is told before, so that nobody takes the end for good news.
func (b *claimsBlock) proofOver(before *claimState, k claimKey, end pocket.Height, outcome string) {
	told := before != nil && before.told
	if told && outcome != "" {
		r := b.about(monitor.ProofMissing, k, end)
		r.Health = monitor.Failing
		r.Facts = append(append(r.Facts, monitor.Amount("claimed", before.claimed)), b.reward(before.claimed)...)
		r.Facts = append(r.Facts, monitor.Text("outcome", outcome))
		b.results = append(b.results, r)
	}
	if told || !b.caughtUp {
		b.healthy(b.about(monitor.ProofMissing, k, end))
	}
}

func (b *claimsBlock) overserviced(e pocket.Overservicing) {
	if !b.watched.set[e.Supplier] {
		return
	}
	r := b.result(monitor.SupplierOverserviced, e.Supplier, e.Service, string(e.Service)+"/"+e.Application.String(),
		monitor.Text("service", string(e.Service)), monitor.Address("application", e.Application))
	lost := e.Expected - e.Effective
	if e.Expected > 0 {
		part := decimal.NewFromInt(int64(lost)).DivRound(decimal.NewFromInt(int64(e.Expected)), 6)
		r.Reading = decimal.NewNullDecimal(part)
		r.Facts = append(r.Facts, monitor.Part("part", part))
	}
	r.Facts = append(r.Facts, monitor.Amount("lost", lost), monitor.Amount("expected", e.Expected))
	if e.SessionEnd > 0 {
		r.Facts = append(r.Facts, monitor.Height("session_end", e.SessionEnd))
	}
	b.occurred(r, occurrence(e.At))
}

// times returns a part of an amount, rounded down as the chain does.
func times(amount pocket.Upokt, part decimal.Decimal) pocket.Upokt {
	return pocket.Upokt(decimal.NewFromInt(int64(amount)).Mul(part).IntPart())
}
