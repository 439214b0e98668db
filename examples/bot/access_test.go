package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/rbac"
)

// mayAskTable says who may ask what, written out by hand: a row for each command and each verb that needs more, a letter for each who may. s is a stranger
// of a private bot, p one of a public bot (he sees his own), o an investor of his own nodes, n one of named nodes, i one of all; d, D an admin of named
// nodes and of all, Y a sysadmin.
const mayAskTable = `
/start          .poni dDY
/help           .poni dDY
/menu           .poni dDY
/join X         sponi dDY
/info           .poni dDY
/stats          .poni dDY
/rewards day    .poni dDY
/graph          .poni dDY
/digest         .poni dDY
/losses         .poni dDY
/report csv     .poni dDY
/tax            .poni dDY
/verify         .poni dDY
/nodes          .poni dDY
/node show      .poni dDY
/node add       ..... .DY
/node remove    ..... .DY
/wallet list    .poni dDY
/wallet add     .poni dDY
/wallet remove  .poni dDY
/alerts         .poni dDY
/events         .poni dDY
/ack X          ..... dDY
/mute           ..... dDY
/unmute X       ..... dDY
/test           ..... dDY
/settings       .poni dDY
/users          ..... .DY
/user add       ..... .DY
/user remove    ..... .DY
/invite         ..... .DY
/audit          ..... .DY
/export         .poni dDY
/forget         .poni dDY
`

func TestEveryRoleMayWhatTheTableSaysAndIsShownNoMore(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	named := rbac.Scope{Kind: rbac.Named, Nodes: b.config.Nodes[:1]}
	all, own := rbac.Scope{Kind: rbac.All}, rbac.Scope{Kind: rbac.Own}
	who := map[rune]string{'s': stranger, 'p': stranger}
	for letter, a := range map[rune]rbac.Assignment{
		'o': {Role: rbac.Investor, Scope: own}, 'n': {Role: rbac.Investor, Scope: named}, 'i': {Role: rbac.Investor, Scope: all},
		'd': {Role: rbac.Admin, Scope: named}, 'D': {Role: rbac.Admin, Scope: all}, 'Y': {Role: rbac.Sysadmin, Scope: all},
	} {
		subject := rbac.Subject(fmt.Sprintf("telegram:10%d", letter))
		require.NoError(t, b.authority.Assign(t.Context(), "local:test", subject, "", a.Role, a.Scope))
		who[letter] = string(subject)
	}
	public := demonstration(t, func(c *Config) { c.Access.Public = true })

	rows := strings.Split(strings.TrimSpace(mayAskTable), "\n")
	covered := map[string]bool{}
	for _, row := range rows {
		line, letters := strings.TrimSpace(row[:16]), strings.ReplaceAll(row[16:], " ", "")
		words := strings.Fields(line)
		covered[strings.TrimPrefix(words[0], "/")] = true
		for i, letter := range "sponidDY" {
			may := rune(letters[i]) != '.'
			asked := b
			if letter == 'p' {
				asked = public
			}
			caller, err := asked.caller(t.Context(), who[letter])
			require.NoError(t, err)
			assert.Equal(t, may, asked.mayAsk(caller, line), "%s by %c: what menus show", line, letter)

			_, err = reply(t, asked, Request{Text: line, From: who[letter], Chat: "telegram:1", Direct: true})
			denied := errors.Is(err, ErrDenied) || errors.Is(err, ErrStranger)
			assert.Equal(t, may, !denied, "%s by %c: %v", line, letter, err)

			list, err := asked.Commands(t.Context(), who[letter])
			require.NoError(t, err)
			listed := slices.ContainsFunc(list, func(c Command) bool { return "/"+c.Name == words[0] })
			if len(words) == 1 || !isVerb(asked, words) {
				assert.Equal(t, may, listed, "%s by %c: what /help lists", line, letter)
			}
		}
	}
	for _, c := range everyCommand() {
		assert.True(t, covered[c.Name], "/%s is not in the table", c.Name)
		for verb := range c.verbs {
			assert.Contains(t, mayAskTable, "/"+c.Name+" "+verb, "a verb that needs more is in the table")
		}
	}
}

// isVerb reports whether the second word needs more than the command.
func isVerb(b *Bot, words []string) bool {
	i := slices.IndexFunc(b.commands, func(c command) bool { return "/"+c.Name == words[0] })
	_, ok := b.commands[i].verbs[words[1]]
	return ok
}

func TestTheMenuShowsWhatWouldBeAllowedAndNothingElse(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	for _, from := range []string{investor, admin, sysadmin} {
		who, err := b.caller(t.Context(), from)
		require.NoError(t, err)
		var shown []string
		for part, err := range b.Answer(t.Context(), Request{Text: "/menu", From: from}) {
			require.NoError(t, err)
			for _, row := range part.(Menu).Rows {
				for _, button := range row {
					shown = append(shown, button.Line)
				}
			}
		}
		var want []string
		for _, row := range menus() {
			for _, button := range row {
				err := b.authority.May(t.Context(), who.subject, neededFor(t, b, button.Line))
				if err == nil {
					want = append(want, button.Line)
				}
			}
		}
		assert.Equal(t, want, shown, from)
		assert.NotEmpty(t, shown)
	}
}

