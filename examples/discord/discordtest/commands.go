package discordtest

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// A Command is registered with Discord.
type Command struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        int      `json:"type"`
	Options     []Option `json:"options,omitempty"`
}

// An Option is a field of a command.
type Option struct {
	Type         int      `json:"type"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Required     bool     `json:"required,omitempty"`
	Autocomplete bool     `json:"autocomplete,omitempty"`
	Choices      []Choice `json:"choices,omitempty"`
}

// A Choice may stand in a field.
type Choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

var goodName = regexp.MustCompile(`^[-_a-z0-9]{1,32}$`)

func length(text string, low, high int) bool {
	n := utf8.RuneCountInString(text)
	return n >= low && n <= high
}

// checkCommands returns what is against the rules.
func checkCommands(list []Command) (faults []string) {
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(list) > 100 {
		bad("%d commands", len(list))
	}
	names := map[string]bool{}
	for _, c := range list {
		if !goodName.MatchString(c.Name) || names[c.Name] {
			bad("command %q", c.Name)
		}
		names[c.Name] = true
		if !length(c.Description, 1, 100) {
			bad("%s: description of %d", c.Name, len(c.Description))
		}
		if len(c.Options) > 25 {
			bad("%s: %d options", c.Name, len(c.Options))
		}
		fields, optional := map[string]bool{}, false
		for _, o := range c.Options {
			where := c.Name + " " + o.Name
			if !goodName.MatchString(o.Name) || fields[o.Name] {
				bad("%s: name", where)
			}
			fields[o.Name] = true
			if !length(o.Description, 1, 100) {
				bad("%s: description", where)
			}
			if o.Required && optional {
				bad("%s: required behind optional", where)
			}
			optional = optional || !o.Required
			if o.Type != 3 && o.Type != 4 {
				bad("%s: type %d", where, o.Type)
			}
			if o.Autocomplete && len(o.Choices) > 0 || len(o.Choices) > 25 {
				bad("%s: choices", where)
			}
			for _, choice := range o.Choices {
				if !length(choice.Name, 1, 100) || !length(choice.Value, 1, 100) {
					bad("%s: choice %q", where, choice.Name)
				}
			}
		}
	}
	return faults
}

// options makes the options of an interaction. It panics when people could not send them.
func (s *Server) options(channel, name string, values map[string]any, focused string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Concat(s.commands[""], s.commands[s.channels[channel].guild])
	i := slices.IndexFunc(list, func(c Command) bool { return c.Name == name })
	if i < 0 {
		panic("discordtest: there is no command /" + name)
	}
	options, used := []map[string]any{}, 0
	for _, o := range list[i].Options {
		value, there := values[o.Name]
		if !there {
			if o.Required && focused == "" {
				panic("discordtest: /" + name + " wants " + o.Name)
			}
			continue
		}
		used++
		_, text := value.(string)
		if text != (o.Type == 3) {
			panic("discordtest: /" + name + ": another type for " + o.Name)
		}
		if len(o.Choices) > 0 && !slices.ContainsFunc(o.Choices, func(c Choice) bool { return c.Value == value }) {
			panic(fmt.Sprintf("discordtest: /%s: %v is no choice for %s", name, value, o.Name))
		}
		option := map[string]any{"name": o.Name, "type": o.Type, "value": value}
		if o.Name == focused {
			if !o.Autocomplete {
				panic("discordtest: /" + name + ": nothing is completed for " + o.Name)
			}
			option["focused"] = true
		}
		options = append(options, option)
	}
	if used != len(values) {
		panic(fmt.Sprintf("discordtest: /%s does not have all of %v", name, values))
	}
	return options
}
