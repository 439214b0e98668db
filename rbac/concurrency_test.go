package rbac_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/rbac"
)

// oneAdminStays takes the rights of the last two admins at once, in each way that there is, and looks whether one of them kept his.
func oneAdminStays(t *testing.T, a, other *rbac.Authority) {
	t.Helper()
	take := map[string]func(*rbac.Authority, rbac.Subject) error{
		"dismissed": func(a *rbac.Authority, s rbac.Subject) error { return a.Dismiss(t.Context(), root, s) },
		"lowered": func(a *rbac.Authority, s rbac.Subject) error {
			return a.Assign(t.Context(), root, s, "", rbac.Investor, everything)
		},
		"narrowed": func(a *rbac.Authority, s rbac.Subject) error {
			return a.Assign(t.Context(), root, s, "", rbac.Admin, named(1))
		},
		"forgotten": func(a *rbac.Authority, s rbac.Subject) error { return a.Forget(t.Context(), s) },
	}
	for one, first := range take {
		for two, second := range take {
			require.NoError(t, a.Found(t.Context(), ana, "", rbac.Admin))
			require.NoError(t, a.Found(t.Context(), ben, "", rbac.Admin))
			errs := atOnce(func() error { return first(a, ana) }, func() error { return second(other, ben) })
			assert.ErrorIs(t, errors.Join(errs...), rbac.ErrLastAdmin, "%s and %s", one, two)
			assert.True(t, errs[0] == nil || errs[1] == nil, "%s and %s: one of them goes", one, two)
			managers := 0
			users, err := a.Users(t.Context(), root)
			require.NoError(t, err)
			for _, u := range users {
				if u.May(rbac.ManageUsers) {
					managers++
				}
			}
			assert.Equal(t, 1, managers, "%s and %s", one, two)
		}
	}
}

func TestOfTwoLastAdminsTakenAtOnceOneStays(t *testing.T) {
	onEach(t, func(t *testing.T, a *rbac.Authority, _ *clock, reopen func(...rbac.Option) *rbac.Authority) {
		oneAdminStays(t, a, reopen())
	})
}

func TestOfTwoLastAdminsOneStaysWhateverTheServersIsolation(t *testing.T) {
	for _, level := range []string{"repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			u, err := url.Parse(server.Database(t))
			require.NoError(t, err)
			query := u.Query()
			query.Set("default_transaction_isolation", level)
			u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
			authority := func() *rbac.Authority {
				db := open(t, "pgx", u.String())
				var is string
				require.NoError(t, db.QueryRow("SHOW default_transaction_isolation").Scan(&is))
				require.Equal(t, level, is)
				a, err := rbac.New(opened(t, rbac.StoreDB{Write: db, Read: db, Dialect: rbac.Postgres}))
				require.NoError(t, err)
				return a
			}
			oneAdminStays(t, authority(), authority())
		})
	}
}