func neededFor(t *testing.T, b *Bot, text string) rbac.Permission {
	line, err := ParseLine(text)
	require.NoError(t, err)
	i := slices.IndexFunc(b.commands, func(c command) bool { return c.Name == line.Name })
	require.GreaterOrEqual(t, i, 0, "the button %s leads nowhere", text)
	return b.commands[i].needs(line.Args)
}

func TestAStrangerOfAPrivateBotHearsOneLineAndLearnsNothing(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	for _, typed := range []string{"/stats", "/help", "/start", "/nothing", "/node add pokt1x", "/users"} {
		text, err := reply(t, b, Request{Text: typed, From: stranger})
		require.ErrorIs(t, err, ErrStranger, typed)
		assert.Empty(t, text)
		assert.Equal(t, ErrStranger.Error(), err.Error(), "it tells nothing of the command")
	}
}

func TestAnInvitationMakesSomebodyAUser(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	text, err := reply(t, b, Request{Text: "/invite investor", From: admin})
	require.NoError(t, err)
	_, code, ok := strings.Cut(text, "/join ")
	require.True(t, ok, text)
	code, _, _ = strings.Cut(code, "\n")

	_, err = reply(t, b, Request{Text: "/join WRONG-CODE", From: stranger})
	require.ErrorIs(t, err, ErrUsage)
	text, err = reply(t, b, Request{Text: "/join " + code, From: stranger, Name: "Ana", Chat: "telegram:9", Direct: true})
	require.NoError(t, err)
	assert.Contains(t, text, "You are an investor now and see everything")
	assert.Contains(t, text, "Alerts are told here from warning on")
	_, err = reply(t, b, Request{Text: "/stats", From: stranger})
	require.NoError(t, err)
	_, err = reply(t, b, Request{Text: "/join " + code, From: "telegram:77"})
	require.ErrorIs(t, err, ErrUsage, "a code is for one")

	text, err = reply(t, b, Request{Text: "/users", From: admin})
	require.NoError(t, err)
	assert.Contains(t, text, "Ana")
	_, err = reply(t, b, Request{Text: "/user remove " + stranger, From: admin})
	require.NoError(t, err)
	_, err = reply(t, b, Request{Text: "/stats", From: stranger})
	require.ErrorIs(t, err, ErrStranger, "it ends at once")
	list, err := b.Subscriptions(t.Context())
	require.NoError(t, err)
	assert.Empty(t, list, "who has no role is told nothing")
}

func TestNobodyGivesMoreThanHeHasAndTheLastAdminStays(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	_, err := reply(t, b, Request{Text: "/user add telegram:50 sysadmin", From: admin})
	require.ErrorIs(t, err, ErrDenied)
	_, err = reply(t, b, Request{Text: "/invite sysadmin", From: admin})
	require.ErrorIs(t, err, ErrDenied)
	_, err = reply(t, b, Request{Text: "/user remove " + sysadmin, From: admin})
	require.ErrorIs(t, err, ErrDenied)
	text, err := reply(t, b, Request{Text: "/user remove " + admin, From: sysadmin})
	require.NoError(t, err)
	assert.Contains(t, text, "comes back at the next start", "for the configuration names him")
	_, err = reply(t, b, Request{Text: "/user remove " + sysadmin, From: sysadmin})
	require.ErrorIs(t, err, ErrUsage)
	_, err = reply(t, b, Request{Text: "/forget yes", From: sysadmin})
	require.ErrorIs(t, err, ErrUsage, "nor can he be forgotten")
	text, err = reply(t, b, Request{Text: "/audit", From: sysadmin})
	require.NoError(t, err)
	assert.Contains(t, text, "refused")
}

func TestWhoSeesOneNodeSeesNoOther(t *testing.T) {
	long(t)
	b := demonstration(t, nil)
	mine, other := b.config.Nodes[0], b.config.Nodes[1]
	require.NoError(t, b.authority.Assign(t.Context(), "local:test", stranger, "", rbac.Investor, rbac.Scope{Kind: rbac.Named, Nodes: b.config.Nodes[:1]}))
	for _, typed := range []string{"/stats", "/nodes", "/rewards node", "/losses", "/node show " + mine.String(), "/rewards node " + mine.Short(), "/tax"} {
		text, err := reply(t, b, Request{Text: typed, From: stranger})
		require.NoError(t, err, typed)
		for _, hidden := range b.config.Nodes[1:] {
			assert.NotContains(t, text, hidden.String(), typed)
			assert.NotContains(t, text, hidden.Short(), typed)
		}
	}
	for _, typed := range []string{"/stats " + other.String(), "/node show " + other.String(), "/rewards node all " + other.String(), "/report csv all " + other.String(), "/graph " + other.String(), "/stats " + other.Short()} {
		_, err := reply(t, b, Request{Text: typed, From: stranger})
		require.ErrorIs(t, err, ErrUsage, typed)
	}
	choices, err := b.Complete(t.Context(), stranger, "stats", "node", "")
	require.NoError(t, err)
	require.Len(t, choices, 1)
	assert.Equal(t, mine.String(), choices[0].Value)
}
