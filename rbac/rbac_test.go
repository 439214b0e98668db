package rbac_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
)

// allowed is who may what, by hand: the roles none, investor, admin, sysadmin, each with the scopes all, named, own. A letter is yes, a point no.
const allowed = `
ask              nnn iii aaa sss
link             ... iii aaa sss
see rewards      ... iii aaa sss
see nodes        ... iii aaa sss
see alerts       ... iii aaa sss
manage alerts    ... ... aaa sss
manage nodes     ... ... a.. s..
see users        ... ... a.. s..
manage users     ... ... a.. s..
manage settings  ... ... a.. s..
see servers      ... ... ... s..
act on servers   ... ... ... s..
sweep            ... ... ... s..
`

func TestEachRoleMayWhatTheTableSays(t *testing.T) {
	a, err := rbac.New(rbac.NewMemory())
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSpace(allowed), "\n")
	require.Len(t, rbac.Permissions(), len(rows), "every permission is in the table")
	scopes := []rbac.Scope{everything, named(1), {Kind: rbac.Own}}
	for i, row := range rows {
		name, letters := strings.TrimSpace(row[:17]), strings.ReplaceAll(row[17:], " ", "")
		permission := rbac.Permission(name)
		assert.Equal(t, permission, rbac.Permissions()[i])
		for j, role := range []rbac.Role{rbac.None, rbac.Investor, rbac.Admin, rbac.Sysadmin} {
			for k, scope := range scopes {
				may := letters[3*j+k] != '.'
				subject := rbac.Subject(fmt.Sprintf("telegram:9%d%d", j, k))
				if role != rbac.None {
					require.NoError(t, a.Assign(t.Context(), root, subject, "", role, scope))
				}
				got := a.May(t.Context(), subject, permission)
				assert.Equal(t, may, got == nil, "%s of %s: %s", role, scope, permission)
				if !may {
					require.ErrorIs(t, got, rbac.ErrDenied)
				}
				assert.Equal(t, may, rbac.Assignment{Role: role, Scope: scope}.May(permission))
			}
		}
	}
	for _, role := range append(rbac.Roles(), "root", rbac.None) {
		assert.False(t, rbac.Assignment{Role: role, Scope: everything}.May("fly"), "nobody may what there is not")
	}
	assert.False(t, rbac.Assignment{Role: "root", Scope: everything}.May(rbac.SeeRewards), "a role that does not exist may nothing")
}

func TestAnAssignmentIsKeptAndEnds(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, c *clock, reopen func(...rbac.Option) *rbac.Authority) {
		require.NoError(t, a.Assign(t.Context(), root, ana, "A\u202ena\n\x00 Maria", rbac.Admin, everything))
		require.NoError(t, a.Assign(t.Context(), ana, ben, "", rbac.Investor, named(2, 1, 2)))
		other := reopen()
		who, err := other.Who(t.Context(), ben)
		require.NoError(t, err)
		assert.Equal(t, rbac.Assignment{Subject: ben, Role: rbac.Investor, Scope: named(1, 2), By: ana, At: t0, Version: 1}, sorted(who))
		assert.True(t, who.Covers(node(1)))
		assert.False(t, who.Covers(node(3)))
		who, err = other.Who(t.Context(), ana)
		require.NoError(t, err)
		assert.Equal(t, "Ana Maria", who.Name, "what shows nothing or turns text around is taken out")

		c.pass(time.Minute)
		require.NoError(t, a.Dismiss(t.Context(), ana, ben))
		require.ErrorIs(t, other.May(t.Context(), ben, rbac.SeeRewards), rbac.ErrDenied, "it ends at once, also for who asked before")
		require.ErrorIs(t, a.Dismiss(t.Context(), ana, ben), rbac.ErrUnknown)
		users, err := other.Users(t.Context(), ana)
		require.NoError(t, err)
		require.Len(t, users, 1)
		_, err = other.Users(t.Context(), ben)
		require.ErrorIs(t, err, rbac.ErrDenied)
	})
}

// sorted is an assignment with its nodes in the order of the test's numbers.
func sorted(a rbac.Assignment) rbac.Assignment {
	if len(a.Scope.Nodes) == 2 && a.Scope.Nodes[0] == node(2) {
		a.Scope.Nodes[0], a.Scope.Nodes[1] = a.Scope.Nodes[1], a.Scope.Nodes[0]
	}
	return a
}

