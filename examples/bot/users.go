package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/rbac"
	"github.com/poktbot/poktbot/report"
)

// users is /users: who may do what.
func (c *call) users() error {
	if len(c.args) > 0 {
		return usage("/users takes nothing; /user add and /user remove change them")
	}
	list, err := c.bot.authority.Users(c.ctx, c.subject)
	if err != nil {
		return err
	}
	public := "The bot is public: anybody else sees what he links himself."
	if len(list) == 0 {
		text := Text{Title: "Nobody has a role yet", Lines: []string{"/invite makes a code that gives one; access.admins in the configuration names the first."}}
		if c.bot.config.Access.Public {
			text.Lines = append(text.Lines, public)
		}
		return c.say(text)
	}
	t := report.Table{
		Title: plural(len(list), "user"),
		Columns: []report.Column{
			{Name: "Who", Kind: report.KindText}, {Name: "Name", Kind: report.KindText}, {Name: "Role", Kind: report.KindText}, {Name: "Sees", Kind: report.KindText},
			{Name: "Since", Kind: report.KindTime}, {Name: "By", Kind: report.KindText},
		},
	}
	rows := make([][]report.Cell, 0, len(list))
	for _, a := range list {
		rows = append(rows, []report.Cell{
			report.String(string(a.Subject)), report.String(a.Name), report.String(string(a.Role)), report.String(scopeText(a.Scope)),
			report.Time(a.At), report.String(string(a.By)),
		})
	}
	t.Rows = report.Rows(rows...)
	if c.bot.config.Access.Public {
		t.Notes = append(t.Notes, public)
	}
	return c.say(Table{Table: t, Options: report.TextOptions{Zone: c.zone}})
}

func scopeText(s rbac.Scope) string {
	switch s.Kind {
	case rbac.All:
		return "everything"
	case rbac.Own:
		return "what he links"
	}
	return plural(len(s.Nodes), "node")
}

// user is /user: somebody gets a role, or loses it.
func (c *call) user() error {
	if len(c.args) == 0 {
		return usage("/user wants a verb: /user add telegram:123 investor, /user remove telegram:123. /invite is easier: nobody has to look for a number")
	}
	verb, words := strings.ToLower(c.args[0]), c.args[1:]
	if verb != "add" && verb != "remove" {
		return unknownWord("user", verb, "add", "remove")
	}
	if len(words) == 0 {
		if verb == "remove" {
			return c.askUser()
		}
		return c.say(Prompt{Question: "Who? A platform and its number for the account, such as telegram:123456789. /invite needs no number.", Line: "/user add"})
	}
	subject, err := c.parseSubject(words[0])
	if err != nil {
		return err
	}
	if verb == "remove" {
		if len(words) > 1 {
			return usage("/user remove takes one account; %q is one too many", clip(words[1]))
		}
		if err := c.bot.authority.Dismiss(c.ctx, c.subject, subject); err != nil {
			return forPeople(err)
		}
		c.bot.peopleDid()
		text := Text{Lines: []string{string(subject) + " has no role any more."}}
		if a := c.bot.config.Access; slices.Contains(slices.Concat(a.Sysadmins, a.Admins, a.Investors), Phrase(subject)) {
			text.Lines = append(text.Lines, "⚠ The configuration names this account, so it comes back at the next start unless it is taken out there.")
		}
		return c.say(text)
	}
	if len(words) == 1 {
		return c.askRole(fmt.Sprintf("Which role for %s?", subject), "/user add "+string(subject))
	}
	role, scope, err := c.parseGrant(words[1:])
	if err != nil {
		return err
	}
	if err := c.bot.authority.Assign(c.ctx, c.subject, subject, "", role, scope); err != nil {
		return forPeople(err)
	}
	c.bot.peopleDid()
	return c.say(Text{Lines: []string{fmt.Sprintf("%s is %s now and sees %s.", subject, article(role), scopeText(scope))}})
}

// parseSubject reads an account; a number alone is one of the platform that is asked on.
func (c *call) parseSubject(word string) (rbac.Subject, error) {
	if strings.Trim(word, "0123456789") == "" && c.subject.Kind() != "local" {
		word = c.subject.Kind() + ":" + word
	}
	subject, err := rbac.ParseSubject(word)
	if err != nil {
		return "", usage("%v", err)
	}
	return subject, nil
}

// parseGrant reads a role, and nodes when it is not to be all of them.
func (c *call) parseGrant(words []string) (rbac.Role, rbac.Scope, error) {
	all := rbac.Scope{Kind: rbac.All}
	var names []string
	for _, role := range rbac.Roles() {
		names = append(names, string(role))
	}
	role, err := rbac.ParseRole(strings.ToLower(words[0]))
	if err != nil || role == rbac.None {
		if near := nearest(strings.ToLower(words[0]), names); near != "" {
			return "", all, usage("%q is no role; did you mean %s?", clip(words[0]), near)
		}
		return "", all, usage("%q is no role: want %s", clip(words[0]), strings.Join(names, ", "))
	}
	switch {
	case len(words) == 1 || strings.EqualFold(words[1], "all"):
		return role, all, nil
	case strings.EqualFold(words[1], "own"):
		return role, rbac.Scope{Kind: rbac.Own}, nil
	}
	scope := rbac.Scope{Kind: rbac.Named}
	for _, word := range words[1:] {
		node, err := c.findNode(strings.Trim(word, ","))
		if err != nil {
			return "", all, err
		}
		scope.Nodes = append(scope.Nodes, node)
	}
	return role, scope, nil
}

