package rbac_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
)

// records are those of the audit trail, the newest first.
func records(t *testing.T, a *rbac.Authority) (list []rbac.Record) {
	t.Helper()
	for r, err := range a.Audit(t.Context(), rbac.AuditQuery{}) {
		require.NoError(t, err)
		list = append(list, r)
	}
	return list
}

func TestAConfigurationGivesNoMoreThanItSays(t *testing.T) {
	both := func(role rbac.Role, scope rbac.Scope) rbac.Assignment {
		return rbac.Assignment{Role: role, Scope: scope}
	}
	own := rbac.Scope{Kind: rbac.Own}
	for _, tt := range []struct {
		name string
		had  rbac.Assignment
		role rbac.Role
		gets rbac.Assignment
	}{
		{"nothing becomes what it says", both(rbac.None, rbac.Scope{}), rbac.Admin, both(rbac.Admin, everything)},
		{"less becomes what it says", both(rbac.Investor, named(1)), rbac.Admin, both(rbac.Admin, everything)},
		{"own becomes all", both(rbac.Investor, own), rbac.Investor, both(rbac.Investor, everything)},
		{"more stays", both(rbac.Sysadmin, everything), rbac.Investor, both(rbac.Sysadmin, everything)},
		{"an admin of one node who is listed as an investor stays one of one node", both(rbac.Admin, named(1)), rbac.Investor, both(rbac.Admin, named(1))},
		{"a sysadmin of one node who is listed as an admin becomes an admin", both(rbac.Sysadmin, named(1)), rbac.Admin, both(rbac.Admin, everything)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, _ := alone(t)
			if tt.had.Role != rbac.None {
				require.NoError(t, a.Assign(t.Context(), root, ben, "", tt.had.Role, tt.had.Scope))
			}
			for range 2 { // a start and another
				require.NoError(t, a.Found(t.Context(), ben, "", tt.role))
			}
			who, err := a.Who(t.Context(), ben)
			require.NoError(t, err)
			assert.Equal(t, tt.gets, both(who.Role, who.Scope))
			assert.LessOrEqual(t, len(records(t, a)), 2, "the second start changes nothing")
		})
	}
}

func TestForgettingLeavesNoTraceInDetails(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, _ func(...rbac.Option) *rbac.Authority) {
		const longer rbac.Subject = "telegram:22" // begins like who is forgotten
		require.NoError(t, a.Found(t.Context(), ana, "", rbac.Admin))
		for _, s := range []rbac.Subject{ben, longer} {
			require.NoError(t, a.Assign(t.Context(), root, s, "", rbac.Sysadmin, everything))
			require.ErrorIs(t, a.Dismiss(t.Context(), ana, s), rbac.ErrDenied)
			code, _, err := a.Invite(t.Context(), s, rbac.Investor, everything, time.Hour, "")
			require.NoError(t, err)
			_, err = a.Redeem(t.Context(), "telegram:5"+rbac.Subject(s.ID()), "", code)
			require.NoError(t, err)
		}
		require.NoError(t, a.Link(t.Context(), ben, node(1)))
		require.NoError(t, a.Unlink(t.Context(), ben, node(1)))
		require.NoError(t, a.Link(t.Context(), ben, node(2)))
		require.NoError(t, a.Link(t.Context(), longer, node(3)))
		before := len(records(t, a))
		require.NoError(t, a.Forget(t.Context(), ben))
		text, err := json.Marshal(records(t, a))
		require.NoError(t, err)
		assert.NotRegexp(t, `telegram:2\b`, string(text), "also not in what others were told")
		assert.NotContains(t, string(text), node(1).String(), "an address leads to its owner")
		assert.NotContains(t, string(text), node(2).String())
		assert.Contains(t, string(text), "invited by telegram:22", "others stay")
		assert.Contains(t, string(text), "invited by forgotten:")
		assert.Contains(t, string(text), node(3).String())
		assert.Len(t, records(t, a), before+1, "no record is gone")
	})
}