func TestNobodyGivesMoreThanHeHas(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, _ func(...rbac.Option) *rbac.Authority) {
		require.NoError(t, a.Assign(t.Context(), root, ana, "", rbac.Admin, everything))
		require.NoError(t, a.Assign(t.Context(), root, ben, "", rbac.Admin, named(1)))
		require.NoError(t, a.Assign(t.Context(), root, carla, "", rbac.Sysadmin, everything))
		for what, err := range map[string]error{
			"a role above his own":            a.Assign(t.Context(), ana, dan, "", rbac.Sysadmin, everything),
			"raising himself":                 a.Assign(t.Context(), ana, ana, "", rbac.Sysadmin, everything),
			"lowering one who may more":       a.Assign(t.Context(), ana, carla, "", rbac.Investor, everything),
			"dismissing one who may more":     a.Dismiss(t.Context(), ana, carla),
			"an admin of one node":            a.Assign(t.Context(), ben, dan, "", rbac.Investor, named(1)),
			"an investor":                     a.Assign(t.Context(), dan, dan, "", rbac.Investor, everything),
			"dismissing without being admin":  a.Dismiss(t.Context(), ben, ana),
			"inviting without being admin":    second(a.Invite(t.Context(), ben, rbac.Investor, named(1), time.Hour, "")),
			"inviting above oneself":          second(a.Invite(t.Context(), ana, rbac.Sysadmin, everything, time.Hour, "")),
			"a key above oneself":             third(a.NewKey(t.Context(), ana, "", rbac.Sysadmin, everything)),
			"revoking without being an admin": a.Revoke(t.Context(), ben, "123456"),
		} {
			require.ErrorIs(t, err, rbac.ErrDenied, what)
		}
		for what, err := range map[string]error{
			"nobody":                  a.Assign(t.Context(), ana, "", "", rbac.Investor, everything),
			"whoever is local":        a.Assign(t.Context(), ana, "local:x", "", rbac.Investor, everything),
			"a role there is not":     a.Assign(t.Context(), ana, dan, "", "god", everything),
			"no role":                 a.Assign(t.Context(), ana, dan, "", rbac.None, everything),
			"no nodes":                a.Assign(t.Context(), ana, dan, "", rbac.Investor, rbac.Scope{Kind: rbac.Named}),
			"a scope there is not":    a.Assign(t.Context(), ana, dan, "", rbac.Investor, rbac.Scope{Kind: "some"}),
			"for ever":                second(a.Invite(t.Context(), ana, rbac.Investor, everything, 1000*time.Hour, "")),
			"an invitation from then": second(a.Invite(t.Context(), ana, rbac.Investor, everything, 0, "")),
		} {
			require.ErrorIs(t, err, pocket.ErrInvalid, what)
		}
		who, err := a.Who(t.Context(), dan)
		require.NoError(t, err)
		assert.Equal(t, rbac.None, who.Role)
	})
}

func second[A, B any](_ A, _ B, err error) error { return err }
func third[A, B any](_ A, _ B, err error) error  { return err }

func TestTheLastAdminStays(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, _ func(...rbac.Option) *rbac.Authority) {
		require.NoError(t, a.Assign(t.Context(), root, ana, "", rbac.Admin, everything))
		require.NoError(t, a.Assign(t.Context(), root, ben, "", rbac.Admin, named(1)))
		_, key, err := a.NewKey(t.Context(), root, "program", rbac.Admin, everything)
		require.NoError(t, err)
		for what, err := range map[string]error{
			"dismissed":         a.Dismiss(t.Context(), root, ana),
			"by himself":        a.Dismiss(t.Context(), ana, ana),
			"made an investor":  a.Assign(t.Context(), root, ana, "", rbac.Investor, everything),
			"limited to a node": a.Assign(t.Context(), root, ana, "", rbac.Admin, named(1)),
			"forgotten":         a.Forget(t.Context(), ana),
		} {
			require.ErrorIs(t, err, rbac.ErrLastAdmin, what)
		}
		require.NoError(t, a.Dismiss(t.Context(), root, key), "a key is nobody")
		require.NoError(t, a.Assign(t.Context(), ana, ben, "", rbac.Admin, everything))
		require.NoError(t, a.Dismiss(t.Context(), ben, ana))
	})
}

