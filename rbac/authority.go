package rbac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// An Authority decides who may do what. Make one with [New]. It is safe for concurrent use.
type Authority struct {
	store  Store
	public bool
	quota  int
	clock  func() time.Time
	log    *slog.Logger

	refused  limiter // records of refusals, by who was refused
	refusals limiter // records of refusals of all together
	guesses  limiter // wrong codes, by who tries
	guessed  limiter // wrong codes of all together
	linking  limiter // links, by account
	linkings limiter // links of all together
}

// An Option changes a default of [New].
type Option func(*Authority)

// WithPublic makes everybody without an assignment an [Investor] of what he links himself. By default he may nothing but [Ask].
func WithPublic(public bool) Option { return func(a *Authority) { a.public = public } }

// WithQuota is how many addresses an account may link; the default is 10.
func WithQuota(n int) Option { return func(a *Authority) { a.quota = n } }

// WithClock takes the time from now in place of the machine's clock.
func WithClock(now func() time.Time) Option { return func(a *Authority) { a.clock = now } }

// WithLogger reports what cannot be told to who asks. By default it is not reported.
func WithLogger(log *slog.Logger) Option { return func(a *Authority) { a.log = log } }

// What is too much, in memory: after a restart everybody begins anew.
const (
	refusalsAnHour = 10  // of one subject are recorded; the others are counted
	refusalsOfAll  = 500 // of all together: strangers may be many
	guessesAnHour  = 5   // wrong codes of one subject. A code has a hundred bits, so that nobody guesses one; this keeps them from trying
	guessedAnHour  = 200 // wrong codes of all together
	linksAnHour    = 30  // of one account
	linkingsAnHour = 600 // of all together
)

// New returns an authority over the people of a store.
func New(store Store, opts ...Option) (*Authority, error) {
	a := &Authority{
		store: store, quota: 10, clock: time.Now, log: slog.New(slog.DiscardHandler),
		refused: newLimiter(refusalsAnHour), refusals: newLimiter(refusalsOfAll), guesses: newLimiter(guessesAnHour), guessed: newLimiter(guessedAnHour),
		linking: newLimiter(linksAnHour), linkings: newLimiter(linkingsAnHour),
	}
	for _, opt := range opts {
		opt(a)
	}
	if store == nil || a.quota < 0 || a.clock == nil || a.log == nil {
		return nil, fmt.Errorf("rbac: want a store, a quota that is not below 0, a clock and a logger: %w", pocket.ErrInvalid)
	}
	return a, nil
}

func (a *Authority) now() time.Time { return a.clock().UTC().Truncate(time.Microsecond) }

// Who returns what a subject is: what is stored of it; else, in public mode, an investor of what it links; else nobody. Whoever is local is a
// sysadmin of everything: he has a shell on the machine, and so its database. What is no account, as [ParseSubject] reads them, is nobody.
func (a *Authority) Who(ctx context.Context, s Subject) (Assignment, error) {
	var who Assignment
	err := a.store.Look(ctx, func(v View) (err error) {
		who, err = a.who(v, s)
		return err
	})
	return who, err
}

func (a *Authority) who(v View, s Subject) (Assignment, error) {
	if _, err := ParseSubject(string(s)); err != nil {
		return Assignment{Subject: s}, nil // "local" alone, or bytes that a database does not take
	}
	if s.Kind() == kindLocal {
		return Assignment{Subject: s, Role: Sysadmin, Scope: Scope{Kind: All}}, nil
	}
	stored, err := v.Assignment(s)
	switch {
	case err == nil:
		return stored, nil
	case !errors.Is(err, ErrUnknown):
		return Assignment{}, err
	case a.public && s.Kind() != kindKey:
		return Assignment{Subject: s, Role: Investor, Scope: Scope{Kind: Own}}, nil
	}
	return Assignment{Subject: s}, nil
}

// May returns nil when the subject has the permission, and otherwise a [*Denied]. What was refused is recorded; of a flood only the first.
func (a *Authority) May(ctx context.Context, s Subject, p Permission) error {
	who, err := a.Who(ctx, s)
	if err != nil {
		return err
	}
	if denied := who.denied(p); denied != nil {
		a.refuse(ctx, s, "", string(p), "")
		return denied
	}
	return nil
}

