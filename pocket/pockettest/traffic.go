package pockettest

import (
	"cmp"
	"encoding/hex"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/pocket"
)

// A claim is what one supplier claims for one session with one application.
type claim struct {
	supplier, application, service int
	sessionID                      string
	session                        pocket.Session
	number                         int // among the supplier's claims of this session, from 0

	relays, estimatedRelays int64
	units, estimatedUnits   int64
	claimed                 pocket.Upokt
	requirement             pocket.ProofRequirement
	proof                   proofKind
	proves                  bool // a proof is sent unless something is made to go wrong

	claimedAt, provedAt pocket.Height // when it is claimed, and proved if it is
}

type proofKind uint8

const (
	noProof   proofKind = iota // none was asked for and none sent
	goodProof                  // sent, and valid
	lateProof                  // asked for and not sent
	badProof                   // sent, and invalid
)

// expires reports whether the claim is not paid.
func (c *claim) expires() bool { return c.proof == lateProof || c.proof == badProof }

// hours are the traffic of each hour of the day, UTC, in per mille of the mean.
var hours = [24]int64{
	780, 730, 700, 690, 700, 740, 810, 900, 980, 1050, 1100, 1150, 1200, 1260, 1310, 1330, 1310, 1260, 1190, 1120, 1040, 970, 900, 840,
}

// rhythm returns how busy the chain is at a height, in per mille: it breathes with the hour and the weekday, and grows.
func (w *world) rhythm(h pocket.Height) int64 {
	since := time.Duration(h-1) * w.cfg.BlockTime
	t := w.cfg.Start.Add(since)
	minute, hour := int64(t.Minute()), t.Hour()
	r := (hours[hour]*(60-minute) + hours[(hour+1)%24]*minute) / 60
	if day := t.Weekday(); day == time.Saturday || day == time.Sunday {
		r = r * 85 / 100
	}
	growth := int64(max(w.cfg.Growth, 0))
	return r * (1000 + growth*10*int64(since/(24*time.Hour))/30) / 1000
}

// served returns which suppliers an application reaches in a session: count neighbours, from first on, in the circle of those who serve it.
func (w *world) served(s pocket.Session, app int) (first, count int64) {
	a := w.applications[app]
	circle := int64(len(w.servedBy[a.service]))
	if circle == 0 {
		return 0, 0
	}
	d := throw(w.cfg.Seed, forTraffic, uint64(s.Start), uint64(app))
	first = d.below(circle)
	wanted := int64(w.cfg.ClaimsPerSession) * w.rhythm(s.Start) * a.weight // in millionths
	count = wanted / 1_000_000
	if d.chance(wanted % 1_000_000) {
		count++
	}
	return first, min(count, circle, max(1, w.sharedSuppliers(s)))
}

func (w *world) sharedSuppliers(s pocket.Session) int64 {
	return inForce(w.others, s.Start).params.SuppliersPerSession
}

// reaches reports whether an application is served by a supplier in a session.
func (w *world) reaches(s pocket.Session, app, supplier int) bool {
	circle := w.servedBy[w.applications[app].service]
	place, ok := slices.BinarySearch(circle, supplier)
	if !ok {
		return false
	}
	first, count := w.served(s, app)
	n := int64(len(circle))
	return (int64(place)-first+n)%n < count
}

// applicationsOf returns which applications a supplier would serve in a session, were it active.
func (w *world) applicationsOf(s pocket.Session, supplier int) []int {
	var apps []int
	for app, a := range w.applications {
		if slices.Contains(w.suppliers[supplier].services, a.service) && w.reaches(s, app, supplier) {
			apps = append(apps, app)
		}
	}
	return apps
}

// A ledger page holds all claims of one session, in the order in which the chain settles them: by session id, then operator.
type page struct {
	pocket.Session
	windows pocket.Windows
	claims  []claim
	senders []sender // those who claim, by number
}

// A sender sends its claims of a session in one transaction, and its proofs in another.
type sender struct {
	supplier            int
	claims              []int // places in page.claims
	claimedAt, provedAt pocket.Height
}

// newPage makes up the claims of a session.
func (w *world) newPage(s pocket.Session) *page {
	p := &page{Session: s, windows: w.windows(s)}
	params := inForce(w.others, s.End).params.Proof
	pricing := w.sharedAt(s.Start)
	for app := range w.applications {
		circle := w.servedBy[w.applications[app].service]
		first, count := w.served(s, app)
		id := w.sessionID(s, app)
		for i := range count {
			supplier := circle[(first+i)%int64(len(circle))]
			if !w.lives[supplier].at(s.Start).serves(s.Start) || w.misses(s, supplier) {
				continue
			}
			p.claims = append(p.claims, w.newClaim(s, app, supplier, id, pricing, params))
		}
	}
	slices.SortFunc(p.claims, func(a, b claim) int {
		return cmp.Or(strings.Compare(a.sessionID, b.sessionID),
			w.suppliers[a.supplier].operator.Compare(w.suppliers[b.supplier].operator))
	})
	w.numberClaims(p)
	return p
}