func TestOfTwoLastAdminsWhoDismissEachOtherAtOnceOneStays(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, reopen func(...rbac.Option) *rbac.Authority) {
		other := reopen()
		for range 5 {
			require.NoError(t, a.Found(t.Context(), ana, "", rbac.Admin))
			require.NoError(t, a.Found(t.Context(), ben, "", rbac.Admin))
			errs := atOnce(
				func() error { return a.Dismiss(t.Context(), ana, ben) },
				func() error { return other.Dismiss(t.Context(), ben, ana) },
			)
			failed := 0
			for _, err := range errs {
				if err != nil {
					failed++
					assert.ErrorIs(t, err, rbac.ErrDenied, "who was dismissed may not dismiss")
				}
			}
			assert.Equal(t, 1, failed)
		}
	})
}

func atOnce(do ...func() error) []error {
	var all sync.WaitGroup
	errs := make([]error, len(do))
	begin := make(chan struct{})
	for i, f := range do {
		all.Go(func() {
			<-begin
			errs[i] = f()
		})
	}
	close(begin)
	all.Wait()
	return errs
}

func TestTwoWhoEditTheSameDoNotOverwriteEachOther(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, reopen func(...rbac.Option) *rbac.Authority) {
		other := reopen()
		require.NoError(t, a.Assign(t.Context(), root, dan, "", rbac.Investor, everything, rbac.If(0)))
		errs := atOnce(
			func() error { return a.Assign(t.Context(), root, dan, "", rbac.Admin, everything, rbac.If(1)) },
			func() error { return other.Assign(t.Context(), root, dan, "", rbac.Investor, named(1), rbac.If(1)) },
		)
		if errs[0] == nil {
			errs[0], errs[1] = errs[1], errs[0]
		}
		assert.ErrorIs(t, errs[0], rbac.ErrChanged)
		assert.NoError(t, errs[1])
	})
}

func TestAnInvitationIsGoodOnce(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, c *clock, reopen func(...rbac.Option) *rbac.Authority) {
		require.NoError(t, a.Assign(t.Context(), root, ana, "", rbac.Admin, everything))
		code, made, err := a.Invite(t.Context(), ana, rbac.Investor, named(1), time.Hour, "for\nBen")
		require.NoError(t, err)
		assert.Regexp(t, `^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$`, code)
		assert.NotContains(t, fmt.Sprintf("%v", made), code, "it is not kept")
		open, err := reopen().Invitations(t.Context(), ana)
		require.NoError(t, err)
		require.Len(t, open, 1)
		assert.Equal(t, made, open[0])

		typed := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(code, "-", " "), "0", "o"))
		others := []func() error{}
		for i := range 5 {
			subject := rbac.Subject(fmt.Sprintf("telegram:8%d", i))
			others = append(others, func() error { _, err := reopen().Redeem(t.Context(), subject, "", typed); return err })
		}
		good := 0
		for _, err := range atOnce(others...) {
			if err == nil {
				good++
			} else {
				assert.ErrorIs(t, err, rbac.ErrBadCode)
			}
		}
		assert.Equal(t, 1, good, "of several at once, one gets it")
		_, err = reopen().Redeem(t.Context(), ben, "", code)
		require.ErrorIs(t, err, rbac.ErrBadCode)

		late, _, err := a.Invite(t.Context(), ana, rbac.Investor, everything, time.Hour, "")
		require.NoError(t, err)
		c.pass(time.Hour)
		_, err = a.Redeem(t.Context(), ben, "", late)
		require.ErrorIs(t, err, rbac.ErrBadCode, "it has expired")

		revoked, made, err := a.Invite(t.Context(), ana, rbac.Investor, everything, time.Hour, "")
		require.NoError(t, err)
		require.NoError(t, a.Revoke(t.Context(), ana, made.Hash[:8]))
		_, err = a.Redeem(t.Context(), ben, "", revoked)
		require.ErrorIs(t, err, rbac.ErrBadCode)

		orphan, _, err := a.Invite(t.Context(), ana, rbac.Admin, everything, time.Hour, "")
		require.NoError(t, err)
		require.NoError(t, a.Assign(t.Context(), root, carla, "", rbac.Admin, everything))
		require.NoError(t, a.Dismiss(t.Context(), carla, ana))
		_, err = a.Redeem(t.Context(), ben, "", orphan)
		require.ErrorIs(t, err, rbac.ErrBadCode, "who invited may not any more")
	})
}

