package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/disgoorg/disgo/rest"

	"github.com/poktbot/poktbot/examples/bot"
)

// The types of options that are used, and how many choices and options there may be.
const (
	stringOption  = 3
	integerOption = 4
	mostChoices   = 25
	longestName   = 32
	longestText   = 100
)

// A form is a command as it is registered with Discord.
type form struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        int      `json:"type"` // 1: typed with a slash
	Options     []option `json:"options"`
}

type option struct {
	Type         int      `json:"type"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Required     bool     `json:"required"`
	Autocomplete bool     `json:"autocomplete"`
	Choices      []choice `json:"choices"`
}

type choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// forms makes forms of commands.
func forms(commands []bot.Command) []form {
	list := make([]form, len(commands))
	for i, c := range commands {
		f := form{Name: fieldName(c.Name), Description: description(c.Short, c.Name), Type: 1}
		for _, a := range c.Arguments {
			f.Options = append(f.Options, optionOf(a))
		}
		slices.SortStableFunc(f.Options, func(a, b option) int { // Discord wants those that must be there first
			switch {
			case a.Required == b.Required:
				return 0
			case a.Required:
				return -1
			}
			return 1
		})
		list[i] = f
	}
	return list
}

// completes reports whether what may stand there is told while it is typed.
func completes(a bot.Argument) bool {
	switch a.Kind {
	case bot.NodeArgument, bot.AlertArgument, bot.DateArgument, bot.CommandArgument:
		return true
	}
	return len(a.Choices) > mostChoices
}

func optionOf(a bot.Argument) option {
	o := option{Type: stringOption, Name: fieldName(a.Field()), Description: description(a.Short, a.Name), Required: a.Required, Autocomplete: completes(a)}
	switch {
	case o.Autocomplete:
	case a.Kind == bot.NumberArgument:
		o.Type = integerOption
	default:
		for _, c := range a.Choices {
			o.Choices = append(o.Choices, choice{Name: clip(c, longestText), Value: c})
		}
	}
	return o
}

// fieldName is a name as Discord takes it: small letters, digits, - and _.
func fieldName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
	return cmp.Or(clipPlain(name, longestName), "value")
}

func clipPlain(text string, most int) string { return text[:min(len(text), most)] }

func description(text, otherwise string) string {
	return clip(cmp.Or(strings.TrimSpace(text), otherwise), longestText)
}

// line is what could have been typed instead of a form.
func line(name string, values map[string]string) string {
	for _, c := range bot.EveryCommand() {
		if fieldName(c.Name) != name {
			continue
		}
		fields := map[string]string{}
		for _, a := range c.Arguments {
			fields[a.Field()] = values[fieldName(a.Field())]
		}
		return c.Compose(fields)
	}
	return "/" + name // the bot says that there is none
}

// fieldOf returns the names of a command and a field as the bot has them.
func fieldOf(name, field string) (string, string) {
	for _, c := range bot.EveryCommand() {
		if fieldName(c.Name) != name {
			continue
		}
		for _, a := range c.Arguments {
			if fieldName(a.Field()) == field {
				return c.Name, a.Field()
			}
		}
	}
	return name, field
}

// register makes Discord know the commands, in one server or everywhere. It writes only when what is known there differs, since writing is limited to so
// many times a day.
func (p *platform) register(ctx context.Context, commands []bot.Command) error {
	get, set := rest.GetGlobalCommands.Compile(nil, p.app), rest.SetGlobalCommands.Compile(nil, p.app)
	if p.guild != "" {
		get, set = rest.GetGuildCommands.Compile(nil, p.app, p.guild), rest.SetGuildCommands.Compile(nil, p.app, p.guild)
	}
	var known []form
	if err := p.do(ctx, get, nil, &known); err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	want := forms(commands)
	if sameForms(known, want) {
		return nil
	}
	if err := p.do(ctx, set, want, nil); err != nil {
		return fmt.Errorf("register the commands: %w", err)
	}
	p.log.Info("commands registered", "commands", len(want), "guild", cmp.Or(p.guild, "all"))
	return nil
}

func sameForms(a, b []form) bool {
	byName := func(x, y form) int { return strings.Compare(x.Name, y.Name) }
	a, b = slices.SortedFunc(slices.Values(a), byName), slices.SortedFunc(slices.Values(b), byName)
	return slices.EqualFunc(a, b, func(x, y form) bool {
		return x.Name == y.Name && x.Description == y.Description && x.Type == y.Type && slices.EqualFunc(x.Options, y.Options, func(o, q option) bool {
			return o.Type == q.Type && o.Name == q.Name && o.Description == q.Description && o.Required == q.Required &&
				o.Autocomplete == q.Autocomplete && slices.Equal(o.Choices, q.Choices)
		})
	})
}

// number writes what comes as an integer.
func number(n float64) string { return strconv.FormatInt(int64(n), 10) }