func article(role rbac.Role) string {
	if role == rbac.Sysadmin {
		return "a sysadmin"
	}
	return "an " + string(role)
}

// askRole asks which role, of those that the caller may give.
func (c *call) askRole(question, line string) error {
	p := Prompt{Question: question, Line: line}
	var row []Button
	for _, role := range rbac.Roles() {
		if role != rbac.None && c.Role.Includes(role) {
			row = append(row, Button{Label: string(role), Line: line + " " + string(role)})
		}
	}
	p.Choices = [][]Button{row}
	return c.say(p)
}

func (c *call) askUser() error {
	list, err := c.bot.authority.Users(c.ctx, c.subject)
	if err != nil {
		return err
	}
	p := Prompt{Question: "Who loses his role?", Line: "/user remove"}
	for _, a := range list {
		label := cmp.Or(a.Name, string(a.Subject)) + ", " + string(a.Role)
		p.Choices = append(p.Choices, []Button{{Label: label, Line: "/user remove " + string(a.Subject)}})
	}
	return c.say(p)
}

// inviteLasts is how long an invitation is good for.
const inviteLasts = 24 * time.Hour

// invite is /invite: a code that gives a role to who sends it first.
func (c *call) invite() error {
	if len(c.args) == 0 {
		return c.askRole("Invite whom?", "/invite")
	}
	role, scope, err := c.parseGrant(c.args)
	if err != nil {
		return err
	}
	code, _, err := c.bot.authority.Invite(c.ctx, c.subject, role, scope, inviteLasts, "")
	if err != nil {
		return forPeople(err)
	}
	return c.say(Text{Title: "An invitation for " + article(role), Lines: []string{
		"Whoever sends this line to the bot first gets the role and sees " + scopeText(scope) + ":",
		"/join " + code,
		"It is good for " + report.Duration(inviteLasts) + ", once. It is shown only now.",
	}})
}

// join is /join: an invitation is redeemed.
func (c *call) join() error {
	if len(c.args) == 0 {
		return c.say(Prompt{Question: "What is the code of your invitation?", Line: "/join"})
	}
	a, err := c.bot.authority.Redeem(c.ctx, c.subject, c.name, strings.Join(c.args, ""))
	if err != nil {
		return forPeople(err)
	}
	if c.caller, err = c.bot.caller(c.ctx, string(c.subject)); err != nil {
		return err
	}
	c.bot.peopleDid()
	told, err := c.begin()
	if err != nil {
		return err
	}
	text := Text{Title: "Welcome", Lines: []string{"You are " + article(a.Role) + " now and see " + scopeText(a.Scope) + ". /menu shows what there is."}}
	if told != "" {
		text.Lines = append(text.Lines, told)
	}
	return c.say(text)
}

// audit is /audit: who changed what about people, and who was refused.
func (c *call) audit() error {
	q := rbac.AuditQuery{Limit: shownEvents}
	words := c.args
	named := "the latest"
	if len(words) > 0 && strings.Contains(words[0], ":") {
		subject, err := c.parseSubject(words[0])
		if err != nil {
			return err
		}
		q.Subject, words = subject, words[1:]
	}
	if len(words) > 0 {
		var err error
		if q.Span, named, err = c.spanAt(time.Now(), words); err != nil {
			return err
		}
		q.Limit = 1000
	}
	var rows [][]report.Cell
	for r, err := range c.bot.authority.Audit(c.ctx, q) {
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		what := r.Action
		if r.Refused {
			what = "refused: " + what
		}
		rows = append(rows, []report.Cell{report.Time(r.At), report.String(string(r.By)), report.String(what), report.String(string(r.Subject)), report.String(r.Detail)})
	}
	if len(rows) == 0 {
		return c.say(Text{Title: "Audit: " + named, Lines: []string{"Nothing was changed, and nobody was refused."}})
	}
	t := report.Table{Title: "Audit: " + named, Rows: report.Rows(rows...), Columns: []report.Column{
		{Name: "When", Kind: report.KindTime}, {Name: "Who", Kind: report.KindText}, {Name: "What", Kind: report.KindText},
		{Name: "Whom", Kind: report.KindText}, {Name: "Detail", Kind: report.KindText},
	}}
	if len(rows) == q.Limit {
		t.Notes = append(t.Notes, fmt.Sprintf("Only the latest %d are shown.", q.Limit))
	}
	return c.say(Table{Table: t, Options: report.TextOptions{Zone: c.zone}})
}