func TestWhoTriesCodesIsStopped(t *testing.T) {
	a, c := alone(t)
	code, _, err := a.Invite(t.Context(), root, rbac.Investor, everything, 24*time.Hour, "")
	require.NoError(t, err)
	for range 5 {
		_, err = a.Redeem(t.Context(), ben, "", "AAAAA-AAAAA-AAAAA-AAAAA")
		require.ErrorIs(t, err, rbac.ErrBadCode)
	}
	_, err = a.Redeem(t.Context(), ben, "", code)
	require.ErrorIs(t, err, rbac.ErrTooMany, "also the right one")
	assert.Contains(t, err.Error(), "try again in 1h")
	_, err = a.Redeem(t.Context(), dan, "", code)
	require.NoError(t, err, "others are not")
	c.pass(time.Hour)
	_, err = a.Redeem(t.Context(), ben, "", code)
	require.ErrorIs(t, err, rbac.ErrBadCode)
}

func alone(t *testing.T, opts ...rbac.Option) (*rbac.Authority, *clock) {
	t.Helper()
	c := &clock{}
	a, err := rbac.New(rbac.NewMemory(), append([]rbac.Option{rbac.WithClock(c.now)}, opts...)...)
	require.NoError(t, err)
	return a, c
}

func TestAnInvitationTakesNothingAndGivesNoMoreThanItself(t *testing.T) {
	both := func(role rbac.Role, scope rbac.Scope) rbac.Assignment {
		return rbac.Assignment{Role: role, Scope: scope}
	}
	own := rbac.Scope{Kind: rbac.Own}
	for name, tt := range map[string]struct {
		had, invited, gets rbac.Assignment
		err                error
	}{
		"more of everything":            {both(rbac.Investor, named(1)), both(rbac.Admin, everything), both(rbac.Admin, everything), nil},
		"own and all":                   {both(rbac.Investor, own), both(rbac.Investor, everything), both(rbac.Investor, everything), nil},
		"other nodes":                   {both(rbac.Investor, named(1)), both(rbac.Investor, named(2)), both(rbac.Investor, named(1, 2)), nil},
		"the same":                      {both(rbac.Investor, everything), both(rbac.Investor, everything), both(rbac.Investor, everything), rbac.ErrHas},
		"less":                          {both(rbac.Admin, everything), both(rbac.Investor, named(1)), both(rbac.Admin, everything), rbac.ErrHas},
		"admin of one, investor of all": {both(rbac.Admin, named(1)), both(rbac.Investor, everything), both(rbac.Admin, named(1)), rbac.ErrHas},
		"investor of all, admin of one": {both(rbac.Investor, everything), both(rbac.Admin, named(1)), both(rbac.Investor, everything), rbac.ErrHas},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := alone(t)
			require.NoError(t, a.Assign(t.Context(), root, carla, "", rbac.Sysadmin, everything))
			require.NoError(t, a.Assign(t.Context(), root, ben, "Ben", tt.had.Role, tt.had.Scope))
			code, _, err := a.Invite(t.Context(), root, tt.invited.Role, tt.invited.Scope, time.Hour, "")
			require.NoError(t, err)
			_, err = a.Redeem(t.Context(), ben, "", code)
			require.ErrorIs(t, err, tt.err)
			who, err := a.Who(t.Context(), ben)
			require.NoError(t, err)
			assert.Equal(t, tt.gets.Role, who.Role)
			assert.True(t, tt.gets.Scope.Within(who.Scope) || tt.gets.Scope.Kind == who.Scope.Kind, "%v", who.Scope)
			assert.True(t, who.Scope.Within(tt.gets.Scope) || tt.gets.Scope.Kind == who.Scope.Kind, "%v", who.Scope)
			assert.Equal(t, "Ben", who.Name)
			if tt.err != nil {
				_, err = a.Redeem(t.Context(), dan, "", code)
				require.NoError(t, err, "it is left for somebody else")
			}
		})
	}
}

