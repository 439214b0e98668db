package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/rbac"
	"github.com/poktbot/poktbot/report"
)

// A Choice is what may be put into a field of a form.
type Choice struct {
	Name  string // for people
	Value string // what is put into the line
}

// maxChoices is how many choices are told at once: as many as a form shows.
const maxChoices = 25

// Complete returns what may be meant by what was typed so far in a field ([Argument.Field]) of a command, the likeliest first. It tells only what
// the account may see. From is as in a [Request].
func (b *Bot) Complete(ctx context.Context, from, name, field, typed string) ([]Choice, error) {
	who, err := b.caller(ctx, from)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(b.commands, func(c command) bool { return c.Name == name })
	if i < 0 || !b.allowed(who, &b.commands[i], nil) {
		return nil, nil
	}
	j := slices.IndexFunc(b.commands[i].Arguments, func(a Argument) bool { return a.Field() == field })
	if j < 0 {
		return nil, nil
	}
	v, err := b.viewOf(ctx, who)
	if err != nil {
		return nil, err
	}
	c := &call{ctx: ctx, bot: b, caller: who, view: v}
	var all []Choice
	switch a := b.commands[i].Arguments[j]; {
	case len(a.Choices) > 0:
		for _, choice := range a.Choices {
			all = append(all, Choice{choice, choice})
		}
	case a.Kind == NodeArgument:
		all, err = c.nodeChoices()
	case a.Kind == AlertArgument:
		all, err = c.alertChoices()
	case a.Kind == CommandArgument:
		for _, known := range b.commandsOf(who) {
			all = append(all, Choice{"/" + known.Name + " — " + known.Short, known.Name})
		}
	case a.Kind == DateArgument:
		for _, word := range []string{"today", "yesterday", "7d", "30d", "week", "last week", "month", "last month", "year", "all"} {
			all = append(all, Choice{word, word})
		}
	}
	if err != nil {
		return nil, err
	}
	return likely(all, typed), nil
}

func (c *call) nodeChoices() ([]Choice, error) {
	nodes, err := c.nodesSeen()
	if err != nil {
		return nil, err
	}
	var all []Choice
	for _, node := range nodes {
		all = append(all, Choice{node.String(), node.String()})
	}
	return all, nil
}

func (c *call) alertChoices() ([]Choice, error) {
	if !c.may(rbac.SeeAlerts) {
		return nil, nil
	}
	list, err := c.firing()
	if err != nil {
		return nil, err
	}
	all := []Choice{{"all", "all"}}
	for _, a := range list {
		all = append(all, Choice{report.Line(string(a.Key.Name)+" "+a.Key.Subject+", for "+report.Duration(a.Duration(time.Now())), 90), alertID(a.Key)})
	}
	return all, nil
}

// likely returns the choices in which the typed text stands, those that begin with it first.
func likely(all []Choice, typed string) []Choice {
	typed = strings.ToLower(strings.TrimSpace(typed))
	rank := func(c Choice) int {
		switch name, value := strings.ToLower(c.Name), strings.ToLower(c.Value); {
		case strings.HasPrefix(value, typed), strings.HasPrefix(name, typed):
			return 0
		case strings.Contains(value, typed), strings.Contains(name, typed):
			return 1
		}
		return 2
	}
	all = slices.DeleteFunc(all, func(c Choice) bool { return rank(c) > 1 })
	slices.SortStableFunc(all, func(a, b Choice) int { return rank(a) - rank(b) })
	return all[:min(len(all), maxChoices)]
}
