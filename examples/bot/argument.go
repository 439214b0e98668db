package bot

import (
	"slices"
	"strings"
)

// ArgumentKind says what may stand as an argument.
type ArgumentKind int

// The kinds of arguments.
const (
	WordArgument    ArgumentKind = iota // one of its choices
	NodeArgument                        // an address, or a part of one
	AlertArgument                       // an ID of /alerts, or a name
	DateArgument                        // a day or a range; may be of several words
	NumberArgument                      // a whole number
	CommandArgument                     // the name of a command
	TextArgument                        // anything
)

// An Argument is one of the words that may stand behind a command. Platforms with forms in place of lines make fields of them, and [Compose] makes
// the line again.
type Argument struct {
	Kind     ArgumentKind
	Name     string // "node"; in capitals or with bars when that is what the usage shows
	Short    string // what it means, in a few words
	Choices  []string
	Required bool
}

// Field is the argument's name where only small letters may stand: "id" of "ID|NAME|all".
func (o Argument) Field() string {
	name, _, _ := strings.Cut(o.Name, "|")
	if name == "1h" {
		name = "time"
	}
	return strings.ToLower(name)
}

// String shows the argument as in a usage: "[today|month|all]".
func (o Argument) String() string {
	text := o.Name
	if len(o.Choices) > 0 {
		text = strings.Join(o.Choices, "|")
	}
	if o.Required {
		return text
	}
	return "[" + text + "]"
}

// Args shows what may stand behind the command: "[today|month|all] [node]".
func (c Command) Args() string {
	texts := make([]string, len(c.Arguments))
	for i, o := range c.Arguments {
		texts[i] = o.String()
	}
	return strings.Join(texts, " ")
}

// Compose writes the line of a command whose arguments have these values by their [Argument.Field]; those that are empty or missing are left out.
func (c Command) Compose(values map[string]string) string {
	line := "/" + c.Name
	for _, o := range c.Arguments {
		value := strings.TrimSpace(values[o.Field()])
		switch {
		case value == "":
		case o.Kind == DateArgument:
			line += " " + strings.Join(strings.Fields(value), " ") // "last month" are two words of a range
		default:
			line += " " + Quote(value)
		}
	}
	return line
}

// Quote writes text as one word of a line, so that [ParseLine] reads it as one again.
func Quote(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\r\n") && !slices.Contains([]rune{'"', '\'', '“', '”', '„', '‘', '’', '‚', '«', '»'}, []rune(text)[0]) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, "'") + `"`
}
