package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
)

// A Platform is a chat service, as far as this package needs one. Its methods are safe for concurrent use.
type Platform interface {
	// Name is the platform's: "telegram". Whoever writes there is "telegram:ID", and its chats are called alike.
	Name() string
	Limits() Limits
	// Measure returns how long the text is as the platform counts, its markup included where that counts: at least 1 for each letter.
	Measure(Rich) int
	// Open returns the channel of a chat in which nobody asked: alerts and digests go there. It does not connect. What a chat is called
	// is the platform's own affair: [Update.Chat] says it, with the thread in it if there are any.
	Open(chat string) (Channel, error)
}

// A Channel is where messages go: a chat, or what answers one thing that somebody did.
type Channel interface {
	// Send sends a message and returns what the platform calls it, for Edit. It escapes all text. Its errors are of type [*Error] where they say how to go on.
	Send(ctx context.Context, m Message) (id string, err error)
	// Edit puts another message in the place of one. That nothing changed is no error. A message with a picture or a file keeps it: only text and
	// buttons change.
	Edit(ctx context.Context, id string, m Message) error
}

// Limits are what fits a platform. With less than three rows or columns of buttons it counts as one without buttons: what they mean is written out.
type Limits struct {
	Text    int   // how much [Platform.Measure] may tell of a message; 0 is 4000
	Caption int   // the same below a picture or a file; 0 for where nothing can stand there
	File    int64 // bytes; 0 for where none can be sent
	Columns int   // buttons in a row
	Rows    int   // rows of buttons
	Label   int   // runes on a button
	Width   int   // columns of letters of one width that a phone shows
}

// Style is how a piece of text looks.
type Style int

// The styles.
const (
	Plain  Style = iota
	Strong       // a heading
	Faint        // a remark
	Code         // letters of one width, in the line
	Block        // lines of letters of one width: a table
)

// A Span is text of one style. Strangers chose what is in it: the platform escapes it.
type Span struct {
	Text  string
	Style Style
}

// Rich is text with emphasis. Lines end with "\n".
type Rich []Span

// A Button is pressed to send its ID back as [Update.Press]. IDs are opaque, of at most 40 letters, digits and signs of URLs.
type Button struct {
	ID    string
	Label string
}

// A Message is what is shown in a chat.
type Message struct {
	Text    Rich
	Buttons [][]Button   // in rows
	Picture *bot.Picture // above the text
	File    *bot.File    // beside the text; at most one of both
	Silent  bool         // without a sound
	Private bool         // only who asked is to see it, where the platform can
	Once    string       // the same each time this message is tried, and for no other: a platform that knows such things shows it once. The engine sets it
}

// An Update is what somebody did in a chat.
type Update struct {
	From    string // "telegram:123"
	Name    string // what he calls himself; hostile
	Chat    string // where, as [Platform.Open] takes it
	Direct  bool   // nobody else reads it there
	Text    string // what was typed, "" for a press
	Press   string // the ID of the button that was pressed, "" for a text
	Message string // what the platform calls the message that the button is on
	BotName string // what the bot is called there: "/stats@other" is not for us
	Typed   bool   // the platform's own form for commands was used: the text is a command for us even in a group

	Answer Channel           // where the answer goes
	Notice func(text string) // shows a word of at most 180 letters to who pressed, and to nobody else; nil where that cannot be. It is called at most once
	// Begin is called, perhaps several times, before something is done that may not be done twice. A program that answers updates again after a crash
	// notes here that it must not. With an error nothing is done. nil where that is no matter.
	Begin func(ctx context.Context) error
}

// An Error is what a [Channel] returns when it knows how to go on.
type Error struct {
	Kind       ErrorKind
	RetryAfter time.Duration // of Busy; 0 when the platform does not say
	Err        error         // without secrets
}

// ErrorKind says how to go on.
type ErrorKind int

// The kinds of errors.
const (
	Busy    ErrorKind = iota + 1 // too many requests: try again after RetryAfter
	Blocked                      // the bot may not write there any more: stop
	Gone                         // the message to edit, or the interaction to answer, is no more
	Refused                      // the platform does not take this message; another may do
)

// Error says what went wrong.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the error is of that kind.
func Is(err error, kind ErrorKind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}

// String names the kind.
func (k ErrorKind) String() string {
	switch k {
	case Busy:
		return "busy"
	case Blocked:
		return "blocked"
	case Gone:
		return "gone"
	case Refused:
		return "refused"
	}
	return fmt.Sprintf("kind %d", int(k))
}

// A Deleter is a [Channel] that can take messages away again. Without it a message that is of no use any more is made short.
type Deleter interface {
	Delete(ctx context.Context, id string) error
}
