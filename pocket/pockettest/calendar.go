package pockettest

import (
	"cmp"
	"iter"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A calendar knows which parameters are in force at which height, and so the sessions and their windows.
type calendar struct {
	shared []epoch       // of the shared module, each from the first block of a session
	others []epoch       // of all other modules
	reach  pocket.Height // no session settles later than so many blocks after its end
}

type epoch struct {
	from   pocket.Height // the first block it is in force at
	known  pocket.Height // the block that decided it
	params pocket.Params
}

func newCalendar(c Config, incidents []Incident) calendar {
	first := epoch{from: 1, params: c.Params}
	cal := calendar{shared: []epoch{first}, others: []epoch{first}}
	changes := slices.Clone(incidents)
	changes = slices.DeleteFunc(changes, func(i Incident) bool { return i.Kind != ParamChange })
	slices.SortStableFunc(changes, func(a, b Incident) int { return cmp.Compare(a.Height, b.Height) })
	for _, change := range changes {
		cal.others = append(cal.others, epoch{from: change.Height, known: change.Height, params: change.Params})
		session := cal.session(change.Height)
		before, next := cal.sharedAt(session.End), change.Params
		next.Shared.GridAnchor, next.Shared.NumberAtAnchor = before.GridAnchor, before.NumberAtAnchor
		if next.Shared.BlocksPerSession != before.BlocksPerSession {
			next.Shared.GridAnchor, next.Shared.NumberAtAnchor = session.End+1, session.Number+1
		}
		cal.shared = append(cal.shared, epoch{from: session.End + 1, known: change.Height, params: next})
	}
	for _, e := range cal.shared {
		cal.reach = max(cal.reach, e.params.Shared.Windows(0).Settlement)
	}
	return cal
}

func inForce(epochs []epoch, h pocket.Height) epoch {
	i, _ := slices.BinarySearchFunc(epochs, h+1, func(e epoch, h pocket.Height) int { return cmp.Compare(e.from, h) })
	return epochs[max(0, i-1)]
}

// paramsAt returns all parameters in force at h.
func (c calendar) paramsAt(h pocket.Height) pocket.Params {
	p := inForce(c.others, h).params
	p.Shared = c.sharedAt(h)
	return p
}

func (c calendar) sharedAt(h pocket.Height) pocket.SharedParams {
	return inForce(c.shared, h).params.Shared
}

// sharedKnown returns the shared parameters of height h as they were known after block now: a change that is decided but lies ahead is
// told for its heights already.
func (c calendar) sharedKnown(h, now pocket.Height) pocket.SharedParams {
	known := slices.DeleteFunc(slices.Clone(c.shared), func(e epoch) bool { return e.known > now })
	return inForce(known, h).params.Shared
}

// session returns the session that h lies in.
func (c calendar) session(h pocket.Height) pocket.Session { return c.sharedAt(h).Session(h) }

// windows returns when the claims of s are due. The parameters in force at its end decide.
func (c calendar) windows(s pocket.Session) pocket.Windows { return c.sharedAt(s.End).Windows(s.End) }

// pending yields the sessions that have ended before h and settle at h or later, latest first.
func (c calendar) pending(h pocket.Height) iter.Seq2[pocket.Session, pocket.Windows] {
	return func(yield func(pocket.Session, pocket.Windows) bool) {
		for s := c.before(c.session(h)); s.End > 0 && s.End+c.reach >= h; s = c.before(s) {
			if w := c.windows(s); w.Settlement >= h && !yield(s, w) {
				return
			}
		}
	}
}

// before returns the session before s, the zero Session when there is none.
func (c calendar) before(s pocket.Session) pocket.Session {
	if s.Start <= 1 {
		return pocket.Session{}
	}
	return c.session(s.Start - 1)
}