func TestInPublicModeStrangersSeeWhatTheyLink(t *testing.T) {
	onEach(t, func(t *testing.T, private *rbac.Authority, c *clock, reopen func(...rbac.Option) *rbac.Authority) {
		require.ErrorIs(t, private.Link(t.Context(), ben, node(1)), rbac.ErrDenied)
		a := reopen(rbac.WithPublic(true))
		who, err := a.Who(t.Context(), ben)
		require.NoError(t, err)
		assert.Equal(t, rbac.Assignment{Subject: ben, Role: rbac.Investor, Scope: rbac.Scope{Kind: rbac.Own}}, who)
		for _, n := range []int{1, 2, 3, 1} {
			require.NoError(t, a.Link(t.Context(), ben, node(n)))
		}
		require.ErrorIs(t, a.Link(t.Context(), ben, node(4)), rbac.ErrQuota)
		require.NoError(t, a.Link(t.Context(), dan, node(1)), "several may link the same")
		links, err := reopen().Links(t.Context(), ben)
		require.NoError(t, err)
		assert.ElementsMatch(t, []pocket.Address{node(1), node(2), node(3)}, links)
		all, err := a.AllLinks(t.Context())
		require.NoError(t, err)
		assert.Equal(t, map[pocket.Address][]rbac.Subject{node(1): {ben, dan}, node(2): {ben}, node(3): {ben}}, all)
		require.NoError(t, a.Unlink(t.Context(), ben, node(2)))
		require.ErrorIs(t, a.Unlink(t.Context(), ben, node(2)), rbac.ErrUnknown)
		c.pass(time.Second)
		for i := range 40 {
			err = a.Link(t.Context(), ben, node(10+i))
			if err != nil {
				break
			}
			require.NoError(t, a.Unlink(t.Context(), ben, node(10+i)))
		}
		require.ErrorIs(t, err, rbac.ErrTooMany, "who links and unlinks without end is stopped")
		who, err = a.Who(t.Context(), "api:key")
		require.NoError(t, err)
		assert.Equal(t, rbac.None, who.Role, "a key is no stranger who is welcome")
	})
}

func TestEveryChangeAndEveryRefusalIsInTheAudit(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, c *clock, reopen func(...rbac.Option) *rbac.Authority) {
		require.NoError(t, a.Found(t.Context(), ana, "", rbac.Admin))
		require.NoError(t, a.Found(t.Context(), ana, "", rbac.Admin))
		require.NoError(t, a.Assign(t.Context(), ana, ben, "", rbac.Investor, everything))
		code, made, err := a.Invite(t.Context(), ana, rbac.Investor, everything, time.Hour, "")
		require.NoError(t, err)
		_, err = a.Redeem(t.Context(), dan, "", code)
		require.NoError(t, err)
		require.NoError(t, a.Link(t.Context(), ben, node(1)))
		require.NoError(t, a.Unlink(t.Context(), ben, node(1)))
		_, _, err = a.NewKey(t.Context(), ana, "x", rbac.Investor, everything)
		require.NoError(t, err)
		_, made, err = a.Invite(t.Context(), ana, rbac.Investor, everything, time.Hour, "")
		require.NoError(t, err)
		require.NoError(t, a.Revoke(t.Context(), ana, made.Hash))
		require.ErrorIs(t, a.May(t.Context(), ben, rbac.ManageUsers), rbac.ErrDenied)
		require.ErrorIs(t, a.Dismiss(t.Context(), ben, ana), rbac.ErrDenied)
		require.NoError(t, a.Dismiss(t.Context(), ana, ben))
		var actions []string
		for r, err := range reopen().Audit(t.Context(), rbac.AuditQuery{}) {
			require.NoError(t, err)
			text := fmt.Sprintf("%s %s", r.By.Kind(), r.Action)
			if r.Refused {
				text += " refused"
			}
			actions = append(actions, text)
			assert.Equal(t, t0, r.At)
			assert.NotContains(t, r.Detail, code)
		}
		assert.Equal(t, []string{
			"telegram dismiss", "telegram dismiss refused", "telegram manage users refused", "telegram revoke invitation", "telegram invite", "telegram make key",
			"telegram unlink", "telegram link", "telegram join", "telegram invite", "telegram assign", "config assign",
		}, actions, "the newest first; what changed nothing is not there")
		of := 0
		for r, err := range a.Audit(t.Context(), rbac.AuditQuery{Subject: ben, Limit: 2}) {
			require.NoError(t, err)
			assert.True(t, r.By == ben || r.Subject == ben)
			of++
		}
		assert.Equal(t, 2, of)
		for range a.Audit(t.Context(), rbac.AuditQuery{Span: pocket.Span{From: t0.Add(time.Second)}}) {
			t.Error("nothing happened later")
		}
	})
}