// refuse records an attempt that is not allowed. That it cannot be recorded does not make it allowed. Of what is no account only that is recorded:
// strangers may write anything there, of any length.
func (a *Authority) refuse(ctx context.Context, by, whom Subject, action, detail string) {
	by, whom = recorded(by), recorded(whom)
	wait, dropped := a.refused.take(string(by), a.now())
	if wait > 0 {
		return
	}
	wait, others := a.refusals.take("", a.now())
	if wait > 0 {
		return
	}
	if dropped > 0 {
		detail = join(detail, fmt.Sprintf("and %d more that were not recorded", dropped))
	}
	if others > 0 {
		detail = join(detail, fmt.Sprintf("and %d of other accounts that were not recorded", others))
	}
	err := a.store.Change(ctx, func(tx Tx) error {
		return tx.Append(Record{At: a.now(), By: by, Subject: whom, Action: action, Detail: detail, Refused: true})
	})
	if err != nil {
		a.log.Warn("a refusal is not recorded", "error", err)
	}
}

// recorded is how a subject is named in the record of a refusal.
func recorded(s Subject) Subject {
	if _, err := ParseSubject(string(s)); err != nil && s != "" && s != byConfig {
		return "unreadable"
	}
	return s
}

func join(texts ...string) string {
	text := ""
	for _, t := range texts {
		if t != "" && text != "" {
			text += ", "
		}
		text += t
	}
	return text
}

// change makes a change that by wants to make to whom. What check or do refuse is recorded, and nothing is changed.
func (a *Authority) change(ctx context.Context, by, whom Subject, action string, do func(Tx) (detail string, err error)) error {
	err := a.store.Change(ctx, func(tx Tx) error {
		detail, err := do(tx)
		if err != nil {
			return err
		}
		return tx.Append(Record{At: a.now(), By: by, Subject: whom, Action: action, Detail: detail})
	})
	if errors.Is(err, ErrDenied) || errors.Is(err, ErrLastAdmin) {
		a.refuse(ctx, by, whom, action, err.Error())
	}
	return err
}

// A Condition limits when [Authority.Assign] and [Authority.Dismiss] change something.
type Condition func(now Assignment) error

// If makes a change only when the assignment still has the version that was looked at, 0 for none: [ErrChanged] otherwise.
func If(version int64) Condition {
	return func(now Assignment) error {
		if now.Version != version {
			return ErrChanged
		}
		return nil
	}
}

// Assign gives a subject a role and a scope, in place of those that it had. An empty name leaves the name. By must have [ManageUsers], and can give
// no more than it has, to nobody who may more than itself.
func (a *Authority) Assign(ctx context.Context, by, s Subject, name string, role Role, scope Scope, conditions ...Condition) error {
	if err := a.checkGrant(s, role, scope); err != nil {
		return err
	}
	return a.change(ctx, by, s, "assign", func(tx Tx) (string, error) {
		giver, err := a.grants(tx, by, role, scope)
		if err != nil {
			return "", err
		}
		old, err := stored(tx, s)
		if err != nil {
			return "", err
		}
		if err := check(conditions, old); err != nil {
			return "", err
		}
		if !giver.Role.Includes(old.Role) {
			return "", fmt.Errorf("%w: %s is a %s, which only a %s changes", ErrDenied, s, old.Role, old.Role)
		}
		return a.put(tx, old, Assignment{Subject: s, Name: name, Role: role, Scope: scope, By: by})
	})
}

func check(conditions []Condition, now Assignment) error {
	for _, condition := range conditions {
		if err := condition(now); err != nil {
			return err
		}
	}
	return nil
}

// checkGrant returns what makes no sense about a grant.
func (a *Authority) checkGrant(s Subject, role Role, scope Scope) error {
	if _, err := ParseSubject(string(s)); err != nil {
		return err
	}
	if s.Kind() == kindLocal {
		return fmt.Errorf("%s: whoever is local may everything anyway: %w", s, pocket.ErrInvalid)
	}
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return scope.Check()
}

// stored returns what is stored of a subject; a zero assignment when nothing is.
func stored(v View, s Subject) (Assignment, error) {
	a, err := v.Assignment(s)
	if errors.Is(err, ErrUnknown) {
		return Assignment{Subject: s}, nil
	}
	return a, err
}

// grants returns who gives, or why he cannot give this.
func (a *Authority) grants(v View, by Subject, role Role, scope Scope) (Assignment, error) {
	giver, err := a.who(v, by)
	if err != nil {
		return giver, err
	}
	if denied := giver.denied(ManageUsers); denied != nil {
		return giver, denied
	}
	if !giver.Role.Includes(role) || !scope.Within(giver.Scope) {
		return giver, fmt.Errorf("%w: nobody gives more than he has, and you are %s", ErrDenied, giver.Role)
	}
	return giver, nil
}

