package bot

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Line is a command as somebody typed it, taken apart.
type Line struct {
	Name   string   // lower case, without the slash
	Target string   // the bot it was meant for, as in /stats@poktbot; "" when it named none
	Args   []string // without their quotes; none is cut at white space that stood inside quotes
}

// Faults of a typed line.
var (
	// ErrNoCommand: the text does not begin with a slash, so it may be meant for somebody else.
	ErrNoCommand = errors.New("not a command: commands begin with a slash, such as /help")
	// ErrUsage: a command that does not exist, or with arguments that make no sense. Its text says what to type instead.
	ErrUsage = errors.New("usage")
)

// A usageError is an [ErrUsage] whose text is for the person who typed.
type usageError string

func usage(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

func (e usageError) Error() string        { return string(e) }
func (e usageError) Is(target error) bool { return target == ErrUsage }

// maxLine is how much of a line is read: more than any command needs, less than tires a machine.
const maxLine = 4096

// ParseLine takes a typed line apart. Names may be in any case, and be addressed to one bot of several as Telegram does.
// Arguments stand apart by any white space of Unicode; single, double and typographic quotes keep some together.
// Characters that show nothing, such as those that phones paste along with an address, are dropped.
func ParseLine(text string) (Line, error) {
	if len(text) > maxLine {
		return Line{}, usage("%d characters are too many for a command", utf8.RuneCountInString(text))
	}
	words, err := split(text)
	if err != nil {
		return Line{}, err
	}
	if len(words) == 0 {
		return Line{}, ErrNoCommand
	}
	name, isCommand := strings.CutPrefix(words[0], "/")
	if !isCommand {
		return Line{}, ErrNoCommand
	}
	name, target, _ := strings.Cut(name, "@")
	if name == "" {
		return Line{}, ErrNoCommand
	}
	return Line{Name: strings.ToLower(name), Target: target, Args: words[1:]}, nil
}

// closing maps each opening quote to what closes it.
var closing = map[rune]string{
	'"': `"`, '\'': `'`, '“': "”“", '”': "”", '„': "“”", '‘': "’‘", '’': "’", '‚': "‘’", '«': "»", '»': "«",
}

func split(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun, quoted := false, ""
	for _, r := range text {
		switch {
		case r == utf8.RuneError:
			word.WriteRune('?')
			begun = true
		case quoted != "" && strings.ContainsRune(quoted, r):
			quoted = ""
		case quoted == "" && !begun && closing[r] != "":
			begun, quoted = true, closing[r]
		case unicode.IsSpace(r) && quoted == "":
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		case unicode.IsSpace(r):
			word.WriteRune(' ')
		case unicode.In(r, unicode.Cf, unicode.Cc): // zero width spaces, direction marks, control characters
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quoted != "" {
		return nil, usage("a quote is open: close it with %c", []rune(quoted)[0])
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