func TestAFloodOfRefusalsDoesNotFillTheDisk(t *testing.T) {
	a, c := alone(t)
	for range 500 {
		require.ErrorIs(t, a.May(t.Context(), ben, rbac.ManageUsers), rbac.ErrDenied)
	}
	c.pass(2 * time.Hour)
	require.ErrorIs(t, a.May(t.Context(), ben, rbac.ManageUsers), rbac.ErrDenied)
	var details []string
	for r, err := range a.Audit(t.Context(), rbac.AuditQuery{}) {
		require.NoError(t, err)
		details = append(details, r.Detail)
	}
	require.Len(t, details, 11)
	assert.Equal(t, "and 490 more that were not recorded", details[0])
}

func TestTheAuditIsReadToItsEnd(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, _ func(...rbac.Option) *rbac.Authority) {
		for i := range 430 {
			require.NoError(t, a.Found(t.Context(), rbac.Subject(fmt.Sprintf("telegram:7%d", i)), "", rbac.Investor))
		}
		n, last := 0, int64(0)
		for r, err := range a.Audit(t.Context(), rbac.AuditQuery{}) {
			require.NoError(t, err)
			assert.True(t, last == 0 || r.ID == last-1)
			last = r.ID
			n++
		}
		assert.Equal(t, 430, n)
	})
}

func TestAnAccountIsExportedAndForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, reopen func(...rbac.Option) *rbac.Authority) {
		require.NoError(t, a.Found(t.Context(), ana, "", rbac.Admin))
		require.NoError(t, a.Assign(t.Context(), ana, ben, "Ben", rbac.Admin, everything))
		require.NoError(t, a.Assign(t.Context(), ben, dan, "", rbac.Investor, everything))
		require.NoError(t, a.Link(t.Context(), ben, node(1)))
		code, _, err := a.Invite(t.Context(), ben, rbac.Investor, everything, time.Hour, "")
		require.NoError(t, err)
		account, err := a.Export(t.Context(), ben)
		require.NoError(t, err)
		text, err := json.Marshal(account)
		require.NoError(t, err)
		for _, want := range []string{"Ben", node(1).String(), "invitations", `"action":"link"`} {
			assert.Contains(t, string(text), want)
		}
		require.NoError(t, a.Forget(t.Context(), ben))
		other := reopen()
		account, err = other.Export(t.Context(), ben)
		require.NoError(t, err)
		assert.Equal(t, rbac.Account{Subject: ben}, account, "nothing is left of it")
		who, err := other.Who(t.Context(), dan)
		require.NoError(t, err)
		assert.Equal(t, rbac.Investor, who.Role, "others keep what it gave them")
		assert.Equal(t, "forgotten", who.By.Kind())
		_, err = other.Redeem(t.Context(), carla, "", code)
		require.ErrorIs(t, err, rbac.ErrBadCode)
		_, err = rbac.ParseSubject(string(who.By))
		require.ErrorIs(t, err, pocket.ErrInvalid, "nobody can become who was forgotten")
	})
}