// put stores an assignment in place of an old one, and describes it.
func (a *Authority) put(tx Tx, old, next Assignment) (string, error) {
	next.Scope = next.Scope.clean()
	if next.Name = cleanName(next.Name); next.Name == "" {
		next.Name = old.Name
	}
	next.At, next.Version = a.now(), old.Version+1
	if old.manages() && !next.manages() {
		if err := a.another(tx, old.Subject); err != nil {
			return "", err
		}
	}
	detail := fmt.Sprintf("%s, %s", next.Role, describe(next.Scope))
	if old.Role != None {
		detail += fmt.Sprintf(", before %s, %s", old.Role, describe(old.Scope))
	}
	return detail, tx.SetAssignment(next)
}

// describe names a scope in a few words.
func describe(s Scope) string {
	switch {
	case s.Kind != Named:
		return string(s.Kind)
	case len(s.Nodes) > 3:
		return fmt.Sprintf("%d nodes", len(s.Nodes))
	}
	return s.String()
}

// another returns [ErrLastAdmin] unless somebody besides a subject may give rights to everybody.
func (a *Authority) another(v View, besides Subject) error {
	all, err := v.Assignments()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(x Assignment) bool { return x.Subject != besides && x.manages() }) {
		return ErrLastAdmin
	}
	return nil
}

// Dismiss takes a subject's role, and its keys, if it is one. [ErrUnknown] when it has none.
func (a *Authority) Dismiss(ctx context.Context, by, s Subject, conditions ...Condition) error {
	return a.change(ctx, by, s, "dismiss", func(tx Tx) (string, error) {
		giver, err := a.grants(tx, by, Investor, Scope{Kind: Own})
		if err != nil {
			return "", err
		}
		old, err := tx.Assignment(s)
		if err != nil {
			return "", fmt.Errorf("%s has no role: %w", clip(string(s)), err)
		}
		if err := check(conditions, old); err != nil {
			return "", err
		}
		if !giver.Role.Includes(old.Role) {
			return "", fmt.Errorf("%w: %s is a %s, whom only a %s dismisses", ErrDenied, s, old.Role, old.Role)
		}
		return fmt.Sprintf("%s, %s", old.Role, describe(old.Scope)), a.drop(tx, old)
	})
}

// drop deletes an assignment and what goes with it.
func (a *Authority) drop(tx Tx, old Assignment) error {
	if old.manages() {
		if err := a.another(tx, old.Subject); err != nil {
			return err
		}
	}
	return errors.Join(tx.DropAssignment(old.Subject), tx.DropKeys(old.Subject))
}

// Found makes a subject what a configuration says it is, with the scope [All]. It changes nothing when it is that already, or more, and so may be
// called at each start: who is to have less must be taken out of the configuration too. It never makes more of two roles than each of them is: an
// admin of some nodes who is listed as an investor stays what he is, and does not become an admin of everything.
func (a *Authority) Found(ctx context.Context, s Subject, name string, role Role) error {
	next := Assignment{Subject: s, Name: name, Role: role, Scope: Scope{Kind: All}, By: byConfig}
	if err := a.checkGrant(s, role, next.Scope); err != nil {
		return err
	}
	var old Assignment
	err := a.store.Look(ctx, func(v View) (err error) { // most often there is nothing to do, and nobody has to wait
		old, err = stored(v, s)
		return err
	})
	if err != nil || !founds(old, next) {
		return err
	}
	err = a.change(ctx, byConfig, s, "assign", func(tx Tx) (string, error) {
		if old, err = stored(tx, s); err != nil {
			return "", err
		}
		if !founds(old, next) {
			return "", errNothing
		}
		return a.put(tx, old, next)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// errNothing ends a change that somebody else made meanwhile.
var errNothing = errors.New("there is nothing to change")

// founds reports whether what a configuration says, which is always of the scope All, takes the place of what is stored.
func founds(old, next Assignment) bool {
	if old.Role == None || next.Role.Includes(old.Role) {
		return old.Role != next.Role || old.Scope.Kind != All
	}
	// A higher role of some nodes: who may give rights to everybody by the configuration must be able to, whatever people did.
	return old.Scope.Kind != All && next.manages()
}

// Users returns everybody who has a role, by subject. By must have [SeeUsers].
func (a *Authority) Users(ctx context.Context, by Subject) ([]Assignment, error) {
	if err := a.May(ctx, by, SeeUsers); err != nil {
		return nil, err
	}
	var list []Assignment
	err := a.store.Look(ctx, func(v View) (err error) {
		list, err = v.Assignments()
		return err
	})
	return list, err
}