func TestWhoIsNobodyIsNotEverybody(t *testing.T) {
	onEach(t, func(t *testing.T, _ *rbac.Authority, _ *clock, reopen func(...rbac.Option) *rbac.Authority) {
		a := reopen(rbac.WithPublic(true))
		require.NoError(t, a.Link(t.Context(), ben, node(1)))
		code, _, err := a.Invite(t.Context(), root, rbac.Investor, everything, time.Hour, "")
		require.NoError(t, err)
		before := records(t, a)
		for _, s := range []rbac.Subject{"", "local", "local:", ":", "telegram:", "telegram:\xff\x00", "config:file", "forgotten:abc", "telegram:" + rbac.Subject(strings.Repeat("1", 100_000))} {
			name := fmt.Sprintf("%.20q", s)
			who, err := a.Who(t.Context(), s)
			require.NoError(t, err, name)
			assert.Equal(t, rbac.None, who.Role, name)
			_, err = a.Export(t.Context(), s)
			require.ErrorIs(t, err, pocket.ErrInvalid, name)
			require.ErrorIs(t, a.Forget(t.Context(), s), pocket.ErrInvalid, name)
			_, err = a.Redeem(t.Context(), s, "", code)
			require.ErrorIs(t, err, pocket.ErrInvalid, name)
		}
		assert.Equal(t, before, records(t, a), "no record was touched")
		for _, s := range []rbac.Subject{root, "api:key"} {
			_, err = a.Redeem(t.Context(), s, "", code)
			require.ErrorIs(t, err, pocket.ErrInvalid, "an invitation is for people")
		}
		require.ErrorIs(t, a.May(t.Context(), "telegram:\xff\x00", rbac.SeeUsers), rbac.ErrDenied)
		require.ErrorIs(t, a.Dismiss(t.Context(), dan, rbac.Subject(strings.Repeat("x\xff\x00\n", 100_000))), rbac.ErrDenied)
		got := records(t, a)
		require.Len(t, got, len(before)+2)
		for _, r := range got[:2] {
			assert.True(t, r.Refused)
			assert.Less(t, len(r.By)+len(r.Subject)+len(r.Detail), 400, "what strangers write does not fill the disk")
		}
	})
}

func TestACommentMayBeInAnyScript(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, _ func(...rbac.Option) *rbac.Authority) {
		for _, comment := range []string{strings.Repeat("节点", 60), "x" + strings.Repeat("ж", 80), "\xff\x00"} {
			_, made, err := a.Invite(t.Context(), root, rbac.Investor, everything, time.Hour, comment)
			require.NoError(t, err)
			assert.True(t, utf8.ValidString(made.Comment))
			assert.LessOrEqual(t, utf8.RuneCountInString(made.Comment), 64)
		}
	})
}

func TestAnAdminRevokesNoInvitationAboveHim(t *testing.T) {
	a, _ := alone(t)
	require.NoError(t, a.Found(t.Context(), ana, "", rbac.Admin))
	code, made, err := a.Invite(t.Context(), root, rbac.Sysadmin, everything, time.Hour, "")
	require.NoError(t, err)
	require.ErrorIs(t, a.Revoke(t.Context(), ana, made.Hash), rbac.ErrDenied)
	_, err = a.Redeem(t.Context(), ben, "", code)
	require.NoError(t, err)
}

func TestWhoDismissesMayInsistOnWhatHeSaw(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, _ func(...rbac.Option) *rbac.Authority) {
		require.NoError(t, a.Assign(t.Context(), root, ben, "", rbac.Investor, everything))
		require.NoError(t, a.Assign(t.Context(), root, ben, "", rbac.Investor, named(1)))
		require.ErrorIs(t, a.Dismiss(t.Context(), root, ben, rbac.If(1)), rbac.ErrChanged)
		require.NoError(t, a.Dismiss(t.Context(), root, ben, rbac.If(2)))
	})
}

func TestManyStrangersTogetherDoNotFillTheDisk(t *testing.T) {
	a, c := alone(t)
	for i := range 3000 {
		require.ErrorIs(t, a.May(t.Context(), rbac.Subject(fmt.Sprintf("telegram:6%d", i)), rbac.ManageUsers), rbac.ErrDenied)
	}
	n := len(records(t, a))
	assert.LessOrEqual(t, n, 1000)
	c.pass(2 * time.Hour)
	require.ErrorIs(t, a.May(t.Context(), ben, rbac.ManageUsers), rbac.ErrDenied)
	assert.Equal(t, fmt.Sprintf("and %d of other accounts that were not recorded", 3000-n), records(t, a)[0].Detail)
}

// slow is a store that lets all who change something look at once.
type slow struct {
	rbac.Store
	gate chan struct{}
}

func (s slow) Change(ctx context.Context, do func(rbac.Tx) error) error {
	<-s.gate
	return s.Store.Change(ctx, do)
}

func TestManyGuessesAtOnceAreStillFive(t *testing.T) {
	store := slow{rbac.NewMemory(), make(chan struct{})}
	a, err := rbac.New(store)
	require.NoError(t, err)
	var guesses []func() error
	for range 50 {
		guesses = append(guesses, func() error { _, err := a.Redeem(t.Context(), ben, "", "AAAAA-AAAAA-AAAAA-AAAAA"); return err })
	}
	time.AfterFunc(0, func() { close(store.gate) })
	tried := 0
	for _, err := range atOnce(guesses...) {
		if !assert.Error(t, err) || !isTooMany(err) {
			tried++
		}
	}
	assert.Equal(t, 5, tried)
}

func isTooMany(err error) bool { return strings.Contains(err.Error(), rbac.ErrTooMany.Error()) }

func TestRightCodesAreNoGuesses(t *testing.T) {
	a, _ := alone(t)
	for i := range 8 { // more than the wrong ones that are let through
		code, _, err := a.Invite(t.Context(), root, rbac.Investor, named(i), time.Hour, "")
		require.NoError(t, err)
		_, err = a.Redeem(t.Context(), ben, "", code)
		require.NoError(t, err)
	}
}
