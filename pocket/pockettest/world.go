package pockettest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A world is all that is decided about a chain: who, with which parameters, and what goes wrong when. It never changes; an incident
// given later makes a new world, whose past is the same.
type world struct {
	cfg Config
	*cast
	calendar
	incidents []Incident
	lives     []*life
	acts      map[pocket.Height][]act // by supplier
	broke     map[brokeKey]bool       // sessions that an application is made unable to pay
	horizon   pocket.Height           // nothing is planned that happens by itself after it

	mu    sync.Mutex
	pages []*page // those looked at last, newest last
}

type brokeKey struct {
	application int
	session     pocket.Height // its first block
}

// newWorld works out the lives of all suppliers up to horizon. Another horizon changes nothing that lies before both.
func newWorld(cfg Config, k *cast, incidents []Incident, horizon pocket.Height) *world {
	w := &world{
		cfg: cfg, cast: k, calendar: newCalendar(cfg, incidents), incidents: incidents,
		acts: map[pocket.Height][]act{}, broke: map[brokeKey]bool{}, horizon: horizon,
	}
	w.lives = make([]*life, len(w.suppliers))
	for i := range w.suppliers {
		w.lives[i] = w.newLife(i, horizon)
		for _, a := range w.lives[i].acts {
			w.acts[a.height] = append(w.acts[a.height], a)
		}
	}
	for _, incident := range incidents {
		if incident.Kind == Overserve {
			w.planBroke(incident)
		}
	}
	return w
}

// blocksIn returns how many blocks a time takes, at least 1.
func (w *world) blocksIn(t time.Duration) int64 { return max(1, int64(t/w.cfg.BlockTime)) }

// planBroke finds the first session whose claims can still be struck and of which the application has claims.
func (w *world) planBroke(incident Incident) {
	app := w.applicationOf[incident.Application]
	s := w.session(incident.Height)
	for before := w.before(s); before.End > 0 && w.windows(before).ProofOpen >= incident.Height; before = w.before(s) {
		s = before
	}
	for w.windows(s).ProofOpen < incident.Height {
		s = w.session(s.End + 1)
	}
	for range 3000 {
		if slices.ContainsFunc(w.newPage(s).claims, func(c claim) bool { return c.application == app && !c.expires() }) {
			w.broke[brokeKey{app, s.Start}] = true
			return
		}
		s = w.session(s.End + 1)
	}
}

// cannotPay reports whether an application runs out of stake when a session settles.
func (w *world) cannotPay(s pocket.Session, app int) bool {
	if w.broke[brokeKey{app, s.Start}] {
		return true
	}
	d := throw(w.cfg.Seed, forApplication, uint64(s.Start), uint64(app))
	return d.chance(w.perSession(w.cfg.Rates.Overserviced, s))
}

// page returns the claims of a session. The pages looked at last are kept, since the blocks of a few sessions are usually asked for together.
func (w *world) page(s pocket.Session) *page {
	const kept = 8
	w.mu.Lock()
	for i, p := range w.pages {
		if p.Start == s.Start {
			w.pages = append(slices.Delete(w.pages, i, i+1), p)
			w.mu.Unlock()
			return p
		}
	}
	w.mu.Unlock()
	p := w.newPage(s) // outside the lock: two may do the same work, with the same result
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages = append(w.pages, p)
	if len(w.pages) > kept {
		w.pages = slices.Delete(w.pages, 0, len(w.pages)-kept)
	}
	return p
}

// settlesAt returns the sessions whose claims settle at h, oldest first; nearly always at most one.
func (w *world) settlesAt(h pocket.Height) []pocket.Session {
	var sessions []pocket.Session
	for s, windows := range w.pending(h) {
		if windows.Settlement == h {
			sessions = append(sessions, s)
		}
	}
	slices.Reverse(sessions)
	return sessions
}

// timeOf returns the time of block h: on average one BlockTime after the one before, never before it, and later after a halt. It is up to
// a quarter of BlockTime later than the even pace would have it.
func (w *world) timeOf(h pocket.Height) time.Time {
	d := throw(w.cfg.Seed, forTime, uint64(h))
	jitter := time.Duration(d.below(int64(w.cfg.BlockTime / 4)))
	t := w.cfg.Start.Add(time.Duration(h-1)*w.cfg.BlockTime + jitter)
	for _, incident := range w.incidents {
		if incident.Kind == Halt && h > incident.Height {
			t = t.Add(incident.Duration)
		}
	}
	return t
}

// check returns an error when incident names nobody of this chain, or lacks what its kind needs.
func (w *world) check(incident Incident) error {
	switch incident.Kind {
	case Expire, Slash, BelowMinimum, Discard, Unstake, CancelUnstake, Restake, MissClaims, LateClaims, Migrate:
		if _, ok := w.supplierOf[incident.Supplier]; !ok {
			return fmt.Errorf("incident %q: %q is no supplier of this chain: %w", incident.Kind, incident.Supplier, pocket.ErrInvalid)
		}
	case Jail:
		if !slices.ContainsFunc(w.validators, func(v validator) bool { return v.operator == incident.Validator }) {
			return fmt.Errorf("incident %q: %q is no validator of this chain: %w", incident.Kind, incident.Validator, pocket.ErrInvalid)
		}
	case Overserve:
		if _, ok := w.applicationOf[incident.Application]; !ok {
			return fmt.Errorf("incident %q: %q is no application of this chain: %w", incident.Kind, incident.Application, pocket.ErrInvalid)
		}
	case ParamChange:
		if incident.Params.Shared.BlocksPerSession < 1 {
			return fmt.Errorf("incident %q: the parameters have no blocks per session: %w", incident.Kind, pocket.ErrInvalid)
		}
	case Halt:
		if incident.Duration <= 0 {
			return fmt.Errorf("incident %q: duration %v: %w", incident.Kind, incident.Duration, pocket.ErrInvalid)
		}
	default:
		return fmt.Errorf("incident %q is unknown: %w", incident.Kind, pocket.ErrInvalid)
	}
	if incident.Height < 1 {
		return fmt.Errorf("incident %q at height %d: %w", incident.Kind, incident.Height, pocket.ErrInvalid)
	}
	return nil
}

// with returns a world in which incident happens, too.
func (w *world) with(incident Incident) *world {
	incidents := append(slices.Clone(w.incidents), incident)
	slices.SortStableFunc(incidents, func(a, b Incident) int { return cmp.Compare(a.Height, b.Height) })
	return newWorld(w.cfg, w.cast, incidents, w.horizon)
}

// reaching returns a world that is planned to well beyond h: w itself, mostly.
func (w *world) reaching(h pocket.Height) *world {
	if margin := pocket.Height(w.blocksIn(7 * 24 * time.Hour)); h+margin > w.horizon {
		return newWorld(w.cfg, w.cast, w.incidents, 2*h+4*margin)
	}
	return w
}