func TestRequestsAreGuarded(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, _ func(...rbac.Option) *rbac.Authority) {
		secret, subject, err := a.NewKey(t.Context(), root, "dashboard", rbac.Investor, everything)
		require.NoError(t, err)
		admin, _, err := a.NewKey(t.Context(), root, "", rbac.Admin, everything)
		require.NoError(t, err)
		handler := rbac.Middleware(a, rbac.IdentifyKeys(a), rbac.SeeUsers)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, ok := rbac.FromContext(r.Context())
			assert.True(t, ok)
			fmt.Fprint(w, s.Kind())
		}))
		ask := func(header string) (int, string) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			assert.NotContains(t, w.Body.String(), secret)
			return w.Code, w.Body.String()
		}
		for _, header := range []string{"", "Bearer", "Bearer x", "Basic " + admin, "Bearer " + strings.ToUpper(admin), "Bearer " + admin[:len(admin)-1] + "!"} {
			code, body := ask(header)
			assert.Equal(t, http.StatusUnauthorized, code, header)
			assert.Contains(t, body, `"error"`)
		}
		code, body := ask("Bearer " + secret)
		assert.Equal(t, http.StatusForbidden, code)
		assert.Contains(t, body, "needs the role admin")
		code, body = ask("bearer " + admin)
		assert.Equal(t, http.StatusOK, code)
		assert.Equal(t, "api", body)
		require.NoError(t, a.Dismiss(t.Context(), root, subject))
		code, _ = ask("Bearer " + secret)
		assert.Equal(t, http.StatusUnauthorized, code, "a key that was dismissed opens nothing")
	})
}

func TestScopesHoldWhatTheySay(t *testing.T) {
	own := rbac.Scope{Kind: rbac.Own}
	for _, tt := range []struct {
		inner, outer rbac.Scope
		within       bool
	}{
		{everything, everything, true}, {named(1), everything, true}, {own, everything, true},
		{everything, named(1), false}, {named(1), named(1, 2), true}, {named(1, 3), named(1, 2), false},
		{own, named(1), false}, {named(1), own, false}, {own, own, false}, {everything, rbac.Scope{}, false},
	} {
		assert.Equal(t, tt.within, tt.inner.Within(tt.outer), "%v within %v", tt.inner, tt.outer)
	}
	for _, s := range []rbac.Scope{everything, own, named(5), named(3, 1, 2)} {
		read, err := rbac.ParseScope(s.String())
		require.NoError(t, err)
		assert.Equal(t, len(s.Nodes), len(read.Nodes))
		assert.Equal(t, s.Kind, read.Kind)
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, text := range []string{"telegram:123", "discord:", "local:ana", ":", "a:b:c", "TELEGRAM:1", "telegram:1\x00", "forgotten:x", "telegram:\u202e1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := rbac.ParseSubject(text)
		if err != nil {
			require.ErrorIs(t, err, pocket.ErrInvalid)
			return
		}
		assert.Equal(t, text, s.Kind()+":"+s.ID())
		assert.NotContains(t, text[strings.Index(text, ":"):], "\n")
	})
}

func FuzzParseScope(f *testing.F) {
	for _, text := range []string{"all", "own", "", ",", node(1).String() + "," + node(1).String(), "pokt1x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := rbac.ParseScope(text)
		if err != nil {
			return
		}
		again, err := rbac.ParseScope(s.String())
		require.NoError(t, err)
		assert.Equal(t, s, again)
	})
}

func FuzzRedeem(f *testing.F) {
	f.Add("AAAAA-AAAAA-AAAAA-AAAAA")
	f.Add("\xff")
	f.Add("ſıİ")
	f.Fuzz(func(t *testing.T, typed string) {
		a, err := rbac.New(rbac.NewMemory()) // another each time: after five wrong codes nothing is looked at any more
		require.NoError(t, err)
		code, _, err := a.Invite(t.Context(), root, rbac.Investor, everything, time.Hour, typed)
		require.NoError(t, err)
		_, err = a.Redeem(t.Context(), ben, typed, typed)
		require.ErrorIs(t, err, rbac.ErrBadCode)
		_, err = a.Redeem(t.Context(), ben, typed, code)
		require.NoError(t, err)
	})
}

func BenchmarkMay(b *testing.B) {
	for _, place := range places {
		b.Run(place.name, func(b *testing.B) {
			a, err := rbac.New(place.make(b)())
			require.NoError(b, err)
			for i := range 1000 {
				require.NoError(b, a.Found(b.Context(), rbac.Subject(fmt.Sprintf("telegram:7%d", i)), "", rbac.Investor))
			}
			for b.Loop() {
				if err := a.May(b.Context(), "telegram:7500", rbac.SeeRewards); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