// sessionID returns the id of an application's session, 64 hexadecimal digits.
func (w *world) sessionID(s pocket.Session, app int) string {
	hash := digest(w.cfg.Seed, "session", uint64(s.Start), uint64(app))
	return hex.EncodeToString(hash[:])
}

func (w *world) newClaim(s pocket.Session, app, supplier int, id string, pricing pocket.SharedParams, params pocket.ProofParams) claim {
	c := claim{supplier: supplier, application: app, service: w.applications[app].service, sessionID: id, session: s}
	v := w.services[c.service]
	d := throw(w.cfg.Seed, forClaim, uint64(s.Start), uint64(app), uint64(supplier))
	worth := int64(w.cfg.ClaimValue) * d.between(300, 1700) / 1000 * w.suppliers[supplier].quality / 1000 * w.rhythm(s.Start) / 1000
	perRelay := v.ComputeUnitsPerRelay << v.shift * max(1, pricing.ComputeUnitMultiplier)
	c.relays = max(1, mulDiv(worth, max(1, pricing.ComputeUnitCost), perRelay))
	c.estimatedRelays = c.relays << v.shift
	c.units = c.relays * v.ComputeUnitsPerRelay
	c.estimatedUnits = c.units << v.shift
	c.claimed = pocket.Upokt(mulDiv(c.estimatedUnits, pricing.ComputeUnitMultiplier, max(1, pricing.ComputeUnitCost)))
	switch {
	case c.claimed >= params.RequirementThreshold:
		c.requirement = pocket.ProofThreshold
	case d.chance(millionths(params.RequestProbability)):
		c.requirement = pocket.ProofProbabilistic
	}
	if c.requirement != pocket.ProofNotRequired || d.chance(150_000) { // miners also send proofs that nobody asked for
		c.proof, c.proves = goodProof, true
	}
	return c
}

// numberClaims tells each claim its number among the supplier's, spoils the proofs of those that are to expire, and sets the dates.
func (w *world) numberClaims(p *page) {
	places := map[int]int{}
	for i := range p.claims {
		c := &p.claims[i]
		at, ok := places[c.supplier]
		if !ok {
			at = len(p.senders)
			places[c.supplier] = at
			d := throw(w.cfg.Seed, forWindow, uint64(p.Start), uint64(c.supplier))
			from := sender{
				supplier:  c.supplier,
				claimedAt: soonIn(&d, p.windows.ClaimOpen, p.windows.ClaimClose),
				provedAt:  soonIn(&d, p.windows.ProofOpen, p.windows.ProofClose),
			}
			if w.lives[c.supplier].late[p.Start] {
				from.claimedAt, from.provedAt = p.windows.ClaimClose, p.windows.ProofClose
			}
			p.senders = append(p.senders, from)
		}
		from := &p.senders[at]
		c.number = len(from.claims)
		from.claims = append(from.claims, i)
		if strike := w.lives[c.supplier].strikes[p.Start]; c.number < strike.count {
			c.requirement = max(c.requirement, pocket.ProofProbabilistic)
			c.proof = lateProof
			if strike.invalid {
				c.proof = badProof
			}
		}
		c.claimedAt = from.claimedAt
		if c.proof == goodProof || c.proof == badProof {
			c.provedAt = from.provedAt
		}
	}
	slices.SortFunc(p.senders, func(a, b sender) int { return cmp.Compare(a.supplier, b.supplier) })
}

// soonIn returns a height in the first half of a window: miners do not wait for its end.
func soonIn(d *dice, opens, closes pocket.Height) pocket.Height {
	return pocket.Height(d.between(int64(opens), int64(opens+(closes-opens)/2)))
}

// misses reports whether a supplier sends no claims for a session though it served.
func (w *world) misses(s pocket.Session, supplier int) bool {
	if w.lives[supplier].missed[s.Start] {
		return true
	}
	d := throw(w.cfg.Seed, forMiss, uint64(s.Start), uint64(supplier))
	return d.chance(w.perSession(w.cfg.Rates.Misses, s))
}

// perSession returns how many of a million sessions are struck by what happens so often a day.
func (w *world) perSession(perDay float64, s pocket.Session) int64 {
	if perDay <= 0 {
		return 0
	}
	length := time.Duration(s.End-s.Start+1) * w.cfg.BlockTime
	return int64(perDay*1_000_000) / max(1, int64(24*time.Hour/length))
}

// mulDiv returns a × b / c, rounded down. It panics when that does not fit, which no parameters of a real chain bring about.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	quotient, _ := bits.Div64(hi, lo, uint64(c))
	return int64(quotient)
}

// millionths returns a decimal fraction in millionths, rounded down.
func millionths(d decimal.Decimal) int64 { return d.Shift(6).IntPart() }
